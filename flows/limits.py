"""The limits all workers share: places under a Prefect global concurrency limit, held as leases.

Prefect's own ``concurrency()`` asks one place at a time and, when the server's database is busy (503, which SQLite is
as soon as two write at once), waits two seconds and more before asking again, with everyone behind it waiting too: a
film of six shots took three times as long. Here a busy server is asked again at once, over one connection a run, and a
place is handed on from call to call within a run.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

import httpx
from prefect import runtime
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import ConcurrencyLeaseHolder
from prefect.client.schemas.responses import ConcurrencyLimitWithLeaseResponse
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, get_current_settings, temporary_settings

from onereel.casting import Sharing
from onereel.errors import BadInput

log = logging.getLogger(__name__)

LEASE_SECONDS = 300.0
"""How long a place is held for a worker that died."""
RENEW_SECONDS = 100.0
IDLE_SECONDS = 1.0
"""How long a place is kept for the next call of the same run: asking for one takes longer, the busier the server."""
HANDED_ON_SECONDS = 60.0
"""How long a run may hand on a place before it goes back, for others to have."""
PATIENCE = 300.0
"""How long a server may be out of reach before a run gives up."""
LONGEST_PAUSE = {True: 5.0, False: 0.3}
"""Between two questions: while all places are taken, and while the server is busy."""
TAKEN, BUSY = 423, frozenset({429, 502, 503, 504})


@contextlib.asynccontextmanager
async def sharing() -> AsyncIterator[Sharing | None]:
    """Yield how places are shared with other workers; None without a server, where there are no others."""
    if get_current_settings().api.url is None:
        yield None
        return
    async with get_client() as client:
        places = Places(client)
        try:
            yield places.place
        finally:
            await places.give_back()


@dataclass(eq=False)
class Held:
    """A place held under a limit.

    Attributes:
        since: When the server gave it.
        renewing: Keeps its lease alive.
        idle: Gives it back if nobody takes it over.
    """

    lease: UUID
    since: float
    renewing: asyncio.Task[None]
    idle: asyncio.TimerHandle | None = None


@dataclass
class Line:
    """Those of one run who wait for a place under one limit, and the places it can hand on."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    spare: deque[Held] = field(default_factory=deque)
    freed: asyncio.Event = field(default_factory=asyncio.Event)


class Places:
    """Places one run holds under the server's limits."""

    def __init__(self, client: PrefectClient) -> None:
        self._client = client
        self._lines: defaultdict[str, Line] = defaultdict(Line)
        self._releasing: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def place(self, kind: str) -> AsyncIterator[None]:
        """Hold a place under the limit of a kind of call, as soon as one is free.

        Raises:
            BadInput: The server has no such limit; says how to create it.
        """
        line = self._lines[kind]
        async with line.turn:
            held = self._taken_over(line) or await self._new(line, f"onereel-{kind}")
        try:
            yield
        finally:
            self._hand_on(line, held)

    async def give_back(self) -> None:
        """Give back every place that is held for nobody."""
        for line in self._lines.values():
            while line.spare:
                self._release(line, line.spare[0])
        await asyncio.gather(*self._releasing)

    def _taken_over(self, line: Line) -> Held | None:
        if not line.spare:
            return None
        held = line.spare.popleft()
        if held.idle is not None:
            held.idle.cancel()
        return held

    def _hand_on(self, line: Line, held: Held) -> None:
        """Keep a place a moment for the next of this run; one held for long goes back, for other runs to have."""
        line.spare.append(held)
        if time.monotonic() - held.since > HANDED_ON_SECONDS:
            self._release(line, held)
        else:
            held.idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._release, line, held)
            line.freed.set()

    def _release(self, line: Line, held: Held) -> None:
        line.spare.remove(held)
        held.renewing.cancel()
        if held.idle is not None:
            held.idle.cancel()
        task = asyncio.ensure_future(self._released(held.lease))
        self._releasing.add(task)
        task.add_done_callback(self._releasing.discard)

    async def _released(self, lease: UUID) -> None:
        """Give a place back; one that cannot be given back is freed when its lease ends."""
        try:
            await _persistently(lambda: self._client.release_concurrency_slots_with_lease(lease))
        except httpx.HTTPError as error:
            log.warning("a place under a shared limit is kept for up to %.0f s: %s", LEASE_SECONDS, error)

    async def _new(self, line: Line, name: str) -> Held:
        """Ask the server for a place, unless one is handed on before it answers."""
        run = runtime.flow_run.id
        holder = ConcurrencyLeaseHolder(type="flow_run", id=UUID(run)) if run else None

        async def ask() -> httpx.Response:
            return await self._client.increment_concurrency_slots_with_lease(
                names=[name], slots=1, mode="concurrency", lease_duration=LEASE_SECONDS, holder=holder
            )

        line.freed.clear()
        answer = await _persistently(ask, freed=line.freed)
        if answer is None:
            return self._taken_over(line) or await self._new(line, name)
        granted = ConcurrencyLimitWithLeaseResponse.model_validate(answer.json())
        if not granted.limits:
            raise BadInput(f"the Prefect server has no limit {name!r}; run `python -m deployments.setup` once")
        renewing = asyncio.create_task(self._renew(granted.lease_id))
        return Held(granted.lease_id, time.monotonic(), renewing)

    async def _renew(self, lease: UUID) -> None:
        """Keep a lease for as long as it is needed. One that is lost costs a place too many, not a take."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await _persistently(lambda: self._client.renew_concurrency_lease(lease, LEASE_SECONDS))
            except httpx.HTTPError as error:
                log.warning("a place under a shared limit was lost: %s", error)
                return


async def _persistently(
    ask: Callable[[], Awaitable[httpx.Response]], *, freed: asyncio.Event | None = None
) -> httpx.Response | None:
    """Ask until the server answers; while all places are taken, until one is, or one was `freed`: None.

    Raises:
        httpx.HTTPError: It answers otherwise, or was out of reach for too long.
    """
    since, pause = time.monotonic(), 0.02
    while True:
        taken = False
        try:
            with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
                return await ask()
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            taken = freed is not None and status == TAKEN
            if taken:
                since = time.monotonic()
            elif status not in BUSY or time.monotonic() - since > PATIENCE:
                raise
        except httpx.TransportError:
            if time.monotonic() - since > PATIENCE:
                raise
        wait = pause * random.uniform(0.5, 1.5)  # noqa: S311 - jitter, not a secret
        pause = min(pause * 1.5, LONGEST_PAUSE[taken])
        if freed is None:
            await asyncio.sleep(wait)
            continue
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(freed.wait(), wait)
            return None
