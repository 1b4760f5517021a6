"""People in a rehearsal drawing: silhouettes with a coat of their own colour and a rim of light."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from onereel.studio.canvas import Canvas, Field, Point, curve
from onereel.studio.palette import Colour, Palette, mix, rgb
from onereel.studio.scene import Person, Scene
from onereel.studio.skies import Light

_SKIN: Final = (rgb("c99a7a"), rgb("a87856"), rgb("7a5138"), rgb("e0b795"))

# A figure of height 1, standing at (0, 0), y upwards; the outline of a coat, legs, and a head.
_COAT: Final = [
    (-0.055, 0.855), (-0.12, 0.80), (-0.135, 0.62), (-0.125, 0.45), (-0.13, 0.34),
    (0.13, 0.34), (0.125, 0.45), (0.135, 0.62), (0.12, 0.80), (0.055, 0.855),
]  # fmt: skip
_LEGS: Final = [(-0.095, 0.36), (-0.085, 0.02), (-0.02, 0.0), (0.0, 0.30), (0.03, 0.0), (0.10, 0.02), (0.095, 0.36)]
_BUST: Final = [
    (-0.135, 0.30), (-0.19, 0.235), (-0.36, 0.17), (-0.47, 0.02), (-0.50, -0.30),
    (0.42, -0.30), (0.36, 0.00), (0.24, 0.14), (0.13, 0.185), (0.075, 0.215),
]  # fmt: skip
_BACK: Final = [
    (-0.075, 0.665), (-0.150, 0.615), (-0.270, 0.560), (-0.335, 0.440), (-0.365, 0.200), (-0.380, -0.20),
    (0.380, -0.20), (0.365, 0.200), (0.335, 0.440), (0.270, 0.560), (0.150, 0.615), (0.075, 0.665),
]  # fmt: skip
_COLLAR: Final = [(-0.085, 0.670), (-0.110, 0.625), (0.0, 0.590), (0.110, 0.625), (0.085, 0.670), (0.0, 0.650)]
_NECK: Final = [(-0.062, 0.76), (-0.070, 0.640), (0.0, 0.62), (0.070, 0.640), (0.062, 0.76)]
_HEAD: Final = [
    (-0.062, 0.715), (-0.098, 0.760), (-0.116, 0.840), (-0.100, 0.930), (-0.045, 0.985), (0.020, 0.992),
    (0.080, 0.955), (0.112, 0.880), (0.108, 0.800), (0.080, 0.735), (0.040, 0.700), (-0.020, 0.698),
]  # fmt: skip
_PROFILE: Final = [
    (-0.15, 0.20), (-0.19, 0.38), (-0.195, 0.56), (-0.12, 0.69), (0.02, 0.735), (0.13, 0.705), (0.178, 0.63),
    (0.180, 0.565), (0.172, 0.535), (0.222, 0.455), (0.214, 0.440), (0.184, 0.432), (0.196, 0.402), (0.182, 0.388),
    (0.190, 0.366), (0.172, 0.345), (0.178, 0.315), (0.150, 0.285), (0.085, 0.270), (0.055, 0.235), (0.065, 0.15),
]  # fmt: skip
_CAP: Final = [
    (-0.17, 0.27), (-0.235, 0.42), (-0.245, 0.60), (-0.16, 0.75), (0.00, 0.800), (0.13, 0.765), (0.187, 0.66),
    (0.150, 0.655), (0.075, 0.645), (0.020, 0.575), (0.005, 0.500), (-0.030, 0.470), (-0.055, 0.410), (-0.10, 0.33),
]  # fmt: skip


def paint_people(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    """Paint everybody in the scene, as near as the framing says; side by side, never on top of each other."""
    count = len(scene.people)
    room = min(1.0, canvas.aspect / 1.1)
    for index, person in enumerate(scene.people):
        share = (index + 0.5) / count
        x = canvas.aspect * (0.22 + 0.56 * share + float(canvas.rng.uniform(-0.14, 0.14)) / count)
        if scene.framing == "close":
            paint_profile(canvas, person, colours, at, x, float(canvas.rng.uniform(0.85, 1.1)) * room / count**0.4)
        elif scene.framing == "medium":
            paint_bust(canvas, person, colours, at, x, float(canvas.rng.uniform(0.85, 1.15)) * room / count**0.3)
        else:
            foot = min(0.93, scene.horizon + float(canvas.rng.uniform(0.10, 0.26)))
            if scene.place == "sea":
                _shore(canvas, colours, foot)
            paint_figure(canvas, person, colours, at, (x, foot), 0.12 + (foot - scene.horizon) * 0.75)


def _shore(canvas: Canvas, colours: Palette, foot: float) -> None:
    """Paint the land somebody stands on: nobody walks on water, even in a rehearsal."""
    ridge = canvas.ridge(foot - 0.012, 0.022, 2.5)
    mask = canvas.below(ridge)
    canvas.paint(mask, mix(colours.near, rgb("4a4238"), 0.35))
    canvas.shade(mask * np.clip(canvas.noise(24, 12, 3) - 0.4, 0, 1))
    canvas.light(mask * np.clip(1 - (canvas.y - ridge) * 60, 0, 1) * 0.25, colours.low)


def _of(person: Person, choices: Sequence[Colour]) -> Colour:
    return choices[sum(person.name.encode()) % len(choices)]


def _dressed(colour: Colour, colours: Palette, share: float = 0.42) -> Colour:
    """Return a colour as it looks in this light."""
    brightness = sum(colours.middle) / 3
    return mix(mix(colour, colours.near, min(0.92, share + 0.35 * (0.6 - brightness))), colours.middle, 0.10)


def _rim(canvas: Canvas, mask: Field, colours: Palette, at: Light, x: float, width: float) -> None:
    """Light the edge that faces the sun."""
    shift = max(1, round(width * canvas.height)) * (-1 if at[0] > x else 1)
    edge = np.clip(mask - np.roll(np.roll(mask, shift, axis=1), abs(shift) // 2, axis=0), 0, 1)
    canvas.light(edge * canvas.noise(5, 5, 2) * 0.9, colours.sun)


def paint_figure(canvas: Canvas, person: Person, colours: Palette, at: Light, foot: Point, tall: float) -> None:
    """Paint somebody from head to foot, this tall in picture heights."""
    stride = float(canvas.rng.uniform(-0.05, 0.05))

    def placed(points: Sequence[Point]) -> list[Point]:
        return [(foot[0] + (px + stride * (1 - py)) * tall, foot[1] - py * tall) for px, py in points]

    canvas.shade(
        canvas.polygon(
            [
                (foot[0] - 0.18 * tall, foot[1]),
                (foot[0] + 0.18 * tall, foot[1]),
                (foot[0] + (foot[0] - at[0]) * 0.3 + 0.1 * tall, foot[1] + 0.10 * tall),
            ],
            blur=0.006,
        )
        * 0.5
    )
    legs = canvas.polygon(placed(_LEGS))
    coat = canvas.polygon(curve(placed(_COAT), 4))
    head = canvas.disc(placed([(0.0, 0.915)])[0], 0.068 * tall)
    canvas.paint(legs, mix(colours.near, rgb("22242a"), 0.3))
    canvas.paint(head, _dressed(person.hair, colours, 0.3))
    canvas.paint(coat, _dressed(person.coat, colours, 0.28))
    _rim(canvas, np.maximum(np.maximum(coat, head), legs), colours, at, foot[0], 0.004 + 0.008 * tall)


def paint_bust(canvas: Canvas, person: Person, colours: Palette, at: Light, x: float, scale: float) -> None:
    """Paint somebody from behind, to the waist; at scale 1 two thirds of the picture high."""
    base, tilt = 1.02, float(canvas.rng.uniform(-0.05, 0.05))

    def placed(points: Sequence[Point], size: float = 0.72) -> list[Point]:
        return [(x + (px + tilt * py) * size * scale, base - (py + 0.02) * size * scale) for px, py in points]

    body = canvas.polygon(curve(placed(_BACK), 6))
    collar = canvas.polygon(curve(placed(_COLLAR), 6))
    neck = canvas.polygon(placed(_NECK))
    head = canvas.polygon(curve(placed(_HEAD), 6))
    canvas.paint(neck, _dressed(_of(person, _SKIN), colours))
    _cloth(canvas, body, person, colours, at, x)
    canvas.shade(collar * 0.35)
    strands = np.clip(canvas.noise(40, 3, 3) - 0.25, 0, 1)[..., None]
    hair = person.hair
    dark, lit = (
        np.asarray(_dressed(hair, colours, 0.6), np.float32),
        np.asarray(_dressed(hair, colours, 0.1), np.float32),
    )
    canvas.paint(head, dark * (1 - strands) + lit * strands)
    _rim(canvas, np.maximum(body, head), colours, at, x, 0.007 * scale)


def _cloth(canvas: Canvas, body: Field, person: Person, colours: Palette, at: Light, x: float) -> None:
    folds = canvas.noise(9, 3, 5)
    turned = np.clip(0.55 + (canvas.x - x) * (0.9 if at[0] > x else -0.9) + (folds - 0.5) * 0.5, 0.05, 1)[..., None]
    dark = np.asarray(_dressed(person.coat, colours, 0.78), np.float32)
    canvas.paint(body, dark * (1 - turned) + np.asarray(_dressed(person.coat, colours, 0.10), np.float32) * turned)


def paint_profile(canvas: Canvas, person: Person, colours: Palette, at: Light, x: float, scale: float) -> None:
    """Paint head and shoulders, looking towards the light; at scale 1 nearly the picture high."""
    turn = 1.0 if at[0] > x else -1.0

    def placed(points: Sequence[Point]) -> list[Point]:
        return [(x + px * turn * 1.12 * scale, 0.98 - py * 1.12 * scale) for px, py in points]

    bust = canvas.polygon(curve(placed(_BUST), 6))
    face = canvas.polygon(curve(placed(_PROFILE), 6))
    hair = canvas.polygon(curve(placed(_CAP), 6))
    _cloth(canvas, bust, person, colours, at, x)
    across = np.clip(0.5 + (canvas.x - x) * turn * 2.0 / scale, 0, 1)[..., None]
    skin = _of(person, _SKIN)
    dark, lit = (
        np.asarray(_dressed(skin, colours, 0.78), np.float32),
        np.asarray(mix(_dressed(skin, colours, 0.05), colours.low, 0.2), np.float32),
    )
    canvas.paint(face, dark * (1 - across) + lit * across)
    eye = canvas.polygon(curve(placed([(0.108, 0.528), (0.132, 0.540), (0.155, 0.532), (0.135, 0.522)]), 4))
    brow = canvas.lines(placed([(0.095, 0.572), (0.130, 0.586), (0.165, 0.578)]), width=0.008 * scale, blur=0.002)
    jaw = canvas.polygon(
        placed([(-0.10, 0.40), (0.03, 0.27), (0.16, 0.28), (0.05, 0.15), (-0.14, 0.20)]), blur=0.03 * scale
    )
    canvas.shade(np.maximum(np.maximum(eye * 0.8, brow * 0.6), jaw * 0.5) * face)
    canvas.paint(hair, _dressed(person.hair, colours, 0.3))
    _rim(canvas, np.maximum(np.maximum(face, bust), hair), colours, at, x, 0.012 * scale)
