"""Text and pictures by Gemini models, one request each.

Nothing is ever sent twice: SDK retries are off, and so is its automatic continuation, which would follow a long answer
with more paid requests of its own. On the Gemini API requests ask not to be stored (since 2026-10-26 new projects
store by default); Agent Platform has no such switch.

Source: reference/gemini-media.md, sections 2 and 4.2.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from google.genai import types
from pydantic import TypeAdapter

from onereel.adapters import gemini_answer
from onereel.adapters.connection import Connection
from onereel.adapters.courier import within
from onereel.adapters.enclosures import Enclosed, Enclosures, as_text, room
from onereel.adapters.gemini_answer import End, Usage
from onereel.crew import Answer, Drawing, Vault
from onereel.errors import NoAnswer
from onereel.footage import Media
from onereel.models import ImageModel, ModelTable, Surface, TextModel, TokenPrice
from onereel.orders import DrawOrder, ReviewOrder, TextOrder
from onereel.prices import words_tokens
from onereel.prompts import DRAWN_LAST, FIRST_IMAGE

HISTORY_BYTES: Final = 48 * 2**20
"""Largest history we hand back, as JSON. A request may have 100 MB, and the next one adds its own references. Beyond
it the oldest turns are forgotten; the turn that drew the picture is always kept whole."""

_MAGIC: Final = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg"))
_MODALITIES: Final = ["TEXT", "IMAGE"]
_TURNS: Final = TypeAdapter(list[types.Content])


class Screenwriter:
    """Writes answers that fit a JSON schema."""

    def __init__(self, connection: Connection, table: ModelTable) -> None:
        self._connection = connection
        self._table = table

    async def write(self, order: TextOrder) -> Answer:
        """Return what the model wrote; whether it fits the schema is for the reader to check.

        Raises:
            BadInput: The model is retired or unknown, or its surface is not configured; nothing was sent.
            StudioBusy: Refused before acceptance.
            Refused: The request is wrong, or the account may not.
            Filtered: The words, or the answer, were filtered.
            NoAnswer: It was cut off, or empty; billed.
            OutcomeUnknown: No answer came, and it may have been paid.
        """
        model = self._table.writer(order.model)
        said = types.Content(role="user", parts=[types.Part(text=order.words)])
        return await answered(self._connection, model, order, said, f"writing with {order.model}")


async def answered(
    connection: Connection, model: TextModel, order: TextOrder | ReviewOrder, said: types.Content, action: str
) -> Answer:
    """Return what a model wrote that was asked to fit the order's schema.

    Raises:
        As `Screenwriter.write`.
    """
    client = connection.client(order.surface)
    config = types.GenerateContentConfig(
        response_mime_type="application/json",
        response_json_schema=order.answer,
        thinking_config=_thinking(order.thinking),
        max_output_tokens=order.most_tokens,
        **_common(order.surface, connection.patience.text),
    )
    with connection.paying(action, order.model):
        response = await client.aio.models.generate_content(model=order.model, contents=[said], config=config)
    tokens = gemini_answer.usage(response)
    usd = _answer_usd(model.price(datetime.now(UTC).date()), tokens, order)
    text = gemini_answer.words(response)
    if not text or gemini_answer.end(response) is not End.WHOLE:
        raise gemini_answer.nothing(action, response, usd)
    return Answer(text=text, usd=usd, request_id=response.response_id or "", tokens=tokens.total)


class Illustrator:
    """Draws keyframes, and redraws them from themselves."""

    def __init__(
        self,
        connection: Connection,
        fetch: Callable[[Media], bytes],
        table: ModelTable,
        history_bytes: int = HISTORY_BYTES,
        copies: Vault | None = None,
    ) -> None:
        """Keep who answers, where media are read (blocking, in a thread), what models cost, and how much is kept."""
        self._connection = connection
        self._fetch = fetch
        self._enclosures = Enclosures(fetch, copies)
        self._table = table
        self._history_bytes = history_bytes

    async def draw(self, order: DrawOrder) -> Drawing:
        """Return the picture, and the conversation that led to it.

        Raises:
            BadInput: The model is retired or unknown, or its surface is not configured; nothing was sent.
            StudioBusy: Refused before acceptance.
            Refused: The request is wrong, or the account may not.
            Filtered: The words, a reference or the picture were filtered.
            NoAnswer: It came back without a picture; its prompt and thinking were billed.
            OutcomeUnknown: No answer came, and it may have been paid.
        """
        model = self._table.illustrator(order.model)
        client = self._connection.client(order.surface)
        action = f"drawing with {order.model}"
        turns = await asyncio.to_thread(self._turns, order, model)
        config = types.GenerateContentConfig(
            response_modalities=_MODALITIES,
            image_config=types.ImageConfig(aspect_ratio=order.aspect_ratio, image_size=order.size),
            thinking_config=_thinking(order.thinking),
            tools=[types.Tool(google_search=types.GoogleSearch())] if order.grounding else None,
            seed=order.seed,
            **_common(order.surface, self._connection.patience.image),
        )
        with self._connection.paying(action, order.model):
            response = await client.aio.models.generate_content(model=order.model, contents=[*turns], config=config)
        return await asyncio.to_thread(_drawing, action, order, model, turns, response, self._history_bytes)

    def _turns(self, order: DrawOrder, model: ImageModel) -> list[types.Content]:
        """Return the conversation to send: earlier turns as they were, and the new one.

        The pictures of all turns count, and a keyframe may be drawn after as many as the model takes. The oldest turns
        are left out beyond that; where the one that drew the picture does not fit either, the picture itself is sent.
        """
        known = [] if order.history is None else _TURNS.validate_json(self._fetch(order.history))
        earlier = _latest(known, model.references - len(order.references))
        left = room(model, *map(as_text, _pictures_of(earlier)))
        said: list[types.Part] = []
        if order.canvas is not None and earlier:
            said.append(types.Part(text=DRAWN_LAST))
        elif order.canvas is not None:
            canvas = self._enclosures.frame(order.canvas)
            said += _labelled(FIRST_IMAGE, canvas)
            left -= canvas.sent
        # Half a request at most: an edit sends them once more, with the drawing they led to.
        shown = self._enclosures.references([one.media for one in order.references], min(left, HISTORY_BYTES))
        for reference, picture in zip(order.references, shown, strict=True):
            said += _labelled(reference.label, picture)
        return [*earlier, types.Content(role="user", parts=[*said, types.Part(text=order.words)])]


def _labelled(label: str, picture: Enclosed) -> list[types.Part]:
    return [types.Part(text=label), types.Part.from_bytes(data=picture.data, mime_type=picture.content_type)]


def _pictures_of(turns: Sequence[types.Content]) -> list[int]:
    """Return how many bytes each picture of a conversation has."""
    return [len(blob.data or b"") for turn in turns for part in turn.parts or [] if (blob := part.inline_data)]


def _common(surface: Surface, seconds: float) -> dict[str, Any]:
    """Return what every request says, by surface, and how long to wait for its answer."""
    return {
        "automatic_continuation": False,
        "store": False if surface is Surface.GEMINI_API else None,
        "http_options": within(seconds),
    }


def _thinking(level: str) -> types.ThinkingConfig | None:
    """Return the thinking level as the SDK takes it; None: the model's own."""
    return types.ThinkingConfig(thinking_level=types.ThinkingLevel(level.upper())) if level else None


def _answer_usd(price: TokenPrice, tokens: Usage, order: TextOrder | ReviewOrder) -> float:
    """Return what an answer cost; where it does not say how long it was, the most it can have cost."""
    prompt = words_tokens(order.words) if tokens.prompt is None else tokens.prompt
    text = order.most_tokens if tokens.text is None else tokens.text
    return round((prompt * price.input_usd + text * price.output_usd) / 1e6, 6)


def _image_usd(model: ImageModel, order: DrawOrder, tokens: Usage, pictures: int) -> float:
    """Return what an answer cost; tokens it does not name are taken from the model table."""
    images = pictures * model.sizes.get(order.size, 0) if tokens.images is None else tokens.images
    text = (tokens.text or 0) - (images if tokens.images is None else 0)
    prompt = words_tokens(order.words) if tokens.prompt is None else tokens.prompt
    return model.usd(images=images, prompt=prompt, text=max(0, text))


def _drawing(
    action: str,
    order: DrawOrder,
    model: ImageModel,
    turns: Sequence[types.Content],
    response: types.GenerateContentResponse,
    history_bytes: int,
) -> Drawing:
    tokens = gemini_answer.usage(response)
    # The last one is the picture: those before are drafts of its thinking, and the final one was seen flagged as a
    # thought, too, so the flag decides nothing.
    found = [part.inline_data for part in gemini_answer.parts(response) if part.inline_data and part.inline_data.data]
    usd = _image_usd(model, order, tokens, min(1, len(found)))
    if not found or gemini_answer.end(response) is End.FILTERED:
        raise gemini_answer.nothing(action, response, usd)
    picture = found[-1].data or b""
    suffix = _suffix(picture)
    if not suffix:
        raise NoAnswer(f"{action}: came back with {len(picture)} bytes that are no PNG, JPEG or WebP", usd=usd)
    return Drawing(
        picture=picture,
        suffix=suffix,
        history=_history(turns, response, history_bytes),
        usd=usd,
        request_id=response.response_id or "",
        tokens=tokens.total,
    )


def _latest(turns: list[types.Content], most: int) -> list[types.Content]:
    """Return the newest turns, each answer with its question, that have no more than so many pictures together."""
    while sum(bool(part.inline_data) for turn in turns for part in turn.parts or []) > most:
        turns = turns[2:]
    return turns


def _suffix(picture: bytes) -> str:
    """Return the file type of these bytes, which is not always the one the answer names; empty when unknown."""
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        return "webp"
    return next((suffix for magic, suffix in _MAGIC if picture.startswith(magic)), "")


def _history(turns: Sequence[types.Content], response: types.GenerateContentResponse, most: int) -> bytes:
    """Return the conversation as JSON: the model's own turn unchanged, with its thought signatures."""
    candidates = response.candidates or []
    kept = [*turns, *(candidate.content for candidate in candidates[:1] if candidate.content is not None)]
    said = [_TURNS.dump_json([turn], exclude_none=True)[1:-1] for turn in kept]
    while len(said) > 2 and sum(map(len, said)) > most:  # noqa: PLR2004 - the words, and the picture
        said = said[2:]
    return b"[" + b",".join(said) + b"]"
