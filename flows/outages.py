"""A Prefect server that is away: what a run does not wait for."""

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.context import SettingsContext, get_settings_context
from prefect.events.clients import PrefectEventsClient
from prefect.events.worker import EventsWorker, emit_events_to_cloud
from prefect.settings import get_current_settings

TRIES = 1
"""To connect anew, for one event. With none it is never tried."""


@contextmanager
def hasty(retries: int) -> Iterator[None]:
    """Let Prefect's client repeat a request only so often: by itself it does so five times, for a minute in all."""
    now = get_settings_context()
    # Not `temporary_settings`: it reads all settings anew, for 0.2 s.
    settings = now.settings.model_copy(
        update={"client": now.settings.client.model_copy(update={"max_retries": retries})}
    )
    with SettingsContext(profile=now.profile, settings=settings):
        yield


@contextmanager
def keeping_events() -> Iterator[None]:
    """Let no event wait for a server: one that cannot be sent is kept, and sent with the first that can.

    By itself Prefect tries each for seven seconds, one after the other: where its server is lost, the run of a film of
    a hundred shots would end half an hour after its film.
    """
    url = get_current_settings().api.url
    if url is None or emit_events_to_cloud():
        yield
        return
    EventsWorker.set_client_override(PrefectEventsClient, api_url=url, reconnection_attempts=TRIES)
    try:
        yield
    finally:
        EventsWorker.set_client_override(None)
