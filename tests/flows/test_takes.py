"""Takes are kept, compared and chosen: what a producer decides stays decided, and costs nothing."""

from pathlib import Path

import pytest

from flows.assemble import pick
from flows.reshoot import reshoot
from onereel.adapters.folder import FolderVault
from onereel.delivering import latest_manifest
from onereel.errors import BadInput
from onereel.media import keep
from onereel.picks import picks_of
from tests.productions import board


def listed(vault: Path, *shots: dict) -> str:
    """Keep a shot list in the vault, and return its key."""
    return keep(FolderVault(vault), board(*shots).model_dump_json().encode(), "json").key


def manifest(vault: Path):
    """The newest cut's."""
    return latest_manifest(FolderVault(vault), "lighthouse")


async def test_a_picked_take_stays_on_screen_until_the_shot_is_filmed_again(make, studio, vault):
    opened = studio(footage="film")
    shots = listed(vault, {}, {"join": "continue"}, {})
    asked = {"seconds": 12, "shots": shots, "candidates": 2}
    await make(**asked)
    await reshoot("lighthouse", ["s010"], retouch="The coat is red.", return_state=True)
    before = opened.tally()

    picked = await (await pick("lighthouse", "s010", "t01", return_state=True)).aresult()
    again = await (await make(**asked)).aresult()

    assert [shot.take for shot in picked.shots] == ["t01", "t02", "t01"]
    assert "opens on the last frame of lighthouse/s010/t02" in picked.findings[0]
    assert manifest(vault).shots[0].picked
    assert manifest(vault).shots[1].state.findings == picked.findings
    assert again.master == picked.master
    assert opened.tally() == before

    await pick("lighthouse", "s010/opening", "2", return_state=True)
    chosen = await (await make(**asked)).aresult()
    keyframe = next(one for one in manifest(vault).shots[0].keyframes if one.id == "s010/opening")
    assert "candidate 2, chosen by a person" in keyframe.findings
    assert [shot.take for shot in chosen.shots] == ["t03", "t03", "t01"]
    assert not manifest(vault).shots[0].picked
    assert len([one for one in picks_of(FolderVault(vault), "lighthouse") if not one.why]) == 2

    with pytest.raises(BadInput, match="s010 has no take 't09'; it has t01, t02, t03"):
        await (await pick("lighthouse", "s010", "t09", return_state=True)).aresult()


async def test_of_several_takes_the_first_is_shown_where_nobody_judged(make, studio, vault):
    opened = studio()

    report = await (await make(seconds=12, take_candidates=2)).aresult()

    shot = manifest(vault).shots[0]
    assert opened.tally().accepted["video"] == 2 * len(report.shots)
    assert sorted(take.sample for take in shot.takes) == [1, 2]
    assert shot.active == next(take.slate for take in shot.takes if take.sample == 1)
    assert report.usd.spent <= report.usd.estimated
