"""First clips: ordering costs money and happens once; collecting is free and may be repeated."""

from prefect import task

from onereel import filming
from onereel.company import Done
from onereel.orders import ClipOrder
from onereel.takes import Hop
from tasks import ASKING, WORKING, company, unseen


async def order_clip(slate: str, order: ClipOrder) -> str:
    """Order a clip; return the key it can be collected by."""
    return await _order_clip(slate, unseen(order))


async def collect_clip(slate: str, key: str, order: ClipOrder, done: Done) -> Hop:
    """Wait for a clip, say when the camera is done with it, fetch it, decode every frame, and keep it."""
    return await _collect_clip(slate, key, unseen(order), unseen(done))


@task(name="order_clip", task_run_name="order {slate}", **ASKING)
async def _order_clip(slate: str, order: ClipOrder) -> str:
    return await filming.order_film(company(), order, f"clip {slate}")


@task(name="collect_clip", task_run_name="collect {slate}", **WORKING)
async def _collect_clip(slate: str, key: str, order: ClipOrder, done: Done) -> Hop:  # noqa: ARG001 - see the run's name
    return await filming.collect_film(company(), order, key, done)
