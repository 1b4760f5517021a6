"""Defects planted in films and pictures on request: what a camera or an image model does when it fails quietly."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from onereel.studio.camera import Shooting
from onereel.studio.faults import Fault, What
from onereel.studio.marks import JUDGED, brand
from onereel.studio.pictures import decode, encode

_BLACK: Final = 16
_BAR: Final = 0.12
"""Height of each black bar, as a fraction of the picture's."""

_QUARTER, _THIRD, _CUT = 1 / 4, 1 / 3, 0.6
"""A loop is this much of the film; a black stretch begins after this much and lasts as long; the cut."""

_FREEZES, _THAWS = 0.15, 0.85
"""Where a frozen stretch begins and ends; of the shortest take it is nearly three seconds."""


def spoil(shooting: Shooting, faults: Iterable[Fault]) -> Shooting:
    """Return the take as it is filmed where a fault plan spoils it."""
    struck = frozenset(fault.what for fault in faults)
    width, height = shooting.size
    if What.WRONG_SIZE in struck:
        shooting = replace(shooting, size=(width // 4 * 2, height // 4 * 2))
    if What.SILENT in struck:
        shooting = replace(shooting, sound=False)
    if What.WRONG_SECONDS in struck:
        shooting = replace(shooting, seconds=shooting.seconds / 2)
    if What.WRONG_START in struck and shooting.opening is not None:
        shooting = replace(shooting, opening=_another(shooting.opening))
    if What.WRONG_END in struck and shooting.closing is not None:
        shooting = replace(shooting, closing=_another(shooting.closing))
    return replace(shooting, defects=struck & FILMED_WRONG)


FILMED_WRONG: Final = frozenset(
    {What.FROZEN, What.LOOP, What.BLACK, What.JUMP, What.CLIPPED, What.LETTERBOX, What.DRIFT, What.MUTE, *JUDGED}
)


def _another(picture: bytes) -> bytes:
    """Return a picture that is not the one asked for: upside down, its colours turned."""
    turned = decode(picture).rotate(180)
    red, green, blue = turned.split()
    return encode(Image.merge("RGB", (blue, red, green)))


def running_order(frames: int, defects: Collection[What]) -> Iterable[int]:
    """Return which picture of a take is on screen at each frame: each in turn, unless it freezes or loops."""
    if What.LOOP in defects:
        return (index % max(1, round(frames * _QUARTER)) for index in range(frames))
    if What.FROZEN in defects:
        begins, ends = round(frames * _FREEZES), round(frames * _THAWS)
        return (begins if begins <= index < ends else index for index in range(frames))
    return range(frames)


def ruin(frame: NDArray[np.uint8], width: int, height: int, done: float, defects: Collection[What]) -> None:
    """Spoil one frame in place.

    Args:
        frame: Planes Y, U and V as one (height * 3 / 2, width) array.
        width: Pixels.
        height: Pixels.
        done: How far into the take, 0 to 1.
        defects: Which.
    """
    luma, chroma = frame[:height], frame[height:].reshape(2, height // 2, width // 2)
    if What.JUMP in defects and done > _CUT:
        for plane in (luma, *chroma):
            plane[:] = plane[::-1, ::-1].copy()
    if What.DRIFT in defects:  # softer and warmer from frame to frame
        soft = Image.fromarray(luma).filter(ImageFilter.GaussianBlur(done * height / 120))
        luma[:] = np.clip(np.asarray(soft, np.int16) + round(30 * done), _BLACK, 235).astype(np.uint8)
        chroma[0] = np.clip(chroma[0].astype(np.int16) - round(25 * done), 16, 240).astype(np.uint8)
        chroma[1] = np.clip(chroma[1].astype(np.int16) + round(25 * done), 16, 240).astype(np.uint8)
    if What.CLIPPED in defects:
        luma[:] = np.clip((luma.astype(np.int16) - _BLACK) * 5 + 60, _BLACK, 235).astype(np.uint8)
    if What.BLACK in defects and _THIRD <= done < 2 * _THIRD:
        luma[:], chroma[:] = _BLACK, 128
    if What.LETTERBOX in defects:
        bar = round(height * _BAR / 2) * 2
        for rows in (slice(0, bar), slice(height - bar, height)):
            luma[rows] = _BLACK
            chroma[:, rows.start // 2 : rows.stop // 2] = 128
    brand(frame, width, height, defects)


def distort(samples: NDArray[np.float32], defects: Collection[What]) -> NDArray[np.float32]:
    """Return the sound of a spoilt take: nothing but zeros, or driven into the rail."""
    if What.MUTE in defects:
        return np.zeros_like(samples)
    if What.CLIPPED in defects:
        return np.clip(samples * 60, -1, 1)
    return samples


def smudge(data: bytes, faults: Iterable[Fault]) -> bytes:
    """Return a drawing as a fault plan spoils it: blank, blurred or with black bars."""
    struck = {fault.what for fault in faults}
    if not struck & {What.BLANK, What.BLURRED, What.LETTERBOX}:
        return data
    picture = Image.open(BytesIO(data)).convert("RGB")
    width, height = picture.size
    if What.BLURRED in struck:
        picture = (
            picture.reduce(8).filter(ImageFilter.GaussianBlur(2)).resize((width, height), Image.Resampling.BICUBIC)
        )
    if What.LETTERBOX in struck:
        bar = round(height * _BAR)
        picture = ImageOps.expand(ImageOps.fit(picture, (width, height - 2 * bar)), (0, bar))
    if What.BLANK in struck:
        picture = Image.new("RGB", picture.size, (127, 127, 127))
    return encode(picture)
