"""Places of a rehearsal drawing: land, water, towns, rooms."""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from onereel.studio.canvas import Canvas, Field, Point
from onereel.studio.palette import Colour, Palette, mix, rgb
from onereel.studio.scene import Scene
from onereel.studio.skies import Light

_SNOW: Final = rgb("e6ebf0")
_WATER: Final = rgb("1d3a4a")
_COAST, _SPIRE, _LIT = 0.7, 0.25, 0.30
"""How often there is a far coast, a spire on a roof, a light in a window."""

_LAMP: Final = rgb("ffcf8a")


def paint_place(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    """Paint the land, water, town or room of the scene."""
    _PLACES.get(scene.place, _field)(canvas, scene, colours, at)


def _ridges(
    canvas: Canvas, scene: Scene, colours: Palette, *, count: int, relief: float, tint: Colour, rough: float = 0.5
) -> None:
    """Paint hills one behind the other, paler the further away."""
    bottom = 1.0 - scene.horizon
    for layer in range(count):
        near = (layer + 1) / count
        level = scene.horizon + bottom * (layer / count) ** 1.3 * 0.85
        ridge = canvas.ridge(level, relief * (1.1 - 0.6 * near), 1.5 + layer, rough)
        ground = mix(mix(colours.far, colours.low, 0.25), mix(colours.near, tint, 0.30), near**0.8)
        mask = canvas.below(ridge)
        canvas.paint(mask, ground)
        mist = np.clip(1 - (canvas.y - ridge) * 5, 0, 1) * mask * (1 - near) * 0.35
        canvas.light(mist * 0.5, colours.low)
        canvas.shade(mask * np.clip(canvas.noise(3 + layer, 2, 4) - 0.45, 0, 1) * 0.9)


def _mountain(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    peaks = canvas.ridge(scene.horizon - 0.06, 0.30, 1.7, 0.55)
    mask = canvas.below(peaks)
    lit = np.gradient(peaks[0], canvas.x[0]) * (1 if at[0] < canvas.aspect / 2 else -1)
    face = np.clip(0.5 + lit[None, :] * 0.35 + (canvas.noise(8, 8, 3) - 0.5) * 0.8, 0, 1)
    stone = mix(colours.far, colours.near, 0.35)
    colour = (
        np.asarray(stone, np.float32) * (1 - face[..., None]) + np.asarray(colours.low, np.float32) * face[..., None]
    )
    canvas.paint(mask, colour * 0.85)
    snow = mask * np.clip((0.10 - (canvas.y - peaks)) * 12 + (canvas.noise(16, 12, 3) - 0.5) * 4, 0, 1)
    canvas.paint(snow * 0.7, mix(_SNOW, colours.middle, 0.3))
    _ridges(canvas, scene, colours, count=3, relief=0.10, tint=rgb("33463c"))


def _field(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    _ridges(canvas, scene, colours, count=4, relief=0.05, tint=rgb("6b7a3c"))
    below = canvas.below(np.full((1, canvas.width), scene.horizon + 0.25, np.float32), 60)
    blades = canvas.noise(60, 6, 2)
    canvas.light(below * np.clip(blades - 0.5, 0, 1) * 0.35, mix(colours.low, rgb("9aa04a"), 0.5))


def _desert(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    sand = rgb("c98f54")
    for layer in range(4):
        level = scene.horizon + (1 - scene.horizon) * (layer / 4) ** 1.2
        crest = canvas.ridge(level, 0.09, 1 + layer * 0.6, 0.28)
        mask = canvas.below(crest)
        slope = np.gradient(crest[0], canvas.x[0]) * (1 if at[0] < canvas.aspect / 2 else -1)
        lit = np.clip(0.55 + slope[None, :] * 1.4, 0.1, 1)[..., None]
        near = mix(colours.far, sand, 0.45 + layer * 0.12)
        dark = np.asarray(mix(near, colours.near, 0.6), np.float32)
        canvas.paint(mask, dark * (1 - lit) + np.asarray(mix(near, colours.low, 0.35), np.float32) * lit)
        canvas.shade(mask * np.clip((canvas.y - crest) * 1.2, 0, 0.4))


def _snow(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    _ridges(canvas, scene, colours, count=2, relief=0.14, tint=rgb("4a5a68"))
    for layer in range(3):
        crest = canvas.ridge(scene.horizon + 0.08 + (1 - scene.horizon) * layer * 0.28, 0.05, 1 + layer, 0.3)
        mask = canvas.below(crest)
        lit = np.clip(0.7 + (at[0] - canvas.x) * 0.15 - (canvas.y - crest) * 0.6, 0.25, 1)[..., None]
        dark = np.asarray(mix(colours.middle, colours.near, 0.25), np.float32)
        canvas.paint(mask, dark * (1 - lit) + np.asarray(mix(_SNOW, colours.low, 0.35), np.float32) * lit)


def _forest(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    layers = 5
    for layer in range(layers):
        near = (layer + 1) / layers
        foot = scene.horizon + (1 - scene.horizon) * near**1.6 * 0.9
        height = 0.16 + 0.55 * near**2
        crowns = _trees(canvas, foot, height, round(34 * (1.15 - near) + 4))
        mask = canvas.below(np.minimum(crowns, canvas.ridge(foot, 0.02, 4)))
        green = mix(mix(colours.far, colours.low, 0.4), mix(colours.near, rgb("24402e"), 0.4), near**0.9)
        canvas.paint(mask, green)
        fog = np.clip(1 - np.abs(canvas.y - foot) * 7, 0, 1) * (1 - near) * 0.7
        canvas.paint(fog, mix(colours.low, colours.middle, 0.4))


def _trees(canvas: Canvas, foot: float, height: float, count: int) -> Field:
    """Return the skyline of conifers standing side by side."""
    rng = canvas.rng
    line = np.full(canvas.width, foot, np.float32)
    x = canvas.x[0]
    for middle in rng.uniform(-0.05, canvas.aspect + 0.05, count):
        tall = height * rng.uniform(0.55, 1.15)
        wide = tall * rng.uniform(0.16, 0.26)
        away = np.abs(x - middle) / wide
        jag = 0.5 * (((away * 9 + rng.random()) % 1) - 0.35) * (0.25 + away)
        line = np.minimum(
            line, np.where(away < 1, foot - tall * (1 - away**0.85 - jag * 0.30), foot).astype(np.float32)
        )
    return line[None, :]


def _sea(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    if canvas.rng.random() < _COAST:
        coast = canvas.ridge(scene.horizon - 0.015, 0.05, 2.5)
        canvas.paint(canvas.below(coast), mix(colours.far, colours.low, 0.2))
    line = np.full((1, canvas.width), scene.horizon, np.float32)
    mask = canvas.below(line)
    depth = np.clip((canvas.y - scene.horizon) / max(0.05, 1 - scene.horizon), 0, 1)[..., None]
    far = np.asarray(mix(colours.low, colours.middle, 0.4), np.float32)
    near = np.asarray(mix(mix(colours.near, _WATER, 0.6), colours.middle, 0.12), np.float32)
    canvas.paint(mask, far + (near - far) * depth**0.55)
    # Waves are wide and flat far off, and higher the nearer they come: noise read in perspective.
    reach = 1 / (0.04 + np.clip(canvas.y - scene.horizon, 0, 1))
    swell = np.sin(reach * 9 + canvas.noise(5, 24, 3) * 22 + canvas.rng.uniform(0, 6))
    rough = 1.0 if scene.hour == "storm" else 0.55
    canvas.light(mask * np.clip(swell - 0.35, 0, 1) * 0.22 * rough, colours.low)
    canvas.shade(mask * np.clip(-swell - 0.2, 0, 1) * 0.30 * rough)
    spread = 0.03 + 0.22 * np.clip(canvas.y - scene.horizon, 0, 1)
    path = np.exp(-(((canvas.x - at[0]) / spread) ** 2)) * mask
    glitter = np.clip(canvas.noise(30, 70, 2) + swell * 0.2 - 0.5, 0, 1) * 2.2
    canvas.light(path * np.clip(glitter, 0, 1) * (0.3 if scene.hour in ("storm", "overcast") else 0.8), colours.sun)


def _city(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    for layer in range(3):
        near = (layer + 1) / 3
        foot = min(1.0, scene.horizon + 0.10 + (1 - scene.horizon) * near * 0.9)
        _houses(canvas, scene, colours, foot=foot, tall=0.18 + 0.30 * near, near=near)
    canvas.shade(np.clip((canvas.y - 0.85) * 3, 0, 0.6) * np.ones_like(canvas.x))


def _houses(canvas: Canvas, scene: Scene, colours: Palette, *, foot: float, tall: float, near: float) -> None:
    """Paint a row of buildings; at night their windows are lit."""
    rng = canvas.rng
    wall = mix(mix(colours.far, colours.low, 0.3), colours.near, near)
    edge, blocks, panes = -0.05, [], []
    while edge < canvas.aspect:
        wide = float(rng.uniform(0.05, 0.13)) * (0.6 + near)
        top = foot - tall * float(rng.uniform(0.35, 1.1))
        blocks.append([(edge, 1.0), (edge, top), (edge + wide, top), (edge + wide, 1.0)])
        if rng.random() < _SPIRE:
            blocks.append([(edge + wide * 0.45, top), (edge + wide * 0.5, top - 0.06), (edge + wide * 0.55, top)])
        panes += _panes(rng, edge, top, wide, 0.018 * (0.5 + near))
        edge += wide * float(rng.uniform(0.9, 1.15))
    canvas.paint(canvas.polygon(*blocks), wall)
    glow = {"night": 0.9, "dusk": 0.7, "storm": 0.55, "dawn": 0.35}.get(scene.hour, 0.12)
    if panes:
        canvas.light(canvas.polygon(*panes) * glow, _LAMP)


def _panes(rng: np.random.Generator, edge: float, top: float, wide: float, step: float) -> list[list[Point]]:
    panes: list[list[Point]] = []
    for row in np.arange(top + step, 1.0, step * 1.7):
        for column in np.arange(edge + step * 0.7, edge + wide - step, step * 1.3):
            if rng.random() < _LIT:
                x, y = float(column), float(row)
                panes.append([(x, y), (x + step * 0.6, y), (x + step * 0.6, y + step * 0.8), (x, y + step * 0.8)])
    return panes


def _street(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    rng, wide = canvas.rng, canvas.aspect
    away = (wide * float(rng.uniform(0.3, 0.7)), scene.horizon)
    _houses(canvas, scene, colours, foot=scene.horizon + 0.02, tall=0.16, near=0.35)
    ground = canvas.below(np.full((1, canvas.width), scene.horizon + 0.01, np.float32))
    canvas.paint(ground, mix(colours.near, colours.middle, 0.28))
    for side in (0.0, wide):
        gap = 0.05 if side == 0.0 else -0.05
        height = float(rng.uniform(0.7, 1.3))
        wall = [
            (side, away[1] - height),
            (away[0] - gap, away[1] - 0.10),
            (away[0] - gap, away[1] + 0.02),
            (side, 1.15),
        ]
        mask = canvas.polygon(wall)
        canvas.paint(mask, mix(colours.near, colours.far, 0.22 if side else 0.38))
        canvas.shade(mask * np.clip(canvas.noise(20, 14, 2) - 0.45, 0, 1))
        panes = [_in_perspective(away, side, height, rng) for _ in range(26)]
        canvas.light(
            canvas.polygon(*panes, blur=0.002) * (0.75 if scene.hour in ("night", "dusk", "storm") else 0.15), _LAMP
        )
    wet = ground * np.clip(canvas.noise(6, 40, 3) - 0.40, 0, 1) * np.exp(-(((canvas.x - away[0]) / 0.35) ** 2))
    canvas.light(wet * 1.6, colours.low)


def _in_perspective(away: Point, side: float, height: float, rng: np.random.Generator) -> list[Point]:
    """Return a window in a wall that runs towards the vanishing point."""
    near, storey = float(rng.uniform(0.15, 0.85)), float(rng.integers(1, 6)) / 7
    corners = ((near, storey), (near + 0.07, storey), (near + 0.07, storey + 0.09), (near, storey + 0.09))
    return [
        (away[0] + (side - away[0]) * depth, away[1] + (-height + rise * height) * depth * 0.95)
        for depth, rise in corners
    ]


def _room(canvas: Canvas, scene: Scene, colours: Palette, at: Light) -> None:
    del at
    rng, wide = canvas.rng, canvas.aspect
    outside = canvas.pixels.copy()
    floor = float(rng.uniform(0.68, 0.84))
    wall = mix(colours.near, mix(colours.middle, rgb("8a6a50"), 0.55), 0.60)
    canvas.pixels[:] = np.asarray(wall, np.float32) * (0.85 + 0.55 * canvas.noise(3, 3, 3))[..., None]
    boards = canvas.below(np.full((1, canvas.width), floor, np.float32))
    canvas.paint(boards, mix(wall, colours.near, 0.45))
    left, top = float(rng.uniform(0.12, 0.58)) * wide, float(rng.uniform(0.10, 0.22))
    across, down = float(rng.uniform(0.24, 0.42)), float(rng.uniform(0.34, 0.46))
    frame = [(left, top), (left + across, top), (left + across, top + down), (left, top + down)]
    canvas.paint(canvas.polygon(frame), outside * 0.8 + 0.2 * np.asarray(colours.low, np.float32))
    bars = [
        [(left + across / 2, top), (left + across / 2, top + down)],
        [(left, top + down / 2), (left + across, top + down / 2)],
    ]
    canvas.paint(canvas.lines(*bars, [*frame, frame[0]], width=0.012), mix(wall, colours.near, 0.7))
    lean = float(rng.choice([-1, 1])) * float(rng.uniform(0.25, 0.6))
    beam = [(left, top), (left + across, top), (left + across + lean, 1.05), (left + lean * 1.3, 1.05)]
    strength = 0.34 if scene.hour in ("day", "dawn", "dusk") else 0.16
    canvas.light(canvas.polygon(beam, blur=0.03) * strength, colours.sun)
    canvas.light(canvas.glow((left + across / 2, top + down / 2), 0.30) * 0.30, colours.low)
    _furniture(canvas, floor, mix(colours.near, wall, 0.25))


def _furniture(canvas: Canvas, floor: float, colour: Colour) -> None:
    rng = canvas.rng
    edge = float(rng.uniform(0.05, 0.6)) * canvas.aspect
    wide, top = float(rng.uniform(0.35, 0.6)), floor - float(rng.uniform(0.02, 0.10))
    table = [(edge, top), (edge + wide, top), (edge + wide, top + 0.03), (edge, top + 0.03)]
    legs = [[(edge + wide * at, top), (edge + wide * at, top + 0.26)] for at in (0.06, 0.94)]
    canvas.paint(np.maximum(canvas.polygon(table), canvas.lines(*legs, width=0.018)), colour)
    lamp = (edge + wide * float(rng.uniform(0.2, 0.8)), top - 0.09)
    shade = [
        (lamp[0] - 0.05, lamp[1]),
        (lamp[0] - 0.025, lamp[1] - 0.06),
        (lamp[0] + 0.025, lamp[1] - 0.06),
        (lamp[0] + 0.05, lamp[1]),
    ]
    canvas.paint(canvas.lines([lamp, (lamp[0], top)], width=0.008), colour)
    canvas.paint(canvas.polygon(shade), _LAMP)
    canvas.light(canvas.glow(lamp, 0.20) * 0.65, _LAMP)


_PLACES: Final[Mapping[str, Callable[[Canvas, Scene, Palette, Light], None]]] = {
    "mountain": _mountain,
    "field": _field,
    "desert": _desert,
    "snow": _snow,
    "forest": _forest,
    "sea": _sea,
    "city": _city,
    "street": _street,
    "room": _room,
}
