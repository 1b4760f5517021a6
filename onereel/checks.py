"""What no model needs to be asked: is this take the film that was ordered, whole, moving, lit and heard?

Rules over what one decode measured (`Looks`), so a take can be judged again, by other limits, without its film.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from onereel.footage import Footage
from onereel.likeness import Fingerprint, Likeness, distance
from onereel.measures import Bars, Loudness, Measures, PictureMeasures
from onereel.noun import Noun
from onereel.takes import Looks
from onereel.verdicts import Finding, Verdict

AUDIO_TOLERANCE: Final = 0.1
"""How far sound may end from the picture, in seconds: a few AAC frames of 21 ms."""

LEAD_SECONDS: Final = 0.5
"""Of a camera's first and last moments: a fade or a start of sound there is no dropout."""


class CheckLimits(Noun):
    """Where a finding begins. Every limit includes itself.

    Fitted on 40 clean takes of the local studio, by day and by night, at 180p, and 180 with a defect planted: none of
    the clean ones has a finding.
    """

    black_lit: float = Field(
        default=1.0, description="Percent of a frame brighter than black, up to which it is a black frame."
    )
    black_seconds: float = Field(default=0.5, gt=0, description="Shortest black stretch that is told.")
    frozen_pixels: float = Field(
        default=0.6,
        description="Pixels a picture may move in two seconds and still stand still: what an encoder does to a frozen "
        "one looked like 0.5 at most at 180p, the slowest move over a starry night like 0.75.",
    )
    frozen_seconds: float = Field(default=2.0, ge=2, description="Shortest frozen stretch that is told.")
    loop_difference: float = Field(default=1.5, description="Levels of luma between a film and itself a loop later.")
    loop_share: float = Field(
        default=0.28, description="The same as a share of how far its frames are apart anyway; clean film had 0.33."
    )
    cut_change: float = Field(default=8.0, description="Levels of luma by which the picture changes at a cut.")
    cut_times: float = Field(default=6.0, description="How many times the change of the frames around it.")
    cut_alike: float = Field(
        default=0.8, le=1, description="Correlation of the pictures before and after: a flash of lightning has more."
    )
    asked_bits: int = Field(
        default=14,
        ge=0,
        le=64,
        description="Bits of the hash between a keyframe and the frame it was to become; different pictures have 18.",
    )
    asked_colour: float = Field(default=20.0, description="The same for colour: a camera may grade a little.")
    white_percent: float = Field(default=40.0, description="Percent of a frame burnt out to white.")
    white_seconds: float = Field(default=0.5, gt=0, description="Shortest burnt-out stretch that is told.")
    bars: float = Field(default=0.02, description="Height or width of a black bar, as a share of the picture's.")
    silent_dbfs: float = Field(default=-60.0, description="Sound no louder than this is silence.")
    dropout_seconds: float = Field(default=1.0, gt=0, description="Shortest stretch of digital silence that is told.")
    dropout_dbfs: float = Field(default=-90.0, description="What counts as digital silence within sound.")
    blank: float = Field(default=3.0, description="Contrast of a picture, in levels, that shows nothing.")
    blurred: float = Field(
        default=0.055,
        description="Sharpness of a picture that is out of focus; drawings had 0.2, the softest photograph 0.058.",
    )
    rail: float = Field(default=0.001, description="Share of the samples at full scale.")


LIMITS: Final = CheckLimits()


@dataclass(frozen=True)
class Wanted:
    """What was ordered: the footage to compare with. Sizes in pixels."""

    seconds: float
    width: int
    height: int
    fps: float = 24.0
    sound: bool = True


@dataclass(frozen=True)
class Ends:
    """What a take was to open and close on; None: nothing was asked."""

    opening: Fingerprint | None = None
    closing: Fingerprint | None = None


def check_take(looks: Looks, wanted: Wanted, ends: Ends, limits: CheckLimits = LIMITS) -> Verdict:
    """Return what is wrong with a take, each finding with its time and its number; accepted if nothing is."""
    findings = [*check_footage(looks.footage, wanted)]
    if looks.samples:
        findings += _not_asked(looks, ends, limits)
    if looks.measures is not None:
        findings += _picture(looks.measures, limits)
        if wanted.sound and looks.measures.sound is not None:
            findings += _sound(looks.measures.sound, limits)
    return _verdict(findings)


def check_picture(seen: PictureMeasures, limits: CheckLimits = LIMITS) -> Verdict:
    """Return what is wrong with a keyframe as it will be filmed: blank, blurred, or framed by bars."""
    findings = []
    if seen.contrast <= limits.blank:
        what = f"blank: a contrast of {seen.contrast:.1f} levels"
        findings.append(Finding(code="blank", what=what, value=seen.contrast, limit=limits.blank))
    elif seen.sharpness <= limits.blurred:
        what = f"blurred: a sharpness of {seen.sharpness:.3f}"
        findings.append(Finding(code="blurred", what=what, value=seen.sharpness, limit=limits.blurred))
    findings += _letterbox(seen.bars, limits)
    return _verdict(findings)


def _verdict(findings: Sequence[Finding]) -> Verdict:
    reasons = "; ".join(finding.what for finding in findings)[:2000]
    return Verdict(judge="check", accepted=not findings, reasons=reasons, findings=tuple(findings))


def check_footage(footage: Footage, wanted: Wanted) -> Iterator[Finding]:
    """Compare footage with what was ordered.

    Length may differ by one frame, sound by `AUDIO_TOLERANCE` seconds.
    """
    if (footage.width, footage.height) != (wanted.width, wanted.height):
        size = f"{footage.width}x{footage.height} pixels instead of {wanted.width}x{wanted.height}"
        yield Finding(code="size", what=size, value=footage.width * footage.height, limit=wanted.width * wanted.height)
    if footage.fps != wanted.fps:
        rate = f"{footage.fps:g} frames a second instead of {wanted.fps:g}"
        yield Finding(code="rate", what=rate, value=footage.fps, limit=wanted.fps)
    if abs(footage.seconds - wanted.seconds) > 1.001 / wanted.fps:
        length = f"{footage.seconds:.3f} s ({footage.frames} frames) instead of {wanted.seconds:.3f} s"
        yield Finding(code="length", what=length, value=footage.seconds, limit=wanted.seconds)
    if wanted.sound and not footage.audio_seconds:
        yield Finding(code="no-sound", what="no sound", value=0, limit=wanted.seconds)
    elif wanted.sound and abs(footage.audio_seconds - footage.seconds) > AUDIO_TOLERANCE:
        what = f"{footage.audio_seconds:.3f} s of sound for {footage.seconds:.3f} s of picture"
        yield Finding(code="sound-length", what=what, value=footage.audio_seconds, limit=footage.seconds)


def far_from(asked: Fingerprint, seen: Fingerprint, limits: CheckLimits = LIMITS) -> tuple[bool, Likeness]:
    """Return whether a frame is another picture than the keyframe it was to become, and how far apart they are."""
    apart = distance(asked, seen)
    return (apart.bits or 0) > limits.asked_bits or apart.colour > limits.asked_colour, apart


def _not_asked(looks: Looks, ends: Ends, limits: CheckLimits) -> Iterator[Finding]:
    pairs = (("opening", ends.opening, looks.samples[0]), ("closing", ends.closing, looks.samples[-1]))
    for name, asked, sample in pairs:
        if asked is None:
            continue
        another, apart = far_from(asked, sample.fingerprint, limits)
        if another:
            bits = "" if apart.bits is None else f"{apart.bits} bits and "
            yield Finding(
                code=f"not-the-{name}",
                what=f"does not {'open' if name == 'opening' else 'close'} on its keyframe: {bits}{apart.colour:.0f} "
                f"levels of colour apart, {limits.asked_bits} and {limits.asked_colour:g} are allowed",
                seconds=sample.seconds,
                value=apart.bits if apart.bits is not None else round(apart.colour, 1),
                limit=limits.asked_bits if apart.bits is not None else limits.asked_colour,
            )


def _picture(seen: Measures, limits: CheckLimits) -> Iterator[Finding]:
    black = [lit <= limits.black_lit for lit in seen.lit]
    for start, end in _stretches(black, limits.black_seconds * seen.fps):
        at, long = start / seen.fps, (end - start) / seen.fps
        yield _stretch("black", f"black for {long:.1f} s", at, long, limits.black_seconds)
    loops = tuple(_loops(seen, limits))
    yield from loops or _still(seen, black, limits)  # a loop of two seconds would look still
    yield from _cuts(seen, black, limits)
    for start, end in _stretches(
        [white >= limits.white_percent for white in seen.white], limits.white_seconds * seen.fps
    ):
        most = max(seen.white[start:end])
        what = f"burnt out for {(end - start) / seen.fps:.1f} s: up to {most:.0f} % of the picture is white"
        yield Finding(code="white", what=what, seconds=_at(start / seen.fps), value=most, limit=limits.white_percent)
    yield from _letterbox(seen.bars, limits)


def _letterbox(seen: Bars, limits: CheckLimits) -> Iterator[Finding]:
    bars = {side: size for side, size in seen.model_dump().items() if size >= limits.bars}
    if bars:
        told = ", ".join(f"{side} {100 * size:.0f} %" for side, size in bars.items())
        yield Finding(code="letterbox", what=f"black bars: {told}", value=max(bars.values()), limit=limits.bars)


def _still(seen: Measures, black: Sequence[bool], limits: CheckLimits) -> Iterator[Finding]:
    quarter = max(1, round(seen.fps / 4))
    flags = [False] * len(black)
    for number, moved in enumerate(seen.moved):
        if moved <= limits.frozen_pixels:  # the frame ends two seconds that stood still
            window = slice(number * quarter, (number + 8) * quarter + 1)
            flags[window] = [True] * len(flags[window])
    still = [one and not dark for one, dark in zip(flags, black, strict=True)]
    for start, end in _stretches(still, limits.frozen_seconds * seen.fps):
        at, long = start / seen.fps, (end - start) / seen.fps
        yield _stretch("frozen", f"stands still for {long:.1f} s", at, long, limits.frozen_seconds)


def _loops(seen: Measures, limits: CheckLimits) -> Iterator[Finding]:
    loop = seen.loop
    if loop is None:
        return
    if loop.difference <= min(limits.loop_difference, limits.loop_share * loop.movement):
        what = f"repeats itself every {loop.seconds:.1f} s, {loop.difference:.1f} levels of luma apart"
        yield Finding(code="loop", what=what, seconds=loop.seconds, value=loop.difference, limit=limits.loop_difference)


def _cuts(seen: Measures, black: Sequence[bool], limits: CheckLimits) -> Iterator[Finding]:
    for jump in seen.jumps:
        dark = black[jump.frame] or black[jump.frame - 1]
        if jump.change < limits.cut_change or jump.times < limits.cut_times or jump.alike > limits.cut_alike or dark:
            continue
        yield Finding(
            code="cut",
            what=f"a cut inside the take: the picture changes by {jump.change:.0f} levels, {jump.times:.0f} times the "
            "frames around it",
            seconds=_at(jump.frame / seen.fps),
            value=round(jump.times, 1),
            limit=limits.cut_times,
        )


def _sound(heard: Loudness, limits: CheckLimits) -> Iterator[Finding]:
    if heard.level <= limits.silent_dbfs:
        what = f"silent: {heard.level:.0f} dBFS"
        yield Finding(code="silent", what=what, value=heard.level, limit=limits.silent_dbfs)
    else:
        margin = round(10 * LEAD_SECONDS)
        gone = [level <= limits.dropout_dbfs for level in heard.tenths]
        gone[:margin], gone[max(margin, len(gone) - margin) :] = [], []
        for start, end in _stretches(gone, limits.dropout_seconds * 10):
            long = (end - start) / 10
            yield _stretch(
                "dropout", f"no sound for {long:.1f} s", start / 10 + LEAD_SECONDS, long, limits.dropout_seconds
            )
    if heard.rail >= limits.rail:
        what = f"sound is clipped: {100 * heard.rail:.1f} % of it is at full scale"
        yield Finding(code="clipped", what=what, value=heard.rail, limit=limits.rail)


def _stretch(code: str, what: str, at: float, long: float, limit: float) -> Finding:
    return Finding(code=code, what=what, seconds=_at(at), value=round(long, 2), limit=limit)


def _at(seconds: float) -> float:
    return round(seconds, 3)


def _stretches(flags: Sequence[bool], shortest: float) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of every run of True that is long enough."""
    start = None
    for index, flag in enumerate((*flags, False)):
        if flag and start is None:
            start = index
        elif not flag and start is not None:
            if index - start >= shortest:
                yield start, index
            start = None
