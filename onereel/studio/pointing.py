"""Which picture the words of a conversation point to, read as an image model reads them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from onereel.studio.text import words_of

EDITED: Final = re.compile(
    r"\b(?:edit|the picture to edit is) the (?:(first) (?:image|picture)|(?:one|image|picture) you drew last)",
    re.IGNORECASE,
)
"""How words say that a picture is to be edited, and which."""


class Edit(NamedTuple):
    """A picture to change, as sent, and what the newest turn says of it."""

    picture: bytes
    words: str


def turns_of(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the turns of a conversation, oldest first."""
    contents = request.get("contents") or []
    return [contents] if isinstance(contents, dict) else list(contents)


def holds_picture(part: Mapping[str, Any]) -> bool:
    """Return whether a part is a picture."""
    return bool(part.get("inlineData") or part.get("fileData"))


def to_edit(turns: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], str] | None:
    """Return the part with the picture the newest turn is about, and that turn's words; None: it is about none.

    The first image is the first of the whole conversation, whoever sent it and whatever was drawn since.
    """
    said = words_of(turns[-1].get("parts") or [])
    pointed = EDITED.search(said)
    if pointed is None:
        return None
    first = bool(pointed[1])
    pictures = [
        part
        for turn in turns
        for part in turn.get("parts") or []
        if holds_picture(part) and (first or turn.get("role") == "model")
    ]
    at = 0 if first else -1
    return (pictures[at], said) if pictures else None
