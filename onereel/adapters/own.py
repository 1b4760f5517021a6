"""Own material: pictures and clips a producer brings. Judged like everything from outside, kept byte for byte."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from onereel.adapters.briefs import inside, sound_picture
from onereel.adapters.complaints import shortened
from onereel.adapters.film import inspect
from onereel.adapters.master import assemble
from onereel.adapters.pictures import MAX_BYTES
from onereel.adapters.reel import read_reel
from onereel.crew import Vault
from onereel.cut import Clip, Cut
from onereel.errors import BadInput, FootageError, VaultError
from onereel.footage import Footage, Media
from onereel.media import fetch_file, keep, keep_file
from onereel.storyboard import OWN_FILES, Storyboard

MAX_CLIP_BYTES: Final = 2_000_000_000
"""Longest film file that is opened: ten minutes of 4K at 27 Mbit/s."""


def store_own(storyboard: Storyboard, folder: Path, vault: Vault) -> Storyboard:
    """Keep the files a shot list names in the vault, and return it naming them by key.

    A path is relative to the shot list's folder and must not lead out of it, not by links either. Everything is judged
    before the first is kept.

    Raises:
        BadInput: A file is not a sound picture or film in that folder; says every one that is not, a line each.
    """
    found: dict[str, Callable[[], Media]] = {}
    wrong: list[str] = []
    for shot in storyboard.shots:
        for name in OWN_FILES:
            path = getattr(shot, name)
            if not path or path in found or path.startswith("media/"):
                continue
            try:
                found[path] = _judged(path, folder, vault, f"{shot.id}: {name} {shortened(path)}", name)
            except BadInput as error:
                wrong.append(str(error))
    if wrong:
        raise BadInput("\n".join(wrong))
    keys = {path: store().key for path, store in found.items()}
    shots = (
        shot.model_copy(update={name: keys.get(getattr(shot, name), getattr(shot, name)) for name in OWN_FILES})
        for shot in storyboard.shots
    )
    return storyboard.model_copy(update={"shots": tuple(shots)})


def store_clip(path: Path, vault: Vault) -> Media:
    """Keep a film file in the vault.

    Raises:
        BadInput: It is no sound MP4.
    """
    _judge_clip(path, shortened(path.name))
    return keep_file(vault, path, "mp4")


def _judged(path: str, folder: Path, vault: Vault, told: str, name: str) -> Callable[[], Media]:
    file = inside(path, folder, told)
    if name == "clip_file":
        _judge_clip(file, told)
        return lambda: keep_file(vault, file, "mp4")
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{told}: cannot be read ({error.strerror}); check its permissions") from error
    media = sound_picture(data, told)
    return lambda: keep(vault, data, media.suffix)


def _judge_clip(path: Path, told: str) -> Footage:
    try:
        if path.stat().st_size > MAX_CLIP_BYTES:
            raise BadInput(f"{told}: has more than {MAX_CLIP_BYTES // 10**9} GB; give a shorter or smaller film")
        return inspect(path).footage
    except OSError as error:
        raise BadInput(f"{told}: cannot be read ({error.strerror or error}); check the name") from error
    except FootageError as error:
        raise BadInput(f"{told}: {error}; give a sound MP4 film") from error


def check_clip(vault: Vault, media_key: str, seconds: float, told: str) -> None:
    """Return if the vault has a film under a key that lasts long enough.

    Raises:
        BadInput: It has none, or it is no sound film, or too short.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.mp4"
        try:
            vault.download(media_key, path)
        except VaultError as error:
            raise BadInput(f"{told}: {vault.url} has no such film; give the file instead") from error
        footage = _judge_clip(path, told)
    if footage.seconds < seconds - 0.5 / footage.fps:
        raise BadInput(f"{told}: lasts {footage.seconds:.2f} s; the shot shows {seconds:g} s; give a longer one")


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
