"""How long a production takes, over how long it has to.

Films of 6 and of 40 shots are made against a local studio whose operations take 5 s, the way a paid production is
made: same flow, adapters, journal and limits. Each is made on a running Prefect server, with the limits all workers
share, and embedded, as the command line does it; once with drawings that take 5 s as well, and once with drawings of
1 s, which is quicker than real ones are beside real clips. Reviews are off: one would be one more call in each chain.
Real clips take 30 to 180 s and are asked about after 1 s at the soonest; these take a sixth of the shortest of them,
and are asked about after a sixth of a second.

The critical path of the calls is computed, not measured: the plan's own DAG (a keyframe before the takes it opens or
closes, a take before the shot that continues it, a clip before its extension) is list-scheduled on as many places as
may be in flight (ONEREEL_IMAGE_IN_FLIGHT, ONEREEL_VIDEO_IN_FLIGHT), first come, first served, each call taking exactly
what the studio takes. The DAG's last node, the cut, takes what joining the same takes takes by itself, measured in the
same run. Nothing else counts: no polling, downloading, decoding or bookkeeping. Two ratios are printed: over the calls
alone, and over calls and cut. The makespan lasts from the flow's first step to its final state; starting Prefect is
reported apart.

`--realistic` takes the latencies of the vendor instead, at `--scale`: clips 30 to 180 s and drawings 8 to 47 s, evenly,
each call's own by its content; as many in flight as there are takes. With `--candidates` every shot is filmed so often.

    python benchmarks/makespan.py [--json PATH] [--shots 6 40] [--drawing 5 1] [--database postgresql+asyncpg://...]
    python benchmarks/makespan.py --realistic --embedded --shots 50 250 --candidates 4 --rounds 1 \
        --json benchmarks/results/thousand.json
"""

import argparse
import asyncio
import functools
import heapq
import json
import multiprocessing
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from deployments.local import server
from onereel.adapters.master import assemble
from onereel.brief import Brief, Review
from onereel.casting import vault_for
from onereel.delivering import latest_manifest
from onereel.media import fetch_file, keep
from onereel.models import MODELS, PROXY, ModelTable, with_proxy
from onereel.plan import Plan, plan
from onereel.progress import embedded
from onereel.report import Report
from onereel.settings import Settings, read_settings
from onereel.storyboard import Shot, Storyboard
from onereel.studio import Latency, StudioOptions, running

VIDEO_SECONDS, SHOT_SECONDS = 5.0, 4
LATENCY = Latency(text=0, image=VIDEO_SECONDS, video=VIDEO_SECONDS, extension=VIDEO_SECONDS)
REALISTIC = Latency(text=0, image=27.5, video=105, extension=105, jitter=75 / 105)
WAVE = re.compile(r"[Ww]ave number (\d+) |Foam number (\d+) ")
"""Which shot a prompt of these films is about."""
TABLE: ModelTable = with_proxy(MODELS)
UNBOUND = 1_000_000
DATABASE = "PREFECT_SERVER_DATABASE_CONNECTION_URL"


@dataclass(frozen=True)
class Row:
    """One film made.

    Attributes:
        drawing: What a drawing takes.
        where: The database of the server it ran on, or embedded.
        path: Critical path of the calls under the bounds in force, in seconds.
        chain: The same without bounds.
        cut: What joining the takes takes by itself.
        start: From calling the flow to its first step.
        makespan: From its first step to its final state.
        cpu: Processor seconds of the flow's process meanwhile.
        assembly: Of the makespan, from the last take to the end.
        memory: Most megabytes the flow's process held.
        in_flight: Most clips the studio had under way at once.
        polls: How often it was asked for one.
        waited: Most seconds between the end of a drawing and the order of a clip that opens on it.
        load: Machine load, one minute's average, before it began.
    """

    shots: int
    takes: int
    drawing: float
    where: str
    path: float
    chain: float
    cut: float
    start: float
    makespan: float
    cpu: float
    assembly: float
    calls: int
    memory: float
    in_flight: int
    polls: int
    waited: float
    load: float

    @property
    def over_calls(self) -> float:
        """Makespan over the critical path of the calls."""
        return self.makespan / self.path

    @property
    def ratio(self) -> float:
        """Makespan over the critical path, the cut at its end included."""
        return self.makespan / (self.path + self.cut)


def brief_of(shots: int, candidates: int = 1) -> Brief:
    """Return the brief of a film of this many shots."""
    return Brief(
        production=f"makespan-{shots}",
        idea="A storm passes over a lighthouse.",
        seconds=shots * SHOT_SECONDS,
        resolution=PROXY,
        budget_usd=100_000,
        take_candidates=candidates,
        review=Review(keyframes=False, takes=False),
    )


def storyboard_of(shots: int) -> Storyboard:
    """Return its shot list: every fifth shot opens on the picture the one before closes on."""
    return Storyboard(
        title="Makespan",
        shots=tuple(
            Shot(
                id=f"s{number:03d}",
                seconds=SHOT_SECONDS,
                action=f"Wave number {number} breaks on the rock, {number * 7 % 100} gulls rise.",
                closing=f"Foam number {number} runs off the rock." if number % 50 == 40 else "",
                join="match" if number % 50 == 0 else "cut",
            )
            for number in range(10, 10 * shots + 1, 10)
        ),
    )


def critical_path(
    found: Plan, image_in_flight: int, video_in_flight: int, latency: Latency, own: Mapping[tuple[str, str], float]
) -> float:
    """Return when the last take is filmed if calls take exactly their time and nothing else takes any.

    Args:
        found: What is bought.
        image_in_flight: Drawings at once.
        video_in_flight: Clips at once.
        latency: What calls take.
        own: What a call takes, by kind and shot, where that is not the same for all.
    """
    after: dict[str, list[str]] = {still.id: [] for still in found.stills}
    for take in found.takes:
        needs = [name for name in (take.opening, take.closing) if name]
        after[take.shot] = needs + ([f"{take.continues}/last"] if take.continues else [])
        hops = [f"{take.shot}+{number}" for number in range(len(take.coverage.extensions))]
        for before, hop in zip([take.shot, *hops], hops, strict=False):
            after[hop] = [before]
        after[f"{take.shot}/last"] = [hops[-1] if hops else take.shot]
    stills = {still.id for still in found.stills}
    free = {
        "image": [0.0] * min(image_in_flight, len(after)),
        "video": [0.0] * min(video_in_flight, len(after)),
    }
    order = {name: number for number, name in enumerate(after)}
    ready = [(0.0, order[name], name) for name, needs in after.items() if not needs]
    missing = {name: set(needs) for name, needs in after.items()}
    heapq.heapify(ready)
    ended: dict[str, float] = {}
    while ready:
        at, _, name = heapq.heappop(ready)
        if name.endswith("/last"):
            ended[name] = at
        else:
            kind, seconds = ("image", latency.image) if name in stills else ("video", latency.video)
            begins = max(at, heapq.heappop(free[kind]))
            ended[name] = begins + own.get((kind, re.split(r"[/+]", name)[0]), seconds)
            heapq.heappush(free[kind], ended[name])
        for other, rest in missing.items():
            if name in rest:
                rest.remove(name)
                if not rest:
                    heapq.heappush(ready, (max(ended[one] for one in after[other]), order[other], other))
    return max(ended.values())


def _studio(line: Connection, latency: Latency) -> None:
    """Run a studio until told to stop: in a process of its own, as Google is."""
    with running(StudioOptions(latency=latency, footage="same")) as studio:
        line.send(studio.url)
        line.recv()


@dataclass(frozen=True)
class Open:
    """A studio in another process."""

    url: str
    latency: Latency

    def forget(self) -> None:
        """Begin to count anew."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/studio/reset", method="POST")).close()  # noqa: S310

    def counted(self) -> tuple[int, int]:
        """Return the most clips under way at once, and how often one was asked for."""
        with urllib.request.urlopen(f"{self.url}/studio/tally") as answer:  # noqa: S310 - ours, on this machine
            tally = json.load(answer)
        return tally["in_flight_max"]["video"], tally["polls"]

    def asked(self) -> list[tuple[str, str, float, float]]:
        """Return the kind and shot of every call it accepted so far, when that was, and what it was to take."""
        with urllib.request.urlopen(f"{self.url}/studio/requests") as answer:  # noqa: S310 - ours, on this machine
            asked = [(WAVE.search(one["words"]), one) for one in json.load(answer)]
        return [
            (one["kind"], f"s{int(found[1] or found[2]):03d}", one["at"], one["seconds"])
            for found, one in asked
            if found
        ]


def took(asked: list[tuple[str, str, float, float]]) -> dict[tuple[str, str], float]:
    """Return what calls took, by kind and shot; of several takes, the longest."""
    longest: dict[tuple[str, str], float] = {}
    for kind, shot, _, seconds in asked:
        longest[kind, shot] = max(longest.get((kind, shot), 0.0), seconds)
    return longest


def waited(asked: list[tuple[str, str, float, float]]) -> float:
    """Return the most seconds between the end of a shot's drawings and the order of its clip, places being free."""
    drawn: dict[str, float] = {}
    for kind, shot, at, seconds in asked:
        if kind == "image":
            drawn[shot] = max(drawn.get(shot, 0.0), at + seconds)
    return max((at - drawn[shot] for kind, shot, at, _ in asked if kind == "video" and shot in drawn), default=0.0)


@contextmanager
def studio(latency: Latency = LATENCY) -> Iterator[Open]:
    """Open a studio in another process."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_studio, args=(theirs, latency))
    process.start()
    try:
        yield Open(ours.recv(), latency)
    finally:
        ours.send("")
        process.join()


async def made(shots: int, candidates: int) -> dict[str, Any]:
    """Make a film in this process and return when what happened."""
    from flows.produce import produce  # noqa: PLC0415 - Prefect takes a second to import

    vault = vault_for(read_settings(), rehearsal=False)
    listed = keep(vault, storyboard_of(shots).model_dump_json().encode(), "json").key
    began: list[float] = []
    body = produce.fn

    async def noting_the_start(*args: Any, **kwargs: Any) -> Any:
        began.append(time.monotonic())
        return await body(*args, **kwargs)

    flow = produce.with_options()
    flow.fn = functools.wraps(body)(noting_the_start)
    called, cpu = time.monotonic(), time.process_time()
    state = await flow(brief=brief_of(shots, candidates), shots=listed, return_state=True)
    ended = time.monotonic()
    told = cast("Report", await state.aresult())
    takes = [
        datetime.fromisoformat(json.loads(vault.read(key))["at"])
        for key in vault.keys("productions/")
        if "/takes/" in key
    ]
    return {
        "state": told.state,
        "start": began[0] - called,
        "makespan": ended - began[0],
        "assembly": datetime.now(UTC).timestamp() - max(takes).timestamp() - (time.monotonic() - ended),
        "cpu": time.process_time() - cpu,
        "calls": told.calls.text + told.calls.image + told.calls.video,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "cut": bare_cut(shots),
    }


def bare_cut(shots: int) -> float:
    """Return the seconds it takes to join a film's takes, by itself."""
    vault = vault_for(read_settings(), rehearsal=False)
    made = latest_manifest(vault, brief_of(shots).production)
    assert made is not None  # noqa: S101 - it was just delivered
    with tempfile.TemporaryDirectory() as name:
        films = {clip.media.sha256: clip.media for clip in made.cut.clips if clip.media}
        paths = {digest: fetch_file(vault, film, Path(name) / f"{digest}.mp4") for digest, film in films.items()}
        began = time.monotonic()
        assemble(made.cut, paths, Path(name) / "master.mp4")
        return time.monotonic() - began


def measured(
    shots: int, candidates: int, where: str, environment: dict[str, str], settings: Settings, there: Open
) -> Row:
    """Make a film in a process of its own and return how long it took."""
    today = datetime.now(UTC).date()
    found = plan(brief_of(shots), storyboard_of(shots), TABLE, today)
    load = os.getloadavg()[0]
    there.forget()
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, __file__, "--make", str(shots), "--candidates", str(candidates)],
            env={**environment, "ONEREEL_VAULT": folder},
            stdout=subprocess.PIPE,
            check=True,
        )
    told = json.loads(done.stdout.splitlines()[-1])
    if told.pop("state") != "complete":
        raise SystemExit(f"{shots} shots {where}: the film is not complete")
    asked, (most, polls) = there.asked(), there.counted()
    own = took(asked)
    path = critical_path(found, settings.image_in_flight, settings.video_in_flight, there.latency, own)
    chain = critical_path(found, UNBOUND, UNBOUND, there.latency, own)
    return Row(
        shots=shots,
        takes=shots * candidates,
        drawing=there.latency.image,
        where=where,
        path=path,
        chain=chain,
        in_flight=most,
        polls=polls,
        waited=waited(asked),
        load=load,
        **told,
    )


@contextmanager
def places(url: str, database: str) -> Iterator[list[tuple[str, dict[str, str]]]]:
    """Yield where films are made, by name: on a running Prefect server and embedded, each with its environment."""
    stored: dict[str, Any] = {DATABASE: database} if database else {}
    table = json.dumps({"video": [TABLE.video[brief_of(6).models.video].model_dump(mode="json")]})
    quotas = {f"ONEREEL_{kind}_PER_MINUTE": "100000" for kind in ("TEXT", "IMAGE", "VIDEO")}
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        common = {
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "GOOGLE_API_KEY": "rehearsal",
            "GOOGLE_GENAI_USE_ENTERPRISE": "true",
            "GOOGLE_GEMINI_BASE_URL": url,
            "ONEREEL_MODELS": table,
            "ONEREEL_POLL_SHORTEST": os.environ.get("ONEREEL_POLL_SHORTEST", str(1 / 6)),
            **quotas,
        }
        alone = {**common, "PREFECT_HOME": str(home / "embedded")}
        alone.pop("PREFECT_API_URL", None)
        alone.pop(DATABASE, None)
        with server(home / "server", log=home / "server.log", **stored) as here:
            here.run("deployments.setup", **quotas)
            served = {**common, **here.environment, **common, "PREFECT_API_URL": here.api}
            yield [("PostgreSQL" if database else "SQLite", served), ("embedded", alone)]


def run(counts: list[int], candidates: int, rounds: int, database: str, latency: Latency, *, served: bool) -> list[Row]:
    """Make every film everywhere and return the rows; of several rounds, the fastest."""
    settings, rows = read_settings(), []
    with studio(latency) as there, places(there.url, database) as found:
        for where, environment in found if served else found[1:]:
            if rounds > 1:
                measured(counts[0], candidates, "warming up", environment, settings, there)
            for shots in counts:
                made = [measured(shots, candidates, where, environment, settings, there) for _ in range(rounds)]
                rows.append(min(made, key=lambda row: row.makespan))
    return rows


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "makespan.json")
    parser.add_argument("--shots", type=int, nargs="+", default=[6, 40])
    parser.add_argument("--drawing", type=float, nargs="+", default=[VIDEO_SECONDS, 1.0], help="Seconds of a drawing.")
    parser.add_argument("--candidates", type=int, default=1, help="Takes filmed of each shot.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database", default="", help="Of the Prefect server; default: SQLite.")
    parser.add_argument("--embedded", action="store_true", help="Only without a running server.")
    parser.add_argument("--realistic", action="store_true", help="The vendor's own latencies.")
    parser.add_argument("--scale", type=float, default=1.0, help="Of those latencies.")
    parser.add_argument("--make", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.make:
        embedded()
        print(json.dumps(asyncio.run(made(args.make, args.candidates))))
        return
    latencies = [LATENCY.model_copy(update={"image": seconds}) for seconds in args.drawing]
    if args.realistic:
        scaled = {kind: seconds * args.scale for kind, seconds in REALISTIC.model_dump(exclude={"jitter"}).items()}
        latencies = [REALISTIC.model_copy(update=scaled)]
        os.environ |= {
            f"ONEREEL_{kind}_IN_FLIGHT": str(max(args.shots) * args.candidates) for kind in ("IMAGE", "VIDEO")
        }
        os.environ["ONEREEL_POLL_SHORTEST"] = str(args.scale)
        os.environ["ONEREEL_POLL_LONGEST"] = str(10 * args.scale)
    rows = [
        row
        for latency in latencies
        for row in run(args.shots, args.candidates, args.rounds, args.database, latency, served=not args.embedded)
    ]
    settings, latency = read_settings(), latencies[0]
    print(
        f"operations {latency.video:g} s, more or less {latency.jitter:.0%}, in flight "
        f"at most {settings.image_in_flight} and {settings.video_in_flight}; best of {args.rounds} rounds\n"
    )
    print(
        f"{'shots':>5}{'takes':>6}{'drawing':>9} {'server':11}{'calls':>9}{'cut':>9}{'makespan':>10}"
        f"{'over calls':>12}{'over both':>11}{'after last take':>17}"
        f"{'engine start':>14}{'CPU':>8}{'memory':>9}{'bought':>8}{'in flight':>11}{'polls':>7}{'waited':>9}{'load':>6}"
    )
    for row in rows:
        print(
            f"{row.shots:5}{row.takes:6}{row.drawing:7.1f} s {row.where:11}"
            f"{row.path:7.1f} s{row.cut:7.2f} s{row.makespan:8.2f} s"
            f"{row.over_calls:12.3f}{row.ratio:11.3f}{row.assembly:15.2f} s"
            f"{row.start:12.2f} s{row.cpu:6.1f} s{row.memory:6.0f} MB"
            f"{row.calls:8}{row.in_flight:11}{row.polls:7}{row.waited:7.1f} s{row.load:6.1f}"
        )
    args.json.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "operation": latency.video,
        "jitter": latency.jitter,
        "image_in_flight": settings.image_in_flight,
        "video_in_flight": settings.video_in_flight,
        "rounds": args.rounds,
        "rows": [{**asdict(row), "over_calls": row.over_calls, "ratio": row.ratio} for row in rows],
    }
    args.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
