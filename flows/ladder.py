"""Climbing the ladder: what a run does about a shot that fails, as the policy of its brief says, rung by rung."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from onereel.brief import Rung
from onereel.company import Company
from onereel.errors import BudgetReached, Filtered, OnereelError, Unfit, VaultError
from onereel.falls import Fall, fall_of, keep_fall
from onereel.ladder import next_rung, rungs_against
from onereel.softening import changes
from onereel.storyboard import Shot
from onereel.takes import Change, Rescue, recipe_of
from tasks import at_work
from tasks.softening import soften

log = logging.getLogger(f"onereel.{__name__}")

T = TypeVar("T")


@dataclass(frozen=True)
class Footing:
    """How a shot is asked for: as planned, or as the rungs climbed so far changed it.

    Attributes:
        shot: In the words it has now; None where there is no shot, as for a character sheet.
        rescues: What was done about it, and why.
    """

    shot: Shot | None
    rescues: tuple[Rescue, ...] = ()

    @property
    def softened(self) -> bool:
        """Whether its words are not the planned ones."""
        return any(rescue.rung == "soften" for rescue in self.rescues)

    @property
    def fallen_back(self) -> bool:
        """Whether the fallback model is asked."""
        return any(rescue.rung == "fallback" for rescue in self.rescues)


@dataclass(frozen=True)
class Ladder:
    """What is asked for, and which rungs there are for it.

    Attributes:
        company: Who is asked first.
        kind: Which of its models.
        model: Who that is.
        shot: Whose words may be softened; None: nobody's.
        fallback: Whether the fallback model can do it.
        recipe: Digest of all that is asked for as planned.
        holds: Whether what is asked on a footing may have been taken on before.
    """

    company: Company
    kind: Literal["image", "video"]
    model: str
    shot: Shot | None
    fallback: bool
    recipe: str
    holds: Callable[[Company, Footing], Awaitable[bool]]

    async def climb(self, ask: Callable[[Company, Footing], Awaitable[T]], rejected: OnereelError | None = None) -> T:
        """Return what asking brings, on the ground or on the lowest rung that helps.

        Args:
            ask: Asks on a footing.
            rejected: Why what the ground brings will not do; then it is not asked there.

        Raises:
            OnereelError: The failure on the highest rung; those below it are in its notes.
        """
        fallen = await self._fallen()
        if fallen is not None:
            try:
                return await self._ask(ask, fallen)
            except OnereelError as failed:
                if "fallback" not in rungs_against(failed):
                    raise
        footing, last = Footing(self.shot), None
        failures: list[OnereelError] = []
        if rejected is not None:
            failures.append(rejected)
            footing, last = await self._up(footing, last, failures)
        while True:
            try:
                return await self._ask(ask, footing)
            except OnereelError as failed:
                failures.append(failed)
                footing, last = await self._up(footing, last, failures)

    async def _ask(self, ask: Callable[[Company, Footing], Awaitable[T]], footing: Footing) -> T:
        crew = (self.company.fallback if footing.fallen_back else None) or self.company
        model = self._second if footing.fallen_back else self.model
        try:
            with at_work(crew):
                made = await ask(crew, footing)
        except OnereelError as failed:
            self.company.breaker.failed(model, failed)
            raise
        self.company.breaker.worked(model)
        return made

    async def _fallen(self) -> Footing | None:
        """Return the footing on which the fallback was asked before, where it may have taken that on."""
        crew = self.company.fallback
        if not self.fallback or crew is None:
            return None
        vault, production = self.company.vault, self.company.brief.production
        fall = await asyncio.to_thread(fall_of, vault, production, self._fall)
        if fall is None:
            return None
        footing = Footing(fall.shot, fall.rescues)
        with at_work(crew):
            return footing if await self.holds(crew, footing) else None

    async def _up(
        self, footing: Footing, last: Rung | None, failures: list[OnereelError]
    ) -> tuple[Footing, Rung | None]:
        """Return the next footing; where there is none, raise the last failure."""
        failed = failures[-1]
        can: set[Rung] = {"fallback"} if self.fallback else set()
        can |= {"soften"} if self.shot is not None else set()
        rung = next_rung(self.company.brief.policy.ladder, last, failed, can=frozenset(can))
        if rung is None:
            for before in failures[:-1]:
                failed.add_note(f"before that: {before}")
            raise failed
        whose = self.company.brief.production + (f"/{self.shot.id}" if self.shot else "")
        log.warning("%s: %s; next: %s", whose, failed, "softer words" if rung == "soften" else self._second)
        try:
            return await self._step(footing, rung, failed), rung
        except (BudgetReached, VaultError):
            raise
        except OnereelError as unhelpful:
            failed.add_note(f"and its words could not be softened: {unhelpful}")
            self.company.breaker.failed(self.company.brief.models.text, unhelpful)
            return await self._up(footing, rung, failures)

    async def _step(self, footing: Footing, rung: Rung, failed: OnereelError) -> Footing:
        reasons = failed.reasons if isinstance(failed, Filtered) and failed.reasons else (str(failed),)
        because = "; ".join(reasons)[:1000]
        if rung == "soften":
            assert footing.shot is not None  # noqa: S101 - else there is no such rung
            softer = await soften(footing.shot, reasons, rejected=isinstance(failed, Unfit))
            rescue = Rescue(rung="soften", because=because, changes=changes(footing.shot, softer))
            return replace(footing, shot=softer, rescues=(*footing.rescues, rescue))
        shot = self.shot.id if self.shot else ""
        swap = Change(shot=shot, field="model", before=self.model, after=self._second)
        rescue = Rescue(rung="fallback", because=because, changes=(swap,))
        fall = Fall(shot=footing.shot, rescues=(*footing.rescues, rescue))
        fall = await asyncio.to_thread(keep_fall, self.company.vault, self.company.brief.production, self._fall, fall)
        return Footing(fall.shot, fall.rescues)

    @property
    def _fall(self) -> str:
        return recipe_of(self.recipe, self._second)

    @property
    def _second(self) -> str:
        models = (self.company.fallback or self.company).brief.models
        return models.image if self.kind == "image" else models.video
