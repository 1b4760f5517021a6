"""campaign: several films under one budget, side by side where there are workers."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.deployments import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings
from prefect.states import Completed

from flows.produce import produce
from flows.running import quieten
from onereel.adapters.connection import Connection
from onereel.brief import Brief
from onereel.campaign import Campaign
from onereel.campaigning import Ending, Film, Summary, film_of, rows, shared
from onereel.casting import check_reached, models_of, table_for, vault_for
from onereel.report import TOLD
from onereel.settings import read_settings
from tasks import beside_the_run

DEPLOYMENT = "produce/onereel"
"""What makes a film where a server has workers; see prefect.yaml."""


@flow(name="campaign", flow_run_name="campaign {campaign.campaign}", persist_result=False)
async def campaign(campaign: Campaign, rehearse: bool = False, vault: str = "") -> State[Any]:
    """Make several films under one budget, each a run of its own, and say how they all ended.

    On a server they are made side by side, by its workers; without one, one after another, here. What films share is
    bought once: the journal knows.

    Args:
        campaign: What is made.
        rehearse: All of it against the local studio, for nothing.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
    """
    quieten()
    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    table = table_for(settings, rehearsal=rehearse)
    briefs = shared(campaign, table, datetime.now(UTC).date())

    async def made(brief: Brief, *, deployed: bool) -> Film:
        asked: dict[str, Any] = {"rehearse": rehearse, "vault": vault}
        if deployed:
            parameters = {"brief": brief.model_dump(mode="json"), **asked}
            run = await arun_deployment(DEPLOYMENT, parameters=parameters, flow_run_name=f"produce {brief.production}")
            state = run.state
        else:
            state = await produce(brief=brief, **asked, return_state=True)
        return await asyncio.to_thread(film_of, place, brief, ending(state), (state and state.message) or "")

    if await _deployed():
        films = list(await asyncio.gather(*(made(brief, deployed=True) for brief in briefs)))
    else:
        if not rehearse:
            models = [model for brief in briefs for model in models_of(brief, table)]
            await asyncio.to_thread(check_reached, Connection.from_environment(os.environ), models)
        films = [await made(brief, deployed=False) for brief in briefs]
    summary = Summary(
        campaign=campaign.campaign, rehearsal=rehearse, budget_usd=campaign.budget_usd, films=tuple(films)
    )
    told = f"{len(films)} films, ${summary.usd:.2f} of ${campaign.budget_usd:.2f}"
    with beside_the_run(campaign.campaign, "the table of its films"):
        await acreate_table_artifact(rows(films), key=f"{campaign.campaign}-campaign", description=told)
    name = "Completed" if summary.worst == "complete" else "Partial"
    return Completed(name=name, message=f"{told}: {summary.worst}", data=summary)


def ending(state: State[Any] | None) -> Ending:
    """Return how a film ended by the state of its run: what is known of a run on another machine."""
    message = (state and state.message) or ""
    if state is not None and state.is_completed():
        endings: dict[str, Ending] = {TOLD["partial"]: "partial", TOLD["budget"]: "budget", TOLD["waiting"]: "waiting"}
        return next((how for told, how in endings.items() if message.startswith(told)), "complete")
    if state is not None and state.is_paused():
        return "waiting"
    # Prefect names the exception in the message of a run that failed.
    return "bad input" if "BadInput" in message else "budget" if "BudgetReached" in message else "failed"


async def _deployed() -> bool:
    """Return whether there is a server that makes films."""
    if get_current_settings().api.url is None:
        return False
    async with get_client() as client:
        try:
            await client.read_deployment_by_name(DEPLOYMENT)
        except ObjectNotFound:
            return False
    return True
