"""The entries of a journal, read and written off the event loop."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from onereel.calls import Call, Intent, Lease, entry_key, read_call
from onereel.crew import Vault
from onereel.errors import VaultError
from onereel.media import keep_noun, read_noun, write_noun
from onereel.noun import Noun
from onereel.slate import calls_prefix

log = logging.getLogger(__name__)

WRITE_AGAIN = (0.1, 0.5, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
"""Pauses before writing down once more what was paid for, where the vault fails: long enough for a bucket to come back,
or for somebody to make room on a disk."""


class Entries:
    """The entries of one vault, as one run reads and writes them.

    Args:
        vault: Whose.
        again: Pauses before what was paid for is written once more.
    """

    def __init__(self, vault: Vault, again: Sequence[float] = WRITE_AGAIN) -> None:
        self._vault, self._again = vault, again
        self._pointed: set[str] = set()

    async def read(self, key: str) -> Call | None:
        """Return the call under a key, or None if it was never intended."""
        return await asyncio.to_thread(read_call, self._vault, key)

    async def write(self, key: str, state: str, noun: Noun) -> bool:
        """Write an entry; return whether this did, False if it was there."""
        return await asyncio.to_thread(keep_noun, self._vault, entry_key(key, state), noun)

    async def intend(self, intent: Intent) -> bool:
        """Write an intent; return whether it is the one that stands there, perhaps from a write that seemed to fail."""
        return await self.write(intent.key, "intended", intent) or await self.stands(intent)

    async def stands(self, intent: Intent) -> bool:
        """Return whether an intent is the one that stands under its key.

        Raises:
            NotInVault: None does.
        """
        there = await asyncio.to_thread(read_noun, self._vault, entry_key(intent.key, "intended"), Intent)
        return (there.at, there.host, there.process) == (intent.at, intent.host, intent.process)

    async def insist(self, key: str, state: str, noun: Noun) -> None:
        """Write down what was paid for, a few times over where the vault fails."""
        for pause in self._again:
            try:
                await self.write(key, state, noun)
            except VaultError as failed:
                log.warning("%s of %s cannot be written down, trying again: %s", state, key[:12], failed)
                await asyncio.sleep(pause)
            else:
                return
        await self.write(key, state, noun)

    async def point(self, production: str, key: str, *also: str) -> None:
        """Note that a production uses a call, so that its ledger and budget find it without reading all others.

        Args:
            production: Which.
            key: Of the call.
            also: Other places where it is to be found.
        """

        def write() -> None:
            for pointer in (f"{calls_prefix(production)}{key}.json", *also):
                self._vault.create(pointer, b"{}", "application/json")

        if key not in self._pointed:
            await asyncio.to_thread(write)
            self._pointed.add(key)

    @contextlib.asynccontextmanager
    async def living(self, intent: Intent, lease: float) -> AsyncIterator[None]:
        """Renew the lease of whoever asked, every third of its seconds, for as long as the block runs."""
        living = asyncio.ensure_future(self._live(intent, lease))
        try:
            yield
        finally:
            living.cancel()

    async def _live(self, intent: Intent, lease: float) -> None:
        while True:
            await asyncio.sleep(lease / 3)
            sign = Lease(until=datetime.now(UTC) + timedelta(seconds=lease))
            try:
                await asyncio.to_thread(write_noun, self._vault, entry_key(intent.key, "lease"), sign)
            except VaultError as failed:
                log.warning("%s: its lease cannot be renewed: %s", intent.label, failed)
