"""Names of things in a production: which take this is, and where its papers are kept."""

import re
from datetime import date

from pydantic import Field

from onereel.brief import SHOT, SLUG
from onereel.noun import Noun

OF_A_SHOT = re.compile(
    r"(?:clip|keyframe|review|extension(?: \d+)?|(?:softer )?words) "
    rf"(?:{SLUG.strip('^$')}/)?(?P<shot>s\d{{3,4}})(?:/t(?P<take>\d+))?(?:/| |$)"
)
"""What calls and purchases of a shot are called: clip lighthouse/s010/t01, keyframe s010/opening, extension 1 s010,
words s010 s030 (of the first), softer words s010."""


class Slate(Noun):
    """Which take this is: lighthouse/s010/t02. Log prefix, run name and object key at once."""

    production: str = Field(pattern=SLUG)
    shot: str = Field(pattern=SHOT)
    take: int = Field(ge=1, le=999)

    def __str__(self) -> str:
        return f"{self.production}/{self.shot}/t{self.take:02d}"

    @property
    def key(self) -> str:
        """Where the take's papers are kept."""
        return f"{takes_prefix(self.production, self.shot)}t{self.take:02d}.json"


def brief_key(production: str) -> str:
    """Return where the brief is kept."""
    return f"productions/{production}/brief.json"


def storyboards_prefix(production: str) -> str:
    """Return what the keys of all versions of the storyboard start with."""
    return f"productions/{production}/storyboard/"


def storyboard_key(production: str, version: int) -> str:
    """Return where a version of the storyboard is kept."""
    return f"{storyboards_prefix(production)}v{version:03d}.json"


def keyframe_key(production: str, recipe: str) -> str:
    """Return where the keyframe settled on for a recipe is kept."""
    return f"productions/{production}/keyframes/{recipe}.json"


def thumbs_prefix(production: str) -> str:
    """Return what the keys of all small pictures of a report page start with."""
    return f"productions/{production}/thumbs/"


def thumb_key(production: str, sha256: str) -> str:
    """Return where the small copy of a picture is kept."""
    return f"{thumbs_prefix(production)}{sha256}.webp"


def verdict_key(production: str, sha256: str) -> str:
    """Return where a person's verdict on a picture or film is kept."""
    return f"productions/{production}/verdicts/{sha256}.json"


def held_key(production: str, keyframe: str) -> str:
    """Return where a keyframe is kept that is held until a person decides: s010/opening."""
    return f"productions/{production}/held/{keyframe.replace('/', '-')}.json"


def sheet_key(production: str, recipe: str) -> str:
    """Return where it is kept which character sheet a production settled on."""
    return f"productions/{production}/sheets/{recipe}.json"


def fall_key(production: str, recipe: str) -> str:
    """Return where it is kept that what goes by a recipe was handed to a fallback."""
    return f"productions/{production}/falls/{recipe}.json"


def takes_prefix(production: str, shot: str) -> str:
    """Return what the keys of all takes of a shot start with."""
    return f"productions/{production}/shots/{shot}/takes/"


def gate_page_key(production: str) -> str:
    """Return where the page is kept that a person decides on."""
    return f"productions/{production}/gate.html"


def draft_key(production: str) -> str:
    """Return where it is kept what the draft of a production drew with."""
    return f"productions/{production}/draft.json"


def picks_prefix(production: str) -> str:
    """Return what the keys of all picks start with."""
    return f"productions/{production}/picks/"


def pick_key(production: str, number: int) -> str:
    """Return where a pick is kept."""
    return f"{picks_prefix(production)}p{number:04d}.json"


def cuts_prefix(production: str) -> str:
    """Return what the keys of all cuts start with."""
    return f"productions/{production}/cuts/"


def cut_prefix(production: str, version: int) -> str:
    """Return what the keys of one cut's papers start with."""
    return f"{cuts_prefix(production)}v{version:03d}/"


def day_prefix(day: date) -> str:
    """Return what the pointers to the paid calls of a day, of all productions, start with."""
    return f"days/{day}/"


def calls_prefix(production: str) -> str:
    """Return what the pointers to a production's paid calls start with."""
    return f"productions/{production}/calls/"


def shot_of(label: str) -> str:
    """Return the shot a call or purchase is for; empty where it serves all."""
    found = OF_A_SHOT.match(label)
    return found["shot"] if found else ""
