"""What models did with the same prompts: one line a model, one picture a prompt."""

from typing import Literal

from pydantic import Field

from onereel.footage import Media
from onereel.noun import Noun
from onereel.verdicts import Verdict, good_enough

Kind = Literal["image", "video"]
"""What is compared: models that draw, or models that film."""


class Sample(Noun):
    """What a model made of a prompt: the one that is shown, and how many there are like it."""

    shot: str
    picture: Media | None = Field(default=None, description="The keyframe, or a take's first frame; None: nothing.")
    film: Media | None = None
    verdicts: tuple[Verdict, ...] = ()
    apart: float | None = Field(default=None, description="Bits of the hash between samples of it, 0 to 64.")
    reason: str = Field(default="", description="Why there is nothing.")
    asked: int = Field(default=1, ge=1, description="How many were asked for.")
    made: int = Field(default=0, ge=0, description="How many different ones came.")
    good: int = Field(default=0, ge=0, description="How many of those every judge took.")

    @property
    def accepted(self) -> bool:
        """Whether the one shown was made, and every judge took it."""
        return self.picture is not None and good_enough(self.verdicts)


class Line(Noun):
    """A model's row. A number nobody measured is None."""

    model: str
    production: str = Field(description="Under which its calls are kept.")
    samples: tuple[Sample, ...]
    seconds: float | None = Field(description="Median, from asking to having.")
    usd: float = Field(description="What the calls to the model cost.")
    judging_usd: float = Field(description="What judging cost.")

    @property
    def asked(self) -> int:
        """How many pictures or takes were asked for."""
        return sum(sample.asked for sample in self.samples)

    @property
    def made(self) -> int:
        """How many different ones came."""
        return sum(sample.made for sample in self.samples)

    @property
    def accepted(self) -> int:
        """How many of those every judge took."""
        return sum(sample.good for sample in self.samples)

    @property
    def usd_per_accepted(self) -> float | None:
        """What an accepted picture or take costs, those that were not included."""
        return round(self.usd / self.accepted, 4) if self.accepted else None

    @property
    def apart(self) -> float | None:
        """How far samples of one prompt are apart, in bits of 64: a model that repeats itself has few."""
        return _mean([sample.apart for sample in self.samples if sample.apart is not None])

    def score(self, judge: str) -> float | None:
        """Return the mean score a judge gave, 0 to 1."""
        said = [verdict for sample in self.samples for verdict in sample.verdicts if verdict.judge == judge]
        return _mean([verdict.score for verdict in said if verdict.score is not None])

    def share(self, judge: str) -> float | None:
        """Return the share of what a judge could judge that it took."""
        said = [
            verdict
            for sample in self.samples
            for verdict in sample.verdicts
            if verdict.judge == judge and verdict.score is not None
        ]
        return _mean([float(verdict.accepted) for verdict in said])


class Comparison(Noun):
    """Models side by side."""

    kind: Kind
    rehearsal: bool
    resolution: str
    lines: tuple[Line, ...]
    prompts: dict[str, str] = Field(description="What each shot asks for.")
    usd: float = Field(description="Paid by this run.")


COLUMNS = (
    "model", "asked", "made", "accepted", "usd per accepted", "score", "identity", "lettering", "apart", "seconds",
    "usd", "judging usd",
)  # fmt: skip


def row(line: Line) -> tuple[str, ...]:
    """Return a line as words, by `COLUMNS`; a dash where nothing was measured."""
    return (
        line.model,
        str(line.asked),
        str(line.made),
        str(line.accepted),
        _number(line.usd_per_accepted, 3),
        _number(line.score("model"), 2),
        _number(line.score("identity"), 2),
        _number(line.share("lettering"), 2),
        _number(line.apart, 1),
        _number(line.seconds, 1),
        _number(line.usd, 3),
        _number(line.judging_usd, 3),
    )


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
