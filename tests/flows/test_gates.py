"""A person decides at every gate: what is shown costs what is shown, and nothing is bought while they think."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.gates import give
from onereel.adapters.folder import FolderVault
from onereel.approvals import Answer, waited_for
from onereel.casting import stored_brief
from onereel.cli import main
from onereel.errors import BadInput
from onereel.models import MODELS, with_proxy
from onereel.writing import latest_board

GATES = ("storyboard", "keyframes", "takes", "cut")
TABLE = with_proxy(MODELS)
UNREVIEWED = {"keyframes": False, "takes": False}
"""Judging asks the text model, too: here only what a gate lets through is counted."""


async def say(vault: Path, **said):
    """Answer what the lighthouse waits for."""
    place = FolderVault(vault)
    brief = stored_brief(place, "lighthouse")
    answer = Answer.model_validate(said)
    return await give(place, brief, TABLE, answer, by="a person", said=f"test/{datetime.now(UTC)}")


def rows(vault: Path):
    """The storyboard in force, as the form shows it."""
    return [
        {"id": shot.id, "seconds": shot.seconds, "action": shot.action}
        for shot in latest_board(FolderVault(vault), "lighthouse").storyboard.shots
    ]


async def test_a_film_is_decided_on_gate_by_gate(make, studio, vault):
    opened = studio(footage="film")

    async def on(gate: str = "", **bought: int) -> object:
        """Produce on, to a gate or to the end; assert what that bought."""
        before = opened.tally().accepted
        state = await make(approve=GATES, review=UNREVIEWED)
        after = opened.tally().accepted
        assert {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]} == bought
        assert not gate or state.message.startswith(f"Waiting for approval: {gate}")
        return await state.aresult()

    report = await on("storyboard", text=1)
    assert report.exit_code == 5
    await on("storyboard")

    first, second = rows(vault)
    edited = [{**second, "seconds": 4}, {**first, "action": "The lamp goes out."}]
    await say(vault, decision="change", shots=edited)
    await on("storyboard")
    assert [(row["id"], row["seconds"]) for row in rows(vault)] == [(second["id"], 4), (first["id"], first["seconds"])]

    await say(vault)
    await on("keyframes", image=2)

    await say(vault, reject=[{"shot": "s010", "note": "The lamp is red."}])
    await on("keyframes", image=1)

    await say(vault)
    await on("takes", video=2)

    await say(vault, reject=[{"shot": "s020"}])
    await on("takes", video=1)

    await say(vault)
    await on("cut")

    await say(vault, reject=[{"shot": "s010", "note": "Slower."}])
    await on("takes", video=1)
    await say(vault)
    await on("cut")

    await say(vault)
    report = await on()
    assert report.state == "complete"
    assert {shot.id: shot.take for shot in report.shots} == {"s020": "t02", "s010": "t02"}
    assert (await on()).state == "complete"


async def test_who_decides_without_a_server_is_told_what_it_buys_and_where_to_look(make, studio, vault, capsys):
    studio(footage="film")
    report = await (await make(approve=["takes"], review=UNREVIEWED)).aresult()
    page = Path(report.page).read_text()
    with pytest.raises(SystemExit) as ended:
        main(["show", "lighthouse", "--vault", str(vault)])
    shown = capsys.readouterr()

    assert report.message == (
        f"Waiting for approval: takes; approving it buys nothing more, ${report.usd.spent:.2f} is spent"
    )
    assert [(shot.state, shot.take) for shot in report.shots] == [("filmed", "t01"), ("filmed", "t01")]
    assert "the takes" in page
    assert page.count("data:image/webp;base64,") == 4, "the first and last picture of each take"
    assert "default-src 'none'" in page
    assert not ended.value.code
    assert "lighthouse waits for approval: takes; approving it buys nothing more" in shown.err
    assert shown.out.split() == [report.page]


async def test_an_answer_that_cannot_be_carried_out_changes_nothing(make, studio, vault):
    studio()
    await make(approve=["storyboard"])

    for said, why in (
        ({"reject": [{"shot": "s990", "note": "Red."}]}, "there is no shot s990; there are s010, s020"),
        ({"reject": [{"shot": "s010"}]}, "s010: say in a note what should be different"),
        ({"ceiling_usd": 0.5}, r"costs up to \$.*the ceiling is \$0.50"),
        ({"ceiling_usd": 500}, r"above the budget of \$50.00; raise that first"),
        ({"shots": rows(vault)[:1]}, "the brief asks for 12 s"),
        ({"shot_list": "id,seconds,action\ns010,twelve,Rain\n"}, "row 2, column seconds: must be a number"),
        ({"shot_list": "lists/none.csv"}, "has no shot list 'lists/none.csv'"),
    ):
        with pytest.raises(BadInput, match=why):
            await say(vault, **said)

    assert waited_for(FolderVault(vault), "lighthouse").gate == "storyboard"
    assert latest_board(FolderVault(vault), "lighthouse").version == 1


async def test_a_ceiling_set_at_a_gate_is_the_wall_from_there_on(make, studio, vault):
    opened = studio()
    usd = (await (await make(approve=["storyboard"])).aresult()).usd.estimated
    await say(vault, ceiling_usd=round(usd + 0.01, 2))

    state = await make(approve=["storyboard"], seconds=16, shots=listed(vault, 4))

    with pytest.raises(BadInput, match=rf"the budget is \${usd + 0.01:.2f}"):
        await state.aresult()
    assert opened.tally().accepted["video"] == 0


async def test_when_the_time_is_over_the_default_of_the_gate_counts(make, studio, vault):
    opened = studio()
    soon = {"storyboard": {"hours": 1e-6, "then": "approve"}, "takes": {"hours": 1e-6, "then": "stop"}}

    waits = await make(gates=soon)
    assert waits.message.startswith("Waiting for approval: storyboard")

    again = await make(gates=soon)
    assert again.message.startswith("Waiting for approval: takes")
    assert (await make(gates=soon)).message.startswith("Waiting for approval: takes")
    assert opened.tally().accepted["video"] == 2


def listed(vault: Path, shots: int) -> str:
    """Put a shot list of 4 s shots into a vault and return its key."""
    path = vault / "lists" / "shots.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "seconds", "action"])
        writer.writerows([f"s{10 * n:03d}", 4, f"Action {n}"] for n in range(1, shots + 1))
    return "lists/shots.csv"
