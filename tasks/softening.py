"""Softer words for a shot a filter refused, or whose takes were rejected."""

from prefect import task

from onereel import softening
from onereel.storyboard import Shot
from tasks import ASKING, company


@task(task_run_name="soften {shot.id}", **ASKING)
async def soften(shot: Shot, reasons: tuple[str, ...], *, rejected: bool) -> Shot:
    """Let the text model rewrite the words of a shot, within what it is about."""
    return await softening.soften(company(), shot, reasons, rejected=rejected)
