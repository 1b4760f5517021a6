"""Films a rehearsal take: a slow move from the opening keyframe into the closing one, at true length and size.

Drawing happens on three small 8-bit planes instead of RGB, which makes it four times cheaper. The same request always
gives the same bytes: one encoder thread, no clock, no randomness.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from onereel.models import FPS
from onereel.studio.defects import distort, ruin, running_order
from onereel.studio.faults import What
from onereel.studio.lettering import caption, face, strip, strip_height
from onereel.studio.sound import RATE, sound

Planes = tuple[Image.Image, Image.Image, Image.Image]

_BT709: Final = 1
# No B-frames: packets of two takes can then follow each other as they are. No adaptive quantisation: a third cheaper.
_X264: Final = (
    "keyint=24:min-keyint=24:scenecut=0:open-gop=0:bframes=0:aq-mode=0:colorprim=bt709:transfer=bt709:colormatrix=bt709"
)


@dataclass(frozen=True)
class Reel:
    """What to film.

    Attributes:
        frames: How many, at 24 a second.
        size: (width, height) in pixels.
        opening: First picture, RGB.
        closing: Last picture; None: the camera keeps moving in.
        sound: Whether there is an audio track.
        first_frame: Frames that went before, for the timecode.
        defects: What the fault plan has planted in it.
    """

    words: str
    frames: int
    size: tuple[int, int]
    opening: Image.Image
    closing: Image.Image | None
    badge: str
    sound: bool = True
    first_frame: int = 0
    defects: frozenset[What] = frozenset()


def shoot(reel: Reel, path: Path) -> None:
    """Film a take into an MP4 file: H.264 and, unless it is silent, AAC in stereo."""
    with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as film:
        picture = add_picture(film, reel.size)
        track = add_sound(film) if reel.sound else None
        for index, frame in enumerate(frames(reel)):
            frame.pts = index
            film.mux(picture.encode(frame))
        film.mux(picture.encode(None))
        if track is not None:
            record(film, track, distort(sound(reel.words, reel.frames * RATE // FPS), reel.defects))


def add_picture(film: av.container.OutputContainer, size: tuple[int, int]) -> av.VideoStream:
    """Add the picture track: closed GOPs of a second, BT.709, one thread so that bytes repeat."""
    picture = film.add_stream("libx264", rate=FPS)
    picture.width, picture.height = size
    picture.pix_fmt = "yuv420p"
    picture.time_base = Fraction(1, FPS)
    context = picture.codec_context
    context.thread_count = 1
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = 1
    picture.options = {"preset": "superfast", "crf": "23", "x264-params": _X264}
    return picture


def add_sound(film: av.container.OutputContainer) -> av.AudioStream:
    """Add the audio track: AAC, 48 kHz, stereo."""
    track = film.add_stream("aac", rate=RATE, layout="stereo")
    track.bit_rate = 96_000
    track.options = {"aac_coder": "fast"}
    return track


def record(film: av.container.OutputContainer, track: av.AudioStream, samples: NDArray[np.float32]) -> None:
    """Encode sound, (2, samples), and put it in the film."""
    for start in range(0, samples.shape[1], RATE):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, start : start + RATE]), format="fltp", layout="stereo"
        )
        frame.sample_rate = RATE
        frame.pts = start
        film.mux(track.encode(frame))
    film.mux(track.encode(None))


def frames(reel: Reel) -> Iterator[av.VideoFrame]:
    """Yield the pictures of a take, the first the opening keyframe, the last the closing one."""
    opening = planes(reel.opening, reel.size)
    closing = planes(reel.closing, reel.size) if reel.closing is not None else None
    slate = _Slate(reel)
    for index in running_order(reel.frames, reel.defects):
        done = index / max(1, reel.frames - 1)
        mixed = opening if closing is None else _mix(opening, closing, done)
        zoom = 1 + 0.10 * (math.sin(math.pi * done) ** 2 if closing is not None else _ease(done))
        yield slate.burn(_frame(mixed, reel.size, zoom), reel.first_frame + index)


def planes(picture: Image.Image, size: tuple[int, int]) -> Planes:
    """Return a picture as Y, U and V planes, cropped to the frame's shape."""
    width, height = size
    scale = max(width / picture.width, height / picture.height)
    crop_width, crop_height = width / scale, height / scale
    left, top = (picture.width - crop_width) / 2, (picture.height - crop_height) / 2
    fitted = picture.resize(
        (width, height), Image.Resampling.BICUBIC, (left, top, left + crop_width, top + crop_height), reducing_gap=2.0
    )
    frame = av.VideoFrame.from_ndarray(np.asarray(fitted), format="rgb24").reformat(
        format="yuv420p", dst_colorspace="ITU709"
    )
    array = frame.to_ndarray()
    luma = array[:height]
    quarter = width * height // 4
    chroma = array[height:].reshape(-1)
    u, v = (chroma[i * quarter : (i + 1) * quarter].reshape(height // 2, width // 2) for i in (0, 1))
    return Image.fromarray(luma), Image.fromarray(u), Image.fromarray(v)


def _mix(opening: Planes, closing: Planes, done: float) -> Planes:
    """Return the picture on the way from one keyframe to the other; the middle third does the turning."""
    share = _ease(min(1.0, max(0.0, (done - 0.25) / 0.5)))
    if share in (0.0, 1.0):
        return closing if share else opening
    y, u, v = (Image.blend(a, b, share) for a, b in zip(opening, closing, strict=True))
    return y, u, v


def _ease(done: float) -> float:
    return done * done * (3 - 2 * done)


def _frame(mixed: Planes, size: tuple[int, int], zoom: float) -> NDArray[np.uint8]:
    """Return the frame the camera sees through these planes, as one (height * 3 / 2, width) array."""
    width, height = size
    frame = np.empty((height * 3 // 2, width), np.uint8)
    chroma = frame[height:].reshape(2, height // 2, width // 2)
    targets = (frame[:height], chroma[0], chroma[1])
    for plane, target in zip(mixed, targets, strict=True):
        half_width, half_height = plane.width / zoom / 2, plane.height / zoom / 2
        box = (
            plane.width / 2 - half_width,
            plane.height / 2 - half_height,
            plane.width / 2 + half_width,
            plane.height / 2 + half_height,
        )
        target[:] = plane.resize((target.shape[1], target.shape[0]), Image.Resampling.BILINEAR, box)
    return frame


class _Slate:
    """The strip at the bottom of every frame: badge, words, timecode."""

    def __init__(self, reel: Reel) -> None:
        self._reel = reel
        self._width, self._height = reel.size
        self._strip = strip_height(reel.size)
        self._letters = face(round(self._strip * 0.5))
        self._digit = max(1, round(self._letters.getlength("0")))
        self._room = self._digit * 11 + self._strip // 2
        self._luma = strip(self._width, self._strip, reel.badge, caption(reel.words), self._room)
        self._glyphs = {letter: self._glyph(letter) for letter in "0123456789:"}

    def _glyph(self, letter: str) -> NDArray[np.uint8]:
        return timecode_sign(letter, self._digit, self._strip)

    def burn(self, frame: NDArray[np.uint8], number: int) -> av.VideoFrame:
        """Put the strip on a frame and return it as film; the strip is grey, whatever is under it."""
        top, right = self._height - self._strip, self._width - self._strip // 2
        frame[top : self._height] = self._luma
        for place, letter in enumerate(reversed(timecode(number))):
            edge = right - place * self._digit
            frame[top : self._height, edge - self._digit : edge] = self._glyphs[letter]
        chroma = frame[self._height :].reshape(2, self._height // 2, self._width // 2)
        chroma[:, top // 2 :] = 128
        if self._reel.defects:
            done = (number - self._reel.first_frame) / self._reel.frames
            ruin(frame, self._width, self._height, done, self._reel.defects)
        made = av.VideoFrame.from_ndarray(frame, format="yuv420p")
        made.colorspace = made.color_range = _BT709
        return made


def timecode_sign(letter: str, width: int, height: int) -> NDArray[np.uint8]:
    """Return one sign of the timecode as luma, (height, width)."""
    picture = Image.new("L", (width, height), 18)
    face(round(height * 0.5)).write(ImageDraw.Draw(picture), (width / 2, height / 2), letter, 210, "mm")
    return np.asarray(picture)


def timecode(frame: int) -> str:
    """Return HH:MM:SS:FF of a frame counted from 0."""
    seconds, rest = divmod(frame, FPS)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}"
