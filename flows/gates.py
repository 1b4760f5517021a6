"""Gates: where a run waits for a person.

A run of a deployment is suspended: it holds no worker, and the Prefect UI asks with a form. Any other run ends, and is
produced again once the answer is in the vault. Either way the answer is carried into the vault first, and the run goes
through from the top, finding everything it paid for; so nothing here resumes in the middle.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from prefect import runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRunInput, State
from prefect.client.schemas.responses import SetStateStatus
from prefect.context import FlowRunContext
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound, Pause
from prefect.input import keyset_from_base_key
from prefect.settings import get_current_settings
from prefect.states import Paused
from pydantic import ValidationError

from flows.forms import form
from onereel.adapters.complaints import complaints
from onereel.approvals import (
    Answer,
    Decision,
    Waiting,
    ceiling,
    decided,
    decisions,
    keep_decision,
    until,
    wait_for,
    waited_for,
)
from onereel.brief import Brief
from onereel.company import Company
from onereel.crew import Vault
from onereel.deciding import outcome, refuse, take_answer
from onereel.errors import BadInput
from onereel.gatepages import Scene, to_come
from onereel.models import ModelTable
from onereel.report import Report, stopped_report, waiting_report
from tasks.gates import show

log = logging.getLogger(f"onereel.{__name__}")

MOST_INPUTS = 200
TIMER = "decide/onereel"
"""The deployment that answers a gate when its time is over."""


class NothingAsked(BadInput):
    """The production waits for nothing, or not for this any more."""


def suspendable() -> bool:
    """Return whether this run can be suspended: it belongs to a deployment."""
    # Not `runtime.deployment.id`: of a run without one it asks the server, and the event loop waits for the answer.
    running = FlowRunContext.get()
    return running is not None and running.flow_run is not None and running.flow_run.deployment_id is not None


async def taken_in(vault: Vault, brief: Brief, table: ModelTable) -> None:
    """Carry into the vault what people answered while this run was suspended."""
    if not brief.gated or not suspendable():
        return
    inputs = await _inputs()
    answers = sorted(key for key in inputs if key.endswith("-response"))
    known = {each.said for each in await asyncio.to_thread(decisions, vault, brief.production)}
    for key in answers:
        said = f"{runtime.flow_run.id}/{key}"
        about = inputs.get(key.removesuffix("-response") + "-about")
        if said not in known and about is not None:
            waiting = Waiting.model_validate_json(about.value)
            told = await asyncio.to_thread(_take, vault, brief, table, waiting, inputs[key], said)
            log.info("%s: the %s: %s", brief.production, told.gate, told.problem or WORDS[told.decision])


async def _inputs() -> dict[str, FlowRunInput]:
    """Return what was asked and answered in this run, by key: 4 a question."""
    async with get_client() as client:
        run = UUID(str(runtime.flow_run.id))
        kept = await client.filter_flow_run_input(run, key_prefix="gate-", limit=MOST_INPUTS, exclude_keys=set())
    return {each.key: each for each in kept}


NOBODY = "nobody: the time was over"
WORDS = {"approve": "approved", "change": "to be changed", "stop": "stopped", "refused": "asked again"}


def _take(
    vault: Vault, brief: Brief, table: ModelTable, waiting: Waiting, response: FlowRunInput, said: str
) -> Decision:
    told: dict[str, Any] = json.loads(response.value)
    by = NOBODY if response.created and waiting.over(response.created) else "a person"
    try:
        answer = Answer.model_validate(told)
        return take_answer(vault, brief, table, datetime.now(UTC).date(), waiting, answer, said=said, by=by)
    except ValidationError as error:
        problem = "; ".join(map(str, complaints(error, Answer)))
    except BadInput as refused:
        problem = str(refused)
    return refuse(vault, brief.production, waiting, problem, said=said, by=by)


def capped(vault: Vault, brief: Brief) -> Brief:
    """Return the brief with the price ceiling somebody set at a gate as its budget. Blocks."""
    limit = ceiling(decisions(vault, brief.production)) if brief.gated else None
    return brief.model_copy(update={"budget_usd": min(limit, brief.budget_usd)}) if limit else brief


async def stopped_at(company: Company, scene: Scene) -> Report | None:
    """Return the report of a run that has to wait at a gate, or was stopped there; None if it may go on.

    Raises:
        Pause: The run is suspended.
    """
    brief, vault = company.brief, company.vault
    if scene.gate not in brief.gated:
        return None
    made = await asyncio.to_thread(decisions, vault, brief.production)
    last = decided(made, scene.gate, scene.recipe)
    if last is not None and last.decision == "approve":
        return None
    if last is not None and last.decision == "stop" and last.said.startswith(f"{runtime.flow_run.id}/"):
        return await asyncio.to_thread(stopped_report, company, scene.plan, scene.gate, last.by)
    waiting = await _question(company, scene)
    before = await asyncio.to_thread(waited_for, vault, brief.production)
    asked = (before.gate, before.recipe, before.run) if before is not None else ()
    if before is not None and asked == (waiting.gate, waiting.recipe, waiting.run):
        waiting = waiting.model_copy(update={"at": before.at, "until": before.until})  # asked first then
        if waiting.over(datetime.now(UTC)) and waiting.then == "approve":
            yes = {"decision": "approve", "said": f"time/{waiting.at.isoformat()}", "by": NOBODY}
            await asyncio.to_thread(keep_decision, vault, brief.production, waiting, **yes)
            return None
    await asyncio.to_thread(wait_for, vault, brief.production, waiting)
    description = await show(brief.production, waiting, scene, last.problem if last is not None else "")
    told = await asyncio.to_thread(waiting_report, company, scene.plan, waiting)
    if waiting.run:
        await _suspend(company, scene, waiting, description, told.message)
    return told


async def _question(company: Company, scene: Scene) -> Waiting:
    # Never asked twice under one key: a run that is picked up after a crash asks anew, and hears no old answer.
    asked = sum(key.endswith("-about") for key in await _inputs()) if suspendable() else 0
    now, wait = datetime.now(UTC), company.brief.gates.wait(scene.gate)
    return Waiting(
        gate=scene.gate,
        recipe=scene.recipe,
        usd=scene.plan.usd,
        next_usd=await asyncio.to_thread(to_come, company, scene),
        tier=scene.plan.tier,
        board=scene.board.version,
        run=str(runtime.flow_run.id) if suspendable() else "",
        key=f"gate-{scene.gate}-{asked + 1}" if suspendable() else "",
        at=now,
        until=until(wait, now),
        then=wait.then,
    )


async def _suspend(company: Company, scene: Scene, waiting: Waiting, description: str, message: str) -> None:
    """Suspend this run until somebody answers.

    Prefect's own suspend_flow_run gives the state no name or message, and puts the question after the state is set: a
    run that dies in between can never be answered. Here the question comes first.

    Raises:
        Pause: Always; unless the run is not running any more.
    """
    state: State[Any] = Paused(
        name=f"Waiting for approval: {scene.gate}", message=message, reschedule=True, pause_key=waiting.key
    )
    keyset = keyset_from_base_key(waiting.key)
    state.state_details.run_input_keyset = {name: str(key) for name, key in keyset.items()}
    asked = form(scene.gate, scene.board.storyboard, company.journal.budget.limit, draft=waiting.tier == "draft")
    await asked.with_initial_data(description=description).asave(keyset)
    async with get_client() as client:
        run = UUID(waiting.run)
        await client.create_flow_run_input(run, f"{waiting.key}-about", waiting.model_dump_json())
        if waiting.until is not None:
            await _set_timer(company.brief, waiting)
        answer = await client.set_flow_run_state(run, state)
    if answer.status != SetStateStatus.ACCEPT:
        reason = getattr(answer.details, "reason", "") or answer.status.value
        raise BadInput(f"the run could not be suspended at the {scene.gate}: {reason}")
    raise Pause(state=answer.state)


async def _set_timer(brief: Brief, waiting: Waiting) -> None:
    """Have a scheduled run answer when the time is over: that outlives us, and a restart of the server."""
    assert waiting.until is not None  # noqa: S101 - asked by the caller
    parameters: dict[str, Any] = runtime.flow_run.parameters or {}
    await arun_deployment(
        TIMER,
        parameters={
            "production": brief.production,
            "decision": waiting.then,
            "only": waiting.key,
            "rehearse": bool(parameters.get("rehearse")),
            "vault": str(parameters.get("vault") or ""),
        },
        scheduled_time=waiting.until,
        flow_run_name=f"{waiting.then} {brief.production}: {waiting.gate}, if nobody answers",
        timeout=0,
        as_subflow=False,
        idempotency_key=f"{waiting.run}/{waiting.key}",
    )


async def resume(waiting: Waiting, told: Mapping[str, Any]) -> bool:
    """Hand an answer to the suspended run that waits for it; False if it does not wait any more.

    Raises:
        BadInput: The server does not take the answer, or there is none; says why.
    """
    if not get_current_settings().api.url:
        raise BadInput(f"run {waiting.run} waits on a Prefect server; set PREFECT_API_URL, or answer there")
    async with get_client() as client:
        try:
            answer = await client.resume_flow_run(UUID(waiting.run), run_input=dict(told))
        except ObjectNotFound:
            return False
        except httpx.ConnectError as error:
            raise BadInput(f"no Prefect server answers at {client.api_url}, where run {waiting.run} waits") from error
    if answer.status == SetStateStatus.REJECT:
        raise BadInput(f"the run does not take this answer: {getattr(answer.details, 'reason', '')}")
    return answer.status == SetStateStatus.ACCEPT


async def give(
    vault: Vault, brief: Brief, table: ModelTable, answer: Answer, *, by: str, only: str = "", said: str
) -> tuple[Waiting, bool]:
    """Answer what a production waits for: through its suspended run, or in the vault for the next run to find.

    Args:
        vault: Where the production is.
        brief: Its brief.
        table: The models in force.
        answer: What is said.
        by: Who says it.
        only: Only if this is what it waits for still: a question's key. Empty: whatever it waits for.
        said: Which answer this is.

    Returns:
        What was waited for, and whether a suspended run goes on by itself now.

    Raises:
        BadInput: It waits for nothing, or the answer cannot be carried out.
    """
    waiting = await asyncio.to_thread(waited_for, vault, brief.production)
    if waiting is None or only not in ("", waiting.key):
        raise NothingAsked(f"{brief.production!r} in {vault.url} waits for no approval")
    today = datetime.now(UTC).date()
    if answer.decision != "stop":
        await asyncio.to_thread(outcome, vault, brief, table, today, waiting, answer)  # refused here, not by the run
    told = {**answer.model_dump(mode="json", exclude_defaults=True), "decision": answer.decision}
    if waiting.run and await resume(waiting, told):
        return waiting, True
    await asyncio.to_thread(take_answer, vault, brief, table, today, waiting, answer, said=said, by=by)
    return waiting, False
