import contextlib
import random
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from onereel.adapters.pictures import check_drawing, fit, inspect_picture, open_picture, thumbnail
from onereel.errors import BadInput, FootageError
from onereel.likeness import fingerprint, same_picture
from onereel.pixels import PIXELS, drawing_size, enlargement
from tests.pictures_drawn import decoded, encoded, scene

SMALL = (344, 192)


def of_size(width, height):
    return open_picture(encoded(Image.new("RGB", (width, height)), "PNG"))


def png_claiming(width, height):
    """A PNG of a few hundred bytes whose header promises any size."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("kind", "suffix"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
def test_a_picture_is_known_by_its_bytes(kind, suffix):
    image = scene(1, SMALL)
    picture = inspect_picture(encoded(image, kind))

    assert (picture.width, picture.height, picture.suffix) == (*SMALL, suffix)
    assert same_picture(picture.fingerprint, fingerprint(image))


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PPM", "ICO"])
def test_other_formats_are_refused(kind):
    with pytest.raises(FootageError, match="not a PNG, JPEG or WebP"):
        inspect_picture(encoded(scene(1, (64, 64)), kind))


@pytest.mark.parametrize("data", [b"", b"hello", b"<svg/>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(FootageError):
        inspect_picture(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_picture_cut_short_is_refused(kind, share):
    data = encoded(scene(1, SMALL), kind)

    with pytest.raises(FootageError):
        inspect_picture(data[: int(len(data) * share)])


@pytest.mark.parametrize("level", [0, 6])
def test_one_flipped_bit_in_a_png_is_found(level):
    data = bytearray(encoded(scene(1, SMALL), compress_level=level))
    data[len(data) // 2] ^= 1

    with pytest.raises(FootageError, match="damaged"):
        inspect_picture(bytes(data))


def test_a_png_without_its_last_chunk_is_refused_although_every_pixel_is_there():
    with pytest.raises(FootageError):
        inspect_picture(encoded(scene(1, SMALL))[:-12])


def test_a_png_with_a_wrong_checksum_is_refused_although_it_decodes():
    data = bytearray(encoded(scene(1, SMALL)))
    data[-13] ^= 1

    with pytest.raises(FootageError, match="damaged"):
        inspect_picture(bytes(data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_damage_is_always_told_in_our_words(kind):
    whole, dice = encoded(scene(1, (96, 64)), kind), random.Random(kind)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        with contextlib.suppress(FootageError):
            inspect_picture(bytes(data[: dice.randrange(len(data) // 2, len(data) + 1)]))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("size", [(8000, 8000), (12000, 12000), (50000, 50000), (2**31 - 1, 1)])
def test_a_bomb_is_refused_before_it_is_decoded(size):
    with pytest.raises(FootageError, match="pixels"):
        inspect_picture(png_claiming(*size))


def test_a_file_too_long_is_refused_unread():
    with pytest.raises(FootageError, match="51 MB, at most 50 MB"):
        inspect_picture(encoded(scene(1, SMALL)) + bytes(51_000_000))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(kind):
    data = encoded(scene(1, SMALL), kind, save_all=True, append_images=[scene(2, SMALL)])

    with pytest.raises(FootageError, match="moves"):
        inspect_picture(data)


def test_a_phones_jpeg_with_a_second_picture_is_a_still():
    data = encoded(scene(1, SMALL), "MPO", save_all=True, append_images=[scene(2, SMALL)])
    picture = inspect_picture(data)

    assert picture.suffix == "jpg"
    assert same_picture(picture.fingerprint, fingerprint(scene(1, SMALL)))


def test_a_picture_is_seen_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = scene(1, SMALL).rotate(90, expand=True)
    picture = inspect_picture(encoded(lying, "JPEG", quality=95, exif=exif))

    assert (picture.width, picture.height) == SMALL
    assert same_picture(picture.fingerprint, fingerprint(scene(1, SMALL)))


def test_mid_grey_of_a_16_bit_scan_stays_mid_grey():
    data = encoded(Image.fromarray(np.full((18, 32), 0x8000, np.uint16)))

    assert decoded(fit(data, (16, 9))).getpixel((0, 0)) == (128, 128, 128)


@pytest.mark.parametrize("size", PIXELS)
@pytest.mark.parametrize("ratio", PIXELS["1K"])
def test_a_drawing_on_the_vendors_grid_passes(size, ratio):
    check_drawing(of_size(*drawing_size(ratio, size)), ratio, size)


@pytest.mark.parametrize("size", PIXELS)
@pytest.mark.parametrize("ratio", PIXELS["1K"])
def test_the_grid_has_the_shape_its_ratio_says(size, ratio):
    width, height = drawing_size(ratio, size)
    across, down = map(int, ratio.split(":"))

    assert width / height == pytest.approx(across / down, rel=0.02)


@pytest.mark.parametrize(
    ("pixels", "why"),
    [
        ((1024, 1024), "another shape"),
        ((768, 1376), "another shape"),
        ((1376, 735), "another shape"),
        ((2752, 1536), "another size"),
        ((688, 384), "another size"),
        ((1280, 714), "another size"),
    ],
)
def test_a_drawing_off_the_grid_is_refused_with_both_sizes(pixels, why):
    with pytest.raises(FootageError, match=f"{pixels[0]}x{pixels[1]}; 16:9 at 1K is 1376x768: {why}"):
        check_drawing(of_size(*pixels), "16:9", "1K")


def test_a_few_pixels_off_the_grid_are_tolerated():
    check_drawing(of_size(1360, 768), "16:9", "1K")


@pytest.mark.parametrize(("ratio", "size"), [("16:10", "1K"), ("16:9", "8K"), ("16:9", "1k")])
def test_a_size_nobody_draws_is_bad_input(ratio, size):
    with pytest.raises(BadInput, match="use one of"):
        check_drawing(of_size(1376, 768), ratio, size)


@pytest.mark.parametrize("frame", [(1280, 720), (720, 1280), (320, 180), (1376, 768)])
def test_a_fitted_picture_has_exactly_the_frame(frame):
    fitted = decoded(fit(encoded(scene(1)), frame))

    assert (fitted.format, fitted.mode, fitted.size) == ("PNG", "RGB", frame)


def test_fitting_twice_gives_the_same_bytes():
    data = encoded(scene(1), "JPEG")

    assert fit(data, (1280, 720)) == fit(data, (1280, 720))


def test_a_picture_of_the_frames_size_keeps_every_pixel():
    image = scene(1, (1280, 720))

    assert decoded(fit(encoded(image), (1280, 720))).tobytes() == image.tobytes()


def test_the_middle_is_kept_and_nothing_is_stretched():
    image = Image.new("RGB", (400, 100), "red")
    image.paste("blue", (150, 0, 250, 100))
    fitted = decoded(fit(encoded(image), (100, 100)))

    assert fitted.getcolors() == [(10000, (0, 0, 255))]


def test_transparency_becomes_black():
    image = Image.new("RGBA", (160, 90), (255, 0, 0, 0))

    assert decoded(fit(encoded(image), (160, 90))).getcolors() == [(160 * 90, (0, 0, 0))]


def test_metadata_stays_with_the_original():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("prompt", "secret")
    fitted = fit(encoded(scene(1, SMALL), pnginfo=notes, icc_profile=b"profile" * 99), SMALL)

    assert decoded(fitted).info == {}


def test_enlarging_is_told(caplog):
    with caplog.at_level("INFO", logger="onereel"):
        fit(encoded(scene(1, (640, 360))), (1280, 720))

    assert "640x360 was enlarged 2.00 times to fill 1280x720" in caplog.text


def test_shrinking_is_not_worth_a_word(caplog):
    with caplog.at_level("INFO", logger="onereel"):
        fit(encoded(scene(1)), (1280, 720))

    assert not caplog.text


def test_a_picture_far_too_small_is_refused():
    with pytest.raises(FootageError, match=r"enlarged 5\.62 times to fill 3840x2160, at most 3"):
        fit(encoded(scene(1, (688, 384))), (3840, 2160))


@pytest.mark.parametrize(
    ("picture", "frame", "factor"),
    [((1376, 768), (1280, 720), 0.9375), ((640, 360), (1280, 720), 2), ((100, 400), (200, 200), 2)],
)
def test_enlargement_is_what_filling_the_frame_takes(picture, frame, factor):
    assert enlargement(picture, frame) == factor


def test_a_thumbnail_is_a_small_webp_of_the_same_picture():
    data = thumbnail(encoded(scene(1)), 320)
    small = decoded(data)

    assert (small.format, small.width, small.height) == ("WEBP", 320, 179)
    assert len(data) <= 20_000
    assert same_picture(fingerprint(small), fingerprint(scene(1)))


def test_a_busy_thumbnail_is_made_to_fit():
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8))

    assert len(thumbnail(encoded(noise), 320)) <= 20_000


def test_a_thumbnail_is_never_larger_than_the_picture():
    assert decoded(thumbnail(encoded(scene(1, (100, 50))), 320)).size == (100, 50)


@pytest.mark.parametrize("make", [lambda data: fit(data, (16, 9)), thumbnail])
def test_nothing_is_made_of_a_broken_picture(make):
    with pytest.raises(FootageError):
        make(encoded(scene(1, SMALL))[:500])
