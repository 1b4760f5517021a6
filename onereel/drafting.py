"""Drafting: a production remembers what its draft was filmed on, and the final goes by what was approved of it."""

from collections.abc import Iterable, Mapping

from onereel.approvals import approved_drafts, decisions
from onereel.brief import Brief
from onereel.crew import Vault
from onereel.drafted import Drafted, Drawing, asked_of
from onereel.errors import NotInVault
from onereel.filming import takes_of_shot
from onereel.media import read_noun, write_noun
from onereel.picks import newest, picks_of
from onereel.plan import Plan
from onereel.slate import draft_key
from onereel.storyboard import Storyboard
from onereel.takes import Keyframe


def mark_draft(vault: Vault, brief: Brief, plan: Plan, keyframes: Mapping[str, Keyframe]) -> None:
    """Remember what a draft is filmed on. Blocks."""
    picks = picks_of(vault, plan.production)
    drawings = []
    for still in plan.stills:
        if still.id in keyframes and not still.file:
            pick = newest(picks, still.id)
            asked = asked_of(still.id, still.words, still.retouch, still.guides)
            number = pick.number if pick else 0
            drawings.append(Drawing(asked=asked, chosen=number, keyframe=keyframes[still.id]))
    drafted = Drafted(image=brief.models.image, keyframe_size=plan.keyframe_size, drawings=tuple(drawings))
    write_noun(vault, draft_key(plan.production), drafted)


def drafted(vault: Vault, brief: Brief, storyboard: Storyboard) -> Drafted | None:
    """Return what the draft of a final came to; None where there was none. Blocks."""
    if brief.tier != "final":
        return None
    try:
        found = read_noun(vault, draft_key(brief.production), Drafted)
    except NotInVault:
        return None
    return found.model_copy(update=_words_on(vault, brief.production, (shot.id for shot in storyboard.shots)))


def _words_on(vault: Vault, production: str, shots: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return which drafts were approved and which were not; neither, where nobody approved any."""
    made = {}
    for shot in shots:
        drafts = [take.at for take in takes_of_shot(vault, production, shot) if take.tier == "draft"]
        if drafts:
            made[shot] = max(drafts)
    approved = approved_drafts(decisions(vault, production), made)
    rest = tuple(shot for shot in made if shot not in approved) if approved else ()
    return {"approved": approved, "unapproved": rest}
