"""The one table from the vendor's errors to ours.

What decides is whether the request can have been accepted. Refused before acceptance (429, 500, 503, no connection)
is `StudioBusy`: nothing was charged and the same call may work later. Anything that leaves it open after a paid
request left (a dropped line, a timeout, 502, 504, an answer nobody can read) is `OutcomeUnknown`. The same on a free
request (a poll, a download) is `StudioBusy`: ask again.

No answer to a poll or a download closes a film that was paid for and is still being made, or waiting to be fetched:
only an answer to the order itself is a refusal at $0. Asked with a key that expired (401, 403), or in conflict with
another request (409), it is `StudioBusy`; what the studio cannot or will not find (400, 404, 413, 422, 501) is `Gone`,
which leaves the call open.

Refusals of the account or the model, whatever is asked (a bad key, no permission, no quota at all, a model that is not
there), are `NotAllowed`: nobody need ask again in this run.

Source: reference/gemini-media.md, sections 4.8 and 5; google.rpc error details.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from http import HTTPStatus
from types import TracebackType
from typing import Final
from zoneinfo import ZoneInfo

import httpx2
import pydantic
from google.auth import exceptions as auth
from google.genai import errors as genai

from onereel.adapters.vendor_words import Told, clean, told
from onereel.errors import BadInput, Filtered, Gone, NotAllowed, OnereelError, OutcomeUnknown, Refused, StudioBusy
from onereel.models import RETIRED

PACIFIC: Final = ZoneInfo("America/Los_Angeles")
WHEN: Final = "%Y-%m-%d %H:%M UTC"


class Verdict(StrEnum):
    """What an error means for the call it ended."""

    BUSY = "busy"
    REFUSED = "refused"
    NOT_ALLOWED = "not allowed"
    UNKNOWN = "unknown"
    INPUT = "input"
    GONE = "gone"


@dataclass(frozen=True)
class Row:
    """What an error means for a paid call and for a free one, and what to say about it."""

    paid: Verdict
    free: Verdict
    words: str = ""


_TRY_LATER: Final = Row(Verdict.BUSY, Verdict.BUSY)
_WRONG: Final = Row(Verdict.REFUSED, Verdict.GONE)
_NOT_ALLOWED: Final = Row(Verdict.NOT_ALLOWED, Verdict.BUSY)
_NOT_THERE: Final = Row(Verdict.NOT_ALLOWED, Verdict.GONE)
_OPEN: Final = Row(Verdict.UNKNOWN, Verdict.BUSY)

STATUSES: Final[Mapping[int, Row]] = {
    400: _WRONG,
    401: _NOT_ALLOWED,
    403: _NOT_ALLOWED,
    404: _NOT_THERE,
    408: _OPEN,
    409: Row(Verdict.REFUSED, Verdict.BUSY),
    413: _WRONG,
    422: _WRONG,
    429: _TRY_LATER,
    499: _OPEN,
    500: _TRY_LATER,
    501: _NOT_THERE,
    502: _OPEN,
    503: _TRY_LATER,
    504: _OPEN,
}
"""HTTP status to verdict. Others: 4xx are refusals, everything else leaves the outcome open."""

_UNSENT: Final = Row(Verdict.BUSY, Verdict.BUSY, "no connection was made, so nothing was sent")
_DIED: Final = Row(Verdict.UNKNOWN, Verdict.BUSY, "the connection died after the request left")
_LATE: Final = Row(Verdict.UNKNOWN, Verdict.BUSY, "no answer came in time")
_UNREADABLE: Final = Row(Verdict.UNKNOWN, Verdict.BUSY, "the answer cannot be read")
_ADDRESS: Final = Row(Verdict.INPUT, Verdict.INPUT, "the base URL or a header is not valid HTTP; check both")
_LOGIN: Final = Row(
    Verdict.INPUT,
    Verdict.BUSY,
    "Google Cloud credentials do not work; run `gcloud auth application-default login` or set "
    "GOOGLE_APPLICATION_CREDENTIALS",
)

EXCEPTIONS: Final[Mapping[type[BaseException], Row]] = {
    httpx2.ConnectError: _UNSENT,
    httpx2.ConnectTimeout: _UNSENT,
    httpx2.PoolTimeout: Row(Verdict.BUSY, Verdict.BUSY, "every connection was taken, so nothing was sent"),
    httpx2.ProxyError: Row(Verdict.BUSY, Verdict.BUSY, "the proxy made no connection, so nothing was sent"),
    httpx2.InvalidURL: _ADDRESS,
    httpx2.UnsupportedProtocol: _ADDRESS,
    httpx2.LocalProtocolError: _ADDRESS,
    httpx2.ReadTimeout: _LATE,
    httpx2.WriteTimeout: _LATE,
    httpx2.TimeoutException: _LATE,
    TimeoutError: _LATE,
    httpx2.ReadError: _DIED,
    httpx2.WriteError: _DIED,
    httpx2.CloseError: _DIED,
    httpx2.RemoteProtocolError: _DIED,
    httpx2.NetworkError: _DIED,
    httpx2.ProtocolError: _DIED,
    httpx2.TransportError: _DIED,
    httpx2.RequestError: _DIED,
    httpx2.HTTPError: _DIED,
    httpx2.TooManyRedirects: _UNREADABLE,
    httpx2.DecodingError: _UNREADABLE,
    httpx2.SSEError: _UNREADABLE,
    httpx2.HTTPStatusError: _UNREADABLE,
    httpx2.CookieConflict: _UNREADABLE,
    httpx2.StreamError: _UNREADABLE,
    httpx2.StreamClosed: _UNREADABLE,
    httpx2.StreamConsumed: _UNREADABLE,
    httpx2.RequestNotRead: _UNREADABLE,
    httpx2.ResponseNotRead: _UNREADABLE,
    genai.UnknownApiResponseError: _UNREADABLE,
    json.JSONDecodeError: _UNREADABLE,
    genai.ContinuationInterruptedError: _UNREADABLE,
    pydantic.ValidationError: _UNREADABLE,
    UnicodeDecodeError: _UNREADABLE,
    auth.TransportError: _UNSENT,
    auth.GoogleAuthError: _LOGIN,
}
"""Exception to row; a subclass that is not listed has the row of its nearest listed ancestor."""


@dataclass(frozen=True)
class Doing(AbstractContextManager[None]):
    """One call to the vendor: a context manager that turns the vendor's errors into ours.

    The vendor's exception is dropped, not chained: its text holds whole bodies, and a gateway's may hold our headers.

    Attributes:
        action: What we were doing, for the message: "drawing with gemini-3-pro-image".
        paid: Whether an accepted call costs money.
        model: Whom we asked, to name its successor when it is gone; empty when no model was named.
        secrets: What no message may contain.
    """

    action: str
    paid: bool
    model: str = ""
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Doing({self.action!r})"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ours = None if error is None else translate(error, self)
        if ours is not None:
            raise ours from None


def translate(error: BaseException, doing: Doing) -> OnereelError | None:
    """Return our error for the vendor's; None when it is not one of the vendor's."""
    if isinstance(error, OnereelError):
        return None
    answered = told(error)
    if answered is not None:
        return _by_status(answered, doing).coded(answered.code)
    row = _row(error)
    if row is None:
        return None
    return _transport(error, row, doing).coded(type(error).__name__)


def _row(error: BaseException) -> Row | None:
    if isinstance(error, auth.GoogleAuthError) and error.retryable:
        return _UNSENT
    listed = next((EXCEPTIONS[cls] for cls in type(error).__mro__ if cls in EXCEPTIONS), None)
    if listed is not None:
        return listed
    # The Interactions client wraps transport errors in classes no public module exports: known by their attributes.
    if hasattr(error, "body") and hasattr(error, "request"):
        cause = error.__cause__
        return (None if cause is None else _row(cause)) or _DIED
    return None


def _transport(error: BaseException, row: Row, doing: Doing) -> OnereelError:
    verdict = row.paid if doing.paid else row.free
    names = {type(error).__name__, type(error.__cause__).__name__} - {"NoneType"}
    # Only "connection refused", "name not known" and the like are safe to quote: others quote headers.
    quoted = f" ({clean(str(error), doing.secrets)})" if isinstance(error, httpx2.ConnectError) else ""
    return _ours(verdict, f"{doing.action}: {row.words}{quoted} [{', '.join(sorted(names))}]")


def _by_status(answered: Told, doing: Doing) -> OnereelError:
    row = STATUSES.get(answered.code) or (_WRONG if HTTPStatus.BAD_REQUEST <= answered.code < 500 else _OPEN)  # noqa: PLR2004 - the 4xx
    verdict = row.paid if doing.paid else row.free
    words = clean(answered.words, doing.secrets)
    message = f"{doing.action}: {answered.code} {answered.status}: {words}"
    if answered.safety and doing.paid:
        return Filtered(message, reasons=(words,))
    if answered.code == HTTPStatus.NOT_FOUND and doing.model in RETIRED:
        retired = RETIRED[doing.model]
        return NotAllowed(f"{message} ({doing.model} {retired.fate}; use {retired.successor})")
    if answered.barred and doing.paid:
        return NotAllowed(message)
    if verdict is Verdict.BUSY:
        return _busy(message, answered)
    return _ours(verdict, message)


def _busy(message: str, answered: Told) -> StudioBusy:
    if answered.daily:
        until = next_day(datetime.now(UTC))
        return StudioBusy(f"{message} (the quota of the day is used up; come back after {until:{WHEN}})", until=until)
    wait = "" if answered.after is None else f" (asked to wait {answered.after:g} s)"
    return StudioBusy(f"{message}{wait}", after=answered.after)


def next_day(now: datetime) -> datetime:
    """Return when daily quotas begin anew: midnight in California. Source: ai.google.dev rate-limits."""
    tomorrow = now.astimezone(PACIFIC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), PACIFIC).astimezone(UTC)


def _ours(verdict: Verdict, message: str) -> OnereelError:
    if verdict is Verdict.BUSY:
        return StudioBusy(message)
    if verdict is Verdict.UNKNOWN:
        return OutcomeUnknown(f"{message}; it may have been accepted and paid")
    return _OURS.get(verdict, Refused)(message)


_OURS: Final[Mapping[Verdict, type[OnereelError]]] = {
    Verdict.INPUT: BadInput,
    Verdict.GONE: Gone,
    Verdict.NOT_ALLOWED: NotAllowed,
}
