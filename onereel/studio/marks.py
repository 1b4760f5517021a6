"""Marks of defects only a viewer can see: a pair of coloured tiles above the strip, one place a defect.

A wrong person or a misspelt sign is drawn, too, but a rehearsal has nobody to see it: its reviewer reads the mark
instead. It is in the pixels, so it survives cropping, scaling and film, and a take that opens on a marked picture shows
it as well.
"""

from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from onereel.studio.faults import What
from onereel.studio.lettering import STRIP

_Rgb = tuple[int, int, int]
_RED, _GREEN, _BLUE = (230, 20, 20), (20, 200, 20), (20, 20, 230)
_CYAN, _MAGENTA, _YELLOW = (20, 220, 220), (220, 20, 220), (220, 220, 20)

_TILES: Final[dict[What, tuple[_Rgb, _Rgb]]] = {
    What.WRONG_TEXT: (_RED, _CYAN),
    What.WRONG_COUNT: (_GREEN, _MAGENTA),
    What.WRONG_IDENTITY: (_BLUE, _YELLOW),
    What.WRONG_ACTION: (_CYAN, _RED),
    What.MISSING: (_MAGENTA, _GREEN),
    What.BAD_HANDS: (_YELLOW, _BLUE),
}
JUDGED: Final = frozenset(_TILES)
"""Defects a vision model judges."""

_APART: Final = 120.0
"""How far a colour may be off, as a distance in RGB: film and scaling move it by about 40."""


def mark(picture: Image.Image, defects: Collection[What]) -> None:
    """Put the marks of defects on a picture."""
    pen = ImageDraw.Draw(picture)
    for defect in JUDGED & set(defects):
        for side, colour in enumerate(_TILES[defect]):
            left, top, right, bottom = _box(defect, side, picture.size)
            pen.rectangle((round(left), round(top), round(right) - 1, round(bottom) - 1), fill=colour)


def brand(frame: NDArray[np.uint8], width: int, height: int, defects: Collection[What]) -> None:
    """Put the marks of defects on a frame of film: planes Y, U and V as one (height * 3 / 2, width) array."""
    luma, chroma = frame[:height], frame[height:].reshape(2, height // 2, width // 2)
    for defect in JUDGED & set(defects):
        for side, colour in enumerate(_TILES[defect]):
            left, top, right, bottom = (round(edge) for edge in _box(defect, side, (width, height)))
            y, u, v = _bt709(colour)
            luma[top:bottom, left:right] = y
            for plane, value in zip(chroma, (u, v), strict=True):
                plane[top // 2 : bottom // 2, left // 2 : right // 2] = value


def marks(picture: Image.Image) -> frozenset[What]:
    """Return the defects a picture is marked with."""
    pixels = np.asarray(picture, np.float32)
    return frozenset(defect for defect in JUDGED if all(_shows(pixels, defect, side) for side in (0, 1)))


def _box(defect: What, side: int, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of one tile in pixels; not rounded, so that it scales with the picture."""
    tile = STRIP * min(size)
    left = (2 * list(_TILES).index(defect) + side) * tile
    return left, size[1] - 2.2 * tile, left + tile, size[1] - 1.2 * tile


def _shows(pixels: NDArray[np.float32], defect: What, side: int) -> bool:
    height, width = pixels.shape[:2]
    left, top, right, bottom = _box(defect, side, (width, height))
    x, y, reach = (left + right) / 2, (top + bottom) / 2, max(1.0, (right - left) * 0.2)
    middle = pixels[round(y - reach) : round(y + reach), max(0, round(x - reach)) : round(x + reach)]
    return bool(np.linalg.norm(middle.mean(axis=(0, 1)) - np.asarray(_TILES[defect][side])) < _APART)


def _bt709(colour: _Rgb) -> tuple[int, int, int]:
    red, green, blue = colour
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (
        round(16 + luma * 219 / 255),
        round(128 + (blue - luma) / 1.8556 * 224 / 255),
        round(128 + (red - luma) / 1.5748 * 224 / 255),
    )
