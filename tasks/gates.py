"""What a person decides on at a gate, beside the run."""

import asyncio

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.settings import get_current_settings

from onereel.approvals import Waiting
from onereel.gatepages import Scene, keep_page, page, storyboard_page
from onereel.plan import Plan
from onereel.writing import Board
from tasks import WORKING, artifact_key, beside_the_run, company, unseen

LATER = 0.5
"""Seconds until the storyboard is told: the first calls go out before."""


async def show(production: str, waiting: Waiting, scene: Scene, problem: str) -> str:
    """Put the page of a gate beside the run and into the vault, and return it."""
    return await _show(production, scene.gate, waiting, unseen(scene), problem)


async def tell_storyboard(plan: Plan, board: Board) -> None:
    """Put the storyboard beside a run that nobody is asked about; without a server there is no page to put it on."""
    now = company()
    if get_current_settings().api.url and "storyboard" not in now.brief.gated:
        await asyncio.sleep(LATER)
        shown, told = storyboard_page(now, plan, board), f"Storyboard, version {board.version}"
        with beside_the_run(now.brief.production, "the storyboard"):
            await acreate_markdown_artifact(shown, key=artifact_key("storyboard"), description=told)


@task(name="show", task_run_name="show {production}/{gate}", **WORKING)
async def _show(
    production: str,  # noqa: ARG001 - see the run's name
    gate: str,
    waiting: Waiting,
    scene: Scene,
    problem: str,
) -> str:
    now = company()
    shown = await asyncio.to_thread(page, now, scene, waiting, problem)
    await asyncio.to_thread(keep_page, now, gate, shown)
    await acreate_markdown_artifact(shown, key=artifact_key(gate), description=f"Waiting for approval: {gate}")
    return shown
