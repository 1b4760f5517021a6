"""Small copies of the pictures of a film, made for its report page while others are still drawn and filmed."""

import asyncio
import logging
from contextlib import suppress

from onereel.company import Company
from onereel.errors import VaultError
from onereel.footage import Media
from onereel.showing import keep_thumb, thumbs_of

log = logging.getLogger(f"onereel.{__name__}")

LATER = 1.0
"""Seconds after a picture came: what it was drawn for comes first."""

AT_ONCE = 2
"""Made at once: paid calls want the threads, too."""


class Copies:
    """Keeps a small copy of each picture, once. One that cannot be kept now is made with the page."""

    def __init__(self, company: Company, production: str) -> None:
        self._company, self._production = company, production
        self._kept: set[str] = set()
        self._keeping: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()
        self._few = asyncio.Semaphore(AT_ONCE)

    async def begin(self) -> None:
        """Learn which there are."""
        self._kept |= await asyncio.to_thread(thumbs_of, self._company.vault, self._production)

    def keep(self, media: Media) -> None:
        """See to it that there is one of this picture, soon."""
        if media.sha256 in self._kept:
            return
        self._kept.add(media.sha256)
        task = asyncio.ensure_future(self._keep(media))
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def close(self) -> None:
        """Return when all are kept."""
        self._closing.set()
        await asyncio.gather(*self._keeping)

    async def _keep(self, media: Media) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), LATER)
        try:
            async with self._few:
                await asyncio.to_thread(keep_thumb, self._company.vault, self._production, media)
        except VaultError as failed:
            log.debug("no small copy of %s yet: %s", media.sha256[:12], failed)
