"""A brief becomes a film."""

import csv
import json
import logging
from pathlib import Path

import av
import opentimelineio as otio
import pytest

from flows.produce import produce
from onereel.adapters.film import inspect, verify
from onereel.adapters.folder import FolderVault
from onereel.brief import Brief
from onereel.calls import calls_of
from onereel.delivering import latest_manifest
from onereel.errors import BadInput
from onereel.footage import Media

FIRST_AND_LAST = {
    "id": "s010",
    "seconds": "4",
    "action": "Rain beats against the lantern room",
    "opening": "The dark lantern room, wide shot",
    "closing": "A single lamp glows on a table, close-up",
}
MATCH = {"id": "s020", "seconds": "4", "action": "The lamp is carried up the stairs", "join": "match"}
CONTINUE = {"id": "s030", "seconds": "4", "action": "It reaches the gallery", "join": "continue"}
EXTENDED = {"id": "s040", "seconds": "12", "action": "A boat fights the waves", "setting": "open sea at night"}
EVERY_JOIN = [FIRST_AND_LAST, MATCH, CONTINUE, EXTENDED]


def listed(vault: Path, rows: list[dict[str, str]]) -> str:
    """Put a shot list into a vault and return its key."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    path = vault / "lists" / "shots.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return "lists/shots.csv"


def delivered(vault: Path):
    """Return the newest manifest of the film in a vault."""
    return latest_manifest(FolderVault(vault), "lighthouse")


def path_of(vault: Path, media: Media) -> Path:
    return vault / media.key


async def test_a_brief_becomes_a_playable_film_of_the_length_asked(make, studio, vault):
    studio()

    report = await (await make(seconds=24)).aresult()

    assert report.state == "complete"
    footage = verify(Path(report.master))
    assert footage.frames == pytest.approx(24 * 24, abs=1)
    assert footage.audio_seconds == pytest.approx(24, abs=0.05)
    assert (footage.width, footage.height) == (320, 180)


async def test_every_frame_of_a_film_with_every_join_is_there(make, studio, vault):
    studio()

    report = await (await make(seconds=24, shots=listed(vault, EVERY_JOIN))).aresult()

    assert verify(Path(report.master)).frames == 24 * 24
    assert [shot.state for shot in report.shots] == ["filmed"] * 4


async def test_no_request_breaks_a_documented_rule_and_none_is_refused(make, studio, vault):
    opened = studio()

    await make(seconds=24, shots=listed(vault, EVERY_JOIN))

    tally = opened.tally()
    assert (tally.illegal, tally.refused) == (0, 0)


async def test_omni_films_the_same_brief(make, studio, vault, monkeypatch):
    opened = studio()
    monkeypatch.delenv("GOOGLE_GENAI_USE_ENTERPRISE")  # Omni is reached through the Gemini API

    report = await (
        await make(
            seconds=24, resolution="360p", models={"video": "gemini-omni-1.2-flash"}, shots=listed(vault, EVERY_JOIN)
        )
    ).aresult()

    assert report.state == "complete"
    assert (opened.tally().illegal, opened.tally().refused) == (0, 0)


async def test_the_ledger_agrees_with_what_the_studio_billed(make, studio, vault):
    opened = studio()

    report = await (await make(seconds=24, shots=listed(vault, EVERY_JOIN))).aresult()

    assert report.usd.spent == pytest.approx(opened.tally().total_usd, abs=1e-5)


async def test_the_estimate_is_not_exceeded(make, studio, vault):
    studio()

    report = await (await make(seconds=24, shots=listed(vault, EVERY_JOIN))).aresult()

    assert report.usd.spent <= report.usd.estimated


async def test_a_second_run_asks_nothing_and_cuts_nothing_anew(make, studio, vault):
    opened = studio()
    first = await (await make(seconds=24)).aresult()
    before = opened.tally()

    again = await (await make(seconds=24)).aresult()

    assert opened.tally() == before
    assert again.master == first.master
    assert again.calls.model_dump() == {"text": 0, "image": 0, "video": 0}


async def test_an_edited_shot_makes_its_own_calls_and_those_of_what_continues_it(make, studio, vault):
    opened = studio(footage="film")
    await make(seconds=24, shots=listed(vault, EVERY_JOIN))
    before = opened.tally().accepted
    edited = [FIRST_AND_LAST, {**MATCH, "action": "The lamp is carried down the stairs"}, CONTINUE, EXTENDED]

    report = await (await make(seconds=24, shots=listed(vault, edited))).aresult()

    after = opened.tally().accepted
    assert {kind: after[kind] - before[kind] for kind in after} == {"text": 2, "image": 0, "video": 2, "extension": 0}
    assert [shot.take for shot in report.shots] == ["t01", "t02", "t02", "t01"]


async def test_a_match_opens_on_the_keyframe_the_shot_before_closes_on(make, studio, vault):
    studio()

    await make(seconds=24, shots=listed(vault, EVERY_JOIN))

    shots = {papers.shot.id: papers.takes[-1] for papers in delivered(vault).shots}
    assert shots["s020"].opening == shots["s010"].closing


async def test_a_continue_opens_on_the_exact_last_frame_of_the_take_before(make, studio, vault):
    studio()

    await make(seconds=24, shots=listed(vault, EVERY_JOIN))

    shots = {papers.shot.id: papers.takes[-1] for papers in delivered(vault).shots}
    last = inspect(path_of(vault, shots["s020"].film)).last
    assert shots["s030"].opening == Media.of(last, "png")
    assert shots["s030"].parent == "lighthouse/s020/t01"


async def test_an_extended_shot_keeps_a_film_for_every_hop(make, studio, vault):
    studio()

    await make(seconds=24, shots=listed(vault, EVERY_JOIN))

    take = delivered(vault).shots[3].takes[0]
    assert [hop.seconds for hop in take.hops] == [6, 7]
    assert [verify(path_of(vault, hop.film)).frames for hop in take.hops] == [6 * 24, 13 * 24]


@pytest.mark.parametrize("returned", ["whole", "tail"])
async def test_what_an_extension_returns_is_told_by_its_length(make, studio, vault, returned):
    studio(extension_returns=returned)

    report = await (await make(seconds=12, shots=listed(vault, [EXTENDED]))).aresult()

    assert report.state == "complete"
    assert delivered(vault).shots[0].takes[0].hops[1].returned == returned


async def test_a_delivery_has_its_papers(make, studio, vault):
    studio()

    report = await (await make(seconds=24, shots=listed(vault, EVERY_JOIN))).aresult()

    folder = Path(report.master).parent
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "master.mp4",
        "manifest.json",
        "poster.jpg",
        "contact.jpg",
        "cut.otio",
        "report.html",
        "captions.vtt",
        "captions.srt",
        "ledger.csv",
        "ledger.parquet",
    }
    with av.open(report.master) as master:
        assert [chapter["metadata"]["title"][:4] for chapter in master.chapters()] == ["s010", "s020", "s030", "s040"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["label"].startswith("AI-generated")
    timeline = otio.adapters.read_from_file(str(folder / "cut.otio"))
    links = [clip.media_reference.target_url for clip in timeline.find_clips()]
    assert all((folder / link).resolve().is_file() for link in links)


async def test_a_filtered_shot_becomes_a_slate_and_the_film_is_delivered(make, studio, vault):
    opened = studio("video:~waves:filtered")

    state = await make(seconds=24, shots=listed(vault, EVERY_JOIN))

    report = await state.aresult()
    assert (state.name, state.message) == ("Delivered with 1 slate", "Delivered with 1 slate")
    assert [shot.state for shot in report.shots] == ["filmed", "filmed", "filmed", "slate"]
    assert verify(Path(report.master)).frames == 24 * 24
    assert report.usd.spent == pytest.approx(opened.tally().total_usd, abs=1e-5)


async def test_a_busy_studio_is_asked_again_no_sooner_than_it_said(make, studio, vault):
    opened = studio("video:1:429:after=0.3", "image:1:503", "text:1:429:after=0.3")

    report = await (await make()).aresult()

    assert report.state == "complete"
    assert opened.tally().early_retries == 0


async def test_a_dropped_connection_after_acceptance_is_never_paid_twice(make, studio, vault):
    opened = studio("video:1:drop-after")

    state = await make(seconds=12, shots=listed(vault, [EXTENDED, {**EXTENDED, "id": "s050", "action": "Dawn"}][:1]))

    assert state.is_failed()
    assert opened.tally().accepted["video"] == 1
    await make(seconds=12, shots=listed(vault, [EXTENDED]))
    assert opened.tally().accepted["video"] == 1


async def test_a_budget_below_the_plan_is_refused_before_anything_is_bought(make, studio, vault):
    opened = studio()

    state = await make(seconds=24, budget_usd=2, shots=listed(vault, EVERY_JOIN))

    with pytest.raises(BadInput, match=r"costs up to \$.*the budget is \$2.00"):
        await state.aresult()
    assert sum(opened.tally().accepted.values()) == 0


async def test_a_rehearsal_keeps_to_its_own_corner_of_the_vault(rehearse, vault):
    report = await (await rehearse()).aresult()

    assert report.rehearsal
    assert {path.name for path in vault.iterdir()} == {"rehearsal"}
    assert not calls_of(FolderVault(vault), "lighthouse")


async def test_a_model_the_environment_does_not_reach_is_refused(prefect, vault, patience, monkeypatch):
    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_GENAI_USE_ENTERPRISE"):
        monkeypatch.delenv(name, raising=False)

    brief = Brief(production="lighthouse", idea="A storm passes.", seconds=12)
    state = await produce(brief=brief, return_state=True)

    with pytest.raises(BadInput, match="--rehearse"):
        await state.aresult()
    assert not vault.exists()


async def test_a_log_is_not_drowned_by_tasks_that_end_well(make, studio, caplog):
    studio("video:1:429:after=0.1")
    caplog.set_level(logging.INFO, "prefect.task_runs")
    tasks = logging.getLogger("prefect.task_runs")
    tasks.addHandler(caplog.handler)
    try:
        assert (await (await make()).aresult()).state == "complete"
    finally:
        tasks.removeHandler(caplog.handler)

    told = [record.getMessage() for record in caplog.records if record.name == "prefect.task_runs"]
    assert any("Retry" in line for line in told)
    assert not any("Finished in state" in line for line in told)


async def test_another_film_under_a_name_that_is_taken_says_so(make, studio, vault, caplog):
    studio()
    edited = "A storm passes over a lighthouse at dawn; the keeper waits for a boat that is late."
    other = "Two chefs race through a night market to find the last mango of the season."
    told = []
    await make(seconds=4)
    for idea in (edited, other):
        caplog.clear()
        with caplog.at_level(logging.WARNING, "onereel"):
            await make(seconds=4, idea=idea)
        told.append([record.message for record in caplog.records if "another idea" in record.message])

    assert told[0] == []
    (warning,) = told[1]
    assert warning.startswith("lighthouse was made from another idea before (A storm passes over a lighthouse")
    assert "$" in warning
