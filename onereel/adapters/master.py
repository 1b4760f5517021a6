"""Assembling: a cut rendered into one master film."""

import heapq
import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import lcm
from pathlib import Path
from typing import Any, TypeVar

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from onereel.adapters.picture import Unit
from onereel.adapters.reel import Reel, copied, read_reel
from onereel.adapters.sound import RATE, Joint, Pcm, Track, listen, silence
from onereel.adapters.splice import Splice, splice
from onereel.cut import Assembly, Cut
from onereel.errors import FootageError

Given = TypeVar("Given")
Made = TypeVar("Made")

WORKERS = 2
AHEAD = 3
"""Clips prepared before they are needed: bounds the memory, whatever the length of the cut."""

TICKS = 512
"""Ticks a frame in the master's time base: 1/12288 s at 24 frames a second."""

AUDIO_BITS = 192_000


@dataclass(frozen=True)
class _Prepared:
    """A clip made ready: its frames of ours, a list a span, and its sound with the handle."""

    index: int
    units: list[list[Unit]]
    sound: Pcm
    joint: Joint


def assemble(cut: Cut, paths: Mapping[str, Path], target: Path, *, title: str = "", label: str = "") -> Assembly:
    """Render a cut to a master: H.264 and AAC in an MP4 that starts playing while it loads.

    Vendor frames are copied wherever they can be; equal input gives equal bytes. The file appears at `target`
    only when it is whole.

    Args:
        cut: The edit.
        paths: Where each take's film lies, by SHA-256.
        target: Where to write the master.
        title: The film's, for its metadata; empty: the production's name.
        label: Said of the film there: "AI-generated".

    Raises:
        FootageError: A take is missing, damaged, or shorter than the cut shows.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        with ThreadPoolExecutor(WORKERS) as pool:
            plan = splice(cut, _reels(cut, paths, pool))
            _write(plan, part, pool, title or cut.production, label)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return Assembly(
        frames=cut.frames,
        seconds=cut.seconds,
        copied_frames=plan.copied_frames,
        encoded_frames=cut.frames - plan.copied_frames,
        clips=plan.treatments,
    )


def _reels(cut: Cut, paths: Mapping[str, Path], pool: ThreadPoolExecutor) -> tuple[Reel | None, ...]:
    """Index every take once, and see that it is long enough."""
    digests = {clip.media.sha256: clip.slate for clip in cut.clips if clip.media}
    missing = [slate for digest, slate in digests.items() if digest not in paths]
    if missing:
        raise FootageError(f"no film was given for {', '.join(missing)}")
    read = pool.map(lambda digest: read_reel(paths[digest], cut.fps), digests)
    found = dict(zip(digests, read, strict=True))
    reels = tuple(found[clip.media.sha256] if clip.media else None for clip in cut.clips)
    for clip, reel in zip(cut.clips, reels, strict=True):
        if reel and reel.length(cut.fps) < clip.skip_frames + clip.frames:
            have = reel.length(cut.fps) - clip.skip_frames
            raise FootageError(f"{clip.slate or clip.shot} has {have} frames; the cut shows {clip.frames}")
    return reels


def _write(plan: Splice, part: Path, pool: ThreadPoolExecutor, title: str, label: str) -> None:
    try:
        with (
            av.open(io.BytesIO(plan.house.leader())) as leader,
            av.open(str(part), "w", format="mp4", options=_muxing(plan.cut)) as master,
        ):
            picture, sound = _streams(master, leader.streams.video[0], plan)
            _describe(master, plan.cut, title, label)
            # Both encoders must be open before two threads use them; muxing would open them.
            master.start_encoding()
            for packet in _packets(plan, picture, sound, pool):
                master.mux(packet)
    except av.error.FFmpegError as error:
        raise FootageError(f"{part.name} cannot be written: {error.strerror}") from error


def _muxing(cut: Cut) -> dict[str, str]:
    # By default the film's own clock ticks in milliseconds, and its length would be rounded to them.
    clock = lcm(RATE, cut.fps)
    return {
        "movflags": "+faststart",
        "video_track_timescale": str(cut.fps * TICKS),
        "movie_timescale": str(clock),
    }


def _streams(master: OutputContainer, leader: VideoStream, plan: Splice) -> tuple[VideoStream, AudioStream]:
    picture = master.add_stream_from_template(leader)
    picture.codec_context.extradata = plan.avcc
    picture.time_base = Fraction(1, plan.cut.fps * TICKS)
    sound = master.add_stream("aac", rate=RATE, layout="stereo", bit_rate=AUDIO_BITS)
    # The fast coder costs half of the default; at this rate the difference is small.
    sound.codec_context.options = {"aac_coder": "fast"}
    return picture, sound


def _describe(master: OutputContainer, cut: Cut, title: str, label: str) -> None:
    master.metadata["title"] = title
    master.metadata["comment"] = ". ".join(filter(None, (label, "Made with onereel")))
    master.set_chapters(
        [
            {
                "id": number,
                "start": start,
                "end": start + clip.frames,
                "time_base": Fraction(1, cut.fps),
                "metadata": {"title": f"{clip.shot} {clip.title}".strip()},
            }
            for number, (start, clip) in enumerate(zip(cut.starts, cut.clips, strict=True))
        ]
    )


def _prepare(plan: Splice, index: int) -> _Prepared:
    """Do a clip's own work: encode what must be, decode its sound. Runs in a thread."""
    cut, reel = plan.cut, plan.reels[index]
    edges = [start * RATE // cut.fps for start in (*cut.starts, cut.frames)]
    samples = edges[index + 1] - edges[index]
    following = cut.lead(index + 1) if index + 1 < len(cut.clips) else 0
    joint = Joint(
        samples,
        handle=following * RATE // cut.fps,
        lead=cut.lead(index) * RATE // cut.fps,
        blackout=cut.blackout(index) * RATE // cut.fps,
    )
    whole = samples + joint.handle
    skipped = Fraction(cut.clips[index].skip_frames, cut.fps)
    heard = reel if cut.sound else None
    sound = listen(heard.path, whole, heard.begins + skipped) if heard else silence(whole)
    return _Prepared(index, plan.encoded(index), sound, joint)


def _packets(
    plan: Splice, picture: VideoStream, sound: AudioStream, pool: ThreadPoolExecutor
) -> Iterator["av.Packet[Any]"]:
    """Yield the master's packets in the order they are written.

    Sound is the costliest part of most cuts and has to be encoded in order: it gets a thread of its own.
    """
    track, base = Track(sound), 0
    with ThreadPoolExecutor(1) as sounding:
        prepared = _ahead(pool, partial(_prepare, plan), range(len(plan.cut.clips)))
        laid = _ahead(sounding, lambda clip: (clip, track.lay(clip.sound, clip.joint)), prepared)
        for clip, heard in laid:
            seen = _pictures(plan, clip, base, picture)
            yield from heapq.merge(seen, heard, key=partial(_moment, fps=plan.cut.fps))
            base += plan.cut.clips[clip.index].frames
        yield from track.end()


def _ahead(pool: ThreadPoolExecutor, make: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
    """Yield what is made of each thing in order, a few made ahead of need."""
    waiting: deque[Future[Made]] = deque()
    for one in given:
        waiting.append(pool.submit(make, one))
        if len(waiting) > AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _pictures(plan: Splice, clip: _Prepared, base: int, stream: VideoStream) -> Iterator["av.Packet[Any]"]:
    """Yield a clip's pictures in decoding order, one frame apart, at a constant delay; `base` is its first frame."""
    ours, number, tick = iter(clip.units), base, Fraction(1, plan.cut.fps)
    for span in plan.spans[clip.index]:
        source = _copies(plan, clip.index, span.start, span.stop) if span.copy else _own(next(ours))
        for shown, packet in source:
            packet.stream, packet.time_base, packet.duration = stream, tick, 1
            packet.pts, packet.dts = base + span.start + shown, number - plan.delay
            number += 1
            yield packet
        if number != base + span.stop:
            raise FootageError(f"{plan.cut.clips[clip.index].shot} became {number - base} frames, not {span.stop}")


def _copies(plan: Splice, index: int, start: int, stop: int) -> Iterator[tuple[int, "av.Packet[Any]"]]:
    reel = plan.reels[index]
    if reel is not None:
        first, last = (edge + plan.cut.clips[index].skip_frames for edge in (start, stop))
        yield from zip((shown - first for shown in reel.shown[first:last]), copied(reel, first, last), strict=True)


def _own(units: list[Unit]) -> Iterator[tuple[int, "av.Packet[Any]"]]:
    for unit in units:
        packet = av.Packet(unit.data)
        packet.is_keyframe = unit.sync
        yield unit.shown, packet


def _moment(packet: "av.Packet[Any]", fps: int) -> int:
    """Return when a packet is needed, in samples: the order the two streams are written in."""
    if isinstance(packet.stream, VideoStream):
        return (packet.dts or 0) * RATE // fps
    return packet.dts or 0
