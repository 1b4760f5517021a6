"""What can be copied of a take without decoding it: an index of its packets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from onereel.adapters.film import MAX_SECONDS, open_film
from onereel.adapters.h264 import LENGTH_SIZE, ParameterSets, heading
from onereel.adapters.sps import buffered_frames
from onereel.errors import FootageError

PROFILES = {66: "baseline", 77: "main", 100: "high"}
"""H.264 profiles our own frames can join, and their x264 names."""

PROGRESSIVE = (0, 1)  # AV_FIELD_UNKNOWN, AV_FIELD_PROGRESSIVE
SLACK = Fraction(1, 4)
"""How far a time stamp may lie beside its frame, in frames: MP4s with a 1/1000 s time base round."""


@dataclass(frozen=True)
class Kind:
    """What frames must share to lie in one stream: copies join only where all of it is equal.

    Attributes:
        avcc: The parameter sets, byte for byte.
        tags: Colour primaries, transfer, matrix and range, FFmpeg's numbers.
    """

    avcc: bytes
    width: int
    height: int
    tags: tuple[int, int, int, int]


@dataclass(frozen=True)
class Reel:
    """A take's packets, counted and ordered.

    Attributes:
        begins: Time of the first picture in the file, seconds.
        seconds: Length of the picture as the file states it.
        kind: None where nothing can be copied, for the reason in `why`.
        shown: Of each packet in decoding order, the number of its frame on screen.
        stamps: Of each packet in decoding order, its decoding time in the file's ticks.
        splits: Packets a copy may start at or stop before: IDR frames with nothing reaching across.
    """

    path: Path
    begins: Fraction
    seconds: Fraction
    kind: Kind | None
    why: str = ""
    shown: tuple[int, ...] = ()
    stamps: tuple[int, ...] = ()
    splits: tuple[int, ...] = ()

    @property
    def frames(self) -> int:
        """Frames that can be copied; 0 where none can."""
        return len(self.shown)

    def length(self, fps: int) -> int:
        """Return how many frames the take lasts at a rate."""
        return len(self.shown) or int(self.seconds * fps + Fraction(1, 2))

    @property
    def delay(self) -> int:
        """How many frames decoding runs ahead of the screen."""
        return max((at - shown for at, shown in enumerate(self.shown)), default=0)


@dataclass
class _Count:
    """The packets met so far."""

    pts: list[int] = field(default_factory=list)
    dts: list[int] = field(default_factory=list)
    idr: list[bool] = field(default_factory=list)


class _CannotCopyError(Exception):
    """The take is fine, but its packets cannot join others."""


def read_reel(path: Path, fps: int) -> Reel:
    """Index a take without decoding it.

    Args:
        path: The film.
        fps: Rate of the cut; a take at another rate cannot be copied.

    Raises:
        FootageError: Not a film, or without picture.
    """
    with open_film(path) as film:
        if not film.streams.video:
            raise FootageError(f"{path.name} holds no picture")
        picture = film.streams.video[0]
        base = picture.time_base or Fraction(1)
        begins, seconds = (picture.start_time or 0) * base, (picture.duration or 0) * base
        try:
            kind = _kind(picture)
            count = _count(film, picture, kind, MAX_SECONDS * fps)
            shown = _order(count.pts, base * fps)
            splits = _splits(shown, count.idr)
        except _CannotCopyError as why:
            return Reel(path, begins, seconds, None, str(why))
        return Reel(path, begins, seconds, kind, "", shown, tuple(count.dts), splits)


def copied(reel: Reel, first: int, stop: int) -> Iterator["av.Packet[VideoStream]"]:
    """Yield a reel's packets `first` to `stop - 1` in decoding order, as they lie in the file.

    Raises:
        FootageError: The file changed since it was indexed.
    """
    with open_film(reel.path) as film:
        picture = film.streams.video[0]
        if first:
            film.seek(reel.stamps[first], stream=picture)
        wanted = iter(reel.stamps[first:stop])
        due = next(wanted, None)
        for packet in film.demux(picture):
            if due is None:
                return
            if packet.dts is not None and packet.dts >= due:
                if packet.dts != due:
                    break
                yield packet
                due = next(wanted, None)
    if due is not None:
        raise FootageError(f"{reel.path.name} lost a packet at {due} since it was indexed")


def _kind(picture: VideoStream) -> Kind:
    """Return what this stream's frames share."""
    codec = picture.codec_context
    if codec.name != "h264" or codec.pix_fmt != "yuv420p" or codec.field_order not in PROGRESSIVE:
        raise _CannotCopyError(f"{codec.name} {codec.pix_fmt} is not progressive 4:2:0 H.264")
    if codec.sample_aspect_ratio not in (None, 0, 1):
        raise _CannotCopyError(f"pixels are {codec.sample_aspect_ratio} wide, not square")
    try:
        sets = ParameterSets.parse(codec.extradata or b"")
        for nal in sets.sps:
            buffered_frames(nal)
    except FootageError as error:
        raise _CannotCopyError(str(error)) from error
    if sets.profile not in PROFILES or sets.length_size != LENGTH_SIZE:
        raise _CannotCopyError(f"H.264 profile {sets.profile} with {sets.length_size}-byte lengths")
    tags = (codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range)
    return Kind(codec.extradata or b"", codec.width, codec.height, tags)


def _count(film: InputContainer, picture: VideoStream, kind: Kind, limit: int) -> _Count:
    sets = ParameterSets.parse(kind.avcc)
    known = {*sets.sps, *sets.pps}
    count = _Count()
    for packet in film.demux(picture):
        if packet.size == 0:
            continue
        if packet.pts is None or packet.dts is None or packet.is_discard or packet.is_corrupt:
            raise _CannotCopyError("packets without time, or hidden by an edit list")
        try:
            head = heading(memoryview(packet))
        except FootageError as error:
            raise _CannotCopyError(str(error)) from error
        if not known.issuperset(head.sets):
            raise _CannotCopyError("other parameter sets lie between the frames")
        count.pts.append(packet.pts)
        count.dts.append(packet.dts)
        count.idr.append(head.idr)
        if len(count.pts) > limit:
            raise FootageError(f"{film.name} goes on after {MAX_SECONDS} s")
    return count


def _order(pts: list[int], frames_per_tick: Fraction) -> tuple[int, ...]:
    """Return each packet's frame number; every frame must be there once, one frame apart."""
    times = [(stamp - min(pts)) * frames_per_tick for stamp in pts]
    shown = tuple(round(time) for time in times)
    if sorted(shown) != list(range(len(shown))):
        raise _CannotCopyError("frames are not evenly spaced at the rate of the cut")
    if any(abs(time - number) > SLACK for time, number in zip(times, shown, strict=True)):
        raise _CannotCopyError("frames lie beside the rate of the cut")
    return shown


def _splits(shown: tuple[int, ...], idr: list[bool]) -> tuple[int, ...]:
    """Return the IDR packets where everything before is shown before, and everything after, after."""
    reach = list(accumulate(shown, max, initial=-1))
    found = tuple(at for at, sync in enumerate(idr) if sync and shown[at] == at and reach[at] == at - 1)
    if not found or found[0] != 0:
        raise _CannotCopyError("the first frame is not an IDR frame")
    return found
