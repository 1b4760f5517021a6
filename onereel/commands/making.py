"""Commands that make a film: produce, estimate, reshoot, assemble, pick, import."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.table import Table

from onereel.adapters.briefs import check_kept, gather_references, keyed, store_references
from onereel.adapters.own import judge_own, store_clip
from onereel.adapters.shotlists import read_shots
from onereel.casting import budget_of, check_writable, dated, stored_brief, table_for, vault_for
from onereel.choosing import is_keyframe, pick_drawing, planned_shot
from onereel.commands.planning import check_first, kept_plan, offered, planned, read_brief
from onereel.commands.terminal import (
    AsJson,
    BriefFile,
    BudgetUsd,
    Production,
    Rehearse,
    Shots,
    TierOption,
    VaultUrl,
    err,
    finish,
    or_rehearsed,
    out,
)
from onereel.errors import BadInput
from onereel.estimating import in_short
from onereel.filming import takes_of_shot
from onereel.losses import asked_for
from onereel.media import keep
from onereel.models import FPS
from onereel.picks import take_named
from onereel.plan import Purchase
from onereel.retaking import NoteTo, Radius, Retake, radius
from onereel.settings import read_settings
from onereel.writing import kept_board


def produce(
    brief: BriefFile,
    shots: Shots = None,
    vault: VaultUrl = "",
    budget: BudgetUsd = None,
    tier: TierOption = "",
    repay: Annotated[
        list[str] | None, typer.Option(help="A shot held by a call nobody heard the end of: pay for it once more.")
    ] = None,
    until: Annotated[
        str, typer.Option(help="How far to go: storyboard; keyframes, with an animatic cut from them; delivery.")
    ] = "delivery",
    rehearse: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Turn a brief into a finished film."""
    if until not in {"storyboard", "keyframes", "delivery"}:
        raise BadInput(f"--until {until}: must be storyboard, keyframes or delivery")
    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    made = read_brief(brief, budget, tier)
    given = read_shots(shots) if shots else None
    own = check_first(made, given, shots.parent if shots else None, settings, place, rehearse=rehearse)
    for shot in repay or []:
        asked_for(place, dated(made, datetime.now(UTC).date()).production, shot)
    gather_references(made, brief.parent)
    check_writable(place)
    stored = store_references(made, brief.parent, place)
    listed = keep(place, own.store().model_dump_json().encode(), "json").key if given else ""

    async def run() -> Any:
        from flows.produce import produce as flow  # noqa: PLC0415 - Prefect takes a second to import

        asked: dict[str, Any] = {
            "shots": listed,
            "repay": repay or [],
            "rehearse": rehearse,
            "vault": vault,
            "until": until,
        }
        return await flow(brief=stored, **asked, return_state=True)

    finish(run, as_json=as_json, rehearse=rehearse)


def estimate(
    brief: BriefFile,
    shots: Shots = None,
    vault: VaultUrl = "",
    budget: BudgetUsd = None,
    tier: TierOption = "",
    rehearse: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Print what a film will cost at most, call by call, without a single request."""
    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    told = read_brief(brief, budget, tier)
    check_kept(told, place)
    made = keyed(told, brief.parent)
    table = table_for(settings, rehearsal=rehearse)
    given = read_shots(shots) if shots else None
    found, board, basis = planned(made, given, table, place)
    judge_own(board, shots.parent if shots else None, place).check(found)
    offers = offered(made, found, place)
    if as_json:
        facts = {
            "production": made.production,
            "usd": found.usd,
            "if_it_fails_usd": found.if_it_fails_usd,
            "basis": basis,
            "staying": list(found.staying),
            "warnings": list(found.warnings),
            "offers": [one.model_dump(exclude={"record"}) for one in offers],
        }
        out.print_json(data={**facts, "calls": [one.model_dump() for one in found.purchases]}, indent=None)
        return
    _show_purchases(f"{made.production}: {basis}", found.purchases)
    out.print(f"{len(found.purchases)} calls, at most ${found.usd:.2f}; budget ${budget_of(settings, made):.2f}")
    if found.if_it_fails:
        out.print(f"and at most ${found.if_it_fails_usd:.2f} if answers or shots fail, within the budget, for this:")
        for what, usd in in_short(found.if_it_fails):
            out.print(f"  ${usd:.2f} {what}", highlight=False, soft_wrap=True)
    if found.staying:
        out.print(f"{', '.join(found.staying)} stay drafts, for nothing: they are not among those approved or named")
    if found.redrawing_usd:
        out.print(f"and at most ${found.redrawing_usd:.2f} if keyframes come out too alike and are redrawn once")
    if found.repairing_usd:
        out.print(f"and at most ${found.repairing_usd:.2f} if everything is rejected as often as it may be mended")
    for offer in offers:
        out.print(str(offer), highlight=False, soft_wrap=True)
    for warning in found.warnings:
        err.print(warning, style="yellow")


def reshoot(
    production: Production,
    shots: Annotated[list[str], typer.Argument(help="Shots to film again: s010 s030.")],
    note: Annotated[str, typer.Option(help="What should be different.")] = "",
    note_to: Annotated[
        str, typer.Option(help="Who reads the note: camera, as it is; words: a text model revises the shots' words.")
    ] = "camera",
    retouch: Annotated[str, typer.Option(help="What to change in the shots' keyframes; the rest stays.")] = "",
    pin: Annotated[list[str] | None, typer.Option(help="A shot that keeps its take though it would follow.")] = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only print what is reached and what it costs.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before paying.")] = False,
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Film named shots again and cut the film anew; old takes are kept. Says what it costs, and asks on a terminal."""
    retake = _retake(shots, note, note_to, retouch, pin or [])
    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    with or_rehearsed(production, vault, rehearse=rehearse):
        board, brief = kept_board(place, production).storyboard, stored_brief(place, production)
    reach = radius(retake, brief, board, table_for(settings, rehearsal=rehearse), datetime.now(UTC).date())
    if estimate:
        _show_radius(reach, as_json=as_json)
        return
    err.print(reach.message, highlight=False, soft_wrap=True)
    if not (yes or rehearse) and sys.stdin.isatty() and not typer.confirm("Film it?", err=True):
        raise BadInput("nothing was bought")

    async def run() -> Any:
        from flows.reshoot import reshoot as flow  # noqa: PLC0415 - Prefect takes a second to import

        asked = {"note": note, "note_to": note_to, "retouch": retouch, "pin_shots": pin or []}
        return await flow(
            production=production, shots=shots, **asked, rehearse=rehearse, vault=vault, return_state=True
        )

    finish(run, as_json=as_json, rehearse=rehearse)


def _retake(shots: list[str], note: str, note_to: str, retouch: str, pin: list[str]) -> Retake:
    if note_to not in get_args(NoteTo):
        raise BadInput(f"--note-to {note_to}: must be {' or '.join(get_args(NoteTo))}")
    if note_to == "words" and not note:
        raise BadInput("--note-to words needs a --note to pass on")
    told = {"shots": shots, "note": note, "note_to": note_to, "retouch": retouch, "pin": pin}
    return Retake.model_validate(told)


def _show_radius(reach: Radius, *, as_json: bool) -> None:
    if as_json:
        out.print(reach.model_dump_json(), highlight=False, soft_wrap=True)
        return
    _show_purchases(reach.message, reach.purchases)


def _show_purchases(title: str, purchases: Sequence[Purchase]) -> None:
    sheet = Table("call", "model", "what", "at most", title=title, title_justify="left")
    for one in purchases:
        sheet.add_row(one.what, one.model, one.detail, f"${one.usd:.3f}")
    out.print(sheet)


def assemble(production: Production, vault: VaultUrl = "", rehearse: Rehearse = False, as_json: AsJson = False) -> None:
    """Cut what exists anew; buys nothing."""
    settings = read_settings()
    kept_plan(vault_for(settings, vault, rehearsal=rehearse), production, settings, rehearse=rehearse)

    async def run() -> Any:
        from flows.assemble import assemble as flow  # noqa: PLC0415 - Prefect takes a second to import

        return await flow(production=production, rehearse=rehearse, vault=vault, return_state=True)

    finish(run, as_json=as_json, rehearse=rehearse)


def pick(
    production: Production,
    shot: Annotated[str, typer.Argument(help="Which shot: s010. Or which keyframe: s010/opening.")],
    take: Annotated[str, typer.Argument(help="Which take: t01. Or which of the keyframe's candidates: 2.")],
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Put another take of a shot on screen and cut anew, for nothing; it stays until the shot is filmed again."""
    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    brief, found = kept_plan(place, production, settings, rehearse=rehearse)
    if is_keyframe(shot):
        pick_drawing(place, brief, found, shot, take)
        out.print(f"{shot}: drawing {take} is chosen; produce {production} again to film from it", highlight=False)
        return
    take_named(takes_of_shot(place, production, planned_shot(found, shot).shot), take, shot)

    async def run() -> Any:
        from flows.assemble import pick as flow  # noqa: PLC0415 - Prefect takes a second to import

        asked: dict[str, Any] = {"rehearse": rehearse, "vault": vault}
        return await flow(production=production, shot=shot, take=take, **asked, return_state=True)

    finish(run, as_json=as_json, rehearse=rehearse)


def bring(
    production: Production,
    shot: Annotated[str, typer.Argument(help="Which shot: s010.")],
    file: Annotated[Path, typer.Argument(help="A clip of yours: an MP4 at least as long as the shot.")],
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Put a clip of your own on screen as a take of a shot and cut anew, for nothing; the papers say it is yours."""
    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    _, found = kept_plan(place, production, settings, rehearse=rehearse)
    key = store_clip(file, planned_shot(found, shot).frames / FPS, place).key

    async def run() -> Any:
        from flows.assemble import bring as flow  # noqa: PLC0415 - Prefect takes a second to import

        asked: dict[str, Any] = {"clip_file": key, "rehearse": rehearse, "vault": vault}
        return await flow(production=production, shot=shot, **asked, return_state=True)

    finish(run, as_json=as_json, rehearse=rehearse)
