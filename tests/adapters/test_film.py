"""A film is what it was decoded to be, or it is refused."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from onereel.adapters import film as films
from onereel.adapters.film import frame_at, inspect, verify
from onereel.adapters.stills import still
from onereel.errors import FootageError
from tests.film_fixtures import decode_strictly, film


def test_a_whole_film_is_measured(tmp_path):
    footage = verify(film(tmp_path / "take.mp4", frames=96))

    assert (footage.frames, footage.width, footage.height, footage.fps) == (96, 160, 96, 24)
    assert footage.seconds == 4
    assert footage.audio_seconds == pytest.approx(4, abs=0.03)


@pytest.mark.parametrize("recipe", ["keyint=24:scenecut=0", "keyint=250:bframes=3", "keyint=250:open-gop=1:bframes=3"])
def test_one_pass_finds_the_exact_first_and_last_frame(tmp_path, recipe):
    path = film(tmp_path / "take.mp4", frames=96, x264=recipe)
    frames = decode_strictly(path)

    seen = inspect(path)

    assert _same(seen.first, still(frames[0]))
    assert _same(seen.last, still(frames[-1]))
    assert seen.footage == verify(path)


def test_thumbnails_are_few_and_small(tmp_path):
    seen = inspect(film(tmp_path / "take.mp4", frames=192))

    assert len(seen.thumbs) == films.THUMBS
    first, *others = [Image.open(io.BytesIO(thumb)).size for thumb in seen.thumbs]
    assert first == (160, 96)
    assert set(others) == {(192, 115)}


def test_a_film_without_sound_has_no_seconds_of_it(tmp_path):
    assert verify(film(tmp_path / "mute.mp4", frames=24, sound=False)).audio_seconds == 0


def test_a_truncated_film_is_refused(tmp_path):
    path = film(tmp_path / "take.mp4", frames=96)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])

    with pytest.raises(FootageError, match=r"take\.mp4 is (damaged after frame|truncated)"):
        verify(path)


def test_flipped_bytes_are_found(tmp_path):
    path = film(tmp_path / "take.mp4", frames=96)
    data = bytearray(path.read_bytes())
    for at in range(len(data) // 2, len(data) // 2 + 400):
        data[at] ^= 0x5A
    path.write_bytes(data)

    with pytest.raises(FootageError, match="damaged after frame"):
        verify(path)


@pytest.mark.parametrize(
    "data", [b"", b"not a film", b"\0\0\0\x18ftypmp42" + bytes(4000), b"\x89PNG\r\n\x1a\n" + bytes(64)]
)
def test_what_is_not_a_film_is_refused(tmp_path, data):
    path = tmp_path / "take.mp4"
    path.write_bytes(data)

    with pytest.raises(FootageError, match=r"not a film|no picture"):
        verify(path)


def test_a_playlist_that_calls_itself_a_film_opens_nothing(tmp_path):
    other = film(tmp_path / "other.mp4", frames=24)
    path = tmp_path / "take.mp4"
    path.write_text(f"ffconcat version 1.0\nfile {other}\n")

    with pytest.raises(FootageError, match="not a film"):
        verify(path)


def test_a_missing_file_is_not_a_film(tmp_path):
    with pytest.raises(FootageError, match="not a film: No such file"):
        verify(tmp_path / "nowhere.mp4")


def test_a_film_of_sound_alone_holds_no_picture(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 48_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))

    with pytest.raises(FootageError, match="holds no picture"):
        verify(path)


def test_a_picture_bomb_is_refused_before_it_is_decoded(tmp_path):
    path = film(tmp_path / "bomb.mp4", frames=1, width=8192, height=2304, preset="ultrafast", sound=False, crf="51")

    with pytest.raises(FootageError, match="8192x2304"):
        verify(path)


def test_a_film_that_never_ends_is_refused(tmp_path):
    path = film(tmp_path / "long.mp4", frames=601, fps=1, sound=False, width=32, height=32)

    with pytest.raises(FootageError, match="lasts 601 s; 600 s are allowed"):
        verify(path)


def test_any_frame_can_be_looked_at(tmp_path):
    path = film(tmp_path / "take.mp4", frames=24)

    assert frame_at(path, 7) == still(decode_strictly(path)[7])


def _same(png: bytes, image: Image.Image) -> bool:
    return np.array_equal(np.asarray(Image.open(io.BytesIO(png))), np.asarray(image))
