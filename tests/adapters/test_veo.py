"""Veo on Agent Platform, against the local studio and, for answers it never gives, a gateway."""

import asyncio
import base64
import io

import av
import pytest
from google.genai import types
from pydantic import SecretStr

from onereel.adapters.connection import Connection
from onereel.adapters.courier import Patience
from onereel.adapters.veo import RPC_AGAIN, VeoCamera
from onereel.crew import Film
from onereel.errors import BadInput, Filtered, Gone, NoAnswer, OutcomeUnknown, Refused, StudioBusy
from onereel.models import PROXY, Surface
from onereel.orders import ClipOrder, ExtendOrder, Labelled
from tests.adapters.gateway import Says, gateway
from tests.adapters.rehearse import PATIENCE, TABLE, Shelf, rehearsing
from tests.pictures_drawn import decoded, grain

VEO, LITE = "veo-3.1-generate-001", "veo-3.1-lite-generate-001"
NAME = f"projects/p/locations/us-central1/publishers/google/models/{VEO}/operations/0123"
AUDIO = "There was an issue with the audio for your prompt. You will not be charged for this attempt."


def clip(**said):
    asked = {"model": VEO, "words": "Waves.", "seconds": 4, "resolution": PROXY, "aspect_ratio": "16:9", **said}
    return ClipOrder(surface=Surface.AGENT_PLATFORM, **asked)


def extension(film, **said):
    asked = {"model": VEO, "words": "More waves.", "seconds": 7, "resolution": PROXY, "aspect_ratio": "16:9", **said}
    return ExtendOrder(surface=Surface.AGENT_PLATFORM, film=film, film_seconds=4, **asked)


def reach(url):
    return Connection(project="p", vertex_url=url, bearer=SecretStr("token"), patience=PATIENCE)


def camera(connection, shelf=None):
    return VeoCamera(connection, (shelf or Shelf()).fetch, TABLE)


async def shoot(veo, order):
    """Order, look until there is an end, fetch."""
    return await collect(veo, await veo.order(order), order)


async def collect(veo, operation, order):
    while (film := await veo.look(operation, order)) is None:
        await asyncio.sleep(0.02)
    return await veo.fetch(film)


def seconds(film):
    with av.open(io.BytesIO(film)) as opened:
        return opened.duration / av.time_base


async def told_to(says, order):
    """Have a gateway answer this order; return the name of the operation and what the gateway was asked."""
    async with gateway(says) as studio:
        connection = reach(studio.url)
        try:
            return await camera(connection).order(order), studio.asked
        finally:
            await connection.close()


async def seen(body):
    """Return the film of an operation that a gateway describes like this."""
    async with gateway(Says({"name": NAME, **body})) as studio:
        connection = reach(studio.url)
        try:
            return await camera(connection).look(NAME, clip())
        finally:
            await connection.close()


# Orders.


async def test_a_clip_is_filmed_from_words_alone():
    async with rehearsing() as (studio, connection):
        film = await shoot(camera(connection), clip())

        assert seconds(film) == pytest.approx(4, abs=0.1)
        assert studio.tally().accepted == {"text": 0, "image": 0, "video": 1, "extension": 0}


async def test_a_clip_moves_from_its_opening_to_its_closing_frame():
    shelf = Shelf()
    red, blue = shelf.picture("red"), shelf.picture("blue")
    async with rehearsing() as (_, connection):
        film = await shoot(camera(connection, shelf), clip(opening=red, closing=blue, aspect_ratio="9:16"))

    with av.open(io.BytesIO(film)) as opened:
        frames = [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]
    assert frames[0].shape == (320, 180, 3)
    assert frames[0][20:60].mean(axis=(0, 1)).argmax() == 0
    assert frames[-1][20:60].mean(axis=(0, 1)).argmax() == 2


async def test_a_reference_larger_than_veo_takes_is_sent_as_a_smaller_copy():
    shelf = Shelf()
    references = (Labelled(media=shelf.keep(grain((2800, 2800))), label="The sea"),)
    assert references[0].media.size > 20 * 2**20
    async with rehearsing() as (_, connection):
        film = await shoot(camera(connection, shelf), clip(seconds=8, references=references))

    assert seconds(film) == pytest.approx(8, abs=0.1)


async def test_a_frame_larger_than_veo_takes_is_sent_lighter_and_of_the_same_size():
    shelf = Shelf()
    frame, plain = shelf.keep(grain((3840, 2160))), shelf.picture("red")
    assert frame.size > 20 * 2**20
    async with gateway(Says({"name": NAME})) as studio:
        connection = reach(studio.url)
        await camera(connection, shelf).order(clip(opening=frame, closing=plain))
        await connection.close()
        (sent,) = studio.asked[0].json["instances"]

    opening = base64.b64decode(sent["image"]["bytesBase64Encoded"])
    assert len(opening) <= 20_000_000
    assert sent["image"]["mimeType"] == "image/jpeg"
    assert decoded(opening).size == (3840, 2160)
    assert base64.b64decode(sent["lastFrame"]["bytesBase64Encoded"]) == shelf.fetch(plain)


async def test_a_clip_takes_references_of_type_asset():
    shelf = Shelf()
    references = tuple(Labelled(media=shelf.picture(colour), label=colour) for colour in ("red", "blue", "green"))
    async with rehearsing() as (studio, connection):
        film = await shoot(camera(connection, shelf), clip(seconds=8, references=references))

        assert seconds(film) == pytest.approx(8, abs=0.1)
        assert studio.tally().illegal == 0


async def test_a_film_is_extended_by_seven_seconds_from_its_bytes():
    shelf = Shelf()
    async with rehearsing() as (studio, connection):
        veo = camera(connection, shelf)
        first = await shoot(veo, clip())
        longer = await shoot(veo, extension(shelf.keep(first, "mp4")))

        assert seconds(longer) == pytest.approx(11, abs=0.2)
        assert studio.tally().accepted["extension"] == 1
        assert studio.tally().billed_usd["extension"] == pytest.approx(0.07)


async def test_what_is_sent_for_a_clip():
    shelf = Shelf()
    order = clip(
        opening=shelf.picture("red"),
        closing=shelf.picture("blue"),
        negative="wall, frame",
        seed=7,
        sound=False,
        people="allow_adult",
    )
    async with gateway(Says({"name": NAME})) as studio:
        connection = reach(studio.url)
        name = await camera(connection, shelf).order(order)
        await connection.close()
        (asked,) = studio.asked

    (instance,) = asked.json["instances"]
    assert name == NAME
    assert asked.path == f"/v1beta1/{NAME.partition('/operations')[0]}:predictLongRunning"
    assert instance["prompt"] == "Waves."
    for field, media in (("image", order.opening), ("lastFrame", order.closing)):
        assert base64.urlsafe_b64decode(instance[field]["bytesBase64Encoded"]) == shelf.fetch(media)
        assert instance[field]["mimeType"] == "image/png"
    assert asked.json["parameters"] == {
        "sampleCount": 1,
        "durationSeconds": 4,
        "aspectRatio": "16:9",
        "resolution": PROXY,
        "negativePrompt": "wall, frame",
        "seed": 7,
        "generateAudio": False,
        "personGeneration": "allow_adult",
    }


async def test_what_is_not_asked_for_is_not_sent():
    _, asked = await told_to(Says({"name": NAME}), clip())

    assert asked[0].json["instances"] == [{"prompt": "Waves."}]
    assert not {"negativePrompt", "seed", "personGeneration", "storageUri"} & set(asked[0].json["parameters"])


async def test_any_later_process_can_collect_an_operation_by_its_name():
    async with rehearsing() as (studio, connection):
        operation = await camera(connection).order(clip())
        await connection.close()
        another = Connection.rehearsal(studio.url)
        film = await collect(camera(another), operation, clip())
        await another.close()

        assert operation.startswith("projects/")
        assert seconds(film) == pytest.approx(4, abs=0.1)
        assert studio.tally().accepted["video"] == 1


async def test_express_mode_films_too():
    async with rehearsing() as (studio, _):
        express = Connection(api_key=SecretStr("key"), express=True, vertex_url=studio.url)
        film = await shoot(camera(express), clip())
        await express.close()

        assert seconds(film) == pytest.approx(4, abs=0.1)


async def test_an_impossible_order_costs_nothing():
    shelf = Shelf()
    async with rehearsing() as (studio, connection):
        veo = camera(connection, shelf)
        with pytest.raises(BadInput, match="gemini-omni"):
            await veo.order(clip(model="veo-3.1-generate-preview"))
        with pytest.raises(BadInput, match="Agent Platform only"):
            await veo.order(clip().model_copy(update={"surface": Surface.GEMINI_API}))
        with pytest.raises(Refused, match="lastFrame can only be used together with image"):
            await veo.order(clip(closing=shelf.picture("red")))

        assert studio.tally().total_usd == 0


async def test_an_acceptance_without_a_name_is_an_unknown_outcome():
    with pytest.raises(OutcomeUnknown, match="without a name"):
        await told_to(Says({}), clip())


# Ends.


async def test_an_operation_that_is_not_done_has_no_film_yet():
    assert await seen({}) is None


@pytest.mark.parametrize(("fault", "again"), [("filtered", False), ("audio-filter", True)])
async def test_a_filtered_film_says_why_word_for_word_and_only_the_audio_filter_is_random(fault, again):
    async with rehearsing(f"video:*:{fault}") as (studio, connection):
        with pytest.raises(Filtered) as raised:
            await shoot(camera(connection), clip())

        assert "You will not be charged" in raised.value.reasons[0]
        assert raised.value.random is again
        assert studio.tally().total_usd == 0


async def test_a_film_that_was_counted_as_filtered_without_a_reason_is_filtered():
    with pytest.raises(Filtered, match="no reason given"):
        await seen({"done": True, "response": {"raiMediaFilteredCount": 1}})


@pytest.mark.parametrize(
    ("fault", "error"),
    [("empty", NoAnswer), ("error-3", Refused), ("error-8", NoAnswer), ("error-13", NoAnswer), ("error-14", NoAnswer)],
)
async def test_an_end_without_a_film_is_an_error_not_a_reason_to_look_again(fault, error):
    async with rehearsing(f"video:*:{fault}") as (_, connection):
        with pytest.raises(Refused) as raised:
            await shoot(camera(connection), clip())

        assert type(raised.value) is error
        assert ("a new order may succeed" in str(raised.value)) is (error is NoAnswer)


@pytest.mark.parametrize(("code", "again"), [*RPC_AGAIN.items(), (99, True)])
async def test_the_code_an_operation_ends_with_says_whether_a_new_order_may_succeed(code, again):
    with pytest.raises(Refused, match=f"code {code}: its words") as raised:
        await seen({"done": True, "error": {"code": code, "message": "its words"}})

    assert type(raised.value) is (NoAnswer if again else Refused)


def test_every_google_rpc_code_is_listed():
    assert set(RPC_AGAIN) == set(range(1, 17))


async def test_an_operation_that_ends_on_a_safety_error_is_filtered():
    with pytest.raises(Filtered, match="usage guidelines"):
        await seen({"done": True, "error": {"code": 3, "message": "The image violates our usage guidelines."}})


@pytest.mark.parametrize("body", [{"response": {}}, {"response": {"videos": []}}, {"response": {"videos": [{}]}}, {}])
async def test_done_without_a_film_and_without_a_reason_is_no_answer(body):
    with pytest.raises(NoAnswer):
        await seen({"done": True, **body})


async def test_a_film_in_cloud_storage_is_refused_with_what_now():
    film = await seen({"done": True, "response": {"videos": [{"gcsUri": "gs://bucket/film.mp4"}]}})

    assert film == Film(uri="gs://bucket/film.mp4")
    with pytest.raises(Gone, match=r"gs://bucket/film\.mp4.*gcloud"):
        await camera(reach("http://127.0.0.1:9")).fetch(film)


@pytest.mark.parametrize("fault", ["429", "500", "503", "504", "drop-before", "drop-after"])
async def test_a_poll_that_goes_wrong_is_asked_again_and_nothing_is_ordered_again(fault):
    async with rehearsing(f"poll:1:{fault}") as (studio, connection):
        veo = camera(connection)
        operation = await veo.order(clip())
        with pytest.raises(StudioBusy):
            await veo.look(operation, clip())
        film = await collect(veo, operation, clip())

        assert seconds(film) == pytest.approx(4, abs=0.1)
        assert studio.tally().accepted["video"] == 1


@pytest.mark.parametrize("fault", ["404", "expired"])
async def test_an_operation_nobody_knows_any_more_is_refused(fault):
    async with rehearsing(f"poll:*:{fault}") as (_, connection):
        veo = camera(connection)
        operation = await veo.order(clip())
        with pytest.raises(Refused):
            await veo.look(operation, clip())


# Once.


@pytest.mark.parametrize(
    ("fault", "error", "accepted"),
    [
        ("429", StudioBusy, 0),
        ("daily", StudioBusy, 0),
        ("500", StudioBusy, 0),
        ("503", StudioBusy, 0),
        ("drop-before", OutcomeUnknown, 0),
        ("drop-after", OutcomeUnknown, 1),
        ("504", OutcomeUnknown, 1),
        ("delay:after=3", OutcomeUnknown, 1),
    ],
)
@pytest.mark.parametrize("kind", ["video", "extension"])
async def test_one_order_is_one_request_whatever_goes_wrong(kind, fault, error, accepted):
    shelf = Shelf()
    async with rehearsing(f"{kind}:*:{fault}") as (studio, connection):
        veo = camera(connection, shelf)
        order = clip()
        if kind == "extension":
            order = extension(shelf.keep(await shoot(veo, clip()), "mp4"))
        hasty = Connection.rehearsal(studio.url, Patience(order=1.5))
        with pytest.raises(error):
            await camera(hasty, shelf).order(order)
        await hasty.close()

        assert studio.tally().accepted[kind] == accepted
        assert studio.plan._calls[kind] == 1


def test_a_picture_is_never_handed_to_the_sdk_as_anything_but_bytes():
    shelf = Shelf()
    source, _ = camera(reach(""), shelf)._request(clip(opening=shelf.picture("red")))

    assert isinstance(source.image, types.Image)
    assert source.image.image_bytes.startswith(b"\x89PNG")
