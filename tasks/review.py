"""Reviews: a vision model looks at keyframes before a clip is bought on them, and at takes before they are cut."""

from prefect import task

from onereel import recognising, reviewing
from onereel.drift import Recognised
from onereel.filming import Setup
from onereel.orders import Labelled
from onereel.plan import Plan, StillPlan
from onereel.takes import Hop, Keyframe
from onereel.verdicts import Verdict
from tasks import ASKING, company, unseen


async def review_keyframe(plan: Plan, still: StillPlan, drawn: Keyframe, view: reviewing.View) -> Keyframe:
    """Have a keyframe judged, and mended if it is rejected; what was settled before takes no task."""
    known = await reviewing.passed_before(company(), plan, still, drawn, view)
    if known is not None:
        return known
    return await _review_keyframe(plan.production, still, drawn, unseen(view), unseen(plan))


async def compare_candidates(plan: Plan, still: StillPlan, drawn: Keyframe, view: reviewing.View) -> Keyframe:
    """Have the candidates of a keyframe judged, and the best chosen; what was settled before takes no task."""
    known = await reviewing.compared_before(company(), still, drawn, view)
    if known is not None:
        return known
    return await _compare_candidates(plan.production, still, drawn, unseen(view), unseen(plan))


async def review_take(slate: str, setup: Setup, film: Hop, likenesses: tuple[Labelled, ...]) -> tuple[Verdict, ...]:
    """Have a take judged."""
    return await _review_take(slate, unseen(setup), film, likenesses)


async def recognise_hop(
    slate: str, setup: Setup, number: int, hop: Hop, likenesses: tuple[Labelled, ...]
) -> Recognised:
    """Have compared who is seen at the end of an extension."""
    return await _recognise_hop(slate, number, unseen(setup), hop, likenesses)


@task(name="compare_candidates", task_run_name="choose {production}/{still.id}", **ASKING)
async def _compare_candidates(
    production: str,  # noqa: ARG001 - see the run's name
    still: StillPlan,
    drawn: Keyframe,
    view: reviewing.View,
    plan: Plan,
) -> Keyframe:
    return await reviewing.best_candidate(company(), plan, still, drawn, view)


@task(name="review_keyframe", task_run_name="review {production}/{still.id}", **ASKING)
async def _review_keyframe(
    production: str,  # noqa: ARG001 - see the run's name
    still: StillPlan,
    drawn: Keyframe,
    view: reviewing.View,
    plan: Plan,
) -> Keyframe:
    return await reviewing.pass_keyframe(company(), plan, still, drawn, view)


@task(name="review_take", task_run_name="review {slate}", **ASKING)
async def _review_take(slate: str, setup: Setup, film: Hop, likenesses: tuple[Labelled, ...]) -> tuple[Verdict, ...]:
    return await reviewing.judge_take(company(), slate, setup, film, likenesses)


@task(name="recognise", task_run_name="recognise {slate} extension {number}", **ASKING)
async def _recognise_hop(
    slate: str, number: int, setup: Setup, hop: Hop, likenesses: tuple[Labelled, ...]
) -> Recognised:
    return await recognising.recognise(company(), slate, setup, number, hop, likenesses)
