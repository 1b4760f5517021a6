"""Take the pictures in docs/pictures: the form, a finished film, its DAG, as a producer sees them.

    python docs/screenshots.py

Starts a server and a worker in a temporary folder, rehearses a film, and drives Debian's `chromium` over its DevTools
protocol. Takes two minutes.
"""

import argparse
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

from deployments.local import Server, server

PICTURES = Path(__file__).parent / "pictures"
BRIEF = {
    "production": "lighthouse",
    "idea": "A storm passes over a lighthouse; the keeper waits for a boat that is late.",
    "seconds": 30,
    "characters": [
        {"name": "Mara", "description": "a lighthouse keeper of sixty, short grey hair, yellow oilskin coat"}
    ],
}
WIDTH = 1280
PATIENCE = 30.0
GRAPH_SECONDS = 4.0
"""The graph of a run is drawn on a canvas: there is nothing to wait for."""


class Page:
    """One page of a browser.

    Attributes:
        line: DevTools connection to it.
    """

    def __init__(self, line: ClientConnection) -> None:
        self.line, self._asked = line, 0

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

    async def click(self, word: str, kind: str = "button, a, [role=tab], [role=switch]") -> None:
        """Click what is labelled with exactly this word."""
        at = await self.value(
            f"(() => {{ const one = [...document.querySelectorAll({json.dumps(kind)})]"
            f".find(one => one.innerText.trim() === {json.dumps(word)} || one.ariaLabel === {json.dumps(word)});"
            "one.scrollIntoView({block: 'center'}); const box = one.getBoundingClientRect();"
            "return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"
        )
        for type_ in ("mousePressed", "mouseReleased"):
            await self.ask("Input.dispatchMouseEvent", type=type_, button="left", clickCount=1, **at)
        await asyncio.sleep(0.5)

    async def photograph(self, path: Path, height: int) -> None:
        """Keep what the page shows, this many pixels high, as a small picture."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride", width=WIDTH, height=height, deviceScaleFactor=1, mobile=False
        )
        await asyncio.sleep(1.5)
        answer = await self.ask("Page.captureScreenshot", format="png")
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
                await page.ask(
                    "Emulation.setDeviceMetricsOverride", width=WIDTH, height=900, deviceScaleFactor=1, mobile=False
                )
                yield page
        finally:
            process.terminate()
            await process.wait()


async def produce(api: str) -> str:
    """Rehearse a film through the API and return the id of its run."""
    async with httpx.AsyncClient(base_url=api, timeout=30) as client:
        deployment = (await client.get("/deployments/name/produce/onereel")).raise_for_status().json()["id"]
        asked = {"parameters": {"brief": BRIEF, "rehearse": True}}
        ordered = await client.post(f"/deployments/{deployment}/create_flow_run", json=asked)
        run: str = ordered.raise_for_status().json()["id"]
        async with asyncio.timeout(300):
            while (state := (await client.get(f"/flow_runs/{run}")).json()["state"])["type"] != "COMPLETED":
                if state["type"] in {"FAILED", "CRASHED"}:
                    raise RuntimeError(state["message"])
                await asyncio.sleep(1)
        await asyncio.sleep(10)  # task runs reach the database after the run has ended
    return run


async def take_pictures(api: str, run: str) -> None:
    """Photograph the form and the finished run."""
    PICTURES.mkdir(exist_ok=True)
    ui = api.removesuffix("/api") + "/v2"
    async with httpx.AsyncClient(base_url=api) as client:
        deployment = (await client.get("/deployments/name/produce/onereel")).json()["id"]
        artifacts = (await client.post("/artifacts/filter", json={})).json()
    film = next(one for one in artifacts if one["key"] == "lighthouse-rehearsal-film")
    async with browser() as page:
        await page.open(f"{ui}/deployments/deployment/{deployment}/run", "Parameters", "brief")
        await page.click("Brief")
        await page.photograph(PICTURES / "form.webp", 1250)
        await page.open(f"{ui}/runs/flow-run/{run}", "Task Runs")
        await page.click("Artifacts")
        await asyncio.sleep(GRAPH_SECONDS)
        await page.photograph(PICTURES / "run.webp", 860)
        await page.open(f"{ui}/artifacts/artifact/{film['id']}", "shots")
        await page.photograph(PICTURES / "film.webp", 1250)


def main() -> None:
    """Take all pictures, of a server that is running or of one of our own."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--api", default="", help="A server with a worker; else one is started.")
    parser.add_argument("--run", default="", help="A finished run there; else a film is rehearsed.")
    asked = parser.parse_args()
    if asked.api:
        asyncio.run(_all(asked.api, asked.run))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with server(folder / "prefect", log=folder / "server.log") as here:
            _with_worker(here, folder)


def _with_worker(here: Server, folder: Path) -> None:
    here.deploy()
    with here.worker(folder, folder / "worker.log", ONEREEL_VAULT=str(folder / "vault")):
        asyncio.run(_all(here.api, ""))


async def _all(api: str, run: str) -> None:
    await take_pictures(api, run or await produce(api))


if __name__ == "__main__":
    main()
