"""Film files: open them safely, decode them strictly, say what is in them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Stream
from av.video.reformatter import Colorspace
from PIL import Image

from onereel.errors import FootageError
from onereel.footage import Footage

MAX_PIXELS = 4096 * 2304
"""Largest picture we decode: above every camera's 4K, far below a decompression bomb."""

MAX_SECONDS = 600
"""Longest film we decode; the longest take a camera extends to is 148 s."""

MAX_FPS = 120
"""Fastest film we decode, pictures a second."""

STRICT = {"err_detect": "crccheck+bitstream+buffer+explode"}
"""Decoder options that turn damage into an error; by default FFmpeg conceals it and reports success."""

AUDIO_TOLERANCE = 0.1
"""How far sound may end from the picture, in seconds: a few AAC frames of 21 ms."""

THUMBS = 6
THUMB_WIDTH = 192
UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
HD_LINES = 720


@dataclass(frozen=True)
class Inspection:
    """What one pass over a film found.

    Attributes:
        footage: What was measured.
        first: The opening frame, PNG.
        last: The exact closing frame, PNG.
        thumbs: Up to `THUMBS` small pictures spread over the film, WebP, `THUMB_WIDTH` pixels wide.
    """

    footage: Footage
    first: bytes
    last: bytes
    thumbs: list[bytes]


@dataclass(frozen=True)
class Wanted:
    """What was ordered: the footage to compare with. Sizes in pixels."""

    seconds: float
    width: int
    height: int
    fps: float = 24.0
    sound: bool = True


@contextmanager
def open_film(path: Path) -> Iterator[InputContainer]:
    """Open an MP4 for reading; damage met while it is open is our error, not FFmpeg's.

    Only the MP4 demuxer is allowed: a playlist named .mp4 would make FFmpeg read other files and addresses.

    Raises:
        FootageError: Missing, not an MP4 film, or damaged.
    """
    try:
        with av.open(str(path), format="mp4", metadata_errors="replace") as film:
            yield film
    except av.error.FFmpegError as error:
        raise FootageError(f"{path.name} is not a film that can be read: {error.strerror}") from error


def verify(path: Path) -> Footage:
    """Decode every frame of a film and return what was found.

    Raises:
        FootageError: Not a film, without picture, truncated, corrupt, or beyond `MAX_PIXELS`, `MAX_SECONDS`.
    """
    return _Pass(path).run().footage()


def inspect(path: Path) -> Inspection:
    """Verify a film and take its stills, all from one decode.

    Raises:
        FootageError: As `verify`.
    """
    seen = _Pass(path, stills=True).run()
    return Inspection(seen.footage(), seen.first, _png(seen.last), seen.strip())


def check_footage(footage: Footage, wanted: Wanted) -> list[str]:
    """Compare footage with what was ordered; return what is wrong, in words and numbers.

    Length may differ by one frame, sound by `AUDIO_TOLERANCE` seconds.
    """
    found = []
    if (footage.width, footage.height) != (wanted.width, wanted.height):
        found.append(f"{footage.width}x{footage.height} pixels instead of {wanted.width}x{wanted.height}")
    if footage.fps != wanted.fps:
        found.append(f"{footage.fps:g} frames a second instead of {wanted.fps:g}")
    if abs(footage.seconds - wanted.seconds) > 1.001 / wanted.fps:
        found.append(f"{footage.seconds:.3f} s ({footage.frames} frames) instead of {wanted.seconds:.3f} s")
    if wanted.sound and not footage.audio_seconds:
        found.append("no sound")
    elif wanted.sound and abs(footage.audio_seconds - footage.seconds) > AUDIO_TOLERANCE:
        found.append(f"{footage.audio_seconds:.3f} s of sound for {footage.seconds:.3f} s of picture")
    return found


def still(frame: av.VideoFrame) -> Image.Image:
    """Return a decoded frame as RGB; HD without colour tags is BT.709, not swscale's BT.601."""
    if frame.colorspace == UNSPECIFIED and frame.height >= HD_LINES:
        return Image.fromarray(frame.to_ndarray(format="rgb24", src_colorspace=Colorspace.ITU709))
    return Image.fromarray(frame.to_ndarray(format="rgb24"))


def frame_at(path: Path, index: int = 0) -> Image.Image:
    """Return one frame of a film as RGB, counted from 0; the last one where the film is shorter.

    Raises:
        FootageError: There is no such picture to decode.
    """
    with open_film(path) as film:
        if not film.streams.video:
            raise FootageError(f"{path.name} holds no picture")
        _refuse_bombs(path, film)
        found = None
        for number, frame in enumerate(film.decode(video=0)):
            found = frame
            if number == index:
                break
    if found is None:
        raise FootageError(f"{path.name} holds no picture")
    return still(found)


def _refuse_bombs(path: Path, film: InputContainer) -> None:
    picture = film.streams.video[0]
    if picture.width * picture.height > MAX_PIXELS:
        raise FootageError(f"{path.name} is {picture.width}x{picture.height}; {MAX_PIXELS} pixels are allowed")
    seconds = (film.duration or 0) / av.time_base
    if seconds > MAX_SECONDS:
        raise FootageError(f"{path.name} lasts {seconds:.0f} s; {MAX_SECONDS} s are allowed")


def _png(frame: av.VideoFrame) -> bytes:
    target = io.BytesIO()
    still(frame).save(target, "PNG", compress_level=1)
    return target.getvalue()


def _webp(frame: av.VideoFrame) -> bytes:
    height = max(2, round(frame.height * THUMB_WIDTH / frame.width))
    target = io.BytesIO()
    still(frame).resize((THUMB_WIDTH, height), Image.Resampling.BOX).save(target, "WEBP", quality=70)
    return target.getvalue()


class _Pass:
    """One strict decode of a film, picture and sound."""

    def __init__(self, path: Path, *, stills: bool = False) -> None:
        self.path = path
        self.stills = stills
        self.frames = self.width = self.height = 0
        self.fps = Fraction(0)
        self.sound = Fraction(0)
        self.first = b""
        self.last: av.VideoFrame
        self.thumbs: list[bytes] = []

    def run(self) -> "_Pass":
        """Decode from end to end.

        Raises:
            FootageError: With the frame at which it failed.
        """
        try:
            with av.open(str(self.path), format="mp4", metadata_errors="replace") as film:
                promised = self._prepare(film)
                for packet in film.demux(*film.streams.video[:1], *film.streams.audio[:1]):
                    self._take(packet)
        except av.error.FFmpegError as error:
            raise FootageError(self._damage(error)) from error
        if not self.frames:
            raise FootageError(f"{self.path.name} holds no picture")
        if promised and self.frames != promised:
            raise FootageError(f"{self.path.name} is truncated: {self.frames} of {promised} frames")
        return self

    def footage(self) -> Footage:
        """Return the measurements."""
        return Footage(
            seconds=float(self.frames / self.fps),
            frames=self.frames,
            width=self.width,
            height=self.height,
            fps=float(self.fps),
            audio_seconds=round(float(self.sound), 6),
        )

    def strip(self) -> list[bytes]:
        """Return up to `THUMBS` of the thumbnails, evenly spread."""
        kept = min(THUMBS, len(self.thumbs))
        return [self.thumbs[k * len(self.thumbs) // kept] for k in range(kept)]

    def _prepare(self, film: InputContainer) -> int:
        if not film.streams.video:
            raise FootageError(f"{self.path.name} holds no picture")
        _refuse_bombs(self.path, film)
        picture = film.streams.video[0]
        self.width, self.height = picture.width, picture.height
        self.fps = picture.average_rate or Fraction(0)
        if not 0 < self.fps <= MAX_FPS:
            raise FootageError(f"{self.path.name} runs at {float(self.fps):g} frames a second")
        for stream in (*film.streams.video[:1], *film.streams.audio[:1]):
            stream.codec_context.options = STRICT
        return picture.frames

    def _take(self, packet: "av.Packet[Stream]") -> None:
        for frame in packet.decode():
            if isinstance(frame, av.VideoFrame):
                self._look(frame)
            elif isinstance(frame, av.AudioFrame):
                self.sound += Fraction(frame.samples, frame.sample_rate)

    def _look(self, frame: av.VideoFrame) -> None:
        if (frame.width, frame.height) != (self.width, self.height):
            size = f"from {self.width}x{self.height} to {frame.width}x{frame.height}"
            raise FootageError(f"{self.path.name} changes size {size} at frame {self.frames}")
        if self.frames >= MAX_SECONDS * self.fps:
            raise FootageError(f"{self.path.name} goes on after {MAX_SECONDS} s")
        if self.stills:
            self.last = frame
            if not self.frames:
                self.first = _png(frame)
            if self.frames % max(1, round(self.fps / 2)) == 0:
                self.thumbs.append(_webp(frame))
        self.frames += 1

    def _damage(self, error: av.error.FFmpegError) -> str:
        if not self.width:
            return f"{self.path.name} is not a film: {error.strerror}"
        return f"{self.path.name} is damaged after frame {self.frames}: {error.strerror}"
