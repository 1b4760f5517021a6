"""Joining picture: copy the vendor's frames where we can, encode our own only beside the seams.

A vendor's frames and ours need different parameter sets. Ours take an id the vendor does not use, and the master's
one avcC box names both: every frame, copied or ours, finds its own. Joints lie only on IDR frames.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import av

from onereel.adapters.card import slate_card
from onereel.adapters.h264 import ParameterSets
from onereel.adapters.picture import House, Unit, black, blend, conform, encode, from_image, pictures
from onereel.adapters.reel import PROFILES, Kind, Reel
from onereel.adapters.sps import buffered_frames
from onereel.adapters.stamp import stamped
from onereel.cut import Clip, Cut, Treatment

DELAY_BY_BUFFER = {0: 0, 1: 0, 2: 1, 3: 1, 4: 2}
"""Longest re-ordering x264 can do in a buffer of so many frames; beyond 4, as 4."""


@dataclass(frozen=True)
class Span:
    """Frames `start` to `stop - 1` of a clip, all copied or all ours."""

    start: int
    stop: int
    copy: bool

    @property
    def frames(self) -> int:
        """Length in frames."""
        return self.stop - self.start


@dataclass(frozen=True)
class Splice:
    """How a cut's picture is made.

    Attributes:
        cut: What is shown.
        reels: One for each clip; None for a gap.
        house: How our own frames are encoded.
        avcc: The parameter sets of the whole master.
        delay: How many frames decoding runs ahead of the screen, the same all through.
        spans: For each clip, what is copied and what is ours, in screen order.
    """

    cut: Cut
    reels: tuple[Reel | None, ...]
    house: House
    avcc: bytes
    delay: int
    spans: tuple[tuple[Span, ...], ...]

    @property
    def treatments(self) -> tuple[Treatment, ...]:
        """What is done to each clip."""
        return tuple(
            _treatment(clip.media is None, spans) for clip, spans in zip(self.cut.clips, self.spans, strict=True)
        )

    @property
    def copied_frames(self) -> int:
        """Frames that stay as they are."""
        return sum(span.frames for spans in self.spans for span in spans if span.copy)

    def encoded(self, index: int) -> list[list[Unit]]:
        """Encode a clip's frames of ours, one list a span; opens its own files, safe in a thread."""
        return [encode(self.house, self._screen(index, span)) for span in self.spans[index] if not span.copy]

    def _screen(self, index: int, span: Span) -> Iterator[av.VideoFrame]:
        """Yield what is on screen while a span of a clip lasts."""
        lead, dark = self.cut.lead(index), self.cut.clips[index].frames - self.cut.blackout(index)
        frames = self._frames(index, span.start, span.stop)
        stamp = self.cut.clips[index].stamp
        fading = self._fading(index, span.start, min(lead, span.stop))
        for number, frame in enumerate(frames, span.start):
            shown = frame
            if number < lead and (before := next(fading, None)) is not None:
                shown = blend(before, shown, (number + 1) / (lead + 1))
            if number >= dark:
                shown = blend(shown, black(shown.width, shown.height), (number + 1 - dark) / self.cut.blackout(index))
            yield stamped(shown, stamp) if stamp else shown

    def _fading(self, index: int, start: int, stop: int) -> Iterator[av.VideoFrame]:
        """Yield the frames of the clip before that fade out over frames `start` to `stop - 1` of this one."""
        if start < stop:
            offset = self.cut.clips[index - 1].frames
            yield from self._frames(index - 1, offset + start, offset + stop)

    def _frames(self, index: int, start: int, stop: int) -> Iterator[av.VideoFrame]:
        reel = self.reels[index]
        if reel is None:
            card = from_image(slate_card(self.cut, self.cut.clips[index]), self.house)
            yield from (card for _ in range(start, stop))
            return
        skip = self.cut.clips[index].skip_frames
        before = [at for at in reel.splits if at <= start + skip]
        seek = reel.stamps[before[-1]] if before else None
        for frame in pictures(reel.path, start + skip, stop + skip, self.cut.fps, seek):
            yield conform(frame, self.house)


def splice(cut: Cut, reels: tuple[Reel | None, ...]) -> Splice:
    """Decide what of a cut is copied and what is encoded: the kind with the most frames is copied."""
    cut = _with_handles_there_are(cut, reels)
    kind = _majority(cut, reels)
    same = [reel for reel in reels if reel is not None and reel.kind == kind] if kind else []
    house = _house(cut, kind, max((reel.delay for reel in same), default=0))
    sets = house.parameter_sets()
    avcc = ParameterSets.parse(kind.avcc).joined(sets) if kind else _alone(sets)
    spans = tuple(
        _spans(
            reel if reel in same and not cut.clips[at].stamp else None, cut.clips[at], cut.lead(at), cut.blackout(at)
        )
        for at, reel in enumerate(reels)
    )
    return Splice(cut, reels, house, avcc, max(house.delay, max((reel.delay for reel in same), default=0)), spans)


def _with_handles_there_are(cut: Cut, reels: tuple[Reel | None, ...]) -> Cut:
    """Return the cut with dissolves no longer than the takes reach; a slate card reaches as far as asked."""
    clips = []
    for clip, reel in zip(cut.clips, reels, strict=True):
        spare = clip.handle_frames if reel is None else max(0, reel.length(cut.fps) - clip.skip_frames - clip.frames)
        clips.append(clip.model_copy(update={"handle_frames": min(clip.handle_frames, spare)}))
    return cut.model_copy(update={"clips": tuple(clips)})


def _majority(cut: Cut, reels: tuple[Reel | None, ...]) -> Kind | None:
    frames: Counter[Kind] = Counter()
    for clip, reel in zip(cut.clips, reels, strict=True):
        if reel and reel.kind and (reel.kind.width, reel.kind.height) == (cut.width, cut.height):
            frames[reel.kind] += clip.frames
    return frames.most_common(1)[0][0] if frames else None


def _house(cut: Cut, kind: Kind | None, delay: int) -> House:
    house = House(cut.width, cut.height, cut.fps)
    if kind is None:
        return house
    sets = ParameterSets.parse(kind.avcc)
    profile = PROFILES[sets.profile]
    buffer = max(buffered_frames(nal) for nal in sets.sps)
    most = 0 if profile == "baseline" else DELAY_BY_BUFFER.get(buffer, max(DELAY_BY_BUFFER.values()))
    return replace(
        house, profile=profile, set_id=sets.free_id(), delay=min(delay, most), buffer=max(1, buffer), tags=kind.tags
    )


def _alone(sets: ParameterSets) -> bytes:
    return sets.joined(replace(sets, sps=(), pps=()))


def _spans(reel: Reel | None, clip: Clip, lead: int, blackout: int) -> tuple[Span, ...]:
    """Cut a clip into copied and own spans: whole GOPs between the first and the last seam."""
    frames, skip = clip.frames, clip.skip_frames
    start, stop = _copyable(reel, skip + lead, skip + frames - blackout) if reel else (skip, skip)
    start, stop = start - skip, stop - skip
    if start >= stop:
        return (Span(0, frames, copy=False),)
    spans = (Span(0, start, copy=False), Span(start, stop, copy=True), Span(stop, frames, copy=False))
    return tuple(span for span in spans if span.frames)


def _copyable(reel: Reel, first: int, last: int) -> tuple[int, int]:
    """Return the longest copy between two frames of the take, or an empty one at the first."""
    starts = [at for at in reel.splits if at >= first]
    stops = [at for at in (*reel.splits, reel.frames) if at <= last]
    return (starts[0], stops[-1]) if starts and stops else (first, first)


def _treatment(gap: bool, spans: tuple[Span, ...]) -> Treatment:  # noqa: FBT001 - one caller, named there
    if gap:
        return "slate"
    copies = [span.copy for span in spans]
    return "copied" if all(copies) else "trimmed" if any(copies) else "conformed"
