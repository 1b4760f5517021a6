"""Captions from dialogue: WebVTT, timed by the cut."""

import html
from collections.abc import Callable, Mapping

import pysubs2

from onereel.coverage import Coverage
from onereel.cut import Cut
from onereel.prompts import in_pieces
from onereel.storyboard import Line, Storyboard

Pieces = Mapping[str, tuple[int, ...]]
"""Seconds of the first clip and of each extension, by slate of the take; one that is not named is one piece."""

SECONDS_PER_WORD = 0.4
"""About 150 words a minute."""
SHORTEST = 1.0
LEAD = 0.4
"""Seconds into the shot the first line is shown."""


def captions(cut: Cut, storyboard: Storyboard, pieces: Pieces) -> str:
    """Return WebVTT of all spoken lines, each in the piece of its shot that was asked for it, never beyond the shot."""
    return _timed(cut, storyboard, pieces, _shown).to_string("vtt")


def subrip(cut: Cut, storyboard: Storyboard, pieces: Pieces) -> str:
    """Return the same captions as SubRip (SRT), which editors and players read."""
    return _timed(cut, storyboard, pieces, _bare).to_string("srt")


def spoken(lines: tuple[Line, ...], start: float, seconds: float) -> list[tuple[float, float, str]]:
    """Return when each line of a shot is spoken, from and to in seconds, and its plain words."""
    events = _events(lines, start, seconds, lambda words: words)
    return [(event.start / 1000, event.end / 1000, event.text) for event in events]


def _timed(cut: Cut, storyboard: Storyboard, pieces: Pieces, told: Callable[[str], str]) -> pysubs2.SSAFile:
    shots = {shot.id: shot for shot in storyboard.shots}
    subtitles = pysubs2.SSAFile()
    for clip, start in zip(cut.clips, cut.starts, strict=True):
        if clip.media is None or clip.shot not in shots:
            continue
        first, *more = pieces.get(clip.slate) or (1,)
        coverage = Coverage(first=first, extensions=tuple(more))
        at, second = start / cut.fps, clip.frames / cut.fps / coverage.seconds  # what is trimmed is less than a piece
        for piece, seconds in zip(in_pieces(shots[clip.shot], coverage), (first, *more), strict=True):
            subtitles.events += _events(piece.dialogue, at, seconds * second, told)
            at += seconds * second
    return subtitles


def _events(
    lines: tuple[Line, ...], start: float, seconds: float, told: Callable[[str], str]
) -> list[pysubs2.SSAEvent]:
    if not lines:
        return []
    wanted = [max(SHORTEST, SECONDS_PER_WORD * len(line.line.split())) for line in lines]
    scale = min(1.0, (seconds - min(LEAD, seconds / 4)) / sum(wanted))
    events, at = [], start + min(LEAD, seconds / 4)
    for line, length in zip(lines, wanted, strict=True):
        end = at + length * scale
        words = told(f"{line.speaker}: {line.line}")
        events.append(pysubs2.SSAEvent(start=round(at * 1000), end=round(end * 1000), text=words))
        at = end
    return events


def _shown(words: str) -> str:
    """Return words as a WebVTT player shows them: no tags, no arrows, and nothing pysubs2 takes for a code of its own.

    Source: w3.org/TR/webvtt1, 6.4: cue text knows HTML's character references.
    """
    plain = html.escape(" ".join(words.split()), quote=False)
    return "".join(f"&#{ord(sign)};" if sign in "\\{}" else sign for sign in plain)


def _bare(words: str) -> str:
    """Return words as SubRip keeps them: it has no way to say a sign that is a code, so those are replaced."""
    return " ".join(words.split()).replace("-->", "→").translate(str.maketrans("<>{}\\", "‹›()/"))
