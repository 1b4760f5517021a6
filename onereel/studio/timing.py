"""How long the shots of a rehearsal are: exactly the brief's length together, each one something a camera can film."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from onereel.prompts import FADE_SECONDS

_AVERAGE: Final = 6.0
_MOST: Final = 400
_FULL_FILM: Final = 30.0
"""From this length on, a film has at least six shots and one of them is extended."""

_LONGER: Final = 4.0
"""Seconds an extended shot lasts beyond the longest first clip, where there is room."""

_WEIGHTS: Final = (1.2, 0.8, 1.1, 0.6, 0.9, 1.0, 0.7, 1.1)
_SHORTEST: Final = 1.0


@dataclass(frozen=True)
class Lens:
    """What the brief says about the camera.

    Attributes:
        first: Lengths of a first clip in seconds, ascending.
        longest: Longest take in seconds, extensions included.
        extends: Takes can be extended.
        closing: Takes a closing keyframe.
    """

    first: tuple[float, ...]
    longest: float
    extends: bool
    closing: bool


def shot_count(seconds: float, asked: int | None, lens: Lens) -> int:
    """Return how many shots a film of this length has, unless the brief says."""
    fewest = math.ceil(seconds / (lens.longest if asked else lens.first[-1]))
    usual = asked or round(seconds / _AVERAGE)
    least = 6 if seconds >= _FULL_FILM and not asked else 1
    return max(1, min(max(usual, least, fewest), _MOST, int(seconds)))


def lengths(seconds: float, shots: int, lens: Lens, *, exact: Collection[int], fading: Collection[int]) -> list[float]:
    """Return the length of every shot; together exactly ``seconds``.

    Most are lengths one clip covers exactly. One shot of a full film is longer than the longest first clip, where the
    camera extends.

    Args:
        seconds: Of the film.
        shots: How many.
        lens: What the camera can film.
        exact: Shots that end on a keyframe: nothing of them is trimmed, if that can be helped.
        fading: Shots that need film beyond what is shown.
    """
    extended = _extended(seconds, shots, lens)
    rest = seconds - extended
    usual = rest / max(1, shots - bool(extended))
    heaviness = sum(_WEIGHTS[index % len(_WEIGHTS)] for index in range(shots)) / shots
    shares = [usual * _WEIGHTS[index % len(_WEIGHTS)] / heaviness for index in range(shots)]
    long = [_nearest(share, lens) for share in shares]
    fixed = {_place(shots)} if extended else set()
    for index in fixed:
        long[index] = extended
    for index in set(fading) - fixed:
        long[index] -= FADE_SECONDS
    _step(long, seconds, lens, [index for index in range(shots) if index not in fixed and index not in fading])
    _level(long, seconds, lens, [index for index in range(shots) if index not in exact and index not in fixed])
    _level(long, seconds, lens, list(range(shots)))
    rounded = [round(one, 3) for one in long]
    rounded[0] = round(rounded[0] + seconds - sum(rounded), 3)
    return rounded


def _nearest(seconds: float, lens: Lens) -> float:
    return min(lens.first, key=lambda one: abs(one - seconds))


def _extended(seconds: float, shots: int, lens: Lens) -> float:
    """Return the length of the extended shot; 0 where there is no room for one."""
    room = min(lens.longest, lens.first[-1] + _LONGER, seconds - (shots - 1) * lens.first[0])
    possible = lens.extends and seconds >= _FULL_FILM and room >= lens.first[-1] + 1
    return math.floor(room) if possible else 0.0


def _place(shots: int) -> int:
    """Return which shot is extended: the sixth, which opens on a keyframe of its own."""
    return min(5, shots - 1)


def _step(long: list[float], seconds: float, lens: Lens, free: list[int]) -> None:
    """Bring the sum near the film's length, a shot at a time, from one length of a first clip to the next."""
    for _ in range(len(lens.first)):
        for index in free:
            off = seconds - sum(long)
            at = lens.first.index(long[index])
            nearest = lens.first[min(max(at + (1 if off > 0 else -1), 0), len(lens.first) - 1)]
            if abs(off - (nearest - long[index])) < abs(off):
                long[index] = nearest


def _level(long: list[float], seconds: float, lens: Lens, free: list[int]) -> None:
    """Make up what is still missing, or too much: on the first shot that can take it all, else on all of them."""
    off = seconds - sum(long)
    for index in free:
        if _SHORTEST * 2 <= long[index] + off <= lens.first[-1]:
            long[index] += off
            return
    # Those that reach their bound first come first, so that the others take up what they could not.
    free = sorted(free, key=lambda index: long[index], reverse=off > 0)
    for left, index in zip(range(len(free), 0, -1), free, strict=True):
        share = (seconds - sum(long)) / left
        long[index] = min(max(long[index] + share, min(_SHORTEST, seconds / len(long))), max(lens.longest, long[index]))
