"""The budget between processes: what others spend of the same production, and all spend of a vault in a day.

A promise holds between processes because it is written before it is checked: an intent is in the journal first, then
everybody else's are read again, and an intent that no longer fits is closed at no cost before anything is asked. Of two
workers that see each other at once, the later gives way and the earlier waits a moment for it to.
"""

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

from onereel.budget import Amounts, Budget
from onereel.calls import Call, Intent, Wanted, calls_of, key_in, read_call
from onereel.crew import Vault
from onereel.errors import BudgetReached, Refused
from onereel.journal import Journal
from onereel.models import ModelTable
from onereel.prices import price
from onereel.slate import calls_prefix, day_prefix

log = logging.getLogger(__name__)

LEVELS = (50, 80, 100)
"""Percent of a budget at which somebody is told."""
FRESH_SECONDS = 1.0
"""How old what is known of others may be before a promise is made; once it is written, they are read again anyway."""
GIVE_WAY = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Pauses of the earlier of two workers, in which the later gives way."""
CENT = 1e-9

Scope = Literal["production", "day"]
Alert = Callable[[Scope, int, float, float], None]
"""Told once a run and level: whose budget, percent reached, dollars committed, dollars allowed."""


class Others:
    """What others spend under a prefix of pointers to calls; reads what is new, and what was still open.

    Args:
        vault: Whose journal.
        counts: Whether the calls of a production are to be counted.
        ours: Whether a call is our own, or was counted before.
    """

    def __init__(self, vault: Vault, counts: Callable[[str], bool], ours: Callable[[str], bool]) -> None:
        self._vault, self._counts, self._ours = vault, counts, ours
        self._known: dict[str, Call] = {}
        self._passed: set[str] = set()

    def read(self, prefix: str) -> None:
        """Read what was added under a prefix, and how what was open has ended. Blocks."""
        known: dict[str, Call] = {}
        for name in self._vault.keys(prefix):
            key = key_in(name)
            if key in self._passed or self._ours(key):
                continue
            call = self._known.get(key)
            if call is None or call.outcome is None:
                call = read_call(self._vault, key)
            if call is None:
                continue  # its intent is about to be written
            if self._counts(call.intent.production):
                known[key] = call
            else:
                self._passed.add(key)
        self._known = known

    @property
    def usd(self) -> float:
        """What they spent and promised."""
        return _usd(self._known.values())

    def later_than(self, intent: Intent) -> float:
        """Return what is promised to calls that were intended later and have not been asked, as far as is known."""
        mine = (intent.at, intent.key)
        undecided = (call for call in self._known.values() if call.outcome is None and not call.operation)
        return _usd(call for call in undecided if (call.intent.at, call.intent.key) > mine)


@dataclass
class SharedBudget(Budget):
    """A wall that others stand before, too: of a production, and of a day of the whole vault."""

    day_limit: float = math.inf
    elsewhere: float = 0.0
    """What others spent and promised of this production since this run began."""
    day_elsewhere: float = 0.0
    """What others spent and promised today, and this production before this run began."""
    alert: Alert | None = None
    _ours: defaultdict[date, Amounts] = field(default_factory=lambda: defaultdict(Amounts))
    _day: dict[str, date] = field(default_factory=dict)
    _told: set[tuple[Scope, int, date]] = field(default_factory=set)

    def reserve(self, key: str, usd: float, label: str) -> None:
        """Promise money to a call, or refuse it.

        Raises:
            BudgetReached: It would go over; nothing is promised.
        """
        over = self.over(usd, self.elsewhere, self.day_elsewhere, label)
        if over is not None:
            self.refused(usd)
            raise over
        self.reserved.put(key, usd)
        self._day[key] = today()
        self._ours[self._day[key]].put(key, usd)
        self._tell()

    def settle(self, key: str, usd: float) -> None:
        """Replace a promise with what it came to. What was promised elsewhere is not ours to count."""
        if key in self.reserved and key in self._day:
            self._ours[self._day[key]].put(key, usd)
        super().settle(key, usd)
        self._tell()

    def over(
        self, usd: float, elsewhere: float, day_elsewhere: float, label: str, without: Iterable[str] = ()
    ) -> BudgetReached | None:
        """Return why a call does not fit, or None if it does.

        Args:
            usd: What it may cost.
            elsewhere: What others spent and promised of the production.
            day_elsewhere: What others spent and promised today.
            label: What it is for.
            without: Promises of this process to leave out: nobody else can see them yet.
        """
        left_out = set(without)
        promised = self.reserved.without(left_out)
        if self.spent + elsewhere + promised + usd > self.limit + CENT:
            return BudgetReached(
                f"{label} may cost ${usd:.2f}; ${self.spent + elsewhere:.2f} is spent and ${promised:.2f} promised of "
                f"the ${self.limit:.2f} budget; raise budget_usd to go on"
            )
        spent_today = self.ours_today(left_out) + day_elsewhere
        if spent_today + usd > self.day_limit + CENT:
            return BudgetReached(
                f"{label} may cost ${usd:.2f}; ${spent_today:.2f} of the ${self.day_limit:.2f} a day of this vault is "
                "spent or promised; go on tomorrow (UTC), or raise ONEREEL_DAY_BUDGET_USD"
            )
        return None

    def ours_today(self, without: Iterable[str] = ()) -> float:
        """Return what this run spent and promised today."""
        return self._ours[today()].without(set(without))

    def refused(self, usd: float) -> None:
        """Tell that a call did not fit: as far as it is concerned, the whole budget is gone."""
        self._tell(usd)

    def _tell(self, more: float = 0.0) -> None:
        committed = self.spent + self.elsewhere + self.reserved.total
        self._reached("production", committed, more, self.limit)
        self._reached("day", self.ours_today() + self.day_elsewhere, more, self.day_limit)

    def _reached(self, scope: Scope, committed: float, more: float, limit: float) -> None:
        """Tell of every level reached that was not told of."""
        since = today() if scope == "day" else date.min
        for level in LEVELS:
            if (
                self.alert
                and (scope, level, since) not in self._told
                and committed + more >= limit * level / 100 - CENT
            ):
                self._told.add((scope, level, since))
                self.alert(scope, level, committed, limit)


class WalledJournal(Journal):
    """A journal whose budget holds between processes, and for the day of a vault."""

    budget: SharedBudget

    def __init__(
        self,
        vault: Vault,
        table: ModelTable,
        budget: SharedBudget,
        production: str,
        counted: set[str],
        run: str = "",
        first: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    ) -> None:
        super().__init__(vault, table, budget, run=run, first=first)
        self._production = production
        self._open_before = set(budget.reserved)
        self._unseen: set[str] = set()
        self._others = Others(vault, lambda name: name == production, lambda key: key in counted or self._is_mine(key))
        self._all_today = Others(vault, lambda _: True, self._is_mine)
        self._reading: asyncio.Task[None] | None = None
        self._read_at = -math.inf

    def _is_mine(self, key: str) -> bool:
        return key in self._ours or key in self._unseen

    async def _begin(
        self, wanted: Wanted, key: str, attempt: int, turn: Callable[[], Awaitable[None]]
    ) -> Intent | None:
        usd = price(wanted.order, self._table, today())
        if asyncio.get_running_loop().time() - self._read_at > FRESH_SECONDS or self._over(usd, wanted.label):
            await self._read_others()
        self._unseen.add(key)
        try:
            intent = await super()._begin(wanted, key, attempt, turn)
        finally:
            self._unseen.discard(key)
        if intent is not None:
            await self._confirm(intent)
        return intent

    async def _point(self, production: str, key: str) -> None:
        await self._entries.point(production, key, f"{day_prefix(today())}{key}.json")

    def _over(self, usd: float, label: str) -> BudgetReached | None:
        return self.budget.over(usd, self._others.usd, self._all_today.usd, label)

    async def _confirm(self, intent: Intent) -> None:
        """Make sure a written promise fits with everybody else's, or close it before anything is asked.

        Raises:
            BudgetReached: It does not.
        """
        confirmed = False
        try:
            over = await self._over_once_written(intent)
            confirmed = True
        finally:
            if not confirmed:
                stopped = Refused("the run was stopped before anything was asked")
                await asyncio.shield(self._end(intent, "refused", 0.0, stopped))
        if over is not None:
            await self._end(intent, "refused", 0.0, Refused(str(over)))
            self.budget.refused(intent.usd)
            raise over

    async def _over_once_written(self, intent: Intent) -> BudgetReached | None:
        """Return why a written promise does not fit; None if it does, perhaps after a later one has given way."""
        for pause in (*GIVE_WAY, None):
            await self._read_others()
            over = self._does_not_fit(intent, 0.0, 0.0)
            if over is None:
                return None
            later = self._others.later_than(intent), self._all_today.later_than(intent)
            if pause is None or self._does_not_fit(intent, *later) is not None:
                break
            await asyncio.sleep(pause)
        return over

    def _does_not_fit(self, intent: Intent, less: float, less_today: float) -> BudgetReached | None:
        """Return why an intent does not fit beside what is written, some of others' left out; None if it does."""
        hidden = {intent.key, *self._unseen}  # its own promise is added, those not written nobody can count
        others, all_today = self._others.usd - less, self._all_today.usd - less_today
        return self.budget.over(intent.usd, others, all_today, intent.label, hidden)

    async def _read_others(self) -> None:
        """Read what others did, in a reading that begins after this call does; one serves all who wait."""
        if self._reading is not None and not self._reading.done():
            await asyncio.shield(self._reading)  # it began before us
        if self._reading is None or self._reading.done():
            self._reading = asyncio.ensure_future(self._read())
        await asyncio.shield(self._reading)

    async def _read(self) -> None:
        def read() -> dict[str, float]:
            self._others.read(calls_prefix(self._production))
            if math.isfinite(self.budget.day_limit):
                self._all_today.read(day_prefix(today()))
            before = [read_call(self._vault, key) for key in tuple(self._open_before)]
            return {call.intent.key: call.outcome.usd for call in before if call is not None and call.outcome}

        for key, usd in (await asyncio.to_thread(read)).items():
            self._open_before.discard(key)
            self.budget.settle(key, usd)
        self._read_at = asyncio.get_running_loop().time()
        self.budget.elsewhere, self.budget.day_elsewhere = self._others.usd, self._all_today.usd


def walled_journal(
    vault: Vault,
    table: ModelTable,
    production: str,
    limit: float,
    day_limit: float | None,
    alert: Alert | None,
    run: str = "",
    first: Callable[[], AbstractAsyncContextManager[None]] | None = None,
) -> WalledJournal:
    """Return the journal of one run of a production, with the budget as earlier runs left it. Blocks.

    Args:
        vault: Where the journal is.
        table: The prices.
        production: Which film.
        limit: Most it may spend, all runs together.
        day_limit: Most the vault may spend in a day (UTC); None: no such limit.
        alert: Told when a level is reached.
        run: Which run asks.
        first: Guards the writing of an intent where the vault has no conditional writes; None: nobody else writes.
    """
    guard = nullcontext if first is None or vault.conditional else first
    own = [call for call in calls_of(vault, production) if call.intent.production == production]
    budget = SharedBudget(
        limit=limit,
        spent=sum(call.outcome.usd for call in own if call.outcome),
        reserved=Amounts({call.intent.key: call.intent.usd for call in own if not call.outcome}),
        day_limit=math.inf if day_limit is None else day_limit,
        alert=alert,
    )
    return WalledJournal(vault, table, budget, production, {call.intent.key for call in own}, run, guard)


def today() -> date:
    """Return the day money is counted under: UTC, as vendors do."""
    return datetime.now(UTC).date()


def _usd(calls: Iterable[Call]) -> float:
    return sum(call.outcome.usd if call.outcome else call.intent.usd for call in calls)
