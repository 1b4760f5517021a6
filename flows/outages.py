"""A Prefect server that is away: what a run does not wait for."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prefect.context import SettingsContext, get_settings_context
from prefect.events.clients import RETRYABLE_EXCEPTIONS, PrefectEventsClient
from prefect.events.schemas.events import Event
from prefect.events.worker import EventsWorker, emit_events_to_cloud
from prefect.settings import get_current_settings

LOST_SECONDS = 30.0
"""After so long without a server it is tried again."""


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


class Events(PrefectEventsClient):
    """Sends the events of a run. Once one could not be sent the next are kept, and sent when the server is back.

    Prefect's own tries each by itself for seven seconds: the run of a film of a hundred shots, whose server is lost,
    ended half an hour after its film.
    """

    _lost_at = float("-inf")

    async def _emit(self, event: Event) -> None:
        if time.monotonic() - self._lost_at < LOST_SECONDS:
            self._unconfirmed_events.append(event)
            return
        try:
            await super()._emit(event)
        except RETRYABLE_EXCEPTIONS:
            self._lost_at = time.monotonic()
            raise


@contextmanager
def keeping_events() -> Iterator[None]:
    """Have the events of this process sent so, where it has a server of its own."""
    url = get_current_settings().api.url
    if url is None or emit_events_to_cloud():
        yield
        return
    EventsWorker.set_client_override(Events, api_url=url)
    try:
        yield
    finally:
        EventsWorker.set_client_override(None)
