import pytest
from pydantic import ValidationError

from onereel.brief import Brief, Character, Reference


def told(**fields):
    return Brief(**{"production": "lighthouse", "idea": "A storm passes", "seconds": 24} | fields)


def test_production_idea_and_seconds_are_all_it_takes():
    brief = told()

    assert (brief.aspect_ratio, brief.resolution, brief.budget_usd, brief.tier) == ("16:9", "720p", 50, "final")


@pytest.mark.parametrize("name", ["a", "7", "lighthouse", "late-boat-2", "a" * 60])
def test_a_production_is_a_slug(name):
    assert told(production=name).production == name


@pytest.mark.parametrize("name", ["", "-a", "a-", "Light", "a b", "a/b", "..", "a_b", "é", "a\n", "a" * 61, "٣"])
def test_a_production_that_is_no_slug_is_refused(name):
    with pytest.raises(ValidationError):
        told(production=name)


@pytest.mark.parametrize("seconds", [3, 3600, 24.5])
def test_a_film_lasts_from_three_seconds_to_an_hour(seconds):
    assert told(seconds=seconds).seconds == seconds


@pytest.mark.parametrize("seconds", [2.9, 3601, 0, -1, float("nan"), float("inf"), "long", None])
def test_other_lengths_are_refused(seconds):
    with pytest.raises(ValidationError):
        told(seconds=seconds)


@pytest.mark.parametrize(
    "fields",
    [
        {"aspect_ratio": "4:3"}, {"resolution": "8k"}, {"budget_usd": 0}, {"candidates": 5}, {"candidates": 0}, {"tier": "proof"},
        {"approve": ["plan"]}, {"language": "english please"}, {"seed": -1}, {"people": "all"}, {"look": {"colour": "red"}},
        {"idea": " \n"}, {"references": [{"path": ""}]}, {"references": ["a.png"] * 9}, {"unknown": 1}, {"policy": {"busy_tries": 21}},
    ],
)  # fmt: skip
def test_what_is_not_agreed_on_is_refused(fields):
    with pytest.raises(ValidationError):
        told(**fields)


def test_a_path_stands_for_a_reference():
    assert told(references=["a.png"]).references == (Reference(path="a.png"),)
    assert Character(name="Mara", description="a keeper", references=["b.png"]).references == (Reference(path="b.png"),)


def test_a_character_is_known_by_name_in_any_case():
    mara = Character(name="Mara", description="a keeper")
    brief = told(characters=[mara])

    assert brief.character("MARA") == mara
    assert brief.character("Jon") is None


def test_two_characters_of_one_name_are_refused():
    who = {"description": "a keeper"}

    with pytest.raises(ValidationError, match="two characters are called 'mara'"):
        told(characters=[{"name": "Mara", **who}, {"name": "MARA", **who}])


@pytest.mark.parametrize("name", ["", "a;b", "a:b", "a|b", "a\nb", "x" * 41])
def test_a_character_is_called_what_a_shot_list_can_hold(name):
    with pytest.raises(ValidationError):
        Character(name=name, description="a keeper")


def test_a_brief_survives_json():
    brief = told(characters=[{"name": "Mara", "description": "a keeper"}], references=["a.png"], approve=["cut"])

    assert Brief.model_validate_json(brief.model_dump_json()) == brief


def test_every_field_of_the_form_is_explained():
    def fields(schema):
        for part in [schema, *schema.get("$defs", {}).values()]:
            yield from part.get("properties", {}).items()

    assert not [name for name, field in fields(Brief.model_json_schema()) if not field.keys() & {"description", "$ref"}]
