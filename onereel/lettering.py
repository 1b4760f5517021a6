"""Lettering: words a shot asks to be readable in the picture, and how what is read back differs. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from onereel.storyboard import Shot

MOST: Final = 6
"""Texts looked for in one picture."""

_QUOTED: Final = re.compile(
    r'"([^"\n]{2,60})"|“([^”\n]{2,60})”|„([^“”\n]{2,60})[“”]|«([^»\n]{2,60})»|「([^」\n]{1,60})」'
)
_SPOKEN: Final = re.compile(
    r"\b(?:says?|said|saying|whispers?|shouts?|asks?|calls?|mutters?|repl(?:y|ies)|answers?|sings?|murmurs?|cries)"
    r"\W{0,3}$",
    re.IGNORECASE,
)
"""Ends right before words that are heard, not read."""
_ENDS: Final = ".,;:!?'\"“”„«»"
"""What may stand at the end of a word without being read."""


class Misread(NamedTuple):
    """A text that does not read as asked.

    Attributes:
        told: What differs, in words, letter by letter.
        alike: How like it what was read is, 0 to 1; 0 where nothing was, for it may be there and unreadable.
    """

    told: str
    alike: float


def quoted(text: str) -> tuple[str, ...]:
    """Return what a description puts between double quotes, each once, unless somebody says it."""
    found = (
        next(part for part in match.groups() if part).strip(" .,;")
        for match in _QUOTED.finditer(text)
        if not _SPOKEN.search(text[: match.start()])
    )
    return tuple(dict.fromkeys(each for each in found if each))[:MOST]


def asked_lettering(shot: Shot, *descriptions: str) -> tuple[str, ...]:
    """Return the texts a shot asks for: what its action, its setting and these descriptions put between quotes."""
    return quoted("\n".join((*descriptions, shot.action, shot.setting)))


def misread(asked: Sequence[str], read: Iterable[str]) -> list[Misread]:
    """Return, for every text asked for that is not among what was read, what differs, letter by letter.

    Case, accents written in two ways, spacing and punctuation at the ends of words do not count.
    """
    seen = [plain for line in read if (plain := _plain(line))]
    together = " ".join(seen)
    return [_difference(text, seen) for text in asked if _plain(text) and not _among(_plain(text), together)]


def _among(wanted: str, read: str) -> bool:
    words = rf"[\s{_ENDS}]*".join(map(re.escape, wanted.split()))
    return re.search(rf"(?<!\w){words}(?!\w)", read) is not None


def _difference(asked: str, seen: Sequence[str]) -> Misread:
    wanted = _plain(asked)
    alike, near = max(((_ratio(wanted, one), one) for one in _windows(wanted, seen)), default=(0.0, ""))
    if alike < 0.5:  # noqa: PLR2004 - less than half of it is another text
        others = f'; read was "{"; ".join(seen)[:120]}"' if seen else ""
        return Misread(f'"{asked}" cannot be read anywhere{others}', 0.0)
    letters = [
        _step(how, wanted[a:b], near[c:d], a + 1)
        for how, a, b, c, d in SequenceMatcher(None, wanted, near).get_opcodes()
        if how != "equal"
    ]
    return Misread(f'"{asked}" reads "{near}": {", ".join(letters[:8])}', alike)


def _ratio(wanted: str, read: str) -> float:
    return SequenceMatcher(None, wanted, read).ratio()


def _windows(wanted: str, seen: Sequence[str]) -> list[str]:
    """Return what was read, whole and in runs of as many words as are wanted."""
    words = " ".join(seen).split()
    count = len(wanted.split())
    return [*seen, *(" ".join(words[at : at + count]) for at in range(len(words) - count + 1))]


def _step(how: str, wanted: str, found: str, place: int) -> str:
    if how == "delete":
        return f"letter {place} {wanted!r} is missing"
    if how == "insert":
        return f"{found!r} is too many before letter {place}"
    return f"letter {place} is {found!r} instead of {wanted!r}"


def _plain(text: str) -> str:
    words = unicodedata.normalize("NFKC", text).casefold().split()
    return " ".join(filter(None, (word.strip(_ENDS) for word in words)))
