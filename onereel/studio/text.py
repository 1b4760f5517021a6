"""Text: answers generateContent of a text model.

A storyboard where the prompt is a brief, a review where it shows something to judge, else what fits the schema.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from onereel.models import TextModel
from onereel.prices import dense_characters
from onereel.studio.critic import media_tokens, review, shown
from onereel.studio.faults import Fault, What
from onereel.studio.filler import fill
from onereel.studio.kinds import Kind
from onereel.studio.rewriter import find_note, rewrite
from onereel.studio.screenwriter import find_brief, write_storyboard
from onereel.studio.softener import find_shot, soften
from onereel.studio.studio import Order, Studio, struck
from onereel.studio.wire import digest, invalid

_LEVELS: Final = ("minimal", "low", "medium", "high")
_THOUGHTS: Final = {"minimal": 0, "low": 256, "medium": 768, "high": 1536}
"""Plausible thinking tokens by level."""


def parts_of(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every part of the conversation, oldest first.

    Raises:
        Rejected: 400, there is none.
    """
    contents = request.get("contents") or []
    contents = [contents] if isinstance(contents, dict) else contents
    parts = [part for content in contents for part in content.get("parts") or []]
    if not parts:
        raise invalid("* GenerateContentRequest.contents: contents is not specified", "contents")
    return parts


def words_of(parts: Iterable[Mapping[str, Any]]) -> str:
    """Return the words in these parts."""
    return "\n".join(part["text"] for part in parts if part.get("text"))


def token_count(text: str) -> int:
    """Return about how many tokens a text has: four characters to one, or one to one in dense scripts."""
    dense = dense_characters(text)
    return max(1, dense + (len(text) - dense) // 4)


async def answer_text(studio: Studio, model: TextModel, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer generateContent of a text model.

    Raises:
        Rejected: 400 for a broken rule, or what the fault plan says.
        HangUp: The fault plan says the line drops.
    """
    config = request.get("generationConfig") or {}
    parts = parts_of(request)
    words = words_of(parts)
    level = _level(config)
    schema = config.get("responseSchema") or config.get("responseJsonSchema")
    if schema is not None and config.get("responseMimeType") != "application/json":
        raise invalid("Function calling config or response schema requires responseMimeType application/json")
    system = words_of((request.get("systemInstruction") or {}).get("parts") or [])
    order = Order(Kind.TEXT, model.id, words, digest(model.id, request))

    async def work(faults: tuple[Fault, ...]) -> dict[str, Any]:
        text = _spoil(await studio.draw(_write, studio, parts, schema, faults), faults)
        counts = _count(system + words, text, level, await studio.draw(media_tokens, studio, parts))
        price = model.price(datetime.now(UTC).date())
        written = counts["candidatesTokenCount"] + counts["thoughtsTokenCount"]
        usd = (counts["promptTokenCount"] * price.input_usd + written * price.output_usd) / 1e6
        studio.books.bill(Kind.TEXT, round(usd, 6))
        return _answered(model.id, text, counts, faults)

    return await studio.answer(order, work)


def _level(config: Mapping[str, Any]) -> str:
    level = str((config.get("thinkingConfig") or {}).get("thinkingLevel") or "medium").lower()
    if level not in _LEVELS:
        raise invalid(
            f"Invalid value at 'generation_config.thinking_config.thinking_level': {level!r}",
            "generation_config.thinking_config.thinking_level",
        )
    return level


def _write(
    studio: Studio, parts: Sequence[Mapping[str, Any]], schema: Mapping[str, Any] | None, faults: Sequence[Fault]
) -> str:
    words = words_of(parts)
    if schema is None:
        first = " ".join(words.split()[:12])
        return f"This is a rehearsal, so nobody has thought about it: {first}."
    brief = find_brief(words)
    if brief is not None and "shots" in schema.get("properties", {}):
        return json.dumps(write_storyboard(brief, schema), ensure_ascii=False)
    note = find_note(words)
    if note is not None and "shots" in schema.get("properties", {}):
        return json.dumps(rewrite(note), ensure_ascii=False)
    asked = find_brief(words, "to_judge")
    if asked is not None:
        said = review(asked, shown(studio, parts), faults)
        return json.dumps({name: said[name] for name in schema["properties"]}, ensure_ascii=False)
    shot = find_shot(words)
    if shot is not None:
        return json.dumps(soften(shot), ensure_ascii=False)
    return json.dumps(fill(schema, words), ensure_ascii=False)


def _spoil(text: str, faults: Iterable[Fault]) -> str:
    if struck(faults, What.BLOCKED, What.PROHIBITED):
        return ""
    if struck(faults, What.TRUNCATED):
        return text[: len(text) * 2 // 3]
    if struck(faults, What.MALFORMED):
        return "Here is the JSON you asked for:\n" + text.replace('":', '" ', 3)
    return text


def _count(prompt: str, answer: str, level: str, media: int) -> dict[str, int]:
    counts = {
        "promptTokenCount": token_count(prompt) + media,
        "candidatesTokenCount": token_count(answer),
        "thoughtsTokenCount": _THOUGHTS[level],
    }
    return {**counts, "totalTokenCount": sum(counts.values())}


def _answered(model: str, text: str, counts: dict[str, int], faults: Iterable[Fault]) -> dict[str, Any]:
    envelope: dict[str, Any] = {
        "usageMetadata": counts,
        "modelVersion": model,
        "responseId": digest(model, text)[:22],
    }
    if struck(faults, What.BLOCKED):
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **envelope}
    candidate: dict[str, Any] = {"finishReason": "STOP", "index": 0}
    if struck(faults, What.PROHIBITED):
        candidate["finishReason"] = "PROHIBITED_CONTENT"
    else:
        candidate["content"] = {"role": "model", "parts": [{"text": text}]}
    if struck(faults, What.TRUNCATED):
        candidate["finishReason"] = "MAX_TOKENS"
    return {"candidates": [candidate], **envelope}
