"""Captions from dialogue: WebVTT, timed by the cut."""

import pysubs2

from onereel.cut import Cut
from onereel.storyboard import Line, Storyboard

SECONDS_PER_WORD = 0.4
"""About 150 words a minute."""
SHORTEST = 1.0
LEAD = 0.4
"""Seconds into the shot the first line is shown."""


def captions(cut: Cut, storyboard: Storyboard) -> str:
    """Return WebVTT of all spoken lines, spread over their shots in order, never beyond them."""
    lines = {shot.id: shot.dialogue for shot in storyboard.shots}
    subtitles = pysubs2.SSAFile()
    for clip, start in zip(cut.clips, cut.starts, strict=True):
        if clip.media is not None:
            subtitles.events += _events(lines.get(clip.shot, ()), start / cut.fps, clip.frames / cut.fps)
    return subtitles.to_string("vtt")


def _events(lines: tuple[Line, ...], start: float, seconds: float) -> list[pysubs2.SSAEvent]:
    if not lines:
        return []
    wanted = [max(SHORTEST, SECONDS_PER_WORD * len(line.line.split())) for line in lines]
    scale = min(1.0, (seconds - min(LEAD, seconds / 4)) / sum(wanted))
    events, at = [], start + min(LEAD, seconds / 4)
    for line, length in zip(lines, wanted, strict=True):
        end = at + length * scale
        text = pysubs2.SSAEvent(start=round(at * 1000), end=round(end * 1000))
        text.plaintext = f"{line.speaker}: {line.line}"
        events.append(text)
        at = end
    return events
