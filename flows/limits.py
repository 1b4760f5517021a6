"""The limits all workers share: places under a Prefect global concurrency limit, held as leases.

Prefect's own ``concurrency()`` asks one place at a time and, when the server's database is busy (503, which SQLite is
as soon as two write at once), waits two seconds and more before asking again, with everyone behind it waiting too: a
film of six shots took three times as long. Here a busy server is asked again at once, over one connection a run.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
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
        yield Places(client).place


class Places:
    """Places one run holds under the server's limits."""

    def __init__(self, client: PrefectClient) -> None:
        self._client = client
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @contextlib.asynccontextmanager
    async def place(self, kind: str) -> AsyncIterator[None]:
        """Hold a place under the limit of a kind of call, as soon as one is free.

        Raises:
            BadInput: The server has no such limit; says how to create it.
        """
        async with self._turns[kind]:
            lease = await self._lease(f"onereel-{kind}")
        renewing = asyncio.create_task(self._renew(lease))
        try:
            yield
        finally:
            renewing.cancel()
            await self._release(lease)

    async def _lease(self, name: str) -> UUID:
        run = runtime.flow_run.id
        holder = ConcurrencyLeaseHolder(type="flow_run", id=UUID(run)) if run else None

        async def ask() -> httpx.Response:
            return await self._client.increment_concurrency_slots_with_lease(
                names=[name], slots=1, mode="concurrency", lease_duration=LEASE_SECONDS, holder=holder
            )

        answer = await _persistently(ask, waits=True)
        granted = ConcurrencyLimitWithLeaseResponse.model_validate(answer.json())
        if not granted.limits:
            raise BadInput(f"the Prefect server has no limit {name!r}; run `python -m deployments.setup` once")
        return granted.lease_id

    async def _renew(self, lease: UUID) -> None:
        """Keep a lease for as long as it is needed. One that is lost costs a place too many, not a take."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await _persistently(lambda: self._client.renew_concurrency_lease(lease, LEASE_SECONDS))
            except httpx.HTTPError as error:
                log.warning("a place under a shared limit was lost: %s", error)
                return

    async def _release(self, lease: UUID) -> None:
        """Give a place back; one that cannot be given back is freed when its lease ends."""
        try:
            await _persistently(lambda: self._client.release_concurrency_slots_with_lease(lease))
        except httpx.HTTPError as error:
            log.warning("a place under a shared limit is kept for up to %.0f s: %s", LEASE_SECONDS, error)


async def _persistently(ask: Callable[[], Awaitable[httpx.Response]], *, waits: bool = False) -> httpx.Response:
    """Ask until the server answers, and, if it `waits`, until a place is free.

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
            taken = waits and status == TAKEN
            if taken:
                since = time.monotonic()
            elif status not in BUSY or time.monotonic() - since > PATIENCE:
                raise
        except httpx.TransportError:
            if time.monotonic() - since > PATIENCE:
                raise
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
        pause = min(pause * 1.5, LONGEST_PAUSE[taken])
