"""Tries: how often the same may be asked again, after it brought nothing."""

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime

from onereel.calls import Intent, Outcome, Wanted
from onereel.errors import Filtered, NoAnswer, OutcomeUnknown, Refused, StudioBusy
from onereel.slate import shot_of


@dataclass
class Tries:
    """Earlier attempts at an order, as far as the policy counts them."""

    wanted: Wanted
    filtered: int = 0
    failed: int = 0
    unknown: int = 0
    _last: Outcome | None = None

    def not_early(self) -> None:
        """Refuse another attempt before the studio's own delay is over, whoever it told.

        Raises:
            StudioBusy: Says how much is left of it.
        """
        if self._last is not None and self._last.after:
            passed = (datetime.now(UTC) - self._last.at).total_seconds()
            left = min(self._last.after, self._last.after - passed)
            if left > 0:
                told = f"{self.wanted.label}: the studio asked to be left alone for {left:.1f} s more"
                raise StudioBusy(f"{told}: {'; '.join(self._last.reasons)}", after=left).coded(self._last.code)

    def count(self, intent: Intent, outcome: Outcome) -> None:
        """Count one more attempt that ended without goods.

        Raises:
            Filtered, NoAnswer, OutcomeUnknown: It ended so, and the policy forbids another.
        """
        self._last = outcome
        told = "; ".join(outcome.reasons)
        if outcome.end == "filtered":
            self.filtered += 1
            if self.filtered > self.wanted.filtered_tries or not outcome.random:
                raise Filtered(f"{self.wanted.label} was filtered: {told}", reasons=outcome.reasons)
        if outcome.end == "failed" and outcome.usd:
            self.failed += 1
            most = self.wanted.failed_up_to_usd
            most = self.wanted.repay_up_to_usd if most is None else most
            if self.failed > self.wanted.failed_tries or outcome.usd > most:
                raise NoAnswer(told)
        if outcome.end == "unknown":
            self.unknown += 1
            if self.unknown > 1 or intent.usd > self.wanted.repay_up_to_usd:
                raise OutcomeUnknown(f"{self.wanted.label}: {told}; {way_on(self.wanted.production, intent.label)}")


def settled(intent: Intent, outcome: Outcome) -> Outcome:
    """Return the outcome of a call that another process saw the end of.

    Raises:
        Filtered, NoAnswer, Refused: It brought nothing.
    """
    told = f"{intent.label}: {'; '.join(outcome.reasons) or outcome.end}"
    if outcome.end == "settled":
        return outcome
    if outcome.end == "filtered":
        raise Filtered(told, reasons=outcome.reasons, random=outcome.random, usd=outcome.usd).coded(outcome.code)
    if outcome.end == "failed":
        raise NoAnswer(told, usd=outcome.usd).coded(outcome.code)
    raise Refused(told).coded(outcome.code)


def way_on(production: str, label: str) -> str:
    """Return what a person can do about a call that may have been paid for nothing."""
    subject = shlex.quote(shot_of(label) or label)
    return (
        f"it may have been paid. `onereel produce BRIEF --repay {subject}` pays for it once more; "
        f"`onereel lost {production} {subject}` counts it as lost"
    )


def way_back(production: str, label: str, operation: str) -> str:
    """Return what a person can do about a film that was accepted under a name the vault would not keep."""
    named = f"--of {shlex.quote(label)} --operation {shlex.quote(operation)}"
    return f"{label} was ordered all the same: `onereel reclaim {production} {named}` collects it"
