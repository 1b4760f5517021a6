"""Opinions: what a vision model answers when it is asked to judge, read once, and the verdicts that follow from it.

What a model writes is not trusted: it is cut to length, freed of control characters, and never taken for a decision.
The decision is ours: the score against the brief's limit, and whether anything major was found.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from onereel.errors import NoAnswer
from onereel.lettering import misread
from onereel.verdicts import Finding, Verdict

Code = Literal[
    "subject", "action", "setting", "camera", "composition", "count", "continuity", "hands", "face", "artefact",
    "text", "style", "other",
]  # fmt: skip

_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]+")
_MOST: Final = 20
_EDGE: Final = 1000
_ALL: Final = 4
"""Edges of a box."""
_SURELY: Final = 0.7
"""How like a text what a program read must be to be a misspelling of it: leaves and wheels were read as half of one."""


def _short(most: int) -> Any:
    def cut(value: object) -> object:
        return " ".join(_UNSEEN.sub(" ", value).split())[:most] if isinstance(value, str) else value

    return BeforeValidator(cut)


def _few(value: object) -> object:
    return value[:_MOST] if isinstance(value, list) else value


def _box(value: object) -> object:
    """Return a box that can be drawn, or None: a box that makes no sense says nothing."""
    if not isinstance(value, list) or len(value) != _ALL or not all(isinstance(edge, int | float) for edge in value):
        return None
    top, left, bottom, right = (min(_EDGE, max(0, round(edge))) for edge in value if math.isfinite(edge))
    return (top, left, bottom, right) if top < bottom and left < right else None


def _code(value: object) -> object:
    return value if value in Code.__args__ else "other"  # type: ignore[attr-defined]


class _Answer(BaseModel):
    """Part of an answer; what we did not ask for is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


A = TypeVar("A", bound=_Answer)


class Remark(_Answer):
    """One thing the model points at."""

    code: Annotated[Code, BeforeValidator(_code)] = Field(default="other", description="What it is about.")
    what: Annotated[str, _short(400)] = Field(description="What is wrong, in one plain sentence.")
    severity: Literal["minor", "major"] = Field(default="minor", description="major: it must not be shown like this.")
    box_2d: Annotated[tuple[int, int, int, int] | None, BeforeValidator(_box)] = Field(
        default=None, description="Where: ymin, xmin, ymax, xmax, 0 to 1000; null: everywhere."
    )
    seconds: float | None = Field(default=None, ge=0, le=600, description="When it begins, for a film.")


class Likeness(_Answer):
    """How like their references a character is."""

    name: Annotated[str, _short(60)]
    present: bool
    score: float = Field(ge=0, le=1, description="1: the same person in the same clothes; 0: somebody else.")
    reasons: Annotated[str, _short(300)] = Field(default="", description="Face, hair, age, clothes: what differs.")


class Opinion(_Answer):
    """The whole answer."""

    score: float = Field(ge=0, le=1, description="0 useless, 1 exactly as asked.")
    summary: Annotated[str, _short(600)] = Field(description="Why, in one or two plain sentences.")
    people: int = Field(default=0, ge=0, le=10_000, description="How many people are seen.")
    lettering: Annotated[list[Annotated[str, _short(120)]], BeforeValidator(_few)] = Field(
        default=[], description="Every text in the picture, letter by letter as it is written, mistakes included."
    )
    characters: Annotated[list[Likeness], BeforeValidator(_few)] = Field(default=[])
    remarks: Annotated[list[Remark], BeforeValidator(_few)] = Field(default=[])


class Faces(_Answer):
    """The whole answer to the question who is seen."""

    characters: Annotated[list[Likeness], BeforeValidator(_few)]


def faces_schema() -> dict[str, Any]:
    """Return the JSON schema of the answer to the question who is seen."""
    return Faces.model_json_schema()


def opinion_schema() -> dict[str, Any]:
    """Return the JSON schema of the answer: plain shapes only, boxes as lists of four whole numbers."""
    schema = Opinion.model_json_schema()
    box = {"type": "array", "items": {"type": "integer"}, "minItems": _ALL, "maxItems": _ALL}
    schema["$defs"]["Remark"]["properties"]["box_2d"] = {"anyOf": [box, {"type": "null"}]}
    schema["required"] = list(schema["properties"])
    return schema


def read_opinion(text: str, label: str, usd: float) -> Opinion:
    """Return the answer.

    Args:
        text: As the model wrote it.
        label: What was judged, for the error.
        usd: What the answer cost.

    Raises:
        NoAnswer: It is not what was asked for.
    """
    return _read(Opinion, text, label, usd)


def read_faces(text: str, label: str, usd: float) -> Faces:
    """Return the answer to the question who is seen; arguments and errors as for `read_opinion`."""
    return _read(Faces, text, label, usd)


def _read(kind: type[A], text: str, label: str, usd: float) -> A:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))[:80] or "the answer"
        raise NoAnswer(f"{label}: {where}: {first['msg'][:200]}", usd=usd) from error


def verdicts_of(
    opinion: Opinion,
    *,
    accept: float,
    characters: Sequence[str],
    lettering: Sequence[str],
    model: str,
    usd: float,
) -> tuple[Verdict, ...]:
    """Return the verdicts that follow from an opinion: of the whole, of who is in it, and of what can be read.

    Args:
        opinion: What the model says.
        accept: Lowest score that is good enough.
        characters: Names of those who have to be there, as their references show them.
        lettering: Texts that have to be readable.
        model: Who says it.
        usd: What it cost; counted on the first verdict.
    """
    now = datetime.now(UTC)
    major = [remark for remark in opinion.remarks if remark.severity == "major"]
    whole = Verdict(
        judge="model",
        accepted=opinion.score >= accept and not major,
        score=opinion.score,
        reasons=opinion.summary,
        findings=tuple(
            Finding(code=one.code, what=one.what, box=one.box_2d, seconds=one.seconds) for one in opinion.remarks
        ),
        model=model,
        usd=usd,
        at=now,
    )
    found = [whole]
    if characters:
        found.append(_identity(opinion, accept, characters).model_copy(update={"model": model, "at": now}))
    if lettering:
        found.append(lettering_verdict(lettering, opinion.lettering, model).model_copy(update={"at": now}))
    return tuple(found)


def lettering_verdict(asked: Sequence[str], read: Sequence[str], reader: str) -> Verdict:
    """Return what was read back of the texts asked for, by a model; mistakes letter by letter."""
    wrong = [each.told for each in misread(asked, read)]
    return Verdict(
        judge="lettering",
        accepted=not wrong,
        score=1 - len(wrong) / len(asked),
        reasons=("The lettering is wrong: " + "; ".join(wrong))[:1000] + "." if wrong else "Every text reads as asked.",
        findings=tuple(Finding(code="lettering", what=each[:600]) for each in wrong),
        model=reader,
    )


def second_reading(asked: Sequence[str], read: Sequence[str], reader: str) -> Verdict:
    """Return what a program read back of the texts asked for; what it cannot find, it has no say in."""
    found = misread(asked, read)
    wrong = tuple(each.told for each in found if each.alike >= _SURELY)
    if wrong or not found:
        return lettering_verdict(asked, read, reader).model_copy(
            update={"findings": tuple(Finding(code="lettering", what=each[:600]) for each in wrong)}
        )
    told = "; ".join(each.told for each in found)
    return Verdict(judge="lettering", accepted=True, reasons=f"Could not be checked: {told}."[:1000], model=reader)


def _identity(opinion: Opinion, accept: float, characters: Sequence[str]) -> Verdict:
    said = {one.name.casefold(): one for one in opinion.characters}
    likes = {name: said.get(name.casefold()) for name in characters}
    findings = [
        Finding(
            code="identity" if like is not None and like.present else "missing",
            what=f"{name}: {like.reasons or 'does not look like the references'}" if like is not None else
            f"{name} is not in the picture",
            value=like.score if like is not None and like.present else 0.0,
            limit=accept,
        )
        for name, like in likes.items()
        if like is None or not like.present or like.score < accept
    ]  # fmt: skip
    scores = [like.score if like is not None and like.present else 0.0 for like in likes.values()]
    return Verdict(
        judge="identity",
        accepted=not findings,
        score=min(scores),
        reasons=". ".join(finding.what for finding in findings)[:1000] or "Everybody looks as in the references.",
        findings=tuple(findings),
    )
