"""A cut knows its length, its starts and its fades."""

import pytest
from pydantic import ValidationError

from onereel.cut import Clip, Cut


def cut(*clips: Clip) -> Cut:
    return Cut(production="lighthouse", width=1280, height=720, clips=clips)


def test_a_cut_is_as_long_as_its_clips_whatever_fades():
    edit = cut(
        Clip(shot="s010", frames=96, transition="fade", handle_frames=12),
        Clip(shot="s020", frames=48, transition="fade"),
    )

    assert edit.frames == 144
    assert edit.seconds == 6
    assert edit.starts == (0, 96)


def test_a_fade_lies_over_the_opening_of_the_next_clip():
    edit = cut(Clip(shot="s010", frames=96, transition="fade", handle_frames=12), Clip(shot="s020", frames=48))

    assert [edit.lead(0), edit.lead(1)] == [0, 12]


def test_a_fade_is_never_longer_than_the_clip_it_lies_over():
    edit = cut(Clip(shot="s010", frames=96, transition="fade", handle_frames=12), Clip(shot="s020", frames=5))

    assert edit.lead(1) == 5


def test_a_fade_without_handles_is_a_straight_cut():
    edit = cut(Clip(shot="s010", frames=96, transition="fade"), Clip(shot="s020", frames=48))

    assert edit.lead(1) == 0


def test_only_the_last_clip_fades_to_black_and_inside_itself():
    edit = cut(Clip(shot="s010", frames=96, transition="fade"), Clip(shot="s020", frames=8, transition="fade"))

    assert [edit.blackout(0), edit.blackout(1)] == [0, 8]


def test_handles_without_a_fade_are_a_mistake():
    with pytest.raises(ValidationError, match="s010 keeps 12 handle frames but gives way by a straight cut"):
        cut(Clip(shot="s010", frames=96, handle_frames=12))


def test_a_cut_of_nothing_is_no_cut():
    with pytest.raises(ValidationError):
        cut()
