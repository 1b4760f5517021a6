"""A master shows the cut, frame for frame, and costs as little re-encoding as can be."""

import hashlib
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from onereel.adapters.h264 import ParameterSets
from onereel.adapters.master import assemble
from onereel.cut import Clip, Cut
from onereel.errors import FootageError
from onereel.footage import Media
from tests.film_fixtures import FPS, decode_strictly, film, heard, numbers

GOP = 24


class Bench:
    """A cutting bench: films takes, remembers where they lie, assembles."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: dict[str, Path] = {}

    def clip(self, shot: str, shown: int, /, *, fade: int | None = None, **recipe: object) -> Clip:
        path = film(self.folder / f"{shot}.mp4", **recipe)
        media = Media.of(path.read_bytes(), "mp4")
        self.paths[media.sha256] = path
        more = {} if fade is None else {"transition": "fade", "handle_frames": fade}
        return Clip(shot=shot, slate=f"lighthouse/{shot}/t01", media=media, frames=shown, title=f"Shot {shot}", **more)

    def path(self, clip: Clip) -> Path:
        return self.paths[clip.media.sha256]

    def cut(self, *clips: Clip, width: int = 160, height: int = 96) -> Cut:
        return Cut(production="lighthouse", width=width, height=height, clips=clips)

    def assemble(self, *clips: Clip, name: str = "master.mp4"):
        master = self.folder / name
        return master, assemble(self.cut(*clips), self.paths, master, label="AI-generated")


@pytest.fixture
def bench(tmp_path) -> Bench:
    return Bench(tmp_path)


def test_whole_takes_of_one_encoder_are_copied_bit_for_bit(bench):
    clips = [
        bench.clip("s010", 96),
        bench.clip("s020", 144, frames=144, first=100),
        bench.clip("s030", 192, frames=192, first=300),
    ]

    master, report = bench.assemble(*clips)

    assert report.clips == ("copied", "copied", "copied")
    assert (report.copied_frames, report.encoded_frames, report.frames, report.seconds) == (432, 0, 432, 18)
    assert pictures(master) == [picture for clip in clips for picture in pictures(bench.path(clip))]


@pytest.mark.parametrize("frames", [25, 47, 48, 49, 70, 95])
def test_a_trimmed_take_is_copied_up_to_the_last_sync_frame_that_fits(bench, frames):
    clips = [bench.clip("s010", frames), bench.clip("s020", 96, first=200)]

    master, report = bench.assemble(*clips)

    assert report.encoded_frames == frames % GOP
    assert numbers(master) == [*range(frames), *range(200, 296)]
    assert pictures(master)[: frames // GOP * GOP] == pictures(bench.path(clips[0]))[: frames // GOP * GOP]
    assert pictures(master)[frames:] == pictures(bench.path(clips[1]))


def test_a_take_with_one_sync_frame_is_conformed_when_it_is_trimmed(bench):
    _master, report = bench.assemble(
        bench.clip("s010", 96), bench.clip("s020", 70, first=200, x264="keyint=250:scenecut=0")
    )

    assert report.clips == ("copied", "conformed")


def test_a_take_is_never_split_at_a_sync_frame_of_an_open_gop(bench):
    recipe = "keyint=24:min-keyint=24:scenecut=0:open-gop=1:bframes=3"

    master, report = bench.assemble(bench.clip("s010", 70, x264=recipe), bench.clip("s020", 96, first=200, x264=recipe))

    assert report.clips == ("conformed", "copied")
    assert numbers(master) == [*range(70), *range(200, 296)]


ODD = {
    "another encoder": {"preset": "slow", "x264": "keyint=48:ref=4"},
    "no B-frames": {"x264": "keyint=24:bframes=0"},
    "another profile": {"profile": "baseline"},
    "another size": {"width": 96, "height": 160},
    "another rate": {"fps": 30, "frames": 120},
    "half the rate": {"fps": 12, "frames": 48},
    "another codec": {"codec": "mpeg4"},
    "other colour tags": {"tagged": False},
    "an intra-only encoder": {"x264": "keyint=1"},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_takes_that_differ_from_the_majority_are_conformed(bench, odd):
    odd_one = bench.clip("s020", 80, **{"frames": 96, "first": 256} | odd)

    master, report = bench.assemble(bench.clip("s010", 96), odd_one, bench.clip("s030", 96, first=512))

    assert report.clips == ("copied", "conformed", "copied")
    found = numbers(master)
    assert len(found) == 272
    assert found[:96] == [*range(96)]
    assert found[176:] == [*range(512, 608)]


def test_a_faster_take_keeps_its_speed(bench):
    master, _report = bench.assemble(
        bench.clip("s010", 96), bench.clip("s020", 80, fps=30, frames=120, first=256), bench.clip("s030", 96, first=512)
    )

    shown = numbers(master)[96:176]
    assert shown == [256 + (2 * k + 1) * 30 // (2 * FPS) for k in range(80)]


def test_one_avcc_holds_the_vendors_sets_and_ours(bench):
    master, _report = bench.assemble(bench.clip("s010", 70), bench.clip("s020", 96, first=200))

    with av.open(str(master)) as opened, av.open(str(bench.folder / "s020.mp4")) as vendor:
        picture = opened.streams.video[0].codec_context
        sets, theirs = (
            ParameterSets.parse(codec.extradata) for codec in (picture, vendor.streams.video[0].codec_context)
        )
        assert picture.codec_tag == "avc1"
    assert sets.sps[0] == theirs.sps[0]
    assert (len(sets.sps), len(sets.pps), sets.free_id()) == (2, 2, 2)


def test_a_vendor_that_uses_our_id_keeps_it(bench):
    recipe = "keyint=24:min-keyint=24:scenecut=0:sps-id=1"
    clips = [bench.clip("s010", 70, x264=recipe), bench.clip("s020", 96, first=200, x264=recipe)]

    master, report = bench.assemble(*clips)

    assert report.clips == ("trimmed", "copied")
    assert numbers(master) == [*range(70), *range(200, 296)]


@pytest.mark.parametrize("bframes", [0, 1, 3])
def test_frames_are_one_tick_apart_and_decode_in_order(bench, bframes):
    recipe = f"keyint=24:min-keyint=24:scenecut=0:bframes={bframes}"
    master, _report = bench.assemble(
        bench.clip("s010", 70, x264=recipe), bench.clip("s020", 50, first=200, x264=recipe)
    )

    with av.open(str(master)) as opened:
        stamps = [(packet.pts, packet.dts, packet.time_base) for packet in opened.demux(video=0) if packet.size]
    shown = sorted(pts * base for pts, _dts, base in stamps)
    assert shown == [Fraction(number, FPS) for number in range(120)]
    assert all(later[1] - sooner[1] == 512 for sooner, later in pairwise(stamps))
    assert all(dts <= pts for pts, dts, _base in stamps)


def test_takes_whose_decoding_runs_ahead_differently_join(bench):
    plain = "keyint=24:min-keyint=24:scenecut=0:bframes=0"
    deep = "keyint=24:min-keyint=24:scenecut=0:bframes=3:b-pyramid=normal"

    master, _report = bench.assemble(
        bench.clip("s010", 60, first=0, x264=plain),
        bench.clip("s020", 96, first=200, x264=deep),
        bench.clip("s030", 96, first=400, x264=deep),
        bench.clip("s040", 30, first=600, x264=plain),
    )

    assert numbers(master) == [*range(60), *range(200, 296), *range(400, 496), *range(600, 630)]


def test_a_gap_is_a_slate_card_of_the_right_length_in_silence(bench):
    gap = Clip(shot="s020", frames=48, title="The ship", reason="The safety filter took every take.")

    master, report = bench.assemble(bench.clip("s010", 96), gap, bench.clip("s030", 96, first=200))

    assert report.clips == ("copied", "slate", "copied")
    cards = decode_strictly(master)[96:144]
    assert len({frame.to_ndarray(format="gray").mean().round() for frame in cards}) == 1
    assert cards[0].to_ndarray(format="gray").max() > 150
    assert np.abs(heard(master)[96 * 2000 + 2048 : 144 * 2000 - 2048]).max() < 0.001


def test_a_film_of_slates_alone_is_a_film(bench):
    master, report = bench.assemble(Clip(shot="s010", frames=30, reason="Not filmed."), Clip(shot="s020", frames=30))

    assert report.clips == ("slate", "slate")
    assert len(decode_strictly(master)) == 60


def test_a_fade_mixes_the_handle_over_the_opening_of_the_next_clip(bench):
    dark, light = bench.clip("s010", 48, frames=72, first=0, fade=12), bench.clip("s020", 13, frames=72, first=512)

    master, report = bench.assemble(dark, light)

    shares = [frame.to_ndarray(format="gray")[4:40, 148:156].mean() / 255 for frame in decode_strictly(master)]
    assert report.frames == 61
    assert shares[47] == pytest.approx(0, abs=0.02)
    assert shares[48:60] == pytest.approx([k / 13 for k in range(1, 13)], abs=0.03)


def test_a_fade_with_fewer_handles_than_frames_is_a_shorter_dissolve(bench):
    short = bench.clip("s010", 92, frames=96, fade=12)

    master, report = bench.assemble(short, bench.clip("s020", 96, first=512))

    assert numbers(master)[96:] == [*range(516, 608)]
    assert report.copied_frames == 72 + 72


def test_a_fade_without_any_handle_is_a_straight_cut(bench):
    master, report = bench.assemble(bench.clip("s010", 96, fade=12), bench.clip("s020", 96, first=512))

    assert report.encoded_frames == 0
    assert numbers(master) == [*range(96), *range(512, 608)]


def test_a_fade_at_the_end_goes_to_black_inside_the_clip(bench):
    master, report = bench.assemble(bench.clip("s010", 96), bench.clip("s020", 96, first=0, fade=0))

    light = [frame.to_ndarray(format="gray")[60:].mean() for frame in decode_strictly(master)[-12:]]
    assert report.frames == 192
    assert light == sorted(light, reverse=True)
    assert light[-1] < 1


def test_picture_and_sound_meet_at_the_last_second_whatever_the_takes_bring(bench):
    clips = [bench.clip("s010", 96), bench.clip("s020", 144, frames=144, first=100, rate=44_100, layout="mono")]
    clips += [bench.clip(f"s{number:03d}", 72, first=number) for number in range(30, 90, 10)]

    master, report = bench.assemble(*clips)

    loud = np.flatnonzero(np.abs(heard(master)) > 0.5) / 48_000
    last = report.seconds - 0.5
    assert np.abs(loud - last).min() < 0.5 / FPS


def test_the_sound_is_as_long_as_the_picture_to_the_sample(bench):
    master, report = bench.assemble(bench.clip("s010", 95), bench.clip("s020", 70, sound=False))

    with av.open(str(master)) as opened:
        picture, sound = opened.streams.video[0], opened.streams.audio[0]
        assert picture.duration * picture.time_base == sound.duration * sound.time_base
        assert picture.duration * picture.time_base == Fraction(report.frames, FPS)


def test_a_take_without_sound_is_silent(bench):
    master, _report = bench.assemble(bench.clip("s010", 96, sound=False), bench.clip("s020", 96))

    assert np.abs(heard(master)[: 96 * 2000 - 2048]).max() < 0.001


def test_a_straight_cut_does_not_click(bench):
    master, _report = bench.assemble(bench.clip("s010", 96, tone=60), bench.clip("s020", 96, tone=90))

    seam = heard(master)[96 * 2000 - 24 : 96 * 2000 + 24]
    assert np.abs(seam).max() < 0.01


def test_a_silent_film_is_muted_whatever_its_takes_bring(bench):
    clips = bench.clip("s010", 96, fade=12, frames=120), bench.clip("s020", 96)
    master = bench.folder / "master.mp4"
    cut = bench.cut(*clips).model_copy(update={"sound": False})

    report = assemble(cut, bench.paths, master)

    assert np.abs(heard(bench.path(clips[0]))).max() > 0.1
    assert np.abs(heard(master)).max() < 1e-4
    assert numbers(master)[:84] == list(range(84))
    assert report.seconds == 8


def test_the_sound_of_a_fade_never_falls_silent(bench):
    master, _report = bench.assemble(bench.clip("s010", 72, fade=12, tone=300), bench.clip("s020", 96, tone=500))

    during = heard(master)[72 * 2000 : 84 * 2000].reshape(12, 2000)
    assert np.sqrt((during**2).mean(axis=1)).min() > 0.02


def test_every_shot_is_a_chapter(bench):
    master, _report = bench.assemble(bench.clip("s010", 96), Clip(shot="s020", frames=48))

    with av.open(str(master)) as opened:
        chapters = [
            (c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"]["title"]) for c in opened.chapters()
        ]
        assert chapters == [(0, 4, "s010 Shot s010"), (4, 6, "s020")]
        assert opened.metadata["title"] == "lighthouse"
        assert opened.metadata["comment"].startswith("AI-generated")


def test_a_master_has_the_title_of_its_film(bench):
    clip = bench.clip("s010", 24)
    assemble(bench.cut(clip), bench.paths, bench.folder / "master.mp4", title="The Late Boat")

    with av.open(str(bench.folder / "master.mp4")) as opened:
        assert opened.metadata["title"] == "The Late Boat"


def test_a_master_plays_while_it_loads(bench):
    master, _report = bench.assemble(bench.clip("s010", 96))
    data = master.read_bytes()

    assert data.index(b"moov") < data.index(b"mdat")


def test_equal_cuts_make_equal_masters(bench):
    clips = [bench.clip("s010", 70, fade=12), bench.clip("s020", 80, width=96), Clip(shot="s030", frames=24)]

    digests = {hashlib.sha256(bench.assemble(*clips, name=f"{k}.mp4")[0].read_bytes()).digest() for k in range(3)}

    assert len(digests) == 1


def test_a_take_shorter_than_the_cut_shows_is_refused(bench):
    clip = bench.clip("s010", 97, frames=96)

    with pytest.raises(FootageError, match="lighthouse/s010/t01 has 96 frames; the cut shows 97"):
        bench.assemble(clip)


def test_a_take_that_is_not_there_is_refused_by_name(bench):
    clip = bench.clip("s010", 96)

    with pytest.raises(FootageError, match="no film was given for lighthouse/s010/t01"):
        assemble(bench.cut(clip), {}, bench.folder / "master.mp4")


def test_a_failed_assembly_leaves_nothing_behind(bench):
    clip = bench.clip("s010", 70)
    path = bench.path(clip)
    data = bytearray(path.read_bytes())
    half = len(data) // 2
    data[half:] = bytes(len(data) - half)
    path.write_bytes(data)

    with pytest.raises(FootageError):
        bench.assemble(clip)
    assert [found.name for found in bench.folder.iterdir()] == ["s010.mp4"]


def test_a_take_whose_picture_starts_late_keeps_its_sound_beside_it(bench):
    master, _report = bench.assemble(bench.clip("s010", 72, late=12), bench.clip("s020", 96, first=200))

    assert numbers(master)[:72] == [*range(72)]
    loud = np.flatnonzero(np.abs(heard(master)[: 72 * 2000]) > 0.5) / 48_000
    assert np.abs(loud - 1).min() < 0.5 / FPS
    assert not ((loud > 0.1) & (loud < 0.9)).any()


def pictures(path: Path) -> list[bytes]:
    return [frame.to_ndarray().tobytes() for frame in decode_strictly(path)]
