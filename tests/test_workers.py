"""Workers on one vault that is slow or fails: none asks what another asks, and nothing unasked counts as paid."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from onereel.adapters.folder import FolderVault
from onereel.budget import budget_for
from onereel.calls import Outcome, calls_of, entry_key, key_of, read_call, unknown_on
from onereel.errors import BadInput, Gone, StudioBusy, VaultError
from onereel.journal import Journal
from onereel.ledger import ledger
from onereel.losses import adopt, give_up
from onereel.media import keep_noun
from onereel.wall import walled_journal
from tests.journal_worker import CLIP, DRAWING, GOODS, wanted
from tests.productions import TABLE

DEADLINE = 1800.0


class Asked:
    """A studio that counts what it is asked."""

    def __init__(self, answer=GOODS):
        self.answer, self.count = answer, 0

    async def __call__(self):
        self.count += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class FailingVault(FolderVault):
    """Stores intents, and answers with an error, or late, as often as told; shut, it stores no operation."""

    failing, seconds, shut = 0, 0.0, False

    def create(self, key, data, content_type):
        if self.shut and key.endswith("submitted.json"):
            raise VaultError("no room")
        stored = super().create(key, data, content_type)
        if key.endswith("intended.json") and self.failing:
            self.failing -= 1
            time.sleep(self.seconds)
            if not self.seconds:
                raise VaultError("stored, and the answer was lost")
        return stored


@pytest.fixture
def vault(tmp_path):
    return FailingVault(tmp_path)


def journal_of(vault, **how):
    return Journal(vault, TABLE, budget_for(vault, "lighthouse", 100), **how)


def ends(vault, order):
    calls = (read_call(vault, key_of(order, attempt)) for attempt in (1, 2, 3))
    return [call.outcome.end if call.outcome else "open" for call in calls if call]


async def test_one_whose_intent_took_too_long_asks_under_a_new_one(vault):
    vault.failing, vault.seconds = 1, 0.6
    studio, run = Asked(), journal_of(vault, lease=1.0)
    await run.buy(wanted(DRAWING), studio)

    assert studio.count == 1
    assert ends(vault, DRAWING) == ["refused", "settled"]
    assert run.budget.spent == pytest.approx(GOODS.usd)


async def test_one_taken_for_dead_before_it_asked_does_not_ask_too(vault):
    vault.failing, vault.seconds = 1, 0.8
    late, studio = journal_of(vault, lease=1.0), Asked()
    buying = asyncio.ensure_future(late.buy(wanted(DRAWING), studio))
    await asyncio.sleep(0.3)
    taken_for_dead = Outcome(end="unknown", usd=0.1, at=datetime.now(UTC))
    keep_noun(vault, entry_key(key_of(DRAWING, 1), "unknown"), taken_for_dead)
    await journal_of(vault).buy(wanted(DRAWING), studio)
    await buying

    assert studio.count == 1
    assert ends(vault, DRAWING) == ["refused", "settled"]


async def test_an_intent_that_could_not_be_written_down_counts_for_nothing(vault):
    vault.failing = 1
    run, studio = journal_of(vault, write_again=()), Asked()
    with pytest.raises(VaultError):
        await run.buy(wanted(DRAWING), studio)

    assert studio.count == 0
    assert ends(vault, DRAWING) == ["refused"]
    assert run.budget.spent == 0


async def test_what_could_not_be_read_to_be_sent_was_not_asked_and_not_paid(vault):
    run = journal_of(vault)
    with pytest.raises(VaultError, match="the opening frame"):
        await run.order(wanted(CLIP), Asked(VaultError("the opening frame cannot be read")))
    call = await journal_of(vault).order(wanted(CLIP), Asked("operations/1"))

    assert (run.budget.spent, call.operation) == (0, "operations/1")
    assert ends(vault, CLIP) == ["refused", "open"]


async def test_a_worker_does_not_ask_before_the_delay_another_was_told(vault):
    studio = Asked()
    with pytest.raises(StudioBusy):
        await journal_of(vault).buy(wanted(DRAWING), Asked(StudioBusy("429", after=0.5).coded(429)))
    with pytest.raises(StudioBusy, match="left alone") as early:
        await journal_of(vault).buy(wanted(DRAWING), studio)
    await asyncio.sleep(early.value.after)
    await journal_of(vault).buy(wanted(DRAWING), studio)

    assert 0 < early.value.after <= 0.5
    assert early.value.code == "429"
    assert studio.count == 1


async def test_what_a_call_of_an_earlier_run_came_to_frees_what_was_promised_to_it(vault):
    limit = 3.5
    first = walled_journal(vault, TABLE, "lighthouse", limit, None, None)
    call = await first.order(wanted(CLIP), Asked("operations/1"))
    second = walled_journal(vault, TABLE, "lighthouse", limit, None, None)
    held = sum(second.budget.reserved.values())
    filtered = Outcome(end="filtered", usd=0, at=datetime.now(UTC))
    keep_noun(vault, entry_key(call.intent.key, "filtered"), filtered)
    another = CLIP.model_copy(update={"words": "A calm sea"})

    assert held == call.intent.usd > limit / 2
    assert (await second.order(wanted(another), Asked("operations/2"))).operation == "operations/2"


async def test_a_film_the_studio_does_not_know_is_told_as_unknown(vault):
    run = journal_of(vault)
    call = await run.order(wanted(CLIP), Asked("operations/1"))
    with pytest.raises(Gone):
        await run.collect(call, Asked(Gone("404")))
    calls = calls_of(vault, "lighthouse")

    assert unknown_on(calls, "lighthouse") == call.intent.usd
    (row,) = ledger(calls, "lighthouse").entries
    assert (row.outcome, row.usd) == ("unknown", call.intent.usd)


async def test_a_film_that_should_long_be_there_may_be_given_up_by_a_person_and_no_sooner(vault):
    call = await journal_of(vault).order(wanted(CLIP), Asked("operations/1"))

    assert give_up(vault, "lighthouse", "video", "a person", DEADLINE) == []
    assert [one.intent.key for one in give_up(vault, "lighthouse", "video", "a person", 0.0)] == [call.intent.key]
    again = await journal_of(vault).order(wanted(CLIP), Asked("operations/2"))
    assert again.operation == "operations/2"
    assert ends(vault, CLIP) == ["lost", "open"]


async def test_a_word_said_again_gives_up_what_it_had_not_come_to_and_nothing_asked_since(vault):
    second = CLIP.model_copy(update={"words": "A calm sea"})
    for order in (CLIP, second):
        with pytest.raises(RuntimeError):
            await journal_of(vault).order(wanted(order), Asked(RuntimeError("the line died")))
    (first, _) = calls_of(vault, "lighthouse")
    lost = first.outcome.model_copy(update={"end": "lost", "word": "run-1"})
    keep_noun(vault, entry_key(first.intent.key, "lost"), lost)  # and then the run was killed
    with pytest.raises(RuntimeError):
        await journal_of(vault).order(wanted(first.intent.order), Asked(RuntimeError("the line died")))

    given = give_up(vault, "lighthouse", "video", "run-1", DEADLINE)

    assert [call.intent.order for call in given] == [second if first.intent.order == CLIP else CLIP]


async def test_a_film_the_vault_would_not_write_down_is_collected_by_the_name_the_log_has(vault):
    run = journal_of(vault, write_again=())
    vault.shut = True
    with pytest.raises(VaultError, match="onereel reclaim lighthouse --of video --operation operations/1"):
        await run.order(wanted(CLIP), Asked("operations/1"))
    vault.shut = False
    adopt(vault, "lighthouse", "video", "operations/1")
    call = await journal_of(vault).order(wanted(CLIP), Asked("operations/2"))
    outcome = await journal_of(vault).collect(call, Asked(GOODS))

    assert (call.operation, outcome.end) == ("operations/1", "settled")
    with pytest.raises(BadInput, match="0 films of lighthouse for 'video' lack the name"):
        adopt(vault, "lighthouse", "video", "operations/1")


def test_nothing_can_be_given_up_that_was_never_asked(vault):
    with pytest.raises(BadInput, match="asked nothing for 's020'"):
        give_up(vault, "lighthouse", "s020", "a person", DEADLINE)
