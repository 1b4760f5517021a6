"""How alike two pictures are: fingerprints small enough to keep, and rules with measured thresholds.

Measured on 61 pictures and 1,830 pairs of different ones; benign changes were JPEG 90 to 20, resizing by 25 to 200 %,
noise and blur, and other seeds of the same words stood for pictures that must not count as one
(media.md, section 5). The exact same file is a matter of its digest, not of likeness. Fingerprint before burning in
text: a watermark or subtitle moves the hash by 14 to 22 bits.
"""

import base64
from collections.abc import Sequence
from statistics import fmean
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from onereel.noun import Noun

GRID: Final = (16, 9)
"""Width and height of the thumbnail in cells; every picture is squeezed into it, whatever its shape."""

_HASHED_SIDE = 32
_HASH_SIDE = 8
_FLAT = 8.0

_WORKING: Final = 144
"""Shorter side a picture is first reduced to by a whole factor, at least: an average of whole blocks costs a sixth of
the filter that follows. Of 56 photographs and drawings, 36 kept imagehash's bits and 20 differ from them in two."""

_STEPS = np.arange(_HASHED_SIDE)
_COSINES: Final = (2 * np.cos(np.pi * (2 * _STEPS[None, :] + 1) * _STEPS[:, None] / (2 * _HASHED_SIDE)))[:_HASH_SIDE]
"""The lowest eight rows of the discrete cosine transform (DCT-II) of 32 samples."""

Hashes = NDArray[np.uint64]
"""What is searched: a hash a picture, 8 bytes each."""

_CHUNK: Final = 1 << 17
"""Hashes looked at at once: a megabyte, which the cache of a core holds; smaller ones wait more for the interpreter."""


class Fingerprint(Noun):
    """What is remembered of a picture to compare it with others; 0.6 kB as JSON."""

    phash: str = Field(pattern=r"^[0-9a-f]{16}$", description="64-bit perceptual hash: structure without colour.")
    thumb: str = Field(
        pattern=r"^[A-Za-z0-9+/]{576}$", description="16x9 RGB cells in rows, base64: colour without detail."
    )
    flat: bool = Field(description="Too even to have structure: the hash means nothing.")

    @property
    def cells(self) -> NDArray[np.int16]:
        """The thumbnail, (9, 16, 3), RGB, 0 to 255."""
        width, height = GRID
        return np.frombuffer(base64.b64decode(self.thumb), np.uint8).reshape(height, width, 3).astype(np.int16)


class Sample(Noun):
    """What one frame of a film looks like."""

    seconds: float = Field(ge=0, description="When, into the film.")
    sharpness: float = Field(ge=0, description="Detail and noise, in levels of luma; to compare within a film.")
    fingerprint: Fingerprint


class Likeness(Noun):
    """How far two pictures are apart."""

    bits: int | None = Field(description="Bits of the hash that differ, 0 to 64; None where a flat picture has no say.")
    colour: float = Field(description="Mean absolute difference of the thumbnails, 0 (equal) to 255.")
    peak: float = Field(description="The same in the cell that differs most.")


class Thresholds(Noun):
    """Where alike begins. Every limit includes itself."""

    frozen_bits: int = Field(
        default=2,
        ge=0,
        le=64,
        description="An opening and a closing this close make a take that stands still; "
        "a clip with a 15 % push and pan has 18 bits between its ends.",
    )
    frozen_colour: float = Field(default=1.5, ge=0, le=255, description="The same for colour.")
    same_bits: int = Field(
        default=10,
        ge=0,
        le=64,
        description="The same picture, encoded anew: with same_colour it found every copy and took "
        "none of 1,830 different pairs; different pictures were at least 18 bits apart.",
    )
    same_colour: float = Field(
        default=5.0,
        ge=0,
        le=255,
        description="The hash does not see gain: a light and a dark version of a picture are 4 to 10 bits apart. "
        "This tells them from copies.",
    )
    duplicate_bits: int = Field(
        default=4,
        ge=0,
        le=64,
        description="Two candidates of a keyframe that are one choice: at 4 bits no different pair was taken, "
        "and with same_colour no other seed.",
    )
    unchanged_peak: float = Field(
        default=1.5,
        ge=0,
        le=255,
        description="Made anew and still the same: no cell differs more. An edit of a detail moved one by 3 or more.",
    )
    flat_peak: float = Field(
        default=16.0,
        ge=0,
        le=255,
        description="Without a hash no cell may differ more than this: a star in a black sky is 1/144 of the picture.",
    )


MEASURED: Final = Thresholds()


def fingerprint(image: Image.Image) -> Fingerprint:
    """Return a picture's fingerprint; the hash is `imagehash.phash` of the picture reduced to about `_WORKING` lines.

    Bit for bit where it is no larger; of larger ones two bits may differ, for a sixth of the time. Flat means a
    standard deviation below 8 of the 32x32 luma the hash is made from: there pure black and pure white differ in one
    bit.

    Args:
        image: Decoded and upright; transparency is not looked at.
    """
    colour = image if image.mode == "RGB" else image.convert("RGB")
    factor = min(colour.size) // _WORKING
    small = colour.reduce(factor) if factor > 1 else colour
    luma = np.asarray(small.convert("L").resize((_HASHED_SIDE, _HASHED_SIDE), Image.Resampling.LANCZOS))
    return Fingerprint(
        phash=f"{_phash(luma):016x}",
        thumb=base64.b64encode(small.resize(GRID, Image.Resampling.BOX).tobytes()).decode(),
        flat=bool(luma.std() < _FLAT),
    )


def _phash(luma: NDArray[np.uint8]) -> int:
    """Return which of the lowest frequencies of a 32x32 picture are stronger than their median, first bit highest."""
    low = _COSINES @ luma.astype(np.float64) @ _COSINES.T
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes())


def distance(a: Fingerprint, b: Fingerprint) -> Likeness:
    """Return how far two pictures are apart; by colour alone if either is flat."""
    apart = np.abs(a.cells - b.cells)
    return Likeness(bits=_bits(a, b), colour=float(apart.mean()), peak=float(apart.mean(axis=2).max()))


def frozen(opening: Fingerprint, closing: Fingerprint, thresholds: Thresholds = MEASURED) -> bool:
    """Return whether a take between these keyframes would stand still."""
    return _within(opening, closing, thresholds.frozen_bits, thresholds.frozen_colour, thresholds)


def same_picture(a: Fingerprint, b: Fingerprint, thresholds: Thresholds = MEASURED) -> bool:
    """Return whether two files show one picture, encoded, scaled or denoised anew; not if it was graded anew."""
    return _within(a, b, thresholds.same_bits, thresholds.same_colour, thresholds)


def unchanged(a: Fingerprint, b: Fingerprint, thresholds: Thresholds = MEASURED) -> bool:
    """Return whether what was made anew came out as it was: not even a detail the size of a cell is another."""
    apart = distance(a, b)
    return (apart.bits or 0) <= thresholds.frozen_bits and apart.peak <= thresholds.unchanged_peak


def same_film(a: Sequence[Sample], b: Sequence[Sample], thresholds: Thresholds = MEASURED) -> bool:
    """Return whether two films show the same from end to end, maybe encoded anew.

    Takes from the same keyframes are alike where they open; what they show later tells them apart.
    """
    if not a or [one.seconds for one in a] != [one.seconds for one in b]:
        return False
    apart = [distance(one.fingerprint, other.fingerprint) for one, other in zip(a, b, strict=True)]
    bits = fmean(one.bits or 0 for one in apart)
    return bits <= thresholds.frozen_bits and max(one.colour for one in apart) <= thresholds.frozen_colour


def repeats(keyframe: Fingerprint, other: Fingerprint, thresholds: Thresholds = MEASURED) -> bool:
    """Return whether a keyframe shows what another shot's keyframe shows already.

    The rule is `same_picture`, not the narrower one for candidates: a repeat on screen is worth one more drawing, it
    must be found however it was encoded, and a second framing of the same set must not be taken for one.
    Keyframes two shots share on purpose (join "match") are not to be compared.
    """
    return same_picture(keyframe, other, thresholds)


def near_duplicates(
    candidates: Sequence[Fingerprint], thresholds: Thresholds = MEASURED
) -> tuple[tuple[int, ...], ...]:
    """Group candidates that a person would call the same drawing; each group counts as one.

    Returns:
        Positions, every one in exactly one group. The first of a group stands for it, and the others resemble
        the first (not merely each other, so a slow drift is not one group).
    """
    groups: list[list[int]] = []
    for at, candidate in enumerate(candidates):
        home = next((g for g in groups if _one_choice(candidates[g[0]], candidate, thresholds)), None)
        if home is None:
            groups.append([at])
        else:
            home.append(at)
    return tuple(map(tuple, groups))


def column(fingerprints: Sequence[Fingerprint]) -> Hashes:
    """Return the hashes as an array, for `search`; 8 bytes a picture."""
    return np.array([int(one.phash, 16) for one in fingerprints], np.uint64)


def search(hashes: Hashes, wanted: Fingerprint, bits: int = MEASURED.same_bits) -> NDArray[np.intp]:
    """Return positions of the hashes within so many bits of a picture, nearest first.

    A hint, to be confirmed by `same_picture`: flat pictures have hashes that mean nothing. No index is needed:
    a million hashes take less than a millisecond, ten million three times as long as to read them once.
    """
    query = np.uint64(int(wanted.phash, 16))
    near = _near(hashes, query, bits)
    return near[np.argsort(np.bitwise_count(hashes[near] ^ query), kind="stable")]


def _near(hashes: Hashes, query: np.uint64, bits: int) -> NDArray[np.intp]:
    """Return positions of hashes within so many bits; nothing larger than a chunk is written."""
    mixed, apart = np.empty(_CHUNK, np.uint64), np.empty(_CHUNK, np.uint8)
    found = [np.empty(0, np.intp)]
    for start in range(0, len(hashes), _CHUNK):
        part = hashes[start : start + _CHUNK]
        count = len(part)
        np.bitwise_xor(part, query, out=mixed[:count])
        np.bitwise_count(mixed[:count], out=apart[:count])
        if apart[:count].min() <= bits:
            found.append(np.flatnonzero(apart[:count] <= bits) + start)
    return np.concatenate(found)


def _one_choice(a: Fingerprint, b: Fingerprint, thresholds: Thresholds) -> bool:
    return _within(a, b, thresholds.duplicate_bits, thresholds.same_colour, thresholds)


def _bits(a: Fingerprint, b: Fingerprint) -> int | None:
    return None if a.flat or b.flat else (int(a.phash, 16) ^ int(b.phash, 16)).bit_count()


def _within(a: Fingerprint, b: Fingerprint, bits: int, colour: float, thresholds: Thresholds) -> bool:
    if (_bits(a, b) or 0) > bits:  # tells most pairs apart, in a thousandth of the time
        return False
    apart = distance(a, b)
    structure = apart.peak <= thresholds.flat_peak if apart.bits is None else apart.bits <= bits
    return structure and apart.colour <= colour
