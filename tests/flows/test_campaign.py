"""A campaign: several films, one budget, one summary."""

from datetime import UTC, datetime

import pytest
from prefect.states import Completed, Failed, Paused

from flows.campaign import campaign as make_campaign
from flows.campaign import ending
from onereel.adapters.campaigns import load_campaign
from onereel.adapters.folder import FolderVault
from onereel.campaigning import EXIT, Film, Summary, shared
from onereel.errors import BadInput
from onereel.models import MODELS, with_proxy

FILE = """
campaign: storms
budget_usd: 30
brief:
  production: storm
  idea: A storm passes over a lighthouse.
  seconds: 4
  resolution: 180p
  look: {palette: slate blue, lens: 35 mm}
  review: {keyframes: false, takes: false}
variants:
  - production: storm
  - {production: storm-warm, look: {palette: amber}}
"""


def campaign_of(folder, text=FILE):
    (folder / "campaign.yaml").write_text(text)
    return load_campaign(folder / "campaign.yaml", FolderVault(folder / "vault"))


def shares(campaign):
    return [brief.budget_usd for brief in shared(campaign, with_proxy(MODELS), datetime.now(UTC).date())]


async def test_every_variant_becomes_a_film_within_its_share_of_the_budget(prefect, vault, patience, tmp_path):
    asked = campaign_of(tmp_path)

    told = await (await make_campaign(asked, rehearse=True, return_state=True)).aresult()

    assert [(film.production, film.state, film.seconds) for film in told.films] == [
        ("storm", "complete", 4.0),
        ("storm-warm", "complete", 4.0),
    ]
    assert all((vault / "rehearsal").as_posix() in film.master for film in told.films)
    assert sum(film.budget_usd for film in told.films) == pytest.approx(30)
    assert 0 < told.usd < 30
    assert all(film.usd <= film.budget_usd for film in told.films)


def test_a_variant_changes_what_it_names_and_nothing_else(tmp_path):
    first, warm = campaign_of(tmp_path).briefs

    assert (warm.look.palette, warm.look.lens) == ("amber", "35 mm")
    assert warm.model_copy(update={"production": "storm", "look": first.look}) == first


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FILE.replace("storm-warm", "storm"), "two films are called 'storm'"),
        (FILE.replace("palette: amber", "colour: amber"), "film 2"),
        (FILE.replace("budget_usd: 30", "budget: 30"), "unknown"),
        ("campaign: c\nbudget_usd: 9\nproductions: [nothing]\n", "no brief of a production 'nothing'"),
        ("campaign: c\nbudget_usd: 9\nbrief: ../secret.yaml\n", "leads out of"),
    ],
)
def test_a_file_that_is_no_campaign_is_refused_with_the_film_and_the_field(tmp_path, text, told):
    with pytest.raises(BadInput, match=told):
        campaign_of(tmp_path, text)


def test_films_that_cost_more_together_than_the_campaign_has_are_refused_with_both_numbers(tmp_path):
    with pytest.raises(BadInput, match=r"cost up to \$\d+\.\d\d together, the campaign's budget is \$1\.00"):
        shares(campaign_of(tmp_path).model_copy(update={"budget_usd": 1.0}))


@pytest.mark.parametrize(
    ("state", "how", "code"),
    [
        (Completed(), "complete", 0),
        (Completed(name="Partial", message="Delivered with 1 slate"), "partial", 3),
        (Completed(name="Partial", message="Stopped by the budget at $3.00; delivered with 1 slate"), "budget", 4),
        (Completed(name="Delivered with 1 slate", message="Delivered with 1 slate"), "partial", 3),
        (
            Completed(
                name="Stopped by the budget at $3.00", message="Stopped by the budget at $3.00; delivered with 1 slate"
            ),
            "budget",
            4,
        ),
        (
            Completed(name="Waiting for approval: cut", message="Waiting for approval: cut; going on costs"),
            "waiting",
            5,
        ),
        (Paused(), "waiting", 5),
        (Failed(message="Flow run encountered an exception: BadInput: no such model"), "bad input", 2),
        (None, "failed", 1),
    ],
)
def test_a_campaign_ends_as_its_worst_film(state, how, code):
    films = (
        Film(production="a", state="complete", budget_usd=1),
        Film(production="b", state=ending(state), budget_usd=1),
    )
    worst = Summary(campaign="c", rehearsal=False, budget_usd=2, films=films).worst

    assert (worst, EXIT[worst]) == (how, code)
