"""Veo 3.1 on Agent Platform: predictLongRunning and fetchPredictOperation."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from onereel.models import CameraModel, frame_size
from onereel.studio.camera import Shooting
from onereel.studio.faults import What
from onereel.studio.kinds import Kind
from onereel.studio.operations import WORDS, Operation, damage, price, start
from onereel.studio.pictures import check_type, decode, read_bytes
from onereel.studio.studio import Order, Studio, struck
from onereel.studio.text import token_count
from onereel.studio.wire import digest, invalid, not_found, write_base64

_ANSWER: Final = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
_SEEDS: Final = 2**32
_SAMPLES: Final = 4
_SHORTEST_INPUT: Final = 1.0
_LARGEST_PICTURE: Final = 20 * 2**20
_EXTENSION_SECONDS: Final = (7, 8)
"""What durationSeconds may say with a film to extend; seven are added either way."""


async def order_film(studio: Studio, model: CameraModel, prefix: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer predictLongRunning.

    Args:
        studio: Who films.
        model: Whose rules hold.
        prefix: What the operation's name begins with: the model's resource name.
        request: The body, in camelCase.

    Raises:
        Rejected: 400 for a broken rule, or what the fault plan says.
        HangUp: The fault plan says the line drops.
    """
    instance, parameters = _halves(request)
    _check_parameters(model, parameters)
    shooting, resolution = await studio.draw(_plan, studio, model, instance, parameters)
    kind = Kind.EXTENSION if shooting.before else Kind.VIDEO
    samples = int(parameters.get("sampleCount") or 1)
    usd = samples * shooting.seconds * price(model.limits, resolution, sound=shooting.sound)
    order = Order(kind, model.id, shooting.words, digest(model.id, request))
    takes = [replace(shooting, seed=(shooting.seed or 0) + index) for index in range(samples)]
    operation = await start(studio, order, takes, round(usd, 6))
    operation.name = f"{prefix}/operations/{operation.id}"
    operation.storage = str(parameters.get("storageUri") or "")
    return {"name": operation.name}


def _halves(request: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    instances = request.get("instances") or []
    if len(instances) != 1:
        raise invalid("Exactly one instance is expected.", "instances")
    return instances[0], request.get("parameters") or {}


def _check_parameters(model: CameraModel, parameters: Mapping[str, Any]) -> None:
    seed = parameters.get("seed")
    if seed is not None and not (isinstance(seed, int) and 0 <= seed < _SEEDS):
        raise invalid(f"seed must be an integer between 0 and {_SEEDS - 1}.", "parameters.seed")
    samples = parameters.get("sampleCount", 1)
    if not (isinstance(samples, int) and 1 <= samples <= _SAMPLES):
        raise invalid(f"sampleCount must be between 1 and {_SAMPLES}.", "parameters.sampleCount")
    _one_of(parameters, "personGeneration", (*model.limits.people, "disallow"))
    _one_of(parameters, "compressionQuality", ("optimized", "lossless"))
    _one_of(parameters, "resizeMode", ("pad", "crop"))
    _one_of(parameters, "aspectRatio", model.limits.ratios)
    _one_of(parameters, "resolution", tuple(model.limits.usd_per_second))
    _one_of(parameters, "fps", ("24",))
    if not str(parameters.get("storageUri") or "gs://").startswith("gs://"):
        raise invalid("storageUri must be a Cloud Storage URI that starts with gs://.", "parameters.storageUri")


def _one_of(parameters: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> None:
    value = parameters.get(name)
    if value is not None and str(value).lower() not in allowed:
        raise invalid(f"Invalid {name} {value!r}. Supported values: {', '.join(allowed)}.", f"parameters.{name}")


def _plan(
    studio: Studio, model: CameraModel, instance: Mapping[str, Any], parameters: Mapping[str, Any]
) -> tuple[Shooting, str]:
    words = str(instance.get("prompt") or "")
    if token_count(words) > model.limits.words:
        raise invalid(f"The prompt is longer than {model.limits.words} tokens.", "instances[0].prompt")
    if not words and not instance.get("image") and not instance.get("video"):
        raise invalid("Either a prompt, an image or a video is required.", "instances[0].prompt")
    resolution = str(parameters.get("resolution") or "720p").lower()
    shooting = Shooting(
        words=words,
        seconds=0,
        size=frame_size(resolution, parameters.get("aspectRatio") or "16:9"),
        badge=studio.options.badge,
        seed=parameters.get("seed"),
        sound=parameters.get("generateAudio") is not False,
        whole=studio.options.extension_returns == "whole",
    )
    if instance.get("video") is not None:
        return _extension(studio, model, instance, parameters, shooting)
    seconds = _seconds(model, instance, parameters, resolution)
    frames = _pictures(studio, model, instance, parameters)
    return replace(shooting, seconds=seconds, **frames), resolution


def _seconds(model: CameraModel, instance: Mapping[str, Any], parameters: Mapping[str, Any], resolution: str) -> int:
    said = str(parameters.get("durationSeconds", 8))
    allowed = model.limits.first_at.get(resolution, model.limits.first)
    if instance.get("referenceImages"):
        allowed = tuple(one for one in allowed if one in (model.limits.references_first or allowed))
    if not said.isdigit() or int(said) not in allowed:
        listed = ", ".join(map(str, allowed))
        raise invalid(
            f"Unsupported durationSeconds {said} at {resolution}. Supported durations are {listed} seconds.",
            "parameters.durationSeconds",
        )
    return int(said)


def _pictures(
    studio: Studio, model: CameraModel, instance: Mapping[str, Any], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    sent = instance.get("referenceImages") or []
    has_image = instance.get("image") is not None
    if instance.get("lastFrame") is not None and not has_image:
        raise invalid("lastFrame can only be used together with image.", "instances[0].lastFrame")
    if sent:
        _check_references(model, sent, parameters, has_image=has_image)
    return {
        "opening": _picture(studio, instance.get("image"), "image"),
        "closing": _picture(studio, instance.get("lastFrame"), "lastFrame"),
        "references": tuple(_picture(studio, one.get("image") or {}, "referenceImages.image") for one in sent),
    }


def _check_references(
    model: CameraModel, sent: list[Mapping[str, Any]], parameters: Mapping[str, Any], *, has_image: bool
) -> None:
    field = "instances[0].referenceImages"
    if not model.limits.references:
        raise invalid(f"Reference images are not supported by {model.id}.", field)
    if has_image:
        raise invalid("image and referenceImages cannot be used together.", field)
    if len(sent) > model.limits.references:
        raise invalid(f"At most {model.limits.references} reference images are supported.", field)
    if any(str(one.get("referenceType", "")).lower() != "asset" for one in sent):
        raise invalid(f"{model.id} supports only reference images of type asset.", field)
    ratio = parameters.get("aspectRatio") or "16:9"
    if ratio not in model.limits.references_ratios:
        raise invalid(f"Reference images are not supported with aspect ratio {ratio}.", field)


def _picture(studio: Studio, value: Any, field: str) -> bytes | None:
    if value is None:
        return None
    data = read_bytes(value, studio.shelf, field)
    check_type(value, field)
    if len(data) > _LARGEST_PICTURE:
        raise invalid("The input image exceeds the maximum size of 20 MB.", field)
    decode(data)
    return data


def _extension(
    studio: Studio,
    model: CameraModel,
    instance: Mapping[str, Any],
    parameters: Mapping[str, Any],
    shooting: Shooting,
) -> tuple[Shooting, str]:
    from onereel.studio.reading import measure  # noqa: PLC0415 - av is half a second to import

    if not model.limits.extension:
        raise invalid(f"Video extension is not supported by {model.id}.", "instances[0].video")
    if any(instance.get(name) is not None for name in ("image", "lastFrame", "referenceImages")):
        raise invalid("video cannot be used together with image, lastFrame or referenceImages.", "instances[0].video")
    said = str(parameters.get("durationSeconds", 7))
    if not said.isdigit() or int(said) not in _EXTENSION_SECONDS:
        raise invalid(f"Unsupported durationSeconds {said} for video extension.", "parameters.durationSeconds")
    before = studio.shelf.new_path("mp4")
    before.write_bytes(read_bytes(instance["video"], studio.shelf, "video"))
    measured = measure(before)
    if not _SHORTEST_INPUT <= measured.seconds <= model.limits.extension_input:
        raise invalid(
            f"The input video is {measured.seconds:.1f} seconds long; it must be between 1 and "
            f"{model.limits.extension_input} seconds.",
            "instances[0].video",
        )
    if abs(measured.fps - 24) > 0.01:  # noqa: PLR2004 - rounding of a container
        raise invalid(f"The input video has {measured.fps:g} frames per second; it must have 24.", "video")
    resolution = next((one for one in model.limits.extension_at if measured.size in _sizes(one)), None)
    if resolution is None:
        raise invalid(f"Unsupported input video size {measured.size[0]}x{measured.size[1]}.", "instances[0].video")
    return replace(shooting, seconds=model.limits.extension[0], before=before, size=measured.size), resolution


def _sizes(resolution: str) -> tuple[tuple[int, int], tuple[int, int]]:
    return frame_size(resolution, "16:9"), frame_size(resolution, "9:16")


async def fetch(studio: Studio, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer fetchPredictOperation. ``done`` is left out while the film is not ready, as Google does.

    Raises:
        Rejected: 404 for an operation nobody ordered, or what the fault plan says.
        HangUp: The fault plan says the line drops.
    """
    name = str(request.get("operationName") or "")
    studio.books.count("polls")
    operation = studio.operations.get(re.sub(r".*/operations/", "", name))
    await studio.visit(Kind.POLL, operation.order.words if operation is not None else "")
    if operation is None or operation.name != name:
        raise not_found(f"Operation {name} not found.")
    if not operation.done:
        return {"name": name}
    if operation.error is not None:
        error = {"code": operation.error, "message": WORDS[operation.error], "details": []}
        return {"name": name, "done": True, "error": error}
    return {"name": name, "done": True, "response": {"@type": _ANSWER, **await _response(studio, operation)}}


async def _response(studio: Studio, operation: Operation) -> dict[str, Any]:
    if operation.filter_reason:
        return {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [operation.filter_reason]}
    if struck(operation.faults, What.EMPTY):
        return {}
    if operation.storage:
        return {"raiMediaFilteredCount": 0, "videos": _stored(studio, operation)}
    faults = await studio.visit(Kind.DOWNLOAD, operation.order.words)
    studio.books.count("downloads")
    films = [await asyncio.to_thread(path.read_bytes) for path in operation.films]
    videos = [{"bytesBase64Encoded": write_base64(damage(film, faults)), "mimeType": "video/mp4"} for film in films]
    return {"raiMediaFilteredCount": 0, "videos": videos}


def _stored(studio: Studio, operation: Operation) -> list[dict[str, str]]:
    videos = []
    for index, path in enumerate(operation.films):
        url = f"{operation.storage.rstrip('/')}/{operation.id}/sample_{index}.mp4"
        studio.shelf.put_object(url, path)
        videos.append({"gcsUri": url, "mimeType": "video/mp4"})
    return videos
