"""compare: the same prompts for several models, and what came of them, side by side."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Any

from prefect import flow
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.running import Asked as Opening
from flows.running import opened, quieten
from flows.shooting import Shooting
from onereel.adapters.connection import Connection
from onereel.casting import check_reached, table_for, vault_for
from onereel.company import Company
from onereel.comparing import (
    Asked,
    Trial,
    camera_reached,
    drawn_line,
    filmed_line,
    keep_comparison,
    trials,
    with_references,
)
from onereel.comparison import COLUMNS, Comparison, Kind, Line, row
from onereel.plan import plan
from onereel.settings import read_settings
from tasks import beside_the_run


@flow(name="compare", flow_run_name="compare {kind} models", persist_result=False)
async def compare(
    kind: Kind,
    models: list[str],
    shots: list[str] = [],  # noqa: B006 - a plain list for the form; nobody changes it
    samples: int = 1,
    resolution: str = "720p",
    budget_usd: float = 25.0,
    rehearse: bool = False,
    vault: str = "",
) -> State[Any]:
    """Ask several models for the same pictures or takes, and put them side by side with what they cost.

    Args:
        kind: What is compared: models that draw, or models that film.
        models: Their ids in the model table.
        shots: Which prompts of the set: s010, s030. Empty: all.
        samples: Of each prompt, to see how alike they are; each is paid.
        resolution: Of the takes; the pictures are drawn large enough for it.
        budget_usd: Most all of it may cost.
        rehearse: Against the local studio, for nothing: shows how it looks, says nothing about the models.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
    """
    quieten()
    settings = read_settings()
    table, place = table_for(settings, rehearsal=rehearse), vault_for(settings, vault, rehearsal=rehearse)
    connection = None if rehearse else Connection.from_environment(os.environ)
    camera = camera_reached(table, connection.surfaces, resolution) if connection and kind == "image" else ""
    asked = Asked(kind, tuple(models), tuple(shots), samples, resolution, budget_usd, camera)
    found = trials(asked, table, datetime.now(UTC).date())
    if connection:
        known = table.illustrator if kind == "image" else table.camera
        await asyncio.to_thread(check_reached, connection, [known(model) for model in models])
    paid, lines = 0.0, []
    for trial in found:
        brief = await asyncio.to_thread(with_references, trial, place)
        async with opened(Opening(brief, vault=vault, rehearse=rehearse)) as (company, _):
            before = company.journal.budget.spent
            lines.append(await _tried(company, trial, kind))
            paid += company.journal.budget.spent - before
    comparison = Comparison(
        kind=kind,
        rehearsal=rehearse,
        resolution=resolution,
        lines=tuple(lines),
        prompts={shot.id: shot.action if kind == "video" else shot.opening for shot in found[0].storyboard.shots},
        usd=round(paid, 6),
    )
    address = await asyncio.to_thread(keep_comparison, place, comparison)
    rows = [dict(zip(COLUMNS, row(line), strict=True)) for line in lines]
    with beside_the_run(f"compare-{kind}", f"the table of {address}"):
        await acreate_table_artifact(rows, key=f"compare-{kind}", description=f"The pictures: {address}")
    return Completed(message=f"{len(lines)} models compared for ${paid:.2f}: {address}", data=(comparison, address))


async def _tried(company: Company, trial: Trial, kind: Kind) -> Line:
    # Anew: it names the reference pictures by where they are kept now.
    found = plan(company.brief, trial.storyboard, company.table, datetime.now(UTC).date())
    shooting = Shooting(company, found, trial.storyboard)
    if kind == "image":
        return await asyncio.to_thread(drawn_line, company, trial, await shooting.draw())
    return await asyncio.to_thread(filmed_line, company, trial, await shooting.film())
