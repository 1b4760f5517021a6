"""Whoever asked, or collects: whether they still do."""

import os
import socket
import time
from functools import cache
from typing import NamedTuple

from onereel.calls import Intent, Owner


class Here(NamedTuple):
    """A process: on which machine, its number, and when it started."""

    host: str
    process: int
    started: float


def here() -> Here:
    """Return this process."""
    return _here(os.getpid())


@cache
def _here(process: int) -> Here:
    return Here(socket.gethostname(), process, started(process))


def is_dead(owner: Intent | Owner) -> bool:
    """Return whether whoever asked, or collects, is not there any more: its process is gone, or its lease ran out."""
    if time.time() > owner.until.timestamp():
        return True
    if owner.host != here().host:
        return False
    return started(owner.process) != owner.started


def started(process: int) -> float:
    """Return when a process of this machine started, in clock ticks since boot; 0 if it is gone or cannot be told.

    A killed process nobody has waited for is still listed, as a zombie; it will not answer either.
    """
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as stat:  # noqa: PTH123 - not ours
            fields = stat.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return 0.0 if fields[0] in "ZX" else float(fields[19])
