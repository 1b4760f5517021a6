"""Verdicts: what a check, a model or a person found in a keyframe or a take, in words and numbers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from onereel.noun import Noun

Judge = Literal["check", "model", "identity", "lettering", "drift", "person"]
"""check: measured, no model asked. model: a vision model, against the shot's words. identity: against a character's
references. lettering: asked-for text read back. drift: an extension against what it extends. person: who overrules."""


class Finding(Noun):
    """One thing noticed."""

    code: str = Field(description="Which rule: frozen, letterbox, hands, lettering…; what filters and counts go by.")
    what: str = Field(max_length=600, description="In words a producer understands.")
    seconds: float | None = Field(default=None, ge=0, description="When, in seconds into the take.")
    value: float | None = Field(default=None, description="The number measured, in the unit the words name.")
    limit: float | None = Field(default=None, description="The number it was held against.")
    box: tuple[int, int, int, int] | None = Field(
        default=None, description="Where: top, left, bottom, right in thousandths of the picture, as vision models say."
    )


class Verdict(Noun):
    """What one judge said of one picture or film."""

    judge: Judge
    accepted: bool
    score: float | None = Field(default=None, ge=0, le=1, description="0 useless, 1 as asked.")
    reasons: str = Field(default="", max_length=2000, description="In words a producer understands.")
    findings: tuple[Finding, ...] = ()
    model: str = Field(default="", description="Which model judged, if one did.")
    usd: float = Field(default=0, ge=0)
    at: datetime | None = None


def good_enough(verdicts: Sequence[Verdict]) -> bool:
    """Return whether something passed: a person's latest word decides; without one, every judge has to accept."""
    said = [verdict for verdict in verdicts if verdict.judge == "person"]
    return said[-1].accepted if said else all(verdict.accepted for verdict in verdicts)


def complaints(verdicts: Sequence[Verdict]) -> str:
    """Return why something did not pass, in words; empty if it did."""
    if good_enough(verdicts):
        return ""
    return " ".join(verdict.reasons.strip() for verdict in verdicts if not verdict.accepted and verdict.reasons)
