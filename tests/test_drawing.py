"""Keyframes: drawn once, checked, compared, fitted to the frame; sheets and reuse."""

import asyncio
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from onereel.calls import calls_of
from onereel.drawing import candidates_of, draw_still, edit, find_reusable, kept, part, references_by_path
from onereel.errors import Filtered, NoAnswer, NotInVault, NotKept
from onereel.likeness import Thresholds
from onereel.media import fetch, keep
from onereel.slate import keyframe_key
from onereel.studio import StudioOptions, parse_fault, running
from tests.pictures_drawn import encoded, scene
from tests.productions import AT_ONCE, board, brief, keyframes, planned

NANO = "gemini-nano-banana-2.1"
ALIKE = Thresholds(frozen_bits=64, frozen_colour=255, same_bits=64, same_colour=255, duplicate_bits=64)
"""To these eyes every picture is the same."""
ENDS = {"opening": "a door, shut, by day", "closing": "the open sea at night under stars"}
MARA = {"name": "Mara", "description": "a keeper in yellow oilskin"}


@pytest.fixture(scope="module")
def open_house():
    """A studio that draws coarsely: what matters here is which drawings are asked for."""
    with running(StudioOptions(latency=AT_ONCE, footage="same")) as studio:
        yield studio


def asked(studio):
    return studio.tally().accepted["image"]


def ends(vault):
    return [call.outcome.end for call in calls_of(vault, "lighthouse")]


def fits(vault, keyframe, size=(320, 180)):
    return Image.open(io.BytesIO(fetch(vault, keyframe.fitted))).size == size


async def test_a_keyframe_is_drawn_checked_and_fitted_to_the_frame(company, studio, vault):
    (keyframe,) = (await keyframes(company, planned(board({})))).values()

    assert asked(studio) == 1
    assert Image.open(io.BytesIO(fetch(vault, keyframe.drawn))).size == (1376, 768), "kept as it came"
    assert fits(vault, keyframe)
    assert keyframe.usd == pytest.approx(studio.tally().total_usd)


async def test_a_portrait_film_has_portrait_keyframes(hire, vault):
    company = await hire(brief(aspect_ratio="9:16"))
    (keyframe,) = (await keyframes(company, planned(board({}), aspect_ratio="9:16"))).values()

    assert fits(vault, keyframe, (180, 320))


async def test_a_keyframe_settled_on_is_not_drawn_again_by_another_run(hire, studio):
    found = planned(board(ENDS))
    first = await keyframes(await hire(), found)

    assert await keyframes(await hire(), found) == first
    assert asked(studio) == 2


async def test_no_more_is_paid_than_was_reserved(hire, studio, vault):
    said = {"characters": [MARA], "candidates": 2}
    company = await hire(brief(**said))
    found = planned(board({**ENDS, "characters": ["Mara"]}), **said)
    drawn = await keyframes(company, found)
    await edit(company, found, drawn["s010/opening"], "make it night")
    calls = calls_of(vault, "lighthouse")

    assert all(call.outcome.usd <= call.intent.usd for call in calls)
    assert sum(call.outcome.usd for call in calls) == pytest.approx(studio.tally().total_usd, abs=1e-5)
    assert company.journal.budget.spent == pytest.approx(studio.tally().total_usd, abs=1e-5)


async def test_candidates_are_different_drawings_to_choose_from(hire, studio):
    company = await hire(brief(candidates=3))
    (keyframe,) = (await keyframes(company, planned(board({}), candidates=3))).values()

    assert asked(studio) == 3
    assert len(set(keyframe.candidates)) == keyframe.distinct == 3
    assert keyframe.drawn == keyframe.candidates[0]
    assert keyframe.findings == ()


async def test_candidates_that_are_nearly_the_same_count_as_one(hire):
    company = await hire(brief(candidates=3), thresholds=ALIKE)
    (keyframe,) = (await keyframes(company, planned(board({}), candidates=3))).values()

    assert keyframe.distinct == 1
    assert keyframe.findings == ("3 candidates, 1 distinct",)
    assert list(await candidates_of(company, planned(board({}), candidates=3), keyframe)) == [1], "judged once"


@pytest.mark.parametrize("seed", [0, 2**31 - 1, 2**32 - 1])
async def test_any_seed_of_a_brief_is_one_image_models_take(hire, studio, seed):
    company = await hire(brief(seed=seed, candidates=2))
    await keyframes(company, planned(board({}), candidates=2))
    calls = calls_of(company.vault, "lighthouse")

    assert len({call.intent.order.seed for call in calls}) == 2
    assert all(0 <= call.intent.order.seed < 2**31 for call in calls)


async def test_a_pair_that_would_film_as_a_frozen_clip_is_redrawn_once(hire, studio):
    company = await hire()
    same = planned(board({"opening": "a door", "closing": "a door"}))
    drawn = await keyframes(company, same)
    closing = await part(company, same, drawn["s010/opening"], drawn["s010/closing"])

    assert drawn["s010/opening"].drawn == drawn["s010/closing"].drawn
    assert closing.drawn != drawn["s010/closing"].drawn
    assert closing.findings == ("nearly the same as the opening (a frozen clip); redrawn once",)
    assert asked(studio) == 2


async def test_a_pair_that_stays_alike_is_reported_and_not_drawn_a_third_time(hire, studio):
    found = planned(board(ENDS))
    for _ in range(2):
        company = await hire(thresholds=ALIKE)
        drawn = await keyframes(company, found)
        closing = await part(company, found, drawn["s010/opening"], drawn["s010/closing"])

    assert closing.findings[-1].endswith("redrawn once, still nearly the same")
    assert asked(studio) == 3


async def test_a_pair_that_differs_is_left_alone(company, studio):
    found = planned(board(ENDS))
    drawn = await keyframes(company, found)

    assert await part(company, found, drawn["s010/opening"], drawn["s010/closing"]) == drawn["s010/closing"]
    assert asked(studio) == 2


TWINS = ({"action": "Waves", "opening": "the sea"}, {"action": "Waves", "opening": "the sea"})


async def test_a_keyframe_that_repeats_another_shots_is_redrawn_once(company, studio):
    first, second = (await keyframes(company, planned(board(*TWINS)))).values()

    assert first.findings == ()
    assert second.findings == ("nearly repeated s010/opening; redrawn once",)
    assert first.drawn != second.drawn
    assert asked(studio) == 2, "the twin itself was free: the same words were drawn before"


async def test_of_two_alike_drawn_at_the_same_time_one_is_redrawn(company):
    found = planned(board(*TWINS))
    drawn = await asyncio.gather(*(draw_still(company, found, still, {}) for still in found.stills))

    assert len({keyframe.drawn for keyframe in drawn}) == 2
    assert sum(bool(keyframe.findings) for keyframe in drawn) == 1


async def test_what_a_worker_kept_first_is_what_others_film_too(hire):
    found = planned(board(*TWINS))
    drawn = await keyframes(await hire(), found)
    redrawn = drawn["s020/opening"].model_copy(update={"recipe": "0" * 64})
    other = drawn["s010/opening"].model_copy(update={"recipe": "0" * 64})

    assert await kept(await hire(), redrawn) == redrawn
    assert await kept(await hire(), other) == redrawn


async def test_a_repeat_that_stays_one_is_reported(hire, studio):
    company = await hire(thresholds=ALIKE)
    _, second = (await keyframes(company, planned(board({}, {})))).values()

    assert second.findings == ("nearly repeated s010/opening; redrawn once, still repeats s010/opening",)
    assert asked(studio) == 3


async def test_a_reusable_keyframe_is_taken_without_paying(hire, studio):
    found = planned(board({}))
    (first,) = (await keyframes(await hire(), found)).values()
    said = {"production": "harbour", "image": NANO, "reuse": True}
    (second,) = (await keyframes(await hire(brief(**said)), planned(board({}), **said))).values()

    assert second.drawn == first.drawn
    assert (second.reused, second.usd) == (True, 0)
    assert second.findings == ("reused: the vault had it for the same words",)
    assert asked(studio) == 1


async def test_without_reuse_another_seed_draws_anew(hire, studio):
    for seed in (1, 2):
        await keyframes(await hire(brief(seed=seed)), planned(board({}), seed=seed))

    assert asked(studio) == 2


async def test_other_words_find_nothing_to_reuse(hire, studio, vault):
    await keyframes(await hire(), planned(board({})))
    company = await hire(brief(reuse=True))
    await keyframes(company, planned(board({"action": "Snow"}), reuse=True))
    order = calls_of(vault, "lighthouse")[0].intent.order

    assert asked(studio) == 2
    assert find_reusable(company, order) is not None
    assert find_reusable(company, order.model_copy(update={"size": "4K"})) is None


@pytest.fixture
def tom(vault):
    """A brief with a character whose picture is also the brief's own reference, stored in the vault."""
    key = keep(vault, encoded(scene(7, (640, 360))), "png").key
    who = {"name": "Tom", "description": "a boy", "references": [{"path": key, "note": "face close up"}]}
    return {"characters": [who], "references": [key]}


async def test_a_reference_named_twice_is_sent_once_under_its_label(hire, vault, tom):
    company = await hire(brief(**tom))
    await keyframes(company, planned(board({"characters": ["Tom"]}), **tom))
    order = calls_of(vault, "lighthouse")[0].intent.order

    assert [reference.label for reference in order.references] == ["Reference 1: Tom, face close up"]
    assert order.references[0].media.key == tom["references"][0]
    assert order.references[0].label in order.words


async def test_a_reference_that_is_gone_is_an_error_before_anything_is_drawn(hire, vault, tom, studio):
    company = await hire(brief(**tom))
    vault.remove(tom["references"][0])

    with pytest.raises(NotInVault):
        await references_by_path(company)
    assert asked(studio) == 0


async def test_a_character_sheet_is_drawn_once_and_followed_by_every_shot(hire, studio, vault):
    said, story = {"characters": [MARA]}, board({"characters": ["Mara"]}, {"characters": ["Mara"]})
    for _ in range(2):
        await keyframes(await hire(brief(**said)), planned(story, **said))
    sheet, *stills = sorted(calls_of(vault, "lighthouse"), key=lambda call: len(call.intent.order.references))

    assert asked(studio) == 3
    assert sheet.intent.label == "character sheet Mara"
    assert sheet.intent.order.aspect_ratio == "16:9"
    drawn = sheet.outcome.media[0]
    assert [[guide.media for guide in still.intent.order.references] for still in stills] == [[drawn], [drawn]]


async def test_an_edit_goes_on_with_the_conversation_that_drew_the_picture(company, studio, vault):
    found = planned(board({}))
    (drawn,) = (await keyframes(company, found)).values()
    night = await edit(company, found, drawn, "make it night")
    fog = await edit(company, found, night, "add fog")
    turns = [json.loads(fetch(vault, keyframe.history)) for keyframe in (drawn, night, fog)]

    assert [len(said) for said in turns] == [2, 4, 6]
    assert turns[2][:4] == turns[1], "earlier turns stay as they were"
    assert all("thought_signature" in json.dumps(turn) for turn in turns[2][1::2])
    assert "Keep everything else" in turns[1][2]["parts"][-1]["text"]
    assert "the one you drew last" in turns[1][2]["parts"][0]["text"]
    assert len({keyframe.drawn for keyframe in (drawn, night, fog)}) == 3
    assert fits(vault, fog)
    assert fog.usd == pytest.approx(studio.tally().total_usd, abs=1e-5)


async def test_the_same_edit_is_paid_once(hire, studio):
    found = planned(board({}))
    for _ in range(2):
        company = await hire()
        (drawn,) = (await keyframes(company, found)).values()
        await edit(company, found, drawn, "make it night")

    assert asked(studio) == 2


async def test_a_keyframe_that_follows_as_many_pictures_as_its_model_takes_can_be_retouched(hire, studio, vault):
    keys = [keep(vault, encoded(scene(n, (64, 36))), "png").key for n in range(14)]
    mara = {**MARA, "references": keys[:6]}
    said, found = {"characters": [mara], "references": keys[6:]}, board({"characters": ["Mara"], "retouch": "fog"})
    company, plan = await hire(brief(**said)), planned(found, **said)
    (drawn,) = (await keyframes(company, plan)).values()
    foggy = await edit(company, plan, drawn, plan.stills[0].retouch)

    assert len(drawn.references) == 14
    assert foggy.drawn != drawn.drawn
    assert studio.tally().illegal == 0


@pytest.mark.parametrize("fault", ["wrong-size", "corrupt", "text-only", "no-image"])
async def test_a_drawing_that_cannot_be_used_is_ordered_once_more(company, studio, vault, fault):
    studio.plan.add(parse_fault(f"image:1:{fault}"))
    (keyframe,) = (await keyframes(company, planned(board({})))).values()

    assert fits(vault, keyframe)
    assert ends(vault) == ["failed", "settled"]
    assert sum(call.outcome.usd for call in calls_of(vault, "lighthouse")) == pytest.approx(studio.tally().total_usd)


@pytest.mark.parametrize("fault", ["wrong-size", "corrupt"])
async def test_a_drawing_of_another_size_or_cut_short_is_never_accepted(company, studio, vault, fault):
    studio.plan.add(parse_fault(f"image:*:{fault}"))
    found = planned(board({}))
    with pytest.raises(NoAnswer, match="keyframe s010/opening"):
        await keyframes(company, found)

    assert asked(studio) == 2
    assert ends(vault) == ["failed", "failed"]
    assert list(vault.keys(keyframe_key("lighthouse", "").removesuffix(".json"))) == []


async def test_a_drawing_is_kept_as_soon_as_the_vault_works_again(company, studio, vault):
    shut = shutting(vault)
    watching = asyncio.create_task(opened_after(shut, lambda: asked(studio) == 1))
    await keyframes(company, planned(board({})))
    await watching

    assert asked(studio) == 1
    assert ends(vault) == ["settled"]


async def test_a_drawing_the_vault_never_keeps_is_in_the_journal_with_what_was_paid(company, studio, vault):
    hasty = replace(company, patience=replace(company.patience, keeping=(0.01,)))
    shutting(vault)
    with pytest.raises(NotKept, match="came and was paid, and the vault does not keep it"):
        await keyframes(hasty, planned(board({})))

    assert asked(studio) == 1, "another would not be kept either"
    assert ends(vault) == ["failed"]
    assert calls_of(vault, "lighthouse")[0].outcome.usd == pytest.approx(studio.tally().total_usd)


def shutting(vault):
    """Let the vault keep no media: a file stands where their folder belongs."""
    folder = Path(vault.url) / "media"
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    return folder


async def opened_after(folder, when):
    while not when():
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    folder.unlink()


async def test_a_drawing_refused_for_safety_is_not_asked_for_again(hire, studio, vault):
    studio.plan.add(parse_fault("image:*:image-safety"))
    for _ in range(2):
        with pytest.raises(Filtered, match="IMAGE_SAFETY"):
            await keyframes(await hire(), planned(board({})))

    assert asked(studio) == 1
    assert ends(vault) == ["filtered"]
    assert calls_of(vault, "lighthouse")[0].outcome.usd == pytest.approx(studio.tally().total_usd)


async def test_a_drawing_whose_answer_was_lost_is_ordered_once_more(company, studio, vault):
    studio.plan.add(parse_fault("image:1:drop-after"))
    await keyframes(company, planned(board({})))

    assert ends(vault) == ["unknown", "settled"]
