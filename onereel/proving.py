"""Where a film comes from, said in the film: its label, its content credentials, and the terms of its references."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from onereel.brief import Brief, Reference
from onereel.company import Company
from onereel.credentials import Claim, Credentials, Ingredient, read_credentials, sign
from onereel.errors import FootageError
from onereel.footage import Media
from onereel.media import fetch_file
from onereel.papers import Credit, Provenance
from onereel.takes import Take

log = logging.getLogger(__name__)

UNSIGNED = "no certificate: set ONEREEL_C2PA_CERTIFICATE and ONEREEL_C2PA_KEY, and produce again"


def prove(company: Company, master: Path, made_with: tuple[str, str], takes: Sequence[Take]) -> Provenance:
    """Sign a master, in place, and return where it comes from. A film that cannot be signed is delivered unsigned.

    The ingredients are the vendor's own files, so whoever reads the master finds their credentials in it. Blocks.

    Args:
        company: Who works.
        master: The film, finished: a byte that changes later breaks the signature.
        made_with: Name and version of this program.
        takes: What is on screen, in order.
    """
    credits_ = tuple(_credits(company.brief))
    signatory = company.signatory
    if signatory is None:
        return Provenance(references=credits_, remark=UNSIGNED)
    signed = master.with_name("signed.mp4")
    claim = Claim(master_title(company.brief), made_with, list(_ingredients(company, takes, master.parent)))
    try:
        sign(master, signed, "mp4", claim, signatory)
    except FootageError as error:
        signed.unlink(missing_ok=True)
        log.warning("%s: delivered unsigned: %s", company.brief.production, error)
        return Provenance(references=credits_, remark=str(error))
    signed.replace(master)
    return Provenance(
        signed_by=signatory.name,
        test=signatory.test,
        credentials=read_credentials(master, "mp4"),
        references=credits_,
    )


def proof_recipe(company: Company) -> list[object]:
    """Return what decides how a delivery is proved: another signatory or other terms make another delivery.

    A certificate that was renewed for the same name makes none.
    """
    signatory = company.signatory
    return [signatory.name if signatory else "", [one.model_dump(mode="json") for one in _credits(company.brief)]]


def master_title(brief: Brief) -> str:
    """Return what the master is called in its credentials."""
    return f"{brief.production}: master"


def originals(take: Take) -> list[Media]:
    """Return the files a take is made of: the vendor's, several where extensions came back as tails; or one's own."""
    if not take.hops:
        return [take.source or take.film]
    last_whole = max(at for at, hop in enumerate(take.hops) if hop.returned == "whole")
    return [hop.media for hop in take.hops[last_whole:]]


def credentials_of(take: Take) -> list[Credentials]:
    """Return what a take's originals say of their making, in the same order."""
    return [hop.credentials for hop in take.hops[-len(originals(take)) :]]


def _ingredients(company: Company, takes: Sequence[Take], folder: Path) -> Iterator[Ingredient]:
    for take in takes:
        for media in originals(take):
            path = folder / f"{media.sha256}.mp4"
            if not path.exists():
                fetch_file(company.vault, media, path)
            yield Ingredient(take.slate, path, media.sha256)


def _credits(brief: Brief) -> Iterator[Credit]:
    whose: Mapping[str, tuple[Reference, ...]] = {
        "": brief.references,
        **{who.name: who.references for who in brief.characters},
    }
    for name, references in whose.items():
        for one in references:
            yield Credit(path=one.path, of=name, note=one.note, licence=one.licence, source=one.source)
