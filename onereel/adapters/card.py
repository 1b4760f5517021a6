"""The slate card that stands in for a take that is missing."""

from bisect import bisect_right
from functools import cache
from importlib.resources import as_file, files

from PIL import Image, ImageDraw, ImageFont

from onereel.cut import Clip, Cut

INK = (14, 15, 18)
PAPER = (236, 233, 226)
FADED = (150, 149, 145)
AMBER = (233, 168, 60)
LINES = 4
"""Most lines of a wrapped paragraph; what a model wrote may be endless."""


@cache
def typeface(size: int) -> ImageFont.FreeTypeFont:
    """Return Roboto at a size in pixels: Latin, Greek and Cyrillic, and no system fonts are needed."""
    # Pillow's own typeface has no letter beyond English: an umlaut would be a box.
    with as_file(files("font_roboto") / "files" / "Roboto-Regular.ttf") as path:
        return ImageFont.truetype(path, size)


def slate_card(cut: Cut, clip: Clip) -> Image.Image:
    """Draw the card shown in place of a clip, at the cut's size."""
    card = Image.new("RGB", (cut.width, cut.height), INK)
    draw = ImageDraw.Draw(card)
    unit = min(cut.width, cut.height) / 100
    left, width = round(9 * unit), cut.width - round(18 * unit)
    top = cut.height / 2 - 26 * unit
    draw.rectangle((left, top, left + 10 * unit, top + max(1, unit * 0.8)), fill=AMBER)
    draw.text((left, top + 5 * unit), cut.production.upper(), FADED, typeface(round(max(9, 4 * unit))))
    draw.text((left - unit * 0.6, top + 11 * unit), clip.shot, PAPER, typeface(round(17 * unit)))
    at = top + 33 * unit
    for words, color, size in ((clip.title, PAPER, 6), (clip.reason or "This shot is missing.", AMBER, 4)):
        font = typeface(round(max(9, size * unit)))
        for line in wrapped(words, font, width):
            draw.text((left, at), line, color, font)
            at += font.size * 1.3
        at += 2 * unit
    return card


def wrapped(words: str, font: ImageFont.FreeTypeFont, width: int, lines: int = LINES) -> list[str]:
    """Break words into at most `lines` lines of a width in pixels; what is left out is an ellipsis."""
    found: list[str] = []
    for word in words[: lines * width].split():
        line = f"{found[-1]} {word}" if found else word
        if found and font.getlength(line) <= width:
            found[-1] = line
        else:
            found.append(word)
    kept = found[:lines]
    if len(found) > lines:
        kept[-1] += "…"
    return [shortened(line, font, width) for line in kept]


def shortened(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """Cut a line to a width in pixels, ending in an ellipsis where something was lost."""
    if font.getlength(line) <= width:
        return line
    cut = line.rstrip("…")
    # To measure is slow, and a line grows with its letters: halve what is left.
    kept = bisect_right(range(1, len(cut) + 1), float(width), key=lambda letters: font.getlength(cut[:letters] + "…"))
    return cut[:kept].rstrip() + "…"
