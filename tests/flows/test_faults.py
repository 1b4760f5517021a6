"""Every documented fault, and a kill in every state: what becomes of the film, and of the bill.

The matrix is that of `benchmarks.chaos`.
"""

import pytest

from benchmarks.chaos import KILLS, MATRIX, ONE_CLIP, audit, delivered, play, staged, wanted
from onereel.errors import BadInput
from tests.flows.test_produce import FIRST_AND_LAST, MATCH, listed

SAID = ONE_CLIP.model_dump(exclude={"production", "idea", "resolution"})


@pytest.mark.parametrize("cell", MATRIX, ids=lambda cell: cell.name)
async def test_a_fault_is_paid_once_and_lost_never(make, studio, vault, cell):
    opened = studio(*cell.faults)

    first = await make(**SAID)
    had, after_first = delivered(vault), opened.tally()
    await make(**SAID)

    found = audit(vault, opened.tally())
    assert (had, delivered(vault)) == cell.film, first.message
    assert wanted(cell, found), found
    if cell.film != (False, True):
        assert opened.tally().accepted == after_first.accepted, "a second run asks nothing"


@pytest.fixture(scope="module")
def stage():
    with staged() as stage:
        yield stage


@pytest.mark.parametrize("cell", KILLS, ids=lambda cell: cell.name)
def test_a_worker_killed_in_any_state_is_paid_once_and_loses_nothing(stage, cell):
    result = play(stage, cell)

    assert result.first == "killed"
    assert result.as_expected, result


async def test_a_shot_list_that_breaks_rules_is_refused_before_anything_is_bought(make, studio, vault):
    opened = studio()

    state = await make(seconds=8, shots=listed(vault, [{**FIRST_AND_LAST, "closing": ""}, MATCH]))

    with pytest.raises(BadInput, match="s020: joins 'match', but s010 has no closing keyframe"):
        await state.aresult()
    assert sum(opened.tally().accepted.values()) == 0
