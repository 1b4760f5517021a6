"""Brief files, and the pictures they name: everything is judged before anything is written."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from onereel.adapters.complaints import complaints, shortened
from onereel.adapters.documents import DOCUMENTS, read_document
from onereel.adapters.pictures import MAX_BYTES, Opened, open_picture
from onereel.brief import Brief, Reference
from onereel.crew import Vault
from onereel.errors import BadInput, Corrupted, FootageError, NotInVault
from onereel.footage import Media
from onereel.media import keep

MAX_BRIEF_BYTES: Final = 500_000
"""Longest brief file; Prefect takes parameters up to 512 kB."""

_KEY = re.compile(r"media/([0-9a-f]{2})/(\1[0-9a-f]{62})\.(png|jpg|webp)")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\\\\")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]")


def load_brief(path: Path) -> Brief:
    """Read a brief file, YAML or JSON by its suffix; its references are not looked at.

    A field without a value counts as not given.

    Raises:
        BadInput: It is not a brief; says every field that is wrong, a line each, as `file: field: what`.
    """
    if path.suffix.lower() not in DOCUMENTS:
        raise BadInput(f"{path.name}: a brief is one of {', '.join(DOCUMENTS)}; rename or convert it")
    told = read_document(path, MAX_BRIEF_BYTES)
    if not isinstance(told, dict):
        raise BadInput(f"{path.name}: not a brief: give at least the fields production, idea and seconds")
    try:
        return Brief.model_validate(told)
    except ValidationError as error:
        raise BadInput("\n".join(f"{path.name}: {found}" for found in complaints(error, Brief))) from error


def gather_references(brief: Brief, folder: Path | None) -> list[tuple[Reference, Path | str]]:
    """Find and decode every picture a brief names; nothing is written.

    A path is relative to the brief's folder and must not lead out of it, not by links either. Addresses are never
    fetched. Pictures the vault already has are named by key and not looked at here; see `check_kept`.

    Args:
        brief: As loaded.
        folder: Where the brief file lies; None for a brief that came without one and can only name keys.

    Returns:
        Each reference with its file (resolved), or its key; one entry for each different picture.

    Raises:
        BadInput: A reference is not a sound picture in that folder; says every one that is not, a line each.
    """
    sources, wrong = _gather(brief, folder)
    if wrong:
        raise BadInput("\n".join(wrong))
    found: dict[str, tuple[Reference, Path | str]] = {}
    for source in sources:
        found.setdefault(source.media_key, (source.reference, source.path or source.media_key))
    return list(found.values())


def check_kept(brief: Brief, vault: Vault) -> None:
    """Return if every picture a brief names by key is in the vault, and is a picture; nothing is written.

    Raises:
        BadInput: The vault has no such picture.
        Corrupted: It has other bytes under that key.
    """
    for reference in _references(brief):
        if _KEY.fullmatch(reference.path):
            kept_picture(reference.path, vault, f"reference {reference.path}")


def store_references(brief: Brief, folder: Path | None, vault: Vault) -> Brief:
    """Keep a brief's pictures in the vault, byte for byte, and return the brief naming them by key.

    Everything is checked before the first is kept. The same picture twice in one list becomes one entry, the first.

    Raises:
        BadInput: A reference is not a sound picture, or changed while it was stored.
        Corrupted: The vault has other bytes under a key the brief names.
    """
    sources, wrong = _gather(brief, folder)
    if wrong:
        raise BadInput("\n".join(wrong))
    check_kept(brief, vault)
    for source in {source.media_key: source for source in sources if source.path}.values():
        _keep(source, vault)
    return _keyed(brief, sources)


def keyed(brief: Brief, folder: Path | None) -> Brief:
    """Return a brief naming its pictures by the keys they would have in the vault; nothing is written.

    Raises:
        BadInput: As `gather_references`.
    """
    sources, wrong = _gather(brief, folder)
    if wrong:
        raise BadInput("\n".join(wrong))
    return _keyed(brief, sources)


@dataclass(frozen=True)
class _Source:
    reference: Reference
    media_key: str
    path: Path | None


def _keyed(brief: Brief, sources: list[_Source]) -> Brief:
    keys = {source.reference.path: source.media_key for source in sources}
    return brief.model_copy(
        update={
            "references": _by_key(brief.references, keys),
            "characters": tuple(
                who.model_copy(update={"references": _by_key(who.references, keys)}) for who in brief.characters
            ),
        }
    )


def _references(brief: Brief) -> Iterator[Reference]:
    yield from brief.references
    for who in brief.characters:
        yield from who.references


def _gather(brief: Brief, folder: Path | None) -> tuple[list[_Source], list[str]]:
    """Return what was found, and a message for every reference that was not."""
    sources: list[_Source] = []
    wrong: dict[str, None] = {}
    seen: dict[str, _Source] = {}
    for reference in _references(brief):
        known = seen.get(reference.path)
        try:
            source = _Source(reference, known.media_key, known.path) if known else _find(reference, folder)
        except BadInput as error:
            wrong[str(error)] = None
            continue
        seen[reference.path] = source
        sources.append(source)
    return sources, list(wrong)


def _find(reference: Reference, folder: Path | None) -> _Source:
    if _KEY.fullmatch(reference.path):
        return _Source(reference, reference.path, None)
    told = f"reference {shortened(reference.path)}"
    if folder is None:
        raise BadInput(f"{told}: this brief came without a folder; name a picture by its key in the vault (media/...)")
    path = inside(reference.path, folder, told)
    data = _read(path, told)
    return _Source(reference, Media.of(data, sound_picture(data, told).suffix).key, path)


def inside(named: str, folder: Path, told: str) -> Path:
    """Return the file a brief or a shot list names, links followed, if it lies in its folder.

    Raises:
        BadInput: It does not, or is no file; begins with `told`.
    """
    outside = BadInput(f"{told}: leads out of the brief's folder; copy the picture beside the brief and name it there")
    if _UNSEEN.search(named):
        raise BadInput(f"{told}: contains a control character; correct the name")
    if _ADDRESS.match(named):
        raise BadInput(f"{told}: addresses are not fetched; save the picture beside the brief and name it there")
    if Path(named).is_absolute() or ".." in Path(named).parts:
        raise outside
    try:
        path = (folder / named).resolve(strict=True)
        inside = path.is_relative_to(folder.resolve(strict=True))
    except FileNotFoundError as error:
        raise BadInput(f"{told}: there is no such file in {folder}{_similar(named, folder)}") from error
    except (OSError, RuntimeError) as error:
        raise BadInput(f"{told}: cannot be found ({error}); check the name") from error
    if not inside:
        raise outside
    if not path.is_file():
        raise BadInput(f"{told}: is not a file; name a PNG, JPEG or WebP picture")
    return path


def _similar(named: str, folder: Path) -> str:
    """Return a hint at the file that was meant, else what to do."""
    beside = (folder / named).parent
    names = [entry.name for entry in beside.iterdir()] if beside.is_dir() else []
    close = difflib.get_close_matches(Path(named).name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else "; put it there or correct the name"


def _read(path: Path, told: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)  # one more than open_picture takes, and never more than that
    except OSError as error:
        raise BadInput(f"{told}: cannot be read ({error.strerror}); check its permissions") from error


def sound_picture(data: bytes, told: str) -> Opened:
    """Return a picture that was decoded in full.

    Raises:
        BadInput: It is no sound PNG, JPEG or WebP; begins with `told`.
    """
    try:
        return open_picture(data)
    except FootageError as error:
        raise BadInput(f"{told}: {error}; give a sound PNG, JPEG or WebP") from error


def kept_picture(key: str, vault: Vault, told: str) -> Opened:
    """Return a picture of the vault that was decoded in full.

    Raises:
        BadInput: The vault has no such picture; begins with `told`.
        Corrupted: It has other bytes under that key.
    """
    try:
        data = vault.read(key)
    except NotInVault as error:
        raise BadInput(f"{told}: {vault.url} has no such picture; give the file instead") from error
    if Media.of(data, key.rpartition(".")[2]).key != key:
        raise Corrupted(f"{vault.address(key)} is damaged: it holds other bytes; put the original back")
    picture = sound_picture(data, told)
    if Media.of(data, picture.suffix).key != key:
        raise BadInput(f"{told}: is not of the type its name says; give the original file")
    return picture


def _keep(source: _Source, vault: Vault) -> None:
    if source.path is None:
        return
    told = f"reference {shortened(source.reference.path)}"
    data = _read(source.path, told)
    suffix = source.media_key.rpartition(".")[2]
    if Media.of(data, suffix).key != source.media_key:
        raise BadInput(f"{told}: changed while it was stored; run again")
    keep(vault, data, suffix)


def _by_key(references: tuple[Reference, ...], keys: dict[str, str]) -> tuple[Reference, ...]:
    kept: dict[str, Reference] = {}
    for reference in references:
        key = keys[reference.path]
        kept.setdefault(key, reference.model_copy(update={"path": key}))
    return tuple(kept.values())
