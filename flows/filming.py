"""One take before the camera: its first clip, each extension from the film so far, and what is said of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from flows.climbing import footed
from flows.ladder import Footing
from onereel.anchoring import drift_of, joined, newest_drift, next_piece, told
from onereel.company import Company, Done
from onereel.drift import Recognised
from onereel.errors import BudgetReached, Filtered, NoAnswer, NotYet, OutcomeUnknown, Refused, StudioBusy
from onereel.filming import Setup, bought, checked_take, clip_order, extend_order, keep_take, unsoftened
from onereel.orders import ClipOrder, ExtendOrder, Labelled
from onereel.policy import persist, tries_for
from onereel.takes import Hop, Take
from onereel.verdicts import Verdict
from tasks import company
from tasks.clips import collect_clip, order_clip
from tasks.extensions import anchor, collect_extension, order_extension
from tasks.review import recognise_hop, review_take

log = logging.getLogger(f"onereel.{__name__}")

T = TypeVar("T")
Ordered = TypeVar("Ordered", ClipOrder, ExtendOrder)

Likenesses = Callable[[Setup], Awaitable[tuple[Labelled, ...]]]
"""The pictures a take's characters are compared with."""


class Filming:
    """One take being filmed.

    Attributes:
        slate: What it is called until it has its number.
        seen: Who was recognised at the end of each extension, by its journal key.
    """

    def __init__(self, ground: Company, slate: str, likenesses: Likenesses) -> None:
        self.ground, self.slate, self.likenesses = ground, slate, likenesses
        self.seen: dict[str, Recognised] = {}

    async def film(self, asked: Setup, crew: Company, footing: Footing) -> Take:
        """Film the take on a footing of the ladder, and keep it."""
        setup = await unsoftened(crew, footed(crew, asked, footing), f"clip {self.slate}")
        order = clip_order(crew, setup)
        hops: tuple[Hop, ...] = (await self._clip(order),)
        said: tuple[Verdict, ...] = ()
        for number in range(1, len(setup.take.coverage.extensions) + 1):
            longer = (*hops, await self._extension(setup, hops))
            drift = await self._drift(setup, longer)
            if drift is not None and not drift.accepted:
                log.warning("%s: %s", self.slate, drift.reasons)
                hops, done = await self._without_drift(setup, hops)
                said = (told(drift, number=number, done=done),)
                break
            hops = longer
        checked = await checked_take(crew, setup, order, hops)
        if checked.accepted:  # else nobody is paid to judge it
            await self._recognise(setup, hops)
            said = (*said, *await self._verdicts(setup, hops[-1]))
        recognised = {number: self.seen[hop.key] for number, hop in enumerate(hops) if hop.key in self.seen}
        drifted = await drift_of(crew, hops, recognised)
        return await keep_take(crew, setup, order, hops, (checked, *drifted), said)

    async def _drift(self, setup: Setup, hops: tuple[Hop, ...]) -> Verdict | None:
        """Return what is said of the newest extension where the brief acts on it: measured first, for nothing."""
        if self.ground.brief.drift == "report":
            return None
        measured = await newest_drift(company(), hops)
        if measured is None or not measured.accepted:
            return measured
        await self._recognise(setup, hops)
        return await newest_drift(company(), hops, self.seen.get(hops[-1].key))

    async def _recognise(self, setup: Setup, hops: tuple[Hop, ...]) -> None:
        """Have compared who is seen at the end of each extension, once, where takes are judged and anybody is known."""
        shown = await self.likenesses(setup) if self.ground.brief.review.takes else ()
        new = [(number, hop) for number, hop in enumerate(hops) if number and hop.key not in self.seen]
        if shown and new:
            asked = (recognise_hop(self.slate, setup, number, hop, shown) for number, hop in new)
            with _after_the_camera():
                found = await _each(asked)
            self.seen.update(zip((hop.key for _, hop in new), found, strict=True))

    async def _without_drift(self, setup: Setup, good: tuple[Hop, ...]) -> tuple[tuple[Hop, ...], str]:
        """Return a take whose next extension drifted without it, as the brief says: ended there, or filmed on anew."""
        if self.ground.brief.drift == "cut":
            return good, "The take ends before it."
        hops = good
        try:
            with _after_the_camera():
                opening = await anchor(self.slate, setup, good)
            while (order := next_piece(company(), setup, hops, opening)) is not None:
                hops, opening = await joined(company(), hops, await self._clip(order))
        except (BudgetReached, Filtered, NoAnswer, OutcomeUnknown, Refused) as stopped:
            return hops, f"The take ends there: {stopped}"
        return hops, "The take goes on from its last good frame, drawn clean."

    async def _verdicts(self, setup: Setup, film: Hop) -> tuple[Verdict, ...]:
        """Return what is said of a take before it enters the cut."""
        if not self.ground.brief.review.takes:
            return ()
        shown = await self.likenesses(setup)
        with _after_the_camera():
            return await review_take(self.slate, setup, film, shown)

    async def _clip(self, order: ClipOrder) -> Hop:
        return await self._filmed("clip", order, order_clip, collect_clip)

    async def _extension(self, setup: Setup, hops: tuple[Hop, ...]) -> Hop:
        order = extend_order(company(), setup, hops)
        return await self._filmed("extension", order, order_extension, collect_extension)

    async def _filmed(
        self,
        what: str,
        order: Ordered,
        hand_in: Callable[[str, Ordered], Awaitable[str]],
        collect: Callable[[str, str, Ordered, Done], Awaitable[Hop]],
    ) -> Hop:
        """Return what an order brings: bought before, by anyone, or now, as often as the policy says."""
        before = await bought(company(), order, f"{what} {self.slate}")
        if before is not None:
            return before

        async def filmed() -> Hop:
            async with self.ground.bounds["video"].slot(order.model) as done:
                return await collect(self.slate, await hand_in(self.slate, order), order, done)

        return await persist(filmed, tries_for(company().brief.policy, order.kind))


async def _each(work: Iterable[Awaitable[T]]) -> list[T]:
    """Return what each brings; where one fails, the others, which are paid, are heard to their end first."""
    ended = await asyncio.gather(*work, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return [one for one in ended if not isinstance(one, BaseException)]


@contextmanager
def _after_the_camera() -> Iterator[None]:
    """Let nobody else film what the camera filmed, because a judge or an illustrator is busy."""
    try:
        yield
    except StudioBusy as busy:
        raise NotYet(str(busy), after=busy.after, until=busy.until).coded(busy.code) from busy
