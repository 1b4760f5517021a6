"""Walk through a film as a producer does, in a browser, and take the pictures in docs/pictures on the way.

    python docs/walk.py [--server URL --vault FOLDER]

Starts a server and a worker in a temporary folder, unless they are named, and drives Chromium: the form, the
storyboard and an edit of it, the running film, the takes and one sent back, the price of a reshoot, the report page.
All of it is a rehearsal. Takes some minutes.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from browser import Page, browser

from deployments.local import server

PICTURES = Path(__file__).parent / "pictures"
PRODUCTION = "lighthouse"
IDEA = "A storm passes over a lighthouse; the keeper waits for a boat that is late."
KEEPER = "a lighthouse keeper of sixty, short grey hair, yellow oilskin coat"
EDIT = "Rain beats on the lamp room's glass; Mara wipes it with her sleeve and looks out to sea."
NOTE = "Slower; hold on her face until the light passes."
LONGEST = 600.0
DIALOG = "[role=dialog]"
DRAWN_SECONDS = 4.0
"""The graph of a run is drawn on a canvas: there is nothing to wait for."""


class Server:
    """What the walk asks the server for besides its pages."""

    def __init__(self, client: httpx.AsyncClient, ui: str) -> None:
        self.client, self.ui = client, ui

    async def answer(self, method: str, path: str, said: object = None) -> Any:
        """Return what the server answers; a busy one is asked again."""
        for _ in range(20):
            got = await self.client.request(method, path, json=said)
            if got.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            await asyncio.sleep(0.5)
        return got.raise_for_status().json()

    async def deployment(self, flow: str) -> str:
        """Return the id of a flow's deployment."""
        found: str = (await self.answer("GET", f"/deployments/name/{flow}/onereel"))["id"]
        return found

    async def newest(self) -> str:
        """Return the id of the run that was ordered last."""
        runs = await self.answer("POST", "/flow_runs/filter", {"limit": 1, "sort": "EXPECTED_START_TIME_DESC"})
        return str(runs[0]["id"]) if runs else ""

    async def order(self, flow: str, **parameters: object) -> str:
        """Start a flow and return the id of its run."""
        path = f"/deployments/{await self.deployment(flow)}/create_flow_run"
        found: str = (await self.answer("POST", path, {"parameters": parameters}))["id"]
        return found

    async def reach(self, run: str, *names: str) -> None:
        """Wait until a run's state is called one of these, or begins so.

        Raises:
            RuntimeError: It ended otherwise, or takes too long.
        """
        until = time.monotonic() + LONGEST
        while True:
            state = (await self.answer("GET", f"/flow_runs/{run}"))["state"]
            if state["name"].startswith(names):
                return
            if state["type"] in {"FAILED", "CRASHED", "COMPLETED", "CANCELLED"} or time.monotonic() > until:
                raise RuntimeError(f"{state['name']}: {state['message']}")
            await asyncio.sleep(0.5)


async def choose(page: Page, menu: str, *options: str) -> None:
    """Choose from a menu of a form."""
    await page.click(f"Select {menu}")
    for option in options:
        await page.click(option, "[role=option]")
    await asyncio.sleep(1)  # a menu lets nothing else be clicked until it is gone


async def open_gate(page: Page, here: Server, run: str) -> None:
    """Open the question of a run that waits."""
    await page.resize(1280, 900)
    await page.open(f"{here.ui}/runs/flow-run/{run}", "Task Runs")
    await page.click("Open menu")
    await page.click("Resume")
    await page.see("Price ceiling")


async def answer(page: Page) -> None:
    """Send the answer."""
    await page.click("Resume", "[role=dialog] button")
    await page.see("resumed")


async def scroll(page: Page, label: str, nth: int = 0) -> None:
    """Bring a field to the top of its window."""
    await page.value(
        f"[...document.querySelectorAll('label')].filter(one => one.innerText.startsWith({json.dumps(label)}))[{nth}]"
        ".scrollIntoView({block: 'start'})"
    )


async def fill_in(page: Page, here: Server) -> str:
    """Order a film with the form; return the id of its run."""
    await page.open(f"{here.ui}/deployments/deployment/{await here.deployment('produce')}/run", "Parameters", "brief")
    await page.click("Brief")
    await page.fill("Production", PRODUCTION)
    await page.fill("Idea", IDEA)
    await page.fill("Length", "16")
    await page.click("Add item", nth=0)
    await page.fill("Name", "Mara")
    await page.fill("Description", KEEPER)
    await choose(page, "Approve", "storyboard", "takes")
    await scroll(page, "rehearse")
    await page.click("rehearse (Optional)", "label")
    await page.photograph(PICTURES / "form.webp", 1700)
    before = await here.newest()
    await page.click("Submit")
    while (run := await here.newest()) == before:  # noqa: ASYNC110 - only the server knows
        await asyncio.sleep(0.5)
    return run


async def walk(here: Server, vault: Path) -> None:
    """Go through the whole film."""
    PICTURES.mkdir(exist_ok=True)
    async with browser() as page:
        page.masked = {f"{vault}/rehearsal": "films/rehearsal", str(vault.parent): "."}
        run = await fill_in(page, here)
        await decide(page, here, run)
        await finish(page, here, run)
        await reshoot(page, here)
        await report(page, vault)


async def decide(page: Page, here: Server, run: str) -> None:
    """Answer at the gates: with an edit of the storyboard, then with a take sent back."""
    await here.reach(run, "Waiting for approval: storyboard")

    await open_gate(page, here, run)
    await page.photograph(PICTURES / "gate-storyboard.webp", 1100, only=DIALOG)
    await page.fill("What happens", EDIT)
    await choose(page, "Decision", "approve")
    await scroll(page, "Decision")
    await page.photograph(PICTURES / "edit.webp", 1100, only=DIALOG)
    await answer(page)

    await here.reach(run, "Running")
    await page.open(f"{here.ui}/runs/flow-run/{run}", "Task Runs")
    await page.see("settled")
    await asyncio.sleep(DRAWN_SECONDS)
    await page.photograph(PICTURES / "running.webp", 860)
    await here.reach(run, "Waiting for approval: takes")

    await open_gate(page, here, run)
    await page.photograph(PICTURES / "gate-takes.webp", 1250, only=DIALOG)
    await page.click("Add item")
    await choose(page, "Shot", "s020")
    await page.fill("Note", NOTE)
    await choose(page, "Decision", "change")
    await scroll(page, "Decision")
    await page.photograph(PICTURES / "sent-back.webp", 1000, only=DIALOG)
    await answer(page)
    await here.reach(run, "Pending", "Running")
    await here.reach(run, "Waiting for approval: takes")

    await open_gate(page, here, run)
    await choose(page, "Decision", "approve")
    await answer(page)


async def finish(page: Page, here: Server, run: str) -> None:
    """Look at the finished run and the film's page."""
    await here.reach(run, "Delivered")
    await page.open(f"{here.ui}/runs/flow-run/{run}", "Task Runs", "Delivered")
    await asyncio.sleep(DRAWN_SECONDS)
    await page.photograph(PICTURES / "run.webp", 860)
    artifacts = await here.answer("POST", "/artifacts/filter", {"sort": "CREATED_DESC"})
    film = next(one["id"] for one in artifacts if one["key"] == f"{PRODUCTION}-rehearsal-film")
    await page.open(f"{here.ui}/artifacts/artifact/{film}", "shots")
    await page.photograph(PICTURES / "film.webp", 1100)


async def reshoot(page: Page, here: Server) -> None:
    """Ask what a new take costs, then film it."""
    asked = {"production": PRODUCTION, "shots": ["s030"], "note": "Wait for the boat to answer.", "rehearse": True}
    price = await here.order("reshoot", **asked, estimate_only=True)
    await here.reach(price, "Estimated")
    await page.open(f"{here.ui}/runs/flow-run/{price}", "Estimated")
    await page.photograph(PICTURES / "price.webp", 400)
    again = await here.order("reshoot", **asked)
    await here.reach(again, "Delivered")


async def report(page: Page, vault: Path) -> None:
    """Read the report page, wide and on a phone."""
    cuts = sorted((vault / "rehearsal/productions" / PRODUCTION / "cuts").iterdir())
    address = (cuts[-1] / "report.html").as_uri()
    await page.open(address, "s010")
    await page.photograph(PICTURES / "walk-report.webp", 1500)
    await page.see("Compare takes side by side")
    await page.value("document.querySelector('[data-compare=s020]').click()")
    await asyncio.sleep(DRAWN_SECONDS)
    await page.photograph(PICTURES / "takes.webp", 900, only="#compare")
    await page.resize(390, 844)
    await page.open(address, "s010")
    await asyncio.sleep(DRAWN_SECONDS)
    await page.photograph(PICTURES / "report-phone.webp", 1500, 390)


async def at(api: str, vault: Path) -> None:
    """Walk on a server that is running."""
    async with httpx.AsyncClient(base_url=api, timeout=60) as client:
        await walk(Server(client, api.removesuffix("/api") + "/v2"), vault)


def main() -> None:
    """Walk on a server that is running, or on one of our own."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--server", default="", help="API of a server whose worker is running")
    parser.add_argument("--vault", type=Path, default=Path("vault"), help="the folder that worker keeps films in")
    asked = parser.parse_args()
    if asked.server:
        asyncio.run(at(asked.server, asked.vault.absolute()))
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with server(folder / "home", log=folder / "server.log") as here:
            here.deploy()
            with here.worker(folder, folder / "worker.log", ONEREEL_VAULT="vault"):
                asyncio.run(at(here.api, folder / "vault"))


if __name__ == "__main__":
    main()
