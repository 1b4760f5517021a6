"""How far an extended take has gone from its first clip: hop by hop in likeness, colour and sharpness.

Cameras extend a film from what they filmed themselves, so small errors add up: skin goes orange, edges go soft.
"""

from collections.abc import Iterator, Sequence
from statistics import fmean, median

from pydantic import Field

from onereel.likeness import Sample, distance
from onereel.noun import Noun
from onereel.verdicts import Finding, Verdict


class HopDrift(Noun):
    """One extension against the first clip of its take."""

    hop: int = Field(ge=1, description="Which extension, from 1.")
    seconds: float = Field(ge=0, description="When it begins, into the take.")
    bits: int | None = Field(description="Bits of the hash between the last frames; a moving camera has many.")
    colour: float = Field(description="Levels by which the channel that changed most is brighter or darker on average.")
    sharpness: float = Field(description="Detail as a multiple of the first clip's.")


class DriftLimits(Noun):
    """Where a finding begins. Every limit includes itself."""

    colour: float = Field(
        default=16.0, gt=0, description="Levels: clean extensions had 6 at most, ones planted with a warm cast 25."
    )
    soft: float = Field(default=0.6, gt=0, lt=1, description="Share of the first clip's detail that must be left.")
    harsh: float = Field(default=2.0, gt=1, description="How many times the first clip's detail there may be.")


LIMITS = DriftLimits()


def drifts(samples: Sequence[Sample], lengths: Sequence[float]) -> tuple[HopDrift, ...]:
    """Return the drift of every extension.

    Args:
        samples: Of the whole take, in order.
        lengths: Seconds of the first clip and of each extension.
    """
    found, start = [], lengths[0]
    first = [sample for sample in samples if sample.seconds < start]
    for hop, length in enumerate(lengths[1:], start=1):
        part = [sample for sample in samples if start <= sample.seconds < start + length]
        if first and part:
            apart = max((new - old for new, old in zip(_colour(part), _colour(first), strict=True)), key=abs)
            sharp = median(one.sharpness for one in part) / max(0.01, median(one.sharpness for one in first))
            bits = distance(first[-1].fingerprint, part[-1].fingerprint).bits
            found.append(HopDrift(hop=hop, seconds=start, bits=bits, colour=round(apart, 1), sharpness=round(sharp, 2)))
        start += length
    return tuple(found)


def judge_drift(found: Sequence[HopDrift], limits: DriftLimits = LIMITS) -> Verdict:
    """Return the verdict on a take's extensions; the reasons give the numbers of each, good or bad."""
    findings = tuple(finding for one in found for finding in _findings(one, limits))
    reasons = "; ".join(
        f"extension {one.hop}: colour {one.colour:+.1f}, detail {one.sharpness:.2f} times"
        + ("" if one.bits is None else f", {one.bits} bits")
        for one in found
    )
    return Verdict(judge="drift", accepted=not findings, reasons=reasons[:2000], findings=findings)


def _findings(one: HopDrift, limits: DriftLimits) -> Iterator[Finding]:
    if abs(one.colour) >= limits.colour:
        what = f"extension {one.hop} drifts in colour: {one.colour:+.1f} levels from the first clip"
        yield Finding(code="drift-colour", what=what, seconds=one.seconds, value=one.colour, limit=limits.colour)
    if not limits.soft <= one.sharpness <= limits.harsh:
        limit = limits.soft if one.sharpness < 1 else limits.harsh
        what = f"extension {one.hop} drifts in sharpness: {one.sharpness:.2f} times the detail of the first clip"
        yield Finding(code="drift-sharpness", what=what, seconds=one.seconds, value=one.sharpness, limit=limit)


def _colour(samples: Sequence[Sample]) -> list[float]:
    means = [sample.fingerprint.cells.mean(axis=(0, 1)) for sample in samples]
    return [fmean(float(mean[channel]) for mean in means) for channel in range(3)]
