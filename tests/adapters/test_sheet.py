"""Papers with pictures show what is in the cut."""

import io

import numpy as np
import pytest
from PIL import Image

from onereel.adapters.card import slate_card
from onereel.adapters.sheet import contact_sheet, poster
from onereel.cut import Clip, Cut
from onereel.errors import FootageError
from onereel.footage import Media
from tests.film_fixtures import film


@pytest.fixture
def paths(tmp_path):
    path = film(tmp_path / "s010.mp4", frames=24, sound=False)
    return {Media.of(path.read_bytes(), "mp4").sha256: path}


def cut_of(paths, count: int = 3, *, width: int = 160, height: int = 96) -> Cut:
    media = Media.of(next(iter(paths.values())).read_bytes(), "mp4")
    filmed = [Clip(shot=f"s{k:03d}", slate=f"l/s{k:03d}/t01", media=media, frames=24) for k in range(count - 1)]
    return Cut(
        production="lighthouse",
        width=width,
        height=height,
        clips=(*filmed, Clip(shot="s999", frames=24, reason="Lost.")),
    )


def test_a_poster_has_the_size_of_the_film(paths):
    image = Image.open(io.BytesIO(poster(cut_of(paths), paths, {})))

    assert (image.format, image.size) == ("JPEG", (160, 96))


def test_a_poster_of_nothing_but_gaps_is_the_slate_card(paths):
    gap = Cut(production="lighthouse", width=640, height=360, clips=(Clip(shot="s010", frames=24),))

    assert np.asarray(Image.open(io.BytesIO(poster(gap, paths, {})))).mean() < 40


@pytest.mark.parametrize(("count", "columns"), [(2, 2), (7, 3), (12, 4), (60, 5)])
def test_a_contact_sheet_has_a_tile_for_every_shot(paths, count, columns):
    sheet = Image.open(io.BytesIO(contact_sheet(cut_of(paths, count), paths, {})))

    tile = (1600 - 96 - 18 * (columns - 1)) // columns
    rows = -(-count // columns)
    assert sheet.width == 1600
    assert sheet.height == 48 + 138 + rows * (round(tile * 96 / 160) + 66 + 18) + 24


def test_a_thousand_shots_fit_a_jpeg(paths):
    cut = cut_of(paths, 2)
    gaps = tuple(Clip(shot=f"s{k:04d}", frames=24) for k in range(1000))
    sheet = Image.open(io.BytesIO(contact_sheet(cut.model_copy(update={"clips": gaps}), paths, {})))

    assert sheet.height < 65_500


def test_a_rehearsal_says_so_on_its_sheet(paths):
    cut = cut_of(paths)
    plain, marked = (
        np.asarray(Image.open(io.BytesIO(contact_sheet(cut, paths, {}, rehearsal=said))).convert("L"))[40:110, 1350:]
        for said in (False, True)
    )

    assert plain.max() < 60
    assert marked.max() > 140


def test_a_missing_film_is_named(paths):
    with pytest.raises(FootageError, match="no film was given for l/s000/t01"):
        contact_sheet(cut_of(paths), {}, {})


@pytest.mark.parametrize("size", [(160, 96), (1280, 720), (720, 1280), (3840, 2160)])
def test_a_slate_card_fits_every_size(size):
    cut = Cut(production="lighthouse", width=size[0], height=size[1], clips=(Clip(shot="s010", frames=1),))

    assert slate_card(cut, cut.clips[0]).size == size


@pytest.mark.parametrize("title", ["海浪与灯塔", "عاصفة", "嵐の夜"])
def test_titles_in_any_script_are_on_the_card_and_on_the_sheet(paths, title):
    clip = Clip(shot="s010", frames=24, title=title, reason=title)
    cut = cut_of(paths).model_copy(update={"clips": (clip,), "width": 640, "height": 360})
    without = cut.model_copy(update={"clips": (clip.model_copy(update={"title": "", "reason": "x"}),)})

    card, plain = (np.asarray(slate_card(one, one.clips[0]).convert("L"), int) for one in (cut, without))
    sheets = [contact_sheet(cut, paths, {}, title=one) for one in (title, "…")]

    assert np.abs(card - plain).max() > 100
    assert sheets[0] != sheets[1]
