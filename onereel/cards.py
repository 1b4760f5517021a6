"""The cards of the report page: what a shot's papers say, as plain words and numbers in reading order. Pure."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from onereel.cut import Clip
from onereel.footage import Media
from onereel.papers import ShotPapers
from onereel.storyboard import Shot
from onereel.takes import Attempt, Keyframe, Take
from onereel.verdicts import Finding, Verdict, good_enough

UP = "../../../../"
"""From a cut's folder to the vault's root."""
ASKED = (
    ("setting", "Setting"),
    ("camera", "Camera"),
    ("composition", "Composition"),
    ("lens", "Lens"),
    ("lighting", "Light"),
    ("sounds", "Sound"),
    ("negative", "Keep out"),
    ("opening", "Opens on"),
    ("closing", "Closes on"),
    ("note", "Note to the camera"),
    ("retouch", "Retouch"),
)
"""Fields of a shot that are shown when they say something, and what they are called."""
JOINS = {
    "cut": "",
    "match": "Opens on the closing keyframe of the shot before",
    "continue": "Goes on from the last frame of the shot before",
}
JUDGES = {
    "check": "Measured",
    "model": "Vision model",
    "identity": "Likeness to references",
    "lettering": "Lettering read back",
    "drift": "Drift of the extension",
    "person": "A person",
}
ALT = 240
"""Most characters of a picture's description."""


@dataclass(frozen=True)
class Piece:
    """A part of revised words: kept, taken out, or put in."""

    change: Literal["same", "out", "in"]
    text: str


@dataclass(frozen=True)
class Mark:
    """A finding, and where to look."""

    what: str
    seconds: float | None = None
    box: tuple[int, int, int, int] | None = None
    """x, y, width, height in thousandths of the picture."""
    measured: str = ""

    @property
    def points(self) -> bool:
        """Whether there is a place or a moment to show."""
        return self.seconds is not None or self.box is not None


@dataclass(frozen=True)
class Opinion:
    """A verdict in words."""

    judge: str
    accepted: bool
    score: str
    reasons: str
    marks: tuple[Mark, ...]
    model: str
    price: str


@dataclass(frozen=True)
class Still:
    """A keyframe, or one of the drawings it was chosen from."""

    name: str
    alt: str
    thumb: str
    link: str
    words: str = ""
    facts: tuple[str, ...] = ()
    candidates: tuple["Still", ...] = ()
    attempts: tuple["Still", ...] = ()
    """Drawings that were judged before it."""
    noticed: tuple[str, ...] = ()
    opinions: tuple[Opinion, ...] = ()


@dataclass(frozen=True)
class Compared:
    """What was asked beside what came."""

    what: str
    asked: str
    came: str
    kept: bool = True


@dataclass(frozen=True)
class Moment:
    """A small picture of a film and when it is seen."""

    link: str
    seconds: float


@dataclass(frozen=True)
class Player:
    """A take."""

    name: str
    active: bool
    alt: str
    thumb: str
    film: str
    facts: tuple[str, ...]
    start: float
    """Seconds into the take where the part on screen begins; 0 for a take that is not."""
    strip: tuple[Moment, ...]
    compared: tuple[Compared, ...]
    prompts: tuple[tuple[str, str], ...]
    revised: tuple[tuple[str, tuple[Piece, ...]], ...]
    """What is different in its words: by a note's revision field by field, else in all since the take before."""
    draft: bool
    note: str
    noticed: tuple[str, ...]
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True)
class Card:
    """A shot."""

    id: str
    state: str
    begins: str
    seconds: str
    start: float
    action: str
    reason: str
    vendor: tuple[str, ...]
    """Why there is no take, in the vendor's words."""
    facts: tuple[tuple[str, str], ...]
    dialogue: tuple[tuple[str, str], ...]
    people: tuple[str, ...]
    stills: tuple[Still, ...]
    players: tuple[Player, ...]
    price: str
    picked: bool
    noticed: tuple[str, ...]
    compare: str
    """What its takes can be compared as; empty with fewer than two."""
    tags: tuple[str, ...]
    """What filters go by: failed, slates, retaken, drafts."""


def card(papers: ShotPapers, clip: Clip, fps: int, thumbs: frozenset[str]) -> Card:
    """Return the card of a shot.

    Args:
        papers: The shot's part of the manifest.
        clip: The shot's clip in the cut.
        fps: Frames a second of the cut.
        thumbs: Digests of the pictures that have a small copy.
    """
    shot, state = papers.shot, papers.state
    asked = [(name, str(getattr(shot, field))) for field, name in ASKED if str(getattr(shot, field)).strip()]
    facts = [*asked, *([("Joins", JOINS[shot.join])] if JOINS[shot.join] else [])]
    facts += [("Gives way", "by a fade")] if shot.transition == "fade" else []
    paid = sum(take.usd for take in papers.takes) + sum(frame.usd for frame in papers.keyframes)
    return Card(
        id=shot.id,
        state=state.state,
        begins=clock(papers.start),
        seconds=f"{state.seconds:g} s",
        start=papers.start,
        action=shot.action,
        reason=state.reason,
        vendor=tuple(words for words in state.words if words not in state.reason),
        facts=tuple(facts),
        dialogue=tuple((line.speaker, line.line) for line in shot.dialogue),
        people=shot.characters,
        stills=tuple(_still(frame, shot, thumbs) for frame in papers.keyframes),
        players=_players(papers, clip, fps, thumbs),
        price=dollars(paid),
        picked=papers.picked,
        noticed=state.findings,
        compare=_compare(papers),
        tags=_tags(papers),
    )


def _compare(papers: ShotPapers) -> str:
    if len(papers.takes) <= 1:
        return ""
    return "takes" if len({take.tier for take in papers.takes}) == 1 else "draft and final"


def clock(seconds: float) -> str:
    """Return a moment of a film as people read it: 1:05.5."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}".removesuffix(".0")


def dollars(usd: float) -> str:
    """Return a price; small ones in full, so that they do not read as nothing."""
    return f"${usd:,.2f}" if usd >= 0.01 or usd == 0 else f"${usd:.4f}"  # noqa: PLR2004 - a cent


def address(media: Media) -> str:
    """Return the link from a cut's folder to media."""
    return UP + media.key


def thumb_address(media: Media, thumbs: frozenset[str]) -> str:
    """Return the link from a cut's folder to a picture's small copy; empty where there is none."""
    return f"../../thumbs/{media.sha256}.webp" if media.sha256 in thumbs else ""


def revised(before: str, after: str) -> tuple[Piece, ...]:
    """Return two versions of words as one text of kept, removed and new parts; empty when they are equal."""
    if before == after:
        return ()
    old, new = (re.findall(r"\S+\s*|\s+", words) for words in (before, after))
    pieces = []
    for change, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if change == "equal":
            pieces.append(Piece("same", "".join(old[a:b])))
            continue
        pieces += [Piece("out", "".join(old[a:b]))] * (b > a)
        pieces += [Piece("in", "".join(new[c:d]))] * (d > c)
    return tuple(pieces)


def _tags(papers: ShotPapers) -> tuple[str, ...]:
    active = active_take(papers)
    failed = papers.state.state == "slate" or (active is not None and not good_enough(active.verdicts))
    said = {
        "failed": failed,
        "slates": papers.state.state != "filmed",
        "retaken": len(papers.takes) > 1,
        "drafts": active is not None and active.tier == "draft",
    }
    return tuple(name for name, holds in said.items() if holds)


def active_take(papers: ShotPapers) -> Take | None:
    """Return the take on screen."""
    return next((take for take in papers.takes if take.slate == papers.active), None)


def _still(frame: Keyframe, shot: Shot, thumbs: frozenset[str]) -> Still:
    end = frame.id.rpartition("/")[2]
    told = {"opening": shot.opening, "closing": shot.closing}.get(end, "") or shot.action
    alt = f"{end.capitalize()} keyframe of {shot.id}: {told}"[:ALT]
    facts = [frame.model, "reused, not paid" if frame.reused else dollars(frame.usd)]
    others = tuple(
        Still(f"Candidate {n}", f"Candidate {n} for the {alt[:ALT]}", thumb_address(one, thumbs), address(one))
        for n, one in enumerate(frame.candidates, start=1)
    )
    facts += [f"{len(others)} candidates, {frame.distinct} distinct"] if others else []
    earlier = [one for one in frame.attempts if one.picture.sha256 != frame.fitted.sha256]
    return Still(
        name=f"{end.capitalize()} keyframe",
        alt=alt,
        thumb=thumb_address(frame.fitted, thumbs),
        link=address(frame.fitted),
        words=frame.words,
        facts=tuple(facts),
        candidates=others,
        attempts=tuple(_attempt(one, n, alt, thumbs) for n, one in enumerate(earlier, start=1)),
        noticed=(*_fresh(frame.findings, frame.verdicts), *map(str, frame.rescues)),
        opinions=tuple(map(_opinion, frame.verdicts)),
    )


def _attempt(one: Attempt, number: int, alt: str, thumbs: frozenset[str]) -> Still:
    return Still(
        name=f"Candidate {one.candidate}" if one.candidate else f"Before, {one.how}",
        alt=f"{f'Candidate {one.candidate} for' if one.candidate else f'Drawing {number} before'} the {alt}"[:ALT],
        thumb=thumb_address(one.picture, thumbs),
        link=address(one.picture),
        words=one.words,
        facts=(one.model, dollars(one.usd)),
        opinions=tuple(map(_opinion, one.verdicts)),
    )


def _players(papers: ShotPapers, clip: Clip, fps: int, thumbs: frozenset[str]) -> tuple[Player, ...]:
    """Return the takes, the one on screen first, then the newest."""
    before = dict(zip([take.slate for take in papers.takes[1:]], papers.takes, strict=False))
    found = [_player(take, before.get(take.slate), papers, clip, fps, thumbs) for take in reversed(papers.takes)]
    return tuple(sorted(found, key=lambda one: not one.active))


def _player(
    take: Take, before: Take | None, papers: ShotPapers, clip: Clip, fps: int, thumbs: frozenset[str]
) -> Player:
    active = take.slate == papers.active
    step = take.footage.seconds / max(1, len(take.thumbs))
    prompts = [("First clip" if take.extension_words else "Words", take.words)]
    prompts += [(f"Extension {n}", words) for n, words in enumerate(take.extension_words, start=1)]
    prompts += [("Negative", take.negative)] if take.negative else []
    return Player(
        name=f"t{take.number:02d}",
        active=active,
        alt=f"First frame of take {take.number} of {take.shot}: {papers.shot.action}"[:ALT],
        thumb=thumb_address(take.first_frame, thumbs),
        film=address(take.film),
        facts=_facts(take),
        start=clip.skip_frames / fps if active else 0.0,
        strip=tuple(Moment(address(one), round(k * step, 2)) for k, one in enumerate(take.thumbs)),
        compared=_compared(take, clip if active else None, fps),
        prompts=tuple(prompts),
        revised=_changes(take, before),
        draft=take.tier == "draft",
        note=take.note,
        noticed=(*_fresh(take.findings, take.verdicts), *map(str, take.rescues)),
        opinions=tuple(map(_opinion, take.verdicts)),
    )


def _changes(take: Take, before: Take | None) -> tuple[tuple[str, tuple[Piece, ...]], ...]:
    if take.changes:
        return tuple((change.field, revised(change.before, change.after)) for change in take.changes)
    pieces = revised(before.words, take.words) if before else ()
    return ((f"Since t{before.number:02d}", pieces),) if before and pieces else ()


def _facts(take: Take) -> tuple[str, ...]:
    seed = f"seed {take.seed}" if take.seed is not None else ""
    parent = f"continues {'/'.join(take.parent.split('/')[1:])}" if take.parent else ""
    facts = (take.model, f"{take.resolution}", seed, parent, f"sample {take.sample}" if take.sample > 1 else "")
    return (dollars(take.usd), *filter(None, facts))


def _compared(take: Take, clip: Clip | None, fps: int) -> tuple[Compared, ...]:
    footage, hops = take.footage, take.hops
    parts = f" ({' + '.join(str(hop.seconds) for hop in hops)})" if len(hops) > 1 else ""
    asked = sum(hop.seconds for hop in hops)
    rows = [
        Compared("Length", f"{asked} s{parts}", f"{footage.seconds:.2f} s", abs(asked - footage.seconds) < 0.5),  # noqa: PLR2004 - vendors round
        Compared("Picture", take.resolution, f"{footage.width} × {footage.height}, {footage.fps:g} fps"),
        Compared("Sound", "", f"{footage.audio_seconds:.2f} s" if footage.audio_seconds else "none"),
    ]
    if clip is not None:
        skipped = f", from {clip.skip_frames / fps:.2f} s" if clip.skip_frames else ""
        rows.append(Compared("On screen", "", f"{clip.frames / fps:.2f} s{skipped}"))
    return tuple(rows)


def _opinion(verdict: Verdict) -> Opinion:
    return Opinion(
        judge=JUDGES[verdict.judge],
        accepted=verdict.accepted,
        score="" if verdict.score is None else f"{verdict.score:.0%}",
        reasons="" if any(finding.what == verdict.reasons for finding in verdict.findings) else verdict.reasons,
        marks=tuple(map(_mark, verdict.findings)),
        model=verdict.model,
        price=dollars(verdict.usd) if verdict.usd else "",
    )


def _fresh(findings: Sequence[str], verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Yield what was noticed that no verdict says again."""
    said = {what for verdict in verdicts for what in (verdict.reasons, *(one.what for one in verdict.findings))}
    return (what for what in findings if what not in said)


def _mark(finding: Finding) -> Mark:
    box = None
    if finding.box is not None:
        top, left, bottom, right = (min(1000, max(0, edge)) for edge in finding.box)
        box = (left, top, max(0, right - left), max(0, bottom - top))
    measured = "" if finding.value is None else f"{finding.value:g}"
    if measured and finding.limit is not None:
        measured += f", held against {finding.limit:g}"
    return Mark(finding.what, finding.seconds, box, measured)
