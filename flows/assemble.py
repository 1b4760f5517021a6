"""assemble: cut what exists anew. Buys nothing."""

import asyncio
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.running import Asked, ended, named, nothing_filmed, opened, planned, reported
from onereel.delivering import Story, existing
from onereel.writing import kept_board
from tasks.assembly import deliver
from tasks.delivery import publish


@flow(name="assemble", flow_run_name=named, persist_result=False)
async def assemble(production: str, rehearse: bool = False, vault: str = "") -> State[Any]:
    """Join the newest take of every shot into a new cut. A shot without a take gets a slate card.

    Args:
        production: Which film.
        rehearse: Work on the rehearsal of the production.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
    """
    async with opened(Asked(stored_brief=production, vault=vault, rehearse=rehearse)) as (company, _):
        board = await asyncio.to_thread(kept_board, company.vault, production)
        plan = planned(company, board.storyboard)
        results = await asyncio.to_thread(existing, company, plan)
        nothing_filmed(results)
        manifest = await deliver(production, Story(plan, board, results, {}))
        report = await reported(company, plan, results, manifest)
        await publish(report, manifest)
        return ended(report)
