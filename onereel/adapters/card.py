"""The slate card that stands in for a take that is missing."""

from PIL import Image, ImageDraw

from onereel.cut import Clip, Cut
from onereel.typeface import typeface, wrapped

INK = (14, 15, 18)
PAPER = (236, 233, 226)
FADED = (150, 149, 145)
AMBER = (233, 168, 60)


def slate_card(cut: Cut, clip: Clip) -> Image.Image:
    """Draw the card shown in place of a clip, at the cut's size."""
    card = Image.new("RGB", (cut.width, cut.height), INK)
    draw = ImageDraw.Draw(card)
    unit = min(cut.width, cut.height) / 100
    left, width = round(9 * unit), cut.width - round(18 * unit)
    top = cut.height / 2 - 26 * unit
    draw.rectangle((left, top, left + 10 * unit, top + max(1, unit * 0.8)), fill=AMBER)
    typeface(round(max(9, 4 * unit))).write(draw, (left, top + 5 * unit), cut.production.upper(), FADED)
    typeface(round(17 * unit)).write(draw, (left - unit * 0.6, top + 11 * unit), clip.shot, PAPER)
    at = top + 33 * unit
    for words, color, size in ((clip.title, PAPER, 6), (clip.reason or "This shot is missing.", AMBER, 4)):
        face = typeface(round(max(9, size * unit)))
        for line in wrapped(words, face, width):
            face.write(draw, (left, at), line, color)
            at += face.size * 1.3
        at += 2 * unit
    return card
