"""The terminal: what is printed where, how commands are told what to do, and how they end."""

import asyncio
import re
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from onereel.brief import SLUG
from onereel.casting import vault_for
from onereel.errors import BadInput
from onereel.progress import embedded, showing_progress
from onereel.report import Report
from onereel.settings import read_settings
from onereel.slate import brief_key

T = TypeVar("T")

out, err = (Console(stderr=where, markup=False, emoji=False) for where in (False, True))  # nobody's words are markup

BriefFile = Annotated[Path, typer.Argument(help="The brief: a YAML or JSON file.")]
Shots = Annotated[Path | None, typer.Option(help="A shot list: CSV, XLSX, JSON or YAML. Else a text model writes it.")]
VaultUrl = Annotated[str, typer.Option(help="Folder or s3://bucket/prefix. Default: ONEREEL_VAULT, else ./vault.")]
BudgetUsd = Annotated[float | None, typer.Option("--budget", help="US dollars; instead of the brief's.")]
TierOption = Annotated[str, typer.Option("--tier", help="draft or final; instead of the brief's.")]
Rehearse = Annotated[bool, typer.Option("--rehearse", help="Against the local studio, for nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Production = Annotated[str, typer.Argument(help="Name of the production.")]


@contextmanager
def or_rehearsed(production: str, url: str, *, rehearse: bool) -> Iterator[None]:
    """Say of what is not there that a rehearsal of it is."""
    try:
        yield
    except BadInput as none:
        corner = vault_for(read_settings(), url, rehearsal=True)
        if rehearse or not re.match(SLUG, production) or not corner.exists(brief_key(production)):
            raise
        raise BadInput(f"{none}; there is a rehearsal of it: add --rehearse") from none


def stop(message: str, code: int) -> NoReturn:
    """Say why nothing more is done, and exit with a code."""
    err.print(f"onereel: {message}", style="red", highlight=False, soft_wrap=True)
    sys.exit(code)


def ran(run: Callable[[], Coroutine[Any, Any, T]]) -> T:
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
        stop("stopped; run it again to go on where it was", 130)


def finish(run: Callable[[], Coroutine[Any, Any, Any]], *, as_json: bool, rehearse: bool) -> None:
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

    told = ran(whole)
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
