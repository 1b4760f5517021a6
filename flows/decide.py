"""decide: answer a gate for a run that waits: by hand, or when the time to answer is over."""

import asyncio
from typing import Any, Literal

from prefect import flow, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.gates import NOBODY, NothingAsked, give
from flows.running import named, quieten
from onereel.approvals import Answer, Rejected
from onereel.casting import stored_brief, table_for, vault_for
from onereel.settings import read_settings


@flow(name="decide", flow_run_name=named, persist_result=False)
async def decide(
    production: str,
    decision: Literal["approve", "change", "stop"] = "approve",
    reject: list[Rejected] = [],  # noqa: B006 - a plain list for the form; nobody changes it
    approved: list[str] = [],  # noqa: B006 - the same
    only: str = "",
    rehearse: bool = False,
    vault: str = "",
) -> State[Any]:
    """Answer what a production waits for. A suspended run goes on by itself; another is produced again.

    Args:
        production: Which film.
        decision: approve: go on. change: do what is said below, then ask again. stop: end; everything is kept.
        reject: Shots to send back, with a note each.
        approved: Of a draft's takes or cut: the shots the final films. None: all that are not sent back.
        only: Only if it waits for this question still. Timers say it; leave it empty.
        rehearse: The rehearsal of the production.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
    """
    quieten()
    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    brief = await asyncio.to_thread(stored_brief, place, production)
    answer = Answer(decision=decision, reject=tuple(reject), approved=tuple(approved))
    by, said = NOBODY if only else "a person, by the decide flow", f"decide/{runtime.flow_run.id}"
    table = table_for(settings, rehearsal=rehearse)
    try:
        waiting, goes_on = await give(place, brief, table, answer, by=by, only=only, said=said)
    except NothingAsked:
        if not only:
            raise
        return Completed(message="somebody answered in time")
    then = "the run goes on" if goes_on else "produce it again to go on"
    return Completed(message=f"{production}, {waiting.gate}: {decision}; {then}")
