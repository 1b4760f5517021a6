"""Nothing is paid twice, nothing paid is lost, and the budget is a wall."""

import asyncio
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from onereel.adapters.folder import FolderVault
from onereel.budget import Budget, budget_for
from onereel.calls import ENDS, Goods, Submitted, calls_of, entry_key, key_of, read_call, spent_on, unknown_on
from onereel.errors import (
    BadInput,
    BudgetReached,
    Corrupted,
    Filtered,
    Gone,
    NoAnswer,
    OutcomeUnknown,
    Refused,
    StillFilming,
    StudioBusy,
    VaultError,
)
from onereel.footage import Media
from onereel.journal import Journal
from onereel.media import keep_noun
from onereel.models import Surface
from onereel.orders import ExtendOrder, Labelled, TextOrder
from onereel.owners import is_dead
from onereel.policy import persist
from onereel.prices import price
from tests.journal_worker import CLIP, DRAWING, GOODS, wanted
from tests.productions import DAY, TABLE

ROOT = Path(__file__).parent.parent
PICTURE, OTHER = Media.of(b"picture", "png"), Media.of(b"other", "png")
FILM = Media.of(b"film", "mp4")
GUIDE = Labelled(media=PICTURE, label="Reference 1: Mara")
TEXT = TextOrder(
    surface=Surface.GEMINI_API, model="gemini-3.8-flash", words="Write", answer={"b": 1, "a": [2]}, thinking="low"
)
EXTENSION = ExtendOrder(
    surface=Surface.AGENT_PLATFORM,
    model="veo-3.1-generate-001",
    words="On",
    seconds=7,
    resolution="720p",
    aspect_ratio="16:9",
    film=FILM,
    film_seconds=8,
)
CLIP_USD = price(CLIP, TABLE, DAY)
DRAWING_USD = price(DRAWING, TABLE, DAY)


class Studio:
    """Answers as told, in turn, the last answer for good; counts how often it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = answers, 0

    async def __call__(self):
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        await asyncio.sleep(0.01)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def journal(vault):
    return Journal(vault, TABLE, Budget(100))


def another(vault, production="lighthouse", limit=100, **how):
    """The journal of another run, as a run begins."""
    return Journal(vault, TABLE, budget_for(vault, production, limit), **how)


def states(vault, order, attempt=1):
    return {Path(key).stem for key in vault.keys(f"journal/{key_of(order, attempt)[:2]}/{key_of(order, attempt)}/")}


def call_of(vault, order, attempt=1):
    return read_call(vault, key_of(order, attempt))


COMMON = {"model": "m", "words": "other", "sample": 2}
FILMED = {
    **COMMON,
    "surface": Surface.GEMINI_API,
    "seconds": 4,
    "resolution": "4k",
    "aspect_ratio": "9:16",
    "negative": "birds",
    "seed": 7,
    "sound": False,
    "people": "dont_allow",
}
ANOTHER_VALUE = {
    "text": (
        TEXT,
        {**COMMON, "surface": Surface.AGENT_PLATFORM, "answer": {"b": 1}, "thinking": "high", "most_tokens": 9},
    ),
    "image": (
        DRAWING,
        {
            **COMMON,
            "surface": Surface.AGENT_PLATFORM,
            "aspect_ratio": "9:16",
            "size": "2K",
            "references": (GUIDE,),
            "canvas": PICTURE,
            "history": FILM,
            "thinking": "high",
            "grounding": True,
            "seed": 7,
        },
    ),
    "video": (CLIP, {**FILMED, "opening": PICTURE, "closing": OTHER, "references": (GUIDE,)}),
    "extension": (EXTENSION, {**FILMED, "film": PICTURE, "film_seconds": 15.0, "previous": "operations/1"}),
}
"""For every field of every order a value that asks for something else."""


@pytest.mark.parametrize("kind", ANOTHER_VALUE)
def test_every_field_of_an_order_is_in_its_key(kind):
    order, others = ANOTHER_VALUE[kind]
    keys = [key_of(order.model_copy(update={field: value}), 1) for field, value in others.items()]

    # A new field fails here until somebody has thought about whether it changes what comes back.
    assert set(others) == set(type(order).model_fields) - {"kind"}
    assert len({key_of(order, 1), *keys}) == len(keys) + 1


def test_what_references_are_called_and_their_order_is_in_the_key():
    sea, sky = (Labelled(media=OTHER, label=f"Reference 2: {name}") for name in ("sea", "sky"))
    ways = ((GUIDE, sea), (sea, GUIDE), (GUIDE, sky))

    assert len({key_of(DRAWING.model_copy(update={"references": way}), 1) for way in ways}) == 3


@pytest.mark.parametrize(
    ("order", "attempt", "key"),
    [
        (TEXT, 1, "6df608989d41320691c04cb04b48cb9066e60f843e7e73bca1380ca878eff694"),
        (DRAWING, 1, "c41a271a937f2464a57f8a536509bbf3159f162dfe666f600f6501445285dc6d"),
        (CLIP, 1, "9c6e1ae99fcc0c628522fdbd97086592407aa597fb0a420dfaa28d617738324a"),
        (CLIP, 2, "dcfad6957492a31d131c75c1231cb45a73beb503588e4730451ab95b64177d9d"),
        (EXTENSION, 1, "e8f075bcb4c7a9200528f610ae7fa383a2a8debe70383c8ef1a480bb2a153a9e"),
    ],
)
def test_the_key_of_an_order_stays_or_everything_would_be_bought_again(order, attempt, key):
    assert key_of(order, attempt) == key


def test_a_schema_written_in_another_order_is_the_same_order():
    assert key_of(TEXT, 1) == key_of(TEXT.model_copy(update={"answer": {"a": [2], "b": 1}}), 1)


async def test_what_was_bought_is_not_bought_again(journal, vault):
    studio = Studio(GOODS)
    first = await journal.buy(wanted(DRAWING), studio)

    assert await journal.buy(wanted(DRAWING), studio) == first
    assert await another(vault).buy(wanted(DRAWING), studio) == first
    assert studio.asked == 1
    assert states(vault, DRAWING) == {"intended", "settled"}


async def test_another_sample_of_the_same_request_is_bought_on_purpose(journal):
    studio = Studio(GOODS)
    for sample in (1, 2):
        await journal.buy(wanted(DRAWING.model_copy(update={"sample": sample})), studio)

    assert studio.asked == 2


async def test_two_productions_share_what_is_the_same_and_the_first_one_pays(journal, vault):
    studio = Studio(GOODS)
    await journal.buy(wanted(DRAWING), studio)
    other = another(vault, "harbour")
    await other.buy(wanted(DRAWING, production="harbour"), studio)
    calls = calls_of(vault, "harbour")

    assert studio.asked == 1
    assert len(calls) == 1, "the second one's ledger names the call too"
    assert (spent_on(calls, "harbour"), spent_on(calls, "lighthouse")) == (0, GOODS.usd)
    assert (other.bought, other.budget.spent) == ([], 0)


async def test_an_entry_is_written_before_the_request_and_says_what_it_may_cost(journal, vault):
    seen = []

    async def look():
        seen.append(call_of(vault, DRAWING))
        return GOODS

    await journal.buy(wanted(DRAWING), look)

    assert seen[0].outcome is None
    assert seen[0].intent.order == DRAWING
    assert seen[0].intent.usd == DRAWING_USD


async def test_an_ordered_clip_is_collected_by_anyone_who_comes_later(journal, vault):
    studio = Studio("operations/1")
    await journal.order(wanted(CLIP), studio)
    later = another(vault)
    call = await later.order(wanted(CLIP), studio)
    outcome = await later.collect(call, Studio(Goods((FILM,), CLIP_USD)))

    assert studio.asked == 1
    assert call.operation == "operations/1"
    assert outcome.media == (FILM,)
    assert states(vault, CLIP) == {"intended", "submitted", "settled"}


async def test_a_clip_another_production_ordered_is_collected_and_not_counted_here(journal, vault):
    await journal.order(wanted(CLIP), Studio("operations/1"))
    other = another(vault, "harbour")
    call = await other.order(wanted(CLIP, production="harbour"), Studio("operations/2"))
    await other.collect(call, Studio(Goods((FILM,), CLIP_USD)))

    assert (other.budget.spent, other.bought) == (0, [])
    assert another(vault).budget.spent == CLIP_USD


@pytest.mark.parametrize("fault", [StudioBusy("download"), StillFilming("deadline"), VaultError("disk")])
async def test_a_collection_that_fails_leaves_the_operation_collectable(journal, vault, fault):
    call = await journal.order(wanted(CLIP), Studio("operations/1"))
    with pytest.raises(type(fault)):
        await journal.collect(call, Studio(fault))

    assert states(vault, CLIP) == {"intended", "submitted"}
    assert (await another(vault).find(CLIP)).operation == "operations/1"


ENDINGS = [
    (StudioBusy("429"), "refused", 0.0),
    (Refused("400"), "refused", 0.0),
    (BadInput("nothing was sent"), "refused", 0.0),
    (Filtered("no", reasons=("violence",)), "filtered", 0.0),
    (NoAnswer("text only", usd=0.01), "failed", 0.01),
    (OutcomeUnknown("the line died"), "unknown", DRAWING_USD),
    (VaultError("nothing to send"), "refused", 0.0),
    (RuntimeError("a bug of ours"), "unknown", DRAWING_USD),
]


@pytest.mark.parametrize(("fault", "end", "usd"), ENDINGS, ids=lambda value: getattr(value, "args", [value])[0])
async def test_every_way_a_call_can_end_is_written_down_with_what_it_cost(journal, vault, fault, end, usd):
    with pytest.raises(type(fault)):
        await journal.buy(wanted(DRAWING), Studio(fault))
    outcome = call_of(vault, DRAWING).outcome

    assert (outcome.end, outcome.usd) == (end, usd)
    assert journal.budget.spent == pytest.approx(usd)
    assert not journal.budget.reserved
    assert spent_on(calls_of(vault, "lighthouse"), "lighthouse") == pytest.approx(usd)


def test_every_end_there_is_was_seen_here():
    assert {end for _, end, _ in ENDINGS} | {"settled", "lost"} == set(ENDS)


@pytest.mark.parametrize(
    ("fault", "end", "usd"),
    [(Filtered("no"), "filtered", 0), (NoAnswer("broken", usd=3.2), "failed", 3.2), (Refused("code 3"), "failed", 0)],
)
async def test_every_way_an_operation_can_end_is_written_down(journal, vault, fault, end, usd):
    call = await journal.order(wanted(CLIP), Studio("operations/1"))
    with pytest.raises(type(fault)):
        await journal.collect(call, Studio(fault))

    assert (call_of(vault, CLIP).outcome.end, journal.budget.spent) == (end, usd)


async def test_a_busy_studio_is_asked_again_and_nothing_is_lost(journal, vault):
    studio = Studio(StudioBusy("429"), StudioBusy("503"), GOODS)
    for _ in range(2):
        with pytest.raises(StudioBusy):
            await journal.buy(wanted(DRAWING), studio)
    await journal.buy(wanted(DRAWING), studio)

    assert [call_of(vault, DRAWING, attempt).outcome.end for attempt in (1, 2, 3)] == ["refused", "refused", "settled"]
    assert journal.bought == [("image", GOODS.usd)]
    assert journal.budget.spent == GOODS.usd


async def test_a_random_filter_is_tried_again_as_often_as_the_policy_says(journal, vault):
    studio = Studio(Filtered("audio", reasons=("audio",), random=True))
    with pytest.raises(Filtered, match="audio"):
        await persist(lambda: journal.order(wanted(CLIP, filtered_tries=2), studio))
    with pytest.raises(Filtered):
        await persist(lambda: another(vault).order(wanted(CLIP, filtered_tries=2), studio))

    assert studio.asked == 3, "once, and twice more, over all runs"
    assert journal.budget.spent == 0


async def test_a_filter_that_is_not_random_is_not_asked_again_by_any_run(journal, vault):
    studio = Studio(Filtered("no", reasons=("violence",)), "operations/1")
    for run in (journal, another(vault)):
        with pytest.raises(Filtered) as refused:
            await persist(lambda run=run: run.order(wanted(CLIP), studio))

    assert studio.asked == 1
    assert refused.value.reasons == ("violence",), "the vendor's reason, word for word"


async def test_an_empty_answer_is_asked_for_once_more(journal):
    studio = Studio(NoAnswer("text only", usd=0.01), GOODS)
    await persist(lambda: journal.buy(wanted(DRAWING), studio))

    assert studio.asked == 2
    assert journal.budget.spent == pytest.approx(0.01 + GOODS.usd)


async def test_an_image_whose_answer_was_lost_is_paid_once_more(journal, vault):
    studio = Studio(OutcomeUnknown("the line died"))
    with pytest.raises(OutcomeUnknown):
        await persist(lambda: journal.buy(wanted(DRAWING), studio))
    with pytest.raises(OutcomeUnknown):
        await persist(lambda: another(vault).buy(wanted(DRAWING), studio))

    assert studio.asked == 2
    assert unknown_on(calls_of(vault, "lighthouse"), "lighthouse") == pytest.approx(2 * DRAWING_USD)


async def test_a_clip_whose_answer_was_lost_is_never_paid_again_without_a_person(journal, vault):
    studio = Studio(OutcomeUnknown("the line died"))
    for run in (journal, another(vault)):
        with pytest.raises(OutcomeUnknown, match="the line died"):
            await persist(lambda run=run: run.order(wanted(CLIP), studio))

    assert studio.asked == 1
    assert unknown_on(calls_of(vault, "lighthouse"), "lighthouse") == CLIP_USD


async def test_a_call_dearer_than_the_policy_pays_twice_is_not_repaid(journal):
    studio = Studio(OutcomeUnknown("the line died"))
    with pytest.raises(OutcomeUnknown):
        await persist(lambda: journal.buy(wanted(DRAWING, repay_up_to_usd=DRAWING_USD - 0.01), studio))

    assert studio.asked == 1


async def test_two_coroutines_that_want_the_same_order_it_once(journal):
    studio = Studio(GOODS)
    outcomes = await asyncio.gather(*(journal.buy(wanted(DRAWING), studio) for _ in range(10)))

    assert studio.asked == 1
    assert len({outcome.media for outcome in outcomes}) == 1


async def test_two_runs_in_one_process_that_want_the_same_order_it_once(vault):
    studio = Studio(GOODS)
    await asyncio.gather(*(another(vault).buy(wanted(DRAWING), studio) for _ in range(5)))

    assert studio.asked == 1


def working(vault, kind, asked, *more):
    command = [sys.executable, "-m", "tests.journal_worker", vault.url, kind, str(asked), *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def asked(tmp_path):
    folder = tmp_path / "asked"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("kind", ["image", "clip"])
def test_two_processes_that_want_the_same_order_it_once(vault, asked, kind):
    workers = [working(vault, kind, asked) for _ in range(2)]
    told = [worker.communicate(timeout=60) for worker in workers]

    assert [worker.returncode for worker in workers] == [0, 0], told
    assert len(list(asked.iterdir())) == 1
    assert told[0] == told[1]


@pytest.fixture
def killed(vault, asked):
    """Kill a worker after its request left and before it heard the answer; nobody waits for it yet."""
    workers = []

    def kill(kind):
        worker = working(vault, kind, asked, "STAY")
        workers.append(worker)
        while not any(asked.iterdir()):
            assert worker.poll() is None, worker.communicate()
            time.sleep(0.02)
        worker.kill()

    yield kill
    for worker in workers:
        worker.communicate()


async def test_an_image_whose_worker_was_killed_is_unknown_and_paid_once_more(vault, killed):
    killed("image")
    studio, run = Studio(GOODS), another(vault)
    await asyncio.wait_for(run.buy(wanted(DRAWING), studio), 20)

    assert [call_of(vault, DRAWING, attempt).outcome.end for attempt in (1, 2)] == ["unknown", "settled"]
    assert run.budget.spent == pytest.approx(DRAWING_USD + GOODS.usd)
    assert run.bought == [("image", GOODS.usd)], "what the dead worker asked was not asked by this run"


async def test_a_clip_whose_worker_was_killed_is_unknown_and_not_paid_again(vault, killed):
    killed("clip")
    studio, run = Studio("operations/2"), another(vault)
    with pytest.raises(OutcomeUnknown, match="the worker that asked died"):
        await asyncio.wait_for(run.order(wanted(CLIP), studio), 20)

    assert studio.asked == 0
    assert run.budget.spent == pytest.approx(CLIP_USD)
    assert call_of(vault, CLIP).outcome.end == "unknown"


def intend(vault, order, *, until):
    """Leave an entry as a worker on another machine does before it asks."""
    intent = Journal(vault, TABLE, Budget(100))._intent(wanted(order), key_of(order, 1), 1)
    keep_noun(vault, entry_key(intent.key, "intended"), intent.model_copy(update={"host": "elsewhere", "until": until}))


async def test_a_worker_elsewhere_is_waited_for_as_long_as_its_lease(vault, journal):
    intend(vault, DRAWING, until=datetime.now(UTC) + timedelta(seconds=1.5))
    studio = Studio(GOODS)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(journal.buy(wanted(DRAWING), studio), 0.25)
    assert studio.asked == 0
    await journal.buy(wanted(DRAWING), studio)

    assert studio.asked == 1
    assert call_of(vault, DRAWING).outcome.end == "unknown"


async def test_a_worker_taken_for_dead_too_early_loses_nothing(vault, journal):
    intend(vault, CLIP, until=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(OutcomeUnknown):
        await journal.order(wanted(CLIP), Studio("operations/2"))
    keep_noun(vault, entry_key(key_of(CLIP, 1), "submitted"), Submitted(operation="operations/1", at=datetime.now(UTC)))
    call = await journal.order(wanted(CLIP), Studio("operations/2"))

    assert call.operation == "operations/1"


async def stopped(run, vault, studio):
    """Stop a run while its request is under way."""
    asking = asyncio.ensure_future(run.order(wanted(CLIP), studio))
    while "intended" not in states(vault, CLIP):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.02)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


def answering(seconds, answer="operations/1"):
    async def answer_late():
        await asyncio.sleep(seconds)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return answer_late


async def test_a_run_stopped_while_asking_still_hears_the_answer_and_writes_it_down(vault):
    await stopped(another(vault), vault, answering(0.3))

    assert call_of(vault, CLIP).operation == "operations/1"


async def test_a_run_stopped_while_asking_still_hears_a_refusal(vault):
    run = another(vault)
    await stopped(run, vault, answering(0.3, StudioBusy("429")))

    assert call_of(vault, CLIP).outcome.end == "refused"
    assert (run.budget.spent, run.budget.reserved) == (0, {})


async def test_a_run_stopped_while_asking_waits_no_longer_than_its_grace(vault):
    run = another(vault, grace=0.1)
    began = time.monotonic()
    await stopped(run, vault, answering(60))

    assert time.monotonic() - began < 5
    assert call_of(vault, CLIP).outcome.end == "unknown"
    assert run.budget.spent == pytest.approx(CLIP_USD)


async def test_a_run_stopped_twice_waits_no_more(vault):
    asking = asyncio.ensure_future(another(vault).order(wanted(CLIP), answering(60)))
    while "intended" not in states(vault, CLIP):
        await asyncio.sleep(0.01)
    for _ in range(2):
        await asyncio.sleep(0.05)
        asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asking, 5)

    assert call_of(vault, CLIP).outcome.end == "unknown"


def test_a_loop_that_ends_as_by_sigterm_still_hears_the_answer(vault):
    """Prefect raises its TerminationSignal out of the loop, and whoever runs the loop then stops every task."""

    async def terminated():
        asking = asyncio.ensure_future(another(vault).order(wanted(CLIP), answering(0.3)))
        while "intended" not in states(vault, CLIP):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.02)
        assert not asking.done()
        raise SystemExit(15)

    with pytest.raises(SystemExit):
        asyncio.run(terminated())

    assert call_of(vault, CLIP).operation == "operations/1"


async def test_whoever_asks_for_long_keeps_its_lease(vault):
    asking = asyncio.ensure_future(another(vault, lease=2).order(wanted(CLIP), answering(2.5)))
    await asyncio.sleep(2.3)
    call = call_of(vault, CLIP)
    await asking

    assert not is_dead(call.intent.model_copy(update={"host": "elsewhere"}))
    assert call.intent.until > call.intent.at + timedelta(seconds=2)


async def test_a_worker_elsewhere_that_died_is_known_for_dead_a_minute_later(vault):
    await another(vault).order(wanted(CLIP), Studio("operations/1"))
    intent = call_of(vault, CLIP).intent

    assert (intent.until - intent.at).total_seconds() == 60


async def test_a_charged_answer_without_the_goods_is_asked_for_once_more_over_all_runs(vault):
    studio = Studio(NoAnswer("text only", usd=0.01))
    for _ in range(3):
        with pytest.raises(NoAnswer, match="text only"):
            await persist(lambda: another(vault).buy(wanted(DRAWING), studio))

    assert studio.asked == 2


async def test_a_clip_that_was_charged_and_is_no_good_is_not_ordered_again(vault):
    for _ in range(2):
        run, studio = another(vault), Studio("operations/1")
        with pytest.raises(NoAnswer, match="160x90"):
            await persist(lambda run=run, studio=studio: collected(run, studio, NoAnswer("is 160x90", usd=CLIP_USD)))

    assert studio.asked == 0
    assert run.budget.spent == pytest.approx(CLIP_USD)


async def test_a_clip_that_failed_for_nothing_is_ordered_once_more_by_every_run(vault):
    studio = Studio("operations/1")
    for _ in range(2):
        run = another(vault)
        with pytest.raises(NoAnswer):
            await persist(lambda run=run: collected(run, studio, NoAnswer("code 13")))

    assert studio.asked == 4
    assert run.budget.spent == 0


async def collected(run, studio, answer):
    call = await run.order(wanted(CLIP), studio)
    return await run.collect(call, Studio(answer))


async def test_an_operation_the_studio_does_not_know_is_neither_ended_nor_ordered_again(vault):
    studio = Studio("operations/1", "operations/2")
    for _ in range(2):
        run = another(vault)
        with pytest.raises(Gone):
            await collected(run, studio, Gone("404"))

    assert studio.asked == 1
    assert states(vault, CLIP) == {"intended", "submitted", "unknown"}
    assert run.budget.reserved == {key_of(CLIP, 1): CLIP_USD}


async def test_an_answer_is_written_down_as_soon_as_the_vault_is_back(vault, tmp_path):
    folder = Path(vault.url) / f"journal/{key_of(CLIP, 1)[:2]}/{key_of(CLIP, 1)}"

    async def lose_the_vault_for_a_moment():
        folder.rename(tmp_path / "away")
        folder.touch()
        asyncio.get_running_loop().call_later(0.3, back)
        return "operations/1"

    def back():
        folder.unlink()
        shutil.move(tmp_path / "away", folder)

    await another(vault).order(wanted(CLIP), lose_the_vault_for_a_moment)

    assert call_of(vault, CLIP).operation == "operations/1"


async def test_a_run_stopped_while_waiting_for_its_turn_has_asked_nothing(journal, vault):
    waiting = asyncio.ensure_future(journal.order(wanted(CLIP), Studio("operations/1"), turn=lambda: asyncio.sleep(60)))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert states(vault, CLIP) == set()
    assert (journal.budget.spent, journal.budget.reserved) == (0, {})
    assert (await another(vault).order(wanted(CLIP), Studio("operations/1"))).operation == "operations/1"


async def test_a_run_stopped_at_any_instant_leaves_nothing_that_others_wait_for(vault):
    for instant in range(12):
        order = CLIP.model_copy(update={"seed": instant})
        run = another(vault)
        asking = asyncio.ensure_future(run.order(wanted(order), Studio("operations/1")))
        await asyncio.sleep(instant / 1000)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        call = call_of(vault, order)

        assert call is None or call.operation or call.outcome.end in ("unknown", "refused")
        assert call is None or call.operation or call.intent.key not in run.budget.reserved


async def test_what_cannot_be_written_down_still_counts(vault, tmp_path):
    run, folder = (
        another(vault, write_again=(0.01,)),
        Path(vault.url) / f"journal/{key_of(DRAWING, 1)[:2]}/{key_of(DRAWING, 1)}",
    )

    async def lose_the_vault():
        folder.rename(tmp_path / "away")
        folder.touch()  # a file where the entries were: nothing can be stored there
        return GOODS

    with pytest.raises(VaultError):
        await run.buy(wanted(DRAWING), lose_the_vault)
    folder.unlink()
    shutil.move(tmp_path / "away", folder)

    assert states(vault, DRAWING) == {"intended"}
    assert run.budget.reserved == {key_of(DRAWING, 1): DRAWING_USD}
    assert another(vault).budget.reserved == {key_of(DRAWING, 1): DRAWING_USD}


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff\xfe", b'{"end": "free"}'])
@pytest.mark.parametrize("entry", ["intended", "settled"])
async def test_an_entry_nobody_can_read_stops_everything_rather_than_pay_again(journal, vault, entry, damage):
    await journal.buy(wanted(DRAWING), Studio(GOODS))
    vault.write(entry_key(key_of(DRAWING, 1), entry), damage, "application/json")
    studio = Studio(GOODS)

    with pytest.raises(Corrupted):
        await another_journal(vault).buy(wanted(DRAWING), studio)
    with pytest.raises(Corrupted):
        another(vault)
    assert studio.asked == 0


def another_journal(vault):
    return Journal(vault, TABLE, Budget(100))


async def test_a_call_that_would_go_over_the_budget_is_not_made(vault):
    run, studio = another(vault, limit=CLIP_USD - 0.01), Studio("operations/1")
    with pytest.raises(BudgetReached, match=r"clip s010 may cost \$3.20; \$0.00 is spent .* of the \$3.19 budget"):
        await run.order(wanted(CLIP, label="clip s010"), studio)

    assert studio.asked == 0
    assert states(vault, CLIP) == set()


async def test_what_is_promised_counts_until_it_is_known(vault):
    run = another(vault, limit=2 * CLIP_USD)
    call = await run.order(wanted(CLIP), Studio("operations/1"))

    assert run.budget.reserved == {call.intent.key: CLIP_USD}
    await run.collect(call, Studio(Goods((FILM,), 1.0)))
    assert (run.budget.reserved, run.budget.spent) == ({}, 1.0)


async def test_a_refusal_gives_its_promise_back(vault):
    run, studio = another(vault, limit=CLIP_USD), Studio(StudioBusy("429"), "operations/1")
    with pytest.raises(StudioBusy):
        await run.order(wanted(CLIP), studio)

    assert (await run.order(wanted(CLIP), studio)).operation


async def test_fifty_tasks_racing_for_ten_places_get_ten(vault):
    run, promised = another(vault, limit=10 * CLIP_USD + 0.01), []

    async def ask():
        promised.append(run.budget.spent + sum(run.budget.reserved.values()))
        await asyncio.sleep(0.02)
        return "operations/1"

    orders = [CLIP.model_copy(update={"seed": seed}) for seed in range(50)]
    ends = await asyncio.gather(*(run.order(wanted(order), ask) for order in orders), return_exceptions=True)

    assert sum(isinstance(end, BudgetReached) for end in ends) == 40
    assert len(promised) == 10
    assert max(promised) <= run.budget.limit


async def test_the_budget_holds_over_runs_and_counts_nothing_twice(vault):
    first = another(vault, limit=3 * CLIP_USD)
    await first.buy(wanted(DRAWING), Studio(GOODS))
    await first.order(wanted(CLIP), Studio("operations/1"))
    second = another(vault, limit=GOODS.usd + 2 * CLIP_USD)
    call = await second.order(wanted(CLIP), Studio("operations/2"))
    await second.collect(call, Studio(Goods((FILM,), CLIP_USD)))

    assert second.budget.spent == pytest.approx(GOODS.usd + CLIP_USD)
    await second.order(wanted(CLIP.model_copy(update={"sample": 2})), Studio("operations/3"))
    with pytest.raises(BudgetReached):
        await second.order(wanted(CLIP.model_copy(update={"sample": 3})), Studio("operations/4"))


async def test_a_run_counts_the_calls_it_made_and_no_others(vault):
    first = another(vault)
    await first.order(wanted(CLIP), Studio("operations/1"))
    second = another(vault)
    await second.collect(await second.order(wanted(CLIP), Studio("operations/2")), Studio(Goods((FILM,), CLIP_USD)))
    with pytest.raises(StudioBusy):
        await second.buy(wanted(DRAWING), Studio(StudioBusy("429")))

    assert first.bought == [("video", CLIP_USD)], "ordered, though somebody else collected it"
    assert second.bought == []


def test_a_vault_that_keeps_no_calls_has_spent_nothing(vault):
    assert calls_of(vault, "lighthouse") == []
    assert budget_for(vault, "lighthouse", 5) == Budget(5)
    assert read_call(FolderVault(vault.url), "ab" * 32) is None


async def test_an_intent_that_was_stored_though_its_vault_failed_is_asked(vault, tmp_path):
    order, folder = DRAWING, Path(vault.url) / f"journal/{key_of(DRAWING, 1)[:2]}"
    folder.mkdir(parents=True)
    run = another(vault, write_again=(0.5,))
    shut = tmp_path / "shut"
    folder.rename(shut)
    folder.touch()  # nothing can be stored there

    buying = asyncio.ensure_future(run.buy(wanted(order), Studio(GOODS)))
    await asyncio.sleep(0.2)
    folder.unlink()
    shut.rename(folder)

    assert (await buying).end == "settled"
    assert run.bought == [("image", GOODS.usd)]
