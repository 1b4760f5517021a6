"""A canvas to paint on: float RGB, coordinates in picture heights from the top left, soft edges everywhere."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from onereel.studio.palette import Colour

Field = NDArray[np.float32]
"""One number a pixel, (height, width)."""

Point = tuple[float, float]
"""(x, y) in picture heights: y runs from 0 to 1, x from 0 to the aspect ratio."""

_FINE = 2
"""Shapes are drawn this much larger and reduced, for smooth edges."""


class Canvas:
    """A picture being painted, back to front.

    Attributes:
        pixels: (height, width, 3), 0 to 1.
        x: (1, width), `y`: (height, 1), in picture heights.
        aspect: Width over height.
    """

    def __init__(self, size: tuple[int, int], rng: np.random.Generator) -> None:
        self.width, self.height = size
        self.rng = rng
        self.aspect = self.width / self.height
        self.pixels: NDArray[np.float32] = np.zeros((self.height, self.width, 3), np.float32)
        self.x: Field = ((np.arange(self.width, dtype=np.float32) + 0.5) / self.height)[None, :]
        self.y: Field = ((np.arange(self.height, dtype=np.float32) + 0.5) / self.height)[:, None]

    def paint(self, mask: Field, colour: Colour | NDArray[np.float32]) -> None:
        """Cover what is there, as far as the mask says."""
        self.pixels += mask[..., None] * (np.asarray(colour, np.float32) - self.pixels)

    def light(self, mask: Field, colour: Colour) -> None:
        """Add light, as far as the mask says."""
        self.pixels += (1 - self.pixels) * (mask[..., None] * np.asarray(colour, np.float32))

    def shade(self, mask: Field) -> None:
        """Take light away: 0 leaves all of it."""
        self.pixels *= 1 - mask[..., None]

    def below(self, ridge: Field, soft: float = 1.2) -> Field:
        """Return the mask of everything below a line given as y for every x; the edge is ``soft`` pixels."""
        return np.clip((self.y - ridge) * (self.height / soft) + 0.5, 0, 1)

    def glow(self, at: Point, radius: float, power: float = 2.0) -> Field:
        """Return a soft round light, 1 in the middle, fading with distance."""
        distance = ((self.x - at[0]) ** 2 + (self.y - at[1]) ** 2) / radius**2
        return (1 / (1 + distance)) ** power

    def disc(self, at: Point, radius: float) -> Field:
        """Return the mask of a disc."""
        distance = np.sqrt((self.x - at[0]) ** 2 + (self.y - at[1]) ** 2)
        return np.clip((radius - distance) * self.height + 0.5, 0, 1)

    def noise(self, columns: int, rows: int, octaves: int = 4) -> Field:
        """Return clouds, 0 to 1: noise of this many cells across and down, each octave twice as fine and half as loud."""
        total = np.zeros((self.height, self.width), np.float32)
        loudness = 0.0
        for octave in range(octaves):
            grid = self.rng.random((max(2, rows << octave), max(2, columns << octave)), np.float32)
            total += _stretched(grid, (self.width, self.height)) / 2**octave
            loudness += 1 / 2**octave
        return np.clip(total / loudness, 0, 1)

    def ridge(self, level: float, relief: float, cells: float, rough: float = 0.5) -> Field:
        """Return the y of a skyline for every x: around a level, this high, with about this many hills."""
        line = np.zeros(self.width, np.float32)
        for octave in range(5):
            count = max(2, round(cells * 2**octave)) + 1
            heights = self.rng.uniform(-1, 1, count)
            line += _smooth(heights, self.width) * rough**octave
        return (level + relief * line / 1.5)[None, :].astype(np.float32)

    def polygon(self, *shapes: Sequence[Point], blur: float = 0.0) -> Field:
        """Return the mask of polygons; ``blur`` is in picture heights."""
        return self._drawn(
            lambda pen, scale: [pen.polygon([(x * scale, y * scale) for x, y in s], 255) for s in shapes], blur
        )

    def lines(self, *strokes: Sequence[Point], width: float, blur: float = 0.0) -> Field:
        """Return the mask of strokes; width and blur are in picture heights."""
        return self._drawn(
            lambda pen, scale: [
                pen.line([(x * scale, y * scale) for x, y in s], 255, max(1, round(width * scale)), joint="curve")
                for s in strokes
            ],
            blur,
        )

    def _drawn(self, draw: object, blur: float) -> Field:
        picture = Image.new("L", (self.width * _FINE, self.height * _FINE))
        draw(ImageDraw.Draw(picture), self.height * _FINE)  # type: ignore[operator]
        picture = picture.reduce(_FINE)
        if blur:
            picture = picture.filter(ImageFilter.GaussianBlur(blur * self.height))
        return np.asarray(picture, np.float32) / 255


def _stretched(grid: NDArray[np.float32], size: tuple[int, int]) -> Field:
    return np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC))


def _smooth(heights: NDArray[np.float64], width: int) -> NDArray[np.float32]:
    """Return a smooth line through heights spread evenly over a width."""
    place = np.linspace(0, len(heights) - 1.001, width)
    left = place.astype(int)
    part = place - left
    part = part * part * (3 - 2 * part)
    return (heights[left] * (1 - part) + heights[left + 1] * part).astype(np.float32)


def curve(points: Sequence[Point], fine: int = 8) -> list[Point]:
    """Return a closed smooth curve through points (Catmull-Rom)."""
    known = np.asarray(points, float)
    before, after, beyond = (np.roll(known, shift, axis=0) for shift in (1, -1, -2))
    smooth: list[Point] = []
    for t in np.linspace(0, 1, fine, endpoint=False):
        step = 0.5 * (
            2 * known
            + (after - before) * t
            + (2 * before - 5 * known + 4 * after - beyond) * t**2
            + (3 * known - before - 3 * after + beyond) * t**3
        )
        smooth += [(i + t, *step[i]) for i in range(len(known))]  # type: ignore[misc]
    return [(float(x), float(y)) for _, x, y in sorted(smooth)]  # type: ignore[misc]
