"""Draws the pictures of a rehearsal."""

import hashlib

import numpy as np
from PIL import Image

from onereel.studio.lettering import caption, strip, strip_height
from onereel.studio.pictures import encode


def draw(words: str, size: tuple[int, int], references: tuple[bytes, ...], *, seed: int | None, badge: str) -> bytes:
    """Return a picture of the words as PNG bytes."""
    return encode(sketch(words, size, references, seed=seed, badge=badge))


def sketch(
    words: str, size: tuple[int, int], references: tuple[bytes, ...], *, seed: int | None, badge: str
) -> Image.Image:
    """Return a picture of the words."""
    rng = np.random.default_rng(list(hashlib.sha256(f"{words} {seed}".encode()).digest()))
    small = Image.fromarray(rng.integers(0, 255, (5, 8, 3), np.uint8))
    picture = small.resize(size, Image.Resampling.BICUBIC)
    height = strip_height(size)
    picture.paste(Image.fromarray(strip(size[0], height, badge, caption(words))), (0, size[1] - height))
    return picture
