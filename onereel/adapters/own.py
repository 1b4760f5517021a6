"""Own material: pictures and clips a producer brings. Judged like everything from outside, kept byte for byte."""

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from onereel.adapters.briefs import inside, kept_picture, sound_picture
from onereel.adapters.complaints import shortened
from onereel.adapters.film import verify
from onereel.adapters.master import assemble
from onereel.adapters.pictures import MAX_BYTES
from onereel.adapters.reel import read_reel
from onereel.crew import Vault
from onereel.cut import Clip, Cut
from onereel.errors import BadInput, FootageError, VaultError
from onereel.footage import Footage, Media
from onereel.media import fetch_file, keep, keep_file
from onereel.models import FPS
from onereel.pixels import MAX_ENLARGEMENT, enlargement
from onereel.plan import Plan
from onereel.storyboard import OWN_FILES, Storyboard

MAX_CLIP_BYTES: Final = 2_000_000_000
"""Longest film file that is opened: ten minutes of 4K at 27 Mbit/s."""

_KEY = re.compile(r"media/([0-9a-f]{2})/\1[0-9a-f]{62}\.[a-z0-9]{2,7}")


class _Picture(NamedTuple):
    """A picture that was judged: its width and height as it is seen, and how it is kept."""

    size: tuple[int, int]
    keep: Callable[[], str]


class _Film(NamedTuple):
    """A film that was judged, and how it is kept."""

    footage: Footage
    keep: Callable[[], str]


@dataclass(frozen=True)
class OwnFiles:
    """The files a storyboard names, judged; nothing of them is kept yet.

    Attributes:
        storyboard: What names them.
        pictures: Those shots open and close on, by the name they are given.
        films: Those that are takes, by the name they are given.
    """

    storyboard: Storyboard
    pictures: dict[str, _Picture] = field(default_factory=dict)
    films: dict[str, _Film] = field(default_factory=dict)

    def check(self, plan: Plan) -> None:
        """Return if the files are as large and as long as the storyboard's plan needs them.

        Raises:
            BadInput: One is not; says every one that is not, a line each.
        """
        wrong = [*self._small(plan), *self._short(plan)]
        if wrong:
            raise BadInput("\n".join(wrong), problems=tuple(wrong))

    def store(self) -> Storyboard:
        """Keep the files in the vault, and return the storyboard naming them by key."""
        keys = {name: picture.keep() for name, picture in self.pictures.items()}
        keys |= {name: film.keep() for name, film in self.films.items()}
        shots = (
            shot.model_copy(update={name: keys.get(getattr(shot, name), "") for name in OWN_FILES})
            for shot in self.storyboard.shots
        )
        return self.storyboard.model_copy(update={"shots": tuple(shots)})

    def _small(self, plan: Plan) -> Iterator[str]:
        for still in (one for one in plan.stills if one.file):
            (width, height), frame = self.pictures[still.file].size, plan.size
            factor = enlargement((width, height), frame)
            if factor > MAX_ENLARGEMENT:
                yield (
                    f"{still.id}: a picture of {width}x{height} would be enlarged {factor:.2f} times to fill "
                    f"{frame[0]}x{frame[1]}, at most {MAX_ENLARGEMENT:g} is allowed; give a larger one"
                )

    def _short(self, plan: Plan) -> Iterator[str]:
        for take in (one for one in plan.takes if one.file):
            told = f"{take.shot}: {shortened(take.file)}"
            yield from _too_short(self.films[take.file].footage, take.frames / FPS, told)


def judge_own(storyboard: Storyboard, folder: Path | None, vault: Vault) -> OwnFiles:
    """Judge the files a storyboard names; nothing is kept.

    A path is relative to the shot list's folder and must not lead out of it, not by links either. What the vault
    already has is named by key.

    Args:
        storyboard: What names them.
        folder: Where the shot list lies; None for one that came without a folder and can only name keys.
        vault: Where they are, or will be.

    Raises:
        BadInput: A file is not a sound picture or film, or not there; says every one that is not, a line each.
    """
    own = OwnFiles(storyboard)
    wrong: list[str] = []
    for shot in storyboard.shots:
        for name in OWN_FILES:
            path = getattr(shot, name)
            told = f"{shot.id}: {name} {shortened(path)}"
            try:
                if path and name == "clip_file" and path not in own.films:
                    own.films[path] = _judged_film(path, folder, vault, told)
                elif path and name != "clip_file" and path not in own.pictures:
                    own.pictures[path] = _judged_picture(path, folder, vault, told)
            except BadInput as error:
                wrong.append(str(error))
    if wrong:
        raise BadInput("\n".join(wrong), problems=tuple(wrong))
    return own


def store_clip(path: Path, seconds: float, vault: Vault) -> Media:
    """Keep a film file that lasts long enough in the vault.

    Raises:
        BadInput: It is no sound MP4, or too short.
    """
    told = shortened(path.name)
    for problem in _too_short(_judge_clip(path, told), seconds, told):
        raise BadInput(problem)
    return keep_file(vault, path, "mp4")


def _judged_picture(path: str, folder: Path | None, vault: Vault, told: str) -> _Picture:
    if _KEY.fullmatch(path):
        return _Picture(kept_picture(path, vault, told).image.size, lambda: path)
    file = inside(path, _beside(folder, told), told)
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{told}: cannot be read ({error.strerror}); check its permissions") from error
    picture = sound_picture(data, told)
    size, suffix = picture.image.size, picture.suffix  # its pixels are not held until it is kept
    return _Picture(size, lambda: keep(vault, data, suffix).key)


def _judged_film(path: str, folder: Path | None, vault: Vault, told: str) -> _Film:
    if _KEY.fullmatch(path):
        return _Film(_kept_film(path, vault, told), lambda: path)
    file = inside(path, _beside(folder, told), told)
    return _Film(_judge_clip(file, told), lambda: keep_file(vault, file, "mp4").key)


def _beside(folder: Path | None, told: str) -> Path:
    if folder is None:
        raise BadInput(
            f"{told}: this shot list came without a folder; name the file by its key in the vault (media/...)"
        )
    return folder


def _judge_clip(path: Path, told: str) -> Footage:
    try:
        if path.stat().st_size > MAX_CLIP_BYTES:
            raise BadInput(f"{told}: has more than {MAX_CLIP_BYTES // 10**9} GB; give a shorter or smaller film")
        return verify(path)
    except OSError as error:
        raise BadInput(f"{told}: cannot be read ({error.strerror or error}); check the name") from error
    except FootageError as error:
        raise BadInput(f"{told}: {error}; give a sound MP4 film") from error


def _kept_film(key: str, vault: Vault, told: str) -> Footage:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.mp4"
        try:
            vault.download(key, path)
        except VaultError as error:
            raise BadInput(f"{told}: {vault.url} has no such film; give the file instead") from error
        return _judge_clip(path, told)


def check_clip(vault: Vault, media_key: str, seconds: float, told: str) -> None:
    """Return if the vault has a film under a key that lasts long enough.

    Raises:
        BadInput: It has none, or it is no sound film, or too short.
    """
    for problem in _too_short(_kept_film(media_key, vault, told), seconds, told):
        raise BadInput(problem)


def _too_short(footage: Footage, seconds: float, told: str) -> Iterator[str]:
    if footage.seconds < seconds - 0.5 / footage.fps:
        yield f"{told}: lasts {footage.seconds:.2f} s; the shot shows {seconds:g} s; give a longer one"


def conformed(vault: Vault, media: Media, size: tuple[int, int], fps: int) -> Media:
    """Return a film at a cut's size and rate: itself where it fits, else a copy of it made to fit. Blocks.

    It is scaled to fit, never stretched, on black; at another rate frames repeat or drop.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = fetch_file(vault, media, folder / "own.mp4")
        reel = read_reel(source, fps)
        if reel.kind is not None and (reel.kind.width, reel.kind.height) == size:
            return media
        clip = Clip(shot="own", media=media, frames=reel.length(fps))
        cut = Cut(production="own", width=size[0], height=size[1], fps=fps, clips=(clip,))
        assemble(cut, {media.sha256: source}, folder / "fitted.mp4")
        return keep_file(vault, folder / "fitted.mp4", "mp4")
