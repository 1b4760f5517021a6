"""Commands for several films or models: campaign, compare."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.table import Table

from onereel.brief import Brief
from onereel.casting import table_for, vault_for
from onereel.commands.planning import altered, planned
from onereel.commands.terminal import AsJson, Rehearse, VaultUrl, err, out, ran
from onereel.models import FPS
from onereel.plan import Plan
from onereel.settings import read_settings

if TYPE_CHECKING:
    from onereel.campaign import Campaign


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
        asked, today = altered(said, budget_usd=budget), datetime.now(UTC).date()
        briefs = shared(asked, table, today)
        if estimate:
            _show_costs(asked, briefs, [planned(brief, None, table, place)[0] for brief in briefs])
            raise typer.Exit  # before anything is kept

    made = altered(load_campaign(file, place, affordable), budget_usd=budget)

    async def run() -> Any:
        from flows.campaign import campaign as flow  # noqa: PLC0415 - Prefect takes a second to import

        return await (await flow(made, rehearse=rehearse, vault=vault, return_state=True)).aresult()

    told = ran(run)
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

    comparison, address = ran(run)
    if as_json:
        out.print(comparison.model_dump_json(), highlight=False, soft_wrap=True)
        return
    sheet = Table(show_header=False)  # a model a column: twelve numbers side by side fit no terminal
    for cells in zip(COLUMNS, *(row(line) for line in comparison.lines), strict=True):
        sheet.add_row(*cells)
    out.print(sheet)
    err.print(f"${comparison.usd:.2f} paid" + (" (rehearsed: nothing was)" if rehearse else ""))
    out.print(address, highlight=False, soft_wrap=True)
