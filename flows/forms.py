"""The form a gate asks with: only what can be said there, with the shots as they are."""

from typing import Annotated, Any, Literal

from prefect.input import RunInput
from pydantic import Field, create_model

from onereel.approvals import FILMED, EditedShot, Rejected
from onereel.brief import Gate
from onereel.deciding import rows_of
from onereel.storyboard import Storyboard

MOST_CARDS = 40
"""Shots a form shows as cards to edit; a longer film is edited as a shot list."""

SENT_BACK = {
    "storyboard": "Shots that need other words, and a note to the camera for each.",
    "keyframes": "Shots whose pictures should change: redrawn from themselves as a note says, then shown again.",
    "takes": "Shots to be filmed again, with a note to the camera or without. Then all are shown again.",
    "cut": "Shots to be filmed again, with a note to the camera or without. Then the film is cut anew and shown again.",
}


class GateForm(RunInput):
    """What can be said at every gate. The decision has no default: nobody approves by chance."""

    decision: Literal["approve", "change", "stop"] = Field(
        title="Decision",
        description="approve: go on, with what you changed below. change: do what is said below, then ask me again. "
        "stop: end here; everything is kept.",
        json_schema_extra={"position": 0},
    )


def form(gate: Gate, storyboard: Storyboard, limit: float, *, draft: bool = False) -> type[RunInput]:
    """Return the form of a gate.

    Args:
        gate: Which gate.
        storyboard: The shots it may name.
        limit: US dollars the film may cost as things are.
        draft: Whether a draft is decided on: what is filmed of it may be approved shot by shot.
    """
    ids = [shot.id for shot in storyboard.shots]
    sent_back = create_model(
        "SentBack",
        __base__=Rejected,
        shot=(str, Field(title="Shot", json_schema_extra={"position": 0, "enum": list(ids)})),
    )
    fields: dict[str, Any] = {
        "reject": (
            list[sent_back],
            Field(default=[], title="Send back", description=SENT_BACK[gate], json_schema_extra={"position": 1}),
        ),
        "ceiling_usd": (
            float,
            Field(
                default=round(limit, 2),
                gt=0,
                title="Price ceiling",
                description="US dollars. Most the film may cost in all from here on; never above the brief's budget.",
                json_schema_extra={"position": 4},
            ),
        ),
    }
    if draft and gate in FILMED:
        chosen = Annotated[str, Field(json_schema_extra={"enum": list(ids)})]
        fields["approved"] = (
            list[chosen],
            Field(
                default=list(ids),
                title="Approved for the final",
                description="Shots the final films again, from these keyframes. The others, and those sent back, stay "
                "drafts.",
                json_schema_extra={"position": 2},
            ),
        )
    if gate == "storyboard":
        fields |= _editing(storyboard)
    return create_model("Answer", __base__=GateForm, **fields)


def _editing(storyboard: Storyboard) -> dict[str, Any]:
    cards = rows_of(storyboard) if len(storyboard.shots) <= MOST_CARDS else []
    return {
        "shots": (
            list[EditedShot],
            Field(
                default=cards,
                title="Shots",
                description="The film in order: change lengths and words, move shots, take them out, add some.",
                json_schema_extra={"position": 2},
            ),
        ),
        "shot_list": (
            str,
            Field(
                default="",
                title="Or a whole shot list",
                description="CSV or YAML, pasted here, or its key in the vault. It replaces the shots above.",
                json_schema_extra={"position": 3, "format": "text"},
            ),
        ),
    }
