"""What is enclosed with a request: originals where they fit, and the same copy every time where they do not."""

import pytest

from onereel.adapters.enclosures import Enclosures
from onereel.adapters.pictures import lighter
from onereel.footage import Media
from onereel.media import fetch, keep
from tests.pictures_drawn import decoded, encoded, grain, scene

MOST = 2_000_000


@pytest.fixture(scope="module")
def grainy():
    return grain((1600, 900))


def enclosures(vault):
    return Enclosures(lambda media: fetch(vault, media), vault)


def test_a_copy_is_made_once_and_kept_beside_the_original(vault, grainy):
    original = keep(vault, grainy, "png")
    (first,) = enclosures(vault).references([original], left=10**9, most=MOST)
    (key,) = vault.keys("copies/")

    vault.write(key, b"what was sent once", "image/jpeg")
    (again,) = enclosures(vault).references([original], left=10**9, most=MOST)

    assert len(first.data) <= MOST
    assert original.sha256 in key
    assert again.data == b"what was sent once"


def test_of_what_fits_no_copy_is_made(vault):
    original = keep(vault, encoded(scene()), "png")

    (sent,) = enclosures(vault).references([original], left=10**9, most=MOST)

    assert (sent.data, sent.content_type) == (fetch(vault, original), "image/png")
    assert not list(vault.keys("copies/"))


def test_a_copy_is_made_where_nothing_keeps_it(grainy):
    original = Media.of(grainy, "png")

    copy = Enclosures(lambda _: grainy).frame(original, MOST)

    assert copy.content_type == "image/jpeg"
    assert decoded(copy.data).size == (1600, 900), "a frame keeps its size"


@pytest.mark.parametrize(("most", "side"), [(4_000_000, None), (1_200_000, None), (4_000_000, 800)])
def test_a_lighter_picture_is_as_good_as_fits(grainy, most, side):
    copy = lighter(grainy, most, side)

    assert len(copy) <= most
    assert max(decoded(copy).size) == (side or 1600)
    assert len(lighter(grainy, most // 2, side)) <= len(copy)
