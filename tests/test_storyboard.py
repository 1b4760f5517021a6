import pytest
from pydantic import ValidationError

from onereel.brief import Brief
from onereel.storyboard import Line, Shot, Storyboard, View, faults


def shot(id_="s010", **fields):
    return Shot(**{"id": id_, "seconds": 8, "action": "A storm passes"} | fields)


def found(*shots, seconds=None, characters=()):
    plan = Storyboard(shots=shots)
    who = tuple({"name": name, "description": "someone"} for name in characters)
    return faults(plan, Brief(production="a", idea="b", seconds=seconds or plan.seconds, characters=who))


class TestShot:
    @pytest.mark.parametrize("id_", ["s010", "s999", "s0010", "s1000", " s010 "])
    def test_ids_are_s_and_three_or_four_digits(self, id_):
        assert shot(id_).id == id_.strip()

    @pytest.mark.parametrize("id_", ["", "010", "s1", "s12345", "S010", "s01a", "s010/..", "s०१०", "s010\nx"])
    def test_other_ids_are_refused(self, id_):
        with pytest.raises(ValidationError):
            shot(id_)

    @pytest.mark.parametrize("seconds", [0.9, 120.1, float("nan"), float("inf"), -1, "x"])
    def test_a_shot_lasts_from_one_second_to_two_minutes(self, seconds):
        with pytest.raises(ValidationError):
            shot(seconds=seconds)

    @pytest.mark.parametrize(
        "fields",
        [
            {"action": ""}, {"action": " \n"}, {"action": "x" * 801}, {"join": "matc"}, {"transition": "wipe"},
            {"characters": ["a"] * 6}, {"characters": ["a;b"]}, {"characters": [""]}, {"dialogue": [{"speaker": "A", "line": ""}]},
            {"dialogue": [{"speaker": "A:B", "line": "x"}]}, {"camera": {"position": "a; b"}}, {"unknown": "x"},
        ],
    )  # fmt: skip
    def test_what_a_shot_list_cannot_hold_is_refused(self, fields):
        with pytest.raises(ValidationError):
            shot(**fields)

    def test_words_are_kept_without_what_nobody_can_see(self):
        assert shot(action="  One\r\ntwo\rthree\x00\x1b\uffff ").action == "One\ntwo\nthree"

    @pytest.mark.parametrize(
        ("text", "view"),
        [
            ("low angle; push in", View(position="low angle", movement="push in")),
            ("low angle", View(position="low angle")),
            ("; push in", View(movement="push in")),
            ("high; pan left; stop", View(position="high", movement="pan left; stop")),
            ("", View()),
        ],
    )
    def test_a_view_is_written_in_one_line(self, text, view):
        assert shot(camera=text).camera == view
        assert str(view) == text

    def test_dialogue_is_written_one_line_each(self):
        spoken = (Line(speaker="MARA", line="Is it: him?"), Line(speaker="JON", line="No."))

        assert shot(dialogue="MARA: Is it: him?\r\n\n JON :No. ").dialogue == spoken
        assert "\n".join(map(str, spoken)) == "MARA: Is it: him?\nJON: No."

    def test_a_line_without_a_speaker_is_refused(self):
        with pytest.raises(ValidationError, match="'Hello' has no speaker; write SPEAKER: words"):
            shot(dialogue="Hello")

    def test_names_are_written_in_one_line(self):
        assert shot(characters="Mara; Jon;").characters == ("Mara", "Jon")


class TestStoryboard:
    def test_it_lasts_as_long_as_its_shots(self):
        assert Storyboard(shots=(shot("s010"), shot("s020", seconds=4.5))).seconds == 12.5

    def test_shots_know_their_neighbours(self):
        first, second = shot("s010"), shot("s020")
        plan = Storyboard(shots=(first, second))

        assert (plan.before(first), plan.after(first)) == (None, second)
        assert (plan.before(second), plan.after(second)) == (first, None)

    def test_an_id_used_twice_is_refused(self):
        with pytest.raises(ValidationError, match="shot id s010 appears 2 times"):
            Storyboard(shots=(shot("s010"), shot("s010")))

    @pytest.mark.parametrize("count", [0, 401])
    def test_a_film_has_one_to_400_shots(self, count):
        with pytest.raises(ValidationError):
            Storyboard(shots=tuple(shot(f"s{number:04}") for number in range(count)))

    def test_it_survives_json(self):
        plan = Storyboard(title="T", shots=(shot(camera="low; static", dialogue="A: b", characters="Mara"),))

        assert Storyboard.model_validate_json(plan.model_dump_json()) == plan


class TestFaults:
    def test_a_sound_storyboard_has_none(self):
        shots = shot(closing="The pier", characters=["mara"]), shot("s020", join="match"), shot("s030", join="continue")

        assert found(*shots, characters=["Mara"]) == []

    @pytest.mark.parametrize("seconds", [21.5, 26.5])
    def test_the_length_must_be_the_briefs_within_a_tenth(self, seconds):
        said = found(shot(seconds=seconds), seconds=24)

        assert said == [f"the shots last {seconds} s together, the brief asks for 24 s; stay within 10%"]

    @pytest.mark.parametrize(("asked", "planned"), [(8, 8.8), (8, 7.2), (3, 3.3), (24, 26.4), (24, 21.6)])
    def test_exactly_a_tenth_off_is_within_a_tenth(self, asked, planned):
        assert found(shot(seconds=planned), seconds=asked) == []

    def test_a_character_the_brief_does_not_have_is_a_fault(self):
        assert found(shot(characters=["Jon"]), characters=["Mara"]) == [
            "s010: the brief has no character 'Jon'; it has Mara"
        ]
        assert found(shot(characters=["Jon"])) == ["s010: the brief has no character 'Jon'; it has none"]

    def test_a_character_named_twice_in_a_shot_is_a_fault(self):
        said = found(shot(characters=["Mara", "MARA"]), characters=["Mara"])

        assert said == ["s010: names 'mara' more than once; name everyone once"]

    @pytest.mark.parametrize("join", ["match", "continue"])
    def test_the_first_shot_has_nothing_to_join(self, join):
        assert found(shot(join=join)) == [
            f"s010: the first shot cannot join {join!r}: there is nothing before it; use 'cut'"
        ]

    def test_a_match_needs_a_closing_keyframe_before_it(self):
        assert "s010 has no closing keyframe to match" in found(shot(), shot("s020", join="match"))[0]

    @pytest.mark.parametrize("join", ["match", "continue"])
    def test_a_joined_shot_has_no_opening_of_its_own(self, join):
        said = found(shot(closing="The pier"), shot("s020", join=join, opening="The lamp"))

        assert said == [f"s020: a {join!r} shot opens on the shot before; leave its opening empty"]

    @pytest.mark.parametrize("join", ["match", "continue"])
    def test_nothing_joins_a_shot_that_fades_out(self, join):
        said = found(shot(closing="The pier", transition="fade"), shot("s020", join=join))

        assert said == [f"s020: joins {join!r}, but s010 fades out; use transition 'cut' there"]

    def test_the_last_shot_may_fade(self):
        assert found(shot(transition="fade")) == []
