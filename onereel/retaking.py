"""Retaking: what filming shots again reaches and costs, shown before anything is bought."""

from collections.abc import Iterator
from datetime import date
from typing import Literal

from pydantic import Field

from onereel.brief import Brief
from onereel.drafts import TakePlan
from onereel.errors import BadInput
from onereel.models import ModelTable, Surface
from onereel.noun import Noun
from onereel.plan import Plan, Purchase, plan
from onereel.prices import price
from onereel.revising import revision_label, revision_order
from onereel.slate import shot_of
from onereel.storyboard import Storyboard
from onereel.writing import with_notes

NoteTo = Literal["camera", "words"]
"""Who reads a note: the camera, as it is; or the text model, which revises the shot's words."""


class Retake(Noun):
    """What a producer asks: these shots again, changed so."""

    shots: tuple[str, ...] = Field(min_length=1)
    note: str = Field(default="", description="What should be different.")
    note_to: NoteTo = "camera"
    retouch: str = Field(default="", description="What to change in the shots' own keyframes; the rest stays.")
    pin: tuple[str, ...] = Field(default=(), description="Shots that keep their take though the one before changes.")

    @property
    def redraws(self) -> bool:
        """Whether keyframes change."""
        return bool(self.retouch) or self.revises

    @property
    def revises(self) -> bool:
        """Whether a text model is asked."""
        return bool(self.note) and self.note_to == "words"


class Radius(Noun):
    """What filming shots again reaches, and what it costs at most."""

    production: str
    shots: tuple[str, ...] = Field(description="All that are filmed again, in screen order.")
    followers: dict[str, str] = Field(description="Those that were not named, and why they follow.")
    pinned: tuple[str, ...] = Field(description="Those that would follow and keep their take.")
    others: int = Field(description="How many shots stay as they are.")
    purchases: tuple[Purchase, ...]
    usd: float

    @property
    def message(self) -> str:
        """The whole in one line, before the question."""
        why = "; ".join(f"{shot} {because}" for shot, because in self.followers.items())
        count = {1: "it alone", 2: "both"}.get(len(self.shots), f"all {len(self.shots)}")
        kept = f"; pinned: {', '.join(self.pinned)}, whose joins may jump" if self.pinned else ""
        stay = f"the other {self.others} stay{'s' if self.others == 1 else ''}" if self.others else "no other shot"
        return f"{why or ', '.join(self.shots)}: {count}; at most ${self.usd:.2f}; {stay}{kept}"


def preview(retake: Retake, storyboard: Storyboard, production: str) -> Storyboard:
    """Return the storyboard a retake leads to, as far as that is known before a text model is asked.

    Raises:
        BadInput: The storyboard has no such shot, and says which it has; or the notes do not fit.
    """
    noted = with_notes(production, storyboard, retake.shots, "" if retake.revises else retake.note, retake.retouch)
    with_notes(production, storyboard, retake.pin or retake.shots, "", "")  # says which pinned shot there is not
    both = sorted({*retake.shots} & {*retake.pin})
    if both:
        raise BadInput(f"{', '.join(both)} cannot be filmed again and pinned at once; name it in one of the two")
    own = [shot.id for shot in noted.shots if shot.id in retake.shots and shot.clip_file]
    if own:
        raise BadInput(f"{', '.join(own)} is a clip of your own; give another in clip_file, or with onereel import")
    return noted


def radius(retake: Retake, brief: Brief, storyboard: Storyboard, table: ModelTable, today: date) -> Radius:
    """Return what a retake reaches and costs at most, by the storyboard as it is kept.

    Raises:
        BadInput: A shot is unknown, or cannot be filmed as noted.
    """
    whole = brief.model_copy(update={"final_shots": ()})  # a shot that stayed a draft is filmed where it is named
    found = plan(whole, preview(retake, storyboard, brief.production), table, today)
    reached, followers, pinned = set(retake.shots), dict[str, str](), list[str]()
    for take in found.takes:
        because = _follows(take, reached, redraws=retake.redraws)
        if take.shot in reached or not because:
            continue
        if take.shot in retake.pin:
            pinned.append(take.shot)
        else:
            followers[take.shot] = because
            reached.add(take.shot)
    purchases = tuple(_purchases(retake, brief, storyboard, table, today, found, reached))
    return Radius(
        production=brief.production,
        shots=tuple(take.shot for take in found.takes if take.shot in reached),
        followers=followers,
        pinned=tuple(pinned),
        others=len(found.takes) - len(reached),
        purchases=purchases,
        usd=round(sum(one.usd for one in purchases), 6),
    )


def _follows(take: TakePlan, reached: set[str], *, redraws: bool) -> str:
    """Return why a shot has to be filmed again with those before it; empty if it has not."""
    if take.continues in reached:
        return f"continues {take.continues}"
    owner = take.opening.split("/")[0]
    return f"opens on {owner}'s closing keyframe" if redraws and owner != take.shot and owner in reached else ""


def _purchases(
    retake: Retake,
    brief: Brief,
    storyboard: Storyboard,
    table: ModelTable,
    today: date,
    found: Plan,
    reached: set[str],
) -> Iterator[Purchase]:
    if retake.revises:
        order = revision_order(brief, storyboard, retake.shots, retake.note, Surface.GEMINI_API)
        label, detail = revision_label(retake.shots), f"up to {order.most_tokens} tokens"
        usd = price(order, table, today)
        yield Purchase(what=label, kind="text", model=order.model, detail=detail, usd=usd)
    for one in found.purchases:
        shot, still = shot_of(one.what), one.kind == "image" or "/" in one.what
        # A retouch edits the keyframe there is; new words draw it anew. Either is reviewed again, where that is wished.
        edited = bool(retake.retouch) and (one.kind == "review" or one.what.endswith("retouched"))
        if (still and shot in retake.shots and (retake.revises or edited)) or (not still and shot in reached):
            yield one
