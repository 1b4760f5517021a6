"""Content credentials of what the studio makes, as Google's services put them in; the certificate is a test one."""

from pathlib import Path
from typing import Final

from onereel.certificates import Signatory, stand_in
from onereel.credentials import Claim, sign, signed

_PROGRAM: Final = ("onereel local studio", "")
_TITLE: Final = 80


def _signatory() -> Signatory:
    return stand_in("onereel local studio")


def stamp_picture(png: bytes, words: str) -> bytes:
    """Return a PNG that says how it was made; 3 kB and a few milliseconds more."""
    return signed(png, "png", Claim(words[:_TITLE], _PROGRAM), _signatory())


def stamp_film(path: Path, words: str) -> None:
    """Let a film say how it was made."""
    stamped = path.with_suffix(".stamped.mp4")
    sign(path, stamped, "mp4", Claim(words[:_TITLE], _PROGRAM), _signatory())
    stamped.replace(path)
