"""The line to a studio: one HTTP/1.1 pool, with time limits, and secrets that only go where they belong.

The SDK is handed this client on purpose. Left alone it picks aiohttp when that is installed, and its aiohttp
transport posts a paid request again, unasked, when the connection drops (seen in google-genai 2.34 and 3.4).
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import httpx2
from google.genai import types
from pydantic import SecretStr

PLACEHOLDER: Final = "onereel-sends-no-key"
"""Stands in where the SDK insists on a credential and a gateway wants none; it never leaves this machine."""

_GOOGLE: Final = ".googleapis.com"
_POOL: Final = httpx2.Limits(max_connections=256, max_keepalive_connections=8, keepalive_expiry=30.0)
"""A poll is short, so 256 connections serve 1,000 takes in flight. Google's own front ends idle for minutes; we hang
up after 30 s, before a load balancer in between does, because a paid call on a dying connection is an unknown. Few
idle ones: every request looks at each of them, and with 64 that took longer than the request."""


@dataclass(frozen=True)
class Patience:
    """Seconds we wait, by kind of call: for the next byte, unless it says otherwise."""

    connect: float = 10.0
    """For a connection to be made."""
    pool: float = 120.0
    """For a place among the connections."""
    text: float = 300.0
    image: float = 600.0
    """Images take 15-40 s, minutes when busy; who hangs up early pays and gets nothing."""
    order: float = 300.0
    """For an operation to be accepted, its frames uploaded."""
    poll: float = 60.0
    download: float = 600.0


def within(seconds: float) -> types.HttpOptions:
    """Return what tells the SDK's core methods how long to wait; they count in milliseconds."""
    return types.HttpOptions(timeout=round(seconds * 1000))


@cache
def certificates() -> ssl.SSLContext:
    """Return whom we believe on TLS. Loaded once: it takes 40 ms, and the SDK would load it twice more a client."""
    return httpx2.create_ssl_context()


_BUILT: Final = (
    types.GenerateContentConfig,
    types.GenerateContentResponse,
    types.Candidate,
    types.GenerateVideosSource,
    types.GenerateVideosConfig,
    types.GenerateVideosOperation,
)
"""What the SDK puts off building until it is first used: 25 ms in all."""


def prepare() -> None:
    """Load what the first calls need, for 60 ms, before a loop full of them would wait for it."""
    httpx2.AsyncHTTPTransport(verify=certificates())
    for model in _BUILT:
        model.model_rebuild()


def open_line(home: str, headers: Mapping[str, SecretStr], patience: Patience) -> httpx2.AsyncClient:
    """Return an HTTP client for one studio; it belongs to the running event loop, and the caller closes it.

    Args:
        home: Base address of the studio; empty for Google's own.
        headers: Sent with every request to that address.
        patience: How long to wait for a connection; the rest is said by call.
    """
    courier = _Courier(httpx2.URL(home) if home else None, headers, patience)
    return httpx2.AsyncClient(
        follow_redirects=True, limits=_POOL, verify=certificates(), event_hooks={"request": [courier]}
    )


@dataclass(frozen=True)
class _Courier:
    """Sees every request, redirects included, last before it leaves."""

    home: httpx2.URL | None
    headers: Mapping[str, SecretStr]
    patience: Patience

    async def __call__(self, request: httpx2.Request) -> None:
        # The SDK knows one number for everything; waiting 600 s for a connection helps nobody.
        waits = {**request.extensions.get("timeout", {}), "connect": self.patience.connect, "pool": self.patience.pool}
        request.extensions = {**request.extensions, "timeout": waits}
        if self._trusts(request.url):
            self._address(request)
        else:
            for name in ("authorization", "x-goog-api-key", *self.headers):
                request.headers.pop(name, None)

    def _trusts(self, url: httpx2.URL) -> bool:
        if self.home is None:
            return url.scheme == "https" and url.host.endswith(_GOOGLE)
        return (url.scheme, url.host, url.port) == (self.home.scheme, self.home.host, self.home.port)

    def _address(self, request: httpx2.Request) -> None:
        for name in ("authorization", "x-goog-api-key"):
            if PLACEHOLDER in request.headers.get(name, ""):
                del request.headers[name]
        for name, value in self.headers.items():
            request.headers[name] = value.get_secret_value()
