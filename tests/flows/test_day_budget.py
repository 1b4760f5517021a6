"""A film stopped by a budget is cut from what exists, says so, and goes on when there is more."""

from pathlib import Path

import pytest

from flows.produce import produce
from onereel.brief import Brief
from onereel.errors import BudgetReached
from tests.flows.conftest import BRIEF


async def test_a_film_the_day_stops_is_cut_from_what_exists_and_goes_on_when_there_is_more(
    make, studio, vault, monkeypatch, caplog
):
    opened = studio()
    whole = await (await make(seconds=12)).aresult()
    each = whole.usd.spent
    monkeypatch.setenv("ONEREEL_DAY_BUDGET_USD", str(each * 1.8))
    another = Brief.model_validate({**BRIEF.model_dump(), "seconds": 12, "production": "sequel", "seed": 7})

    stopped = await produce(brief=another, return_state=True)
    report = await stopped.aresult()

    assert (report.state, report.exit_code) == ("budget", 4)
    assert {shot.state for shot in report.shots} == {"filmed", "slate"}
    assert Path(report.master).is_file()
    assert opened.tally().total_usd <= each * 1.8
    assert "of the day budget" in caplog.text
    monkeypatch.setenv("ONEREEL_DAY_BUDGET_USD", str(each * 4))
    report = await (await produce(brief=another, return_state=True)).aresult()
    assert report.state == "complete"


async def test_a_run_that_films_nothing_for_the_budget_ends_as_one_stopped_by_it(make, studio, vault, monkeypatch):
    opened = studio()
    monkeypatch.setenv("ONEREEL_DAY_BUDGET_USD", "0.01")

    state = await make(seconds=12)

    with pytest.raises(BudgetReached):
        await state.aresult()
    assert opened.tally().accepted["video"] == 0
