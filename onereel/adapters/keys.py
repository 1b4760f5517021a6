"""Which keys a vault takes."""

import re

from onereel.errors import VaultError

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,=+@~-]{0,199}")
_LONGEST_KEY = 800


def is_key(key: str) -> bool:
    """Return whether a key can be kept: it cannot leave the vault, and means the same in a folder and a bucket.

    The lengths leave room for a vault's own prefix: S3 takes 1,024 bytes, most file systems 255 for a part.
    """
    return len(key) <= _LONGEST_KEY and all(_PART.fullmatch(part) for part in key.split("/"))


def check_key(key: str) -> str:
    """Return the key.

    Raises:
        VaultError: It has a root, a "..", an empty or hidden part, a backslash, or is too long.
    """
    if not is_key(key):
        raise VaultError(
            f"{key[:80]!r} is not a key: use letters, digits and _ . , = + @ ~ - between slashes, {_LONGEST_KEY} "
            "characters in all and 200 in a part; no part may be empty or start with a dot"
        )
    return key


def check_prefix(prefix: str) -> str:
    """Return the prefix, which is empty or the start of a key.

    Raises:
        VaultError: No key can start with it.
    """
    if prefix:
        check_key(f"{prefix}_" if prefix.endswith("/") else prefix)
    return prefix
