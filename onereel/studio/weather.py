"""What falls or hangs in the air of a rehearsal drawing."""

import numpy as np

from onereel.studio.canvas import Canvas, Point
from onereel.studio.palette import Palette, mix, rgb
from onereel.studio.scene import Scene


def paint_weather(canvas: Canvas, scene: Scene, colours: Palette) -> None:
    """Paint what falls or hangs in the air."""
    if scene.place == "room":
        return
    rng = canvas.rng
    if "fog" in scene.weather:
        drift = canvas.noise(2, 6, 4)
        bank = np.clip(1 - np.abs(canvas.y - scene.horizon) * 2.2, 0, 1) * np.clip(drift * 1.8 - 0.35, 0, 1)
        canvas.paint(bank * 0.75, mix(colours.low, colours.middle, 0.4))
    if "rain" in scene.weather:
        lean = float(rng.uniform(-0.06, 0.06))
        starts = [(float(rng.uniform(-0.1, canvas.aspect + 0.1)), float(rng.uniform(-0.1, 1))) for _ in range(260)]
        drops = [
            [(x, y), (x + lean * length, y + 0.5 * length)]
            for (x, y), length in zip(starts, rng.uniform(0.06, 0.2, 260), strict=True)
        ]
        canvas.light(canvas.lines(*drops, width=0.0016, blur=0.0012) * 0.42, colours.low)
    if "snow" in scene.weather:
        for size, count in ((0.0035, 140), (0.007, 50), (0.014, 14)):
            flakes = [_flake(float(rng.uniform(0, canvas.aspect)), float(rng.random()), size) for _ in range(count)]
            canvas.light(canvas.polygon(*flakes, blur=size * 0.35) * 0.85, rgb("f4f6fa"))


def _flake(x: float, y: float, size: float) -> list[Point]:
    return [(x + size * float(np.cos(turn)), y + size * float(np.sin(turn))) for turn in np.linspace(0, 6.28, 9)]
