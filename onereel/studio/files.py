"""The Files API: resumable upload, get, delete, download."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from onereel.studio.kinds import Kind
from onereel.studio.operations import damage
from onereel.studio.shelf import StoredFile
from onereel.studio.studio import Studio
from onereel.studio.wire import invalid, not_found

_LARGEST: Final = 2 * 2**30


class Uploads:
    """Uploads that have begun: what was announced, and the bytes so far."""

    def __init__(self) -> None:
        self._announced: dict[str, Mapping[str, Any]] = {}
        self._bytes: dict[str, bytearray] = {}

    def begin(self, headers: Mapping[str, str], request: Mapping[str, Any]) -> str:
        """Start an upload; return its id.

        Raises:
            Rejected: 400, not the resumable protocol, or too large a file.
        """
        if headers.get("x-goog-upload-protocol") != "resumable":
            raise invalid("Only the resumable upload protocol is supported.", "X-Goog-Upload-Protocol")
        file = request.get("file") or {}
        size = int(headers.get("x-goog-upload-header-content-length") or file.get("sizeBytes") or 0)
        if size > _LARGEST:
            raise invalid("The file is larger than 2 GB.", "file.size_bytes")
        id_ = uuid.uuid4().hex
        content_type = file.get("mimeType") or headers.get("x-goog-upload-header-content-type")
        self._announced[id_] = {**file, "mimeType": content_type or "application/octet-stream"}
        self._bytes[id_] = bytearray()
        return id_

    def add(self, id_: str, headers: Mapping[str, str], chunk: bytes, studio: Studio) -> dict[str, Any] | None:
        """Take a chunk; return the File resource after the last one.

        Raises:
            Rejected: 404, no such upload; 400, a gap between the chunks.
        """
        if id_ not in self._announced:
            raise not_found("Upload has already been terminated.")
        held = self._bytes[id_]
        if int(headers.get("x-goog-upload-offset") or 0) != len(held):
            raise invalid(f"Expected the chunk at offset {len(held)}.", "X-Goog-Upload-Offset")
        held += chunk
        if "finalize" not in headers.get("x-goog-upload-command", ""):
            return None
        announced = self._announced.pop(id_)
        path = studio.shelf.new_path("upload")
        path.write_bytes(self._bytes.pop(id_))
        file = StoredFile(path, str(announced["mimeType"]), "UPLOADED", str(announced.get("displayName") or ""))
        name = str(announced.get("name") or "").removeprefix("files/")
        if name:
            file.id = name
        return studio.shelf.add(file).described()


def find(studio: Studio, id_: str) -> StoredFile:
    """Return a file.

    Raises:
        Rejected: 404 in Google's words, which do not tell a missing file from a foreign one.
    """
    file = studio.shelf.find(id_)
    if file is None:
        raise not_found(f"You do not have permission to access the File {id_} or it may not exist.")
    return file


async def download(studio: Studio, id_: str) -> tuple[bytes, str]:
    """Return a file's bytes and content type.

    Raises:
        Rejected: 404, or what the fault plan says.
        HangUp: The fault plan says the line drops.
    """
    studio.books.count("downloads")
    faults = await studio.visit(Kind.DOWNLOAD, id_)
    file = find(studio, id_)
    if file.source != "GENERATED":
        raise invalid("Only generated files can be downloaded.")
    return damage(await studio.draw(file.path.read_bytes), faults), file.content_type
