"""Operations: films ordered, being filmed, and done."""

import asyncio
import logging
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from onereel.models import CameraLimits
from onereel.studio.camera import Shooting, film_take
from onereel.studio.faults import Fault, What
from onereel.studio.studio import Order, Studio, end_badly, struck

log = logging.getLogger(__name__)

FAILED: Final = {What.ERROR_3: 3, What.ERROR_8: 8, What.ERROR_13: 13, What.ERROR_14: 14}
"""google.rpc codes of operations that end in an error."""

WORDS: Final = {
    3: "The request was not valid for this model.",
    8: "The service is currently at capacity. Please try again later.",
    13: "Video generation failed due to an internal server issue. Please try again in a few minutes.",
    14: "The service is currently unavailable.",
}

_REASONS: Final = {
    What.FILTERED: "The prompt or the film could not be used because it might violate the usage guidelines. "
    "You will not be charged for this attempt. Support codes: 58061214",
    What.AUDIO_FILTER: "The film was made, but there was an issue with the audio for your prompt. "
    "Try rephrasing it. You will not be charged for this attempt.",
}


@dataclass
class Operation:
    """One film order.

    Attributes:
        filming: Ends with the paths of the films; empty where there is nothing to show.
        name: As the client knows it.
    """

    order: Order
    faults: tuple[Fault, ...]
    filming: asyncio.Task[tuple[Path, ...]]
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    name: str = ""
    storage: str = ""
    cancelled: bool = False

    @property
    def done(self) -> bool:
        """Whether there is an end, good or bad."""
        return self.filming.done()

    @property
    def error(self) -> int | None:
        """The google.rpc code it ended with; None: it did not end in an error."""
        fault = struck(self.faults, *FAILED)
        if fault is not None:
            return FAILED[fault.what]
        return 13 if self.done and not self.filming.cancelled() and self.filming.exception() else None

    @property
    def filter_reason(self) -> str:
        """Why a filter took the film; empty: none did."""
        fault = struck(self.faults, *_REASONS)
        return (fault.reason or _REASONS[fault.what]) if fault is not None else ""

    @property
    def films(self) -> tuple[Path, ...]:
        """What was filmed, once done without an error."""
        return self.filming.result()


async def start(studio: Studio, order: Order, shootings: Sequence[Shooting], usd: float) -> Operation:
    """Take an order on and begin to film it.

    Args:
        studio: Who films.
        order: What it is counted as.
        shootings: One for every film asked for.
        usd: Price of all of them.

    Raises:
        Rejected: Refused, or 504 after acceptance.
        HangUp: The fault plan says the line drops, before or after acceptance.
    """
    faults = studio.take_on(order)
    operation = Operation(order, faults, asyncio.create_task(_film(studio, order, faults, shootings)))
    operation.filming.add_done_callback(_report)
    studio.operations[operation.id] = operation
    if operation.filter_reason:
        studio.books.count("filtered")
    elif operation.error is None and not struck(faults, What.EMPTY):
        studio.books.bill(order.kind, usd)
    await end_badly(faults)
    return operation


async def _film(
    studio: Studio, order: Order, faults: Sequence[Fault], shootings: Sequence[Shooting]
) -> tuple[Path, ...]:
    ready = time.monotonic() + studio.seconds(order)
    work = studio.stock.film if studio.options.footage == "same" else film_take
    films: tuple[Path, ...] = ()
    try:
        if struck(faults, What.FILTERED, What.AUDIO_FILTER, What.EMPTY, *FAILED) is None:
            paths = [studio.shelf.new_path("mp4") for _ in shootings]
            from onereel.studio.defects import spoil  # noqa: PLC0415 - numpy is a second to import

            spoiled = [spoil(shooting, faults) for shooting in shootings]

            def made(shooting: Shooting, path: Path) -> None:
                work(shooting, path)
                if studio.options.credentials:
                    from onereel.studio.stamp import stamp_film  # noqa: PLC0415 - the library is slow to import

                    stamp_film(path, shooting.words)

            await asyncio.gather(
                *(studio.film(made, shooting, path) for shooting, path in zip(spoiled, paths, strict=True))
            )
            films = tuple(paths)
        await asyncio.sleep(ready - time.monotonic())
    finally:
        studio.books.finish(order.kind)
    return films


def _report(filming: asyncio.Task[tuple[Path, ...]]) -> None:
    """Log what went wrong in this studio itself; the client is told it was an internal error."""
    failure = None if filming.cancelled() else filming.exception()
    if failure is not None:
        log.error("a film could not be made", exc_info=failure)


def damage(data: bytes, faults: Sequence[Fault]) -> bytes:
    """Return bytes as they arrive: cut in half or spoilt in the middle, where the fault plan says so."""
    if struck(faults, What.TRUNCATED):
        return data[: len(data) // 2]
    if struck(faults, What.CORRUPT):
        middle = len(data) // 2
        return data[:middle] + bytes(byte ^ 0xFF for byte in data[middle : middle + 4096]) + data[middle + 4096 :]
    return data


def price(limits: CameraLimits, resolution: str, *, sound: bool) -> float:
    """Return dollars for a second."""
    loud = limits.usd_per_second[resolution]
    return loud if sound else limits.silent_usd_per_second.get(resolution, loud)
