"""The cut as an OpenTimelineIO timeline: every clip with all its takes, the chosen one active."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import opentimelineio as otio

from onereel.cut import Clip, Cut

DISSOLVE = otio.schema.TransitionTypes.SMPTE_Dissolve


@dataclass(frozen=True)
class TakeFile:
    """A take as the timeline links it.

    Attributes:
        slate: Which take: "lighthouse/s010/t02".
        link: Path of its film, relative to the timeline's folder, with forward slashes.
        frames: Length of the film at the cut's rate.
    """

    slate: str
    link: str
    frames: int


def timeline(cut: Cut, takes: Mapping[str, Sequence[TakeFile]]) -> str:
    """Return the text of `cut.otio`.

    A gap becomes an OTIO gap with the reason in its metadata. A fade becomes a dissolve into the next clip, or a
    dissolve to black at the end. Every clip carries a marker with its shot's title.

    Args:
        cut: The edit.
        takes: Every take of each shot, by shot id; the clip's own must be among them.

    Raises:
        ValueError: A clip's take is not among its shot's.
    """
    track = otio.schema.Track("picture", kind=otio.schema.TrackKind.Video)
    for index, clip in enumerate(cut.clips):
        track.append(_item(clip, cut.fps, takes))
        if transition := _transition(cut, index):
            track.append(transition)
    whole = otio.schema.Timeline(cut.production, global_start_time=_time(0, cut.fps))
    whole.metadata["onereel"] = {"width": cut.width, "height": cut.height, "fps": cut.fps}
    whole.tracks.append(track)
    return str(otio.adapters.write_to_string(whole, "otio_json"))


def _item(clip: Clip, fps: int, takes: Mapping[str, Sequence[TakeFile]]) -> Any:
    """Return a clip with its takes, or a gap."""
    shown = otio.opentime.TimeRange(_time(clip.skip_frames, fps), _time(clip.frames, fps))
    facts = {"onereel": clip.model_dump(mode="json", exclude={"title"})}
    if clip.media is None:
        return otio.schema.Gap(name=clip.shot, source_range=shown, metadata=facts)
    item = otio.schema.Clip(name=clip.shot, source_range=shown, metadata=facts)
    references = {take.slate: _reference(take, fps) for take in takes.get(clip.shot, ())}
    if clip.slate not in references:
        raise ValueError(f"{clip.slate} is not among the takes of {clip.shot}: {', '.join(references) or 'none'}")
    item.set_media_references(references, clip.slate)
    item.markers.append(otio.schema.Marker(name=clip.title or clip.shot, marked_range=_point(fps)))
    return item


def _reference(take: TakeFile, fps: int) -> Any:
    available = otio.opentime.TimeRange(_time(0, fps), _time(take.frames, fps))
    reference = otio.schema.ExternalReference(target_url=take.link, available_range=available)
    reference.name = take.slate
    return reference


def _transition(cut: Cut, index: int) -> Any:
    """Return the fade after a clip, if there is one; its centre is the seam the timeline knows."""
    clip = cut.clips[index]
    into = cut.blackout(index)
    out = cut.lead(index + 1) if index + 1 < len(cut.clips) else 0
    if not into and not out:
        return None
    name = f"fade from {clip.shot}"
    return otio.schema.Transition(name, DISSOLVE, in_offset=_time(into, cut.fps), out_offset=_time(out, cut.fps))


def _time(frames: int, fps: int) -> Any:
    return otio.opentime.RationalTime(frames, fps)


def _point(fps: int) -> Any:
    return otio.opentime.TimeRange(_time(0, fps), _time(0, fps))
