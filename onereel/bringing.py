"""Own material: a producer's picture becomes a keyframe, a producer's clip a take. It costs nothing and says so."""

import asyncio
import logging
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from onereel.adapters.film import inspect
from onereel.adapters.own import conformed, judge_own
from onereel.adapters.pictures import framed_file
from onereel.company import Company
from onereel.credentials import read_credentials
from onereel.drafts import TakePlan
from onereel.filming import keep_looks, read_looks, takes_of
from onereel.footage import Media
from onereel.media import fetch_file, keep, keep_file, keep_noun
from onereel.models import FPS
from onereel.plan import Plan, StillPlan
from onereel.slate import Slate
from onereel.storyboard import Storyboard
from onereel.takes import OWN, Keyframe, Take, recipe_of

log = logging.getLogger(__name__)


def check_own(company: Company, storyboard: Storyboard, plan: Plan) -> None:
    """Return if all material of the producer's own that a storyboard names is there and can be used. Blocks.

    Raises:
        BadInput: Something is not; says everything that is not, a line each.
    """
    judge_own(storyboard, None, company.vault).check(plan)


async def own_keyframe(company: Company, plan: Plan, still: StillPlan) -> Keyframe:
    """Return the keyframe a picture of the producer's makes: cut to the camera's frame, nothing drawn."""
    data = await asyncio.to_thread(company.vault.read, still.file)
    media = Media.of(data, still.file.rsplit(".", 1)[-1])
    frame = await company.develop(partial(framed_file, data, plan.size))
    keyframe = Keyframe(
        id=still.id,
        recipe=recipe_of(OWN, still.id, media, list(plan.size)),
        drawn=media,
        fitted=await asyncio.to_thread(keep, company.vault, frame.png, "png"),
        fingerprint=frame.fingerprint,
        words=still.words,
        model=OWN,
    )
    company.stills[keyframe.id] = keyframe
    return keyframe


async def own_take(company: Company, plan: Plan, planned: TakePlan, key: str) -> Take:
    """Return the take a clip of the producer's makes; kept once, however often it is brought."""
    vault = company.vault
    source = await asyncio.to_thread(_source, company, key)
    base = recipe_of(OWN, source, list(plan.size))
    known = await asyncio.to_thread(takes_of, company, planned.shot)
    before = next((take for take in known if take.base == base), None)
    if before is not None:
        return before
    film = await asyncio.to_thread(conformed, vault, source, plan.size, FPS)
    with tempfile.TemporaryDirectory() as name:
        brought, own = Path(name) / "brought.mp4", Path(name) / "own.mp4"
        for media, path in ((source, brought), (film, own)):
            await asyncio.to_thread(fetch_file, vault, media, path)
        seen = await company.develop(partial(inspect, own))
        said = await company.develop(partial(read_credentials, brought, "mp4"))
    looks = await read_looks(company, await keep_looks(company, seen, said))
    number = len(known) + 1
    while True:
        slate = Slate(production=plan.production, shot=planned.shot, take=number)
        paper = Take(
            slate=str(slate),
            shot=planned.shot,
            number=number,
            base=base,
            sample=1,
            tier=company.brief.tier,
            film=film,
            source=source,
            footage=looks.footage,
            first_frame=looks.first,
            last_frame=looks.last,
            thumbs=looks.thumbs,
            hops=(),
            words=planned.words,
            model=OWN,
            surface=company.video_surface,
            resolution=plan.resolution,
            usd=0,
            findings=("the producer's own clip, not filmed by a model",),
            at=datetime.now(UTC),
        )
        if await asyncio.to_thread(keep_noun, vault, slate.key, paper):
            log.info("%s brought: %d frames of the producer's own", slate, looks.footage.frames)
            return paper
        number += 1


def _source(company: Company, key: str) -> Media:
    """Return the name of a film in the vault, kept under its digest."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.mp4"
        company.vault.download(key, path)
        return keep_file(company.vault, path, "mp4")
