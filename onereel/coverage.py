"""Coverage: which first clip and which extensions make a shot long enough, at the lowest price."""

from collections import deque

from pydantic import Field

from onereel.models import CameraLimits
from onereel.noun import Noun


class Coverage(Noun):
    """A first clip, and the seconds each extension adds."""

    first: int = Field(gt=0, description="Seconds of the first clip.")
    extensions: tuple[int, ...] = Field(default=(), description="Seconds each extension adds, in order.")

    @property
    def seconds(self) -> int:
        """Length of the finished take."""
        return self.first + sum(self.extensions)

    def __str__(self) -> str:
        return "+".join(str(seconds) for seconds in (self.first, *self.extensions))


def first_lengths(limits: CameraLimits, resolution: str, *, references: bool = False) -> tuple[int, ...]:
    """Return the lengths a first clip may have at a resolution, ascending."""
    allowed = set(limits.first_at.get(resolution, limits.first)) & set(limits.first)
    if references and limits.references_first:
        allowed &= set(limits.references_first)
    return tuple(sorted(allowed))


def reachable(
    limits: CameraLimits, resolution: str, *, references: bool = False, extend: bool = True
) -> tuple[Coverage, ...]:
    """Return the best coverage for every length the camera can film, shortest first.

    Best is the fewest extensions (each is a wait, and a chance to drift), then the longest first clip.
    """
    best: dict[int, Coverage] = {}
    queue = deque(Coverage(first=first) for first in sorted(first_lengths(limits, resolution, references=references)))
    while queue:
        coverage = queue.popleft()
        known = best.get(coverage.seconds)
        if known is not None and _rank(known) <= _rank(coverage):
            continue
        best[coverage.seconds] = coverage
        if extend and resolution in limits.extension_at and coverage.seconds <= limits.extension_input:
            queue.extend(
                Coverage(first=coverage.first, extensions=(*coverage.extensions, step))
                for step in limits.extension
                if coverage.seconds + step <= limits.total
            )
    return tuple(best[seconds] for seconds in sorted(best))


def cover(
    seconds: float, limits: CameraLimits, resolution: str, *, references: bool = False, extend: bool = True
) -> Coverage | None:
    """Return the cheapest coverage at least this long; None if the camera cannot film that long.

    Cameras charge by the second, so the shortest film that is long enough is the cheapest; the surplus is trimmed.

    Args:
        seconds: Length needed, handles included, > 0.
        limits: What the camera can film.
        resolution: At which resolution.
        references: The first clip follows reference pictures.
        extend: Extensions may be used; a closing frame forbids them.
    """
    options = reachable(limits, resolution, references=references, extend=extend)
    return next((coverage for coverage in options if coverage.seconds >= seconds), None)


def pieces(seconds: float, lengths: tuple[int, ...]) -> tuple[int, ...]:
    """Return the clips that make so many seconds one after the other: the longest, until one covers what is left.

    Args:
        seconds: To be covered; nothing is needed for 0.
        lengths: A clip may have, ascending.
    """
    found: list[int] = []
    while (left := seconds - sum(found)) > 0:
        found.append(next((length for length in lengths if length >= left), lengths[-1]))
    return tuple(found)


def _rank(coverage: Coverage) -> tuple[int, int]:
    return len(coverage.extensions), -coverage.first
