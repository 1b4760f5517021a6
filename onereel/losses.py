"""Calls nobody heard the end of: finding them, closing those of dead workers, giving them up by a person's word."""

from dataclasses import dataclass
from datetime import UTC, datetime

from onereel.calls import ENDS, Call, Outcome, Submitted, calls_of, entry_key, key_in, key_of, read_call
from onereel.crew import Vault
from onereel.errors import BadInput, Corrupted
from onereel.media import keep_noun, read_noun
from onereel.orders import ClipOrder, ExtendOrder
from onereel.owners import is_dead
from onereel.slate import calls_prefix, shot_of

REVIVED = {"unknown"}
"""An end that does not count where the operation has a name: it can be collected."""


def subject_of(call: Call) -> str:
    """Return what a person calls it: the shot it is for, or what it is."""
    return shot_of(call.intent.label) or call.intent.label


@dataclass(frozen=True)
class Unread:
    """A call whose entries cannot be understood: one that is damaged hides no other."""

    key: str
    why: Corrupted


def open_calls(vault: Vault, production: str = "") -> tuple[list[Call], list[Unread]]:
    """Return the calls without an end, oldest first, and those that cannot be read. Blocks.

    One listing of the journal; only what is open is read.

    Args:
        vault: Where the journal is.
        production: Whose; empty: of all in the vault.
    """
    used = {key_in(name) for name in vault.keys(calls_prefix(production))} if production else None
    states: dict[str, set[str]] = {}
    for name in vault.keys("journal/"):
        _, _, key, state = name.split("/")
        states.setdefault(key, set()).add(state.removesuffix(".json"))
    calls, unread = [], []
    for key, known in states.items():
        if not _may_be_open(known) or (used is not None and key not in used):
            continue
        try:
            call = read_call(vault, key)
        except Corrupted as damaged:
            unread.append(Unread(key, damaged))
            continue
        if call is not None and call.outcome is None and production in ("", call.intent.production):
            calls.append(call)
    return sorted(calls, key=lambda call: call.intent.at), unread


def _may_be_open(states: set[str]) -> bool:
    ended = states.intersection(ENDS)
    return not ended or ("submitted" in states and ended <= REVIVED)


def bury(vault: Vault, call: Call) -> bool:
    """Close a call whose owner died before it heard an answer: unknown, counted as spent. Blocks.

    Returns:
        Whether it was closed; False if its owner may still be asking, or it can be collected.
    """
    if call.outcome is not None or call.operation or not is_dead(call.intent):
        return False
    return keep_noun(
        vault,
        entry_key(call.intent.key, "unknown"),
        Outcome(
            end="unknown",
            usd=call.intent.usd,
            at=_now(),
            reasons=("the worker that asked died before it heard the answer",),
        ),
    )


def adopt(vault: Vault, production: str, subject: str, operation: str) -> Call:
    """Keep the name a film was accepted under, which the vault would not have when it was heard: the run's log says it.

    Blocks.

    Args:
        vault: Where the journal is.
        production: Which film.
        subject: Which shot, or which call by its label.
        operation: What the studio calls it.

    Returns:
        The call, which can be collected now.

    Raises:
        BadInput: Not exactly one call of that name waits for an operation.
    """
    named = [call for call in calls_of(vault, production) if subject in (subject_of(call), call.intent.label)]
    nameless = [call for call in named if not call.operation and (call.outcome is None or call.unknown)]
    films = [call for call in nameless if isinstance(call.intent.order, ClipOrder | ExtendOrder)]
    if len(films) != 1:
        known = f" ({', '.join(call.intent.label for call in films)}: name one of them)" if films else ""
        raise BadInput(f"{len(films)} films of {production} for {subject!r} lack the name of their operation{known}")
    keep_noun(vault, entry_key(films[0].intent.key, "submitted"), Submitted(operation=operation, at=_now()))
    return films[0]


def give_up(vault: Vault, production: str, subject: str, word: str, deadline: float) -> list[Call]:
    """Mark the calls of a shot whose outcome is unknown as lost: spent, and free to be asked once more. Blocks.

    A film that should long have been there is one of them: its operation hangs, or cannot be asked for any more.

    Args:
        vault: Where the journal is.
        production: Which film.
        subject: Which shot; or what a call is, where it is for no single shot.
        word: Whose word it is. For an order it counts once: said again, as by a run started anew, it gives up nothing
            that was asked since.
        deadline: Seconds after which no run waits for a film any more.

    Returns:
        What was given up.

    Raises:
        BadInput: The production never asked for anything under that name.
    """
    asked = asked_for(vault, production, subject)
    heard = {key_of(call.intent.order, 1) for call in asked if call.outcome is not None and call.outcome.word == word}
    unheard = [call for call in asked if key_of(call.intent.order, 1) not in heard]
    return [call for call in unheard if _mark(vault, call, word, deadline)]


def asked_for(vault: Vault, production: str, subject: str) -> list[Call]:
    """Return the calls of a shot, or of what is for no single one. Blocks.

    Raises:
        BadInput: The production never asked for anything under that name; says of what the outcome is unknown.
    """
    calls = calls_of(vault, production)
    asked = [call for call in calls if subject_of(call) == subject]
    if not asked:
        known = ", ".join(sorted({subject_of(call) for call in calls if call.unknown})) or "none is"
        raise BadInput(f"{production} asked nothing for {subject!r}; unknown: {known}")
    return asked


def _mark(vault: Vault, call: Call, word: str, deadline: float) -> bool:
    """Return whether a call was unknown, its worker dead, or its operation gone or overdue, and is lost now."""
    key, now = call.intent.key, _now()
    if call.outcome is None and call.operation and not call.missing:
        if (now - call.intent.at).total_seconds() < deadline:
            return False
        told = f"{call.operation} was still open when it was given up"
        lost = Outcome(end="lost", usd=call.intent.usd, at=now, reasons=(told,), word=word)
        return keep_noun(vault, entry_key(key, "lost"), lost)
    bury(vault, call)
    if (call.outcome is not None and not call.unknown) or not vault.exists(entry_key(key, "unknown")):
        return False
    unknown = read_noun(vault, entry_key(key, "unknown"), Outcome)
    return keep_noun(vault, entry_key(key, "lost"), unknown.model_copy(update={"end": "lost", "at": now, "word": word}))


def _now() -> datetime:
    return datetime.now(UTC)
