"""Local files that appear whole or not at all."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from onereel.errors import VaultError

_WHAT_NOW = {
    errno.ENOSPC: "free some space and run again; nothing already stored is lost",
    errno.EDQUOT: "free some space or raise the quota, and run again; nothing already stored is lost",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f) and run again",
    errno.EACCES: "let this user read and write there, or choose another folder",
    errno.EPERM: "let this user write there; the file system must also know hard links",
    errno.ENOTSUP: "choose a file system that knows hard links",
    errno.EROFS: "it is mounted read-only; choose another folder",
    errno.ENOTDIR: "a file stands where a folder is needed; move it away",
    errno.EISDIR: "a folder stands where a file is needed; move it away",
    errno.EEXIST: "a file stands where a folder is needed; move it away",
    errno.ENOENT: "check that the file is there",
    errno.EMFILE: "raise the limit on open files (ulimit -n) and run again",
}


@contextmanager
def disk_errors(action: str) -> Iterator[None]:
    """Turn the disk's errors into ours; ``action`` says what cannot be done, and where.

    Raises:
        VaultError: The disk refused; the message says what, which, and what now.
    """
    try:
        yield
    except VaultError:
        raise
    except OSError as error:
        told = (error.strerror or str(error)).lower()
        now = _WHAT_NOW.get(error.errno or 0, "check the disk")
        raise VaultError(f"{action}: {told}; {now}") from error


@contextmanager
def draft(path: Path) -> Iterator[BinaryIO]:
    """Open a hidden file in the folder of ``path``; on exit it is gone unless it was moved to its place.

    Only a killed process can leave one behind: ``.<16 hex digits>.tmp``, which no vault lists.
    """
    hidden = path.with_name(f".{secrets.token_hex(8)}.tmp")
    # Not tempfile: its files are private to one user, and a vault may be shared by several.
    with hidden.open("xb") as file:
        try:
            yield file
        finally:
            hidden.unlink(missing_ok=True)


def place(file: BinaryIO, path: Path) -> None:
    """Put a draft at a path, replacing what was there; on disk when this returns."""
    sync(file)
    Path(file.name).replace(path)
    sync_folder(path.parent)


def place_copy(file: BinaryIO, path: Path) -> None:
    """Put a draft of what is kept elsewhere at a path, replacing what was there; a power cut may lose it."""
    file.flush()
    Path(file.name).replace(path)


def place_new(file: BinaryIO, path: Path) -> bool:
    """Put a draft at a path that holds nothing; of several processes exactly one gets True."""
    sync(file)
    try:
        path.hardlink_to(file.name)
    except FileExistsError:
        return False
    sync_folder(path.parent)
    return True


def sync(file: BinaryIO) -> None:
    """Return once the bytes of a file survive a power cut."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Return once the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Create a folder and those above it; they survive a power cut."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)
