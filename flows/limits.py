"""The limits all workers share: how many calls of a kind, and to a model, are under way, and start in a minute.

A place under way is a lease on ``onereel-<kind>`` and ``onereel-<model>``, handed on from call to call within a run.
A start is a lease on ``onereel-<model>-per-minute`` that is kept for sixty seconds whatever happens: so no more calls
than that limit start in any minute, not even by workers that die. Several are asked for at once: a server is quicker
to grant four than one four times. Where a limit is wide, a few starts more are asked for than are wanted.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from prefect.settings import get_current_settings

from flows.leases import LEASE_SECONDS, Lease, Leases, leasing
from onereel.errors import BadInput

log = logging.getLogger(f"onereel.{__name__}")

BLOCK, BLOCKS = 4, {"image": 8, "intent": 1}
"""Places asked for in one question, at most: they go back together, so the more, the longer one call keeps the others.
Drawings are soon done, clips take minutes.
"""
STARTS = 10
"""Starts asked for in one question, at most: they do not go back anyway."""
GATHER_SECONDS = 0.01
"""How long the first who waits lets others join its question."""
EXPECT_SECONDS, EXPECTS = 0.05, {"image": GATHER_SECONDS}
"""How long the first who will wait does: drawings are begun side by side, clips ordered as their drawings come in."""
IDLE_SECONDS = 0.4
"""How long a place is kept for the next call of the same run: asking for one takes longer, the busier the server."""
START_IDLE_SECONDS = 10.0
"""And a start, which counts for a minute whether it is used or not."""
AHEAD = 20
"""Of so many starts a minute one is asked for before it is wanted."""
ASKED_SECONDS = 5.0
"""How long the end of a run waits for an answer it needs no more: places granted with it go back at once."""
HANDED_ON_SECONDS = 60.0
"""How long a run may hand on a place before it goes back, for others to have."""
MINUTE = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0
"""Between two questions while all places are taken."""


@contextlib.asynccontextmanager
async def sharing() -> AsyncIterator["Shared | None"]:
    """Yield the limits shared with other workers; None without a server, where there are no others."""
    if get_current_settings().api.url is None:
        yield None
        return
    async with leasing() as leases:
        shared = Shared(leases)
        try:
            yield shared
        finally:
            await shared.give_back()


class Shared:
    """What one run holds under the server's limits."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._under_way: dict[str, Places] = {}
        self._starts: dict[str, Starts] = {}

    @contextlib.asynccontextmanager
    async def place(self, kind: str, model: str) -> AsyncIterator[None]:
        """Hold a place for a call to a model, as soon as one is free.

        Raises:
            BadInput: The server has no limit for this kind of call; says how to create it.
        """
        line = self._places(kind, model)
        place = await line.take()
        try:
            yield
        finally:
            line.hand_on(place)

    def expect(self, kind: str, model: str, most: int) -> None:
        """Ask for a place and a start for a call that will be made in a moment; unused, the place goes back soon."""
        within = EXPECTS.get(kind, EXPECT_SECONDS)
        self._places(kind, model).expect(most, within)
        self._starting(model).expect(most, within)

    async def start(self, model: str) -> None:
        """Wait until another call to a model may start."""
        await self._starting(model).next()

    def _places(self, kind: str, model: str) -> "Places":
        if model not in self._under_way:
            self._under_way[model] = Places(self._leases, kind, model)
        return self._under_way[model]

    def _starting(self, model: str) -> "Starts":
        if model not in self._starts:
            self._starts[model] = Starts(self._leases, model)
        return self._starts[model]

    async def give_back(self) -> None:
        """Give back every place that is held for nobody. Starts stay counted until their minute is over."""
        for line in self._under_way.values():
            await line.give_back()


@dataclass(eq=False)
class Block:
    """Places that were granted together and go back together.

    Attributes:
        used: How many of them calls hold now.
    """

    lease: Lease
    open: int
    since: float
    renewing: asyncio.Task[None] | None
    used: int = 0


@dataclass(eq=False)
class Place:
    """One of them; `idle` gives it up if nobody takes it over."""

    block: Block
    idle: asyncio.TimerHandle | None = None


class Line:
    """Those of one run who wait under the same limits, first come, first served.

    Args:
        leases: Where leases are asked for.
        names: Of the limits.

    Attributes:
        unlimited: The server has none of these limits.
    """

    most: int
    """Asked for in one question."""
    lasts: float
    """Seconds a lease is asked for."""
    idle: float
    """Seconds one is kept for the next call of the same run."""

    def __init__(self, leases: Leases, names: list[str]) -> None:
        self._leases, self._names = leases, names
        self._waiting: deque[asyncio.Future[Place]] = deque()
        self._spare: deque[Place] = deque()
        self._expected = 0
        self._asking: asyncio.TimerHandle | None = None
        self._question: asyncio.Task[float] | None = None
        self._pause = FIRST_PAUSE
        self._releasing: set[asyncio.Task[None]] = set()
        self.unlimited = False

    async def take(self) -> Place:
        """Return a place: one handed on, or one the server grants."""
        if self._spare:
            place = self._spare.popleft()
            if place.idle is not None:
                place.idle.cancel()
            place.block.used += 1
            return place
        self._expected = max(0, self._expected - 1)
        turn: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._ask_in(GATHER_SECONDS)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came in the moment its caller was stopped
                self.hand_on(turn.result())
            raise

    def expect(self, most: int, within: float) -> None:
        """Ask for one more before it is waited for, within some seconds, unless so many are expected or spare."""
        if not self.unlimited and self._expected + len(self._spare) < most:
            self._expected += 1
            self._ask_in(within)

    def hand_on(self, place: Place) -> None:
        """Give a place to the next who waits, or keep it a moment; one held for long goes back, for other runs."""
        place.block.used -= 1
        if time.monotonic() - place.block.since > HANDED_ON_SECONDS:
            self.close(place)
        else:
            self._give(place)

    def close(self, place: Place) -> None:
        """Give a place up; the server has it back with the last one of its block."""
        block = place.block
        block.open -= 1
        if block.open:
            return
        if block.renewing is not None:
            block.renewing.cancel()
        task = asyncio.ensure_future(self._leases.give_back(block.lease))
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)

    async def give_back(self) -> None:
        """Give up every place that is held for nobody, and return when the server has them."""
        if self._question is not None:  # what is granted now nobody takes
            await asyncio.wait({self._question}, timeout=ASKED_SECONDS)
        while self._spare:
            self._give_up(self._spare[0])
        await asyncio.gather(*self._releasing)

    def _give(self, place: Place) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                place.block.used += 1
                turn.set_result(place)
                return
        self._expected = max(0, self._expected - 1)
        self._spare.append(place)
        place.idle = asyncio.get_running_loop().call_later(self.idle, self._idled, place)

    def _idled(self, place: Place) -> None:
        """Give up a place nobody took."""
        self._give_up(place)

    def _give_up(self, place: Place) -> None:
        self._spare.remove(place)
        if place.idle is not None:
            place.idle.cancel()
        self.close(place)

    def _ask_in(self, seconds: float) -> None:
        """Ask the server for what is wanted by then, one question at a time."""
        if self._asking is None and self._question is None:
            self._asking = asyncio.get_running_loop().call_later(seconds, self._ask)

    def _ask(self) -> None:
        self._asking = None
        wanted = sum(not turn.done() for turn in self._waiting) + self._expected
        if wanted:
            self._question = asyncio.ensure_future(self._get(min(self._ahead(wanted), self.most)))
            self._question.add_done_callback(self._answered)

    def _ahead(self, wanted: int) -> int:
        """Return how many are asked for where so many are wanted."""
        return wanted

    async def _get(self, places: int) -> float:
        """Hand out as many places as are free, of those wanted; return when to ask for more."""
        block = await self._granted(places)
        if block is None:
            self._expected = 0
            if not self._waiting:
                return 0.0
            pause, self._pause = self._pause, min(self._pause * 1.5, LONGEST_PAUSE)
            return pause * random.uniform(0.5, 1.5)  # noqa: S311 - jitter, not a secret
        self._pause = FIRST_PAUSE
        for _ in range(block.open):
            self._give(Place(block))
        return 0.0

    def _answered(self, question: asyncio.Task[float]) -> None:
        """Ask for what is still wanted, or tell all who wait what went wrong."""
        self._question = None
        if question.cancelled():
            return
        error = question.exception()
        if error is None:
            self._ask_in(question.result())
            return
        self._expected = 0
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(error)

    async def _granted(self, places: int) -> Block | None:
        """Return as many places as are free, of those wanted; None if there is not one."""
        while (lease := await self._leases.ask(self._names, places, self.lasts)) is None:
            if places == 1:
                return None
            places //= 2
        self.unlimited = not lease.limits
        return await self._leased(lease, places)

    async def _leased(self, lease: Lease, places: int) -> Block:
        """Return places that were granted."""
        return Block(lease, places, time.monotonic(), None)


class Places(Line):
    """Places under way: renewed while they are held, handed on from call to call, and given back.

    Args:
        leases: Where leases are asked for.
        kind: Of call; the server must have a limit for it.
        model: Which model is asked.
    """

    lasts, idle = LEASE_SECONDS, IDLE_SECONDS

    def __init__(self, leases: Leases, kind: str, model: str) -> None:
        self._needed, self.most = f"onereel-{kind}", BLOCKS.get(kind, BLOCK)
        super().__init__(leases, sorted({self._needed, f"onereel-{model}"}))

    def _idled(self, place: Place) -> None:
        """Give up a place nobody took, unless the server would not have it back yet."""
        if place.block.used:
            place.idle = asyncio.get_running_loop().call_later(self.idle, self._idled, place)
        else:
            self._give_up(place)

    async def _leased(self, lease: Lease, places: int) -> Block:
        if self._needed not in lease.limits:
            await self._leases.give_back(lease)
            raise BadInput(f"the Prefect server has no limit {self._needed!r}; run `python -m deployments.setup` once")
        return Block(lease, places, time.monotonic(), asyncio.create_task(self._leases.renew(lease)))


class Starts(Line):
    """Starts, each counted for a minute whatever happens to its call."""

    most, lasts, idle = STARTS, LEASE_SECONDS + START_IDLE_SECONDS, START_IDLE_SECONDS

    def __init__(self, leases: Leases, model: str) -> None:
        super().__init__(leases, [f"onereel-{model}-per-minute"])
        self._narrowest = 0

    async def next(self) -> None:
        """Wait until another call may start."""
        if not self.unlimited:
            place = await self.take()
            asyncio.get_running_loop().call_later(MINUTE, self.close, place)

    def _ahead(self, wanted: int) -> int:
        return max(wanted, min(self._narrowest // AHEAD, BLOCK))

    async def _leased(self, lease: Lease, places: int) -> Block:
        self._narrowest = min(lease.limits.values(), default=0)
        return await super()._leased(lease, places)
