"""When something fails: every rung of the ladder, through flow, SDK and studio; books and ledger always agree."""

import json
import re

import pytest
from rich.console import Console

from onereel.adapters.folder import FolderVault
from onereel.brief import Policy
from onereel.calls import calls_of, spent_on
from onereel.cli import main
from onereel.delivering import latest_manifest
from onereel.estimating import estimate
from onereel.media import keep
from onereel.models import MODELS, with_proxy
from onereel.progress import showing_progress
from onereel.studio import Latency
from tests.productions import DAY, LITE, TABLE, VEO, board, brief

SECOND = "gemini-nano-banana-2.1"
FALLBACK = {"policy": {"fallback": {"video": LITE, "image": SECOND}}}
ONE = {"seconds": 4}


@pytest.fixture(autouse=True)
def both_cameras(monkeypatch, studio):
    """The fallback camera films the proxy, too."""
    cameras = with_proxy(MODELS).video
    listed = {"video": [cameras[name].model_dump(mode="json") for name in (VEO, LITE)]}
    monkeypatch.setenv("ONEREEL_MODELS", json.dumps(listed))


@pytest.fixture
def film(make):
    """Make a film nobody judges: what is counted here is what failing costs."""

    async def run(**said):
        return await make(review={"keyframes": False, "takes": False}, **said)

    return run


def listed(vault, *shots):
    return keep(FolderVault(vault), board(*shots).model_dump_json().encode(), "json").key


def papers(vault):
    return latest_manifest(FolderVault(vault), "lighthouse").shots


def agrees(vault, opened):
    """The ledger says what the studio billed."""
    spent = spent_on(calls_of(FolderVault(vault), "lighthouse"), "lighthouse")
    return spent == pytest.approx(opened.tally().total_usd, abs=1e-5)


async def test_words_a_filter_refuses_are_softened_and_both_versions_kept(film, studio, vault, capsys):
    opened = studio("video:~storm:filtered:reason=We do not film storms.")
    with showing_progress(Console(stderr=True, width=200)):
        report = await (await film(**ONE)).aresult()
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "; next: " in line]
    (shot,), (take,) = papers(vault), papers(vault)[0].takes
    tally = opened.tally()

    await film(**ONE)

    assert report.state == "complete"
    assert re.search(r" s  lighthouse/s010: .*: We do not film storms\.; next: softer words$", line)
    assert (tally.accepted["text"], tally.accepted["video"], tally.filtered) == (2, 2, 1)
    (rescue,) = take.rescues
    assert rescue.because == "We do not film storms."
    assert ("action", shot.shot.action) in [(change.field, change.before) for change in rescue.changes]
    assert "storm" not in take.words.casefold()
    assert take.model == VEO
    assert "s010: filmed by softer words" in report.reasons[0]
    assert report.shots[0].rescued
    assert opened.tally() == tally, "the next run asks nothing"
    assert agrees(vault, opened)


async def test_a_keyframe_a_filter_refuses_is_drawn_by_softer_words(film, studio, vault):
    opened = studio("image:~storm:image-safety")
    report = await (await film(**ONE)).aresult()
    await film(**ONE)

    (keyframe,) = papers(vault)[0].keyframes
    assert report.state == "complete"
    assert opened.tally().accepted["image"] == 2
    assert [rescue.rung for rescue in keyframe.rescues] == ["soften"]
    assert agrees(vault, opened)


async def test_when_softer_words_do_not_help_another_camera_films_and_says_so(film, studio, vault):
    opened = studio(f"video:@{VEO}:filtered:reason=No.")
    report = await (await film(**ONE, **FALLBACK)).aresult()
    tally = opened.tally()
    await film(**ONE, **FALLBACK)

    (take,) = papers(vault)[0].takes
    assert report.state == "complete"
    assert [rescue.rung for rescue in take.rescues] == ["soften", "fallback"]
    assert take.model == LITE
    assert (tally.accepted["video"], tally.filtered) == (3, 2)
    assert opened.tally() == tally
    assert report.usd.spent == pytest.approx(tally.total_usd, abs=1e-5)


async def test_another_model_draws_what_the_first_one_cannot(film, studio, vault):
    opened = studio("image:@gemini-3-pro-image:403")
    said = {"characters": [{"name": "Mara", "description": "a keeper in yellow oilskin"}], **ONE, **FALLBACK}
    shots = listed(vault, {"characters": ["Mara"], "closing": "the open sea at night"})
    report = await (await film(shots=shots, **said)).aresult()
    tally = opened.tally()
    await film(shots=shots, **said)

    assert report.state == "complete"
    assert {frame.model for frame in papers(vault)[0].keyframes} == {SECOND}
    assert "gemini-3-pro-image is not asked any more" in report.stopped[0]
    assert tally.refused == 1, "the first refusal of an account is the last question"
    assert opened.tally().accepted == tally.accepted
    assert agrees(vault, opened)


async def test_a_slate_says_the_vendors_reason_word_for_word(film, studio, vault):
    opened = studio("video:~Action 1:filtered:reason=Depicts a minor.")
    shots = listed(vault, {}, {})
    report = await (await film(shots=shots, seconds=8, policy={"ladder": ["retry", "slate"]})).aresult()

    assert (report.exit_code, report.state) == (3, "partial")
    assert report.shots[0].words == papers(vault)[0].state.words == ("Depicts a minor.",)
    assert "Depicts a minor." in report.reasons[0]
    assert opened.tally().accepted["text"] == 0
    assert agrees(vault, opened)


async def test_a_model_that_keeps_failing_is_not_asked_for_the_shots_that_remain(film, studio, vault, monkeypatch):
    monkeypatch.setenv("ONEREEL_VIDEO_IN_FLIGHT", "1")
    opened = studio(f"video:@{VEO}:error-13")
    shots = listed(vault, {}, {}, {}, {})
    said = {"shots": shots, "seconds": 16, "policy": {"stop_after": 2, "empty_tries": 0, "fallback": {"video": LITE}}}
    report = await (await film(**said)).aresult()

    assert report.state == "complete"
    assert opened.tally().accepted["video"] == 2 + 4, "two failures, and then no more questions"
    assert {take.model for shot in papers(vault) for take in shot.takes} == {LITE}
    assert "failed 2 times in a row" in report.stopped[0]
    assert agrees(vault, opened)


async def test_a_dying_vendor_ends_the_run_with_words(film, studio, vault):
    opened = studio("video:*:429:after=0.05")
    shots = listed(vault, {}, {}, {})
    state = await film(shots=shots, seconds=12, policy={"run_retries": 4})

    assert state.is_failed()
    assert "429" in state.message
    assert opened.tally().refused <= 3 + 4, "one question a shot, and four tries between them"
    assert agrees(vault, opened)


async def test_a_days_quota_says_when_to_come_back(film, studio, vault):
    opened = studio("video:2:daily:times=99")
    shots = listed(vault, {}, {}, {})
    state = await film(shots=shots, seconds=12)
    report = await state.aresult()
    again = await film(shots=shots, seconds=12)

    assert (state.name, report.exit_code) == ("Delivered with 2 slates: the quota of the day is used up", 3)
    assert f"produce it again after {report.come_back:%Y-%m-%d %H:%M} UTC" in state.message
    assert report.come_back.astimezone().utcoffset() is not None
    assert "come_back" in report.model_dump_json()
    assert opened.tally().accepted["video"] == 1
    assert again.name == state.name
    assert agrees(vault, opened)


def test_with_nothing_delivered_the_command_line_says_so_and_exits_1(studio, vault, tmp_path, capsys):
    studio("text:*:daily")
    brief = tmp_path / "brief.yaml"
    brief.write_text("{production: lighthouse, idea: A storm., seconds: 4, resolution: 180p}")

    with pytest.raises(SystemExit) as ended:
        main(["produce", str(brief), "--json"])

    told = capsys.readouterr()
    assert ended.value.code == 1
    assert "produce it again after" in told.err
    said = json.loads(told.out.splitlines()[-1])
    assert (said["state"], said["master"]) == ("failed", "")
    assert said["come_back"].endswith("08:00:00Z") or said["come_back"].endswith("07:00:00Z")


async def test_a_clip_without_sound_is_filmed_again_only_where_the_policy_pays_for_it(film, studio, vault):
    opened = studio("video:*:silent:times=2")
    shots = listed(vault, {}, {})
    report = await (await film(shots=shots, seconds=8)).aresult()

    assert report.state == "complete"
    assert [len(shot.takes) for shot in papers(vault)] == [1, 1]
    assert all("no sound" in shot.takes[0].findings for shot in papers(vault))
    assert opened.tally().accepted["video"] == 2
    assert opened.tally().downloads == 4, "downloaded again first"
    assert agrees(vault, opened)


async def test_a_wrong_clip_is_ordered_again_where_the_policy_pays_for_it(film, studio, vault):
    opened = studio("video:1:silent", "video:2:wrong-seconds", footage="film")
    report = await (await film(**ONE, policy={"wrong_tries": 1})).aresult()

    takes = papers(vault)[0].takes
    assert report.state == "complete"
    assert opened.tally().accepted["video"] == 3
    assert [take.wrong for take in takes] == [True, False]
    assert report.shots[0].take == "t02"
    assert agrees(vault, opened)


async def test_wrong_clips_are_ordered_again_as_often_over_all_runs(film, studio, vault):
    opened = studio("video:*:silent")
    for _ in range(2):
        await film(**ONE, policy={"wrong_tries": 1})

    assert opened.tally().accepted["video"] == 2
    assert agrees(vault, opened)


async def test_a_wrong_clip_stays_where_no_other_is_to_be_had(film, studio, vault):
    opened = studio("video:1:silent", "video:2:403")
    report = await (await film(**ONE, policy={"wrong_tries": 1})).aresult()

    assert (report.state, report.shots[0].take) == ("complete", "t01")
    assert agrees(vault, opened)


async def test_a_fallback_that_was_interrupted_films_on_and_nobody_else_is_asked(film, studio, vault, monkeypatch):
    opened = studio(f"video:@{VEO}:503:times=1", latency=Latency(text=0, image=0, video=1.5, extension=0))
    asked = {**ONE, "policy": {"busy_tries": 0, "fallback": {"video": LITE}}}
    monkeypatch.setenv("ONEREEL_DEADLINE", "0.5")
    interrupted = await film(**asked)
    monkeypatch.setenv("ONEREEL_DEADLINE", "60")
    report = await (await film(**asked)).aresult()

    (take,) = papers(vault)[0].takes
    assert interrupted.is_failed()
    assert report.state == "complete"
    assert opened.tally().accepted["video"] == 1
    assert take.model == LITE
    assert "503" in take.rescues[0].because
    assert agrees(vault, opened)


async def test_the_first_camera_is_asked_anew_where_the_fallback_took_nothing_on(film, studio, vault):
    opened = studio(f"video:@{VEO}:503:times=1", f"video:@{LITE}:503:times=1")
    asked = {**ONE, "policy": {"busy_tries": 0, "fallback": {"video": LITE}}}
    assert (await film(**asked)).is_failed()
    await film(**asked)

    assert [take.model for take in papers(vault)[0].takes] == [VEO]
    assert opened.tally().accepted["video"] == 1


def test_a_ladder_has_its_rungs_once_and_in_an_order_that_makes_sense():
    for wrong in (["soften", "retry"], ["slate", "fallback"], ["soften", "soften"]):
        with pytest.raises(ValueError, match="ladder"):
            Policy.model_validate({"ladder": wrong})


async def test_a_shot_whose_takes_are_rejected_is_filmed_by_other_words_and_judged_against_its_own(make, studio, vault):
    opened = studio("video:~storm:wrong-count", footage="film")
    story = {"action": "Two keepers wait for the storm", "opening": "two people at a window"}
    asked = {"review": {"take_attempts": 1}, "shots": listed(vault, story), **ONE}

    report = await (await make(**asked)).aresult()

    (shot,) = papers(vault)
    assert [bool(take.rescues) for take in shot.takes] == [False, False, True]
    assert shot.active == shot.takes[-1].slate
    eye = latest_manifest(FolderVault(vault), "lighthouse").reviewed
    assert eye.repairs_usd == pytest.approx(sum(take.usd for take in shot.takes[1:])), "what rejecting cost is told"
    (rescue,) = shot.takes[-1].rescues
    assert rescue.rung == "soften"
    assert "every take was rejected: There is one person more than asked for." in rescue.because
    assert [(one.field, one.before, one.after) for one in rescue.changes] == [
        ("action", "Two keepers wait for the storm", "Two keepers wait for the swell")
    ]
    assert report.state == "complete"
    assert report.usd.spent <= report.usd.estimated + planned_if_it_fails(story, **asked)
    before = opened.tally()
    await make(**asked)
    assert opened.tally() == before
    assert agrees(vault, opened)


def planned_if_it_fails(story, *, shots, **said):
    found = estimate(brief(**said), board(story), TABLE, DAY, write=False)
    lines = {one.what: one.usd for one in found.if_it_fails}
    assert lines["take s010 by other words"] == found.takes[0].usd
    assert lines["other words s010"] > 0
    return found.if_it_fails_usd + found.repairing_usd


async def test_where_other_words_do_not_help_either_the_fallback_films_once(make, studio, vault):
    opened = studio("video:@veo-3.1-generate:wrong-count", footage="film")
    shots = listed(vault, {"action": "A fire on the beach"})
    asked = {"review": {"take_attempts": 1}, "shots": shots, **FALLBACK, **ONE}

    report = await (await make(**asked)).aresult()

    (shot,) = papers(vault)
    assert [take.model for take in shot.takes] == [VEO, VEO, VEO, LITE]
    assert [[rescue.rung for rescue in take.rescues] for take in shot.takes] == [
        [], [], ["soften"], ["soften", "fallback"],
    ]  # fmt: skip
    assert shot.active == shot.takes[-1].slate
    assert report.state == "complete"
    before = opened.tally()
    await make(**asked)
    assert opened.tally() == before
    assert agrees(vault, opened)


async def test_where_nothing_helps_the_best_take_stays_and_no_run_asks_again(make, studio, vault):
    opened = studio("video:*:wrong-count", footage="film")
    shots = listed(vault, {"action": "A fire on the beach"})
    asked = {"review": {"take_attempts": 1}, "shots": shots, **ONE}

    report = await (await make(**asked)).aresult()

    (shot,) = papers(vault)
    assert (len(shot.takes), opened.tally().accepted["video"]) == (3, 3)
    assert shot.active == shot.takes[0].slate
    assert report.state == "complete"
    before = opened.tally()
    await make(**asked)
    assert opened.tally() == before


async def test_a_take_rejected_as_often_as_the_brief_pays_for_is_filmed_by_the_fallback(make, studio, vault):
    opened = studio("video:@veo-3.1-generate:wrong-count", footage="film")
    asked = {"review": {"take_attempts": 1}, "shots": listed(vault, {}), **FALLBACK, **ONE}

    report = await (await make(**asked)).aresult()

    (shot,) = papers(vault)
    assert [take.model for take in shot.takes] == [VEO, VEO, LITE]
    assert shot.active == shot.takes[-1].slate
    (rescue,) = shot.takes[-1].rescues
    assert (rescue.rung, "every take was rejected" in rescue.because) == ("fallback", True)
    assert report.state == "complete"
    before = opened.tally()
    await make(**asked)
    assert opened.tally() == before
    assert agrees(vault, opened)


@pytest.mark.parametrize("failing", ["text:*:429:after=0.01", "text:*:daily"])
async def test_a_judge_who_is_busy_lets_nobody_film_the_shot_twice(make, studio, vault, failing):
    opened = studio(failing, footage="film")
    asked = {"review": {"keyframes": False}, "shots": listed(vault, {}), **FALLBACK, **ONE}

    state = await make(**asked)

    assert opened.tally().accepted["video"] == 1, "the camera did what it was asked"
    assert state.is_failed()
    studio(footage="film")
    report = await (await make(**asked)).aresult()
    assert (report.state, report.shots[0].take) == ("complete", "t01")
    assert papers(vault)[0].takes[0].model == VEO
