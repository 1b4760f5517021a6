"""What is asked for on each footing of the ladder: sheets, keyframes and takes, as planned or not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from flows.ladder import Footing, Ladder
from onereel.company import Company
from onereel.drafts import reworded
from onereel.drawing import candidate_orders, planned_recipe, settle, settle_sheet, sheet_order
from onereel.filming import Setup
from onereel.footage import Media
from onereel.guides import numbered
from onereel.plan import Plan, SheetPlan, StillPlan
from onereel.prompts import keyframe_words
from onereel.storyboard import Shot
from onereel.takes import Keyframe, Rescue, recipe_of
from tasks.keyframes import draw_keyframe, draw_sheet


async def drawn_sheet(company: Company, plan: Plan, sheet: SheetPlan) -> Media:
    """Return a character sheet. Its words are the brief's, so they are not softened."""
    rescues: tuple[Rescue, ...] = ()

    async def ask(_: Company, footing: Footing) -> Media:
        nonlocal rescues
        rescues = footing.rescues
        return await draw_sheet(plan, sheet)

    async def holds(crew: Company, _: Footing) -> bool:
        return await company.journal.holds(sheet_order(crew, plan, sheet))

    recipe = recipe_of("sheet", sheet_order(company, plan, sheet))
    drawn = await _ladder(company, None, recipe, holds).climb(ask)
    return await settle_sheet(company, plan, sheet, drawn) if rescues else drawn


@dataclass(frozen=True)
class Told:
    """A keyframe to be drawn, as planned: for which shot, after which pictures, and which candidate was chosen."""

    plan: Plan
    still: StillPlan
    shot: Shot
    pictures: dict[str, Media]
    chosen: int = 0


async def drawn_keyframe(company: Company, told: Told) -> Keyframe:
    """Return a keyframe; one that was not drawn as planned is settled on all the same, and says what was done."""
    plan, still, pictures = told.plan, told.still, told.pictures
    recipe = planned_recipe(company, plan, still, pictures)

    async def ask(crew: Company, footing: Footing) -> Keyframe:
        keyframe = await draw_keyframe(plan, _reworded(still, crew, footing), pictures, told.chosen)
        return await settle(company, keyframe, recipe, footing.rescues) if footing.rescues else keyframe

    async def holds(crew: Company, footing: Footing) -> bool:
        orders = candidate_orders(crew, plan, _reworded(still, crew, footing), pictures)
        return any([await company.journal.holds(order) for order in orders])

    return await _ladder(company, told.shot, recipe, holds).climb(ask)


def footed(crew: Company, setup: Setup, footing: Footing) -> Setup:
    """Return a take as it is filmed on a footing: by which camera, in which words."""
    spare = setup.plan.standby.take(setup.take.shot) if footing.fallen_back and setup.plan.standby else None
    take, unsoftened, plan = spare or setup.take, None, setup.plan
    if footing.fallen_back:
        plan = plan.model_copy(update={"camera": crew.brief.models.video})
    if footing.softened and footing.shot is not None:
        take, unsoftened = reworded(take, footing.shot, crew.brief, crew.table.camera(plan.camera)), take
    return replace(setup, plan=plan, take=take, unsoftened=unsoftened, rescues=footing.rescues)


def _reworded(still: StillPlan, crew: Company, footing: Footing) -> StillPlan:
    if not footing.softened or footing.shot is None:
        return still
    labels = numbered([guide.label for guide in still.guides])
    return still.model_copy(update={"words": keyframe_words(footing.shot, crew.brief, still.end, labels)})


def _ladder(
    company: Company, shot: Shot | None, recipe: str, holds: Callable[[Company, Footing], Awaitable[bool]]
) -> Ladder:
    another = company.fallback is not None and bool(company.brief.policy.fallback.image)
    return Ladder(company, "image", company.brief.models.image, shot, another, recipe, holds)
