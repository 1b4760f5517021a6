"""The local studio: speaks the Gemini wire format over HTTP, draws real PNGs, films real MP4s, charges nothing.

It is the only offline twin of Google. The unmodified google-genai SDK talks to it: text with response schemas, images,
Veo on Agent Platform (also express mode), Omni interactions, files. It enforces the documented rules, counts what would
have been billed, and lets go wrong what a fault plan asks for.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from onereel.studio.books import Request, Tally
from onereel.studio.faults import Fault, What, parse_fault
from onereel.studio.kinds import Kind
from onereel.studio.options import Latency, Limit, Limits, StudioOptions
from onereel.studio.studio import Studio

__all__ = [
    "Fault",
    "Kind",
    "Latency",
    "Limit",
    "Limits",
    "Request",
    "Studio",
    "StudioOptions",
    "Tally",
    "What",
    "parse_fault",
    "running",
    "serve",
]


@contextmanager
def running(options: StudioOptions | None = None) -> Iterator[Studio]:
    """Run a studio in a background thread on 127.0.0.1; it answers at `Studio.url` until the block ends.

    Raises:
        OSError: The port is taken.
    """
    from onereel.studio import opening_hours  # noqa: PLC0415 - the server takes a second to import

    with opening_hours.running(options or StudioOptions()) as studio:
        yield studio


def serve(options: StudioOptions) -> None:
    """Run a studio until interrupted; prints its address and how to point the SDK at it.

    Raises:
        OSError: The port is taken.
    """
    from onereel.studio import opening_hours  # noqa: PLC0415 - the server takes a second to import

    opening_hours.serve(options)
