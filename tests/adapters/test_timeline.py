"""cut.otio reads back as the cut."""

from dataclasses import replace

import opentimelineio as otio
import pytest

from onereel.adapters.timeline import TakeFile, final_cut, timeline
from onereel.cut import Clip, Cut
from onereel.footage import Media

MEDIA = Media.of(b"film", "mp4")
CUT = Cut(
    production="lighthouse",
    width=1280,
    height=720,
    clips=(
        Clip(shot="s010", slate="lighthouse/s010/t02", media=MEDIA, frames=96, title="Storm", transition="fade", handle_frames=12),
        Clip(shot="s020", frames=48, reason="Not filmed."),
        Clip(shot="s030", slate="lighthouse/s030/t01", media=MEDIA, frames=144, transition="fade"),
    ),
)  # fmt: skip
TAKES = {
    "s010": [TakeFile(f"lighthouse/s010/t0{k}", f"../../shots/s010/t0{k}.mp4", 192) for k in (1, 2, 3)],
    "s030": [TakeFile("lighthouse/s030/t01", "../../shots/s030/t01.mp4", 144)],
}


@pytest.fixture
def tracks():
    return otio.adapters.read_from_string(timeline(CUT, TAKES), "otio_json").tracks


@pytest.fixture
def track(tracks):
    return tracks[0]


def test_clips_lie_where_the_cut_has_them(track):
    items = [item for item in track if not isinstance(item, otio.schema.Transition)]

    assert [item.name for item in items] == ["s010", "s020", "s030"]
    assert [track.range_of_child(item).start_time.to_frames() for item in items] == list(CUT.starts)
    assert track.duration() == otio.opentime.RationalTime(CUT.frames, 24)


def test_every_take_is_there_and_the_chosen_one_is_active(track):
    clip = track.find_clips()[0]

    assert sorted(clip.media_references()) == [f"lighthouse/s010/t0{k}" for k in (1, 2, 3)]
    assert clip.active_media_reference_key == "lighthouse/s010/t02"
    assert clip.media_reference.target_url == "../../shots/s010/t02.mp4"
    assert clip.available_range().duration.to_frames() == 192


def test_a_gap_is_a_gap_and_says_why(track):
    gap = track[2]

    assert isinstance(gap, otio.schema.Gap)
    assert gap.metadata["onereel"]["reason"] == "Not filmed."


def test_a_fade_lies_over_the_next_clip_and_the_last_one_inside_its_own(track):
    fades = [item for item in track if isinstance(item, otio.schema.Transition)]

    assert [(fade.in_offset.to_frames(), fade.out_offset.to_frames()) for fade in fades] == [(0, 12), (12, 0)]


def test_a_clip_is_marked_with_its_title(track):
    assert [marker.name for clip in track.find_clips() for marker in clip.markers] == ["Storm", "s030"]


def test_an_edit_has_a_sound_track_unless_the_film_is_silent():
    silent = CUT.model_copy(update={"sound": False})

    assert "<audio>" in final_cut(CUT, TAKES, {})
    assert "<audio>" not in final_cut(silent, TAKES, {})
    assert len(otio.adapters.read_from_string(timeline(silent, TAKES), "otio_json").tracks) == 1


def test_the_sound_lies_under_its_picture_and_comes_from_the_same_files(tracks):
    picture, sound = tracks

    assert (picture.kind, sound.kind) == ("Video", "Audio")
    assert [type(item) for item in sound] == [type(item) for item in picture]
    for seen, heard in zip(picture.find_clips(), sound.find_clips(), strict=True):
        assert heard.media_reference.target_url == seen.media_reference.target_url
        assert heard.media_reference.available_range == seen.media_reference.available_range
        assert sound.range_of_child(heard) == picture.range_of_child(seen)
        assert sorted(heard.media_references()) == sorted(seen.media_references())
        assert not heard.markers


def test_a_silent_take_is_a_gap_in_the_sound_alone():
    silent = {**TAKES, "s030": [replace(take, sound=False) for take in TAKES["s030"]]}
    picture, sound = otio.adapters.read_from_string(timeline(CUT, silent), "otio_json").tracks

    assert [clip.name for clip in picture.find_clips()] == ["s010", "s030"]
    assert [clip.name for clip in sound.find_clips()] == ["s010"]
    assert sound.duration() == picture.duration()


def test_equal_cuts_make_equal_timelines():
    assert timeline(CUT, TAKES) == timeline(CUT, TAKES)


def test_a_take_that_is_not_linked_is_a_mistake():
    with pytest.raises(ValueError, match="lighthouse/s030/t01 is not among the takes of s030: none"):
        timeline(CUT, {"s010": TAKES["s010"]})
