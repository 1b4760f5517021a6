"""What was ordered and never fetched is collected while the vendor still has it; nothing is ordered for that."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.housekeep import housekeep
from onereel.adapters.folder import FolderVault
from onereel.calls import calls_of, entry_key
from onereel.losses import give_up, open_calls
from onereel.studio import Latency

FILMING = 1.5


@pytest.fixture
async def left_behind(make, studio, vault, monkeypatch):
    """A studio that filmed two clips no run waited for."""
    monkeypatch.setenv("ONEREEL_DEADLINE", "0.3")
    opened = studio(latency=Latency(text=0, image=0, video=FILMING, extension=0))
    state = await make(seconds=12)
    assert state.is_failed()
    assert opened.tally().accepted["video"] == 2
    await asyncio.sleep(FILMING)
    return opened


async def found(**said):
    return await (await housekeep(**said, return_state=True)).aresult()


async def test_films_nobody_waited_for_are_collected_and_not_ordered_again(make, left_behind, vault):
    before = left_behind.tally()

    told = await found()
    report = await (await make(seconds=12)).aresult()

    assert [call.state for call in told.calls] == ["settled", "settled"]
    assert told.saved_usd == pytest.approx(sum(call.usd for call in told.calls))
    assert told.saved_usd > 0
    assert f"2 collected; saved ${told.saved_usd:.2f}" in told.message
    assert report.state == "complete"
    assert left_behind.tally().accepted == before.accepted, "nor judged: stock footage is found wrong for nothing"
    assert report.usd.spent == pytest.approx(left_behind.tally().total_usd, abs=1e-5)


async def test_a_second_reclaim_finds_nothing(left_behind, vault):
    await found()

    assert (await found()).message == "nothing was open; saved $0.00"


async def test_one_production_may_be_named(left_behind, vault):
    assert (await found(production="sequel")).calls == ()
    assert len((await found(production="lighthouse")).calls) == 2


async def test_a_film_still_being_filmed_stays_collectable(make, studio, vault, monkeypatch):
    monkeypatch.setenv("ONEREEL_DEADLINE", "0.2")
    studio(latency=Latency(text=0, image=0, video=30, extension=0))
    await make(seconds=12)

    told = await found()

    assert [call.state for call in told.calls] == ["filming", "filming"]
    assert told.saved_usd == 0
    assert len(open_calls(FolderVault(vault))[0]) == 2


async def test_what_a_run_waits_for_is_left_to_it(make, studio, vault):
    opened = studio(latency=Latency(text=0, image=0, video=1.0, extension=0))
    filming = asyncio.ensure_future(make(seconds=12))
    while opened.tally().accepted["video"] < 2:
        await asyncio.sleep(0.05)

    told = await found()

    assert {call.state for call in told.calls} <= {"waited for"}
    assert (await (await filming).aresult()).state == "complete"


async def test_a_film_the_vendor_has_no_more_is_told_and_may_be_given_up(make, left_behind, studio, vault, monkeypatch):
    other = studio()  # another one, which knows nothing of the first

    told = await found()
    monkeypatch.setenv("ONEREEL_DEADLINE", "60")
    held = await make(seconds=12)
    report_lost = [give_up(FolderVault(vault), "lighthouse", shot, "a person", 60) for shot in ("s010", "s020")]
    report = await (await make(seconds=12)).aresult()

    assert {call.state for call in told.calls} == {"gone"}
    assert all("onereel lost lighthouse s0" in call.reason for call in told.calls)
    assert told.saved_usd == 0
    assert "onereel lost lighthouse s010" in held.message
    assert [len(lost) for lost in report_lost] == [1, 1]
    assert report.state == "complete"
    assert other.tally().accepted["video"] == 2
    assert report.usd.spent == pytest.approx(left_behind.tally().total_usd + other.tally().total_usd, abs=1e-5)


async def test_what_a_dead_worker_asked_is_closed_as_unknown(prefect, vault, studio, tmp_path):
    studio()
    asked = tmp_path / "asked"
    asked.mkdir()
    command = [sys.executable, "-m", "tests.journal_worker", str(vault), "clip", str(asked), "STAY"]
    worker = subprocess.Popen(command, cwd=Path(__file__).parents[2])
    until = time.monotonic() + 30
    while not list(asked.iterdir()) and time.monotonic() < until:
        await asyncio.sleep(0.05)

    alive = await found()
    worker.kill()
    worker.wait()
    dead = await found()

    assert [call.state for call in alive.calls] == ["waited for"]
    assert [call.state for call in dead.calls] == ["unknown"]
    (call,) = [call for call in calls_of(FolderVault(vault), "lighthouse") if call.intent.kind == "video"]
    assert call.outcome.end == "unknown"
    assert FolderVault(vault).exists(entry_key(call.intent.key, "unknown"))


async def test_a_film_that_cannot_be_reached_is_named_and_stays(left_behind, vault, monkeypatch):
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.delenv(name, raising=False)

    told = await found()

    assert {call.state for call in told.calls} == {"unreachable"}
    assert len(open_calls(FolderVault(vault))[0]) == 2


async def test_an_entry_that_is_damaged_is_told_and_hides_no_other(left_behind, vault):
    first, second = (call for call in calls_of(FolderVault(vault), "lighthouse") if call.operation)
    entry = vault / entry_key(first.intent.key, "submitted")
    entry.write_bytes(entry.read_bytes()[:20])

    told = await found()

    assert {call.call: call.state for call in told.calls} == {
        first.intent.key: "damaged",
        second.intent.label: "settled",
    }
    assert "1 damaged in the journal" in told.message
    assert (await found(production="another")).calls == ()


def test_the_command_line_says_what_was_saved(tmp_path, vault, monkeypatch):
    ran = subprocess.run(
        [sys.executable, "-m", "onereel.cli", "reclaim", "--rehearse", "--json"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert json.loads(ran.stdout) == {"calls": [], "saved_usd": 0}
