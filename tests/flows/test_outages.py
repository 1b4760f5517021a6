"""A Prefect server that is away: a run does not wait for it event by event, and loses none."""

import asyncio
import time

import httpx
import pytest
from prefect.events.schemas.events import Event, Resource

from deployments.local import server
from flows import outages
from flows.outages import Events

NAMES = ["filmed", "drawn", "cut", "told"]


def event(name: str) -> Event:
    return Event(event=f"onereel.{name}", resource=Resource({"prefect.resource.id": f"onereel.{name}"}))


def told(api: str) -> list[str]:
    """Return which of our events a server has, once it has written them."""
    until = time.monotonic() + 20
    while True:
        asked = {"filter": {"event": {"prefix": ["onereel."]}, "order": "ASC"}}
        found = httpx.post(f"{api}/events/filter", json=asked).raise_for_status().json()["events"]
        if len(found) >= len(NAMES) or time.monotonic() > until:
            return [one["event"].removeprefix("onereel.") for one in found]
        time.sleep(0.5)


async def test_events_of_a_lost_server_are_kept_and_sent_when_it_is_back(tmp_path, monkeypatch):
    with server(tmp_path, log=tmp_path / "log") as here:
        port = int(here.api.split(":")[2].split("/")[0])
        client = await Events(here.api, reconnection_attempts=1).__aenter__()
        await client.emit(event("filmed"))
    await asyncio.sleep(0.2)  # the client hears that the line is dead

    with pytest.raises(OSError, match=r"refused|failed"):
        await client.emit(event("drawn"))
    await client.emit(event("cut"))  # not tried: that would fail, too

    monkeypatch.setattr(outages, "LOST_SECONDS", 0.0)
    with server(tmp_path, port=port, log=tmp_path / "log") as back:
        await client.emit(event("told"))
        assert sorted(told(back.api)) == sorted(NAMES)
        await client.__aexit__(None, None, None)
