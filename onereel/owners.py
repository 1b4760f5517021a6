"""Whoever asked, or collects: whether they still do."""

import os
import socket
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

from onereel.calls import Intent, Owner

CLOCKS_APART = 300.0
"""Seconds by which clocks of two machines may differ. A lease that ran out by less has to be watched for a while."""
_PROC = Path("/proc")


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
    return Here(_machine(), process, _started(process) or 0.0)


def _machine() -> str:
    """Return where process numbers mean the same: containers may share a name, and machines one bucket and a name."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{socket.gethostname()} {boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def is_dead(owner: Intent | Owner, *, watched: float = 0.0, lease: float = CLOCKS_APART) -> bool:
    """Return whether whoever asked, or collects, is not there any more: its process is gone, or its lease ran out.

    Where its process can be seen that alone counts: it may be slow to renew its lease.

    Args:
        owner: Who, and until when its lease runs by its own clock.
        watched: Seconds in which the lease was seen not to be renewed.
        lease: Seconds for which it is given.
    """
    if owner.host == here().host and owner.started:
        started = _started(owner.process)
        if started is not None:
            return started != owner.started
    late = time.time() - owner.until.timestamp()
    return late > CLOCKS_APART or (late > 0 and watched >= lease)


def _started(process: int) -> float | None:
    """Return when a process of this machine started, in clock ticks since boot; 0 if it is gone; None: not to be told.

    A killed process nobody has waited for is still listed, as a zombie; it will not answer either.
    """
    try:
        fields = (_PROC / str(process) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None if _is_there(process) else 0.0
    except OSError:
        return None
    state, *rest = fields.rsplit(")", 1)[1].split()
    return 0.0 if state in "ZX" else float(rest[18])


def _is_there(process: int) -> bool:
    """Return whether a process exists that is not listed: somebody else's, or on a system that lists none."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
