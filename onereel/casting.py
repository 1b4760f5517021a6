"""Who plays which part: the only place where real things are chosen and put together."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import date
from difflib import SequenceMatcher
from functools import partial
from pathlib import Path
from textwrap import shorten

from onereel.adapters.connection import Connection
from onereel.adapters.gemini import Illustrator, Screenwriter
from onereel.adapters.omni import OmniCamera
from onereel.adapters.reviewer import Reviewer
from onereel.adapters.shotlists import read_shots
from onereel.adapters.vaults import Shelf, open_vault
from onereel.adapters.veo import VeoCamera
from onereel.breaker import Breaker
from onereel.brief import Brief
from onereel.budget import Budget
from onereel.calls import calls_of, spent_on
from onereel.certificates import Signatory, signatory_from, stand_in
from onereel.company import Bound, Company, Lab, Patience, Shared
from onereel.credentials import check_signatory
from onereel.crew import Camera, Vault
from onereel.errors import BadInput, NotInVault, VaultError
from onereel.footage import Media
from onereel.habits import Habits
from onereel.journal import Journal
from onereel.library import Others
from onereel.media import fetch, read_noun
from onereel.models import Model, ModelTable, Surface, with_proxy
from onereel.reclaiming import LOOK_SECONDS, Reclaim, reclaim
from onereel.settings import Settings
from onereel.slate import brief_key
from onereel.standby import understudy
from onereel.storyboard import Storyboard
from onereel.studio import StudioOptions, running
from onereel.wall import Alert, walled_journal

REHEARSALS = "rehearsal"
"""Where rehearsals are kept in a vault: nothing rehearsed is ever mistaken for something paid, or the other way."""

WRITE_PROBE = "write-probe"
KIN = 0.5
"""How much of two ideas is the same, at least, where one is an edit of the other."""
DATE = "{date}"


def table_for(settings: Settings, *, rehearsal: bool) -> ModelTable:
    """Return the model table in force."""
    return with_proxy(settings.table) if rehearsal else settings.table


def vault_for(settings: Settings, url: str = "", *, rehearsal: bool) -> Vault:
    """Return the vault to work in: the one named, or the settings' own; a rehearsal keeps to a corner of it.

    Raises:
        BadInput: The address is no vault.
    """
    vault = open_vault(url or settings.vault)
    return Shelf(vault, REHEARSALS) if rehearsal else vault


def check_writable(vault: Vault) -> None:
    """Return if something can be kept in a vault; what is written for that is removed again. Blocks.

    Raises:
        BadInput: Nothing can.
    """
    try:
        vault.write(WRITE_PROBE, b"", "text/plain")
        vault.remove(WRITE_PROBE)
    except VaultError as failed:
        raise BadInput(f"nothing can be kept in the vault {vault.url}: {failed}") from failed


def public_address(settings: Settings, key: str, *, rehearsal: bool) -> str:
    """Return where browsers anywhere find a key of the vault; empty where nobody said that they can."""
    corner = f"{REHEARSALS}/" if rehearsal else ""
    return f"{settings.public_url.rstrip('/')}/{corner}{key}" if settings.public_url else ""


def budget_of(settings: Settings, brief: Brief) -> float:
    """Return what a production may spend: the brief's budget, or this machine's where that is lower."""
    return min(brief.budget_usd, settings.budget_usd or brief.budget_usd)


def signatory_for(settings: Settings, *, rehearsal: bool) -> Signatory | None:
    """Return who signs masters: the certificate of the settings, on trial; in a rehearsal always a test one.

    Raises:
        BadInput: The certificate or its key cannot be used; says why.
    """
    if rehearsal:
        return stand_in("onereel rehearsal")
    found = signatory_from(settings.c2pa_certificate, settings.c2pa_key)
    if found is not None:
        check_signatory(found)
    return found


def surface_for(connection: Connection, model: Model) -> Surface:
    """Return the door a model is reached through: the preferred one of those that are configured and have it.

    Blocks while credentials are looked for.

    Raises:
        BadInput: None is configured, or it has no credentials; says what would have to be.
    """
    surface = next((one for one in connection.surfaces if one in model.surfaces), model.surfaces[0])
    connection.require(surface, model.id)
    return surface


def models_of(brief: Brief, table: ModelTable) -> list[Model]:
    """Return every model a run of a brief needs: those that write, draw, film and judge, and those that stand in.

    Raises:
        BadInput: One is unknown, retired, or the very model it stands in for.
    """
    models, other = brief.models, understudy(brief, table)
    needed: list[Model] = [table.writer(models.text), table.writer(models.review)]
    for crew in (models, *([other.models] if other else [])):
        needed += [table.illustrator(crew.image), table.camera(crew.video)]
    return needed


def check_reached(connection: Connection, models: Iterable[Model]) -> None:
    """Refuse models that cannot be reached: all of them, before the first of several is paid. Blocks.

    Raises:
        BadInput: One is not reachable with what is configured.
    """
    for model in models:
        surface_for(connection, model)


@asynccontextmanager
async def cast(
    brief: Brief,
    settings: Settings,
    connection: Connection,
    vault: Vault,
    *,
    rehearsal: bool,
    share: Shared | None,
    alert: Alert | None = None,
    run: str = "",
) -> AsyncIterator[Company]:
    """Compose the company of one production, for one run, in the running event loop.

    Args:
        brief: What is made.
        settings: How much at once, how patiently.
        connection: How Google, or the local studio, is reached.
        vault: Where everything is kept.
        rehearsal: The studio is the local one.
        share: Bounds shared with other workers; None without a server.
        alert: Told when half of a budget, most of it, and all of it is spent or promised.
        run: Its name, for the ledger.

    Raises:
        BadInput: A model is unknown, retired, or not reachable with what is configured.
    """
    table = table_for(settings, rehearsal=rehearsal)
    models = brief.models
    text, image, video = table.writer(models.text), table.illustrator(models.image), table.camera(models.video)
    review = table.writer(models.review)
    surfaces = [await asyncio.to_thread(surface_for, connection, model) for model in (text, image, video, review)]
    other = understudy(brief, table)
    first = None if share is None else partial(share.place, "intent", "intent")
    limits = budget_of(settings, brief), None if rehearsal else settings.day_budget_usd
    journal = await asyncio.to_thread(walled_journal, vault, table, brief.production, *limits, alert, run, first)
    cameras = cameras_of(connection, vault, table)
    bounds = _bounds(settings, share, rehearsal=rehearsal)
    if not brief.review.keyframes:  # then a clip is ordered as soon as a drawing was looked at here
        bounds["image"].answered = partial(bounds["video"].expect, models.video)
    company = Company(
        brief=brief,
        vault=vault,
        table=table,
        journal=journal,
        writer=Screenwriter(connection, table),
        illustrator=Illustrator(connection, _reader(vault), table, copies=vault),
        reviewer=Reviewer(connection, _reader(vault), table, copies=vault),
        camera=cameras[surfaces[2]],
        text_surface=surfaces[0],
        image_surface=surfaces[1],
        video_surface=surfaces[2],
        review_surface=surfaces[3],
        bounds=bounds,
        patience=Patience(settings.poll_shortest, settings.poll_longest, deadline=settings.deadline),
        habits=Habits(vault),
        thresholds=settings.thresholds,
        others=Others(vault, brief.production, settings.thresholds),
        checks=settings.checks,
        drift=settings.drift,
        rehearsal=rehearsal,
        breaker=Breaker(brief.policy),
        signatory=await asyncio.to_thread(signatory_for, settings, rehearsal=rehearsal),
    )
    if other is not None:
        second = table.illustrator(other.models.image), table.camera(other.models.video)
        draws, films = [await asyncio.to_thread(surface_for, connection, model) for model in second]
        crew = replace(company, brief=other, image_surface=draws, video_surface=films, camera=cameras[films])
        company = replace(company, fallback=replace(crew, standing_in=True))
    try:
        yield company
    finally:
        await connection.close()


def _reader(vault: Vault) -> Callable[[Media], bytes]:
    def read(media: Media) -> bytes:
        return fetch(vault, media)

    return read


def cameras_of(connection: Connection, vault: Vault, table: ModelTable) -> dict[Surface, Camera]:
    """Return the camera behind each door."""
    return {
        Surface.AGENT_PLATFORM: VeoCamera(connection, _reader(vault), table, vault),
        Surface.GEMINI_API: OmniCamera(connection, _reader(vault), table, vault),
    }


def another_film(vault: Vault, brief: Brief) -> str:
    """Return a warning where a production was made from quite another idea before; empty if it was not. Blocks."""
    try:
        before = read_noun(vault, brief_key(brief.production), Brief)
    except VaultError:
        return ""
    # Compared letter by letter, which is slow: not where nothing was changed, as in most runs.
    if before.idea == brief.idea or SequenceMatcher(None, before.idea, brief.idea, autojunk=False).ratio() >= KIN:
        return ""
    spent = spent_on(calls_of(vault, brief.production), brief.production)
    began = shorten(before.idea, 80, placeholder="...")
    return (
        f"{brief.production} was made from another idea before ({began}): its takes stay beside the new ones, and "
        f"${spent:.2f} of the budget are spent; if this is another film, give it another name"
    )


async def reclaimed(settings: Settings, production: str = "", url: str = "", *, rehearsal: bool) -> Reclaim:
    """Reclaim what is open in a vault, with whatever cameras are configured.

    Args:
        settings: How patiently.
        production: Only this one; empty: all.
        url: The vault; empty: the settings' own.
        rehearsal: Its corner of rehearsals. The studio that filmed those ended with them: what is open there is gone.

    Raises:
        BadInput: The environment names no way to Google, or the address is no vault.
    """
    vault, table = vault_for(settings, url, rehearsal=rehearsal), table_for(settings, rehearsal=rehearsal)
    patience = Patience(settings.poll_shortest, settings.poll_longest, deadline=min(LOOK_SECONDS, settings.deadline))
    with connected(settings.table, rehearsal=rehearsal) as connection:
        journal = Journal(vault, table, Budget(limit=0.0))  # a wall nothing passes: reclaiming buys nothing
        cameras, habits = cameras_of(connection, vault, table), Habits(vault)
        labs = {
            door: Lab(vault, journal, camera, patience, habits, rehearsal=rehearsal) for door, camera in cameras.items()
        }
        try:
            return await reclaim(vault, labs, connection, settings.deadline, production)
        finally:
            await connection.close()


def _bounds(settings: Settings, share: Shared | None, *, rehearsal: bool) -> dict[str, Bound]:
    def bound(kind: str, in_flight: int, per_minute: int) -> Bound:
        # The local studio has no quota to keep.
        if rehearsal:
            return Bound(in_flight, None, kind, share)
        return Bound(in_flight, per_minute, kind, share, settings.limits)

    text = bound("text", settings.text_in_flight, settings.text_per_minute)
    return {
        "text": text,
        "review": text,  # asked of the same models
        "image": bound("image", settings.image_in_flight, settings.image_per_minute),
        "video": bound("video", settings.video_in_flight, settings.video_per_minute),
    }


@contextmanager
def connected(table: ModelTable, *, rehearsal: bool) -> Iterator[Connection]:
    """Connect to Google as the environment says, or start the local studio and connect to that.

    Raises:
        BadInput: The environment names no way to Google.
    """
    if rehearsal:
        with running(StudioOptions(models=table)) as studio:
            yield Connection.rehearsal(studio.url)
    else:
        yield Connection.from_environment(os.environ)


def stored_brief(vault: Vault, production: str) -> Brief:
    """Return the brief kept for a production. Blocks.

    Raises:
        BadInput: There is none of that name; says which there are.
    """
    try:
        return read_noun(vault, brief_key(production), Brief)
    except NotInVault as missing:
        there = sorted({key.split("/")[1] for key in vault.keys("productions/") if key.endswith("/brief.json")})
        known = f"it has {', '.join(there[:20])}" if there else "it has none"
        raise BadInput(f"{vault.url} has no brief of a production {production!r}; {known}") from missing


def dated(brief: Brief, today: date) -> Brief:
    """Return the brief of a day: {date} in its idea becomes the day, and so does the end of the production's name.

    A schedule thus makes a film of its own each day, with takes, cuts and a budget of its own.
    """
    if DATE not in brief.idea:
        return brief
    idea = brief.idea.replace(DATE, f"{today:%d %B %Y}")
    return Brief.model_validate({**brief.model_dump(), "idea": idea, "production": f"{brief.production}-{today}"})


def stored_shots(vault: Vault, key: str) -> Storyboard:
    """Return a shot list kept in the vault. Blocks.

    Raises:
        BadInput: It is not there, or cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / key.rsplit("/", 1)[-1]
        try:
            path.write_bytes(vault.read(key))
        except NotInVault as missing:
            raise BadInput(f"{vault.url} has no shot list {key!r}; store it there first") from missing
        return read_shots(path)
