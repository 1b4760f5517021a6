"""The report page, before it is HTML: a cut's papers as plain words and numbers in reading order. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from onereel.cards import Card, active_take, address, card, clock, dollars, thumb_address
from onereel.cut import Cut
from onereel.footage import Media
from onereel.ledger import Entry, Ledger, Sum
from onereel.papers import Manifest, Reviewed, ShotPapers
from onereel.takes import Take

FILTERS = (("failed", "Failed"), ("slates", "Slates"), ("retaken", "Retaken"), ("drafts", "Drafts"))
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
"""Seconds between two marks of the ruler."""
NARROW, MARK_PIXELS = 340, 64
"""Pixels the ruler has at least on a phone, and what a mark of it needs."""
TARGET_PIXELS = 26
"""The shortest shot is drawn at least so wide: a finger has to hit it."""
WIDE = 0.12
"""Share of the timeline from which on a block shows the card's picture instead of a tiny one."""
PAPERS = (
    ("master.mp4", "Master"),
    ("contact.jpg", "Contact sheet"),
    ("captions.vtt", "Captions"),
    ("cut.otio", "Timeline for the editor"),
    ("ledger.csv", "Ledger"),
    ("manifest.json", "Manifest"),
)


@dataclass(frozen=True)
class Block:
    """A shot on the timeline."""

    id: str
    frames: int
    label: str
    thumb: str
    filmed: bool
    fade: float
    """Share of the block that fades, 0 to 1."""


@dataclass(frozen=True)
class Tick:
    """A mark of the ruler."""

    label: str
    at: float
    """Share of the film, 0 to 1."""


@dataclass(frozen=True)
class Timeline:
    """The cut drawn to scale."""

    blocks: tuple[Block, ...]
    ticks: tuple[Tick, ...]
    pixels: int
    """It is drawn at least so wide."""


@dataclass(frozen=True)
class Filter:
    """A way to look at some shots only."""

    name: str
    label: str
    count: int


@dataclass(frozen=True)
class Account:
    """Some calls together."""

    name: str
    calls: int
    spent: str
    estimated: str


@dataclass(frozen=True)
class Row:
    """A call."""

    time: str
    call: str
    model: str
    outcome: str
    waited: str
    price: str


@dataclass(frozen=True)
class Books:
    """What the production cost."""

    spent: str
    estimated: str
    unknown: str
    by_model: tuple[Account, ...]
    by_shot: tuple[Account, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Gate:
    """What the review looked at and what it cost."""

    told: str
    price: str
    mending: str
    """What drawing again came to."""
    saved: str
    """What takes would have cost that were not filmed from rejected pictures."""


@dataclass(frozen=True)
class Page:
    """A cut, ready to be written as HTML."""

    production: str
    title: str
    version: str
    label: str
    rehearsal: bool
    draft: bool
    animatic: bool
    facts: tuple[str, ...]
    made: str
    width: int
    height: int
    captions: bool
    timeline: Timeline
    filters: tuple[Filter, ...]
    cards: tuple[Card, ...]
    books: Books
    gate: Gate | None
    provenance: tuple[tuple[str, str], ...]
    references: tuple[tuple[str, str], ...]
    papers: tuple[tuple[str, str], ...]


def page(manifest: Manifest, ledger: Ledger, thumbs: frozenset[str], *, captions: bool) -> Page:
    """Return the report page of a cut.

    Args:
        manifest: The cut's papers.
        ledger: What the production's calls cost.
        thumbs: Digests of the pictures that have a small copy under the production.
        captions: Whether anybody speaks.
    """
    cut, shots = manifest.cut, manifest.shots
    cards = tuple(card(papers, clip, cut.fps, thumbs) for papers, clip in zip(shots, cut.clips, strict=True))
    counts = {name: sum(name in one.tags for one in cards) for name, _ in FILTERS}
    return Page(
        production=manifest.production,
        title=manifest.title or manifest.production,
        version=f"v{manifest.version:03d}",
        label=manifest.label,
        rehearsal=manifest.rehearsal,
        draft=manifest.tier == "draft",
        animatic=manifest.kind == "animatic",
        facts=_facts(manifest),
        made=f"{manifest.at:%d %B %Y, %H:%M} UTC".lstrip("0"),
        width=cut.width,
        height=cut.height,
        captions=captions,
        timeline=_timeline(cut, shots, thumbs),
        filters=tuple(Filter(name, label, counts[name]) for name, label in FILTERS),
        cards=cards,
        books=_books(ledger),
        gate=_gate(manifest.reviewed),
        provenance=_provenance(manifest),
        references=tuple(_references(manifest)),
        papers=tuple((file, name) for file, name in PAPERS if file == "manifest.json" or file in manifest.papers),
    )


def pictures(shots: Iterable[ShotPapers]) -> tuple[Media, ...]:
    """Return the pictures the page shows small: first frames of takes, keyframes and their candidates."""
    found = []
    for papers in shots:
        found += [take.first_frame for take in papers.takes]
        for frame in papers.keyframes:
            found += [frame.fitted, *frame.candidates, *(one.picture for one in frame.attempts)]
    return tuple({media.sha256: media for media in found}.values())


def _facts(manifest: Manifest) -> tuple[str, ...]:
    shots, slates, footage = len(manifest.shots), manifest.slates, manifest.footage
    facts = [clock(footage.seconds), f"{shots} shot{'' if shots == 1 else 's'}"]
    facts += [f"{slates} on slate{'' if slates == 1 else 's'}"] * bool(slates)
    return (*facts, f"{footage.width} × {footage.height}", f"{footage.fps:g} fps")


def _timeline(cut: Cut, shots: tuple[ShotPapers, ...], thumbs: frozenset[str]) -> Timeline:
    blocks = []
    for index, (clip, papers) in enumerate(zip(cut.clips, shots, strict=True)):
        take, seconds = active_take(papers), clip.frames / cut.fps
        told = f"{papers.shot.id}, {clock(papers.start)}, {seconds:g} s"
        told += "" if clip.media else ", slate"
        fading = (clip.handle_frames or cut.blackout(index)) / clip.frames if clip.transition == "fade" else 0.0
        blocks.append(
            Block(
                papers.shot.id,
                clip.frames,
                f"{told}{', fades' if fading else ''}: {clip.title}",
                _block_thumb(take, clip.frames / cut.frames, thumbs) if take else "",
                clip.media is not None,
                min(1.0, fading),
            )
        )
    pixels = round(TARGET_PIXELS * cut.frames / min(clip.frames for clip in cut.clips))
    most = max(NARROW, pixels) // MARK_PIXELS
    step = next((step for step in STEPS if cut.seconds / step <= most), STEPS[-1])
    marks = range(0, int(cut.seconds) + 1, step)
    return Timeline(tuple(blocks), tuple(Tick(clock(at), at / cut.seconds) for at in marks), pixels)


def _block_thumb(take: Take, share: float, thumbs: frozenset[str]) -> str:
    """Return the picture a block shows: tiny where the block is."""
    if share > WIDE or not take.thumbs:
        return thumb_address(take.first_frame, thumbs)
    return address(take.thumbs[len(take.thumbs) // 2])


def _books(ledger: Ledger) -> Books:
    return Books(
        spent=dollars(ledger.spent_usd),
        estimated=dollars(ledger.estimated_usd) if ledger.estimated_usd else "",
        unknown=dollars(ledger.unknown_usd) if ledger.unknown_usd else "",
        by_model=_accounts(ledger.by_model),
        by_shot=_accounts(ledger.by_shot),
        rows=tuple(map(_row, ledger.entries)),
    )


def _accounts(sums: tuple[Sum, ...]) -> tuple[Account, ...]:
    return tuple(
        Account(one.name, one.calls, dollars(one.usd), dollars(one.estimated_usd) if one.estimated_usd else "")
        for one in sums
    )


def _row(entry: Entry) -> Row:
    paid = "" if entry.paid == "here" else f", paid {entry.paid}"
    return Row(
        time=f"{entry.time:%Y-%m-%d %H:%M:%S}",
        call=entry.call,
        model=entry.model,
        outcome=f"{entry.outcome}{paid}" + (f": {entry.reasons}" if entry.reasons else ""),
        waited=f"{entry.latency:.1f} s" if entry.latency else "",
        price=dollars(entry.usd),
    )


def _gate(reviewed: Reviewed) -> Gate | None:
    if not reviewed.keyframes and not reviewed.takes:
        return None
    told = f"{reviewed.rejected} of {reviewed.keyframes} keyframes rejected, {reviewed.mended} mended, "
    told += f"{reviewed.held} held; {reviewed.rejected_takes} of {reviewed.takes} takes rejected"
    return Gate(told, dollars(reviewed.reviews_usd), dollars(reviewed.repairs_usd), dollars(reviewed.saved_usd))


def _provenance(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    rows = [("What it is", manifest.label), ("Source type", manifest.digital_source_type)]
    rows += [(f"{part.capitalize()} model", model) for part, model in manifest.models.items()]
    rows += [("Made with", manifest.made_with), ("Storyboard", f"version {manifest.storyboard_version}")]
    copied = manifest.assembly.copied_frames / manifest.assembly.frames
    rows += [("Pictures as filmed", f"{copied:.0%} of the frames are the camera's own bytes")]
    rows += [("Content credentials", _credentials(manifest)), ("As the models sent them", _sent(manifest.shots))]
    return (*rows, ("Master", f"SHA-256 {manifest.master.sha256}"))


def _credentials(manifest: Manifest) -> str:
    provenance = manifest.provenance
    if not provenance.signed_by:
        return f"none{': ' + provenance.remark if provenance.remark else ''}"
    test = "; a test certificate, which proves nothing" if provenance.test else ""
    return f"signed by {provenance.signed_by}{test}; read back: {provenance.credentials.state}"


def _sent(shots: tuple[ShotPapers, ...]) -> str:
    kept = [frame.credentials.state for papers in shots for frame in papers.keyframes]
    kept += [hop.credentials.state for papers in shots for take in papers.takes for hop in take.hops]
    return f"{kept.count('valid')} of {len(kept)} pictures and films carry valid content credentials"


def _references(manifest: Manifest) -> Iterator[tuple[str, str]]:
    for one in manifest.provenance.references:
        told = (one.note or one.path.rpartition("/")[2], one.source, one.licence or "terms not recorded")
        yield one.of or "the look", " · ".join(filter(None, told))
