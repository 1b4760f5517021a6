"""Who collects a film: one at a time, so that two runs that wait for the same one ask for it and download it once.

A claim, ``collecting.json`` beside the entries of a call, names a collector; ``collectors/<name>.json`` is that
collector's sign of life, written over while it collects anything. Collecting is free: where two claims cross, a film is
asked for twice, and no harm is done.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from pydantic import Field

from onereel.calls import Call, Owner, entry_key
from onereel.crew import Vault
from onereel.entries import Entries
from onereel.errors import Corrupted, NotInVault, VaultError
from onereel.media import keep_noun, read_noun, write_noun
from onereel.noun import Noun
from onereel.owners import here, is_dead

log = logging.getLogger(__name__)

SHORTEST, LONGEST, SHARE = 0.2, 10.0, 0.1
"""Pauses between two looks at what another collector came to: a share of the time waited, within bounds, in seconds."""


LEASE_SECONDS = 60.0
"""How long after its last sign of life whoever asked, or collects, is taken for dead; it gives three in that time."""


class Claim(Noun):
    """Whose turn it is to collect a film."""

    who: str = Field(description="A collector.")


class Collector:
    """What collects films for one run.

    Args:
        vault: Where the journal is.
        entries: Its entries.
        lease: How many seconds after its last sign of life it is taken for dead.
    """

    def __init__(self, vault: Vault, entries: Entries, lease: float) -> None:
        self._vault, self._entries, self._lease = vault, entries, lease
        self._who = secrets.token_hex(8)
        self._collecting = 0
        self._living: asyncio.Task[None] | None = None
        self._shown = asyncio.Event()

    @contextlib.asynccontextmanager
    async def turn(self, call: Call) -> AsyncIterator[Call | None]:
        """Collect in the block; yields the call as it ended where somebody else has collected it meanwhile."""
        key = entry_key(call.intent.key, "collecting")
        async with self._life():
            try:
                ended = await self._wait(call.intent.key, key)
            except VaultError as failed:
                ended = None  # whose turn it is cannot be told; the studio can be asked all the same
                log.warning("%s: who collects it cannot be written down: %s", call.intent.label, failed)
            try:
                yield ended
            finally:
                if ended is None:
                    await asyncio.shield(asyncio.to_thread(self._leave, key))

    async def _wait(self, call_key: str, key: str) -> Call | None:
        """Wait for our turn; return the call if it ended first."""
        waited, ours = 0.0, Claim(who=self._who)
        while not await asyncio.to_thread(keep_noun, self._vault, key, ours):
            if (ended := await self._ended(call_key)) is not None:
                return ended
            if await asyncio.to_thread(self._free, key):
                await asyncio.to_thread(write_noun, self._vault, key, ours)
                return None
            pause = min(LONGEST, max(SHORTEST, waited * SHARE))
            await asyncio.sleep(pause)
            waited += pause
        ended = await self._ended(call_key) if waited else None
        if ended is not None:
            await asyncio.to_thread(self._leave, key)
        return ended

    async def _ended(self, key: str) -> Call | None:
        call = await self._entries.read(key)
        return call if call is not None and call.outcome is not None else None

    def _leave(self, key: str) -> None:
        # What was collected is written down by now; a claim that stays ends with our signs of life.
        with contextlib.suppress(VaultError):
            self._vault.remove(key)

    def _free(self, key: str) -> bool:
        who = _who_claims(self._vault, key)
        return who == self._who or not _lives(self._vault, who, self._lease)

    @contextlib.asynccontextmanager
    async def _life(self) -> AsyncIterator[None]:
        """Show that we live for as long as anything is collected."""
        self._collecting += 1
        if self._living is None:
            self._shown = asyncio.Event()
            self._living = asyncio.ensure_future(self._live(self._shown))
        try:
            await self._shown.wait()
            yield
        finally:
            self._collecting -= 1
            if not self._collecting:
                self._living.cancel()
                self._living = None
                await asyncio.shield(asyncio.to_thread(self._leave, _sign_key(self._who)))

    async def _live(self, shown: asyncio.Event) -> None:
        while True:
            sign = Owner(until=datetime.now(UTC) + timedelta(seconds=self._lease), **here()._asdict())
            try:
                await asyncio.to_thread(write_noun, self._vault, _sign_key(self._who), sign)
            except VaultError as failed:
                log.warning("others cannot see that films are collected here: %s", failed)
            shown.set()
            await asyncio.sleep(self._lease / 3)


def is_collected(vault: Vault, call_key: str, lease: float = LEASE_SECONDS) -> bool:
    """Return whether somebody collects what a call ordered. Blocks."""
    return _lives(vault, _who_claims(vault, entry_key(call_key, "collecting")), lease)


def _who_claims(vault: Vault, key: str) -> str:
    """Return who holds a claim; empty: nobody, or it cannot be told."""
    with contextlib.suppress(NotInVault, Corrupted):
        return read_noun(vault, key, Claim).who
    return ""


def _lives(vault: Vault, who: str, lease: float) -> bool:
    """Return whether a collector shows that it lives."""
    with contextlib.suppress(NotInVault, Corrupted):
        # Where clocks differ a film is asked for twice, for nothing; so its lease is not watched before.
        return bool(who) and not is_dead(read_noun(vault, _sign_key(who), Owner), watched=lease, lease=lease)
    return False


def _sign_key(who: str) -> str:
    return f"collectors/{who}.json"
