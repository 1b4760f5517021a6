"""The ledger: the journal of a production as rows, one a call, and their sums beside what was estimated. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from pydantic import Field

from onereel.calls import Call, Intent, spent_on, unknown_on
from onereel.noun import Noun
from onereel.orders import DrawOrder, ReviewOrder, TextOrder
from onereel.plan import Purchase
from onereel.slate import OF_A_SHOT, shot_of

NO_SHOT = "(all shots)"
"""Stands in sums for calls no single shot needs: the storyboard, character sheets."""


ELSEWHERE = "by "
"""What stands before the name of another production that paid."""


class Entry(Noun):
    """One call."""

    time: datetime
    call: str = Field(description="What it was for: clip lighthouse/s010/t01.")
    shot: str = ""
    take: str = ""
    kind: str
    surface: str
    model: str
    request_id: str = Field(default="", description="The vendor's name of it; the operation, for film.")
    latency: float = Field(default=0, description="Seconds from asking to having.")
    polls: int = 0
    resolution: str = ""
    seconds: float = Field(default=0, description="Seconds of film ordered.")
    tokens: int = 0
    attempt: int
    outcome: str = Field(description="How it ended; submitted or intended while it has not.")
    failure_code: str = Field(default="", description="The vendor's code of why it brought nothing.")
    reasons: str = Field(default="", description="Why it brought nothing, in the vendor's words.")
    usd: float = Field(description="What it cost; while nobody knows, what was promised.")
    reserved_usd: float
    paid: str = Field(
        description="this run, or an earlier run; here, where no run asks; or by the production that bought it first."
    )
    run: str = Field(default="", description="Which run asked: its id in Prefect.")
    key: str = Field(description="Its name in the journal.")


class Sum(Noun):
    """Some calls together."""

    name: str
    calls: int
    usd: float = Field(description="Paid by this production.")
    estimated_usd: float = Field(description="At most, by the plan.")


class Ledger(Noun):
    """Every call a production uses, and what they come to."""

    production: str
    entries: tuple[Entry, ...]
    by_model: tuple[Sum, ...]
    by_shot: tuple[Sum, ...]
    by_day: tuple[Sum, ...]
    estimated_usd: float
    spent_usd: float
    unknown_usd: float


def ledger(calls: Sequence[Call], production: str, purchases: Sequence[Purchase] = (), run: str = "") -> Ledger:
    """Return the ledger of a production: what its calls came to beside what its plan allowed for them.

    Args:
        calls: Every call it uses.
        production: Which.
        purchases: What its plan allows.
        run: Which run asks; empty: none.
    """
    entries = [_entry(call, production, run) for call in calls]
    return Ledger(
        production=production,
        entries=tuple(entries),
        by_model=_sums(entries, purchases, lambda each: each.model, lambda one: one.model),
        by_shot=_sums(entries, purchases, lambda each: each.shot or NO_SHOT, lambda one: shot_of(one.what) or NO_SHOT),
        by_day=_sums(entries, (), lambda each: f"{each.time:%Y-%m-%d}", lambda _: ""),
        estimated_usd=round(sum(one.usd for one in purchases), 6),
        spent_usd=spent_on(list(calls), production),
        unknown_usd=unknown_on(list(calls), production),
    )


def _entry(call: Call, production: str, run: str) -> Entry:
    intent, outcome, order = call.intent, call.outcome, call.intent.order
    shot = OF_A_SHOT.match(intent.label)
    asked: dict[str, str | float] = {}
    if isinstance(order, DrawOrder):
        asked = {"resolution": order.size}
    elif not isinstance(order, TextOrder | ReviewOrder):
        asked = {"resolution": order.resolution, "seconds": order.seconds}
    state = "unknown" if call.missing else "submitted" if call.operation else "intended"
    ended: dict[str, str | float] = {"outcome": state, "usd": intent.usd}
    if outcome is not None:
        ended = {
            "outcome": outcome.end,
            "usd": outcome.usd,
            "latency": outcome.seconds,
            "polls": outcome.polls,
            "tokens": outcome.tokens,
            "failure_code": outcome.code,
            "reasons": "; ".join(outcome.reasons),
        }
    return Entry.model_validate(
        {
            "time": intent.at,
            "call": intent.label,
            "shot": shot["shot"] if shot else "",
            "take": f"t{shot['take']}" if shot and shot["take"] else "",
            "kind": intent.kind,
            "surface": order.surface.value,
            "model": order.model,
            "request_id": (outcome.request_id if outcome else "") or call.operation,
            "attempt": intent.attempt,
            "reserved_usd": intent.usd,
            "paid": _payer(intent, production, run),
            "run": intent.run,
            "key": intent.key,
            **asked,
            **ended,
        }
    )


def _payer(intent: Intent, production: str, run: str) -> str:
    if intent.production != production:
        return f"{ELSEWHERE}{intent.production}"
    if not run:
        return "here"
    return "this run" if intent.run == run else "an earlier run"


def _sums(
    entries: Iterable[Entry],
    purchases: Iterable[Purchase],
    name: Callable[[Entry], str],
    planned_name: Callable[[Purchase], str],
) -> tuple[Sum, ...]:
    calls: dict[str, int] = {}
    usd: dict[str, float] = {}
    estimated: dict[str, float] = {}
    for each in entries:
        calls[name(each)] = calls.get(name(each), 0) + 1
        usd[name(each)] = usd.get(name(each), 0.0) + (0.0 if each.paid.startswith(ELSEWHERE) else each.usd)
    for one in purchases:
        estimated[planned_name(one)] = estimated.get(planned_name(one), 0.0) + one.usd
    return tuple(
        Sum(
            name=known,
            calls=calls.get(known, 0),
            usd=round(usd.get(known, 0.0), 6),
            estimated_usd=round(estimated.get(known, 0.0), 6),
        )
        for known in sorted({*calls, *estimated})
    )
