"""The company of one production: who plays which part in this run. Composed in ``casting``, used by the stages."""

import asyncio
import contextvars
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

from onereel.adapters.darkroom import Darkroom, darkroom
from onereel.adapters.gemini import Illustrator, Screenwriter
from onereel.adapters.reviewer import Reviewer
from onereel.breaker import Breaker
from onereel.brief import Brief, Policy
from onereel.calls import Goods, Outcome, Wanted
from onereel.certificates import Signatory
from onereel.checks import LIMITS as CHECKS
from onereel.checks import CheckLimits
from onereel.crew import Camera, Vault
from onereel.drift import LIMITS as DRIFT
from onereel.drift import DriftLimits
from onereel.entries import WRITE_AGAIN
from onereel.habits import Habits, Usual
from onereel.journal import Journal
from onereel.library import Others
from onereel.likeness import Thresholds
from onereel.models import ModelBound, ModelTable, Surface
from onereel.orders import AnyOrder
from onereel.policy import persist, tries_for, wanted
from onereel.takes import Keyframe

MINUTE = 60.0
FORESEEN = 4
"""How many of the shortest pauses the earliest usual end must be away for foresight to save a look."""
FETCHED_AT_ONCE = 8
CROWD = 500
"""Films waited for at which all together are looked at half as often as few are."""

T = TypeVar("T")

Done = Callable[[], Awaitable[None]]
"""Gives a place in flight up; does nothing the second time."""


class Shared(Protocol):
    """Bounds shared with other workers, entered inside ours."""

    def place(self, kind: str, model: str) -> AbstractAsyncContextManager[None]:
        """Hold a place for a call to a model."""

    async def start(self, model: str) -> None:
        """Wait until another call to a model may start."""

    def expect(self, kind: str, model: str, most: int) -> None:
        """Prepare for a call that will be made in a moment, as one of so many at most."""


@dataclass
class Starts:
    """When the calls of the last minute to a model started, and how many may be under way."""

    per_minute: int | None
    slots: asyncio.Semaphore
    _turn: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _at: deque[float] = field(init=False)

    def __post_init__(self) -> None:
        self._at = deque(maxlen=self.per_minute)

    async def next(self) -> None:
        """Wait until another call may start: no more than `per_minute` in any sixty seconds."""
        async with self._turn:
            if len(self._at) == self._at.maxlen:
                await asyncio.sleep(max(0.0, self._at[0] + MINUTE - time.monotonic()))
            self._at.append(time.monotonic())


@dataclass
class Bound:
    """How many calls of a kind may be under way, and how many to one model may start in a minute, in this process.

    Attributes:
        models: Bounds of single models, where they differ from their kind's.
        answered: Told when the studio has answered a call, before anybody looks at what it brought.
    """

    in_flight: int
    per_minute: int | None
    """None: the studio has no quota to keep."""
    kind: str = ""
    shared: Shared | None = None
    models: Mapping[str, ModelBound] = field(default_factory=dict)
    answered: Callable[[], None] | None = None
    _slots: asyncio.Semaphore = field(init=False)
    _held: int = field(init=False, default=0)
    _of: dict[str, Starts] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.in_flight)

    @asynccontextmanager
    async def slot(self, model: str) -> AsyncIterator[Done]:
        """Hold one of the places in flight, for a call to a model, until the block ends or what it yields is called.

        The place is the studio's: whoever has its answer gives it up, and looks at the answer afterwards.
        """
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._model(model).slots)
            await held.enter_async_context(self._slots)
            self._held += 1
            held.callback(self._let_go)
            if self.shared is not None:
                await held.enter_async_context(self.shared.place(self.kind, model))

            async def done() -> None:
                if self.answered is not None:
                    self.answered()
                await held.aclose()

            yield done

    def _let_go(self) -> None:
        self._held -= 1

    def expect(self, model: str) -> None:
        """Prepare for a call to a model that will be made in a moment, if there is a place for it here."""
        free = self.in_flight - self._held
        if self.shared is not None and self.per_minute is not None and free > 0:
            self.shared.expect(self.kind, model, free)

    async def turn(self, model: str) -> None:
        """Wait until another call to a model may start."""
        if self.per_minute is None:
            return
        await self._model(model).next()
        if self.shared is not None:
            await self.shared.start(model)

    def _model(self, model: str) -> Starts:
        if model not in self._of:
            own = self.models.get(model, ModelBound())
            slots = asyncio.Semaphore(own.in_flight or self.in_flight)
            self._of[model] = Starts(own.per_minute or self.per_minute, slots)
        return self._of[model]


@dataclass(frozen=True)
class Patience:
    """How to wait for a camera: pauses grow with the time already waited, between two bounds, up to a deadline.

    A film is seen at the latest when it has lain there for a fiftieth of the time it took.
    Where it is known when films are usually there, none is asked for before but once, half-way, and the looks that
    saves are spent on the time in which most end: a film is seen soon after its end, for no more looks in all.
    And for a vault.
    """

    shortest: float = 1.0
    longest: float = 10.0
    share: float = 0.02
    looks_a_second: float = 50.0
    """Most, at all films together; the more films, the fewer. Where very many are waited for, orders need the loop, and
    each is asked for down to once in three times `longest`. The last ones are few: no film's end is seen later for it.
    """
    deadline: float = 1800.0
    keeping: tuple[float, ...] = WRITE_AGAIN
    """Pauses in seconds before a vault that fails is asked once more to keep what was paid for."""

    def pause(self, waited: float) -> float:
        """Return how many seconds to wait before asking again."""
        return min(self.longest, max(self.shortest, waited * self.share))

    def spread(self, films: int) -> float:
        """Return the fewest seconds between two looks at a film while so many are waited for."""
        return min(3 * self.longest, films / self.looks_a_second * (1 + films / CROWD))

    def until_next(self, waited: float, usual: Usual | None, age: float = 0.0) -> float:
        """Return how many seconds to wait before asking again, knowing when most films are there.

        Args:
            waited: Seconds since asking began.
            usual: How long such films take, where that is known.
            age: Seconds the film had been ordered before asking began.
        """
        filmed = age + waited
        if usual is None or usual.earliest < FORESEEN * self.shortest or filmed >= usual.latest:
            return self.pause(waited)
        if filmed < usual.earliest:
            next_look = usual.earliest / 2 if filmed < usual.earliest / 2 else usual.earliest
            return next_look - filmed
        looks = self.looks(usual.latest)
        spread = (looks - self.looks(usual.earliest)) / max(1, looks - 3)
        return max(self.shortest, self.pause(filmed) * min(1.0, spread))

    def looks(self, until: float) -> int:
        """Return how many looks growing pauses alone make of a film that is not there before `until`."""
        waited, looks = 0.0, 0
        while (waited := waited + self.pause(waited)) < until:
            looks += 1
        return looks


@dataclass(frozen=True)
class Lab:
    """What it takes to collect a film, whoever ordered it.

    Attributes:
        counter: Films being fetched and looked at, at once: each is whole in memory meanwhile.
        darkroom: Where pictures and films are decoded, as many at once as there are processors.
        awaited: Keys of the calls whose films are waited for.
        rehearsal: Whether the studio is one that ends with the run, and forgets what it was asked.
    """

    vault: Vault
    journal: Journal
    camera: Camera
    patience: Patience
    habits: Habits
    counter: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FETCHED_AT_ONCE), kw_only=True)
    darkroom: Darkroom = field(default_factory=darkroom, kw_only=True)
    awaited: set[str] = field(default_factory=set, kw_only=True)
    rehearsal: bool = field(default=False, kw_only=True)

    async def develop(self, work: Callable[[], T]) -> T:
        """Return what work on pictures or film brings, done in another process; see `Darkroom.develop`.

        Apart from the threads that read and write the vault: what is paid is written down while films are decoded.
        """
        rooms, context = self.darkroom, contextvars.copy_context()  # so that what it logs is told of its run
        return await asyncio.get_running_loop().run_in_executor(rooms.threads, context.run, rooms.develop, work)


@dataclass(frozen=True)
class Company(Lab):
    """Everything a stage needs, and nothing it has to choose."""

    brief: Brief
    table: ModelTable
    writer: Screenwriter
    illustrator: Illustrator
    reviewer: Reviewer
    text_surface: Surface
    review_surface: Surface
    image_surface: Surface
    video_surface: Surface
    bounds: dict[str, Bound]
    thresholds: Thresholds
    signatory: Signatory | None = None
    """Who signs masters; None: nobody."""
    checks: CheckLimits = CHECKS
    drift: DriftLimits = DRIFT
    others: Others | None = None
    """The keyframes of all other productions of the vault; None: they are not looked at."""
    stills: dict[str, Keyframe] = field(default_factory=dict)
    """Keyframes settled so far in this run, by id: what a new one is compared with."""
    breaker: Breaker = field(default_factory=lambda: Breaker(Policy()))
    """What this run has learned about the models it asks."""
    fallback: "Company | None" = None
    """The same company with the fallback models of the brief's policy; None where it names none."""
    standing_in: bool = False
    """Whether this is that one."""

    def who_drew(self, keyframe: Keyframe) -> "Company":
        """Return who drew a keyframe, and can change it: only its own model understands the turns that led to it."""
        other = self.fallback
        if other is not None and keyframe.model == other.brief.models.image != self.brief.models.image:
            return other
        return self

    def wanted(self, order: AnyOrder, label: str) -> Wanted:
        """Return an order as the journal is to see to it."""
        return wanted(self.brief.policy, self.brief.production, order, label)

    def turn(self, order: AnyOrder) -> Callable[[], Awaitable[None]]:
        """Return what waits until one more call of an order's kind may start, unless its model is not asked any more.

        Waiting raises NotAsked then.
        """

        async def wait() -> None:
            self.breaker.check(order.model)
            await self.bounds["video" if order.kind == "extension" else order.kind].turn(order.model)

        return wait

    async def buy(self, order: AnyOrder, label: str, ask: Callable[[Done], Awaitable[Goods]]) -> Outcome:
        """Return what an order that is answered at once brought, paying only if nobody has.

        Args:
            order: What is wanted.
            label: What it is, in words.
            ask: Asks for it, says when the studio is done, and keeps what came.

        Raises:
            BudgetReached, StudioBusy, Filtered, NoAnswer, Refused, OutcomeUnknown: As they happen.
        """
        asked = self.wanted(order, label)
        before = await self.journal.bought_before(asked)
        if before is not None:
            return before[1]

        async def buy() -> Outcome:
            async with self.bounds[order.kind].slot(order.model) as done:
                return await self.journal.buy(asked, partial(ask, done), self.turn(order))

        return await persist(buy, tries_for(self.brief.policy, order.kind))
