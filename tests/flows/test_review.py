"""The eye: keyframes are judged before a clip is bought on them, takes before they are cut, and both are mended."""

import pytest

from flows.assemble import pick
from onereel.adapters.folder import FolderVault
from onereel.calls import calls_of
from onereel.delivering import latest_manifest
from onereel.reviewing import overrule
from tests.browser import packed
from tests.flows.test_produce import listed

SIGN = {"id": "s010", "seconds": "4", "action": 'A boy points at a sign that reads "HARBOUR"'}
STORM = {"id": "s020", "seconds": "4", "action": "A storm over a pier at night, wide shot"}
SHOTS = [SIGN, STORM]


@pytest.fixture
def asked(make, vault):
    """Make the film of two shots: one with a sign."""

    async def run(shots=SHOTS, **said):
        return await (await make(seconds=4 * len(shots), shots=listed(vault, shots), **said)).aresult()

    return run


def labels(vault, kind):
    return [call.intent.label for call in calls_of(FolderVault(vault), "lighthouse") if call.intent.kind == kind]


def papers(vault):
    return latest_manifest(FolderVault(vault), "lighthouse").shots


async def test_everything_is_judged_against_its_own_words_and_a_second_run_asks_nothing(asked, studio, vault):
    opened = studio(footage="film")

    report = await asked()

    assert report.state == "complete"
    assert (opened.tally().illegal, opened.tally().accepted["text"]) == (0, 4)
    assert sorted(labels(vault, "review")) == [
        "review lighthouse/s010/t01",
        "review lighthouse/s020/t01",
        "review s010/opening",
        "review s020/opening",
    ]
    sign, _ = papers(vault)
    assert {verdict.judge for verdict in sign.keyframes[0].verdicts} >= {"check", "model", "lettering"}
    assert {verdict.judge for verdict in sign.takes[0].verdicts} >= {"model", "lettering"}
    said = (*sign.keyframes[0].verdicts, *sign.takes[0].verdicts)
    assert all(verdict.accepted for verdict in said)
    assert report.usd.spent == pytest.approx(opened.tally().total_usd, abs=1e-5)
    assert report.usd.spent <= report.usd.estimated
    before = opened.tally()

    await asked()

    assert opened.tally() == before


async def test_a_misspelt_sign_is_named_letter_by_letter_and_mended_by_an_edit(asked, studio, vault):
    opened = studio("image:~HARBOUR:wrong-text:times=1", footage="film")

    report = await asked()

    (keyframe,) = papers(vault)[0].keyframes
    drawn, edited = keyframe.attempts
    lettering = next(verdict for verdict in drawn.verdicts if verdict.judge == "lettering")
    assert '"HARBOUR" reads "harobur": ' in lettering.findings[0].what
    assert next(one for one in drawn.verdicts if one.judge == "model").findings[0].box == (60, 200, 260, 800)
    assert (drawn.how, edited.how) == ("drawn", "edited")
    assert "Change only this in the picture to edit: mend" in edited.words
    assert "the upper centre" in edited.words
    assert "Close-up of the picture to edit" in edited.words, "the part is sent along"
    assert opened.tally().illegal == 0
    assert keyframe.fitted == edited.picture
    assert all(verdict.accepted for verdict in keyframe.verdicts)
    assert report.state == "complete"
    assert opened.tally().accepted["video"] == 2, "no clip was bought on the misspelt sign"
    eye = latest_manifest(FolderVault(vault), "lighthouse").reviewed
    assert (eye.keyframes, eye.rejected, eye.mended, eye.takes, eye.rejected_takes) == (2, 1, 1, 2, 0)
    assert eye.reviews_usd == pytest.approx(opened.tally().billed_usd["text"], abs=1e-5)
    assert eye.saved_usd == pytest.approx(4 * 0.40)
    assert eye.saved_usd > eye.reviews_usd + eye.repairs_usd


async def test_of_several_candidates_the_best_judged_is_filmed_unless_a_person_picks_another(asked, studio, vault):
    opened = studio("image:~HARBOUR:wrong-text:times=2", footage="film")
    several = {"shots": [SIGN], "candidates": 3}

    report = await asked(**several)

    (keyframe,) = papers(vault)[0].keyframes
    right = next(one for one in keyframe.attempts if all(verdict.accepted for verdict in one.verdicts))
    assert [one.candidate for one in keyframe.attempts] == [1, 2, 3]
    assert sum(any(not verdict.accepted for verdict in one.verdicts) for one in keyframe.attempts) == 2
    assert keyframe.fitted == right.picture, "nothing was mended: one of the candidates is right"
    assert keyframe.findings[-1] == f"candidate {right.candidate} of 3, chosen by the review"
    assert sorted(labels(vault, "review")) == [
        "review lighthouse/s010/t01",
        *(f"review s010/opening candidate {number}" for number in (1, 2, 3)),
    ]
    assert report.usd.spent <= report.usd.estimated
    page = packed((vault / "productions/lighthouse/cuts/v001/report.html").read_text())
    assert "harobur" in page, "why the others were not chosen is on the page"
    before = opened.tally().accepted

    wrong = next(one.candidate for one in keyframe.attempts if one.candidate != right.candidate)
    await pick("lighthouse", "s010/opening", str(wrong), return_state=True)
    await asked(**several)

    (keyframe,) = papers(vault)[0].keyframes
    after = opened.tally().accepted
    assert keyframe.fitted == next(one.picture for one in keyframe.attempts if one.candidate == wrong)
    assert keyframe.verdicts[-1].judge == "person"
    assert {kind: after[kind] - before[kind] for kind in after if after[kind] != before[kind]} == {
        "video": 1,
        "text": 1,
    }, "a take on the picture a person picked, and its review"


async def test_what_an_edit_does_not_mend_is_drawn_anew_then_by_a_stronger_model(asked, studio, vault):
    studio("image:~HARBOUR:wrong-count:times=3")

    await asked(models={"image": "gemini-nano-banana-2.1"})

    (keyframe,) = papers(vault)[0].keyframes
    assert [one.how for one in keyframe.attempts] == ["drawn", "edited", "redrawn", "escalated"]
    assert keyframe.attempts[-1].model == "gemini-3-pro-image"
    assert all(verdict.accepted for verdict in keyframe.verdicts)


async def test_a_keyframe_nobody_can_mend_is_held_until_a_person_overrules(asked, studio, vault):
    opened = studio("image:~HARBOUR:wrong-count", footage="film")

    held = await asked()

    assert [shot.state for shot in held.shots] == ["slate", "filmed"]
    assert "onereel overrule lighthouse s010/opening" in held.reasons[0]
    assert (opened.tally().accepted["image"], opened.tally().accepted["video"]) == (5, 1)
    before = opened.tally().accepted
    assert (await asked()).state == "partial"
    assert opened.tally().accepted == before

    assert overrule(FolderVault(vault), "lighthouse", "s010/opening", "three is fine") == "lighthouse/s010/opening"
    report = await asked()

    assert report.state == "complete"
    after = opened.tally().accepted
    assert {kind: after[kind] - before[kind] for kind in ("text", "image", "video")} == {
        "text": 1,
        "image": 0,
        "video": 1,
    }
    assert papers(vault)[0].keyframes[0].verdicts[-1].judge == "person"


async def test_a_take_with_somebody_else_in_it_is_filmed_again_as_often_as_the_brief_pays_for(asked, studio, vault):
    opened = studio("video:~HARBOUR:wrong-identity:times=1", footage="film")
    mara = {"name": "Mara", "description": "a keeper in a yellow oilskin coat"}
    shots = [{**SIGN, "characters": "Mara"}]

    await asked(shots, characters=[mara], review={"take_attempts": 2})

    wrong, right = papers(vault)[0].takes
    identity = next(verdict for verdict in wrong.verdicts if verdict.judge == "identity")
    assert (identity.accepted, identity.findings[0].code, identity.findings[0].value) == (False, "identity", 0.3)
    assert papers(vault)[0].active == right.slate
    assert opened.tally().accepted["video"] == 2


async def test_a_judge_who_cannot_be_understood_does_not_sink_a_shot(asked, studio):
    opened = studio("text:*:malformed", footage="film")

    report = await asked()

    assert report.state == "complete"
    assert opened.tally().accepted["text"] == 8, "asked once more, then left"


async def test_reviews_can_be_left_out(asked, studio):
    opened = studio()

    await asked(review={"keyframes": False, "takes": False})

    assert opened.tally().accepted["text"] == 0
