"""assemble: cut what exists anew. pick: with another take. import: with a clip of the producer's. All for nothing."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.running import Asked, ended, named, nothing_filmed, opened, reported
from onereel.adapters.own import check_clip
from onereel.bringing import own_take
from onereel.choosing import is_keyframe, pick_drawing, pick_take, planned_shot
from onereel.company import Company
from onereel.delivering import Story, existing, last_stills
from onereel.models import FPS
from onereel.plan import Plan
from onereel.plan import plan as plan_of
from onereel.writing import Board, kept_board
from tasks.assembly import deliver
from tasks.delivery import publish


@flow(name="assemble", flow_run_name=named, persist_result=False)
async def assemble(production: str, rehearse: bool = False, vault: str = "") -> State[Any]:
    """Join the take on screen of every shot, the one picked or the newest, into a new cut. No take: a slate card.

    Args:
        production: Which film.
        rehearse: Work on the rehearsal of the production.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
    """
    async with opened(Asked(stored_brief=production, vault=vault, rehearse=rehearse)) as (company, _):
        return await _cut(company, *await _kept(company))


@flow(name="pick", flow_run_name=named, persist_result=False)
async def pick(production: str, shot: str, take: str, rehearse: bool = False, vault: str = "") -> State[Any]:
    """Put another take of a shot on screen, or choose a keyframe's drawing; it stays until the shot is filmed again.

    Args:
        production: Which film.
        shot: Which shot: s010. Or which keyframe: s010/opening.
        take: Which take: t01. Or which of the keyframe's candidates: 2.
        rehearse: Work on the rehearsal of the production.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
    """
    async with opened(Asked(stored_brief=production, vault=vault, rehearse=rehearse)) as (company, _):
        board, plan = await _kept(company)
        if is_keyframe(shot):
            await asyncio.to_thread(pick_drawing, company.vault, company.brief, plan, shot, take)
            return Completed(message=f"{shot}: drawing {take} is chosen; produce {production} again to film from it")
        await asyncio.to_thread(pick_take, company, plan, shot, take)
        return await _cut(company, board, plan)


@flow(name="import", flow_run_name=named, persist_result=False)
async def bring(production: str, shot: str, clip_file: str, rehearse: bool = False, vault: str = "") -> State[Any]:
    """Put a clip of your own on screen as a take of a shot, and cut anew. Costs nothing; the papers say it is yours.

    Args:
        production: Which film.
        shot: Which shot: s010.
        clip_file: Key of the clip in the vault: an MP4 at least as long as the shot.
        rehearse: Work on the rehearsal of the production.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
    """
    async with opened(Asked(stored_brief=production, vault=vault, rehearse=rehearse)) as (company, _):
        board, plan = await _kept(company)
        planned = planned_shot(plan, shot)
        await asyncio.to_thread(check_clip, company.vault, clip_file, planned.frames / FPS, f"{shot}: {clip_file}")
        take = await own_take(company, plan, planned, clip_file)
        await asyncio.to_thread(pick_take, company, plan, shot, f"t{take.number:02d}")
        return await _cut(company, board, plan)


async def _kept(company: Company) -> tuple[Board, Plan]:
    board = await asyncio.to_thread(kept_board, company.vault, company.brief.production)
    return board, plan_of(company.brief, board.storyboard, company.table, datetime.now(UTC).date())


async def _cut(company: Company, board: Board, plan: Plan) -> State[Any]:
    name = company.brief.production
    results = await asyncio.to_thread(existing, company, plan)
    nothing_filmed(results)
    stills = await asyncio.to_thread(last_stills, company.vault, name)
    manifest = await deliver(name, Story(plan, board, results, stills))
    report = await reported(company, plan, results, manifest)
    await publish(report, manifest)
    return ended(report)
