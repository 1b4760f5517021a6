"""Names of takes, and where papers are kept."""

import pytest
from pydantic import ValidationError

from onereel.slate import Slate, cut_prefix, storyboard_key, takes_prefix


def test_a_slate_says_production_shot_and_take():
    assert str(Slate(production="lighthouse", shot="s010", take=2)) == "lighthouse/s010/t02"


def test_the_papers_of_a_take_are_under_its_shot():
    slate = Slate(production="lighthouse", shot="s010", take=2)

    assert slate.key == "productions/lighthouse/shots/s010/takes/t02.json"
    assert slate.key.startswith(takes_prefix("lighthouse", "s010"))


def test_versions_are_numbered_from_one_with_three_digits():
    assert storyboard_key("lighthouse", 1) == "productions/lighthouse/storyboard/v001.json"
    assert cut_prefix("lighthouse", 12) == "productions/lighthouse/cuts/v012/"


@pytest.mark.parametrize(
    ("production", "shot", "take"),
    [("../x", "s010", 1), ("Light House", "s010", 1), ("lighthouse", "s010/../..", 1), ("lighthouse", "s1", 1)],
)
def test_a_name_that_could_leave_its_folder_is_no_slate(production, shot, take):
    with pytest.raises(ValidationError):
        Slate(production=production, shot=shot, take=take)


@pytest.mark.parametrize("take", [0, 1000])
def test_takes_are_numbered_from_one_to_999(take):
    with pytest.raises(ValidationError):
        Slate(production="lighthouse", shot="s010", take=take)
