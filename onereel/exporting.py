"""Exporting: an editor's folder of a cut. Everything in it links to the files beside it, so it may be moved whole."""

import logging
from pathlib import Path

from onereel.adapters.captions import subrip
from onereel.adapters.disk import disk_errors
from onereel.adapters.timeline import TakeFile, edit_list, final_cut, timeline
from onereel.crew import Vault
from onereel.errors import BadInput
from onereel.media import fetch_files
from onereel.papers import Manifest, ShotPapers
from onereel.slate import cut_prefix
from onereel.storyboard import Storyboard
from onereel.takes import Take

log = logging.getLogger(__name__)

TAKES = "takes"
COPIED = ("captions.vtt", "poster.jpg", "contact.jpg", "ledger.csv", "manifest.json")
"""Papers of the cut that are handed on as they are."""


def export(vault: Vault, manifest: Manifest, folder: Path) -> list[Path]:
    """Write a cut with all takes, timelines, captions and papers to a folder, and return the files. Blocks.

    Args:
        vault: Where the production is kept.
        manifest: Of the cut.
        folder: Where to; it is made if it is not there.

    Raises:
        BadInput: The folder holds something already.
        Corrupted, NotInVault: A file is not what was kept.
        VaultError: The disk refused.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder} holds something already; name a new or an empty folder")
    links = {papers.shot.id: [_link(take) for take in papers.takes] for papers in manifest.shots}
    films = {_link(take).link: take.film for papers in manifest.shots for take in papers.takes}
    for clip in manifest.cut.clips:  # an animatic shows what is no take
        if clip.media is not None and clip.slate not in {link.slate for link in links[clip.shot]}:
            shown = TakeFile(clip.slate, f"{TAKES}/{clip.shot}_{manifest.kind}.{clip.media.suffix}", clip.frames)
            links[clip.shot].append(shown)
            films[shown.link] = clip.media
    notes = {papers.shot.id: notes_of(papers) for papers in manifest.shots}
    board = Storyboard(title=manifest.title, shots=tuple(papers.shot for papers in manifest.shots))
    pieces = {take.slate: take.pieces for papers in manifest.shots for take in papers.takes}
    texts = {
        "cut.otio": timeline(manifest.cut, links, notes),
        "cut.edl": edit_list(manifest.cut, links),
        "cut.xml": final_cut(manifest.cut, links, notes),
        "captions.srt": subrip(manifest.cut, board, pieces),
    }
    prefix = cut_prefix(manifest.production, manifest.version)
    with disk_errors(f"cannot write {folder}"):
        (folder / TAKES).mkdir(parents=True, exist_ok=True)
        takes = {folder / link: media for link, media in films.items()}
        files = fetch_files(vault, {folder / "master.mp4": manifest.master, **takes})
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        for name in COPIED:
            vault.download(f"{prefix}{name}", folder / name)
    log.info("%s cut v%03d exported: %d takes", manifest.production, manifest.version, len(files) - 1)
    return [*files, *(folder / name for name in (*texts, *COPIED))]


def notes_of(papers: ShotPapers) -> tuple[str, ...]:
    """Return what was said of a shot: the director's note, and what was found in the take on screen."""
    found = [finding for take in papers.takes if take.slate == papers.active for finding in take.findings]
    return tuple(dict.fromkeys(filter(None, (papers.shot.note, *papers.state.findings, *found))))


def _link(take: Take) -> TakeFile:
    link = f"{TAKES}/{take.shot}_t{take.number:02d}.{take.film.suffix}"
    return TakeFile(take.slate, link, take.footage.frames, sound=take.footage.audio_seconds > 0)
