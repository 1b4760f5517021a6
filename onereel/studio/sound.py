"""The sound of a rehearsal: a quiet tone and room noise of its own for every shot, and pips where people speak."""

import hashlib
import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 48_000
"""Samples a second."""

_PIP: Final = 880.0
_SPOKEN: Final = re.compile(r"[\"“”«»]|\bsays?\b|\bdialogue\b", re.IGNORECASE)


def sound(words: str, samples: int, start: int = 0) -> NDArray[np.float32]:
    """Return stereo sound, (2, samples), between -1 and 1; the same words always sound the same.

    Args:
        words: Choose the chord and the room; quoted speech adds a soft pip every second.
        samples: How many to return.
        start: How many have gone before, so that an extension goes on without a click.
    """
    digest = hashlib.sha256(words.encode()).digest()
    root = 55.0 * 2 ** (digest[0] % 12 / 12)
    clock = (np.arange(start, start + samples, dtype=np.float64) / RATE).astype(np.float64)
    drone = np.zeros(samples)
    for share, gain in ((1, 0.030), (1.5, 0.018), (2 + digest[1] % 3 / 4, 0.010)):
        drone += gain * np.sin(2 * np.pi * root * share * clock)
    drone *= 1 + 0.3 * np.sin(2 * np.pi * 0.11 * clock + digest[2])
    room = np.random.default_rng(list(digest)).standard_normal((2, samples)).astype(np.float32) * 0.004
    if _SPOKEN.search(words):
        beat = clock % 1.0
        drone += 0.05 * np.sin(2 * np.pi * _PIP * clock) * np.exp(-beat * 18) * (beat < 0.3)  # noqa: PLR2004
    fade = np.minimum(1.0, np.arange(samples) / 480) if start == 0 else 1.0
    return np.clip((drone * fade).astype(np.float32) + room, -1, 1)
