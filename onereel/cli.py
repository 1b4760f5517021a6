"""The command line. Progress goes to stderr, results to stdout; the last line of ``--json`` is one object."""

from importlib.metadata import version
from typing import Annotated

import typer

from onereel.commands.deciding import approve, lost, overrule, reclaim
from onereel.commands.looking import export, find, ledger, show, storyboard
from onereel.commands.machine import doctor, studio
from onereel.commands.making import assemble, bring, estimate, pick, produce, reshoot
from onereel.commands.several import campaign, compare
from onereel.commands.terminal import out, stop
from onereel.errors import BadInput, BudgetReached, OnereelError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for command in (
    *(produce, estimate, reshoot, assemble, pick),
    *(show, ledger, storyboard, export, find),
    *(approve, overrule, reclaim, lost),
    *(campaign, compare, studio, doctor),
):
    app.command()(command)
app.command("import")(bring)


def main(words: list[str] | None = None) -> None:
    """Run the command line, on the words given or this process's own, and exit with its code."""
    try:
        app(words)
    except BadInput as bad:
        stop(str(bad), 2)
    except BudgetReached as reached:
        stop(str(reached), 4)
    except OnereelError as failed:
        stop(str(failed), 1)


def _version(asked: bool) -> None:
    if asked:
        out.print(version("onereel"), highlight=False)
        raise typer.Exit


@app.callback()
def _whole(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    pass


if __name__ == "__main__":
    main()
