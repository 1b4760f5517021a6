"""The parts with more than one player: who keeps files, and who films.

Everything else (the screenwriter, the illustrator, the editor) has one player and needs no protocol.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from onereel.orders import ClipOrder, ExtendOrder


class Vault(Protocol):
    """Where every file of a production is kept: a folder or a bucket.

    Keys are relative paths with ``/`` between the parts. All methods block; call them off the event loop.
    The contract test over every vault is ``tests/adapters/test_vault.py``: register a new one there.
    """

    @property
    def url(self) -> str:
        """The address it was opened with: a folder path, or ``s3://bucket/prefix``."""

    @property
    def conditional(self) -> bool:
        """Whether ``create`` has exactly one winner, also between machines (probed once, then remembered)."""

    def create(self, key: str, data: bytes, content_type: str) -> bool:
        """Store data under a key that holds nothing yet; atomic, nobody ever sees half of it.

        Returns:
            True if this call stored it; False if the key was taken (what is there stays).
        """

    def write(self, key: str, data: bytes, content_type: str) -> None:
        """Store data under a key, replacing what was there; atomic."""

    def read(self, key: str) -> bytes:
        """Return what is kept under a key.

        Raises:
            NotInVault: Nothing is kept there.
        """

    def size(self, key: str) -> int:
        """Return the length in bytes of what is kept under a key.

        Raises:
            NotInVault: Nothing is kept there.
        """

    def part(self, key: str, start: int, length: int) -> bytes:
        """Return bytes from the middle of what is kept under a key: a player asks for them.

        Args:
            key: What to read.
            start: The first byte, which must be there.
            length: How many, at least one; fewer come where the end comes first.

        Raises:
            NotInVault: Nothing is kept there.
        """

    def exists(self, key: str) -> bool:
        """Return whether anything is kept under a key."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that start with a prefix, sorted."""

    def upload(self, key: str, path: Path, content_type: str) -> bool:
        """Store a local file under a key unless the key is taken; streamed, in parts when large.

        Returns:
            True if bytes were sent; False if the key was taken.
        """

    def download(self, key: str, path: Path) -> None:
        """Write what is kept under a key to a local file, atomically; streamed.

        Raises:
            NotInVault: Nothing is kept there.
        """

    def remove(self, key: str) -> None:
        """Forget a key. Removing what is not there is not an error."""

    def address(self, key: str) -> str:
        """Return where a person finds it: a local path, or an ``s3://`` URL."""


@dataclass(frozen=True)
class Answer:
    """What a text model wrote."""

    text: str
    usd: float
    request_id: str = ""
    tokens: int = 0


@dataclass(frozen=True)
class Drawing:
    """What an image model drew."""

    picture: bytes
    suffix: str
    history: bytes
    """JSON of all turns so far, with thought signatures: hand it back to redraw this picture from itself."""
    usd: float
    request_id: str = ""
    tokens: int = 0


@dataclass(frozen=True)
class Film:
    """What a camera filmed: the bytes, or where they can be fetched."""

    data: bytes | None = None
    uri: str = ""


class Camera(Protocol):
    """A video model on a surface. Ordering costs money; looking and fetching are free."""

    async def order(self, order: ClipOrder | ExtendOrder) -> str:
        """Order a clip or an extension; return the name of the operation, good on any machine.

        Sends the request exactly once.

        Raises:
            StudioBusy: Refused before acceptance; the same order may work later.
            Refused: The studio will not film this.
            Filtered: Its words or pictures were filtered.
            OutcomeUnknown: The connection died after the request left.
        """

    async def look(self, operation: str, order: ClipOrder | ExtendOrder) -> Film | None:
        """Ask once how an operation is doing; None while it is still filming.

        Raises:
            StudioBusy: The question went unanswered (429, 5xx, no connection); ask again.
            Filtered: The film was filtered; not charged.
            NoAnswer: It ended without a film.
            Refused: It failed.
            Gone: The operation is not known.
        """

    async def fetch(self, film: Film) -> bytes:
        """Return the bytes of a film; may be repeated.

        Raises:
            StudioBusy: The download went wrong; fetch again.
            Gone: The file cannot be had.
        """
