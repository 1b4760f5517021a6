"""Paid calls as they are written down: what was asked, by whom, and how it ended.

Every entry is a create-only object under ``journal/<key[:2]>/<key>/``; what exists there is the state of the call:

    intended.json ── submitted.json ── settled.json      answered; what it made and what it cost
          │                │ ───────── filtered.json     a safety filter took it; a film is free then
          │                │ ───────── refused.json      not accepted; 0
          │                └────────── failed.json       accepted, ended without the goods
          └─────────────────────────── unknown.json      the connection or the worker died; counts as spent
                                            │
                                       lost.json         a person gave it up (`onereel lost`, `--repay`): it still
                                                         counts as spent, and the same may be asked once more

Beside them, while the answer is awaited, ``lease.json`` is written over and over: a sign of life for other machines;
``collecting.json`` says whose turn it is to ask for a film (``collectors``). An operation the studio says it does not
know is ``unknown``, too, but is open for as long as nobody gives it up: it has a name, and may be found yet.
Reading an entry that cannot be understood raises: the journal fails closed.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import Field

from onereel.crew import Vault
from onereel.footage import Media
from onereel.media import read_noun
from onereel.noun import Noun
from onereel.orders import AnyOrder
from onereel.slate import calls_prefix

End = Literal["settled", "filtered", "refused", "failed", "lost", "unknown"]
ENDS: tuple[End, ...] = ("settled", "filtered", "refused", "failed", "lost", "unknown")
"""Where several were written, the first of these counts."""


class Intent(Noun):
    """What is about to be asked. Written before the request leaves."""

    key: str
    kind: str
    production: str
    run: str = Field(default="", description="Which run of the production asked.")
    label: str = Field(description="What it is for, in words: keyframe s010/opening.")
    order: AnyOrder = Field(discriminator="kind")
    attempt: int
    usd: float = Field(description="Reserved: the most it can cost.")
    at: datetime
    until: datetime = Field(description="When its owner counts as dead; as read back, of its last sign of life.")
    host: str
    process: int
    started: float = Field(description="When that process started, so that a number used again is not mistaken for it.")


class Owner(Noun):
    """Who does something, and until when that counts if nothing more is heard."""

    until: datetime
    host: str
    process: int
    started: float


class Lease(Noun):
    """A sign of life of whoever asked: the one entry that is written over, and no state of the call."""

    until: datetime = Field(description="When its owner counts as dead if nothing more was written.")


class Submitted(Noun):
    """The studio accepted; the operation can be collected by anyone who reads this."""

    operation: str
    at: datetime


class Outcome(Noun):
    """How a call ended."""

    end: End
    usd: float = Field(ge=0)
    at: datetime
    media: tuple[Media, ...] = ()
    reasons: tuple[str, ...] = Field(default=(), description="The vendor's words.")
    code: str = Field(default="", description="The vendor's code of why it brought nothing.")
    random: bool = Field(default=False, description="Filtered in a way another try may pass.")
    request_id: str = ""
    seconds: float = Field(default=0, description="From asking to having.")
    polls: int = Field(default=0, description="How often whoever saw its end had asked for it.")
    tokens: int = 0
    after: float = Field(default=0, description="Refused for now: seconds the studio asked to be left alone.")
    word: str = Field(default="", description="Whose word gave a lost call up: a run's id, or a person's.")


@dataclass(frozen=True)
class Call:
    """A paid call as the journal knows it.

    Attributes:
        missing: The studio says it does not know the operation; it may be found yet, or was paid for nothing.
    """

    intent: Intent
    operation: str = ""
    outcome: Outcome | None = None
    missing: bool = False

    @property
    def unknown(self) -> bool:
        """Whether nobody knows what became of it."""
        return self.missing or (self.outcome is not None and self.outcome.end == "unknown")


@dataclass(frozen=True)
class Wanted:
    """What somebody wants bought, and under which policy."""

    order: AnyOrder
    production: str
    label: str
    filtered_tries: int = 2
    repay_up_to_usd: float = 0.0
    failed_tries: int = 1
    """Second tries, over all runs, after charged answers without the goods."""
    failed_up_to_usd: float | None = None
    """What each of those may have cost; None: `repay_up_to_usd`."""


@dataclass(frozen=True)
class Goods:
    """What a call brought, to be written down."""

    media: tuple[Media, ...]
    usd: float
    request_id: str = ""
    tokens: int = 0


def key_of(order: AnyOrder, attempt: int) -> str:
    """Return the journal key of an order.

    Every field of the order is in it: surface and model decide who answers; words, parameters and the digests of all
    inputs decide what comes back; the sample tells a wanted second take from a repeated first. The attempt keeps a
    try after a refusal from overwriting the refusal. Run, time, budget, production and label are not in it: they do
    not change the result, so two productions with the same request share it.
    """
    canonical = json.dumps(
        {"order": order.model_dump(mode="json"), "attempt": attempt},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def entry_key(key: str, state: str) -> str:
    """Return where an entry is kept."""
    return f"journal/{key[:2]}/{key}/{state}.json"


def key_in(pointer: str) -> str:
    """Return the key of the call a pointer leads to."""
    return pointer.rsplit("/", 1)[1].removesuffix(".json")


def read_call(vault: Vault, key: str) -> Call | None:
    """Return the call under a key, or None if it was never intended. Blocks.

    Raises:
        Corrupted: An entry cannot be understood.
    """
    prefix = f"journal/{key[:2]}/{key}/"
    states = {name.removeprefix(prefix).removesuffix(".json") for name in vault.keys(prefix)}
    if "intended" not in states:
        return None
    intent = read_noun(vault, entry_key(key, "intended"), Intent)
    operation = ""
    if "submitted" in states:
        operation = read_noun(vault, entry_key(key, "submitted"), Submitted).operation
    end = next((end for end in ENDS if end in states), None)
    missing = end == "unknown" and bool(operation)
    if missing:
        end = None  # whoever gave it up was too early: the operation has a name, so it can be collected
    outcome = read_noun(vault, entry_key(key, end), Outcome) if end else None
    if not end and not operation and "lease" in states:
        lease = read_noun(vault, entry_key(key, "lease"), Lease)
        intent = intent.model_copy(update={"until": lease.until})
    return Call(intent, operation, outcome, missing)


def calls_of(vault: Vault, production: str) -> list[Call]:
    """Return every paid call a production uses, oldest first. Blocks."""
    keys = map(key_in, vault.keys(calls_prefix(production)))
    calls = [call for key in keys if (call := read_call(vault, key)) is not None]
    return sorted(calls, key=lambda call: call.intent.at)


def unknown_on(calls: list[Call], production: str) -> float:
    """Return what a production may have spent on calls whose outcome nobody knows."""
    own = [call for call in calls if call.intent.production == production]
    return round(sum(call.outcome.usd if call.outcome else call.intent.usd for call in own if call.unknown), 6)


def spent_on(calls: list[Call], production: str) -> float:
    """Return what a production has spent: ends that count, and promises still open. Shared calls count where paid."""
    own = [call for call in calls if call.intent.production == production]
    return round(sum(call.outcome.usd if call.outcome else call.intent.usd for call in own), 6)
