"""Proxies: small copies of films for a vision model to look at. It samples a few pictures a second, and small ones."""

import io
from fractions import Fraction
from typing import Final

import av

from onereel.errors import FootageError

SIDE: Final = 360
"""Shorter side in pixels: vision models see film at less."""

FPS: Final = 8
"""Pictures a second that are kept; twice what is looked at."""

_CRF: Final = "27"


def proxy(data: bytes) -> bytes:
    """Return a film as a small MP4 without sound: `SIDE` pixels high or wide, `FPS` pictures a second. Blocks.

    Raises:
        FootageError: It cannot be decoded.
    """
    target = io.BytesIO()
    try:
        with av.open(io.BytesIO(data), "r", format="mp4") as film, av.open(target, "w", format="mp4") as small:
            source = film.streams.video[0]
            scale = min(1.0, SIDE / min(source.width, source.height))
            picture = small.add_stream("libx264", rate=FPS)
            picture.width, picture.height = (round(side * scale / 2) * 2 for side in (source.width, source.height))
            picture.pix_fmt = "yuv420p"
            picture.time_base = Fraction(1, FPS)
            picture.options = {"preset": "veryfast", "crf": _CRF}
            kept = 0
            for frame in film.decode(source):
                if frame.time is None or frame.time * FPS < kept:
                    continue
                shown = frame.reformat(picture.width, picture.height, "yuv420p")
                shown.pts, shown.time_base = kept, Fraction(1, FPS)
                small.mux(picture.encode(shown))
                kept += 1
            small.mux(picture.encode(None))
    except av.error.FFmpegError as error:
        raise FootageError(f"the film cannot be shown to the reviewer: {error.strerror}") from error
    return target.getvalue()
