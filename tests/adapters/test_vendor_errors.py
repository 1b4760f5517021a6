"""The vendor's errors, each under our name; what decides is whether the request can have been accepted."""

import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest
from google.auth import exceptions as auth
from google.genai import errors as genai
from google.genai import types
from pydantic import SecretStr

from onereel.adapters.connection import Connection
from onereel.adapters.vendor_errors import EXCEPTIONS, STATUSES, Doing, Verdict, next_day, translate
from onereel.adapters.vendor_words import clean, says_safety
from onereel.errors import BadInput, Filtered, Gone, NotAllowed, NotInVault, OutcomeUnknown, Refused, StudioBusy
from onereel.models import RETIRED, Surface
from tests.adapters.gateway import Says, error, gateway

PAYING = Doing("drawing with a model", paid=True, model="a-model")
ASKING = Doing("looking at an operation", paid=False)
KEY = "AIzaSyA-secret-secret-secret-secret-secret"
QUOTA = "type.googleapis.com/google.rpc.QuotaFailure"
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.5s"}


def said(code, message="no", *details):
    return genai.ClientError(code, {"error": {"code": code, "message": message, "details": list(details)}})


def quota(quota_id, value="50"):
    return {"@type": QUOTA, "violations": [{"quotaId": quota_id, "quotaValue": value}]}


async def core(client):
    """One call by the SDK's core."""
    await client.aio.models.generate_content(model="gemini-3.8-flash", contents="hello")


async def interaction(client):
    """One call by the SDK's interactions, which raise other classes."""
    await client.aio.interactions.create(model="gemini-omni-1.2-flash", input="hello", background=True)


async def caught(url, call, *, paid=True, model="gemini-3.8-flash"):
    """Return our error for what one real call to this address raises."""
    connection = Connection(api_key=SecretStr(KEY), gemini_url=url)
    guard = connection.paying("asking", model) if paid else connection.asking("asking")
    try:
        with pytest.raises(Exception) as raised, guard:
            await call(connection.client(Surface.GEMINI_API))
    finally:
        await connection.close()
    return raised.value


BOTH = pytest.mark.parametrize("call", [core, interaction])


@BOTH
@pytest.mark.parametrize(
    ("code", "paid", "free"),
    [
        (400, Refused, Gone),
        (401, NotAllowed, StudioBusy),
        (403, NotAllowed, StudioBusy),
        (404, NotAllowed, Gone),
        (408, OutcomeUnknown, StudioBusy),
        (409, Refused, StudioBusy),
        (413, Refused, Gone),
        (422, Refused, Gone),
        (429, StudioBusy, StudioBusy),
        (499, OutcomeUnknown, StudioBusy),
        (500, StudioBusy, StudioBusy),
        (501, NotAllowed, Gone),
        (502, OutcomeUnknown, StudioBusy),
        (503, StudioBusy, StudioBusy),
        (504, OutcomeUnknown, StudioBusy),
        (418, Refused, Gone),
        (599, OutcomeUnknown, StudioBusy),
    ],
)
async def test_every_status_has_one_meaning_for_a_paid_call_and_one_for_a_free_one(code, paid, free, call):
    async with gateway(error(code, "the vendor's words", status="STATUS")) as studio:
        for is_paid, expected in ((True, paid), (False, free)):
            ours = await caught(studio.url, call, paid=is_paid)

            assert type(ours) is expected
            assert str(ours).startswith(f"asking: {code} STATUS: the vendor's words")


@BOTH
@pytest.mark.parametrize("code", [429, 500, 503, 504])
async def test_the_sdk_asks_once(code, call):
    async with gateway(error(code, "no")) as studio:
        await caught(studio.url, call)

        assert len(studio.asked) == 1


def test_every_status_of_the_reference_is_listed():
    assert {400, 401, 403, 404, 409, 429, 500, 503, 504} <= set(STATUSES)


def test_every_exception_of_the_transport_is_listed():
    exposed = {one for one in vars(httpx2).values() if isinstance(one, type) and issubclass(one, BaseException)}

    assert exposed - set(EXCEPTIONS) == set()


UNSENT = {
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    auth.TransportError,
}
INPUT = {httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, auth.GoogleAuthError}


@pytest.mark.parametrize("kind", EXCEPTIONS)
def test_only_what_was_surely_not_sent_may_be_sent_again(kind):
    row = EXCEPTIONS[kind]
    expected = Verdict.BUSY if kind in UNSENT else Verdict.INPUT if kind in INPUT else Verdict.UNKNOWN

    assert row.paid is expected


@pytest.mark.parametrize("kind", [kind for kind in EXCEPTIONS if kind not in INPUT])
def test_a_free_call_is_simply_asked_again(kind):
    assert EXCEPTIONS[kind].free is Verdict.BUSY


@BOTH
async def test_no_connection_means_nothing_was_sent(call):
    ours = await caught("http://127.0.0.1:9", call)

    assert type(ours) is StudioBusy
    assert "nothing was sent" in str(ours)


@BOTH
async def test_an_answer_nobody_can_read_may_have_been_paid(call):
    async with gateway(Says(b"<html>welcome</html>")) as studio:
        assert type(await caught(studio.url, call)) is OutcomeUnknown
        assert type(await caught(studio.url, call, paid=False)) is StudioBusy


@BOTH
async def test_the_wait_asked_for_is_passed_on(call):
    rounded = {"Retry-After": "8"}
    exact = Says(error(429, "slow down", RETRY).body, 429, rounded)
    for answer in (exact, Says({"error": {"message": "slow down"}}, 429, {"Retry-After": "7.5"})):
        async with gateway(answer) as studio:
            ours = await caught(studio.url, call)

            assert ours.after == 7.5
            assert ours.until is None


def test_a_date_to_come_back_at_is_understood():
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    refusal = genai.ServerError(503, {}, httpx2.Response(503, headers={"Retry-After": later}))

    assert translate(refusal, PAYING).after == pytest.approx(90, abs=2)


def test_a_daily_quota_says_when_to_come_back():
    ours = translate(said(429, "quota", quota("GenerateRequestsPerDayPerProjectPerModel")), PAYING)

    assert datetime.now(UTC) < ours.until <= datetime.now(UTC) + timedelta(days=1)
    assert f"come back after {ours.until:%Y-%m-%d %H:%M} UTC" in str(ours)
    assert translate(said(429, "quota", quota("GenerateRequestsPerMinutePerProject")), PAYING).until is None


@pytest.mark.parametrize(
    ("now", "until"),
    [("2026-11-21T18:00", "2026-11-22T08:00"), ("2026-07-02T06:59", "2026-07-02T07:00")],
)
def test_a_day_of_the_vendor_ends_at_midnight_in_california(now, until):
    moment = datetime.fromisoformat(f"{now}+00:00")

    assert next_day(moment) == datetime.fromisoformat(f"{until}+00:00")


@pytest.mark.parametrize(
    "refusal",
    [
        said(429, "quota", quota("GenerateRequestsPerMinute", "0")),
        said(
            400,
            "API key not valid.",
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"},
        ),
        genai.ClientError(400, {"error": {"code": 400, "status": "FAILED_PRECONDITION", "message": "no billing"}}),
    ],
)
def test_an_account_that_may_not_is_told_from_a_request_that_is_wrong(refusal):
    assert type(translate(refusal, PAYING)) is NotAllowed
    assert type(translate(said(400, "Invalid seconds."), PAYING)) is Refused


@pytest.mark.parametrize(
    "words",
    [
        "The prompt could not be submitted. It contains sensitive words that violate Google's Responsible AI practices.",
        "The input image violates our usage guidelines.",
        "Blocked by your current safety settings.",
        "The request was refused as it may violate our content policies.",
    ],
)
def test_a_400_that_names_a_filter_is_filtered_with_its_reason_word_for_word(words):
    ours = translate(said(400, words), PAYING)

    assert type(ours) is Filtered
    assert ours.reasons == (words,)


@pytest.mark.parametrize("words", ["Invalid image size '8K'.", "lastFrame can only be used together with image."])
def test_a_400_that_names_a_rule_is_not(words):
    assert not says_safety(words)


@pytest.mark.parametrize("model", RETIRED)
def test_a_retired_model_names_its_successor(model):
    ours = translate(said(404, "is no longer available"), Doing("asking", paid=True, model=model))

    assert f"{RETIRED[model].fate}; use {RETIRED[model].successor}" in str(ours)


def test_credentials_that_do_not_work_say_what_now():
    assert "gcloud auth" in str(translate(auth.RefreshError("expired"), PAYING))
    assert type(translate(auth.RefreshError("expired"), PAYING)) is BadInput
    assert type(translate(auth.RefreshError("expired"), ASKING)) is StudioBusy
    assert type(translate(auth.RefreshError("try again", retryable=True), PAYING)) is StudioBusy


@BOTH
@pytest.mark.parametrize("code", [400, 429, 504])
async def test_a_message_holds_no_key_and_no_picture_even_when_the_vendor_echoes_them(code, call, caplog):
    caplog.set_level(0)
    picture = "iVBORw0KGgo" * 200
    async with gateway(error(code, f"bad header x-goog-api-key: {KEY} in {picture}")) as studio:
        ours = await caught(studio.url, call)

    told = "".join(traceback.format_exception(ours)) + str(ours) + repr(ours) + caplog.text
    assert KEY not in told
    assert picture[:120] not in str(ours)
    assert len(str(ours)) < 600


@pytest.mark.parametrize(
    "secret",
    ["AIzaSyD4x8fQ2kLm9nOpQrStUvWxYz01234567", "Bearer abc.def-ghi", "ya29.a0AfB_byC-123"],
)
def test_keys_and_tokens_are_known_by_their_looks(secret):
    assert secret.removeprefix("Bearer ") not in clean(f"header {secret} refused")


def test_the_vendors_exception_is_dropped():
    with pytest.raises(StudioBusy) as raised, PAYING:
        raise said(503)

    assert raised.value.__suppress_context__


@pytest.mark.parametrize("error", [KeyError("ours"), NotInVault("ours"), KeyboardInterrupt()])
def test_what_is_not_the_vendors_passes_untouched(error):
    with pytest.raises(type(error)) as raised, PAYING:
        raise error

    assert raised.value is error


def test_plain_words_and_wrapped_lists_are_understood():
    wrapped = genai.ClientError(400, [{"error": {"message": "in a list"}}])
    plain = genai.ServerError(503, {"message": "upstream connect error", "status": "Service Unavailable"})

    assert "in a list" in str(translate(wrapped, PAYING))
    assert "503 Service Unavailable: upstream connect error" in str(translate(plain, PAYING))


def test_the_sdk_still_has_no_public_name_for_what_interactions_raise():
    """When this fails, name the class in the table instead of knowing it by its attributes."""
    assert not hasattr(genai, "APIStatusError")
    assert not hasattr(types, "APIStatusError")
