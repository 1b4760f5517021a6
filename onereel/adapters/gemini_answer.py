"""What a generateContent answer holds: parts, usage, or the reason there is nothing.

HTTP 200 is not success. The shapes without what was asked for: no candidates and a block reason; a candidate without
content and a finish reason; ``STOP`` with text where a picture was ordered.

Source: reference/gemini-media.md, section 2.3; the finish reasons of google-genai 3.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from google.genai import types
from google.genai.types import BlockedReason, FinishReason

from onereel.adapters.vendor_words import clean
from onereel.errors import Filtered, NoAnswer, NotAllowed, Refused


class End(StrEnum):
    """How an answer ended."""

    WHOLE = "whole"
    FILTERED = "filtered"
    EMPTY = "empty"
    BARRED = "barred"


ENDS: Final[Mapping[FinishReason, End]] = {
    FinishReason.FINISH_REASON_UNSPECIFIED: End.WHOLE,
    FinishReason.STOP: End.WHOLE,
    FinishReason.SAFETY: End.FILTERED,
    FinishReason.RECITATION: End.FILTERED,
    FinishReason.BLOCKLIST: End.FILTERED,
    FinishReason.PROHIBITED_CONTENT: End.FILTERED,
    FinishReason.SPII: End.FILTERED,
    FinishReason.ESCALATION: End.FILTERED,
    FinishReason.MODEL_ARMOR: End.FILTERED,
    FinishReason.IMAGE_SAFETY: End.FILTERED,
    FinishReason.IMAGE_PROHIBITED_CONTENT: End.FILTERED,
    FinishReason.IMAGE_RECITATION: End.FILTERED,
    FinishReason.PUP_LIMITED_DISABLED: End.BARRED,
    FinishReason.MAX_TOKENS: End.EMPTY,
    FinishReason.CONTINUATION: End.EMPTY,
    FinishReason.LANGUAGE: End.EMPTY,
    FinishReason.OTHER: End.EMPTY,
    FinishReason.IMAGE_OTHER: End.EMPTY,
    FinishReason.NO_IMAGE: End.EMPTY,
    FinishReason.MALFORMED_FUNCTION_CALL: End.EMPTY,
    FinishReason.MALFORMED_RESPONSE: End.EMPTY,
    FinishReason.UNEXPECTED_TOOL_CALL: End.EMPTY,
    FinishReason.TOO_MANY_TOOL_CALLS: End.EMPTY,
    FinishReason.MISSING_THOUGHT_SIGNATURE: End.EMPTY,
}
"""Finish reason to end; one we have never heard of is `EMPTY`."""

_AGAIN: Final = frozenset({FinishReason.NO_IMAGE, FinishReason.IMAGE_OTHER, FinishReason.STOP, FinishReason.OTHER})
"""Empty ends worth a second try. Filters that name a policy hold: no `Filtered` of ours is random here."""


@dataclass(frozen=True)
class Usage:
    """Tokens that are billed; None where the answer did not say."""

    prompt: int | None
    images: int | None
    text: int | None
    """Written and thought: both are billed as output."""
    total: int


def usage(response: types.GenerateContentResponse) -> Usage:
    """Return the tokens of an answer."""
    said = response.usage_metadata
    if said is None:
        return Usage(None, None, None, 0)
    prompt = (said.prompt_token_count or 0) + (said.tool_use_prompt_token_count or 0)
    written = said.candidates_token_count or 0
    details = said.candidates_tokens_details
    images = None if details is None else sum(_of_images(detail) for detail in details)
    thoughts = said.thoughts_token_count or 0
    return Usage(prompt, images, max(0, written - (images or 0)) + thoughts, said.total_token_count or 0)


def _of_images(detail: types.ModalityTokenCount) -> int:
    return (detail.token_count or 0) if detail.modality is types.MediaModality.IMAGE else 0


def parts(response: types.GenerateContentResponse) -> list[types.Part]:
    """Return the parts of the first candidate, thoughts included."""
    candidate = response.candidates[0] if response.candidates else None
    return (candidate.content.parts or []) if candidate is not None and candidate.content is not None else []


def words(response: types.GenerateContentResponse) -> str:
    """Return what was written, without thoughts."""
    return "".join(part.text for part in parts(response) if part.text and not part.thought)


def end(response: types.GenerateContentResponse) -> End:
    """Return how an answer ended."""
    if not response.candidates:
        return End.FILTERED if response.prompt_feedback is not None else End.EMPTY
    reason = response.candidates[0].finish_reason
    return End.WHOLE if reason is None else ENDS.get(reason, End.EMPTY)


def nothing(action: str, response: types.GenerateContentResponse, usd: float) -> Refused:
    """Return the error for an answer without what was asked for.

    Args:
        action: What we were doing.
        response: The answer.
        usd: What it cost all the same.
    """
    feedback = response.prompt_feedback
    if not response.candidates and feedback is not None:
        block = feedback.block_reason or BlockedReason.BLOCKED_REASON_UNSPECIFIED
        reasons = _said(block.value, feedback.block_reason_message)
        return Filtered(f"{action}: blocked: {' '.join(reasons)}", reasons=reasons, usd=usd).coded(block.value)
    if not response.candidates:
        return NoAnswer(f"{action}: answered without a candidate; another try may help", usd=usd)
    candidate = response.candidates[0]
    reason = candidate.finish_reason or FinishReason.FINISH_REASON_UNSPECIFIED
    reasons = _said(reason.value, candidate.finish_message)
    ended = end(response)
    if ended is End.FILTERED:
        return Filtered(f"{action}: filtered: {' '.join(reasons)}", reasons=reasons, usd=usd).coded(reason.value)
    if ended is End.BARRED:
        limited = f"{action}: the account is limited: {' '.join(reasons)}; see Google's notice to its owner"
        return NotAllowed(limited).coded(reason.value)
    instead = clean(words(response))
    told = f"{' '.join(reasons)}{f', with the words: {instead}' if instead else ''}"
    return NoAnswer(f"{action}: came back without it: {told}{_advice(reason)}", usd=usd).coded(reason.value)


def _said(reason: str, message: str | None) -> tuple[str, ...]:
    return (reason, clean(message)) if message else (reason,)


def _advice(reason: FinishReason) -> str:
    if reason is FinishReason.MAX_TOKENS:
        return "; ask for less, or allow more tokens"
    return "; another try may help" if reason in _AGAIN else ""
