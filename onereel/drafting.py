"""Drafting: a production remembers what its draft drew with, so that the final films from the same drawings."""

from pydantic import Field

from onereel.brief import Brief
from onereel.crew import Vault
from onereel.errors import NotInVault
from onereel.media import read_noun, write_noun
from onereel.noun import Noun
from onereel.plan import Plan
from onereel.slate import draft_key


class Drafted(Noun):
    """What a draft drew with."""

    image: str = Field(description="The image model.")
    keyframe_size: str


def mark_draft(vault: Vault, brief: Brief, plan: Plan) -> None:
    """Remember what a draft draws with. Blocks."""
    write_noun(vault, draft_key(plan.production), Drafted(image=brief.models.image, keyframe_size=plan.keyframe_size))


def drafted_size(vault: Vault, brief: Brief) -> str:
    """Return the size the draft of a final drew its keyframes at; empty where there was none. Blocks."""
    if brief.tier != "final":
        return ""
    try:
        found = read_noun(vault, draft_key(brief.production), Drafted)
    except NotInVault:
        return ""
    return found.keyframe_size if found.image == brief.models.image else ""
