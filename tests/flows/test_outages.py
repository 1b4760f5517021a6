"""A Prefect server that is away: a run does not wait for it event by event, and loses none."""

import asyncio
import socket
import time

import httpx
import pytest
from prefect.artifacts import acreate_markdown_artifact
from prefect.events import emit_event
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.local import server
from flows.outages import hasty, keeping_events
from tasks import beside_the_run

NAMES = ["filmed", "drawn", "cut", "told"]


async def emit(name: str) -> None:
    """Emit an event, and return when it was sent, or given up for now."""
    emit_event(f"onereel.{name}", resource={"prefect.resource.id": f"onereel.{name}"})
    await asyncio.to_thread(EventsWorker.instance().wait_until_empty)


def told(api: str) -> set[str]:
    """Return which of our events a server has, once it has written them."""
    asked = {"filter": {"event": {"prefix": ["onereel."]}}}
    until = time.monotonic() + 20
    while True:
        found = httpx.post(f"{api}/events/filter", json=asked).raise_for_status().json()["events"]
        if len(found) >= len(NAMES) or time.monotonic() > until:
            return {one["event"].removeprefix("onereel.") for one in found}
        time.sleep(0.5)


async def test_events_of_a_lost_server_are_kept_and_sent_when_it_is_back(tmp_path):
    with server(tmp_path, log=tmp_path / "log") as here:
        port = here.port
        with temporary_settings({PREFECT_API_URL: here.api}), keeping_events():
            await emit("filmed")

    with temporary_settings({PREFECT_API_URL: here.api}), keeping_events():
        await emit("drawn")
        await emit("cut")
        with server(tmp_path, port=port, log=tmp_path / "log"):
            await emit("told")
            assert told(here.api) == set(NAMES)
            await EventsWorker.drain_all(at_exit=False)


@pytest.mark.filterwarnings("ignore:Artifact creation outside of a flow:FutureWarning")
async def test_what_cannot_be_shown_beside_a_run_ends_in_a_warning(caplog):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        api = f"http://127.0.0.1:{nobody.getsockname()[1]}/api"
        with temporary_settings({PREFECT_API_URL: api}), hasty(0), beside_the_run("lighthouse", "the shot table"):
            await acreate_markdown_artifact("| s010 |", key="lighthouse-shots")

    (line,) = [record.message for record in caplog.records if record.name == "onereel.tasks"]
    assert line.startswith("lighthouse: the shot table is not shown beside the run: ")
