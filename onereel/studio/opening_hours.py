"""Opens a studio on this machine: in the background of a program, or alone."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from onereel.studio.options import StudioOptions
from onereel.studio.server import House, Line
from onereel.studio.studio import Studio

_HOST: Final = "127.0.0.1"

# A client that polls every minute must not find its line closed under a paid call.
_KEEP_ALIVE: Final = 3600


@contextmanager
def running(options: StudioOptions) -> Iterator[Studio]:
    """Run a studio in a thread; it answers at `Studio.url` until the block ends.

    Raises:
        OSError: The port is taken.
    """
    studio = Studio(options)
    with _door(options.port) as door:
        studio.url = f"http://{_HOST}:{door.getsockname()[1]}"
        server = _server(studio)
        thread = threading.Thread(target=server.run, args=([door],), name="onereel-studio", daemon=True)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.005)
            yield studio
        finally:
            server.should_exit = True
            thread.join()
            studio.close()


def serve(options: StudioOptions) -> None:
    """Run a studio until interrupted, and say how to point the SDK at it.

    Raises:
        OSError: The port is taken.
    """
    studio = Studio(options)
    with _door(options.port) as door:
        studio.url = f"http://{_HOST}:{door.getsockname()[1]}"
        print(_directions(studio.url), flush=True)  # noqa: T201 - what the command is for
        try:
            _server(studio).run([door])
        finally:
            studio.close()


def _door(port: int) -> socket.socket:
    """Return what connections come in by. They inherit that small answers leave at once.

    asyncio says so by itself only of sockets that were made with a protocol, which these are not; each answer would
    wait 40 ms for the client's acknowledgement.
    """
    door = socket.create_server((_HOST, port))
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return door


def _server(studio: Studio) -> uvicorn.Server:
    config = uvicorn.Config(
        House(studio).application(),
        http=Line,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def _directions(url: str) -> str:
    return f"""The local studio answers at {url} and charges nothing.

Gemini API (text, images, Omni):
  export GEMINI_API_KEY=rehearsal GOOGLE_GEMINI_BASE_URL={url}
Agent Platform, express mode (text, images, Veo):
  export GOOGLE_API_KEY=rehearsal GOOGLE_GENAI_USE_ENTERPRISE=true GOOGLE_GEMINI_BASE_URL={url}

  curl {url}/studio/tally       what it has counted
  curl {url}/studio/requests    paid calls it took on
  curl {url}/studio/faults -d video:2:503"""
