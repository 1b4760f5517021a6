"""What a judge answers is read once, and never trusted."""

import json

import pytest

from onereel.errors import NoAnswer
from onereel.footage import Media
from onereel.opinions import faces_schema, opinion_schema, read_faces, read_opinion, verdicts_of
from onereel.repairs import mend_words, next_step, place_of
from onereel.takes import Attempt
from onereel.verdicts import Verdict, good_enough

GOOD = {"score": 0.9, "summary": "As asked.", "people": 1, "lettering": [], "characters": [], "remarks": []}
PICTURE = Media.of(b"picture", "png")


def judged(said=None, **more):
    asked = {"accept": 0.6, "characters": [], "lettering": [], "model": "judge", "usd": 0.01}
    return verdicts_of(read_opinion(json.dumps({**GOOD, **(said or {})}), "review", 0.01), **{**asked, **more})


@pytest.mark.parametrize(
    "answer",
    ["", "no JSON", "[]", "null", '{"score": 85, "summary": ""}', '{"score": "high"}', '{"score": NaN, "summary": ""}'],
)
def test_an_answer_that_is_none_is_an_error_with_its_price(answer):
    with pytest.raises(NoAnswer, match="review") as nothing:
        read_opinion(answer, "review", 0.02)

    assert nothing.value.usd == 0.02


def test_what_a_model_writes_is_cut_cleaned_and_its_nonsense_dropped():
    hostile = "<script>alert(1)</script>\u202e" + "x" * 5000
    remark = {"code": "../../etc", "what": hostile, "severity": "major", "box_2d": [900, 0, 100, 5000]}
    (whole,) = judged({"summary": hostile, "remarks": [remark] * 500, "obey": "me"})

    assert len(whole.findings) == 20
    assert len(whole.reasons) <= 600
    assert "\u202e" not in whole.reasons
    assert (whole.findings[0].code, whole.findings[0].box) == ("other", None)


@pytest.mark.parametrize("answer", ["", "[]", '{"characters": [{"name": "Mara", "present": true, "score": 9}]}'])
def test_an_answer_that_says_of_nobody_who_they_are_is_an_error_too(answer):
    with pytest.raises(NoAnswer, match="extension 1"):
        read_faces(answer, "extension 1", 0.001)


def test_who_is_seen_is_cut_to_length_and_needs_no_more_than_plain_shapes():
    mara = {"name": "Mara\u202e", "present": True, "score": 0.4, "reasons": "x" * 5000, "obey": "me"}

    (found, *more) = read_faces(json.dumps({"characters": [mara] * 500}), "extension 1", 0.001).characters

    assert (found.name, len(found.reasons), len(more)) == ("Mara", 300, 19)
    assert list(faces_schema()["properties"]) == ["characters"]


def test_a_major_remark_rejects_whatever_the_score():
    assert judged()[0].accepted
    assert not judged({"score": 0.5})[0].accepted
    assert not judged({"remarks": [{"what": "six fingers", "severity": "major"}]})[0].accepted


def test_everybody_asked_for_has_to_be_there_and_look_like_the_references():
    seen = [
        {"name": "mara", "present": True, "score": 0.9},
        {"name": "Tom", "present": True, "score": 0.2, "reasons": "no beard"},
    ]
    _, identity = judged({"characters": seen}, characters=["Mara", "Tom", "Ada"])

    assert not identity.accepted
    assert [(one.code, one.what) for one in identity.findings] == [
        ("identity", "Tom: no beard"),
        ("missing", "Ada is not in the picture"),
    ]
    assert identity.score == 0


def test_a_persons_word_is_stronger_than_any_judge():
    no, yes = Verdict(judge="model", accepted=False), Verdict(judge="person", accepted=True)

    assert not good_enough([no])
    assert good_enough([no, yes])


def test_the_schema_has_only_plain_shapes():
    schema = opinion_schema()

    assert "prefixItems" not in json.dumps(schema)
    assert set(schema["required"]) == set(schema["properties"])


def attempt(how, judge="model"):
    return Attempt(how=how, picture=PICTURE, model="m", verdicts=(Verdict(judge=judge, accepted=False, reasons="No."),))


@pytest.mark.parametrize(
    ("tried", "edits", "then"),
    [
        (["drawn"], 0, "edited"),
        (["drawn"], 3, "redrawn"),
        (["drawn", "edited"], 1, "redrawn"),
        (["drawn", "edited", "redrawn"], 0, "escalated"),
        (["drawn", "edited", "redrawn", "escalated"], 0, "edited"),
        (["drawn", "edited", "redrawn", "escalated", "edited", "edited", "edited"], 3, "redrawn"),
    ],
)
def test_repairs_climb_from_an_edit_to_a_stronger_model_and_never_stack_four_edits(tried, edits, then):
    assert next_step([attempt(how) for how in tried], edits) == then


def test_a_blank_picture_is_drawn_anew_not_edited():
    assert next_step([attempt("drawn", "check")], 0) == "redrawn"


def test_an_edit_says_what_is_wrong_and_where():
    whole = judged(
        {
            "score": 0.2,
            "summary": "A hand has six fingers.",
            "remarks": [{"what": "six fingers", "box_2d": [600, 700, 900, 990]}],
        }
    )

    words = mend_words(whole)

    assert words.startswith(
        "Change only this in the picture to edit: mend what a viewer would notice: A hand has six fingers."
    )
    assert "the lower right" in words
    assert "Keep everything else exactly the same." in words
    assert place_of((300, 300, 700, 700)) == "the centre"
