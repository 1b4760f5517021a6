"""How many pixels an image model draws, by ratio and size.

Source: ai.google.dev/gemini-api/docs/image-generation, 2026-09; the same grid for every Gemini 3 image model.
"""

from collections.abc import Sequence
from typing import Final

_ONE_K: Final = {
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
_HALF: Final = {"1:4": (256, 1024), "4:1": (1024, 256), "21:9": (792, 168)}
"""The 512 column where it is not half of 1K. 21:9 is as printed; 792x336 would fit the pattern."""

_FACTOR: Final = {"512": 0.5, "1K": 1, "2K": 2, "4K": 4}


def pixels(ratio: str, size: str) -> tuple[int, int]:
    """Return (width, height) of a picture."""
    if size == "512" and ratio in _HALF:
        return _HALF[ratio]
    width, height = _ONE_K[ratio]
    return int(width * _FACTOR[size]), int(height * _FACTOR[size])


def nearest_ratio(width: int, height: int, ratios: Sequence[str]) -> str:
    """Return the ratio closest to the shape of a picture of this size."""
    shape = width / height
    return min(ratios, key=lambda ratio: abs(_ONE_K[ratio][0] / _ONE_K[ratio][1] / shape - 1))
