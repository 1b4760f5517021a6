"""Content credentials: what a file says of its own making (C2PA). They are read, checked, and put in.

Copying a film's packets or saving a picture anew drops them, so originals stay as they came, and a film made from them
names them as its ingredients. Nothing is fetched: no remote manifests, no revocation lists.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import c2pa
from pydantic import Field

from onereel.certificates import Signatory
from onereel.errors import BadInput, FootageError
from onereel.footage import CONTENT_TYPES
from onereel.noun import Noun

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's name for pictures, motion and sound made by a generative model."""

SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}},  # half the time and nine tenths of the bytes
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
}
UNTRUSTED = "signingCredential.untrusted"
"""Said of every certificate, as no list of trusted ones is given."""
LONGEST = 200
MOST = 20
SMALLEST_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc00000030101"
    "00c9fe92ef0000000049454e44ae426082"
)


class Credentials(Noun):
    """What a file says of its own making. Its words are the vendor's: not to be believed further than the signature."""

    state: Literal["none", "valid", "invalid"] = Field(
        default="none",
        description="none: it says nothing. valid: signature and digests hold; that the certificate belongs to whom it "
        "names is not checked. invalid: it was changed after it was signed, or the signature does not hold.",
    )
    signed_by: str = Field(default="", description="Organisation and name in the certificate.")
    made_with: str = Field(default="", description="Program that wrote it.")
    source_types: tuple[str, ...] = Field(default=(), description="IPTC digital source types, without the address.")
    actions: tuple[str, ...] = Field(default=(), description="What was done: c2pa.created, c2pa.placed…")
    ingredients: tuple[str, ...] = Field(default=(), description="What it was made from, by title.")
    problems: tuple[str, ...] = Field(default=(), description="C2PA's codes of what does not hold.")


@dataclass(frozen=True)
class Ingredient:
    """A file something was made from."""

    title: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class Claim:
    """What is said of a file when it is signed."""

    title: str
    made_with: tuple[str, str]
    """Name and version of the program."""
    ingredients: Sequence[Ingredient] = ()


@cache
def _context() -> c2pa.Context:
    return c2pa.Context.from_dict(SETTINGS)


def read_credentials(source: bytes | Path, suffix: str) -> Credentials:
    """Return what a picture or film says of its own making, and whether that holds.

    Args:
        source: The file, or where it lies.
        suffix: Its type without the dot: png, jpg, webp, mp4.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            reader = c2pa.Reader.try_create(CONTENT_TYPES[suffix], file, context=_context())
            if reader is None:
                return Credentials()
            with reader:
                return _told(json.loads(reader.json()))
    except c2pa.C2paError as error:
        return Credentials(state="invalid", problems=(_short(error),))


def sign(source: Path, target: Path, suffix: str, claim: Claim, signatory: Signatory) -> None:
    """Write a copy of a file that says by whom and from what it was made by a generative model; the media is the same.

    Raises:
        FootageError: It cannot be signed.
    """
    try:
        with source.open("rb") as file, target.open("w+b") as signed:
            _sign(file, signed, suffix, claim, signatory)
    except c2pa.C2paError as error:
        raise FootageError(f"{source.name} cannot be signed: {_short(error)}") from error


def signed(data: bytes, suffix: str, claim: Claim, signatory: Signatory) -> bytes:
    """Return a file with its credentials in it; see `sign`.

    Raises:
        FootageError: It cannot be signed.
    """
    target = io.BytesIO()
    try:
        _sign(io.BytesIO(data), target, suffix, claim, signatory)
    except c2pa.C2paError as error:
        raise FootageError(f"this {suffix} cannot be signed: {_short(error)}") from error
    return target.getvalue()


def check_signatory(signatory: Signatory) -> None:
    """Sign a picture of one pixel, to know before a film is made that the certificate will do.

    Raises:
        BadInput: It will not; says why.
    """
    try:
        made = signed(SMALLEST_PICTURE, "png", Claim("trial", ("onereel", "")), signatory)
    except FootageError as error:
        raise BadInput(f"the certificate of {signatory.name} cannot sign for C2PA: {error}") from error
    found = read_credentials(made, "png")
    if found.state != "valid":
        raise BadInput(
            f"what the certificate of {signatory.name} signs does not hold ({', '.join(found.problems)}); C2PA asks "
            "for one that an authority issued for e-mail protection or document signing"
        )


def _sign(source: Any, target: Any, suffix: str, claim: Claim, signatory: Signatory) -> None:
    info = c2pa.C2paSignerInfo(signatory.algorithm.encode(), signatory.chain, signatory.key, None)
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(_manifest(claim), _context()) as builder:
        for number, one in enumerate(claim.ingredients):
            with one.path.open("rb") as file:
                builder.add_ingredient(_ingredient(number, one), CONTENT_TYPES[one.path.suffix[1:]], file)
        builder.sign(signer, CONTENT_TYPES[suffix], source, target)


def _manifest(claim: Claim) -> dict[str, Any]:
    actions: list[dict[str, Any]] = [{"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE}]
    actions += [
        {"action": "c2pa.placed", "parameters": {"ingredientIds": [str(number)]}}
        for number in range(len(claim.ingredients))
    ]
    name, version = claim.made_with
    return {
        "claim_generator_info": [{"name": name, "version": version} if version else {"name": name}],
        "title": claim.title,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def _ingredient(number: int, one: Ingredient) -> dict[str, str]:
    return {
        "title": one.title,
        "relationship": "componentOf",
        "label": str(number),
        "description": f"sha256 {one.sha256}",
    }


def _told(store: dict[str, Any]) -> Credentials:
    """Return the active manifest of a store in our words."""
    manifest = store["manifests"].get(store.get("active_manifest"), {})
    signature = manifest.get("signature_info") or {}
    programs = manifest.get("claim_generator_info") or [{"name": manifest.get("claim_generator", "")}]
    done = [
        action
        for assertion in manifest.get("assertions", [])
        if str(assertion.get("label", "")).startswith("c2pa.actions")
        for action in assertion["data"].get("actions", [])
    ]
    sources = [str(action["digitalSourceType"]) for action in done if action.get("digitalSourceType")]
    problems = [str(status.get("code")) for status in store.get("validation_status") or []]
    wrong = [code for code in problems if code != UNTRUSTED]
    return Credentials(
        state="invalid" if store.get("validation_state") == "Invalid" else "valid",
        signed_by=_short(", ".join(filter(None, (signature.get("issuer"), signature.get("common_name"))))),
        made_with=_short(" ".join(filter(None, (programs[0].get("name"), programs[0].get("version"))))),
        source_types=_list(source.rpartition("/")[2] for source in sources),
        actions=_list(action.get("action", "") for action in done),
        ingredients=tuple(_short(one.get("title", "")) for one in manifest.get("ingredients", [])),
        problems=_list(wrong),
    )


def _list(words: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_short(word) for word in words))[:MOST]


def _short(word: object) -> str:
    return " ".join(str(word).split())[:LONGEST]
