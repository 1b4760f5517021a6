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
        self.x: Field = ((np.arange(self.width) + 0.5) / self.height).astype(np.float32)[None, :]
        self.y: Field = ((np.arange(self.height) + 0.5) / self.height).astype(np.float32)[:, None]

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
        mask: Field = np.clip((self.y - ridge) * (self.height / soft) + 0.5, 0, 1)
        return mask

    def glow(self, at: Point, radius: float, power: float = 2.0) -> Field:
        """Return a soft round light, 1 in the middle, fading with distance."""
        distance = ((self.x - at[0]) ** 2 + (self.y - at[1]) ** 2) / radius**2
        light: Field = ((1 / (1 + distance)) ** power).astype(np.float32)
        return light

    def disc(self, at: Point, radius: float) -> Field:
        """Return the mask of a disc."""
        distance = np.sqrt((self.x - at[0]) ** 2 + (self.y - at[1]) ** 2)
        mask: Field = np.clip((radius - distance) * self.height + 0.5, 0, 1)
        return mask

    def noise(self, columns: int, rows: int, octaves: int = 4) -> Field:
        """Return clouds, 0 to 1: noise of this many cells across and down, each octave twice as fine, half as loud."""
        total = np.zeros((self.height, self.width), np.float32)
        loudness = 0.0
        for octave in range(octaves):
            grid = self.rng.random((max(2, rows << octave), max(2, columns << octave)), np.float32)
            total += _stretched(grid, (self.width, self.height)) / 2**octave
            loudness += 1 / 2**octave
        clouds: Field = np.clip(total / loudness, 0, 1)
        return clouds

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
        picture, pen = self._drawing()
        for shape in shapes:
            pen.polygon(self._fine(shape), 255)
        return self._mask(picture, blur)

    def lines(self, *strokes: Sequence[Point], width: float, blur: float = 0.0) -> Field:
        """Return the mask of strokes; width and blur are in picture heights."""
        picture, pen = self._drawing()
        for stroke in strokes:
            pen.line(self._fine(stroke), 255, max(1, round(width * self.height * _FINE)), joint="curve")
        return self._mask(picture, blur)

    def _drawing(self) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        picture = Image.new("L", (self.width * _FINE, self.height * _FINE))
        return picture, ImageDraw.Draw(picture)

    def _fine(self, points: Sequence[Point]) -> list[Point]:
        scale = self.height * _FINE
        return [(x * scale, y * scale) for x, y in points]

    def _mask(self, picture: Image.Image, blur: float) -> Field:
        picture = picture.reduce(_FINE)
        if blur:
            picture = picture.filter(ImageFilter.GaussianBlur(blur * self.height))
        return np.asarray(picture, np.float32) / np.float32(255)


def _stretched(grid: NDArray[np.float32], size: tuple[int, int]) -> Field:
    return np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC))


def _smooth(heights: NDArray[np.float64], width: int) -> Field:
    """Return a smooth line through heights spread evenly over a width."""
    place = np.linspace(0, len(heights) - 1.001, width)
    left = place.astype(int)
    part = place - left
    part = part * part * (3 - 2 * part)
    line: Field = (heights[left] * (1 - part) + heights[left + 1] * part).astype(np.float32)
    return line


def curve(points: Sequence[Point], fine: int = 8) -> list[Point]:
    """Return a closed smooth curve through points (Catmull-Rom), ``fine`` steps from each to the next."""
    known = np.asarray(points, float)
    before, after, beyond = (np.roll(known, shift, axis=0) for shift in (1, -1, -2))
    steps = np.linspace(0, 1, fine, endpoint=False)[None, :, None]
    smooth = 0.5 * (
        2 * known[:, None]
        + (after - before)[:, None] * steps
        + (2 * before - 5 * known + 4 * after - beyond)[:, None] * steps**2
        + (3 * known - before - 3 * after + beyond)[:, None] * steps**3
    )
    return [(float(x), float(y)) for x, y in smooth.reshape(-1, 2)]
