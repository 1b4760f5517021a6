"""What goes wrong on request: faults, and the plan that decides which call each one hits.

A fault in one line, for flags and the control plane: ``KIND:WHICH:WHAT[:key=value...]``.

* KIND: text, image, video, extension, poll, download, upload.
* WHICH: ``2`` the second call of the kind; ``*`` every call; ``~storm`` calls whose words contain "storm";
  ``@veo-3.1-fast`` paid calls to models whose id contains that; ``10%`` a tenth of the calls, the same ones for the
  same seed.
* WHAT: a value of `What`.
* keys: ``after`` seconds (of a 429 or a delay), ``times`` (0: no end), ``reason`` (of a filter).

``video:2:503``, ``image:*:429:after=7.5:times=3``, ``video:~storm:filtered:reason=violence``.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from threading import Lock
from typing import Final

from pydantic import Field, ValidationError, model_validator

from onereel.errors import BadInput
from onereel.noun import Noun
from onereel.studio.kinds import EVERY, FILMED, PAID, Kind


class What(StrEnum):
    """What happens to the call."""

    INVALID = "400"
    BAD_KEY = "401"
    FORBIDDEN = "403"
    BUSY = "429"
    DAILY = "daily"
    INTERNAL = "500"
    OVERLOADED = "503"
    DEADLINE = "504"
    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    DELAY = "delay"
    GONE = "404"
    EXPIRED = "expired"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    MALFORMED = "malformed"
    BLOCKED = "blocked"
    TEXT_ONLY = "text-only"
    IMAGE_SAFETY = "image-safety"
    PROHIBITED = "prohibited"
    NO_IMAGE = "no-image"
    WRONG_SIZE = "wrong-size"
    FILTERED = "filtered"
    AUDIO_FILTER = "audio-filter"
    EMPTY = "empty"
    ERROR_3 = "error-3"
    ERROR_8 = "error-8"
    ERROR_13 = "error-13"
    ERROR_14 = "error-14"
    SILENT = "silent"
    WRONG_SECONDS = "wrong-seconds"
    WRONG_START = "wrong-start"
    WRONG_END = "wrong-end"
    FROZEN = "frozen"
    LOOP = "loop"
    BLACK = "black"
    JUMP = "jump"
    CLIPPED = "clipped"
    DRIFT = "drift"
    MUTE = "mute"
    LETTERBOX = "letterbox"
    BLANK = "blank"
    BLURRED = "blurred"
    REPEAT = "repeat"
    WRONG_TEXT = "wrong-text"
    WRONG_COUNT = "wrong-count"
    WRONG_IDENTITY = "wrong-identity"
    WRONG_ACTION = "wrong-action"
    MISSING = "missing"
    BAD_HANDS = "bad-hands"
    HARSH = "harsh"


BEFORE: Final = frozenset(
    {
        What.INVALID,
        What.BAD_KEY,
        What.FORBIDDEN,
        What.GONE,
        What.BUSY,
        What.DAILY,
        What.INTERNAL,
        What.OVERLOADED,
        What.DROP_BEFORE,
    }
)
"""Refusals: the call is not accepted and costs nothing."""

_KINDS: Final[Mapping[What, tuple[Kind, ...]]] = {
    What.INVALID: EVERY,
    What.BAD_KEY: EVERY,
    What.FORBIDDEN: EVERY,
    What.BUSY: EVERY,
    What.DAILY: PAID,
    What.INTERNAL: EVERY,
    What.OVERLOADED: EVERY,
    What.DEADLINE: EVERY,
    What.DROP_BEFORE: EVERY,
    What.DROP_AFTER: EVERY,
    What.DELAY: EVERY,
    What.GONE: EVERY,
    What.EXPIRED: (Kind.POLL, Kind.DOWNLOAD),
    What.TRUNCATED: (Kind.TEXT, Kind.DOWNLOAD),
    What.CORRUPT: (Kind.IMAGE, Kind.DOWNLOAD),
    What.MALFORMED: (Kind.TEXT,),
    What.BLOCKED: (Kind.TEXT, Kind.IMAGE),
    What.TEXT_ONLY: (Kind.IMAGE,),
    What.IMAGE_SAFETY: (Kind.IMAGE,),
    What.PROHIBITED: (Kind.TEXT, Kind.IMAGE),
    What.NO_IMAGE: (Kind.IMAGE,),
    What.WRONG_SIZE: (Kind.IMAGE, *FILMED),
    What.FILTERED: FILMED,
    What.AUDIO_FILTER: FILMED,
    What.EMPTY: FILMED,
    What.ERROR_3: FILMED,
    What.ERROR_8: FILMED,
    What.ERROR_13: FILMED,
    What.ERROR_14: FILMED,
    What.SILENT: FILMED,
    What.WRONG_SECONDS: FILMED,
    What.WRONG_START: FILMED,
    What.WRONG_END: FILMED,
    What.FROZEN: FILMED,
    What.LOOP: FILMED,
    What.BLACK: FILMED,
    What.JUMP: FILMED,
    What.CLIPPED: FILMED,
    What.DRIFT: FILMED,
    What.MUTE: FILMED,
    What.LETTERBOX: (Kind.IMAGE, *FILMED),
    What.BLANK: (Kind.IMAGE,),
    What.BLURRED: (Kind.IMAGE,),
    What.REPEAT: (Kind.IMAGE,),
    What.WRONG_TEXT: (Kind.IMAGE, *FILMED),
    What.WRONG_COUNT: (Kind.IMAGE, *FILMED),
    What.WRONG_IDENTITY: (Kind.IMAGE, *FILMED),
    What.WRONG_ACTION: (Kind.IMAGE, *FILMED),
    What.MISSING: (Kind.IMAGE, *FILMED),
    What.BAD_HANDS: (Kind.IMAGE, *FILMED),
    What.HARSH: (Kind.TEXT,),
}


class Fault(Noun):
    """One thing that goes wrong, and which calls it hits."""

    kind: Kind
    what: What
    nth: int | None = Field(default=None, ge=1, description="Hits from the n-th call of the kind on.")
    words: str = Field(default="", description="Hits calls whose words contain this, in any case.")
    model: str = Field(default="", description="Hits paid calls to models whose id contains this.")
    chance: float = Field(default=1.0, gt=0, le=1, description="Fraction of the calls hit.")
    times: int = Field(default=0, ge=0, description="How often at most; 0: no end.")
    after: float = Field(default=5.0, ge=0, description="Seconds: of a delay, or that a 429 asks to wait.")
    reason: str = Field(default="", description="Why a filter took the answer; empty: a usual reason.")

    @model_validator(mode="after")
    def _kind_can_suffer_it(self) -> "Fault":
        kinds = _KINDS[self.what]
        if self.kind not in kinds:
            raise ValueError(f"{self.what} happens to {', '.join(kinds)}; not to {self.kind}")
        return self

    @property
    def limit(self) -> int | None:
        """How often it hits at most; None: no end. An n-th call is one call unless told otherwise."""
        return self.times or (1 if self.nth is not None else None)


def parse_fault(text: str) -> Fault:
    """Read ``KIND:WHICH:WHAT[:key=value...]``, the form of flags.

    Raises:
        BadInput: Says which part is wrong and what it may be.
    """
    parts = text.split(":")
    if len(parts) < 3:  # noqa: PLR2004 - kind, which, what
        raise BadInput(f"fault {text!r}: write KIND:WHICH:WHAT[:key=value], for example video:2:503")
    kind, which, what, *rest = parts
    said = {"kind": kind, "what": what, **_which(which, text), **_options(rest, text)}
    try:
        return Fault.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "kind and what"
        raise BadInput(f"fault {text!r}: {where}: {first['msg']}") from None


def _which(which: str, text: str) -> dict[str, str | float]:
    if which == "*":
        return {}
    if which.startswith("~") and len(which) > 1:
        return {"words": which[1:]}
    if which.startswith("@") and len(which) > 1:
        return {"model": which[1:]}
    if which.endswith("%") and which[:-1].replace(".", "", 1).isdigit():
        return {"chance": float(which[:-1]) / 100}
    if which.isdigit():
        return {"nth": which}
    raise BadInput(f"fault {text!r}: {which!r} names no call; use a number, *, ~words, @model or 10%")


def _options(rest: Iterable[str], text: str) -> dict[str, str]:
    options = {}
    for part in rest:
        key, equals, value = part.partition("=")
        if not equals or key not in {"after", "times", "reason"}:
            raise BadInput(f"fault {text!r}: {part!r} is not one of after=SECONDS, times=N, reason=TEXT")
        options[key] = value
    return options


class FaultPlan:
    """The faults in force, and how many calls of each kind they have seen."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._faults = list(faults)
        self._seed = seed
        self._calls: Counter[Kind] = Counter()
        self._hits: Counter[int] = Counter()
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Put one more fault in force. Its n-th call counts from the start of the studio."""
        with self._lock:
            self._faults.append(fault)

    def hits(self, kind: Kind, words: str = "", model: str = "") -> tuple[Fault, ...]:
        """Count one call and return every fault that hits it."""
        with self._lock:
            self._calls[kind] += 1
            struck = [
                (index, fault)
                for index, fault in enumerate(self._faults)
                if fault.kind is kind and self._strikes(index, fault, words, model)
            ]
            self._hits.update(index for index, _ in struck)
            return tuple(fault for _, fault in struck)

    def _strikes(self, index: int, fault: Fault, words: str, model: str) -> bool:
        call = self._calls[fault.kind]
        if fault.limit is not None and self._hits[index] >= fault.limit:
            return False
        if fault.nth is not None and call < fault.nth:
            return False
        if fault.words.casefold() not in words.casefold() or fault.model not in model:
            return False
        return fault.chance >= 1 or _dice(self._seed, index, call) < fault.chance


def _dice(*numbers: int) -> float:
    """Return a number in [0, 1) that is always the same for the same numbers."""
    digest = hashlib.sha256(repr(numbers).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
