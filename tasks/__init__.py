"""Stages as Prefect tasks: when to try again, and how many at once. What is done is in ``onereel``.

Nothing here is cached by Prefect: its cache fails open, and everything paid is found again through the journal.
"""

import asyncio
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

import httpx
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from onereel.company import Company
from onereel.errors import StudioBusy

log = logging.getLogger(f"onereel.{__name__}")

MOST_TRIES = 20
"""Upper bound of the policy's busy_tries; the policy decides."""
LONGEST_BACKOFF = 60.0

T = TypeVar("T")

_at_work: ContextVar[Company] = ContextVar("company")


@contextmanager
def at_work(company: Company) -> Iterator[None]:
    """Let the tasks called inside find the company; clients and vaults are no task parameters."""
    token = _at_work.set(company)
    try:
        yield
    finally:
        _at_work.reset(token)


def company() -> Company:
    """Return the company of the production being made."""
    return _at_work.get()


def artifact_key(what: str) -> str:
    """Return the key of an artifact of the production being made: a rehearsal's is never taken for a film's."""
    now = company()
    return f"{now.brief.production}{'-rehearsal' if now.rehearsal else ''}-{what}"


@contextmanager
def beside_the_run(production: str, what: str) -> Iterator[None]:
    """Let a run go on where what is shown beside it cannot be: its server is lost, or refuses it."""
    try:
        yield
    except httpx.HTTPError as error:
        log.warning("%s: %s is not shown beside the run: %s", production, what, error)


async def when_free(_task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Wait as long as a busy studio asked, or a growing while, and try again; anything else stays as it ended."""
    busy = await state.aresult(raise_on_failure=False)
    if not isinstance(busy, StudioBusy) or busy.until or run.run_count > company().brief.policy.busy_tries:
        return False
    if not company().breaker.may_retry():
        return False
    backoff = min(LONGEST_BACKOFF, 2.0 ** (run.run_count - 1))
    await asyncio.sleep((busy.after or backoff) * random.uniform(1.0, 1.25))  # noqa: S311 - jitter, not a secret
    return True


def unseen(large: T) -> T:
    """Return an argument that Prefect hands on as it is.

    It walks through every other one, twice a task, to find what the task waits for: a plan of a hundred shots, handed
    to all their tasks, would take longer to walk through than to film.
    """
    return cast("T", quote(large))


ASKING: dict[str, Any] = {
    "retries": MOST_TRIES,
    "retry_delay_seconds": 0,
    "retry_condition_fn": when_free,
    "cache_policy": NO_CACHE,
    "persist_result": False,
}
"""Options of tasks that ask a studio."""

WORKING: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}
"""Options of tasks that work on this machine."""
