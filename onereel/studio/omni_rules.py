"""What an Omni interaction asks for, and the rules it must keep.

Source: ``reference/gemini-media.md``, section 3.2.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from onereel.models import CameraLimits, CameraModel, frame_size
from onereel.studio.camera import Shooting
from onereel.studio.pictures import decode, read_bytes
from onereel.studio.studio import Studio
from onereel.studio.text import token_count
from onereel.studio.wire import invalid

_TASKS: Final = ("text_to_video", "image_to_video", "reference_to_video", "edit", "extend")
_GOES_ON: Final = ("edit", "extend")
_UNSUPPORTED: Final = ("temperature", "topP", "topK", "stopSequences", "seed")
_TAG: Final = re.compile(r"<(FIRST_FRAME|LAST_FRAME|IMAGE_REF_\d+)>(?:@Image(\d+))?")
_DEFAULT_SECONDS: Final = 8
_UPLOADED: Final = 10.0
"""Longest uploaded film in seconds that can be extended or edited."""


@dataclass(frozen=True)
class Asked:
    """An interaction as asked for.

    Attributes:
        images: Parts with pictures, in order; `videos`: parts with film.
        previous: Interaction it goes on from; empty: none.
    """

    words: str
    task: str
    seconds: int
    resolution: str
    aspect_ratio: str
    delivery: str
    previous: str
    background: bool
    store: bool
    images: tuple[Mapping[str, Any], ...] = ()
    videos: tuple[Mapping[str, Any], ...] = ()


def read(request: Mapping[str, Any], model: CameraModel) -> Asked:
    """Read the body of ``POST interactions``, in camelCase.

    Raises:
        Rejected: 400, naming the broken rule.
    """
    config = request.get("generationConfig") or {}
    _refuse_unsupported(request, config)
    content = _content(request.get("input"))
    words = "\n".join(str(part.get("text") or "") for part in content if part.get("type") == "text")
    images = tuple(part for part in content if part.get("type") == "image")
    videos = tuple(part for part in content if part.get("type") == "video")
    if not words and not images:
        raise invalid("input must contain text or an image.", "input")
    if token_count(words) > model.limits.words:
        raise invalid(f"The prompt is longer than {model.limits.words} tokens.", "input")
    wanted = _format(request.get("responseFormat"))
    previous = str(request.get("previousInteractionId") or "")
    task = str((config.get("videoConfig") or {}).get("task") or _infer(words, images, videos, previous))
    asked = Asked(
        words=words,
        task=task,
        seconds=_whole_seconds(wanted.get("duration")),
        resolution=str(wanted.get("resolution") or "720p"),
        aspect_ratio=str(wanted.get("aspectRatio") or "16:9"),
        delivery=str(wanted.get("delivery") or "inline"),
        previous=previous,
        background=bool(request.get("background")),
        store=request.get("store") is not False,
        images=images,
        videos=videos,
    )
    _check(asked, model.limits)
    return asked


def _refuse_unsupported(request: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    for name in _UNSUPPORTED:
        if config.get(name) is not None:
            raise invalid(f"generation_config.{name} is not supported by this model.", f"generation_config.{name}")
    if request.get("systemInstruction"):
        raise invalid("system_instruction is not supported by this model.", "system_instruction")
    if request.get("background") and request.get("store") is False:
        raise invalid("background requires store to be true.", "store")
    if request.get("stream"):
        raise invalid("stream is not supported for video generation.", "stream")
    if request.get("store") is False and request.get("previousInteractionId"):
        raise invalid("previous_interaction_id requires store to be true.", "store")


def _content(given: Any) -> list[Mapping[str, Any]]:
    """Return the parts of an input: a string, a list of parts, or a list of steps that hold parts."""
    if isinstance(given, str):
        return [{"type": "text", "text": given}]
    listed = given if isinstance(given, list) else [given] if isinstance(given, dict) else []
    parts: list[Mapping[str, Any]] = []
    for one in listed:
        inner = one.get("content")
        parts += _content(inner) if inner is not None else [one]
    return parts


def _format(given: Any) -> Mapping[str, Any]:
    formats = given if isinstance(given, list) else [given or {}]
    found = next((one for one in formats if one.get("type", "video") == "video"), None)
    if found is None:
        raise invalid("response_format must be of type video.", "response_format")
    return dict(found)


def _whole_seconds(duration: Any) -> int:
    if duration is None:
        return _DEFAULT_SECONDS
    found = re.fullmatch(r"(\d+)(?:\.0+)?s", str(duration))
    if found is None:
        raise invalid(
            f"Invalid duration {duration!r}. Use whole seconds, for example '8s'.", "response_format.duration"
        )
    return int(found[1])


def _infer(words: str, images: Sequence[Any], videos: Sequence[Any], previous: str) -> str:
    if previous or videos:
        return "extend" if re.search(r"\b(extend|continue)", words, re.IGNORECASE) else "edit"
    if not images:
        return "text_to_video"
    return "image_to_video" if "_FRAME>" in words or len(images) == 1 else "reference_to_video"


def _check(asked: Asked, limits: CameraLimits) -> None:
    if asked.task not in _TASKS:
        raise invalid(f"Unsupported task {asked.task!r}. Supported: {', '.join(_TASKS)}.", "video_config.task")
    _one_of(asked.resolution, tuple(limits.usd_per_second), "resolution")
    _one_of(asked.aspect_ratio, limits.ratios, "aspect_ratio")
    _one_of(asked.delivery, ("inline", "uri"), "delivery")
    allowed = limits.extension if asked.task == "extend" else limits.first
    if asked.task != "edit" and asked.seconds not in allowed:
        raise invalid(
            f"Unsupported duration {asked.seconds}s. It must be between {allowed[0]} and {allowed[-1]} seconds.",
            "response_format.duration",
        )
    if (asked.task in _GOES_ON) != bool(asked.previous or asked.videos):
        raise invalid(f"Task {asked.task} and the films given to go on from do not fit together.", "input")
    if asked.task == "text_to_video" and asked.images:
        raise invalid("text_to_video takes no images.", "input")
    if asked.task in ("image_to_video", "reference_to_video") and not asked.images:
        raise invalid(f"{asked.task} needs an image.", "input")


def _one_of(value: str, allowed: Sequence[str], name: str) -> None:
    if value not in allowed:
        raise invalid(f"Unsupported {name} {value!r}. Supported: {', '.join(allowed)}.", f"response_format.{name}")


def roles(asked: Asked) -> dict[str, list[int]]:
    """Return which pictures open, close and are references, by position, counted from 0.

    Raises:
        Rejected: 400, a closing frame without an opening one, or more pictures than the task has roles for.
    """
    tags = dict(_TAG.findall(asked.words))
    cast: dict[str, list[int]] = {"FIRST_FRAME": [], "LAST_FRAME": [], "IMAGE_REF": []}
    for order, (tag, number) in enumerate(tags.items()):
        cast[tag.rstrip("0123456789").rstrip("_")].append(int(number) - 1 if number else order)
    count = len(asked.images)
    if not tags and asked.task == "image_to_video":
        if count > 2:  # noqa: PLR2004 - first and last
            raise invalid("image_to_video takes a first and a last frame; tag the others as references.", "input")
        cast = {"FIRST_FRAME": [0], "LAST_FRAME": [1][: count - 1], "IMAGE_REF": []}
    elif not tags:
        cast["IMAGE_REF"] = list(range(count))
    if cast["LAST_FRAME"] and not cast["FIRST_FRAME"]:
        raise invalid("A last frame needs a first frame.", "input")
    if any(not 0 <= index < count for places in cast.values() for index in places):
        raise invalid("The prompt names an image that was not sent.", "input")
    return cast


def plan(studio: Studio, model: CameraModel, asked: Asked, film: Path | None) -> Shooting:
    """Return what to film.

    Args:
        studio: Who films.
        model: Whose rules hold.
        asked: The interaction.
        film: The film of the interaction it goes on from; None: there is none.

    Raises:
        Rejected: 400, broken media or a broken rule.
    """
    cast = roles(asked)
    pictures = [read_bytes(part, studio.shelf, "input") for part in asked.images]
    for picture in pictures:
        decode(picture)
    if len(cast["IMAGE_REF"]) > model.limits.references:
        raise invalid(f"At most {model.limits.references} reference images are supported.", "input")
    shooting = Shooting(
        words=asked.words,
        seconds=asked.seconds,
        size=frame_size(asked.resolution, asked.aspect_ratio),
        badge=studio.options.badge,
        opening=next((pictures[index] for index in cast["FIRST_FRAME"]), None),
        closing=next((pictures[index] for index in cast["LAST_FRAME"]), None),
        references=tuple(pictures[index] for index in cast["IMAGE_REF"]),
        whole=studio.options.extension_returns == "whole",
    )
    if asked.task not in _GOES_ON:
        return shooting
    return _going_on(studio, model, asked, shooting, film)


def _going_on(studio: Studio, model: CameraModel, asked: Asked, shooting: Shooting, film: Path | None) -> Shooting:
    from onereel.studio.reading import measure  # noqa: PLC0415 - av is half a second to import

    before = film
    if before is None and asked.videos:
        before = studio.shelf.new_path("mp4")
        before.write_bytes(read_bytes(asked.videos[0], studio.shelf, "input"))
    if before is None:
        raise invalid("The previous interaction has no film.", "previous_interaction_id")
    measured = measure(before)
    if film is None and measured.seconds > _UPLOADED:
        raise invalid(f"An uploaded video may be {_UPLOADED:g} seconds long at most.", "input")
    if asked.task == "extend" and measured.seconds + asked.seconds > model.limits.total:
        raise invalid(
            f"The film would be {measured.seconds + asked.seconds:g} seconds long; the longest is "
            f"{model.limits.total} seconds.",
            "response_format.duration",
        )
    seconds = asked.seconds if asked.task == "extend" else measured.seconds
    return replace(shooting, before=before, size=measured.size, seconds=seconds, remake=asked.task == "edit")
