"""Shots are filmed again; old takes are kept; a new cut costs only what is new."""

from pathlib import Path

import pytest

from flows.assemble import assemble
from flows.reshoot import reshoot
from onereel.adapters.folder import FolderVault
from onereel.delivering import latest_manifest
from onereel.errors import BadInput
from onereel.media import keep
from tests.productions import board


def takes(vault: Path) -> dict[str, list[int]]:
    """Return the numbers of all takes, by shot."""
    manifest = latest_manifest(FolderVault(vault), "lighthouse")
    return {papers.shot.id: [take.number for take in papers.takes] for papers in manifest.shots}


async def test_a_reshoot_makes_a_new_take_and_keeps_the_old_one(make, studio, vault):
    opened = studio()
    first = await (await make(seconds=12)).aresult()
    before = opened.tally().accepted

    report = await (await reshoot("lighthouse", ["s010"], return_state=True)).aresult()

    assert report.shots[0].take == "t02"
    assert takes(vault)["s010"] == [1, 2]
    assert report.master != first.master
    assert Path(first.master).is_file()
    assert opened.tally().accepted["image"] == before["image"]


async def test_a_note_reaches_the_camera(make, studio, vault):
    studio()
    await make(seconds=12)

    await reshoot("lighthouse", ["s010"], note="Hold on the door longer.", return_state=True)

    take = latest_manifest(FolderVault(vault), "lighthouse").shots[0].takes[-1]
    assert "Hold on the door longer." in take.words


async def test_a_retouch_redraws_the_shots_keyframe_from_itself(make, studio, vault):
    opened = studio()
    await make(seconds=12)
    before = opened.tally().accepted["image"]

    report = await (await reshoot("lighthouse", ["s010"], retouch="The coat is red.", return_state=True)).aresult()

    assert report.state == "complete"
    words = [keyframe.words for keyframe in latest_manifest(FolderVault(vault), "lighthouse").shots[0].keyframes]
    assert any("The coat is red." in told for told in words)
    assert opened.tally().accepted["image"] - before == len(words)


async def test_producing_again_keeps_the_reshot_take(make, studio, vault):
    opened = studio()
    await make(seconds=12)
    await reshoot("lighthouse", ["s010"], note="Slower.", return_state=True)
    before = opened.tally().accepted

    report = await (await make(seconds=12)).aresult()

    assert report.shots[0].take == "t02"
    assert opened.tally().accepted == before


async def test_assembling_buys_nothing(make, studio, vault):
    opened = studio()
    await make(seconds=12)
    before = opened.tally()

    report = await (await assemble("lighthouse", return_state=True)).aresult()

    assert report.state == "complete"
    assert opened.tally() == before


async def test_an_unknown_shot_is_named(make, studio, vault):
    studio()
    await make(seconds=12)

    state = await reshoot("lighthouse", ["s990"], return_state=True)

    with pytest.raises(BadInput, match="no shot s990; it has s010"):
        await state.aresult()


async def test_a_reshoot_says_what_it_reaches_and_costs_and_keeps_what_is_pinned(make, studio, vault):
    opened = studio(footage="film")
    rows = board({}, {"join": "continue"}, {"join": "continue"}, {})
    shots = keep(FolderVault(vault), rows.model_dump_json().encode(), "json").key
    await make(seconds=16, shots=shots)
    before = opened.tally()
    asked = {"note": "The keeper drops the lamp.", "note_to": "words"}

    told = await (await reshoot("lighthouse", ["s010"], **asked, estimate_only=True, return_state=True)).aresult()
    assert told.message.startswith("s020 continues s010; s030 continues s020: all 3; at most $5.0")
    assert told.message.endswith("the other 1 stays")
    assert opened.tally() == before

    state = await reshoot("lighthouse", ["s010"], **asked, pin_shots=["s030"], return_state=True)
    report = await state.aresult()
    assert [shot.take for shot in report.shots] == ["t02", "t02", "t01", "t01"]
    assert "lighthouse/s030/t01 opens on the last frame of lighthouse/s020/t01" in report.findings[0]
    paid = {kind: opened.tally().accepted[kind] - before.accepted[kind] for kind in ("text", "image", "video")}
    assert paid == {"text": 1 + 3, "image": 1, "video": 2}, "one revision, three reviews"
    take = latest_manifest(FolderVault(vault), "lighthouse").shots[0].takes[-1]
    assert [(change.field, change.before, change.after) for change in take.changes] == [
        ("action", "Action 1", "Action 1. The keeper drops the lamp.")
    ]
    assert "drops the lamp" in take.words

    again = await (await make(seconds=16, shots=shots)).aresult()
    assert again.master == report.master

    broke = await reshoot("lighthouse", ["s040"], note="Again.", return_state=True)
    assert (await broke.aresult()).shots[3].take == "t02"
    refused = await make(seconds=16, shots=shots, budget_usd=11.5)
    assert (await refused.aresult()).state == "complete"
    with pytest.raises(BadInput, match=r"s010.*at most \$4.*of the budget of \$11.50"):
        await (await reshoot("lighthouse", ["s010"], note="Again.", return_state=True)).aresult()
