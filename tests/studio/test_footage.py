"""What is filmed: length, size, codec, first and last frame, sound, the strip."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from onereel.studio.camera import Shooting, film_take
from onereel.studio.illustrator import draw
from onereel.studio.lettering import strip
from onereel.studio.reading import measure
from onereel.studio.sound import sound
from tests.studio.clients import (
    distance,
    film,
    filmed,
    frames_of,
    plain_film,
    platform,
    sound_seconds,
    still,
    studio_with,
)

STORM = draw("Wide shot: a storm over the lighthouse at dusk", (1376, 768), (), seed=1, badge="REHEARSAL")
BOAT = draw("Close-up: the boat at dawn", (1376, 768), (), seed=2, badge="REHEARSAL")


def shot(path, **asked):
    film_take(Shooting(**{"words": "A storm", "seconds": 4, "size": (320, 180), "badge": "REHEARSAL", **asked}), path)
    return path.read_bytes()


@pytest.mark.parametrize(("seconds", "size"), [(3, (320, 180)), (8, (320, 180)), (4, (180, 320)), (4, (640, 360))])
def test_a_film_has_exactly_the_frames_and_the_size_asked_for(tmp_path, seconds, size):
    data = shot(tmp_path / "take.mp4", seconds=seconds, size=size)

    frames = frames_of(data)
    assert len(frames) == seconds * 24
    assert frames[0].size == size
    assert sound_seconds(data) == pytest.approx(seconds, abs=0.03)


def test_a_film_is_what_a_camera_delivers(tmp_path):
    with av.open(io.BytesIO(shot(tmp_path / "take.mp4", seconds=3))) as container:
        picture, track = container.streams.video[0], container.streams.audio[0]
        packets = [packet for packet in container.demux(picture) if packet.size]

        assert (picture.codec_context.name, picture.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert picture.average_rate == 24
        assert picture.codec_context.colorspace == 1  # BT.709
        assert (track.codec_context.name, track.rate, track.layout.name) == ("aac", 48_000, "stereo")
        assert [index for index, packet in enumerate(packets) if packet.is_keyframe] == [0, 24, 48]


def test_it_opens_and_closes_on_the_keyframes(tmp_path):
    frames = frames_of(shot(tmp_path / "take.mp4", opening=STORM, closing=BOAT))
    first, last = (frames_of(shot(tmp_path / "still.mp4", seconds=1, opening=one))[0] for one in (STORM, BOAT))

    assert distance(frames[0], first) == 0
    assert distance(frames[-1], last) <= 2
    assert distance(frames[0], frames[-1]) > 10


def test_the_first_frame_looks_like_the_keyframe_itself(tmp_path):
    keyframe = Image.open(io.BytesIO(STORM)).convert("RGB").crop((5, 0, 1371, 768))

    first = frames_of(shot(tmp_path / "take.mp4", opening=STORM, size=(1280, 720), seconds=1))[0]

    assert distance(first, keyframe) <= 4
    small = [np.asarray(one.resize((64, 36)), int)[:33] for one in (first, keyframe)]
    assert np.abs(small[0] - small[1]).mean() < 3


def test_something_moves_in_every_second(tmp_path):
    frames = [np.asarray(frame.convert("L"), int) for frame in frames_of(shot(tmp_path / "take.mp4", opening=STORM))]

    moved = [np.abs(frames[at + 24] - frames[at])[:160].mean() for at in range(0, 72, 24)]
    assert min(moved) > 0.3


def test_the_timecode_runs_and_the_badge_stays(tmp_path):
    strips = [np.asarray(frame.convert("L"), int)[-10:] for frame in frames_of(shot(tmp_path / "t.mp4", opening=STORM))]

    assert all(np.abs(strips[0][:, :90] - strip[:, :90]).mean() < 6 for strip in strips)
    assert all(strip[:, :90].max() > 120 for strip in strips)
    assert np.abs(strips[0][:, 240:] - strips[40][:, 240:]).mean() > 1.5


def test_equal_requests_give_equal_bytes(tmp_path):
    one, again = (shot(tmp_path / name, opening=STORM, seconds=3) for name in ("one.mp4", "again.mp4"))

    assert one == again
    assert one != shot(tmp_path / "other.mp4", opening=STORM, seconds=3, words="Another storm")


def test_without_a_keyframe_the_words_and_references_are_drawn(tmp_path):
    plain = frames_of(shot(tmp_path / "plain.mp4", seconds=1))[0]
    led = frames_of(shot(tmp_path / "led.mp4", seconds=1, references=(BOAT,)))[0]

    assert np.asarray(plain).std() > 10
    assert np.abs(np.asarray(plain, int) - np.asarray(led, int)).mean() > 1


def test_every_shot_sounds_its_own_and_speech_is_pips():
    storm, boat, spoken = (sound(words, 96_000) for words in ("A storm", "A boat", 'Mara says: "Look."'))

    assert np.abs(storm - boat).mean() > 0.005
    assert np.abs(spoken).max() > np.abs(storm).max()
    assert (np.abs(storm).max(), np.abs(spoken).max()) < (0.2, 0.3)


def test_stock_footage_is_filmed_once_for_every_length_and_size(agent):
    with studio_with(footage="same", credentials=False) as studio:
        door = platform(studio)
        first = filmed(film(door, "A storm", image=still(STORM)))
        other = filmed(film(door, "A boat"))
        upright = filmed(film(door, "A boat", aspect_ratio="9:16"))

        assert first == other
        assert frames_of(upright)[0].size == (180, 320)
        assert len(list(studio.folder.glob("stock-*"))) == 2


def test_somebody_elses_film_is_extended_too(tmp_path):
    path = tmp_path / "other.mp4"
    path.write_bytes(plain_film(2))

    longer = shot(tmp_path / "longer.mp4", before=path, seconds=2)

    assert len(frames_of(longer)) == 96
    assert sound_seconds(longer) == 0
    assert measure(tmp_path / "longer.mp4").seconds == 4


@pytest.mark.parametrize(("one", "other"), [("Буран", "Волна"), ("海浪", "灯塔"), ("폭풍", "등대"), ("Größe", "Grüße")])
def test_the_strip_is_written_in_letters_of_any_script(one, other):
    strips = [strip(1280, 44, "REHEARSAL", words) for words in (one, other, f"{one} " * 200)]

    assert (strips[0] != strips[1]).any(), "as boxes both would look the same"
    assert strips[0][:, 200:].max() > 100
    assert strips[2][:, 1200:].max() > 100, "as many words as fit"
