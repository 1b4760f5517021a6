"""Chromium for the tests of pages: Debian's own, driven by playwright.

``python -m tests.browser`` installs it where it is missing and we may (root on Debian); else says what to do.
"""

import asyncio
import base64
import os
import re
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.async_api import Browser, Frame, Page, async_playwright

MISSING = "the report page is tested in a browser: apt install chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATIENCE = 20.0
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


def chromium() -> str:
    """Return Chromium's path; empty where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or ""


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Open Chromium."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=QUIET)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Visit:
    """A page that is looked at, and what it did meanwhile.

    Attributes:
        page: The page.
        told: Errors and warnings on its console, exceptions, and dialogs it opened.
        asked: Addresses of everything it asked for.
    """

    page: Page
    told: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def strayed(self, *allowed: str) -> list[str]:
        """Return what was asked for outside these addresses; data inside the page is no request."""
        return [url for url in self.asked if urlsplit(url).scheme != "data" and not url.startswith(allowed)]


async def visit(browser: Browser, url: str, prepare: str = "", **options: object) -> Visit:
    """Open an address in a window of its own and note everything it does; a desk's width unless told otherwise.

    `prepare` is a script that runs before the page's own.
    """
    page = await browser.new_page(**{"viewport": DESK, **options})
    await page.add_init_script(prepare)
    seen = Visit(page)
    page.on("console", lambda said: said.type in {"error", "warning"} and seen.told.append(said.text))
    page.on("pageerror", lambda error: seen.told.append(str(error)))
    page.on("request", lambda request: seen.asked.append(request.url))

    async def refuse(dialog: object) -> None:
        seen.told.append("a dialog opened")
        await dialog.dismiss()

    page.on("dialog", refuse)
    await page.goto(url)
    return seen


async def unfolded(place: Page | Frame) -> None:
    """Wait until a report page has put everything it brought where it belongs."""
    await until(place, "!document.querySelector('.shot:not(.whole)') && !!document.querySelector('#calls details')")


def packed(html: str) -> str:
    """Return what a report page unfolds, as HTML."""
    found = re.search(r'id="packed">([^<]*)<', html)
    assert found is not None
    return zlib.decompress(base64.b64decode(found[1]), -zlib.MAX_WBITS).decode()


async def until(place: Page | Frame, truth: str) -> None:
    """Wait until a JavaScript expression holds; playwright's own waiting needs eval, which a strict policy forbids."""
    deadline = time.monotonic() + PATIENCE
    while not await place.evaluate(truth):
        assert time.monotonic() < deadline, f"it never came that {truth}"
        await asyncio.sleep(0.05)


def main() -> int:
    if not chromium() and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            env = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
            subprocess.run(["apt-get", "-q", *command], env=env, check=False, stdout=subprocess.DEVNULL)
    if not chromium():
        sys.stderr.write(f"{MISSING}\n")
    return 0 if chromium() else 1


if __name__ == "__main__":
    sys.exit(main())
