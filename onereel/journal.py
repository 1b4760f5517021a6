"""The journal: the one authority on what was asked, promised and paid. What it writes down is in ``calls``."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

from onereel.budget import Budget
from onereel.calls import Call, End, Goods, Intent, Outcome, Submitted, Wanted, key_of
from onereel.collectors import LEASE_SECONDS, Collector
from onereel.crew import Vault
from onereel.entries import WRITE_AGAIN, Entries
from onereel.errors import (
    BadInput,
    Filtered,
    FootageError,
    Gone,
    NoAnswer,
    OnereelError,
    OutcomeUnknown,
    Refused,
    StudioBusy,
    VaultError,
)
from onereel.grace import seen_through
from onereel.models import ModelTable
from onereel.orders import AnyOrder
from onereel.owners import here, is_dead
from onereel.prices import price
from onereel.tries import Tries, settled, way_back, way_on

log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
"""How long a run that is stopped waits for the answer to a request that has left; shorter than any call's own limit."""


async def _at_once() -> None:
    """Wait for no turn."""


class Journal:
    """The journal of one vault, as one run of one production uses it.

    Attributes:
        budget: What may be spent.
        written: Whether this run wrote down how a call went: what is told of the production's calls is out of date.
    """

    def __init__(
        self,
        vault: Vault,
        table: ModelTable,
        budget: Budget,
        *,
        lease: float = LEASE_SECONDS,
        grace: float = GRACE_SECONDS,
        run: str = "",
        write_again: Sequence[float] = WRITE_AGAIN,
        first: Callable[[], AbstractAsyncContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        """Keep where the journal is, what things cost, and what may be spent.

        Args:
            vault: Where it is.
            table: The prices.
            budget: What may be spent.
            lease: Seconds after its last sign of life that whoever asked is taken for dead.
            grace: Seconds a stopped run waits for an answer on its way.
            run: Which run asks.
            write_again: Pauses before what was paid for is written once more, where the vault fails.
            first: Guards the writing of an intent, where the vault by itself cannot say whose was first.
        """
        self._vault, self._table, self.budget = vault, table, budget
        self._entries, self._write_again = Entries(vault, write_again), write_again
        self._collector = Collector(vault, self._entries, lease)
        self._lease, self._grace, self._run, self._first = lease, grace, run, first
        self._looks: Counter[str] = Counter()
        self._one_at_a_time: dict[str, asyncio.Lock] = {}
        self._ours: set[str] = set()
        self._asked: dict[str, tuple[str, float]] = {}
        self.written = False

    @property
    def run(self) -> str:
        """Which run asks."""
        return self._run

    @property
    def bought(self) -> list[tuple[str, float]]:
        """Kind and price of every call this run made and the studio took on."""
        return list(self._asked.values())

    async def buy(
        self, wanted: Wanted, act: Callable[[], Awaitable[Goods]], turn: Callable[[], Awaitable[None]] = _at_once
    ) -> Outcome:
        """Return what an order brought, paying only if nobody has: for calls that answer at once.

        Args:
            wanted: What, and under which policy.
            act: Asks, once.
            turn: Waits until one more call may start. Before the intent: a run stopped while waiting has asked nothing.

        Raises:
            BudgetReached, StudioBusy, Filtered, NoAnswer, Refused, OutcomeUnknown: As they happen; all written down.
        """
        async with self._alone(wanted):
            call = await self._open(wanted, turn)
            if call.outcome is not None:
                return call.outcome
            return await seen_through(self._bought(call.intent, act), self._grace)

    async def order(
        self, wanted: Wanted, act: Callable[[], Awaitable[str]], turn: Callable[[], Awaitable[None]] = _at_once
    ) -> Call:
        """Return the call of an order, submitting it only if nobody has: for operations collected later.

        Arguments as `buy`.

        Raises:
            BudgetReached, StudioBusy, Filtered, NoAnswer, Refused, OutcomeUnknown: As they happen; all written down.
        """
        async with self._alone(wanted):
            call = await self._open(wanted, turn)
            if call.outcome is not None or call.operation:
                return call
            return await seen_through(self._ordered(call.intent, act), self._grace)

    async def collect(self, call: Call, act: Callable[[], Awaitable[Goods]]) -> Outcome:
        """Return what a submitted operation brought. Collecting is free and may be repeated by anyone.

        Raises:
            Filtered, NoAnswer, Refused: How the operation ended; written down.
            Gone: The studio does not know it. It may have been charged: it stays collectable, and counts as spent; only
                a person may give it up.
            StudioBusy, StillFilming: Nothing is known yet; nothing is written, and it can be collected later.
        """
        if call.outcome is not None:
            return settled(call.intent, call.outcome)
        async with self._collector.turn(call) as ended:
            if ended is not None and ended.outcome is not None:
                self.budget.settle(call.intent.key, ended.outcome.usd)
                return settled(call.intent, ended.outcome)
            return await self._collected(call.intent, act)

    async def _collected(self, intent: Intent, act: Callable[[], Awaitable[Goods]]) -> Outcome:
        """Collect, and write down how it ended."""
        try:
            goods = await act()
        except Gone as gone:
            await self._entries.insist(intent.key, "unknown", self._ended(intent, "unknown", intent.usd, gone))
            raise Gone(f"{gone}; {way_on(intent.production, intent.label)}").coded(gone.code) from gone
        except Refused as refused:
            end, fault, usd = _how_it_ended(refused)
            await self._end(intent, "failed" if end == "refused" else end, usd, fault)
            raise
        return await self._settle(intent, goods)

    def looked(self, call: Call) -> None:
        """Note that an operation was asked for."""
        self._looks[call.intent.key] += 1

    async def find(self, order: AnyOrder) -> Call | None:
        """Return the latest attempt at an order, or None if it was never made."""
        found, attempt = None, 1
        while (call := await self.read(key_of(order, attempt))) is not None:
            found = call
            if call.outcome is None or call.outcome.end == "settled":
                break
            attempt += 1
        return found

    async def holds(self, order: AnyOrder) -> bool:
        """Return whether an order may have been taken on, by anyone: it is open, settled, or nobody heard its end."""
        call = await self.find(order)
        return call is not None and (call.outcome is None or call.outcome.end in {"settled", "unknown"})

    async def bought_before(self, wanted: Wanted) -> tuple[str, Outcome] | None:
        """Return the key and outcome of an order that was settled before, by anyone; None if it has to be bought."""
        call = await self.find(wanted.order)
        if call is None or call.outcome is None or call.outcome.end != "settled":
            return None
        await self._entries.point(wanted.production, call.intent.key)
        return call.intent.key, call.outcome

    async def read(self, key: str) -> Call | None:
        """Return the call under a key, or None if it was never intended."""
        return await self._entries.read(key)

    @contextlib.asynccontextmanager
    async def _alone(self, wanted: Wanted) -> AsyncIterator[None]:
        """Let one coroutine of this process at a time see to an order."""
        lock = self._one_at_a_time.setdefault(key_of(wanted.order, 1), asyncio.Lock())
        async with lock:
            yield

    async def _bought(self, intent: Intent, act: Callable[[], Awaitable[Goods]]) -> Outcome:
        """Ask, and write down what came."""
        async with self._written_down(intent) as answered:
            goods = await act()
            answered.set()
            return await self._settle(intent, goods)

    async def _ordered(self, intent: Intent, act: Callable[[], Awaitable[str]]) -> Call:
        """Ask, and write down under which name it can be collected."""
        async with self._written_down(intent) as answered:
            operation = await act()
            answered.set()
            # Also where nothing else is left: a person can ask the studio for it by this name.
            log.info("%s was ordered as %s", intent.label, operation)
            self._asked[intent.key] = (intent.kind, intent.usd)
            self.written = True
            try:
                await self._entries.insist(intent.key, "submitted", Submitted(operation=operation, at=_now()))
            except VaultError as failed:
                raise VaultError(f"{failed}; {way_back(intent.production, intent.label, operation)}") from failed
        return Call(intent, operation)

    async def _open(self, wanted: Wanted, turn: Callable[[], Awaitable[None]]) -> Call:
        """Return a call that is settled or submitted, or a new one, intended and reserved by us.

        Raises:
            Filtered, NoAnswer, OutcomeUnknown: An earlier attempt ended so, and the policy forbids another.
            StudioBusy: The studio asked to be left alone a while, perhaps another worker.
            BudgetReached: A new one would go over the budget.
        """
        attempt, tries = 1, Tries(wanted)
        while True:
            key = key_of(wanted.order, attempt)
            call = await self.read(key)
            if call is None:
                tries.not_early()
                intent = await self._begin(wanted, key, attempt, turn)
                if intent is not None and not await self._too_late(intent):
                    return Call(intent)
                continue
            await self._entries.point(wanted.production, key)
            call = await self._wait_for_owner(call)
            if call.outcome is None or call.outcome.end == "settled":
                return call
            tries.count(call.intent, call.outcome)
            attempt += 1

    async def _begin(
        self, wanted: Wanted, key: str, attempt: int, turn: Callable[[], Awaitable[None]]
    ) -> Intent | None:
        """Return an intent that is reserved and written down, or None if another worker was first."""
        self.budget.reserve(key, self._intent(wanted, key, attempt).usd, wanted.label)
        intended = False
        pointing = asyncio.ensure_future(self._point(wanted.production, key))
        try:
            try:
                await turn()
            finally:
                await pointing
            intent = self._intent(wanted, key, attempt)
            async with self._first():
                intended = await self._intend(intent)
        finally:
            if not intended:
                self.budget.settle(key, 0.0)
        if not intended:
            return None
        self._ours.add(key)
        return intent

    async def _point(self, production: str, key: str) -> None:
        """Note where a call is found that is about to be intended."""
        await self._entries.point(production, key)

    async def _intend(self, intent: Intent) -> bool:
        """Write an intent down, a few times over where the vault fails; return whether it is ours.

        One that was stored while the answer was lost would else stand there as a call nobody heard the end of.
        """
        for pause in self._write_again:
            try:
                return await self._intend_once(intent)
            except VaultError as failed:
                log.warning("%s cannot be written down, trying again: %s", intent.label, failed)
                await asyncio.sleep(pause)
        try:
            return await self._intend_once(intent)
        except VaultError as failed:
            await self._withdraw(intent, Refused(f"it could not be written down: {failed}"))
            raise

    async def _intend_once(self, intent: Intent) -> bool:
        """Write an intent down. One whose run is stopped meanwhile is closed at once: nothing was asked."""
        writing = asyncio.ensure_future(self._entries.intend(intent))
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.gather(writing, return_exceptions=True)  # whether it seemed to fail or not, it may stand
            await self._withdraw(intent, Refused("the run was stopped before anything was asked"))
            raise

    async def _withdraw(self, intent: Intent, why: Refused) -> None:
        """Close an intent nothing was asked for, if it stands: where its vault fails, it may, whatever was heard."""
        with contextlib.suppress(VaultError):
            if await self._entries.stands(intent):
                await self._entries.write(intent.key, "refused", self._ended(intent, "refused", 0.0, why))

    async def _too_late(self, intent: Intent) -> bool:
        """Return whether others may soon take us for dead, and ask; then the intent is closed, and nothing was asked.

        A vault that is slow, or a machine that slept, lets a lease run out between intending and asking.
        """
        late = (_now() - intent.at).total_seconds() > self._lease / 2
        if late:
            log.warning("%s took too long to be written down; doing so anew", intent.label)
            await self._end(intent, "refused", 0.0, Refused("it took too long to be written down"))
        return late

    async def _wait_for_owner(self, call: Call) -> Call:
        """Wait while another worker is asking; a dead owner's call becomes unknown."""
        pause, until, since = 0.1, call.intent.until, time.monotonic()
        while call.outcome is None and not call.operation:
            if call.intent.until != until:
                until, since = call.intent.until, time.monotonic()
            if is_dead(call.intent, watched=time.monotonic() - since, lease=self._lease):
                fault = OutcomeUnknown("the worker that asked died before it heard the answer")
                await self._end(call.intent, "unknown", call.intent.usd, fault)
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 5.0)
            again = await self.read(call.intent.key)
            call = again if again is not None else call
        return call

    @contextlib.asynccontextmanager
    async def _written_down(self, intent: Intent) -> AsyncIterator[asyncio.Event]:
        """Write down how asking ended, whatever happens; yields what is set once an answer is there."""
        answered = asyncio.Event()
        end: End = "unknown"
        fault: OnereelError = OutcomeUnknown("the run was stopped while the request was under way")
        usd = intent.usd
        try:
            async with self._entries.living(intent, self._lease):
                yield answered
        except (StudioBusy, Refused, BadInput) as refusal:
            end, fault, usd = _how_it_ended(refusal)
            raise
        except (VaultError, FootageError) as unread:
            fault = unread
            if not answered.is_set():  # what was to be sent could not be read: nothing was
                end, usd = "refused", 0.0
            raise
        except OnereelError as unknown:
            fault = unknown
            raise
        else:
            end = "settled"
        finally:
            # Also when cancelled, or when the vault failed after the answer came: the money may be gone.
            if end != "settled":
                await asyncio.shield(self._end(intent, end, usd, fault))

    async def _settle(self, intent: Intent, goods: Goods) -> Outcome:
        outcome = Outcome(
            end="settled",
            usd=round(goods.usd, 6),
            at=_now(),
            media=goods.media,
            request_id=goods.request_id,
            seconds=round((_now() - intent.at).total_seconds(), 3),
            polls=self._looks[intent.key],
            tokens=goods.tokens,
        )
        await self._close(intent, outcome)
        return outcome

    async def _end(self, intent: Intent, end: End, usd: float, error: OnereelError) -> None:
        await self._close(intent, self._ended(intent, end, usd, error))

    def _ended(self, intent: Intent, end: End, usd: float, error: OnereelError) -> Outcome:
        reasons = error.reasons if isinstance(error, Filtered) and error.reasons else (str(error),)
        return Outcome(
            end=end,
            usd=round(usd, 6),
            at=_now(),
            reasons=reasons,
            code=error.code,
            after=(error.after or 0) if isinstance(error, StudioBusy) else 0,
            random=isinstance(error, Filtered) and error.random,
            seconds=round((_now() - intent.at).total_seconds(), 3),
            polls=self._looks[intent.key],
        )

    async def _close(self, intent: Intent, outcome: Outcome) -> None:
        self.written = True
        if outcome.end == "unknown":
            await self._entries.write(intent.key, outcome.end, outcome)  # without it, the intent says the same
        else:
            await self._entries.insist(intent.key, outcome.end, outcome)
        if intent.key in self._ours and outcome.end != "refused":
            self._asked[intent.key] = (intent.kind, outcome.usd)
        self.budget.settle(intent.key, outcome.usd)
        log.info("%s %s: $%.3f", intent.label, outcome.end, outcome.usd)

    def _intent(self, wanted: Wanted, key: str, attempt: int) -> Intent:
        now = _now()
        return Intent(
            key=key,
            kind=wanted.order.kind,
            production=wanted.production,
            run=self._run,
            label=wanted.label,
            order=wanted.order,
            attempt=attempt,
            usd=price(wanted.order, self._table, now.date()),
            at=now,
            until=now + timedelta(seconds=self._lease),
            **here()._asdict(),
        )


def _how_it_ended(error: StudioBusy | Refused | BadInput) -> tuple[End, OnereelError, float]:
    """Return the end, the error, and what it cost."""
    if isinstance(error, Filtered):
        return "filtered", error, error.usd
    if isinstance(error, NoAnswer):
        return "failed", error, error.usd
    return "refused", error, 0.0


def _now() -> datetime:
    return datetime.now(UTC)
