"""Veo on Agent Platform: long-running operations, pictures and film inline.

We never ask for ``storageUri``, so films come back inside the answer to a poll and no bucket is involved.

How a finished operation's error is read (google.rpc codes): 3, 5, 7, 9, 11, 12 and 16 are refusals, asking again
cannot help; the others (1, 2, 4, 8, 10, 13, 14, 15) mean that no film was made this time: `NoAnswer`, and a new order
may succeed. It is not `StudioBusy`: the operation is over, and looking again would only find the same error.

Source: reference/gemini-media.md, sections 3.1, 4.4 and 5; google/rpc/code.proto.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from google.genai import types

from onereel.adapters.connection import Connection
from onereel.adapters.courier import within
from onereel.adapters.enclosures import Enclosed, Enclosures, room
from onereel.adapters.vendor_words import clean, filters_at_random, says_safety
from onereel.crew import Film, Vault
from onereel.errors import BadInput, Filtered, Gone, NoAnswer, OnereelError, OutcomeUnknown, Refused
from onereel.footage import Media
from onereel.models import ModelTable, Surface
from onereel.orders import ClipOrder, ExtendOrder

_SUPPORT_CODE: Final = re.compile(r"\b\d{8}\b")
RPC_AGAIN: Final[Mapping[int, bool]] = {
    1: True,
    2: True,
    3: False,
    4: True,
    5: False,
    6: False,
    7: False,
    8: True,
    9: False,
    10: True,
    11: False,
    12: False,
    13: True,
    14: True,
    15: True,
    16: False,
}
"""google.rpc code to whether a new order may succeed; a code we do not know may."""


class VeoCamera:
    """A camera on Agent Platform. See `onereel.crew.Camera` for what its methods promise."""

    def __init__(
        self,
        connection: Connection,
        fetch: Callable[[Media], bytes],
        table: ModelTable,
        copies: Vault | None = None,
    ) -> None:
        """Keep who answers, where media are read (blocking, in a thread), who may be asked, and where copies are."""
        self._connection = connection
        self._fetch = fetch
        self._enclosures = Enclosures(fetch, copies)
        self._table = table

    async def order(self, order: ClipOrder | ExtendOrder) -> str:
        """Order a clip or seven more seconds; return the operation's full resource name.

        Raises:
            BadInput: The model is retired or unknown, or Agent Platform is not configured; nothing was sent.
        """
        self._table.camera(order.model)
        _check_surface(order)
        client = self._connection.client(Surface.AGENT_PLATFORM, location=self._connection.film_location)
        action = f"filming with {order.model}"
        source, config = await asyncio.to_thread(self._request, order)
        with self._connection.paying(action, order.model):
            operation = await client.aio.models.generate_videos(model=order.model, source=source, config=config)
        if not operation.name:
            raise OutcomeUnknown(f"{action}: accepted without a name for the operation; it may have been paid")
        return operation.name

    async def look(self, operation: str, order: ClipOrder | ExtendOrder) -> Film | None:
        """Ask once how an operation is doing; the film comes with the answer that says it is done."""
        client = self._connection.client(Surface.AGENT_PLATFORM, location=self._connection.film_location)
        action = f"looking at {operation} by {order.model}"
        config = types.GetOperationConfig(http_options=within(self._connection.patience.poll))
        begun = types.GenerateVideosOperation.model_validate({"name": operation})
        with self._connection.asking(action):
            seen = await client.aio.operations.get(begun, config=config)
        if not seen.done:
            return None
        if seen.error is not None:
            raise _failure(action, seen.error).coded(seen.error.get("code", ""))
        return _film(action, seen.response)

    async def fetch(self, film: Film) -> bytes:
        """Return the bytes of a film, which came with the last look."""
        if film.data is None:
            raise Gone(
                f"the film is at {film.uri}, and onereel does not read Cloud Storage: copy it with gcloud; "
                "we ask for no storageUri, so look for a gateway that adds one"
            )
        return film.data

    def _request(self, order: ClipOrder | ExtendOrder) -> tuple[types.GenerateVideosSource, types.GenerateVideosConfig]:
        """Read the media and put the request together; blocks."""
        config = types.GenerateVideosConfig(
            number_of_videos=1,
            aspect_ratio=order.aspect_ratio,
            resolution=order.resolution,
            negative_prompt=order.negative or None,
            seed=order.seed,
            generate_audio=order.sound,
            person_generation=order.people or None,
            http_options=within(self._connection.patience.order),
        )
        if isinstance(order, ExtendOrder):
            film = types.Video(video_bytes=self._fetch(order.film), mime_type=order.film.content_type)
            return types.GenerateVideosSource(prompt=order.words, video=film), config
        config.duration_seconds = order.seconds  # an extension's length is fixed, and pages disagree how to say it
        model = self._table.camera(order.model)
        most = model.limits.picture_bytes
        frames = [
            self._enclosures.frame(one, most) if one is not None else None for one in (order.opening, order.closing)
        ]
        left = room(model, *(one.sent for one in frames if one is not None))
        config.last_frame = _image(frames[1])
        config.reference_images = [
            types.VideoGenerationReferenceImage(
                image=_image(reference), reference_type=types.VideoGenerationReferenceType.ASSET
            )
            for reference in self._enclosures.references([one.media for one in order.references], left, most)
        ] or None
        return types.GenerateVideosSource(prompt=order.words, image=_image(frames[0])), config


def _image(picture: Enclosed | None) -> types.Image | None:
    # Always from bytes: the SDK takes a PIL image without complaint and sends {} in its place.
    return types.Image(image_bytes=picture.data, mime_type=picture.content_type) if picture else None


def _check_surface(order: ClipOrder | ExtendOrder) -> None:
    if order.surface is not Surface.AGENT_PLATFORM:
        raise BadInput(f"{order.model} films on Agent Platform only; order it there, or a Gemini Omni model here")


def _failure(action: str, error: Mapping[str, Any]) -> OnereelError:
    """Return our error for the google.rpc.Status a finished operation ended with."""
    code = error.get("code")
    words = clean(str(error.get("message") or "no reason given"))
    message = f"{action}: it ended with code {code}: {words}"
    if says_safety(words):
        return Filtered(message, reasons=(words,), random=filters_at_random(words))
    if isinstance(code, int) and not RPC_AGAIN.get(code, True):
        return Refused(message)
    return NoAnswer(f"{message}; a new order may succeed")


def _film(action: str, response: types.GenerateVideosResponse | None) -> Film:
    made = (response.generated_videos if response is not None else None) or []
    film = made[0].video if made else None
    if film is not None and (film.video_bytes or film.uri):
        return Film(data=film.video_bytes) if film.video_bytes else Film(uri=film.uri or "")
    reasons = tuple((response.rai_media_filtered_reasons if response is not None else None) or ())
    if reasons or (response is not None and response.rai_media_filtered_count):
        message = f"{action}: filtered: {clean(' '.join(reasons)) or 'no reason given'}"
        raise Filtered(message, reasons=reasons, random=filters_at_random(message)).coded(_support_codes(reasons))
    raise NoAnswer(f"{action}: it ended without a film and without a reason; a new order may succeed").coded("empty")


def _support_codes(reasons: tuple[str, ...]) -> str:
    """Return the codes by which Google names a filter, out of its words."""
    return " ".join(_SUPPORT_CODE.findall(" ".join(reasons))) or "filtered"
