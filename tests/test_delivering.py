"""The delivery: a cut of takes and slates, a master, and papers that tell the truth about it."""

import asyncio
import dataclasses
import io
import json
import shutil
from pathlib import Path

import av
import numpy as np
import opentimelineio as otio
import pytest
from PIL import Image

from onereel.adapters.film import verify
from onereel.calls import calls_of, spent_on
from onereel.certificates import stand_in
from onereel.credentials import SOURCE_TYPE, read_credentials
from onereel.delivering import (
    Missing,
    Story,
    deliver,
    edit,
    existing,
    latest_manifest,
    next_version,
    shot_states,
)
from onereel.errors import Filtered
from onereel.filming import takes_of
from onereel.media import fetch, fetch_file
from onereel.papers import AI_LABEL
from onereel.report import report
from onereel.studio import parse_fault
from onereel.writing import keep_board
from tests.film_fixtures import heard
from tests.productions import OMNI, board, brief, film, framed, keyframes, planned, setup_of

SHOTS = (
    {
        "seconds": 3,
        "transition": "fade",
        "dialogue": ["Mara: Not tonight.", "Tom: <b>Why?</b>"],
        "action": "Mara waits",
    },
    {"seconds": 3, "opening": "a door, shut, by day", "closing": "the open sea at night"},
    {"seconds": 4, "action": "The boat comes\nhome"},
)
STORYBOARD = board(*SHOTS)
PLAN = planned(STORYBOARD, seconds=10)
MISSING = Missing("clip lighthouse/s030/t01: filtered: violence")
PAPERS = {
    "report.html",
    "poster.jpg",
    "contact.jpg",
    "cut.otio",
    "captions.vtt",
    "captions.srt",
    "ledger.csv",
    "ledger.parquet",
    "master.mp4",
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """What was filmed once, for every test of this file."""
    return {"folder": tmp_path_factory.mktemp("filmed") / "vault"}


@pytest.fixture
async def company(hire, vault, shelf):
    """A company whose first two shots are in the can; the third was refused."""
    company = await hire(brief(seconds=10))
    if "story" in shelf:
        shutil.copytree(shelf["folder"], vault.url)
        return company
    stills = await keyframes(company, PLAN)
    setups = [setup_of(PLAN, STORYBOARD, shot, framed(PLAN, stills, shot)) for shot in ("s010", "s020")]
    takes = await asyncio.gather(*(film(company, setup) for setup in setups))
    results = {"s010": takes[0], "s020": takes[1], "s030": MISSING}
    shelf["story"] = Story(PLAN, keep_board(vault, "lighthouse", "a", STORYBOARD), results, stills)
    shutil.copytree(vault.url, shelf["folder"])
    return company


@pytest.fixture
def story(company, shelf):
    return shelf["story"]


def folder_of(vault, manifest):
    return Path(vault.url) / f"productions/lighthouse/cuts/v{manifest.version:03d}"


async def test_the_cut_is_the_plan_with_takes_where_there_are_some(story):
    cut = edit(story.plan, STORYBOARD, story.results)

    assert [(clip.shot, clip.frames, clip.skip_frames, clip.handle_frames, clip.transition) for clip in cut.clips] == [
        ("s010", 72, 0, 12, "fade"),
        ("s020", 72, 24, 0, "cut"),
        ("s030", 96, 0, 0, "cut"),
    ]
    assert cut.frames == PLAN.frames
    assert (cut.width, cut.height) == PLAN.size


async def test_a_missing_shot_is_a_slate_of_its_length_that_says_why(story):
    slate = edit(story.plan, STORYBOARD, story.results).clips[2]

    assert slate.media is None
    assert slate.frames == 96
    assert "violence" in slate.reason


@pytest.mark.parametrize(("cause", "state"), [("failed", "slate"), ("budget", "slate"), ("filming", "filming")])
async def test_every_shot_says_how_it_stands(story, cause, state):
    results = {**story.results, "s030": Missing("why", cause)}

    assert [(one.id, one.state, one.take) for one in shot_states(PLAN, results)] == [
        ("s010", "filmed", "lighthouse/s010/t01"),
        ("s020", "filmed", "lighthouse/s020/t01"),
        ("s030", state, ""),
    ]


async def test_the_master_plays_from_end_to_end_and_is_as_long_as_the_plan(company, story, vault):
    manifest = await deliver(company, story)
    seen = verify(folder_of(vault, manifest) / "master.mp4")

    assert (seen.frames, seen.width, seen.height) == (PLAN.frames, *PLAN.size)
    assert abs(seen.audio_seconds - seen.seconds) <= 1 / 24
    assert manifest.footage.frames == seen.frames
    assert manifest.footage.seconds == PLAN.frames / 24
    assert manifest.assembly.clips[2] == "slate"


async def test_everything_lies_beside_the_master(company, story, vault):
    manifest = await deliver(company, story)
    folder = folder_of(vault, manifest)

    assert {path.name for path in folder.iterdir()} == {*PAPERS, "manifest.json"}
    assert set(manifest.papers) == PAPERS
    assert (folder / "master.mp4").read_bytes() == fetch(vault, manifest.master)
    assert all(Image.open(folder / name).format == "JPEG" for name in ("poster.jpg", "contact.jpg"))


async def test_the_manifest_tells_everything_about_every_shot(company, story, vault):
    manifest = await deliver(company, story)
    first, second, third = manifest.shots

    assert first.takes == tuple(takes_of(company, "s010"))
    assert (first.active, second.active, third.active) == ("lighthouse/s010/t01", "lighthouse/s020/t01", "")
    assert [keyframe.id for keyframe in second.keyframes] == ["s020/opening", "s020/closing"]
    assert [one.start for one in manifest.shots] == [0, 3, 6]
    assert [one.shot for one in manifest.shots] == list(STORYBOARD.shots)
    assert manifest.slates == 1
    assert manifest.storyboard_version == 1
    assert all(take.words and take.model and take.seed is not None and take.usd for take in first.takes)
    assert all(hop.key in {call.intent.key for call in calls_of(vault, "lighthouse")} for hop in first.takes[0].hops)
    assert manifest.usd.spent == spent_on(calls_of(vault, "lighthouse"), "lighthouse") > 0
    assert manifest.usd.estimated == PLAN.usd


async def test_a_delivery_says_that_machines_made_it_and_that_it_was_a_rehearsal(company, story):
    manifest = await deliver(company, story)

    assert manifest.label == AI_LABEL
    assert "trainedAlgorithmicMedia" in manifest.digital_source_type
    assert manifest.rehearsal
    assert manifest.made_with.startswith("onereel ")


async def test_a_delivery_says_where_it_comes_from_and_so_does_every_file_it_was_made_of(company, story, vault):
    manifest = await deliver(company, story)
    folder, proof = folder_of(vault, manifest), manifest.provenance
    take, keyframe = manifest.shots[0].takes[0], manifest.shots[1].keyframes[0]

    assert proof.test
    assert "test certificate" in proof.signed_by
    assert proof.credentials == read_credentials(folder / "master.mp4", "mp4")
    assert (proof.credentials.state, proof.credentials.ingredients) == (
        "valid",
        ("lighthouse/s010/t01", "lighthouse/s020/t01"),
    )
    assert take.hops[0].credentials == read_credentials(fetch(vault, take.hops[0].media), "mp4")
    assert keyframe.credentials == read_credentials(fetch(vault, keyframe.drawn), "png")
    assert take.hops[0].credentials.state == keyframe.credentials.state == "valid"
    assert all(SOURCE_TYPE.encode() in Image.open(folder / name).info["xmp"] for name in ("poster.jpg", "contact.jpg"))


async def test_without_a_certificate_a_master_is_unsigned_and_says_so_and_with_one_it_is_cut_anew(company, story):
    nobody = await deliver(dataclasses.replace(company, signatory=None), story)
    somebody = await deliver(dataclasses.replace(company, signatory=stand_in("A producer")), story)
    renewed = await deliver(dataclasses.replace(company, signatory=stand_in.__wrapped__("A producer")), story)

    assert (nobody.provenance.signed_by, nobody.provenance.credentials.state) == ("", "none")
    assert "ONEREEL_C2PA_CERTIFICATE" in nobody.provenance.remark
    assert (nobody.version, somebody.version) == (1, 2)
    assert "A producer" in somebody.provenance.credentials.signed_by
    assert renewed == somebody


async def test_the_terms_of_every_reference_are_in_the_papers(company, story):
    there = {"path": "media/aa/face.png", "licence": "CC BY 4.0", "source": "An archive"}
    said = brief(seconds=10, characters=[{"name": "Mara", "description": "keeper", "references": [there]}])
    manifest = await deliver(dataclasses.replace(company, brief=said), story)

    assert [(one.of, one.licence, one.source) for one in manifest.provenance.references] == [
        ("Mara", "CC BY 4.0", "An archive")
    ]


async def test_the_same_cut_is_not_rendered_twice(company, story, vault):
    first = await deliver(company, story)

    assert await deliver(company, story) == first
    assert next_version(vault, "lighthouse") == 2


async def test_the_ledger_beside_an_unchanged_cut_is_kept_up_to_date(company, hire, story, studio, vault):
    manifest = await deliver(company, story)
    before = (folder_of(vault, manifest) / "ledger.csv").read_text()
    studio.plan.add(parse_fault("video:*:filtered"))
    later = await hire(brief(seconds=10))
    again = setup_of(PLAN, STORYBOARD, "s010", sample=2)
    with pytest.raises(Filtered):
        await film(later, again)

    assert await deliver(later, story) == manifest
    after = (folder_of(vault, manifest) / "ledger.csv").read_text()
    assert after.count("\n") == before.count("\n") + 1
    assert "filtered" in after


async def test_a_cut_that_changes_is_a_new_version_and_the_old_one_stays(company, story, vault):
    first = await deliver(company, story)
    again = Story(PLAN, story.board, {**story.results, "s020": MISSING}, story.keyframes)
    second = await deliver(company, again)

    assert (first.version, second.version) == (1, 2)
    assert latest_manifest(vault, "lighthouse") == second
    assert verify(folder_of(vault, first) / "master.mp4").frames == PLAN.frames
    assert second.slates == 2


async def test_a_delivery_cut_short_is_no_delivery_and_its_number_is_not_used_again(company, story, vault):
    vault.write("productions/lighthouse/cuts/v001/poster.jpg", b"half", "image/jpeg")

    assert latest_manifest(vault, "lighthouse") is None
    assert (await deliver(company, story)).version == 2


async def test_the_masters_title_is_the_films(company, story, vault):
    titled = story.board.model_copy(update={"storyboard": STORYBOARD.model_copy(update={"title": "The Late Boat"})})
    manifest = await deliver(company, dataclasses.replace(story, board=titled))

    with av.open(str(folder_of(vault, manifest) / "master.mp4")) as master:
        assert master.metadata["title"] == "The Late Boat"


async def test_the_timelines_links_lead_from_the_cuts_folder_to_the_takes(company, story, vault):
    manifest = await deliver(company, story)
    folder = folder_of(vault, manifest)
    track = otio.adapters.read_from_file(str(folder / "cut.otio")).tracks[0]

    for clip, take in zip(track.find_clips(), (story.results["s010"], story.results["s020"]), strict=True):
        linked = folder / clip.media_reference.target_url
        assert linked.resolve() == Path(vault.address(take.film.key)).resolve()
        assert verify(linked).frames == take.footage.frames
    assert track.duration().to_frames() == PLAN.frames


async def test_captions_are_timed_by_the_cut_and_slates_have_none(company, story, vault):
    told = (folder_of(vault, await deliver(company, story)) / "captions.vtt").read_text()

    assert told.startswith("WEBVTT")
    assert told.count("-->") == 2
    assert "Mara: Not tonight." in told


async def test_a_film_nothing_was_filmed_of_is_all_slates(company, story, vault):
    story = Story(PLAN, story.board, dict.fromkeys(("s010", "s020", "s030"), MISSING), {})
    manifest = await deliver(company, story)

    assert verify(folder_of(vault, manifest) / "master.mp4").frames == PLAN.frames
    assert manifest.slates == 3


async def test_what_exists_is_the_newest_take_of_every_shot(company, story):
    found = existing(company, PLAN)

    assert found["s010"] == story.results["s010"]
    assert isinstance(found["s030"], Missing)


@pytest.mark.parametrize(
    ("cause", "state", "code"), [("failed", "partial", 3), ("filming", "partial", 3), ("budget", "budget", 4)]
)
async def test_the_report_says_how_it_ended_and_where_everything_is(company, story, vault, cause, state, code):
    results = {**story.results, "s030": Missing("why", cause)}
    manifest = await deliver(company, Story(PLAN, story.board, results, story.keyframes))
    told = report(company, PLAN, shot_states(PLAN, results), results, manifest)

    assert (told.state, told.exit_code) == (state, code)
    assert "1 slate" in told.message
    assert told.reasons == ("s030: why",)
    assert verify(Path(told.master)).frames == PLAN.frames
    assert json.loads(Path(told.manifest).read_text())["production"] == "lighthouse"
    assert [(shot.id, shot.take) for shot in told.shots] == [("s010", "t01"), ("s020", "t01"), ("s030", "")]
    assert told.usd.spent == pytest.approx(sum(call.outcome.usd for call in calls_of(vault, "lighthouse")))


async def test_a_film_without_gaps_is_complete(company, story, tmp_path):
    two = board(*SHOTS[:2])
    plan = planned(two, seconds=6)
    results = {shot: story.results[shot] for shot in ("s010", "s020")}
    manifest = await deliver(company, Story(plan, keep_board(company.vault, "lighthouse", "b", two), results, {}))
    told = report(company, plan, shot_states(plan, results), results, manifest)

    assert (told.state, told.exit_code, told.message, told.reasons) == ("complete", 0, "Delivered", ())
    last = verify(fetch_file(company.vault, manifest.master, tmp_path / "master.mp4"))
    assert last.frames == plan.frames


async def test_the_end_of_a_take_that_closes_on_a_picture_is_the_end_on_screen(company, story, vault, tmp_path):
    """Its surplus is trimmed at the head, so the closing keyframe is what the shot ends on."""
    take = story.results["s020"]
    cut = edit(PLAN, STORYBOARD, story.results)

    assert cut.clips[1].skip_frames + cut.clips[1].frames == take.footage.frames
    assert Image.open(io.BytesIO(fetch(vault, take.last_frame))).size == PLAN.size


async def test_a_film_that_is_asked_to_be_silent_is_silent(hire, vault):
    said = {"video": OMNI, "sound": False, "filming": "words", "seconds": 3}
    rows = board({"seconds": 3})
    company, found = await hire(brief(**said)), planned(rows, **said)
    take = await film(company, setup_of(found, rows, "s010"))

    manifest = await deliver(company, Story(found, keep_board(vault, "lighthouse", "a", rows), {"s010": take}, {}))

    master = folder_of(vault, manifest) / "master.mp4"
    assert take.footage.audio_seconds, "the camera cannot leave it out"
    assert np.abs(heard(master)).max() < 1e-4
    assert verify(master).audio_seconds == pytest.approx(3, abs=0.05)
