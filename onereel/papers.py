"""The manifest: everything there is to know about a cut, in one file. With the journal, the truth about a film."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from onereel.credentials import SOURCE_TYPE, Credentials
from onereel.cut import Assembly, Cut
from onereel.footage import Footage, Media
from onereel.noun import Noun
from onereel.storyboard import Shot
from onereel.takes import Keyframe, ShotState, Take

AI_LABEL = "AI-generated: pictures, motion and sound were made by generative models"
"""What every delivery says of itself."""
OWN_LABEL = "the producer's own material, not AI-generated"
MIXED_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's name for a film with both."""


class ShotPapers(Noun):
    """One shot of the manifest."""

    shot: Shot
    state: ShotState
    active: str = Field(default="", description="Slate of the take on screen.")
    picked: bool = Field(default=False, description="It is there by a person's word, not as the newest.")
    takes: tuple[Take, ...] = ()
    keyframes: tuple[Keyframe, ...] = ()
    start: float = Field(ge=0, description="Seconds into the film.")


class Spending(Noun):
    """What a production was estimated at and what it spent, in US dollars."""

    estimated: float
    spent: float
    unknown: float = 0.0


class Reviewed(Noun):
    """What judges looked at, what that cost, and what it saved, in US dollars."""

    keyframes: int = Field(default=0, description="Keyframes that were judged.")
    takes: int = Field(default=0, description="Takes that were judged by a model.")
    rejected: int = Field(default=0, description="Keyframes whose first drawing was not good enough.")
    mended: int = 0
    held: int = Field(default=0, description="Keyframes no clip is bought on until a person decides.")
    overruled: int = Field(default=0, description="Keyframes a person accepted all the same.")
    rejected_takes: int = 0
    reviews_usd: float = 0.0
    repairs_usd: float = Field(
        default=0.0, description="Edits and new drawings of rejected keyframes, new takes of rejected ones."
    )
    saved_usd: float = Field(default=0.0, description="Takes not filmed on drawings that were rejected.")

    def __str__(self) -> str:
        cost = f"reviewing cost ${self.reviews_usd:.2f}, mending ${self.repairs_usd:.2f}"
        found = f"{self.rejected} of {self.keyframes} keyframes rejected, {self.mended} mended, {self.held} held"
        return f"{found}; {self.rejected_takes} of {self.takes} takes rejected; {cost}; ${self.saved_usd:.2f} saved"


class Credit(Noun):
    """A reference picture the film was made with, and on what terms."""

    path: str = Field(description="Its key in the vault.")
    of: str = Field(description="The character it shows; empty: a place, a prop, the style.")
    note: str = ""
    licence: str = Field(default="", description="As the brief says; empty: it does not say.")
    source: str = Field(default="", description="As the brief says; empty: it does not say.")


class Provenance(Noun):
    """Where a master comes from. What its ingredients say of themselves is with the takes and keyframes."""

    signed_by: str = Field(default="", description="Who signed the master's content credentials; empty: nobody.")
    test: bool = Field(default=False, description="Signed with a test certificate: whoever reads it learns nothing.")
    credentials: Credentials = Field(default=Credentials(), description="As read back from the master.")
    remark: str = Field(default="", description="Why nobody signed.")
    references: tuple[Credit, ...] = ()


class Manifest(Noun):
    """The papers of a cut."""

    production: str
    title: str
    version: int
    rehearsal: bool
    tier: str
    kind: Literal["film", "animatic"] = Field(default="film", description="animatic: made of keyframes, not of takes.")
    label: str = AI_LABEL
    digital_source_type: str = SOURCE_TYPE
    made_with: str
    at: datetime
    master: Media
    footage: Footage
    assembly: Assembly
    cut: Cut
    recipe: str = Field(description="Digest of the cut and what it is delivered with; equal means nothing to do.")
    storyboard_version: int
    models: dict[str, str]
    shots: tuple[ShotPapers, ...]
    usd: Spending
    reviewed: Reviewed = Reviewed()
    provenance: Provenance = Provenance()
    papers: tuple[str, ...] = Field(default=(), description="Files beside this one.")

    @property
    def slates(self) -> int:
        """How many shots are a card."""
        return sum(shot.state.state != "filmed" for shot in self.shots)
