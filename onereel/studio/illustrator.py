"""Draws the pictures of a rehearsal: procedural, deterministic, and different for different words."""

import hashlib
from collections.abc import Collection
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from onereel.studio.canvas import Canvas
from onereel.studio.faults import What
from onereel.studio.lettering import caption, strip, strip_height
from onereel.studio.marks import mark, marks
from onereel.studio.miscasting import miscast
from onereel.studio.palette import dominant, mix, palette_of, rgb
from onereel.studio.people import paint_people
from onereel.studio.pictures import decode, encode, words_in
from onereel.studio.places import paint_place
from onereel.studio.pointing import EDITED, Edit
from onereel.studio.props import paint_props
from onereel.studio.scene import Scene, imagine
from onereel.studio.signs import put_up
from onereel.studio.skies import paint_sky
from onereel.studio.weather import paint_weather

_COARSE, _WORKING, _WORKING_LARGE = 240, 760, 900
"""Longer side in pixels that is painted; the rest is enlarging. A picture of a rehearsal may be soft."""

_LARGE: Final = 1600
"""Longer side of a picture that is painted larger: between 1K and 2K."""


def draw(
    words: str,
    size: tuple[int, int],
    references: tuple[bytes, ...],
    *,
    edit: Edit | None = None,
    seed: int | None,
    badge: str,
    coarse: bool = False,
    defects: Collection[What] = (),
) -> bytes:
    """Return a picture of the words as PNG bytes; equal arguments give equal bytes.

    A coarse picture is painted small and without grain, for a fifth of the work.
    """
    picture = sketch(words, size, references, edit=edit, seed=seed, badge=badge, coarse=coarse, defects=defects)
    return encode(picture, words)


def sketch(
    words: str,
    size: tuple[int, int],
    references: tuple[bytes, ...],
    *,
    edit: Edit | None = None,
    seed: int | None,
    badge: str,
    coarse: bool = False,
    defects: Collection[What] = (),
) -> Image.Image:
    """Return a picture of the words.

    An edit changes its picture moderately, or mends it if it has planted defects; "Repeat" and "restore natural
    colours" give it as it is, and "Vary the composition" another picture of the same thing. Words of a character sheet
    give three views of one person. References lend their colours; words in quotes are put up as signs.

    Args:
        words: The prompt.
        size: (width, height) in pixels.
        references: Pictures sent along, as sent.
        edit: The picture to change, and what is said of it; None: it is drawn anew.
        seed: None: the words alone decide.
        badge: Written on the strip at the bottom.
        coarse: Painted small and without grain.
        defects: What is drawn wrong on purpose.
    """
    if edit is not None and marks(decode(edit.picture)):
        words = EDITED.split(words_in(edit.picture) or words, maxsplit=1)[0].strip() or words
        edit = None
    sent = references if edit is None else (edit.picture, *references)
    pictures = tuple(decode(picture) for picture in sent)
    change = edit.words.lower() if edit is not None else ""
    rng = np.random.default_rng(list(hashlib.sha256(f"{words}\n{seed}".encode()).digest()))
    if "repeat the picture" in change or "restore natural colours" in change:
        picture = pictures[0].resize(size, Image.Resampling.BICUBIC)
    elif edit is not None and "vary the composition" not in change:
        picture = _edited(pictures[0], size, rng)
    elif words.lower().lstrip().startswith("a character sheet"):
        from onereel.studio.sheet import paint_sheet  # noqa: PLC0415 - sheet needs the illustrator's finish

        picture = _finished(paint_sheet(words, _working(size, coarse=coarse), rng), size, rng, coarse=coarse)
    else:
        before = words_in(edit.picture) if edit is not None else ""
        scene = miscast(imagine(f"{before}\n{words}" if before else words, seed, dominant(pictures)), defects)
        picture = _finished(_painted(scene, _working(size, coarse=coarse)), size, rng, coarse=coarse)
    put_up(picture, words, defects)
    mark(picture, defects)
    return _labelled(picture, badge, words)


def _working(size: tuple[int, int], *, coarse: bool) -> tuple[int, int]:
    longest = _COARSE if coarse else _WORKING if max(size) <= _LARGE else _WORKING_LARGE
    scale = min(1.0, longest / max(size))
    return max(48, round(size[0] * scale)), max(48, round(size[1] * scale))


def _painted(scene: Scene, size: tuple[int, int]) -> NDArray[np.float32]:
    rng = np.random.default_rng(scene.seed)
    canvas = Canvas(size, rng)
    colours = palette_of(scene.hour, scene.accent, rng)
    at = paint_sky(canvas, scene, colours)
    paint_place(canvas, scene, colours, at)
    paint_props(canvas, scene, colours, at)
    # Broad light and shade is what makes two views of one place look like two views.
    deep = 0.30 if scene.hour == "day" else 0.55
    canvas.shade(np.clip(canvas.noise(2, 2, 2) * 1.5 - 0.55, 0, deep))
    paint_people(canvas, scene, colours, at)
    paint_weather(canvas, scene, colours)
    return canvas.pixels[:, ::-1] if scene.mirrored else canvas.pixels


def _finished(
    pixels: NDArray[np.float32], size: tuple[int, int], rng: np.random.Generator, *, coarse: bool
) -> Image.Image:
    """Return a painting as a photograph: vignette, a soft curve, glow, then grain at full size."""
    height, width = pixels.shape[:2]
    y, x = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    graded = np.clip(pixels, 0, 1) * (1 - 0.30 * np.clip((x * x + y * y) / 2, 0, 1) ** 1.2)[..., None]
    graded = graded * (0.55 + 0.9 * graded - 0.45 * graded * graded)
    picture = Image.fromarray((np.clip(graded, 0, 1) * 255).astype(np.uint8))
    bloom = picture.reduce(4).filter(ImageFilter.GaussianBlur(max(2.0, width / 120))).resize((width, height))
    picture = Image.blend(picture, Image.fromarray(np.maximum(np.asarray(picture), np.asarray(bloom))), 0.35)
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    return picture if coarse else _grained(picture, rng)


def _grained(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    tile = rng.integers(-3, 4, (257, 263, 1), np.int16)
    height, width = picture.height, picture.width
    grain = np.tile(tile, (height // 257 + 1, width // 263 + 1, 1))[:height, :width]
    return Image.fromarray(np.clip(np.asarray(picture, np.int16) + grain, 0, 255).astype(np.uint8))


def _edited(picture: Image.Image, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Return the picture with a changed grade and one thing that has moved."""
    fitted = picture.resize(size, Image.Resampling.BICUBIC)
    width, height = size
    patch_width, patch_height = width // 4, height // 3
    left, top = (int(rng.integers(0, side - patch)) for side, patch in ((width, patch_width), (height, patch_height)))
    moved = int(np.clip(left + rng.choice([-1, 1]) * width // 5, 0, width - patch_width))
    feather = Image.new("L", (patch_width, patch_height))
    inset = patch_width // 5
    feather.paste(255, (inset, inset, patch_width - inset, patch_height - inset))
    feather = feather.filter(ImageFilter.GaussianBlur(inset / 2))
    patch = fitted.crop((left, top, left + patch_width, top + patch_height))
    fitted.paste(patch.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (moved, top), feather)
    tint = mix(rgb("ffffff"), rgb(str(rng.choice(["ffd9a8", "a8ccff", "ffc0b0", "c0f0d8"]))), 0.35)
    gain = np.asarray(tint, np.float32) * rng.uniform(0.88, 1.10)
    return Image.fromarray(np.clip(np.asarray(fitted) * gain, 0, 255).astype(np.uint8))


def _labelled(picture: Image.Image, badge: str, words: str) -> Image.Image:
    height = strip_height(picture.size)
    label = Image.fromarray(strip(picture.width, height, badge, caption(words))).convert("RGB")
    picture.paste(label, (0, picture.height - height))
    return picture
