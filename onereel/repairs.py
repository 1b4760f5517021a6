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

_MOST: Final = 500_000
"""Largest part of a picture, in millionths, that is worth showing closer."""

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


def mend_words(verdicts: Sequence[Verdict], *, close_up: bool = False) -> str:
    """Return the words of an edit that mends what was complained of, where it was seen.

    Args:
        verdicts: Of the last attempt.
        close_up: The part is sent along, too.
    """
    places = tuple(dict.fromkeys(map(place_of, _boxes(verdicts))))[:4]
    return repair_words(_complaints(verdicts), places, close_up=close_up)


def part_to_mend(verdicts: Sequence[Verdict]) -> tuple[int, int, int, int] | None:
    """Return the box around all that was complained of; None where nothing was pointed at, or nearly everything."""
    boxes = list(_boxes(verdicts))
    if not boxes:
        return None
    top, left, bottom, right = (
        edge(side) for edge, side in zip((min, min, max, max), zip(*boxes, strict=True), strict=True)
    )
    return (top, left, bottom, right) if (bottom - top) * (right - left) <= _MOST else None


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


def _boxes(verdicts: Sequence[Verdict]) -> Iterator[tuple[int, int, int, int]]:
    for verdict in verdicts:
        for finding in verdict.findings if not verdict.accepted else ():
            if finding.box is not None:
                yield finding.box


def place_of(box: tuple[int, int, int, int]) -> str:
    """Return where a box of thousandths (top, left, bottom, right) is, in words an image model follows."""
    down, across = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    height = ("upper", "middle", "lower")[min(2, int(down // _THIRD))]
    side = ("left", "centre", "right")[min(2, int(across // _THIRD))]
    return "the centre" if (height, side) == ("middle", "centre") else f"the {height} {side}"
