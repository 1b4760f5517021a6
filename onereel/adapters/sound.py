"""Sound: decoded from the takes, fitted to the frame, joined without clicks, encoded once.

AAC is never copied: every clip hides 21 ms of priming, and 50 of them joined drift a second (measured).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from onereel.adapters.film import STRICT, open_film

Pcm = NDArray[np.float32]
"""Samples, (2, samples), from -1 to 1."""

RATE = 48_000
"""Samples a second."""

EDGE = RATE * 8 // 1000
"""Length of the fade at a straight cut: 8 ms, so that a joint does not click."""


@dataclass(frozen=True)
class Joint:
    """How a clip's sound meets its neighbours. All lengths in samples.

    Attributes:
        samples: Length on screen.
        handle: Sound beyond that, which fades out over the next clip.
        lead: Opening samples the clip before fades out over.
        blackout: Closing samples that fade away.
    """

    samples: int
    handle: int = 0
    lead: int = 0
    blackout: int = 0


def listen(path: Path, samples: int, begins: Fraction) -> Pcm:
    """Return a film's sound as 48 kHz stereo, exactly `samples` long; silence where there is none.

    Args:
        path: The film.
        samples: Length wanted.
        begins: Time of the first picture in the file, in seconds: sound is placed beside it.

    Raises:
        FootageError: The sound is damaged.
    """
    heard = silence(samples)
    with open_film(path) as film:
        if not film.streams.audio:
            return heard
        film.streams.audio[0].codec_context.options = STRICT
        at = None
        for frame in _frames(film.decode(film.streams.audio[0])):
            if at is None:
                at = round((_time(frame) - begins) * RATE)
            at = _place(heard, frame.to_ndarray().astype(np.float32, copy=False), at)
            if at >= samples:
                break
    return heard


def silence(samples: int) -> Pcm:
    """Return nothing to hear."""
    return np.zeros((2, samples), np.float32)


class Track:
    """One continuous sound track, laid clip by clip and encoded once."""

    def __init__(self, stream: AudioStream) -> None:
        self._stream = stream
        self._laid = 0
        self._fading = silence(0)

    def lay(self, heard: Pcm, joint: Joint) -> "list[av.Packet[AudioStream]]":
        """Add a clip: faded at its edges, the one before fading out over it.

        Args:
            heard: The clip's sound and its handle: `joint.samples + joint.handle` samples.
            joint: How it meets its neighbours.

        Returns:
            What is encoded so far and was not returned before, with its times.
        """
        sound = heard.copy()
        _rise(sound, joint.lead or EDGE)
        body, handle = sound[:, : joint.samples], sound[:, joint.samples :]
        if joint.blackout or not joint.handle:
            _fall(body, joint.blackout or EDGE)
        lead = min(self._fading.shape[1], joint.samples)
        body[:, :lead] += self._fading[:, :lead]
        _fall(handle, joint.handle)
        self._fading = handle
        return self._encode(np.clip(body, -1, 1))

    def end(self) -> "list[av.Packet[AudioStream]]":
        """Return the last packets."""
        return self._stream.encode(None)

    def _encode(self, sound: Pcm) -> "list[av.Packet[AudioStream]]":
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._laid, Fraction(1, RATE)
        self._laid += sound.shape[1]
        return self._stream.encode(frame)


def _frames(frames: Iterator[av.AudioFrame]) -> Iterator[av.AudioFrame]:
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    for frame in frames:
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _time(frame: av.AudioFrame) -> Fraction:
    return Fraction(frame.pts or 0) * (frame.time_base or Fraction(1, RATE))


def _place(heard: Pcm, sound: Pcm, at: int) -> int:
    """Write sound into its place, cropped at both ends; return where the next one goes."""
    start, stop = max(0, at), min(heard.shape[1], at + sound.shape[1])
    if start < stop:
        heard[:, start:stop] = sound[:, start - at : stop - at]
    return at + int(sound.shape[1])


def _rise(sound: Pcm, samples: int) -> None:
    size = min(samples, sound.shape[1])
    sound[:, :size] *= _curve(size)


def _fall(sound: Pcm, samples: int) -> None:
    size = min(samples, sound.shape[1])
    sound[:, sound.shape[1] - size :] *= _curve(size)[::-1]


def _curve(samples: int) -> NDArray[np.float32]:
    """Return an equal-power fade from 0 to 1."""
    return np.sin(np.linspace(0, np.pi / 2, samples, dtype=np.float32))
