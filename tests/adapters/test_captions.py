"""Captions: timed by the cut, inside their shots, and readable by a player whatever was written."""

import html
from itertools import pairwise

import pysubs2
import pytest

from onereel.adapters.captions import captions
from onereel.cut import Clip, Cut
from onereel.footage import Media
from tests.productions import board

FILM = Media.of(b"film", "mp4")


def told(*clips, shots, pieces=()):
    """The captions of a cut of clips, each (frames, filmed) of takes in so many pieces, read back by a player."""
    listed = tuple(
        Clip(shot=f"s{10 * n:03d}", slate=f"take {n}", frames=frames, media=FILM if filmed else None)
        for n, (frames, filmed) in enumerate(clips, 1)
    )
    text = captions(Cut(production="lighthouse", width=320, height=180, clips=listed), board(*shots), dict(pieces))
    assert text.startswith("WEBVTT")
    return pysubs2.SSAFile.from_string(text, "vtt").events


def test_a_line_is_shown_while_its_shot_is_on_screen():
    first, second = told((96, True), (96, True), shots=[{"dialogue": ["Mara: Now."]}, {"dialogue": ["Tom: Wait."]}])

    assert (first.plaintext, second.plaintext) == ("Mara: Now.", "Tom: Wait.")
    assert 0 <= first.start < first.end <= 4000 <= second.start < second.end <= 8000


def test_lines_of_a_shot_follow_each_other_in_order_and_do_not_overlap():
    lines = [f"Mara: This is line number {n} of three" for n in range(3)]
    events = told((96, True), shots=[{"dialogue": lines}])

    assert [event.plaintext for event in events] == lines
    assert all(one.end <= two.start for one, two in pairwise(events))


@pytest.mark.parametrize("frames", [24, 48, 96, 240])
def test_lines_too_long_for_their_shot_are_squeezed_into_it(frames):
    lines = ["Mara: " + "word " * 60] * 8
    events = told((48, True), (frames, True), shots=[{}, {"dialogue": lines}])

    assert len(events) == 8
    assert events[0].start >= 2000
    assert events[-1].end <= 2000 + frames * 1000 / 24 + 1
    assert all(event.start < event.end for event in events)


def test_a_line_of_a_long_shot_is_shown_in_the_piece_it_was_asked_of():
    lines = ["Mara: One.", "Tom: Two.", "Mara: Three."]
    events = told((48, True), (480, True), shots=[{}, {"dialogue": lines}], pieces={"take 2": (6, 7, 7)})

    assert [event.plaintext for event in events] == lines
    assert (
        2000 <= events[0].start < events[0].end <= 8000 <= events[1].start < events[1].end <= 15000 <= events[2].start
    )


def test_a_slate_has_no_captions_and_those_after_it_are_on_time():
    (event,) = told((96, False), (96, True), shots=[{"dialogue": ["Mara: Lost."]}, {"dialogue": ["Tom: Here."]}])

    assert event.plaintext == "Tom: Here."
    assert event.start >= 4000


def test_a_silent_film_has_an_empty_file():
    assert told((96, True), shots=[{}]) == []


@pytest.mark.parametrize("line", ["<b>bold</b> & <script>x</script>", "1 --> 2", "{\\i1}slanted", "a\\Nb", "NOTE x", "100 % & more"])  # fmt: skip
def test_words_that_look_like_markup_are_shown_as_they_were_written(line):
    (event,) = told((96, True), shots=[{"dialogue": [f"Mara: {line}"]}])

    assert html.unescape(event.plaintext) == f"Mara: {line}"


@pytest.mark.parametrize("line", ["<b>bold</b> & <script>x</script>", "1 --> 2"])
def test_nothing_a_person_says_is_markup_or_a_time_in_the_file(line):
    cut = Cut(production="x", width=320, height=180, clips=(Clip(shot="s010", frames=96, media=FILM),))
    text = captions(cut, board({"dialogue": [f"Mara: {line}"]}), {})

    assert text.count("-->") == 1
    assert "<" not in text
