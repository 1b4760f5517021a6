"""What every flow that makes a film does first and last: find the brief, cast the company, say how it ended."""

import asyncio
import logging
import re
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import prefect.task_engine  # noqa: F401 - else the first task loads it
from prefect import runtime
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from flows.alerts import alert_for
from flows.gates import capped, taken_in
from flows.limits import sharing
from flows.outages import keeping_events
from onereel.adapters.briefs import check_kept, gather_references
from onereel.adapters.courier import prepare
from onereel.brief import Brief
from onereel.calls import calls_of, spent_on
from onereel.casting import another_film, cast, connected, dated, stored_brief, stored_shots, table_for, vault_for
from onereel.company import Company
from onereel.delivering import Missing, Results, missing, shot_states
from onereel.drafting import drafted
from onereel.errors import BadInput, BudgetReached, OnereelError, StudioBusy
from onereel.losses import give_up
from onereel.media import write_noun
from onereel.papers import Manifest
from onereel.plan import Plan, plan
from onereel.report import Report, partway_report, quota_report, report
from onereel.retaking import Radius
from onereel.reviewing import overrule
from onereel.settings import read_settings
from onereel.slate import brief_key
from onereel.storyboard import Storyboard
from onereel.writing import Board
from tasks import at_work
from tasks.storyboard import storyboard

log = logging.getLogger(f"onereel.{__name__}")

prepare()  # with the flow's code, while nobody waits


@dataclass(frozen=True)
class Asked:
    """What a run was asked to make, and where."""

    brief: Brief | None = None
    stored_brief: str = ""
    shots: str = ""
    vault: str = ""
    rehearse: bool = False


AT_ONCE = 32
"""Reads and writes of the vault under way, which wait for a disk or a bucket: as many as a bucket's client has
connections. By default there would be four more than there are processors."""


TURN_SECONDS = 0.0005
"""How long a thread that writes or decodes keeps the loop waiting, which has a thousand calls to see to; by default ten
times as long."""


@asynccontextmanager
async def opened(asked: Asked) -> AsyncIterator[tuple[Company, Storyboard | None]]:
    """Find the brief and the shot list given by hand, if any, and put the company to work.

    Raises:
        BadInput: Neither brief nor name, nothing under that name, or a model that cannot be reached.
        OnereelError: The run keeps crashing.
    """
    brief, rehearse = asked.brief, asked.rehearse
    quieten()
    sys.setswitchinterval(TURN_SECONDS)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(AT_ONCE, thread_name_prefix="vault"))
    check_starts(runtime.flow_run.run_count)
    settings = read_settings()
    vault = vault_for(settings, asked.vault, rehearsal=rehearse)
    today = datetime.now(UTC).date()
    if brief is None and not asked.stored_brief:
        raise BadInput("no brief: fill in the brief, or name a production whose brief is in the vault")
    found = brief if brief is not None else await asyncio.to_thread(stored_brief, vault, asked.stored_brief)
    gather_references(found, None)
    await asyncio.to_thread(check_kept, found, vault)
    given = await asyncio.to_thread(stored_shots, vault, asked.shots) if asked.shots else None
    made = dated(found, today)
    if other := await asyncio.to_thread(another_film, vault, made):
        log.warning("%s", other)
    await taken_in(vault, made, table_for(settings, rehearsal=rehearse))
    with connected(settings.table, rehearsal=rehearse) as connection, keeping_events():
        async with (
            sharing() as share,
            cast(
                await asyncio.to_thread(capped, vault, made),
                settings,
                connection,
                vault,
                rehearsal=rehearse,
                share=share,
                alert=None if rehearse else alert_for(made.production, vault.url),
                run=str(runtime.flow_run.id or ""),
            ) as company,
        ):
            for kept in (found, made):
                await asyncio.to_thread(write_noun, vault, brief_key(kept.production), kept)
            with at_work(company):
                yield company, given


MOST_STARTS = 10
"""A run that crashed is started again (deployments/setup.py); one that brings down every worker must end."""


def check_starts(starts: int | None) -> None:
    """Refuse to start a run again that has been started too often.

    Raises:
        OnereelError: Says what to do.
    """
    if (starts or 0) > MOST_STARTS:
        raise OnereelError(
            f"this run was started {starts} times; look at its logs, then start a new one: nothing is paid twice"
        )


def quieten() -> None:
    """Keep out of a run's log what drowns our own facts, which need the root logger at INFO.

    That is every address HTTP clients ask, and every task that ends well: three a shot, seen on the run's page anyway.
    """
    for client in ("httpx", "httpx2"):
        logging.getLogger(client).setLevel(logging.WARNING)
    logging.getLogger("prefect.task_runs").addFilter(worth_telling)


def worth_telling(record: logging.LogRecord) -> bool:
    """Return whether a task tells more than that it ended well."""
    return record.levelno != logging.INFO or not record.msg.startswith("Finished in state")


def planned(company: Company, storyboard: Storyboard) -> Plan:
    """Return what will be bought, if the budget covers it.

    Raises:
        BadInput: A shot cannot be filmed as asked, or the plan costs more than the budget; says both.
    """
    before = drafted(company.vault, company.brief, storyboard)
    found = plan(company.brief, storyboard, company.table, datetime.now(UTC).date(), before)
    check_budget(found, company.journal.budget.limit)
    return found


def check_budget(found: Plan, limit: float) -> None:
    """Refuse a plan that costs more than the budget, before anything of it is bought.

    Raises:
        BadInput: Says both.
    """
    if found.usd > limit:
        raise BadInput(
            f"the plan costs up to ${found.usd:.2f}, the budget is ${limit:.2f}; raise budget_usd, "
            "shorten the film, or choose a cheaper camera"
        )


async def check_reach(company: Company, reach: Radius) -> None:
    """Refuse to film shots again where what is left of the budget does not cover it. A run started anew is not asked.

    Raises:
        BadInput: Says what it costs and what is left.
    """
    if (runtime.flow_run.run_count or 1) > 1:
        return
    name, limit = company.brief.production, company.journal.budget.limit
    left = limit - spent_on(await asyncio.to_thread(calls_of, company.vault, name), name)
    if reach.usd > left:
        raise BadInput(f"{reach.message}; of the budget of ${limit:.2f} ${left:.2f} are left: raise budget_usd")


async def partway(company: Company, found: Plan, message: str, manifest: Manifest | None = None) -> Report:
    """Return the report of a run that goes no further, as it was asked to."""
    return await asyncio.to_thread(partway_report, company, found, message, manifest)


async def reported(company: Company, found: Plan, results: Results, manifest: Manifest) -> Report:
    """Return the report of this run."""
    states = shot_states(found, results)
    return await asyncio.to_thread(report, company, found, states, results, manifest)


def ended(told: Report) -> State[Any]:
    """Return the state a flow run ends in; its name says how: the UI shows the name of a state, not its message."""
    name = told.message.partition(";")[0]
    if told.state == "stopped":
        return Cancelled(name=name, message=told.message, data=told)
    made = Failed if told.state == "failed" else Completed
    return made(name=name, message=told.message, data=told)


async def out_of_quota(company: Company, found: Plan, results: Results) -> Report | None:
    """Return the report of a run that filmed nothing because a quota of the day is used up; None of any other."""
    return await asyncio.to_thread(quota_report, company, found.takes, results)


async def written_or_quota(company: Company, given: Storyboard | None) -> Board | Report:
    """Return the storyboard, or the report of a run that cannot have one written before the quota is new."""
    try:
        return await storyboard(given)
    except StudioBusy as busy:
        failed = {"storyboard": missing(busy)}
        told = await asyncio.to_thread(quota_report, company, (), failed)
        if told is None:
            raise
        return told


async def given_up(company: Company, repay: list[str]) -> None:
    """Give up what is unknown of shots, by the word of whoever started this run: it may be bought once more.

    Raises:
        BadInput: Nothing was ever asked for one of them.
    """
    word = str(runtime.flow_run.id)
    for shot in repay:
        deadline = company.patience.deadline
        calls = await asyncio.to_thread(give_up, company.vault, company.brief.production, shot, word, deadline)
        for call in calls:
            log.warning("%s: $%.2f given up as lost; it may be bought once more", call.intent.label, call.intent.usd)


async def overruled(company: Company, what: list[str]) -> None:
    """Accept what the reviewer rejected, by the word of whoever started this run.

    Raises:
        BadInput: Nothing of that name waits for a word.
    """
    for one in what:
        named = await asyncio.to_thread(
            overrule, company.vault, company.brief.production, one, f"by the run {runtime.flow_run.name}"
        )
        log.info("%s accepted by a person's word", named)


def nothing_filmed(results: Results) -> None:
    """Raise if not one shot has a take: there is nothing to deliver.

    Raises:
        BudgetReached, OnereelError: Says why, shot by shot.
    """
    reasons = [f"{shot}: {result.reason}" for shot, result in results.items() if isinstance(result, Missing)]
    if len(reasons) == len(results):
        if any(isinstance(result, Missing) and result.cause == "budget" for result in results.values()):
            raise BudgetReached("no shot could be filmed within the budget:\n" + "\n".join(reasons[:20]))
        raise OnereelError("no shot could be filmed:\n" + "\n".join(reasons[:20]))


GENERATED = re.compile(r"^[a-z]+-[a-z]+$", re.IGNORECASE)
"""What Prefect, or its form, calls a run nobody named."""


def named() -> str:
    """Return the run's name: what is made, unless whoever started it gave a name."""
    given = runtime.flow_run.name or ""
    parameters: dict[str, Any] = runtime.flow_run.parameters or {}
    brief = parameters.get("brief")
    production = getattr(brief, "production", "") or parameters.get("stored_brief") or parameters.get("production")
    if not production or not GENERATED.match(given):
        return given
    marks = ["rehearsal"] * bool(parameters.get("rehearse")) + ["draft"] * (getattr(brief, "tier", "") == "draft")
    return f"{runtime.flow_run.flow_name} {production}" + (f" ({', '.join(marks)})" if marks else "")
