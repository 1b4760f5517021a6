"""Asking a vision model: one paid question about pictures or film, its answer kept as it came and read once."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

from onereel.calls import Goods
from onereel.company import Company, Done
from onereel.errors import Corrupted, NotInVault, OnereelError, OutcomeUnknown, Refused
from onereel.media import fetch
from onereel.orders import ReviewOrder
from onereel.policy import keep_paid

T = TypeVar("T")

UNHEARD: Final[tuple[type[OnereelError], ...]] = (Refused, OutcomeUnknown, NotInVault, Corrupted)
"""A judge that refuses, is filtered, or answers nonsense twice must not sink a shot: it goes on unjudged."""


async def heard(
    company: Company, order: ReviewOrder, label: str, read: Callable[[str, str, float], T]
) -> tuple[T, float]:
    """Return what a judge says, and what asking cost; what was asked before is not paid again.

    Args:
        company: Who asks.
        order: The question and what is shown.
        label: What it is for, in words.
        read: Makes sense of an answer: its text, the label and its price; raises NoAnswer.

    Raises:
        BudgetReached, StudioBusy: As they happen.
        Refused, OutcomeUnknown, NotInVault, Corrupted: Nobody could be heard.
    """

    async def judge(done: Done) -> Goods:
        answer = await company.reviewer.review(order)
        await done()
        read(answer.text, label, answer.usd)
        goods = answer.text.encode(), "json"
        kept = await keep_paid(company.vault, company.patience.keeping, label, answer.usd, goods)
        return Goods(kept, answer.usd, answer.request_id, answer.tokens)

    outcome = await company.buy(order, label, judge)
    text = (await asyncio.to_thread(fetch, company.vault, outcome.media[0])).decode()
    return read(text, label, outcome.usd), outcome.usd
