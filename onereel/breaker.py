"""The breaker: which models a run has stopped asking, and how many more tries it may spend on busy ones.

One a run, in its process: the next run asks again.
"""

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from onereel.brief import Policy
from onereel.errors import (
    Filtered,
    NotAllowed,
    NotAsked,
    NotKept,
    NotYet,
    OnereelError,
    OutcomeUnknown,
    Refused,
    StudioBusy,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stop:
    """Why a model is not asked any more.

    Attributes:
        until: When to come back, where its quota of the day is used up.
    """

    model: str
    why: str
    until: datetime | None = None

    def __str__(self) -> str:
        return f"{self.model} is not asked any more in this run: {self.why}"


@dataclass
class Breaker:
    """What a run has learned about the models it asks."""

    policy: Policy
    stops: dict[str, Stop] = field(default_factory=dict)
    retried: int = 0
    worn_out: bool = False
    """Whether a try was refused because the run had used all of them."""
    _failures: Counter[str] = field(default_factory=Counter)

    def check(self, model: str) -> None:
        """Refuse to ask a model that keeps failing, before anything is asked.

        Raises:
            NotAsked: Says why, and when to come back.
        """
        stop = self.stops.get(model)
        if stop is not None:
            raise NotAsked(str(stop), until=stop.until)

    def worked(self, model: str) -> None:
        """Note that a model did what it was asked."""
        self._failures[model] = 0

    def failed(self, model: str, error: OnereelError) -> None:
        """Note how asking a model ended; stop asking it where that is no use."""
        if isinstance(error, Filtered | NotYet):
            self.worked(model)  # the words were refused, or somebody else is busy; the model is well
        elif isinstance(error, NotAllowed):
            self._stop(Stop(model, str(error)))
        elif isinstance(error, StudioBusy) and error.until is not None:
            self._stop(Stop(model, str(error), error.until))
        elif isinstance(error, StudioBusy | Refused | OutcomeUnknown) and not isinstance(error, NotAsked | NotKept):
            self._failures[model] += 1
            if self._failures[model] >= self.policy.stop_after:
                self._stop(Stop(model, f"it failed {self._failures[model]} times in a row, at last: {error}"))

    def may_retry(self) -> bool:
        """Return whether the run may try a busy studio once more, and count that."""
        if self.retried >= self.policy.run_retries:
            if not self.worn_out:
                log.warning("%s", self.words_worn_out)
            self.worn_out = True
            return False
        self.retried += 1
        return True

    @property
    def words_worn_out(self) -> str:
        """What a run says whose tries are used up."""
        return (
            f"the run has used all its {self.policy.run_retries} tries on a busy studio and waits for it no more; "
            "produce again later"
        )

    @property
    def told(self) -> tuple[str, ...]:
        """What a run says of the models it stopped asking."""
        return (*map(str, self.stops.values()), *((self.words_worn_out,) if self.worn_out else ()))

    def _stop(self, stop: Stop) -> None:
        if stop.model not in self.stops:
            log.warning("%s", stop)
            self.stops[stop.model] = stop
