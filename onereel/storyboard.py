"""The storyboard: the ordered plan of shots, and the rules a plan must keep whoever wrote it."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from onereel.brief import SHOT, Brief
from onereel.noun import Noun

MAX_SHOTS = 400
TOLERANCE = 0.10
"""How far the sum of the shots may be off the brief's length, as a fraction."""

_ROUNDING = 1e-6

Join = Literal["cut", "match", "continue"]
Transition = Literal["cut", "fade"]


_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def _plain(value: Any) -> Any:
    """Return text as every shot list keeps it: no control characters, one kind of line end, no space around."""
    if not isinstance(value, str):
        return value
    return _UNSEEN.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


class Written(Noun):
    """A noun whose words people and models write: what a file cannot keep or nobody can see is left out."""

    _plain_words = field_validator("*", mode="before")(_plain)


class View(Written):
    """Where the camera stands and how it moves."""

    position: str = Field(default="", max_length=200, description="Where it stands: eye level, low angle, aerial.")
    movement: str = Field(default="", max_length=200, description="How it moves: slow push in, static, pan left.")

    def __str__(self) -> str:
        """The one-line form of shot lists, 'position; movement'."""
        return f"{self.position}; {self.movement}" if self.movement else self.position


class Line(Written):
    """One spoken line."""

    speaker: str = Field(min_length=1, max_length=40, pattern=r"^[^:\r\n]+$", description="Who speaks.")
    line: str = Field(min_length=1, max_length=400, pattern=r"^[^\r\n]+$", description="The words, without quotes.")

    def __str__(self) -> str:
        """The one-line form of shot lists, 'SPEAKER: words'."""
        return f"{self.speaker}: {self.line}"


Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^;:|\r\n]+$")]
"""As a brief may call a character; a shot list separates names by ';'."""


OWN_FILES = ("opening_file", "closing_file", "clip_file")
"""Fields of a shot that name files of the producer's own."""
OWN_PICTURE = "the picture given"


class Shot(Written):
    """One uninterrupted view, as planned; takes are attempts to film it."""

    id: str = Field(pattern=SHOT, description="s010, s020, ... in screen order; the gaps leave room.")
    seconds: float = Field(ge=1, le=120, allow_inf_nan=False, description="Length on screen in seconds.")
    action: str = Field(min_length=1, max_length=800, description="What happens, in one or two sentences.")
    setting: str = Field(default="", max_length=400, description="Place, time of day, weather.")
    camera: View = Field(default=View(), description="Where the camera stands and how it moves.")
    composition: str = Field(default="", max_length=300, description="Framing: wide shot, close-up, two-shot.")
    lens: str = Field(default="", max_length=200, description="Focal length and focus.")
    lighting: str = Field(default="", max_length=300, description="Light and mood.")
    dialogue: tuple[Line, ...] = Field(default=(), max_length=8, description="Spoken lines, in order.")
    sounds: str = Field(default="", max_length=300, description="Sound effects and ambience.")
    negative: str = Field(default="", max_length=200, description="What must not appear, as nouns.")
    opening: str = Field(
        default="",
        max_length=800,
        description="The first picture, as a still. Empty: derived from the action. Empty for match and continue.",
    )
    closing: str = Field(
        default="",
        max_length=800,
        description="The last picture, as a still. Empty: the camera may end anywhere.",
    )
    characters: tuple[Name, ...] = Field(default=(), max_length=5, description="Names of characters in the picture.")
    join: Join = Field(
        default="cut",
        description="How it opens: cut: on its own keyframe; match: on the previous shot's closing keyframe; "
        "continue: on the last frame the previous shot filmed.",
    )
    transition: Transition = Field(default="cut", description="How it gives way to the next shot.")
    note: str = Field(default="", max_length=800, description="The director's note to the camera.")
    retouch: str = Field(default="", max_length=800, description="What to change in its own keyframes; the rest stays.")

    opening_file: str = Field(
        default="",
        max_length=300,
        description="A picture of yours as its opening keyframe: beside the shot list, or its key in the vault.",
    )
    closing_file: str = Field(default="", max_length=300, description="A picture of yours as its closing keyframe.")
    clip_file: str = Field(default="", max_length=300, description="A clip of yours (MP4) as its take: none is filmed.")

    @model_validator(mode="before")
    @classmethod
    def _a_closing_picture_closes(cls, value: Any) -> Any:
        if isinstance(value, dict) and _plain(value.get("closing_file")) and not _plain(value.get("closing")):
            return {**value, "closing": OWN_PICTURE}
        return value

    @field_validator("camera", mode="before")
    @classmethod
    def _one_line_view(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        position, _, movement = value.partition(";")
        return {"position": position, "movement": movement}

    @field_validator("dialogue", mode="before")
    @classmethod
    def _one_line_each(cls, value: Any) -> Any:
        lines = [line for line in _plain(value).split("\n") if line.strip()] if isinstance(value, str) else value
        return [_spoken(line) for line in lines] if isinstance(lines, list | tuple) else lines

    @field_validator("characters", mode="before")
    @classmethod
    def _one_line_names(cls, value: Any) -> Any:
        names = [name for name in value.split(";") if name.strip()] if isinstance(value, str) else value
        return [_plain(name) for name in names] if isinstance(names, list | tuple) else names

    @field_validator("camera")
    @classmethod
    def _position_is_one_part(cls, value: View) -> View:
        if ";" in value.position:
            raise ValueError("a camera position cannot contain ';', which separates it from the movement")
        return value


def _spoken(line: Any) -> Any:
    """Read 'SPEAKER: words', the one-line form of shot lists."""
    if not isinstance(line, str):
        return line
    speaker, colon, words = line.partition(":")
    if not colon:
        raise ValueError(f"{line[:60]!r} has no speaker; write SPEAKER: words, one line each")
    return {"speaker": speaker, "line": words}


class Storyboard(Written):
    """The ordered plan of shots."""

    title: str = Field(default="", max_length=120, description="Title of the film.")
    shots: tuple[Shot, ...] = Field(min_length=1, max_length=MAX_SHOTS, description="In screen order.")

    @property
    def seconds(self) -> float:
        """Length of the film."""
        return sum(shot.seconds for shot in self.shots)

    @model_validator(mode="after")
    def _shots_are_distinct(self) -> "Storyboard":
        ids = [shot.id for shot in self.shots]
        twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
        if twice:
            raise ValueError(f"shot id {twice[0]} appears {ids.count(twice[0])} times; every shot needs its own")
        return self

    @cached_property
    def _places(self) -> dict[str, int]:
        return {shot.id: at for at, shot in enumerate(self.shots)}

    def before(self, shot: Shot) -> Shot | None:
        """Return the shot on screen before this one; None for the first."""
        at = self._places[shot.id]
        return self.shots[at - 1] if at else None

    def after(self, shot: Shot) -> Shot | None:
        """Return the shot on screen after this one; None for the last."""
        at = self._places[shot.id] + 1
        return self.shots[at] if at < len(self.shots) else None


def framed(shot: Shot, brief: Brief) -> bool:
    """Return whether a shot opens on a picture: its keyframe, or the last frame of the shot before."""
    return brief.filming == "keyframes" or shot.join == "continue"


def faults(storyboard: Storyboard, brief: Brief) -> list[str]:
    """Return every rule the storyboard breaks, in words that tell its author what to change."""
    found = [fault for shot in storyboard.shots for fault in _shot_faults(shot, storyboard, brief)]
    off = abs(storyboard.seconds - brief.seconds)
    if off > TOLERANCE * brief.seconds + _ROUNDING:
        found.append(
            f"the shots last {storyboard.seconds:g} s together, the brief asks for {brief.seconds:g} s; "
            f"stay within {TOLERANCE:.0%}"
        )
    return found


def _shot_faults(shot: Shot, storyboard: Storyboard, brief: Brief) -> Sequence[str]:
    found = [
        f"{shot.id}: the brief has no character {name!r}; it has {_listed(brief)}"
        for name in shot.characters
        if brief.character(name) is None
    ]
    found += [f"{shot.id}: names {name!r} more than once; name everyone once" for name in _repeated(shot.characters)]
    previous = storyboard.before(shot)
    if shot.join != "cut" and previous is None:
        found.append(f"{shot.id}: the first shot cannot join {shot.join!r}: there is nothing before it; use 'cut'")
    if shot.join != "cut" and shot.opening:
        found.append(f"{shot.id}: a {shot.join!r} shot opens on the shot before; leave its opening empty")
    if shot.join != "cut" and shot.opening_file:
        found.append(f"{shot.id}: a {shot.join!r} shot opens on the shot before; leave its opening_file empty")
    if shot.clip_file and (shot.join != "cut" or shot.closing or shot.opening_file):
        found.append(f"{shot.id}: is a clip of your own; use join 'cut', and no opening_file, closing or closing_file")
    if shot.join == "match" and previous is not None and previous.clip_file:
        found.append(f"{shot.id}: joins 'match', but {previous.id} is a clip of your own; use 'continue' or 'cut'")
    elif shot.join == "match" and previous is not None and not previous.closing:
        found.append(f"{shot.id}: joins 'match', but {previous.id} has no closing keyframe to match; describe one")
    if shot.join != "cut" and previous is not None and previous.transition == "fade":
        found.append(f"{shot.id}: joins {shot.join!r}, but {previous.id} fades out; use transition 'cut' there")
    return found


def _repeated(names: Sequence[str]) -> list[str]:
    folded = [name.casefold() for name in names]
    return sorted({name for name in folded if folded.count(name) > 1})


def _listed(brief: Brief) -> str:
    return ", ".join(who.name for who in brief.characters) or "none"
