"""The base of every noun: frozen, and closed to words we did not agree on."""

from pydantic import BaseModel, ConfigDict


class Noun(BaseModel):
    """An immutable value that refuses unknown fields; equal values are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
