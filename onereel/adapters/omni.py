"""Gemini Omni on the Gemini API: interactions that run in the background.

The name of an operation is the interaction's id: it is stored for 55 days on paid projects, and an extension names it
again. Omni has no seed and no field for unwanted things; the words carry those.

A film is asked for by address, but a later look hands it over inline all the same, so both are read. An address is a
file that Google keeps for 48 hours.

Source: reference/gemini-media.md, sections 3.2, 4.5 and 4.6.
"""

import asyncio
import base64
import binascii
import re
from collections.abc import Callable
from typing import Any, Final

from google.genai import types
from google.genai.interactions import Interaction

from onereel.adapters.connection import Connection
from onereel.adapters.courier import within
from onereel.adapters.enclosures import Enclosed, Enclosures, room
from onereel.adapters.vendor_words import clean, filters_at_random, says_safety
from onereel.crew import Film, Vault
from onereel.errors import BadInput, Filtered, Gone, NoAnswer, OnereelError, OutcomeUnknown, Refused, StudioBusy
from onereel.footage import Media
from onereel.models import ModelTable, Surface
from onereel.orders import ClipOrder, ExtendOrder

FAILED: Final = frozenset({"failed", "cancelled", "incomplete", "budget_exceeded"})
"""Ends without a film. ``completed`` is the one with; every other status, and one we do not know, is still going."""

_REFUSED: Final = re.compile(r"invalid|not_found|permission|precondition|unauthenticated|unimplemented", re.IGNORECASE)
_FILTER: Final = re.compile(r"filter|safety|prohibited|blocked|recitation", re.IGNORECASE)
_FILE: Final = re.compile(r"files/([A-Za-z0-9_-]+)")
_FILE_WAIT: Final = 5.0
"""Seconds between two looks at a file that is still being written. Source: ai.google.dev omni guide."""


class OmniCamera:
    """A camera on the Gemini API. See `onereel.crew.Camera` for what its methods promise."""

    def __init__(
        self,
        connection: Connection,
        fetch: Callable[[Media], bytes],
        table: ModelTable,
        copies: Vault | None = None,
    ) -> None:
        """Keep who answers, where media are read (blocking, in a thread), who may be asked, and where copies are."""
        self._connection = connection
        self._enclosures = Enclosures(fetch, copies)
        self._table = table

    async def order(self, order: ClipOrder | ExtendOrder) -> str:
        """Order a clip or an extension; return the interaction's id.

        Raises:
            BadInput: The model is retired or unknown, the Gemini API is not configured, or an extension does not name
                the interaction it goes on from; nothing was sent.
        """
        self._table.camera(order.model)
        _check(order)
        client = self._connection.client(Surface.GEMINI_API)
        action = f"filming with {order.model}"
        request = await asyncio.to_thread(self._request, order)
        with self._connection.paying(action, order.model):
            made = await client.aio.interactions.create(**request, timeout=self._connection.patience.order)
        if not made.id:
            raise OutcomeUnknown(f"{action}: accepted without an id for the interaction; it may have been paid")
        return str(made.id)

    async def look(self, operation: str, order: ClipOrder | ExtendOrder) -> Film | None:
        """Ask once how an interaction is doing."""
        client = self._connection.client(Surface.GEMINI_API)
        action = f"looking at {operation} by {order.model}"
        with self._connection.asking(action):
            seen = await client.aio.interactions.get(id=operation, timeout=self._connection.patience.poll)
        if seen.status in FAILED:
            codes = " ".join(error.code or "" for error in seen.errors or [])
            raise _failure(action, seen).coded(codes or seen.status)
        return await asyncio.to_thread(_film, action, seen) if seen.status == "completed" else None

    async def fetch(self, film: Film) -> bytes:
        """Return the bytes of a film: those that came along, or those of the file at its address."""
        return film.data if film.data is not None else await self._download(film.uri)

    async def _download(self, address: str) -> bytes:
        # The id by itself: the SDK cuts ids at the first sign that is not a-z or 0-9, and reads only https addresses.
        found = _FILE.search(address)
        if found is None:
            raise Gone(f"the film is at {clean(address)}, which is no file of the Gemini API; fetch it by hand")
        name = f"files/{found[1]}"
        client = self._connection.client(Surface.GEMINI_API)
        patience = self._connection.patience
        with self._connection.asking(f"looking at {name}"):
            file = await client.aio.files.get(name=name, config=types.GetFileConfig(http_options=within(patience.poll)))
        if file.state is types.FileState.PROCESSING:
            raise StudioBusy(f"{name} is still being written", after=_FILE_WAIT)
        if file.state is types.FileState.FAILED:
            raise Gone(f"{name} could not be written by the studio, and may have been paid")
        with self._connection.asking(f"downloading {name}"):
            data = await client.aio.files.download(
                file=name, config=types.DownloadFileConfig(http_options=within(patience.download))
            )
        if file.size_bytes is not None and len(data) != file.size_bytes:
            raise StudioBusy(f"downloading {name}: {len(data)} of {file.size_bytes} bytes came; fetch it again")
        return data

    def _request(self, order: ClipOrder | ExtendOrder) -> dict[str, Any]:
        """Read the media and put the request together; blocks."""
        request: dict[str, Any] = {
            "model": order.model,
            "background": True,
            "store": True,
            "response_format": [
                {
                    "type": "video",
                    "aspect_ratio": order.aspect_ratio,
                    "resolution": order.resolution,
                    "duration": f"{order.seconds}s",
                    "delivery": "uri",
                }
            ],
        }
        if isinstance(order, ExtendOrder):
            task, content = "extend", [{"type": "text", "text": order.words}]
            request["previous_interaction_id"] = order.previous
        else:
            task, content = _task(order), self._content(order)
        return {**request, "input": content, "generation_config": {"video_config": {"task": task}}}

    def _content(self, order: ClipOrder) -> list[dict[str, Any]]:
        model = self._table.camera(order.model)
        most = model.limits.picture_bytes
        frames = [self._enclosures.frame(one, most) for one in _frames(order)]
        left = room(model, *(one.sent for one in frames))
        references = self._enclosures.references([one.media for one in order.references], left, most)
        return [*map(_image, (*frames, *references)), {"type": "text", "text": _words(order)}]


def _image(picture: Enclosed) -> dict[str, Any]:
    data = base64.b64encode(picture.data).decode()
    return {"type": "image", "data": data, "mime_type": picture.content_type}


def _check(order: ClipOrder | ExtendOrder) -> None:
    if order.surface is not Surface.GEMINI_API:
        raise BadInput(f"{order.model} is asked on the Gemini API only; order it there, or a Veo model here")
    if isinstance(order, ExtendOrder) and not order.previous:
        raise BadInput(
            f"{order.model} extends by the id of the interaction that made the film, and the order names none"
        )


def _frames(order: ClipOrder) -> list[Media]:
    return [frame for frame in (order.opening, order.closing) if frame is not None]


def _task(order: ClipOrder) -> str:
    if order.opening is not None:
        return "image_to_video"
    return "reference_to_video" if order.references else "text_to_video"


def _words(order: ClipOrder) -> str:
    """Return the prompt; where there are references, after a heading that says which picture is what.

    Two frames without references need none: their order says it. Each role is named once, since the documentation
    binds a tag to a picture where it stands.
    """
    if not order.references:
        return order.words
    frames = ("<FIRST_FRAME>", "<LAST_FRAME>")[: len(_frames(order))]
    first = len(frames) + 1
    sources = " ".join(f"{tag}@Image{number}" for number, tag in enumerate(frames, 1))
    cast = " ".join(f"<IMAGE_REF_{index}>@Image{first + index}" for index in range(len(order.references)))
    heading = f"{f'[# Sources {sources}] ' if sources else ''}[# References {cast}]"
    labels = [f"Image{first + index}: {reference.label}" for index, reference in enumerate(order.references)]
    return "\n".join((heading, *labels, order.words))


def _failure(action: str, seen: Interaction) -> OnereelError:
    """Return our error for an interaction that ended without a film."""
    errors = seen.errors or []
    reasons = tuple(error.message or error.code or "" for error in errors)
    codes = " ".join(error.code or "" for error in errors)
    told = clean(" ".join(reasons) or seen.output_text or "no reason given")
    message = f"{action}: it ended {seen.status}: {f'{codes}: ' if codes else ''}{told}"
    if _FILTER.search(codes) or says_safety(told):
        return Filtered(message, reasons=reasons or (told,), random=filters_at_random(told))
    if seen.status in {"cancelled", "budget_exceeded"} or _REFUSED.search(codes):
        return Refused(message)
    return NoAnswer(f"{message}; a new order may succeed")


def _film(action: str, seen: Interaction) -> Film:
    film = seen.output_video
    if film is not None and film.uri:
        return Film(uri=film.uri)
    if film is None or not film.data:
        told = clean(seen.output_text or "no reason given")
        if says_safety(told):
            raise Filtered(f"{action}: filtered: {told}", reasons=(told,))
        raise NoAnswer(f"{action}: it ended without a film: {told}; a new order may succeed")
    try:
        return Film(data=base64.b64decode(film.data, validate=True))
    except binascii.Error:
        raise StudioBusy(f"{action}: the film came damaged; look again") from None
