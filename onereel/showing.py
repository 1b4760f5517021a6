"""The report page of a cut: small copies of its pictures, then the page itself."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from onereel.adapters.page import report_page
from onereel.adapters.pictures import thumbnail
from onereel.brief import Brief
from onereel.crew import Vault
from onereel.errors import Corrupted, FootageError, NotInVault
from onereel.footage import CONTENT_TYPES, Media
from onereel.ledger import Ledger
from onereel.media import fetch
from onereel.page import page, pictures
from onereel.papers import Manifest
from onereel.slate import thumb_key, thumbs_prefix

log = logging.getLogger(__name__)

THUMB_WIDTH = 640
"""Pixels; a card shows a picture at most so wide on most screens."""
AT_ONCE = 4


def show(vault: Vault, manifest: Manifest, brief: Brief, ledger: Ledger, captions: str) -> bytes:
    """Return the report page of a cut as HTML; keeps small copies of its pictures in the vault. Blocks.

    Args:
        vault: Where the cut and its pictures are.
        manifest: The cut's papers.
        brief: What was asked for.
        ledger: What the production's calls cost.
        captions: WebVTT.
    """
    thumbs = keep_thumbs(vault, manifest.production, pictures(manifest.shots))
    view = page(manifest, ledger, thumbs, captions="-->" in captions)
    return report_page(view, captions=captions, language=brief.language, generator=manifest.made_with)


def keep_thumbs(vault: Vault, production: str, wanted: Iterable[Media]) -> frozenset[str]:
    """Make sure a small copy of each picture is kept, and return the digests of those that have one. Blocks.

    A picture that is gone or damaged gets none: a page about a film must not fail for an old take's first frame.
    """
    there = {key.rpartition("/")[2].removesuffix(".webp") for key in vault.keys(thumbs_prefix(production))}

    def one(media: Media) -> str:
        if media.sha256 in there:
            return media.sha256
        try:
            small = thumbnail(fetch(vault, media), THUMB_WIDTH)
        except (NotInVault, Corrupted, FootageError) as gone:
            log.warning("%s: no picture on the report page: %s", production, gone)
            return ""
        vault.create(thumb_key(production, media.sha256), small, CONTENT_TYPES["webp"])
        return media.sha256

    with ThreadPoolExecutor(AT_ONCE) as workers:
        return frozenset(workers.map(one, wanted)) - {""}
