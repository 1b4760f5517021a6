"""Letters for captions and slates: small, spaced, quiet."""

import re
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from onereel.typeface import Face, fitted, typeface

STRIP: Final = 0.06
"""Height of the strip at the bottom of a picture or frame, as a fraction of its shorter side.

Film covers a keyframe's strip with its own, so both have the same height.
"""

_SLATE: Final = re.compile(r"\b[a-z0-9][a-z0-9-]*/s\d{3,4}(?:/t\d{2,})?")
_TELLING: Final = re.compile(r"^(?:Subject|Action of the shot):\s*(.*)", re.MULTILINE)
_FORMAL: Final = re.compile(
    r"^(?:A single|Continue the same shot|Camera:|Setting:|Lighting:|Style:|Sound:|No |Follow |Change only this|"
    r"The picture to edit)",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"""["“„«][^"”“»]*["”“»]""")


def face(height: int) -> Face:
    """Return the type at a height in pixels."""
    return typeface(max(6, height))


def strip_height(size: tuple[int, int]) -> int:
    """Return the height in pixels of the strip of a (width, height) picture; even, for chroma."""
    return max(10, round(min(size) * STRIP / 2) * 2)


def caption(words: str) -> str:
    """Return what a strip says about a prompt: its slate if it names one, then what happens."""
    slate = _SLATE.search(words)
    telling = _TELLING.search(words)
    lines = [line for line in words.splitlines() if line.strip()]
    first = next((line for line in lines if not _FORMAL.match(line)), " ".join(lines))
    said = _QUOTED.sub("…", telling[1] if telling is not None else first)  # or the strip would be read as a sign
    return f"{slate[0]}   {said}" if slate is not None else said


@lru_cache(maxsize=64)
def strip(width: int, height: int, badge: str, words: str, room: int = 0) -> NDArray[np.uint8]:
    """Return the luma of a strip, (height, width): badge, then as many words as fit.

    Args:
        width: Pixels.
        height: Pixels.
        badge: Said first, spaced.
        words: Cut where they meet the room.
        room: Pixels kept free at the right.
    """
    picture = Image.new("L", (width, height), 18)
    pen = ImageDraw.Draw(picture)
    letters = face(round(height * 0.46))
    middle, x = height / 2, height * 0.55
    dot = height * 0.13
    pen.ellipse((x - dot, middle - dot, x + dot, middle + dot), fill=200)
    x += height * 0.4
    for letter in badge:
        letters.write(pen, (x, middle), letter, 225, "lm")
        x += letters.getlength(letter) + height * 0.07
    x += height * 0.5
    free = width - room - height * 0.4 - x
    letters.write(pen, (x, middle), fitted(words, letters, free), 165, "lm")
    return np.asarray(picture)
