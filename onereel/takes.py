"""Keyframes and takes: what was made for a shot, on paper. The bytes are media in the vault."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from onereel.credentials import Credentials
from onereel.footage import Footage, Media
from onereel.likeness import Fingerprint, Sample
from onereel.measures import Measures
from onereel.models import Surface
from onereel.noun import Noun
from onereel.verdicts import Verdict

OWN = "own"
"""The model of what the producer brought: none."""


def recipe_of(*parts: Any) -> str:
    """Return the digest of everything that decides how something comes out; nouns and plain values only."""
    plain = [part.model_dump(mode="json") if isinstance(part, Noun) else part for part in parts]
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Attempt(Noun):
    """One drawing of a keyframe that was judged."""

    how: Literal["drawn", "edited", "redrawn", "escalated"] = Field(
        description="drawn: the first. edited: from itself. redrawn: anew, clean. escalated: by a stronger model."
    )
    picture: Media = Field(description="Cut to the camera's exact frame.")
    model: str
    words: str = Field(default="", description="What was asked for; empty for the first.")
    verdicts: tuple[Verdict, ...] = ()
    usd: float = Field(default=0, ge=0, description="Of the drawing; the verdicts have their own.")
    candidate: int = Field(default=0, ge=0, description="Which of several candidates it is; 0: there was one.")


class Change(Noun):
    """What became of a shot: both versions of one of its fields, or of who made it."""

    shot: str
    field: str = Field(description="action, lighting, ..., model.")
    before: str
    after: str


class Rescue(Noun):
    """What was done about a take or keyframe that failed as planned."""

    rung: Literal["soften", "fallback"]
    because: str = Field(description="What went wrong before, in the vendor's words.")
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        if self.rung == "soften":
            return f"by softer words ({', '.join(change.field for change in self.changes)}), because {self.because}"
        told = ", ".join(f"{change.after} instead of {change.before}" for change in self.changes)
        return f"by {told}, because {self.because}"


class Keyframe(Noun):
    """The still a take opens or closes on."""

    id: str = Field(description="s010/opening.")
    recipe: str
    drawn: Media = Field(description="As the model sent it, byte for byte.")
    fitted: Media = Field(description="Cut to the camera's exact frame.")
    history: Media | None = Field(default=None, description="The turns that led to it, to redraw it from itself.")
    fingerprint: Fingerprint
    credentials: Credentials = Field(default=Credentials(), description="What the drawing says of its own making.")
    words: str
    model: str
    candidates: tuple[Media, ...] = Field(default=(), description="All drawings it was chosen from.")
    histories: tuple[Media | None, ...] = Field(default=(), description="The turns that led to each of those.")
    distinct: int = Field(default=1, ge=1, description="How many of them differ.")
    findings: tuple[str, ...] = Field(default=(), description="What was noticed and done.")
    verdicts: tuple[Verdict, ...] = Field(default=(), description="Of the picture chosen.")
    attempts: tuple[Attempt, ...] = Field(default=(), description="All drawings that were judged, oldest first.")
    edits: int = Field(default=0, ge=0, description="Edits one on top of the other since it was drawn clean.")
    usd: float = Field(default=0, ge=0, description="What it cost, redrawing included.")
    rescues: tuple[Rescue, ...] = Field(default=(), description="What was done about it, where it failed as planned.")
    reused: bool = Field(default=False, description="Taken from the vault for the same words, not paid.")
    asked: str = Field(default="", description="What its shot asked for, whatever was edited in it since.")
    references: tuple[str, ...] = Field(default=(), description="Digests of the pictures it was drawn after.")
    aspect_ratio: str = Field(default="", description="It was drawn at; empty: nobody wrote it down.")
    size: str = Field(default="", description="It was drawn at: 512, 1K, 2K, 4K.")

    @property
    def own(self) -> bool:
        """Whether it is the producer's own picture."""
        return self.model == OWN


class Looks(Noun):
    """What was seen in a film, from one decode."""

    footage: Footage
    first: Media
    last: Media
    thumbs: tuple[Media, ...]
    credentials: Credentials = Field(default=Credentials(), description="What the file says of its own making.")
    samples: tuple[Sample, ...] = Field(default=(), description="Some frames, the first and the last among them.")
    measures: Measures | None = Field(default=None, description="None: it was filmed before films were measured.")
    preview: Media | None = Field(
        default=None, description="A small copy with all of the sound; None: the film is small enough itself."
    )


class Hop(Noun):
    """One paid step of a take: the first clip, or an extension."""

    key: str = Field(description="Its journal key.")
    seconds: int = Field(description="Seconds it was asked to add.")
    returned: Literal["whole", "tail"] = Field(description="What came back: the film so far and more, or the new part.")
    media: Media = Field(description="As the camera sent it, byte for byte.")
    film: Media = Field(description="The film so far, this hop included.")
    looks: Media = Field(description="What was seen in that film: `Looks` as JSON.")
    credentials: Credentials = Field(default=Credentials(), description="What `media` says of its own making.")
    operation: str = Field(default="", description="The vendor's id.")
    usd: float = Field(ge=0)


class Take(Noun):
    """One filmed attempt at a shot. Numbered, kept, never overwritten."""

    slate: str = Field(description="lighthouse/s010/t02.")
    shot: str
    number: int = Field(ge=1)
    base: str = Field(description="Digest of what was asked; takes that share it are samples of one request.")
    sample: int = Field(ge=1)
    wish: str = Field(default="", description="Name of the reshoot that asked for it; empty for a first take.")
    tier: Literal["draft", "final"] = "final"
    film: Media
    source: Media | None = Field(default=None, description="The producer's own file, byte for byte, if it is one.")
    footage: Footage
    first_frame: Media
    last_frame: Media
    thumbs: tuple[Media, ...] = ()
    opening: Media | None = None
    closing: Media | None = None
    hops: tuple[Hop, ...]
    words: str
    extension_words: tuple[str, ...] = ()
    negative: str = ""
    note: str = ""
    changes: tuple[Change, ...] = Field(default=(), description="What a note changed in the words, if it did.")
    model: str
    surface: Surface
    seed: int | None = None
    resolution: str
    usd: float = Field(ge=0)
    parent: str = Field(default="", description="Slate of the take it continues.")
    findings: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    rescues: tuple[Rescue, ...] = Field(default=(), description="What was done about it, where it failed as planned.")
    at: datetime

    @property
    def pieces(self) -> tuple[int, ...]:
        """Seconds of the first clip and of each extension; none of a clip that was brought."""
        return tuple(hop.seconds for hop in self.hops)

    @property
    def wrong(self) -> bool:
        """Whether what arrived is not what was ordered, as far as can be measured."""
        return any(verdict.judge == "check" and not verdict.accepted for verdict in self.verdicts)

    @property
    def own(self) -> bool:
        """Whether it is the producer's own clip."""
        return self.model == OWN


def best(takes: Sequence[Take]) -> Take:
    """Return the take its judges like best: accepted before refused, then by its lowest score; else the first."""
    return max(sorted(takes, key=lambda take: take.sample), key=lambda take: merit(take.verdicts))


def batch(takes: Sequence[Take]) -> list[Take]:
    """Return the takes made for the same wish as the newest one, oldest first: what is chosen from."""
    last = takes[-1]
    return [take for take in takes if (take.base, take.wish) == (last.base, last.wish)]


def merit(verdicts: Sequence[Verdict]) -> tuple[bool, float]:
    """Return how much judges like something: what is greater is liked better. A person's word overrules."""
    by_person = [verdict for verdict in verdicts if verdict.judge == "person"]
    told = by_person[-1:] or verdicts
    scores = [verdict.score for verdict in told if verdict.score is not None]
    return all(verdict.accepted for verdict in told), min(scores, default=0.0)


class ShotState(Noun):
    """How a shot stands at the end of a run."""

    id: str
    state: Literal["filmed", "slate", "filming"] = Field(
        description="filmed: a take is on screen; slate: a card stands in; filming: ordered, not collected yet."
    )
    take: str = Field(default="", description="Slate of the take on screen.")
    seconds: float = Field(description="Length on screen.")
    reason: str = Field(default="", description="Why there is no take.")
    words: tuple[str, ...] = Field(default=(), description="The vendor's reasons, word for word, where it refused.")
    findings: tuple[str, ...] = Field(default=(), description="What does not fit: a take from another's last frame.")
