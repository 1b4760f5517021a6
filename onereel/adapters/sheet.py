"""Papers with pictures: the poster and the contact sheet."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from onereel.adapters.card import AMBER, FADED, INK, PAPER, slate_card
from onereel.adapters.film import frame_at
from onereel.cut import Clip, Cut
from onereel.errors import FootageError
from onereel.typeface import shortened, typeface

CANDIDATES = 8
"""Takes looked at for a poster, spread over the cut."""

WIDTH = 1600
"""Width of a contact sheet in pixels."""

MARGIN, GAP = 48, 18
HEADER = 138
CAPTION = 66
RULE = (44, 46, 52)
BORDER = (58, 60, 66)
COLUMNS = ((2, 2), (9, 3), (40, 4), (100, 5), (240, 6))
"""Up to so many shots, so many tiles in a row; beyond, `MOST_COLUMNS`."""

MOST_COLUMNS = 8
PORTRAIT_COLUMNS = 2
"""Further tiles in a row when the film is taller than wide."""


def poster(cut: Cut, paths: Mapping[str, Path], openings: Mapping[str, bytes]) -> bytes:
    """Return the cut's strongest opening picture as a JPEG of the cut's size: sharp, with contrast, no slate card.

    Args:
        cut: The edit.
        paths: Where each take's film lies, by SHA-256.
        openings: Small copies of first frames, by the SHA-256 of the film: what has one is chosen by it.

    Raises:
        FootageError: A film is missing or cannot be decoded.
    """
    filmed = [clip for clip in cut.clips if clip.media]
    if not filmed:
        return _jpeg(_fitted(slate_card(cut, cut.clips[0]), (cut.width, cut.height)))
    chosen = dict.fromkeys(filmed[k * len(filmed) // CANDIDATES] for k in range(CANDIDATES))
    best = max(chosen, key=lambda clip: _strength(_opening(cut, clip, paths, openings)))
    return _jpeg(_fitted(frame_at(_path(best, paths), best.skip_frames), (cut.width, cut.height)))


def contact_sheet(
    cut: Cut, paths: Mapping[str, Path], openings: Mapping[str, bytes], *, title: str = "", rehearsal: bool = False
) -> bytes:
    """Return a JPEG, `WIDTH` pixels wide, with every shot's opening frame, length and take.

    Args:
        cut: The edit.
        paths: Where each take's film lies, by SHA-256.
        openings: Small copies of first frames, by the SHA-256 of the film; where there is none, the film is decoded.
        title: What the production is called; its slug if empty.
        rehearsal: Say loudly that nothing of it was filmed for money.

    Raises:
        FootageError: A film is missing or cannot be decoded.
    """
    grid = _Grid.of(cut)
    sheet = Image.new("RGB", (WIDTH, grid.bottom), INK)
    draw = ImageDraw.Draw(sheet)
    _head(draw, cut, title or cut.production)
    marks = ["REHEARSAL"] * rehearsal + sorted({clip.stamp for clip in cut.clips if clip.stamp})
    if marks:
        _badge(draw, " · ".join(marks))
    for number, clip in enumerate(cut.clips):
        at = grid.corner(number)
        sheet.paste(_fitted(_opening(cut, clip, paths, openings), grid.tile), at)
        draw.rectangle((at[0], at[1], at[0] + grid.tile[0] - 1, at[1] + grid.tile[1] - 1), outline=BORDER)
        _caption(draw, clip, cut.fps, (at[0], at[1] + grid.tile[1] + 10), grid.tile[0])
    return _jpeg(sheet)


@dataclass(frozen=True)
class _Grid:
    """Where the tiles lie."""

    columns: int
    rows: int
    tile: tuple[int, int]

    @classmethod
    def of(cls, cut: Cut) -> "_Grid":
        """Lay out a cut's clips."""
        count = len(cut.clips)
        columns = next((columns for most, columns in COLUMNS if count <= most), MOST_COLUMNS)
        if cut.height > cut.width:
            columns += PORTRAIT_COLUMNS
        width = (WIDTH - 2 * MARGIN - (columns - 1) * GAP) // columns
        return cls(columns, -(-count // columns), (width, round(width * cut.height / cut.width)))

    @property
    def pitch(self) -> int:
        """Height of a row with its captions and the space below."""
        return self.tile[1] + CAPTION + GAP

    @property
    def bottom(self) -> int:
        """Height of the sheet."""
        return MARGIN + HEADER + self.rows * self.pitch + MARGIN // 2

    def corner(self, number: int) -> tuple[int, int]:
        """Return a tile's upper left corner."""
        row, column = divmod(number, self.columns)
        return MARGIN + column * (self.tile[0] + GAP), MARGIN + HEADER + row * self.pitch


def _head(draw: ImageDraw.ImageDraw, cut: Cut, title: str) -> None:
    gaps = sum(clip.media is None for clip in cut.clips)
    shots = len({clip.shot for clip in cut.clips})
    facts = [f"{shots} shot{'' if shots == 1 else 's'}", _length(cut.seconds), f"{cut.width}x{cut.height}"]
    facts += [f"{cut.fps} fps"] + [f"{gaps} on slates"] * bool(gaps)
    face = typeface(46)
    face.write(draw, (MARGIN - 2, MARGIN), shortened(title, face, WIDTH - 2 * MARGIN - 320), PAPER)
    typeface(21).write(draw, (MARGIN, MARGIN + 64), "   ·   ".join(facts), FADED)
    draw.line((MARGIN, MARGIN + HEADER - 30, WIDTH - MARGIN, MARGIN + HEADER - 30), RULE)


def _badge(draw: ImageDraw.ImageDraw, words: str) -> None:
    face = typeface(22)
    width = round(face.getlength(words))
    left, top = WIDTH - MARGIN - width - 36, MARGIN + 8
    draw.rounded_rectangle((left, top, WIDTH - MARGIN, top + 42), radius=6, outline=AMBER, width=2)
    face.write(draw, (left + 18, top + 21), words, AMBER, "lm")


def _caption(draw: ImageDraw.ImageDraw, clip: Clip, fps: int, at: tuple[int, int], width: int) -> None:
    left, top = at
    big, small = typeface(21), typeface(17)
    length = f"{clip.frames / fps:.1f} s" + (" · fade" if clip.transition == "fade" else "")
    take = clip.slate.rpartition("/")[2] if clip.media else "slate"
    if clip.stamp.lower() != take:
        take = f"{take} {clip.stamp.lower()}".strip()
    room = width - small.getlength(length) - 14
    big.write(draw, (left, top), shortened(clip.shot, big, int(room)), PAPER)
    beside = left + big.getlength(clip.shot) + 10
    if beside + small.getlength(take) < left + room:
        small.write(draw, (beside, top + 4), take, FADED if clip.media else AMBER)
    small.write(draw, (left + width, top + 4), length, FADED, "ra")
    told = (clip.title, FADED) if clip.media else (clip.reason or clip.title, AMBER)
    small.write(draw, (left, top + 30), shortened(told[0], small, width), told[1])


def _length(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{int(rest):02d}" if minutes else f"{rest:.1f} s"


def _opening(cut: Cut, clip: Clip, paths: Mapping[str, Path], openings: Mapping[str, bytes]) -> Image.Image:
    """Return the first picture of a clip, perhaps a small one."""
    if clip.media is None:
        return slate_card(cut, clip)
    path, small = _path(clip, paths), openings.get(clip.media.sha256)
    if small is None or clip.skip_frames:
        return frame_at(path, clip.skip_frames)
    return Image.open(io.BytesIO(small)).convert("RGB")


def _path(clip: Clip, paths: Mapping[str, Path]) -> Path:
    if clip.media is None or clip.media.sha256 not in paths:
        raise FootageError(f"no film was given for {clip.slate or clip.shot}")
    return paths[clip.media.sha256]


def _fitted(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return ImageOps.pad(image, size, Image.Resampling.LANCZOS, color=(0, 0, 0))


def _strength(image: Image.Image) -> float:
    """Return how much there is to see: contrast times detail of a small grey copy."""
    luma = np.asarray(image.convert("L").resize((320, 180), Image.Resampling.BOX), np.float32)
    detail = np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean()
    return float(luma.std() * detail)


def _jpeg(image: Image.Image) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=90, subsampling=0, optimize=True)
    return target.getvalue()
