"""Media and nouns in the vault: kept once, under a name that says what they are, and checked when read."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from onereel.crew import Vault
from onereel.errors import Corrupted, VaultError
from onereel.footage import CONTENT_TYPES, Media
from onereel.noun import Noun

N = TypeVar("N", bound=Noun)


def keep(vault: Vault, data: bytes, suffix: str) -> Media:
    """Store bytes under their digest, unless they are there, and return their name.

    Args:
        vault: Where they go.
        data: The whole file.
        suffix: File type without the dot: png, mp4.
    """
    media = Media.of(data, suffix)
    vault.create(media.key, data, media.content_type)
    return media


def keep_file(vault: Vault, path: Path, suffix: str) -> Media:
    """Store a local file under its digest, unless it is there, and return its name; flat in memory.

    The file is read twice, for its digest and for its bytes, and must not change meanwhile: if it does,
    reading it back raises Corrupted.

    Raises:
        VaultError: The file cannot be read, or the vault cannot be written.
    """
    digest, size = _measure(path)
    media = Media(sha256=digest, suffix=suffix, size=size)
    vault.upload(media.key, path, media.content_type)
    return media


def fetch(vault: Vault, media: Media) -> bytes:
    """Return the bytes of media, which are the bytes that were kept.

    Raises:
        NotInVault: They are not in this vault.
        Corrupted: Others stand in their place.
    """
    data = vault.read(media.key)
    _verify(vault, media, hashlib.sha256(data).hexdigest(), len(data))
    return data


def fetch_file(vault: Vault, media: Media, path: Path) -> Path:
    """Write media to a local file and return its path; the path never holds anything but what was kept.

    Raises:
        NotInVault: It is not in this vault.
        Corrupted: Something else stands in its place.
    """
    draft = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        vault.download(media.key, draft)
        _verify(vault, media, *_measure(draft))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


FILES_AT_ONCE = 4
"""Files fetched side by side: a bucket's answers take longer than its bytes."""


def fetch_files(vault: Vault, wanted: Mapping[Path, Media]) -> list[Path]:
    """Write media to local files, some at once, and return their paths in the order given. Blocks.

    Raises:
        NotInVault, Corrupted: As `fetch_file`.
    """
    with ThreadPoolExecutor(FILES_AT_ONCE, "fetching") as fetching:
        return list(fetching.map(lambda path: fetch_file(vault, wanted[path], path), wanted))


def keep_noun(vault: Vault, key: str, noun: Noun) -> bool:
    """Store a noun as JSON under a key that holds nothing yet; equal nouns give equal bytes.

    Returns:
        True if this call stored it; False if the key was taken (what is there stays).
    """
    return vault.create(key, _canonical(noun), CONTENT_TYPES["json"])


def first_kept(vault: Vault, key: str, noun: N) -> N:
    """Store a noun under a key that holds nothing yet, and return what is kept there: of several, the first."""
    return noun if keep_noun(vault, key, noun) else read_noun(vault, key, type(noun))


def write_noun(vault: Vault, key: str, noun: Noun) -> None:
    """Store a noun as JSON under a key, replacing what was there."""
    vault.write(key, _canonical(noun), CONTENT_TYPES["json"])


def read_noun(vault: Vault, key: str, cls: type[N]) -> N:
    """Return the noun kept under a key.

    Raises:
        NotInVault: Nothing is kept there.
        Corrupted: What is kept there is not such a noun; says which field and why.
    """
    try:
        return cls.model_validate_json(vault.read(key))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "the whole"
        raise Corrupted(
            f"{vault.address(key)} is not a {cls.__name__} ({field[:80]}: {first['msg'][:200]}); "
            "restore it, or read it with the version of onereel that wrote it"
        ) from error


def _canonical(noun: Noun) -> bytes:
    text = json.dumps(noun.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, indent=1)
    return f"{text}\n".encode()


def _measure(path: Path) -> tuple[str, int]:
    """Return digest and length of a local file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    except OSError as error:
        raise VaultError(f"cannot read {path}: {error.strerror}; check that the file is there") from error


def _verify(vault: Vault, media: Media, digest: str, size: int) -> None:
    if digest != media.sha256:
        raise Corrupted(
            f"{vault.address(media.key)} is damaged: kept were {media.size} bytes with sha256 {media.sha256[:12]}…, "
            f"there are {size} with {digest[:12]}…; put the original back, or remove it and make it again"
        )
