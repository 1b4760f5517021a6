"""Checks on arrival: the verdicts on a take that need no model and cost nothing."""

import asyncio

from onereel.adapters.pictures import inspect_picture
from onereel.checks import Ends, Wanted, check_take
from onereel.company import Company
from onereel.footage import Media
from onereel.likeness import Fingerprint
from onereel.media import fetch
from onereel.takes import Looks
from onereel.verdicts import Verdict


async def judge_take(
    company: Company,
    looks: Looks,
    wanted: Wanted,
    hops: int,
    opening: Media | None,
    closing: Media | None,
) -> Verdict:
    """Return what was found in a take, against what was ordered.

    Args:
        company: Who works.
        looks: What one decode of the whole take measured.
        wanted: What was ordered.
        hops: How many steps it has: the first clip and its extensions.
        opening: The keyframe it was to open on; None: no keyframe was asked.
        closing: The one its first clip was to close on; an extended take goes on from there.
    """
    ends = Ends(
        await _fingerprint(company, opening) if opening else None,
        await _fingerprint(company, closing) if closing and hops == 1 else None,
    )
    return check_take(looks, wanted, ends, company.checks)


async def _fingerprint(company: Company, picture: Media) -> Fingerprint:
    """Return a keyframe's fingerprint: the one drawn in this run, or read again."""
    known = next((one.fingerprint for one in company.stills.values() if one.fitted.sha256 == picture.sha256), None)
    if known is not None:
        return known
    seen = await asyncio.to_thread(lambda: inspect_picture(fetch(company.vault, picture)))
    return seen.fingerprint
