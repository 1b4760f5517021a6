"""What reviewing came to: what was judged and wrong, what it cost, and which takes were not bought for nothing."""

from collections.abc import Iterable, Iterator, Sequence

from onereel.papers import Reviewed
from onereel.plan import Plan
from onereel.takes import Keyframe, Take
from onereel.verdicts import Verdict, good_enough

_MODELS = ("model", "identity", "lettering")


def reviewed(plan: Plan, keyframes: Sequence[Keyframe], takes: Sequence[Take], candidates: int) -> Reviewed:
    """Return what was judged of a production, and what that cost and saved.

    Saved is the price of every take that would have been filmed on a drawing the judge rejected, once, unless a person
    overruled the judge: then it was a false alarm, and only cost.

    Args:
        plan: What was planned.
        keyframes: All of the production.
        takes: All of them, too.
        candidates: How many takes of a shot were asked for to begin with.
    """
    judged = [frame for frame in keyframes if frame.attempts]
    wrong = [frame for frame in judged if not good_enough(frame.attempts[0].verdicts)]
    overruled = {frame.id for frame in wrong if _by_person(frame.verdicts)}
    kept_from = {frame.id for frame in wrong} - overruled
    spared = [take for take in plan.takes if kept_from & {take.opening, take.closing}]
    tries = [attempt for frame in judged for attempt in frame.attempts]
    return Reviewed(
        keyframes=len(judged),
        takes=sum(any(verdict.judge in _MODELS for verdict in take.verdicts) for take in takes),
        rejected=len(wrong),
        mended=sum(good_enough(frame.verdicts) and frame.id not in overruled for frame in wrong),
        held=sum(not good_enough(frame.verdicts) for frame in wrong),
        overruled=len(overruled),
        rejected_takes=sum(not good_enough(take.verdicts) for take in takes),
        reviews_usd=_usd(
            verdict
            for one in [*(each.verdicts for each in tries), *(each.verdicts for each in takes)]
            for verdict in one
        ),
        repairs_usd=round(
            sum(attempt.usd for attempt in tries if attempt.how != "drawn")
            + sum(take.usd for take in _again(takes, candidates)),
            6,
        ),
        saved_usd=round(sum(take.usd for take in spared), 6),
    )


def _again(takes: Sequence[Take], candidates: int) -> Iterator[Take]:
    """Yield the takes that were filmed because all before, of the same wish, were rejected."""
    wishes: dict[tuple[str, ...], list[Take]] = {}
    for take in sorted(takes, key=lambda one: one.number):
        before = wishes.setdefault((take.shot, take.base, take.wish, take.tier), [])
        if len(before) >= candidates and not any(good_enough(one.verdicts) for one in before):
            yield take
        before.append(take)


def _by_person(verdicts: Sequence[Verdict]) -> bool:
    return any(verdict.judge == "person" for verdict in verdicts)


def _usd(verdicts: Iterable[Verdict]) -> float:
    return round(sum(verdict.usd for verdict in verdicts), 6)
