"""Prefect's own short-lived server, for runs where none is named."""

import signal

from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import get_current_settings


def start_apart() -> None:
    """Start it where a Ctrl-C at the terminal does not reach it, unless a server is named; blocks for seconds.

    A terminal interrupts every process of its foreground. Without its server a run that is stopped could not tell how
    it ended, and would try to for minutes. To be called in a thread of its own: it is deaf to Ctrl-C from then on, as
    is what it starts.
    """
    if get_current_settings().api.url is None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        SubprocessASGIServer().start()
