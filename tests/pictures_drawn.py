"""Pictures to test with, drawn with Pillow: no two seeds alike, and every one with structure."""

import io
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from onereel.png import write_png


def scene(seed=1, size=(1376, 768)):
    """A soft background with a dozen shapes; another seed is another composition."""
    dice = random.Random(seed)
    width, height = size
    image = Image.new("RGB", size, tuple(dice.randrange(40, 200) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = dice.randrange(-width // 8, width), dice.randrange(-height // 8, height)
        box = (x, y, x + dice.randrange(width // 10, width // 2), y + dice.randrange(height // 10, height // 2))
        shape = draw.ellipse if dice.random() < 0.5 else draw.rectangle
        shape(box, fill=tuple(dice.randrange(256) for _ in range(3)))
    return image.filter(ImageFilter.GaussianBlur(2))


def grain(size, seed=1):
    """A picture file of nothing but grain, which no PNG makes smaller: three bytes a pixel."""
    dice = np.random.default_rng(seed)
    return write_png(dice.integers(0, 256, (size[1], size[0], 3), np.uint8))


def encoded(image, kind="PNG", **options):
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def decoded(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
