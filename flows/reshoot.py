"""reshoot: new takes of named shots, and a new cut. Old takes are kept."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.running import Asked, check_reach, ended, named, nothing_filmed, opened, out_of_quota, planned, reported
from flows.shooting import Shooting
from onereel.choosing import pin
from onereel.delivering import Story
from onereel.retaking import NoteTo, Retake, radius
from onereel.writing import kept_board
from tasks.assembly import deliver
from tasks.delivery import publish
from tasks.storyboard import revised


@flow(name="reshoot", flow_run_name=named, persist_result=False)
async def reshoot(
    production: str,
    shots: list[str],
    note: str = "",
    note_to: NoteTo = "camera",
    retouch: str = "",
    pin_shots: list[str] = [],  # noqa: B006 - a plain list for the form; nobody changes it
    estimate_only: bool = False,
    rehearse: bool = False,
    vault: str = "",
) -> State[Any]:
    """Film named shots again, then cut the film anew. Shots that continue them follow, unless they are pinned.

    Args:
        production: Which film.
        shots: Which shots: s010, s030.
        note: What should be different.
        note_to: Who reads the note. camera: it is added to what the camera is told. words: a text model revises the
            shots' words, and their keyframes are drawn anew.
        retouch: What to change in the shots' own keyframes; everything else in them stays.
        pin_shots: Shots that keep their take, even where the shot before them changes.
        estimate_only: Only say which shots are reached and what it costs; buy nothing.
        rehearse: Work on the rehearsal of the production, for nothing.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
    """
    wish = str(runtime.flow_run.id)
    retake = Retake(shots=tuple(shots), note=note, note_to=note_to, retouch=retouch, pin=tuple(pin_shots))
    async with opened(Asked(stored_brief=production, vault=vault, rehearse=rehearse)) as (company, _):
        before = await asyncio.to_thread(kept_board, company.vault, production)
        reach = radius(retake, company.brief, before.storyboard, company.table, datetime.now(UTC).date())
        if estimate_only:
            # The name, too: the UI shows no message of a state.
            return Completed(name=f"Estimated: {reach.message}", message=reach.message, data=reach)
        await check_reach(company, reach)
        board = await revised(before, retake, wish)
        plan = planned(company, board.storyboard)
        await asyncio.to_thread(pin, company, plan, reach.pinned, wish)
        changes = board.changes if board.wish == wish else ()
        shooting = Shooting(company, plan, board.storyboard, dict.fromkeys(shots, wish), (*reach.shots,), changes)
        results = await shooting.film()
        if spent := await out_of_quota(company, plan, results):
            return ended(spent)
        nothing_filmed(results)
        manifest = await deliver(production, Story(plan, board, results, company.stills))
        report = await reported(company, plan, results, manifest)
        await publish(report, manifest)
        return ended(report)
