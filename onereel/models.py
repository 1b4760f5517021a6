"""The model table: who can be asked, for what, within which limits, at what price, until when.

Adding a model is one entry here. Prices are US dollars as listed by the vendor on the date of the entry;
a price nobody publishes is not guessed: the entry is left out and the plan refuses the model.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, NamedTuple, TypeVar

from pydantic import Field

from onereel.errors import BadInput
from onereel.noun import Noun

PROXY: Final = "180p"
"""A resolution only the local studio films, for quick rehearsals and tests: 320x180 and 180x320."""

FRAMES: Final[Mapping[str, tuple[int, int]]] = {
    PROXY: (320, 180),
    "360p": (640, 360),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "4k": (3840, 2160),
}
"""Width and height of a 16:9 frame by resolution; 9:16 is the same, turned."""

AUTO: Final = "auto"
"""What a brief says where the camera's own default is meant."""

FPS: Final = 24
"""Pictures a second of every camera in the table."""


REQUEST_BYTES: Final = 100_000_000
"""Longest request of any model. Source: ai.google.dev changelog, 2026-01-08."""


class Surface(StrEnum):
    """Which of Google's two doors a call goes through. The SDK is the same; paths and models differ."""

    GEMINI_API = "gemini-api"
    AGENT_PLATFORM = "agent-platform"


Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A price: no comparison with a budget may be false for want of a number."""


class TokenPrice(Noun):
    """Dollars per million tokens from a day on."""

    since: date
    input_usd: Usd
    output_usd: Usd = Field(description="Text and thinking.")


class Model(Noun):
    """What every entry of the table says."""

    id: str
    name: str
    surfaces: tuple[Surface, ...]
    until: date | None = Field(default=None, description="First day it may be gone; None: no end announced.")
    request_bytes: int = Field(
        default=REQUEST_BYTES, description="Longest request in bytes, pictures and film as base64 included."
    )
    source: str = Field(description="Where limits and prices were read, and when.")


class ModelBound(Noun):
    """How much of one model at once; None: as much as of any of its kind."""

    in_flight: int | None = Field(default=None, ge=1, le=10_000, description="Calls under way at once.")
    per_minute: int | None = Field(default=None, ge=1, description="Calls started in a minute.")


M = TypeVar("M", bound=Model)


class TextModel(Model):
    """Writes storyboards."""

    prices: tuple[TokenPrice, ...] = Field(min_length=1, description="Oldest first.")
    thinking: tuple[str, ...] = ("low", "medium", "high")

    def price(self, day: date) -> TokenPrice:
        """Return the price list in force on a day."""
        current = [price for price in self.prices if price.since <= day]
        return (current or [self.prices[0]])[-1]


class ImageModel(Model):
    """Draws keyframes."""

    ratios: tuple[str, ...]
    sizes: Mapping[str, int] = Field(description="Output size to image tokens of one picture.")
    image_usd: Usd = Field(description="Dollars per million image tokens.")
    input_usd: Usd = Field(description="Dollars per million prompt tokens.")
    output_usd: Usd = Field(description="Dollars per million text and thinking tokens.")
    references: int = Field(description="Most reference pictures in one call.")
    thinking: tuple[str, ...] = Field(default=(), description="Levels it takes; empty: not adjustable.")
    grounding: bool = Field(default=False, description="Takes Google Search as a tool.")

    def usd(self, *, images: int = 0, prompt: int = 0, text: int = 0) -> float:
        """Return the price of tokens: of pictures, of the prompt, of text and thinking."""
        dollars = images * self.image_usd + prompt * self.input_usd + text * self.output_usd
        return round(dollars / 1e6, 6)


class CameraLimits(Noun):
    """What a camera can film. Seconds are whole; every camera takes only those."""

    first: tuple[int, ...] = Field(description="Lengths of a first clip in seconds, ascending.")
    first_at: Mapping[str, tuple[int, ...]] = Field(
        default={}, description="Lengths allowed at a resolution, where fewer than `first`."
    )
    usd_per_second: Mapping[str, Usd] = Field(description="Resolution to price, sound included.")
    silent_usd_per_second: Mapping[str, Usd] = Field(
        default={}, description="Price without sound where it is published; else the full price is reserved."
    )
    ratios: tuple[str, ...] = ("16:9", "9:16")
    closing: bool = Field(description="Takes a closing frame (only together with an opening one).")
    references: int = Field(description="Most reference pictures; 0: none.")
    references_with_frames: bool = Field(description="References may go beside an opening frame.")
    references_first: tuple[int, ...] = Field(
        default=(), description="Lengths allowed with references; empty: no limit of their own."
    )
    references_ratios: tuple[str, ...] = ("16:9", "9:16")
    extension: tuple[int, ...] = Field(default=(), description="Seconds one extension can add; empty: none.")
    extension_input: int = Field(default=0, description="Longest film in seconds that can be extended.")
    total: int = Field(description="Longest take in seconds, extensions included.")
    extension_at: tuple[str, ...] = Field(default=(), description="Resolutions that can be extended.")
    seed: bool
    negative: bool
    silent: bool = Field(description="Sound can be switched off.")
    people: tuple[str, ...] = Field(default=(), description="Settings for people in the picture; empty: none.")
    words: int = Field(default=1024, description="Longest prompt in tokens.")
    picture_bytes: int | None = Field(
        default=None, description="Largest picture in bytes, frames and references alike; None: none is published."
    )


class CameraModel(Model):
    """Films takes."""

    limits: CameraLimits
    drafts: tuple[str, ...] = Field(
        default=(), description="Cheaper cameras behind the same door that drafts are filmed with, cheapest first."
    )

    def heeds(self, people: str) -> bool:
        """Return whether it keeps a brief's setting for people; every camera keeps its own default."""
        return people == AUTO or people in self.limits.people


_GEMINI = (Surface.GEMINI_API, Surface.AGENT_PLATFORM)
_TEN_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_FOURTEEN_RATIOS = (*_TEN_RATIOS, "1:4", "4:1", "1:8", "8:1")

_TEXT = (
    TextModel(
        id="gemini-3.8-flash",
        name="Gemini 3.8 Flash",
        surfaces=_GEMINI,
        prices=(
            TokenPrice(since=date(2026, 9, 2), input_usd=0.75, output_usd=3.75),
            TokenPrice(since=date(2027, 1, 1), input_usd=1.50, output_usd=7.50),
        ),
        source="ai.google.dev deprecations, 2026-10; price as resold, 2026-11",
    ),
    TextModel(
        id="gemini-4-argon",
        name="Gemini 4 Argon",
        surfaces=_GEMINI,
        prices=(
            TokenPrice(since=date(2026, 10, 13), input_usd=2.0, output_usd=10.0),
            TokenPrice(since=date(2026, 12, 1), input_usd=4.0, output_usd=20.0),
        ),
        source="ai.google.dev changelog, 2026-10-13; price as resold, 2026-11",
    ),
)

_IMAGE = (
    ImageModel(
        id="gemini-3-pro-image",
        name="Nano Banana Pro",
        surfaces=_GEMINI,
        ratios=_TEN_RATIOS,
        sizes={"1K": 1120, "2K": 1120, "4K": 2000},
        image_usd=120.0,
        input_usd=2.0,
        output_usd=12.0,
        references=14,
        grounding=True,
        source="ai.google.dev image-generation, 2026-09; list price",
    ),
    ImageModel(
        id="gemini-nano-banana-2.1",
        name="Nano Banana 2.1",
        surfaces=_GEMINI,
        ratios=_FOURTEEN_RATIOS,
        # 2K and 4K tokens are not published: derived from what resellers charge, rounded up.
        sizes={"1K": 1120, "2K": 1680, "4K": 3800},
        image_usd=30.0,
        input_usd=1.5,
        output_usd=7.5,
        references=14,
        thinking=("minimal", "medium", "high"),
        grounding=True,
        source="ai.google.dev changelog, 2026-10-06; price as resold, 2026-11",
    ),
    ImageModel(
        id="gemini-3.1-flash-image",
        name="Nano Banana 2",
        surfaces=(Surface.AGENT_PLATFORM,),  # reported gone from the Gemini API on 2026-10-29
        ratios=_FOURTEEN_RATIOS,
        sizes={"512": 747, "1K": 1120, "2K": 1680, "4K": 2520},
        image_usd=60.0,
        input_usd=0.5,
        output_usd=3.0,
        references=14,
        thinking=("minimal", "high"),
        grounding=True,
        until=date(2027, 5, 28),
        source="ai.google.dev image-generation, 2026-09; list price",
    ),
    ImageModel(
        id="gemini-3.1-flash-lite-image",
        name="Nano Banana 2 Lite",
        surfaces=_GEMINI,
        ratios=_FOURTEEN_RATIOS,
        sizes={"1K": 1120},
        image_usd=30.0,
        input_usd=0.25,
        output_usd=1.5,
        references=14,
        source="docs.cloud.google.com 3-1-flash-lite-image, 2026-06-30; list price",
    ),
)

_VEO_SOURCE = "docs.cloud.google.com veo/3-1-generate and ai.google.dev pricing, 2026-09"
_VEO_EIGHT_ONLY = {"1080p": (8,), "4k": (8,)}
_VEO_PEOPLE = ("allow_adult", "dont_allow", "allow_all")
_VEO_PICTURE = 20_000_000
"""The smaller of the two things 20 MB may mean. Source: googleapis/js-genai #1270."""

_CAMERAS = (
    CameraModel(
        id="veo-3.1-generate-001",
        name="Veo 3.1",
        drafts=("veo-3.1-lite-generate-001", "veo-3.1-fast-generate-001"),
        surfaces=(Surface.AGENT_PLATFORM,),
        limits=CameraLimits(
            first=(4, 6, 8),
            first_at=_VEO_EIGHT_ONLY,
            usd_per_second={"720p": 0.40, "1080p": 0.40, "4k": 0.60},
            silent_usd_per_second={"720p": 0.20, "1080p": 0.20, "4k": 0.40},
            closing=True,
            references=3,
            references_with_frames=False,
            references_first=(8,),
            references_ratios=("16:9",),
            extension=(7,),
            extension_input=30,
            total=37,
            extension_at=("720p", "1080p", "4k"),
            seed=True,
            negative=True,
            silent=True,
            people=_VEO_PEOPLE,
            picture_bytes=_VEO_PICTURE,
        ),
        until=date(2026, 11, 17),
        source=_VEO_SOURCE,
    ),
    CameraModel(
        id="veo-3.1-fast-generate-001",
        name="Veo 3.1 Fast",
        drafts=("veo-3.1-lite-generate-001",),
        surfaces=(Surface.AGENT_PLATFORM,),
        limits=CameraLimits(
            first=(4, 6, 8),
            first_at=_VEO_EIGHT_ONLY,
            usd_per_second={"720p": 0.10, "1080p": 0.12, "4k": 0.30},
            closing=True,
            references=3,
            references_with_frames=False,
            references_first=(8,),
            references_ratios=("16:9",),
            extension=(7,),
            extension_input=30,
            total=37,
            extension_at=("720p", "1080p", "4k"),
            seed=True,
            negative=True,
            silent=True,
            people=_VEO_PEOPLE,
            picture_bytes=_VEO_PICTURE,
        ),
        until=date(2026, 11, 17),
        source=_VEO_SOURCE,
    ),
    CameraModel(
        id="veo-3.1-lite-generate-001",
        name="Veo 3.1 Lite",
        surfaces=(Surface.AGENT_PLATFORM,),
        limits=CameraLimits(
            first=(4, 6, 8),
            first_at={"1080p": (8,)},
            usd_per_second={"720p": 0.05, "1080p": 0.08},
            closing=True,
            references=0,
            references_with_frames=False,
            total=8,
            seed=True,
            negative=True,
            silent=True,
            people=_VEO_PEOPLE,
            picture_bytes=_VEO_PICTURE,
        ),
        source=_VEO_SOURCE,
    ),
    CameraModel(
        id="gemini-omni-1.2-flash",
        name="Gemini Omni 1.2 Flash",
        surfaces=(Surface.GEMINI_API,),
        limits=CameraLimits(
            first=tuple(range(3, 16)),
            usd_per_second={"360p": 0.023, "720p": 0.07, "1080p": 0.105, "4k": 0.209},
            closing=True,
            references=6,
            references_with_frames=True,
            extension=tuple(range(3, 11)),
            extension_input=27,
            total=30,
            extension_at=("360p", "720p", "1080p", "4k"),
            seed=False,
            negative=False,
            silent=False,
            words=8192,
        ),
        source="vercel.com changelog and resellers' lists, 2026-11-05",
    ),
    CameraModel(
        id="gemini-omni-1.1-flash",
        name="Gemini Omni 1.1 Flash",
        surfaces=(Surface.GEMINI_API,),
        limits=CameraLimits(
            first=tuple(range(3, 11)),
            usd_per_second={"360p": 0.034, "720p": 0.102, "1080p": 0.15, "4k": 0.30},
            closing=True,
            references=6,
            references_with_frames=True,
            extension=tuple(range(3, 11)),
            extension_input=37,
            total=40,
            extension_at=("360p", "720p", "1080p", "4k"),
            seed=False,
            negative=False,
            silent=False,
            words=8192,
        ),
        source="ai.google.dev omni, 2026-09: 5792 tokens a second of 720p at $17.50 per MTok",
    ),
)


class Retired(NamedTuple):
    """An id that is not to be asked any more.

    Attributes:
        successor: What to use instead.
        fate: What became of it, in words.
        gone: Whether asking it fails; else it is answered, by another model perhaps.
    """

    successor: str
    fate: str
    gone: bool = True


def _shut_down(day: str, successor: str) -> Retired:
    return Retired(successor, f"was shut down on {day}")


def _routed(day: str, to: str, successor: str) -> Retired:
    return Retired(successor, f"is deprecated since {day}, and what it is asked {to} answers", gone=False)


RETIRED: Final[Mapping[str, Retired]] = {
    "gemini-3.7-flash": _routed("2026-10-08", "gemini-3.8-flash", "gemini-3.8-flash"),
    "gemini-3.5-flash": _routed("2026-10-08", "gemini-3.6-flash", "gemini-3.8-flash"),
    "gemini-3-pro-preview": Retired(
        "gemini-4-argon",
        "was shut down on 2026-03-09, and what it is asked gemini-3.1-pro-preview answers",
        gone=False,
    ),
    "gemini-3-flash-preview": Retired(
        "gemini-3.8-flash", "is an old preview, which Google replaces by gemini-3.6-flash", gone=False
    ),
    "gemini-3-pro-image-preview": _shut_down("2026-06-25", "gemini-3-pro-image"),
    "nano-banana-pro-preview": Retired(
        "gemini-3-pro-image", "is another name of gemini-3-pro-image-preview, which was shut down on 2026-06-25"
    ),
    "gemini-3.1-flash-image-preview": _shut_down("2026-06-25", "gemini-nano-banana-2.1"),
    "gemini-2.5-flash-image": _shut_down("2026-10-02", "gemini-nano-banana-2.1"),
    "gemini-2.5-flash-image-preview": Retired(
        "gemini-nano-banana-2.1", "was a preview of gemini-2.5-flash-image, which was shut down on 2026-10-02"
    ),
    "imagen-4.0-generate-001": _shut_down("2026-08-17", "gemini-nano-banana-2.1"),
    "imagen-4.0-ultra-generate-001": _shut_down("2026-08-17", "gemini-3-pro-image"),
    "imagen-4.0-fast-generate-001": _shut_down("2026-08-17", "gemini-nano-banana-2.1"),
    "veo-3.1-generate-preview": _shut_down("2026-10-22", "gemini-omni-1.2-flash"),
    "veo-3.1-fast-generate-preview": _shut_down("2026-10-22", "gemini-omni-1.2-flash"),
    "veo-3.1-lite-generate-preview": _shut_down("2026-10-22", "gemini-omni-1.2-flash"),
    "veo-3.0-generate-001": _shut_down("2026-06-30", "veo-3.1-generate-001"),
    "veo-3.0-fast-generate-001": _shut_down("2026-06-30", "veo-3.1-fast-generate-001"),
    "veo-2.0-generate-001": _shut_down("2026-06-30", "veo-3.1-generate-001"),
    "gemini-omni-flash-preview": _shut_down("2026-09-30", "gemini-omni-1.2-flash"),
}
"""Ids that are not asked any more, and what became of them. Source: ai.google.dev deprecations, changelog, 2026-10."""


def frame_size(resolution: str, aspect_ratio: str) -> tuple[int, int]:
    """Return the (width, height) in pixels a camera films at."""
    width, height = FRAMES[resolution]
    return (height, width) if aspect_ratio == "9:16" else (width, height)


class ModelTable(Noun):
    """Every model that may be asked, by id."""

    text: Mapping[str, TextModel]
    image: Mapping[str, ImageModel]
    video: Mapping[str, CameraModel]

    @property
    def ids(self) -> dict[str, list[str]]:
        """The models by part: text, image, video."""
        return {"text": list(self.text), "image": list(self.image), "video": list(self.video)}

    def writer(self, id_: str) -> TextModel:
        """Return a text model; BadInput if it is retired or unknown."""
        return _find(self.text, id_, "text")

    def illustrator(self, id_: str) -> ImageModel:
        """Return an image model; BadInput if it is retired or unknown."""
        return _find(self.image, id_, "image")

    def camera(self, id_: str) -> CameraModel:
        """Return a video model; BadInput if it is retired or unknown."""
        return _find(self.video, id_, "video")


MODELS: Final = ModelTable(
    text={model.id: model for model in _TEXT},
    image={model.id: model for model in _IMAGE},
    video={model.id: model for model in _CAMERAS},
)


def with_proxy(table: ModelTable) -> ModelTable:
    """Return the table as a rehearsal knows it: every camera also films the proxy, at its 720p rules and price."""

    def rehearsed(camera: CameraModel) -> CameraModel:
        limits = camera.limits
        proxy = {
            "usd_per_second": {PROXY: limits.usd_per_second["720p"], **limits.usd_per_second},
            "extension_at": (PROXY, *limits.extension_at) if limits.extension else (),
        }
        if "720p" in limits.silent_usd_per_second:
            silent = limits.silent_usd_per_second
            proxy["silent_usd_per_second"] = {PROXY: silent["720p"], **silent}
        return camera.model_copy(update={"limits": limits.model_copy(update=proxy)})

    return table.model_copy(update={"video": {id_: rehearsed(camera) for id_, camera in table.video.items()}})


def _find(table: Mapping[str, M], id_: str, kind: str) -> M:
    if id_ in table:
        return table[id_]
    if id_ in RETIRED:
        retired = RETIRED[id_]
        raise BadInput(f"{kind} model {id_} {retired.fate}; use {retired.successor}")
    raise BadInput(
        f"{kind} model {id_!r} is not in the model table, so its limits and price are unknown; "
        f"use one of {', '.join(table)}, or describe it in ONEREEL_MODELS"
    )
