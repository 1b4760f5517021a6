"""Every documented fault: what becomes of the film, and of the bill. The matrix is that of `benchmarks.chaos`."""

import pytest

from benchmarks.chaos import MATRIX, ONE_CLIP, audit, delivered, wanted

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
