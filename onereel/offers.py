"""Offers: keyframes other productions have, to be used in place of one that is about to be paid for."""

from pathlib import PurePosixPath
from typing import Final, Literal

from pydantic import Field

from onereel.brief import Brief
from onereel.library import Others, Seen
from onereel.noun import Noun
from onereel.plan import Plan
from onereel.wording import words_of

OFFERED: Final = 0.6
"""From this share of the words on a keyframe is worth a look."""

TAKEN: Final = 0.75
"""From this share on it is used where the brief says so, and a judge then holds it to the new words."""

_SIZES: Final = ("512", "1K", "2K", "4K")
_TOLD: Final = 6
"""Words an offer names as missing, and as too many."""


class Offer(Noun):
    """A keyframe of another production that may do."""

    still: str = Field(description="For which keyframe: s010/opening.")
    production: str
    name: str = Field(description="What it is there: s020/opening.")
    media: str = Field(description="Key of the picture.")
    record: str = Field(description="Key of the paper that tells of it.")
    why: Literal["words", "reference"] = Field(
        description="words: drawn by nearly the same. reference: it is the picture this one is to be drawn after."
    )
    shared: float = Field(default=0, ge=0, le=1, description="Share of the words, weighed by how rare they are.")
    without: tuple[str, ...] = Field(default=(), description="Words asked for that its own lack.")
    instead: tuple[str, ...] = Field(default=(), description="Words of its own that are not asked for.")
    fits: bool = Field(default=False, description="Of the same shape, large enough, and drawn after the same pictures.")
    usd: float = Field(default=0, ge=0, description="What it would save at most.")

    @property
    def good(self) -> bool:
        """Whether it is used without a person's look, where the brief says so."""
        return self.why == "words" and self.fits and self.shared >= TAKEN

    @property
    def told(self) -> str:
        """What the vault has, in words."""
        where = f"{self.production}/{self.name}"
        if self.why == "reference":
            return f"the vault has {where}, which is the picture {self.still} is drawn after"
        apart = ""
        if self.without or self.instead:
            apart = f" ({' '.join(self.instead) or 'nothing'} in place of {' '.join(self.without) or 'nothing'})"
        return f"the vault has {where} by {100 * self.shared:.0f} % of the words of {self.still}{apart}"

    def __str__(self) -> str:
        return f"{self.told}; reuse: true saves ${self.usd:.2f}" if self.good else self.told


class Sought(Noun):
    """A keyframe about to be drawn."""

    still: str
    words: str
    frame: str = Field(description="Shape and size: 16:9 1K.")
    references: tuple[str, ...] = Field(default=(), description="Digests of the pictures it is drawn after.")
    shown: tuple[str, ...] = Field(default=(), description="Keys in the vault of those that are a brief's references.")
    usd: float = Field(default=0, ge=0)


def best_offer(others: Others, sought: Sought) -> Offer | None:
    """Return the best of what other productions have, or None. Blocks.

    Args:
        others: Their keyframes.
        sought: What is wanted.
    """
    worded = [_by_words(sought, seen, shared) for seen, shared in others.saying(sought.words, OFFERED)]
    if worded:
        return max(worded, key=lambda offer: (offer.good, offer.shared))
    same = next((seen for key in sought.shown for seen in others.like_reference(key)), None)
    return _offer(sought, same, "reference") if same is not None else None


def offers_for(others: Others, found: Plan, brief: Brief) -> list[Offer]:
    """Return what other productions have for the keyframes of a plan that would have to be paid for. Blocks.

    Args:
        others: Their keyframes.
        found: The plan.
        brief: What it is of, its pictures named by key.
    """
    wanted = [still for still in found.stills if not still.file and still.words not in others.own]
    sought = (
        Sought(
            still=still.id,
            words=still.words,
            frame=f"{brief.aspect_ratio} {found.keyframe_size}",
            references=tuple(PurePosixPath(guide.path).stem or guide.sheet for guide in still.guides),
            shown=tuple(guide.path for guide in still.guides if guide.path),
            usd=still.usd,
        )
        for still in wanted
    )
    return [offer for offer in (best_offer(others, one) for one in sought) if offer is not None]


def _by_words(sought: Sought, seen: Seen, shared: float) -> Offer:
    wanted, there = words_of(sought.words), words_of(seen.words)
    return _offer(sought, seen, "words").model_copy(
        update={
            "shared": round(shared, 3),
            "without": tuple(sorted(wanted - there))[:_TOLD],
            "instead": tuple(sorted(there - wanted))[:_TOLD],
            "fits": seen.references == sought.references and _covers(seen.frame, sought.frame),
        }
    )


def _offer(sought: Sought, seen: Seen, why: Literal["words", "reference"]) -> Offer:
    return Offer(
        still=sought.still,
        production=seen.production,
        name=seen.name,
        media=seen.media,
        record=seen.record,
        why=why,
        usd=sought.usd,
    )


def _covers(there: str, wanted: str) -> bool:
    """Return whether a drawing has a frame's shape and at least its size."""
    shape, _, size = there.partition(" ")
    wanted_shape, _, wanted_size = wanted.partition(" ")
    if shape != wanted_shape or size not in _SIZES or wanted_size not in _SIZES:
        return False
    return _SIZES.index(size) >= _SIZES.index(wanted_size)
