"""produce: from a brief to the delivery."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State

from flows.gates import stopped_at
from flows.running import (
    Asked,
    ended,
    given_up,
    named,
    nothing_filmed,
    opened,
    out_of_quota,
    overruled,
    partway,
    planned,
    reported,
    written_or_quota,
)
from flows.shooting import Shooting
from onereel.brief import Brief, offer
from onereel.bringing import check_own
from onereel.deciding import retakes
from onereel.delivering import Story
from onereel.gatepages import Scene
from onereel.report import Report
from onereel.settings import read_settings
from tasks.assembly import animatic, deliver
from tasks.delivery import publish
from tasks.gates import tell_storyboard

# What the form offers, and the API accepts, is fixed when the flow is deployed: there the table is as in the worker.
offer(read_settings().table.ids)


Until = Literal["storyboard", "keyframes", "delivery"]


@flow(name="produce", flow_run_name=named, persist_result=False)
async def produce(  # noqa: PLR0911 - every return is an end a producer may meet
    stored_brief: str = "",
    rehearse: bool = False,
    brief: Brief | None = None,
    shots: str = "",
    vault: str = "",
    repay: list[str] = [],  # noqa: B006 - a plain list for the form; nobody changes it
    overrule: list[str] = [],  # noqa: B006 - the same
    until: Until = "delivery",
) -> State[Any]:
    """Turn a brief into a finished film: one written here, or one kept in the vault.

    Args:
        stored_brief: Name of a production whose brief is in the vault. For a new film leave it empty and choose
            "Brief" below.
        rehearse: Make the whole film against the local studio first, for nothing.
        brief: What to make. "None": the stored brief.
        shots: Key in the vault of a shot list (CSV, XLSX, JSON, YAML). Empty: a text model writes the storyboard.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
        repay: Shots held by a call nobody heard the end of: pay for it once more, by your word.
        overrule: Held keyframes (s010/opening) to be filmed all the same, by your word.
        until: How far to go. storyboard: only the shots. keyframes: the keyframes too, and an animatic cut from them,
            before any clip is bought.
    """
    async with (
        opened(Asked(brief, stored_brief, shots, vault, rehearse)) as (company, given),
        AsyncExitStack() as beside,
    ):
        await given_up(company, repay)
        await overruled(company, overrule)
        board = await written_or_quota(company, given)
        if isinstance(board, Report):
            return ended(board)
        plan = planned(company, board.storyboard)
        await asyncio.to_thread(check_own, company, board.storyboard, plan)
        telling = asyncio.ensure_future(tell_storyboard(plan, board))
        beside.push_async_callback(asyncio.wait, {telling})
        if waiting := await stopped_at(company, Scene("storyboard", plan, board)):
            return ended(waiting)
        wishes = await asyncio.to_thread(retakes, company.vault, plan.production)
        if until == "storyboard":
            return ended(await partway(company, plan, "Storyboard written"))
        shooting = Shooting(company, plan, board.storyboard, wishes, tuple(wishes))
        if "keyframes" in company.brief.gated:
            keyframes = await shooting.draw()
            if waiting := await stopped_at(company, Scene("keyframes", plan, board, keyframes)):
                return ended(waiting)
        if until == "keyframes":
            await shooting.draw()
            manifest = await animatic(plan, board, company.stills)
            report = await partway(company, plan, "Animatic delivered", manifest)
            await publish(report, manifest)
            return ended(report)
        results = await shooting.film()
        if spent := await out_of_quota(company, plan, results):
            return ended(spent)
        nothing_filmed(results)
        if waiting := await stopped_at(company, Scene("takes", plan, board, results=results)):
            return ended(waiting)
        manifest = await deliver(plan.production, Story(plan, board, results, company.stills))
        report = await reported(company, plan, results, manifest)
        await publish(report, manifest)
        waiting = await stopped_at(company, Scene("cut", plan, board, results=results, manifest=manifest))
        return ended(waiting or report)
