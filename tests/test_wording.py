"""Prompts that say nearly the same are found, however many are kept; what all of them say counts for nothing."""

from onereel.wording import Wordings

PATTERN = "A single film still, a keyframe for a motion picture. Subject: Setting: Lighting:"
STORM = "A single film still, a keyframe for a motion picture. Subject: a storm over a wooden pier. Setting: a harbour."
KITCHEN = "A single film still, a keyframe for a motion picture. Subject: bread on a table. Setting: a farm kitchen."


def test_nearly_the_same_is_found_among_many_and_the_rest_is_not():
    many = [KITCHEN.replace("bread", f"thing {n}") for n in range(500)]
    wordings = Wordings([*many, STORM], PATTERN)

    ((number, shared),) = wordings.near(STORM.replace("a storm", "a heavy storm").upper(), 0.6)

    assert number == 500
    assert 0.6 < shared < 1
    assert wordings.near(STORM, 0.6) == [(500, 1.0)]
    assert wordings.near("Subject: an aeroplane.", 0.6) == []


def test_two_shots_of_one_pattern_are_not_alike_where_there_is_no_third():
    assert Wordings([KITCHEN], PATTERN).near(STORM, 0.6) == []
    assert Wordings([], PATTERN).near(STORM, 0.6) == []
