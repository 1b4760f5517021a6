"""Flows run whole, in this process: embedded Prefect, the local studio, a vault in a temporary folder.

A test asks for `rehearse` (the studio a flow starts for itself) or for `studio` (one the test chose, reached the way
Google is: what a paid run does, with faults, latencies and a tally).
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from prefect.client.schemas.objects import State
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    PREFECT_LOCAL_STORAGE_PATH,
    PREFECT_LOGGING_LEVEL,
    PREFECT_LOGGING_TO_API_ENABLED,
    PREFECT_SERVER_ALLOW_EPHEMERAL_MODE,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    PREFECT_SERVER_DATABASE_CONNECTION_URL,
    PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS,
    PREFECT_SERVER_LOGGING_LEVEL,
    PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED,
    PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED,
    PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED,
    PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED,
    PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED,
    temporary_settings,
)

from flows.produce import produce
from onereel.brief import Brief
from onereel.models import MODELS, PROXY, with_proxy
from onereel.studio import Latency, Studio, StudioOptions, parse_fault, running

BRIEF = Brief(
    production="lighthouse",
    idea="A storm passes over a lighthouse; the keeper waits for a boat that is late.",
    seconds=12,
    resolution=PROXY,
)
"""Two shots, the smallest picture: a film in two or three seconds."""

AT_ONCE = Latency(text=0, image=0, video=0, extension=0)


@pytest.fixture(scope="session")
def prefect(tmp_path_factory) -> Iterator[None]:
    """Prefect as the command line embeds it, in a home of its own. About six seconds, once a session."""
    home = tmp_path_factory.mktemp("prefect")
    quick = {
        PREFECT_HOME: home,
        PREFECT_LOCAL_STORAGE_PATH: home / "results",
        PREFECT_API_URL: None,
        PREFECT_SERVER_ALLOW_EPHEMERAL_MODE: True,
        PREFECT_SERVER_ANALYTICS_ENABLED: False,
        PREFECT_SERVER_DATABASE_CONNECTION_URL: f"sqlite+aiosqlite:///{home}/prefect.db",
        PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS: 120,
        PREFECT_SERVER_LOGGING_LEVEL: "ERROR",
        PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED: False,
        PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED: False,
        PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED: False,
        PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED: False,
        PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED: False,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_LOGGING_LEVEL: "ERROR",
        PREFECT_LOGGING_TO_API_ENABLED: False,
    }
    with temporary_settings(quick):
        yield


@pytest.fixture
def vault(tmp_path, monkeypatch):
    """A folder, ONEREEL_VAULT for every flow of the test."""
    folder = tmp_path / "vault"
    monkeypatch.setenv("ONEREEL_VAULT", str(folder))
    return folder


@pytest.fixture
def patience(monkeypatch) -> None:
    """Poll often and count no minutes: nobody is behind the other end of the line."""
    monkeypatch.setenv("ONEREEL_POLL_SHORTEST", "0.05")
    for kind in ("TEXT", "IMAGE", "VIDEO"):
        monkeypatch.setenv(f"ONEREEL_{kind}_PER_MINUTE", "1000000")


@pytest.fixture
def rehearse(prefect, vault, patience) -> Callable[..., object]:
    """Rehearse a film and return the state its run ended in: ``state = await rehearse(seconds=24)``.

    Fields of the brief by name; ``shots``, ``stored_brief`` and ``vault`` go to the flow.
    """

    async def run(shots: str = "", stored_brief: str = "", vault: str = "", **said: object) -> State[object]:
        brief = None if stored_brief else Brief.model_validate({**BRIEF.model_dump(), **said})
        asked = {"shots": shots, "stored_brief": stored_brief, "vault": vault}
        return await produce(brief=brief, rehearse=True, **asked, return_state=True)

    return run


@pytest.fixture
def studio(prefect, vault, patience, monkeypatch) -> Iterator[Callable[..., Studio]]:
    """Open a studio that flows reach as if it were Google: ``opened = studio("video:1:503")``.

    Faults as words; options by name (latency, limits, footage...). `Studio.tally` counts what would have been billed.
    """
    camera = with_proxy(MODELS).video[BRIEF.models.video]
    monkeypatch.setenv("ONEREEL_MODELS", json.dumps({"video": [camera.model_dump(mode="json")]}))
    monkeypatch.setenv("GOOGLE_API_KEY", "rehearsal")
    monkeypatch.setenv("GOOGLE_GENAI_USE_ENTERPRISE", "true")
    with ExitStack() as hours:

        def open_studio(*faults: str, **options: object) -> Studio:
            said = {"latency": AT_ONCE, "footage": "same", **options, "faults": tuple(map(parse_fault, faults))}
            opened = hours.enter_context(running(StudioOptions(**said)))
            monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", opened.url)
            return opened

        yield open_studio


@pytest.fixture
def make(studio) -> Callable[..., object]:
    """Make a film, as paid for, and return the state its run ended in; open a `studio` first."""

    async def run(
        shots: str = "", stored_brief: str = "", vault: str = "", until: str = "delivery", **said: object
    ) -> State[object]:
        brief = None if stored_brief else Brief.model_validate({**BRIEF.model_dump(), **said})
        asked = {"shots": shots, "stored_brief": stored_brief, "vault": vault, "until": until}
        return await produce(brief=brief, **asked, return_state=True)

    return run
