"""The storyboard, written or given, kept as a version."""

import asyncio
from datetime import UTC, datetime

from prefect import task

from onereel.storyboard import Storyboard
from onereel.writing import Board, check_given, given_source, keep_board, latest_board, write_storyboard, written_source
from tasks import ASKING, company


@task(task_run_name="storyboard", **ASKING)
async def storyboard(given: Storyboard | None) -> Board:
    """Return the newest storyboard for the brief or the list given; a text model writes it if there is none.

    Raises:
        BadInput: The list given breaks rules; names all of them.
    """
    now = company()
    name = now.brief.production
    source = given_source(given) if given else written_source(now.brief, now.table, now.text_surface)
    known = await asyncio.to_thread(latest_board, now.vault, name, source)
    if known is not None:
        return known
    if given:
        check_given(given, now.brief, now.table, datetime.now(UTC).date())
    written, rejected = (given, ()) if given else await write_storyboard(now)
    return await asyncio.to_thread(keep_board, now.vault, name, source, written, rejected)
