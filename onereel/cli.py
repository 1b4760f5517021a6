"""The command line. Progress goes to stderr, results to stdout; the last line of ``--json`` is one object."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar, get_args

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from onereel.adapters.briefs import check_kept, keyed, load_brief, store_references
from onereel.adapters.complaints import complaints
from onereel.adapters.connection import Connection
from onereel.adapters.ledgers import write_ledger
from onereel.adapters.own import OwnFiles, judge_own, store_clip
from onereel.adapters.pictures import picture_file
from onereel.adapters.shotlists import read_shots, write_shots
from onereel.approvals import Answer, Rejected, at_most, waited_for
from onereel.brief import SHOT, SLUG, Brief
from onereel.calls import calls_of
from onereel.casting import (
    budget_of,
    check_reached,
    dated,
    models_of,
    reclaimed,
    stored_brief,
    table_for,
    vault_for,
)
from onereel.choosing import is_keyframe, pick_drawing, planned_shot
from onereel.crew import Vault
from onereel.delivering import kept_manifest
from onereel.drafting import drafted
from onereel.errors import BadInput, BudgetReached, OnereelError
from onereel.estimating import assumed, in_short
from onereel.estimating import estimate as estimated
from onereel.exporting import export as write_export
from onereel.filming import takes_of_shot
from onereel.ledger import ledger as ledger_of
from onereel.losses import adopt, asked_for, give_up
from onereel.media import keep
from onereel.models import FPS, ModelTable, Surface
from onereel.noun import Noun
from onereel.papers import Manifest
from onereel.picks import take_named
from onereel.plan import Plan, Purchase, plan
from onereel.progress import embedded, showing_progress
from onereel.report import Report
from onereel.retaking import NoteTo, Radius, Retake, radius
from onereel.reviewing import overrule as decide
from onereel.settings import Settings, read_settings
from onereel.slate import brief_key, cut_prefix, cuts_prefix, gate_page_key
from onereel.storyboard import Storyboard
from onereel.writing import check_given, given_source, kept_board, latest_board, written_source

if TYPE_CHECKING:
    from onereel.campaign import Campaign
    from onereel.offers import Offer

N = TypeVar("N", bound=Noun)
T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
out, err = (Console(stderr=where, markup=False, emoji=False) for where in (False, True))  # nobody's words are markup

BriefFile = Annotated[Path, typer.Argument(help="The brief: a YAML or JSON file.")]
Shots = Annotated[Path | None, typer.Option(help="A shot list: CSV, XLSX, JSON or YAML. Else a text model writes it.")]
VaultUrl = Annotated[str, typer.Option(help="Folder or s3://bucket/prefix. Default: ONEREEL_VAULT, else ./vault.")]
BudgetUsd = Annotated[float | None, typer.Option("--budget", help="US dollars; instead of the brief's.")]
TierOption = Annotated[str, typer.Option("--tier", help="draft or final; instead of the brief's.")]
Rehearse = Annotated[bool, typer.Option("--rehearse", help="Against the local studio, for nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Production = Annotated[str, typer.Argument(help="Name of the production.")]


def main(words: list[str] | None = None) -> None:
    """Run the command line, on the words given or this process's own, and exit with its code."""
    try:
        app(words)
    except BadInput as bad:
        _stop(str(bad), 2)
    except BudgetReached as reached:
        _stop(str(reached), 4)
    except OnereelError as failed:
        _stop(str(failed), 1)


def _version(asked: bool) -> None:
    if asked:
        out.print(version("onereel"), highlight=False)
        raise typer.Exit


@app.callback()
def _whole(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    pass


@contextmanager
def _or_rehearsed(production: str, url: str, *, rehearse: bool) -> Iterator[None]:
    """Say of what is not there that a rehearsal of it is."""
    try:
        yield
    except BadInput as none:
        corner = vault_for(read_settings(), url, rehearsal=True)
        if rehearse or not re.match(SLUG, production) or not corner.exists(brief_key(production)):
            raise
        raise BadInput(f"{none}; there is a rehearsal of it: add --rehearse") from none


def _stop(message: str, code: int) -> NoReturn:
    err.print(f"onereel: {message}", style="red", highlight=False, soft_wrap=True)
    sys.exit(code)


@app.command()
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
    made = _read_brief(brief, budget, tier)
    given = read_shots(shots) if shots else None
    own = _check(made, given, shots.parent if shots else None, settings, place, rehearse=rehearse)
    for shot in repay or []:
        asked_for(place, dated(made, datetime.now(UTC).date()).production, shot)
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

    _finish(run, as_json=as_json, rehearse=rehearse)


@app.command()
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
    told = _read_brief(brief, budget, tier)
    check_kept(told, place)
    made = keyed(told, brief.parent)
    table = table_for(settings, rehearsal=rehearse)
    given = read_shots(shots) if shots else None
    found, board, basis = _plan(made, given, table, place)
    judge_own(board, shots.parent if shots else None, place).check(found)
    offers = _offers(made, found, place)
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
    sheet = Table("call", "model", "what", "at most", title=f"{made.production}: {basis}", title_justify="left")
    for one in found.purchases:
        sheet.add_row(one.what, one.model, one.detail, f"${one.usd:.3f}")
    out.print(sheet)
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


@app.command()
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
    with _or_rehearsed(production, vault, rehearse=rehearse):
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

    _finish(run, as_json=as_json, rehearse=rehearse)


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
    sheet = Table("call", "model", "what", "at most", title=reach.message, title_justify="left")
    for one in reach.purchases:
        sheet.add_row(one.what, one.model, one.detail, f"${one.usd:.3f}")
    out.print(sheet)


@app.command()
def assemble(production: Production, vault: VaultUrl = "", rehearse: Rehearse = False, as_json: AsJson = False) -> None:
    """Cut what exists anew; buys nothing."""
    settings = read_settings()
    _kept(vault_for(settings, vault, rehearsal=rehearse), production, settings, rehearse=rehearse)

    async def run() -> Any:
        from flows.assemble import assemble as flow  # noqa: PLC0415 - Prefect takes a second to import

        return await flow(production=production, rehearse=rehearse, vault=vault, return_state=True)

    _finish(run, as_json=as_json, rehearse=rehearse)


@app.command()
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
    brief, found = _kept(place, production, settings, rehearse=rehearse)
    if is_keyframe(shot):
        pick_drawing(place, brief, found, shot, take)
        out.print(f"{shot}: drawing {take} is chosen; produce {production} again to film from it", highlight=False)
        return
    take_named(takes_of_shot(place, production, planned_shot(found, shot).shot), take, shot)

    async def run() -> Any:
        from flows.assemble import pick as flow  # noqa: PLC0415 - Prefect takes a second to import

        asked: dict[str, Any] = {"rehearse": rehearse, "vault": vault}
        return await flow(production=production, shot=shot, take=take, **asked, return_state=True)

    _finish(run, as_json=as_json, rehearse=rehearse)


@app.command("import")
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
    _, found = _kept(place, production, settings, rehearse=rehearse)
    key = store_clip(file, planned_shot(found, shot).frames / FPS, place).key

    async def run() -> Any:
        from flows.assemble import bring as flow  # noqa: PLC0415 - Prefect takes a second to import

        asked: dict[str, Any] = {"clip_file": key, "rehearse": rehearse, "vault": vault}
        return await flow(production=production, shot=shot, **asked, return_state=True)

    _finish(run, as_json=as_json, rehearse=rehearse)


@app.command()
def export(
    production: Production,
    folder: Annotated[Path, typer.Argument(help="A new or an empty folder.")],
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
) -> None:
    """Write an editor's folder: the master, every take, OTIO, EDL and FCP XML timelines, captions, the ledger."""
    place = vault_for(read_settings(), vault, rehearsal=rehearse)
    with _or_rehearsed(production, vault, rehearse=rehearse):
        manifest = kept_manifest(place, production)
    for path in write_export(place, manifest, folder):
        out.print(str(path), highlight=False, soft_wrap=True)


@app.command()
def show(
    production: Production,
    cut: Annotated[int, typer.Option(min=0, help="Which cut: 3 for v003. 0: the newest.")] = 0,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: any free one.")] = 0,
    serve: Annotated[
        bool | None, typer.Option(help="Serve the report page until Ctrl-C. Default: where a person looks on.")
    ] = None,
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Show how a production stands, and serve its report page to a browser on this machine."""
    place = vault_for(read_settings(), vault, rehearsal=rehearse)
    waiting = None if cut else waited_for(place, production)
    if waiting is not None:
        told = f"{production} waits for approval: {waiting.gate}; approving it buys {at_most(waiting.next_usd)}"
        err.print(told, style="yellow", highlight=False, soft_wrap=True)
        if not as_json:
            out.print(place.address(gate_page_key(production)), highlight=False, soft_wrap=True)
            if not any(place.keys(cuts_prefix(production))):
                return
    with _or_rehearsed(production, vault, rehearse=rehearse):
        manifest = kept_manifest(place, production, cut)
    if as_json:
        out.print_json(manifest.model_dump_json(), indent=None)
    else:
        _show_shots(manifest)
        folder = cut_prefix(production, manifest.version)
        for paper in ("master.mp4", "report.html"):
            out.print(place.address(f"{folder}{paper}"), highlight=False, soft_wrap=True)
    if serve if serve is not None else sys.stdout.isatty() and not as_json:
        from onereel.adapters.screening import address, door, screen  # noqa: PLC0415 - the server takes a second

        with door(port) as opened:
            err.print(f"{address(opened)}  (Ctrl-C ends it)", highlight=False, soft_wrap=True)
            screen(place, manifest, opened)


def _show_shots(manifest: Manifest) -> None:
    title = f"{manifest.production} cut v{manifest.version:03d}, {manifest.footage.seconds:g} s"
    title += f", ${manifest.usd.spent:.2f} spent" + (" (rehearsed)" if manifest.rehearsal else "")
    sheet = Table("shot", "state", "take", "seconds", "takes", "what happens", title=title, title_justify="left")
    for papers in manifest.shots:
        takes = ", ".join(f"t{take.number:02d}" for take in papers.takes)
        active = papers.active.rsplit("/", 1)[-1]
        told = papers.state.reason or papers.shot.action
        draft = any(take.slate == papers.active and take.tier == "draft" for take in papers.takes)
        sheet.add_row(
            papers.shot.id, "draft" if draft else papers.state.state, active, f"{papers.state.seconds:g}", takes, told
        )
    out.print(sheet)
    if manifest.reviewed.keyframes or manifest.reviewed.takes:
        out.print(str(manifest.reviewed), highlight=False, soft_wrap=True)


@app.command()
def ledger(
    production: Production,
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
    as_json: AsJson = False,
    csv: Annotated[Path | None, typer.Option(help="Write the rows to this CSV file as well.")] = None,
) -> None:
    """Show every paid call of a production, and what they come to by model, shot and day."""
    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    found = ledger_of(calls_of(place, production), production, _purchases(place, production, settings, rehearse))
    if csv is not None:
        write_ledger(found, csv)
    if as_json:
        out.print(found.model_dump_json(), highlight=False, soft_wrap=True)
        return
    sheet = Table("time", "call", "model", "outcome", "s", "usd", title=production, title_justify="left")
    for each in found.entries:
        paid = "" if each.paid == "here" else f" (paid {each.paid})"
        paid = f" {each.failure_code}{paid}" if each.failure_code else paid
        waited = f"{each.latency:.1f}" if each.latency else ""
        what, usd = (each.call, each.model, each.outcome + paid, waited), f"{each.usd:.4f}"
        sheet.add_row(f"{each.time:%m-%d %H:%M:%S}", *what, usd)
    out.print(sheet)
    for title, sums in (("model", found.by_model), ("shot", found.by_shot), ("day", found.by_day)):
        sheet = Table(f"by {title}", "calls", "spent", "estimated")
        for one in sums:
            most = f"{one.estimated_usd:.4f}" if one.estimated_usd else ""
            sheet.add_row(one.name, str(one.calls), f"{one.usd:.4f}", most)
        out.print(sheet)
    unknown = f", ${found.unknown_usd:.2f} of it on calls nobody knows the end of" if found.unknown_usd else ""
    planned = f"; the plan allows ${found.estimated_usd:.2f}" if found.estimated_usd else ""
    out.print(f"${found.spent_usd:.2f} spent{unknown}{planned}", soft_wrap=True)


def _purchases(place: Vault, production: str, settings: Settings, rehearse: bool) -> tuple[Purchase, ...]:
    """Return what the newest storyboard's plan buys; nothing where it cannot be planned any more."""
    try:
        board, brief = latest_board(place, production), stored_brief(place, production)
        if board is None:
            return ()
        table, today = table_for(settings, rehearsal=rehearse), datetime.now(UTC).date()
        given = board.source == given_source(board.storyboard)
        return estimated(brief, board.storyboard, table, today, write=not given).purchases
    except BadInput as gone:
        err.print(f"no estimate: {gone}", style="yellow", soft_wrap=True)
        return ()


@app.command()
def campaign(
    file: Annotated[Path, typer.Argument(help="The campaign: a YAML or JSON file.")],
    vault: VaultUrl = "",
    budget: Annotated[float | None, typer.Option(help="US dollars for all films; instead of the campaign's.")] = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what they cost at most; asks nobody.")] = False,
    rehearse: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Make several films under one budget: variants of one brief, or briefs in the vault."""
    from onereel.adapters.campaigns import load_campaign  # noqa: PLC0415 - only this command needs it
    from onereel.campaigning import EXIT, rows, shared  # noqa: PLC0415

    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    table = table_for(settings, rehearsal=rehearse)

    def affordable(said: "Campaign") -> None:
        asked, today = _with(said, budget_usd=budget), datetime.now(UTC).date()
        briefs = shared(asked, table, today)
        if estimate:
            _show_costs(asked, briefs, [_plan(brief, None, table, place)[0] for brief in briefs])
            raise typer.Exit  # before anything is kept

    made = _with(load_campaign(file, place, affordable), budget_usd=budget)

    async def run() -> Any:
        from flows.campaign import campaign as flow  # noqa: PLC0415 - Prefect takes a second to import

        return await (await flow(made, rehearse=rehearse, vault=vault, return_state=True)).aresult()

    told = _ran(run)
    if as_json:
        facts = {**told.model_dump(mode="json"), "usd": told.usd, "state": told.worst}
        out.print(json.dumps(facts), highlight=False, soft_wrap=True)
    else:
        films = [{name: cell for name, cell in film.items() if name != "master"} for film in rows(told.films)]
        sheet = Table(*films[0], title=told.campaign, title_justify="left")
        for film in films:
            sheet.add_row(*(f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in film.values()))
        out.print(sheet)
        out.print(f"${told.usd:.2f} of ${told.budget_usd:.2f}" + (" (rehearsed, nothing was paid)" if rehearse else ""))
        for one in told.films:
            out.print(one.master, highlight=False, soft_wrap=True)
    for one in told.films:
        if one.state != "complete":
            err.print(f"{one.production}: {one.message}", style="yellow", soft_wrap=True)
    sys.exit(EXIT[told.worst])


def _show_costs(made: "Campaign", briefs: Sequence[Brief], plans: Sequence[Plan]) -> None:
    sheet = Table("production", "seconds", "shots", "at most", "budget", title=made.campaign, title_justify="left")
    for brief, found in zip(briefs, plans, strict=True):
        facts = f"{found.frames / FPS:g}", str(len(found.takes)), f"${found.usd:.2f}", f"${brief.budget_usd:.2f}"
        sheet.add_row(brief.production, *facts)
    out.print(sheet)
    out.print(f"at most ${sum(found.usd for found in plans):.2f}; budget ${made.budget_usd:.2f}")


@app.command()
def compare(
    kind: Annotated[Literal["image", "video"], typer.Argument(help="Models that draw, or models that film.")],
    models: Annotated[list[str], typer.Argument(help="Their ids: gemini-3-pro-image gemini-nano-banana-2.1.")],
    shot: Annotated[list[str] | None, typer.Option(help="Only this prompt of the set: s030. May be repeated.")] = None,
    samples: Annotated[int, typer.Option(min=1, max=4, help="Of each prompt; each is paid.")] = 1,
    resolution: Annotated[str, typer.Option(help="Of the takes; pictures are drawn large enough for it.")] = "720p",
    budget: Annotated[float, typer.Option(help="US dollars all of it may cost.")] = 25.0,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say what it costs at most; asks nobody.")] = False,
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Ask several models for the same pictures or takes, and say what they made, how good it is, and what it cost."""
    from onereel.comparing import Asked, trials  # noqa: PLC0415 - only this command needs it
    from onereel.comparison import COLUMNS, row  # noqa: PLC0415

    asked = Asked(kind, tuple(models), tuple(shot or ()), samples, resolution, budget)
    found = trials(asked, table_for(read_settings(), rehearsal=rehearse), datetime.now(UTC).date())
    if estimate:
        sheet = Table("model", "calls", "at most", title=f"{kind} models, {resolution}", title_justify="left")
        for trial in found:
            sheet.add_row(trial.model, str(len(trial.plan.purchases)), f"${trial.plan.usd:.2f}")
        out.print(sheet)
        out.print(f"at most ${sum(trial.plan.usd for trial in found):.2f}; what was bought before costs nothing")
        return

    async def run() -> Any:
        from flows.compare import compare as flow  # noqa: PLC0415 - Prefect takes a second to import

        said: dict[str, Any] = {"samples": samples, "resolution": resolution, "budget_usd": budget}
        state = await flow(kind, models, shot or [], **said, rehearse=rehearse, vault=vault, return_state=True)
        return await state.aresult()

    comparison, address = _ran(run)
    if as_json:
        out.print(comparison.model_dump_json(), highlight=False, soft_wrap=True)
        return
    sheet = Table(show_header=False)  # a model a column: twelve numbers side by side fit no terminal
    for cells in zip(COLUMNS, *(row(line) for line in comparison.lines), strict=True):
        sheet.add_row(*cells)
    out.print(sheet)
    err.print(f"${comparison.usd:.2f} paid" + (" (rehearsed: nothing was)" if rehearse else ""))
    out.print(address, highlight=False, soft_wrap=True)


@app.command()
def reclaim(
    production: Annotated[str, typer.Argument(help="Only this production; else all in the vault.")] = "",
    of: Annotated[
        str, typer.Option(help="With --operation: the shot it films, s010, or the call as the log has it.")
    ] = "",
    operation: Annotated[
        str, typer.Option(help="A film the log says was ordered under this name, while the vault kept nothing.")
    ] = "",
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Collect films that were ordered and never fetched, while the vendor still has them. Orders nothing.

    With --rehearse: a rehearsal's studio ends with it, so what it was filming is gone; it is closed, at no cost.
    """
    settings = read_settings()
    if operation or of:
        if not (production and of and operation):
            raise BadInput("name the production, what the operation films (--of s010), and its name (--operation)")
        adopt(vault_for(settings, vault, rehearsal=rehearse), production, of, operation)
    with showing_progress(err):
        found = asyncio.run(reclaimed(settings, production, vault, rehearsal=rehearse))
    for call in found.calls:
        line = f"{call.production}: {call.call}: {call.state} ${call.usd:.2f} {call.reason}".rstrip()
        err.print(line, highlight=False, soft_wrap=True)
    if as_json:
        told = {**found.model_dump(mode="json"), "saved_usd": found.saved_usd}
        out.print(json.dumps(told), highlight=False, soft_wrap=True)
    else:
        out.print(found.message, highlight=False, soft_wrap=True)


@app.command()
def find(
    picture: Annotated[Path, typer.Argument(help="A PNG, JPEG or WebP file.")],
    near: Annotated[
        int | None, typer.Option(min=0, max=24, help="Show what is merely like it, too: bits of 64 that may differ.")
    ] = None,
    anew: Annotated[bool, typer.Option("--rebuild", help="Read every paper of the vault again first.")] = False,
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
    as_json: AsJson = False,
) -> None:
    """Find a picture among all keyframes, takes and references of a vault."""
    from onereel.library import find as like  # noqa: PLC0415 - numpy takes a moment
    from onereel.library import library  # noqa: PLC0415

    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    wanted = picture_file(picture).fingerprint
    pictures = library(place, anew=anew)
    found = like(pictures, wanted, settings.thresholds, near)
    if as_json:
        rows = [{**one.seen.model_dump(exclude={"fingerprint", "record"}), "same": one.same} for one in found]
        out.print(json.dumps(rows), highlight=False, soft_wrap=True)
        return
    sheet = Table("", "production", "picture", "at", "bits apart", "colour apart")
    for seen, likeness, same in found:
        at = f"{seen.seconds:.2f} s" if seen.kind == "take" else ""
        bits = "" if likeness.bits is None else str(likeness.bits)
        words = ("same" if same else "near", seen.production, f"{seen.kind} {seen.name}", at, bits)
        sheet.add_row(*words, f"{likeness.colour:.1f}")
    out.print(sheet if found else f"nothing like it among {len(pictures)} pictures of {place.url}", soft_wrap=True)
    for one in found:
        out.print(place.address(one.seen.media), highlight=False, soft_wrap=True)


@app.command()
def lost(
    production: Production,
    shot: Annotated[str, typer.Argument(help="The shot whose calls nobody heard the end of: s010.")],
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
) -> None:
    """Give up calls of a shot whose outcome is unknown: they count as spent, and it may be filmed again."""
    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    given = give_up(place, production, shot, f"a person, {datetime.now(UTC).isoformat()}", settings.deadline)
    if not given:
        raise BadInput(f"{production} has no call for {shot} whose outcome is unknown")
    for call in given:
        out.print(f"{call.intent.label}: lost, ${call.intent.usd:.2f} spent", highlight=False)


@app.command()
def storyboard(
    production: Production,
    target: Annotated[Path, typer.Argument(help="Where to write it: .csv, .xlsx, .json or .yaml.")],
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
) -> None:
    """Write the newest storyboard of a production to a shot list file, to be edited and given back with --shots."""
    place = vault_for(read_settings(), vault, rehearsal=rehearse)
    with _or_rehearsed(production, vault, rehearse=rehearse):
        write_shots(kept_board(place, production).storyboard, target)
    out.print(str(target), highlight=False, soft_wrap=True)


@app.command()
def approve(
    production: Production,
    reject: Annotated[list[str] | None, typer.Option(help="A shot to send back; may be repeated.")] = None,
    note: Annotated[
        list[str] | None, typer.Option(help="What should be different: one for each --reject, or one for all.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Of a draft: a shot the final films; may be repeated. Without: all.")
    ] = None,
    shots: Annotated[Path | None, typer.Option(help="The storyboard as you edited it: CSV, XLSX, JSON, YAML.")] = None,
    ceiling: Annotated[float | None, typer.Option(help="US dollars the film may cost in all from now on.")] = None,
    stop: Annotated[bool, typer.Option("--stop", help="No: end the run that waits; everything is kept.")] = False,
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
) -> None:
    """Say yes to what a production waits for; or, with --reject, what should be done before it is shown again.

    A run that waits on a Prefect server (PREFECT_API_URL) goes on by itself; otherwise produce it again.
    """
    settings = read_settings()
    place = vault_for(settings, vault, rehearsal=rehearse)
    rejected = _rejected(reject or [], note or [])
    answer = Answer(
        decision="stop" if stop else "change" if rejected else "approve",
        reject=rejected,
        approved=tuple(only or ()),
        shot_list=read_shots(shots).model_dump_json() if shots else "",
    )
    answer = _with(answer, ceiling_usd=ceiling)

    async def run() -> tuple[Any, bool]:
        from flows.gates import give  # noqa: PLC0415 - Prefect takes a second to import

        brief = await asyncio.to_thread(stored_brief, place, production)
        said = f"command line/{datetime.now(UTC).isoformat()}"
        table = table_for(settings, rehearsal=rehearse)
        return await give(place, brief, table, answer, by="a person, by command line", said=said)

    waiting, goes_on = asyncio.run(run())
    told = {"approve": "approved", "change": f"{', '.join(dict.fromkeys(reject or []))} sent back", "stop": "stopped"}
    then = "the run goes on" if goes_on else "produce it again to go on"
    then += f", and buys {at_most(waiting.next_usd)}" if answer.decision == "approve" else ""
    line = f"{production}: {waiting.gate} {told[answer.decision]}; {then}"
    out.print(line if not stop else f"{production}: stopped at the {waiting.gate}", highlight=False)


def _rejected(shots: list[str], notes: list[str]) -> tuple[Rejected, ...]:
    if notes and len(notes) not in (1, len(shots)):
        raise BadInput(f"{len(shots)} --reject and {len(notes)} --note; give one note for each, or one for all")
    said = notes * len(shots) if len(notes) == 1 else notes or [""] * len(shots)
    if wrong := [shot for shot in shots if not re.match(SHOT, shot)]:
        raise BadInput(f"--reject {wrong[0]}: name a shot, s010; say in --note which picture of it is meant")
    try:
        return tuple(Rejected(shot=shot, note=words) for shot, words in zip(shots, said, strict=True))
    except ValidationError as error:
        raise BadInput("; ".join(map(str, complaints(error, Rejected)))) from error


@app.command()
def overrule(
    production: Production,
    what: Annotated[
        str, typer.Argument(help="A held keyframe (s010/opening), a shot's newest take (s010), or s010/t02.")
    ],
    note: Annotated[str, typer.Option(help="Why.")] = "",
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
) -> None:
    """Accept what the reviewer rejected: a held keyframe, or a take; produce again to go on. Costs nothing."""
    named = decide(vault_for(read_settings(), vault, rehearsal=rehearse), production, what, note)
    out.print(f"{named}: accepted, by your word", highlight=False)


@app.command()
def studio(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: any free one.")] = 8765,
    fault: Annotated[list[str] | None, typer.Option(help="A fault to inject; may be repeated.")] = None,
) -> None:
    """Run the local studio alone: Google's wire format on this machine, for nothing."""
    from onereel.studio import StudioOptions, parse_fault, serve  # noqa: PLC0415 - the server takes a second

    serve(StudioOptions(port=port, faults=tuple(parse_fault(one) for one in fault or ())))


@app.command()
def doctor(vault: VaultUrl = "", models: Annotated[bool, typer.Option(help="List the model table.")] = False) -> None:
    """Say what is configured, what would be used, and what is missing."""
    from onereel.doctor import findings, model_lines  # noqa: PLC0415 - opens the vault

    settings = read_settings()
    if models:
        for line in model_lines(settings.table):
            out.print(line, highlight=False, soft_wrap=True)
        return
    sound = True
    for good, line in findings(settings, vault):
        sound = sound and good
        out.print(("ok       " if good else "missing  ") + line, highlight=False, soft_wrap=True)
    sys.exit(0 if sound else 1)


def _kept(place: Vault, production: str, settings: Settings, *, rehearse: bool) -> tuple[Brief, Plan]:
    """Return a production's brief and the plan of its newest storyboard.

    Raises:
        BadInput: It has none, or cannot be filmed any more.
    """
    brief, board = stored_brief(place, production), kept_board(place, production).storyboard
    return brief, plan(brief, board, table_for(settings, rehearsal=rehearse), datetime.now(UTC).date())


def _read_brief(path: Path, budget: float | None, tier: str) -> Brief:
    return _with(load_brief(path), budget_usd=budget, tier=tier or None)


OPTIONS = {"budget_usd": "--budget", "tier": "--tier", "ceiling_usd": "--ceiling"}
"""Options by the field they speak for."""


def _with(noun: N, **said: Any) -> N:
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


def _check(
    brief: Brief, given: Storyboard | None, folder: Path | None, settings: Settings, place: Vault, *, rehearse: bool
) -> OwnFiles:
    """Refuse before anything is requested or written: what cannot be reached, filmed, used or paid.

    Returns:
        The files the shot list names, to be kept.
    """
    table = table_for(settings, rehearsal=rehearse)
    connection = Connection.rehearsal("http://127.0.0.1") if rehearse else Connection.from_environment(os.environ)
    check_reached(connection, models_of(brief, table))
    found, board, _ = _plan(brief, given, table, place)
    limit = budget_of(settings, brief)
    if found.usd > limit:
        raise BadInput(
            f"the film costs up to ${found.usd:.2f}, the budget is ${limit:.2f}; raise budget_usd or --budget, "
            "shorten the film, or choose a cheaper camera"
        )
    own = judge_own(board, folder, place)
    own.check(found)
    return own


def _plan(brief: Brief, given: Storyboard | None, table: ModelTable, place: Vault) -> tuple[Plan, Storyboard, str]:
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


def _offers(brief: Brief, found: Plan, place: Vault) -> "list[Offer]":
    """Return what other productions of the vault have for keyframes that would be paid for."""
    from onereel.library import Others  # noqa: PLC0415 - numpy takes a moment
    from onereel.offers import offers_for  # noqa: PLC0415

    return offers_for(Others(place, found.production), found, brief)


def _ran(run: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run flows in this process, show how it goes, and return what they came to."""
    embedded()
    import flows.running  # noqa: F401, PLC0415 - Prefect sets up its logging, by what was just said
    from flows.embedded import start_apart  # noqa: PLC0415

    async def apart() -> T:
        await asyncio.to_thread(start_apart)
        return await run()

    try:
        with showing_progress(err):
            return asyncio.run(apart())
    except KeyboardInterrupt:
        _stop("stopped; run it again to go on where it was", 130)


def _finish(run: Callable[[], Coroutine[Any, Any, Any]], *, as_json: bool, rehearse: bool) -> None:
    """Run a flow in this process, show how it goes, print its report, and exit with its code."""
    if rehearse:
        err.print("REHEARSAL: the local studio films, nothing is paid", style="bold yellow")

    async def whole() -> Report:
        state = await run()
        told = await state.aresult(raise_on_failure=False)
        if isinstance(told, BaseException):
            raise told
        assert isinstance(told, Report)  # noqa: S101 - what every flow that makes a film returns
        return told

    told = _ran(whole)
    for reason in (*told.reasons, *told.stopped, *told.findings):
        err.print(reason, style="yellow", soft_wrap=True)
    spent = f"${told.usd.spent:.2f}" + (" (rehearsed, nothing was paid)" if told.rehearsal else "")
    err.print(f"{told.message}: {told.seconds:g} s, {spent}", style="green" if told.state == "complete" else "yellow")
    if as_json:
        shown = told.model_dump_json(exclude={"contact_sheet", "page", "rehearsal", "message", "reasons", "findings"})
        out.print(shown, highlight=False, soft_wrap=True)
    else:
        out.print(told.master or told.page, highlight=False, soft_wrap=True)
    sys.exit(told.exit_code)


if __name__ == "__main__":
    main()
