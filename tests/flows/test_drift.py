"""Extensions that drift from their first clip: told, cut off, or filmed on from the last good frame, drawn clean."""

from datetime import date

from onereel.adapters.folder import FolderVault
from onereel.delivering import latest_manifest
from onereel.estimating import estimate
from onereel.media import keep
from tests.productions import TABLE, board, brief

LONG = {"id": "s010", "seconds": 11, "action": "A boat crosses the bay at noon"}
UNJUDGED = {"keyframes": False, "takes": False}


def listed(vault):
    return keep(FolderVault(vault), board(LONG).model_dump_json().encode(), "json").key


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
    planned = estimate(brief(seconds=11, drift="reanchor"), board(LONG), TABLE, date(2026, 11, 10), write=False)
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
