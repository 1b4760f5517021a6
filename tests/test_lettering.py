"""Lettering: what a shot asks to be readable, and how what is read back differs."""

import pytest

from onereel.adapters.ocr import read_words, reader
from onereel.lettering import misread, quoted
from onereel.opinions import second_reading
from onereel.studio.faults import What
from onereel.studio.illustrator import draw


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ('A sign reads "HARBOUR" over a door marked "No. 7".', ("HARBOUR", "No. 7")),
        (
            "Ein Schild „Geöffnet“, ein Plakat “Zirkus”, une enseigne «Café», 看板「営業中」",
            ("Geöffnet", "Zirkus", "Café", "営業中"),
        ),
        ('She says: "Not yet." and shouts "Wait!"', ()),
        ("Nothing to read here, it's 5\" wide", ()),
    ],
)
def test_what_stands_in_quotes_is_asked_for_unless_somebody_says_it(said, asked):
    assert quoted(said) == asked


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (["harbour"], []),
        (["Old", "Harbour!"], []),
        (["HARBUOR"], ["'u' is too many before letter 5", "letter 6 'u' is missing"]),
        (["HARBOR"], ["letter 6 'u' is missing"]),
        (["HARB0UR"], ["letter 5 is '0' instead of 'o'"]),
        ([], ["cannot be read anywhere"]),
        (["HARBOURMASTER"], ["'master' is too many"]),
    ],
)
def test_a_misspelling_is_named_letter_by_letter(read, told):
    found = misread(["HARBOUR"], read)

    assert len(found) == (1 if told else 0)
    assert all(part in found[0].told for part in told)


@pytest.mark.skipif(not reader("en-GB"), reason="Tesseract is not installed")
@pytest.mark.parametrize(("defects", "accepted"), [((), True), ((What.WRONG_TEXT,), False)])
def test_a_sign_is_read_back_from_the_pixels(defects, accepted):
    words = 'Subject: a closed door on a pier under a sign that reads "LOST AND FOUND".'
    picture = draw(words, (1376, 768), (), seed=1, badge="REHEARSAL", coarse=True, defects=defects)

    verdict = second_reading(["LOST AND FOUND"], read_words(picture, "en-GB"), reader("en-GB"))

    assert verdict.accepted is accepted, verdict.reasons


def test_what_a_program_cannot_find_it_has_no_say_in():
    verdict = second_reading(["HARBOUR"], [], "tesseract")

    assert verdict.accepted
    assert verdict.score is None
