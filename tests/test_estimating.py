"""The estimate: every call and its price, without a call."""

import pytest

from onereel.errors import BadInput
from onereel.estimating import assumed, estimate
from onereel.storyboard import MAX_SHOTS
from tests.productions import DAY, LITE, OMNI, TABLE, VEO, board, brief


@pytest.mark.parametrize(
    ("camera", "seconds", "lengths"),
    [(VEO, 20, [8, 8, 4]), (OMNI, 20, [15, 5]), (VEO, 8.5, [8, 1]), (LITE, 3, [3])],
)
def test_an_unwritten_film_is_reckoned_in_the_longest_clips_there_are(camera, seconds, lengths):
    assert [shot.seconds for shot in assumed(brief(seconds=seconds, video=camera), TABLE).shots] == lengths


@pytest.mark.parametrize("camera", [VEO, OMNI])
def test_an_hour_is_reckoned_in_no_more_shots_than_a_storyboard_has(camera):
    story = assumed(brief(seconds=3600, video=camera), TABLE)

    assert len(story.shots) <= MAX_SHOTS
    assert story.seconds == 3600


def test_a_film_too_long_for_its_camera_is_refused_with_the_longest_there_is():
    with pytest.raises(BadInput, match="films 3200 s in 400 shots at most"):
        assumed(brief(seconds=3600, video=LITE), TABLE)


def test_a_storyboard_that_exists_is_not_written_again():
    story = board({}, {})

    assert estimate(brief(), story, TABLE, DAY, write=False).purchases[0].kind == "image"
    assert estimate(brief(), story, TABLE, DAY, write=True).purchases[0].what == "storyboard"


def test_every_line_says_what_by_whom_and_for_how_much():
    story = board({"seconds": 12, "opening": "a door"}, {"join": "continue"})
    lines = [(one.what, one.model, one.detail) for one in estimate(brief(), story, TABLE, DAY, write=False).purchases]

    assert lines == [
        ("keyframe s010/opening", "gemini-3-pro-image", "1K 16:9, 0 references"),
        ("clip s010", VEO, "6 s 180p 16:9, from s010/opening"),
        ("extension 1 s010", VEO, "+7 s 180p 16:9"),
        ("clip s020", VEO, "4 s 180p 16:9, continues s010"),
        ("review s010/opening", "gemini-3.8-flash", "keyframe"),
        ("review s010", "gemini-3.8-flash", "13 s of film"),
        ("review s020", "gemini-3.8-flash", "4 s of film"),
    ]


def test_a_storyboard_that_is_sent_back_stands_beside_the_total_and_not_in_it():
    asked = brief(seconds=48)
    found, given = (estimate(asked, assumed(asked, TABLE), TABLE, DAY, write=write) for write in (True, False))
    again = [one for one in found.if_it_fails if one.what == "storyboard, asked again"]

    assert [one.usd for one in again] == [pytest.approx(2 * found.purchases[0].usd, rel=0.5)]
    assert again[0].usd > 2 * found.purchases[0].usd, "the reasons are sent along"
    assert found.usd == pytest.approx(given.usd + found.purchases[0].usd)
    assert not any(one.what == "storyboard, asked again" for one in given.if_it_fails)


def test_what_failing_may_cost_stands_beside_the_total_and_not_in_it():
    said = {"policy": {"fallback": {"video": LITE, "image": "gemini-nano-banana-2.1"}}}
    story = board({}, {"seconds": 12})
    plain, found = (estimate(brief(**more), story, TABLE, DAY, write=False) for more in ({}, said))
    films = {one.what: one.usd for one in found.if_it_fails if one.kind == "video"}

    assert found.usd == plain.usd
    assert films == {"fallback take s010": pytest.approx(0.2)}
    assert any("no fallback for s020" in warning for warning in found.warnings), "Lite does not extend"
    assert found.if_it_fails_usd > plain.if_it_fails_usd > 0


def test_a_fallback_that_cannot_make_the_film_at_all_is_refused_by_name():
    for fallback, told in (({"video": VEO}, "stand in for itself"), ({"video": "no-such"}, "no-such")):
        with pytest.raises(BadInput, match=told):
            estimate(brief(policy={"fallback": fallback}), board({}), TABLE, DAY, write=False)
