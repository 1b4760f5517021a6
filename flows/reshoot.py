"""reshoot: new takes of named shots, and a new cut. Old takes are kept."""

import asyncio
from typing import Any

from prefect import flow, runtime
from prefect.client.schemas.objects import State

from flows.running import Asked, ended, named, nothing_filmed, opened, planned, reported
from flows.shooting import Shooting
from onereel.delivering import Story
from onereel.writing import board_with_notes, kept_board
from tasks.assembly import deliver
from tasks.delivery import publish


@flow(name="reshoot", flow_run_name=named, persist_result=False)
async def reshoot(
    production: str,
    shots: list[str],
    note: str = "",
    retouch: str = "",
    rehearse: bool = False,
    vault: str = "",
) -> State[Any]:
    """Film named shots again, then cut the film anew. Shots that continue them follow.

    Args:
        production: Which film.
        shots: Which shots: s010, s030.
        note: What the camera should do differently.
        retouch: What to change in the shots' own keyframes; everything else in them stays.
        rehearse: Work on the rehearsal of the production, for nothing.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
    """
    wish = str(runtime.flow_run.id)
    async with opened(Asked(stored_brief=production, vault=vault, rehearse=rehearse)) as (company, _):
        before = await asyncio.to_thread(kept_board, company.vault, production)
        board = await asyncio.to_thread(board_with_notes, company.vault, production, before, shots, note, retouch, wish)
        plan = planned(company, board.storyboard)
        shooting = Shooting(company, plan, board.storyboard, dict.fromkeys(shots, wish))
        results = await shooting.film()
        nothing_filmed(results)
        manifest = await deliver(production, Story(plan, board, results, company.stills))
        report = await reported(company, plan, results, manifest)
        await publish(report, manifest)
        return ended(report)
