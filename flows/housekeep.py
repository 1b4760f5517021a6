"""housekeep: collect what was ordered and never fetched. Orders nothing, and costs nothing."""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.running import quieten
from onereel.casting import reclaimed
from onereel.settings import read_settings


@flow(name="housekeep", persist_result=False)
async def housekeep(production: str = "", rehearse: bool = False, vault: str = "") -> State[Any]:
    """Collect films that were ordered by runs that died, while the vendor still has them. Orders nothing.

    Args:
        production: Only this film. Empty: every film in the vault.
        rehearse: Look after the rehearsals: a rehearsal's studio ends with it, so what it was filming is gone.
        vault: Where everything is kept: a folder or s3://bucket/prefix. Empty: ONEREEL_VAULT.
    """
    quieten()
    found = await reclaimed(read_settings(), production, vault, rehearsal=rehearse)
    return Completed(message=found.message, data=found)
