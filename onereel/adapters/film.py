"""Film files: open them safely, decode them strictly, say what is in them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.stream import Stream
from PIL import Image

from onereel.adapters.meter import Meter, sharpness
from onereel.adapters.preview import RATE, Preview
from onereel.adapters.stills import SMALL_WIDTH, THUMB_WIDTH, Reducer, png, still, webp
from onereel.credentials import Credentials, read_credentials
from onereel.errors import FootageError
from onereel.footage import Footage
from onereel.likeness import Sample, fingerprint
from onereel.measures import Measures

MAX_PIXELS = 4096 * 2304
"""Largest picture we decode: above every camera's 4K, far below a decompression bomb."""

MAX_SECONDS = 600
"""Longest film we decode; the longest take a camera extends to is 148 s."""

MAX_FPS = 120
"""Fastest film we decode, pictures a second."""

STRICT = {"err_detect": "crccheck+bitstream+buffer+explode"}
"""Decoder options that turn damage into an error; by default FFmpeg conceals it and reports success."""

THUMBS = 6

MAX_SAMPLES = 64
"""About how many frames of a long film are sampled; a short one's every half second."""


@dataclass(frozen=True)
class Inspection:
    """What one pass over a film found.

    Attributes:
        footage: What was measured.
        first: The opening frame, PNG.
        last: The exact closing frame, PNG.
        thumbs: Up to `THUMBS` small pictures spread over the film, WebP, `THUMB_WIDTH` pixels wide;
            the first `SMALL_WIDTH`.
        samples: What some frames look like, the first and the last among them.
        measures: What every frame looks and sounds like.
        preview: A small copy with all of the sound, MP4; empty where the film is as small already.
    """

    footage: Footage
    first: bytes
    last: bytes
    thumbs: list[bytes]
    samples: tuple[Sample, ...]
    measures: Measures
    preview: bytes


class Sent(NamedTuple):
    """What was found in a film as its camera sent it, and what it says of its own making."""

    inspection: Inspection
    credentials: Credentials


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
    return _Pass(path).run()


def inspect(path: Path) -> Inspection:
    """Verify a film and take everything from it that is wanted later, all from one decode.

    Raises:
        FootageError: As `verify`.
    """
    return _Inspection(path).inspection()


def inspect_sent(path: Path) -> Sent:
    """Inspect a film as its camera sent it, and read what it says of its own making.

    Raises:
        FootageError: As `verify`.
    """
    return Sent(inspect(path), read_credentials(path, "mp4"))


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


class _Pass:
    """One strict decode of a film, picture and sound."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frames = self.width = self.height = 0
        self.fps = Fraction(0)
        self.sound: Counter[int] = Counter()
        """Samples, by how many make a second."""

    def run(self) -> Footage:
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
        return Footage(
            seconds=float(self.frames / self.fps),
            frames=self.frames,
            width=self.width,
            height=self.height,
            fps=float(self.fps),
            audio_seconds=round(sum(samples / rate for rate, samples in self.sound.items()), 6),
        )

    def _prepare(self, film: InputContainer) -> int:
        if not film.streams.video:
            raise FootageError(f"{self.path.name} holds no picture")
        _refuse_bombs(self.path, film)
        picture = film.streams.video[0]
        self.width, self.height = picture.width, picture.height
        self.fps = picture.average_rate or Fraction(0)
        if not 0 < self.fps <= MAX_FPS:
            raise FootageError(f"{self.path.name} runs at {float(self.fps):g} frames a second")
        self.most = MAX_SECONDS * self.fps.numerator / self.fps.denominator
        for stream in (*film.streams.video[:1], *film.streams.audio[:1]):
            stream.codec_context.options = STRICT
        return picture.frames

    def _take(self, packet: "av.Packet[Stream]") -> None:
        for frame in packet.decode():
            if isinstance(frame, av.VideoFrame):
                self._look(frame)
                self.frames += 1
            elif isinstance(frame, av.AudioFrame):
                self.sound[frame.sample_rate] += frame.samples
                self._listen(frame)

    def _look(self, frame: av.VideoFrame) -> None:
        if (frame.width, frame.height) != (self.width, self.height):
            size = f"from {self.width}x{self.height} to {frame.width}x{frame.height}"
            raise FootageError(f"{self.path.name} changes size {size} at frame {self.frames}")
        if self.frames >= self.most:
            raise FootageError(f"{self.path.name} goes on after {MAX_SECONDS} s")

    def _listen(self, frame: av.AudioFrame) -> None:
        """Nothing to hear here."""

    def _damage(self, error: av.error.FFmpegError) -> str:
        if not self.width:
            return f"{self.path.name} is not a film: {error.strerror}"
        return f"{self.path.name} is damaged after frame {self.frames}: {error.strerror}"


class _Inspection(_Pass):
    """The same decode, with everything taken from it that is wanted later."""

    first = b""
    last: av.VideoFrame
    preview: Preview | None = None

    def inspection(self) -> Inspection:
        """Decode from end to end and return what was found.

        Raises:
            FootageError: As `run`.
        """
        footage = self.run()
        if (self.frames - 1) % self.every:
            self._sample(self.last, self.reducer.small(self.last), self.frames - 1)
        return Inspection(
            footage=footage,
            first=self.first,
            last=png(self.last) if self.frames > 1 else self.first,
            thumbs=list(self._thumbs()),
            samples=tuple(self._samples()),
            measures=self.meter.measures(),
            preview=self.preview.finish() if self.preview is not None else b"",
        )

    def _samples(self) -> Iterator[Sample]:
        # At the end, one after the other: between two frames of the decode it takes longer.
        for at, sharp, small in self.seen:
            yield Sample(seconds=at, sharpness=sharp, fingerprint=fingerprint(self.reducer.picture(small, self.last)))

    def _thumbs(self) -> Iterator[bytes]:
        kept = min(THUMBS, len(self.seen))
        for k in range(kept):
            _, _, small = self.seen[k * len(self.seen) // kept]
            # The first stands for the take on a run's page.
            yield webp(self.reducer.picture(small, self.last, THUMB_WIDTH if k else small.width))

    def _prepare(self, film: InputContainer) -> int:
        promised = super()._prepare(film)
        self.meter = Meter(float(self.fps))
        self.reducer = Reducer()
        self.seen: list[tuple[float, float, av.VideoFrame]] = []
        """What is sampled: when, how sharp, and small."""
        self.step = max(1, round(self.fps / RATE))
        self.every = self.step * max(1, round(self.fps / 2 / self.step), promised // MAX_SAMPLES // self.step)
        if self.width > SMALL_WIDTH:
            self.preview = Preview(film, self.fps / self.step)
        return promised

    def _take(self, packet: "av.Packet[Stream]") -> None:
        super()._take(packet)
        if self.preview is not None and packet.stream.type == "audio":
            self.preview.listen(packet)

    def _look(self, frame: av.VideoFrame) -> None:
        super()._look(frame)
        self.last = frame
        if not self.frames:
            self.first = png(frame)
        self.meter.look(frame)
        if self.frames % self.step == 0 and (self.preview is not None or self.frames % self.every == 0):
            self._reduce(frame)

    def _reduce(self, frame: av.VideoFrame) -> None:
        small = self.reducer.small(frame)
        if self.frames % self.every == 0:
            self._sample(frame, small, self.frames)
        if self.preview is not None:
            self.preview.look(small)

    def _sample(self, frame: av.VideoFrame, small: av.VideoFrame, number: int) -> None:
        self.seen.append((round(float(number / self.fps), 3), sharpness(frame), small))

    def _listen(self, frame: av.AudioFrame) -> None:
        self.meter.listen(frame)
