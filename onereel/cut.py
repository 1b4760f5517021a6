"""The edit: which part of which take is on screen, in what order, and how one gives way to the next."""

from itertools import accumulate
from typing import Literal, Self

from pydantic import Field, model_validator

from onereel.footage import Media
from onereel.noun import Noun

FADE_FRAMES = 12
"""Length of a dissolve between two clips, and of the last clip's fade to black, in frames."""

Treatment = Literal["copied", "trimmed", "conformed", "slate"]
"""What assembling did to a clip: nothing, new frames beside a seam, all frames new, or a card in its place."""


class Clip(Noun):
    """The part of a take that is on screen."""

    shot: str = Field(min_length=1, description="The shot it covers: s010.")
    slate: str = Field(default="", description='The take: "lighthouse/s010/t02"; empty for a gap.')
    media: Media | None = Field(default=None, description="The take's film; None is a gap, filled by a slate card.")
    frames: int = Field(gt=0, description="Length on screen in frames; a fade into the next clip adds nothing.")
    skip_frames: int = Field(
        default=0, ge=0, description="Frames of the take before the first one shown, where its end matters more."
    )
    handle_frames: int = Field(
        default=0,
        ge=0,
        le=FADE_FRAMES,
        description="Frames of the take beyond `frames` that a fade into the next clip uses.",
    )
    transition: Literal["cut", "fade"] = Field(default="cut", description="How this clip gives way to the next.")
    stamp: str = Field(
        default="", max_length=20, description="Burned into every frame: DRAFT. Never in the take itself."
    )
    title: str = Field(default="", description="What the shot is called on papers and in chapters.")
    reason: str = Field(default="", description="Why a slate card stands in for the take.")


class Cut(Noun):
    """The whole edit: clips in screen order, at one size and one rate.

    Its length is always the sum of its clips' `frames`. A fade from one clip to the next starts where the next
    one starts: the next clip's first frame is in place, and the `handle_frames` of the first fade out over it. With
    fewer handles than `FADE_FRAMES` the dissolve is shorter; with none it is a straight cut. A fade on the last
    clip goes to black inside the clip's own last `FADE_FRAMES` frames.
    """

    production: str = Field(min_length=1, description="The production's slug.")
    width: int = Field(ge=16, le=8192, multiple_of=2, description="Pixels.")
    height: int = Field(ge=16, le=8192, multiple_of=2, description="Pixels.")
    fps: int = Field(default=24, ge=1, le=120, description="Pictures a second.")
    clips: tuple[Clip, ...] = Field(min_length=1, description="In screen order.")
    sound: bool = Field(default=True, description="False: the film is silent, whatever its takes bring.")

    @model_validator(mode="after")
    def _handles_serve_a_fade(self) -> Self:
        for clip in self.clips:
            if clip.handle_frames and clip.transition == "cut":
                message = f"{clip.shot} keeps {clip.handle_frames} handle frames but gives way by a straight cut"
                raise ValueError(message)
        return self

    @property
    def frames(self) -> int:
        """Length in frames."""
        return sum(clip.frames for clip in self.clips)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps

    @property
    def starts(self) -> tuple[int, ...]:
        """The frame each clip starts on."""
        return tuple(accumulate((clip.frames for clip in self.clips[:-1]), initial=0))

    def lead(self, index: int) -> int:
        """Return how many opening frames of a clip the clip before it still fades over."""
        if index == 0:
            return 0
        before = self.clips[index - 1]
        return min(before.handle_frames, self.clips[index].frames) if before.transition == "fade" else 0

    def blackout(self, index: int) -> int:
        """Return how many closing frames of a clip fade to black: only the last clip's, if it fades."""
        clip = self.clips[index]
        last = index == len(self.clips) - 1
        return min(FADE_FRAMES, clip.frames) if last and clip.transition == "fade" else 0


class Assembly(Noun):
    """What it took to render a cut."""

    frames: int = Field(gt=0, description="Length of the master in frames.")
    seconds: float = Field(gt=0, description="Length of the master in seconds.")
    copied_frames: int = Field(ge=0, description="Frames whose bytes are the vendor's.")
    encoded_frames: int = Field(ge=0, description="Frames that were encoded again.")
    clips: tuple[Treatment, ...] = Field(description="What was done to each clip, in screen order.")
