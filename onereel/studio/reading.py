"""Film that comes in: measured, checked, and its last frame."""

from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image

from onereel.models import FPS
from onereel.studio.wire import invalid


@dataclass(frozen=True)
class Measured:
    """What the header of a film file says, seconds being counted in frames.

    Attributes:
        size: (width, height) in pixels.
        sound: Whether there is an audio track.
    """

    frames: int
    fps: float
    size: tuple[int, int]
    sound: bool

    @property
    def seconds(self) -> float:
        """Length of the picture."""
        return self.frames / self.fps


def measure(path: Path) -> Measured:
    """Read what is needed to extend a film.

    Raises:
        Rejected: 400, it is no film, or not an MP4.
    """
    try:
        with av.open(str(path)) as film:
            if not film.streams.video or "mp4" not in film.format.name:
                raise invalid("Unable to process input video: only video/mp4 is supported.", "video")
            picture = film.streams.video[0]
            fps = float(picture.average_rate or FPS)
            frames = picture.frames or sum(1 for packet in film.demux(picture) if packet.size)
            return Measured(frames, fps, (picture.width, picture.height), bool(film.streams.audio))
    except (av.error.FFmpegError, OSError):
        raise invalid("Unable to process input video. Please check that the file is a valid MP4.", "video") from None


def last_frame(path: Path) -> Image.Image:
    """Return the last picture of a film, RGB."""
    with av.open(str(path)) as film:
        picture = film.streams.video[0]
        if picture.duration:
            film.seek(picture.duration, stream=picture)
        last = None
        for frame in film.decode(picture):
            last = frame
        if last is None:
            raise invalid("Unable to process input video: it has no frames.", "video")
        return Image.fromarray(last.to_ndarray(format="rgb24"))
