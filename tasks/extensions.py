"""Extensions, one checkpoint a hop: a stored film after each."""

from prefect import task

from onereel import filming
from onereel.orders import ExtendOrder
from onereel.takes import Hop
from tasks import ASKING, WORKING, company


@task(task_run_name="extend {slate} by {order.seconds} s", **ASKING)
async def order_extension(slate: str, order: ExtendOrder) -> str:
    """Order an extension; return the key it can be collected by."""
    return await filming.order_film(company(), order, f"extension {slate}")


@task(task_run_name="collect {slate} +{order.seconds} s", **WORKING)
async def collect_extension(slate: str, key: str, order: ExtendOrder) -> Hop:  # noqa: ARG001 - see the run's name
    """Wait for an extension, fetch it, decode every frame, and keep the film so far."""
    return await filming.collect_film(company(), order, key)
