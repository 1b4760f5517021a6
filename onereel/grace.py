"""Grace: what a stopped run still does before it ends."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


async def seen_through(work: Coroutine[Any, Any, T], grace: float) -> T:
    """Do what must not be left half done; a run that is stopped waits a while for the answer on its way."""
    asking = asyncio.ensure_future(work)
    # SIGTERM ends the loop, and that stops every task it knows of; this one is stopped here, after the grace.
    asyncio._unregister_task(asking)  # noqa: SLF001 - documented, for those who look after tasks themselves
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        try:
            await asyncio.wait({asking}, timeout=grace)
        finally:
            asking.cancel()
            await asyncio.wait({asking})
        if not asking.cancelled() and (failed := asking.exception()) is not None:
            log.warning("stopped, and the answer still awaited was: %s", failed)
        raise
