"""A vault in a folder."""

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from onereel.adapters.disk import disk_errors, draft, make_folder, place, place_copy, place_new
from onereel.adapters.keys import check_key, check_prefix, is_key
from onereel.errors import NotInVault

_BLOCK_BYTES = 1 << 20


class FolderVault:
    """Keeps files in a folder that several processes may share; readers never see half a file.

    Files are hard-linked into place, so the file system must know hard links: ext4, XFS, APFS
    and NFS do, exFAT does not. Content types are not kept. Unlike a bucket, it cannot hold ``a`` and ``a/b`` at once.
    The first write makes the folder.
    """

    conditional = True

    def __init__(self, path: Path | str) -> None:
        self.url = str(path)
        self._root = Path(path).absolute()

    def create(self, key: str, data: bytes, content_type: str) -> bool:  # noqa: ARG002 - a folder has no types
        """Store data under a key that holds nothing yet; atomic and on disk when this returns."""
        return self._create(key, io.BytesIO(data))

    def write(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002 - a folder has no types
        """Store data under a key, replacing what was there; atomic and on disk when this returns."""
        path = self._path(key)
        with disk_errors(f"cannot store {key} in {self._root}"):
            make_folder(path.parent)
            with draft(path) as file:
                file.write(data)
                place(file, path)

    def read(self, key: str) -> bytes:
        """Return what is kept under a key."""
        with self._open(key) as file, disk_errors(f"cannot read {key} in {self._root}"):
            return file.read()

    def size(self, key: str) -> int:
        """Return the length in bytes of what is kept under a key."""
        with self._open(key) as file, disk_errors(f"cannot read {key} in {self._root}"):
            return file.seek(0, os.SEEK_END)

    def part(self, key: str, start: int, length: int) -> bytes:
        """Return bytes from the middle of what is kept under a key."""
        with self._open(key) as file, disk_errors(f"cannot read {key} in {self._root}"):
            file.seek(start)
            return file.read(length)

    def exists(self, key: str) -> bool:
        """Return whether anything is kept under a key."""
        with disk_errors(f"cannot look up {key} in {self._root}"):
            return self._path(key).is_file()

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys that start with a prefix, sorted; foreign files that are no keys are left out."""
        above, slash, _ = check_prefix(prefix).rpartition("/")
        with disk_errors(f"cannot list {prefix or 'everything'} in {self._root}"):
            yield from _walk(self._root / above, f"{above}{slash}", prefix)

    def upload(self, key: str, path: Path, content_type: str) -> bool:  # noqa: ARG002 - a folder has no types
        """Copy a local file to a key unless it is taken; a copy, so later changes stay out."""
        if self.exists(key):
            return False
        with disk_errors(f"cannot store {path}"), path.open("rb") as source:
            return self._create(key, source)

    def download(self, key: str, path: Path) -> None:
        """Copy what is kept under a key to a local file, atomically."""
        with self._open(key) as source, disk_errors(f"cannot copy {key} to {path}"):
            make_folder(path.parent)
            with draft(path) as file:
                shutil.copyfileobj(source, file, _BLOCK_BYTES)
                place_copy(file, path)

    def remove(self, key: str) -> None:
        """Forget a key. Removing what is not there is not an error."""
        if self.exists(key):
            with disk_errors(f"cannot remove {key} from {self._root}"):
                self._path(key).unlink(missing_ok=True)

    def address(self, key: str) -> str:
        """Return the path a person finds it at."""
        return str(self._path(key))

    def _path(self, key: str) -> Path:
        return self._root / check_key(key)

    def _create(self, key: str, source: BinaryIO) -> bool:
        path = self._path(key)
        with disk_errors(f"cannot store {key} in {self._root}"):
            if path.is_file():
                return False
            make_folder(path.parent)
            with draft(path) as file:
                shutil.copyfileobj(source, file, _BLOCK_BYTES)
                return place_new(file, path)

    def _open(self, key: str) -> BinaryIO:
        with disk_errors(f"cannot read {key} in {self._root}"):
            try:
                return self._path(key).open("rb")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise NotInVault(f"nothing is kept under {key} in {self._root}") from error


def _walk(folder: Path, above: str, prefix: str) -> Iterator[str]:
    """Yield keys below a folder, in the order S3 lists them: "a-b/c" comes before "a/b"."""
    for name in sorted(_names(folder)):
        key = f"{above}{name}"
        if not key.startswith(prefix) and not prefix.startswith(key):
            continue
        if name.endswith("/"):
            yield from _walk(folder / name, key, prefix)
        elif key.startswith(prefix) and is_key(key):
            yield key


def _names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [e.name + "/" * e.is_dir() for e in entries if not e.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return []
