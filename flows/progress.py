"""How far a film is, as one progress artifact of the run on a Prefect server: updated, never one more."""

import asyncio
import logging
import time
from contextlib import suppress
from uuid import UUID

import httpx
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.settings import get_current_settings

from flows.outages import hasty

log = logging.getLogger(f"onereel.{__name__}")

SECONDS = 2.0
"""At most one update in that time, however many shots end at once."""
LATER = 1.0
"""Seconds after something ended: what follows from it is ordered first."""


class Progress:
    """Counts what is drawn and filmed, and tells the server now and then. Without a server it only counts."""

    def __init__(self, production: str, total: int) -> None:
        self._production, self._total, self._done, self._told = production, total, 0, 0
        self._artifact: UUID | None = None
        self._telling: asyncio.Task[None] | None = None
        self._told_at = 0.0
        self._closing = asyncio.Event()

    def more(self) -> None:
        """Count one more picture or take."""
        self._done += 1
        if get_current_settings().api.url and (self._telling is None or self._telling.done()):
            self._telling = asyncio.ensure_future(self._tell_soon())

    async def close(self) -> None:
        """Tell how far it came, at once."""
        self._closing.set()
        if self._telling is not None:
            await self._telling
            if self._told < self._done:
                await self._tell()

    async def _tell_soon(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), max(LATER, self._told_at + SECONDS - time.monotonic()))
        await self._tell()

    async def _tell(self) -> None:
        self._told = self._done
        percent = round(100 * self._done / self._total, 1) if self._total else 100.0
        told = f"{self._production}: {self._done} of {self._total} pictures and takes"
        try:
            with hasty(1):
                if self._artifact is None:
                    self._artifact = await acreate_progress_artifact(percent, f"{self._production}-progress", told)
                else:
                    await aupdate_progress_artifact(self._artifact, percent, told)
        except httpx.HTTPError as error:
            log.debug("progress not told: %s", error)
        self._told_at = time.monotonic()
