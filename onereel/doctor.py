"""What is configured, what would be used, what is missing. Secrets are only said to be there."""

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version

from onereel.adapters.connection import Connection
from onereel.adapters.ocr import reader
from onereel.casting import check_writable, signatory_for, vault_for
from onereel.errors import OnereelError
from onereel.models import ModelTable, Surface
from onereel.settings import Settings


def findings(settings: Settings, vault_url: str) -> Iterator[tuple[bool, str]]:
    """Yield what was found, and whether it is well."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("onereel", "prefect", "google-genai", "av"))
    yield True, f"Python {platform.python_version()}, {packages}"
    connection = Connection.from_environment(os.environ)
    for line in connection.describe():
        yield bool(connection.surfaces), line
    yield from _vault(settings, vault_url)
    yield _signing(settings)
    yield _reading()
    server = os.environ.get("PREFECT_API_URL")
    yield True, f"Prefect: {server or 'embedded, no server'}"
    yield from _reach(settings.table, connection)


def _vault(settings: Settings, url: str) -> Iterator[tuple[bool, str]]:
    try:
        vault = vault_for(settings, url, rehearsal=False)
        check_writable(vault)
        sure = vault.conditional
    except OnereelError as broken:
        yield False, f"vault: {broken}"
        return
    told = (
        "one writer wins"
        if sure
        else "no conditional writes: several workers need a Prefect server (limit onereel-intent)"
    )
    yield True, f"vault: {vault.url}, {told}"


def _signing(settings: Settings) -> tuple[bool, str]:
    try:
        signatory = signatory_for(settings, rehearsal=False)
    except OnereelError as broken:
        return False, f"content credentials: {broken}"
    if signatory is None:
        unsigned = "masters are delivered unsigned; ONEREEL_C2PA_CERTIFICATE and ONEREEL_C2PA_KEY name who signs"
        return True, f"content credentials: {unsigned}"
    return True, f"content credentials: {signatory.name} signs masters, until {signatory.until:%Y-%m-%d}"


def _reading() -> tuple[bool, str]:
    found = reader("en")
    missing = (
        "the reviewing model alone reads it; pip install 'onereel[ocr]', or tesseract, reads it here too, for nothing"
    )
    return True, f"lettering: {f'read back by {found}, too' if found else missing}"


def _reach(table: ModelTable, connection: Connection) -> Iterator[tuple[bool, str]]:
    kinds = (("text", table.text), ("image", table.image), ("video", table.video))
    for kind, models in kinds:
        reachable = [id_ for id_, model in models.items() if set(model.surfaces) & set(connection.surfaces)]
        yield bool(reachable), f"{kind} models: {', '.join(reachable) or 'none can be reached'}"


def model_lines(table: ModelTable) -> Iterator[str]:
    """Yield a line for every model of the table."""
    today = datetime.now(UTC).date()
    for kind, models in (("text", table.text), ("image", table.image), ("video", table.video)):
        for id_, model in models.items():
            doors = " and ".join(
                "Agent Platform" if s is Surface.AGENT_PLATFORM else "Gemini API" for s in model.surfaces
            )
            end = f", until {model.until}" + (" (passed)" if model.until <= today else "") if model.until else ""
            yield f"{kind}  {id_}  {model.name}, on {doors}{end}"
