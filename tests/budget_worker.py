"""A worker of its own process that buys drawings until the budget stops it.

``python -m tests.budget_worker VAULT PRODUCTION NAME COUNT LIMIT DAY_LIMIT ASKED START``: all at once as soon as the
file START is there; a file in the folder ASKED for every request it sends. Prints how many it bought.
"""

import asyncio
import sys
import time
from pathlib import Path

from onereel.adapters.folder import FolderVault
from onereel.calls import Goods
from onereel.errors import BudgetReached
from onereel.wall import walled_journal
from tests.journal_worker import DRAWING, GOODS, wanted
from tests.productions import TABLE


async def _work(vault: str, production: str, name: str, count: int, limits: tuple[float, float], folder: Path) -> int:
    journal = walled_journal(FolderVault(Path(vault)), TABLE, production, *limits, None)

    def buy(number: int):
        async def draw() -> Goods:
            (folder / f"{name}-{number}").touch()
            await asyncio.sleep(0.05)
            return GOODS

        order = DRAWING.model_copy(update={"words": f"Drawing {number} of {name}"})
        return journal.buy(wanted(order, production=production, label=f"keyframe s{number:03d}/opening"), draw)

    ended = await asyncio.gather(*map(buy, range(1, count + 1)), return_exceptions=True)
    faults = [end for end in ended if isinstance(end, BaseException) and not isinstance(end, BudgetReached)]
    if faults:
        raise faults[0]
    return sum(not isinstance(end, BaseException) for end in ended)


if __name__ == "__main__":
    _, vault, production, name, count, limit, day_limit, asked, start = sys.argv
    (Path(start).parent / f"ready-{name}").touch()
    while not Path(start).exists():
        time.sleep(0.005)
    print(asyncio.run(_work(vault, production, name, int(count), (float(limit), float(day_limit)), Path(asked))))  # noqa: T201
