"""Extends a take: goes on from its exact last frame, and hands back the whole film or only the new part."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from onereel.models import FPS
from onereel.studio import film
from onereel.studio.camera import Shooting
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
    )
    if not shooting.whole:
        film.shoot(reel, path)
        return
    with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as whole:
        picture = film.add_picture(whole, reel.size)
        track = film.add_sound(whole) if reel.sound else None
        _picture(before, whole, picture, reel)
        if track is not None:
            film.record(whole, track, _heard(before, measured.frames, reel))


def _picture(before: Path, whole: av.container.OutputContainer, picture: av.VideoStream, reel: film.Reel) -> None:
    with av.open(str(before)) as old:
        for index, frame in enumerate(old.decode(video=0)):
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            frame.pict_type = av.video.frame.PictureType.NONE
            whole.mux(picture.encode(frame))
    for index, frame in enumerate(film.frames(reel)):
        frame.pts = reel.first_frame + index
        whole.mux(picture.encode(frame))
    whole.mux(picture.encode(None))


def _heard(before: Path, frames: int, reel: film.Reel) -> NDArray[np.float32]:
    """Return the old sound, cut or filled up to the old picture's length, and the new sound after it."""
    wanted = frames * RATE // FPS
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    with av.open(str(before)) as old:
        heard = [part.to_ndarray() for frame in old.decode(audio=0) for part in resampler.resample(frame)]
    earlier = np.concatenate(heard, axis=1)[:, :wanted] if heard else np.zeros((2, 0), np.float32)
    earlier = np.pad(earlier, ((0, 0), (0, wanted - earlier.shape[1])))
    later = sound(reel.words, reel.frames * RATE // FPS, start=wanted)
    return np.concatenate([earlier, later], axis=1).astype(np.float32)
