"""Character sheets: three views of one person on a plain ground."""

import numpy as np
from numpy.typing import NDArray

from onereel.studio.canvas import Canvas
from onereel.studio.palette import HOURS, mix, rgb
from onereel.studio.people import paint_bust, paint_figure, paint_profile
from onereel.studio.scene import Person, describe


def paint_sheet(words: str, size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the painting of a turnaround: full figure, three-quarter view, profile."""
    canvas = Canvas(size, rng)
    person: Person = describe(words)
    ground = mix(rgb("a9a8a4"), person.coat, 0.06)
    canvas.pixels[:] = np.asarray(ground, np.float32) * (0.92 + 0.10 * canvas.noise(3, 2, 2))[..., None]
    canvas.shade(np.clip((canvas.y - 0.86) * 2, 0, 0.2) * np.ones_like(canvas.x))
    colours = HOURS["overcast"]
    at = (canvas.aspect * 0.9, 0.2)
    third = canvas.aspect / 3
    paint_figure(canvas, person, colours, at, (third * 0.5, 0.90), 0.80)
    paint_bust(canvas, person, colours, at, third * 1.5, 0.95)
    paint_profile(canvas, person, colours, at, third * 2.5, 0.62)
    canvas.shade(canvas.lines([(third, 0.06), (third, 0.9)], [(third * 2, 0.06), (third * 2, 0.9)], width=0.003) * 0.3)
    return canvas.pixels
