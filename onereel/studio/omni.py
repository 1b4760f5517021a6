"""Gemini Omni through the Interactions API: create, get, cancel, delete."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from onereel.models import CameraModel
from onereel.studio.faults import What
from onereel.studio.kinds import Kind
from onereel.studio.omni_rules import Asked, plan, read
from onereel.studio.operations import WORDS, Operation, damage, price, start
from onereel.studio.shelf import StoredFile
from onereel.studio.studio import Order, Studio, struck
from onereel.studio.text import token_count
from onereel.studio.wire import Rejected, digest, invalid, not_found, write_base64

_INLINE: Final = 4 * 2**20
"""Bytes beyond which a film is delivered by address whatever was asked."""

_TOKENS: Final = 5792
"""Tokens of a second of 720p film. Source: ai.google.dev/gemini-api/docs/omni, 2026-09."""

_CODES: Final = {3: "invalid_argument", 8: "resource_exhausted", 13: "internal", 14: "unavailable"}


@dataclass
class Interaction:
    """One interaction; `seconds` are those it filmed, without any it extends."""

    asked: Asked
    model: str
    operation: Operation
    seconds: float
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def id(self) -> str:
        """As the client knows it."""
        return f"v1_{self.operation.id}"

    @property
    def status(self) -> str:
        """How far it is, in the API's words."""
        if self.operation.cancelled:
            return "cancelled"
        if not self.operation.done:
            return "in_progress"
        return "failed" if self.operation.error is not None or self.operation.filter_reason else "completed"

    @property
    def film(self) -> Path | None:
        """The film, where there is one."""
        return next(iter(self.operation.films), None) if self.status == "completed" else None


def find(studio: Studio, id_: str) -> Interaction:
    """Return a stored interaction.

    Raises:
        Rejected: 404, there is none.
    """
    found: Interaction | None = studio.interactions.get(id_)
    if found is None:
        raise not_found(f"Interaction {id_} not found.")
    return found


async def create(studio: Studio, model: CameraModel, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer ``POST interactions``: at once in the background, else when the film is ready.

    Raises:
        Rejected: 400 for a broken rule, 404 and 409 for what it goes on from, or what the fault plan says.
        HangUp: The fault plan says the line drops.
    """
    asked = read(request, model)
    previous = find(studio, asked.previous) if asked.previous else None
    if previous is not None and previous.status != "completed":
        raise Rejected(409, f"Interaction {asked.previous} is {previous.status}; it must be completed.")
    shooting = await studio.draw(plan, studio, model, asked, previous.film if previous is not None else None)
    kind = Kind.EXTENSION if asked.task == "extend" else Kind.VIDEO
    usd = round(shooting.seconds * price(model.limits, asked.resolution, sound=True), 6)
    order = Order(kind, model.id, asked.words, digest(model.id, request))
    operation = await start(studio, order, [shooting], usd)
    made = Interaction(asked, model.id, operation, shooting.seconds)
    if asked.store:
        studio.interactions[made.id] = made
    if asked.background:
        return described(made, None)
    await asyncio.wait([operation.filming])
    return described(made, await _delivered(studio, made))


async def get(studio: Studio, id_: str) -> dict[str, Any]:
    """Answer ``GET interactions/{id}``: the film comes inline, also where it was ordered by address.

    Raises:
        Rejected: 404, or what the fault plan says.
        HangUp: The fault plan says the line drops.
    """
    studio.books.count("polls")
    known = studio.interactions.get(id_)
    await studio.visit(Kind.POLL, known.asked.words if known is not None else "")
    made = find(studio, id_)
    return described(made, await _inline(studio, made) if made.film is not None else None)


def cancel(studio: Studio, id_: str) -> dict[str, Any]:
    """Answer ``POST interactions/{id}/cancel``.

    Raises:
        Rejected: 404; 400 where it did not run in the background or has ended.
    """
    made = find(studio, id_)
    if not made.asked.background:
        raise invalid("Only background interactions can be cancelled.")
    if made.operation.done:
        raise invalid(f"Interaction {id_} is {made.status} and cannot be cancelled.")
    made.operation.cancelled = True
    made.operation.filming.cancel()
    return described(made, None)


def delete(studio: Studio, id_: str) -> dict[str, Any]:
    """Answer ``DELETE interactions/{id}``.

    Raises:
        Rejected: 404, there is none.
    """
    find(studio, id_)
    del studio.interactions[id_]
    return {}


async def _delivered(studio: Studio, made: Interaction) -> dict[str, str] | None:
    film = made.film
    if film is None:
        return None
    if made.asked.delivery == "inline" and film.stat().st_size <= _INLINE:
        return await _inline(studio, made)
    file = studio.shelf.add(StoredFile(film, "video/mp4", "GENERATED"))
    return {"uri": file.url}


async def _inline(studio: Studio, made: Interaction) -> dict[str, str]:
    faults = await studio.visit(Kind.DOWNLOAD, made.asked.words)
    studio.books.count("downloads")
    film = made.film
    data = await asyncio.to_thread(film.read_bytes) if film is not None else b""
    return {"data": write_base64(damage(data, faults))}


def described(made: Interaction, film: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the Interaction resource, its film where there is one to deliver."""
    resource: dict[str, Any] = {
        "id": made.id,
        "object": "interaction",
        "model": made.model,
        "status": made.status,
        "created": made.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "updated": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if made.asked.previous:
        resource["previous_interaction_id"] = made.asked.previous
    if made.status == "failed":
        resource["errors"] = [_error(made.operation)]
    if made.status == "completed":
        resource["steps"] = _steps(made, film)
        resource["usage"] = _usage(made)
    return resource


def _error(operation: Operation) -> dict[str, str]:
    if operation.error is not None:
        return {"code": _CODES[operation.error], "message": WORDS[operation.error]}
    return {"code": "content_filtered", "message": operation.filter_reason}


def _steps(made: Interaction, film: Mapping[str, str] | None) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = [{"type": "text", "text": "A rehearsal take."}]
    if film is not None and not struck(made.operation.faults, What.EMPTY):
        content.append({"type": "video", "mime_type": "video/mp4", **film})
    signature = write_base64(made.id.encode())
    return [{"type": "thought", "signature": signature}, {"type": "model_output", "content": content}]


def _usage(made: Interaction) -> dict[str, Any]:
    shown = round(made.seconds * _TOKENS)
    asked = token_count(made.asked.words) + 258 * len(made.asked.images)
    return {
        "total_tokens": shown + asked,
        "total_input_tokens": asked,
        "total_output_tokens": shown,
        "output_tokens_by_modality": [{"modality": "video", "tokens": shown}],
    }
