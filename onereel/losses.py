"""Calls nobody heard the end of: finding them, closing those of dead workers, giving them up by a person's word."""

from datetime import UTC, datetime

from onereel.calls import ENDS, Call, Outcome, calls_of, entry_key, read_call
from onereel.crew import Vault
from onereel.errors import BadInput
from onereel.media import keep_noun, read_noun
from onereel.owners import is_dead
from onereel.slate import shot_of

REVIVED = {"unknown"}
"""An end that does not count where the operation has a name: it can be collected."""


def subject_of(call: Call) -> str:
    """Return what a person calls it: the shot it is for, or what it is."""
    return shot_of(call.intent.label) or call.intent.label


def open_calls(vault: Vault, production: str = "") -> list[Call]:
    """Return the calls without an end, oldest first: of one production, or of all in the vault. Blocks.

    One listing of the journal; only what is open is read.
    """
    states: dict[str, set[str]] = {}
    for name in vault.keys("journal/"):
        _, _, key, state = name.split("/")
        states.setdefault(key, set()).add(state.removesuffix(".json"))
    found = [read_call(vault, key) for key, known in states.items() if _may_be_open(known)]
    calls = [call for call in found if call is not None and call.outcome is None]
    own = [call for call in calls if production in ("", call.intent.production)]
    return sorted(own, key=lambda call: call.intent.at)


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


def give_up(vault: Vault, production: str, subject: str, word: str) -> list[Call]:
    """Mark the calls of a shot whose outcome is unknown as lost: spent, and free to be asked once more. Blocks.

    Args:
        vault: Where the journal is.
        production: Which film.
        subject: Which shot; or what a call is, where it is for no single shot.
        word: Whose word it is. A word counts once: said again, as a run started anew does, it gives nothing up.

    Returns:
        What was given up.

    Raises:
        BadInput: The production never asked for anything under that name.
    """
    calls = calls_of(vault, production)
    asked = [call for call in calls if subject_of(call) == subject]
    if not asked:
        known = ", ".join(sorted({subject_of(call) for call in calls if _unknown(call)})) or "none is"
        raise BadInput(f"{production} asked nothing for {subject!r}; unknown: {known}")
    if any(call.outcome is not None and call.outcome.word == word for call in asked):
        return []
    return [call for call in asked if _mark(vault, call, word)]


def _mark(vault: Vault, call: Call, word: str) -> bool:
    """Return whether a call was unknown, its worker dead, or its operation gone, and is lost now."""
    bury(vault, call)
    unheard = call.outcome is None or call.outcome.end == "unknown"
    if not unheard or not vault.exists(entry_key(call.intent.key, "unknown")):
        return False
    unknown = read_noun(vault, entry_key(call.intent.key, "unknown"), Outcome)
    lost = unknown.model_copy(update={"end": "lost", "at": _now(), "word": word})
    return keep_noun(vault, entry_key(call.intent.key, "lost"), lost)


def _unknown(call: Call) -> bool:
    return call.outcome is not None and call.outcome.end == "unknown"


def _now() -> datetime:
    return datetime.now(UTC)
