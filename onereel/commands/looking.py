"""Commands that show what is there: show, storyboard, ledger, find, export."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from onereel.adapters.ledgers import write_ledger
from onereel.adapters.pictures import picture_file
from onereel.adapters.shotlists import write_shots
from onereel.approvals import at_most, waited_for
from onereel.calls import calls_of
from onereel.casting import stored_brief, table_for, vault_for
from onereel.commands.terminal import AsJson, Production, Rehearse, VaultUrl, err, or_rehearsed, out
from onereel.crew import Vault
from onereel.delivering import kept_manifest
from onereel.errors import BadInput
from onereel.estimating import estimate as estimated
from onereel.exporting import export as write_export
from onereel.ledger import ledger as ledger_of
from onereel.papers import Manifest
from onereel.plan import Purchase
from onereel.settings import Settings, read_settings
from onereel.slate import cut_prefix, cuts_prefix, gate_page_key
from onereel.writing import given_source, kept_board, latest_board


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
    with or_rehearsed(production, vault, rehearse=rehearse):
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


def storyboard(
    production: Production,
    target: Annotated[Path, typer.Argument(help="Where to write it: .csv, .xlsx, .json or .yaml.")],
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
) -> None:
    """Write the newest storyboard of a production to a shot list file, to be edited and given back with --shots."""
    place = vault_for(read_settings(), vault, rehearsal=rehearse)
    with or_rehearsed(production, vault, rehearse=rehearse):
        write_shots(kept_board(place, production).storyboard, target)
    out.print(str(target), highlight=False, soft_wrap=True)


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


def export(
    production: Production,
    folder: Annotated[Path, typer.Argument(help="A new or an empty folder.")],
    vault: VaultUrl = "",
    rehearse: Rehearse = False,
) -> None:
    """Write an editor's folder: the master, every take, OTIO, EDL and FCP XML timelines, captions, the ledger."""
    place = vault_for(read_settings(), vault, rehearsal=rehearse)
    with or_rehearsed(production, vault, rehearse=rehearse):
        manifest = kept_manifest(place, production)
    for path in write_export(place, manifest, folder):
        out.print(str(path), highlight=False, soft_wrap=True)
