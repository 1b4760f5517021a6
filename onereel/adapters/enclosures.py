"""Pictures enclosed with a request: as they are kept, or as copies where the studio would refuse so many bytes.

Orders, and with them the keys of the journal, name the original: a door's limit is no part of what is asked for. A copy
is made once and kept, `copies/<digest>-<most>.jpg`: whoever sends the original again sends the same, and a person can
see what was sent.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from onereel.adapters.darkroom import darkroom
from onereel.adapters.pictures import lighter
from onereel.crew import Vault
from onereel.errors import NotInVault
from onereel.footage import CONTENT_TYPES, Media
from onereel.models import Model

log = logging.getLogger(__name__)

COPY_SIDE: Final = 2752
"""Longer side of a copy in pixels, at most: a 2K drawing's. No model looks at a reference more closely."""

ENVELOPE: Final = 1_000_000
"""Bytes of a request that are neither pictures nor film: the words, and the JSON around all of it."""

_STEP: Final = 1_000_000
"""What is left for each picture is rounded down to whole megabytes, so that few copies of one are made."""


class Enclosed(NamedTuple):
    """A picture as it is sent."""

    data: bytes
    content_type: str

    @property
    def sent(self) -> int:
        """Bytes it takes in a request."""
        return as_text(len(self.data))


def as_text(size: int) -> int:
    """Return how many bytes of a request so many bytes take: base64 is a third longer."""
    return -(-size // 3) * 4


def room(model: Model, *taken: int) -> int:
    """Return how many bytes a request to a model has left for pictures, with so many taken."""
    return model.request_bytes - ENVELOPE - sum(taken)


class Enclosures:
    """Reads pictures to be sent, and sees to it that they are not too large.

    Args:
        fetch: Where media are read; blocks.
        copies: Where copies are kept; None: nowhere, they are made anew.
    """

    def __init__(self, fetch: Callable[[Media], bytes], copies: Vault | None = None) -> None:
        self._fetch = fetch
        self._copies = copies

    def frame(self, media: Media, most: int | None = None) -> Enclosed:
        """Return a frame, its pixels as many as they are. Blocks.

        Args:
            media: What a clip opens or closes on, or what is edited.
            most: Bytes the model takes of one picture; None: any number.
        """
        return self._picture(media, most, side=None)

    def references(self, media: Sequence[Media], left: int, most: int | None = None) -> list[Enclosed]:
        """Return pictures that are only looked at; where they are too large, those that are go as 2K at most. Blocks.

        Args:
            media: The pictures.
            left: Bytes of the request they may take together.
            most: Bytes the model takes of one picture; None: any number.
        """
        if sum(as_text(one.size) for one in media) > left:
            each = max(_STEP, left // len(media) * 3 // 4 // _STEP * _STEP)
            most = each if most is None else min(most, each)
        return [self._picture(one, most, side=COPY_SIDE) for one in media]

    def _picture(self, media: Media, most: int | None, side: int | None) -> Enclosed:
        if most is None or media.size <= most:
            return Enclosed(self._fetch(media), media.content_type)
        return Enclosed(self._copy(media, most, side), CONTENT_TYPES["jpg"])

    def _copy(self, media: Media, most: int, side: int | None) -> bytes:
        if self._copies is None:
            return self._made(media, most, side)
        key = f"copies/{media.sha256[:2]}/{media.sha256}-{'whole-' if side is None else ''}{most}.jpg"
        try:
            return self._copies.read(key)
        except NotInVault:
            self._copies.create(key, self._made(media, most, side), CONTENT_TYPES["jpg"])
            return self._copies.read(key)

    def _made(self, media: Media, most: int, side: int | None) -> bytes:
        made = darkroom().develop(partial(lighter, self._fetch(media), most, side))
        log.info(
            "a picture of %.1f MB is sent as a copy of %.1f MB, at most %.0f MB fit: %s",
            media.size / 1e6, len(made) / 1e6, most / 1e6, media.key,
        )  # fmt: skip
        return made
