"""The rehearsal's camera: turns what a request asks for into a film file."""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from PIL import Image

from onereel.models import FPS
from onereel.studio.faults import What
from onereel.studio.pictures import decode


@dataclass(frozen=True)
class Shooting:
    """A take to film, as a request asks for it; every rule was checked.

    Attributes:
        seconds: To film; of an extension, those it adds.
        size: (width, height) in pixels.
        opening: First picture, as sent; None: the studio draws one.
        before: The film to extend; None: a first clip.
        whole: Whether an extension comes back with the film it extends.
        remake: The film before is to be filmed again with these words, not extended.
        defects: What the fault plan has planted in it.
    """

    words: str
    seconds: float
    size: tuple[int, int]
    badge: str
    opening: bytes | None = None
    closing: bytes | None = None
    references: tuple[bytes, ...] = ()
    seed: int | None = None
    sound: bool = True
    before: Path | None = None
    whole: bool = True
    remake: bool = False
    defects: frozenset[What] = frozenset()

    @property
    def frames(self) -> int:
        """Pictures to film."""
        return round(self.seconds * FPS)


def film_take(shooting: Shooting, path: Path) -> None:
    """Film into an MP4 file. Takes seconds of CPU; call it off the event loop."""
    from onereel.studio import extension, film  # noqa: PLC0415 - av is half a second to import

    if shooting.before is not None and not shooting.remake:
        extension.extend(shooting, shooting.before, path)
        return
    film.shoot(
        film.Reel(
            words=shooting.words,
            frames=shooting.frames,
            size=shooting.size,
            opening=_opening(shooting),
            closing=decode(shooting.closing) if shooting.closing is not None else None,
            badge=shooting.badge,
            sound=shooting.sound,
            defects=shooting.defects,
        ),
        path,
    )


def _opening(shooting: Shooting) -> Image.Image:
    if shooting.opening is not None:
        return decode(shooting.opening)
    if shooting.before is not None:
        from onereel.studio.reading import last_frame  # noqa: PLC0415 - av is half a second to import

        return last_frame(shooting.before)
    from onereel.studio.illustrator import sketch  # noqa: PLC0415 - numpy is a second to import

    return sketch(shooting.words, shooting.size, shooting.references, seed=shooting.seed, badge=shooting.badge)


class StockFootage:
    """One clip per length, size and sound, filmed once and handed out again: for load tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()

    def film(self, shooting: Shooting, path: Path) -> None:
        """Hand out the clip of this length and size, filming it first if nobody has."""
        seconds = shooting.seconds
        if shooting.before is not None and shooting.whole and not shooting.remake:
            from onereel.studio import reading  # noqa: PLC0415 - av is half a second to import

            seconds += reading.measure(shooting.before).seconds
        plain = replace(
            shooting,
            words="stock footage",
            seconds=seconds,
            opening=None,
            closing=None,
            references=(),
            seed=None,
            before=None,
        )
        name = hashlib.sha256(repr(plain).encode()).hexdigest()[:16]
        stock = self._folder / f"stock-{name}.mp4"
        with self._lock:
            if not stock.exists():
                film_take(plain, stock)
        os.link(stock, path)
