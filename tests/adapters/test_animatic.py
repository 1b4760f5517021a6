"""Keyframes move as the camera is planned to."""

import pytest

from onereel.adapters.animatic import window

SIZE = (1000, 500)


def seen(words, share):
    left, top, right, bottom = window(words, share, SIZE)
    return left, top, round(right - left), round(bottom - top)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("static", lambda first, last: first == last == (0, 0, *SIZE)),
        ("slow push in", lambda first, last: last[2] < first[2]),
        ("slow pull back", lambda first, last: last[2] > first[2]),
        ("pan left along the wall", lambda first, last: last[0] < first[0] and last[2] == first[2]),
        ("tilt up", lambda first, last: last[1] < first[1]),
        ("", lambda first, last: 0.9 * first[2] < last[2] < first[2]),
    ],
)
def test_a_planned_move_is_seen(words, told):
    assert told(seen(words, 0), seen(words, 1))


@pytest.mark.parametrize("words", ["static", "push in", "pull out", "pan right", "crane down", ""])
def test_nothing_beyond_the_picture_is_ever_shown(words):
    for share in (0, 0.3, 1):
        left, top, right, bottom = window(words, share, SIZE)
        assert left >= 0
        assert top >= 0
        assert right <= SIZE[0] + 1e-6
        assert bottom <= SIZE[1] + 1e-6
