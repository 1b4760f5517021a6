"""Extensions, one checkpoint a hop: a stored film after each."""

from prefect import task

from onereel import anchoring, filming
from onereel.company import Done
from onereel.filming import Setup
from onereel.footage import Media
from onereel.orders import ExtendOrder
from onereel.takes import Hop
from tasks import ASKING, WORKING, company, unseen


async def order_extension(slate: str, order: ExtendOrder) -> str:
    """Order an extension; return the key it can be collected by."""
    return await _order_extension(slate, order.seconds, unseen(order))


async def collect_extension(slate: str, key: str, order: ExtendOrder, done: Done) -> Hop:
    """Wait for an extension, say when the camera is done, fetch it, decode every frame, and keep the film so far."""
    return await _collect_extension(slate, key, order.seconds, unseen(order), unseen(done))


async def anchor(slate: str, setup: Setup, good: tuple[Hop, ...]) -> Media:
    """Draw the last frame of a film clean, to go on from it."""
    return await _anchor(slate, unseen(setup), good)


@task(name="anchor", task_run_name="anchor {slate}", **ASKING)
async def _anchor(slate: str, setup: Setup, good: tuple[Hop, ...]) -> Media:  # noqa: ARG001 - see the run's name
    return await anchoring.fresh_frame(company(), setup, good)


@task(name="order_extension", task_run_name="extend {slate} by {seconds} s", **ASKING)
async def _order_extension(slate: str, seconds: int, order: ExtendOrder) -> str:  # noqa: ARG001 - see the run's name
    return await filming.order_film(company(), order, f"extension {slate}")


@task(name="collect_extension", task_run_name="collect {slate} +{seconds} s", **WORKING)
async def _collect_extension(slate: str, key: str, seconds: int, order: ExtendOrder, done: Done) -> Hop:  # noqa: ARG001
    return await filming.collect_film(company(), order, key, done)
