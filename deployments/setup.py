"""Prepare a Prefect server: the work pool, the limits all workers share, the automations. May be run twice.

python -m deployments.setup

Sizes come from ``ONEREEL_VIDEO_IN_FLIGHT``, ``ONEREEL_VIDEO_PER_MINUTE`` and the like of text and image, and for single
models from ``ONEREEL_LIMITS``: set them to what your quota allows all workers together. Run it again after changing
them.
"""

import asyncio
import sys
from collections.abc import Iterator
from datetime import timedelta

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings

from onereel.errors import OnereelError
from onereel.models import ModelBound
from onereel.settings import Settings, read_settings

POOL = "onereel"
URGENT = "urgent"
"""Queue of runs somebody waits for; the worker empties it first."""
OURS = ResourceSpecification({"prefect.resource.id": "prefect.tag.onereel", "prefect.resource.role": "tag"})
"""Runs of the deployments in prefect.yaml: all carry this tag. A heartbeat names no pool, and its deployment by id."""
SILENCE = timedelta(seconds=90)
"""Three heartbeats of 30 s (prefect.yaml) missed: less would crash healthy runs."""


def on_our_runs(
    *, expect: str, after: str = "", posture: Posture = Posture.Reactive, within: timedelta = timedelta(0)
) -> EventTrigger:
    """Return a trigger that watches each of our flow runs by itself."""
    return EventTrigger(
        match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
        match_related=OURS,
        for_each={"prefect.resource.id"},
        after={after} if after else set(),
        expect={expect},
        posture=posture,
        within=within,
        threshold=1,
    )


AUTOMATIONS = (
    AutomationCore(
        name="onereel: crash silent runs",
        description="A worker that dies takes its runs' heartbeats along; such a run would stay Running for ever.",
        trigger=on_our_runs(
            after="prefect.flow-run.heartbeat",
            expect="prefect.flow-run.*",
            posture=Posture.Proactive,
            within=SILENCE,
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message=f"no heartbeat for {SILENCE.seconds} s")],
    ),
    AutomationCore(
        name="onereel: resume crashed runs",
        description="A crashed run starts again and finds what it paid for in the journal. The flow stops after a few.",
        trigger=on_our_runs(expect="prefect.flow-run.Crashed"),
        actions=[
            ChangeFlowRunState(state=StateType.SCHEDULED, name="AwaitingRetry", message="picked up again after a crash")
        ],
    ),
)


def limits(settings: Settings) -> Iterator[tuple[str, int, str]]:
    """Yield name, size and meaning of every limit: of each kind of call, and of each model."""
    table = settings.table
    for kind, models, in_flight, per_minute in (
        ("text", table.text, settings.text_in_flight, settings.text_per_minute),
        ("image", table.image, settings.image_in_flight, settings.image_per_minute),
        ("video", table.video, settings.video_in_flight, settings.video_per_minute),
    ):
        yield f"onereel-{kind}", in_flight, "calls in flight"
        for model in models.values():
            own = settings.limits.get(model.id, ModelBound())
            yield f"onereel-{model.id}", own.in_flight or in_flight, "calls in flight"
            yield f"onereel-{model.id}-per-minute", own.per_minute or per_minute, "calls started in a minute"
    yield "onereel-intent", 1, "calls written down at once, in a bucket without conditional writes"


async def set_up(client: PrefectClient) -> None:
    """Create what is missing, bring the rest up to date, and say so line by line."""
    await _pool(client)
    for name, size, what in limits(read_settings()):
        await client.upsert_global_concurrency_limit_by_name(name, size)
        print(f"limit       {name}: {size} {what}, all workers together")
    for automation in AUTOMATIONS:
        await _automation(client, automation)


async def _pool(client: PrefectClient) -> None:
    try:
        pool = await client.read_work_pool(POOL)
    except ObjectNotFound:
        pool = await client.create_work_pool(
            WorkPoolCreate(name=POOL, type="process", description="Films are made here.")
        )
    if pool.type != "process":
        raise OnereelError(
            f"there is a work pool {POOL!r} of type {pool.type}; prefect.yaml is written for a process pool"
        )
    queues = {queue.name for queue in await client.read_work_queues(work_pool_name=POOL)}
    if URGENT not in queues:
        await client.create_work_queue(
            name=URGENT, description="Somebody waits for these.", priority=1, work_pool_name=POOL
        )
    print(f"work pool   {POOL} ({pool.type}), queues {URGENT} before default")


async def _automation(client: PrefectClient, wanted: AutomationCore) -> None:
    there = await client.read_automations_by_name(wanted.name)
    if there:
        await client.update_automation(there[0].id, wanted)
    else:
        await client.create_automation(wanted)
    print(f"automation  {wanted.name}")


async def main() -> None:
    """Set up the server PREFECT_API_URL names."""
    url = get_current_settings().api.url
    if not url:
        sys.exit(
            "setup: no Prefect server is named; start one with `prefect server start` and set PREFECT_API_URL, "
            "for example to http://127.0.0.1:4200/api"
        )
    try:
        async with get_client() as client:
            await set_up(client)
    except httpx.ConnectError:
        sys.exit(f"setup: no Prefect server answers at {url}")
    except OnereelError as error:
        sys.exit(f"setup: {error}")
    print(f"ready       {url}; now: prefect --no-prompt deploy --all")


if __name__ == "__main__":
    asyncio.run(main())
