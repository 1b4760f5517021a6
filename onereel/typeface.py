"""Letters: the typeface of everything written on pictures, and those that stand in for what it has not.

Roboto has Latin, Greek and Cyrillic letters. Chinese, Japanese and Korean are set in WenQuanYi Micro Hei (Apache 2.0),
what else is written today in Noto Sans (OFL 1.1); a text changes typeface where it has to. What none of them has is an
ellipsis: a box says nothing. No fonts of the system are needed.

Arabic, Hebrew and the scripts of India and South-East Asia are shaped by raqm. Pillow's wheels bring it, but look for
the system's fribidi; without that those letters would be in the wrong order and form, and are an ellipsis, too.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.resources import as_file, files
from itertools import groupby
from typing import Final, NamedTuple

from PIL import ImageDraw, ImageFont, features

Ink = int | str | tuple[int, ...]
Anchor = str
"""Which point of a text is placed, as Pillow names it: l, m or r; then a (top of the letters), m or s (their line)."""

_NOTO: Final = "manimgx_fonts"
_PLAIN: Final = ("", "Armenian", "Ethiopic", "Georgian")
_SHAPED: Final = (
    "Arabic", "Hebrew", "Devanagari", "Thai", "Bengali", "Tamil", "Telugu", "Gujarati", "Gurmukhi", "Kannada",
    "Malayalam", "Oriya", "Sinhala", "Khmer", "Lao", "Myanmar",
)  # fmt: skip
_PROBE: Final = 24
_NOBODYS: Final = "\U000ffffe"
"""A character no typeface has: it shows what is drawn in place of one."""
_PIECES: Final = re.compile(r"[\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]|\S")
"""A character of scripts that break lines anywhere; or any other that is seen."""
LINES: Final = 4
"""Most lines of a wrapped paragraph; what a model wrote may be endless."""
MISSING: Final = "…"


class _Run(NamedTuple):
    """Letters that follow each other and share a typeface, by its number."""

    text: str
    number: int


class Face:
    """The typeface at a size in pixels."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._first = _opened(0, size)

    def getlength(self, text: str) -> float:
        """Return how wide a text is, in pixels."""
        if text.isascii():
            return self._first.getlength(_spaced(text))
        return sum(_opened(run.number, self.size).getlength(run.text) for run in _runs(text))

    def write(
        self, pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, ink: Ink, anchor: Anchor = "la"
    ) -> None:
        """Draw a text in one line."""
        for left, line, run in self._placed(at, text, anchor):
            pen.text((left, line), run.text, ink, _opened(run.number, self.size), anchor="ls")

    def box(self, at: tuple[float, float], text: str, anchor: Anchor = "la") -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of what `write` draws; of nothing, its place."""
        found = [
            (left + box[0], line + box[1], left + box[2], line + box[3])
            for left, line, run in self._placed(at, text, anchor)
            for box in [_opened(run.number, self.size).getbbox(run.text, anchor="ls")]
        ]
        lefts, tops, rights, bottoms = zip(*found, strict=True) if found else (at[:1], at[1:], at[:1], at[1:])
        return min(lefts), min(tops), max(rights), max(bottoms)

    def _placed(self, at: tuple[float, float], text: str, anchor: Anchor) -> Iterator[tuple[float, float, _Run]]:
        """Yield where each run starts, and its line, from left to right."""
        ascent, descent = self._first.getmetrics()
        left = at[0] - {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * self.getlength(text)
        line = at[1] + {"a": float(ascent), "m": (ascent - descent) / 2, "s": 0.0}[anchor[1]]
        for run in _as_seen(text):
            yield left, line, run
            left += _opened(run.number, self.size).getlength(run.text)


@lru_cache(maxsize=64)
def typeface(size: int) -> Face:
    """Return the typeface at a size in pixels."""
    return Face(size)


def whole(text: str) -> bool:
    """Return whether every letter of a text can be drawn."""
    return all(_holder(letter) is not None for letter in text if not _follows(letter))


def wrapped(words: str, face: Face, width: int, lines: int = LINES) -> list[str]:
    """Break words into at most `lines` lines of a width in pixels; what is left out is an ellipsis."""
    found: list[str] = []
    for gap, piece in _pieces(words[: lines * width]):
        line = f"{found[-1]}{gap}{piece}" if found else piece
        if found and face.getlength(line) <= width:
            found[-1] = line
        else:
            found.append(piece)
        if len(found) > lines:
            break
    kept = found[:lines]
    if len(found) > lines:
        kept[-1] += MISSING
    return [shortened(line, face, width) for line in kept]


def shortened(line: str, face: Face, width: float) -> str:
    """Cut a line to a width in pixels, ending in an ellipsis where something was lost."""
    if face.getlength(line) <= width:
        return line
    cut = line.rstrip(MISSING)
    # To measure is slow, and a line grows with its letters: halve what is left.
    kept = bisect_right(range(1, len(cut) + 1), width, key=lambda letters: face.getlength(cut[:letters] + MISSING))
    return cut[:kept].rstrip() + MISSING


def fitted(words: str, face: Face, width: float) -> str:
    """Return as many whole words as fit into a width in pixels, an ellipsis where some are missing; empty for none."""
    line = " ".join(words.split())
    if face.getlength(line) <= width:
        return line
    ends = [end for _, _, end in _ends(line)]
    kept = bisect_right(ends, width, key=lambda end: face.getlength(line[:end] + MISSING))
    return line[: ends[kept - 1]] + MISSING if kept else ""


def _pieces(words: str) -> Iterator[tuple[str, str]]:
    """Yield what a line may be broken between, with the space before it: words, and each letter of some scripts."""
    for gap, start, end in _ends(words):
        yield gap, words[start:end]


def _ends(words: str) -> Iterator[tuple[str, int, int]]:
    gap, start, end = "", 0, 0
    for found in _PIECES.finditer(words):
        at, dense = found.start(), found[0] > "\u2e7f"
        apart = at > end
        if end and (apart or dense or words[end - 1] > "\u2e7f"):
            yield gap, start, end
            gap, start = " " if apart else "", at
        elif not end:
            start = at
        end = found.end()
    if end:
        yield gap, start, end


@cache
def _files() -> tuple[tuple[str, str], ...]:
    """Return package and file of every typeface, the first to be asked first."""
    scripts = (*_PLAIN, *(_SHAPED if features.check("raqm") else ()), "Symbols")
    noto = [(_NOTO, f"NotoSans{script}[wght].ttf") for script in scripts]
    chinese = ("paperang_p2_fonts_cjk", "fonts/wqy-microhei.ttc")
    return (("font_roboto", "files/Roboto-Regular.ttf"), chinese, *noto, (_NOTO, "NotoEmoji[wght].ttf"))


@lru_cache(maxsize=256)
def _opened(number: int, size: int, engine: ImageFont.Layout | None = None) -> ImageFont.FreeTypeFont:
    package, name = _files()[number]
    with as_file(files(package).joinpath(*name.split("/"))) as path:
        return ImageFont.truetype(path, size, layout_engine=engine)


@lru_cache(maxsize=4096)
def _holder(letter: str) -> int | None:
    """Return the first typeface that has a letter; None: none has."""
    return next((number for number in range(len(_files())) if _has(number, letter)), None)


@lru_cache(maxsize=8192)
def _has(number: int, letter: str) -> bool:
    # One letter, one picture: shaped, a missing vowel sign would come with the circle it stands beside.
    face = _opened(number, _PROBE, ImageFont.Layout.BASIC)
    return letter.isspace() or bytes(face.getmask(letter)) != bytes(face.getmask(_NOBODYS))


def _follows(letter: str) -> bool:
    """Return whether a character is drawn with the one before it, or not at all."""
    return unicodedata.category(letter) in {"Mn", "Mc", "Me", "Cf"}


def _spaced(text: str) -> str:
    """Return a text in one line."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else " " for letter in text)


@lru_cache(maxsize=1024)
def _runs(text: str) -> Sequence[_Run]:
    """Break a text up by typeface. Signs and digits stay in that of the letters before them, if it has them."""
    if text.isascii():
        return (_Run(_spaced(text), 0),) if text else ()
    runs: list[_Run] = []
    for letter in text:
        before = runs[-1] if runs else _Run("", 0)
        if _follows(letter):
            number: int | None = before.number
        elif not letter.isalpha() and _has(before.number, letter):
            number = before.number
        else:
            number = _holder(letter)
        if number is None and before.text.endswith(MISSING):
            continue
        said = (letter if letter.isprintable() or _follows(letter) else " ") if number is not None else MISSING
        number = number or 0
        if runs and number == before.number:
            runs[-1] = _Run(before.text + said, number)
        else:
            runs.append(_Run(said, number))
    return tuple(runs)


def _as_seen(text: str) -> Iterator[_Run]:
    """Yield the runs of a text from left to right; one that begins in Arabic or Hebrew is read from the right."""
    runs = _runs(text)
    if text.isascii() or not _leftwards(text):
        yield from runs
        return
    spans = [(way, list(span)) for way, span in groupby(runs, key=lambda run: _leftwards(run.text))]
    for way, span in reversed(spans):
        yield from reversed(span) if way else span


def _leftwards(text: str) -> bool:
    """Return whether the first letter of a text that has a direction runs from right to left."""
    ways = (unicodedata.bidirectional(letter) for letter in text)
    return next((way in {"R", "AL"} for way in ways if way in {"L", "R", "AL"}), False)
