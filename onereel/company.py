"""The company of one production: who plays which part in this run. Composed in ``casting``, used by the stages."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from onereel.adapters.gemini import Illustrator, Screenwriter
from onereel.breaker import Breaker
from onereel.brief import Brief, Policy
from onereel.calls import Goods, Outcome, Wanted
from onereel.crew import Camera, Vault
from onereel.journal import Journal
from onereel.likeness import Thresholds
from onereel.models import ModelTable, Surface
from onereel.orders import AnyOrder
from onereel.policy import persist, tries_for, wanted
from onereel.takes import Keyframe

MINUTE = 60.0


@dataclass
class Bound:
    """How many calls of a kind may be under way, and how many may start in a minute, in this process."""

    in_flight: int
    per_minute: int
    kind: str = ""
    shared: Callable[[str], AbstractAsyncContextManager[None]] | None = None
    """A bound on the same kind shared with other workers, entered inside ours."""
    _slots: asyncio.Semaphore = field(init=False)
    _turn: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _starts: deque[float] = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.in_flight)
        self._starts = deque(maxlen=self.per_minute)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the places in flight."""
        async with self._slots:
            if self.shared is None:
                yield
            else:
                async with self.shared(self.kind):
                    yield

    async def turn(self) -> None:
        """Wait until another call may start: no more than `per_minute` in any sixty seconds."""
        async with self._turn:
            if len(self._starts) == self.per_minute:
                await asyncio.sleep(max(0.0, self._starts[0] + MINUTE - time.monotonic()))
            self._starts.append(time.monotonic())


@dataclass(frozen=True)
class Patience:
    """How to wait for a camera: pauses grow with the time already waited, between two bounds, up to a deadline.

    And for a vault.
    """

    shortest: float = 1.0
    longest: float = 10.0
    share: float = 0.1
    deadline: float = 1800.0
    keeping: tuple[float, ...] = (0.2, 1.0, 4.0, 15.0)
    """Pauses in seconds before a vault that fails is asked once more to keep what was paid for."""

    def pause(self, waited: float) -> float:
        """Return how many seconds to wait before asking again."""
        return min(self.longest, max(self.shortest, waited * self.share))


@dataclass(frozen=True)
class Lab:
    """What it takes to collect a film, whoever ordered it."""

    vault: Vault
    journal: Journal
    camera: Camera
    patience: Patience


@dataclass(frozen=True)
class Company(Lab):
    """Everything a stage needs, and nothing it has to choose."""

    brief: Brief
    table: ModelTable
    writer: Screenwriter
    illustrator: Illustrator
    text_surface: Surface
    image_surface: Surface
    video_surface: Surface
    bounds: dict[str, Bound]
    thresholds: Thresholds
    rehearsal: bool
    stills: dict[str, Keyframe] = field(default_factory=dict)
    """Keyframes settled so far in this run, by id: what a new one is compared with."""
    breaker: Breaker = field(default_factory=lambda: Breaker(Policy()))
    """What this run has learned about the models it asks."""
    fallback: "Company | None" = None
    """The same company with the fallback models of the brief's policy; None where it names none."""

    def wanted(self, order: AnyOrder, label: str) -> Wanted:
        """Return an order as the journal is to see to it."""
        return wanted(self.brief.policy, self.brief.production, order, label)

    def turn(self, order: AnyOrder) -> Callable[[], Awaitable[None]]:
        """Return what waits until one more call of an order's kind may start, unless its model is not asked any more.

        Waiting raises NotAsked then.
        """

        async def wait() -> None:
            self.breaker.check(order.model)
            await self.bounds["video" if order.kind == "extension" else order.kind].turn()

        return wait

    async def buy(self, order: AnyOrder, label: str, ask: Callable[[], Awaitable[Goods]]) -> Outcome:
        """Return what an order that is answered at once brought, paying only if nobody has.

        Raises:
            BudgetReached, StudioBusy, Filtered, NoAnswer, Refused, OutcomeUnknown: As they happen.
        """
        asked = self.wanted(order, label)
        before = await self.journal.bought_before(asked)
        if before is not None:
            return before[1]
        tries = tries_for(self.brief.policy, order.kind)
        async with self.bounds[order.kind].slot():
            return await persist(lambda: self.journal.buy(asked, ask, self.turn(order)), tries)
