"""How large the image models draw, and how far a drawing may be enlarged."""

from collections.abc import Mapping
from typing import Final

from onereel.errors import BadInput

_AT_512: Final[Mapping[str, tuple[int, int]]] = {
    "1:1": (512, 512),
    "2:3": (424, 632),
    "3:2": (632, 424),
    "3:4": (448, 600),
    "4:3": (600, 448),
    "4:5": (464, 576),
    "5:4": (576, 464),
    "9:16": (384, 688),
    "16:9": (688, 384),
    "21:9": (792, 336),  # the vendor's page prints 792x168, which is 42:9: a slip
    "1:4": (256, 1024),
    "4:1": (1024, 256),
    "1:8": (192, 1536),
    "8:1": (1536, 192),
}

_AT_1K: Final[Mapping[str, tuple[int, int]]] = {
    "1:1": (1024, 1024),
    "2:3": (848, 1264),
    "3:2": (1264, 848),
    "3:4": (896, 1200),
    "4:3": (1200, 896),
    "4:5": (928, 1152),
    "5:4": (1152, 928),
    "9:16": (768, 1376),
    "16:9": (1376, 768),
    "21:9": (1584, 672),
    "1:4": (512, 2048),
    "4:1": (2048, 512),
    "1:8": (384, 3072),
    "8:1": (3072, 384),
}


def _times(factor: int) -> Mapping[str, tuple[int, int]]:
    return {ratio: (width * factor, height * factor) for ratio, (width, height) in _AT_1K.items()}


PIXELS: Final[Mapping[str, Mapping[str, tuple[int, int]]]] = {
    "512": _AT_512,
    "1K": _AT_1K,
    "2K": _times(2),
    "4K": _times(4),
}
"""Width and height of a drawing, by size and aspect ratio: the same grid for every Gemini 3 image model.

A 16:9 drawing is not exactly 16:9 (1376/768 = 1.79); it is cropped to the camera's frame before it is filmed.
Source: ai.google.dev image-generation, 2026-09.
"""

MAX_ENLARGEMENT: Final = 3.0
"""How many times a drawing may be enlarged to fill a frame: 1K fills 4k at 2.8, 512 fills 1080p at 2.8, both softly.

512 for 4k (5.6 times) is beyond it, and better refused before the drawing is paid.
"""


def drawing_size(aspect_ratio: str, size: str) -> tuple[int, int]:
    """Return the (width, height) in pixels an image model draws at.

    Raises:
        BadInput: There is no such size or aspect ratio.
    """
    if size not in PIXELS:
        raise BadInput(f"no image model draws at size {size!r}; use one of {', '.join(PIXELS)}")
    if aspect_ratio not in PIXELS[size]:
        raise BadInput(f"no image model draws at {aspect_ratio!r}; use one of {', '.join(PIXELS[size])}")
    return PIXELS[size][aspect_ratio]


def enlargement(picture: tuple[int, int], frame: tuple[int, int]) -> float:
    """Return how many times a picture must be enlarged to fill a frame without borders; below 1 it shrinks.

    Args:
        picture: Its (width, height).
        frame: (width, height) to fill; what is too wide or too high is cropped.
    """
    return max(frame[0] / picture[0], frame[1] / picture[1])
