"""The storyboard stage: written by a text model or given by hand, checked, and kept as a version."""

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime

from pydantic import Field, ValidationError

from onereel.brief import Brief
from onereel.calls import Goods
from onereel.company import Company, Done
from onereel.crew import Vault
from onereel.errors import BadInput, NoAnswer, Refused
from onereel.media import fetch, keep_noun, read_noun
from onereel.models import ModelTable, Surface
from onereel.noun import Noun
from onereel.orders import TextOrder
from onereel.plan import filming_resolution, plan
from onereel.policy import keep_paid
from onereel.prompts import storyboard_schema, storyboard_words
from onereel.slate import storyboard_key, storyboards_prefix
from onereel.storyboard import Storyboard, faults
from onereel.takes import Change, recipe_of

log = logging.getLogger(__name__)

ANSWERS = 3
"""How often the text model is asked: once, and twice more with the reasons."""
TOLD = 50
"""Reasons an answer is sent back with, at most; the first are mended first."""
REASON = 400
"""Characters of one of them, at most."""
TOKENS = 4096
"""Room for thinking and frame of an answer."""
TOKENS_PER_SHOT = 700
SECONDS_PER_SHOT = 4


class Board(Noun):
    """One version of a production's storyboard."""

    version: int = Field(ge=1)
    source: str = Field(description="Digest of what it was made from: the words asked, or the list given.")
    storyboard: Storyboard
    rejected: tuple[str, ...] = Field(default=(), description="Why earlier answers were sent back.")
    wish: str = Field(default="", description="Name of the reshoot whose notes it added; empty for an original.")
    changes: tuple[Change, ...] = Field(default=(), description="What that reshoot's note changed in the words.")
    at: datetime


def storyboard_order(brief: Brief, table: ModelTable, surface: Surface, rejected: tuple[str, ...] = ()) -> TextOrder:
    """Return what the text model is asked."""
    camera = table.camera(brief.models.video)
    shots = max(1, round(brief.seconds / SECONDS_PER_SHOT))
    told = [each[:REASON] for each in rejected[:TOLD]]
    return TextOrder(
        surface=surface,
        model=brief.models.text,
        # A draft is a draft of the final: its shots are written by the final's rules.
        words=storyboard_words(brief, camera, filming_resolution(_as_final(brief), camera), told),
        answer=storyboard_schema(),
        thinking=brief.models.text_thinking,
        most_tokens=min(65_536, TOKENS + TOKENS_PER_SHOT * shots),
    )


def _as_final(brief: Brief) -> Brief:
    return brief.model_copy(update={"tier": "final", "final_shots": ()})


def written_source(brief: Brief, table: ModelTable, surface: Surface) -> str:
    """Return the source of a storyboard the text model writes for this brief."""
    return recipe_of("written", storyboard_order(brief, table, surface))


def given_source(given: Storyboard) -> str:
    """Return the source of a storyboard given by hand."""
    return recipe_of("given", given)


def problems_of(storyboard: Storyboard, brief: Brief, table: ModelTable, today: date) -> list[str]:
    """Return everything wrong with a storyboard: rules it breaks, and shots the camera cannot film."""
    found = faults(storyboard, brief)
    if not found:
        try:
            plan(_as_final(brief), storyboard, table, today)
            plan(brief, storyboard, table, today)
        except BadInput as refused:
            found = list(refused.problems)
    return found


def check_given(storyboard: Storyboard, brief: Brief, table: ModelTable, today: date) -> None:
    """Check a shot list given by hand.

    Raises:
        BadInput: It breaks rules; names all of them.
    """
    found = problems_of(storyboard, brief, table, today)
    if found:
        listed = "\n".join(f"- {fault}" for fault in found)
        raise BadInput(f"the shot list cannot be filmed:\n{listed}", problems=tuple(found))


async def write_storyboard(company: Company) -> tuple[Storyboard, tuple[str, ...]]:
    """Return the storyboard a text model writes for the brief, and why earlier answers were sent back.

    Raises:
        Refused: It broke the rules three times; says which.
    """
    rejected: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    for number in range(1, ANSWERS + 1):
        order = storyboard_order(company.brief, company.table, company.text_surface, rejected)
        try:
            answer = await _ask(company, order, number)
        except NoAnswer as nothing:
            rejected = (str(nothing),)
        else:
            storyboard, rejected = read_answer(answer, company.brief, company.table)
            if storyboard is not None:
                return storyboard, history
        history += rejected
        log.info("storyboard sent back (%d of %d): %s", number, ANSWERS, "; ".join(rejected)[:500])
    reasons = "\n".join(f"- {reason}" for reason in rejected)
    raise Refused(
        f"{company.brief.models.text} wrote {ANSWERS} storyboards and none keeps the rules:\n{reasons}\n"
        "change the idea or the length, or give a shot list with --shots"
    )


def read_answer(text: str, brief: Brief, table: ModelTable) -> tuple[Storyboard | None, tuple[str, ...]]:
    """Return the storyboard in a model's answer, or None and what is wrong with it."""
    try:
        storyboard = Storyboard.model_validate_json(text)
    except ValidationError as error:
        return None, tuple(reason(dict(fault)) for fault in error.errors(include_url=False)[:20])
    found = problems_of(storyboard, brief, table, datetime.now(UTC).date())
    return (None, tuple(found)) if found else (storyboard, ())


async def _ask(company: Company, order: TextOrder, number: int) -> str:
    label = "storyboard" if number == 1 else f"storyboard, asked again ({number} of {ANSWERS})"
    return await written(company, order, label)


async def written(company: Company, order: TextOrder, label: str) -> str:
    """Return what the text model answers to an order."""

    async def ask(done: Done) -> Goods:
        answer = await company.writer.write(order)
        await done()
        kept = await keep_paid(
            company.vault, company.patience.keeping, label, answer.usd, (answer.text.encode(), "json")
        )
        return Goods(kept, answer.usd, answer.request_id, answer.tokens)

    outcome = await company.buy(order, label, ask)
    return (await asyncio.to_thread(fetch, company.vault, outcome.media[0])).decode()


def latest_board(vault: Vault, production: str, source: str = "") -> Board | None:
    """Return the newest version of a production's storyboard, of one source if named; None if there is none."""
    keys = vault.keys(storyboards_prefix(production))
    for key in sorted(keys, key=lambda key: (len(key), key), reverse=True):  # v1000 comes after v999
        board = read_noun(vault, key, Board)
        if source in ("", board.source):
            return board
    return None


def keep_board(
    vault: Vault,
    production: str,
    source: str,
    storyboard: Storyboard,
    rejected: tuple[str, ...] = (),
    wish: str = "",
    changes: tuple[Change, ...] = (),
) -> Board:
    """Keep a storyboard as the next version, unless the newest is the same already."""
    newest = latest_board(vault, production)
    if newest is not None and (newest.source, newest.storyboard) == (source, storyboard):
        return newest
    version = newest.version + 1 if newest else 1
    while True:
        board = Board(
            version=version,
            source=source,
            storyboard=storyboard,
            rejected=rejected,
            wish=wish,
            changes=changes,
            at=datetime.now(UTC),
        )
        if keep_noun(vault, storyboard_key(production, version), board):
            return board
        version += 1


def reason(fault: dict[str, object]) -> str:
    """Return what pydantic found in words a model can act on."""
    where = ".".join(str(part) for part in fault["loc"]) if isinstance(fault["loc"], tuple) else ""
    got = json.dumps(fault.get("input"), default=str, ensure_ascii=False)[:80]
    return f"{where or 'the answer'}: {fault['msg']} (got {got})"


def kept_board(vault: Vault, production: str) -> Board:
    """Return the newest storyboard of a production. Blocks.

    Raises:
        BadInput: It has none; produce it first.
    """
    board = latest_board(vault, production)
    if board is None:
        raise BadInput(f"{vault.url} has no storyboard of {production!r}; produce it first")
    return board


def with_notes(production: str, storyboard: Storyboard, shots: Sequence[str], note: str, retouch: str) -> Storyboard:
    """Return the storyboard with notes added to shots.

    Raises:
        BadInput: The storyboard has no such shot, and says which it has; or the notes grew too long.
    """
    known = [shot.id for shot in storyboard.shots]
    unknown = [shot for shot in shots if shot not in known]
    if unknown or not shots:
        raise BadInput(f"{production} has no shot {', '.join(unknown) or 'named'}; it has {', '.join(known)}")
    noted = tuple(
        shot.model_copy(update={"note": _added(shot.note, note), "retouch": _added(shot.retouch, retouch)})
        if shot.id in shots
        else shot
        for shot in storyboard.shots
    )
    try:
        return Storyboard.model_validate({**storyboard.model_dump(), "shots": [s.model_dump() for s in noted]})
    except ValidationError as error:
        reasons = "; ".join(reason(dict(fault)) for fault in error.errors(include_url=False))
        raise BadInput(f"the notes do not fit: {reasons}; say less, or give a shot list without older notes") from error


def _added(before: str, more: str) -> str:
    return " ".join(part for part in (before, more.strip()) if part)
