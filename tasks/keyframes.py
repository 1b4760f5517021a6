"""Character sheets and keyframes."""

from prefect import task

from onereel import drawing
from onereel.footage import Media
from onereel.plan import Plan, SheetPlan, StillPlan
from onereel.takes import Keyframe
from tasks import ASKING, company, unseen


async def draw_sheet(plan: Plan, sheet: SheetPlan) -> Media:
    """Draw a character sheet."""
    return await _draw_sheet(plan.production, sheet, unseen(plan))


async def draw_keyframe(plan: Plan, still: StillPlan, pictures: dict[str, Media], chosen: int = 0) -> Keyframe:
    """Draw a keyframe, check it, and fit it to the camera's frame; or take the candidate a person chose.

    One that was settled before takes no task.
    """
    known = None if chosen else await drawing.known_still(company(), plan, still, pictures)
    if known is not None:
        return known
    company().bounds["image"].expect(company().brief.models.image)  # before a task is started for it
    return await _draw_keyframe(plan.production, still, pictures, unseen(plan), chosen)


async def part_keyframes(plan: Plan, opening: Keyframe, closing: Keyframe) -> Keyframe:
    """Redraw a closing keyframe that would film as a frozen clip."""
    if drawing.apart(company(), opening, closing):
        return closing
    return await _part_keyframes(plan.production, opening, closing, unseen(plan))


async def edit_keyframe(plan: Plan, keyframe: Keyframe, note: str) -> Keyframe:
    """Redraw a keyframe from itself as a note says."""
    return await _edit_keyframe(plan.production, keyframe, note, unseen(plan))


async def enlarge_keyframe(plan: Plan, keyframe: Keyframe) -> Keyframe:
    """Redraw an approved keyframe from itself, larger."""
    return await _enlarge_keyframe(plan.production, keyframe, unseen(plan))


@task(name="enlarge_keyframe", task_run_name="enlarge {production}/{keyframe.id}", **ASKING)
async def _enlarge_keyframe(
    production: str,  # noqa: ARG001 - see the run's name
    keyframe: Keyframe,
    plan: Plan,
) -> Keyframe:
    return await drawing.enlarge(company(), plan, keyframe)


@task(name="draw_sheet", task_run_name="draw {production}/sheet/{sheet.character}", **ASKING)
async def _draw_sheet(production: str, sheet: SheetPlan, plan: Plan) -> Media:  # noqa: ARG001 - see the run's name
    return await drawing.draw_sheet(company(), plan, sheet)


@task(name="draw_keyframe", task_run_name="draw {production}/{still.id}", **ASKING)
async def _draw_keyframe(
    production: str,  # noqa: ARG001 - see the run's name
    still: StillPlan,
    pictures: dict[str, Media],
    plan: Plan,
    chosen: int,
) -> Keyframe:
    return await drawing.draw_still(company(), plan, still, pictures, chosen)


@task(name="part_keyframes", task_run_name="compare {production}/{closing.id}", **ASKING)
async def _part_keyframes(
    production: str,  # noqa: ARG001 - see the run's name
    opening: Keyframe,
    closing: Keyframe,
    plan: Plan,
) -> Keyframe:
    return await drawing.part(company(), plan, opening, closing)


@task(name="edit_keyframe", task_run_name="edit {production}/{keyframe.id}", **ASKING)
async def _edit_keyframe(
    production: str,  # noqa: ARG001 - see the run's name
    keyframe: Keyframe,
    note: str,
    plan: Plan,
) -> Keyframe:
    return await drawing.edit(company(), plan, keyframe, note)
