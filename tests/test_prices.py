"""What an order costs at most."""

from datetime import date

import pytest

from onereel.footage import Media
from onereel.models import Surface
from onereel.orders import ClipOrder, DrawOrder, ExtendOrder, Labelled, TextOrder
from onereel.prices import price, words_tokens
from tests.productions import DAY, OMNI, TABLE, VEO

PICTURE = Media.of(b"picture", "png")
CLIP = {"surface": Surface.AGENT_PLATFORM, "words": "A storm", "resolution": "720p", "aspect_ratio": "16:9"}
DRAWING = {
    "surface": Surface.GEMINI_API,
    "model": "gemini-3-pro-image",
    "words": "A storm",
    "aspect_ratio": "16:9",
    "size": "1K",
}


def usd(order, day=DAY):
    return price(order, TABLE, day)


def text(**said):
    return TextOrder(
        **{
            "surface": Surface.GEMINI_API,
            "model": "gemini-3.8-flash",
            "words": "w" * 3000,
            "answer": {},
            "thinking": "low",
            "most_tokens": 10_000,
            **said,
        }
    )


@pytest.mark.parametrize(
    ("model", "resolution", "sound", "seconds", "dollars"),
    [
        (VEO, "720p", True, 8, 3.20),
        (VEO, "720p", False, 8, 1.60),
        (VEO, "4k", True, 8, 4.80),
        ("veo-3.1-fast-generate-001", "1080p", True, 8, 0.96),
        (OMNI, "720p", True, 10, 0.70),
        (OMNI, "360p", True, 3, 0.069),
    ],
)
def test_film_is_charged_by_the_second(model, resolution, sound, seconds, dollars):
    order = ClipOrder(**{**CLIP, "model": model, "resolution": resolution, "sound": sound, "seconds": seconds})

    assert usd(order) == pytest.approx(dollars)


def test_silence_without_a_published_price_reserves_the_full_one():
    silent = ClipOrder(**CLIP, model="veo-3.1-fast-generate-001", seconds=8, sound=False)

    assert usd(silent) == usd(silent.model_copy(update={"sound": True}))


def test_an_extension_is_charged_for_what_it_adds():
    order = ExtendOrder(**CLIP, model=VEO, seconds=7, film=PICTURE, film_seconds=8)

    assert usd(order) == pytest.approx(2.80)


def test_a_drawing_costs_its_pixels_and_what_is_said_and_thought():
    plain = DrawOrder(**DRAWING)
    following = DrawOrder(**DRAWING, references=(Labelled(media=PICTURE, label="Reference 1: Mara"),))
    large = DrawOrder(**{**DRAWING, "size": "4K"})

    assert usd(plain) >= 1120 * 120e-6
    assert usd(following) > usd(plain)
    assert usd(large) - usd(plain) == pytest.approx((2000 - 1120) * 120e-6)


def test_a_redrawing_is_priced_with_all_the_pictures_said_before():
    again = DrawOrder(**DRAWING, canvas=PICTURE, history=Media.of(b"[]", "json"))

    assert usd(again) - usd(DrawOrder(**DRAWING)) == pytest.approx(15 * 1120 * 2e-6)


def test_writing_is_priced_at_its_longest_answer():
    assert usd(text()) == pytest.approx((1001 * 0.75 + 10_000 * 3.75) / 1e6, rel=1e-3)
    assert usd(text(most_tokens=20_000)) - usd(text()) == pytest.approx(10_000 * 3.75e-6)


def test_the_price_list_of_the_day_counts():
    assert usd(text(), date(2027, 1, 1)) == pytest.approx(2 * usd(text()))


@pytest.mark.parametrize(("words", "tokens"), [("", 0), ("a", 1), ("abc", 1), ("abcd", 2)])
def test_tokens_are_rounded_up(words, tokens):
    assert words_tokens(words) == tokens


@pytest.mark.parametrize(
    ("words", "tokens"),
    [("海浪" * 50, 100), ("さざなみ", 4), ("파도", 2), ("คลื่น", 5), ("लहर", 3), ("海 and sky", 4), ("Größe", 2), ("волны", 2), ("“…”", 1)],
)  # fmt: skip
def test_scripts_of_a_token_a_character_are_counted_so(words, tokens):
    assert words_tokens(words) == tokens


def test_what_is_written_in_chinese_costs_by_the_character():
    assert usd(text(words="海" * 3000)) == pytest.approx((3001 * 0.75 + 10_000 * 3.75) / 1e6, rel=1e-3)
