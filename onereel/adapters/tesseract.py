"""Lettering read by Tesseract, where this machine has it.

It is no Python package: `apt install tesseract-ocr` or `brew install tesseract`. It reads clean letters well and busy
photographs badly.
"""

import csv
import io
import logging
import os
import shutil
import subprocess
from functools import cache
from typing import Final

from PIL import Image, ImageOps

log = logging.getLogger(__name__)

SURE: Final = 70.0
"""Confidence in percent from which a word counts; noise is mostly below 60."""

_PROGRAM: Final = "tesseract"
_SECONDS: Final = 30.0
"""A picture full of texture keeps it busy for seconds; then it is left alone."""

_SPARSE: Final = "11"
"""Page segmentation: find as much text as possible, anywhere."""

_LONGEST: Final = 1600
"""Pixels of the longer side that is read; more is slower and no better."""

_LANGUAGES: Final = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fi": "fin",
    "fr": "fra", "hi": "hin", "hu": "hun", "id": "ind", "it": "ita", "ja": "jpn", "ko": "kor", "nb": "nor",
    "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ru": "rus", "sv": "swe", "tr": "tur", "uk": "ukr",
    "vi": "vie", "zh": "chi_sim",
}  # fmt: skip
"""Tesseract's name of a language, by the first part of its BCP 47 tag."""


def reader(language: str) -> str:
    """Return Tesseract with its version where it is installed and reads a language, else nothing."""
    return _version() if _named(language) in _installed() else ""


def read_words(data: bytes, language: str) -> list[str]:
    """Return the words a picture shows that can be read with confidence, in reading order. Blocks for seconds.

    Args:
        data: The picture, which was decoded before: it is sound.
        language: BCP 47 tag of the lettering.
    """
    with Image.open(io.BytesIO(data)) as image:
        grey = ImageOps.autocontrast(image.convert("L"))
    grey.thumbnail((_LONGEST, _LONGEST))
    shown = io.BytesIO()
    grey.save(shown, "PNG", compress_level=1)
    command = [
        _PROGRAM,
        "stdin",
        "stdout",
        "-l",
        _LANGUAGES[language.split("-", maxsplit=1)[0].lower()],
        "--psm",
        _SPARSE,
        "tsv",
    ]
    try:
        ran = subprocess.run(  # noqa: S603 - a fixed program; the picture goes in by its standard input
            command, input=shown.getvalue(), capture_output=True, timeout=_SECONDS, check=True, env=_environment()
        )
    except (subprocess.SubprocessError, OSError) as failed:
        log.warning("%s cannot read the lettering: %s", _PROGRAM, failed)
        return []
    rows = csv.DictReader(io.StringIO(ran.stdout.decode(errors="replace")), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [row["text"] for row in rows if (row.get("text") or "").strip() and float(row["conf"]) >= SURE]


def _named(language: str) -> str:
    return _LANGUAGES.get(language.partition("-")[0].lower(), "")


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_THREAD_LIMIT": "1"}  # more threads make it slower


@cache
def _version() -> str:
    return _said("--version").partition("\n")[0].strip()[:40]


@cache
def _installed() -> frozenset[str]:
    return frozenset(_said("--list-langs").split())


def _said(option: str) -> str:
    if shutil.which(_PROGRAM) is None:
        return ""
    try:
        ran = subprocess.run([_PROGRAM, option], capture_output=True, timeout=_SECONDS, check=True)  # noqa: S603
    except (subprocess.SubprocessError, OSError):
        return ""
    return ran.stdout.decode(errors="replace")
