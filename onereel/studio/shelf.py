"""Where a studio keeps bytes: films, uploaded files and gs:// objects, in a folder that goes when the studio closes."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

KEPT: Final = timedelta(hours=48)
"""How long Google keeps a file. Source: ai.google.dev/gemini-api/docs/files."""

_HOST: Final = "https://generativelanguage.googleapis.com/v1beta/files"
# The SDK only takes ids out of https:// addresses, and downloads from its own base address whatever the host.


@dataclass
class StoredFile:
    """One file of the Files API."""

    path: Path
    content_type: str
    source: Literal["UPLOADED", "GENERATED"]
    display_name: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def url(self) -> str:
        """The address Google would give."""
        ending = ":download?alt=media" if self.source == "GENERATED" else ""
        return f"{_HOST}/{self.id}{ending}"

    def described(self) -> dict[str, Any]:
        """Return the File resource."""
        resource = {
            "name": f"files/{self.id}",
            "mimeType": self.content_type,
            "sizeBytes": str(self.path.stat().st_size),
            "createTime": self.created.isoformat(),
            "updateTime": self.created.isoformat(),
            "expirationTime": (self.created + KEPT).isoformat(),
            "uri": f"{_HOST}/{self.id}",
            "state": "ACTIVE",
            "source": self.source,
        }
        if self.display_name:
            resource["displayName"] = self.display_name
        if self.source == "GENERATED":
            resource["downloadUri"] = self.url
        return resource


class Shelf:
    """The files of one studio, by id and by gs:// address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, StoredFile] = {}
        self._objects: dict[str, Path] = {}

    def new_path(self, suffix: str) -> Path:
        """Return a path nothing is at yet."""
        return self._folder / f"{uuid.uuid4().hex}.{suffix}"

    def add(self, file: StoredFile) -> StoredFile:
        """Keep a file until it is removed."""
        self._files[file.id] = file
        return file

    def find(self, id_: str) -> StoredFile | None:
        """Return the file with this id."""
        return self._files.get(id_)

    def remove(self, id_: str) -> None:
        """Forget a file. Its bytes may be another file's too, so they stay until the studio closes."""
        self._files.pop(id_, None)

    def put_object(self, url: str, path: Path) -> None:
        """Keep a file under a gs:// address."""
        self._objects[url] = path

    def find_object(self, url: str) -> Path | None:
        """Return the file under a gs:// address."""
        return self._objects.get(url)

    def objects(self) -> Mapping[str, Path]:
        """Return everything under gs:// addresses."""
        return dict(self._objects)
