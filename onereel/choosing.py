"""What a person chooses: a take of a shot, or one of the drawings of a keyframe. Choosing buys nothing."""

from collections.abc import Sequence

from onereel.brief import Brief
from onereel.company import Company
from onereel.crew import Vault
from onereel.delivering import existing
from onereel.drafts import TakePlan
from onereel.errors import BadInput
from onereel.filming import takes_of
from onereel.picks import Pick, choice, keep_picks, take_named
from onereel.plan import Plan
from onereel.takes import Take


def is_keyframe(name: str) -> bool:
    """Return whether a name is a keyframe's (s010/opening), not a shot's."""
    return "/" in name


def pick_take(company: Company, plan: Plan, shot: str, name: str) -> Pick:
    """Put a take of a shot on screen, and keep what continues the shot as it is. Blocks.

    Raises:
        BadInput: There is no such shot or take; says which there are.
    """
    planned_shot(plan, shot)
    takes = takes_of(company, shot)
    take = take_named(takes, name, shot)
    pick = choice(shot, take.number, known=takes[-1].number)
    on_screen = existing(company, plan)
    kept = [pick]
    for planned in plan.takes:
        follower = on_screen[planned.shot]
        if planned.continues == shot and isinstance(follower, Take):
            kept.append(kept_as_is(company, follower, beside=take.slate, why=f"kept when {take.slate} was picked"))
    keep_picks(company.vault, plan.production, kept)
    return pick


def planned_shot(plan: Plan, shot: str) -> TakePlan:
    """Return the plan of a shot.

    Raises:
        BadInput: There is no such shot; says which there are.
    """
    found = next((planned for planned in plan.takes if planned.shot == shot), None)
    if found is None:
        shots = ", ".join(planned.shot for planned in plan.takes)
        raise BadInput(f"{plan.production} has no shot {shot!r}; it has {shots}")
    return found


def pin(company: Company, plan: Plan, shots: Sequence[str], wish: str) -> None:
    """Keep the takes of shots on screen, whatever becomes of the shots before them. Blocks."""
    on_screen = existing(company, plan)
    found = (on_screen[shot] for shot in shots)
    why = f"pinned by {wish}"
    keep_picks(
        company.vault, plan.production, [kept_as_is(company, take, why=why) for take in found if isinstance(take, Take)]
    )


def kept_as_is(company: Company, take: Take, *, beside: str = "", why: str) -> Pick:
    """Return the pick that keeps a take on screen though the take before it is another now. Blocks."""
    newest = takes_of(company, take.shot)[-1].number
    return choice(take.shot, take.number, known=newest, beside=beside, why=why)


def pick_drawing(vault: Vault, brief: Brief, plan: Plan, keyframe: str, name: str) -> Pick:
    """Choose one of a keyframe's candidates; the next run films the shot from it. Blocks.

    Raises:
        BadInput: There is no such keyframe or candidate; says which there are.
    """
    stills = [still.id for still in plan.stills]
    if keyframe not in stills:
        raise BadInput(f"{plan.production} draws no keyframe {keyframe!r}; it draws {', '.join(stills) or 'none'}")
    if not name.isdecimal() or not 1 <= int(name) <= brief.candidates:
        raise BadInput(
            f"{keyframe} has no candidate {name!r}; it has 1 to {brief.candidates} (candidates in the brief)"
        )
    pick = choice(keyframe, int(name))
    keep_picks(vault, plan.production, [pick])
    return pick
