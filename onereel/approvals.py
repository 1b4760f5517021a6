"""Approvals: where a brief asks a person to decide before money moves on, what was asked, and what they decided."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field

from onereel.brief import SHOT, Gate, Wait
from onereel.crew import Vault
from onereel.errors import NotInVault
from onereel.media import keep_noun, read_noun, write_noun
from onereel.noun import Noun
from onereel.storyboard import Storyboard
from onereel.takes import recipe_of

FILMED = ("takes", "cut")
"""Gates where a rejected shot is filmed again; before them its keyframe is redrawn, or its words are noted."""


class Rejected(Noun):
    """A shot sent back."""

    shot: str = Field(title="Shot", pattern=SHOT, examples=["s030"], json_schema_extra={"position": 0})
    note: str = Field(
        default="",
        max_length=400,
        title="Note",
        description="What should be different.",
        examples=["the coat is red"],
        json_schema_extra={"position": 1, "format": "text"},
    )


class EditedShot(Noun):
    """A shot of the storyboard as a person edits it; what is not here stays as it was."""

    id: str = Field(
        title="Shot",
        pattern=SHOT,
        description="A new one needs a new name, s015 between s010 and s020.",
        json_schema_extra={"position": 0},
    )
    seconds: float = Field(ge=1, le=120, allow_inf_nan=False, title="Seconds", json_schema_extra={"position": 1})
    action: str = Field(
        min_length=1,
        max_length=800,
        title="What happens",
        json_schema_extra={"position": 2, "format": "text"},
    )
    camera: str = Field(
        default="",
        max_length=400,
        title="Camera",
        description="Where it stands; how it moves.",
        examples=["low angle; slow push in"],
        json_schema_extra={"position": 3},
    )
    dialogue: str = Field(
        default="",
        max_length=3600,
        title="Dialogue",
        description="SPEAKER: words, one line each.",
        json_schema_extra={"position": 4, "format": "text"},
    )


class Answer(Noun):
    """What a person says at a gate. Without a word it is a yes."""

    decision: Literal["approve", "change", "stop"] = "approve"
    reject: tuple[Rejected, ...] = ()
    approved: tuple[str, ...] = Field(
        default=(), description="Of a draft: shots the final films. None: all that are not sent back."
    )
    shots: tuple[EditedShot, ...] = Field(default=(), description="The whole film in order; none: as it is.")
    shot_list: str = Field(default="", max_length=400_000, description="CSV or YAML, or its key in the vault.")
    ceiling_usd: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Most the film may cost in all from now on."
    )


class Waiting(Noun):
    """What a production waits for: a decision on exactly this."""

    gate: Gate
    recipe: str = Field(description="Digest of what is to be decided on; another storyboard is another decision.")
    usd: float = Field(description="At most, what the production will cost if it goes on.")
    next_usd: float = Field(default=0, description="At most, what approving it buys.")
    tier: Literal["draft", "final"] = "final"
    board: int = Field(default=0, description="Version of the storyboard it is about.")
    run: str = Field(default="", description="Id of the suspended Prefect run; empty: none is held, produce again.")
    key: str = Field(default="", description="What the question is called in that run.")
    at: datetime
    until: datetime | None = None
    then: Literal["stop", "approve"] = "stop"

    def over(self, now: datetime) -> bool:
        """Return whether the time to answer is over."""
        return self.until is not None and self.until <= now


class Decision(Noun):
    """What came of a question: a person's yes or no, or nobody's."""

    number: int = Field(ge=1)
    gate: Gate
    recipe: str = Field(description="What it is about; of an approval with changes: what it approves.")
    decision: Literal["approve", "change", "stop", "refused"] = Field(description="refused: it could not be done.")
    reject: tuple[Rejected, ...] = ()
    tier: Literal["draft", "final"] = Field(default="final", description="Of what was decided on.")
    approved: tuple[str, ...] = Field(default=(), description="Of a draft: shots the final films; none: all.")
    ceiling_usd: float | None = None
    problem: str = Field(default="", description="Why it could not be done.")
    said: str = Field(description="Which answer this is; the same one is never taken twice.")
    by: str = Field(description="Who: form, command line, or nobody, where the time was over.")
    at: datetime


def about_storyboard(storyboard: Storyboard) -> str:
    """Return what an approval of a storyboard is about: all but notes, which later gates and reshoots add."""
    told = storyboard.model_dump(mode="json", exclude={"shots": {"__all__": {"note", "retouch"}}})
    return recipe_of("storyboard", told)


def until(wait: Wait, now: datetime) -> datetime | None:
    """Return when a gate's time to answer is over; None: never."""
    return now + timedelta(hours=wait.hours) if wait.hours else None


def _waiting_key(production: str) -> str:
    return f"productions/{production}/waiting.json"


def decisions_prefix(production: str) -> str:
    """Return what the keys of all decisions on a production start with."""
    return f"productions/{production}/decisions/"


def wait_for(vault: Vault, production: str, waiting: Waiting) -> None:
    """Note what a production waits for. Blocks."""
    write_noun(vault, _waiting_key(production), waiting)


def at_most(usd: float) -> str:
    """Return what approving buys, in words."""
    return f"at most ${usd:.2f} more" if usd else "nothing more"


def waited_for(vault: Vault, production: str) -> Waiting | None:
    """Return what a production waits for, or None. Blocks."""
    try:
        return read_noun(vault, _waiting_key(production), Waiting)
    except NotInVault:
        return None


def decisions(vault: Vault, production: str) -> list[Decision]:
    """Return all decisions on a production, oldest first. Blocks."""
    found = [read_noun(vault, key, Decision) for key in vault.keys(decisions_prefix(production))]
    return sorted(found, key=lambda each: each.number)


def decided(made: list[Decision], gate: Gate, recipe: str) -> Decision | None:
    """Return the newest decision on exactly this, or None."""
    return next((each for each in reversed(made) if (each.gate, each.recipe) == (gate, recipe)), None)


def approved_drafts(made: Iterable[Decision], drafts: Mapping[str, datetime]) -> tuple[str, ...]:
    """Return the shots whose draft stands approved: nobody sent it back later, nor filmed it again.

    Args:
        made: All decisions, oldest first.
        drafts: When the newest draft of each shot was filmed.
    """
    said: dict[str, bool] = {}
    for each in made:
        if each.tier != "draft" or each.gate not in FILMED or each.decision not in ("approve", "change"):
            continue
        sent_back = {one.shot for one in each.reject}
        for shot, at in drafts.items():
            if at > each.at:
                continue
            if shot in sent_back:
                said[shot] = False
            elif each.decision == "approve":
                said[shot] = not each.approved or shot in each.approved
            elif shot in each.approved:
                said[shot] = True
    return tuple(shot for shot in drafts if said.get(shot))


def ceiling(made: list[Decision]) -> float | None:
    """Return the price ceiling somebody set last, or None."""
    return next((each.ceiling_usd for each in reversed(made) if each.ceiling_usd is not None), None)


def keep_decision(vault: Vault, production: str, waiting: Waiting, **told: object) -> Decision:
    """Keep a decision under the next number, and forget that it was waited for. Blocks."""
    made = decisions(vault, production)
    number = made[-1].number + 1 if made else 1
    while True:
        now = datetime.now(UTC)
        facts = {
            "gate": waiting.gate,
            "recipe": waiting.recipe,
            "tier": waiting.tier,
            **told,
            "number": number,
            "at": now,
        }
        decision = Decision.model_validate(facts)
        if keep_noun(vault, f"{decisions_prefix(production)}{number:04d}.json", decision):
            break
        number += 1
    if waited_for(vault, production) == waiting:
        vault.remove(_waiting_key(production))
    return decision
