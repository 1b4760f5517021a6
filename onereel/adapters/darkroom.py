"""Where pictures and films are decoded: in processes of their own.

A run sees to hundreds of calls in one event loop, and Python lets one thread of a process compute at a time: a film
decoded beside the loop would keep it, and be kept by it. A file made to crash a decoder takes that process along, not
the run; and a process that decodes holds no key. What a process logs is logged by the run that asked.
"""

import atexit
import logging
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from logging.handlers import QueueHandler
from typing import IO, Final, TypeVar, cast

from onereel.errors import FootageError, OnereelError

T = TypeVar("T")

log = logging.getLogger(__name__)

SOON: Final = 0.3
"""Seconds after somebody says that something will come until the processes are started, which takes each a third of a
second to compute: the calls that bring it go out first."""

MOST: Final = 8
"""Processes at most, of some 80 MB each."""

_CRASHES: Final = frozenset(
    getattr(signal, name) for name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL") if hasattr(signal, name)
)
"""How a process ends whose decoder came to grief over a file. One that was killed ended for another reason."""

_KEPT: Final = ("PATH", "PYTHON", "LD_", "DYLD_", "LC_", "LANG", "TMP", "TEMP", "SYSTEMROOT", "WINDIR", "OMP_")
"""Beginnings of the environment's variables that are handed on: keys to studios and buckets are not among them."""

_BEGIN: Final = "from onereel.adapters.darkroom import serve; serve()"


class Killed(OnereelError):
    """A process that decodes was ended, by no fault of what it decoded."""


class Darkroom:
    """Processes that develop what they are given, each one thing at a time.

    Args:
        rooms: How many at most.

    Attributes:
        threads: Each waits for one of them.
    """

    def __init__(self, rooms: int) -> None:
        self.threads = ThreadPoolExecutor(rooms, thread_name_prefix="darkroom")
        self._rooms = rooms
        self._vacant = threading.BoundedSemaphore(rooms)
        self._free: list[_Room] = []
        self._open: set[_Room] = set()
        self._opening = threading.Lock()
        self._expecting = False
        atexit.register(self.close)

    def expect(self) -> None:
        """Say that something will come: the processes are started soon."""
        if not self._expecting:
            self._expecting = True
            soon = threading.Timer(SOON, self._prepare)
            soon.daemon = True
            soon.start()

    def develop(self, work: Callable[[], T]) -> T:
        """Return what work brings that is done in another process; by a second one where the first is killed. Blocks.

        Args:
            work: A module's function, or a `partial` of one; what goes in and what comes back can be pickled.

        Raises:
            FootageError: What was developed crashed its decoder.
            Killed: So was the second one.
            OnereelError, OSError: The work's own.
            RuntimeError: It failed of anything else; how is on the standard error.
        """
        with self._vacant:
            try:
                brought = self._developed(work)
            except Killed as killed:  # what was paid may be in no other place than here
                log.warning("%s: another one is asked", killed)
                brought = self._developed(work)
        if isinstance(brought, OnereelError | OSError):
            raise brought
        return brought

    def close(self) -> None:
        """End the processes."""
        with self._opening:
            rooms, self._open = self._open, set()
            self._free.clear()
        for room in rooms:
            room.close()

    def _developed(self, work: Callable[[], T]) -> T | OnereelError | OSError:
        with self._room() as room:
            return room.develop(work)

    @contextmanager
    def _room(self) -> Iterator["_Room"]:
        """Have a process for one piece of work; one that did not do it to its end is not used again."""
        with self._opening:
            room = self._free.pop() if self._free else self._opened()
        done = False
        try:
            yield room
            done = True
        finally:
            with self._opening:
                if done:
                    self._free.append(room)
                else:
                    self._open.discard(room)
            if not done:
                room.close()

    def _prepare(self) -> None:
        with self._opening:
            while len(self._open) < self._rooms:
                self._free.append(self._opened())

    def _opened(self) -> "_Room":
        room = _Room()
        self._open.add(room)
        return room


@cache
def darkroom() -> Darkroom:
    """Return the one of this process, for all its runs: there are no more processors for more of them."""
    return Darkroom(min(os.cpu_count() or 1, MOST))


class _Room:
    """One process."""

    def __init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if name.upper().startswith(_KEPT)}
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and words
            [sys.executable, "-c", _BEGIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONSAFEPATH": "1"},
        )
        self._asked, self._said = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    def develop(self, work: Callable[[], T]) -> T | OnereelError | OSError:
        """Return what work brings, or the error it ends in; log what it logs."""
        try:
            pickle.dump(work, self._asked)
            self._asked.flush()
            brought, logged = pickle.load(self._said)  # noqa: S301 - said by our own process
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as ended:
            raise self._ended() from ended
        for record in logged:
            logger = logging.getLogger(record.name)
            if logger.isEnabledFor(record.levelno):
                logger.handle(record)
        return cast("T | OnereelError | OSError", brought)

    def _ended(self) -> OnereelError | RuntimeError:
        code = self._process.wait()
        if code >= 0:
            return RuntimeError(f"the process that decodes failed (exit code {code}); how is on the standard error")
        how = signal.Signals(-code).name
        if -code in _CRASHES:
            return FootageError(f"it crashes the decoder ({how})")
        return Killed(f"the process that decodes ended ({how}): is there memory left? Run the production again")

    def close(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._asked, self._said):
            with suppress(OSError):
                pipe.close()


def serve() -> None:
    """Develop what comes in until whoever asks is gone; what a process of a darkroom does."""
    for name in ("SIGINT", "SIGTERM"):  # a run that is stopped still looks at what is under way
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    asked, said = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    logged = queue.SimpleQueue[logging.LogRecord]()
    ours = logging.getLogger("onereel")
    ours.addHandler(QueueHandler(logged))
    ours.setLevel(logging.INFO)
    _warm_up()
    with suppress(EOFError, BrokenPipeError, pickle.UnpicklingError):  # the last: it was killed while it asked
        while True:
            work: Callable[[], object] = pickle.load(asked)  # noqa: S301 - asked by our own process
            try:
                brought = work()
            except (OnereelError, OSError) as error:
                brought = error
            pickle.dump((brought, [logged.get() for _ in range(logged.qsize())]), said)
            said.flush()


def _warm_up() -> None:
    """Load before the first work comes what it would load."""
    import numpy as np  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    from onereel.adapters import film, master, pictures, sheet  # noqa: F401, PLC0415
    from onereel.png import write_png  # noqa: PLC0415

    Image.init()
    pictures.framed_file(write_png(np.zeros((18, 32, 3), np.uint8)), (16, 9))
