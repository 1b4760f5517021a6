"""Campaign files: one brief and what differs from film to film, in YAML or JSON."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from onereel.adapters.briefs import MAX_BRIEF_BYTES, check_kept, keyed, store_references
from onereel.adapters.complaints import complaints, shortened
from onereel.adapters.documents import read_document
from onereel.brief import Brief
from onereel.campaign import Campaign
from onereel.crew import Vault
from onereel.errors import BadInput, NotInVault
from onereel.media import read_noun
from onereel.slate import brief_key

FIELDS = ("campaign", "budget_usd", "brief", "variants", "productions")


def load_campaign(path: Path, vault: Vault, check: Callable[[Campaign], None] = lambda _: None) -> Campaign:
    """Read a campaign file, and keep the reference pictures of its briefs in the vault. Blocks.

    `brief` is a brief, or the name of a brief file beside this one; each of `variants` says in which fields a film
    differs from it (a mapping, as the look, is changed field by field). `productions` names briefs in the vault.

    Args:
        path: The file.
        vault: Where pictures are kept, once everything was judged.
        check: Refuses, by BadInput, what is not to be made: then nothing is kept.

    Raises:
        BadInput: It cannot be read; says what is wrong with which film.
    """
    said = read_document(path, MAX_BRIEF_BYTES)
    if not isinstance(said, Mapping):
        raise BadInput(f"{path.name}: is no campaign; it needs campaign, budget_usd and films")
    unknown = sorted(set(map(str, said)) - set(FIELDS))
    if unknown:
        raise BadInput(f"{path.name}: unknown {', '.join(map(shortened, unknown))}; known are {', '.join(FIELDS)}")
    (base, folder), variants = _base(path, said.get("brief")), said.get("variants") or []
    if variants and not base:
        raise BadInput(f"{path.name}: variants need a brief they differ from")
    if not isinstance(variants, list) or not all(isinstance(one, Mapping) for one in variants):
        raise BadInput(f"{path.name}: variants is a list of films, each with the fields in which it differs")
    films = [_film(path, number, merged(base, one)) for number, one in enumerate(variants, start=1)]
    if base and not variants:
        films = [_film(path, 1, base)]
    stored = [_stored(vault, str(name)) for name in said.get("productions") or []]
    for brief in (*films, *stored):
        check_kept(brief, vault)
    briefs = [*(keyed(film, folder) for film in films), *stored]
    try:
        made = Campaign.model_validate(
            {"campaign": said.get("campaign"), "budget_usd": said.get("budget_usd"), "briefs": briefs}
        )
    except ValidationError as error:
        told = [str(found) for found in complaints(error, Campaign)]
        raise BadInput("\n".join(f"{path.name}: {one}" for one in told)) from error
    check(made)
    for film in films:
        store_references(film, folder, vault)
    return made


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a brief with what a film says otherwise; mappings are merged, everything else is replaced."""
    made = dict(base)
    for name, value in changes.items():
        before = made.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        made[name] = merged(before, value) if both else value  # type: ignore[arg-type]  # both are mappings
    return made


def _base(path: Path, brief: Any) -> tuple[Mapping[str, Any], Path]:
    """Return the brief films differ from, and the folder its reference pictures lie in."""
    folder = path.parent
    if isinstance(brief, str):
        beside = path.parent / brief
        if not beside.resolve().is_relative_to(path.parent.resolve()):
            raise BadInput(f"{path.name}: brief {shortened(brief)}: leads out of the campaign's folder")
        brief, folder = read_document(beside, MAX_BRIEF_BYTES), beside.parent
    if brief is not None and not isinstance(brief, Mapping):
        raise BadInput(f"{path.name}: brief is a brief, or the name of a brief file beside it")
    return brief or {}, folder


def _film(path: Path, number: int, said: Mapping[str, Any]) -> Brief:
    try:
        return Brief.model_validate(said)
    except ValidationError as error:
        found = "\n".join(f"{path.name}: film {number}: {one}" for one in complaints(error, Brief))
        raise BadInput(found) from error


def _stored(vault: Vault, name: str) -> Brief:
    try:
        return read_noun(vault, brief_key(name), Brief)
    except NotInVault as missing:
        raise BadInput(f"{vault.url} has no brief of a production {name!r}") from missing
