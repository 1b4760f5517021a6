"""Things in a rehearsal drawing: a lighthouse, a boat, a house, birds; weather in front of them."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from onereel.studio.canvas import Canvas, Field, Point, curve
from onereel.studio.palette import Palette, mix, rgb
from onereel.studio.scene import Scene
from onereel.studio.skies import Light

_LAMP: Final = rgb("ffd79a")
_SCALE: Final[Mapping[str, float]] = {"wide": 1.0, "medium": 1.35, "close": 2.1}
_LIT: Final = frozenset({"night", "dusk", "storm", "dawn"})


def paint_props(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    """Paint the things the words name, in the middle distance."""
    for name, paint in _PROPS.items():
        if name in scene.props:
            paint(canvas, scene, colours, at)


def _spot(canvas: Canvas, scene: Scene, low: float, high: float) -> Point:
    """Return a place to stand: anywhere across, this far below the horizon."""
    x = canvas.aspect * float(canvas.rng.uniform(0.14, 0.86))
    return x, min(0.96, scene.horizon + float(canvas.rng.uniform(low, high)))


def _lighthouse(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    scale = _SCALE[scene.framing] * float(canvas.rng.uniform(0.8, 1.2))
    x, foot = _spot(canvas, scene, 0.0, 0.08)
    if scene.framing != "close":
        scale = max(0.45, min(scale, (foot - 0.12) / 0.36))
    tall, wide = 0.36 * scale, 0.040 * scale
    rock = canvas.ridge(0, 0.03, 9)[0]
    mound = np.exp(-(((canvas.x[0] - x) / (0.22 * scale)) ** 2)) * 0.10 * scale
    canvas.paint(
        canvas.below((foot + 0.05 - mound + rock * mound * 8)[None, :]) * _near_foot(canvas, foot, 0.12), colours.near
    )
    top = foot - tall
    tower = [(x - wide, foot + 0.02), (x - wide * 0.6, top), (x + wide * 0.6, top), (x + wide, foot + 0.02)]
    mask = canvas.polygon(tower)
    white = np.asarray(mix(rgb("ded8cc"), colours.middle, 0.45), np.float32)
    side = np.clip((canvas.x - x) / wide * (1 if at[0] > x else -1) * 0.45 + 0.6, 0.12, 1)[..., None]
    canvas.paint(mask, white * side)
    for band in (0.18, 0.52):
        rows = np.clip(1 - np.abs((canvas.y - (top + tall * (band + 0.07))) / (tall * 0.07)) ** 8, 0, 1)
        canvas.paint(mask * rows, np.asarray(rgb("a8382e"), np.float32) * side)
    lamp = (x, top - 0.028 * scale)
    _lantern(canvas, x, top, wide, scale, colours)
    if scene.hour in _LIT:
        _beam(canvas, lamp)


def _near_foot(canvas: Canvas, foot: float, reach: float) -> Field:
    mask: Field = np.clip((foot + reach - canvas.y) / 0.06, 0, 1) * np.ones_like(canvas.x)
    return mask


def _lantern(canvas: Canvas, x: float, top: float, wide: float, scale: float, colours: Palette) -> None:
    gallery = [
        (x - wide * 0.95, top),
        (x + wide * 0.95, top),
        (x + wide * 0.95, top + 0.012 * scale),
        (x - wide * 0.95, top + 0.012 * scale),
    ]
    room = [
        (x - wide * 0.5, top),
        (x - wide * 0.5, top - 0.05 * scale),
        (x + wide * 0.5, top - 0.05 * scale),
        (x + wide * 0.5, top),
    ]
    dome = [(x - wide * 0.65, top - 0.05 * scale), (x, top - 0.095 * scale), (x + wide * 0.65, top - 0.05 * scale)]
    canvas.paint(canvas.polygon(room), mix(_LAMP, colours.low, 0.2))
    canvas.paint(canvas.polygon(gallery, dome), mix(colours.near, rgb("5a2420"), 0.4))


def _beam(canvas: Canvas, lamp: Point) -> None:
    turn = float(canvas.rng.choice([-1, 1]))
    rise = float(canvas.rng.uniform(-0.35, 0.12))
    reach = 2.6 * turn
    wedge = [lamp, (lamp[0] + reach, lamp[1] + rise - 0.28), (lamp[0] + reach, lamp[1] + rise + 0.28)]
    fade = np.exp(-np.abs(canvas.x - lamp[0]) * 1.3)
    canvas.light(canvas.polygon(wedge, blur=0.012) * fade * 0.75, _LAMP)
    canvas.light(canvas.glow(lamp, 0.05) * 0.95, rgb("fff4da"))


def _boat(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    scale = _SCALE[scene.framing] * float(canvas.rng.uniform(0.7, 1.3))
    x, y = _spot(canvas, scene, 0.05, 0.22)
    turn = float(canvas.rng.choice([-1, 1]))
    hull = [(-0.13, -0.035), (-0.10, 0.02), (0.09, 0.02), (0.15, -0.045), (0.03, -0.028)]
    cabin = [(-0.07, -0.03), (-0.065, -0.085), (0.01, -0.085), (0.02, -0.03)]
    mast = [(0.035, -0.03), (0.035, -0.20)]
    stays = [[(0.035, -0.20), (0.145, -0.04)], [(0.035, -0.20), (-0.12, -0.03)]]

    def placed(points: list[Point], flip: float = 1.0) -> list[Point]:
        return [(x + px * turn * scale, y + py * flip * scale) for px, py in points]

    shadow = canvas.polygon(placed(hull, -1.4), blur=0.012)
    canvas.shade(shadow * 0.55)
    canvas.paint(canvas.polygon(placed(hull)), mix(colours.near, rgb("7b2c28"), 0.35))
    canvas.paint(canvas.polygon(placed(cabin)), mix(rgb("cfc8b8"), colours.near, 0.45))
    canvas.paint(canvas.lines(placed(mast), width=0.006 * scale), colours.near)
    canvas.paint(canvas.lines(*(placed(stay) for stay in stays), width=0.0025 * scale), colours.near)
    if scene.hour in _LIT:
        canvas.light(canvas.glow(placed([(-0.03, -0.06)])[0], 0.035 * scale) * 0.9, _LAMP)


def _pier(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    side = float(canvas.rng.choice([0.0, canvas.aspect]))
    tip = canvas.aspect * float(canvas.rng.uniform(0.35, 0.65))
    level = min(0.9, scene.horizon + float(canvas.rng.uniform(0.06, 0.14)))
    deck = [(side, level + 0.10), (tip, level), (tip, level + 0.012), (side, level + 0.17)]
    posts = []
    for share in np.linspace(0.02, 0.98, 9):
        px, py = side + (tip - side) * share, level + 0.12 * (1 - share)
        posts.append([(px, py - 0.05 * (1.2 - share)), (px, py + 0.16 * (1.2 - share))])
    canvas.paint(canvas.lines(*posts, width=0.010), mix(colours.near, colours.far, 0.1))
    canvas.paint(canvas.polygon(deck), mix(colours.near, rgb("5a4838"), 0.35))


def _house(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    scale = _SCALE[scene.framing] * float(canvas.rng.uniform(0.7, 1.2))
    x, foot = _spot(canvas, scene, 0.03, 0.16)
    wide, tall = 0.12 * scale, 0.10 * scale
    walls = [(x - wide, foot), (x - wide, foot - tall), (x + wide, foot - tall), (x + wide, foot)]
    roof = [(x - wide * 1.15, foot - tall), (x - wide * 0.1, foot - tall * 1.9), (x + wide * 1.15, foot - tall)]
    chimney = [
        (x + wide * 0.4, foot - tall * 1.3),
        (x + wide * 0.4, foot - tall * 2),
        (x + wide * 0.58, foot - tall * 2),
        (x + wide * 0.58, foot - tall * 1.2),
    ]
    canvas.paint(canvas.polygon(walls), mix(colours.near, colours.far, 0.3))
    canvas.paint(canvas.polygon(roof, chimney), colours.near)
    panes = [
        [
            (x + at_ * wide, foot - tall * 0.75),
            (x + (at_ + 0.3) * wide, foot - tall * 0.75),
            (x + (at_ + 0.3) * wide, foot - tall * 0.3),
            (x + at_ * wide, foot - tall * 0.3),
        ]
        for at_ in (-0.65, 0.25)
    ]
    canvas.light(canvas.polygon(*panes) * (0.95 if scene.hour in _LIT else 0.4), _LAMP)


def _tree(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    scale = _SCALE[scene.framing] * float(canvas.rng.uniform(0.8, 1.2))
    x, foot = _spot(canvas, scene, 0.08, 0.24)
    tall = 0.34 * scale
    lean = float(canvas.rng.uniform(-0.04, 0.04)) * scale
    trunk = canvas.polygon([(x - 0.018 * scale, foot), (x + lean, foot - tall), (x + 0.018 * scale, foot)])
    boughs = [
        [
            (x + lean * share, foot - tall * share),
            (x + lean + float(canvas.rng.normal(0, 0.11)) * scale, foot - tall * 1.15),
        ]
        for share in (0.45, 0.55, 0.65, 0.75, 0.85)
    ]
    middle = (x + lean, foot - tall * 1.05)
    away = ((canvas.x - middle[0]) / (0.21 * scale)) ** 2 + ((canvas.y - middle[1]) / (0.15 * scale)) ** 2
    leaves = np.clip((1.15 - away + (canvas.noise(22, 14, 4) - 0.5) * 3.2) * 5, 0, 1)
    bark = np.maximum(trunk, canvas.lines(*boughs, width=0.007 * scale))
    canvas.paint(np.maximum(bark, leaves), mix(colours.near, rgb("2c3a28"), 0.4))
    canvas.light(leaves * np.clip(canvas.noise(30, 20, 2) - 0.5, 0, 1) * 0.6, mix(colours.low, rgb("7f8a4a"), 0.5))


def _lamp(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    if scene.place == "room":
        return
    for _ in range(3):
        x, foot = _spot(canvas, scene, 0.08, 0.4)
        tall = (foot - scene.horizon) * 1.2 + 0.12
        canvas.paint(canvas.lines([(x, foot), (x, foot - tall)], width=0.006 + tall * 0.012), colours.near)
        canvas.light(canvas.glow((x, foot - tall), 0.03 + tall * 0.12) * 0.95, _LAMP)


def _birds(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    middle = canvas.aspect * float(canvas.rng.uniform(0.2, 0.8))
    strokes: list[list[Point]] = []
    for _ in range(int(canvas.rng.integers(5, 12))):
        x, y = middle + canvas.rng.normal(0, 0.14), scene.horizon * float(canvas.rng.uniform(0.2, 0.8))
        span = float(canvas.rng.uniform(0.010, 0.028)) * _SCALE[scene.framing]
        strokes.append(
            [
                (x - span, y - span * 0.4),
                (x - span * 0.4, y - span * 0.5),
                (x, y),
                (x + span * 0.4, y - span * 0.55),
                (x + span, y - span * 0.3),
            ]
        )
    canvas.paint(canvas.lines(*strokes, width=0.0045) * 0.9, colours.near)


def _car(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    scale = _SCALE[scene.framing]
    x, foot = _spot(canvas, scene, 0.16, 0.32)
    body = curve(
        [
            (-0.17, 0.0),
            (-0.17, -0.045),
            (-0.09, -0.055),
            (-0.055, -0.10),
            (0.05, -0.10),
            (0.10, -0.055),
            (0.17, -0.045),
            (0.17, 0.0),
        ]
    )
    canvas.shade(
        canvas.polygon(
            [
                (x - 0.19 * scale, foot),
                (x + 0.19 * scale, foot),
                (x + 0.15 * scale, foot + 0.03),
                (x - 0.15 * scale, foot + 0.03),
            ],
            blur=0.01,
        )
        * 0.6
    )
    canvas.paint(
        canvas.polygon([(x + px * scale, foot + py * scale) for px, py in body]), mix(colours.near, rgb("6a2a2a"), 0.4)
    )
    for wheel in (-0.10, 0.10):
        canvas.paint(canvas.disc((x + wheel * scale, foot), 0.028 * scale), rgb("0b0b0d"))
    canvas.light(canvas.glow((x + 0.17 * scale, foot - 0.03 * scale), 0.035 * scale) * 0.9, _LAMP)


def _flower(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    tint = scene.accent or rgb("c8443c")
    scale = 2.2 if scene.framing == "close" else 1.0
    for _ in range(9 if scale > 1 else 40):
        x, y = canvas.aspect * float(canvas.rng.random()), 1 - float(canvas.rng.random()) ** 2 * 0.35
        size = float(canvas.rng.uniform(0.010, 0.022)) * scale * (0.5 + y)
        canvas.paint(
            canvas.lines([(x, y), (x + size * 0.5, y + size * 6)], width=0.004 * scale),
            mix(colours.near, rgb("3c5a34"), 0.5),
        )
        canvas.paint(canvas.glow((x, y), size, 6.0), mix(tint, colours.sun, 0.1))


def _book(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    """Paint a small thing where it is looked at from near."""
    del at
    if scene.framing != "close":
        return
    x, y = canvas.aspect * float(canvas.rng.uniform(0.35, 0.65)), float(canvas.rng.uniform(0.62, 0.78))
    lean = float(canvas.rng.uniform(-0.10, 0.10))
    left = [(x, y), (x - 0.34, y - 0.10 + lean), (x - 0.30, y + 0.16 + lean), (x + 0.02, y + 0.26)]
    right = [(x, y), (x + 0.33, y - 0.12 - lean), (x + 0.36, y + 0.14 - lean), (x + 0.02, y + 0.26)]
    canvas.shade(canvas.polygon([(px, py + 0.03) for px, py in (*left, *reversed(right))], blur=0.02) * 0.6)
    canvas.paint(canvas.polygon(left), mix(rgb("e6dcc6"), colours.middle, 0.25))
    canvas.paint(canvas.polygon(right), mix(rgb("d9ccb0"), colours.middle, 0.35))
    lines = []
    for row in np.linspace(0.12, 0.85, 9):
        lines.append([(x - 0.29, y - 0.09 + lean + 0.26 * row), (x - 0.03, y + 0.01 + 0.25 * row)])
        lines.append([(x + 0.05, y + 0.01 + 0.25 * row), (x + 0.31, y - 0.11 - lean + 0.26 * row)])
    canvas.paint(canvas.lines(*lines, width=0.004) * 0.55, colours.near)


_PROPS: Final[Mapping[str, Callable[[Canvas, Scene, Palette, Light], None]]] = {
    "house": _house,
    "pier": _pier,
    "lighthouse": _lighthouse,
    "tree": _tree,
    "boat": _boat,
    "car": _car,
    "lamp": _lamp,
    "birds": _birds,
    "flower": _flower,
    "book": _book,
}
