"""Comparing models: the same prompts for each, numbers beside pictures, and nothing paid twice."""

import csv
import math
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.compare import compare
from onereel.adapters.comparison_sheet import comparison_sheet
from onereel.comparing import Asked, trials
from onereel.comparison import Comparison, Line, Sample
from onereel.errors import BadInput
from onereel.models import MODELS, PROXY, with_proxy

PAINTERS = ["gemini-3-pro-image", "gemini-nano-banana-2.1"]


async def compared(kind, models, *shots, samples=1):
    state = await compare(kind, models, list(shots), samples, PROXY, budget_usd=20, rehearse=True, return_state=True)
    return await state.aresult()


async def test_models_that_draw_are_put_side_by_side_and_asked_only_once(prefect, vault, patience):
    found, page = await compared("image", PAINTERS, "s050", samples=2)
    again, _ = await compared("image", PAINTERS, "s050", samples=2)

    assert [line.model for line in found.lines] == PAINTERS
    assert [(len(line.samples), line.asked, line.made) for line in found.lines] == [(1, 2, 2), (1, 2, 2)]
    assert all(line.apart > 0 and line.seconds > 0 and line.score("model") is not None for line in found.lines)
    assert all(
        line.usd_per_accepted == pytest.approx(line.usd / line.accepted, abs=1e-3)
        for line in found.lines
        if line.accepted
    )
    assert found.lines[0].usd > found.lines[1].usd
    assert 0 < found.usd <= sum(line.usd + line.judging_usd for line in found.lines) + 1e-9
    assert (again.usd, again.lines) == (0, found.lines)
    rows = list(csv.DictReader(Path(page).with_name("table.csv").open()))
    assert [row["model"] for row in rows] == PAINTERS
    assert Path(page).read_text().count("<img") == 2
    assert "Rehearsal" in Path(page).read_text()


async def test_cameras_film_the_same_prompt_from_the_same_picture(prefect, vault, patience):
    found, page = await compared("video", ["veo-3.1-lite-generate-001", "veo-3.1-generate-001"], "s050")
    lite, full = found.lines

    assert (lite.made, full.made) == (1, 1)
    assert lite.usd < full.usd
    assert lite.samples[0].film != full.samples[0].film
    assert full.judging_usd > 0
    film = re.search(r'href="([^"]+)">the film<', Path(page).read_text())
    assert (Path(page).parent / film[1]).is_file()
    drawn = [list((vault / "rehearsal/productions" / line.production).glob("keyframes/*")) for line in found.lines]
    assert len({path.name for paths in drawn for path in paths}) == len(drawn[0]), "drawn once, for both"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (Asked("image", ("gemini-3-pro-image",), shots=("s070",)), "no s070"),
        (Asked("image", ("gemini-9-imaginary",)), "gemini-9-imaginary"),
        (Asked("image", ("gemini-3-pro-image",), budget_usd=0.1), "raise --budget"),
        (Asked("image", ("gemini-3-pro-image",), budget_usd=math.nan), "budget_usd: must be a number"),
        (Asked("image", ("gemini-3-pro-image",), resolution="720"), "resolution: '720' is not one of"),
        (Asked("image", ()), "name the models"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anybody_is_asked(asked, told):
    with pytest.raises(BadInput, match=told):
        trials(asked, with_proxy(MODELS), datetime.now(UTC).date())


def test_an_accepted_picture_costs_what_all_samples_cost_by_those_that_were_accepted():
    shown = Sample(shot="s010", asked=4, made=3, good=2)
    line = Line(
        model="m", production="p", samples=(shown, Sample(shot="s020", asked=4)), seconds=1, usd=1.0, judging_usd=0
    )

    assert (line.asked, line.made, line.accepted, line.usd_per_accepted) == (8, 3, 2, 0.5)


def test_a_models_words_are_text_on_the_page_and_what_was_not_measured_is_a_dash():
    sample = Sample(shot="s010", reason="<script>alert(1)</script>")
    line = Line(model="m", production="p", samples=(sample,), seconds=None, usd=1.0, judging_usd=0)
    found = Comparison(kind="image", rehearsal=False, resolution="720p", lines=(line,), prompts={"s010": "<b>"}, usd=1)
    page = comparison_sheet(found, {}).decode()

    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page
    assert line.usd_per_accepted is None
    assert page.count("<td>-</td>") == 6
