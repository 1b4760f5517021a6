"""A screening: one cut's report page, served from the vault to a browser on this machine.

Served are the cut's papers and the media its manifest names, nothing else of the vault. Films are answered in ranges,
as players ask for them, also from a bucket.
"""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from onereel.crew import Vault
from onereel.errors import BadInput, NotInVault, VaultError
from onereel.footage import CONTENT_TYPES, Media
from onereel.noun import Noun
from onereel.papers import Manifest
from onereel.slate import cut_prefix, thumbs_prefix

HOST = "127.0.0.1"
PAGE = "report.html"
BLOCK_BYTES = 1 << 20
"""Read from the vault at once: what a player that hangs up costs at most."""

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@contextmanager
def door(port: int) -> Iterator[socket.socket]:
    """Open a port of this machine for a screening; 0 is any free one.

    Raises:
        BadInput: Somebody else has it.
    """
    try:
        opened = socket.create_server((HOST, port))
    except (OSError, OverflowError) as error:
        raise BadInput(f"port {port} of {HOST} cannot be had ({error}); name another with --port") from error
    with opened:
        yield opened


def address(opened: socket.socket) -> str:
    """Return where a browser finds a screening."""
    return f"http://{HOST}:{opened.getsockname()[1]}/"


def screen(vault: Vault, manifest: Manifest, opened: socket.socket) -> None:
    """Serve a cut at an open door until interrupted."""
    config = uvicorn.Config(
        screening(vault, manifest), ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    with suppress(KeyboardInterrupt):  # how a screening ends
        uvicorn.Server(config).run([opened])


def screening(vault: Vault, manifest: Manifest) -> Starlette:
    """Return the application that serves a cut."""
    folder = cut_prefix(manifest.production, manifest.version)
    shown = {f"{folder}{paper}" for paper in (*manifest.papers, "manifest.json")}
    shown |= {media.key for media in media_of(manifest)}
    thumbs = thumbs_prefix(manifest.production)

    def home(_: Request) -> Response:
        return RedirectResponse(f"/{folder}{PAGE}")

    def file(request: Request) -> Response:
        key = request.path_params["key"]
        thumb = key.startswith(thumbs) and key.removeprefix(thumbs).removesuffix(".webp").isalnum()
        if key not in shown and not thumb:
            raise HTTPException(404, "not a file of this cut")
        try:
            return _answer(vault, key, request.headers.get("range", ""))
        except NotInVault as missing:
            raise HTTPException(404, "the vault has it no more") from missing
        except VaultError as broken:
            raise HTTPException(502, str(broken)) from broken

    routes = [Route("/", home), Route("/{key:path}", file)]
    # A page elsewhere could give its own name this machine's address and read along.
    named = Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    return Starlette(routes=routes, middleware=[named])


def media_of(noun: Noun) -> Iterator[Media]:
    """Yield all media that a noun names, in whatever depth."""
    if isinstance(noun, Media):
        yield noun
        return
    for name in type(noun).model_fields:
        value = getattr(noun, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Noun):
                yield from media_of(one)


def _answer(vault: Vault, key: str, asked: str) -> Response:
    size = vault.size(key)
    headers = {
        "accept-ranges": "bytes",
        "cache-control": "max-age=3600" if key.startswith("media/") else "no-cache",
        "cross-origin-resource-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }
    media_type = CONTENT_TYPES.get(key.rpartition(".")[2], "application/octet-stream")
    wanted = _RANGE.fullmatch(asked.strip())
    if wanted is None or not any(wanted.groups()):  # none asked for, or several at once: the whole
        whole = {**headers, "content-length": str(size)}
        return StreamingResponse(_blocks(vault, key, 0, size), headers=whole, media_type=media_type)
    first, end = _bounds(wanted, size)
    if first >= end:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    told = {**headers, "content-length": str(end - first), "content-range": f"bytes {first}-{end - 1}/{size}"}
    return StreamingResponse(_blocks(vault, key, first, end), 206, headers=told, media_type=media_type)


def _bounds(wanted: re.Match[str], size: int) -> tuple[int, int]:
    """Return the first byte wanted and the one after the last: 5-9, 5- (from there), or -5 (the last five)."""
    first, last = wanted.groups()
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size


def _blocks(vault: Vault, key: str, first: int, end: int) -> Iterator[bytes]:
    for start in range(first, end, BLOCK_BYTES):
        yield vault.part(key, start, min(BLOCK_BYTES, end - start))
