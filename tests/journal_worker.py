"""A worker of its own process that wants one order: ``python -m tests.journal_worker VAULT KIND ASKED [STAY]``.

It leaves a file in the folder ASKED for every request it sends, prints the outcome, and with STAY never hears back.
"""

import asyncio
import os
import sys
from pathlib import Path

from onereel.adapters.folder import FolderVault
from onereel.budget import Budget
from onereel.calls import Goods, Wanted
from onereel.errors import OnereelError
from onereel.footage import Media
from onereel.journal import Journal
from onereel.models import Surface
from onereel.orders import ClipOrder, DrawOrder
from tests.productions import TABLE, VEO

DRAWING = DrawOrder(
    surface=Surface.GEMINI_API,
    model="gemini-3-pro-image",
    words="A lighthouse",
    aspect_ratio="16:9",
    size="1K",
)
CLIP = ClipOrder(
    surface=Surface.AGENT_PLATFORM,
    model=VEO,
    words="A storm",
    seconds=8,
    resolution="720p",
    aspect_ratio="16:9",
)
GOODS = Goods((Media.of(b"picture", "png"),), usd=0.13)


def wanted(order, **policy) -> Wanted:
    """As the brief's own policy has it: text and images are paid twice up to a quarter, clips never."""
    repay = 0.25 if order.kind in ("text", "image") else 0.0
    return Wanted(
        **{"order": order, "production": "lighthouse", "label": order.kind, "repay_up_to_usd": repay, **policy}
    )


async def _work(vault: Path, kind: str, asked: Path, stay: bool) -> None:
    journal = Journal(FolderVault(vault), TABLE, Budget(100))

    async def ask():
        (asked / f"{os.getpid()}").touch()
        await asyncio.sleep(3600 if stay else 0.3)
        return "operations/1" if kind == "clip" else GOODS

    if kind == "clip":
        call = await journal.order(wanted(CLIP), ask)
        print(call.operation)  # noqa: T201 - the answer to the test
    else:
        outcome = await journal.buy(wanted(DRAWING), ask)
        print(outcome.media[0].sha256)  # noqa: T201


if __name__ == "__main__":
    try:
        asyncio.run(_work(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), stay="STAY" in sys.argv))
    except OnereelError as error:
        sys.exit(str(error))
