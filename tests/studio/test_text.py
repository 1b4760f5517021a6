"""Text: storyboards, other schemas, token counts."""

import json
from typing import Literal

import pytest
from google.genai import errors, types
from pydantic import BaseModel, Field

from onereel.brief import Brief
from onereel.coverage import cover
from onereel.models import MODELS
from onereel.prompts import storyboard_schema, storyboard_words
from onereel.storyboard import Storyboard, faults
from tests.studio.clients import FLASH, VEO

IDEA = "A storm passes over a lighthouse. Mara waits for a boat that is late. At dawn Jon comes in. They drink tea."
PEOPLE = [{"name": "Mara", "description": "a keeper of sixty"}, {"name": "Jon", "description": "a boy of nine"}]


def brief(seconds=48, idea=IDEA, characters=PEOPLE):
    return Brief(production="lighthouse", idea=idea, seconds=seconds, characters=characters)


def storyboard(google, asked, camera=VEO):
    words = storyboard_words(asked, MODELS.camera(camera), "720p")
    config = types.GenerateContentConfig(
        response_mime_type="application/json", response_json_schema=storyboard_schema()
    )
    return Storyboard.model_validate_json(
        google.models.generate_content(model=FLASH, contents=words, config=config).text
    )


@pytest.mark.parametrize("camera", [VEO, "gemini-omni-1.2-flash", "veo-3.1-lite-generate-001"])
@pytest.mark.parametrize("seconds", [3, 8, 12.5, 24, 30, 48, 61.5, 120, 600])
def test_a_storyboard_lasts_exactly_as_long_as_the_brief_and_keeps_every_rule(google, seconds, camera):
    asked = brief(seconds)

    written = storyboard(google, asked, camera)

    assert written.seconds == pytest.approx(seconds, abs=1e-6)
    assert faults(written, asked) == []
    assert len(written.shots) >= (6 if seconds >= 30 else 1)


def test_a_storyboard_rehearses_every_way_of_joining(google):
    shots = storyboard(google, brief(60)).shots

    assert {shot.join for shot in shots} == {"cut", "match", "continue"}
    assert any(shot.closing for shot in shots)
    assert any(shot.transition == "fade" for shot in shots)
    assert any(shot.seconds > 8 for shot in shots)
    assert {name for shot in shots for name in shot.characters} == {"Mara", "Jon"}
    assert any(shot.dialogue for shot in shots)


def test_most_shots_are_lengths_one_clip_covers_exactly(google):
    shots = storyboard(google, brief(60)).shots
    limits = MODELS.camera(VEO).limits

    bought = sum(cover(shot.seconds, limits, "720p").seconds for shot in shots)
    assert bought <= 60 * 1.15


def test_a_shot_with_a_closing_picture_is_one_clip(google):
    closing = [shot for shot in storyboard(google, brief(120)).shots if shot.closing]

    assert closing
    assert all(shot.seconds in (4, 6, 8) for shot in closing)


def test_sentences_of_the_idea_become_actions(google):
    actions = " ".join(shot.action for shot in storyboard(google, brief()).shots)

    assert "Mara waits for a boat that is late." in actions
    assert "At dawn Jon comes in." in actions


@pytest.mark.parametrize("idea", ["Rain", "a; b", "{not json} A man walks", "x " * 2000, "日本の海。"])
def test_any_idea_becomes_a_storyboard(google, idea):
    assert storyboard(google, brief(idea=idea, characters=[])).seconds == pytest.approx(48)


def test_equal_prompts_get_equal_storyboards_and_others_do_not(google):
    assert storyboard(google, brief()) == storyboard(google, brief())
    assert storyboard(google, brief()) != storyboard(google, brief(idea=IDEA + " The end."))


class Review(BaseModel):
    verdict: Literal["good", "bad"]
    score: int = Field(ge=1, le=5)
    notes: list[str]


def test_another_schema_gets_a_small_valid_answer(google):
    answer = google.models.generate_content(
        model=FLASH, contents="Judge this", config={"response_mime_type": "application/json", "response_schema": Review}
    )

    assert answer.parsed == Review(verdict="good", score=1, notes=["Judge this Judge"])


def test_references_inside_a_schema_are_followed(google):
    class Reviews(BaseModel):
        reviews: list[Review]
        best: Review | None

    answer = google.models.generate_content(
        model=FLASH,
        contents="Judge these",
        config={"response_mime_type": "application/json", "response_json_schema": Reviews.model_json_schema()},
    )

    assert Reviews.model_validate(json.loads(answer.text)).best.score == 1


def test_tokens_are_counted_and_billed_by_the_model_table(google, studio):
    before = studio.tally()
    answer = google.models.generate_content(
        model=FLASH, contents="x" * 4000, config={"thinking_config": {"thinking_level": "low"}}
    )
    counted = answer.usage_metadata
    after = studio.tally()

    assert counted.prompt_token_count == 1000
    assert counted.total_token_count == 1000 + counted.candidates_token_count + counted.thoughts_token_count
    price = MODELS.writer(FLASH).prices[0]
    written = counted.candidates_token_count + counted.thoughts_token_count
    assert after.total_usd - before.total_usd == pytest.approx(
        (1000 * price.input_usd + written * price.output_usd) / 1e6, abs=2e-6
    )


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"thinking_config": {"thinking_level": "banana"}}, "thinking_level"),
        ({"response_json_schema": {"type": "object"}}, "responseMimeType"),
    ],
)
def test_what_a_text_model_does_not_take_is_refused(google, config, said):
    with pytest.raises(errors.ClientError, match=said) as refused:
        google.models.generate_content(model=FLASH, contents="x", config=config)

    assert refused.value.status == "INVALID_ARGUMENT"


def test_no_contents_is_refused(google):
    with pytest.raises(errors.ClientError, match="contents is not specified"):
        google.models.generate_content(model=FLASH, contents=[types.Content(role="user", parts=[])])
