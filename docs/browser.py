"""A browser to take pictures with: Debian's `chromium`, driven over its DevTools protocol."""

import asyncio
import base64
import contextlib
import io
import json
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect

WIDTH = 1280
PATIENCE = 120.0
PHONE = 500
"""Windows narrower than this are a phone's."""
MASK = """(masked) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode())
    for (const [words, instead] of Object.entries(masked)) {
      const text = texts.currentNode;
      if (text.data.includes(words)) text.data = text.data.replaceAll(words, instead);
    }
}"""
STILL = """addEventListener("DOMContentLoaded", () => {
  const style = document.createElement("style");
  style.textContent = "* {animation-duration: 0s !important; transition-duration: 0s !important}";
  document.head.append(style);
});"""
BOX = """(only) => {
  const box = document.querySelector(only).getBoundingClientRect();
  return {x: box.x, y: box.y, width: box.width, height: box.height, scale: 1};
}"""
CLICKABLE = "button, a, [role=tab], [role=switch], [role=menuitem], [role=option], [role=combobox]"


class Page:
    """One page of a browser.

    Attributes:
        line: DevTools connection to it.
        masked: Words no picture shows, and what stands in their place: where this machine keeps its files.
    """

    def __init__(self, line: ClientConnection) -> None:
        self.line, self._asked = line, 0
        self.masked: dict[str, str] = {}

    async def ask(self, method: str, **said: object) -> dict[str, Any]:
        """Send a DevTools command and return its answer."""
        self._asked += 1
        await self.line.send(json.dumps({"id": self._asked, "method": method, "params": said}))
        async for message in self.line:
            answer: dict[str, Any] = json.loads(message)
            if answer.get("id") == self._asked:
                return dict(answer.get("result", {}))
        raise ConnectionError(f"the browser closed during {method}")

    async def value(self, script: str) -> Any:
        """Return what a JavaScript expression is worth on the page."""
        answer = await self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        return answer["result"].get("value")

    async def open(self, url: str, *words: str) -> None:
        """Go to an address and wait until all these words are there."""
        await self.ask("Page.navigate", url=url)
        for word in words:
            await self.see(word)

    async def see(self, word: str) -> None:
        """Wait until the page has a word.

        Raises:
            TimeoutError: It never came; says what was there instead.
        """
        until = time.monotonic() + PATIENCE
        while not await self.value(f"document.body?.innerText.includes({json.dumps(word)})"):
            if time.monotonic() > until:
                shown = await self.value("document.body?.innerText")
                raise TimeoutError(f"{word!r} did not appear; the page says: {str(shown)[:800]}")
            await asyncio.sleep(0.2)

    async def click(self, word: str, kind: str = CLICKABLE, nth: int = 0) -> None:
        """Click what is labelled with exactly this word, as soon as it is there: the nth of such.

        Raises:
            TimeoutError: It never came.
        """
        said = json.dumps(word)
        find = (
            f"(() => {{ const one = [...document.querySelectorAll({json.dumps(kind)})]"
            f".filter(one => one.innerText.trim() === {said} || one.ariaLabel === {said})[{nth}];"
            "if (!one) return null; one.scrollIntoView({block: 'center'}); const box = one.getBoundingClientRect();"
            "return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"
        )
        until = time.monotonic() + PATIENCE
        at, before = await self.value(find), None
        while at is None or at != before:  # a menu that still moves is missed
            if time.monotonic() > until:
                shown = await self.value(
                    "document.querySelector('[role=dialog]')?.innerText ?? document.body.innerText"
                )
                raise TimeoutError(f"nothing to click says {word!r}; the page says: {str(shown)[:800]}")
            await asyncio.sleep(0.3)
            at, before = await self.value(find), at
        for type_ in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=type_, button="left", clickCount=1, **at)
        await asyncio.sleep(0.5)

    async def fill(self, label: str, text: str, nth: int = 0) -> None:
        """Put text into the nth field of this label, in place of what is there, as a person types it.

        Raises:
            TimeoutError: There is no such field.
        """
        find = (
            f"(() => {{ const labels = [...document.querySelectorAll('label')]"
            f".filter(one => one.innerText.replace(/\\s*\\(Optional\\)\\s*$/, '').trim() === {json.dumps(label)});"
            f"const field = document.getElementById(labels[{nth}]?.htmlFor ?? ''); if (!field) return false;"
            "field.scrollIntoView({block: 'center'}); field.focus(); field.select?.(); return true; })()"
        )
        until = time.monotonic() + PATIENCE
        while not await self.value(find):
            if time.monotonic() > until:
                raise TimeoutError(f"there is no field {label!r}")
            await asyncio.sleep(0.3)
        await self.ask("Input.insertText", text=text)
        await asyncio.sleep(0.3)

    async def resize(self, width: int, height: int) -> None:
        """Make the window as wide and high as this, in pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < PHONE}
        await self.ask("Emulation.setDeviceMetricsOverride", **size)

    async def _box(self, only: str) -> dict[str, float]:
        """Return where an element is, as soon as it has come to rest."""
        find = f"({BOX})({json.dumps(only)})"
        box, before = await self.value(find), None
        while box != before:
            await asyncio.sleep(0.5)
            box, before = await self.value(find), box
        return dict(box)

    async def photograph(self, path: Path, height: int, width: int = WIDTH, *, only: str = "") -> None:
        """Keep what the page shows as a small picture.

        Args:
            path: Where to.
            height: Of the window, in pixels.
            width: Of the window, in pixels.
            only: Selector of the one element to show; empty: the window.
        """
        await self.resize(width, height)
        await asyncio.sleep(1.5)
        await self.value(f"({MASK})({json.dumps(self.masked)})")
        clip = await self._box(only) if only else None
        answer = await self.ask("Page.captureScreenshot", format="png", **({"clip": clip} if clip else {}))
        picture = Image.open(io.BytesIO(base64.b64decode(answer["data"])))
        kept = io.BytesIO()
        picture.convert("RGB").save(kept, "WEBP", quality=86, method=6)
        await asyncio.to_thread(path.write_bytes, kept.getvalue())
        print(f"{path.name}: {picture.width}x{picture.height}, {len(kept.getvalue()) // 1024} kB")


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Page]:
    """Open Chromium on an empty page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            "chromium",
            "--headless=new",
            "--no-sandbox",
            "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader",
            "--remote-debugging-port=0",
        ]
        process = await asyncio.create_subprocess_exec(
            *command, f"--user-data-dir={profile}", "about:blank", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            port = Path(profile) / "DevToolsActivePort"
            async with asyncio.timeout(PATIENCE):
                while not port.exists() or not port.read_text():  # noqa: ASYNC110 - nothing tells us when
                    await asyncio.sleep(0.1)
            address = f"http://127.0.0.1:{port.read_text().split()[0]}/json"
            async with httpx.AsyncClient() as client:
                pages = (await client.get(address)).json()
            first = next(page for page in pages if page["type"] == "page")
            async with connect(first["webSocketDebuggerUrl"], max_size=None) as line:
                page = Page(line)
                await page.ask("Page.enable")
                await page.ask("Page.addScriptToEvaluateOnNewDocument", source=STILL)
                await page.resize(WIDTH, 900)
                yield page
        finally:
            process.terminate()
            await process.wait()
