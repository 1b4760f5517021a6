"""How long the shots of a rehearsal are: exactly the brief's length together, each one something a camera can film."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_AVERAGE: Final = 6.0
_SHORTEST: Final = 2.0
_MOST: Final = 400
_FULL_FILM: Final = 30.0
"""From this length on, a film has at least six shots and one of them is extended."""

_WEIGHTS: Final = (1.0, 0.75, 1.0, 0.5, 0.8, 1.0, 0.7, 0.9)


@dataclass(frozen=True)
class Lens:
    """What the brief says about the camera.

    Attributes:
        first: Lengths of a first clip in seconds.
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
    fewest = math.ceil(seconds / (lens.longest if asked else max(lens.first)))
    usual = asked or round(seconds / _AVERAGE)
    least = 6 if seconds >= _FULL_FILM and not asked else 1
    return max(1, min(max(usual, least, fewest), _MOST, int(seconds)))


def lengths(seconds: float, shots: int, lens: Lens) -> list[float]:
    """Return the length of every shot; together exactly ``seconds``.

    Lengths are half seconds; what is left of the film's length goes to one shot. One shot of a full film is longer
    than the camera's longest first clip, where the camera extends.
    """
    ceiling = max(lens.first)
    long = [_SHORTEST if seconds / shots > _SHORTEST else seconds / shots] * shots
    caps = [float(ceiling)] * shots
    extended = _extended(seconds, shots, lens)
    if extended is not None:
        caps[extended] = min(lens.longest, ceiling + 4)
        long[extended] = caps[extended]
    _share(seconds - sum(long), long, caps, steps=True)
    _share(seconds - sum(long), long, [max(lens.longest, ceiling)] * shots, steps=False)
    long[0] = round(long[0] + seconds - sum(long), 3)
    return [round(one, 3) for one in long]


def _extended(seconds: float, shots: int, lens: Lens) -> int | None:
    """Return which shot is extended: the sixth of the cycle, which opens on a keyframe of its own."""
    ceiling = max(lens.first)
    room = seconds - (ceiling + 4) - _SHORTEST * (shots - 1)
    if not lens.extends or lens.longest <= ceiling or seconds < _FULL_FILM or room < 0:
        return None
    return min(5, shots - 1)


def _share(rest: float, long: list[float], caps: Sequence[float], *, steps: bool) -> None:
    """Hand out the rest by weight, no shot beyond its cap; in half seconds, or to the last millisecond."""
    smallest = 0.5 if steps else 0.001
    while rest >= smallest:
        wanted = {i: _WEIGHTS[i % len(_WEIGHTS)] * caps[i] - long[i] for i in range(len(long)) if caps[i] > long[i]}
        wanted = {i: gap for i, gap in wanted.items() if caps[i] - long[i] >= smallest}
        if not wanted:
            return
        neediest = max(wanted, key=lambda i: (wanted[i], -i))
        share = smallest if steps else min(rest, caps[neediest] - long[neediest])
        long[neediest] += share
        rest -= share
