"""Leases on the limits all workers share, asked for so that a busy Prefect server is no wall.

Prefect's own ``concurrency()`` asks one place at a time and, when the server's database is busy (503, which SQLite is
as soon as two write at once), waits two seconds and more before asking again, with everyone behind it waiting too: a
film of six shots took three times as long. Here a busy server is asked again at once, over one connection a run, and
one thing at a time: of two questions at once a server that keeps leases in files lets one wait for 100 ms.
"""

import asyncio
import contextlib
import contextvars
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from prefect import runtime
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import ConcurrencyLeaseHolder
from prefect.client.schemas.responses import ConcurrencyLimitWithLeaseResponse

from flows.outages import hasty

log = logging.getLogger(f"onereel.{__name__}")

LEASE_SECONDS = 60.0
"""How long a place is held for a worker that died; the shortest the server grants."""
RENEW_SECONDS = 20.0
PATIENCE = 300.0
"""How long a server may be out of reach before a run that wants a place gives up."""
GIVING_BACK = 10.0
"""And one that gives it back: a run on a lost server shall end, and so does the lease."""
LONGEST_PAUSE = 0.3
"""Between two questions to a busy server."""
TAKEN, TOO_MANY, BUSY = 423, 422, frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Lease:
    """Places held under limits until they are given back, or until nobody renews them.

    Attributes:
        limits: The limits that exist and count them, and how wide each is, by name.
    """

    id: UUID
    limits: Mapping[str, int]


class Leases:
    """Asks a Prefect server for places, renews them, and gives them back."""

    def __init__(self, client: PrefectClient, unhurried: contextvars.Context) -> None:
        self._client, self._unhurried = client, unhurried
        self._one_at_a_time = asyncio.Lock()

    async def ask(self, names: list[str], places: int, seconds: float) -> Lease | None:
        """Return a lease of so many seconds on places under all the limits named; None while they are taken.

        Raises:
            httpx.HTTPError: The server refuses, or was out of reach for too long.
        """
        run = runtime.flow_run.id
        holder = ConcurrencyLeaseHolder(type="flow_run", id=UUID(run)) if run else None
        try:
            answer = await self._persistently(
                lambda: self._client.increment_concurrency_slots_with_lease(
                    names=names, slots=places, mode="concurrency", lease_duration=seconds, holder=holder
                )
            )
        except httpx.HTTPStatusError as error:
            # More places than a limit has are never free together; one always may be.
            if error.response.status_code in ({TAKEN, TOO_MANY} if places > 1 else {TAKEN}):
                return None
            raise
        granted = ConcurrencyLimitWithLeaseResponse.model_validate(answer.json())
        return Lease(granted.lease_id, {limit.name: limit.limit for limit in granted.limits})

    async def renew(self, lease: Lease) -> None:
        """Keep a lease for as long as this runs. One that is lost costs a place too many, not a take."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._persistently(lambda: self._client.renew_concurrency_lease(lease.id, LEASE_SECONDS))
            except httpx.HTTPError as error:
                log.warning("a place under a shared limit was lost: %s", error)
                return

    async def give_back(self, lease: Lease) -> None:
        """Give places back; those that cannot be are freed when the lease ends."""
        try:
            await self._persistently(lambda: self._client.release_concurrency_slots_with_lease(lease.id), GIVING_BACK)
        except httpx.HTTPError as error:
            log.warning("a place under a shared limit is kept for up to %.0f s: %s", LEASE_SECONDS, error)

    async def _persistently(
        self, ask: Callable[[], Coroutine[Any, Any, httpx.Response]], patience: float = PATIENCE
    ) -> httpx.Response:
        """Ask until the server answers, or it was out of reach for so many seconds."""
        since, pause = time.monotonic(), 0.02
        while True:
            try:
                async with self._one_at_a_time:
                    return await self._patiently(ask())
            except httpx.HTTPStatusError as error:
                if error.response.status_code not in BUSY or time.monotonic() - since > patience:
                    raise
            except httpx.TransportError:
                if time.monotonic() - since > patience:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _patiently(self, asking: Coroutine[Any, Any, httpx.Response]) -> Awaitable[httpx.Response]:
        return asyncio.get_running_loop().create_task(asking, context=self._unhurried.copy())


@contextlib.asynccontextmanager
async def leasing() -> AsyncIterator[Leases]:
    """Yield leases over one connection to the server in force."""
    with hasty(0):  # it is asked again here
        unhurried = contextvars.copy_context()
    async with get_client() as client:
        yield Leases(client, unhurried)
