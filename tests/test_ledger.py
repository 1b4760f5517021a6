"""The ledger tells of every call once, adds up to what was spent, and is safe to open."""

import io
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from onereel.adapters.ledgers import COLUMNS, ledger_csv, ledger_parquet, table, write_ledger
from onereel.adapters.tables import read_csv
from onereel.budget import Budget
from onereel.calls import Goods, calls_of
from onereel.errors import Filtered
from onereel.footage import Media
from onereel.journal import Journal
from onereel.ledger import NO_SHOT, ledger
from onereel.plan import Purchase
from onereel.slate import shot_of
from tests.journal_worker import CLIP, DRAWING, GOODS, wanted
from tests.productions import TABLE, board, planned

FILM = Goods((Media.of(b"film", "mp4"),), usd=3.2, request_id="operations/1")
CLIP_WANTED = {"label": "clip lighthouse/s010/t01"}
RUN = "0d1c"
FORMULA = "=HYPERLINK(0)"


@pytest.fixture
async def filmed(vault):
    """A drawing settled, a clip collected, another filtered with words a spreadsheet would run."""
    journal = Journal(vault, TABLE, Budget(100), run=RUN)

    async def drawn():
        return GOODS

    async def ordered():
        return "operations/1"

    async def collected():
        for _ in range(7):
            journal.looked(ordered_clip)
        return FILM

    async def filtered():
        raise Filtered("no", reasons=(FORMULA,)).coded("58061214")

    await journal.buy(wanted(DRAWING, label="keyframe s010/opening"), drawn)
    ordered_clip = await journal.order(wanted(CLIP, **CLIP_WANTED), ordered)
    await journal.collect(ordered_clip, collected)
    other = wanted(CLIP.model_copy(update={"words": "Dawn"}), label="clip lighthouse/s020/t01")
    with pytest.raises(Filtered):
        await journal.order(other, filtered)
    return vault


def of(vault, production="lighthouse", purchases=()):
    return ledger(calls_of(vault, production), production, purchases)


def test_every_call_is_a_row_with_what_was_asked_and_what_it_came_to(filmed):
    drawing, clip, taken = of(filmed).entries

    assert (drawing.shot, drawing.kind, drawing.outcome, drawing.resolution) == ("s010", "image", "settled", "1K")
    assert (clip.shot, clip.take, clip.seconds, clip.resolution) == ("s010", "t01", 8, "720p")
    assert (clip.usd, clip.polls, clip.request_id) == (3.2, 7, "operations/1")
    assert (clip.surface, clip.model) == (CLIP.surface.value, CLIP.model)
    assert (taken.shot, taken.outcome, taken.usd, taken.reasons) == ("s020", "filtered", 0, FORMULA)
    assert (taken.failure_code, clip.failure_code) == ("58061214", "")
    assert taken.reserved_usd == pytest.approx(3.2)
    assert clip.latency >= 0
    assert clip.time <= datetime.now(UTC)


def test_a_run_tells_what_it_paid_from_what_it_reused(filmed):
    def payers(run):
        return {entry.paid for entry in ledger(calls_of(filmed, "lighthouse"), "lighthouse", run=run).entries}

    assert (payers(RUN), payers("0d1d"), payers("")) == ({"this run"}, {"an earlier run"}, {"here"})
    assert {entry.run for entry in of(filmed).entries} == {RUN}


def test_sums_add_up_to_what_was_spent(filmed):
    told = of(filmed)

    assert told.spent_usd == pytest.approx(3.2 + 0.13)
    for sums in (told.by_model, told.by_shot, told.by_day):
        assert sum(one.usd for one in sums) == pytest.approx(told.spent_usd)
        assert sum(one.calls for one in sums) == 3
    assert {one.name: one.usd for one in told.by_shot} == {"s010": pytest.approx(3.33), "s020": 0}


def test_estimate_and_actual_stand_side_by_side(filmed):
    found = planned(board({}, {}))

    told = of(filmed, purchases=found.purchases)

    assert told.estimated_usd == pytest.approx(found.usd)
    for sums in (told.by_model, told.by_shot):
        assert sum(one.estimated_usd for one in sums) == pytest.approx(found.usd)
    assert {one.name for one in told.by_shot} == {"s010", "s020"}


async def test_what_another_production_paid_is_a_row_and_no_cost(filmed):
    journal = Journal(filmed, TABLE, Budget(100))

    await journal.bought_before(wanted(CLIP, production="sequel"))

    (entry,) = of(filmed, "sequel").entries
    assert (entry.paid, entry.usd) == ("by lighthouse", 3.2)
    assert of(filmed, "sequel").spent_usd == 0
    assert sum(one.usd for one in of(filmed, "sequel").by_model) == 0


@pytest.mark.parametrize(
    ("label", "shot"),
    [
        ("clip lighthouse/s010/t01", "s010"),
        ("clip s010/s020/t11", "s020"),
        ("extension 2 s1000", "s1000"),
        ("keyframe s030/closing redrawn", "s030"),
        ("keyframe s030/opening candidate 2", "s030"),
        ("review lighthouse/s010/t01 extension 2", "s010"),
        ("softer words s020", "s020"),
        ("storyboard, asked again (2 of 3)", ""),
        ("character sheet s010", ""),
    ],
)
def test_the_shot_is_told_from_what_a_call_is_for(label, shot):
    assert shot_of(label) == shot


def test_what_serves_all_shots_is_summed_by_itself():
    storyboard = Purchase(what="storyboard", kind="text", model="writer", detail="", usd=0.3)

    (one,) = ledger([], "lighthouse", [storyboard]).by_shot

    assert (one.name, one.calls, one.estimated_usd) == (NO_SHOT, 0, 0.3)


def test_the_table_has_types_and_survives_parquet(filmed):
    frame = table(of(filmed))

    again = pd.read_parquet(io.BytesIO(ledger_parquet(of(filmed))))

    pd.testing.assert_frame_equal(again, frame, check_dtype=False)
    assert list(again.columns) == list(COLUMNS)
    assert str(again["usd"].dtype) == "float64"
    assert again["time"].iloc[0] - datetime.now(UTC) < timedelta(minutes=1)


def test_a_production_without_calls_has_an_empty_table_of_the_same_columns(vault):
    again = pd.read_parquet(io.BytesIO(ledger_parquet(of(vault))))

    assert (len(again), list(again.columns)) == (0, list(COLUMNS))


def test_no_cell_of_the_csv_is_run_as_a_formula_and_all_are_read_back(filmed, tmp_path):
    write_ledger(of(filmed), tmp_path / "ledger.csv")

    assert (tmp_path / "ledger.csv").read_bytes() == ledger_csv(of(filmed))
    assert f'"\'{FORMULA}"' in ledger_csv(of(filmed)).decode("utf-8-sig")
    heading, *rows = read_csv(tmp_path / "ledger.csv", COLUMNS)
    assert [row[heading.index("reasons")] for row in rows] == ["", "", FORMULA]
