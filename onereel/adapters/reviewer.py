"""Reviews by Gemini models: pictures and films are shown, a question follows, the answer fits a JSON schema.

Pictures come before the question, as Google's guide asks. A film is shown as the small copy made when it arrived;
one too large for a request goes through the Files API, which only the Gemini API has.

Source: reference/gemini-media.md, sections 4.2 and 4.6.
"""

import asyncio
import io
from collections.abc import Callable
from typing import Final

from google import genai
from google.genai import types

from onereel.adapters.connection import Connection
from onereel.adapters.courier import within
from onereel.adapters.enclosures import Enclosures, as_text, room
from onereel.adapters.gemini import answered
from onereel.crew import Answer, Vault
from onereel.errors import Refused, StudioBusy
from onereel.footage import Media
from onereel.models import ModelTable, Surface, TextModel
from onereel.orders import ReviewOrder

INLINE_BYTES: Final = 14 * 2**20
"""Largest film sent inside a request: as base64 it is a third larger, and 20 MB is the oldest limit there is."""

_FILE_LOOKS: Final = 60
_FILE_PAUSE: Final = 1.0
"""How often, and every how many seconds, an uploaded film is looked at until it can be used."""

_FILM: Final = "video/mp4"


class Reviewer:
    """Judges pictures and films."""

    def __init__(
        self,
        connection: Connection,
        fetch: Callable[[Media], bytes],
        table: ModelTable,
        inline_bytes: int = INLINE_BYTES,
        copies: Vault | None = None,
    ) -> None:
        """Keep who answers, where media are read (blocking, in a thread), what models cost, and what is sent inline."""
        self._connection = connection
        self._fetch = fetch
        self._enclosures = Enclosures(fetch, copies)
        self._table = table
        self._inline_bytes = inline_bytes

    async def review(self, order: ReviewOrder) -> Answer:
        """Return what the model wrote; whether it fits the schema is for the reader to check.

        Raises:
            BadInput: The model is retired or unknown, or its surface is not configured; nothing was sent.
            StudioBusy: Refused before acceptance, or the film could not be uploaded.
            Refused: The request is wrong, the account may not, or the film cannot be shown.
            Filtered: What was shown, or the answer, was filtered.
            NoAnswer: It was cut off, or empty; billed.
            OutcomeUnknown: No answer came, and it may have been paid.
        """
        model = self._table.writer(order.model)
        client = self._connection.client(order.surface)
        shown = [await self._film(client, order)] if order.film is not None else []
        shown += await asyncio.to_thread(self._pictures, order, model)
        said = types.Content(role="user", parts=[*shown, types.Part(text=order.words)])
        return await answered(self._connection, model, order, said, f"reviewing with {order.model}")

    def _pictures(self, order: ReviewOrder, model: TextModel) -> list[types.Part]:
        film = order.film.size if order.film is not None and order.film.size <= self._inline_bytes else 0
        sent = self._enclosures.references([one.media for one in order.pictures], room(model, as_text(film)))
        parts = []
        for picture, enclosed in zip(order.pictures, sent, strict=True):
            parts.append(types.Part(text=f"{picture.label}:"))
            parts.append(types.Part.from_bytes(data=enclosed.data, mime_type=enclosed.content_type))
        return parts

    async def _film(self, client: genai.Client, order: ReviewOrder) -> types.Part:
        """Return a film as the model looks at it: inside the request, or as a file."""
        assert order.film is not None  # noqa: S101 - the caller looked
        film = order.film
        data = await asyncio.to_thread(self._fetch, film)
        sampled = types.VideoMetadata(fps=order.film_fps)
        if len(data) <= self._inline_bytes:
            return types.Part(inline_data=types.Blob(data=data, mime_type=_FILM), video_metadata=sampled)
        if order.surface is not Surface.GEMINI_API:
            size = f"{len(data) / 2**20:.0f} MiB"
            raise Refused(f"the film is too long to be reviewed: {size} as a small copy; Agent Platform takes no files")
        uri = await self._uploaded(client, data)
        return types.Part(file_data=types.FileData(file_uri=uri, mime_type=_FILM), video_metadata=sampled)

    async def _uploaded(self, client: genai.Client, data: bytes) -> str:
        """Upload a film and return its address once it can be used; Google deletes it after two days."""
        patience = self._connection.patience
        with self._connection.asking("uploading a film to be reviewed"):
            file = await client.aio.files.upload(
                file=io.BytesIO(data),
                config=types.UploadFileConfig(mime_type=_FILM, http_options=within(patience.download)),
            )
            for _ in range(_FILE_LOOKS):
                if file.state is not types.FileState.PROCESSING:
                    break
                await asyncio.sleep(_FILE_PAUSE)
                file = await client.aio.files.get(
                    name=file.name or "", config=types.GetFileConfig(http_options=within(patience.poll))
                )
        if file.state is not types.FileState.ACTIVE or not file.uri:
            raise StudioBusy("the film to be reviewed was uploaded but cannot be used yet", after=_FILE_PAUSE)
        return file.uri
