"""Running a campaign: what each film may spend, and how they all ended."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from pydantic import Field

from onereel.brief import Brief
from onereel.calls import calls_of, spent_on
from onereel.campaign import Campaign
from onereel.crew import Vault
from onereel.delivering import latest_manifest
from onereel.errors import BadInput
from onereel.estimating import assumed, estimate
from onereel.models import ModelTable
from onereel.noun import Noun
from onereel.slate import cut_prefix

Ending = Literal["complete", "partial", "budget", "waiting", "bad input", "failed"]
EXIT: dict[Ending, int] = {"complete": 0, "waiting": 5, "partial": 3, "budget": 4, "bad input": 2, "failed": 1}
"""Exit codes, from the best ending to the worst: a campaign ends as its worst film."""


class Film(Noun):
    """How one film of a campaign ended."""

    production: str
    state: Ending
    seconds: float = 0
    usd: float = Field(default=0, description="Spent on it, all runs together.")
    budget_usd: float = Field(description="Its share.")
    master: str = ""
    message: str = ""


class Summary(Noun):
    """How a campaign ended."""

    campaign: str
    rehearsal: bool
    budget_usd: float
    films: tuple[Film, ...]

    @property
    def usd(self) -> float:
        """Spent on all films, all runs together."""
        return round(sum(film.usd for film in self.films), 6)

    @property
    def worst(self) -> Ending:
        """How the film ended that ended worst."""
        return max((film.state for film in self.films), key=list(EXIT).index)


def shared(campaign: Campaign, table: ModelTable, today: date) -> list[Brief]:
    """Return the briefs with their share of the budget: their own wall, so that together they keep the campaign's.

    Shares go by what each film costs at most with a storyboard of the fewest clips, whatever was written since: a run
    later finds the same shares.

    Args:
        campaign: What is made.
        table: Prices and limits.
        today: Prices change.

    Raises:
        BadInput: A film cannot be made as asked, or all of them cost more than the budget; says both.
    """
    limit, most = campaign.budget_usd, []
    for brief in campaign.briefs:
        try:
            most.append(estimate(brief, assumed(brief, table), table, today, write=True).usd)
        except BadInput as refused:
            raise BadInput(f"{brief.production}: {refused}") from refused
    if sum(most) > limit:
        raise BadInput(
            f"the films cost up to ${sum(most):.2f} together, the campaign's budget is ${limit:.2f}; raise budget_usd "
            "or --budget, shorten them, or choose a cheaper camera"
        )
    whole = sum(most)
    return [
        brief.model_copy(update={"budget_usd": min(brief.budget_usd, round(limit * usd / whole, 6))})
        for brief, usd in zip(campaign.briefs, most, strict=True)
    ]


def film_of(vault: Vault, brief: Brief, state: Ending, message: str) -> Film:
    """Return how a film ended: its state from the run, the rest from the vault. Blocks."""
    name = brief.production
    manifest = latest_manifest(vault, name) if state in ("complete", "partial", "budget", "waiting") else None
    return Film(
        production=name,
        state=state,
        seconds=manifest.footage.seconds if manifest else 0,
        usd=spent_on(calls_of(vault, name), name),
        budget_usd=brief.budget_usd,
        master=vault.address(f"{cut_prefix(name, manifest.version)}master.mp4") if manifest else "",
        message=message[:1000],
    )


def rows(films: Sequence[Film]) -> list[dict[str, str | float]]:
    """Return a table of films."""
    return [
        {
            "production": film.production,
            "state": film.state,
            "seconds": film.seconds,
            "usd": round(film.usd, 2),
            "of": round(film.budget_usd, 2),
            "master": film.master,
        }
        for film in films
    ]
