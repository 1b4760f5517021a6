"""Words burned into frames: what a draft says of itself on every one of them."""

from functools import cache

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from onereel.adapters.picture import chroma
from onereel.typeface import typeface

INK, PAPER, GREY = 16, 235, 128
"""Black and white in limited range, and no colour."""
SHARE = 0.75
"""How much of a letter covers the picture: it reads on everything and hides little."""


def stamped(frame: av.VideoFrame, words: str) -> av.VideoFrame:
    """Return a yuv420p frame with words in its upper right corner: white letters on a dark plate."""
    letters, plate = _drawn(words, frame.width, frame.height)
    planes = frame.to_ndarray().astype(np.uint8, copy=True)
    rows, columns = letters.shape
    top, left = frame.height // 24, frame.width - columns - frame.height // 24
    luma = planes[: frame.height, : frame.width]
    under = luma[top : top + rows, left : left + columns].astype(np.float32)
    dark = under * (1 - plate) + INK * plate
    luma[top : top + rows, left : left + columns] = np.rint(dark * (1 - letters) + PAPER * letters)
    for at in (0, 1):  # without colour, or the letters would take on the picture's
        colour = chroma(planes, frame.width, frame.height, at)
        colour[top // 2 : (top + rows) // 2, left // 2 : (left + columns) // 2] = GREY
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


@cache
def _drawn(words: str, width: int, height: int) -> tuple[NDArray[np.float32], float]:
    """Return how much of each pixel the letters cover, 0 to SHARE, and how much the plate behind them does."""
    face = typeface(max(12, min(width, height) // 12))
    left, top, right, bottom = (round(edge) for edge in face.box((0, 0), words))
    pad = max(3, face.size // 4)
    mask = Image.new("L", (min(width, right - left + 2 * pad), bottom - top + 2 * pad))
    face.write(ImageDraw.Draw(mask), (pad - left, pad - top), words, 255)
    return (np.asarray(mask, np.float32) / 255 * SHARE).astype(np.float32), 0.45
