"""An animatic's clip: keyframes moving as the camera is planned to, with title and captions, and a scratch tone."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from PIL import Image, ImageDraw

from onereel.adapters.captions import spoken
from onereel.adapters.card import PAPER
from onereel.adapters.sound import RATE, Pcm, silence
from onereel.storyboard import Line
from onereel.typeface import shortened, typeface, wrapped

TRAVEL: Final = 0.14
"""How much of the picture a move covers: enough to read as one, little enough not to swim."""
DISSOLVE: Final = 0.35
"""The share of a shot over which its opening gives way to its closing picture."""
TOWARDS = ("push", "dolly in", "zoom in", "track in", "closer", "approach")
AWAY = ("pull", "dolly out", "dolly back", "zoom out", "back away", "recede", "widen")
MOVES: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1), "rise": (0, -1), "crane": (0, -1)}
STATIC = ("static", "locked", "still", "fixed")
BLIP, VOICE = 1000.0, 260.0
"""Tones, hertz: at the head of every shot, and where somebody speaks."""


@dataclass(frozen=True)
class Sketch:
    """One shot of an animatic.

    Attributes:
        opening: The picture it opens on, PNG; closing: the one it closes on, if it has one.
        frames: Length.
        movement: How the camera is planned to move, in words.
        title: Said at the top.
        dialogue: Shown while it is spoken.
    """

    opening: bytes
    closing: bytes | None
    frames: int
    movement: str
    title: str
    dialogue: Sequence[Line]


def animate(sketch: Sketch, target: Path, size: tuple[int, int], fps: int) -> None:
    """Write a shot of an animatic as an MP4; equal sketches give equal bytes."""
    with av.open(str(target), "w", options={"movflags": "+faststart"}) as film:
        picture = film.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": "20"})
        picture.width, picture.height, picture.pix_fmt = *size, "yuv420p"
        picture.codec_context.thread_count = 1  # x264's output depends on it
        picture.codec_context.gop_size = fps
        sound = film.add_stream("aac", rate=RATE, layout="stereo")
        for number, image in enumerate(_pictures(sketch, size, fps)):
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            film.mux(picture.encode(frame))
        film.mux(picture.encode(None))
        heard = av.AudioFrame.from_ndarray(_tone(sketch, fps), format="fltp", layout="stereo")
        heard.sample_rate, heard.pts, heard.time_base = RATE, 0, Fraction(1, RATE)
        film.mux(sound.encode(heard))
        film.mux(sound.encode(None))


def _pictures(sketch: Sketch, size: tuple[int, int], fps: int) -> Iterator[Image.Image]:
    opening = Image.open(io.BytesIO(sketch.opening)).convert("RGB")
    closing = Image.open(io.BytesIO(sketch.closing)).convert("RGB") if sketch.closing else None
    lines = spoken(tuple(sketch.dialogue), 0.0, sketch.frames / fps)
    for number in range(sketch.frames):
        share = number / max(1, sketch.frames - 1)
        shown = _moved(opening, sketch.movement, share, size)
        if closing is not None and share > 1 - DISSOLVE:
            shown = Image.blend(shown, _moved(closing, "static", share, size), (share - 1 + DISSOLVE) / DISSOLVE)
        said = [words for start, end, words in lines if start <= number / fps < end]
        yield _lettered(shown, sketch.title, said[0] if said else "")


def _moved(image: Image.Image, movement: str, share: float, size: tuple[int, int]) -> Image.Image:
    """Return the part of a picture the camera sees at a share of the shot, at a size."""
    return image.resize(size, Image.Resampling.BILINEAR, box=window(movement, share, image.size))


def window(movement: str, share: float, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return which part of a picture is seen at a share (0 to 1) of a shot: left, top, right, bottom in pixels.

    Words without a known move drift in a little, so that a still is never taken for a frozen clip; static stays.
    """
    words, (width, height) = movement.lower(), size
    if any(word in words for word in STATIC):
        return (0, 0, width, height)
    eased = share * share * (3 - 2 * share)
    moves = [step for word, step in MOVES.items() if word in words]
    if moves:
        across, down = moves[0]
        room = (width * TRAVEL, height * TRAVEL)
        left = room[0] * (0.5 + across * (eased - 0.5))
        top = room[1] * (0.5 + down * (eased - 0.5))
        return (left, top, left + width - room[0], top + height - room[1])
    depth = TRAVEL * (1 - eased) if any(word in words for word in AWAY) else TRAVEL * eased
    if not any(word in words for word in (*TOWARDS, *AWAY)):
        depth /= 3
    return (width * depth / 2, height * depth / 2, width * (1 - depth / 2), height * (1 - depth / 2))


def _lettered(image: Image.Image, title: str, said: str) -> Image.Image:
    draw = ImageDraw.Draw(image, "RGBA")
    unit = min(image.size) / 100
    small, large, edge = typeface(max(9, round(4 * unit))), typeface(max(10, round(6 * unit))), round(4 * unit)
    room = image.width - 2 * edge
    plain = shortened(title, small, round(room * 0.6))
    draw.rectangle((0, edge - 3, edge + small.getlength(plain) + edge, edge + small.size * 1.4), fill=(0, 0, 0, 120))
    small.write(draw, (edge, edge), plain, PAPER)
    lines = wrapped(said, large, room, 2)
    top = image.height - edge - len(lines) * large.size * 1.3
    for number, line in enumerate(lines):
        at, wide = top + number * large.size * 1.3, large.getlength(line)
        left = (image.width - wide) / 2
        draw.rectangle((left - edge / 2, at - 2, left + wide + edge / 2, at + large.size * 1.25), fill=(0, 0, 0, 150))
        large.write(draw, (left, at), line, PAPER)
    return image


def _tone(sketch: Sketch, fps: int) -> Pcm:
    """Return a blip at the head of the shot, and a murmur for as long as somebody speaks."""
    samples = sketch.frames * RATE // fps
    heard = silence(samples)
    time = np.arange(samples, dtype=np.float32) / RATE
    heard += 0.12 * np.sin(2 * np.pi * BLIP * time) * (time < 0.08)  # noqa: PLR2004 - two frames: one hears the cut
    murmur = 0.06 * np.sin(2 * np.pi * VOICE * time) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time))
    for start, end, _ in spoken(tuple(sketch.dialogue), 0.0, sketch.frames / fps):
        heard += murmur * ((time >= start) & (time < end))
    return np.ascontiguousarray(heard.astype(np.float32))
