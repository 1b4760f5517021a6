"""Gemini Omni through Interactions: shapes, and every documented rule."""

import base64

import pytest

from tests.studio.clients import (
    ask,
    distance,
    frames_of,
    gemini,
    interact,
    png,
    seen,
    settled,
    sound_seconds,
    spoken,
    studio_with,
)

OLDER = "gemini-omni-1.1-flash"


@pytest.fixture(scope="module")
def take(google):
    """A stored film of 3 s."""
    return interact(google, [seen(png("teal")), {"type": "text", "text": "A storm"}], task="image_to_video")


def refusal(google, *args, **asked):
    with pytest.raises(Exception, match="4") as refused:
        interact(google, *args, **asked)
    return refused.value.status_code, str(refused.value)


def test_a_film_comes_in_the_same_call(google, take):
    assert take.status == "completed"
    assert [step.type for step in take.steps] == ["thought", "model_output"]
    assert len(frames_of(spoken(take))) == 72
    assert sound_seconds(spoken(take)) == pytest.approx(3, abs=0.03)


def test_usage_counts_tokens_of_film(take):
    assert take.usage.total_output_tokens == 3 * 5792
    assert take.usage.output_tokens_by_modality[0].modality == "video"
    assert take.usage.total_tokens == take.usage.total_output_tokens + take.usage.total_input_tokens


def test_in_the_background_it_is_ordered_polled_and_collected(google):
    ordered = interact(google, background=True, store=True)
    assert (ordered.status, ordered.output_video) == ("in_progress", None)

    assert len(frames_of(spoken(settled(google, ordered)))) == 72


def test_the_agent_platform_answers_too(agent):
    assert interact(agent).status == "completed"


def test_a_film_may_be_delivered_by_address_and_later_comes_inline(google):
    made = interact(google, shape={"delivery": "uri"})
    assert made.output_video.uri.startswith("https://generativelanguage.googleapis.com/v1beta/files/")

    data = google.files.download(file=made.output_video.uri)

    assert len(frames_of(data)) == 72
    assert spoken(google.interactions.get(made.id)) == data


def test_first_and_last_frame_in_order(google):
    said = [seen(png("red")), seen(png("blue")), {"type": "text", "text": "A storm"}]
    frames = frames_of(spoken(interact(google, said, task="image_to_video")))

    assert frames[0].getpixel((160, 60))[0] > 200
    assert frames[-1].getpixel((160, 60))[2] > 200


def test_tags_say_which_picture_is_what(google):
    words = "[# Sources <FIRST_FRAME>@Image2] [# References <IMAGE_REF_0>@Image1] A storm"
    said = [seen(png("blue")), seen(png("red")), {"type": "text", "text": words}]

    assert frames_of(spoken(interact(google, said)))[0].getpixel((160, 60))[0] > 200


def test_six_references_lead_a_film(google):
    said = [*[seen(png("red"))] * 6, {"type": "text", "text": "A storm"}]

    assert interact(google, said, task="reference_to_video").status == "completed"


def test_an_extension_adds_seconds_to_a_stored_film(google, take):
    longer = interact(google, "On", task="extend", previous_interaction_id=take.id, seconds=4)

    before, after = frames_of(spoken(take)), frames_of(spoken(longer))
    assert len(after) == (3 + 4) * 24
    assert distance(before[-1], after[72]) <= 4
    assert longer.previous_interaction_id == take.id


def test_extensions_end_at_the_models_total():
    with studio_with(footage="same") as studio:
        google = gemini(studio)
        first = interact(google, seconds=15)
        longer = interact(google, "On", task="extend", previous_interaction_id=first.id, seconds=10)

        assert refusal(google, "On", task="extend", previous_interaction_id=longer.id, seconds=6)[0] == 400
        assert interact(google, "On", task="extend", previous_interaction_id=longer.id, seconds=5).status == "completed"


def test_an_edit_keeps_the_length(google, take):
    edited = interact(google, "Make it warmer", previous_interaction_id=take.id)

    assert len(frames_of(spoken(edited))) == 72


def test_an_uploaded_film_can_be_extended_up_to_ten_seconds(google, take):
    def uploaded(data):
        return [
            {"type": "video", "data": base64.b64encode(data).decode(), "mime_type": "video/mp4"},
            {"type": "text", "text": "On"},
        ]

    longer = spoken(interact(google, uploaded(spoken(take)), task="extend", seconds=10))

    assert len(frames_of(longer)) == 13 * 24
    assert refusal(google, uploaded(longer), task="extend")[0] == 400


TEXT = {"type": "text", "text": "A storm"}


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("x", {"seconds": 2}),
        ("x", {"seconds": 16}),
        ("x", {"seconds": 11, "model": OLDER}),
        ("x", {"shape": {"duration": "8"}}),
        ("x", {"shape": {"duration": "3.5s"}}),
        ("x", {"shape": {"resolution": "480p"}}),
        ("x", {"shape": {"aspect_ratio": "1:1"}}),
        ("x", {"shape": {"delivery": "post"}}),
        ("x", {"task": "upscale"}),
        ("x", {"task": "image_to_video"}),
        ("x", {"task": "extend"}),
        ("", {}),
        ([seen(png()), TEXT], {"task": "text_to_video"}),
        ([*[seen(png())] * 3, TEXT], {"task": "image_to_video"}),
        ([*[seen(png())] * 7, TEXT], {"task": "reference_to_video"}),
        ([seen(png()), {"type": "text", "text": "<LAST_FRAME> x"}], {}),
        ([seen(png()), {"type": "text", "text": "<FIRST_FRAME>@Image2 x"}], {}),
        ([seen(b"no picture"), TEXT], {}),
        ("x", {"background": True, "store": False}),
        ("x", {"generation_config": {"seed": 3}}),
        ("x", {"generation_config": {"temperature": 0.5}}),
        ("x", {"system_instruction": "be brief"}),
        ("x " * 20_000, {}),
    ],
)
def test_a_broken_rule_is_refused_with_400(google, said, asked):
    assert refusal(google, said, **asked)[0] == 400


@pytest.mark.parametrize("model", ["veo-3.1-generate-001", "gemini-omni-flash-preview", "gemini-omni-9"])
def test_only_omni_is_found_here(google, model):
    assert refusal(google, model=model)[0] == 404


def test_an_extension_needs_a_stored_film(google):
    loose = interact(google, store=False)

    assert loose.status == "completed"
    assert refusal(google, "On", task="extend", previous_interaction_id=loose.id)[0] == 404


def test_an_unfinished_film_cannot_be_extended():
    with studio_with(latency={"video": 5}) as studio:
        google = gemini(studio)
        ordered = interact(google, background=True)

        assert refusal(google, "On", task="extend", previous_interaction_id=ordered.id)[0] == 409
        assert google.interactions.cancel(ordered.id).status == "cancelled"
        assert google.interactions.get(ordered.id).status == "cancelled"


def test_only_what_runs_in_the_background_can_be_cancelled(studio, take):
    code, body = ask(studio, f"/v1/interactions/{take.id}/cancel", {})

    assert code == 400
    assert "background" in body["error"]["message"]


def test_a_deleted_interaction_is_gone(studio, google):
    made = interact(google)

    google.interactions.delete(made.id)

    assert ask(studio, f"/v1/interactions/{made.id}")[0] == 404
