"""Character sheets and keyframes."""

from prefect import task

from onereel import drawing
from onereel.footage import Media
from onereel.plan import Plan, SheetPlan, StillPlan
from onereel.takes import Keyframe
from tasks import ASKING, company


@task(task_run_name="draw {plan.production}/sheet/{sheet.character}", **ASKING)
async def draw_sheet(plan: Plan, sheet: SheetPlan) -> Media:
    """Draw a character sheet."""
    return await drawing.draw_sheet(company(), plan, sheet)


@task(task_run_name="draw {plan.production}/{still.id}", **ASKING)
async def draw_keyframe(plan: Plan, still: StillPlan, pictures: dict[str, Media]) -> Keyframe:
    """Draw a keyframe, check it, and fit it to the camera's frame."""
    return await drawing.draw_still(company(), plan, still, pictures)


@task(task_run_name="compare {plan.production}/{closing.id}", **ASKING)
async def part_keyframes(plan: Plan, opening: Keyframe, closing: Keyframe) -> Keyframe:
    """Redraw a closing keyframe that would film as a frozen clip."""
    return await drawing.part(company(), plan, opening, closing)


@task(task_run_name="edit {plan.production}/{keyframe.id}", **ASKING)
async def edit_keyframe(plan: Plan, keyframe: Keyframe, note: str) -> Keyframe:
    """Redraw a keyframe from itself as a note says."""
    return await drawing.edit(company(), plan, keyframe, note)
