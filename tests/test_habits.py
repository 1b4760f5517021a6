"""A camera is asked for a film when it usually is there: no oftener than before, and less late."""

import pytest

from benchmarks.polling import ENDS, measured, watched
from onereel.calls import calls_of
from onereel.company import Patience
from onereel.filming import clip_order
from onereel.habits import KEPT, Habits, Usual
from onereel.studio import Latency, StudioOptions, running
from tests.journal_worker import CLIP
from tests.productions import board, brief, film, planned, setup_of

PATIENCE = Patience()
FILMING = 1.5


@pytest.mark.parametrize("usual", [(30, 45), (55, 65), (20, 200), (90, 91), (5, 400)], ids=str)
def test_no_film_that_takes_as_long_as_usual_or_longer_is_asked_for_oftener_than_without_a_habit(usual):
    for end in (usual[0] + 1.7 * each for each in range(1, 300)):
        looks, late, _ = watched(PATIENCE, Usual(*usual), end)
        plainly, _, _ = watched(PATIENCE, None, end)
        assert looks <= plainly, end
        assert late <= PATIENCE.longest


def test_a_film_that_ends_much_too_early_is_seen_half_way():
    assert watched(PATIENCE, Usual(100, 120), 10) == (1, 40, 0)


@pytest.mark.parametrize("name", ENDS)
def test_cameras_that_keep_to_a_habit_or_change_it_are_asked_less_and_seen_about_as_soon(name):
    plain, habit = (measured(ENDS[name], 200, 1, learns=learns) for learns in (False, True))

    assert habit["looks"] < plain["looks"]
    assert habit["unseen"] < plain["unseen"] + 0.6


async def test_a_habit_is_that_of_the_last_films_of_one_camera_and_size(vault):
    habits = Habits(vault)
    for seconds in (500.0, *range(40, 40 + KEPT)):
        await habits.learn(CLIP, seconds)
    other = CLIP.model_copy(update={"resolution": "1080p"})

    usual = await Habits(vault).usual(CLIP)
    assert 30 < usual.earliest < 40 < usual.latest < 65
    assert await Habits(vault).usual(other) is None


async def test_a_habit_nobody_can_read_is_learned_anew(vault):
    await Habits(vault).learn(CLIP, 60)
    (key,) = vault.keys("habits/")
    vault.write(key, b"{", "application/json")

    again = Habits(vault)
    assert await again.usual(CLIP) is None
    await again.learn(CLIP, 60)
    assert (await Habits(vault).usual(CLIP)).earliest < 60


async def test_the_first_take_of_a_run_teaches_the_next(hire, vault):
    story = board({"seconds": 4}, {"seconds": 4})
    plan = planned(story, filming="words", seconds=8)
    with running(StudioOptions(latency=Latency(text=0, image=0, video=FILMING, extension=0))) as studio:
        company = await hire(brief(filming="words", seconds=8), at=studio.url, poll_shortest=0.05, poll_longest=1)
        for shot in ("s010", "s020"):
            await film(company, setup_of(plan, story, shot))
        usual = await company.habits.usual(clip_order(company, setup_of(plan, story, "s010")))

    first, second = (call.outcome.polls for call in calls_of(vault, "lighthouse"))
    assert second < first
    assert usual.earliest < FILMING + 0.3
