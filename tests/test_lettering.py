"""Lettering: what a shot asks to be readable, and how what is read back differs."""

import socket
import sys

import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from onereel.adapters import rapid
from onereel.adapters.ocr import read_words, reader
from onereel.lettering import misread, quoted
from onereel.opinions import second_reading
from onereel.studio.faults import What
from onereel.studio.illustrator import draw
from tests.photographs import photographs
from tests.pictures_drawn import encoded

NETWORK = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"})
"""What Python tells its auditors when a program asks the network."""


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


@pytest.mark.parametrize("read", ["LOST AND FOUND.", "lost andfound", "Lost, and found", "LOST", "LOST AN FOUND"])
def test_spacing_and_stops_are_no_misspelling(read):
    assert bool(misread(["Lost and Found"], [read])) == (read in ("LOST", "LOST AN FOUND"))
    assert not misread(["No. 7"], ["NO.7"])
    assert not misread(["No. 7"], ["No 7"])


@pytest.mark.skipif(not reader("en-GB"), reason="neither RapidOCR nor Tesseract is installed")
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


@pytest.mark.skipif(not rapid.reader("en"), reason="the extra ocr is not installed")
@pytest.mark.parametrize("photograph", photographs(), ids=lambda path: path.stem)
def test_letters_on_a_photograph_are_read_back_from_the_pixels(photograph):
    picture = ImageOps.fit(Image.open(photograph).convert("RGB"), (1376, 768))
    pen, type_ = ImageDraw.Draw(picture), ImageFont.load_default(64)
    pen.text((200, 150), "HARBOUR MUSEUM", "white", type_, stroke_width=2, stroke_fill="black")
    pen.text((250, 500), "TICEKTS", "black", type_, stroke_width=2, stroke_fill="white")

    read = rapid.read_words(encoded(picture))

    assert second_reading(["Harbour Museum"], read, "RapidOCR").score == 1
    assert "letter 4" in second_reading(["TICKETS"], read, "RapidOCR").reasons


@pytest.mark.skipif(not rapid.reader("en"), reason="the extra ocr is not installed")
def test_reading_needs_no_network():
    asked = []
    # A hook stays for as long as the process: it only listens, and only to this test.
    listening = True
    sys.addaudithook(lambda event, _: asked.append(event) if listening and event in NETWORK else None)
    rapid.engine.cache_clear()

    assert rapid.read_words(encoded(Image.new("RGB", (640, 360)))) == []
    assert not rapid.reader("ru"), "for these letters it would have to download a model"
    assert asked == []
    with socket.socket() as line:
        line.connect_ex(("127.0.0.1", 9))
    assert asked == ["socket.connect"]
    listening = False


def test_a_sign_in_letters_nobody_has_says_nothing_instead_of_something_else():
    words = 'Subject: a closed door on a pier under a sign that reads "𒀀𒀁𒀂".'
    picture = draw(words, (1376, 768), (), seed=1, badge="REHEARSAL", coarse=True)

    if reader("en-US"):
        assert second_reading(["𒀀𒀁𒀂"], read_words(picture, "en-US"), reader("en-US")).accepted


@pytest.mark.skipif(not reader("de-DE"), reason="nothing here reads German")
@pytest.mark.parametrize(("sign", "score"), [("BÄCKEREI", 1), ("BÄKCEREI", 0)])
def test_a_sign_of_a_rehearsal_in_german_is_read_back_letter_by_letter(sign, score):
    words = f'Subject: a closed door on a pier under a sign that reads "{sign}".'
    picture = draw(words, (1376, 768), (), seed=1, badge="REHEARSAL", coarse=True)

    assert second_reading(["BÄCKEREI"], read_words(picture, "de-DE"), reader("de-DE")).score == score
