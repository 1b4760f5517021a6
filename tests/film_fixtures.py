"""Real little films: every frame carries its own number in its luma, every second a click."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

BITS = 10
FPS = 24


@dataclass(frozen=True)
class Recipe:
    """How a test film is encoded; the defaults are a well-behaved vendor's."""

    frames: int = 96
    first: int = 0
    width: int = 160
    height: int = 96
    fps: int = FPS
    x264: str = "keyint=24:min-keyint=24:scenecut=0"
    preset: str = "veryfast"
    crf: str = "20"
    codec: str = "libx264"
    profile: str = ""
    sound: bool = True
    rate: int = 48_000
    layout: str = "stereo"
    tagged: bool = True
    tone: int = 440
    late: int = 0


def numbered(number: int, width: int, height: int) -> av.VideoFrame:
    """Draw a frame that says its number: the top half in blocks of black and white, the rest moves."""
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = 60 + (np.arange(width) + np.arange(height)[:, None] + 5 * number) % 128
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        planes[: height // 2, left:right] = 235 if number >> bit & 1 else 16
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def read_number(frame: av.VideoFrame) -> int:
    """Read the number drawn by `numbered`, at any size."""
    luma = frame.to_ndarray(format="gray")
    height, width = luma.shape
    return sum(
        1 << bit
        for bit in range(BITS)
        if luma[
            height // 6 : height // 3, (4 * bit + 1) * width // (4 * BITS) : (4 * bit + 3) * width // (4 * BITS)
        ].mean()
        > 126
    )


def clicks(frames: int, recipe: Recipe) -> np.ndarray:
    """Half a second into every second a click; in between a quiet tone."""
    channels = 1 if recipe.layout == "mono" else 2
    samples = frames * recipe.rate // recipe.fps
    time = np.arange(samples) / recipe.rate
    wave = 0.05 * np.sin(2 * np.pi * recipe.tone * time)
    for second in range(frames // recipe.fps + 1):
        at = second * recipe.rate + recipe.rate // 2
        wave[at : at + recipe.rate // 200] = 0.9
    return np.stack([wave.astype(np.float32)] * channels)


def film(path: Path, **recipe: object) -> Path:
    """Film a test clip; what is not said is as `Recipe` has it."""
    path.write_bytes(_filmed(Recipe(**recipe)))
    return path


@cache
def _filmed(recipe: Recipe) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "take.mp4"
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as out:
            picture = _picture_stream(out, recipe)
            sound = None
            if recipe.sound:
                sound = out.add_stream("aac", rate=recipe.rate, layout=recipe.layout, options={"aac_coder": "fast"})
            _film_picture(out, picture, recipe)
            if sound is not None:
                _film_sound(out, sound, recipe)
        return path.read_bytes()


def _picture_stream(out, recipe: Recipe):
    options = {"preset": recipe.preset, "crf": recipe.crf, "x264-params": recipe.x264}
    if recipe.profile:
        options["profile"] = recipe.profile
    picture = out.add_stream(recipe.codec, rate=recipe.fps, width=recipe.width, height=recipe.height)
    picture.pix_fmt = "yuv420p"
    picture.time_base = Fraction(1, recipe.fps * 512)
    codec = picture.codec_context
    codec.thread_count = 1
    codec.options = options if recipe.codec == "libx264" else {}
    if recipe.tagged:
        codec.color_primaries = codec.color_trc = codec.colorspace = codec.color_range = 1
    return picture


def _film_picture(out, picture, recipe: Recipe) -> None:
    for number in range(recipe.frames):
        frame = numbered(recipe.first + number, recipe.width, recipe.height)
        frame.pts, frame.time_base = number + recipe.late, Fraction(1, recipe.fps)
        out.mux(picture.encode(frame))
    out.mux(picture.encode(None))


def _film_sound(out, sound, recipe: Recipe) -> None:
    wave = clicks(recipe.frames, recipe)
    for at in range(0, wave.shape[1], 1024):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(wave[:, at : at + 1024]), format="fltp", layout=recipe.layout
        )
        frame.sample_rate, frame.pts, frame.time_base = recipe.rate, at, Fraction(1, recipe.rate)
        out.mux(sound.encode(frame))
    out.mux(sound.encode(None))


def decode_strictly(path: Path) -> list[av.VideoFrame]:
    """Decode every picture with FFmpeg's severest settings; damage raises."""
    with av.open(str(path)) as opened:
        opened.streams.video[0].codec_context.options = {"err_detect": "crccheck+bitstream+buffer+explode"}
        return list(opened.decode(video=0))


def numbers(path: Path) -> list[int]:
    """Return the number of every frame of a film, in screen order."""
    return [read_number(frame) for frame in decode_strictly(path)]


def heard(path: Path) -> np.ndarray:
    """Return a film's first channel, decoded."""
    with av.open(str(path)) as opened:
        return np.concatenate([frame.to_ndarray()[0] for frame in opened.decode(audio=0)])
