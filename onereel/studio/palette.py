"""Colours of a rehearsal drawing. A colour is (red, green, blue), each from 0 to 1."""

import colorsys
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image

Colour = tuple[float, float, float]


def rgb(code: str) -> Colour:
    """Return the colour of a six-digit code."""
    red, green, blue = (int(code[index : index + 2], 16) / 255 for index in (0, 2, 4))
    return red, green, blue


COLOURS: Final[Mapping[str, Colour]] = {
    "red": rgb("b8322c"),
    "crimson": rgb("9c1f34"),
    "orange": rgb("d9762b"),
    "amber": rgb("d99a3a"),
    "yellow": rgb("e3b93c"),
    "gold": rgb("c9a24a"),
    "green": rgb("4f7f52"),
    "teal": rgb("2f7c80"),
    "turquoise": rgb("3fa3a0"),
    "blue": rgb("38629c"),
    "indigo": rgb("3b3f86"),
    "purple": rgb("6b4a8a"),
    "violet": rgb("7a5aa6"),
    "pink": rgb("cf7f97"),
    "brown": rgb("7a5538"),
    "white": rgb("dcdcd6"),
    "grey": rgb("80868c"),
    "gray": rgb("80868c"),
    "black": rgb("26262b"),
    "ochre": rgb("b98a3e"),
    "sepia": rgb("8a6a48"),
}
_HAIR: Final[Mapping[str, Colour]] = {
    "black": rgb("1f1a19"),
    "brown": rgb("4b3526"),
    "dark": rgb("2a211d"),
    "red": rgb("7d3a22"),
    "grey": rgb("85827e"),
    "gray": rgb("85827e"),
    "white": rgb("c9c6bf"),
    "blonde": rgb("b08d57"),
    "blond": rgb("b08d57"),
    "fair": rgb("a98a5c"),
}
_COATS: Final = ("yellow", "crimson", "teal", "orange", "white", "indigo", "green", "pink", "ochre", "blue", "violet")


@dataclass(frozen=True)
class Palette:
    """Colours of an hour of the day, from the zenith down, and of things from far to near."""

    top: Colour
    middle: Colour
    low: Colour
    sun: Colour
    far: Colour
    near: Colour


HOURS: Final[Mapping[str, Palette]] = {
    "dawn": Palette(rgb("33466e"), rgb("a98592"), rgb("f6c193"), rgb("ffe4b5"), rgb("8d8496"), rgb("1e2130")),
    "day": Palette(rgb("4a80b8"), rgb("98bdd6"), rgb("e2e8e2"), rgb("fff8e6"), rgb("92abb8"), rgb("2a3c3a")),
    "overcast": Palette(rgb("76818b"), rgb("a3adb2"), rgb("cfd2cc"), rgb("f1efe6"), rgb("97a1a5"), rgb("2b3134")),
    "dusk": Palette(rgb("201f48"), rgb("7c4a72"), rgb("f0935c"), rgb("ffc98a"), rgb("6a4a6c"), rgb("141220")),
    "night": Palette(rgb("070b1a"), rgb("14233f"), rgb("34506f"), rgb("e4ecf8"), rgb("21324a"), rgb("05070e")),
    "storm": Palette(rgb("20272f"), rgb("4b5761"), rgb("939c98"), rgb("d8dcd2"), rgb("4a555c"), rgb("0f1418")),
}


def coat_of(name: str, description: str) -> Colour:
    """Return what somebody wears in every picture: the colour they are described in, else one their name decides."""
    said = re.search(
        rf"\b({'|'.join(COLOURS)})\b(?=[\w\s-]{{0,24}}(?:coat|jacket|dress|shirt|cloak|oilskin|suit|jumper|"
        r"sweater|scarf|uniform|robe|hat|hood|overalls|apron|raincoat|kimono))",
        description,
        re.IGNORECASE,
    )
    if said is not None:
        return COLOURS[said[1].lower()]
    return COLOURS[_COATS[hashlib.sha256(name.lower().encode()).digest()[0] % len(_COATS)]]


def hair_of(name: str, description: str) -> Colour:
    """Return somebody's hair: as described, else as their name decides."""
    said = re.search(
        rf"\b({'|'.join(_HAIR)})\b[\w\s,-]{{0,16}}(?:hair|beard|braids?|curls)", description, re.IGNORECASE
    )
    if said is not None:
        return _HAIR[said[1].lower()]
    return tuple(_HAIR.values())[hashlib.sha256(name.lower().encode()).digest()[1] % 3]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return a colour between two; 0 is the first."""
    red, green, blue = (a + (b - a) * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def palette_of(hour: str, accent: Colour | None, rng: np.random.Generator) -> Palette:
    """Return an hour's colours, no two pictures quite the same, leaning towards an accent where there is one."""
    base = HOURS[hour]
    turn, depth = rng.uniform(-0.025, 0.025), rng.uniform(0.85, 1.2)
    turned = {name: _turned(getattr(base, name), turn, depth) for name in base.__dataclass_fields__}
    chosen = replace(base, **turned)
    if accent is None:
        return chosen
    return replace(
        chosen,
        top=mix(chosen.top, accent, 0.18),
        middle=mix(chosen.middle, accent, 0.34),
        low=mix(chosen.low, accent, 0.26),
        far=mix(chosen.far, accent, 0.30),
        near=mix(chosen.near, accent, 0.08),
    )


def _turned(colour: Colour, turn: float, depth: float) -> Colour:
    hue, light, depth_now = colorsys.rgb_to_hls(*colour)
    return colorsys.hls_to_rgb((hue + turn) % 1.0, light, min(1.0, depth_now * depth))


def dominant(pictures: tuple[Image.Image, ...]) -> Colour | None:
    """Return the most colourful of the common colours of pictures; None when there are none."""
    if not pictures:
        return None
    small = np.concatenate([np.asarray(picture.resize((16, 16))).reshape(-1, 3) for picture in pictures]) / 255.0
    spread = small.max(axis=1) - small.min(axis=1)
    weight = (spread + 0.02)[:, None]
    red, green, blue = (small * weight).sum(axis=0) / weight.sum()
    return float(red), float(green), float(blue)
