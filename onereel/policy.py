"""The failure policy: how often an order is tried again at once. What is refused as busy, Prefect retries."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from onereel.errors import Filtered, NoAnswer

T = TypeVar("T")

EMPTY_TRIES = 1
"""Second tries after an answer without the goods, which vendors give now and then for no reason."""


async def persist(act: Callable[[], Awaitable[T]]) -> T:
    """Try again where the vendor's filter is known to be random, and once after an empty answer.

    The journal counts filtered tries over all runs and ends the loop: its refusal is not random.
    """
    empty = 0
    while True:
        try:
            return await act()
        except Filtered as filtered:
            if not filtered.random:
                raise
        except NoAnswer:
            empty += 1
            if empty > EMPTY_TRIES:
                raise
