"""Skies of a rehearsal drawing, and where their light stands."""

import numpy as np

from onereel.studio.canvas import Canvas, Point
from onereel.studio.palette import Palette, mix
from onereel.studio.scene import Scene

Light = Point
"""Where the sun or the moon stands."""


def paint_sky(canvas: Canvas, scene: Scene, colours: Palette) -> Light:
    """Paint the sky down to the horizon and return where its light stands."""
    rng = canvas.rng
    depth = np.clip(canvas.y / max(scene.horizon, 0.2), 0, 1)
    upper = np.clip(depth * 1.8, 0, 1)[..., None]
    lower = np.clip((depth - 0.45) / 0.55, 0, 1)[..., None] ** 1.4
    top, middle, low = (np.asarray(one, np.float32) for one in (colours.top, colours.middle, colours.low))
    canvas.pixels[:] = top + (middle - top) * upper
    canvas.pixels += (low - canvas.pixels) * lower
    high = scene.hour in ("day", "night", "overcast", "storm")
    at = (
        float(rng.uniform(0.12, 0.88)) * canvas.aspect,
        scene.horizon * float(rng.uniform(0.15, 0.55) if high else rng.uniform(0.7, 0.98)),
    )
    strength = {"overcast": 0.25, "storm": 0.18, "night": 0.35}.get(scene.hour, 0.65)
    canvas.light(canvas.glow(at, 0.55) * strength, colours.low)
    canvas.light(canvas.glow(at, 0.12) * strength, colours.sun)
    if scene.hour == "night":
        _stars(canvas, scene)
    if scene.hour not in ("overcast", "storm"):
        canvas.light(canvas.disc(at, 0.035 if scene.hour == "night" else 0.028) * 0.95, colours.sun)
    _clouds(canvas, scene, colours, at)
    return at


def _stars(canvas: Canvas, scene: Scene) -> None:
    count = 160
    columns = canvas.rng.integers(1, canvas.width - 1, count)
    rows = (canvas.rng.random(count) ** 1.3 * scene.horizon * (canvas.height - 2)).astype(int)
    canvas.pixels[rows, columns] += canvas.rng.uniform(0.2, 0.8, count)[:, None].astype(np.float32)


def _clouds(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    amount = {"storm": 0.30, "overcast": 0.38, "night": 0.55}.get(scene.hour, canvas.rng.uniform(0.44, 0.58))
    body = canvas.noise(3, 5, 5)
    mask = np.clip((body - amount) * 3.2, 0, 1) * np.clip((scene.horizon - canvas.y) * 5, 0, 1)
    lit = canvas.glow(at, 0.5, 1.0)
    dark = mix(colours.top, colours.far, 0.45) if scene.hour != "day" else mix(colours.middle, colours.low, 0.6)
    bright = mix(colours.low, colours.sun, 0.5)
    thick = np.clip((body - amount) * 2.2, 0, 1)
    edge = np.clip(1 - thick * 1.3 + lit * 0.6, 0, 1)[..., None]
    colour = np.asarray(dark, np.float32) * (1 - edge) + np.asarray(bright, np.float32) * edge
    canvas.paint(mask * 0.85, colour)
    if scene.hour == "storm":
        canvas.shade(np.clip(canvas.noise(2, 2, 3) - 0.35, 0, 1) * np.clip(1.2 - canvas.y / scene.horizon, 0, 1) * 0.9)
