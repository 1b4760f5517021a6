"""What an answer with an error says, whichever of the SDK's two families of exceptions carries it.

Core methods raise ``google.genai.errors.APIError``; Interactions raise classes that no public module exports, known
here by their ``status_code`` and ``body``. Both carry Google's JSON: ``{"error": {code, status, message, details}}``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final

from google.genai.errors import APIError

_WORDS: Final = 400
"""Longest quotation of the vendor in a message, in characters."""

_SECRETS: Final = re.compile(
    r"AIza[\w-]{20,}|AQ\.[\w-]{20,}|ya29\.[\w.-]+|(?<=earer )\S+|[A-Za-z0-9+/=_-]{100,}",
)
"""Keys and tokens as Google writes them, bearer tokens, and anything as long and dense as base64."""

_SAFETY: Final = re.compile(
    r"responsible ai|usage guidelines|sensitive words|prohibited (content|use)|content polic"
    r"|safety (filter|setting|polic|reason|system)|violat\w* .{0,40}(polic|guideline)|blocked .{0,60}safety",
    re.IGNORECASE,
)
"""How a 400 says that a filter, not a rule of the interface, refused it."""

_ACCOUNT: Final = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED", "BILLING_DISABLED", "SERVICE_DISABLED"})
"""google.rpc.ErrorInfo reasons that are about the account."""

_AUDIO: Final = re.compile(r"\baudio\b|\bsound\b", re.IGNORECASE)


@dataclass(frozen=True)
class Told:
    """What the studio answered instead.

    Attributes:
        code: HTTP status.
        after: Seconds it asks us to wait; None when it does not say.
        daily: Only a new day lifts the quota.
        safety: A filter refused the request.
        barred: The account cannot have this, whatever it asks: a key that is none, no billing, no quota at all.
    """

    code: int
    status: str
    words: str
    after: float | None = None
    daily: bool = False
    safety: bool = False
    barred: bool = False


def told(error: BaseException) -> Told | None:
    """Return what an exception with an HTTP status says; None when it has none."""
    core = isinstance(error, APIError)
    code = getattr(error, "code" if core else "status_code", None)
    if not isinstance(code, int):
        return None
    said = _error(getattr(error, "details" if core else "body", None))
    details = [detail for detail in said.get("details") or () if isinstance(detail, Mapping)]
    words = str(said.get("message") or "no reason given")
    status = str(said.get("status") or _phrase(code))
    return Told(
        code=code,
        status=status,
        words=words,
        after=_after(details, getattr(getattr(error, "response", None), "headers", None) or {}),
        daily=code == HTTPStatus.TOO_MANY_REQUESTS and _daily(details),
        safety=code == HTTPStatus.BAD_REQUEST and says_safety(words),
        barred=_barred(code, status, details, words),
    )


def says_safety(words: str) -> bool:
    """Return whether these words of the vendor name a safety filter."""
    return _SAFETY.search(words) is not None


def filters_at_random(words: str) -> bool:
    """Return whether these are the words of the audio filter: it often lets the same words pass on another try.

    Source: googleapis/js-genai#1272.
    """
    return _AUDIO.search(words) is not None


def clean(words: str, secrets: tuple[str, ...] = ()) -> str:
    """Return the vendor's words on one line, bounded, without keys and without base64."""
    for secret in secrets:
        words = words.replace(secret, "…")
    plain = " ".join(_SECRETS.sub("…", words).split())
    return plain if len(plain) <= _WORDS else f"{plain[:_WORDS]}…"


def _error(body: object) -> Mapping[str, Any]:
    """Return Google's error object, from JSON as it is, wrapped in a list, or from plain words."""
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        return inner if isinstance(inner, Mapping) else {"message": inner}
    return {"message": body} if body else {}


def _phrase(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "unknown status"


def _after(details: list[Mapping[str, Any]], headers: Mapping[str, str]) -> float | None:
    """Return the wait asked for: by RetryInfo, which is exact, else by the Retry-After header."""
    delays = [str(detail["retryDelay"]).removesuffix("s") for detail in details if "retryDelay" in detail]
    waits = [_seconds(text) for text in (*delays, headers.get("retry-after", ""))]
    return next((wait for wait in waits if wait is not None), None)


def _seconds(text: str) -> float | None:
    """Return the seconds in ``7.5`` or until an HTTP date; None for anything else."""
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _violations(details: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found = (violation for detail in details for violation in detail.get("violations") or ())
    return [violation for violation in found if isinstance(violation, Mapping)]


def _daily(details: list[Mapping[str, Any]]) -> bool:
    return any("PerDay" in str(violation.get("quotaId")) for violation in _violations(details))


def _barred(code: int, status: str, details: list[Mapping[str, Any]], words: str) -> bool:
    """Return whether the account is refused, not the request. Google answers 400 to a key that is none."""
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        return "limit: 0" in words or any(str(one.get("quotaValue")) == "0" for one in _violations(details))
    if code != HTTPStatus.BAD_REQUEST:
        return False
    return status == "FAILED_PRECONDITION" or any(detail.get("reason") in _ACCOUNT for detail in details)
