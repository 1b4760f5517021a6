"""Paid calls: key, intent, outcome. The one authority on what was asked, promised and paid.

Every entry is a create-only object under ``journal/<key[:2]>/<key>/``; what exists there is the state of the call:

    intended.json ── submitted.json ── settled.json      answered; what it made and what it cost
          │                │ ───────── filtered.json     a safety filter took it; a film is free then
          │                │ ───────── refused.json      not accepted; 0
          │                └────────── failed.json       accepted, ended without the goods
          └─────────────────────────── unknown.json      the connection or the worker died; counts as spent
                                            │
                                       lost.json         a person gave it up (`onereel lost`, `--repay`): it still
                                                         counts as spent, and the same may be asked once more

Beside them, while the answer is awaited, ``lease.json`` is written over and over: a sign of life for other machines.
Reading an entry that cannot be understood raises: the journal fails closed.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import shlex
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from pydantic import Field

from onereel.crew import Vault
from onereel.errors import (
    BadInput,
    BudgetReached,
    Filtered,
    Gone,
    NoAnswer,
    OnereelError,
    OutcomeUnknown,
    Refused,
    StudioBusy,
    VaultError,
)
from onereel.footage import Media
from onereel.media import keep_noun, read_noun, write_noun
from onereel.models import ModelTable
from onereel.noun import Noun
from onereel.orders import AnyOrder
from onereel.prices import price
from onereel.slate import calls_prefix, shot_of

log = logging.getLogger(__name__)

T = TypeVar("T")

End = Literal["settled", "filtered", "refused", "failed", "lost", "unknown"]
ENDS: tuple[End, ...] = ("settled", "filtered", "refused", "failed", "lost", "unknown")
"""Where several were written, the first of these counts."""
LEASE_SECONDS = 60.0
"""How long after its last sign of life whoever asked is taken for dead. It renews its lease three times as often."""
GRACE_SECONDS = 30.0
"""How long a run that is stopped waits for the answer to a request that has left; shorter than any call's own limit."""
WRITE_AGAIN = (0.1, 0.5, 2.0)
"""Pauses before writing down once more what was paid for, where the vault fails."""


class Intent(Noun):
    """What is about to be asked. Written before the request leaves."""

    key: str
    kind: str
    production: str
    label: str = Field(description="What it is for, in words: keyframe s010/opening.")
    order: AnyOrder = Field(discriminator="kind")
    attempt: int
    usd: float = Field(description="Reserved: the most it can cost.")
    at: datetime
    until: datetime = Field(description="When its owner counts as dead; as read back, of its last sign of life.")
    host: str
    process: int
    started: float = Field(description="When that process started, so that a number used again is not mistaken for it.")


class Lease(Noun):
    """A sign of life of whoever asked: the one entry that is written over, and no state of the call."""

    until: datetime = Field(description="When its owner counts as dead if nothing more was written.")


class Submitted(Noun):
    """The studio accepted; the operation can be collected by anyone who reads this."""

    operation: str
    at: datetime


class Outcome(Noun):
    """How a call ended."""

    end: End
    usd: float = Field(ge=0)
    at: datetime
    media: tuple[Media, ...] = ()
    reasons: tuple[str, ...] = Field(default=(), description="The vendor's words.")
    random: bool = Field(default=False, description="Filtered in a way another try may pass.")
    request_id: str = ""
    seconds: float = Field(default=0, description="From asking to having.")
    polls: int = 0
    tokens: int = 0
    word: str = Field(default="", description="Whose word gave a lost call up: a run's id, or a person's.")


@dataclass(frozen=True)
class Call:
    """A paid call as the journal knows it."""

    intent: Intent
    operation: str = ""
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Wanted:
    """What somebody wants bought, and under which policy."""

    order: AnyOrder
    production: str
    label: str
    filtered_tries: int = 2
    repay_up_to_usd: float = 0.0
    failed_tries: int = 1
    """Second tries, over all runs, after charged answers without the goods; each may cost `repay_up_to_usd`."""


@dataclass(frozen=True)
class Goods:
    """What a call brought, to be written down."""

    media: tuple[Media, ...]
    usd: float
    request_id: str = ""
    tokens: int = 0
    polls: int = 0


@dataclass
class _Tries:
    """Earlier attempts at an order, as far as the policy counts them."""

    wanted: Wanted
    filtered: int = 0
    failed: int = 0
    unknown: int = 0

    def count(self, intent: Intent, outcome: Outcome) -> None:
        """Count one more attempt that ended without goods.

        Raises:
            Filtered, NoAnswer, OutcomeUnknown: It ended so, and the policy forbids another.
        """
        told = "; ".join(outcome.reasons)
        if outcome.end == "filtered":
            self.filtered += 1
            if self.filtered > self.wanted.filtered_tries or not outcome.random:
                raise Filtered(f"{self.wanted.label} was filtered: {told}", reasons=outcome.reasons)
        if outcome.end == "failed" and outcome.usd:
            self.failed += 1
            if self.failed > self.wanted.failed_tries or outcome.usd > self.wanted.repay_up_to_usd:
                raise NoAnswer(told)
        if outcome.end == "unknown":
            self.unknown += 1
            if self.unknown > 1 or intent.usd > self.wanted.repay_up_to_usd:
                way_on = _way_on(self.wanted.production, intent.label)
                raise OutcomeUnknown(f"{self.wanted.label}: {told}; {way_on}")


@dataclass
class Budget:
    """A wall: what may be spent, what is spent, what is promised."""

    limit: float
    spent: float = 0.0
    reserved: dict[str, float] = field(default_factory=dict)

    def reserve(self, key: str, usd: float, label: str) -> None:
        """Promise money to a call, or refuse it.

        Raises:
            BudgetReached: It would go over; nothing is promised.
        """
        promised = sum(self.reserved.values())
        if self.spent + promised + usd > self.limit + 1e-9:
            raise BudgetReached(
                f"{label} may cost ${usd:.2f}; ${self.spent:.2f} is spent and ${promised:.2f} promised of the "
                f"${self.limit:.2f} budget; raise budget_usd to go on"
            )
        self.reserved[key] = usd

    def settle(self, key: str, usd: float) -> None:
        """Replace a promise with what it came to. What was promised elsewhere is not ours to count."""
        if self.reserved.pop(key, None) is not None:
            self.spent += usd


def key_of(order: AnyOrder, attempt: int) -> str:
    """Return the journal key of an order.

    Every field of the order is in it: surface and model decide who answers; words, parameters and the digests of all
    inputs decide what comes back; the sample tells a wanted second take from a repeated first. The attempt keeps a
    try after a refusal from overwriting the refusal. Run, time, budget, production and label are not in it: they do
    not change the result, so two productions with the same request share it.
    """
    canonical = json.dumps(
        {"order": order.model_dump(mode="json"), "attempt": attempt},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def entry_key(key: str, state: str) -> str:
    """Return where an entry is kept."""
    return f"journal/{key[:2]}/{key}/{state}.json"


async def _at_once() -> None:
    """Wait for no turn."""


class Journal:
    """The journal of one vault, as one run of one production uses it."""

    def __init__(
        self,
        vault: Vault,
        table: ModelTable,
        budget: Budget,
        *,
        lease: float = LEASE_SECONDS,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._vault, self._table, self.budget = vault, table, budget
        self._lease, self._grace = lease, grace
        self._one_at_a_time: dict[str, asyncio.Lock] = {}
        self._pointed: set[str] = set()
        self._ours: set[str] = set()
        self._asked: dict[str, tuple[str, float]] = {}

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
            return await self._seen_through(self._bought(call.intent, act))

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
            return await self._seen_through(self._ordered(call.intent, act))

    async def collect(self, call: Call, act: Callable[[], Awaitable[Goods]]) -> Outcome:
        """Return what a submitted operation brought. Collecting is free and may be repeated by anyone.

        Raises:
            Filtered, NoAnswer, Refused: How the operation ended; written down.
            Gone: The studio does not know it; nothing is written.
            StudioBusy, StillFilming: Nothing is known yet; nothing is written, and it can be collected later.
        """
        if call.outcome is not None:
            return call.outcome
        try:
            goods = await act()
        except Gone:
            raise  # it was accepted, so it may have been charged: it stays open, and is never ordered anew unasked
        except Refused as refused:
            end, fault, usd = _how_it_ended(refused)
            await self._end(call.intent, "failed" if end == "refused" else end, usd, fault)
            raise
        return await self._settle(call.intent, goods)

    async def find(self, order: AnyOrder) -> Call | None:
        """Return the latest attempt at an order, or None if it was never made."""
        found, attempt = None, 1
        while (call := await self.read(key_of(order, attempt))) is not None:
            found = call
            if call.outcome is None or call.outcome.end == "settled":
                break
            attempt += 1
        return found

    async def bought_before(self, wanted: Wanted) -> tuple[str, Outcome] | None:
        """Return the key and outcome of an order that was settled before, by anyone; None if it has to be bought."""
        call = await self.find(wanted.order)
        if call is None or call.outcome is None or call.outcome.end != "settled":
            return None
        await self._point(wanted.production, call.intent.key)
        return call.intent.key, call.outcome

    async def read(self, key: str) -> Call | None:
        """Return the call under a key, or None if it was never intended."""
        return await asyncio.to_thread(read_call, self._vault, key)

    @contextlib.asynccontextmanager
    async def _alone(self, wanted: Wanted) -> AsyncIterator[None]:
        """Let one coroutine of this process at a time see to an order."""
        lock = self._one_at_a_time.setdefault(key_of(wanted.order, 1), asyncio.Lock())
        async with lock:
            yield

    async def _bought(self, intent: Intent, act: Callable[[], Awaitable[Goods]]) -> Outcome:
        """Ask, and write down what came."""
        async with self._written_down(intent):
            return await self._settle(intent, await act())

    async def _ordered(self, intent: Intent, act: Callable[[], Awaitable[str]]) -> Call:
        """Ask, and write down under which name it can be collected."""
        async with self._written_down(intent):
            operation = await act()
            self._asked[intent.key] = (intent.kind, intent.usd)
            try:
                await self._insist(intent.key, "submitted", Submitted(operation=operation, at=_now()))
            except VaultError:
                # The last chance to know what was paid for: a person can ask the studio for it by this name.
                log.exception("%s was ordered as %s, and that could not be written down", intent.label, operation)
                raise
        return Call(intent, operation)

    async def _seen_through(self, work: Coroutine[Any, Any, T]) -> T:
        """Do what must not be left half done; a run that is stopped waits a while for the answer on its way."""
        asking = asyncio.ensure_future(work)
        # SIGTERM ends the loop, and that stops every task it knows of; this one is stopped here, after the grace.
        asyncio._unregister_task(asking)  # noqa: SLF001 - documented, for those who look after tasks themselves
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            try:
                await asyncio.wait({asking}, timeout=self._grace)
            finally:
                asking.cancel()
                await asyncio.wait({asking})
            if not asking.cancelled() and (failed := asking.exception()) is not None:
                log.warning("stopped, and the answer still awaited was: %s", failed)
            raise

    async def _open(self, wanted: Wanted, turn: Callable[[], Awaitable[None]]) -> Call:
        """Return a call that is settled or submitted, or a new one, intended and reserved by us.

        Raises:
            Filtered, NoAnswer, OutcomeUnknown: An earlier attempt ended so, and the policy forbids another.
            BudgetReached: A new one would go over the budget.
        """
        attempt, tries = 1, _Tries(wanted)
        while True:
            key = key_of(wanted.order, attempt)
            call = await self.read(key)
            if call is None:
                intent = await self._begin(wanted, key, attempt, turn)
                if intent is not None:
                    return Call(intent)
                continue
            await self._point(wanted.production, key)
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
        try:
            await turn()
            await self._point(wanted.production, key)
            intent = self._intent(wanted, key, attempt)
            first = await self._intend(intent)
        except BaseException:
            self.budget.settle(key, 0.0)
            raise
        if not first:
            self.budget.settle(key, 0.0)
            return None
        self._ours.add(key)
        return intent

    async def _intend(self, intent: Intent) -> bool:
        """Write an intent down. One whose run is stopped meanwhile is closed at once: nothing was asked."""
        writing = asyncio.ensure_future(self._write(intent.key, "intended", intent))
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            if await writing:
                await self._end(intent, "refused", 0.0, Refused("the run was stopped before anything was asked"))
            raise

    async def _wait_for_owner(self, call: Call) -> Call:
        """Wait while another worker is asking; a dead owner's call becomes unknown."""
        pause = 0.1
        while call.outcome is None and not call.operation:
            if is_dead(call.intent):
                fault = OutcomeUnknown("the worker that asked died before it heard the answer")
                await self._end(call.intent, "unknown", call.intent.usd, fault)
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 5.0)
            again = await self.read(call.intent.key)
            call = again if again is not None else call
        return call

    @contextlib.asynccontextmanager
    async def _written_down(self, intent: Intent) -> AsyncIterator[None]:
        """Write down how asking ended, whatever happens."""
        end: End = "unknown"
        fault: BaseException = OutcomeUnknown("the run was stopped while the request was under way")
        usd = intent.usd
        living = asyncio.ensure_future(self._live(intent))
        try:
            yield
        except (StudioBusy, Refused, BadInput) as refusal:
            end, fault, usd = _how_it_ended(refusal)
            raise
        except OnereelError as unknown:
            fault = unknown
            raise
        else:
            end = "settled"
        finally:
            living.cancel()
            # Also when cancelled, or when the vault failed after the answer came: the money may be gone.
            if end != "settled":
                await asyncio.shield(self._end(intent, end, usd, fault))

    async def _live(self, intent: Intent) -> None:
        """Renew the lease of whoever asked, until it is told to stop."""
        while True:
            await asyncio.sleep(self._lease / 3)
            lease = Lease(until=_now() + timedelta(seconds=self._lease))
            try:
                await asyncio.to_thread(write_noun, self._vault, entry_key(intent.key, "lease"), lease)
            except VaultError as failed:
                log.warning("%s: its lease cannot be renewed: %s", intent.label, failed)

    async def _settle(self, intent: Intent, goods: Goods) -> Outcome:
        outcome = Outcome(
            end="settled",
            usd=round(goods.usd, 6),
            at=_now(),
            media=goods.media,
            request_id=goods.request_id,
            seconds=round((_now() - intent.at).total_seconds(), 3),
            polls=goods.polls,
            tokens=goods.tokens,
        )
        await self._close(intent, outcome)
        return outcome

    async def _end(self, intent: Intent, end: End, usd: float, error: BaseException) -> None:
        reasons = error.reasons if isinstance(error, Filtered) and error.reasons else (str(error),)
        outcome = Outcome(
            end=end,
            usd=round(usd, 6),
            at=_now(),
            reasons=reasons,
            random=isinstance(error, Filtered) and error.random,
            seconds=round((_now() - intent.at).total_seconds(), 3),
        )
        await self._close(intent, outcome)

    async def _close(self, intent: Intent, outcome: Outcome) -> None:
        await self._insist(intent.key, outcome.end, outcome)
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
            label=wanted.label,
            order=wanted.order,
            attempt=attempt,
            usd=price(wanted.order, self._table, now.date()),
            at=now,
            until=now + timedelta(seconds=self._lease),
            host=socket.gethostname(),
            process=os.getpid(),
            started=_started(os.getpid()),
        )

    async def _point(self, production: str, key: str) -> None:
        """Note that a production uses a call, so that its ledger and budget find it without reading all others."""
        if key not in self._pointed:
            pointer = f"{calls_prefix(production)}{key}.json"
            await asyncio.to_thread(self._vault.create, pointer, b"{}", "application/json")
            self._pointed.add(key)

    async def _insist(self, key: str, state: str, noun: Noun) -> None:
        """Write down what was paid for, a few times over where the vault fails."""
        for pause in WRITE_AGAIN:
            try:
                await self._write(key, state, noun)
            except VaultError as failed:
                log.warning("%s of %s cannot be written down, trying again: %s", state, key[:12], failed)
                await asyncio.sleep(pause)
            else:
                return
        await self._write(key, state, noun)

    async def _write(self, key: str, state: str, noun: Noun) -> bool:
        return await asyncio.to_thread(keep_noun, self._vault, entry_key(key, state), noun)


def read_call(vault: Vault, key: str) -> Call | None:
    """Return the call under a key, or None if it was never intended. Blocks.

    Raises:
        Corrupted: An entry cannot be understood.
    """
    prefix = f"journal/{key[:2]}/{key}/"
    states = {name.removeprefix(prefix).removesuffix(".json") for name in vault.keys(prefix)}
    if "intended" not in states:
        return None
    intent = read_noun(vault, entry_key(key, "intended"), Intent)
    operation = ""
    if "submitted" in states:
        operation = read_noun(vault, entry_key(key, "submitted"), Submitted).operation
    end = next((end for end in ENDS if end in states), None)
    if end == "unknown" and operation:
        end = None  # whoever gave it up was too early: the operation has a name, so it can be collected
    outcome = read_noun(vault, entry_key(key, end), Outcome) if end else None
    if not end and not operation and "lease" in states:
        lease = read_noun(vault, entry_key(key, "lease"), Lease)
        intent = intent.model_copy(update={"until": lease.until})
    return Call(intent, operation, outcome)


def calls_of(vault: Vault, production: str) -> list[Call]:
    """Return every paid call a production uses, oldest first. Blocks."""
    keys = [name.rsplit("/", 1)[1].removesuffix(".json") for name in vault.keys(calls_prefix(production))]
    calls = [call for key in keys if (call := read_call(vault, key)) is not None]
    return sorted(calls, key=lambda call: call.intent.at)


def unknown_on(calls: list[Call], production: str) -> float:
    """Return what a production may have spent on calls whose outcome nobody knows."""
    own = [call for call in calls if call.intent.production == production]
    return round(sum(call.outcome.usd for call in own if call.outcome and call.outcome.end == "unknown"), 6)


def _how_it_ended(error: StudioBusy | Refused | BadInput) -> tuple[End, BaseException, float]:
    """Return the end, the error, and what it cost."""
    if isinstance(error, Filtered):
        return "filtered", error, error.usd
    if isinstance(error, NoAnswer):
        return "failed", error, error.usd
    return "refused", error, 0.0


def spent_on(calls: list[Call], production: str) -> float:
    """Return what a production has spent: ends that count, and promises still open. Shared calls count where paid."""
    own = [call for call in calls if call.intent.production == production]
    return round(sum(call.outcome.usd if call.outcome else call.intent.usd for call in own), 6)


def budget_for(vault: Vault, production: str, limit: float) -> Budget:
    """Return the budget of a production as earlier runs left it: what they spent, and what they promised. Blocks."""
    own = [call for call in calls_of(vault, production) if call.intent.production == production]
    return Budget(
        limit=limit,
        spent=sum(call.outcome.usd for call in own if call.outcome),
        reserved={call.intent.key: call.intent.usd for call in own if not call.outcome},
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _started(process: int) -> float:
    """Return when a process of this machine started, in clock ticks since boot; 0 if it is gone or cannot be told.

    A killed process nobody has waited for is still listed, as a zombie; it will not answer either.
    """
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as stat:  # noqa: PTH123 - not ours
            fields = stat.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return 0.0 if fields[0] in "ZX" else float(fields[19])


def _way_on(production: str, label: str) -> str:
    subject = shlex.quote(shot_of(label) or label)
    return (
        f"it may have been paid. `onereel produce BRIEF --repay {subject}` pays for it once more; "
        f"`onereel lost {production} {subject}` counts it as lost"
    )


def is_dead(intent: Intent) -> bool:
    """Return whether whoever asked will not hear an answer any more: its process is gone, or its lease ran out."""
    if time.time() > intent.until.timestamp():
        return True
    if intent.host != socket.gethostname():
        return False
    return _started(intent.process) != intent.started
