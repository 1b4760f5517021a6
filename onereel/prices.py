"""What an order costs at most: the sum that is estimated, reserved, and shown before paying."""

from datetime import date

from onereel.models import CameraModel, ModelTable
from onereel.orders import AnyOrder, DrawOrder, TextOrder

CHARACTERS_PER_TOKEN = 3
"""Careful for English (about 4) and for most other scripts."""
TOKENS_PER_PICTURE = 1120
"""Most tokens one reference picture is counted as."""
THINKING_TOKENS = 1000
"""Allowance for an image model's thinking, which no price list bounds."""


def words_tokens(text: str) -> int:
    """Return about how many tokens a text is, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def price(order: AnyOrder, table: ModelTable, day: date) -> float:
    """Return the most an order can cost, in US dollars."""
    if isinstance(order, TextOrder):
        rates = table.writer(order.model).price(day)
        tokens = words_tokens(order.words) + words_tokens(str(order.answer))
        return round((tokens * rates.input_usd + order.most_tokens * rates.output_usd) / 1e6, 6)
    if isinstance(order, DrawOrder):
        words, pictures = words_tokens(order.words), len(order.references)
        if order.canvas is not None:
            return redrawing_usd(table, order.model, order.size, words)
        return drawing_usd(table, order.model, order.size, words, pictures)
    return film_usd(table.camera(order.model), order.resolution, order.seconds, sound=order.sound)


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
