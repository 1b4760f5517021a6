"""The cut, assembled and delivered with its papers."""

import pandas as pd  # noqa: F401 - the ledger's; loaded now, while nobody waits for the cut
from prefect import task

from onereel.delivering import Story
from onereel.delivering import deliver as make_delivery
from onereel.papers import Manifest
from tasks import WORKING, company


@task(task_run_name="assemble {production}", **WORKING)
async def deliver(production: str, story: Story) -> Manifest:  # noqa: ARG001 - the production is in the run's name
    """Join the takes into the master and put its papers beside it."""
    return await make_delivery(company(), story)
