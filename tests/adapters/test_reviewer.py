"""The judge, through the unmodified SDK: pictures before the question, films as small copies, large ones as files."""

import json

import pytest

from onereel.adapters.connection import Connection
from onereel.adapters.film import inspect
from onereel.adapters.reviewer import Reviewer
from onereel.errors import Refused
from onereel.footage import Media
from onereel.models import MODELS, Surface
from onereel.opinions import opinion_schema
from onereel.orders import Labelled, ReviewOrder
from onereel.prices import price
from onereel.studio.faults import What
from onereel.studio.film import Reel, shoot
from onereel.studio.illustrator import sketch
from tests.productions import DAY

QUESTION = json.dumps({"to_judge": "take", "seconds": 2, "action": "A boat leaves", "characters": {}, "lettering": []})


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """The small copy of two seconds of 720p with one person too many."""
    path = tmp_path_factory.mktemp("film") / "take.mp4"
    picture = sketch("A boat leaves", (1280, 720), (), seed=1, badge="TEST", coarse=True)
    shoot(Reel("A boat leaves", 48, (1280, 720), picture, None, "TEST", defects=frozenset({What.WRONG_COUNT})), path)
    return inspect(path).preview


def order_of(film, surface=Surface.GEMINI_API, seconds=2):
    media = Media.of(film, "mp4")
    shown = (Labelled(media=Media.of(film, "png"), label="The picture the take opens on"),)
    return ReviewOrder(
        surface=surface, model="gemini-3.8-flash", words=QUESTION, answer=opinion_schema(), film=media,
        film_seconds=seconds, film_fps=4, thinking="low", pictures=shown[:0],
    )  # fmt: skip


@pytest.mark.parametrize("inline", [14 * 2**20, 10], ids=["inline", "as a file"])
async def test_a_film_is_judged_inside_the_request_or_as_a_file(studio, film, inline):
    order = order_of(film)
    reviewer = Reviewer(Connection.rehearsal(studio.url), lambda _: film, MODELS, inline_bytes=inline)

    answer = await reviewer.review(order)

    told = json.loads(answer.text)
    assert [remark["code"] for remark in told["remarks"]] == ["count"], "the mark survives the small copy"
    assert answer.usd == pytest.approx(studio.tally().total_usd, abs=1e-6)
    assert 0 < answer.usd <= price(order, MODELS, DAY)


async def test_a_film_that_cannot_be_shown_is_refused_before_anything_is_sent(studio, film):
    too_large = Reviewer(Connection.rehearsal(studio.url), lambda _: film, MODELS, inline_bytes=10)

    with pytest.raises(Refused, match="Agent Platform takes no files"):
        await too_large.review(order_of(film, Surface.AGENT_PLATFORM))
    assert studio.tally().accepted["text"] == 0
