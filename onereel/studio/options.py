"""How a studio behaves: how long it takes, how much it takes at once, what goes wrong."""

from typing import Literal

from pydantic import Field

from onereel.models import MODELS, ModelTable
from onereel.noun import Noun
from onereel.studio.faults import Fault
from onereel.studio.kinds import Kind

BADGE = "REHEARSAL"


class Latency(Noun):
    """Seconds an answer takes at least; drawing and filming may take longer."""

    text: float = Field(default=0.05, ge=0)
    image: float = Field(default=0.2, ge=0)
    video: float = Field(default=0.6, ge=0)
    extension: float = Field(default=0.6, ge=0)
    jitter: float = Field(default=0.0, ge=0, le=1, description="Up to this fraction more or less, by seed.")


class Limit(Noun):
    """How much of one kind the studio takes; beyond it answers 429. None: no limit."""

    in_flight: int | None = Field(default=None, ge=1, description="Calls, or operations not done, at once.")
    per_minute: int | None = Field(default=None, ge=1, description="Accepted calls in any 60 s.")


class Limits(Noun):
    """The limits of each kind of call. Extensions count as video, as they share the vendor's quota."""

    text: Limit = Limit()
    image: Limit = Limit()
    video: Limit = Limit()

    def of(self, kind: Kind) -> Limit:
        """Return the limit a paid kind falls under."""
        return {Kind.TEXT: self.text, Kind.IMAGE: self.image}.get(kind, self.video)


class StudioOptions(Noun):
    """Everything that can be chosen about a studio."""

    latency: Latency = Latency()
    models: ModelTable = Field(default=MODELS, description="Whom it answers for, by which rules and prices.")
    limits: Limits = Limits()
    faults: tuple[Fault, ...] = ()
    port: int = Field(default=0, ge=0, le=65535, description="0: any free port.")
    badge: str = Field(default=BADGE, max_length=24, description="Burned into every picture and every frame.")
    seed: int = Field(default=0, ge=0, description="Of jitter and of faults that hit by chance.")
    footage: Literal["film", "same"] = Field(
        default="film",
        description="same: one clip per length and size is filmed once and handed out again, and pictures are drawn "
        "coarsely; for load tests.",
    )
    credentials: bool = Field(default=True, description="Pictures and films carry C2PA content credentials.")
    extension_returns: Literal["whole", "tail"] = Field(
        default="whole", description="Whether an extension comes back with the film it extends, or alone."
    )
