"""The ladder: what is done about a shot that failed, rung by rung. Pure; who climbs it is ``flows.ladder``."""

from collections.abc import Mapping, Sequence
from typing import Final

from onereel.brief import Brief, Rung
from onereel.errors import Filtered, Gone, NoAnswer, NotKept, NotYet, OnereelError, Refused, StudioBusy, Unfit

HELP: Final[Mapping[type[OnereelError], frozenset[Rung]]] = {
    Filtered: frozenset({"soften", "fallback"}),
    NoAnswer: frozenset({"fallback"}),
    NotKept: frozenset(),  # paid, and another one would not be kept either
    Gone: frozenset(),  # it may have been paid, and may come yet
    Refused: frozenset({"fallback"}),
    StudioBusy: frozenset({"fallback"}),
    NotYet: frozenset(),  # the camera did what it was asked
    Unfit: frozenset({"soften", "fallback"}),
    OnereelError: frozenset(),  # a budget, an open call, an outcome nobody knows: another order would pay twice
}
"""Which rungs help against which failure; a subclass that is not listed is helped as its nearest listed ancestor."""


def next_rung(ladder: Sequence[Rung], last: Rung | None, failed: OnereelError, *, can: frozenset[Rung]) -> Rung | None:
    """Return the next rung that helps, or None: the shot is a slate.

    Asking the same again is no concern of this: that happens within a rung.

    Args:
        ladder: The rungs, in order.
        last: The one taken before; None on the ground. Nobody climbs down again.
        failed: What went wrong on it.
        can: Rungs there is somebody for: a text model, a fallback that can film the shot.
    """
    helping = rungs_against(failed) & can
    above = ladder[ladder.index(last) + 1 :] if last in ladder else ladder
    return next((rung for rung in above if rung in helping), None)


def rungs_against(failed: OnereelError) -> frozenset[Rung]:
    """Return the rungs that help against a failure."""
    return next(HELP[kind] for kind in type(failed).__mro__ if kind in HELP)


def rungs_of_rejected(brief: Brief) -> tuple[Rung, ...]:
    """Return the rungs a shot climbs whose takes are rejected as often as its brief pays for, one more take on each."""
    if not (brief.review.takes and brief.review.take_attempts):
        return ()
    can = {"soften", *(["fallback"] if brief.policy.fallback.video else [])}
    return tuple(rung for rung in brief.policy.ladder if rung in can)
