import json

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps
from pydantic import ValidationError

from onereel.likeness import (
    Fingerprint,
    Thresholds,
    column,
    distance,
    fingerprint,
    frozen,
    near_duplicates,
    repeats,
    same_picture,
    search,
)
from tests.photographs import photographs
from tests.pictures_drawn import decoded, encoded, scene

SIZE = (688, 384)


def plain(level):
    return Image.new("RGB", SIZE, (level, level, level))


def night(*stars):
    image = Image.new("RGB", SIZE, (4, 4, 10))
    for x, y in stars:
        ImageDraw.Draw(image).ellipse((x, y, x + 20, y + 20), fill="white")
    return image


def crop(image, share):
    dx, dy = int(image.width * share), int(image.height * share)
    return image.crop((dx, dy, image.width - dx, image.height - dy)).resize(image.size)


COPIES = {
    "JPEG 90": lambda image: decoded(encoded(image, "JPEG", quality=90)),
    "JPEG 50": lambda image: decoded(encoded(image, "JPEG", quality=50)),
    "JPEG 20": lambda image: decoded(encoded(image, "JPEG", quality=20)),
    "WebP 60": lambda image: decoded(encoded(image, "WEBP", quality=60)),
    "half size": lambda image: image.resize((image.width // 2, image.height // 2)),
    "double size": lambda image: image.resize((image.width * 2, image.height * 2)),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
}


@pytest.mark.parametrize("size", [(640, 287), (160, 90), (33, 17)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_the_hash_of_a_small_picture_is_bit_for_bit_the_published_one(size, mode):
    image = scene(3, size).convert(mode)

    assert fingerprint(image).phash == str(imagehash.phash(image.convert("RGB")))


@pytest.mark.parametrize("photograph", photographs(), ids=lambda path: path.stem)
def test_the_hash_of_a_photograph_is_within_two_bits_of_the_published_one_at_any_size(photograph):
    image = Image.open(photograph).convert("RGB").resize((2752, 1536), Image.Resampling.LANCZOS)

    assert (int(fingerprint(image).phash, 16) ^ int(str(imagehash.phash(image)), 16)).bit_count() <= 2


def test_a_fingerprint_survives_json_and_stays_below_a_kilobyte():
    mark = fingerprint(scene())

    assert Fingerprint.model_validate_json(mark.model_dump_json()) == mark
    assert len(mark.model_dump_json()) < 1000


@pytest.mark.parametrize("broken", [{"phash": "12"}, {"thumb": "AAAA"}, {"phash": "z" * 16}])
def test_a_fingerprint_of_another_shape_is_refused(broken):
    with pytest.raises(ValidationError):
        Fingerprint.model_validate(json.loads(fingerprint(scene()).model_dump_json()) | broken)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("seed", range(8))
def test_a_copy_is_the_same_picture_however_it_was_encoded(seed, how):
    image = scene(seed, SIZE)

    assert same_picture(fingerprint(image), fingerprint(COPIES[how](image)))


def test_different_pictures_are_never_the_same_picture():
    marks = [fingerprint(scene(seed, SIZE)) for seed in range(60)]

    assert not [(a, b) for a in range(60) for b in range(a) if same_picture(marks[a], marks[b])]


@pytest.mark.parametrize("gain", [0.6, 1.5])
def test_a_picture_graded_anew_is_another_picture_although_the_hash_hardly_sees_it(gain):
    image = scene(5, SIZE)
    graded = fingerprint(ImageEnhance.Brightness(image).enhance(gain))

    assert distance(fingerprint(image), graded).bits <= 10
    assert not same_picture(fingerprint(image), graded)


def test_a_mirrored_picture_is_another_picture():
    image = scene(5, SIZE)

    assert not same_picture(fingerprint(image), fingerprint(ImageOps.mirror(image)))


def test_distance_counts_bits_and_colour_and_the_cell_that_differs_most():
    apart = distance(fingerprint(scene(1, SIZE)), fingerprint(scene(2, SIZE)))

    assert apart.bits >= 18
    assert 5 < apart.colour < apart.peak <= 255


def test_equal_pictures_are_at_distance_nothing():
    apart = distance(fingerprint(scene()), fingerprint(scene()))

    assert (apart.bits, apart.colour, apart.peak) == (0, 0, 0)


def test_black_and_white_are_flat_and_told_apart_by_colour():
    black, white = fingerprint(plain(0)), fingerprint(plain(255))

    assert black.flat
    assert white.flat
    assert distance(black, white).bits is None
    assert not same_picture(black, white)
    assert not frozen(black, white)
    assert same_picture(black, fingerprint(plain(2)))


def test_a_star_in_a_black_sky_is_a_difference():
    empty, one, moved = (fingerprint(sky) for sky in (night(), night((100, 100)), night((500, 300))))

    assert not frozen(empty, one)
    assert not same_picture(one, moved)
    assert same_picture(one, fingerprint(COPIES["JPEG 50"](night((100, 100)))))


def test_keyframes_that_hardly_differ_would_film_as_a_frozen_take():
    image = scene(7, SIZE)

    assert frozen(fingerprint(image), fingerprint(image))
    assert frozen(fingerprint(image), fingerprint(COPIES["JPEG 90"](image)))


def test_a_slow_push_in_is_not_frozen():
    for seed in range(8):
        image = scene(seed, SIZE)

        assert not frozen(fingerprint(image), fingerprint(crop(image, 0.075)))


def test_another_shots_keyframe_is_repeated_by_a_copy_and_not_by_another_picture():
    image = scene(9, SIZE)

    assert repeats(fingerprint(image), fingerprint(COPIES["JPEG 20"](image)))
    assert not repeats(fingerprint(image), fingerprint(scene(10, SIZE)))


def test_candidates_that_are_nearly_the_same_count_as_one():
    first, second = scene(1, SIZE), scene(2, SIZE)
    candidates = [first, second, COPIES["JPEG 90"](first), COPIES["WebP 60"](second)]

    assert near_duplicates([fingerprint(image) for image in candidates]) == ((0, 2), (1, 3))


def test_a_day_and_a_night_version_are_two_candidates():
    image = scene(1, SIZE)
    dark = ImageEnhance.Brightness(image).enhance(0.5)

    assert near_duplicates([fingerprint(image), fingerprint(dark)]) == ((0,), (1,))


def test_no_candidates_are_no_groups():
    assert near_duplicates([]) == ()


def test_thresholds_can_be_set():
    image = scene(5, SIZE)
    graded = fingerprint(ImageEnhance.Brightness(image).enhance(0.8))

    assert same_picture(fingerprint(image), graded, Thresholds(same_colour=60))
    assert not same_picture(fingerprint(image), graded, Thresholds(same_colour=1))


@pytest.mark.parametrize("field", ["frozen_bits", "same_bits", "duplicate_bits"])
def test_a_threshold_beyond_the_hash_is_refused(field):
    with pytest.raises(ValidationError):
        Thresholds(**{field: 65})


def test_a_search_finds_the_copies_among_many_nearest_first():
    marks = [fingerprint(scene(seed, SIZE)) for seed in range(40)]
    wanted = fingerprint(COPIES["JPEG 20"](scene(17, SIZE)))

    assert search(column(marks), wanted).tolist() == [17]
    assert search(column(marks), wanted, bits=64).tolist()[0] == 17
    assert len(search(column(marks), wanted, bits=64)) == 40


def test_a_search_through_millions_finds_what_a_plain_loop_finds():
    rng = np.random.default_rng(7)
    hashes = rng.integers(0, 2**64, 2_200_000, np.uint64, endpoint=False)
    wanted = fingerprint(scene(1, SIZE))
    hashes[[5, 1_100_000, 2_199_999]] = np.uint64(int(wanted.phash, 16)) ^ np.array([1, 3, 7], np.uint64)

    assert search(hashes, wanted, bits=4).tolist() == [5, 1_100_000, 2_199_999]


def test_a_search_through_nothing_finds_nothing():
    assert search(np.array([], np.uint64), fingerprint(scene())).tolist() == []
