"""The cut as an OpenTimelineIO timeline: every clip with all its takes, the chosen one active."""

from collections.abc import Callable, Mapping, Sequence
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
        sound: Whether it has any.
    """

    slate: str
    link: str
    frames: int
    sound: bool = True


def timeline(
    cut: Cut, takes: Mapping[str, Sequence[TakeFile]], notes: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Return the text of `cut.otio`.

    Picture and sound are a track each, from the same files; where a take is silent the sound has a gap. A gap in the
    cut becomes an OTIO gap with the reason in its metadata. A fade becomes a dissolve into the next clip, or a dissolve
    to black at the end. Every clip carries a marker with its shot's title, on the picture.

    Args:
        cut: The edit.
        takes: Every take of each shot, by shot id; the clip's own must be among them.
        notes: What was said of shots, by shot id: each becomes a marker of its own.

    Raises:
        ValueError: A clip's take is not among its shot's.
    """
    return str(otio.adapters.write_to_string(_sounding(cut, takes, notes or {}), "otio_json"))


def edit_list(cut: Cut, takes: Mapping[str, Sequence[TakeFile]]) -> str:
    """Return the cut as a CMX 3600 edit list: the takes on screen, with the files they come from."""
    whole = _whole(cut, takes, {})
    track = whole.tracks[0]
    if isinstance(track[-1], otio.schema.Transition):
        track.pop()  # an edit list knows no fade to black
    for clip in track:
        if isinstance(clip, otio.schema.Clip):
            clip.metadata["cmx_3600"] = {"reel": "".join(clip.media_reference.name.split("/")[-2:]).upper()}
            clip.markers.clear()
    return str(otio.adapters.write_to_string(whole, "cmx_3600", rate=cut.fps, style="nucoda"))


def final_cut(cut: Cut, takes: Mapping[str, Sequence[TakeFile]], notes: Mapping[str, Sequence[str]]) -> str:
    """Return the cut as Final Cut Pro 7 XML, which Premiere Pro and DaVinci Resolve read, sound beside the picture."""
    return str(otio.adapters.write_to_string(_sounding(cut, takes, notes), "fcp_xml"))


def _sounding(cut: Cut, takes: Mapping[str, Sequence[TakeFile]], notes: Mapping[str, Sequence[str]]) -> Any:
    """Return the whole cut, picture and sound; a silent film has none here either, the takes keep theirs."""
    whole = _whole(cut, takes, notes)
    if cut.sound:
        whole.tracks.append(
            _track("sound", otio.schema.TrackKind.Audio, cut, lambda clip: _heard(clip, cut.fps, takes))
        )
    return whole


def _whole(cut: Cut, takes: Mapping[str, Sequence[TakeFile]], notes: Mapping[str, Sequence[str]]) -> Any:
    """Return the picture of the whole cut."""
    whole = otio.schema.Timeline(cut.production, global_start_time=_time(0, cut.fps))
    whole.metadata["onereel"] = {"width": cut.width, "height": cut.height, "fps": cut.fps}
    video = otio.schema.TrackKind.Video
    whole.tracks.append(
        _track("picture", video, cut, lambda clip: _seen(clip, cut.fps, takes, notes.get(clip.shot, ())))
    )
    return whole


def _track(name: str, kind: str, cut: Cut, item: Callable[[Clip], Any]) -> Any:
    track = otio.schema.Track(name, kind=kind)
    for index, clip in enumerate(cut.clips):
        track.append(item(clip))
        if transition := _transition(cut, index):
            track.append(transition)
    return track


def _seen(clip: Clip, fps: int, takes: Mapping[str, Sequence[TakeFile]], notes: Sequence[str]) -> Any:
    """Return the picture of a clip, with all takes of its shot, or a gap."""
    references = {take.slate: _reference(take, fps) for take in takes.get(clip.shot, ())}
    if clip.media is not None and clip.slate not in references:
        raise ValueError(f"{clip.slate} is not among the takes of {clip.shot}: {', '.join(references) or 'none'}")
    item = _item(clip, fps, references)
    if clip.media is not None:
        item.markers.append(otio.schema.Marker(name=clip.title or clip.shot, marked_range=_point(fps)))
        red = otio.schema.MarkerColor.RED
        item.markers.extend(otio.schema.Marker(name=note, marked_range=_point(fps), color=red) for note in notes)
    return item


def _heard(clip: Clip, fps: int, takes: Mapping[str, Sequence[TakeFile]]) -> Any:
    """Return the sound of a clip, with all takes of its shot that have any, or a gap."""
    return _item(clip, fps, {take.slate: _reference(take, fps) for take in takes.get(clip.shot, ()) if take.sound})


def _item(clip: Clip, fps: int, references: Mapping[str, Any]) -> Any:
    """Return a clip that shows one of its files, or a gap where it has none."""
    shown = otio.opentime.TimeRange(_time(clip.skip_frames, fps), _time(clip.frames, fps))
    facts = {"onereel": clip.model_dump(mode="json", exclude={"title"})}
    if clip.media is None or clip.slate not in references:
        return otio.schema.Gap(name=clip.shot, source_range=shown, metadata=facts)
    item = otio.schema.Clip(name=clip.shot, source_range=shown, metadata=facts)
    item.set_media_references(dict(references), clip.slate)
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
