"""What goes wrong on request: which calls are hit, and what the SDK sees."""

import base64
import json
import time

import httpx2
import pytest
from google.genai import errors

from onereel.errors import BadInput
from onereel.studio import Fault, Kind, What, parse_fault
from onereel.studio.faults import FaultPlan
from tests.studio.clients import (
    BANANA,
    FLASH,
    ask,
    draw,
    express,
    film,
    filmed,
    frames_of,
    gemini,
    interact,
    order,
    picture_in,
    platform,
    settled,
    sound_seconds,
    spoken,
    studio_with,
)


def write(studio, words="hello"):
    return gemini(studio).models.generate_content(model=FLASH, contents=words)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("video:2:503", Fault(kind=Kind.VIDEO, what=What.OVERLOADED, nth=2)),
        ("image:*:429:after=7.5:times=3", Fault(kind=Kind.IMAGE, what=What.BUSY, after=7.5, times=3)),
        (
            "video:~the storm:filtered:reason=violence",
            Fault(kind=Kind.VIDEO, what=What.FILTERED, words="the storm", reason="violence"),
        ),
        ("poll:10%:503", Fault(kind=Kind.POLL, what=What.OVERLOADED, chance=0.1)),
    ],
)
def test_a_fault_is_said_in_one_line(text, fault):
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("video:503", "KIND:WHICH:WHAT"),
        ("film:1:503", "kind"),
        ("video:1:502", "what"),
        ("video:second:503", "use a number"),
        ("video:0:503", "nth"),
        ("video:200%:503", "chance"),
        ("text:1:filtered", "filtered happens to video, extension; not to text"),
        ("video:1:503:again=2", "times=N"),
        ("video:1:503:times=x", "times"),
        ("video:1:429:after=-1", "after"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_the_reason(text, said):
    with pytest.raises(BadInput, match=said):
        parse_fault(text)


def hits(text, calls, seed=0):
    plan = FaultPlan([parse_fault(text)], seed)
    return [bool(plan.hits(Kind.VIDEO, words)) for words in calls]


def test_which_calls_are_hit():
    assert hits("video:2:503", "abcd") == [False, True, False, False]
    assert hits("video:2:503:times=2", "abcd") == [False, True, True, False]
    assert hits("video:*:503:times=3", "abcd") == [True, True, True, False]
    assert hits("video:~B:503", "abab") == [False, True, False, True]
    assert hits("image:*:503", "abcd") == [False] * 4


def test_chance_hits_its_share_of_the_calls_and_the_same_ones_for_the_same_seed():
    struck = hits("video:25%:503", "x" * 2000)

    assert 0.2 < sum(struck) / 2000 < 0.3
    assert hits("video:25%:503", "x" * 2000) == struck
    assert hits("video:25%:503", "x" * 2000, seed=1) != struck


@pytest.mark.parametrize(
    ("what", "code", "status"),
    [
        ("429", 429, "RESOURCE_EXHAUSTED"),
        ("daily", 429, "RESOURCE_EXHAUSTED"),
        ("500", 500, "INTERNAL"),
        ("503", 503, "UNAVAILABLE"),
    ],
)
@pytest.mark.parametrize("kind", ["text", "image", "video"])
def test_a_refusal_is_not_accepted_and_not_billed(kind, what, code, status):
    with studio_with(f"{kind}:1:{what}") as studio:
        call = {"text": write, "image": lambda s: draw(gemini(s)), "video": lambda s: order(platform(s))}[kind]
        with pytest.raises(errors.APIError) as refused:
            call(studio)
        tally = studio.tally()

    assert (refused.value.code, refused.value.status) == (code, status)
    assert (tally.refused, tally.total_usd, sum(tally.accepted.values())) == (1, 0, 0)


def test_a_quota_names_itself_and_the_delay():
    with studio_with("text:1:429:after=7.5") as studio, pytest.raises(errors.ClientError) as refused:
        write(studio)

    details = {one["@type"].rpartition(".")[2]: one for one in refused.value.details["error"]["details"]}
    assert details["RetryInfo"]["retryDelay"] == "7.5s"
    assert "PerMinute" in details["QuotaFailure"]["violations"][0]["quotaId"]
    assert refused.value.response.headers["retry-after"] == "8"


def test_a_daily_quota_names_no_delay():
    with studio_with("text:1:daily") as studio, pytest.raises(errors.ClientError) as refused:
        write(studio)

    details = {one["@type"].rpartition(".")[2]: one for one in refused.value.details["error"]["details"]}
    assert "RetryInfo" not in details
    assert "PerDay" in details["QuotaFailure"]["violations"][0]["quotaId"]


def test_a_retry_that_comes_too_early_is_counted():
    with studio_with("text:~early:429:after=60:times=1", "text:~patient:429:after=0.05:times=1") as studio:
        for words in ("early", "patient"):
            with pytest.raises(errors.ClientError):
                write(studio, words)
        time.sleep(0.06)
        write(studio, "patient")
        assert studio.tally().early_retries == 0
        write(studio, "early")
        assert studio.tally().early_retries == 1


@pytest.mark.parametrize(("what", "accepted"), [("drop-before", 0), ("drop-after", 1)])
@pytest.mark.parametrize("kind", ["text", "image", "video"])
def test_a_dropped_line_gives_no_answer_at_all(kind, what, accepted):
    with studio_with(f"{kind}:1:{what}", footage="same") as studio:
        call = {"text": write, "image": lambda s: draw(gemini(s)), "video": lambda s: order(platform(s))}[kind]
        with pytest.raises(httpx2.RemoteProtocolError):
            call(studio)
        tally = studio.tally()

    assert tally.accepted[kind] == accepted
    assert (tally.billed_usd[kind] > 0) == bool(accepted)


@pytest.mark.parametrize("kind", ["text", "video"])
def test_a_deadline_comes_after_acceptance(kind):
    with studio_with(f"{kind}:1:504", footage="same") as studio:
        with pytest.raises(errors.ServerError, match="Deadline") as late:
            write(studio) if kind == "text" else order(platform(studio))
        assert (late.value.code, studio.tally().accepted[kind]) == (504, 1)
        assert studio.tally().refused == 0


def test_a_delay_is_waited():
    with studio_with("text:1:delay:after=0.3") as studio:
        started = time.monotonic()
        write(studio)

    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize(
    ("what", "reason"), [("blocked", None), ("prohibited", "PROHIBITED_CONTENT"), ("truncated", "MAX_TOKENS")]
)
def test_words_are_withheld_or_cut_off(what, reason):
    with studio_with(f"text:1:{what}") as studio:
        answer = write(studio)

    if reason is None:
        assert answer.prompt_feedback.block_reason == "PROHIBITED_CONTENT"
        assert answer.candidates is None
    else:
        assert answer.candidates[0].finish_reason == reason


@pytest.mark.parametrize("what", ["malformed", "truncated"])
def test_an_answer_may_not_be_json(what):
    with studio_with(f"text:1:{what}") as studio:
        schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
        config = {"response_mime_type": "application/json", "response_json_schema": schema}
        answer = gemini(studio).models.generate_content(model=FLASH, contents="a b c d", config=config)

    assert answer.parsed is None
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("image-safety", "IMAGE_SAFETY"),
        ("prohibited", "IMAGE_PROHIBITED_CONTENT"),
        ("no-image", "NO_IMAGE"),
        ("blocked", None),
        ("text-only", "STOP"),
    ],
)
def test_no_picture_comes_back_and_only_words_are_billed(what, reason):
    with studio_with(f"image:1:{what}") as studio:
        answer = draw(gemini(studio), model=BANANA)
        tally = studio.tally()

    assert not any(part.inline_data for part in answer.parts or [])
    assert reason is None or answer.candidates[0].finish_reason == reason
    assert (answer.candidates is None) == (reason is None)
    assert 0 < tally.total_usd < 0.005
    assert tally.filtered == 1


def test_a_picture_may_have_the_wrong_size_or_be_broken():
    with studio_with("image:1:wrong-size", "image:2:corrupt") as studio:
        assert picture_in(draw(gemini(studio))).size == (512, 512)
        with pytest.raises(OSError, match="truncated"):
            picture_in(draw(gemini(studio))).load()


@pytest.mark.parametrize(("what", "said"), [("filtered", "usage guidelines"), ("audio-filter", "audio")])
def test_a_filtered_film_is_done_without_samples_and_costs_nothing(what, said):
    with studio_with(f"video:1:{what}") as studio:
        done = film(platform(studio))
        tally = studio.tally()

    assert done.response.generated_videos is None
    assert done.response.rai_media_filtered_count == 1
    assert said in done.response.rai_media_filtered_reasons[0]
    assert (tally.accepted["video"], tally.filtered, tally.total_usd) == (1, 1, 0)


def test_a_filter_gives_the_reason_it_is_told_to_give():
    with studio_with("video:1:filtered:reason=violence") as studio:
        assert film(platform(studio)).response.rai_media_filtered_reasons == ["violence"]


def test_a_film_may_be_done_without_samples_or_reason():
    with studio_with("video:1:empty") as studio:
        response = film(express(studio)).response

    assert not response.generated_videos
    assert not response.rai_media_filtered_reasons


@pytest.mark.parametrize("code", [3, 8, 13, 14])
def test_an_operation_may_end_in_an_error(code):
    with studio_with(f"video:1:error-{code}") as studio:
        done = film(platform(studio))

        assert done.error["code"] == code
        assert done.response is None
        assert studio.tally().total_usd == 0


def test_an_extension_is_a_kind_of_its_own():
    with studio_with("extension:1:filtered") as studio:
        door = platform(studio)
        take = film(door)
        longer = film(door, "On", video=take.response.generated_videos[0].video, duration_seconds=7)

    assert longer.response.generated_videos is None


@pytest.mark.parametrize("what", ["404", "expired", "503", "500", "429"])
def test_a_poll_may_fail_and_the_next_one_succeed(what):
    with studio_with(f"poll:1:{what}", footage="same") as studio:
        door = platform(studio)
        ordered = order(door)
        with pytest.raises(errors.APIError) as failed:
            door.operations.get(ordered)

        assert failed.value.code == {"expired": 404}.get(what) or int(what)
        assert door.operations.get(ordered).name == ordered.name
        assert studio.tally().refused == 0


@pytest.mark.parametrize("what", ["truncated", "corrupt"])
def test_a_film_may_arrive_damaged(what):
    with studio_with(f"download:1:{what}") as studio:
        door = platform(studio)
        ordered = film(door)
        damaged, whole = filmed(ordered), filmed(door.operations.get(ordered))

    assert len(damaged) == len(whole) // (2 if what == "truncated" else 1)
    assert damaged != whole
    assert len(frames_of(whole)) == 96


@pytest.mark.parametrize("what", ["404", "expired", "503", "drop-after"])
def test_a_download_may_fail(what):
    with studio_with(f"download:1:{what}", footage="same") as studio:
        google = gemini(studio)
        uri = interact(google, shape={"delivery": "uri"}).output_video.uri
        with pytest.raises((errors.APIError, httpx2.RemoteProtocolError)):
            google.files.download(file=uri)

        assert google.files.download(file=uri)


def test_a_rejected_chunk_of_an_upload_is_sent_again(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"x" * 100)
    with studio_with("upload:1:503") as studio, pytest.raises(errors.APIError):
        gemini(studio).files.upload(file=path)


def test_a_film_may_be_silent_short_or_small():
    with studio_with("video:1:silent", "video:2:wrong-seconds", "video:3:wrong-size") as studio:
        silent, short, small = (filmed(film(platform(studio))) for _ in range(3))

    assert (sound_seconds(silent), len(frames_of(silent))) == (0, 96)
    assert len(frames_of(short)) == 48
    assert frames_of(small)[0].size == (160, 90)


@pytest.mark.parametrize(
    ("what", "code"), [("filtered", "content_filtered"), ("error-13", "internal"), ("error-8", "resource_exhausted")]
)
def test_an_interaction_may_fail(what, code):
    with studio_with(f"video:1:{what}") as studio:
        failed = settled(gemini(studio), interact(gemini(studio), background=True))

    assert (failed.status, failed.errors[0].code) == ("failed", code)
    assert failed.output_video is None


def test_an_interaction_may_complete_without_a_film():
    with studio_with("video:1:empty") as studio:
        empty = interact(gemini(studio))

    assert (empty.status, empty.output_video) == ("completed", None)


def test_an_interaction_may_arrive_damaged():
    with studio_with("download:1:truncated") as studio:
        made = interact(gemini(studio))
        whole = spoken(gemini(studio).interactions.get(made.id))

    assert len(base64.b64decode(made.output_video.data)) == len(whole) // 2


@pytest.mark.parametrize("body", ["text:1:503", Fault(kind=Kind.TEXT, what=What.OVERLOADED, nth=1).model_dump_json()])
def test_a_fault_can_be_added_while_the_studio_runs(body):
    with studio_with() as studio:
        door = httpx2.Client(base_url=studio.url)
        assert door.post("/studio/faults", content=body).status_code == 200
        with pytest.raises(errors.ServerError):
            write(studio)
        assert write(studio)


def test_a_fault_that_makes_no_sense_is_not_added():
    with studio_with() as studio:
        answer = httpx2.post(f"{studio.url}/studio/faults", content="text:1:filtered")

        assert answer.status_code == 400
        assert "filtered happens to video" in answer.json()["error"]["message"]


def test_a_reset_studio_has_neither_faults_nor_counts():
    with studio_with("text:*:503") as studio:
        with pytest.raises(errors.ServerError):
            write(studio)
        ask(studio, "/studio/reset", {})

        assert write(studio)
        assert (studio.tally().accepted["text"], studio.tally().refused) == (1, 0)
