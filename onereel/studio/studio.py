"""One studio: what it counts, keeps, films, and how it takes a paid call on."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

from onereel.models import with_proxy
from onereel.studio.books import Books, Tally
from onereel.studio.camera import StockFootage
from onereel.studio.faults import BEFORE, Fault, FaultPlan, What
from onereel.studio.kinds import FILMED, Kind
from onereel.studio.options import StudioOptions
from onereel.studio.shelf import Shelf
from onereel.studio.wire import HangUp, Rejected, exhausted, not_found

WORKERS: Final = 2
"""Threads that film, and threads that draw: both release the GIL, and two cores are what a laptop spares."""

R = TypeVar("R")


@dataclass(frozen=True)
class Order:
    """A paid call that kept every rule, before the studio has taken it on.

    Attributes:
        digest: SHA-256 of the request, to know a retry when it comes.
    """

    kind: Kind
    model: str
    words: str
    digest: str


class Studio:
    """The state of one studio. Its address is `url` while it runs."""

    def __init__(self, options: StudioOptions) -> None:
        self.options = options
        self.url = ""
        self._folder = TemporaryDirectory(prefix="onereel-studio-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self.operations: dict[str, Any] = {}
        self.interactions: dict[str, Any] = {}
        self.shelf = Shelf(self.folder)
        self.stock = StockFootage(self.folder)
        self.models = with_proxy(options.models)
        self.books = Books()
        self.plan = FaultPlan(options.faults, options.seed)
        self._filming = ThreadPoolExecutor(WORKERS, thread_name_prefix="studio-film")
        self._drawing = ThreadPoolExecutor(WORKERS, thread_name_prefix="studio-draw")

    def tally(self) -> Tally:
        """Return what was counted so far."""
        return self.books.tally()

    def reset(self) -> None:
        """Empty the books and the fault plan. Films, files and operations stay."""
        self.books.reset()
        self.plan = FaultPlan((), self.options.seed)

    def close(self) -> None:
        """Stop filming and delete every file."""
        self._filming.shutdown(wait=True, cancel_futures=True)
        self._drawing.shutdown(wait=True, cancel_futures=True)
        self._folder.cleanup()

    async def draw(self, work: Callable[..., R], *args: Any) -> R:
        """Run work on pictures off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._drawing, work, *args)

    async def film(self, work: Callable[..., R], *args: Any) -> R:
        """Run work on film off the event loop, a few at a time."""
        return await asyncio.get_running_loop().run_in_executor(self._filming, work, *args)

    def take_on(self, order: Order) -> tuple[Fault, ...]:
        """Accept an order, or refuse it, and write that down.

        Returns:
            The faults that hit it after acceptance.

        Raises:
            Rejected: 429, 500 or 503, by a limit or by the fault plan.
            HangUp: The fault plan says the line drops before acceptance.
        """
        self.books.greet(order.digest)
        faults = self.plan.hits(order.kind, order.words, order.model)
        try:
            refuse(faults, order.model)
            self._keep_limits(order)
        except (Rejected, HangUp) as refusal:
            self.books.count("refused")
            if isinstance(refusal, Rejected) and refusal.after is not None:
                self.books.ask_to_wait(order.digest, refusal.after)
            raise
        self.books.accept(order.kind, order.model, order.words, self.seconds(order))
        return faults

    def _keep_limits(self, order: Order) -> None:
        limit = self.options.limits.of(order.kind)
        kinds = FILMED if order.kind in FILMED else (order.kind,)
        if limit.in_flight is not None and self.books.in_flight(*kinds) >= limit.in_flight:
            raise exhausted(order.model, max(self.seconds(order), 0.1))
        if limit.per_minute is not None:
            wait = self.books.free_in(kinds, limit.per_minute)
            if wait > 0:
                raise exhausted(order.model, round(wait, 3))

    def seconds(self, order: Order) -> float:
        """Return how long this order takes at least."""
        latency = self.options.latency
        base: float = getattr(latency, order.kind)
        dice = random.Random(f"{self.options.seed} {order.digest}")  # noqa: S311 - jitter is no secret
        return base * (1 + latency.jitter * dice.uniform(-1, 1))

    async def answer(self, order: Order, work: Callable[[tuple[Fault, ...]], Awaitable[R]]) -> R:
        """Take an order on and answer it in the same call, no sooner than the studio's latency.

        Raises:
            Rejected: Refused, or 504 after acceptance.
            HangUp: The fault plan says the line drops, before or after acceptance.
        """
        faults = self.take_on(order)
        try:
            ready = time.monotonic() + self.seconds(order)
            answered = await work(faults)
            await asyncio.sleep(ready - time.monotonic())
        finally:
            self.books.finish(order.kind)
        await end_badly(faults)
        return answered

    async def visit(self, kind: Kind, words: str = "") -> tuple[Fault, ...]:
        """Count a free call (a poll, a download, an upload) and let its faults happen.

        Returns:
            The faults that change the bytes.

        Raises:
            Rejected: 404, 429, 5xx, by the fault plan.
            HangUp: The fault plan says the line drops.
        """
        faults = self.plan.hits(kind, words)
        refuse(faults, kind)
        await end_badly(faults)
        if struck(faults, What.EXPIRED):
            raise not_found("Requested entity was not found. It may have expired.")
        return faults


def struck(faults: Iterable[Fault], *whats: What) -> Fault | None:
    """Return the first of these faults that hit a call."""
    return next((fault for fault in faults if fault.what in whats), None)


def refuse(faults: Iterable[Fault], model: str) -> None:
    """Let the faults happen that come before acceptance.

    Raises:
        Rejected: A 4xx, 429, 500 or 503.
        HangUp: The line drops.
    """
    fault = struck(faults, *BEFORE)
    if fault is None:
        return
    if fault.what is What.DROP_BEFORE:
        raise HangUp
    if fault.what is What.BUSY:
        raise exhausted(model, fault.after)
    if fault.what is What.DAILY:
        raise exhausted(model, None, daily=True)
    raise Rejected(*_REFUSALS[fault.what])


_REFUSALS: Final[Mapping[What, tuple[int, str]]] = {
    What.INVALID: (400, "Request contains an invalid argument."),
    What.BAD_KEY: (401, "Request had invalid authentication credentials."),
    What.FORBIDDEN: (403, "The caller does not have permission."),
    What.GONE: (404, "Requested entity was not found."),
    What.INTERNAL: (500, "An internal error has occurred. Please retry."),
    What.OVERLOADED: (503, "The model is overloaded. Please try again later."),
}
"""Status and words of a refusal."""


async def end_badly(faults: Iterable[Fault]) -> None:
    """Let the faults happen that come between acceptance and the answer.

    Raises:
        Rejected: 504.
        HangUp: The line drops.
    """
    faults = tuple(faults)
    late = struck(faults, What.DELAY)
    if late is not None:
        await asyncio.sleep(late.after)
    if struck(faults, What.DEADLINE):
        raise Rejected(504, "Deadline expired before operation could complete.")
    if struck(faults, What.DROP_AFTER):
        raise HangUp
