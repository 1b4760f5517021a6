"""Commands about this machine: studio, doctor."""

import sys
from typing import Annotated

import typer

from onereel.commands.terminal import VaultUrl, out
from onereel.settings import read_settings


def studio(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: any free one.")] = 8765,
    fault: Annotated[list[str] | None, typer.Option(help="A fault to inject; may be repeated.")] = None,
) -> None:
    """Run the local studio alone: Google's wire format on this machine, for nothing."""
    from onereel.studio import StudioOptions, parse_fault, serve  # noqa: PLC0415 - the server takes a second

    serve(StudioOptions(port=port, faults=tuple(parse_fault(one) for one in fault or ())))


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
