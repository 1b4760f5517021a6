"""What an order costs at most: the sum that is estimated, reserved, and shown before paying."""

import re
from datetime import date
from typing import Final

from onereel.models import CameraModel, ModelTable
from onereel.orders import AnyOrder, DrawOrder, ReviewOrder, TextOrder

CHARACTERS_PER_TOKEN = 3
"""Careful for English (about 4), and for what else is written in Latin, Greek, Cyrillic, Hebrew or Arabic letters."""
_DENSE: Final = re.compile("[\u0900-\u1dff\u2e80-\U0010ffff]")
"""Characters of which each counts as a token: those of the scripts of South and East Asia, of Georgia and Ethiopia, and
emoji. Chinese and Japanese have about 0.7 tokens a character, Thai and Hindi up to one."""
TOKENS_PER_PICTURE = 1120
"""Most tokens one reference picture is counted as."""
TOKENS_PER_FRAME = 258
"""Most tokens one picture of a film is counted as; newer models count 70."""
TOKENS_PER_SECOND = 40
"""Sound and time of a second of film."""
THINKING_TOKENS = 1000
"""Allowance for an image model's thinking, which no price list bounds."""


def words_tokens(text: str) -> int:
    """Return about how many tokens a text is, rounded up."""
    dense = dense_characters(text)
    return dense - (-(len(text) - dense) // CHARACTERS_PER_TOKEN)


def dense_characters(text: str) -> int:
    """Return how many characters of a text are a token each."""
    return 0 if text.isascii() else len(_DENSE.findall(text))


def price(order: AnyOrder, table: ModelTable, day: date) -> float:
    """Return the most an order can cost, in US dollars."""
    if isinstance(order, TextOrder):
        rates = table.writer(order.model).price(day)
        tokens = words_tokens(order.words) + words_tokens(str(order.answer))
        return round((tokens * rates.input_usd + order.most_tokens * rates.output_usd) / 1e6, 6)
    if isinstance(order, ReviewOrder):
        words = order.words + str(order.answer)
        film = film_tokens(order.film_seconds, order.film_fps)
        return review_usd(table, order.model, day, words, len(order.pictures), order.most_tokens, film)
    if isinstance(order, DrawOrder):
        tokens = words_tokens(order.words)
        if order.canvas is not None:
            return redrawing_usd(table, order.model, order.size, tokens)
        return drawing_usd(table, order.model, order.size, tokens, len(order.references))
    return film_usd(table.camera(order.model), order.resolution, order.seconds, sound=order.sound)


def review_usd(
    table: ModelTable, model: str, day: date, words: str, pictures: int, most_tokens: int, film: float = 0.0
) -> float:
    """Return the most one review costs: its question and schema, what it is shown, and the longest answer.

    Args:
        table: The prices.
        model: Who judges.
        day: When.
        words: The question and the schema of the answer.
        pictures: How many are shown.
        most_tokens: Longest answer, thinking included.
        film: Tokens of the film that is shown.
    """
    rates = table.writer(model).price(day)
    tokens = words_tokens(words) + pictures * TOKENS_PER_PICTURE + film
    return round((tokens * rates.input_usd + most_tokens * rates.output_usd) / 1e6, 6)


def film_tokens(seconds: float, fps: float) -> float:
    """Return the most tokens a film counts as when so many pictures a second are looked at."""
    return seconds * (fps * TOKENS_PER_FRAME + TOKENS_PER_SECOND)


def drawing_usd(table: ModelTable, model: str, size: str, words: int, pictures: int) -> float:
    """Return the most one drawing costs: its pixels, its prompt and an allowance for thinking."""
    illustrator = table.illustrator(model)
    return illustrator.usd(
        images=illustrator.sizes[size], prompt=words + pictures * TOKENS_PER_PICTURE, text=THINKING_TOKENS
    )


def redrawing_usd(table: ModelTable, model: str, size: str, words: int) -> float:
    """Return the most one redrawing costs: the turns before it are sent, and charged, again with all their pictures."""
    return drawing_usd(table, model, size, words, 1 + table.illustrator(model).references)


def film_usd(camera: CameraModel, resolution: str, seconds: int, *, sound: bool) -> float:
    """Return the price of seconds of film."""
    limits = camera.limits
    rate = limits.usd_per_second[resolution]
    if not sound and limits.silent:
        rate = limits.silent_usd_per_second.get(resolution, rate)
    return round(rate * seconds, 6)
