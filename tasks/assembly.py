"""The cut, assembled and delivered with its papers."""

from collections.abc import Mapping

import pandas as pd  # noqa: F401 - the ledger's; loaded now, while nobody waits for the cut
import pyarrow.parquet  # type: ignore[import-untyped]  # noqa: F401 - the same
from prefect import task

from onereel.animating import deliver_animatic
from onereel.delivering import Story
from onereel.delivering import deliver as make_delivery
from onereel.papers import Manifest
from onereel.plan import Plan
from onereel.takes import Keyframe
from onereel.writing import Board
from tasks import WORKING, company, unseen


async def deliver(production: str, story: Story) -> Manifest:
    """Join the takes into the master and put its papers beside it."""
    return await _deliver(production, unseen(story))


@task(name="deliver", task_run_name="assemble {production}", **WORKING)
async def _deliver(production: str, story: Story) -> Manifest:  # noqa: ARG001 - the production is in the run's name
    return await make_delivery(company(), story)


async def animatic(plan: Plan, board: Board, stills: Mapping[str, Keyframe]) -> Manifest:
    """Cut the keyframes into an animatic, and put its papers beside it."""
    return await _animatic(plan.production, unseen(plan), unseen(board), unseen(dict(stills)))


@task(name="animatic", task_run_name="animatic {production}", **WORKING)
async def _animatic(production: str, plan: Plan, board: Board, stills: dict[str, Keyframe]) -> Manifest:  # noqa: ARG001
    return await deliver_animatic(company(), plan, board, stills)
