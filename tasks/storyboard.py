"""The storyboard, written or given, kept as a version."""

import asyncio
from datetime import UTC, datetime

from prefect import task

from onereel.retaking import Retake, preview
from onereel.revising import changes_of, revise
from onereel.storyboard import Storyboard
from onereel.writing import Board, check_given, given_source, keep_board, latest_board, write_storyboard, written_source
from tasks import ASKING, company, unseen


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


async def revised(board: Board, retake: Retake, wish: str) -> Board:
    """Return the storyboard as a retake wants it: with its notes, or with words revised by a text model."""
    return await _revised(unseen(board), retake, wish)


@task(name="revise", task_run_name="revise {retake.shots}", **ASKING)
async def _revised(board: Board, retake: Retake, wish: str) -> Board:
    now = company()
    if board.wish == wish or not (retake.note or retake.retouch):
        return board
    name = now.brief.production
    noted = preview(retake, board.storyboard, name)
    after = await revise(now, noted, retake.shots, retake.note) if retake.revises else noted
    changes = changes_of(noted, after)
    return await asyncio.to_thread(keep_board, now.vault, name, board.source, after, (), wish, changes)
