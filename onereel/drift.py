"""How far an extended take has gone from its first clip: hop by hop in likeness, colour, sharpness and identity.

Cameras extend a film from what they filmed themselves, so small errors add up: skin goes orange, edges go soft, and
somebody becomes somebody else.
"""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, median
from types import MappingProxyType
from typing import Final

from pydantic import Field

from onereel.likeness import Sample, distance
from onereel.noun import Noun
from onereel.verdicts import Finding, Verdict


class Alike(Noun):
    """How like their references a character is."""

    name: str
    score: float = Field(ge=0, le=1, description="1: the same person in the same clothes; 0: somebody else.")
    reasons: str = ""


class Recognised(Noun):
    """Who a vision model recognised in the frame an extension ends on."""

    people: tuple[Alike, ...] = Field(default=(), description="Those seen well enough to compare.")
    model: str = ""
    usd: float = Field(default=0, ge=0)
    unheard: str = Field(default="", description="Why nobody could be heard, if so.")


class HopDrift(Noun):
    """One extension against the first clip of its take, and against its characters' references."""

    hop: int = Field(ge=1, description="Which extension, from 1.")
    seconds: float = Field(ge=0, description="When it begins, into the take.")
    length: float = Field(gt=0, description="Seconds it adds.")
    bits: int | None = Field(description="Bits of the hash between the last frames; a moving camera has many.")
    colour: float = Field(description="Levels by which the channel that changed most is brighter or darker on average.")
    sharpness: float = Field(description="Detail as a multiple of the first clip's.")
    recognised: Recognised | None = Field(default=None, description="None: nobody was asked.")


class DriftLimits(Noun):
    """Where a finding begins. Every limit includes itself."""

    colour: float = Field(
        default=16.0, gt=0, description="Levels: clean extensions had 6 at most, ones planted with a warm cast 25."
    )
    soft: float = Field(default=0.6, gt=0, lt=1, description="Share of the first clip's detail that must be left.")
    harsh: float = Field(default=2.0, gt=1, description="How many times the first clip's detail there may be.")


LIMITS = DriftLimits()
_NOBODY: Final[Mapping[int, Recognised]] = MappingProxyType({})


def drifts(
    samples: Sequence[Sample], lengths: Sequence[float], recognised: Mapping[int, Recognised] = _NOBODY
) -> tuple[HopDrift, ...]:
    """Return the drift of every extension.

    Args:
        samples: Of the whole take, in order.
        lengths: Seconds of the first clip and of each extension.
        recognised: Who was recognised at the end of each extension, by its number, where somebody was asked.
    """
    found, start = [], lengths[0]
    first = [sample for sample in samples if sample.seconds < start]
    for hop, length in enumerate(lengths[1:], start=1):
        part = [sample for sample in samples if start <= sample.seconds < start + length]
        if first and part:
            apart = max((new - old for new, old in zip(_colour(part), _colour(first), strict=True)), key=abs)
            sharp = median(one.sharpness for one in part) / max(0.01, median(one.sharpness for one in first))
            bits = distance(first[-1].fingerprint, part[-1].fingerprint).bits
            found.append(
                HopDrift(
                    hop=hop,
                    seconds=start,
                    length=length,
                    bits=bits,
                    colour=round(apart, 1),
                    sharpness=round(sharp, 2),
                    recognised=recognised.get(hop),
                )
            )
        start += length
    return tuple(found)


def judge_drift(found: Sequence[HopDrift], limits: DriftLimits = LIMITS, *, accept: float) -> Verdict:
    """Return the verdict on a take's extensions; the reasons give the numbers of each, good or bad.

    Args:
        found: The drift of each.
        limits: Where a finding begins, of what is measured.
        accept: Lowest score at which a character still is who the references show.
    """
    findings = tuple(finding for one in found for finding in _findings(one, limits, accept))
    asked = [one.recognised for one in found if one.recognised is not None]
    return Verdict(
        judge="drift",
        accepted=not findings,
        reasons="; ".join(map(_told, found))[:2000],
        findings=findings,
        model=next((one.model for one in asked), ""),
        usd=round(sum(one.usd for one in asked), 6),
    )


def _told(one: HopDrift) -> str:
    told = f"extension {one.hop}: colour {one.colour:+.1f}, detail {one.sharpness:.2f} times"
    told += "" if one.bits is None else f", {one.bits} bits"
    if one.recognised is None:
        return told
    if one.recognised.unheard:
        return f"{told}, nobody compared its people: {one.recognised.unheard}"
    people = (f"{who.name} {who.score:.2f} like the references" for who in one.recognised.people)
    return ", ".join((told, *people)) if one.recognised.people else f"{told}, nobody to be recognised at its end"


def _findings(one: HopDrift, limits: DriftLimits, accept: float) -> Iterator[Finding]:
    if abs(one.colour) >= limits.colour:
        what = f"extension {one.hop} drifts in colour: {one.colour:+.1f} levels from the first clip"
        yield Finding(code="drift-colour", what=what, seconds=one.seconds, value=one.colour, limit=limits.colour)
    if not limits.soft <= one.sharpness <= limits.harsh:
        limit = limits.soft if one.sharpness < 1 else limits.harsh
        what = f"extension {one.hop} drifts in sharpness: {one.sharpness:.2f} times the detail of the first clip"
        yield Finding(code="drift-sharpness", what=what, seconds=one.seconds, value=one.sharpness, limit=limit)

    for who in one.recognised.people if one.recognised is not None else ():
        if who.score < accept:
            what = f"extension {one.hop} drifts in identity: {who.name} {who.score:.2f} like the references"
            what += f" ({who.reasons})" if who.reasons else ""
            ends = one.seconds + one.length
            yield Finding(code="drift-identity", what=what[:600], seconds=ends, value=who.score, limit=accept)


def _colour(samples: Sequence[Sample]) -> list[float]:
    means = [sample.fingerprint.cells.mean(axis=(0, 1)) for sample in samples]
    return [fmean(float(mean[channel]) for mean in means) for channel in range(3)]
