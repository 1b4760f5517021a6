"""Veo on Agent Platform: shapes, and every documented rule."""

import base64

import pytest
from google.genai import errors, types

from tests.studio.clients import (
    LITE,
    VEO,
    ask,
    distance,
    express,
    film,
    filmed,
    finished,
    frames_of,
    order,
    order_by_hand,
    plain_film,
    platform,
    png,
    sound_seconds,
    still,
    studio_with,
)


def inline(data):
    return {"bytesBase64Encoded": base64.b64encode(data).decode(), "mimeType": "image/png"}


def reference(colour="red", kind="ASSET"):
    return {"image": inline(png(colour)), "referenceType": kind}


@pytest.fixture(scope="module")
def take(agent):
    """A take of 4 s, as bytes."""
    return filmed(film(agent, image=still(png("teal"))))


def clip(data):
    return types.Video(video_bytes=data, mime_type="video/mp4")


@pytest.mark.parametrize("client", [platform, express])
def test_a_film_is_ordered_polled_and_comes_inline(studio, client):
    door = client(studio)
    ordered = order(door)
    assert ordered.done is None
    assert "/operations/" in ordered.name

    done = finished(door, ordered)

    assert done.error is None
    assert done.response.generated_videos[0].video.mime_type == "video/mp4"
    assert len(frames_of(filmed(done))) == 96


def test_done_is_left_out_while_the_film_is_not_ready(studio):
    _, ordered = order_by_hand(studio, {"prompt": "A storm"}, durationSeconds=4)
    path = f"/v1beta1/projects/p/locations/l/publishers/google/models/{VEO}:fetchPredictOperation"

    code, body = ask(studio, path, {"operationName": ordered["name"]})

    assert (code, body) == (200, {"name": ordered["name"]})


def test_an_operation_can_be_collected_by_its_name_alone(agent):
    name = order(agent).name

    assert filmed(finished(agent, types.GenerateVideosOperation(name=name)))


def test_an_unknown_operation_is_not_found(agent):
    name = f"projects/p/locations/us-central1/publishers/google/models/{VEO}/operations/none"
    with pytest.raises(errors.ClientError, match="404"):
        agent.operations.get(types.GenerateVideosOperation(name=name))


def test_the_closing_frame_is_reached(agent):
    opening, closing = png("red"), png("blue")
    frames = frames_of(filmed(film(agent, image=still(opening), last_frame=still(closing))))

    assert frames[0].getpixel((160, 60))[0] > 200
    assert frames[-1].getpixel((160, 60))[2] > 200


def test_media_may_be_spelt_in_every_documented_way(studio):
    data = base64.b64encode(png()).decode()
    code, _ = order_by_hand(
        studio,
        {
            "prompt": "x",
            "image": {"inlineData": {"mimeType": "image/png", "data": data}},
            "last_frame": {"bytes_base64_encoded": data, "mime_type": "image/png"},
        },
        durationSeconds="4",
    )

    assert code == 200


def test_films_can_be_stored_and_extended_in_a_bucket(agent):
    stored = film(agent, output_gcs_uri="gs://bucket/films")
    url = stored.response.generated_videos[0].video.uri
    assert url.startswith("gs://bucket/films/")
    assert stored.response.generated_videos[0].video.video_bytes is None

    longer = film(agent, "On", video=types.Video(uri=url, mime_type="video/mp4"), duration_seconds=7)

    assert len(frames_of(filmed(longer))) == 96 + 168


def test_several_samples_are_several_films(agent):
    videos = film(agent, number_of_videos=2).response.generated_videos

    assert len({video.video.video_bytes for video in videos}) == 2


def test_sound_can_be_switched_off(agent, take):
    assert sound_seconds(take) == pytest.approx(4, abs=0.03)
    assert sound_seconds(filmed(film(agent, generate_audio=False))) == 0


@pytest.mark.parametrize(
    "parameters",
    [
        {"durationSeconds": 6, "seed": 4294967295, "negativePrompt": "walls", "enhancePrompt": True},
        {"durationSeconds": 4, "personGeneration": "allow_all", "fps": 24, "resizeMode": "CROP"},
        {"durationSeconds": 4, "personGeneration": "dont_allow", "compressionQuality": "OPTIMIZED"},
        {"durationSeconds": 4, "aspectRatio": "9:16", "generateAudio": False},
        {"durationSeconds": 8, "aspectRatio": "16:9"},
    ],
)
def test_legal_parameters_are_taken(studio, parameters):
    assert order_by_hand(studio, {"prompt": "x"}, **parameters)[0] == 200


PICTURE = inline(png())


@pytest.mark.parametrize(
    ("instance", "parameters", "said"),
    [
        ({"prompt": "x"}, {"durationSeconds": 5}, "durationSeconds 5"),
        ({"prompt": "x"}, {"durationSeconds": "eight"}, "durationSeconds"),
        ({"prompt": "x"}, {"durationSeconds": 6, "resolution": "1080p"}, "Supported durations are 8 seconds"),
        ({"prompt": "x"}, {"durationSeconds": 4, "resolution": "4k"}, "Supported durations are 8 seconds"),
        ({"prompt": "x"}, {"resolution": "480p"}, "resolution"),
        ({"prompt": "x"}, {"aspectRatio": "1:1"}, "aspectRatio"),
        ({"prompt": "x"}, {"seed": -1}, "seed"),
        ({"prompt": "x"}, {"seed": 4294967296}, "seed"),
        ({"prompt": "x"}, {"sampleCount": 5}, "sampleCount"),
        ({"prompt": "x"}, {"personGeneration": "everybody"}, "personGeneration"),
        ({"prompt": "x"}, {"fps": 30}, "fps"),
        ({"prompt": "x"}, {"storageUri": "s3://bucket"}, "gs://"),
        ({}, {}, "is required"),
        ({"prompt": "word " * 1100}, {}, "1024 tokens"),
        ({"prompt": "x", "image": {}}, {}, "bytesBase64Encoded"),
        ({"prompt": "x", "image": {**PICTURE, "mimeType": "image/gif"}}, {}, "MIME type"),
        ({"prompt": "x", "image": {**PICTURE, "bytesBase64Encoded": "***"}}, {}, "Base64"),
        ({"prompt": "x", "image": inline(b"no picture")}, {}, "Unable to process input image"),
        ({"prompt": "x", "image": {"gcsUri": "gs://no/where.png", "mimeType": "image/png"}}, {}, "gs://no/where"),
        ({"prompt": "x", "lastFrame": PICTURE}, {}, "only be used together with image"),
        ({"prompt": "x", "image": PICTURE, "referenceImages": [reference()]}, {}, "cannot be used together"),
        ({"prompt": "x", "referenceImages": [reference()] * 4}, {}, "At most 3"),
        ({"prompt": "x", "referenceImages": [reference()]}, {"durationSeconds": 6}, "Supported durations are 8"),
        ({"prompt": "x", "referenceImages": [reference()]}, {"aspectRatio": "9:16"}, "aspect ratio 9:16"),
        ({"prompt": "x", "referenceImages": [reference(kind="STYLE")]}, {}, "asset"),
        ({"prompt": "x", "video": {"bytesBase64Encoded": "AAAA"}}, {"durationSeconds": 7}, "input video"),
        ({"prompt": "x", "video": {}}, {"durationSeconds": 7}, "bytesBase64Encoded"),
    ],
)
def test_a_broken_rule_is_refused_with_400(studio, instance, parameters, said):
    code, body = order_by_hand(studio, instance, **parameters)

    assert (code, body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert said in body["error"]["message"]


def test_references_lead_a_film_of_eight_seconds(agent):
    references = [types.VideoGenerationReferenceImage(image=still(png("red")), reference_type="ASSET")]

    done = film(agent, reference_images=references, duration_seconds=8)

    assert len(frames_of(filmed(done))) == 192


@pytest.mark.parametrize(
    ("instance", "parameters"),
    [
        ({"prompt": "x", "referenceImages": [reference()]}, {}),
        ({"prompt": "x", "video": {"bytesBase64Encoded": "AAAA"}}, {"durationSeconds": 7}),
        ({"prompt": "x"}, {"resolution": "4k"}),
    ],
)
def test_lite_has_no_references_no_extension_and_no_4k(studio, instance, parameters):
    assert order_by_hand(studio, instance, LITE, **parameters)[0] == 400


def test_an_extension_goes_on_from_the_last_frame_and_returns_the_whole(agent, take):
    whole = filmed(film(agent, "On", video=clip(take), duration_seconds=7))

    before, after = frames_of(take), frames_of(whole)
    assert len(after) == 96 + 168
    assert sound_seconds(whole) == pytest.approx(11, abs=0.05)
    assert all(distance(one, other) == 0 for one, other in zip(before[::24], after[:96:24], strict=True))
    assert distance(after[95], after[96]) <= 4


def test_an_extension_may_come_back_alone(take):
    with studio_with(extension_returns="tail") as studio:
        tail = filmed(film(platform(studio), "On", video=clip(take), duration_seconds=7))

    assert len(frames_of(tail)) == 168
    assert distance(frames_of(take)[-1], frames_of(tail)[0]) <= 4


def test_a_film_of_thirty_seconds_is_the_longest_that_is_extended(agent):
    assert len(frames_of(filmed(film(agent, "On", video=clip(plain_film(30)), duration_seconds=7)))) == 37 * 24


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (plain_film(30.5), r"30\.5 seconds long"),
        (plain_film(0.5), r"0\.5 seconds long"),
        (plain_film(2, fps=30), "30 frames per second"),
        (plain_film(2, size=(640, 480)), "640x480"),
        (b"no film", "valid MP4"),
    ],
)
def test_a_film_that_cannot_be_extended_is_refused(agent, data, said):
    with pytest.raises(errors.ClientError, match=said):
        film(agent, "On", video=clip(data), duration_seconds=7)


def test_an_extension_takes_nothing_but_words(studio, take):
    instance = {"prompt": "x", "image": PICTURE, "video": inline(take)}

    code, body = order_by_hand(studio, instance, durationSeconds=7)

    assert code == 400
    assert "cannot be used together" in body["error"]["message"]
