"""Signs in a rehearsal drawing: the words a prompt puts between quotes, readable, or misspelt on purpose."""

import re
from collections.abc import Collection
from typing import Final

from PIL import Image, ImageDraw

from onereel.lettering import quoted
from onereel.studio.faults import What
from onereel.studio.lettering import face
from onereel.typeface import whole

_SEEN: Final = re.compile(r"^(?:Subject|Action of the shot|Setting):.*$", re.MULTILINE)
_TALL: Final = 0.085
"""Height of the letters, as a fraction of the picture's."""
_UNASKED: Final = "GRAND OPENING"


def put_up(picture: Image.Image, words: str, defects: Collection[What]) -> None:
    """Paint a board for every text the words ask for, one below the other."""
    texts = quoted("\n".join(_SEEN.findall(words)))
    if What.WRONG_TEXT in defects:
        texts = tuple(misspelt(text) for text in texts) or (_UNASKED,)
    pen = ImageDraw.Draw(picture)
    middle, y = picture.width / 2, picture.height * 0.16
    for text in texts:
        letters = face(round(picture.height * _TALL))
        wide = letters.getlength(text)
        if wide > picture.width * 0.86:
            letters = face(round(picture.height * _TALL * picture.width * 0.86 / wide))
        pad = picture.height * 0.025
        left, top, right, bottom = letters.box((middle, y), text, "mm")
        pen.rectangle((left - pad, top - pad, right + pad, bottom + pad), fill=(238, 232, 214))
        if whole(text):
            letters.write(pen, (middle, y), text, (28, 26, 24), "mm")
        else:  # nobody has letters for it, and what stands in for them would be read as another text
            pen.rectangle((left, y - pad / 2, right, y + pad / 2), fill=(28, 26, 24))
        y += bottom - top + 3 * pad


def misspelt(text: str) -> str:
    """Return a text with two different letters in its middle changed over."""
    for at in sorted(range(len(text) - 1), key=lambda place: abs(place - len(text) // 2)):
        one, other = text[at], text[at + 1]
        if one != other and one.isalpha() and other.isalpha():
            return text[:at] + other + one + text[at + 2 :]
    return text[1:]
