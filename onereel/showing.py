"""The report page of a cut: small copies of its pictures, then the page itself."""

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from onereel.adapters.darkroom import darkroom
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
    there = thumbs_of(vault, production)

    def one(media: Media) -> bool:
        return media.sha256 in there or keep_thumb(vault, production, media)

    pictures = list(wanted)
    with ThreadPoolExecutor(AT_ONCE) as workers:
        return frozenset(media.sha256 for media, kept in zip(pictures, workers.map(one, pictures), strict=True) if kept)


def thumbs_of(vault: Vault, production: str) -> frozenset[str]:
    """Return the digests of the pictures that have a small copy. Blocks."""
    prefix = thumbs_prefix(production)
    return frozenset(key.removeprefix(prefix).removesuffix(".webp") for key in vault.keys(prefix))


def keep_thumb(vault: Vault, production: str, media: Media) -> bool:
    """Keep a small copy of a picture; return False for one that is gone or damaged. Blocks."""
    try:
        small = darkroom().develop(partial(thumbnail, fetch(vault, media), THUMB_WIDTH))
    except (NotInVault, Corrupted, FootageError) as gone:
        log.warning("%s: no picture on the report page: %s", production, gone)
        return False
    vault.create(thumb_key(production, media.sha256), small, CONTENT_TYPES["webp"])
    return True


def small_copies(vault: Vault, production: str, wanted: Mapping[str, Media]) -> dict[str, bytes]:
    """Return the small copies of pictures, which are kept, by the names given. Blocks."""
    return {name: vault.read(thumb_key(production, media.sha256)) for name, media in wanted.items()}
