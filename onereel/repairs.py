"""Repairs: how a rejected keyframe is mended next, and in which words. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from onereel.prompts import redraw_words, repair_words
from onereel.takes import Attempt, Keyframe
from onereel.verdicts import Verdict, complaints

How = Literal["edited", "redrawn", "escalated"]

STACKED: Final = 3
"""Edits one on top of the other after which a keyframe is drawn clean: every edit drifts a little."""

_LONGEST: Final = 900
"""Characters of complaints a prompt repeats."""

_THIRD: Final = 1000 / 3


def next_step(attempts: Sequence[Attempt], edits: int) -> How:
    """Return how a keyframe is mended next: an edit, then a clean drawing, then a stronger model, then edits of that.

    Args:
        attempts: What was tried, oldest first; the last was rejected. One that was measured to be unusable (blank)
            is not edited.
        edits: Edits stacked in the last one.
    """
    tried = [attempt.how for attempt in attempts]
    useless = any(verdict.judge == "check" and not verdict.accepted for verdict in attempts[-1].verdicts)
    if "redrawn" in tried and "escalated" not in tried:
        return "escalated"
    if useless or edits >= STACKED or ("edited" in tried and "redrawn" not in tried):
        return "redrawn"
    return "edited"


def mend_words(verdicts: Sequence[Verdict]) -> str:
    """Return the words of an edit that mends what was complained of, where it was seen."""
    return repair_words(_complaints(verdicts), tuple(dict.fromkeys(_places(verdicts)))[:4])


def anew_words(first: Keyframe, retouch: str, verdicts: Sequence[Verdict]) -> str:
    """Return the words that draw a keyframe anew, with what must not happen again.

    Args:
        first: The keyframe as it was first drawn.
        retouch: What a person had changed in it since; empty: nothing.
        verdicts: Of the last attempt.
    """
    return redraw_words(first.words, retouch, _complaints(verdicts))


def _complaints(verdicts: Sequence[Verdict]) -> str:
    told = complaints(verdicts)
    more = [finding.what for verdict in verdicts if not verdict.accepted for finding in verdict.findings]
    fresh = [what for what in more if what not in told]
    return " ".join((told, *fresh)).strip()[:_LONGEST]


def _places(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        for finding in verdict.findings if not verdict.accepted else ():
            if finding.box is not None:
                yield place_of(finding.box)


def place_of(box: tuple[int, int, int, int]) -> str:
    """Return where a box of thousandths (top, left, bottom, right) is, in words an image model follows."""
    down, across = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    height = ("upper", "middle", "lower")[min(2, int(down // _THIRD))]
    side = ("left", "centre", "right")[min(2, int(across // _THIRD))]
    return "the centre" if (height, side) == ("middle", "centre") else f"the {height} {side}"
