"""Extends a take: goes on from its exact last frame, and hands back the whole film or only the new part."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from onereel.models import FPS
from onereel.studio import film
from onereel.studio.camera import Shooting
from onereel.studio.defects import distort
from onereel.studio.reading import last_frame, measure
from onereel.studio.sound import RATE, sound


def extend(shooting: Shooting, before: Path, path: Path) -> None:
    """Film the seconds to add into an MP4 file, after the film before them where the whole is asked for."""
    measured = measure(before)
    reel = film.Reel(
        words=shooting.words,
        frames=shooting.frames,
        size=measured.size,
        opening=last_frame(before),
        closing=None,
        badge=shooting.badge,
        sound=measured.sound and shooting.sound,
        first_frame=measured.frames,
        defects=shooting.defects,
    )
    if not shooting.whole:
        film.shoot(reel, path)
        return
    tail = path.with_suffix(".tail.mp4")
    film.shoot(replace(reel, sound=False), tail)
    try:
        _join(before, tail, path, reel)
    finally:
        tail.unlink()


def _join(before: Path, tail: Path, path: Path, reel: film.Reel) -> None:
    with (
        av.open(str(before)) as old,
        av.open(str(tail)) as new,
        av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as whole,
    ):
        alike = old.streams.video[0].codec_context.extradata == new.streams.video[0].codec_context.extradata
        picture = whole.add_stream_from_template(new.streams.video[0]) if alike else film.add_picture(whole, reel.size)
        track = film.add_sound(whole) if reel.sound else None
        for packet in _packets(old, new) if alike else _encoded(old, new, picture):
            packet.stream = picture
            whole.mux(packet)
        if track is not None:
            film.record(whole, track, _heard(before, reel))


def _packets(*films: av.container.InputContainer) -> Iterator["av.Packet[av.VideoStream]"]:
    """Yield the packets of films one after the other: this studio encoded both, the same way, without B-frames."""
    index = 0
    for one in films:
        for packet in one.demux(video=0):
            if packet.size:
                packet.time_base = Fraction(1, FPS)
                packet.pts = packet.dts = index
                packet.duration = 1
                index += 1
                yield packet


def _encoded(
    old: av.container.InputContainer, new: av.container.InputContainer, picture: av.VideoStream
) -> Iterator["av.Packet[av.VideoStream]"]:
    """Yield the packets of films encoded anew: somebody else encoded the first."""
    index = 0
    for one in (old, new):
        for frame in one.decode(video=0):
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            frame.pict_type = av.video.frame.PictureType.NONE
            index += 1
            yield from picture.encode(frame)
    yield from picture.encode(None)


def _heard(before: Path, reel: film.Reel) -> NDArray[np.float32]:
    """Return the old sound, cut or filled up to the old picture's length, and the new sound after it."""
    wanted = reel.first_frame * RATE // FPS
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    with av.open(str(before)) as old:
        heard = [part.to_ndarray() for frame in old.decode(audio=0) for part in resampler.resample(frame)]
    earlier = np.concatenate(heard, axis=1)[:, :wanted] if heard else np.zeros((2, 0), np.float32)
    earlier = np.pad(earlier, ((0, 0), (0, wanted - earlier.shape[1])))
    later = distort(sound(reel.words, reel.frames * RATE // FPS, start=wanted), reel.defects)
    return np.concatenate([earlier, later], axis=1).astype(np.float32)
