"""The failure policy: how often an order is tried again at once. What is refused as busy, Prefect retries.

What was charged is bounded over all runs, by the journal: an answer without the goods is asked for again once where it
cost no more than the policy pays twice, else never. What cost nothing is bounded within a run, and asked for again by
the next.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from onereel.errors import Filtered, NoAnswer, OutcomeUnknown

T = TypeVar("T")

EMPTY_TRIES = 1
"""Second tries after an answer without the goods, which vendors give now and then for no reason."""


async def persist(act: Callable[[], Awaitable[T]], empty_tries: int = EMPTY_TRIES) -> T:
    """Try again where the vendor's filter is known to be random, after an empty answer, and once after no answer.

    The journal counts tries over all runs and has the last word: its refusal of a filtered call is not random, and a
    call whose outcome is unknown it lets out again only where the policy pays twice.
    """
    empty = unknown = 0
    while True:
        try:
            return await act()
        except Filtered as filtered:
            if not filtered.random:
                raise
        except NoAnswer:
            empty += 1
            if empty > empty_tries:
                raise
        except OutcomeUnknown:
            unknown += 1
            if unknown > 1:
                raise
