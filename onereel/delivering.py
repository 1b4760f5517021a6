"""Cut, master and papers: choose the takes, join them, and put everything beside the film."""

import asyncio
import logging
import re
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple

from onereel.adapters.captions import captions, subrip
from onereel.adapters.labels import label_film, label_jpeg, xmp
from onereel.adapters.ledgers import ledger_csv, ledger_parquet
from onereel.adapters.master import assemble
from onereel.adapters.sheet import contact_sheet, poster
from onereel.adapters.timeline import TakeFile, timeline
from onereel.brief import SLUG
from onereel.calls import calls_of, spent_on, unknown_on
from onereel.company import Company
from onereel.credentials import SOURCE_TYPE
from onereel.crew import Vault
from onereel.cut import FADE_FRAMES, Assembly, Clip, Cut
from onereel.drafts import TakePlan
from onereel.errors import (
    BadInput,
    BudgetReached,
    Filtered,
    NotAsked,
    NotInVault,
    OnereelError,
    StillFilming,
    StudioBusy,
)
from onereel.filming import takes_of
from onereel.footage import CONTENT_TYPES, Footage, Media
from onereel.ledger import Ledger, ledger
from onereel.media import fetch_files, keep_file, keep_noun, read_noun
from onereel.models import FPS
from onereel.page import pictures
from onereel.papers import AI_LABEL, MIXED_SOURCE_TYPE, OWN_LABEL, Manifest, Provenance, ShotPapers, Spending
from onereel.picks import picked, picks_of, stands
from onereel.plan import Plan
from onereel.proving import proof_recipe, prove
from onereel.reviewed import reviewed
from onereel.showing import keep_thumbs, show, small_copies
from onereel.slate import cut_prefix, cuts_prefix
from onereel.storyboard import Storyboard
from onereel.takes import Keyframe, ShotState, Take, batch, best, recipe_of
from onereel.writing import Board

log = logging.getLogger(__name__)

REHEARSED = "REHEARSAL: filmed by the local studio"
PROGRAM = ("onereel", version("onereel"))


@dataclass(frozen=True)
class Missing:
    """Why a shot has no take."""

    reason: str
    cause: Literal["failed", "filming", "budget", "quota"] = "failed"
    """filming: an operation is under way that a later run can collect; budget, quota: it was not ordered."""
    until: datetime | None = None
    """When to come back, where a quota of the day is used up."""
    words: tuple[str, ...] = ()
    """The vendor's own, where it refused."""


def missing(failed: OnereelError) -> Missing:
    """Return why a shot has no take: what failed last, and what had failed before."""
    reason = "; ".join((str(failed), *getattr(failed, "__notes__", ())))
    words = failed.reasons if isinstance(failed, Filtered) else ()
    if isinstance(failed, StillFilming):
        return Missing(reason, "filming")
    if isinstance(failed, BudgetReached):
        return Missing(reason, "budget")
    if isinstance(failed, StudioBusy | NotAsked) and failed.until is not None:
        return Missing(reason, "quota", failed.until)
    return Missing(reason, words=words)


Results = Mapping[str, Take | Missing]
"""How filming ended, by shot."""


def edit(plan: Plan, storyboard: Storyboard, results: Results) -> Cut:
    """Return the cut: each shot's take trimmed to the plan, a slate card where there is none. Moves no pixels."""
    takes = {take.shot: take for take in plan.takes}
    clips = []
    for shot in storyboard.shots:
        result = results[shot.id]
        title = shot.action if len(shot.action) <= TITLE else f"{shot.action[: TITLE - 1]}…"
        if isinstance(result, Take):
            drafted = plan.tier == "draft" or (result.tier == "draft" and not result.own)
            clip = _clip(takes[shot.id], result, shot.transition == "fade", title)
            clips.append(clip.model_copy(update={"stamp": DRAFT if drafted else ""}))
        else:
            frames, stamp = takes[shot.id].frames, DRAFT if plan.tier == "draft" else ""
            clips.append(Clip(shot=shot.id, frames=frames, title=title, reason=result.reason[:400], stamp=stamp))
    return Cut(production=plan.production, width=plan.size[0], height=plan.size[1], fps=FPS, clips=tuple(clips))


TITLE = 80
DRAFT = "DRAFT"
ANIMATIC = "ANIMATIC"


def _clip(planned: TakePlan, take: Take, fades: bool, title: str) -> Clip:  # noqa: FBT001 - from the storyboard
    # What the take has beyond the plan counts from its end: a film a frame too long still ends on its last frame.
    surplus = take.footage.frames - planned.frames - planned.handle_frames
    skip = max(0, surplus) if planned.to_its_end else 0
    left = take.footage.frames - skip - planned.frames
    return Clip(
        shot=take.shot,
        slate=take.slate,
        media=take.film,
        skip_frames=skip,
        frames=min(planned.frames, take.footage.frames),
        handle_frames=max(0, min(planned.handle_frames, left, FADE_FRAMES)) if fades else 0,
        transition="fade" if fades else "cut",
        title=title,
    )


@dataclass(frozen=True)
class Story:
    """What a delivery is about."""

    plan: Plan
    board: Board
    results: Results
    keyframes: Mapping[str, Keyframe]
    animatic: Cut | None = None
    """The cut, where it is made of keyframes and not of takes."""


async def deliver(company: Company, story: Story) -> Manifest:
    """Return the manifest of the cut: the newest one if nothing changed, else a new version, master and papers."""
    cut = story.animatic or edit(story.plan, story.board.storyboard, story.results)
    cut = cut.model_copy(update={"sound": company.brief.sound})
    title = story.board.storyboard.title
    papers = [title, story.board.version, company.rehearsal, company.brief.tier, proof_recipe(company)]
    recipe = recipe_of("cut", cut, *papers)
    newest = await asyncio.to_thread(latest_manifest, company.vault, company.brief.production)
    if newest is not None and newest.recipe == recipe:
        if company.journal.written:
            await asyncio.to_thread(lambda: _keep_books(company, newest, _books(company, story)))
        return newest
    return await asyncio.to_thread(_deliver, company, story, cut, recipe)


def latest_manifest(vault: Vault, production: str) -> Manifest | None:
    """Return the newest delivery of a production, or None. Blocks."""
    prefix = cuts_prefix(production)
    versions = {key.removeprefix(prefix).split("/")[0] for key in vault.keys(prefix)}
    for name in sorted(versions, key=lambda name: (len(name), name), reverse=True):
        # The manifest is written last: without it, the cut was never finished.
        try:
            return read_noun(vault, f"{prefix}{name}/manifest.json", Manifest)
        except NotInVault:
            continue
    return None


def kept_manifest(vault: Vault, production: str, version: int = 0) -> Manifest:
    """Return the papers of a cut: of the version named, or the newest where it is 0. Blocks.

    Raises:
        BadInput: There is no such cut.
    """
    found = latest_manifest(vault, production) if re.match(SLUG, production) else None
    if found is None:
        raise BadInput(f"{vault.url} has no cut of {production!r}; produce it first")
    if version in {0, found.version}:
        return found
    try:
        return read_noun(vault, f"{cut_prefix(production, version)}manifest.json", Manifest)
    except NotInVault as missing:
        raise BadInput(
            f"{production} has no finished cut v{version:03d}; the newest is v{found.version:03d}"
        ) from missing


def next_version(vault: Vault, production: str) -> int:
    """Return the number no cut of a production has yet, finished or not. Blocks."""
    prefix = cuts_prefix(production)
    numbers = [int(key.removeprefix(prefix).split("/")[0][1:]) for key in vault.keys(prefix)]
    return max(numbers, default=0) + 1


def _deliver(company: Company, story: Story, cut: Cut, recipe: str) -> Manifest:
    vault, production, develop = company.vault, company.brief.production, company.darkroom.develop
    label = _label(story, rehearsal=company.rehearsal)
    title = story.board.storyboard.title or production
    takes = {shot.id: takes_of(company, shot.id) for shot in story.board.storyboard.shots}
    shots = tuple(_shot_papers(company, story, cut, takes))
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2, "papers") as beside:
        folder = Path(name)
        paths = _fetched(vault, cut, folder)
        # The papers are pictured while the master is joined: none of them needs it.
        openings, books = beside.submit(_openings, vault, cut, shots), beside.submit(_books, company, story)
        sheet = beside.submit(
            lambda: develop(
                partial(contact_sheet, cut, paths, openings.result(), title=title, rehearsal=company.rehearsal)
            )
        )
        picture = beside.submit(lambda: develop(partial(poster, cut, paths, openings.result())))
        told = beside.submit(_told, story, cut, takes)
        assembly = develop(partial(assemble, cut, paths, folder / "master.mp4", title=title, label=label))
        packet = xmp(title, label, " ".join(PROGRAM))
        label_film(folder / "master.mp4", packet)
        provenance = prove(company, folder / "master.mp4", PROGRAM, _on_screen(story))
        master = keep_file(vault, folder / "master.mp4", "mp4")
        papers = {
            "poster.jpg": label_jpeg(picture.result(), packet),
            "contact.jpg": label_jpeg(sheet.result(), packet),
            **told.result(),
        }
        number = next_version(vault, production)
        # The master is the claim to a number: two workers cutting at once get one each.
        while not vault.upload(f"{cut_prefix(production, number)}master.mp4", folder / "master.mp4", "video/mp4"):
            number += 1
    prefix = cut_prefix(production, number)
    for paper, data in papers.items():
        vault.write(f"{prefix}{paper}", data, CONTENT_TYPES[paper.rsplit(".", 1)[1]])
    names = (*papers, *BOOKS, "report.html")
    found = books.result()
    manifest = _manifest(company, story, cut, recipe, number, master, assembly, provenance, found.usd, names, shots)
    _keep_books(company, manifest, found)
    keep_noun(vault, f"{prefix}manifest.json", manifest)
    log.info("%s cut v%03d: %.2f s, %d frames copied", production, number, cut.seconds, assembly.copied_frames)
    return manifest


def _told(story: Story, cut: Cut, takes: Mapping[str, list[Take]]) -> dict[str, bytes]:
    """Return the papers that tell of the cut in words."""
    storyboard = story.board.storyboard
    pieces = {take.slate: take.pieces for shot in takes.values() for take in shot}
    return {
        "cut.otio": timeline(cut, _take_files(cut, takes), _notes(story)).encode(),
        "captions.vtt": captions(cut, storyboard, pieces).encode(),
        "captions.srt": subrip(cut, storyboard, pieces).encode(),
    }


BOOKS = ("ledger.csv", "ledger.parquet")


class Books(NamedTuple):
    """What the calls of a production cost, as it is by now, also as CSV and Parquet."""

    spent: Ledger
    usd: Spending
    csv: bytes
    parquet: bytes


def _books(company: Company, story: Story) -> Books:
    production = company.brief.production
    calls = calls_of(company.vault, production)
    spent = ledger(calls, production, story.plan.purchases, company.journal.run)
    usd = Spending(estimated=story.plan.usd, spent=spent_on(calls, production), unknown=unknown_on(calls, production))
    return Books(spent, usd, ledger_csv(spent), ledger_parquet(spent))


def _keep_books(company: Company, manifest: Manifest, books: Books) -> None:
    """Write the ledger and the report page beside a cut."""
    vault, prefix = company.vault, cut_prefix(company.brief.production, manifest.version)
    captions = vault.read(f"{prefix}captions.vtt").decode()
    page = show(vault, manifest, company.brief, books.spent, captions)
    for name, data in zip((*BOOKS, "report.html"), (books.csv, books.parquet, page), strict=True):
        vault.write(f"{prefix}{name}", data, CONTENT_TYPES[name.rsplit(".", 1)[1]])


def _manifest(
    company: Company,
    story: Story,
    cut: Cut,
    recipe: str,
    number: int,
    master: Media,
    assembly: Assembly,
    provenance: Provenance,
    usd: Spending,
    papers: tuple[str, ...],
    shots: tuple[ShotPapers, ...],
) -> Manifest:
    brief, board = company.brief, story.board
    return Manifest(
        production=brief.production,
        title=board.storyboard.title,
        version=number,
        rehearsal=company.rehearsal,
        tier=brief.tier,
        kind="animatic" if story.animatic else "film",
        label=_label(story, rehearsal=False),
        digital_source_type=MIXED_SOURCE_TYPE if _own_shots(story) else SOURCE_TYPE,
        made_with=" ".join(PROGRAM),
        at=datetime.now(UTC),
        master=master,
        footage=Footage(
            seconds=cut.seconds,
            frames=cut.frames,
            width=cut.width,
            height=cut.height,
            fps=cut.fps,
            audio_seconds=cut.seconds,
        ),
        assembly=assembly,
        cut=cut,
        recipe=recipe,
        storyboard_version=board.version,
        models=brief.models.model_dump(include={"text", "image", "video"}),
        shots=shots,
        usd=usd,
        reviewed=reviewed(
            story.plan,
            [keyframe for papers in shots for keyframe in papers.keyframes],
            [take for papers in shots for take in papers.takes],
            brief.take_candidates,
        ),
        provenance=provenance,
        papers=(*papers, "master.mp4"),
    )


def _on_screen(story: Story) -> list[Take]:
    return [take for shot in story.board.storyboard.shots if isinstance(take := story.results[shot.id], Take)]


def _label(story: Story, *, rehearsal: bool) -> str:
    """Return what the delivery says of itself."""
    if story.animatic:
        told = f"{ANIMATIC}: keyframes moved by this program, nothing is filmed. {AI_LABEL}"
        return f"{told}. {REHEARSED}" if rehearsal else told
    own = _own_shots(story)
    told = f"{AI_LABEL}; {', '.join(own)}: {OWN_LABEL}" if own else AI_LABEL
    if any(isinstance(take, Take) and take.tier == "draft" for take in story.results.values()):
        told = f"{DRAFT}. {told}"
    return f"{told}. {REHEARSED}" if rehearsal else told


def _own_shots(story: Story) -> list[str]:
    return [shot for shot, take in story.results.items() if isinstance(take, Take) and take.own]


def _shot_papers(company: Company, story: Story, cut: Cut, takes: Mapping[str, list[Take]]) -> list[ShotPapers]:
    states = shot_states(story.plan, story.results)
    papers, picks = [], picks_of(company.vault, company.brief.production)
    for shot, state, start in zip(story.board.storyboard.shots, states, cut.starts, strict=True):
        keyframes = [frame for id_, frame in story.keyframes.items() if id_.split("/")[0] == shot.id]
        papers.append(
            ShotPapers(
                shot=shot,
                state=state,
                active=state.take,
                picked=stands(picks, takes[shot.id], state.take),
                takes=tuple(takes[shot.id]),
                keyframes=tuple(keyframes),
                start=start / cut.fps,
            )
        )
    return papers


def existing(company: Company, plan: Plan) -> dict[str, Take | Missing]:
    """Return the take on screen of every planned shot: the one picked, else the newest. Blocks."""
    picks = picks_of(company.vault, company.brief.production)
    results: dict[str, Take | Missing] = {}
    for planned in plan.takes:
        takes = takes_of(company, planned.shot)
        before = results.get(planned.continues)
        chosen = picked(picks, takes, before.slate if isinstance(before, Take) else "")
        newest = best(batch(takes)) if takes else None
        results[planned.shot] = chosen or newest or Missing("it was not filmed yet")
    return results


def last_stills(vault: Vault, production: str) -> dict[str, Keyframe]:
    """Return the keyframes of the newest cut, by id. Blocks."""
    manifest = latest_manifest(vault, production)
    shots = manifest.shots if manifest else ()
    return {keyframe.id: keyframe for papers in shots for keyframe in papers.keyframes}


def shot_states(plan: Plan, results: Results) -> list[ShotState]:
    """Return how each shot stands, in screen order."""
    states, apart = [], broken_joins(plan, results)
    for planned in plan.takes:
        result, seconds = results[planned.shot], planned.frames / FPS
        if isinstance(result, Take):
            found = tuple(filter(None, (apart.get(planned.shot),)))
            seconds = min(planned.frames, result.footage.frames) / FPS
            state = ShotState(id=planned.shot, state="filmed", take=result.slate, seconds=seconds, findings=found)
            states.append(state)
        else:
            kind = "filming" if result.cause == "filming" else "slate"
            states.append(
                ShotState.model_validate(
                    {
                        "id": planned.shot,
                        "state": kind,
                        "seconds": seconds,
                        "reason": result.reason,
                        "words": result.words,
                    }
                )
            )
    return states


def _notes(story: Story) -> dict[str, tuple[str, ...]]:
    """Return what was said of each shot, for the editor's markers."""
    apart = broken_joins(story.plan, story.results)
    return {shot.id: tuple(filter(None, (shot.note, apart.get(shot.id, "")))) for shot in story.board.storyboard.shots}


def broken_joins(plan: Plan, results: Results) -> dict[str, str]:
    """Return what to know of shots on screen that open on another picture than the take before them ends on."""
    found = {}
    for planned in plan.takes:
        take, owner = results[planned.shot], planned.continues or planned.opening.split("/")[0]
        before = results.get(owner)
        if owner == planned.shot or not isinstance(take, Take) or not isinstance(before, Take):
            continue
        if take.opening != (before.last_frame if planned.continues else before.closing):
            shown = f"the last frame of {take.parent}" if take.parent else f"another picture than {owner} closes on"
            found[planned.shot] = (
                f"{take.slate} opens on {shown}, but {before.slate} is on screen before it: the join may jump; "
                f"reshoot {planned.shot} to mend it"
            )
    return found


def _fetched(vault: Vault, cut: Cut, folder: Path) -> dict[str, Path]:
    media = {clip.media.sha256: clip.media for clip in cut.clips if clip.media is not None}
    paths = fetch_files(vault, {folder / f"{digest}.mp4": one for digest, one in media.items()})
    return dict(zip(media, paths, strict=True))


def _openings(vault: Vault, cut: Cut, shots: Sequence[ShotPapers]) -> dict[str, bytes]:
    """Keep small copies of all pictures of the report page, and return those of first frames on screen, by film."""
    kept = keep_thumbs(vault, cut.production, pictures(shots))
    shown = {clip.media.sha256 for clip in cut.clips if clip.media}
    firsts = {take.film.sha256: take.first_frame for papers in shots for take in papers.takes}
    wanted = {film: first for film, first in firsts.items() if film in shown and first.sha256 in kept}
    return small_copies(vault, cut.production, wanted)


def _take_files(cut: Cut, known: Mapping[str, list[Take]]) -> dict[str, list[TakeFile]]:
    """Return every take of every shot, linked relative to the cut's folder."""
    up = "../" * len(cut_prefix(cut.production, 1).strip("/").split("/"))
    links = {}
    for clip in cut.clips:
        takes = known[clip.shot]
        links[clip.shot] = [
            TakeFile(take.slate, up + take.film.key, take.footage.frames, sound=take.footage.audio_seconds > 0)
            for take in takes
        ]
        if clip.media is not None and clip.slate not in {take.slate for take in takes}:
            links[clip.shot].append(TakeFile(clip.slate, up + clip.media.key, clip.frames))
    return links
