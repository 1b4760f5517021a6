"""The budget is a wall: between processes, runs and productions, and for a day of the vault."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from onereel.adapters.folder import FolderVault
from onereel.calls import calls_of, spent_on
from onereel.errors import BudgetReached
from onereel.prices import price
from onereel.settings import Settings
from onereel.wall import SharedBudget, walled_journal
from tests.journal_worker import DRAWING, GOODS, wanted
from tests.productions import DAY, TABLE

ROOT = Path(__file__).parent.parent
USD = price(DRAWING, TABLE, DAY)
PAID = GOODS.usd
NO_LIMIT = 1000.0


def race(folder: Path, productions: list[str], count: int, limit: float = NO_LIMIT, day: float = NO_LIMIT) -> list[int]:
    """Let a process for each production buy drawings side by side; return how many requests each sent."""
    asked, start = folder / "asked", folder / "start"
    asked.mkdir()
    names = [f"w{number}" for number in range(len(productions))]
    words = [
        [production, name, count, limit, day, asked, start] for production, name in zip(productions, names, strict=True)
    ]
    commands = [[sys.executable, "-m", "tests.budget_worker", folder / "vault", *said] for said in words]
    workers = [subprocess.Popen([str(word) for word in command], cwd=ROOT) for command in commands]
    until = time.monotonic() + 60
    while len(list(folder.glob("ready-*"))) < len(workers) and time.monotonic() < until:
        time.sleep(0.01)
    start.touch()
    assert [worker.wait(120) for worker in workers] == [0] * len(workers)
    return [len(list(asked.glob(f"{name}-*"))) for name in names]


def test_two_processes_of_a_production_do_not_spend_more_than_its_budget(tmp_path):
    room = 6
    limit = USD * room

    sent = race(tmp_path, ["lighthouse", "lighthouse"], count=10, limit=limit)

    calls = calls_of(FolderVault(tmp_path / "vault"), "lighthouse")
    assert spent_on(calls, "lighthouse") <= limit
    assert sum(call.outcome.end == "settled" for call in calls) == sum(sent)
    assert 1 <= sum(sent) <= limit / PAID


def test_two_productions_do_not_spend_more_than_the_vaults_day(tmp_path):
    day = USD * 5

    sent = race(tmp_path, ["lighthouse", "sequel"], count=8, day=day)

    vault = FolderVault(tmp_path / "vault")
    spent = sum(spent_on(calls_of(vault, name), name) for name in ("lighthouse", "sequel"))
    assert spent <= day
    assert 1 <= sum(sent) <= day / PAID


def test_processes_with_room_for_both_are_not_in_each_others_way(tmp_path):
    assert race(tmp_path, ["lighthouse", "lighthouse"], count=6, limit=USD * 13, day=USD * 13) == [6, 6]


async def drawn():
    await asyncio.sleep(0.01)
    return GOODS


def order(number):
    return DRAWING.model_copy(update={"words": f"Drawing {number}"})


async def bought(journal, numbers, production="lighthouse"):
    asked = (journal.buy(wanted(order(number), production=production), drawn) for number in numbers)
    ended = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(end, BudgetReached) for end in ended if isinstance(end, BaseException))
    return sum(not isinstance(end, BaseException) for end in ended)


async def test_fifty_calls_racing_in_a_process_stop_at_the_budget(vault):
    journal = walled_journal(vault, TABLE, "lighthouse", USD * 10, None, None)

    assert await bought(journal, range(50)) == 10

    assert spent_on(calls_of(vault, "lighthouse"), "lighthouse") == pytest.approx(PAID * 10)


async def test_runs_that_promise_at_the_same_instant_do_not_promise_the_same_money(vault):
    runs = [walled_journal(vault, TABLE, "lighthouse", USD * 6, None, None) for _ in range(3)]

    sums = await asyncio.gather(*(bought(run, range(10 * at, 10 * at + 5)) for at, run in enumerate(runs)))

    assert spent_on(calls_of(vault, "lighthouse"), "lighthouse") <= USD * 6
    assert 1 <= sum(sums) <= USD * 6 / PAID


async def test_what_another_run_spent_meanwhile_counts(vault):
    first = walled_journal(vault, TABLE, "lighthouse", USD * 4, None, None)
    second = walled_journal(vault, TABLE, "lighthouse", USD * 4, None, None)

    assert await bought(first, range(3)) == 3
    assert await bought(second, range(10, 14)) == int((USD * 4 - PAID * 3) / USD)


async def test_a_day_counts_what_earlier_runs_of_all_productions_spent_on_it(vault):
    first = walled_journal(vault, TABLE, "lighthouse", NO_LIMIT, USD * 3, None)
    await bought(first, range(2))

    second = walled_journal(vault, TABLE, "sequel", NO_LIMIT, USD * 3, None)
    left = int((USD * 3 - PAID * 2) / USD)

    assert await bought(second, range(10, 20), "sequel") == left
    with pytest.raises(BudgetReached, match=r"a day of this vault.*ONEREEL_DAY_BUDGET_USD"):
        await second.buy(wanted(order(99), production="sequel"), drawn)


async def test_nothing_is_asked_and_nothing_promised_once_the_wall_is_reached(vault):
    journal = walled_journal(vault, TABLE, "lighthouse", USD, None, None)
    await bought(journal, range(1))
    before = len(list(vault.keys("journal/")))

    assert await bought(journal, range(5, 9)) == 0

    assert len(list(vault.keys("journal/"))) == before
    assert not journal.budget.reserved


async def test_what_is_not_bought_but_found_costs_no_budget(vault):
    first = walled_journal(vault, TABLE, "lighthouse", NO_LIMIT, None, None)
    await bought(first, range(3))

    second = walled_journal(vault, TABLE, "sequel", USD / 2, USD / 2, None)

    assert await bought(second, range(3), "sequel") == 3
    assert second.bought == []


def test_every_level_is_told_once_and_whose_it_is():
    told = []
    budget = SharedBudget(10.0, day_limit=40.0, alert=lambda *said: told.append(said))

    for key in range(10):
        budget.reserve(str(key), 1.0, "clip")
        budget.settle(str(key), 1.0)
    with pytest.raises(BudgetReached):
        budget.reserve("more", 1.0, "clip")

    assert told == [
        ("production", 50, 5.0, 10.0),
        ("production", 80, 8.0, 10.0),
        ("production", 100, 10.0, 10.0),
    ]


def test_a_call_too_dear_for_what_is_left_is_told_as_the_end_of_the_budget():
    told = []
    budget = SharedBudget(10.0, alert=lambda *said: told.append(said))

    with pytest.raises(BudgetReached):
        budget.reserve("clip", 11.0, "clip")

    assert [level for _, level, _, _ in told] == [50, 80, 100]


def test_the_day_budget_is_a_setting(monkeypatch):
    monkeypatch.setenv("ONEREEL_DAY_BUDGET_USD", "12.5")

    assert Settings().day_budget_usd == 12.5
