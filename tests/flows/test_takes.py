"""Takes are kept, compared and chosen: what a producer decides stays decided, and costs nothing."""

from pathlib import Path

import pytest

from flows.assemble import bring, pick
from flows.gates import give
from flows.reshoot import reshoot
from onereel.adapters.film import verify
from onereel.adapters.folder import FolderVault
from onereel.adapters.own import judge_own
from onereel.adapters.vaults import Shelf
from onereel.approvals import Answer
from onereel.casting import stored_brief
from onereel.delivering import latest_manifest
from onereel.drafted import Drafted, staying
from onereel.drafting import drafted
from onereel.errors import BadInput
from onereel.estimating import estimate
from onereel.media import fetch, keep, keep_file
from onereel.models import MODELS
from onereel.picks import picks_of
from onereel.writing import latest_board
from tests.film_fixtures import film
from tests.pictures_drawn import encoded, scene
from tests.productions import DAY, TABLE, board, brief, planned


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


@pytest.fixture
def own(tmp_path, vault) -> dict[str, str]:
    """A picture and a clip of the producer's: another size, another rate, no sound. By name, keys in the vault."""
    place = FolderVault(vault)
    picture = encoded(scene(size=(1600, 900)))
    clip = film(tmp_path / "own.mp4", frames=150, fps=30, width=640, height=360, sound=False)
    return {"picture": keep(place, picture, "png").key, "clip": keep_file(place, clip, "mp4").key}


async def test_own_pictures_and_clips_cost_nothing_and_are_said_to_be_own(make, studio, vault, own):
    opened = studio()
    rows = ({"opening_file": own["picture"]}, {"clip_file": own["clip"]}, {"join": "continue"})

    report = await (await make(seconds=12, shots=listed(vault, *rows))).aresult()

    first, second, third = manifest(vault).shots
    assert report.state == "complete"
    assert (opened.tally().accepted["image"], opened.tally().accepted["video"]) == (0, 2)
    assert first.keyframes[0].own
    assert first.keyframes[0].drawn.key == own["picture"]
    assert (second.takes[0].own, second.takes[0].usd, second.takes[0].source.key) == (True, 0, own["clip"])
    assert (second.takes[0].footage.width, second.takes[0].footage.frames) == (320, 120)
    assert third.takes[0].opening == second.takes[0].last_frame
    assert "s020: the producer's own material" in manifest(vault).label
    before = opened.tally()

    brought = await (await bring("lighthouse", "s010", own["clip"], return_state=True)).aresult()
    again = await (await make(seconds=12, shots=listed(vault, *rows))).aresult()

    assert [shot.take for shot in brought.shots] == ["t02", "t01", "t01"]
    assert again.master == brought.master
    assert opened.tally() == before
    rows = ({"seconds": 6, "clip_file": own["clip"]}, {}, {})
    short = await make(seconds=14, shots=listed(vault, *rows))
    with pytest.raises(BadInput, match=r"lasts 5.00 s; the shot shows 6 s"):
        await short.aresult()


def test_a_shot_lists_files_lie_beside_it(tmp_path, vault, own):
    place = FolderVault(vault)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "playlist.mp4").write_text("#EXTM3U\nhttp://10.0.0.1/a.ts")
    wrong = board({"clip_file": "../own.mp4"}, {"clip_file": "playlist.mp4"}, {"opening_file": "http://10.0.0.1/a.png"})

    with pytest.raises(BadInput) as refused:
        judge_own(wrong, tmp_path / "lists", place)

    told = str(refused.value).splitlines()
    assert "s010: clip_file '../own.mp4': leads out of" in told[0]
    assert "s020: clip_file 'playlist.mp4': playlist.mp4 is not a film" in told[1]
    assert "s030: opening_file 'http://10.0.0.1/a.png': addresses are not fetched" in told[2]
    stored = judge_own(board({"clip_file": "own.mp4"}), tmp_path, place).store()
    assert stored.shots[0].clip_file == own["clip"]


async def test_a_draft_is_small_and_says_so_and_its_final_is_filmed_from_its_drawings(rehearse, vault):
    shelf = Shelf(FolderVault(vault), "rehearsal")
    asked = {"seconds": 4, "resolution": "720p", "models": {"video": "gemini-omni-1.2-flash"}}

    drafted = await (await rehearse(**asked, tier="draft")).aresult()
    draft = latest_manifest(shelf, "lighthouse")
    film = fetch(shelf, draft.shots[0].takes[0].film)
    report = await (await rehearse(**asked)).aresult()
    final = latest_manifest(shelf, "lighthouse")

    assert (draft.tier, draft.footage.height, draft.label[:6]) == ("draft", 360, "DRAFT.")
    assert draft.assembly.copied_frames == 0
    assert fetch(shelf, draft.shots[0].takes[0].film) == film, "the take stays as it came"
    assert {clip.stamp for clip in draft.cut.clips} == {"DRAFT"}
    (first,) = final.shots
    assert [(take.tier, take.number, take.resolution) for take in first.takes] == [
        ("draft", 1, "360p"), ("final", 2, "720p"),
    ]  # fmt: skip
    assert first.keyframes[0].drawn == draft.shots[0].keyframes[0].drawn
    assert (first.active[-3:], final.cut.clips[0].stamp) == ("t02", "")
    assert (report.calls.image, report.calls.video) == (0, 1)
    assert report.usd.spent - drafted.usd.spent == pytest.approx(first.takes[1].usd, abs=0.1), "and its review"


async def test_a_final_films_what_was_approved_of_its_draft_on_the_keyframes_approved(make, studio, vault):
    opened = studio("image:~Action 1:wrong-count:times=1", footage="film")
    place, shots = FolderVault(vault), listed(vault, {}, {}, {"join": "continue"})
    asked = {"seconds": 12, "shots": shots}

    async def approve(**said):
        answer = Answer.model_validate(said)
        await give(place, stored_brief(place, "lighthouse"), TABLE, answer, by="a person", said=str(said))

    async def on(**said):
        before = opened.tally().accepted
        report = await (await make(**asked, **said)).aresult()
        after = opened.tally().accepted
        return report, {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]}

    await on(tier="draft", approve=["takes"])
    with pytest.raises(BadInput, match="s030: continues s020, which you did not approve; approve both, or neither"):
        await approve(approved=["s010", "s030"])
    await approve(decision="change", reject=[{"shot": "s010"}])
    await on(tier="draft", approve=["takes"])
    await approve(approved=["s010"])
    report, bought = await on(tier="draft", approve=["takes"])
    draft = manifest(vault)
    assert (report.state, bought) == ("complete", {})

    final = stored_brief(place, "lighthouse").model_copy(update={"tier": "final", "approve": ()})
    told = latest_board(place, "lighthouse").storyboard
    reckoned = estimate(final, told, TABLE, DAY, write=False, drafted=drafted(place, final, told))
    assert reckoned.staying == ("s020", "s030")
    assert [one.what for one in reckoned.purchases] == ["clip s010", "review s010"]

    report, bought = await on()
    assert bought == {"video": 1, "text": 1}, "a new take, and its review"
    assert [shot.take for shot in report.shots] == ["t03", "t01", "t01"]
    first = manifest(vault).shots[0]
    assert [(take.tier, take.sample) for take in first.takes] == [("draft", 1), ("draft", 2), ("final", 3)]
    assert {verdict.judge for verdict in first.takes[2].verdicts} >= {"check", "model"}
    assert [one.how for one in first.keyframes[0].attempts] == ["drawn", "edited"], "as it was mended for the draft"
    for shot, before in zip(manifest(vault).shots, draft.shots, strict=True):
        assert [one.drawn for one in shot.keyframes] == [one.drawn for one in before.keyframes]
    assert [clip.stamp for clip in manifest(vault).cut.clips] == ["", "DRAFT", "DRAFT"]
    assert (await on())[1] == {}

    _, bought = await on(final_shots=["s010", "s020"])
    assert bought["video"] == 1, "named, it needs no approval"


def test_where_nobody_approved_anything_a_final_films_everything():
    shots = board({}, {}, {})

    assert staying(brief(seconds=12), shots, Drafted(image="", keyframe_size="1K")) == ()
    half = Drafted(image="", keyframe_size="1K", approved=("s010",), unapproved=("s020",))
    assert staying(brief(seconds=12), shots, half) == ("s020",), "s030 has no draft to show, and is filmed"


def test_a_draft_is_filmed_by_the_cheapest_camera_that_can():
    lite = planned(board({}, {}), tier="draft", resolution="1080p", seconds=8)
    long = planned(board({"seconds": 12}), tier="draft", resolution="1080p", seconds=12)

    assert (lite.camera, lite.resolution) == ("veo-3.1-lite-generate-001", "720p")
    assert (long.camera, long.resolution) == ("veo-3.1-fast-generate-001", "720p")
    for camera in MODELS.video.values():
        assert all(MODELS.video[id_].surfaces == camera.surfaces for id_ in camera.drafts)


async def test_an_animatic_is_cut_from_the_keyframes_before_any_clip_is_bought(make, studio, vault):
    opened = studio()
    rows = (
        {"closing": "The lamp is out.", "dialogue": ["Mara: Not yet."], "camera": "eye level; slow push in"},
        {"join": "match"},
        {"join": "continue"},
    )
    asked = {"seconds": 12, "shots": listed(vault, *rows)}

    report = await (await make(**asked, until="keyframes")).aresult()
    told = manifest(vault)

    assert (report.state, report.seconds, opened.tally().accepted["video"]) == ("complete", 12, 0)
    assert report.message.startswith("Animatic delivered; the film costs at most $")
    assert told.kind == "animatic"
    assert told.label.startswith("ANIMATIC")
    assert {clip.stamp for clip in told.cut.clips} == {"ANIMATIC"}
    assert all(clip.media for clip in told.cut.clips), "a shot that continues opens on what the one before ends on"
    assert verify(Path(report.master)).audio_seconds == pytest.approx(12, abs=0.1)
    assert "Mara: Not yet." in (Path(report.master).parent / "captions.vtt").read_text()

    images = opened.tally().accepted["image"]
    again = await (await make(**asked, until="keyframes")).aresult()
    film = await (await make(**asked)).aresult()
    assert again.master == report.master
    assert manifest(vault).kind == "film"
    assert opened.tally().accepted["image"] == images
    assert film.master != report.master
