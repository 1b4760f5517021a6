"""What a person decides on at a gate, beside the run."""

import asyncio

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.settings import get_current_settings

from onereel.approvals import Waiting
from onereel.gatepages import Scene, page, storyboard_page
from onereel.plan import Plan
from onereel.writing import Board
from tasks import WORKING, company, unseen


async def show(production: str, waiting: Waiting, scene: Scene, problem: str) -> str:
    """Put the page of a gate beside the run, and return it."""
    return await _show(production, scene.gate, waiting, unseen(scene), problem)


async def tell_storyboard(plan: Plan, board: Board) -> None:
    """Put the storyboard beside a run that nobody is asked about; without a server there is no page to put it on."""
    now = company()
    if get_current_settings().api.url and "storyboard" not in now.brief.gated:
        key = f"{plan.production}{'-rehearsal' if now.rehearsal else ''}-storyboard"
        shown = storyboard_page(now, plan, board)
        await acreate_markdown_artifact(shown, key=key, description=f"Storyboard, version {board.version}")


@task(name="show", task_run_name="show {production}/{gate}", **WORKING)
async def _show(production: str, gate: str, waiting: Waiting, scene: Scene, problem: str) -> str:
    now = company()
    shown = await asyncio.to_thread(page, now, scene, waiting, problem)
    key = f"{production}{'-rehearsal' if now.rehearsal else ''}-{gate}"
    await acreate_markdown_artifact(shown, key=key, description=f"Waiting for approval: {gate}")
    return shown
