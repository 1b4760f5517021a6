"""Paid calls as values: everything a studio is asked for, and nothing else.

An order is the canonical request. Its journal key is the digest of the whole order, so whatever changes the result
belongs here and whatever does not (run, time, budget) stays out. Pictures and film are named by digest.
"""

from typing import Any, Literal

from pydantic import Field

from onereel.footage import Media
from onereel.models import Surface
from onereel.noun import Noun


class Order(Noun):
    """What every paid call says."""

    surface: Surface = Field(description="Which door it goes through.")
    model: str = Field(description="Vendor's id of the model.")
    words: str = Field(min_length=1, description="The prompt.")
    sample: int = Field(
        default=1, ge=1, description="Which sample of the same request this is; 2 asks on purpose once more."
    )


class TextOrder(Order):
    """Words to be written: an answer that fits a JSON schema."""

    kind: Literal["text"] = "text"
    answer: dict[str, Any] = Field(description="JSON schema of the answer.")
    thinking: str = Field(description="Thinking level.")
    most_tokens: int = Field(default=32_768, description="Longest answer in tokens, thinking included.")


class Labelled(Noun):
    """A picture handed to a model, and what the prompt calls it."""

    media: Media
    label: str = Field(description="For example: Reference 1: Mara, face close up.")


class ReviewOrder(Order):
    """A picture or a film to be judged: an answer that fits a JSON schema."""

    kind: Literal["review"] = "review"
    answer: dict[str, Any] = Field(description="JSON schema of the answer.")
    pictures: tuple[Labelled, ...] = Field(
        default=(), description="Shown before the question, what is judged first; after the film, where there is one."
    )
    film: Media | None = Field(default=None, description="The film to judge: its small copy, where it has one.")
    film_seconds: float = Field(default=0, ge=0)
    film_fps: float = Field(default=0, ge=0, le=24, description="Pictures a second the model looks at.")
    thinking: str = Field(description="Thinking level.")
    most_tokens: int = Field(default=4096, description="Longest answer in tokens, thinking included.")


class DrawOrder(Order):
    """A still to be drawn, or redrawn from itself."""

    kind: Literal["image"] = "image"
    aspect_ratio: str
    size: str = Field(description="512, 1K, 2K or 4K.")
    references: tuple[Labelled, ...] = Field(default=(), description="In the order the words count them.")
    canvas: Media | None = Field(default=None, description="The picture to change; None draws from nothing.")
    history: Media | None = Field(
        default=None,
        description="JSON of the turns that led to the canvas, thought signatures included. Those beyond the pictures "
        "its model takes are left out; without any, the canvas is sent.",
    )
    thinking: str = Field(default="", description="Thinking level; empty: the model's own.")
    grounding: bool = False
    seed: int | None = None


class ClipOrder(Order):
    """A first clip to be filmed."""

    kind: Literal["video"] = "video"
    seconds: int = Field(gt=0)
    resolution: str
    aspect_ratio: str
    opening: Media | None = Field(default=None, description="First frame.")
    closing: Media | None = Field(default=None, description="Last frame; only with an opening.")
    references: tuple[Labelled, ...] = ()
    negative: str = ""
    seed: int | None = None
    sound: bool = True
    people: str = Field(default="", description="Setting for people in the picture; empty: the camera's own.")


class ExtendOrder(Order):
    """Seconds to be added to the end of a film."""

    kind: Literal["extension"] = "extension"
    seconds: int = Field(gt=0, description="To add.")
    resolution: str
    aspect_ratio: str
    film: Media = Field(description="What is extended.")
    film_seconds: float = Field(gt=0, description="How long it is.")
    previous: str = Field(
        default="",
        description="The vendor's id of the operation that made it, where the camera extends by id.",
    )
    negative: str = ""
    seed: int | None = None
    sound: bool = True
    people: str = ""


AnyOrder = TextOrder | ReviewOrder | DrawOrder | ClipOrder | ExtendOrder
