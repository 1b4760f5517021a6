"""The failure policy: how often an order is tried again at once. What is refused as busy, Prefect retries.

What was charged is bounded over all runs, by the journal: an answer without the goods is asked for again once where it
cost no more than the policy pays twice, a clip as often as `wrong_tries` says. What cost nothing is bounded within a
run, and asked for again by the next.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from onereel.brief import Policy
from onereel.calls import Wanted
from onereel.crew import Vault
from onereel.errors import Filtered, NoAnswer, NotKept, OutcomeUnknown, VaultError
from onereel.footage import Media
from onereel.media import keep
from onereel.orders import AnyOrder

log = logging.getLogger(__name__)

T = TypeVar("T")

FILMED = ("video", "extension")


def tries_for(policy: Policy, kind: str) -> int:
    """Return how often an answer without the goods is asked for again: text by its writer, with the reasons."""
    if "retry" not in policy.ladder or kind == "text":
        return 0
    return max(policy.empty_tries, again(policy)) if kind in FILMED else policy.empty_tries


def wanted(policy: Policy, production: str, order: AnyOrder, label: str) -> Wanted:
    """Return an order as the journal is to see to it under a brief's policy. A clip is repaid by a person only."""
    filmed = order.kind in FILMED
    return Wanted(
        order=order,
        production=production,
        label=label,
        filtered_tries=policy.filtered_tries if "retry" in policy.ladder else 0,
        repay_up_to_usd=0.0 if filmed else policy.repay_up_to_usd,
        failed_tries=again(policy) if filmed else tries_for(policy, order.kind),
        failed_up_to_usd=float("inf") if filmed else policy.repay_up_to_usd,
    )


def again(policy: Policy) -> int:
    """Return how many more takes are filmed, and paid, for one with something wrong."""
    return policy.wrong_tries if "retry" in policy.ladder else 0


async def persist(act: Callable[[], Awaitable[T]], empty_tries: int = 1) -> T:
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
        except NotKept:
            raise  # another one would not be kept either
        except NoAnswer:
            empty += 1
            if empty > empty_tries:
                raise
        except OutcomeUnknown:
            unknown += 1
            if unknown > 1:
                raise


async def keep_paid(
    vault: Vault, pauses: Sequence[float], what: str, usd: float, *goods: tuple[bytes, str]
) -> tuple[Media, ...]:
    """Keep what was paid for, trying again after each pause where the vault fails: bytes and suffix of each.

    Raises:
        NotKept: It failed for too long; with the price, so that the journal says what was paid.
    """
    for pause in (*pauses, None):
        try:
            return tuple(await asyncio.gather(*(asyncio.to_thread(keep, vault, *one) for one in goods)))
        except VaultError as failed:
            if pause is None:
                raise NotKept(
                    f"{what} came and was paid, and the vault does not keep it: {failed}", usd=usd
                ) from failed
            log.warning("%s cannot be kept, trying again: %s", what, failed)
            await asyncio.sleep(pause)
    raise AssertionError("unreachable")
