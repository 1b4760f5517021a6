"""Commands by which a person decides: approve, overrule, and what became of a call: reclaim, lost."""

import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from onereel.adapters.complaints import complaints
from onereel.adapters.shotlists import read_shots
from onereel.approvals import Answer, Rejected, at_most
from onereel.brief import SHOT
from onereel.casting import reclaimed, stored_brief, table_for, vault_for
from onereel.commands.planning import altered
from onereel.commands.terminal import AsJson, Production, Rehearse, VaultUrl, err, out
from onereel.errors import BadInput
from onereel.losses import adopt, give_up
from onereel.progress import showing_progress
from onereel.reviewing import overrule as decide
from onereel.settings import read_settings


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
    answer = altered(answer, ceiling_usd=ceiling)

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
