"""What a command is about to do, and what that costs: judged before anything is asked or written."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from onereel.adapters.briefs import load_brief
from onereel.adapters.complaints import complaints
from onereel.adapters.connection import Connection
from onereel.adapters.own import OwnFiles, judge_own
from onereel.brief import Brief
from onereel.casting import budget_of, check_reached, dated, models_of, stored_brief, table_for
from onereel.crew import Vault
from onereel.drafting import drafted
from onereel.errors import BadInput
from onereel.estimating import assumed
from onereel.estimating import estimate as estimated
from onereel.models import ModelTable, Surface
from onereel.noun import Noun
from onereel.plan import Plan, plan
from onereel.settings import Settings
from onereel.storyboard import Storyboard
from onereel.writing import check_given, kept_board, latest_board, written_source

if TYPE_CHECKING:
    from onereel.offers import Offer

N = TypeVar("N", bound=Noun)

OPTIONS = {"budget_usd": "--budget", "tier": "--tier", "ceiling_usd": "--ceiling"}
"""Options by the field they speak for."""


def kept_plan(place: Vault, production: str, settings: Settings, *, rehearse: bool) -> tuple[Brief, Plan]:
    """Return a production's brief and the plan of its newest storyboard.

    Raises:
        BadInput: It has none, or cannot be filmed any more.
    """
    brief, board = stored_brief(place, production), kept_board(place, production).storyboard
    return brief, plan(brief, board, table_for(settings, rehearsal=rehearse), datetime.now(UTC).date())


def read_brief(path: Path, budget: float | None, tier: str) -> Brief:
    """Return the brief in a file, as the command line changes it."""
    return altered(load_brief(path), budget_usd=budget, tier=tier or None)


def altered(noun: N, **said: Any) -> N:
    """Return a noun with what options say instead of it, None being nothing: held to the noun's rules, as a file is.

    Raises:
        BadInput: An option says what its field may not.
    """
    kind = type(noun)
    told = {name: value for name, value in said.items() if value is not None}
    try:
        return kind.model_validate({**noun.model_dump(), **told})
    except ValidationError as error:
        wrong = complaints(error, kind)
        raise BadInput("\n".join(f"{OPTIONS.get(one.field, one.field)}: {one.words}" for one in wrong)) from error


def check_first(
    brief: Brief, given: Storyboard | None, folder: Path | None, settings: Settings, place: Vault, *, rehearse: bool
) -> OwnFiles:
    """Refuse before anything is requested or written: what cannot be reached, filmed, used or paid.

    Returns:
        The files the shot list names, to be kept.
    """
    table = table_for(settings, rehearsal=rehearse)
    connection = Connection.rehearsal("http://127.0.0.1") if rehearse else Connection.from_environment(os.environ)
    check_reached(connection, models_of(brief, table))
    found, board, _ = planned(brief, given, table, place)
    limit = budget_of(settings, brief)
    if found.usd > limit:
        raise BadInput(
            f"the film costs up to ${found.usd:.2f}, the budget is ${limit:.2f}; raise budget_usd or --budget, "
            "shorten the film, or choose a cheaper camera"
        )
    own = judge_own(board, folder, place)
    own.check(found)
    return own


def planned(brief: Brief, given: Storyboard | None, table: ModelTable, place: Vault) -> tuple[Plan, Storyboard, str]:
    """Return the plan of the shot list, of the storyboard kept, or of an assumed one; and which it is."""
    today = datetime.now(UTC).date()
    brief = dated(brief, today)
    if given is not None:
        check_given(given, brief, table, today)
        before = drafted(place, brief, given)
        return estimated(brief, given, table, today, write=False, drafted=before), given, "by the shot list"
    for surface in Surface:
        kept = latest_board(place, brief.production, written_source(brief, table, surface))
        if kept is not None:
            board = kept.storyboard
            before = drafted(place, brief, board)
            told = estimated(brief, board, table, today, write=False, drafted=before)
            return told, board, "by the storyboard kept"
    basis, board = "no storyboard yet: assuming the fewest clips, each on its own keyframe", assumed(brief, table)
    return estimated(brief, board, table, today, write=True), board, basis


def offered(brief: Brief, found: Plan, place: Vault) -> "list[Offer]":
    """Return what other productions of the vault have for keyframes that would be paid for."""
    from onereel.library import Others  # noqa: PLC0415 - numpy takes a moment
    from onereel.offers import offers_for  # noqa: PLC0415

    return offers_for(Others(place, found.production), found, brief)
