"""Who works, through which door, and how much at once."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from onereel.adapters.connection import Connection
from onereel.adapters.omni import OmniCamera
from onereel.adapters.vaults import Shelf
from onereel.adapters.veo import VeoCamera
from onereel.brief import Brief
from onereel.casting import (
    budget_of,
    cast,
    connected,
    dated,
    stored_brief,
    stored_shots,
    surface_for,
    table_for,
    vault_for,
)
from onereel.company import Bound, Patience
from onereel.errors import BadInput
from onereel.media import write_noun
from onereel.models import MODELS, PROXY, ModelBound, Surface
from onereel.settings import Settings
from onereel.slate import brief_key
from tests.productions import DAY, OMNI, VEO, brief

TEXT = MODELS.writer("gemini-3.8-flash")


async def most_at_once(bound, calls):
    """Let so many calls race through a bound; return the most that were under way."""
    under_way, most = 0, 0

    async def call():
        nonlocal under_way, most
        async with bound.slot("a-model"):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.005)
            under_way -= 1

    await asyncio.gather(*(call() for _ in range(calls)))
    return most


@pytest.mark.parametrize("places", [1, 3, 100])
async def test_no_more_calls_are_under_way_than_there_are_places(places):
    assert await most_at_once(Bound(places, 1000), 20) == min(places, 20)


async def test_a_bound_shared_with_other_workers_is_kept_inside_ours():
    entered = []

    class Shared:
        @asynccontextmanager
        async def place(self, kind, model):
            entered.append((kind, model))
            yield

        async def start(self, model):
            entered.append(model)

        def expect(self, kind, model, most):
            entered.append(f"{kind} {model} expected, one of {most}")

    bound = Bound(2, 1000, "video", Shared())
    assert await most_at_once(bound, 5) == 2
    await bound.turn("a-model")
    bound.expect("a-model")
    assert entered == [("video", "a-model")] * 5 + ["a-model", "video a-model expected, one of 2"]
    async with bound.slot("a-model"), bound.slot("a-model"):
        entered.clear()
        bound.expect("a-model")  # there is no place for it here
    assert entered == []


async def test_what_an_answer_leads_to_is_prepared_before_anybody_looks_at_it():
    told = []
    bound = Bound(1, 1000, answered=lambda: told.append("answered"))

    async with bound.slot("a-model") as done:
        assert told == []
        await done()
        assert told == ["answered"]
    assert told == ["answered"]


async def test_a_model_may_have_narrower_bounds_than_its_kind():
    bound = Bound(10, 1000, models={"a-model": ModelBound(in_flight=2, per_minute=1)})

    assert await most_at_once(bound, 5) == 2
    await bound.turn("a-model")
    await asyncio.wait_for(bound.turn("another"), 5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bound.turn("a-model"), 0.1)


async def test_a_place_is_free_again_as_soon_as_the_studio_is_done():
    bound = Bound(1, 1000)

    async with bound.slot("a-model") as done:
        await done()
        async with asyncio.timeout(5), bound.slot("a-model"):
            pass


async def test_no_more_calls_start_in_a_minute_than_allowed():
    bound = Bound(10, 3)
    for _ in range(3):
        await asyncio.wait_for(bound.turn("a-model"), 5)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bound.turn("a-model"), 0.2)


def test_pauses_between_questions_grow_with_the_time_waited_within_bounds():
    patience = Patience()

    assert [patience.pause(waited) for waited in (0, 5, 100, 500)] == [1, 1, 2, 10]


def test_where_very_many_films_are_waited_for_each_is_asked_for_more_seldom():
    patience = Patience()

    assert [round(patience.spread(films), 2) for films in (1, 50, 250, 500, 1000)] == [0.02, 1.1, 7.5, 20, 30]


@pytest.mark.parametrize(
    ("camera", "player", "surface"),
    [(VEO, VeoCamera, Surface.AGENT_PLATFORM), (OMNI, OmniCamera, Surface.GEMINI_API)],
)
async def test_the_model_decides_who_films_and_through_which_door(hire, camera, player, surface):
    company = await hire(brief(video=camera))

    assert isinstance(company.camera, player)
    assert company.video_surface is surface


KEY = {"api_key": SecretStr("k")}
PROJECT = {"project": "p", "bearer": SecretStr("t")}


@pytest.mark.parametrize(
    ("connection", "surface"),
    [
        (Connection(**KEY), Surface.GEMINI_API),
        (Connection(**PROJECT), Surface.AGENT_PLATFORM),
        (Connection(**KEY, **PROJECT), Surface.GEMINI_API),
        (Connection(**KEY, **PROJECT, enterprise=True), Surface.AGENT_PLATFORM),
        (Connection(**KEY, **PROJECT, enterprise=False), Surface.GEMINI_API),
    ],
)
def test_a_model_on_both_doors_goes_through_the_one_preferred(connection, surface):
    assert surface_for(connection, TEXT) is surface


@pytest.mark.parametrize(
    ("connection", "model"),
    [
        (Connection(), TEXT),
        (Connection(**KEY), MODELS.camera(VEO)),
        (Connection(**PROJECT), MODELS.camera(OMNI)),
    ],
)
def test_a_model_behind_a_door_that_is_not_configured_is_refused_with_both_ways_on(connection, model):
    with pytest.raises(BadInput) as refused:
        surface_for(connection, model)

    assert model.id in str(refused.value)
    assert "GEMINI_API_KEY" in str(refused.value)
    assert "--rehearse" in str(refused.value)


async def test_without_any_way_to_google_nobody_is_hired_and_nothing_is_written(vault, tmp_path):
    with pytest.raises(BadInput):
        async with cast(brief(resolution="720p"), Settings(), Connection(), vault, rehearsal=False, share=None):
            pass

    assert not (tmp_path / "vault").exists()


@pytest.mark.parametrize("models", [{"video": "sora-2"}, {"image": "imagen-4.0-generate-001"}, {"text": "gpt-5"}])
async def test_a_model_that_is_unknown_or_retired_is_refused_before_anything_is_asked(hire, studio, models):
    with pytest.raises(BadInput, match="model"):
        await hire(brief(**models))

    assert studio.tally().accepted == dict.fromkeys(studio.tally().accepted, 0)


@pytest.mark.parametrize(("machine", "said", "limit"), [(None, 50, 50), (20.0, 50, 20), (80.0, 50, 50)])
def test_the_lower_of_the_briefs_and_the_machines_budget_counts(machine, said, limit):
    assert budget_of(Settings(budget_usd=machine), brief(budget_usd=said)) == limit


def test_rehearsals_are_kept_in_a_corner_of_the_vault(tmp_path):
    settings = Settings(vault=str(tmp_path))

    assert vault_for(settings, rehearsal=False).url == str(tmp_path)
    assert isinstance(vault_for(settings, rehearsal=True), Shelf)
    assert vault_for(settings, rehearsal=True).url == f"{tmp_path}/rehearsal"
    assert vault_for(settings, f"{tmp_path}/other", rehearsal=False).url.endswith("other")


def test_only_a_rehearsal_films_the_proxy():
    assert PROXY in table_for(Settings(), rehearsal=True).camera(VEO).limits.usd_per_second
    assert PROXY not in table_for(Settings(), rehearsal=False).camera(VEO).limits.usd_per_second


def test_a_rehearsal_brings_its_own_studio_and_leaves_nothing_running():
    with connected(MODELS, rehearsal=True) as connection:
        assert connection.gemini_url.startswith("http://127.0.0.1:")
        assert set(connection.surfaces) == set(Surface)


def test_a_date_in_the_idea_becomes_the_day_of_the_run():
    assert dated(brief(idea="News of {date}"), DAY).idea == "News of 10 November 2026"


def test_a_stored_brief_is_found_by_its_production(vault):
    write_noun(vault, brief_key("lighthouse"), brief())

    assert stored_brief(vault, "lighthouse") == brief()
    with pytest.raises(BadInput, match="no brief of a production 'harbour'; it has lighthouse"):
        stored_brief(vault, "harbour")


def test_a_stored_shot_list_is_read_by_its_key(vault):
    vault.write("lists/shots.csv", b"id,seconds,action\ns010,4,Waves\n", "text/csv")

    assert stored_shots(vault, "lists/shots.csv").shots[0].action == "Waves"
    with pytest.raises(BadInput, match=r"has no shot list 'lists/none\.csv'"):
        stored_shots(vault, "lists/none.csv")


def test_only_production_idea_and_length_are_required():
    assert {name for name, field in Brief.model_fields.items() if field.is_required()} == {"production", "idea", "seconds"}  # fmt: skip
