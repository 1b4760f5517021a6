"""The animatic: a timed cut of keyframes only, to be approved before any clip is bought."""

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from onereel.adapters.animatic import Sketch, animate
from onereel.company import Company
from onereel.cut import Clip, Cut
from onereel.delivering import ANIMATIC, Missing, Story, deliver
from onereel.footage import Media
from onereel.media import fetch, keep_file
from onereel.models import FPS, frame_size
from onereel.papers import Manifest
from onereel.plan import Plan
from onereel.storyboard import Shot
from onereel.takes import Keyframe
from onereel.writing import Board

LARGEST = "360p"
"""Size of an animatic, unless the film is smaller: it is looked at, not shown."""


async def deliver_animatic(company: Company, plan: Plan, board: Board, stills: Mapping[str, Keyframe]) -> Manifest:
    """Return the manifest of the animatic of a storyboard and its keyframes. A shot without any picture is a card."""
    size = min(plan.size, frame_size(LARGEST, company.brief.aspect_ratio))
    clips, last = [], None
    for shot, planned in zip(board.storyboard.shots, plan.takes, strict=True):
        opening = stills[planned.opening].fitted if planned.opening in stills else last
        closing = stills[planned.closing].fitted if planned.closing in stills else None
        last = closing or opening
        base = Clip(shot=shot.id, frames=planned.frames, title=shot.action[:80], stamp=ANIMATIC)
        if opening is None:
            clips.append(base.model_copy(update={"reason": f"{ANIMATIC.lower()}: this shot has no keyframe"}))
            continue
        media = await asyncio.to_thread(_sketched, company, shot, planned.frames, opening, closing, size)
        slate = f"{plan.production}/{shot.id}/{ANIMATIC.lower()}"
        clips.append(base.model_copy(update={"media": media, "slate": slate}))
    cut = Cut(production=plan.production, width=size[0], height=size[1], fps=FPS, clips=tuple(clips))
    results = {shot.id: Missing("not filmed yet: this is the animatic") for shot in board.storyboard.shots}
    return await deliver(company, replace(Story(plan, board, results, stills), animatic=cut))


def _sketched(
    company: Company, shot: Shot, frames: int, opening: Media, closing: Media | None, size: tuple[int, int]
) -> Media:
    """Return the clip a shot's keyframes make. Blocks."""
    vault = company.vault
    sketch = Sketch(
        opening=fetch(vault, opening),
        closing=fetch(vault, closing) if closing else None,
        frames=frames,
        movement=shot.camera.movement,
        title=f"{shot.id}  {shot.action}",
        dialogue=shot.dialogue,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "animatic.mp4"
        animate(sketch, path, size, FPS)
        return keep_file(vault, path, "mp4")
