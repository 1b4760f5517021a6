"""Extensions that drift from their first clip: told, cut off, or filmed on from the last good frame, drawn clean."""

import re

import pytest

from onereel.adapters.folder import FolderVault
from onereel.calls import calls_of
from onereel.delivering import latest_manifest
from onereel.estimating import estimate
from onereel.media import keep
from tests.productions import DAY, TABLE, board, brief

LONG = {"id": "s010", "seconds": 11, "action": "A boat crosses the bay at noon"}
UNJUDGED = {"keyframes": False, "takes": False}
MARA = {"name": "Mara", "description": "a keeper in a yellow oilskin coat"}
WALK = {"id": "s010", "seconds": 18, "action": "Mara walks along the pier at noon", "characters": ("Mara",)}
TAKES = {"keyframes": False, "takes": True}
OTHERWISE = "extension:2:wrong-identity"


def listed(vault, shot=LONG):
    return keep(FolderVault(vault), board(shot).model_dump_json().encode(), "json").key


def takes(vault):
    return latest_manifest(FolderVault(vault), "lighthouse").shots[0].takes


def drift(take):
    return [verdict for verdict in take.verdicts if verdict.judge == "drift"]


def compared(vault):
    calls = calls_of(FolderVault(vault), "lighthouse")
    return sorted(call.intent.label for call in calls if re.search(r"extension \d$", call.intent.label))


async def test_a_chain_that_drifts_goes_on_from_its_last_good_frame_drawn_clean(make, studio, vault):
    opened = studio("extension:1:drift", footage="film")
    asked = {"seconds": 11, "shots": listed(vault), "drift": "reanchor", "review": UNJUDGED}

    report = await (await make(**asked)).aresult()

    (take,) = latest_manifest(FolderVault(vault), "lighthouse").shots[0].takes
    assert [(hop.seconds, hop.returned) for hop in take.hops] == [(4, "whole"), (8, "tail")]
    assert take.footage.frames == 12 * 24
    assert not take.wrong, take.findings
    assert any("Extension 1 was not used" in finding and "drawn clean" in finding for finding in take.findings)
    assert [verdict.accepted for verdict in take.verdicts if verdict.judge == "drift"] == [True, True]
    assert (report.state, report.seconds) == ("complete", 11)
    paid = opened.tally()
    assert (paid.accepted["image"], paid.accepted["video"], paid.accepted["extension"]) == (2, 2, 1)
    planned = estimate(brief(seconds=11, drift="reanchor"), board(LONG), TABLE, DAY, write=False)
    assert {"keyframe s010 anchored", "take s010 filmed on from it"} <= {one.what for one in planned.if_it_fails}
    assert report.usd.spent <= planned.usd + planned.if_it_fails_usd

    await make(**asked)

    assert opened.tally() == paid


async def test_or_ends_before_what_drifted(make, studio, vault):
    opened = studio("extension:1:drift", footage="film")

    report = await (await make(seconds=11, shots=listed(vault), drift="cut", review=UNJUDGED)).aresult()

    (take,) = latest_manifest(FolderVault(vault), "lighthouse").shots[0].takes
    assert len(take.hops) == 1
    assert any("The take ends before it" in finding for finding in take.findings)
    assert (report.seconds, report.shots[0].seconds) == (4, 4)
    assert opened.tally().accepted["video"] == 1


async def test_a_chain_in_which_somebody_becomes_somebody_else_is_told_with_who_when_and_how_much(make, studio, vault):
    opened = studio(OTHERWISE, footage="film")
    asked = {"seconds": 18, "shots": listed(vault, WALK), "characters": [MARA], "review": TAKES}

    report = await (await make(**asked)).aresult()

    (take,) = takes(vault)
    (verdict,) = drift(take)
    (finding,) = verdict.findings
    assert (finding.code, finding.seconds, finding.value, finding.limit) == ("drift-identity", 18, 0.3, 0.6)
    assert "Mara 0.93 like the references; extension 2:" in verdict.reasons
    assert "another face and other clothes" in finding.what
    assert compared(vault) == [f"review lighthouse/s010/t01 extension {hop}" for hop in (1, 2)]
    assert report.usd.spent == pytest.approx(opened.tally().total_usd, abs=1e-5)
    planned = estimate(brief(seconds=18, characters=[MARA], review=TAKES), board(WALK), TABLE, DAY, write=False)
    assert [one.what for one in planned.purchases if one.kind == "review"] == [
        "review s010 extension 1",
        "review s010 extension 2",
        "review s010",
    ]
    assert verdict.usd > 0
    assert report.usd.spent <= planned.usd
    paid = opened.tally()

    await make(**asked)

    assert opened.tally() == paid


async def test_or_is_cut_before_anything_more_is_bought(make, studio, vault):
    opened = studio("extension:1:wrong-identity", footage="film")

    await make(seconds=18, shots=listed(vault, WALK), characters=[MARA], review=TAKES, drift="cut")

    (take,) = takes(vault)
    assert ([hop.seconds for hop in take.hops], opened.tally().accepted["extension"]) == ([4], 1)
    assert any("Extension 1 was not used: extension 1 drifts in identity" in finding for finding in take.findings)
    assert not take.wrong
    assert all(verdict.accepted for verdict in take.verdicts)
    assert compared(vault) == ["review lighthouse/s010/t01 extension 1"]


async def test_or_goes_on_from_the_last_frame_that_shows_the_right_person(make, studio, vault):
    opened = studio(OTHERWISE, footage="film")
    asked = {"seconds": 18, "shots": listed(vault, WALK), "characters": [MARA], "review": TAKES, "drift": "reanchor"}

    report = await (await make(**asked)).aresult()

    (take,) = takes(vault)
    assert [hop.returned for hop in take.hops] == ["whole", "whole", "tail"]
    assert all(verdict.accepted for verdict in take.verdicts), "and nobody else is seen at its end"
    assert drift(take)[0].reasons.count("Mara 0.93 like the references") == 2
    assert sorted(verdict.usd > 0 for verdict in drift(take)) == [True, True], "what the dropped one cost is told, too"
    planned = estimate(
        brief(seconds=18, characters=[MARA], review=TAKES, drift="reanchor"), board(WALK), TABLE, DAY, write=False
    )
    assert "review s010 anchored" in {one.what for one in planned.if_it_fails}
    assert report.usd.spent <= planned.usd + planned.if_it_fails_usd
    assert report.usd.spent == pytest.approx(opened.tally().total_usd, abs=1e-5)
    paid = opened.tally()

    await make(**asked)

    assert opened.tally() == paid


@pytest.mark.parametrize("without", [{"review": UNJUDGED}, {"characters": []}, {"seconds": 4}])
async def test_nobody_is_compared_where_takes_are_not_judged_nobody_is_known_or_nothing_is_extended(
    make, studio, vault, without
):
    studio(footage="film")
    asked = {"seconds": 11, "characters": [MARA], "review": TAKES, **without}
    shot = {**WALK, "seconds": asked["seconds"], "characters": tuple(one["name"] for one in asked["characters"])}

    await make(shots=listed(vault, shot), **asked)

    assert compared(vault) == []
    planned = estimate(brief(**asked), board(shot), TABLE, DAY, write=False)
    assert not [one for one in planned.purchases if one.kind == "review" and "extension" in one.what]
