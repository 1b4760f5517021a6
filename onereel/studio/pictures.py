"""Pictures that come in: decoded, or refused in Google's words."""

import io
from functools import lru_cache
from typing import Any, Final

from PIL import Image, UnidentifiedImageError

from onereel.studio.shelf import Shelf
from onereel.studio.wire import invalid, read_base64

_LARGEST: Final = 50_000_000
"""Pixels beyond which a picture is taken for a bomb."""

_WORDS: Final = "Description"

_TYPES: Final = ("image/png", "image/jpeg", "image/webp", "image/heic", "image/heif")


def read_bytes(value: Any, shelf: Shelf, field: str) -> bytes:
    """Return media sent inline, as a file or as a gs:// object, in any of the documented spellings.

    Raises:
        Rejected: 400, there is nothing, it is not base64, or nothing is kept at that address.
    """
    value = value if isinstance(value, dict) else {}
    value = value.get("inlineData") or value.get("fileData") or value
    for key in ("bytesBase64Encoded", "data", "encodedVideo", "imageBytes"):
        if value.get(key):
            return read_base64(value[key], f"{field}.{key}")
    url = value.get("gcsUri") or value.get("uri") or value.get("fileUri") or ""
    if not url:
        raise invalid(f"`{field}` should contain both `bytesBase64Encoded` and `mimeType` in structure.", field)
    return _fetch(str(url), shelf, field)


def _fetch(url: str, shelf: Shelf, field: str) -> bytes:
    if url.startswith("gs://"):
        path = shelf.find_object(url)
    else:
        id_ = url.partition("files/")[2].partition(":")[0]
        file = shelf.find(id_)
        path = file.path if file is not None else None
    if path is None:
        raise invalid(f"Cannot fetch content from the provided URL: {url}", field)
    return path.read_bytes()


def check_type(value: Any, field: str) -> None:
    """Refuse a picture whose declared type is not one the service takes.

    Raises:
        Rejected: 400, naming the type.
    """
    inner = value.get("inlineData") or value.get("fileData") or value
    declared = inner.get("mimeType")
    if declared not in _TYPES:
        raise invalid(f"Unsupported MIME type: {declared}", f"{field}.mimeType")


@lru_cache(maxsize=6)  # a 2K picture is 13 MB
def decode(data: bytes) -> Image.Image:
    """Return the picture in these bytes, RGB. Callers must not draw on it: it is shared.

    Raises:
        Rejected: 400, the bytes are no picture, or too large a one.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > _LARGEST:
                raise invalid("The input image is too large.")
            return picture.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise invalid(
            "Unable to process input image. Please retry or report in https://goo.gle/genai-support"
        ) from None


def encode(picture: Image.Image, words: str = "") -> bytes:
    """Return an RGB picture as PNG, fast rather than small, with the words it was drawn from."""
    import numpy as np  # noqa: PLC0415 - a second to import

    from onereel.png import write_png  # noqa: PLC0415 - needs it

    return write_png(np.asarray(picture), **{_WORDS: words})


def words_in(data: bytes) -> str:
    """Return the words a studio's picture was drawn from; empty for any other picture."""
    with Image.open(io.BytesIO(data)) as picture:
        return str(picture.info.get(_WORDS, ""))
