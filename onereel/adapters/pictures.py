"""Pictures from outside: decoded in full before they are trusted, and brought to the camera's frame.

Originals are never rewritten: saving a picture anew drops its C2PA provenance, so the vault keeps the bytes that came.
What is made here (frames for a camera, thumbnails) is a copy beside them. Colour profiles are not applied.
"""

import io
import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import Field

from onereel.adapters.meter import measure_picture
from onereel.credentials import Credentials, read_credentials
from onereel.errors import BadInput, FootageError
from onereel.likeness import Fingerprint, fingerprint
from onereel.measures import PictureMeasures
from onereel.noun import Noun
from onereel.pixels import MAX_ENLARGEMENT, drawing_size, enlargement
from onereel.png import write_png

log = logging.getLogger(__name__)

MAX_BYTES: Final = 50_000_000
"""Longest picture file that is opened; a 4K drawing has 18 to 25 MB. What a model takes of it is in the model table."""

MAX_PIXELS: Final = 50_000_000
"""Most pixels that are decoded, 150 MB in memory; the largest drawing there is has 19 million."""

MIN_SIDE: Final = 16
"""Fewest pixels a picture may have on a side: below them it shows nobody anything, and detail cannot be measured."""

GRID_TOLERANCE: Final = 0.02
"""How far each side of a drawing, and its shape, may be off the vendor's grid, as a fraction.

The grid is documented, not promised; the steps between its sizes are far larger.
"""

REDUCED: Final = 2.0
"""How many times as large as the frame a picture stays that is reduced before it is scaled. At 2 no eye sees it."""

THUMBNAIL_BYTES: Final = 20_000
"""What a thumbnail should fit into: artifacts carry a few dozen of them as data addresses."""

_FORMATS: Final[dict[str, Literal["png", "jpg", "webp"]]] = {
    "PNG": "png",
    "JPEG": "jpg",
    "MPO": "jpg",  # a phone's JPEG with a second picture (depth, gain map) behind the one that is seen
    "WEBP": "webp",
}
_THUMBNAIL_QUALITIES = (80, 65, 50, 35, 20, 5)
_COPY_QUALITIES = (95, 90, 80, 65, 50, 30, 15)
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, OverflowError, EOFError,
    MemoryError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip
"""What Pillow's decoders raise on damaged files, found by damaging files."""


class Picture(Noun):
    """A picture file that was decoded in full, and what was found in it."""

    width: int = Field(gt=0, description="Pixels, as it is seen: after turning it upright.")
    height: int = Field(gt=0, description="Pixels, as it is seen.")
    suffix: Literal["png", "jpg", "webp"] = Field(description="What it is, whatever its name says.")
    fingerprint: Fingerprint
    measures: PictureMeasures


@dataclass(frozen=True, eq=False)
class Opened:
    """A picture file that was decoded in full; its pixels are held until nobody needs them.

    Attributes:
        image: As it is seen, upright and RGB.
        suffix: What the file is, whatever its name says.
    """

    image: Image.Image
    suffix: Literal["png", "jpg", "webp"]


class Framed(NamedTuple):
    """A picture cut to a camera's exact frame, what is in it, and what its file says of its own making."""

    png: bytes
    fingerprint: Fingerprint
    measures: PictureMeasures
    credentials: Credentials


class Arrived(NamedTuple):
    """A drawing that came as ordered.

    Attributes:
        suffix: What the file is, whatever its name says.
        framed: Cut to the frame named; None where none was, or it is too small for it.
    """

    suffix: Literal["png", "jpg", "webp"]
    framed: Framed | None = None


def open_picture(data: bytes) -> Opened:
    """Decode a picture from its first byte to its last.

    Raises:
        FootageError: It is no PNG, JPEG or WebP, is damaged or cut short, moves, or is too small or too large to be
            opened; size is judged before anything is decoded.
    """
    return Opened(*_decode(data))


def inspect_picture(data: bytes) -> Picture:
    """Decode a picture from its first byte to its last and say what it is.

    Raises:
        FootageError: As `open_picture`.
    """
    image, suffix = _decode(data)
    return Picture(
        width=image.width,
        height=image.height,
        suffix=suffix,
        fingerprint=fingerprint(image),
        measures=measure_picture(image),
    )


def picture_file(path: Path) -> Picture:
    """Return what is in a person's picture file.

    Raises:
        BadInput: It is not there, or no picture that can be opened; says which and why.
    """
    try:
        with path.open("rb") as file:
            return inspect_picture(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    except FootageError as broken:
        raise BadInput(f"{path}: {broken}") from broken


def check_drawing(picture: Opened, aspect_ratio: str, size: str) -> None:
    """Return if a drawing has the shape and size that were ordered, within `GRID_TOLERANCE`.

    Args:
        picture: As opened.
        aspect_ratio: As ordered, `16:9`.
        size: As ordered: 512, 1K, 2K or 4K.

    Raises:
        FootageError: It has another shape or size.
        BadInput: No model draws at that size or ratio.
    """
    width, height = drawing_size(aspect_ratio, size)
    came = picture.image
    told = f"the drawing is {came.width}x{came.height}; {aspect_ratio} at {size} is {width}x{height}"
    if _off(came.width * height, width * came.height):
        raise FootageError(f"{told}: another shape; draw it again")
    if _off(came.width, width) or _off(came.height, height):
        raise FootageError(f"{told}: another size; draw it again")


def arrived(data: bytes, aspect_ratio: str, size: str, frame: tuple[int, int] | None) -> Arrived:
    """Return a drawing that was decoded in full and came as ordered, cut to a camera's frame if one is named.

    Raises:
        FootageError: As `open_picture` and `check_drawing`.
    """
    picture = open_picture(data)
    check_drawing(picture, aspect_ratio, size)
    if frame is None or enlargement(picture.image.size, frame) > MAX_ENLARGEMENT:
        return Arrived(picture.suffix)
    return Arrived(picture.suffix, _framed(data, picture, frame))


def framed_file(data: bytes, frame: tuple[int, int]) -> Framed:
    """Return a picture file as a PNG of exactly a camera's frame; the same bytes for the same picture and frame.

    It is turned upright, transparency becomes black, the middle is kept where the shapes differ, and it is scaled by
    Lanczos. Enlarging is logged.

    Args:
        data: The whole file.
        frame: (width, height) in pixels.

    Raises:
        FootageError: As `open_picture`, or it would be enlarged more than `MAX_ENLARGEMENT` times.
    """
    return _framed(data, open_picture(data), frame)


def part_of(data: bytes, box: tuple[int, int, int, int], margin: float = 0.15) -> bytes:
    """Return a part of a picture, with a margin around it, as a PNG.

    Args:
        data: The whole file.
        box: Top, left, bottom, right in thousandths.
        margin: On every side, as a share of the part's own.

    Raises:
        FootageError: It is not a sound picture.
    """
    image = open_picture(data).image
    top, left, bottom, right = (edge / 1000 for edge in box)
    tall, wide = (bottom - top) * margin, (right - left) * margin
    edges = (
        max(0, round((left - wide) * image.width)),
        max(0, round((top - tall) * image.height)),
        min(image.width, max(1, round((right + wide) * image.width))),
        min(image.height, max(1, round((bottom + tall) * image.height))),
    )
    return write_png(np.asarray(image.crop(edges)))


def fit(data: bytes, frame: tuple[int, int]) -> bytes:
    """Return a picture as a PNG of exactly a camera's frame, as `framed_file`."""
    return write_png(np.asarray(_fitted(open_picture(data).image, frame)))


def _framed(data: bytes, picture: Opened, frame: tuple[int, int]) -> Framed:
    image, said = _fitted(picture.image, frame), read_credentials(data, picture.suffix)
    return Framed(write_png(np.asarray(image)), fingerprint(image), measure_picture(image), said)


def _fitted(image: Image.Image, frame: tuple[int, int]) -> Image.Image:
    factor = enlargement(image.size, frame)
    told = f"a picture of {image.width}x{image.height}"
    if factor > MAX_ENLARGEMENT:
        raise FootageError(
            f"{told} would be enlarged {factor:.2f} times to fill {frame[0]}x{frame[1]}, "
            f"at most {MAX_ENLARGEMENT:g} is allowed; draw it larger (keyframe_size)"
        )
    if factor > 1:
        log.info("%s was enlarged %.2f times to fill %dx%d", told, factor, *frame)
    # As ImageOps.fit does; what is made less than half as large is reduced first, in half the time.
    width, height = image.size
    shown = min(width, height * frame[0] / frame[1]), min(height, width * frame[1] / frame[0])
    left, top = (width - shown[0]) / 2, (height - shown[1]) / 2
    box = left, top, left + shown[0], top + shown[1]
    return image.resize(frame, Image.Resampling.LANCZOS, box=box, reducing_gap=REDUCED)


def thumbnail(data: bytes, width: int = 320) -> bytes:
    """Return a picture as a small WebP for a page or an artifact, never enlarged.

    The quality is the highest that fits `THUMBNAIL_BYTES`; a picture too busy for any is returned at the lowest.

    Raises:
        FootageError: It is not a sound picture.
    """
    image, _ = _decode(data)
    width = min(width, image.width)
    small = image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
    packed = b""
    for quality in _THUMBNAIL_QUALITIES:
        packed = _webp(small, quality)
        if len(packed) <= THUMBNAIL_BYTES:
            break
    return packed


def lighter(data: bytes, most: int, side: int | None = None) -> bytes:
    """Return a picture as a JPEG of so many bytes at most, of the highest quality that fits.

    Its colours keep the resolution of its light. A picture too busy for any quality is returned at the lowest.

    Args:
        data: The whole file.
        most: Bytes it may have.
        side: Pixels of the longer side at most, never enlarged; None: it keeps its size.

    Raises:
        FootageError: It is not a sound picture.
    """
    image, _ = _decode(data)
    if side is not None:
        image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=REDUCED)
    packed = b""
    for quality in _COPY_QUALITIES:
        target = io.BytesIO()
        image.save(target, "JPEG", quality=quality, subsampling=0)
        packed = target.getvalue()
        if len(packed) <= most:
            break
    return packed


def _decode(data: bytes) -> tuple[Image.Image, Literal["png", "jpg", "webp"]]:
    """Return the picture as it is seen, RGB, and its suffix."""
    if len(data) > MAX_BYTES:
        raise FootageError(f"the picture has {len(data) / 1e6:.0f} MB, at most {MAX_BYTES / 1e6:.0f} MB are opened")
    with _damage():
        image = _open(data)
        suffix = _FORMATS[image.format or ""]
        image.load()
        if image.format == "PNG":
            _open(data).verify()  # decoding stops at the last pixel and compares no chunk's checksum
        ImageOps.exif_transpose(image, in_place=True)
        return _opaque(image), suffix


def _open(data: bytes) -> Image.Image:
    """Read the header and judge it; nothing is decoded yet."""
    image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP"))
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(f"{image.width}x{image.height} pixels")
    if min(image.size) < MIN_SIDE:
        raise FootageError(
            f"the picture has {image.width}x{image.height} pixels; the smallest that is opened has {MIN_SIDE} on each "
            "side; give a larger one"
        )
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise FootageError("the picture moves; give a still")
    return image


@contextmanager
def _damage() -> Iterator[None]:
    """Turn a decoder's complaints into ours."""
    try:
        yield
    except FootageError:
        raise
    except UnidentifiedImageError as error:
        raise FootageError("the file is not a PNG, JPEG or WebP picture") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("far too many pixels") from error
    except _BROKEN as error:
        raise FootageError(
            f"the picture is damaged or cut short ({str(error)[:120] or type(error).__name__})"
        ) from error


def _too_large(told: str) -> FootageError:
    return FootageError(
        f"the picture has {told}, at most {MAX_PIXELS / 1e6:.0f} million are opened; give a smaller one"
    )


def _opaque(image: Image.Image) -> Image.Image:
    """Return the picture as RGB on black, without metadata; one that is RGB is the same."""
    if image.mode.startswith("I;16"):  # converting clips: mid-grey of a 16-bit scan would be white
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        canvas = Image.new("RGB", seen.size)
        canvas.paste(seen, mask=seen.getchannel("A"))
        return canvas
    plain = image if image.mode == "RGB" else image.convert("RGB")
    plain.info = {}  # or the colour profile of the original would be saved with the copy
    return plain


def _webp(image: Image.Image, quality: int) -> bytes:
    target = io.BytesIO()
    image.save(target, "WEBP", quality=quality, method=4)
    return target.getvalue()


def _off(found: int, wanted: int) -> bool:
    return abs(found - wanted) > GRID_TOLERANCE * wanted
