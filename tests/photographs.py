"""Photographs to test with: those that come with scikit-image, of people, animals, things, textures and the sky."""

from pathlib import Path

import skimage

NAMES = (
    "astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "coffee.png", "coins.png", "grass.png",
    "gravel.png", "horse.png", "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png", "retina.jpg",
    "rocket.jpg",
)  # fmt: skip


def photographs() -> list[Path]:
    """Return the files of the photographs; no two show the same thing."""
    return [Path(skimage.__file__).parent / "data" / name for name in NAMES]
