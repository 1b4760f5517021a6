"""Addresses, keys, casing, unknown models."""

import subprocess
import sys
import time

import pytest
from google.genai import errors

from onereel.models import RETIRED
from onereel.studio import Limit, Limits, StudioOptions, running
from tests.studio.clients import (
    BANANA,
    FLASH,
    OMNI,
    VEO,
    ask,
    draw,
    express,
    film,
    gemini,
    order,
    picture_in,
    platform,
    studio_with,
)

WORDS = {"contents": [{"parts": [{"text": "hello"}]}]}
PLATFORM = "/v1beta1/projects/p/locations/l/publishers/google/models"


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_both_versions_answer(studio, version):
    assert gemini(studio, version).models.generate_content(model=FLASH, contents="hello").text


@pytest.mark.parametrize("client", [gemini, platform, express])
def test_every_way_in_writes_and_draws(studio, client):
    assert client(studio).models.generate_content(model=FLASH, contents="hello").text
    assert picture_in(draw(client(studio), model=BANANA)).size == (1024, 1024)


def test_models_are_listed(google):
    names = {model.name for model in google.models.list(config={"query_base": True})}

    assert {f"models/{id_}" for id_ in (FLASH, BANANA, VEO, OMNI)} <= names


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer "}, {"x-goog-api-key": ""}])
def test_a_call_without_a_key_is_refused(studio, headers):
    code, body = ask(studio, f"/v1/models/{FLASH}:generateContent", WORDS, {"X": "y", **headers})

    assert (code, body["error"]["status"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer t"}, {"x-goog-api-key": "k"}])
def test_any_key_will_do(studio, headers):
    assert ask(studio, f"/v1/models/{FLASH}:generateContent", WORDS, headers)[0] == 200


@pytest.mark.parametrize("id_", sorted(id_ for id_, retired in RETIRED.items() if retired.gone))
def test_a_retired_model_is_no_longer_available(google, id_):
    with pytest.raises(errors.ClientError, match="is no longer available") as refused:
        google.models.generate_content(model=id_, contents="hello")

    assert refused.value.code == 404
    assert RETIRED[id_].successor in refused.value.message


@pytest.mark.parametrize("id_", ["gemini-nonsense", VEO, "gemini-3.1-flash-image", "gemini-flash-latest"])
def test_an_unknown_model_or_one_of_another_surface_is_not_found(google, id_):
    with pytest.raises(errors.ClientError, match="is not found for API version v1"):
        google.models.generate_content(model=id_, contents="hello")


def test_an_unknown_address_is_not_found(studio):
    assert ask(studio, "/v1/nothing")[0] == 404


@pytest.mark.parametrize(
    "config",
    [
        {"imageConfig": {"aspectRatio": "16:9", "imageSize": "1K"}},
        {"image_config": {"aspect_ratio": "16:9", "image_size": "1K"}},
        {"responseFormat": {"image": {"aspectRatio": "16:9", "imageSize": "1K"}}},
    ],
)
def test_keys_may_be_snake_or_camel_case(studio, config):
    code, body = ask(studio, f"{PLATFORM}/{BANANA}:generateContent", {**WORDS, "generationConfig": config})

    assert code == 200
    assert body["usageMetadata"]["candidatesTokenCount"] == 1120


def test_a_body_that_is_no_json_is_refused(studio):
    code, body = ask(studio, f"/v1/models/{FLASH}:generateContent", [1])

    assert (code, body["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_a_studio_closes_and_takes_its_films_with_it():
    with running(StudioOptions()) as studio:
        folder = studio.folder
        assert folder.exists()

    assert not folder.exists()
    with pytest.raises(OSError, match="refused"):
        ask(studio, "/studio/tally")


def test_two_studios_do_not_share_a_port():
    with running() as one, running() as other:
        assert one.url != other.url
        with pytest.raises(OSError, match="in use"), running(StudioOptions(port=int(one.url.rpartition(":")[2]))):
            pass


def test_importing_the_studio_loads_neither_server_nor_film():
    loaded = "import sys, onereel.studio; print([m for m in ('av', 'starlette', 'uvicorn') if m in sys.modules])"

    assert subprocess.check_output([sys.executable, "-c", loaded], text=True).strip() == "[]"


def test_the_command_says_how_to_point_the_sdk_at_it():
    code = "from onereel.studio import StudioOptions, serve; serve(StudioOptions())"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        said = [process.stdout.readline() for _ in range(4)]
        process.terminate()

    assert "http://127.0.0.1:" in said[0]
    assert "GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:" in said[3]


def test_more_calls_than_fit_a_minute_are_told_how_long_to_wait():
    with studio_with(limits=Limits(text=Limit(per_minute=2))) as studio:
        google = gemini(studio)
        for _ in range(2):
            google.models.generate_content(model=FLASH, contents="hello")
        with pytest.raises(errors.ClientError) as refused:
            google.models.generate_content(model=FLASH, contents="hello")

    details = {one["@type"].rpartition(".")[2]: one for one in refused.value.details["error"]["details"]}
    assert refused.value.code == 429
    assert 50 < float(details["RetryInfo"]["retryDelay"].rstrip("s")) <= 60
    assert "PerMinute" in details["QuotaFailure"]["violations"][0]["quotaId"]


def test_more_films_at_once_than_allowed_are_refused_until_one_is_done():
    with studio_with(limits=Limits(video=Limit(in_flight=1))) as studio:
        agent = platform(studio)
        first = order(agent, "one")
        with pytest.raises(errors.ClientError, match="429"):
            film(agent)
        while not agent.operations.get(first).done:
            time.sleep(0.02)

        assert film(agent).response
        assert studio.tally().in_flight_max["video"] == 1
