"""Which keys a vault takes."""

import re

from onereel.errors import VaultError

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,=+@~-]{0,199}")
_LONGEST_KEY = 800


def check_key(key: str) -> str:
    """Return the key, which cannot leave the vault: no root, no "..", no empty or hidden part, no backslash.

    The length leaves room for a vault's own prefix: S3 takes 1,024 bytes, most file systems 255 for a part.

    Raises:
        VaultError: The key is not of that form.
    """
    if len(key) > _LONGEST_KEY or not all(_PART.fullmatch(part) for part in key.split("/")):
        raise VaultError(
            f"{key[:80]!r} is not a key: use letters, digits and _ . , = + @ ~ - between slashes, "
            f"{_LONGEST_KEY} characters in all; no part may be empty or start with a dot or a dash"
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
