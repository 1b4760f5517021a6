"""Whatever a film is about can be written on its papers: in letters, or not at all, but never in boxes."""

from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, features

from onereel.typeface import fitted, shortened, typeface, whole, wrapped

WORDS = {
    "German": "Größe",
    "French": "éèêçñ",
    "Polish": "łóźż",
    "Russian": "Привет",
    "Ukrainian": "Їжак",
    "Greek": "Ελλάς",
    "Vietnamese": "Cơn bão",
    "Chinese": "海浪与灯塔",
    "Japanese": "嵐の夜とカモメ",
    "Korean": "폭풍우",
    "Georgian": "ქარიშხალი",
    "Armenian": "Փոթորիկ",
    "Amharic": "ማዕበል",
    "emoji": "🌊",
}
SHAPED = {
    "Arabic": "عاصفة فوق المنارة",
    "Persian": "گچپژ",
    "Hebrew": "סערה",
    "Hindi": "तूफ़ान",
    "Thai": "พายุที่ประภาคาร",
    "Tamil": "புயல்",
    "Bengali": "ঝড়",
    "Burmese": "မုန်တိုင်း",
}
NOBODYS = "𒀀𒀁𒀂"
"""Cuneiform, which nobody titles a film in."""
SIZE = 40

shaping = pytest.mark.skipif(not features.check("raqm"), reason="Pillow has no raqm here, or no fribidi")


@cache
def drawn(text, anchor="la"):
    """The pixels of a text: (height, width)."""
    picture = Image.new("L", (700, 100))
    typeface(SIZE).write(ImageDraw.Draw(picture), (350 if anchor[0] == "m" else 10, 20), text, 255, anchor)
    return np.asarray(picture)


@pytest.mark.parametrize("text", [*WORDS.values(), "–…“”’ø", "12 s · 24 fps"])
def test_words_are_drawn_in_letters_not_in_boxes(text):
    assert whole(text)
    pictures = [drawn(letter).tobytes() for letter in dict.fromkeys(text) if not letter.isspace()]
    assert len(set(pictures)) == len(pictures), "no two letters look the same, as boxes do"


@shaping
@pytest.mark.parametrize("text", SHAPED.values(), ids=SHAPED)
def test_scripts_that_have_to_be_shaped_are_drawn_in_letters_too(text):
    assert whole(text)
    assert drawn(text).any()


@shaping
def test_arabic_letters_are_joined_and_run_from_right_to_left():
    joined, apart = (typeface(SIZE).getlength(text) for text in ("بحر", "ب‌ح‌ر"))
    right, left = (np.flatnonzero(drawn(text).any(axis=0)) for text in ("بحر Storm", "Storm بحر"))

    assert joined < apart
    assert right.max() - right.min() == pytest.approx(left.max() - left.min(), abs=4)
    assert (drawn("بحر Storm")[:, : right.min() + 60] != drawn("Storm")[:, : right.min() + 60]).mean() < 0.02, (
        "where it begins with Arabic, what comes second stands at the left"
    )


def test_letters_no_typeface_has_are_one_ellipsis():
    assert not whole(NOBODYS)
    assert (drawn(f"A {NOBODYS} B") == drawn("A … B")).all()
    assert (drawn(NOBODYS) == drawn("…")).all()


def test_a_text_of_several_scripts_stands_on_one_line_and_is_as_wide_as_its_parts():
    face, parts = typeface(SIZE), ("Storm ", "海浪", " ქარი")
    picture = drawn("Storm 海浪")
    rows = np.flatnonzero(picture.any(axis=1))

    assert face.getlength("".join(parts)) == pytest.approx(sum(map(face.getlength, parts)), abs=2)
    assert rows.max() - rows.min() < SIZE * 1.3
    assert (picture[:, :120] == drawn("Storm ")[:, :120]).all()


@pytest.mark.parametrize("text", ["Storm", "海浪", "Storm 海浪"])
@pytest.mark.parametrize("anchor", ["la", "lm", "mm", "ls"])
def test_a_text_is_drawn_inside_its_box(text, anchor):
    left, top, right, bottom = typeface(SIZE).box((350 if anchor[0] == "m" else 10, 20), text, anchor)
    rows, columns = np.nonzero(drawn(text, anchor))

    assert left - 1 <= columns.min()
    assert columns.max() <= right + 1
    assert max(0, top) - 1 <= rows.min()
    assert rows.max() <= bottom + 1


def test_a_line_without_spaces_breaks_between_its_letters():
    face = typeface(20)
    lines = wrapped("海浪拍打着灯塔的墙" * 8, face, 300)

    assert len(lines) == 4
    assert all(face.getlength(line) <= 300 for line in lines)
    assert all(face.getlength(line) > 250 for line in lines)
    assert wrapped("a storm 海浪 passes", face, 300) == ["a storm 海浪 passes"]


def test_words_stay_whole_where_they_can():
    assert wrapped("one two three", typeface(20), 90, 2) == ["one two", "three"]
    assert fitted("one two three", typeface(20), 100) == "one two…"
    assert fitted("海浪拍打着灯塔", typeface(20), 100) == "海浪拍打…"
    assert fitted("extraordinary", typeface(20), 60) == ""


def test_endless_words_end_in_an_ellipsis():
    lines = wrapped("word " * 1000 + "w" * 5000, typeface(20), 300)

    assert len(lines) == 4
    assert lines[-1].endswith("…")
    assert all(typeface(20).getlength(line) <= 300 for line in lines)


@pytest.mark.parametrize("letter", ["w", "海"])
def test_one_endless_word_is_cut_to_the_width(letter):
    assert typeface(20).getlength(shortened(letter * 5000, typeface(20), 300)) <= 300


def test_a_text_of_several_lines_is_written_in_one():
    assert (drawn("one\ntwo") == drawn("one two")).all()
