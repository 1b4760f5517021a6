"""What a person decides on at a gate, beside the run."""

import asyncio

from prefect import task
from prefect.artifacts import acreate_markdown_artifact

from onereel.approvals import Waiting
from onereel.gatepages import Scene, page
from tasks import WORKING, company, unseen


async def show(production: str, waiting: Waiting, scene: Scene, problem: str) -> str:
    """Put the page of a gate beside the run, and return it."""
    return await _show(production, scene.gate, waiting, unseen(scene), problem)


@task(name="show", task_run_name="show {production}/{gate}", **WORKING)
async def _show(production: str, gate: str, waiting: Waiting, scene: Scene, problem: str) -> str:
    now = company()
    shown = await asyncio.to_thread(page, now, scene, waiting, problem)
    key = f"{production}{'-rehearsal' if now.rehearsal else ''}-{gate}"
    await acreate_markdown_artifact(shown, key=key, description=f"Waiting for approval: {gate}")
    return shown
