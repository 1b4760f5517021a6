"""Gemini Omni on the Gemini API, against the local studio and, for answers it never gives, a gateway."""

import asyncio
import base64
import io

import av
import pytest
from pydantic import SecretStr

from onereel.adapters.connection import Connection
from onereel.adapters.courier import Patience
from onereel.adapters.omni import FAILED, OmniCamera
from onereel.crew import Film
from onereel.errors import BadInput, Filtered, Gone, NoAnswer, OutcomeUnknown, Refused, StudioBusy
from onereel.models import PROXY, Surface
from onereel.orders import ClipOrder, ExtendOrder, Labelled
from tests.adapters.gateway import Says, error, gateway
from tests.adapters.rehearse import PATIENCE, TABLE, Shelf, rehearsing

OMNI = "gemini-omni-1.2-flash"
HOUSE = "https://generativelanguage.googleapis.com/v1beta/files"


def clip(**said):
    asked = {"model": OMNI, "words": "Waves.", "seconds": 4, "resolution": PROXY, "aspect_ratio": "16:9", **said}
    return ClipOrder(surface=Surface.GEMINI_API, **asked)


def extension(previous, **said):
    asked = {"model": OMNI, "words": "More waves.", "seconds": 5, "resolution": PROXY, "aspect_ratio": "16:9", **said}
    film = Shelf().keep(b"film", "mp4")
    return ExtendOrder(surface=Surface.GEMINI_API, film=film, film_seconds=4, previous=previous, **asked)


def reach(url):
    return Connection(api_key=SecretStr("key"), gemini_url=url, patience=PATIENCE)


def camera(connection, shelf=None):
    return OmniCamera(connection, (shelf or Shelf()).fetch, TABLE)


async def collect(omni, operation, order):
    while (film := await omni.look(operation, order)) is None:
        await asyncio.sleep(0.02)
    return await omni.fetch(film)


async def shoot(omni, order):
    """Order, look until there is an end, fetch."""
    return await collect(omni, await omni.order(order), order)


def seconds(film):
    with av.open(io.BytesIO(film)) as opened:
        return opened.duration / av.time_base


async def sent(order, shelf):
    """Return the body of the one request that orders this."""
    async with gateway(Says({"id": "v1_abc", "status": "in_progress"})) as studio:
        connection = reach(studio.url)
        try:
            assert await camera(connection, shelf).order(order) == "v1_abc"
        finally:
            await connection.close()
        (asked,) = studio.asked
        assert asked.path == "/v1/interactions"
        return asked.json


async def seen(status, **body):
    """Return the film of an interaction that a gateway describes like this."""
    async with gateway(Says({"id": "v1_abc", "status": status, **body})) as studio:
        connection = reach(studio.url)
        try:
            return await camera(connection).look("v1_abc", clip())
        finally:
            await connection.close()


def content(body):
    """Return the parts of a request: a flat list is wrapped by the SDK into one step."""
    (step,) = body["input"]
    return step["content"]


def made(**film):
    return [{"type": "model_output", "content": [{"type": "text", "text": "A take."}, {"type": "video", **film}]}]


# Orders.


async def test_a_clip_is_filmed_from_words_alone():
    async with rehearsing() as (studio, connection):
        film = await shoot(camera(connection), clip(seconds=3))

        assert seconds(film) == pytest.approx(3, abs=0.1)
        assert studio.tally().accepted["video"] == 1


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


@pytest.mark.parametrize("frames", [0, 1, 2])
async def test_references_may_join_the_frames(frames):
    shelf = Shelf()
    ends = dict(zip(("opening", "closing")[:frames], map(shelf.picture, ("red", "blue")), strict=False))
    references = tuple(Labelled(media=shelf.picture(c), label=c) for c in ("green", "white", "black"))
    async with rehearsing() as (studio, connection):
        film = await shoot(camera(connection, shelf), clip(references=references, **ends))

        assert seconds(film) == pytest.approx(4, abs=0.1)
        assert studio.tally().illegal == 0


async def test_a_film_is_extended_by_the_id_of_its_interaction():
    async with rehearsing() as (studio, connection):
        omni = camera(connection)
        operation = await omni.order(clip())
        await collect(omni, operation, clip())
        longer = await shoot(omni, extension(operation))

        assert seconds(longer) == pytest.approx(9, abs=0.2)
        assert studio.tally().accepted["extension"] == 1
        assert studio.tally().billed_usd["extension"] == pytest.approx(0.05)


async def test_what_is_sent_for_a_clip():
    shelf = Shelf()
    order = clip(opening=shelf.picture("red"), closing=shelf.picture("blue"), seconds=8)
    body = await sent(order, shelf)

    assert body["model"] == OMNI
    assert body["background"] is True
    assert body["store"] is True
    assert body["generation_config"] == {"video_config": {"task": "image_to_video"}}
    assert body["response_format"] == [
        {"type": "video", "aspect_ratio": "16:9", "resolution": PROXY, "duration": "8s", "delivery": "uri"}
    ]
    first, last, words = content(body)
    assert [base64.b64decode(one["data"]) for one in (first, last)] == list(
        map(shelf.fetch, (order.opening, order.closing))
    )
    assert {one["mime_type"] for one in (first, last)} == {"image/png"}
    assert words == {"type": "text", "text": "Waves."}


async def test_what_is_sent_for_an_extension():
    body = await sent(extension("v1_first"), Shelf())

    assert body["previous_interaction_id"] == "v1_first"
    assert body["generation_config"] == {"video_config": {"task": "extend"}}
    assert body["response_format"][0]["duration"] == "5s"
    assert content(body) == [{"type": "text", "text": "More waves."}]


async def test_what_omni_has_no_field_for_is_not_sent():
    body = await sent(clip(seed=7, negative="walls", people="allow_adult", sound=False), Shelf())

    assert set(body) == {"model", "background", "store", "input", "generation_config", "response_format"}
    assert body["generation_config"] == {"video_config": {"task": "text_to_video"}}


async def test_references_are_tagged_in_the_order_their_pictures_are_sent():
    shelf = Shelf()
    mara = Labelled(media=shelf.picture("green"), label="Reference 1: Mara, face close up")
    boat = Labelled(media=shelf.picture("white"), label="Reference 2: the boat")
    opening = shelf.picture("red")
    body = await sent(clip(opening=opening, references=(mara, boat)), shelf)

    *images, words = content(body)
    pictures = [base64.b64decode(image["data"]) for image in images]
    assert pictures == [shelf.fetch(media) for media in (opening, mara.media, boat.media)]
    assert words["text"].split("\n") == [
        "[# Sources <FIRST_FRAME>@Image1] [# References <IMAGE_REF_0>@Image2 <IMAGE_REF_1>@Image3]",
        "Image2: Reference 1: Mara, face close up",
        "Image3: Reference 2: the boat",
        "Waves.",
    ]


@pytest.mark.parametrize(
    ("given", "task"),
    [
        ((), "text_to_video"),
        (("opening",), "image_to_video"),
        (("references",), "reference_to_video"),
        (("opening", "references"), "image_to_video"),
    ],
)
async def test_the_task_follows_from_what_is_given(given, task):
    shelf = Shelf()
    picture = shelf.picture("red")
    pictures = {"opening": picture, "references": (Labelled(media=picture, label="red"),)}
    body = await sent(clip(**{name: pictures[name] for name in given}), shelf)

    assert body["generation_config"]["video_config"]["task"] == task


async def test_any_later_process_can_collect_an_interaction_by_its_id():
    async with rehearsing() as (studio, connection):
        operation = await camera(connection).order(clip())
        await connection.close()
        another = Connection.rehearsal(studio.url)
        film = await collect(camera(another), operation, clip())
        await another.close()

        assert seconds(film) == pytest.approx(4, abs=0.1)
        assert studio.tally().accepted["video"] == 1


async def test_an_impossible_order_costs_nothing():
    async with rehearsing() as (studio, connection):
        omni = camera(connection)
        with pytest.raises(BadInput, match=OMNI):
            await omni.order(clip(model="gemini-omni-flash-preview"))
        with pytest.raises(BadInput, match="Gemini API only"):
            await omni.order(clip().model_copy(update={"surface": Surface.AGENT_PLATFORM}))
        with pytest.raises(BadInput, match="names none"):
            await omni.order(extension(""))
        with pytest.raises(Refused, match="not found"):
            await omni.order(extension("v1_nobody"))
        with pytest.raises(Refused, match="Unsupported duration 16s"):
            await omni.order(clip(seconds=16))

        assert studio.tally().total_usd == 0


async def test_an_extension_of_a_film_that_is_not_ready_is_refused():
    async with rehearsing("video:*:error-13") as (_, connection):
        omni = camera(connection)
        operation = await omni.order(clip())
        with pytest.raises(NoAnswer):
            await collect(omni, operation, clip())
        with pytest.raises(Refused, match="409"):
            await omni.order(extension(operation))


async def test_an_acceptance_without_an_id_is_an_unknown_outcome():
    async with gateway(Says({"status": "in_progress"})) as studio:
        connection = reach(studio.url)
        with pytest.raises(OutcomeUnknown, match="without an id"):
            await camera(connection).order(clip())
        await connection.close()


# Ends.


@pytest.mark.parametrize(
    "status", ["queued", "in_progress", "requires_action", "requires_continuation", "a_status_to_come"]
)
async def test_an_interaction_that_has_not_ended_has_no_film_yet(status):
    assert await seen(status) is None


@pytest.mark.parametrize(
    ("status", "kind"),
    [("failed", NoAnswer), ("incomplete", NoAnswer), ("cancelled", Refused), ("budget_exceeded", Refused)],
)
async def test_an_interaction_that_ended_without_a_film_says_how(status, kind):
    with pytest.raises(Refused, match=f"it ended {status}: no reason given") as raised:
        await seen(status)

    assert type(raised.value) is kind


def test_every_end_without_a_film_is_listed():
    assert {"failed", "cancelled", "incomplete", "budget_exceeded"} == FAILED


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_argument", Refused),
        ("permission_denied", Refused),
        ("not_found", Refused),
        ("failed_precondition", Refused),
        ("resource_exhausted", NoAnswer),
        ("internal", NoAnswer),
        ("unavailable", NoAnswer),
        ("content_filtered", Filtered),
        ("https://errors.example.org/prohibited_content", Filtered),
    ],
)
async def test_the_errors_of_an_interaction_say_whether_a_new_order_may_succeed(code, kind):
    with pytest.raises(Refused, match="its words") as raised:
        await seen("failed", errors=[{"code": code, "message": "its words"}])

    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("fault", "kind", "again"),
    [
        ("filtered", Filtered, False),
        ("audio-filter", Filtered, True),
        ("empty", NoAnswer, False),
        ("error-3", Refused, False),
        ("error-8", NoAnswer, False),
        ("error-13", NoAnswer, False),
        ("error-14", NoAnswer, False),
    ],
)
async def test_an_end_without_a_film_is_an_error_and_costs_nothing(fault, kind, again):
    async with rehearsing(f"video:*:{fault}") as (studio, connection):
        with pytest.raises(Refused) as raised:
            await shoot(camera(connection), clip())

        assert type(raised.value) is kind
        assert getattr(raised.value, "random", False) is again
        assert studio.tally().total_usd == 0


async def test_words_of_a_filter_instead_of_a_film_are_filtered():
    steps = [{"type": "model_output", "content": [{"type": "text", "text": "This violates our content policy."}]}]
    with pytest.raises(Filtered, match="content policy"):
        await seen("completed", steps=steps)


async def test_a_film_comes_inline_or_by_address():
    inline = await seen("completed", steps=made(data=base64.b64encode(b"film").decode(), mime_type="video/mp4"))
    address = await seen("completed", steps=made(uri=f"{HOUSE}/abc:download?alt=media", mime_type="video/mp4"))

    assert inline == Film(data=b"film")
    assert address == Film(uri=f"{HOUSE}/abc:download?alt=media")


async def test_a_film_whose_base64_is_damaged_is_looked_at_again():
    with pytest.raises(StudioBusy, match="damaged"):
        await seen("completed", steps=made(data="a"))


@pytest.mark.parametrize("fault", ["429", "500", "503", "504", "drop-before", "drop-after"])
async def test_a_poll_that_goes_wrong_is_asked_again_and_nothing_is_ordered_again(fault):
    async with rehearsing(f"poll:1:{fault}") as (studio, connection):
        omni = camera(connection)
        operation = await omni.order(clip())
        with pytest.raises(StudioBusy):
            await omni.look(operation, clip())
        assert studio.tally().polls == 1
        film = await collect(omni, operation, clip())

        assert seconds(film) == pytest.approx(4, abs=0.1)
        assert studio.tally().accepted["video"] == 1


@pytest.mark.parametrize("fault", ["404", "expired"])
async def test_an_interaction_nobody_knows_any_more_is_refused(fault):
    async with rehearsing(f"poll:*:{fault}") as (_, connection):
        omni = camera(connection)
        operation = await omni.order(clip())
        with pytest.raises(Refused):
            await omni.look(operation, clip())


# Files.


async def fetched(address, *says):
    """Fetch from this address, with a gateway that answers like this; return bytes and the paths asked for."""
    async with gateway(*says) as studio:
        connection = reach(studio.url)
        try:
            return await camera(connection).fetch(Film(uri=address)), [asked.path for asked in studio.asked]
        finally:
            await connection.close()


def file(state="ACTIVE", **said):
    return Says({"name": "files/abc", "state": state, "source": "GENERATED", **said})


@pytest.mark.parametrize(
    ("address", "id_"),
    [
        (f"{HOUSE}/abc123:download?alt=media", "abc123"),
        (f"{HOUSE}/abc-123:download?alt=media", "abc-123"),
        ("http://127.0.0.1:1/v1beta/files/abc:download?alt=media", "abc"),
        ("files/abc", "abc"),
    ],
)
async def test_a_file_is_downloaded_from_where_we_are_connected_by_its_whole_id(address, id_):
    data, paths = await fetched(address, file(), Says(b"film"))

    assert data == b"film"
    assert paths == [f"/v1/files/{id_}", f"/v1/files/{id_}:download?alt=media"]


async def test_a_file_by_address_is_the_film_the_studio_made():
    async with rehearsing() as (studio, connection):
        client = connection.client(Surface.GEMINI_API)
        body = [{"type": "video", "resolution": PROXY, "duration": "3s", "delivery": "uri"}]
        done = await client.aio.interactions.create(model=OMNI, input="Waves.", response_format=body)
        film = await camera(connection).fetch(Film(uri=done.output_video.uri))

        assert seconds(film) == pytest.approx(3, abs=0.1)
        assert studio.tally().downloads == 1


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ((file("PROCESSING"),), StudioBusy),
        ((file("FAILED"),), Gone),
        ((error(404, "You do not have permission to access the File abc or it may not exist."),), Gone),
        ((file(), error(503, "later")), StudioBusy),
        ((file(sizeBytes="8"), Says(b"film")), StudioBusy),
    ],
)
async def test_a_file_that_does_not_come_says_whether_to_fetch_it_again(answers, kind):
    with pytest.raises(kind) as raised:
        await fetched(f"{HOUSE}/abc", *answers)

    assert type(raised.value) is kind


async def test_an_address_that_is_no_file_is_refused():
    with pytest.raises(Gone, match="no file of the Gemini API"):
        await fetched("gs://bucket/film.mp4", file())


# Once.


@pytest.mark.parametrize(
    ("fault", "kind", "accepted"),
    [
        ("429:after=2.5", StudioBusy, 0),
        ("daily", StudioBusy, 0),
        ("500", StudioBusy, 0),
        ("503", StudioBusy, 0),
        ("drop-before", OutcomeUnknown, 0),
        ("drop-after", OutcomeUnknown, 1),
        ("504", OutcomeUnknown, 1),
        ("delay:after=3", OutcomeUnknown, 1),
    ],
)
@pytest.mark.parametrize("which", ["video", "extension"])
async def test_one_order_is_one_request_whatever_goes_wrong(which, fault, kind, accepted):
    async with rehearsing(f"{which}:*:{fault}") as (studio, connection):
        omni, order = camera(connection), clip()
        if which == "extension":
            operation = await omni.order(clip())
            await collect(omni, operation, clip())
            order = extension(operation)
        hasty = Connection.rehearsal(studio.url, Patience(order=1.5))
        with pytest.raises(kind) as raised:
            await camera(hasty).order(order)
        await hasty.close()

        assert studio.tally().accepted[which] == accepted
        assert studio.plan._calls[which] == 1
        if isinstance(raised.value, StudioBusy):
            assert raised.value.after == (2.5 if "after" in fault else None)
            assert (raised.value.until is not None) == (fault == "daily")
