"""What the studio was asked for and would have charged."""

import time
from collections import Counter, deque
from collections.abc import Mapping
from threading import Lock

from pydantic import Field

from onereel.noun import Noun
from onereel.studio.kinds import PAID, Kind


class Tally(Noun):
    """What a studio has counted since it opened, or since it was reset."""

    accepted: Mapping[Kind, int] = Field(description="Paid calls taken on, by kind.")
    refused: int = Field(description="Paid calls turned away: 404, 429, 5xx, a dropped line. Nothing was charged.")
    illegal: int = Field(description="Paid calls that broke a documented rule: 400.")
    filtered: int = Field(description="Accepted calls whose answer a filter took.")
    billed_usd: Mapping[Kind, float] = Field(description="Dollars, to a millionth, by kind.")
    total_usd: float = Field(description="Dollars, to a millionth.")
    polls: int
    downloads: int
    in_flight_max: Mapping[Kind, int] = Field(description="Most calls, or operations not done, at once.")
    early_retries: int = Field(description="Calls repeated sooner than a refusal asked to wait.")


class Request(Noun):
    """One accepted paid call."""

    kind: Kind
    model: str
    words: str = Field(description="The first 200 characters.")
    at: float = Field(description="Seconds since the epoch.")
    seconds: float = Field(description="How long it was to take, at least.")


class Books:
    """Counts calls. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._in_flight: Counter[Kind] = Counter()
        self.reset()

    def reset(self) -> None:
        """Forget everything counted; calls in flight stay in flight."""
        with self._lock:
            self._accepted: Counter[Kind] = Counter()
            self._events: Counter[str] = Counter()
            self._usd = dict.fromkeys(PAID, 0.0)
            self._requests: list[Request] = []
            self._most: Counter[Kind] = Counter()
            self._recent: dict[Kind, deque[float]] = {kind: deque() for kind in PAID}
            self._patience: dict[str, float] = {}

    def accept(self, kind: Kind, model: str, words: str, seconds: float) -> None:
        """Write down a paid call that was taken on; it is in flight until `finish`."""
        with self._lock:
            self._accepted[kind] += 1
            self._in_flight[kind] += 1
            self._most[kind] = max(self._most[kind], self._in_flight[kind])
            self._recent[kind].append(time.monotonic())
            self._requests.append(Request(kind=kind, model=model, words=words[:200], at=time.time(), seconds=seconds))

    def finish(self, kind: Kind) -> None:
        """A call taken on is answered, or its operation is done."""
        with self._lock:
            self._in_flight[kind] -= 1

    def bill(self, kind: Kind, usd: float) -> None:
        """Charge dollars for an accepted call."""
        with self._lock:
            self._usd[kind] += usd

    def count(self, event: str) -> None:
        """Count a poll, a download, a refused, illegal or filtered call."""
        with self._lock:
            self._events[event] += 1

    def ask_to_wait(self, digest: str, seconds: float) -> None:
        """Remember that the call with this digest was told to come back later."""
        with self._lock:
            self._patience[digest] = time.monotonic() + seconds

    def greet(self, digest: str) -> None:
        """Count a call that came back sooner than it was told to."""
        with self._lock:
            until = self._patience.pop(digest, 0.0)
            if time.monotonic() < until:
                self._events["early"] += 1

    def in_flight(self, *kinds: Kind) -> int:
        """Return how many calls of these kinds are being worked on."""
        with self._lock:
            return sum(self._in_flight[kind] for kind in kinds)

    def free_in(self, kinds: tuple[Kind, ...], per_minute: int) -> float:
        """Return the seconds until one more call fits into the last minute; 0 when it fits now."""
        with self._lock:
            now = time.monotonic()
            recent = sorted(at for kind in kinds for at in self._recent[kind] if at > now - 60)
            return recent[-per_minute] + 60 - now if len(recent) >= per_minute else 0.0

    def tally(self) -> Tally:
        """Return what was counted so far."""
        with self._lock:
            return Tally(
                accepted={kind: self._accepted[kind] for kind in PAID},
                refused=self._events["refused"],
                illegal=self._events["illegal"],
                filtered=self._events["filtered"],
                billed_usd={kind: round(self._usd[kind], 6) for kind in PAID},
                total_usd=round(sum(self._usd.values()), 6),
                polls=self._events["polls"],
                downloads=self._events["downloads"],
                in_flight_max={kind: self._most[kind] for kind in PAID},
                early_retries=self._events["early"],
            )

    def requests(self) -> list[Request]:
        """Return the accepted paid calls, oldest first."""
        with self._lock:
            return list(self._requests)
