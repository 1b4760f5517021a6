"""The decoder's picture buffer is read from the vendor's parameter set, and ours asks for the same."""

from pathlib import Path

import av
import pytest

from onereel.adapters.h264 import ParameterSets
from onereel.adapters.master import assemble
from onereel.adapters.sps import buffered_frames
from onereel.cut import Clip, Cut
from onereel.errors import FootageError
from onereel.footage import Media
from tests.film_fixtures import film

BASE = "keyint=24:min-keyint=24:scenecut=0"


def sets_of(path: Path) -> tuple[bytes, ...]:
    with av.open(str(path)) as opened:
        return ParameterSets.parse(opened.streams.video[0].codec_context.extradata).sps


@pytest.mark.parametrize(
    ("x264", "frames"),
    [
        ("bframes=0:ref=1", 1),
        ("bframes=0:ref=3", 3),
        ("bframes=2:b-pyramid=none:ref=1", 2),
        ("bframes=3:b-pyramid=normal:ref=1", 4),
        ("bframes=3:ref=6", 6),
        ("bframes=3:ref=1:cqm=jvt:nal-hrd=vbr:vbv-maxrate=500:vbv-bufsize=500", 4),
        ("bframes=0:ref=1:sar=300/299:overscan=show:chromaloc=1", 1),
        ("dpb-size=7:slow-firstpass=1", 7),
    ],
)
def test_the_buffer_is_as_the_encoder_was_told(tmp_path, x264, frames):
    sps = sets_of(film(tmp_path / "take.mp4", frames=2, x264=f"{BASE}:{x264}", sound=False))

    assert [buffered_frames(nal) for nal in sps] == [frames]


@pytest.mark.parametrize("size", [1, 5, 9])
def test_a_damaged_set_is_refused(tmp_path, size):
    sps = sets_of(film(tmp_path / "take.mp4", frames=2, sound=False))[0]

    with pytest.raises(FootageError, match="sequence parameter set is damaged"):
        buffered_frames(sps[:size])


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
@pytest.mark.parametrize("x264", ["bframes=0:ref=1", "bframes=2:b-pyramid=none:ref=1", "ref=3", "bframes=3:ref=5"])
def test_our_frames_ask_for_the_vendors_buffer(tmp_path, profile, x264):
    path = film(tmp_path / "take.mp4", frames=48, x264=f"{BASE}:{x264}", profile=profile, sound=False)
    media = Media.of(path.read_bytes(), "mp4")
    cut = Cut(production="l", width=160, height=96, clips=(Clip(shot="s010", slate="t", media=media, frames=30),))

    assemble(cut, {media.sha256: path}, tmp_path / "master.mp4")

    vendor, ours = (buffered_frames(nal) for nal in sets_of(tmp_path / "master.mp4"))
    assert vendor == ours
