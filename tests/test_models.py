"""The model table: who can be asked, and what is said of who cannot."""

from datetime import date

import pytest

from onereel.errors import BadInput
from onereel.models import FRAMES, MODELS, PROXY, RETIRED, frame_size, with_proxy
from onereel.pixels import PIXELS

EVERYONE = {**MODELS.text, **MODELS.image, **MODELS.video}
KINDS = {"text": MODELS.writer, "image": MODELS.illustrator, "video": MODELS.camera}


def kind_of(id_):
    return next(kind for kind in KINDS if id_ in getattr(MODELS, kind))


@pytest.mark.parametrize("gone", RETIRED)
def test_a_retired_model_is_answered_with_its_fate_and_its_successor(gone):
    successor, fate, _ = RETIRED[gone]

    with pytest.raises(BadInput, match=f"{gone} {fate}; use {successor}"):
        KINDS[kind_of(successor)](gone)


@pytest.mark.parametrize(
    ("id_", "told"),
    [
        ("gemini-3.7-flash", "is deprecated since 2026-10-08, and what it is asked gemini-3.8-flash answers"),
        ("gemini-3.5-flash", "is deprecated since 2026-10-08, and what it is asked gemini-3.6-flash answers"),
        ("gemini-3-flash-preview", "is an old preview, which Google replaces by gemini-3.6-flash"),
    ],
)
def test_a_model_that_is_still_answered_is_not_said_to_be_shut_down(id_, told):
    with pytest.raises(BadInput) as refused:
        MODELS.writer(id_)

    assert str(refused.value) == f"text model {id_} {told}; use gemini-3.8-flash"


@pytest.mark.parametrize("gone", RETIRED)
def test_a_retired_model_is_not_in_the_table_and_its_successor_is(gone):
    assert gone not in EVERYONE
    assert RETIRED[gone].successor in EVERYONE


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_model_is_answered_with_those_there_are(kind):
    with pytest.raises(BadInput, match="not in the model table") as refused:
        KINDS[kind]("sora-2")

    assert all(id_ in str(refused.value) for id_ in getattr(MODELS, kind))
    assert "ONEREEL_MODELS" in str(refused.value)


@pytest.mark.parametrize("id_", EVERYONE)
def test_every_entry_says_where_it_is_asked_and_where_its_facts_were_read(id_):
    model = EVERYONE[id_]

    assert model.id == id_
    assert model.surfaces
    assert "20" in model.source


@pytest.mark.parametrize("model", MODELS.image.values(), ids=lambda model: model.id)
def test_every_drawing_size_has_pixels_for_both_shapes_of_film(model):
    assert {"16:9", "9:16"} <= set(model.ratios)
    assert all(ratio in PIXELS[size] for size in model.sizes for ratio in model.ratios)


@pytest.mark.parametrize("camera", MODELS.video.values(), ids=lambda camera: camera.id)
def test_every_camera_has_a_price_and_a_length_at_each_resolution(camera):
    limits = camera.limits

    assert set(limits.usd_per_second) <= set(FRAMES)
    assert all(usd > 0 for usd in limits.usd_per_second.values())
    assert all(set(lengths) <= set(limits.first) for lengths in limits.first_at.values())
    assert set(limits.first_at) | set(limits.extension_at) <= set(limits.usd_per_second)
    assert bool(limits.extension) == bool(limits.extension_at)


def test_the_proxy_is_filmed_in_rehearsals_only():
    rehearsed = with_proxy(MODELS)

    assert not any(PROXY in camera.limits.usd_per_second for camera in MODELS.video.values())
    for id_, camera in rehearsed.video.items():
        real = MODELS.camera(id_).limits
        assert camera.limits.usd_per_second[PROXY] == real.usd_per_second["720p"]
        assert (PROXY in camera.limits.extension_at) == bool(real.extension)


@pytest.mark.parametrize(
    ("resolution", "ratio", "size"),
    [("720p", "16:9", (1280, 720)), ("720p", "9:16", (720, 1280)), ("4k", "9:16", (2160, 3840))],
)
def test_a_portrait_is_a_landscape_turned(resolution, ratio, size):
    assert frame_size(resolution, ratio) == size


def test_a_price_list_holds_from_its_day_on():
    model = MODELS.writer("gemini-3.8-flash")
    before, first, second = (model.price(date(*day)).input_usd for day in ((2026, 1, 1), (2026, 12, 31), (2027, 1, 1)))

    assert (before, first, second) == (0.75, 0.75, 1.50)
