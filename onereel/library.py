"""The library: every picture of a vault by its fingerprint, to find one again before paying for its like.

Keyframes, frames of takes (their first and last among them) and references of all productions. Its file can be lost:
it is rebuilt from the vault, and brought up to date by reading only the papers that are new.
"""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import Lock
from typing import Literal, NamedTuple

from pydantic import Field

from onereel.adapters.libraries import read_library, write_library
from onereel.adapters.pictures import inspect_picture
from onereel.brief import Brief
from onereel.crew import Vault
from onereel.errors import Corrupted, FootageError, NotInVault, VaultError
from onereel.likeness import MEASURED, Fingerprint, Hashes, Likeness, Thresholds, column, distance, same_picture, search
from onereel.media import read_noun
from onereel.noun import Noun
from onereel.prompts import keyframe_words
from onereel.storyboard import Shot
from onereel.takes import Keyframe, Looks, Take
from onereel.verdicts import good_enough
from onereel.wording import Wordings

log = logging.getLogger(__name__)

LIBRARY = "index/likeness.parquet"
"""Where it is kept."""

_SAID = ("action", "opening", "setting", "composition", "lighting", "lens", "negative")
_PATTERN = keyframe_words(
    Shot.model_validate({"id": "s010", "seconds": 4, **dict.fromkeys(_SAID, "a")}),
    Brief(production="a", idea="a", seconds=4),
    "opening",
    ("Reference 1",),
)
"""What every keyframe's words have in common."""

READERS = 8
"""Papers read at once."""

Kind = Literal["keyframe", "take", "reference"]


class Seen(Noun):
    """One picture of the library."""

    production: str
    kind: Kind
    name: str = Field(description="s010/opening, lighthouse/s010/t02, or the key of a reference.")
    seconds: float = Field(default=0.0, ge=0, description="When, into a take.")
    words: str = Field(default="", description="What a keyframe was drawn by.")
    frame: str = Field(default="", description="Shape and size a keyframe was drawn at: 16:9 1K.")
    references: tuple[str, ...] = Field(default=(), description="Digests of the pictures a keyframe was drawn after.")
    rejected: tuple[str, ...] = Field(default=(), description="Keys of its drawings that were judged not good enough.")
    media: str = Field(description="Key of the picture, or of the film it is a frame of.")
    record: str = Field(description="Key of the paper that tells of it.")
    fingerprint: Fingerprint


class Match(NamedTuple):
    """A picture that is like the one asked for."""

    seen: Seen
    likeness: Likeness
    same: bool
    """The same picture, encoded anew; else merely near."""


class Others:
    """The keyframes of all other productions, for one run: read once, when the first is asked for. Blocks."""

    def __init__(self, vault: Vault, production: str, thresholds: Thresholds = MEASURED) -> None:
        """Keep where they are, and whose keyframes are not among them."""
        self._vault, self._production, self._thresholds = vault, production, thresholds
        self._reading, self._turn = Lock(), asyncio.Lock()
        self._references: dict[str, Fingerprint] = {}
        self._own: frozenset[str] = frozenset()

    async def ready(self) -> None:
        """Wait until they are read: in one thread, so that the shots of a run do not hold all there are meanwhile."""
        async with self._turn:
            await asyncio.to_thread(lambda: self.keyframes)

    def like(self, wanted: Fingerprint) -> list[Seen]:
        """Return those that show the same picture, nearest first."""
        near = search(self._column, wanted, self._thresholds.same_bits)
        found = (self.keyframes[at] for at in near)
        return [seen for seen in found if same_picture(seen.fingerprint, wanted, self._thresholds)]

    @property
    def own(self) -> frozenset[str]:
        """The words this production's own keyframes were drawn by."""
        return self._own if self.keyframes else frozenset()

    def like_reference(self, key: str) -> list[Seen]:
        """Return those that show the same picture as a reference of some brief, by its key."""
        shown = self._references.get(key) if self.keyframes else None
        return self.like(shown) if shown is not None else []

    def saying(self, words: str, least: float) -> list[tuple[Seen, float]]:
        """Return those drawn by nearly the same words and not rejected since, with how much they share, 0 to 1."""
        return [(self.keyframes[at], shared) for at, shared in self._wordings.near(words, least)]

    @property
    def keyframes(self) -> list[Seen]:
        """All of them, newest paper of each picture last."""
        with self._reading:
            return self._keyframes

    @cached_property
    def _keyframes(self) -> list[Seen]:
        try:
            # In a vault of one film there is nothing to read, nor an index to write.
            if all(record.split("/")[1] == self._production for record, _ in _records(self._vault)):
                return []
            pictures = library(self._vault)
        except VaultError as broken:  # an offer is not worth a shot
            log.warning("what other productions have is not known in this run: %s", broken)
            return []
        self._references = {seen.media: seen.fingerprint for seen in pictures if seen.kind == "reference"}
        found = [seen for seen in pictures if seen.kind == "keyframe" and seen.words]
        self._own = frozenset(seen.words for seen in found if seen.production == self._production)
        rejected = {key for seen in found for key in seen.rejected}
        fresh = {seen.media: seen for seen in found if seen.media not in rejected}
        return [seen for seen in fresh.values() if seen.production != self._production]

    @cached_property
    def _column(self) -> Hashes:
        return column([seen.fingerprint for seen in self.keyframes])

    @cached_property
    def _wordings(self) -> Wordings:
        return Wordings([seen.words for seen in self.keyframes], _PATTERN)


def library(vault: Vault, *, anew: bool = False) -> list[Seen]:
    """Return every picture of a vault, and keep what was found. Blocks.

    Args:
        vault: Whose pictures.
        anew: Forget what was kept and read every paper again.
    """
    there = dict(_records(vault))
    known = [] if anew else [seen for seen in _kept(vault) if seen.record in there]
    told = {seen.record for seen in known}
    untold = [(record, kind) for record, kind in there.items() if record not in told]
    with ThreadPoolExecutor(READERS) as readers:  # of a bucket each paper is a request
        new = [seen for found in readers.map(lambda paper: _read(vault, *paper), untold) for seen in found]
    if new or anew:
        vault.write(LIBRARY, write_library([*known, *new]), "application/vnd.apache.parquet")
    return [*known, *new]


def find(
    pictures: list[Seen], wanted: Fingerprint, thresholds: Thresholds = MEASURED, bits: int | None = None
) -> list[Match]:
    """Return the pictures like one, nearest first.

    Args:
        pictures: The library.
        wanted: The picture looked for.
        thresholds: When two are the same.
        bits: How far apart the nearest may be, in bits of the hash; None: as far as the same picture may.
    """
    near = search(
        column([seen.fingerprint for seen in pictures]), wanted, thresholds.same_bits if bits is None else bits
    )
    matches = []
    for seen in (pictures[at] for at in near):
        same = same_picture(seen.fingerprint, wanted, thresholds)
        if same or (bits is not None and not seen.fingerprint.flat):
            matches.append(Match(seen, distance(seen.fingerprint, wanted), same))
    return matches


def _kept(vault: Vault) -> list[Seen]:
    try:
        return [Seen.model_validate(row) for row in read_library(vault.read(LIBRARY))]
    except NotInVault:
        return []


def _records(vault: Vault) -> Iterator[tuple[str, Kind]]:
    """Yield the papers that tell of pictures."""
    for key in vault.keys("productions/"):
        match key.split("/"):
            case [_, _, "keyframes", _]:
                yield key, "keyframe"
            case [_, _, "shots", _, "takes", _]:
                yield key, "take"
            case [_, _, "brief.json"]:
                yield key, "reference"


def _read(vault: Vault, record: str, kind: Kind) -> list[Seen]:
    """Return the pictures a paper tells of; one that cannot be read is left out, and said."""
    try:
        return list({"keyframe": _keyframe, "take": _take, "reference": _references}[kind](vault, record))
    except (Corrupted, NotInVault, FootageError) as broken:
        log.warning("%s is not in the library: %s", record, broken)
        return []


def _keyframe(vault: Vault, record: str) -> Iterator[Seen]:
    keyframe = read_noun(vault, record, Keyframe)
    judged = [(one.picture, one.verdicts) for one in keyframe.attempts] or [(keyframe.fitted, keyframe.verdicts)]
    yield Seen(
        production=record.split("/")[1],
        kind="keyframe",
        name=keyframe.id,
        words=keyframe.asked or keyframe.words,
        frame=f"{keyframe.aspect_ratio} {keyframe.size}".strip(),
        references=keyframe.references,
        rejected=tuple(picture.key for picture, verdicts in judged if not good_enough(verdicts)),
        media=keyframe.fitted.key,
        record=record,
        fingerprint=keyframe.fingerprint,
    )


def _take(vault: Vault, record: str) -> Iterator[Seen]:
    take = read_noun(vault, record, Take)
    if not take.hops:
        return
    for sample in read_noun(vault, take.hops[-1].looks.key, Looks).samples:
        yield Seen(
            production=record.split("/")[1],
            kind="take",
            name=take.slate,
            seconds=sample.seconds,
            media=take.film.key,
            record=record,
            fingerprint=sample.fingerprint,
        )


def _references(vault: Vault, record: str) -> Iterator[Seen]:
    brief = read_noun(vault, record, Brief)
    pictures = [*brief.references, *(one for who in brief.characters for one in who.references)]
    for path in dict.fromkeys(picture.path for picture in pictures):
        yield Seen(
            production=brief.production,
            kind="reference",
            name=path,
            media=path,
            record=record,
            fingerprint=inspect_picture(vault.read(path)).fingerprint,
        )
