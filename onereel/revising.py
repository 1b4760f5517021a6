"""Revising: a text model changes the words of shots as a producer's note says, and nothing else."""

import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from onereel.brief import Brief
from onereel.company import Company
from onereel.errors import NoAnswer, Refused
from onereel.models import ModelTable, Surface
from onereel.orders import TextOrder
from onereel.prompts import REVISED, revision_schema, revision_words
from onereel.storyboard import Shot, Storyboard
from onereel.takes import Change
from onereel.writing import ANSWERS, TOKENS, TOKENS_PER_SHOT, problems_of, reason, written

log = logging.getLogger(__name__)


def revision_order(
    brief: Brief,
    storyboard: Storyboard,
    shots: Sequence[str],
    note: str,
    surface: Surface,
    rejected: Sequence[str] = (),
) -> TextOrder:
    """Return what the text model is asked."""
    return TextOrder(
        surface=surface,
        model=brief.models.text,
        words=revision_words(storyboard, shots, note, rejected),
        answer=revision_schema(),
        thinking=brief.models.text_thinking,
        most_tokens=min(65_536, TOKENS + TOKENS_PER_SHOT * len(shots)),
    )


def revision_label(shots: Sequence[str]) -> str:
    """Return what a person calls the call."""
    return f"words {' '.join(shots)}"


async def revise(company: Company, storyboard: Storyboard, shots: Sequence[str], note: str) -> Storyboard:
    """Return the storyboard with the words of shots revised.

    Raises:
        Refused: The text model broke the rules three times; says which.
    """
    rejected: tuple[str, ...] = ()
    for number in range(1, ANSWERS + 1):
        order = revision_order(company.brief, storyboard, shots, note, company.text_surface, rejected)
        label = revision_label(shots) + (f" asked again ({number} of {ANSWERS})" if number > 1 else "")
        try:
            answer = await written(company, order, label)
        except NoAnswer as nothing:
            rejected = (str(nothing),)
        else:
            revised, rejected = read_revision(answer, storyboard, shots, company.brief, company.table)
            if revised is not None:
                return revised
        log.info("revision of %s sent back (%d of %d): %s", " ".join(shots), number, ANSWERS, "; ".join(rejected)[:500])
    reasons = "\n".join(f"- {each}" for each in rejected)
    raise Refused(
        f"{company.brief.models.text} revised {', '.join(shots)} {ANSWERS} times and broke the rules each time:\n"
        f"{reasons}\nsay the note differently, or change the words yourself: onereel storyboard, then --shots"
    )


def read_revision(
    text: str, storyboard: Storyboard, shots: Sequence[str], brief: Brief, table: ModelTable
) -> tuple[Storyboard | None, tuple[str, ...]]:
    """Return the storyboard with the revision in a model's answer, or None and what is wrong with it."""
    try:
        told: dict[str, Any] = {one["id"]: one for one in json.loads(text)["shots"]}
    except (ValueError, TypeError, KeyError):
        return None, ("the answer is not a JSON object with the shots, each with its id",)
    absent = [shot for shot in shots if shot not in told]
    if absent:
        return None, (f"the answer leaves out {', '.join(absent)}",)
    revised, wrong = [], list[str]()
    for shot in storyboard.shots:
        try:
            revised.append(_revised(shot, told[shot.id]) if shot.id in shots else shot)
        except ValidationError as error:
            wrong += [f"{shot.id}: {reason(dict(fault))}" for fault in error.errors(include_url=False)[:10]]
            continue
        wrong += [
            f"{shot.id}: {end} must {'stay empty' if not getattr(shot, end) else 'describe a picture'}"
            for end in ("opening", "closing")
            if bool(getattr(shot, end)) != bool(getattr(revised[-1], end))
        ]
    if wrong:
        return None, tuple(wrong)
    whole = storyboard.model_copy(update={"shots": tuple(revised)})
    found = problems_of(whole, brief, table, datetime.now(UTC).date())
    return (None, tuple(found)) if found else (whole, ())


def changes_of(before: Storyboard, after: Storyboard) -> tuple[Change, ...]:
    """Return every field of a shot a revision changed, old words and new."""
    pairs = zip(before.shots, after.shots, strict=True)
    return tuple(
        Change(shot=old.id, field=name, before=_told(getattr(old, name)), after=_told(getattr(new, name)))
        for old, new in pairs
        for name in REVISED
        if getattr(old, name) != getattr(new, name)
    )


def _revised(shot: Shot, told: dict[str, Any]) -> Shot:
    return Shot.model_validate({**shot.model_dump(), **{name: told[name] for name in REVISED if name in told}})


def _told(value: Any) -> str:
    return "\n".join(map(str, value)) if isinstance(value, tuple) else str(value)
