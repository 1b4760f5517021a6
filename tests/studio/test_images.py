"""Pictures: sizes, rules, what is drawn."""

import io

import numpy as np
import pytest
from google.genai import errors, types
from PIL import Image

from onereel.credentials import read_credentials
from onereel.models import MODELS
from onereel.pixels import drawing_size
from onereel.prompts import ENLARGE_WORDS, FIRST_IMAGE
from onereel.studio.scene import imagine
from tests.studio.clients import BANANA, PRO, distance, draw, express, gemini, part, picture_in, png, studio_with

LITE = "gemini-3.1-flash-lite-image"
SHAPES = [("16:9", "1K"), ("9:16", "1K"), ("1:1", "2K"), ("21:9", "1K"), ("4:5", "1K")]


def shaped(ratio, size="1K"):
    return {"image_config": types.ImageConfig(aspect_ratio=ratio, image_size=size)}


@pytest.mark.parametrize(("ratio", "size"), SHAPES)
def test_a_picture_has_exactly_the_documented_pixels(google, ratio, size):
    assert picture_in(draw(google, **shaped(ratio, size))).size == drawing_size(ratio, size)


def test_the_smallest_size_is_drawn_where_the_model_has_it(studio):
    drawn = draw(express(studio), model="gemini-3.1-flash-image", **shaped("16:9", "512"))

    assert picture_in(drawn).size == (688, 384)


def test_without_a_ratio_the_shape_follows_the_picture_sent_else_it_is_square(google):
    assert picture_in(draw(google)).size == (1024, 1024)
    assert picture_in(draw(google, ["Like this", part(png(size=(90, 160)))])).size == (768, 1376)


def test_the_picture_comes_last_and_is_signed(google):
    answer = draw(google, response_modalities=["TEXT", "IMAGE"], thinking_config={"include_thoughts": True})

    kinds = ["thought" if one.thought else "image" if one.inline_data else "text" for one in answer.parts]
    assert kinds == ["thought", "text", "image"]
    assert answer.parts[-1].thought_signature
    assert answer.parts[-1].inline_data.mime_type == "image/png"


def test_a_picture_alone_may_be_asked_for(google):
    assert [bool(one.inline_data) for one in draw(google, response_modalities=["IMAGE"]).parts] == [True]


def test_a_picture_is_billed_by_image_prompt_and_thinking_tokens(studio, google):
    before = studio.tally().billed_usd["image"]
    counted = draw(google, ["Like this", part(png())], model=BANANA, **shaped("16:9", "2K")).usage_metadata
    model = MODELS.illustrator(BANANA)

    assert counted.candidates_token_count == model.sizes["2K"]
    assert counted.candidates_tokens_details[0].modality == types.MediaModality.IMAGE
    assert 260 <= counted.prompt_tokens_details[1].token_count <= 560
    expected = model.usd(images=1680, prompt=counted.prompt_token_count, text=counted.thoughts_token_count)
    assert studio.tally().billed_usd["image"] - before == pytest.approx(expected, abs=2e-6)


BROKEN = types.Part.from_bytes(data=b"no picture", mime_type="image/png")


@pytest.mark.parametrize(
    ("model", "contents", "config", "said"),
    [
        (PRO, "x", shaped("16:9", "512"), "image size"),
        (BANANA, "x", shaped("16:9", "512"), "image size"),
        (LITE, "x", shaped("16:9", "2K"), "image size"),
        (PRO, "x", shaped("1:8"), "aspect ratio"),
        (PRO, "x", shaped("2:1"), "aspect ratio"),
        (PRO, "x", {"thinking_config": {"thinking_level": "high"}}, "Thinking level HIGH"),
        (BANANA, "x", {"thinking_config": {"thinking_level": "low"}}, "Thinking level LOW"),
        (PRO, "x", {"response_modalities": ["AUDIO"]}, "response modalities"),
        (PRO, "x", {"response_modalities": ["TEXT"]}, "response modalities"),
        (LITE, "x", {"tools": [{"google_search": {}}]}, "Grounding"),
        (PRO, "x", {"tools": [{"code_execution": {}}]}, "google_search"),
        (BANANA, "x", {"response_mime_type": "application/json", "response_json_schema": {"type": "object"}}, "JSON"),
        (PRO, ["x", BROKEN], {}, "Unable to process input image"),
        (PRO, ["x", types.Part.from_bytes(data=png(), mime_type="image/tiff")], {}, "MIME type"),
        (PRO, ["x", *[part(png())] * 15], {}, "exceeds the maximum of 14"),
    ],
)
def test_a_broken_rule_is_refused_with_400(google, model, contents, config, said):
    with pytest.raises(errors.ClientError, match=said) as refused:
        draw(google, contents, model=model, **config)

    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("model", "config"),
    [
        (BANANA, {"thinking_config": {"thinking_level": "HIGH"}}),
        (BANANA, {"tools": [{"google_search": {}}]}),
        (PRO, {"seed": 7}),
        (BANANA, shaped("8:1")),
    ],
)
def test_what_the_model_takes_is_drawn(google, model, config):
    assert picture_in(draw(google, model=model, **config))


def test_fourteen_references_may_be_sent(google):
    assert picture_in(draw(google, ["x", *[part(png())] * 14]))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_bomb_is_refused(google):
    bomb = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(bomb, "PNG")

    with pytest.raises(errors.ClientError, match=r"input image"):
        draw(google, ["x", part(bomb.getvalue())])


def test_equal_requests_get_equal_bytes_and_another_seed_another_picture():
    with studio_with(credentials=False) as one, studio_with(credentials=False) as other:
        first, second, seeded = (
            draw(gemini(studio), seed=seed).parts[-1].inline_data.data
            for studio, seed in ((one, 1), (other, 1), (other, 2))
        )

    assert first == second
    assert first != seeded
    assert read_credentials(first, "png").state == "none"


def test_pictures_carry_content_credentials_as_googles_do(google):
    picture = draw(google, "Mara climbs the stairs").parts[-1].inline_data.data
    found = read_credentials(picture, "png")

    assert (found.state, found.source_types) == ("valid", ("trainedAlgorithmicMedia",))
    assert "test certificate" in found.signed_by


SHOTS = [
    "Mara climbs the stairs of the lighthouse",
    "Mara lights the lamp of the lighthouse",
    "The boat turns into the bay below the lighthouse",
    "Close on Mara at the window of the lighthouse",
    "Jon walks along the shore, far away",
    "The storm breaks over the lighthouse",
]


def test_different_shots_of_one_film_look_different(google):
    look = "\nLens and style: 35 mm, slate blue and amber, fine grain\nOutput: one full-bleed 16:9 frame."
    stills = [picture_in(draw(google, shot + look, **shaped("16:9"))) for shot in SHOTS]

    apart = [distance(one, other) for i, one in enumerate(stills) for other in stills[:i]]
    assert min(apart) > 10


def test_an_edit_keeps_the_picture_and_changes_it(google):
    before = draw(google, SHOTS[0], **shaped("16:9"))
    source = part(before.parts[-1].inline_data.data)
    after = picture_in(draw(google, ["Edit the first image. Change only this: warmer.", source], **shaped("16:9")))

    assert distance(picture_in(before), after) <= 10
    assert np.abs(np.asarray(picture_in(before), int) - np.asarray(after, int)).mean() > 2


def test_a_variation_is_another_composition(google):
    before = draw(google, SHOTS[2], **shaped("16:9"))
    source = part(before.parts[-1].inline_data.data)
    words = "Edit the first image. Vary the composition so that it clearly differs from s010/opening."
    after = picture_in(draw(google, [words, source], **shaped("16:9")))

    assert distance(picture_in(before), after) > 10


def conversation(google, words):
    """Have a picture drawn after another one, and go on in that conversation: what was sent, drawn, and drawn then."""
    sheet = draw(google, "A character sheet of Mara: a keeper, yellow oilskin coat.", **shaped("16:9"))
    asked = types.Content(role="user", parts=[*sheet.parts[-1:], types.Part(text=SHOTS[0])])
    drawn = draw(google, [asked], **shaped("16:9"))
    more = types.Content(role="user", parts=[types.Part(text=words)])
    again = draw(google, [asked, drawn.candidates[0].content, more], **shaped("16:9"))
    return [picture_in(answer) for answer in (sheet, drawn, again)]


def test_an_edit_in_a_conversation_is_of_the_picture_its_words_point_to(google):
    sheet, drawn, of_drawn = conversation(google, "The picture to edit is the one you drew last.\nMake it warmer.")
    *_, of_first = conversation(google, "Edit the first image. Change only this: warmer.")

    assert distance(of_drawn, drawn) <= 10 < distance(of_drawn, sheet)
    assert distance(of_first, sheet) <= 10 < distance(of_first, drawn)


def test_a_picture_to_be_repeated_comes_back_larger_and_otherwise_the_same(google):
    before = draw(google, SHOTS[0], **shaped("16:9"))
    words = f"{FIRST_IMAGE}\n{ENLARGE_WORDS}"
    after = picture_in(draw(google, [part(before.parts[-1].inline_data.data), words], **shaped("16:9", "2K")))

    assert after.size == drawing_size("16:9", "2K")
    assert distance(picture_in(before), after) <= 4, "but for the strip"


def test_references_lend_their_colours(google):
    def redness(colour):
        drawn = picture_in(draw(google, [SHOTS[4], part(png(colour))], **shaped("16:9")))
        red, _, blue = np.asarray(drawn, int).reshape(-1, 3).mean(axis=0)
        return red - blue

    assert redness("darkred") > redness("darkblue") + 10


def test_a_character_wears_one_colour_in_every_picture(google):
    said = "Mara: a keeper of sixty, white hair, yellow oilskin coat"
    sheet = imagine(f"Close on the stairs\n{said}")
    shot = imagine(f"Wide shot of the sea at night\n{said}")

    assert sheet.people == shot.people
    assert [one.name for one in shot.people] == ["Mara"]


def test_a_character_sheet_shows_three_views_on_a_plain_ground(google):
    words = "A character sheet of Mara: a keeper, yellow oilskin coat.\nThree views side by side."
    drawn = np.asarray(picture_in(draw(google, words, **shaped("16:9"))), int)

    thirds = np.array_split(drawn[:700], 3, axis=1)
    for third in thirds:
        yellow = (third[..., 0] - third[..., 2] > 50).mean()
        assert yellow > 0.03
    assert np.ptp(drawn[20:60, 20:60].mean(axis=(0, 1))) < 25


def test_every_picture_carries_the_badge(google):
    drawn = np.asarray(picture_in(draw(google, **shaped("16:9"))).convert("L"), int)

    strip = drawn[-44:]
    assert np.median(strip) < 30
    assert strip[:, :400].max() > 180
