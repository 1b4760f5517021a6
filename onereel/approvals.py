"""Approvals: where a brief asks a person to decide before money moves on, and what they decided."""

from datetime import UTC, datetime

from pydantic import Field

from onereel.brief import Gate
from onereel.crew import Vault
from onereel.errors import BadInput, NotInVault
from onereel.media import keep_noun, read_noun, write_noun
from onereel.noun import Noun


class Waiting(Noun):
    """What a production waits for: a decision on exactly this."""

    gate: Gate
    recipe: str = Field(description="Digest of what is to be decided on; another storyboard is another decision.")
    usd: float = Field(description="At most, what the production will cost if it goes on.")
    at: datetime


class Approval(Noun):
    """A person's yes."""

    gate: Gate
    recipe: str
    at: datetime


def _waiting_key(production: str) -> str:
    return f"productions/{production}/waiting.json"


def _approval_key(production: str, gate: Gate, recipe: str) -> str:
    return f"productions/{production}/approvals/{gate}-{recipe[:16]}.json"


def must_wait(vault: Vault, production: str, gates: tuple[Gate, ...], waiting: Waiting) -> bool:
    """Return whether a production has to wait at a gate; notes what it waits for. Blocks."""
    if waiting.gate not in gates or vault.exists(_approval_key(production, waiting.gate, waiting.recipe)):
        return False
    write_noun(vault, _waiting_key(production), waiting)
    return True


def approve(vault: Vault, production: str) -> Waiting:
    """Say yes to what a production waits for, and return what that was. Blocks.

    Raises:
        BadInput: It waits for nothing.
    """
    try:
        waiting = read_noun(vault, _waiting_key(production), Waiting)
    except NotInVault as nothing:
        raise BadInput(f"{production!r} in {vault.url} waits for no approval") from nothing
    approval = Approval(gate=waiting.gate, recipe=waiting.recipe, at=datetime.now(UTC))
    keep_noun(vault, _approval_key(production, waiting.gate, waiting.recipe), approval)
    vault.remove(_waiting_key(production))
    return waiting
