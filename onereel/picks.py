"""Picks: which take of a shot, and which drawing of a keyframe, a person chose. A log; nothing in it is overwritten."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import Field

from onereel.crew import Vault
from onereel.errors import BadInput
from onereel.media import keep_noun, read_noun
from onereel.noun import Noun
from onereel.slate import pick_key, picks_prefix
from onereel.takes import Take


class Pick(Noun):
    """One choice. It stands until the shot is filmed again; a later pick of the same thing replaces it."""

    of: str = Field(description="A shot, s010; or a keyframe, s010/opening.")
    number: int = Field(ge=1, description="Which take, or which of the keyframe's candidates.")
    known: int = Field(default=0, ge=0, description="Number of the newest take there was to choose from.")
    beside: str = Field(default="", description="Slate of the take before it, if it stands only while that does.")
    why: str = Field(default="", description="Empty: a person chose it; else what it was kept for.")
    at: datetime


def picks_of(vault: Vault, production: str) -> tuple[Pick, ...]:
    """Return every pick of a production, oldest first. Blocks."""
    keys = sorted(vault.keys(picks_prefix(production)), key=lambda key: (len(key), key))
    return tuple(read_noun(vault, key, Pick) for key in keys)


def keep_picks(vault: Vault, production: str, picks: Sequence[Pick]) -> None:
    """Write picks down, after all others. Blocks."""
    number = len(picks_of(vault, production))
    for pick in picks:
        number += 1
        while not keep_noun(vault, pick_key(production, number), pick):
            number += 1


def newest(picks: Sequence[Pick], of: str) -> Pick | None:
    """Return the last pick of a shot or a keyframe, or None."""
    return next((pick for pick in reversed(picks) if pick.of == of), None)


def picked(picks: Sequence[Pick], takes: Sequence[Take], before: str = "") -> Take | None:
    """Return the take that was picked of a shot's takes, or None where no pick stands.

    Args:
        picks: All of the production.
        takes: All takes of the shot, oldest first.
        before: Slate of the take the shot goes on from, if it continues one.
    """
    pick = newest(picks, takes[-1].shot) if takes else None
    if pick is None or takes[-1].number > pick.known or pick.beside not in ("", before):
        return None
    return next((take for take in takes if take.number == pick.number), None)


def stands(picks: Sequence[Pick], takes: Sequence[Take], slate: str) -> bool:
    """Return whether a take is on screen because it was picked."""
    pick = newest(picks, takes[-1].shot) if takes else None
    if pick is None or takes[-1].number > pick.known:
        return False
    return any(take.slate == slate and take.number == pick.number for take in takes)


def take_named(takes: Sequence[Take], name: str, shot: str) -> Take:
    """Return the take a person names: t01, or 1.

    Raises:
        BadInput: The shot has no such take; says which it has.
    """
    wanted = name.rsplit("/", 1)[-1].lower().removeprefix("t").lstrip("0")
    found = next((take for take in takes if str(take.number) == wanted), None)
    if found is None:
        there = ", ".join(f"t{take.number:02d}" for take in takes) or "none"
        raise BadInput(f"{shot} has no take {name!r}; it has {there}")
    return found


def choice(of: str, number: int, *, known: int = 0, beside: str = "", why: str = "") -> Pick:
    """Return a pick made now."""
    return Pick(of=of, number=number, known=known, beside=beside, why=why, at=datetime.now(UTC))
