"""Habits of cameras: how long a film usually takes, learned from those made before, so as to ask when it is there.

A small record for each camera and size is written over whenever a film of it was waited for: no run has to read the
whole journal for it, and the first takes of a run teach the others. A record that cannot be read is no reason to wait
any less: cameras are asked in growing pauses then.
"""

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from onereel.crew import Vault
from onereel.errors import NotInVault, VaultError
from onereel.media import read_noun, write_noun
from onereel.noun import Noun
from onereel.orders import ClipOrder, ExtendOrder

log = logging.getLogger(__name__)

KEPT = 20
"""Films a habit is told from: the last ones, since cameras get faster and busier."""
FEW = 3
"""Of fewer films, the habit is taken wider than they were apart."""
WIDER = {True: 0.2, False: 0.05}
MOST = 0.9
"""Share of the films that end within the time in which most do; the first of them begins it."""


@dataclass(frozen=True)
class Usual:
    """When most films of a camera are there, in seconds after they were ordered."""

    earliest: float
    latest: float


class Habit(Noun):
    """How long the last films of one camera and size took."""

    surface: str
    model: str
    kind: str
    resolution: str
    seconds: tuple[float, ...] = Field(default=(), description="Of each film, from order to end; the newest last.")

    @property
    def usual(self) -> Usual | None:
        """When most are there; None where nothing is known."""
        if not self.seconds:
            return None
        margin = WIDER[len(self.seconds) < FEW]
        known = sorted(self.seconds)
        return Usual(known[0] * (1 - margin), _quantile(known, MOST) * (1 + margin))


class Habits:
    """What one run knows of the habits of cameras, and has learned."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: dict[str, Habit] = {}
        self._reading = asyncio.Lock()

    async def usual(self, order: ClipOrder | ExtendOrder) -> Usual | None:
        """Return when most films ordered like this one are there, or None."""
        key = _key(order)
        if key not in self._known:
            async with self._reading:
                if key not in self._known:
                    self._known[key] = await asyncio.to_thread(self._read, key, order)
        return self._known[key].usual

    async def learn(self, order: ClipOrder | ExtendOrder, seconds: float) -> None:
        """Remember how long a film took."""
        await self.usual(order)
        key = _key(order)
        known = self._known[key]
        self._known[key] = known.model_copy(update={"seconds": (*known.seconds, round(seconds, 2))[-KEPT:]})
        try:
            await asyncio.to_thread(write_noun, self._vault, key, self._known[key])
        except VaultError as failed:
            log.warning("how long %s takes is not remembered: %s", order.model, failed)

    def _read(self, key: str, order: ClipOrder | ExtendOrder) -> Habit:
        try:
            return read_noun(self._vault, key, Habit)
        except NotInVault:
            pass
        except VaultError as failed:
            log.warning("how long %s takes is learned anew: %s", order.model, failed)
        return Habit(surface=order.surface.value, model=order.model, kind=order.kind, resolution=order.resolution)


def _key(order: ClipOrder | ExtendOrder) -> str:
    # A model's id comes from a brief: it is no path.
    said = f"{order.surface.value}\n{order.model}\n{order.kind}\n{order.resolution}"
    return f"habits/{hashlib.sha256(said.encode()).hexdigest()[:32]}.json"


def _quantile(known: Sequence[float], share: float) -> float:
    """Return the value below which a share of sorted ones lies, between two where it falls between."""
    at = share * (len(known) - 1)
    low = int(at)
    high = min(low + 1, len(known) - 1)
    return known[low] + (known[high] - known[low]) * (at - low)
