"""Takes: ordered once, collected by whoever comes, looked at frame by frame, extended, and put on paper."""

import asyncio
import contextlib
import io
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from onereel.adapters.film import verify
from onereel.calls import calls_of
from onereel.drawing import draw_sheet
from onereel.errors import BudgetReached, Filtered, Gone, NoAnswer, OutcomeUnknown, Refused, StillFilming, StudioBusy
from onereel.filming import (
    Frames,
    base_of,
    bought,
    clip_order,
    collect_film,
    extend_order,
    order_film,
    read_looks,
    takes_of,
)
from onereel.ledger import ledger
from onereel.media import fetch, fetch_file, keep
from onereel.studio import StudioOptions, parse_fault, running
from onereel.takes import Looks
from tests.pictures_drawn import encoded, scene
from tests.productions import AT_ONCE, OMNI, VEO, board, brief, film, framed, keyframes, planned, setup_of

WORDS = {"filming": "words"}


@pytest.fixture
def ready(hire):
    """A company and a shot about to be filmed from words alone: ``company, setup = await ready(seconds=12)``."""

    async def prepare(at=None, frames=None, more=None, settings=None, **shot):
        said = {**WORDS, **(more or {})}
        story = board(shot)
        company = await hire(brief(**said), at=at, **(settings or {}))
        return company, setup_of(planned(story, **said), story, "s010", frames)

    return prepare


@pytest.fixture
def sees(vault, tmp_path):
    """Decode a film of the vault from end to end, and say what is in it."""
    return lambda media: verify(fetch_file(vault, media, tmp_path / "seen.mp4"))


async def test_a_take_opens_on_its_keyframe_and_follows_its_characters_where_the_camera_takes_both(hire, studio):
    said = {"video": OMNI, "characters": [{"name": "Mara", "description": "a keeper in yellow oilskin"}]}
    story, company = board({"characters": ["Mara"]}), await hire(brief(**said))
    found = planned(story, **said)
    stills = await keyframes(company, found)
    pictures = {"Mara": await draw_sheet(company, found, found.sheets[0])}
    setup = setup_of(found, story, "s010", framed(found, stills, "s010", pictures))
    order = clip_order(company, setup)
    take = await film(company, setup)

    assert order.opening == stills["s010/opening"].fitted
    assert [one.media for one in order.references] == [pictures["Mara"]]
    assert take.opening == order.opening
    assert studio.tally().illegal == 0
    alone = replace(setup, take=setup.take.model_copy(update={"guides": ()}))
    assert clip_order(company, alone).references == (), "another camera may take none"


def ends(vault):
    return [call.outcome.end for call in calls_of(vault, "lighthouse")]


async def ordered(company, setup):
    order = clip_order(company, setup)
    return order, await order_film(company, order, "clip s010")


@pytest.mark.parametrize("camera", [VEO, OMNI])
async def test_a_take_is_filmed_decoded_and_put_on_paper(ready, studio, sees, camera):
    company, setup = await ready(more={"video": camera})
    take = await film(company, setup)
    seen = sees(take.film)

    assert (seen.frames, seen.width, seen.height, seen.fps) == (96, 320, 180, 24)
    assert take.footage == seen
    assert take.findings == ()
    assert (take.slate, take.model, take.words) == ("lighthouse/s010/t01", camera, setup.take.words)
    assert take.usd == pytest.approx(setup.take.usd) == pytest.approx(studio.tally().total_usd)
    assert studio.tally().illegal == 0


async def test_a_clip_is_ordered_once_however_often_it_is_asked_for(ready, studio):
    company, setup = await ready()
    order = clip_order(company, setup)
    keys = await asyncio.gather(*(order_film(company, order, "clip") for _ in range(5)))

    assert len(set(keys)) == 1
    assert studio.tally().accepted["video"] == 1


async def test_a_clip_is_collected_by_another_company(ready, studio, vault):
    company, setup = await ready()
    order, key = await ordered(company, setup)
    later, _ = await ready()
    assert await bought(later, order, "clip") is None
    hop = await collect_film(later, order, await order_film(later, order, "clip"))

    assert hop.key == key
    assert await bought(company, order, "clip") == hop
    assert studio.tally().accepted["video"] == 1
    assert ends(vault) == ["settled"]


async def test_a_film_two_runs_wait_for_is_asked_for_and_downloaded_by_one_of_them(ready, studio, vault):
    first, setup = await ready()
    second, _ = await ready()
    order, key = await ordered(first, setup)
    hops = await asyncio.gather(*(collect_film(company, order, key) for company in (first, second)))

    assert hops[0] == hops[1]
    assert studio.tally().downloads == 1
    assert calls_of(vault, "lighthouse")[0].outcome.polls == studio.tally().polls


async def test_one_that_stops_collecting_leaves_the_film_to_the_other(ready, studio, vault):
    studio.plan.add(parse_fault("poll:1:delay:after=0.5"))
    first, setup = await ready()
    second, _ = await ready()
    order, key = await ordered(first, setup)
    stopped = asyncio.ensure_future(collect_film(first, order, key))
    await asyncio.sleep(0.2)
    waiting = asyncio.ensure_future(collect_film(second, order, key))
    await asyncio.sleep(0.2)
    stopped.cancel()

    assert (await waiting).seconds == setup.take.coverage.first


async def test_what_was_filmed_is_not_asked_for_again(ready, studio):
    company, setup = await ready()
    order, key = await ordered(company, setup)
    await collect_film(company, order, key)
    before = studio.tally()
    await collect_film(company, order, key)

    assert studio.tally() == before, "no poll and no download either"


async def test_questions_that_go_unanswered_are_free_and_asked_again(ready, studio, vault):
    for fault in ("poll:1:503", "poll:2:429:after=0.05", "poll:3:500", "poll:4:drop-after"):
        studio.plan.add(parse_fault(fault))
    company, setup = await ready()
    order, key = await ordered(company, setup)
    await collect_film(company, order, key)

    assert studio.tally().accepted["video"] == 1
    assert ends(vault) == ["settled"]
    assert calls_of(vault, "lighthouse")[0].outcome.polls >= 5


@pytest.mark.parametrize("camera", [VEO, OMNI])
@pytest.mark.parametrize("fault", ["truncated", "corrupt"])
async def test_a_download_that_arrives_broken_is_fetched_again(ready, studio, sees, camera, fault):
    studio.plan.add(parse_fault(f"download:1:{fault}"))
    company, setup = await ready(more={"video": camera})
    take = await film(company, setup)

    assert sees(take.film).frames == 96
    assert studio.tally().accepted["video"] == 1
    assert studio.tally().downloads >= 2


async def test_a_film_that_stays_broken_is_paid_kept_and_never_shown(ready, studio, vault):
    studio.plan.add(parse_fault("download:*:truncated"))
    company, setup = await ready()
    order, key = await ordered(company, setup)
    with pytest.raises(NoAnswer, match="clip s010"):
        await collect_film(company, order, key)

    assert ends(vault) == ["failed"]
    assert company.journal.budget.spent == pytest.approx(setup.take.usd)
    assert any(key.endswith(".mp4") for key in vault.keys("media/")), "a person may still want to look at it"


@pytest.mark.parametrize(("fault", "told"), [("wrong-size", "ordered was 320x180"), ("wrong-seconds", "ordered were 4 s")])  # fmt: skip
async def test_a_film_of_another_size_or_length_is_not_accepted(ready, studio, vault, fault, told):
    studio.plan.add(parse_fault(f"video:1:{fault}"))
    company, setup = await ready()
    order, key = await ordered(company, setup)
    with pytest.raises(NoAnswer, match=told):
        await collect_film(company, order, key)

    assert ends(vault) == ["failed"]


async def test_a_silent_film_is_kept_and_found_silent(ready, studio):
    studio.plan.add(parse_fault("video:1:silent"))
    company, setup = await ready()

    assert (await film(company, setup)).findings == ("no sound",)


async def test_a_film_ordered_without_sound_is_not_found_silent(ready, studio):
    company, setup = await ready(more={"sound": False})
    take = await film(company, setup)

    assert take.findings == ()
    assert take.usd == pytest.approx(studio.tally().total_usd)


@pytest.mark.parametrize("camera", [VEO, OMNI])
@pytest.mark.parametrize("returns", ["whole", "tail"])
async def test_an_extension_makes_the_film_as_long_as_planned_whatever_comes_back(ready, sees, vault, camera, returns):
    seconds = {VEO: 18, OMNI: 20}[camera]
    with running(StudioOptions(latency=AT_ONCE, extension_returns=returns)) as far:
        company, setup = await ready(at=far.url, more={"video": camera}, seconds=seconds)
        take = await film(company, setup)
        tally = far.tally()

    assert take.footage.frames == sees(take.film).frames == seconds * 24
    assert take.findings == ()
    assert [hop.returned for hop in take.hops] == ["whole", *[returns] * len(setup.take.coverage.extensions)]
    assert [sees(hop.film).frames for hop in take.hops] == [
        24 * sum(hop.seconds for hop in take.hops[:n]) for n in range(1, len(take.hops) + 1)
    ], "a stored film after every hop"
    assert take.usd == pytest.approx(setup.take.usd) == pytest.approx(tally.total_usd)
    assert tally.illegal == 0
    assert set(ends(vault)) == {"settled"}


async def test_each_extension_goes_on_from_the_film_before_it(ready):
    company, setup = await ready(seconds=18)
    take = await film(company, setup)
    orders = [call.intent.order for call in calls_of(company.vault, "lighthouse")][1:]

    assert [order.film for order in orders] == [before.film for before, _ in pairwise(take.hops)]
    assert [order.film_seconds for order in orders] == [4, 11]
    assert [order.words for order in orders] == list(setup.take.extension_words)


async def test_an_extended_film_is_resumed_hop_by_hop(ready, studio):
    company, setup = await ready(seconds=11)
    order, key = await ordered(company, setup)
    hops = (await collect_film(company, order, key),)
    await order_film(company, extend_order(company, setup, hops), "extension")
    later, _ = await ready(seconds=11)
    take = await film(later, setup)

    assert take.footage.frames == 11 * 24
    assert (studio.tally().accepted["video"], studio.tally().accepted["extension"]) == (1, 1)


async def test_a_take_opens_and_closes_on_its_keyframes(ready, vault):
    def keep_scene(seed):
        return keep(vault, encoded(scene(seed, (320, 180))), "png")

    ends_on = Frames(opening=keep_scene(1), closing=keep_scene(2))
    company, setup = await ready(frames=ends_on, opening="a", closing="b", more={"filming": "keyframes"})
    take = await film(company, setup)

    for wanted, seen, other in (
        (ends_on.opening, take.first_frame, ends_on.closing),
        (ends_on.closing, take.last_frame, ends_on.opening),
    ):
        assert far(vault, wanted, seen) < far(vault, other, seen) / 3
    assert (take.opening, take.closing) == (ends_on.opening, ends_on.closing)


def far(vault, one, other):
    """Mean difference of two pictures' pixels."""
    pixels = [np.asarray(Image.open(io.BytesIO(fetch(vault, media))).convert("L"), np.int16) for media in (one, other)]
    return np.abs(pixels[0] - pixels[1]).mean()


async def test_the_last_frame_is_the_films_last(ready, vault, tmp_path):
    company, setup = await ready()
    take = await film(company, setup)
    looks = await read_looks(company, take.hops[-1].looks)

    assert looks == Looks.model_validate_json(fetch(vault, take.hops[-1].looks))
    assert (looks.first, looks.last) == (take.first_frame, take.last_frame)
    assert far(vault, take.last_frame, take.first_frame) > 1, "the camera moved"
    assert len(take.thumbs) == 6


async def test_takes_are_numbered_and_never_overwritten(ready, studio, vault):
    company, setup = await ready()
    first = await film(company, setup)
    second = await film(company, setup_again(setup, sample=2, wish="w1"))

    assert [take.slate for take in takes_of(company, "s010")] == ["lighthouse/s010/t01", "lighthouse/s010/t02"]
    assert takes_of(company, "s010") == [first, second]
    assert (second.sample, second.wish) == (2, "w1")
    assert studio.tally().accepted["video"] == 2, "another sample is asked for on purpose"
    assert first.base == second.base == base_of(setup, clip_order(company, setup))


def setup_again(setup, **changed):
    return type(setup)(**{**vars(setup), **changed})


async def test_the_hundredth_take_comes_after_the_eleventh(ready):
    company, setup = await ready()
    take = await film(company, setup)
    prefix = "productions/lighthouse/shots/s010/takes"
    for number in (11, 100):
        paper = take.model_copy(update={"number": number, "slate": f"lighthouse/s010/t{number}"})
        company.vault.create(f"{prefix}/t{number}.json", paper.model_dump_json().encode(), "application/json")

    assert [take.number for take in takes_of(company, "s010")] == [1, 11, 100]


async def test_a_take_whose_words_change_is_another_take(ready):
    company, setup = await ready()
    _, other = await ready(action="Snow falls")

    assert base_of(setup, clip_order(company, setup)) != base_of(other, clip_order(company, other))


async def test_a_film_still_being_filmed_at_the_deadline_stays_collectable(ready, studio, vault):
    company, setup = await ready(settings={"deadline": 0.01})
    order, key = await ordered(company, setup)
    with pytest.raises(StillFilming, match="run the production again to collect it"):
        await collect_film(company, order, key)
    assert calls_of(vault, "lighthouse")[0].outcome is None
    assert company.journal.budget.reserved == {key: pytest.approx(setup.take.usd)}, "the promise stands"

    patient, _ = await ready()
    take = await film(patient, setup)

    assert take.footage.frames == 96
    assert studio.tally().accepted["video"] == 1
    assert patient.journal.budget.spent == pytest.approx(studio.tally().total_usd), "counted once"


@pytest.mark.parametrize("fault", ["429", "500", "503"])
async def test_an_order_refused_as_busy_costs_nothing_and_can_be_made_again(ready, studio, vault, fault):
    studio.plan.add(parse_fault(f"video:1:{fault}:after=0.2"))
    company, setup = await ready()
    with pytest.raises(StudioBusy) as busy:
        await ordered(company, setup)
    await asyncio.sleep(busy.value.after or 0)
    await ordered(company, setup)

    assert studio.tally().accepted["video"] == 1
    assert [call.outcome and call.outcome.end for call in calls_of(vault, "lighthouse")] == ["refused", None]


@pytest.mark.parametrize("fault", ["504", "drop-after"])
async def test_an_order_whose_answer_was_lost_is_never_made_again_by_itself(ready, studio, vault, fault):
    studio.plan.add(parse_fault(f"video:1:{fault}"))
    for _ in range(2):
        company, setup = await ready()
        with pytest.raises(OutcomeUnknown):
            await ordered(company, setup)

    assert studio.tally().accepted["video"] == 1
    assert ends(vault) == ["unknown"]
    assert company.journal.budget.spent == pytest.approx(studio.tally().total_usd)


@pytest.mark.parametrize(
    ("fault", "error", "end", "code"),
    [
        ("filtered:reason=violence", Filtered, "filtered", "filtered"),
        ("error-3", Refused, "failed", "3"),
        ("error-8", NoAnswer, "failed", "8"),
        ("error-13", NoAnswer, "failed", "13"),
        ("empty", NoAnswer, "failed", "empty"),
    ],
)
async def test_an_operation_that_ends_without_a_film_costs_nothing(ready, studio, vault, fault, error, end, code):
    studio.plan.add(parse_fault(f"video:1:{fault}"))
    company, setup = await ready()
    order, key = await ordered(company, setup)
    with pytest.raises(error):
        await collect_film(company, order, key)

    assert ends(vault) == [end]
    assert company.journal.budget.spent == studio.tally().total_usd == 0
    (entry,) = ledger(calls_of(vault, "lighthouse"), "lighthouse").entries
    assert entry.failure_code == code
    assert entry.polls >= 1
    with pytest.raises(error):
        await collect_film((await ready())[0], order, key)


@pytest.mark.parametrize(("camera", "kind"), [(VEO, "poll"), (OMNI, "download")])
@pytest.mark.parametrize("code", ["400", "403"])
async def test_no_answer_to_a_poll_or_a_download_writes_a_paid_film_off(ready, studio, vault, camera, kind, code):
    studio.plan.add(parse_fault(f"{kind}:*:{code}:times=5"))
    company, setup = await ready(more={"video": camera}, settings={"deadline": 3})
    company = replace(company, rehearsal=False)  # the studio outlives it, as Google does
    order, key = await ordered(company, setup)
    with contextlib.suppress(Gone, StillFilming):
        await collect_film(company, order, key)
    (first,) = calls_of(vault, "lighthouse")

    hop = await collect_film(company, order, key)

    assert first.outcome is None or first.outcome.end == "settled", "it stays open, and counts as spent"
    assert hop.usd == pytest.approx(studio.tally().total_usd)
    assert studio.tally().accepted["video"] == 1


async def test_a_clip_beyond_the_budget_is_not_ordered(ready, studio):
    company, setup = await ready(more={"budget_usd": 1.0})
    with pytest.raises(BudgetReached):
        await ordered(company, setup)

    assert studio.tally().accepted["video"] == 0


@pytest.mark.parametrize(
    ("camera", "seed", "negative", "people"), [(VEO, 7, "birds", "dont_allow"), (OMNI, None, "", "")]
)
async def test_a_camera_is_told_only_what_it_understands(ready, camera, seed, negative, people):
    said = {"video": camera, "seed": 7, "people": people or "auto"}
    company, setup = await ready(more=said, negative="birds", seconds=20)
    order = clip_order(company, setup)

    assert (order.seed, order.negative, order.people) == (seed, negative, people)
    assert order.sound
    assert ("birds" in order.words) == (camera == OMNI)
