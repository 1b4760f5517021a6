"""What the studio counts and would have charged."""

import asyncio
import threading

import pytest
from google import genai
from google.genai import errors, types

from onereel.studio import Kind
from onereel.studio.studio import Order
from tests.studio.clients import (
    BANANA,
    FLASH,
    LITE,
    VEO,
    ask,
    draw,
    film,
    gemini,
    interact,
    order,
    order_by_hand,
    platform,
    studio_with,
)


@pytest.fixture
def counting():
    with studio_with(footage="same") as studio:
        yield studio


@pytest.mark.parametrize(
    ("model", "config", "usd"),
    [
        (VEO, {"duration_seconds": 4}, 4 * 0.40),
        (VEO, {"duration_seconds": 6, "generate_audio": False}, 6 * 0.20),
        (VEO, {"duration_seconds": 4, "number_of_videos": 2}, 2 * 4 * 0.40),
        (LITE, {"duration_seconds": 8}, 8 * 0.05),
    ],
)
def test_film_costs_its_seconds_and_the_proxy_what_720p_does(counting, model, config, usd):
    film(platform(counting), model=model, **config)

    tally = counting.tally()
    assert tally.billed_usd["video"] == pytest.approx(usd)
    assert tally.total_usd == pytest.approx(usd)


def test_an_extension_costs_what_it_adds(counting):
    door = platform(counting)
    take = film(door).response.generated_videos[0].video
    film(door, "On", video=take, duration_seconds=7)

    tally = counting.tally()
    assert (tally.accepted["video"], tally.accepted["extension"]) == (1, 1)
    assert tally.billed_usd["extension"] == pytest.approx(7 * 0.40)


def test_omni_costs_its_seconds(counting):
    interact(gemini(counting), seconds=5)

    assert counting.tally().billed_usd["video"] == pytest.approx(5 * 0.07)


def test_broken_rules_are_illegal_and_missing_models_refused(counting):
    order_by_hand(counting, {"prompt": "x"}, durationSeconds=5)
    with pytest.raises(errors.ClientError):
        gemini(counting).models.generate_content(model="gemini-2.5-flash-image", contents="x")

    tally = counting.tally()
    assert (tally.illegal, tally.refused, sum(tally.accepted.values()), tally.total_usd) == (1, 1, 0, 0)


def test_polls_and_downloads_are_counted(counting):
    door = platform(counting)
    done = film(door)
    polls = counting.tally().polls
    door.operations.get(done)

    assert polls >= 1
    assert counting.tally().polls == polls + 1
    assert counting.tally().downloads == 2


def test_the_tally_is_the_same_over_http(counting):
    draw(gemini(counting), model=BANANA)

    assert ask(counting, "/studio/tally")[1] == counting.tally().model_dump(mode="json")


def test_accepted_calls_are_logged_with_their_words(counting):
    gemini(counting).models.generate_content(model=FLASH, contents="hello " * 100)
    order(platform(counting), "A storm")

    log = ask(counting, "/studio/requests")[1]
    assert [(one["kind"], one["model"]) for one in log] == [("text", FLASH), ("video", VEO)]
    assert len(log[0]["words"]) == 200
    assert log[0]["at"] <= log[1]["at"]


def test_one_call_of_the_sdk_is_one_accepted_call_also_when_the_line_drops(counting):
    """An asynchronous client that posts twice would pay twice."""
    ask(counting, "/studio/faults", {"kind": "video", "what": "drop-after", "nth": 1})

    async def once():
        options = types.HttpOptions(base_url=counting.url)
        async with genai.Client(enterprise=True, api_key="k", http_options=options).aio as client:
            await client.models.generate_videos(
                model=VEO,
                source=types.GenerateVideosSource(prompt="A storm"),
                config={"resolution": "180p", "duration_seconds": 4},
            )

    with pytest.raises(Exception, match="disconnected"):
        asyncio.run(once())
    assert counting.tally().accepted["video"] == 1


def test_the_most_at_once_is_remembered():
    with studio_with(latency={"text": 0.3}) as studio:
        threads = [
            threading.Thread(target=gemini(studio).models.generate_content, kwargs={"model": FLASH, "contents": f"{n}"})
            for n in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert studio.tally().in_flight_max["text"] == 5


def test_jitter_spreads_the_answers_around_the_latency():
    with studio_with(latency={"video": 10, "jitter": 0.5}) as studio:
        waits = [studio.seconds(Order(Kind.VIDEO, VEO, "", str(n))) for n in range(200)]

    assert 5 <= min(waits) < 6
    assert 14 < max(waits) <= 15
