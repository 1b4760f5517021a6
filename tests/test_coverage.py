"""How long a shot is filmed: never shorter than asked, never dearer than it must be."""

from collections import deque

import pytest

from onereel.coverage import Coverage, cover, first_lengths, reachable
from onereel.prices import film_usd
from tests.productions import LITE, OMNI, TABLE, VEO

OMNI_11 = "gemini-omni-1.1-flash"
EVERY_WAY = [
    (camera, resolution, references, extend)
    for camera in TABLE.video.values()
    for resolution in camera.limits.usd_per_second
    for references in (False, True)
    for extend in (False, True)
]


def of(camera, seconds, resolution="720p", **ways):
    return cover(seconds, TABLE.camera(camera).limits, resolution, **ways)


@pytest.mark.parametrize(
    ("seconds", "first", "extensions"),
    [
        (1, 4, ()),
        (4, 4, ()),
        (4.04, 6, ()),
        (8, 8, ()),
        (8.5, 4, (7,)),
        (13, 6, (7,)),
        (15.1, 4, (7, 7)),
        (30, 4, (7,) * 4),
        (36, 8, (7,) * 4),
    ],
)
def test_veo_films_four_six_or_eight_seconds_and_hops_of_seven(seconds, first, extensions):
    assert of(VEO, seconds) == Coverage(first=first, extensions=extensions)


@pytest.mark.parametrize("resolution", ["1080p", "4k"])
def test_large_pictures_start_with_eight_seconds(resolution):
    assert of(VEO, 3, resolution) == Coverage(first=8)
    assert of(VEO, 9, resolution) == Coverage(first=8, extensions=(7,))


def test_veo_follows_references_for_eight_seconds():
    assert of(VEO, 3, references=True) == Coverage(first=8)


@pytest.mark.parametrize("seconds", range(3, 31))
def test_omni_films_any_whole_length(seconds):
    coverage = of(OMNI, seconds)

    assert coverage.seconds == seconds
    assert len(coverage.extensions) == (0 if seconds <= 15 else 1 if seconds <= 25 else 2)


@pytest.mark.parametrize("seconds", range(3, 41))
def test_the_older_omni_films_ten_seconds_at_once_and_forty_in_all(seconds):
    assert of(OMNI_11, seconds).seconds == seconds


@pytest.mark.parametrize(
    ("camera", "seconds"), [(VEO, 36.1), (VEO, 37), (LITE, 8.1), (OMNI, 30.1), (OMNI_11, 40.5), (VEO, 500)]
)
def test_what_is_too_long_has_no_coverage(camera, seconds):
    assert of(camera, seconds) is None


@pytest.mark.parametrize(("camera", "most"), [(VEO, 8), (OMNI, 15), (OMNI_11, 10)])
def test_a_clip_that_must_end_on_a_frame_is_not_extended(camera, most):
    assert of(camera, most, extend=False) == Coverage(first=most)
    assert of(camera, most + 0.1, extend=False) is None


@pytest.mark.parametrize(("camera", "resolution", "references", "extend"), EVERY_WAY)
def test_no_combination_is_cheaper_or_needs_fewer_extensions(camera, resolution, references, extend):
    possible = every_length(camera.limits, resolution, references, extend)

    for half in range(1, 2 * 45, 3):
        seconds = half / 2
        long_enough = {total: hops for total, hops in possible.items() if total >= seconds}
        found = cover(seconds, camera.limits, resolution, references=references, extend=extend)
        if not long_enough:
            assert found is None
            continue
        prices = {total: film_usd(camera, resolution, total, sound=True) for total in long_enough}
        assert found.seconds >= seconds
        assert film_usd(camera, resolution, found.seconds, sound=True) == min(prices.values())
        assert len(found.extensions) == long_enough[found.seconds]


@pytest.mark.parametrize(("camera", "resolution", "references", "extend"), EVERY_WAY)
def test_every_coverage_is_legal(camera, resolution, references, extend):
    limits = camera.limits

    for coverage in reachable(limits, resolution, references=references, extend=extend):
        length = coverage.first
        assert length in limits.first
        assert length in limits.first_at.get(resolution, limits.first)
        assert not (references and limits.references_first) or length in limits.references_first
        for step in coverage.extensions:
            assert extend
            assert resolution in limits.extension_at
            assert step in limits.extension
            assert length <= limits.extension_input
            length += step
        assert length == coverage.seconds <= limits.total


def every_length(limits, resolution, references, extend):
    """Every length there is, and the fewest extensions it takes: all combinations, by the rules as they are written."""
    fewest = {}
    queue = deque((first, 0) for first in first_lengths(limits, resolution, references=references))
    while queue:
        length, hops = queue.popleft()
        if hops >= fewest.get(length, 99):
            continue
        fewest[length] = hops
        if extend and resolution in limits.extension_at and length <= limits.extension_input:
            queue.extend((length + step, hops + 1) for step in limits.extension if length + step <= limits.total)
    return fewest
