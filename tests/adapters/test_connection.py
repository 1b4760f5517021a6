"""How to reach a studio, from the environment; and that secrets go nowhere else."""

import logging
import os

import httpx2
import pytest
from google.genai import types
from pydantic import SecretStr

from onereel.adapters.connection import Connection
from onereel.adapters.courier import PLACEHOLDER, Patience, open_line
from onereel.errors import BadInput, OutcomeUnknown, Refused, StudioBusy
from onereel.models import Surface
from tests.adapters.gateway import Says, error, gateway
from tests.adapters.rehearse import rehearsing

GEMINI, AGENT = Surface.GEMINI_API, Surface.AGENT_PLATFORM
WORDS = {"candidates": [{"content": {"parts": [{"text": "hello"}], "role": "model"}, "finishReason": "STOP"}]}
KEY, TOKEN = "AIza-key-key-key-key-key-key", "token-token-token"


def reach(**env):
    return Connection.from_environment(env)


async def ask(connection, surface, location=""):
    """Ask one thing of a text model; return the answer."""
    try:
        client = connection.client(surface, location=location)
        with connection.paying("asking", "gemini-3.8-flash"):
            config = types.GenerateContentConfig(http_options=types.HttpOptions(timeout=2000))
            answer = await client.aio.models.generate_content(model="gemini-3.8-flash", contents="hi", config=config)
        return answer.text
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("env", "surfaces"),
    [
        ({}, ()),
        ({"GEMINI_API_KEY": KEY}, (GEMINI,)),
        ({"GOOGLE_API_KEY": KEY}, (GEMINI,)),
        ({"GEMINI_API_KEY": "  "}, ()),
        ({"GOOGLE_CLOUD_PROJECT": "p"}, (AGENT,)),
        ({"GEMINI_API_KEY": KEY, "GOOGLE_CLOUD_PROJECT": "p"}, (GEMINI, AGENT)),
        ({"GEMINI_API_KEY": KEY, "GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_GENAI_USE_ENTERPRISE": "true"}, (AGENT, GEMINI)),
        ({"GEMINI_API_KEY": KEY, "GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_GENAI_USE_ENTERPRISE": "false"}, (GEMINI,)),
        ({"GOOGLE_API_KEY": KEY, "GOOGLE_GENAI_USE_ENTERPRISE": "1"}, (AGENT,)),
        ({"GOOGLE_API_KEY": KEY, "GOOGLE_GENAI_USE_VERTEXAI": "TRUE"}, (AGENT,)),
        (
            {"GOOGLE_API_KEY": KEY, "GOOGLE_GENAI_USE_VERTEXAI": "true", "GOOGLE_GENAI_USE_ENTERPRISE": "false"},
            (GEMINI,),
        ),
        ({"GOOGLE_GEMINI_BASE_URL": "https://gw"}, ()),
        ({"GOOGLE_GEMINI_BASE_URL": "https://gw", "ONEREEL_BEARER_TOKEN": TOKEN}, (GEMINI,)),
        ({"GOOGLE_GEMINI_BASE_URL": "https://gw", "ONEREEL_EXTRA_HEADERS": '{"x-team": "film"}'}, (GEMINI,)),
        ({"GOOGLE_VERTEX_BASE_URL": "https://gw", "ONEREEL_BEARER_TOKEN": TOKEN}, (AGENT,)),
    ],
)
def test_the_environment_says_which_surfaces_there_are_and_which_is_preferred(env, surfaces):
    assert reach(**env).surfaces == surfaces


def test_google_api_key_wins_over_gemini_api_key():
    assert reach(GOOGLE_API_KEY="first", GEMINI_API_KEY="second").api_key.get_secret_value() == "first"


@pytest.mark.parametrize("surface", Surface)
def test_what_is_missing_is_an_error_that_names_every_way_on(surface):
    with pytest.raises(BadInput) as raised:
        reach().require(surface, "a-model")

    for way in ("a-model", "GEMINI_API_KEY", "gcloud auth application-default", "express", "gateway", "--rehearse"):
        assert way in str(raised.value)


def test_a_project_without_credentials_says_how_to_log_in(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("GOOGLE_", "CLOUDSDK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")

    with pytest.raises(BadInput, match="gcloud auth application-default login"):
        reach(GOOGLE_CLOUD_PROJECT="p").require(AGENT, "veo-3.1-generate-001")


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({"GOOGLE_GEMINI_BASE_URL": "gateway.example.org"}, "not an http"),
        ({"GOOGLE_GEMINI_BASE_URL": "https://me:hidden@gw"}, "carries credentials"),
        ({"GOOGLE_VERTEX_BASE_URL": "https://gw/?key=hidden"}, "carries credentials"),
        ({"GOOGLE_GEMINI_BASE_URL": "https://gw/v1beta"}, "API version"),
        ({"ONEREEL_EXTRA_HEADERS": "x-team: hidden"}, "not JSON"),
        ({"ONEREEL_EXTRA_HEADERS": '["hidden"]'}, "JSON object"),
        ({"ONEREEL_EXTRA_HEADERS": '{"x-team": 1}'}, "JSON object"),
        ({"ONEREEL_EXTRA_HEADERS": '{"x-team": "hidden\\nx-other: 1"}'}, "cannot be sent"),
        ({"GEMINI_API_KEY": "hidden\u2026"}, "cannot be sent"),
        ({"ONEREEL_BEARER_TOKEN": "hidden\u00e9"}, "cannot be sent"),
    ],
)
def test_a_variable_that_cannot_be_meant_is_refused_without_quoting_it(env, problem):
    with pytest.raises(BadInput, match=problem) as raised:
        reach(**env)

    assert next(iter(env)) in str(raised.value)
    assert "hidden" not in str(raised.value)


async def test_the_gemini_api_is_asked_with_the_key():
    async with gateway(Says(WORDS)) as studio:
        assert await ask(reach(GEMINI_API_KEY=KEY, GOOGLE_GEMINI_BASE_URL=studio.url), GEMINI) == "hello"

        assert studio.asked[0].path == "/v1/models/gemini-3.8-flash:generateContent"
        assert studio.asked[0].headers["x-goog-api-key"] == KEY
        assert "authorization" not in studio.asked[0].headers


async def test_express_mode_needs_a_key_and_no_project():
    """The settings of the reference, section 8, for express mode against a local address."""
    async with gateway(Says(WORDS)) as studio:
        env = {"GOOGLE_API_KEY": KEY, "GOOGLE_GENAI_USE_ENTERPRISE": "true", "GOOGLE_GEMINI_BASE_URL": studio.url}
        await ask(reach(**env), AGENT)

        assert studio.asked[0].path == "/v1beta1/publishers/google/models/gemini-3.8-flash:generateContent"
        assert studio.asked[0].headers["x-goog-api-key"] == KEY


@pytest.mark.parametrize(
    ("named", "text", "film"),
    [
        ("", "global", "us-central1"),
        ("global", "global", "us-central1"),
        ("europe-west4", "europe-west4", "europe-west4"),
    ],
)
async def test_text_and_images_default_to_global_and_film_to_the_region_that_has_cameras(named, text, film):
    async with gateway(Says(WORDS)) as studio:
        env = {
            "GOOGLE_CLOUD_PROJECT": "p",
            "GOOGLE_CLOUD_LOCATION": named,
            "GOOGLE_VERTEX_BASE_URL": studio.url,
            "ONEREEL_BEARER_TOKEN": TOKEN,
        }
        connection = reach(**env)
        await ask(connection, AGENT)
        await ask(connection, AGENT, connection.film_location)

        assert [asked.path.split("/publishers")[0] for asked in studio.asked] == [
            f"/v1beta1/projects/p/locations/{text}",
            f"/v1beta1/projects/p/locations/{film}",
        ]
        assert studio.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("surface", Surface)
@pytest.mark.parametrize("project", ["", "p"])
async def test_a_gateway_gets_its_headers_and_token_and_no_key(surface, project, monkeypatch):
    monkeypatch.setenv("GOOGLE_API_KEY", "a-key-of-somebody-else")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "mars")
    async with gateway(Says(WORDS)) as studio:
        env = {
            "GOOGLE_CLOUD_PROJECT": project,
            "GOOGLE_GEMINI_BASE_URL": studio.url,
            "GOOGLE_VERTEX_BASE_URL": studio.url,
            "ONEREEL_EXTRA_HEADERS": '{"X-Team": "film"}',
        }
        await ask(reach(**env), surface)
        await ask(reach(**env, ONEREEL_BEARER_TOKEN=TOKEN), surface)

        for asked in studio.asked:
            assert asked.headers["x-team"] == "film"
            assert "x-goog-api-key" not in asked.headers
            assert PLACEHOLDER not in str(asked)
        assert "authorization" not in studio.asked[0].headers
        assert studio.asked[1].headers["authorization"] == f"Bearer {TOKEN}"


async def test_secrets_do_not_follow_a_redirect_to_another_house():
    async with (
        gateway(Says(WORDS)) as elsewhere,
        gateway(Says(status=307, headers={"location": elsewhere.url})) as home,
    ):
        env = {
            "GEMINI_API_KEY": KEY,
            "GOOGLE_GEMINI_BASE_URL": home.url,
            "ONEREEL_EXTRA_HEADERS": '{"x-team": "film"}',
            "ONEREEL_BEARER_TOKEN": TOKEN,
        }
        await ask(reach(**env), GEMINI)

    assert {"x-goog-api-key", "x-team", "authorization"} <= set(home.asked[0].headers)
    assert not {"x-goog-api-key", "x-team", "authorization"} & set(elsewhere.asked[0].headers)


async def test_googles_own_houses_trust_each_other_over_https_only():
    line = open_line("", {"x-team": SecretStr("film")}, Patience())
    (courier,) = line.event_hooks["request"]
    seen = {}
    for url in (
        "https://us-central1-aiplatform.googleapis.com/",
        "http://generativelanguage.googleapis.com/",
        "https://x.org/",
    ):
        request = httpx2.Request("GET", url, headers={"x-goog-api-key": KEY})
        await courier(request)
        seen[url] = sorted({"x-goog-api-key", "x-team"} & set(request.headers))
    await line.aclose()

    assert list(seen.values()) == [["x-goog-api-key", "x-team"], [], []]


async def test_nobody_waits_ten_minutes_for_a_connection():
    line = open_line("", {}, Patience(connect=3, pool=4))
    (courier,) = line.event_hooks["request"]
    request = line.build_request("GET", "https://x.org", timeout=600.0)
    await courier(request)
    await line.aclose()

    assert request.extensions["timeout"] == {"connect": 3, "pool": 4, "read": 600.0, "write": 600.0}


async def test_a_line_that_drops_after_the_request_left_is_an_unknown_outcome_and_was_not_posted_again():
    async with rehearsing("text:*:drop-after") as (studio, connection):
        with pytest.raises(OutcomeUnknown):
            await ask(connection, GEMINI)

        assert studio.tally().accepted["text"] == 1


async def test_a_studio_that_is_too_slow_is_an_unknown_outcome():
    async with rehearsing("text:*:delay:after=5") as (studio, connection):
        with pytest.raises(OutcomeUnknown, match="in time"):
            await ask(connection, GEMINI)

        assert studio.tally().accepted["text"] == 1


async def test_clients_are_kept_while_the_connection_is_open_and_made_anew_after():
    connection = Connection.rehearsal("http://127.0.0.1:9")
    first, again = connection.client(GEMINI), connection.client(GEMINI)
    await connection.close()
    after = connection.client(GEMINI)
    await connection.close()

    assert first is again
    assert first is not after


async def test_a_client_is_not_made_for_a_surface_that_is_not_configured():
    with pytest.raises(BadInput):
        reach(GEMINI_API_KEY=KEY).client(AGENT)


async def test_aiohttp_is_never_used():
    connection = Connection.rehearsal("http://127.0.0.1:9")
    for surface in Surface:
        api = connection.client(surface)._api_client
        assert not api._use_aiohttp()
        assert isinstance(api._http_options.httpx_async_client, httpx2.AsyncClient)
    await connection.close()


async def test_keys_show_nowhere(caplog, capsys):
    caplog.set_level(logging.NOTSET)
    env = {
        "GEMINI_API_KEY": KEY,
        "GOOGLE_CLOUD_PROJECT": "p",
        "ONEREEL_BEARER_TOKEN": TOKEN,
        "ONEREEL_EXTRA_HEADERS": '{"x-team": "header-value-header-value"}',
    }
    told = ""
    async with gateway(error(400, f"key {KEY} token {TOKEN} header header-value-header-value")) as studio:
        connection = reach(**env, GOOGLE_GEMINI_BASE_URL=studio.url, GOOGLE_VERTEX_BASE_URL=studio.url)
        for surface in Surface:
            with pytest.raises(Refused) as raised:
                await ask(connection, surface)
            told += str(raised.value)
    told += "\n".join([repr(connection), str(connection), *connection.describe(), caplog.text, *capsys.readouterr()])
    told += repr(connection.paying("asking", "a-model"))

    assert "p" in told
    for secret in (KEY, TOKEN, "header-value-header-value"):
        assert secret not in told


def test_doctor_is_told_what_is_configured_and_what_is_not():
    lines = reach(GEMINI_API_KEY=KEY, ONEREEL_EXTRA_HEADERS='{"x-team": "film"}').describe()

    assert lines == [
        "the Gemini API: API key set, at Google",
        "Agent Platform: not configured",
        "extra headers: x-team",
    ]
    assert "--rehearse" in reach().describe()[-1]


async def test_a_rehearsal_reaches_both_surfaces():
    async with rehearsing() as (studio, connection):
        assert connection.surfaces == (GEMINI, AGENT)
        for surface in Surface:
            connection.require(surface, "any")
            assert await ask(connection, surface)

        assert studio.tally().accepted["text"] == 2


async def test_a_studio_that_is_away_is_busy():
    with pytest.raises(StudioBusy):
        await ask(Connection.rehearsal("http://127.0.0.1:9"), GEMINI)
