"""Pictures: answers generateContent of an image model, with Google's rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from onereel.models import ImageModel
from onereel.pixels import drawing_size
from onereel.studio.faults import Fault, What
from onereel.studio.kinds import Kind
from onereel.studio.options import StudioOptions
from onereel.studio.pictures import check_type, decode, read_bytes
from onereel.studio.pointing import Edit, holds_picture, to_edit, turns_of
from onereel.studio.shapes import nearest_ratio
from onereel.studio.studio import Order, Studio, struck
from onereel.studio.text import parts_of, token_count, words_of
from onereel.studio.wire import digest, invalid, write_base64

_MODALITIES: Final = {"TEXT", "IMAGE"}
_THOUGHTS: Final = {"minimal": 0, "medium": 180, "high": 420}
"""Plausible thinking tokens by level."""

_NO_PICTURE: Final = {
    What.IMAGE_SAFETY: "IMAGE_SAFETY",
    What.PROHIBITED: "IMAGE_PROHIBITED_CONTENT",
    What.NO_IMAGE: "NO_IMAGE",
}


@dataclass(frozen=True)
class Drawing:
    """A picture to draw, as the request asks for it.

    Attributes:
        size: (width, height) in pixels.
        tokens: Image tokens it is billed at.
        references: The pictures sent along, in order, as sent; without the one to edit.
        edit: What is to be changed in which picture; None where it is drawn anew.
        seed: None when the request has none.
    """

    words: str
    size: tuple[int, int]
    tokens: int
    references: tuple[bytes, ...] = ()
    edit: Edit | None = None
    seed: int | None = None

    @property
    def pictures(self) -> tuple[bytes, ...]:
        """Everything that was sent to be looked at."""
        return (*((self.edit.picture,) if self.edit is not None else ()), *self.references)


async def answer_image(studio: Studio, model: ImageModel, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer generateContent of an image model.

    Raises:
        Rejected: 400 for a broken rule, or what the fault plan says.
        HangUp: The fault plan says the line drops.
    """
    config = request.get("generationConfig") or {}
    parts, pointed = parts_of(request), to_edit(turns_of(request))
    level = _check(model, config, request.get("tools") or [])
    drawing = await studio.draw(_plan, studio, model, config, parts, pointed)
    order = Order(Kind.IMAGE, model.id, drawing.words, digest(model.id, request))

    async def work(faults: tuple[Fault, ...]) -> dict[str, Any]:
        drawn = await studio.draw(_draw, drawing, studio.options, faults)
        counts = _count(drawing, level, pictured=drawn is not None)
        studio.books.bill(Kind.IMAGE, _usd(model, counts))
        if drawn is None:
            studio.books.count("filtered")
        thinking = config.get("thinkingConfig") or {}
        answered = _Answer(model.id, drawing, drawn, aloud=bool(thinking.get("includeThoughts")))
        return answered.body(counts, faults, config.get("responseModalities") or sorted(_MODALITIES))

    return await studio.answer(order, work)


def _check(model: ImageModel, config: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> str:
    """Refuse what no image model, or not this one, takes; return the thinking level."""
    unknown = set(config.get("responseModalities") or ()) - _MODALITIES
    if unknown or config.get("responseModalities") == ["TEXT"]:
        raise invalid(f"The requested combination of response modalities is not supported by {model.id}.")
    if config.get("responseSchema") or config.get("responseJsonSchema"):
        raise invalid("JSON mode is not enabled for this model")
    if tools and not model.grounding:
        raise invalid(f"Search Grounding is not supported by models/{model.id}.")
    if any(set(tool) - {"googleSearch"} for tool in tools):
        raise invalid(f"Tool use other than google_search is not supported by models/{model.id}.")
    level = str((config.get("thinkingConfig") or {}).get("thinkingLevel") or "").lower()
    if level and level not in model.thinking:
        raise invalid(f"Thinking level {level.upper()} is not supported for this model.")
    return level or "medium"


def _plan(
    studio: Studio,
    model: ImageModel,
    config: Mapping[str, Any],
    parts: Sequence[Mapping[str, Any]],
    pointed: tuple[Mapping[str, Any], str] | None,
) -> Drawing:
    sent = [part for part in parts if holds_picture(part)]
    if len(sent) > model.references:
        raise invalid(f"The number of input images ({len(sent)}) exceeds the maximum of {model.references}.")
    read = []
    for index, part in enumerate(sent):
        field = f"contents.parts[{index}]"
        check_type(part, field)
        read.append(read_bytes(part, studio.shelf, field))
    pictures = [decode(picture) for picture in read]
    asked = config.get("imageConfig") or (config.get("responseFormat") or {}).get("image") or {}
    size = asked.get("imageSize") or "1K"
    if size not in model.sizes:
        raise invalid(f"Invalid image size {size!r}. Supported sizes are {', '.join(model.sizes)}.", "imageSize")
    ratio = asked.get("aspectRatio") or ""
    if not ratio:
        ratio = nearest_ratio(*pictures[0].size, model.ratios) if pictures else "1:1"
    if ratio not in model.ratios:
        raise invalid(f"Invalid aspect ratio {ratio!r}. Supported: {', '.join(model.ratios)}.", "aspectRatio")
    words = words_of(parts)
    if not words and not read:
        raise invalid("* GenerateContentRequest.contents: contents is not specified", "contents")
    at = next((index for index, part in enumerate(sent) if pointed is not None and part is pointed[0]), None)
    edit = Edit(read.pop(at), pointed[1]) if pointed is not None and at is not None else None
    return Drawing(words, drawing_size(ratio, size), model.sizes[size], tuple(read), edit, config.get("seed"))


def _draw(drawing: Drawing, options: StudioOptions, faults: Sequence[Fault]) -> bytes | None:
    if struck(faults, What.BLOCKED, What.TEXT_ONLY, *_NO_PICTURE):
        return None
    from onereel.studio.defects import smudge  # noqa: PLC0415 - numpy is a second to import
    from onereel.studio.illustrator import draw  # noqa: PLC0415 - numpy is a second to import
    from onereel.studio.marks import JUDGED  # noqa: PLC0415 - numpy is a second to import

    width, height = drawing.size
    if struck(faults, What.WRONG_SIZE):
        width, height = width // 2, height // 2
    data = draw(
        drawing.words,
        (width, height),
        drawing.references,
        edit=drawing.edit,
        seed=None if struck(faults, What.REPEAT) else drawing.seed,
        badge=options.badge,
        coarse=options.footage == "same",
        defects=frozenset(fault.what for fault in faults) & JUDGED,
    )
    data = smudge(data, faults)
    if options.credentials:
        from onereel.studio.stamp import stamp_picture  # noqa: PLC0415 - the library is slow to import

        data = stamp_picture(data, drawing.words)
    return data[: len(data) // 2] if struck(faults, What.CORRUPT) else data


def _count(drawing: Drawing, level: str, *, pictured: bool) -> dict[str, Any]:
    # An input picture counts 260 to 560 tokens, by its content as far as anybody can tell.
    references = sum(260 + int(digest(len(data))[:4], 16) % 301 for data in drawing.pictures)
    words = token_count(drawing.words)
    counts: dict[str, Any] = {
        "promptTokenCount": words + references,
        "candidatesTokenCount": drawing.tokens if pictured else 0,
        "thoughtsTokenCount": _THOUGHTS[level],
    }
    counts["totalTokenCount"] = sum(counts.values())
    counts["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": words}]
    if references:
        counts["promptTokensDetails"].append({"modality": "IMAGE", "tokenCount": references})
    if pictured:
        counts["candidatesTokensDetails"] = [{"modality": "IMAGE", "tokenCount": drawing.tokens}]
    return counts


def _usd(model: ImageModel, counts: Mapping[str, Any]) -> float:
    return model.usd(
        images=counts["candidatesTokenCount"],
        prompt=counts["promptTokenCount"],
        text=counts["thoughtsTokenCount"],
    )


@dataclass(frozen=True)
class _Answer:
    model: str
    drawing: Drawing
    drawn: bytes | None
    aloud: bool

    def body(self, counts: dict[str, Any], faults: Iterable[Fault], modalities: Sequence[str]) -> dict[str, Any]:
        envelope: dict[str, Any] = {
            "usageMetadata": counts,
            "modelVersion": self.model,
            "responseId": digest(self.model, self.drawing.words)[:22],
        }
        if struck(faults, What.BLOCKED):
            return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **envelope}
        return {"candidates": [self._candidate(faults, modalities)], **envelope}

    def _candidate(self, faults: Iterable[Fault], modalities: Sequence[str]) -> dict[str, Any]:
        nothing = struck(faults, *_NO_PICTURE)
        if nothing is not None:
            return {
                "index": 0,
                "finishReason": _NO_PICTURE[nothing.what],
                "finishMessage": nothing.reason or "Unable to show the generated image. Support code: 29310472",
            }
        parts: list[dict[str, Any]] = []
        if "TEXT" in modalities or self.drawn is None:
            parts.append({"text": f"A rehearsal drawing: {self.drawing.words[:60].strip()}"})
        if self.drawn is not None:
            picture = {"inlineData": {"mimeType": "image/png", "data": write_base64(self.drawn)}}
            if self.aloud:
                parts.insert(0, {"thought": True, **picture})
            parts.append({**picture, "thoughtSignature": write_base64(digest(self.drawing.words).encode())})
        return {"index": 0, "finishReason": "STOP", "content": {"role": "model", "parts": parts}}
