"""A campaign: several films made together under one budget: another language, shape or look of the same idea, often."""

from pydantic import Field, field_validator

from onereel.brief import SLUG, Brief
from onereel.noun import Noun

MOST_FILMS = 50


class Campaign(Noun):
    """What is made together."""

    campaign: str = Field(
        pattern=SLUG,
        title="Campaign",
        description="What it is called: lower-case letters, digits and hyphens.",
        examples=["storm-europe"],
        json_schema_extra={"position": 0},
    )
    budget_usd: float = Field(
        gt=0,
        le=1_000_000,
        allow_inf_nan=False,
        title="Budget",
        description="US dollars all films together may spend, all runs together. Each film gets its share by its "
        "estimate, never more than its own brief allows.",
        json_schema_extra={"position": 1},
    )
    briefs: tuple[Brief, ...] = Field(
        min_length=1, max_length=MOST_FILMS, description="One for every film.", json_schema_extra={"position": 2}
    )

    @field_validator("briefs")
    @classmethod
    def _names_are_distinct(cls, briefs: tuple[Brief, ...]) -> tuple[Brief, ...]:
        names = [brief.production for brief in briefs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two films are called {twice[0]!r}; productions must differ")
        return briefs
