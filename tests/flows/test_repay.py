"""A call nobody heard the end of holds its shot until a person says what to do."""

import pytest

from flows.produce import produce
from onereel.adapters.folder import FolderVault
from onereel.brief import Brief
from onereel.calls import calls_of
from onereel.cli import main
from onereel.errors import BadInput
from tests.flows.conftest import BRIEF

LONGER = Brief.model_validate({**BRIEF.model_dump(), "seconds": 12})


@pytest.fixture
async def held(make, studio):
    """A film of two shots, one of them held; the studio, the report, and which shot."""
    opened = studio("video:1:drop-after")
    report = await (await make(seconds=12)).aresult()
    (shot,) = [line.id for line in report.shots if line.state == "slate"]
    return opened, report, shot


async def repaying(*shots):
    return await produce(brief=LONGER, repay=list(shots), return_state=True)


def ends(vault):
    calls = [call for call in calls_of(FolderVault(vault), "lighthouse") if call.intent.kind == "video"]
    return sorted(call.outcome.end for call in calls)


async def test_the_film_has_a_slate_and_the_report_says_both_commands(held, vault):
    opened, report, shot = held

    (reason,) = report.reasons
    assert report.exit_code == 3
    assert f"onereel produce BRIEF --repay {shot}" in reason
    assert f"onereel lost lighthouse {shot}" in reason
    assert report.usd.unknown > 0
    assert opened.tally().accepted["video"] == 2


async def test_by_a_persons_word_it_is_paid_once_more_and_only_once(held, vault):
    opened, _, shot = held

    report = await (await repaying(shot)).aresult()
    again = await (await repaying(shot)).aresult()

    assert report.state == again.state == "complete"
    assert opened.tally().accepted["video"] == 3
    assert ends(vault) == ["lost", "settled", "settled"]
    assert report.usd.unknown == 0
    assert report.usd.spent == pytest.approx(opened.tally().total_usd, abs=1e-5)


async def test_without_a_word_it_is_never_paid_again(held, make):
    opened, _, _ = held

    report = await (await make(seconds=12)).aresult()

    assert report.state == "partial"
    assert opened.tally().accepted["video"] == 2


async def test_a_word_is_good_for_one_try(make, studio, vault):
    opened = studio("video:*:drop-after")
    await make(seconds=12)
    first = opened.tally().accepted["video"]

    await repaying("s010")

    assert opened.tally().accepted["video"] == first + 1
    assert ends(vault) == ["lost", "unknown", "unknown"]


async def test_a_shot_marked_lost_is_filmed_again_by_the_next_run(held, make, vault, capsys):
    opened, before, shot = held

    main_said = said(capsys, "lost", "lighthouse", shot)
    report = await (await make(seconds=12)).aresult()

    assert f"{shot}/t01: lost" in main_said
    assert (report.state, report.usd.unknown) == ("complete", 0)
    assert opened.tally().accepted["video"] == 3
    assert report.usd.spent > before.usd.spent


@pytest.mark.parametrize("word", ["lost", "repay"])
async def test_a_film_the_studio_denies_knowing_holds_its_shot_until_a_person_says_so(
    make, studio, vault, capsys, word
):
    studio("poll:*:404")
    denied = await make(seconds=12)
    other = studio()
    held = await make(seconds=12)
    asked = other.tally().accepted["video"]

    if word == "lost":
        assert all("lost, $" in said(capsys, "lost", "lighthouse", shot) for shot in ("s010", "s020"))
        report = await (await make(seconds=12)).aresult()
    else:
        report = await (await repaying("s010", "s020")).aresult()

    assert all("--repay s010" in state.message and "lost lighthouse s010" in state.message for state in (denied, held))
    assert asked == 0, "nobody orders it anew unasked"
    assert (report.state, other.tally().accepted["video"]) == ("complete", 2)
    assert ends(vault) == ["lost", "lost", "settled", "settled"]


async def test_a_shot_nothing_was_asked_for_is_refused_by_name(held, vault):
    opened, _, shot = held
    before = opened.tally()

    state = await repaying("s990")

    with pytest.raises(BadInput, match=f"asked nothing for 's990'; unknown: {shot}"):
        await state.aresult()
    assert opened.tally() == before


async def test_a_shot_that_is_not_held_is_not_lost(held, capsys):
    _, report, shot = held
    other = next(line.id for line in report.shots if line.id != shot)

    assert "no call" in said(capsys, "lost", "lighthouse", other, code=2)


def said(capsys, *words, code=0):
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert (ended.value.code or 0) == code
    shown = capsys.readouterr()
    return shown.out + " ".join(shown.err.split())
