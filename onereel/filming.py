"""The take stage: order a clip, collect it, extend it, look at what came back, and put the take on paper."""

import asyncio
import logging
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from onereel.adapters.film import Inspection, Sent, inspect, inspect_sent
from onereel.adapters.master import assemble
from onereel.calls import Call, Goods, Outcome
from onereel.checking import judge_take
from onereel.checks import Wanted as WantedFootage
from onereel.checks import check_footage
from onereel.company import Company, Done, Lab
from onereel.credentials import Credentials
from onereel.crew import Film, Vault
from onereel.cut import Clip, Cut
from onereel.drafts import TakePlan
from onereel.errors import FootageError, Gone, NoAnswer, StillFilming, StudioBusy
from onereel.footage import Footage, Media
from onereel.likeness import same_film
from onereel.media import fetch, fetch_file, keep, keep_file, keep_noun, read_noun
from onereel.models import FPS, frame_size
from onereel.orders import ClipOrder, ExtendOrder, Labelled
from onereel.plan import Plan
from onereel.slate import Slate, takes_prefix
from onereel.storyboard import Shot
from onereel.takes import Change, Hop, Looks, Rescue, Take, recipe_of
from onereel.tries import way_on
from onereel.verdicts import Finding, Verdict

log = logging.getLogger(__name__)

GONE_LOOKS = 4
"""How often in a row a studio may say that it does not know an operation it gave us the name of: one of its machines
may have heard of it later than another."""


SEEDS = 2**32
"""Cameras take an unsigned 32-bit seed. Every sample has its own, or a camera would film the same again."""


@dataclass(frozen=True)
class Frames:
    """What a take opens and closes on, once that exists."""

    opening: Media | None = None
    closing: Media | None = None
    references: tuple[Labelled, ...] = ()
    parent: str = ""
    """Slate of the take it continues."""


@dataclass(frozen=True)
class Setup:
    """One take about to be filmed: of which shot, in which plan, from which frames, which sample of the same ask."""

    plan: Plan
    take: TakePlan
    shot: Shot
    frames: Frames
    sample: int = 1
    wish: str = ""
    """Name of the wish for a new take it fulfils; empty for the first."""
    changes: tuple[Change, ...] = ()
    """What the wish changed in the words."""
    base: str = ""
    """Digest of what was asked at first, where this asks for something else because that failed."""
    rescues: tuple[Rescue, ...] = ()
    """What was done about that."""
    unsoftened: TakePlan | None = None
    """The take before its words were softened: what was bought by those is not bought again."""


def clip_order(company: Company, setup: Setup) -> ClipOrder:
    """Return the order of a take's first clip."""
    take, frames = setup.take, setup.frames
    brief = company.brief
    limits = company.table.camera(setup.plan.camera).limits
    return ClipOrder(
        surface=company.video_surface,
        model=setup.plan.camera,
        words=take.words,
        sample=setup.sample,
        seconds=take.coverage.first,
        resolution=setup.plan.resolution,
        aspect_ratio=brief.aspect_ratio,
        opening=frames.opening,
        closing=frames.closing,
        references=frames.references if take.guides else (),  # a fallback camera may be given none
        negative=take.negative,
        seed=(brief.seed + setup.sample - 1) % SEEDS if limits.seed else None,
        sound=brief.sound or not limits.silent,
        people=_people(company, setup.plan.camera),
    )


def extend_order(company: Company, setup: Setup, hops: tuple[Hop, ...]) -> ExtendOrder:
    """Return the order of a take's next extension."""
    take = setup.take
    brief = company.brief
    limits = company.table.camera(setup.plan.camera).limits
    number = len(hops) - 1
    return ExtendOrder(
        surface=company.video_surface,
        model=setup.plan.camera,
        words=take.extension_words[number],
        sample=setup.sample,
        seconds=take.coverage.extensions[number],
        resolution=setup.plan.resolution,
        aspect_ratio=brief.aspect_ratio,
        film=hops[-1].film,
        film_seconds=take.coverage.first + sum(take.coverage.extensions[:number]),
        previous=hops[-1].operation,
        negative=take.negative,
        seed=(brief.seed + setup.sample - 1) % SEEDS if limits.seed else None,
        sound=brief.sound or not limits.silent,
        people=_people(company, setup.plan.camera),
    )


def base_of(setup: Setup, order: ClipOrder) -> str:
    """Return the digest of what a take is asked to be, whichever sample of it."""
    if setup.base:
        return setup.base
    take = setup.take
    seed = None if order.seed is None else (order.seed - order.sample + 1) % SEEDS
    return recipe_of(
        "take", order.model_copy(update={"sample": 1, "seed": seed}), list(take.extension_words), take.coverage
    )


def takes_of(company: Company, shot: str) -> list[Take]:
    """Return all takes of a shot, oldest first. Blocks."""
    return takes_of_shot(company.vault, company.brief.production, shot)


def takes_of_shot(vault: Vault, production: str, shot: str) -> list[Take]:
    """Return all takes of a shot of a production, oldest first. Blocks."""
    takes = (read_noun(vault, key, Take) for key in vault.keys(takes_prefix(production, shot)))
    return sorted(takes, key=lambda take: take.number)


async def unsoftened(company: Company, setup: Setup, label: str) -> Setup:
    """Return a take whose words were softened, with its clip as it was where that was bought already.

    Then an extension was refused, and only the words of the extensions need be other.
    """
    if setup.unsoftened is None:
        return setup
    before = setup.take.model_copy(update={"words": setup.unsoftened.words})
    as_it_was = replace(setup, take=before)
    known = await company.journal.bought_before(company.wanted(clip_order(company, as_it_was), label))
    return setup if known is None else as_it_was


async def order_film(company: Company, order: ClipOrder | ExtendOrder, label: str) -> str:
    """Order a clip or an extension, unless that was done before; return the journal key it is collected by.

    Raises:
        BudgetReached, StudioBusy, Filtered, Refused, OutcomeUnknown: As they happen.
    """
    wanted = company.wanted(order, label)
    call = await company.journal.order(wanted, lambda: company.camera.order(order), company.turn(order))
    return call.intent.key


async def bought(company: Company, order: ClipOrder | ExtendOrder, label: str) -> Hop | None:
    """Return what an order brought if it was bought and collected before, by anyone."""
    before = await company.journal.bought_before(company.wanted(order, label))
    return await hop_of(company, order, before[0]) if before else None


async def _at_any_time() -> None:
    """Nobody waits for the camera."""


async def collect_film(company: Company, order: ClipOrder | ExtendOrder, key: str, done: Done = _at_any_time) -> Hop:
    """Wait for an ordered film, say when the camera is done with it, fetch it, check that it is one, and keep it.

    Raises:
        StillFilming: The deadline passed; the operation stays collectable.
        Filtered, NoAnswer, Refused: How it ended.
    """
    call = await company.journal.read(key)
    assert call is not None  # noqa: S101 - it was ordered under this key
    await collect_call(company, call, order, done)
    return await hop_of(company, order, key)


async def collect_call(lab: Lab, call: Call, order: ClipOrder | ExtendOrder, done: Done = _at_any_time) -> Outcome:
    """Wait for an ordered film, fetch it, check that it is one, and keep it and what is seen in it.

    Raises:
        StillFilming: The deadline passed; the operation stays collectable.
        Gone: The studio does not know it, now; it counts as paid and stays collectable.
        Filtered, NoAnswer, Refused: How it ended.
    """
    return await lab.journal.collect(call, lambda: _collected(lab, call, order, done))


async def _collected(lab: Lab, call: Call, order: ClipOrder | ExtendOrder, done: Done) -> Goods:
    lab.awaited.add(call.intent.key)
    lab.darkroom.expect()
    try:
        film = await _wait(lab, call, order)
    finally:
        lab.awaited.discard(call.intent.key)
    await done()
    async with lab.counter:
        return await _developed(lab, call, order, film)


async def _developed(lab: Lab, call: Call, order: ClipOrder | ExtendOrder, film: Film) -> Goods:
    """Return the film and what was seen in it. What arrives broken or flawed is downloaded once more, for nothing.

    Broken still, it is no film; flawed still, it is the film there is, and the take says what is wrong with it.
    """
    data, seen = await _looked_at(lab, call, order, film)
    if isinstance(seen, FootageError) or _flaws(order, seen.inspection.footage):
        told = seen if isinstance(seen, FootageError) else "; ".join(_flaws(order, seen.inspection.footage))
        log.warning("%s: %s; downloading it again", call.intent.label, told)
        # Asked again, too: some cameras send the film inside the answer.
        again = await _looked_at(lab, call, order, await _wait(lab, call, order))
        if isinstance(seen, FootageError) or not isinstance(again[1], FootageError):
            data, seen = again
    if isinstance(seen, FootageError):
        await asyncio.to_thread(keep, lab.vault, data, "mp4")
        raise NoAnswer(f"{call.intent.label}: {seen}", usd=call.intent.usd).coded("footage") from seen
    kept = asyncio.to_thread(keep, lab.vault, data, "mp4"), keep_looks(lab, *seen)
    return Goods(tuple(await asyncio.gather(*kept)), call.intent.usd, call.operation)


async def _looked_at(
    lab: Lab, call: Call, order: ClipOrder | ExtendOrder, film: Film
) -> tuple[bytes, Sent | FootageError]:
    """Return the bytes of a film, and what was seen in them, or why they cannot be used."""
    data = await _fetch(lab, call, film)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "film.mp4"
            await asyncio.to_thread(path.write_bytes, data)
            seen = await lab.develop(partial(inspect_sent, path))
        _check(order, seen.inspection.footage)
    except FootageError as broken:
        return data, broken
    return data, seen


def _flaws(order: ClipOrder | ExtendOrder, footage: Footage) -> list[str]:
    """Return what is wrong with a film that can be used. How long an extended film is depends on what it returns."""
    seconds = float(order.seconds) if isinstance(order, ClipOrder) else footage.seconds
    size = frame_size(order.resolution, order.aspect_ratio)
    wanted = WantedFootage(seconds, *size, sound=order.sound)
    return [finding.what for finding in check_footage(footage, wanted)]


async def _wait(lab: Lab, call: Call, order: ClipOrder | ExtendOrder) -> Film:
    """Ask until the film is there, and learn how long it took.

    A film ordered a while ago, by an earlier run, is asked for at once.
    """
    label, patience, usual = call.intent.label, lab.patience, await lab.habits.usual(order)
    began, polls, gone = time.monotonic(), 0, 0
    age = max(0.0, (datetime.now(UTC) - call.intent.at).total_seconds())
    fresh = age < patience.until_next(0.0, usual)
    not_there = 0.0 if fresh else None
    while (waited := time.monotonic() - began) <= patience.deadline:
        if fresh or polls:
            pause = patience.until_next(waited, await lab.habits.usual(order), age)
            await asyncio.sleep(max(pause, patience.spread(len(lab.awaited))))
        polls += 1
        lab.journal.looked(call)
        asked = age + time.monotonic() - began
        try:
            film = await lab.camera.look(call.operation, order)
        except StudioBusy as busy:
            # Looking is free, and a question that goes unanswered says nothing about the film.
            log.info("%s: %s; asking again", label, busy)
            await asyncio.sleep(busy.after or 0)
        except Gone as unheard_of:
            if lab.rehearsal:
                raise NoAnswer(f"{label}: the studio of the rehearsal that ordered it ended with it") from unheard_of
            gone += 1
            if gone == GONE_LOOKS:
                raise
        else:
            gone = 0
            if film is not None:
                if not_there is not None:
                    await lab.habits.learn(order, (not_there + asked) / 2)
                return film
            not_there = asked
    told = f"{label} is still being filmed after {age + waited:.0f} s; run the production again to collect it"
    overdue = f", or give it up: {way_on(call.intent.production, label)}" if age >= patience.deadline else ""
    raise StillFilming(told + overdue)


async def _fetch(lab: Lab, call: Call, film: Film) -> bytes:
    """Download a film; a download that goes wrong is free and repeated until the deadline."""
    patience = lab.patience
    began = time.monotonic()
    while (waited := time.monotonic() - began) <= patience.deadline:
        try:
            return await lab.camera.fetch(film)
        except StudioBusy as busy:
            log.info("%s: %s; downloading again", call.intent.label, busy)
            await asyncio.sleep(busy.after or patience.pause(waited))
    raise StillFilming(f"{call.intent.label} is filmed but cannot be downloaded; run the production again")


def _check(order: ClipOrder | ExtendOrder, footage: Footage) -> None:
    """Refuse a film that cannot be used: of another size, or shorter than ordered."""
    size = frame_size(order.resolution, order.aspect_ratio)
    if (footage.width, footage.height) != size:
        raise FootageError(f"is {footage.width}x{footage.height}, ordered was {size[0]}x{size[1]}")
    if footage.frames < order.seconds * FPS - 1:
        raise FootageError(f"lasts {footage.seconds:.2f} s, ordered were {order.seconds} s")


async def keep_looks(lab: Lab, inspection: Inspection, credentials: Credentials) -> Media:
    """Keep the first and last frames and thumbnails of a film, and return their list."""

    async def kept(data: bytes, suffix: str) -> Media:
        return await asyncio.to_thread(keep, lab.vault, data, suffix)

    preview = [kept(inspection.preview, "mp4")] if inspection.preview else []
    stills = (kept(inspection.first, "png"), kept(inspection.last, "png"))
    (first, last), thumbs, shown = await asyncio.gather(
        asyncio.gather(*stills),
        asyncio.gather(*(kept(thumb, "webp") for thumb in inspection.thumbs)),
        asyncio.gather(*preview),
    )
    looks = Looks(
        footage=inspection.footage,
        first=first,
        last=last,
        thumbs=tuple(thumbs),
        credentials=credentials,
        samples=inspection.samples,
        measures=inspection.measures,
        preview=next(iter(shown), None),
    )
    return await kept(looks.model_dump_json().encode(), "json")


async def read_looks(company: Company, media: Media) -> Looks:
    """Return what was seen in a film."""
    return await asyncio.to_thread(read_looks_of, company.vault, media)


def read_looks_of(vault: Vault, media: Media) -> Looks:
    """Return what was seen in a film. Blocks."""
    return Looks.model_validate_json(fetch(vault, media))


async def hop_of(company: Company, order: ClipOrder | ExtendOrder, call_key: str) -> Hop:
    """Return a collected clip or extension as a hop of its take.

    What an extension returns, the whole film or only its tail, is told by its length; a tail is joined to the film.
    """
    call = await company.journal.read(call_key)
    assert call is not None  # noqa: S101 - it was collected under this key
    assert call.outcome is not None  # noqa: S101
    media, looks_media = call.outcome.media
    looks = await read_looks(company, looks_media)
    whole, film = True, media
    if isinstance(order, ExtendOrder):
        whole = looks.footage.seconds > (order.film_seconds + 2 * order.seconds) / 2
        if not whole:
            before = order.film, round(order.film_seconds * FPS)
            film, looks_media = await _joined(company, before, media, looks)
    return Hop(
        key=call_key,
        seconds=order.seconds,
        returned="whole" if whole else "tail",
        media=media,
        film=film,
        looks=looks_media,
        credentials=looks.credentials,
        operation=call.operation,
        usd=call.outcome.usd,
    )


async def join_tail(company: Company, before: Hop, tail: Hop) -> Hop:
    """Return a clip as a step of a take: joined to the end of the film before it."""
    footage = (await read_looks(company, before.looks)).footage
    film, looks = await _joined(
        company, (before.film, footage.frames), tail.film, await read_looks(company, tail.looks)
    )
    return tail.model_copy(update={"returned": "tail", "film": film, "looks": looks})


async def _joined(company: Company, before: tuple[Media, int], tail: Media, looks: Looks) -> tuple[Media, Media]:
    """Return a film, of so many frames, and its tail as one film, the picture copied, and what is seen in it."""
    footage = looks.footage
    clips = tuple(
        Clip(shot=name, media=media, frames=count)
        for name, (media, count) in {"film": before, "tail": (tail, footage.frames)}.items()
    )
    cut = Cut(production="take", width=footage.width, height=footage.height, clips=clips)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = {
            media.sha256: await asyncio.to_thread(fetch_file, company.vault, media, folder / f"{media.sha256}.mp4")
            for media in (before[0], tail)
        }
        inspection = await company.develop(partial(_assembled, cut, paths, folder / "joined.mp4"))
        film = await asyncio.to_thread(keep_file, company.vault, folder / "joined.mp4", "mp4")
    return film, await keep_looks(company, inspection, Credentials())


def _assembled(cut: Cut, paths: dict[str, Path], target: Path) -> Inspection:
    """Write a cut to a file and look at it. Blocks."""
    assemble(cut, paths, target)
    return inspect(target)


async def checked_take(company: Company, setup: Setup, order: ClipOrder, hops: tuple[Hop, ...]) -> Verdict:
    """Return what is found in a take for nothing, before anybody is paid to judge it."""
    looks = await read_looks(company, hops[-1].looks)
    # A chain that drifted may be shorter than planned, or longer.
    wanted = WantedFootage(float(sum(hop.seconds for hop in hops)), *setup.plan.size, sound=order.sound)
    return await judge_take(company, looks, wanted, len(hops), setup.frames.opening, setup.frames.closing)


async def keep_take(
    company: Company,
    setup: Setup,
    order: ClipOrder,
    hops: tuple[Hop, ...],
    checked: tuple[Verdict, ...],
    verdicts: tuple[Verdict, ...] = (),
) -> Take:
    """Put a finished take on paper, with what was found and said of it, under the next free number, and return it.

    Args:
        company: Who works.
        setup: What was asked.
        order: Its first clip.
        hops: That and the extensions.
        checked: What was measured: as `checked_take` and `drift_of` found.
        verdicts: Of judges.
    """
    plan, take, frames = setup.plan, setup.take, setup.frames
    looks = await read_looks(company, hops[-1].looks)
    findings = tuple(finding.what for verdict in checked for finding in verdict.findings)
    number = 0
    while True:
        existing = await asyncio.to_thread(takes_of, company, take.shot)
        number = max(number, len(existing)) + 1
        again = await asyncio.to_thread(_came_out_before, company, looks, existing)
        drift = [verdict.reasons for verdict in verdicts if verdict.judge == "drift"]
        noticed = (*findings, *(verdict.reasons for verdict in again), *drift)
        slate = Slate(production=company.brief.production, shot=take.shot, take=number)
        paper = Take(
            slate=str(slate),
            shot=take.shot,
            number=number,
            base=base_of(setup, order),
            sample=order.sample,
            wish=setup.wish,
            tier=company.brief.tier,
            film=hops[-1].film,
            footage=looks.footage,
            first_frame=looks.first,
            last_frame=looks.last,
            thumbs=looks.thumbs,
            opening=frames.opening,
            closing=frames.closing,
            hops=hops,
            words=take.words,
            extension_words=take.extension_words,
            negative=take.negative,
            note=setup.shot.note,
            changes=setup.changes,
            model=order.model,
            surface=order.surface,
            seed=order.seed,
            resolution=plan.resolution,
            usd=round(sum(hop.usd for hop in hops), 6),
            parent=frames.parent,
            findings=noticed,
            verdicts=(*checked, *again, *verdicts),
            rescues=setup.rescues,
            at=datetime.now(UTC),
        )
        if await asyncio.to_thread(keep_noun, company.vault, slate.key, paper):
            log.info("%s in the can: %d frames, $%.2f", slate, looks.footage.frames, paper.usd)
            for finding in noticed:
                log.warning("%s: %s", slate, finding)
            return paper


def _came_out_before(company: Company, looks: Looks, existing: list[Take]) -> tuple[Verdict, ...]:
    """Return what is said of a take that came out as an earlier one of the shot did; nothing is held against it."""
    for earlier in reversed(existing):
        if not earlier.hops or earlier.footage.frames != looks.footage.frames:
            continue
        seen = read_looks_of(company.vault, earlier.hops[-1].looks)
        if same_film(looks.samples, seen.samples, company.thresholds):
            told = f"came out the same as {earlier.slate}"
            return (Verdict(judge="check", accepted=True, reasons=told, findings=(Finding(code="same", what=told),)),)
    return ()


def _people(company: Company, camera: str) -> str:
    choices = company.table.camera(camera).limits.people
    return company.brief.people if company.brief.people in choices else ""
