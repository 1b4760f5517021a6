"""Opening a vault by its address."""

import re
from collections.abc import Iterator
from pathlib import Path

from onereel.adapters.folder import FolderVault
from onereel.adapters.keys import check_key, check_prefix
from onereel.crew import Vault
from onereel.errors import BadInput

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def open_vault(url: str) -> Vault:
    """Return the vault at an address; nothing is written and no bucket is asked yet.

    Args:
        url: A folder path, which need not exist yet (``~`` is your home), or ``s3://bucket/prefix``.

    Raises:
        BadInput: It is neither, or a file.
    """
    if url.startswith("s3://"):
        from onereel.adapters.s3 import S3Vault  # noqa: PLC0415 - boto3 takes 0.3 s, and a folder needs none

        return S3Vault(url)
    if not url.strip() or _SCHEME.match(url):
        raise BadInput(f"{url[:200]!r} is not a vault: give a folder path or s3://bucket/prefix")
    path = Path(url).expanduser()
    try:
        taken = path.exists() and not path.is_dir()
    except OSError as error:
        raise BadInput(f"vault {url}: {error.strerror}; let this user read and write there, or name another") from error
    if taken:
        raise BadInput(f"the vault {path} is a file: give a folder path or s3://bucket/prefix")
    return FolderVault(path)


class Shelf:
    """A part of a vault, itself a vault: every key is kept under the shelf's name.

    Args:
        vault: The vault it belongs to.
        name: A key that nothing else is kept under, such as ``rehearsal``.
    """

    def __init__(self, vault: Vault, name: str) -> None:
        self._vault = vault
        self._prefix = f"{check_key(name)}/"

    @property
    def url(self) -> str:
        """The address that opens this part alone."""
        return f"{self._vault.url.rstrip('/')}/{self._prefix[:-1]}"

    @property
    def conditional(self) -> bool:
        """Whether ``create`` has exactly one winner."""
        return self._vault.conditional

    def create(self, key: str, data: bytes, content_type: str) -> bool:
        """Store data under a key that holds nothing yet."""
        return self._vault.create(self._full(key), data, content_type)

    def write(self, key: str, data: bytes, content_type: str) -> None:
        """Store data under a key, replacing what was there."""
        self._vault.write(self._full(key), data, content_type)

    def read(self, key: str) -> bytes:
        """Return what is kept under a key."""
        return self._vault.read(self._full(key))

    def size(self, key: str) -> int:
        """Return the length in bytes of what is kept under a key."""
        return self._vault.size(self._full(key))

    def part(self, key: str, start: int, length: int) -> bytes:
        """Return bytes from the middle of what is kept under a key."""
        return self._vault.part(self._full(key), start, length)

    def exists(self, key: str) -> bool:
        """Return whether anything is kept under a key."""
        return self._vault.exists(self._full(key))

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys of this shelf that start with a prefix, sorted."""
        for key in self._vault.keys(f"{self._prefix}{check_prefix(prefix)}"):
            yield key.removeprefix(self._prefix)

    def upload(self, key: str, path: Path, content_type: str) -> bool:
        """Store a local file under a key unless the key is taken."""
        return self._vault.upload(self._full(key), path, content_type)

    def download(self, key: str, path: Path) -> None:
        """Write what is kept under a key to a local file, atomically."""
        self._vault.download(self._full(key), path)

    def remove(self, key: str) -> None:
        """Forget a key."""
        self._vault.remove(self._full(key))

    def address(self, key: str) -> str:
        """Return where a person finds it."""
        return self._vault.address(self._full(key))

    def _full(self, key: str) -> str:
        return f"{self._prefix}{check_key(key)}"
