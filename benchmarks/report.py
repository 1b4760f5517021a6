"""Measure the report page of a long film: how much it loads, how soon it can be used, and what it asks for.

    python -m benchmarks.report --shots 200

Films two takes and draws two keyframes at 180p against the local studio, makes a production of that many shots of them
(each with files of its own: the same picture would be loaded once), serves its vault like object storage on a line of
its own, and opens the page in Chromium. Prints, and writes JSON.
"""

import argparse
import asyncio
import functools
import http.server
import json
import random
import statistics
import tempfile
import threading
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe

from onereel.adapters.connection import Connection
from onereel.adapters.folder import FolderVault
from onereel.calls import calls_of
from onereel.casting import cast
from onereel.delivering import Story, deliver
from onereel.footage import Media
from onereel.ledger import Ledger, ledger
from onereel.media import fetch, keep
from onereel.papers import Manifest, ShotPapers
from onereel.settings import Settings
from onereel.showing import show
from onereel.slate import cut_prefix
from onereel.studio import StudioOptions, running
from onereel.writing import keep_board
from tests.browser import PHONE, browsing, visit
from tests.productions import AT_ONCE, board, brief, film, framed, keyframes, planned, setup_of

RESULTS = Path(__file__).parent / "results"
STORYBOARD = board({"closing": "the sea at night"}, {"action": "The boat comes home"})
BRIEF = brief(seconds=8)
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - Linux's disk in memory
"""Thousands of small files are written, each to the disk before the next: it is not the disk that is measured."""
SETTLED = 3.0
"""Seconds after which nothing more is expected to load by itself."""
# A page is ready once its main thread has no task of more than 50 ms any more: what "interactive" usually means.
WATCH = """
window.long = [];
new PerformanceObserver(list => long.push(...list.getEntries().map(e => e.startTime + e.duration)))
  .observe({type: 'longtask', buffered: true});
"""
TOLD = """
() => {
  const first = performance.getEntriesByName('first-contentful-paint')[0].startTime;
  const page = performance.getEntriesByType('navigation')[0];
  const files = performance.getEntriesByType('resource');
  return {
    first_paint_ms: first,
    ready_ms: Math.max(first, page.domInteractive, ...window.long),
    file_bytes_before_first_paint: files.filter(f => f.responseEnd <= first)
      .reduce((sum, f) => sum + f.encodedBodySize, 0),
    html_loaded_ms: page.responseEnd,
    files_at_load: files.length,
    bytes_at_load: files.reduce((sum, f) => sum + f.encodedBodySize, 0),
    elements: document.querySelectorAll('*').length,
  };
}
"""


async def small_film(vault: FolderVault) -> tuple[Manifest, Ledger]:
    """Deliver a film of two shots and return its papers and its ledger."""
    plan = planned(STORYBOARD, seconds=8)
    settings = Settings(poll_shortest=0.02, poll_longest=0.1)
    with running(StudioOptions(latency=AT_ONCE)) as studio:
        connection = Connection.rehearsal(studio.url)
        async with cast(BRIEF, settings, connection, vault, rehearsal=True, share=None) as company:
            stills = await keyframes(company, plan)
            shots = [shot.id for shot in STORYBOARD.shots]
            takes = [await film(company, setup_of(plan, STORYBOARD, one, framed(plan, stills, one))) for one in shots]
            story = Story(
                plan, keep_board(vault, BRIEF.production, "a", STORYBOARD), dict(zip(shots, takes, strict=True)), stills
            )
            manifest = await deliver(company, story)
    return manifest, ledger(calls_of(vault, BRIEF.production), BRIEF.production, plan.purchases)


def long_film(vault: FolderVault, small: Manifest, shots: int) -> Manifest:
    """Return papers of a film of many shots, each with two takes and pictures of its own."""
    papers, clips = [], []
    for number in range(shots):
        papers.append(_shot(vault, small.shots[number % 2], number))
        clips.append(small.cut.clips[number % 2].model_copy(update={"shot": papers[-1].shot.id}))
    cut = small.cut.model_copy(update={"clips": tuple(clips)})
    starts = [start / cut.fps for start in cut.starts]
    timed = tuple(one.model_copy(update={"start": at}) for one, at in zip(papers, starts, strict=True))
    footage = small.footage.model_copy(update={"seconds": cut.seconds, "frames": cut.frames})
    return small.model_copy(update={"shots": timed, "cut": cut, "footage": footage, "title": f"{shots} shots"})


def _other(words: str, number: int) -> str:
    """Return other words of the same length: no two shots are told the same, and the page is packed."""
    letters = list("etaoinshrdlu")
    random.Random(number).shuffle(letters)  # noqa: S311 - not a secret
    return words.translate(str.maketrans("etaoinshrdlu", "".join(letters)))


def _shot(vault: FolderVault, papers: ShotPapers, number: int) -> ShotPapers:
    shot = papers.shot.model_copy(
        update={"id": f"s{10 * (number + 1):04d}", "action": _other(papers.shot.action, number)}
    )

    def own(media: Media, count: int) -> Media:
        # Bytes after the end of a picture or film change its digest and nothing that is seen.
        return keep(vault, fetch(vault, media) + number.to_bytes(4) + bytes([count]), media.suffix)

    takes = []
    for count in (1, 2):
        take = papers.takes[0]
        thumbs = tuple(own(one, count) for one in take.thumbs)
        frame, shown = own(take.first_frame, count), own(take.film, count)
        changes = {"number": count, "slate": f"lighthouse/{shot.id}/t{count:02d}", "shot": shot.id}
        changes["words"] = _other(take.words, number)  # takes of a shot are told the same
        takes.append(take.model_copy(update={**changes, "thumbs": thumbs, "first_frame": frame, "film": shown}))
    frames = [
        one.model_copy(update={"fitted": own(one.fitted, 0), "words": _other(one.words, number)})
        for one in papers.keyframes
    ]
    active = takes[1].slate
    state = papers.state.model_copy(update={"id": shot.id, "take": active})
    changes = {"shot": shot, "takes": tuple(takes), "keyframes": tuple(frames), "active": active, "state": state}
    return papers.model_copy(update=changes)


async def measured(url: str, root: str, viewport: dict[str, int], rounds: int) -> dict[str, Any]:
    """Open a page a few times in fresh windows and return the median of what it says of itself."""
    runs, told, strayed = [], [], []
    async with browsing() as browser:
        for _ in range(rounds):
            seen = await visit(browser, url, WATCH, viewport=viewport)
            await asyncio.sleep(SETTLED)
            runs.append(await seen.page.evaluate(TOLD))
            step = 10_000
            for at in range(0, await seen.page.evaluate("document.documentElement.scrollHeight"), step):
                await seen.page.evaluate(f"window.scrollTo(0, {at})")
            await asyncio.sleep(SETTLED)
            told, strayed = [*told, *seen.told], [*strayed, *seen.strayed(root)]
            await seen.page.close()
    found: dict[str, Any] = {name: round(statistics.median(run[name] for run in runs)) for name in runs[0]}
    return {**found, "console": told, "requests_outside": strayed}


async def checked(url: str) -> list[str]:
    """Return what axe-core finds wrong with a page as it opens; a shorter one is tested with everything unfolded."""
    async with browsing() as browser:
        seen = await visit(browser, url)
        found = await Axe().run(seen.page, options={"resultTypes": ["violations"]})
        return [f"{one['id']} ({one['impact']}), {len(one['nodes'])} times" for one in found.response["violations"]]


async def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--shots", type=int, default=200)
    words.add_argument("--rounds", type=int, default=3, help="how often the page is opened; medians are told")
    words.add_argument("--out", type=Path, default=RESULTS / "report.json")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        vault = FolderVault(name)
        small, spent = await small_film(vault)
        manifest = long_film(vault, small, asked.shots)
        rows = spent.model_copy(update={"entries": spent.entries * (asked.shots // 2)})
        prefix = cut_prefix(manifest.production, manifest.version)
        html = show(vault, manifest, BRIEF, rows, vault.read(f"{prefix}captions.vtt").decode())
        vault.write(f"{prefix}report.html", html, "text/html")
        quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=name))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_address[1]}/"
        found: dict[str, Any] = {
            "shots": asked.shots,
            "takes": 2 * asked.shots,
            "rounds": asked.rounds,
            "html_bytes": len(html),
        }
        for width, viewport in (("desk", {"width": 1280, "height": 800}), ("phone", PHONE)):
            found[width] = await measured(f"{root}{prefix}report.html", root, viewport, asked.rounds)
        found["axe"] = await checked(f"{root}{prefix}report.html")
        server.shutdown()
    print(f"{found['shots']} shots, {found['html_bytes']} bytes of HTML; axe finds {found['axe'] or 'nothing'}")
    asked.out.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
