"""The brief: what the client asks for. It is the file, the form in the Prefect UI and the API's schema at once."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from onereel.noun import Noun

SLUG = r"^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$"
SHOT = r"^s[0-9]{3,4}$"
MAX_SECONDS = 3600

Gate = Literal["storyboard", "keyframes", "takes", "cut"]
"""Where a run can wait for a person; at the cut it waits with the delivery made."""


def _shown(schema: dict[str, Any]) -> None:
    """Say examples in the help of a field: forms show nothing else of them."""
    for field in schema["properties"].values():
        if field.get("examples") and "enum" not in field and field["type"] != "number":
            field["description"] = f"{field['description']} Example: {field['examples'][0]}"


class Reference(Noun):
    """A picture a model is asked to imitate; never shown on screen."""

    model_config = ConfigDict(json_schema_extra=_shown)

    path: str = Field(
        min_length=1,
        max_length=300,
        title="Picture",
        description="PNG, JPEG or WebP beside the brief file, or its key in the vault (media/...).",
        examples=["mara-face.png"],
        json_schema_extra={"position": 0},
    )
    note: str = Field(
        default="",
        max_length=120,
        title="What it shows",
        description="Said to the model with the picture.",
        examples=["face close up"],
        json_schema_extra={"position": 1},
    )
    licence: str = Field(
        default="",
        max_length=200,
        description="On what terms it may be used. Kept with the film's papers; no model is told.",
        examples=["CC BY 4.0"],
        json_schema_extra={"position": 2},
    )
    source: str = Field(
        default="",
        max_length=300,
        description="Who made it, or where it is from. Kept with the film's papers; no model is told.",
        examples=["Nordic Sea Archive, photograph 1958/114"],
        json_schema_extra={"position": 3},
    )


def _as_references(value: Any) -> Any:
    """Let a plain path stand for a reference without a note."""
    if isinstance(value, list | tuple):
        return tuple({"path": item} if isinstance(item, str) else item for item in value)
    return value


class Character(Noun):
    """Someone who must look the same in every shot."""

    model_config = ConfigDict(json_schema_extra=_shown)

    name: str = Field(
        min_length=1,
        max_length=40,
        pattern=r"^[^;:|\r\n]+$",
        description="As the shot list names them.",
        examples=["Mara"],
        json_schema_extra={"position": 0},
    )
    description: str = Field(
        min_length=1,
        max_length=800,
        description="Age, build, face, hair, clothes: what must not change.",
        examples=["a lighthouse keeper of sixty, white beard, yellow oilskin coat"],
        json_schema_extra={"position": 1},
    )
    voice: str = Field(
        default="",
        max_length=200,
        description="How they sound when they speak.",
        examples=["low, hoarse, unhurried"],
        json_schema_extra={"position": 2},
    )
    references: tuple[Reference, ...] = Field(
        default=(),
        max_length=6,
        description="Pictures of them. Without any, a character sheet is drawn once per production.",
        json_schema_extra={"position": 3},
    )

    _plain_paths = field_validator("references", mode="before")(_as_references)

    @field_validator("name")
    @classmethod
    def _without_spaces_around(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("a character needs a name")
        return value.strip()


class Look(Noun):
    """The style all shots share. Every field is optional; say only what matters."""

    model_config = ConfigDict(json_schema_extra=_shown)

    style: str = Field(
        default="cinematic, photorealistic",
        max_length=300,
        description="Medium and manner.",
        examples=["hand-painted gouache animation"],
        json_schema_extra={"position": 0},
    )
    palette: str = Field(
        default="",
        max_length=200,
        description="Colours.",
        examples=["slate blue and amber"],
        json_schema_extra={"position": 1},
    )
    lens: str = Field(
        default="",
        max_length=200,
        description="Optics shared by all shots.",
        examples=["35 mm anamorphic, shallow focus"],
        json_schema_extra={"position": 2},
    )
    lighting: str = Field(
        default="",
        max_length=200,
        description="Light shared by all shots.",
        examples=["low northern light, wet surfaces"],
        json_schema_extra={"position": 3},
    )
    texture: str = Field(
        default="",
        max_length=200,
        description="Grain, film stock, finish.",
        examples=["fine 16 mm grain"],
        json_schema_extra={"position": 4},
    )
    period: str = Field(
        default="",
        max_length=200,
        description="When and where it plays.",
        examples=["Norwegian coast, 1958"],
        json_schema_extra={"position": 5},
    )


def _menus(schema: dict[str, Any]) -> None:
    """Make a menu of each part whose models are known."""
    for part, ids in OFFERED.items():
        schema["properties"][part]["enum"] = ids


class Models(Noun):
    """Who plays which part. The model table (`onereel doctor --models`) lists the choices."""

    model_config = ConfigDict(json_schema_extra=_menus)

    text: str = Field(
        default="gemini-3.8-flash",
        title="Text model",
        description="Writes the storyboard.",
        examples=["gemini-3.8-flash"],
        json_schema_extra={"position": 0},
    )
    image: str = Field(
        default="gemini-3-pro-image",
        title="Image model",
        description="Draws the keyframes.",
        examples=["gemini-nano-banana-2.1"],
        json_schema_extra={"position": 1},
    )
    video: str = Field(
        default="veo-3.1-generate-001",
        title="Video model",
        description="Films the takes: Veo 3.1 on Agent Platform, or Omni on the Gemini API.",
        examples=["gemini-omni-1.2-flash"],
        json_schema_extra={"position": 2},
    )
    image_thinking: str = Field(
        default="",
        title="Image model's thinking",
        description="Thinking level of the image model, where it has one; empty: the model's own.",
        examples=["high"],
        json_schema_extra={"position": 3},
    )
    text_thinking: Literal["low", "medium", "high"] = Field(
        default="low",
        title="Text model's thinking",
        description="Thinking level of the text model.",
        json_schema_extra={"position": 4},
    )
    review: str = Field(
        default="gemini-3.8-flash",
        description="Judges keyframes and takes: a text model that sees.",
        examples=["gemini-4-argon"],
        json_schema_extra={"position": 5},
    )


Rung = Literal["retry", "soften", "fallback", "slate"]
"""What is done about a shot that failed. retry: ask the same again. soften: let the text model rewrite its words.
fallback: ask another model. slate: let a card stand in."""
RUNGS: tuple[Rung, ...] = ("retry", "soften", "fallback", "slate")


class Fallback(Noun):
    """Who is asked in place of a model that cannot be had, or will not; empty: nobody."""

    image: str = Field(
        default="",
        title="Image model",
        description="Draws what the first one does not; empty: nobody.",
        examples=["gemini-nano-banana-2.1"],
        json_schema_extra={"position": 0},
    )
    video: str = Field(
        default="",
        title="Camera",
        description="Films what the first one does not; empty: nobody.",
        examples=["veo-3.1-lite-generate-001"],
        json_schema_extra={"position": 1},
    )


class Policy(Noun):
    """What to do when a call does not go as planned."""

    filtered_tries: int = Field(
        default=2,
        ge=0,
        le=5,
        title="Second tries after a filter",
        description="How often to ask the same again where a filter is known to be random (such tries cost nothing).",
        json_schema_extra={"position": 0},
    )
    busy_tries: int = Field(
        default=6,
        ge=0,
        le=20,
        title="Tries when the studio is busy",
        description="How often to try again after 429, 500 or 503, waiting as long as the studio asks.",
        json_schema_extra={"position": 1},
    )
    repay_up_to_usd: float = Field(
        default=0.25,
        ge=0,
        le=100,
        allow_inf_nan=False,
        title="Repay unknown calls up to",
        description="US dollars. A call whose outcome is unknown is paid a second time, once, up to this price.",
        json_schema_extra={"position": 2},
    )
    run_retries: int = Field(
        default=200,
        ge=0,
        le=100_000,
        title="Tries of a run",
        description="How many tries a run may spend on a busy studio, all calls together; then it waits no more.",
        json_schema_extra={"position": 3},
    )
    empty_tries: int = Field(
        default=1,
        ge=0,
        le=5,
        title="Second tries after nothing",
        description="How often to ask again after an answer without picture or film.",
        json_schema_extra={"position": 4},
    )
    wrong_tries: int = Field(
        default=0,
        ge=0,
        le=5,
        title="Second clips for a wrong one",
        description="How often to order a clip again that came broken, or silent, or that the checks find fault with. "
        "Each is paid; it was downloaded again first, for nothing.",
        json_schema_extra={"position": 5},
    )
    stop_after: int = Field(
        default=5,
        ge=1,
        le=100,
        title="Stop asking a model after",
        description="Failures in a row, over all shots, after which a run stops asking a model.",
        json_schema_extra={"position": 6},
    )
    ladder: tuple[Rung, ...] = Field(
        default=RUNGS,
        title="When a shot fails",
        description="What is done about it, in this order. retry: ask the same again. soften: let the text model "
        "rewrite the words a filter refused, or whose takes were all rejected. fallback: ask the fallback models. "
        "slate: let a card stand in.",
        json_schema_extra={"position": 7},
    )
    fallback: Fallback = Field(
        default=Fallback(),
        title="Fallback models",
        description="Who is asked in place of a model that cannot be had, or will not.",
        json_schema_extra={"position": 8},
    )

    @field_validator("ladder")
    @classmethod
    def _in_order(cls, value: tuple[Rung, ...]) -> tuple[Rung, ...]:
        if len(set(value)) < len(value):
            raise ValueError("each of retry, soften, fallback and slate stands on it once at most")
        if "retry" in value[1:] or "slate" in value[:-1]:
            raise ValueError("retry comes first, because asking the same again is cheapest, and slate last")
        return value


class Wait(Noun):
    """How long a gate waits for a person, and what happens then."""

    hours: float = Field(
        default=0,
        ge=0,
        le=24 * 90,
        title="Hours",
        description="How long to wait; 0: until somebody answers. A gate with hours is open to a person in any case.",
        examples=[24],
        json_schema_extra={"position": 0},
    )
    then: Literal["stop", "approve"] = Field(
        default="stop",
        title="Then",
        description="When the time is over: stop, with everything kept; or approve, and go on.",
        json_schema_extra={"position": 1},
    )


class Gates(Noun):
    """How long each gate waits for a person, and what happens then."""

    storyboard: Wait = Field(default=Wait(), title="Storyboard", json_schema_extra={"position": 0})
    keyframes: Wait = Field(default=Wait(), title="Keyframes", json_schema_extra={"position": 1})
    takes: Wait = Field(default=Wait(), title="Takes", json_schema_extra={"position": 2})
    cut: Wait = Field(default=Wait(), title="Cut", json_schema_extra={"position": 3})

    def wait(self, gate: Gate) -> Wait:
        """Return how long a gate waits."""
        found: Wait = getattr(self, gate)
        return found


class Review(Noun):
    """Who looks at what is drawn and filmed before money moves on, and what happens to what is not good enough."""

    keyframes: bool = Field(
        default=True,
        title="Judge keyframes",
        description="A vision model judges every keyframe before a clip is bought on it; about a cent each.",
        json_schema_extra={"position": 0},
    )
    takes: bool = Field(
        default=True,
        title="Judge takes",
        description="A vision model judges every take before it enters the cut, about two cents each, and compares the "
        "characters at the end of each extension, about a cent.",
        json_schema_extra={"position": 1},
    )
    accept: float = Field(
        default=0.6,
        ge=0,
        le=1,
        title="Accept from",
        description="Lowest score that is good enough, 0 to 1; characters are held to it, too.",
        json_schema_extra={"position": 2},
    )
    attempts: int = Field(
        default=3,
        ge=0,
        le=9,
        title="Repairs of a keyframe",
        description="How often a rejected keyframe is mended: by an edit, drawn anew, drawn by a stronger model.",
        json_schema_extra={"position": 3},
    )
    escalate: str = Field(
        default="gemini-3-pro-image",
        title="Stronger image model",
        description="Draws a keyframe that an edit and a new drawing could not mend.",
        examples=["gemini-3-pro-image"],
        json_schema_extra={"position": 4},
    )
    rejected: Literal["hold", "film"] = Field(
        default="hold",
        title="A keyframe still rejected",
        description="hold: no clip is bought on it until a person overrules. film: the best attempt is used all the "
        "same.",
        json_schema_extra={"position": 5},
    )
    take_attempts: int = Field(
        default=0,
        ge=0,
        le=5,
        title="New takes of a rejected one",
        description="How often a rejected take is filmed again, at the price of a take; then once by other words, "
        "then once by the fallback camera, as the policy says. The best take is shown.",
        json_schema_extra={"position": 6},
    )


FORM = (
    "production", "idea", "seconds", "characters", "look", "references", "aspect_ratio", "resolution", "language",
    "sound", "budget_usd", "tier", "approve", "models", "candidates", "take_candidates", "filming", "review",
)  # fmt: skip
"""Fields in the order a producer thinks; the others follow, as they are rarely needed."""

OFFERED: dict[str, list[str]] = {}
"""Models a form offers as menus, by part: the table in force, where one is known (`offer`)."""


def offer(models: Mapping[str, Iterable[str]]) -> None:
    """Say which models forms offer from now on, by part: text, image, video. A brief file may name any."""
    OFFERED.update({part: list(ids) for part, ids in models.items()})


def _in_order(schema: dict[str, Any]) -> None:
    """Number the fields of the form."""
    fields: dict[str, Any] = schema["properties"]
    rare = sorted(fields.keys() - set(FORM), key=lambda name: fields[name].get("position", len(fields)))
    for position, name in enumerate([name for name in FORM if name in fields] + rare):
        fields[name]["position"] = position
    _shown(schema)


class Brief(Noun):
    """What the client asks for. Only production, idea and seconds are required."""

    model_config = ConfigDict(json_schema_extra=_in_order)

    production: str = Field(
        pattern=SLUG,
        title="Production",
        description="Name of the film: lower-case letters, digits and hyphens, 60 characters at most.",
        examples=["lighthouse"],
        json_schema_extra={"position": 0},
    )
    idea: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1,
        max_length=6000,
        title="Idea",
        description="What happens, in a few sentences. {date} becomes the day, here and at the end of the name.",
        examples=["A storm passes over a lighthouse; the keeper waits for a boat that is late."],
        json_schema_extra={"position": 1, "format": "text"},
    )
    seconds: float = Field(
        ge=3,
        le=MAX_SECONDS,
        allow_inf_nan=False,
        title="Length",
        description="Length of the film in seconds, 3 to 3600.",
        examples=[48],
        json_schema_extra={"position": 2},
    )
    aspect_ratio: Literal["16:9", "9:16"] = Field(
        default="16:9",
        title="Aspect ratio",
        description="Landscape or portrait.",
        json_schema_extra={"position": 3},
    )
    resolution: Literal["360p", "720p", "1080p", "4k", "180p"] = Field(
        default="720p",
        title="Resolution",
        description="Of the takes and the master. 360p: Omni only. 180p: rehearsals only.",
        json_schema_extra={"position": 4},
    )
    look: Look = Field(default=Look(), description="The style all shots share.", json_schema_extra={"position": 5})
    characters: tuple[Character, ...] = Field(
        default=(),
        max_length=12,
        description="Who must look the same in every shot.",
        json_schema_extra={"position": 6},
    )
    references: tuple[Reference, ...] = Field(
        default=(),
        max_length=8,
        description="Pictures every keyframe should follow: places, props, style.",
        json_schema_extra={"position": 7},
    )
    language: str = Field(
        default="en-US",
        pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$",
        description="Language of dialogue and lettering, as a BCP 47 tag.",
        examples=["de-DE"],
        json_schema_extra={"position": 8},
    )
    sound: bool = Field(
        default=True,
        title="Sound",
        description="Without, the film is silent; a camera that can leaves the sound out, others' is muted.",
        json_schema_extra={"position": 9},
    )
    models: Models = Field(default=Models(), description="Who plays which part.", json_schema_extra={"position": 10})
    budget_usd: float = Field(
        default=50.0,
        gt=0,
        le=100_000,
        allow_inf_nan=False,
        title="Budget",
        description="US dollars this production may spend, all runs together. A wall, not a hint.",
        examples=[25],
        json_schema_extra={"position": 11},
    )
    candidates: int = Field(
        default=1,
        ge=1,
        le=4,
        title="Candidates",
        description="How many drawings of each keyframe to choose from; each is paid, and judged. The review's best "
        "is filmed, unless you pick another.",
        json_schema_extra={"position": 12},
    )
    take_candidates: int = Field(
        default=1,
        ge=1,
        le=4,
        title="Take candidates",
        description="How many takes of each shot to choose from; each is paid, and judged. The review's best is on "
        "screen, unless you pick another.",
        json_schema_extra={"position": 12},
    )
    keyframe_size: Literal["auto", "512", "1K", "2K", "4K"] = Field(
        default="auto",
        title="Keyframe size",
        description="auto: the smallest that covers the frame.",
        json_schema_extra={"position": 13},
    )
    grounding: bool = Field(
        default=False,
        title="Look things up",
        description="Let the image model search the web for real places and things, where it can.",
        json_schema_extra={"position": 14},
    )
    reuse: bool = Field(
        default=False,
        title="Reuse keyframes",
        description="Take a keyframe the vault already has for the same words, or another production has for nearly "
        "the same ones if keyframes are judged, instead of paying for a new one.",
        json_schema_extra={"position": 15},
    )
    seed: int = Field(
        default=1,
        ge=0,
        le=4_294_967_295,
        description="Starting point for models that take a seed; another one gives another film.",
        json_schema_extra={"position": 16},
    )
    people: Literal["auto", "allow_adult", "dont_allow", "allow_all"] = Field(
        default="auto",
        title="People",
        description="Which people a camera may film; auto: the camera's own default. Refused where a camera has no "
        "such setting.",
        json_schema_extra={"position": 17},
    )
    filming: Literal["keyframes", "references", "words"] = Field(
        default="keyframes",
        title="Filming",
        description="What shots open on: drawn keyframes; the reference pictures alone; or words alone.",
        json_schema_extra={"position": 18},
    )
    tier: Literal["draft", "final"] = Field(
        default="final",
        title="Tier",
        description="draft: the cheapest legal settings, marked as a draft. final: as the brief says.",
        json_schema_extra={"position": 19},
    )
    final_shots: tuple[Annotated[str, Field(pattern=r"^s[0-9]{3,4}$")], ...] = Field(
        default=(),
        max_length=400,
        title="Final shots",
        description="Shots of a draft that are filmed again for the final; the others stay as drafts. Empty: those "
        "whose draft was approved where its takes or its cut waited, and those without a draft; all, where nobody "
        "approved any.",
        examples=[["s010", "s030"]],
        json_schema_extra={"position": 19},
    )
    approve: tuple[Gate, ...] = Field(
        default=(),
        title="Approve",
        description="Where the run waits for a person before money moves on.",
        json_schema_extra={"position": 20},
    )
    gates: Gates = Field(
        default=Gates(),
        title="Time to answer",
        description="How long each gate waits for a person, and what happens then.",
        json_schema_extra={"position": 22},
    )
    policy: Policy = Field(
        default=Policy(),
        description="What to do when a call does not go as planned.",
        json_schema_extra={"position": 21},
    )
    drift: Literal["report", "cut", "reanchor"] = Field(
        default="report",
        title="When extensions drift",
        description="A shot longer than a clip is extended, and what is added may drift in colour or detail from the "
        "first clip, or in its characters from their references. report: say so. cut: end the shot before the "
        "extension that drifted; it is shorter then. reanchor: draw the last good frame clean and "
        "film on from it, at the price of an image and the clips.",
        json_schema_extra={"position": 22},
    )
    review: Review = Field(
        default=Review(),
        description="Who looks at keyframes and takes before money moves on.",
        json_schema_extra={"position": 22},
    )

    _plain_paths = field_validator("references", mode="before")(_as_references)

    @model_validator(mode="after")
    def _names_are_distinct(self) -> "Brief":
        names = [character.name.casefold() for character in self.characters]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two characters are called {twice[0]!r}; names must differ")
        return self

    @property
    def gated(self) -> tuple[Gate, ...]:
        """Where the run waits for a person: what `approve` names, and every gate with a time to answer."""
        return tuple(gate for gate in get_args(Gate) if gate in self.approve or self.gates.wait(gate).hours)

    def character(self, name: str) -> Character | None:
        """Return the character of that name, in any case; None if the brief knows no such person."""
        return next((who for who in self.characters if who.name.casefold() == name.casefold()), None)
