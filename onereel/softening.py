"""Softening: the text model rewrites the words of a shot that a filter refused, or whose takes a reviewer rejected.

It stays within what the shot is about; takes are judged against the words there were.
"""

import json
from typing import Any

from pydantic import Field, ValidationError

from onereel.brief import Brief
from onereel.company import Company
from onereel.errors import NoAnswer
from onereel.models import Surface
from onereel.orders import TextOrder
from onereel.prompts import rewording_words, softening_words
from onereel.storyboard import Shot, Written
from onereel.takes import Change
from onereel.writing import written

TOKENS = 4096
"""Room for thinking and the answer."""


class Softened(Written):
    """The words of a shot that may be rewritten; who is in it, how long it is and how it joins stay."""

    action: str = Field(max_length=800)
    setting: str = Field(max_length=400)
    lighting: str = Field(max_length=300)
    sounds: str = Field(max_length=300)
    opening: str = Field(max_length=800)
    closing: str = Field(max_length=800)
    note: str = Field(max_length=800)
    dialogue: tuple[str, ...] = Field(max_length=8, description="The spoken lines, in order, without the speakers.")

    @staticmethod
    def of(shot: Shot) -> "Softened":
        """Return the words of a shot."""
        same = {name: getattr(shot, name) for name in Softened.model_fields if name != "dialogue"}
        return Softened(dialogue=tuple(spoken.line for spoken in shot.dialogue), **same)


def softening_order(
    brief: Brief, surface: Surface, shot: Shot, reasons: tuple[str, ...], *, rejected: bool = False
) -> TextOrder:
    """Return what the text model is asked.

    Args:
        brief: Whose text model.
        surface: Which door it is asked through.
        shot: Whose words.
        reasons: The vendor's, word for word, or the reviewer's.
        rejected: Its takes were rejected; else a filter refused its words.
    """
    ask = rewording_words if rejected else softening_words
    return TextOrder(
        surface=surface,
        model=brief.models.text,
        words=ask(Softened.of(shot).model_dump(), reasons, brief.language),
        answer=Softened.model_json_schema(),
        thinking=brief.models.text_thinking,
        most_tokens=TOKENS,
    )


async def soften(company: Company, shot: Shot, reasons: tuple[str, ...], *, rejected: bool = False) -> Shot:
    """Return a shot in softer words; paid through the journal, and within the budget. Arguments: `softening_order`.

    Raises:
        NoAnswer: The answer is no shot in other words.
        BudgetReached, StudioBusy, Filtered, Refused, OutcomeUnknown: As they happen.
    """
    order = softening_order(company.brief, company.text_surface, shot, reasons, rejected=rejected)
    answer = await written(company, order, f"softer words {shot.id}")
    softer = read_answer(answer, shot)
    if softer == shot:
        raise NoAnswer(f"{company.brief.models.text} found no softer words for {shot.id}")
    return softer


def read_answer(answer: str, shot: Shot) -> Shot:
    """Return the shot with the words of an answer. What was empty stays empty, and what was said stays said.

    Raises:
        NoAnswer: It is not the words of this shot.
    """
    try:
        words = Softened.model_validate_json(answer)
        if len(words.dialogue) != len(shot.dialogue):
            raise NoAnswer(f"the softer words of {shot.id} have {len(words.dialogue)} lines for {len(shot.dialogue)}")
        said: dict[str, Any] = {
            name: text or getattr(shot, name) if getattr(shot, name) else ""
            for name, text in words.model_dump(exclude={"dialogue"}).items()
        }
        said["dialogue"] = [
            {"speaker": spoken.speaker, "line": line or spoken.line}
            for spoken, line in zip(shot.dialogue, words.dialogue, strict=True)
        ]
        return Shot.model_validate({**shot.model_dump(), **said})
    except (ValidationError, json.JSONDecodeError) as broken:
        raise NoAnswer(f"the softer words of {shot.id} cannot be read: {str(broken)[:200]}") from broken


def changes(before: Shot, after: Shot) -> tuple[Change, ...]:
    """Return what softening changed: both versions of each field."""
    old, new = Softened.of(before).model_dump(), Softened.of(after).model_dump()
    other = [name for name in old if old[name] != new[name]]
    return tuple(Change(shot=before.id, field=name, before=_text(old[name]), after=_text(new[name])) for name in other)


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else " / ".join(value)
