"""The rehearsal's reviewer: answers what is asked about a picture or a film from the marks that were planted in it.

What it is not told by a mark it takes for granted: everybody asked for is there and looks right, every sign reads as
asked. A real reviewer looks; this one proves that what it says is acted upon.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PIL import Image

from onereel.studio.faults import Fault, What
from onereel.studio.pictures import decode, read_bytes
from onereel.studio.studio import Studio, struck
from onereel.studio.wire import invalid

_GOOD, _BAD, _HARSH = 0.93, 0.30, 0.41
_PICTURE_TOKENS, _FRAME_TOKENS, _SECOND_TOKENS = 1120, 70, 32
"""Of a picture, a sampled frame of film, a second of sound. Source: ai.google.dev media resolution, from memory."""

_TYPES: Final = ("image/png", "image/jpeg", "image/webp", "video/mp4")
_SAID: Final[Mapping[What, tuple[str, str, list[int]]]] = {
    What.WRONG_TEXT: ("text", "The lettering is misspelt or was not asked for.", [60, 200, 260, 800]),
    What.WRONG_COUNT: ("count", "There is one person more than asked for.", [300, 600, 950, 850]),
    What.WRONG_IDENTITY: (
        "face",
        "Somebody wears other clothes and hair than in the references.",
        [300, 200, 950, 500],
    ),
    What.WRONG_ACTION: ("action", "What is asked to happen does not happen.", [250, 200, 900, 800]),
    What.MISSING: ("subject", "Somebody who was asked for is missing.", [300, 200, 950, 500]),
    What.BAD_HANDS: ("hands", "A hand has six fingers.", [600, 400, 800, 600]),
}


def shown(studio: Studio, parts: Sequence[Mapping[str, Any]]) -> frozenset[What]:
    """Return the defects marked in what is to be judged: the first picture or film of the request.

    Raises:
        Rejected: 400, there is none, of another type, or one that cannot be read.
    """
    media = [part for part in parts if part.get("inlineData") or part.get("fileData")]
    if not media:
        raise invalid("* GenerateContentRequest.contents: there is nothing to judge", "contents")
    declared = {_type(part) for part in media}
    if declared - set(_TYPES):
        raise invalid(f"Unsupported MIME type: {', '.join(sorted(declared - set(_TYPES)))}")
    from onereel.studio.marks import marks  # noqa: PLC0415 - numpy is a second to import

    data = read_bytes(media[0], studio.shelf, "contents")
    pictures = _frames(data) if _is_film(media[0]) else [decode(data)]
    return frozenset().union(*(marks(picture) for picture in pictures))


def review(asked: Mapping[str, Any], seen: frozenset[What], faults: Sequence[Fault]) -> dict[str, Any]:
    """Return a review of what is asked for, with what is wrong in it."""
    harsh = struck(faults, What.HARSH)
    people = [str(name) for name in asked.get("characters") or {}]
    remarks = [_remark(defect, asked) for defect in sorted(seen)]
    if harsh is not None:
        remarks.append({"code": "composition", "what": harsh.reason or "It could be bolder.", "severity": "major"})
    told = " ".join(str(remark["what"]) for remark in remarks) or "As asked."
    return {
        "score": _BAD if seen else _HARSH if harsh else _GOOD,
        "summary": told,
        "people": max(0, len(people) + (What.WRONG_COUNT in seen) - (What.MISSING in seen)),
        "lettering": [_as_read(text, seen) for text in asked.get("lettering") or []],
        "characters": [_likeness(name, place, seen) for place, name in enumerate(people)],
        "remarks": remarks,
    }


def _remark(defect: What, asked: Mapping[str, Any]) -> dict[str, Any]:
    code, what, box = _SAID[defect]
    remark: dict[str, Any] = {"code": code, "what": what, "severity": "major", "box_2d": box}
    if asked["to_judge"] == "take":
        remark["seconds"] = round(float(asked.get("seconds") or 0) / 2, 1)
    return remark


def _as_read(text: str, seen: frozenset[What]) -> str:
    from onereel.studio.signs import misspelt  # noqa: PLC0415 - numpy is a second to import

    return misspelt(text) if What.WRONG_TEXT in seen else text


def _likeness(name: str, place: int, seen: frozenset[What]) -> dict[str, Any]:
    missing, other = not place and What.MISSING in seen, not place and What.WRONG_IDENTITY in seen
    score = 0.0 if missing else _BAD if other else _GOOD
    reasons = "is not in the picture" if missing else "another face and other clothes" if other else "the same person"
    return {"name": name, "present": not missing, "score": score, "reasons": reasons}


def media_tokens(studio: Studio, parts: Sequence[Mapping[str, Any]]) -> int:
    """Return what the pictures and films of a request count as, in tokens."""
    media = [part for part in parts if part.get("inlineData") or part.get("fileData")]
    return sum(_film_tokens(studio, part) if _is_film(part) else _PICTURE_TOKENS for part in media)


def _film_tokens(studio: Studio, part: Mapping[str, Any]) -> int:
    fps = float((part.get("videoMetadata") or {}).get("fps") or 1)
    seconds = _length(read_bytes(part, studio.shelf, "contents"))
    return round(seconds * (fps * _FRAME_TOKENS + _SECOND_TOKENS))


def _is_film(part: Mapping[str, Any]) -> bool:
    return _type(part).startswith("video/")


def _type(part: Mapping[str, Any]) -> str:
    return str((part.get("inlineData") or part.get("fileData") or {}).get("mimeType"))


def _length(data: bytes) -> float:
    import av  # noqa: PLC0415 - half a second to import

    try:
        with av.open(io.BytesIO(data), "r") as film:
            return (film.duration or 0) / av.time_base
    except av.error.FFmpegError:
        raise invalid("Unable to process input video. Please check that the file is a valid MP4.", "video") from None


def _frames(data: bytes) -> list[Image.Image]:
    """Return a picture of every second of a film: as many as a vision model looks at unless told otherwise."""
    import av  # noqa: PLC0415 - half a second to import

    pictures: list[Image.Image] = []
    try:
        with av.open(io.BytesIO(data), "r") as film:
            for frame in film.decode(video=0):
                if frame.time is not None and frame.time >= len(pictures):
                    pictures.append(Image.fromarray(frame.to_ndarray(format="rgb24")))
    except av.error.FFmpegError:
        raise invalid("Unable to process input video. Please check that the file is a valid MP4.", "video") from None
    return pictures
