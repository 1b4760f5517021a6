"""The company of one production: who plays which part in this run. Composed in ``casting``, used by the stages."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from onereel.adapters.gemini import Illustrator, Screenwriter
from onereel.brief import Brief
from onereel.crew import Camera, Vault
from onereel.journal import Journal
from onereel.likeness import Thresholds
from onereel.models import ModelTable, Surface
from onereel.takes import Keyframe

MINUTE = 60.0


@dataclass
class Bound:
    """How many calls of a kind may be under way, and how many may start in a minute, in this process."""

    in_flight: int
    per_minute: int
    kind: str = ""
    shared: Callable[[str], AbstractAsyncContextManager[None]] | None = None
    """A bound on the same kind shared with other workers, entered inside ours."""
    _slots: asyncio.Semaphore = field(init=False)
    _turn: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    _starts: deque[float] = field(init=False)

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(self.in_flight)
        self._starts = deque(maxlen=self.per_minute)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the places in flight."""
        async with self._slots:
            if self.shared is None:
                yield
            else:
                async with self.shared(self.kind):
                    yield

    async def turn(self) -> None:
        """Wait until another call may start: no more than `per_minute` in any sixty seconds."""
        async with self._turn:
            if len(self._starts) == self.per_minute:
                await asyncio.sleep(max(0.0, self._starts[0] + MINUTE - time.monotonic()))
            self._starts.append(time.monotonic())


@dataclass(frozen=True)
class Patience:
    """How to wait for a camera: pauses grow with the time already waited, between two bounds, up to a deadline."""

    shortest: float = 1.0
    longest: float = 10.0
    share: float = 0.1
    deadline: float = 1800.0

    def pause(self, waited: float) -> float:
        """Return how many seconds to wait before asking again."""
        return min(self.longest, max(self.shortest, waited * self.share))


@dataclass(frozen=True)
class Lab:
    """What it takes to collect a film, whoever ordered it."""

    vault: Vault
    journal: Journal
    camera: Camera
    patience: Patience


@dataclass(frozen=True)
class Company(Lab):
    """Everything a stage needs, and nothing it has to choose."""

    brief: Brief
    table: ModelTable
    writer: Screenwriter
    illustrator: Illustrator
    text_surface: Surface
    image_surface: Surface
    video_surface: Surface
    bounds: dict[str, Bound]
    thresholds: Thresholds
    rehearsal: bool
    stills: dict[str, Keyframe] = field(default_factory=dict)
    """Keyframes settled so far in this run, by id: what a new one is compared with."""
