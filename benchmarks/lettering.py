"""Lettering read back without a model's help: how much of it, how well mistakes are told apart, and how fast.

    python -m benchmarks.lettering [--json FILE]

Pictures are drawn by the local studio, with a sign, and photographs a registry package ships, with letters put on them:
each spelt as asked, and with two letters changed over. Both readers are asked where this machine has them.

* exact: read as asked, of those spelt as asked.
* told: named as misspelt, of those that are; the others could not be read, and nothing is held against them.
* wronged: held against a picture that is spelt as asked.
"""

import argparse
import io
import json
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont, ImageOps

from onereel.adapters import rapid, tesseract
from onereel.opinions import second_reading
from onereel.studio.faults import What
from onereel.studio.illustrator import draw
from onereel.studio.signs import misspelt
from tests.photographs import photographs

RESULTS = Path(__file__).parent / "results" / "lettering.json"
TEXTS = ("HARBOUR", "LOST AND FOUND", "No. 7", "Open all night", "TICKETS", "Mind the gap")
SIZE = (1376, 768)
SIGNS = 12
"""How many the studio draws; photographs carry two texts each, one after the other."""


class Shown(NamedTuple):
    """A picture, what was to be read in it, and whether that is what it says."""

    asked: str
    picture: bytes
    right: bool


def signs() -> Iterator[Shown]:
    """Yield drawings of the studio with a sign."""
    for number in range(SIGNS):
        text = TEXTS[number % len(TEXTS)]
        words = f'Subject: a closed door on a pier under a sign that reads "{text}".'
        for right in (True, False):
            defects = () if right else (What.WRONG_TEXT,)
            picture = draw(words, SIZE, (), seed=number + 1, badge="REHEARSAL", coarse=True, defects=defects)
            yield Shown(text, picture, right)


def lettered() -> Iterator[Shown]:
    """Yield photographs with letters on them, white on dark edges and dark on white ones, at two sizes."""
    for number, path in enumerate(photographs()):
        photograph = ImageOps.fit(Image.open(path).convert("RGB"), SIZE)
        for height, colour, edge in ((44, "white", "#222"), (72, "#222", "white")):
            text = TEXTS[(2 * number + (height > 50)) % len(TEXTS)]
            for right in (True, False):
                picture, place = photograph.copy(), (120 + number * 30, 120 + number * 25)
                font = ImageFont.load_default(height)
                said = text if right else misspelt(text)
                pen = ImageDraw.Draw(picture)
                pen.text(place, said, colour, font, stroke_width=3, stroke_fill=edge)
                data = io.BytesIO()
                picture.save(data, "PNG", compress_level=1)
                yield Shown(text, data.getvalue(), right)


def measured(read: Callable[[bytes], list[str]], pictures: list[Shown]) -> dict[str, float]:
    """Return how a reader did."""
    exact = told = wronged = 0
    took = []
    for one in pictures:
        began = time.perf_counter()
        words = read(one.picture)
        took.append(time.perf_counter() - began)
        verdict = second_reading([one.asked], words, "")
        exact += one.right and verdict.score == 1
        wronged += one.right and not verdict.accepted
        told += not one.right and not verdict.accepted
    right = sum(one.right for one in pictures)
    return {
        "spelt_as_asked": right,
        "exact": exact,
        "wronged": wronged,
        "misspelt": len(pictures) - right,
        "told": told,
        "median_seconds": round(statistics.median(took), 2),
        "most_seconds": round(max(took), 2),
    }


def main() -> None:
    """Ask every reader there is, print the table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=RESULTS)
    asked = parser.parse_args()
    readers: dict[str, Callable[[bytes], list[str]]] = {
        rapid.reader("en"): rapid.read_words,
        tesseract.reader("en"): partial(tesseract.read_words, language="en"),
    }
    rows = []
    for name, pictures in (("studio's signs", list(signs())), ("photographs with letters", list(lettered()))):
        for who, read in readers.items():
            if who:
                rows.append({"pictures": name, "reader": who, **measured(read, pictures)})
                print(rows[-1], flush=True)
    asked.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
