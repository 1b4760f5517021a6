"""ONEREEL_*: how a process works."""

import json

import pytest

from onereel.errors import BadInput
from onereel.models import MODELS
from onereel.settings import read_settings


@pytest.fixture
def said(monkeypatch):
    """Say something in the environment and read the settings."""

    def say(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(f"ONEREEL_{name}", value)
        return read_settings()

    return say


def test_without_a_word_everything_has_a_value(said):
    settings = said()

    assert settings.vault == "vault"
    assert settings.budget_usd is None
    assert settings.table == MODELS


def test_the_environment_sets_bounds_and_thresholds(said):
    settings = said(VIDEO_IN_FLIGHT="3", BUDGET_USD="12.5", THRESHOLDS__SAME_BITS="7")

    assert (settings.video_in_flight, settings.budget_usd, settings.thresholds.same_bits) == (3, 12.5, 7)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIDEO_IN_FLIGHT", "0"),
        ("VIDEO_IN_FLIGHT", "many"),
        ("BUDGET_USD", "-1"),
        ("BUDGET_USD", "nan"),
        ("BUDGET_USD", "inf"),
        ("DAY_BUDGET_USD", "inf"),
        ("POLL_SHORTEST", "0"),
        ("THRESHOLDS__SAME_BITS", "65"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(said, name, value):
    with pytest.raises(BadInput, match=f"ONEREEL_{name}"):
        said(**{name: value})


def test_thresholds_that_are_no_json_are_bad_input(said):
    with pytest.raises(BadInput, match="thresholds"):
        said(THRESHOLDS="tight")


def test_a_model_described_in_the_environment_can_be_asked(said):
    camera = MODELS.camera("veo-3.1-lite-generate-001").model_copy(update={"id": "veo-9"})
    settings = said(MODELS=json.dumps({"video": [camera.model_dump(mode="json")]}))

    assert settings.table.camera("veo-9").limits == camera.limits
    assert settings.table.camera("veo-3.1-generate-001") == MODELS.camera("veo-3.1-generate-001")


@pytest.mark.parametrize("usd", [float("nan"), float("inf"), -0.1])
def test_a_price_that_no_budget_can_hold_is_refused(said, usd):
    camera = MODELS.camera("veo-3.1-lite-generate-001").model_dump(mode="json")
    camera["limits"]["usd_per_second"]["720p"] = usd
    with pytest.raises(BadInput, match="usd_per_second"):
        said(MODELS=json.dumps({"video": [camera]})).table  # noqa: B018 - reading it is the point


@pytest.mark.parametrize(
    "models", ["{", "[]", "7", '{"video": [{"id": "veo-9"}]}', '{"video": 3}', '{"audio": []}', '{"video": "veo-9"}']
)
def test_models_without_limits_and_price_are_refused(said, models):
    with pytest.raises(BadInput, match="ONEREEL_MODELS"):
        said(MODELS=models).table  # noqa: B018 - reading it is the point
