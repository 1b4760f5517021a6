"""Reclaim: collect what was ordered and never fetched, while the vendor still has it. Orders nothing."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field

from onereel.adapters.connection import Connection
from onereel.calls import Call
from onereel.collectors import is_collected
from onereel.company import Lab
from onereel.crew import Vault
from onereel.errors import BadInput, Filtered, Gone, NoAnswer, Refused, StillFilming
from onereel.filming import collect_call
from onereel.losses import Unread, bury, open_calls
from onereel.models import Surface
from onereel.noun import Noun
from onereel.orders import DrawOrder, ReviewOrder, TextOrder
from onereel.owners import is_dead

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Films fetched at the same time."""
LOOK_SECONDS = 60.0
"""How long a film that is still being filmed is waited for; the next reclaim, or run, finds it."""


State = Literal["settled", "filtered", "failed", "filming", "gone", "unknown", "unreachable", "damaged", "waited for"]
"""settled: collected. gone: the vendor does not know it any more. unknown: its worker died before it heard an answer.
damaged: its entries cannot be understood. waited for: somebody still sees to it."""


class Reclaimed(Noun):
    """What became of one open call."""

    production: str
    call: str
    state: State
    usd: float = Field(description="What it cost; of a collected one, what reclaiming saved.")
    reason: str = ""


class Reclaim(Noun):
    """What a reclaim found."""

    calls: tuple[Reclaimed, ...]

    @property
    def saved_usd(self) -> float:
        """What the films collected cost when they were ordered, and would cost again."""
        return round(sum(call.usd for call in self.calls if call.state == "settled"), 6)

    @property
    def message(self) -> str:
        """The outcome in a line."""
        counts = {state: sum(call.state == state for call in self.calls) for state in WORDS}
        told = [f"{count} {WORDS[state]}" for state, count in counts.items() if count]
        return f"{', '.join(told) or 'nothing was open'}; saved ${self.saved_usd:.2f}"


WORDS = {
    "settled": "collected",
    "filtered": "filtered",
    "failed": "failed",
    "gone": "not known to the studio any more",
    "filming": "still being filmed",
    "unknown": "unknown",
    "unreachable": "not reachable with what is configured",
    "damaged": "damaged in the journal",
    "waited for": "waited for by a run",
}


async def reclaim(
    vault: Vault, labs: Mapping[Surface, Lab], connection: Connection, deadline: float, production: str = ""
) -> Reclaim:
    """Collect every operation nobody waits for any more, and close what dead workers never heard.

    Args:
        vault: Whose journal.
        labs: Who collects from which surface.
        connection: What is configured.
        deadline: Seconds after which no run waits for a film any more.
        production: Only this one; empty: all.
    """
    places = asyncio.Semaphore(AT_ONCE)

    async def see_to(call: Call) -> Reclaimed:
        async with places:
            return await _see_to(vault, labs, connection, deadline, call)

    calls, unread = await asyncio.to_thread(open_calls, vault, production)
    seen = await asyncio.gather(*map(see_to, calls))
    return Reclaim(calls=(*seen, *(_damaged(production, one) for one in unread)))


def _damaged(production: str, unread: Unread) -> Reclaimed:
    log.error("%s cannot be read: %s", unread.key, unread.why)
    told = {"production": production, "call": unread.key, "state": "damaged", "usd": 0.0, "reason": str(unread.why)}
    return Reclaimed.model_validate(told)


async def _see_to(
    vault: Vault, labs: Mapping[Surface, Lab], connection: Connection, deadline: float, call: Call
) -> Reclaimed:
    intent = call.intent
    age = (datetime.now(UTC) - intent.at).total_seconds()
    state, usd, reason = "waited for", intent.usd, ""
    if not call.operation:
        if await asyncio.to_thread(bury, vault, call):
            state = "unknown"
    elif age >= deadline or (is_dead(intent) and not await asyncio.to_thread(is_collected, vault, intent.key)):
        state, usd, reason = await _fetched(labs[intent.order.surface], connection, call)
    log.info("%s %s: %s, $%.3f %s", intent.production, intent.label, state, usd, reason)
    told = {"production": intent.production, "call": intent.label, "state": state, "usd": usd, "reason": reason}
    return Reclaimed.model_validate(told)


async def _fetched(lab: Lab, connection: Connection, call: Call) -> tuple[str, float, str]:
    """Return what became of an operation: state, dollars, and why it is not collected."""
    intent, order = call.intent, call.intent.order
    assert not isinstance(order, TextOrder | ReviewOrder | DrawOrder)  # noqa: S101 - these answer at once and leave no operation
    try:
        await asyncio.to_thread(connection.require, order.surface, order.model)
        outcome = await collect_call(lab, call, order)
    except BadInput as unreachable:
        return "unreachable", intent.usd, str(unreachable)
    except StillFilming as filming:
        return "filming", intent.usd, str(filming)
    except Gone as gone:
        return "gone", intent.usd, str(gone)
    except Refused as refused:
        usd = refused.usd if isinstance(refused, Filtered | NoAnswer) else 0.0
        return "filtered" if isinstance(refused, Filtered) else "failed", usd, str(refused)
    return "settled", outcome.usd, ""
