"""Measures a film while it is decoded, at the cost of a few strided reads of its luma plane a frame."""

import math
from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from onereel.measures import Bars, Jump, Loop, Loudness, Measures, PictureMeasures

if TYPE_CHECKING:
    from typing_extensions import Buffer

Grid = NDArray[np.uint8]

QUARTERS: Final = 4
"""How often a second a frame is held against an earlier one."""

TENTHS: Final = 10
"""Levels of sound a second."""

LAG: Final = 2
"""Seconds between the two: a move too slow to be seen from one frame to the next adds up."""

_LINES: Final = 576
"""Lines a still is reduced to, at least, before its sharpness is measured: detail beyond them is grain."""

CELLS: Final = 60
"""Samples along the shorter side of the grid a frame is measured on."""

BATCH: Final = 48
"""Frames that are measured together."""

_COARSE: Final = 3
"""Every so many samples of the grid are kept of each frame: 36x20 for a landscape."""

_LIT, _WHITE, _DARK, _EVEN = 32, 235, 24, 4
_EVEN_PICTURE: Final = 0.2
"""Least difference between neighbouring pixels that movement is measured by: a blank picture moves nowhere."""

_EDGE_COLUMNS: Final = 0.6
_JUMP_CHANGE, _JUMP_TIMES, _JUMPS = 4.0, 3.0, 20
_LOOP_FRAMES: Final = 400
"""Most frames compared with one another for a loop: all pairs of them are."""
_BITS_8: Final = 8
_SILENCE: Final = -120.0


class Meter:
    """Looks at every frame and listens to every sample of one film."""

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._quarter = max(1, round(fps / QUARTERS))
        self._frames = self._held = 0
        self._batch: NDArray[np.uint8]
        """A grid a frame, the last one of the batch before in front."""
        self._brightest: Grid
        self._darkest: Grid
        self._change: list[NDArray[np.float64]] = []
        self._coarse: list[NDArray[np.uint8]] = []
        self._moved: list[float] = []
        self._earlier: deque[Grid] = deque(maxlen=QUARTERS * LAG)
        self._ear = _Ear()

    def look(self, frame: av.VideoFrame) -> None:
        """Measure a picture."""
        points = _points(frame)
        if not self._frames:
            self._batch = np.empty((1 + BATCH, *points.shape), np.uint8)
            self._batch[0] = points
            self._brightest, self._darkest = self._batch[0].copy(), self._batch[0].copy()
        self._held += 1
        grid = self._batch[self._held]
        grid[:] = points
        if self._frames % self._quarter == 0:
            if len(self._earlier) == self._earlier.maxlen:
                self._moved.append(_short(_apart(grid, self._earlier[0]) / max(_EVEN_PICTURE, sharpness(frame))))
            self._earlier.append(grid.copy())
        self._frames += 1
        if self._held == BATCH:
            self._add_up()

    def _add_up(self) -> None:
        """Measure the frames held, all at once: an operation on a grid takes less time than to ask for it."""
        grids, before = self._batch[1 : self._held + 1], self._batch[: self._held]
        apart = (np.maximum(grids, before) - np.minimum(grids, before)).reshape(self._held, -1)
        self._change.append(np.add.reduce(apart, axis=1, dtype=np.uint32) / apart.shape[1])
        np.maximum(self._brightest, grids.max(0), out=self._brightest)
        np.minimum(self._darkest, grids.min(0), out=self._darkest)
        self._coarse.append(grids[:, ::_COARSE, ::_COARSE].copy())
        self._batch[0] = self._batch[self._held]
        self._held = 0

    def listen(self, frame: av.AudioFrame) -> None:
        """Measure a piece of sound."""
        self._ear.listen(frame)

    def measures(self) -> Measures:
        """Return what was found."""
        if self._held:
            self._add_up()
        coarse, change = np.concatenate(self._coarse), np.concatenate(self._change)
        frames = coarse.reshape(len(coarse), -1)
        return Measures(
            fps=self._fps,
            luma=tuple(frames.mean(1).round().astype(int).tolist()),
            lit=_percent(frames >= _LIT),
            white=_percent(frames >= _WHITE),
            change=tuple(change.round(2).tolist()),
            moved=tuple(self._moved),
            jumps=self._jumps(coarse, change),
            loop=self._loop(frames),
            bars=_bars(self._brightest, self._darkest),
            sound=self._ear.loudness(),
        )

    def _jumps(self, coarse: NDArray[np.uint8], change: NDArray[np.float64]) -> tuple[Jump, ...]:
        half = max(2, round(self._fps / 2))
        found = []
        for at in np.flatnonzero(change >= _JUMP_CHANGE):
            around = np.concatenate([change[max(1, at - half) : at], change[at + 1 : at + 1 + half]])
            usual = float(np.median(around)) if len(around) else 0.0
            times = change[at] / max(usual, 0.25)
            if times >= _JUMP_TIMES:
                after = coarse[min(int(at) + 2, len(change) - 1)]
                alike = max(_correlation(coarse[at - 1], one) for one in (coarse[at], after))
                found.append(Jump(frame=int(at), change=_short(change[at]), times=_short(times), alike=_short(alike)))
        return tuple(sorted(sorted(found, key=lambda jump: -jump.change)[:_JUMPS], key=lambda jump: jump.frame))

    def _loop(self, frames: Grid) -> Loop | None:
        """Compare all pairs of frames, twelve a second; equal distances in time lie on one diagonal."""
        step = max(1, round(self._fps / 12), len(frames) // _LOOP_FRAMES)
        chosen = frames[::step].astype(np.float32)
        count, rate = len(chosen), self._fps / step
        shortest, longest = math.ceil(rate), count - math.ceil(rate)  # a second at least is repeated
        if longest <= shortest:
            return None
        squares = np.einsum("ij,ij->i", chosen, chosen)
        # Not `@`: for so small a product BLAS wakes all cores, which then spin for longer than it takes.
        alike = np.einsum("ij,kj->ik", chosen, chosen)
        apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * alike, 0) / chosen.shape[1])
        by_lag = np.array([apart.diagonal(lag).mean() for lag in range(shortest, longest + 1)])
        lag = int(np.flatnonzero(by_lag <= by_lag.min() * 1.25 + 0.05)[0])
        return Loop(
            seconds=round((lag + shortest) / rate, 3), difference=_short(by_lag[lag]), movement=_short(apart.mean())
        )


class _Ear:
    """Adds up sound, a second at a time."""

    def __init__(self) -> None:
        self._waiting = av.AudioFifo()
        self._shape = ("", "", 0)
        self._rate = self._values = self._rail = 0
        self._power = self._peak = 0.0
        self._tenths: list[float] = []

    def listen(self, frame: av.AudioFrame) -> None:
        shape = frame.format.name, frame.layout.name, frame.sample_rate
        if shape != self._shape:  # a queue takes one kind of sound
            self._add_up(self._waiting.read())
            self._waiting, self._shape, self._rate = av.AudioFifo(), shape, frame.sample_rate
        frame.pts = None  # a gap in the time stamps is not our worry, and the queue would refuse it
        self._waiting.write(frame)
        if self._waiting.samples >= self._rate:
            self._add_up(self._waiting.read(max(1, self._rate // TENTHS) * TENTHS))

    def loudness(self) -> Loudness | None:
        if self._rate:
            self._add_up(self._waiting.read())
        if not self._values:
            return None
        return Loudness(
            level=_decibel(self._power / self._values),
            peak=_decibel(self._peak**2),
            rail=round(self._rail / self._values, 6),
            tenths=tuple(self._tenths),
        )

    def _add_up(self, sound: av.AudioFrame | None) -> None:
        if sound is None:
            return
        wave, tenth = _wave(sound), max(1, self._rate // TENTHS)
        peak = max(float(wave.max()), -float(wave.min()))
        if peak >= 1.0:
            self._rail += int(np.count_nonzero(np.abs(wave) >= 1.0))
        self._peak = max(self._peak, peak)
        for start in range(0, wave.shape[1], tenth):
            part = wave[:, start : start + tenth]
            power = float(np.einsum("ij,ij->", part, part))
            self._tenths.append(_decibel(power / part.size))
            self._power += power
        self._values += wave.size


def _wave(frame: av.AudioFrame) -> NDArray[np.float32]:
    """Return sound as (channels, samples), full scale 1."""
    wave: NDArray[Any] = frame.to_ndarray()
    scale = 1.0 if wave.dtype.kind == "f" else float(np.iinfo(wave.dtype).max)
    return (wave / scale).astype(np.float32) if scale > 1 else wave.astype(np.float32, copy=False)


def sharpness(frame: av.VideoFrame) -> float:
    """Return how much neighbouring pixels differ, on average, in levels of luma.

    Grows with detail and with noise, and depends on the size of the picture: compare within a film.
    """
    rows = luma_of(frame)[:: max(1, frame.height // CELLS)]
    return _short(_apart(rows[:, 1:], rows[:, :-1]))


def measure_picture(image: Image.Image) -> PictureMeasures:
    """Return what a picture is like, turned upright and RGB."""
    factor = max(1, min(image.size) // _LINES)
    luma = np.asarray((image.reduce(factor) if factor > 1 else image).convert("L"))
    wide = luma.astype(np.int16)
    edges = 4 * wide[1:-1, 1:-1] - wide[:-2, 1:-1] - wide[2:, 1:-1] - wide[1:-1, :-2] - wide[1:-1, 2:]
    contrast = float(luma.std())
    # A decoder's black is 0, film's is 16; both are below what counts as dark.
    return PictureMeasures(
        contrast=_short(contrast), sharpness=_short(edges.std() / max(1.0, contrast)), bars=_bars(luma, luma)
    )


def luma_of(frame: av.VideoFrame) -> Grid:
    """Return the luma of a frame, (height, width), 8 bits; of planar 8-bit film without a copy."""
    if frame.format.name.startswith("yuv") and frame.format.components[0].bits == _BITS_8 and len(frame.planes) > 1:
        plane = frame.planes[0]
        rows: Grid = np.frombuffer(memoryview(cast("Buffer", plane)), np.uint8).reshape(-1, plane.line_size)
        return rows[: frame.height, : frame.width]
    grey: Grid = frame.to_ndarray(format="gray").astype(np.uint8, copy=False)
    return grey


def _points(frame: av.VideoFrame) -> Grid:
    # Points, not averages: five times cheaper, and what the eye calls still is still in every point.
    step = max(1, min(frame.width, frame.height) // CELLS)
    return luma_of(frame)[step // 2 :: step, step // 2 :: step]


def _apart(a: Grid, b: Grid) -> float:
    return float(np.add.reduce(np.maximum(a, b) - np.minimum(a, b), axis=None, dtype=np.uint32)) / a.size


def _percent(which: NDArray[np.bool_]) -> tuple[float, ...]:
    return tuple((100 * which.mean(1)).round(1).tolist())


def _correlation(a: Grid, b: Grid) -> float:
    one, other = (grid.astype(np.float32) - grid.mean() for grid in (a, b))
    norm = math.sqrt(float(np.vdot(one, one)) * float(np.vdot(other, other)))
    return float(np.vdot(one, other)) / norm if norm else 1.0


def _bars(brightest: Grid, darkest: Grid) -> Bars:
    even = (brightest <= _DARK) & (brightest - darkest <= _EVEN)
    top, bottom = _bar(even, brightest), _bar(even[::-1], brightest[::-1])
    left, right = _bar(even.T, brightest.T), _bar(even.T[::-1], brightest.T[::-1])
    return Bars(top=top, bottom=bottom, left=left, right=right)


def _bar(even: NDArray[np.bool_], brightest: Grid) -> float:
    """Return how deep the even black at the first rows is, if it ends in an edge across the picture."""
    rows: NDArray[np.bool_] = np.asarray(even.all(axis=1))
    deep = len(rows) if rows.all() else int(rows.argmin())
    beyond = brightest[deep + 1 : deep + 2]
    edge = beyond.size and float((beyond > _DARK).mean()) >= _EDGE_COLUMNS
    return round(deep / len(rows), 3) if edge else 0.0


def _decibel(power: float) -> float:
    return round(10 * math.log10(power), 1) if power > 10 ** (_SILENCE / 10) else _SILENCE


def _short(value: float) -> float:
    return round(float(value), 3)
