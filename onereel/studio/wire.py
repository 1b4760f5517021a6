"""The wire: casing, errors and usage as Google's services write them.

Source: ``reference/gemini-media.md``, sections 4 and 5.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

_SNAKE = re.compile(r"_([a-z0-9])")
_VERBATIM: Final = {"responseSchema", "responseJsonSchema", "labels", "metadata"}

_STATUS: Final[Mapping[int, str]] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class Rejected(Exception):
    """The studio answers with an error instead.

    Attributes:
        code: HTTP status.
        after: Seconds the caller is asked to wait; None when nothing is said.
    """

    def __init__(
        self, code: int, message: str, *, details: tuple[dict[str, Any], ...] = (), after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.after = after

    def body(self) -> dict[str, Any]:
        """Return the JSON body."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": _STATUS[self.code]}
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}


class HangUp(Exception):
    """The line goes dead: the caller gets no answer at all."""


def invalid(message: str, field: str = "") -> Rejected:
    """Return the 400 of a broken rule, naming the field where Google does."""
    violation = {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": field, "description": message}],
    }
    return Rejected(400, message, details=(violation,) if field else ())


def not_found(message: str) -> Rejected:
    """Return the 404 of something that is not, or no longer, there."""
    return Rejected(404, message)


def exhausted(model: str, after: float | None, *, daily: bool = False) -> Rejected:
    """Return the 429 of a quota: with the delay to wait, or for the rest of the day."""
    period = "PerDay" if daily else "PerMinute"
    violation = {
        "quotaMetric": "generativelanguage.googleapis.com/generate_requests_per_model",
        "quotaId": f"GenerateRequests{period}PerProjectPerModel",
        "quotaDimensions": {"location": "global", "model": model},
        "quotaValue": "50",
    }
    details: list[dict[str, Any]] = [
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [
                {
                    "description": "Learn more about Gemini API quotas",
                    "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
                }
            ],
        },
    ]
    message = "You exceeded your current quota, please check your plan and billing details."
    if after is not None:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{after:g}s"})
        message += f" Please retry in {after:g}s."
    return Rejected(429, message, details=tuple(details), after=after)


def camel(value: Any) -> Any:
    """Return JSON with camelCase keys: proto-JSON takes both, and the SDK sends both.

    Schemas and labels keep their keys: those are the caller's own words.
    """
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    pairs = ((_SNAKE.sub(lambda found: found[1].upper(), key), inner) for key, inner in value.items())
    return {key: inner if key in _VERBATIM else camel(inner) for key, inner in pairs}


def read_json(body: bytes) -> dict[str, Any]:
    """Return a request body, its keys in camelCase.

    Raises:
        Rejected: 400, it is not a JSON object.
    """
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        raise invalid("Invalid JSON payload received.") from None
    if not isinstance(parsed, dict):
        raise invalid("Invalid JSON payload received. Expected an object.")
    return dict(camel(parsed))


def read_base64(data: object, field: str) -> bytes:
    """Return bytes sent as base64.

    Raises:
        Rejected: 400, it is not base64.
    """
    try:
        if not isinstance(data, str):
            raise invalid(f"Invalid value at '{field}' (TYPE_BYTES).", field)
        return base64.b64decode(data.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        raise invalid(f"Invalid value at '{field}' (TYPE_BYTES), Base64 decoding failed.", field) from None


def write_base64(data: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(data).decode()


def digest(*parts: object) -> str:
    """Return the SHA-256 of values, the same for equal values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def reason(code: int) -> str:
    """Return the words of an HTTP status."""
    return HTTPStatus(code).phrase
