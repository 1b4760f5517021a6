"""Settings from the environment: ``ONEREEL_*``. Keys and addresses of studios are read by ``adapters.connection``."""

import json
from functools import cached_property
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from onereel.checks import CheckLimits
from onereel.drift import DriftLimits
from onereel.errors import BadInput
from onereel.likeness import Thresholds
from onereel.models import MODELS, CameraModel, ImageModel, ModelBound, ModelTable, TextModel


class Settings(BaseSettings):
    """How this process works. A brief says what to make; these say with how much at once, where, and how patiently."""

    model_config = SettingsConfigDict(env_prefix="ONEREEL_", env_nested_delimiter="__", extra="ignore")

    vault: str = Field(default="vault", description="A folder, or s3://bucket/prefix.")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s\"'<>()]+)?$",
        description="Where browsers can read the vault, so that the Prefect UI links to report pages.",
    )
    budget_usd: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Most a production may spend, whatever its brief says."
    )
    day_budget_usd: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Most all productions of a vault may spend in a day (UTC).",
    )
    text_in_flight: int = Field(default=4, ge=1, le=1000, description="Text calls under way at once.")
    image_in_flight: int = Field(default=8, ge=1, le=1000, description="Drawings under way at once.")
    video_in_flight: int = Field(default=10, ge=1, le=10_000, description="Takes being filmed at once.")
    text_per_minute: int = Field(default=60, ge=1, description="Text calls to a model started in a minute.")
    image_per_minute: int = Field(default=60, ge=1, description="Drawings by a model started in a minute.")
    video_per_minute: int = Field(default=40, ge=1, description="Clips ordered from a camera in a minute.")
    limits: dict[str, ModelBound] = Field(
        default={},
        description='Models with other bounds than their kind, as JSON: {"veo-3.1-generate-001": {"in_flight": 4}}.',
    )
    poll_shortest: float = Field(default=1.0, gt=0, description="Seconds before the first question to a camera.")
    poll_longest: float = Field(default=10.0, gt=0, description="Most seconds between two questions.")
    deadline: float = Field(default=1800.0, gt=0, description="Seconds to wait for a film; it stays collectable.")
    thresholds: Thresholds = Field(default=Thresholds(), description="When pictures count as alike.")
    c2pa_certificate: str = Field(
        default="", description="File of the certificate masters are signed with: PEM, the signer's own first."
    )
    c2pa_key: str = Field(default="", description="File of its private key: PEM, without a passphrase.")
    checks: CheckLimits = Field(
        default=CheckLimits(), description="From which number on a check of a take is a finding."
    )
    drift: DriftLimits = Field(default=DriftLimits(), description="How far extensions may go from the first clip.")
    models: str = Field(default="", description='Models to add: JSON {"text": [...], "image": [...], "video": [...]}.')

    @cached_property
    def table(self) -> ModelTable:
        """The model table, with the models described in ONEREEL_MODELS added.

        Raises:
            BadInput: ONEREEL_MODELS cannot be read; says where.
        """
        if not self.models:
            return MODELS
        try:
            added: dict[str, list[Any]] = json.loads(self.models)
            text = [TextModel.model_validate(entry) for entry in added.pop("text", [])]
            image = [ImageModel.model_validate(entry) for entry in added.pop("image", [])]
            video = [CameraModel.model_validate(entry) for entry in added.pop("video", [])]
        except (json.JSONDecodeError, ValidationError, AttributeError, TypeError) as error:
            raise BadInput(f"ONEREEL_MODELS cannot be read: {error}") from error
        if added:
            raise BadInput(f"ONEREEL_MODELS has {', '.join(added)}; it may have text, image and video")
        return ModelTable(
            text={**MODELS.text, **{model.id: model for model in text}},
            image={**MODELS.image, **{model.id: model for model in image}},
            video={**MODELS.video, **{model.id: model for model in video}},
        )


def read_settings() -> Settings:
    """Return the settings of this process.

    Raises:
        BadInput: A variable cannot be understood; says which and why.
    """
    try:
        return Settings()
    except SettingsError as error:
        raise BadInput(f"ONEREEL settings: {error}; write it as JSON") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "ONEREEL_" + "__".join(str(part).upper() for part in first["loc"])
        raise BadInput(f"{name}: {first['msg']}") from error
