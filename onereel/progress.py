"""What a person at the terminal sees of a run: one line a fact, and what is under way."""

import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from onereel.errors import OnereelError

EMBEDDED = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
}
"""Settings of a run without a server: its own short-lived one records nothing, so nothing of it needs to run."""


def embedded() -> None:
    """Quieten Prefect for a run in this process, unless the environment names a server or says otherwise."""
    if not os.environ.get("PREFECT_API_URL"):
        for name, value in EMBEDDED.items():
            os.environ.setdefault(name, value)


class _Lines(logging.Handler):
    """Prints each fact with the time since the run began."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.INFO)
        self.console, self.began = console, time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        seconds = time.monotonic() - self.began
        style = "yellow" if record.levelno >= logging.WARNING else None
        line = f"{seconds:6.1f} s  {record.getMessage()}"
        self.console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


_ENDED_BADLY = re.compile(r"Finished in state (Failed|Crashed)\(|Crash detected! Execution was cancelled")


def worth_showing(record: logging.LogRecord) -> bool:
    """Return whether a record of Prefect says what our own lines do not.

    Those say what went wrong with a shot, what is done about it, and how a run ended, once; a fault of ours keeps its
    traceback.
    """
    told = record.exc_info[1] if record.exc_info else None
    return not isinstance(told, OnereelError) and not _ENDED_BADLY.match(record.getMessage())


@contextmanager
def showing_progress(console: Console) -> Iterator[None]:
    """Print what happens while a run lasts.

    Of what our lines say Prefect's own handler prints nothing meanwhile, if it was imported before; a server has it.
    """
    handler = _Lines(console)
    terminals = list(logging.getLogger().handlers)
    logger = logging.getLogger("onereel")
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = bool(os.environ.get("PREFECT_API_URL"))  # a server shows our lines too
    logger.addHandler(handler)
    for terminal in terminals:
        terminal.addFilter(worth_showing)
    try:
        with console.status("at work"):
            yield
    finally:
        for terminal in terminals:
            terminal.removeFilter(worth_showing)
        logger.removeHandler(handler)
        logger.level, logger.propagate = before
