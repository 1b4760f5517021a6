"""What every documented fault, and a kill at any instant, does to a film and to the bill.

Films are made the way paid ones are: flow, adapters, journal, a running Prefect server with the limits all workers
share. Only the studio is local; it counts what it accepted and what it would have billed, and that is what the journal
is held against. Every run is a process of its own, forked from one that has everything imported.

* The matrix: one clip of 180p for each fault, run, and run again.
* Kills: a production of six shots, killed with SIGKILL at a random instant of its run, and run again to its end.

    python -m benchmarks.chaos [--kills 100] [--seed 0] [--json PATH] [--no-matrix]

What the columns mean:

* accepted: text, image and video calls the studio took on, both runs together.
* billed, ledger: dollars, by the studio's books and by ours; `unknown` is the part of ours nobody knows the end of.
* agree: the ledger without its unknown part <= billed <= the ledger. Where nothing is unknown: equal.
* again: calls the policy let out again after a paid one brought nothing (text and pictures up to $0.25).
* twice: orders charged more than once beyond that policy.
* lost: calls the studio accepted and our journal does not know.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection as Line
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from deployments.local import server
from onereel.adapters.folder import FolderVault
from onereel.brief import Brief
from onereel.calls import Call, calls_of, key_of, spent_on, unknown_on
from onereel.crew import Vault
from onereel.delivering import latest_manifest
from onereel.media import keep
from onereel.models import MODELS, PROXY, with_proxy
from onereel.storyboard import Shot, Storyboard
from onereel.studio import Kind, Latency, Studio, StudioOptions, Tally, parse_fault, running

PRODUCTION = "lighthouse"
CENT = 1e-4
POLICY_USD = Brief(production=PRODUCTION, idea="-", seconds=4).policy.repay_up_to_usd
ONE_CLIP = Brief(
    production=PRODUCTION, idea="A storm passes over a lighthouse.", seconds=4, resolution=PROXY, budget_usd=100
)
SIX_SHOTS = ONE_CLIP.model_copy(update={"seconds": 24})
SHOTS = Storyboard(
    title="Chaos",
    shots=tuple(
        Shot(
            id=f"s{10 * number:03d}",
            seconds=4,
            action=f"Wave number {number} breaks on the rock, {number * 7} gulls rise.",
            closing="The wave has gone, foam runs off the rock, close-up." if number == 2 else "",
            join="match" if number == 3 else "cut",
        )
        for number in range(1, 7)
    ),
)


@dataclass(frozen=True)
class Cell:
    """One fault, and what is to come of it.

    Attributes:
        faults: In the words of `onereel.studio.parse_fault`.
        film: Whether it is delivered: by the first run, and after the second.
        image: Pictures the studio accepts in both runs together.
        video: Clips the studio accepts in both runs together.
        text: Storyboards the studio accepts in both runs together.
        reviews: Reviews of the keyframe that the studio accepts in both runs together. Its stock footage fails the
            checks that cost nothing, so no take is judged at a price.
        unknown: Whether a call is left whose outcome nobody knows.
        kill: At which instant the first run is killed; empty: never.
    """

    name: str
    faults: tuple[str, ...] = ()
    film: tuple[bool, bool] = (True, True)
    text: int = 1
    image: int = 1
    video: int = 1
    reviews: int = 1
    unknown: bool = False
    kill: str = ""


HELD = (False, False)
MATRIX = (
    Cell("none"),
    Cell("503 on a poll", ("poll:1:503",)),
    Cell("429 on submit", ("video:1:429:after=0.2",)),
    Cell("500 on submit", ("video:1:500",)),
    Cell("503 on submit", ("video:1:503",)),
    Cell("504 after acceptance", ("video:1:504",), HELD, unknown=True),
    Cell("dropped after acceptance", ("video:1:drop-after",), HELD, unknown=True),
    Cell("dropped before acceptance", ("video:1:drop-before",), HELD, video=0, unknown=True),
    Cell("503 on download", ("download:1:503",)),
    Cell("truncated download", ("download:1:truncated",)),
    Cell("corrupt download", ("download:1:corrupt",)),
    Cell("filtered", ("video:1:filtered",), text=2, video=2),
    Cell("filtered for its sound", ("video:1:audio-filter",), video=2),
    Cell("operation error 3", ("video:1:error-3",), (False, True), video=2),
    Cell("operation error 8", ("video:1:error-8",), video=2),
    Cell("operation error 13", ("video:1:error-13",), video=2),
    Cell("done without samples", ("video:1:empty",), video=2),
    Cell("404 on a poll", ("poll:1:404",)),
    Cell("404 on every poll", ("poll:*:404",), HELD),
    Cell("wrong size of a clip", ("video:1:wrong-size",), HELD),
    Cell("wrong size of a picture", ("image:1:wrong-size",), image=2),
    Cell("text instead of a picture", ("image:1:text-only",), image=2),
    Cell("picture unsafe", ("image:1:image-safety",), text=2, image=2),
    Cell("picture lost: dropped after", ("image:1:drop-after",), image=2, unknown=True),
    Cell("malformed storyboard", ("text:1:malformed",), text=2),
    Cell("truncated storyboard", ("text:1:truncated",), text=2),
    Cell("malformed review", ("text:2:malformed",), reviews=2),
    Cell("review lost: dropped after", ("text:2:drop-after",), reviews=2, unknown=True),
)
KILLS = (
    Cell("killed before it intends", kill="brief", film=(False, True)),
    Cell("killed before it hears: text", ("text:1:delay:after=2",), (False, True), text=2, unknown=True, kill="text"),
    Cell(
        "killed before it hears: picture",
        ("image:1:delay:after=2",),
        (False, True),
        image=2,
        unknown=True,
        kill="image",
    ),
    Cell(
        "killed before it hears: review",
        ("text:2:delay:after=2",),
        (False, True),
        reviews=2,
        unknown=True,
        kill="review",
    ),
    Cell("killed before it hears: clip", ("video:1:delay:after=2",), HELD, unknown=True, kill="video"),
    Cell("killed when submitted", ("poll:1:delay:after=2",), (False, True), kill="submitted"),
    Cell("killed before it settles", kill="film", film=(False, True)),
)


@dataclass(frozen=True)
class Audit:
    """The studio's books held against our journal."""

    accepted: dict[str, int]
    billed: float
    ledger: float
    unknown: float
    unknown_calls: int
    again: int
    twice: int
    lost: int
    open: int

    @property
    def agree(self) -> bool:
        """Whether our ledger and the studio's books say the same, as far as ours can know."""
        return self.ledger - self.unknown <= self.billed + CENT and self.billed <= self.ledger + CENT


def audit(vault: Path | Vault, tally: Tally) -> Audit:
    """Hold the journal of a production against what the studio counted."""
    calls = calls_of(FolderVault(vault) if isinstance(vault, Path) else vault, PRODUCTION)
    accepted = {str(kind): count for kind, count in tally.accepted.items()}
    known = Counter(_kind(call) for call in calls if not _refused(call))
    twice = again = 0
    attempts: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if _charged(call):
            attempts[key_of(call.intent.order, 1)].append(call)
    for charged in attempts.values():
        cheap = charged[0].intent.usd <= POLICY_USD
        again += len(charged) - 1 if cheap else 0
        twice += 0 if cheap else len(charged) - 1
    return Audit(
        accepted=accepted,
        billed=tally.total_usd,
        ledger=spent_on(calls, PRODUCTION),
        unknown=unknown_on(calls, PRODUCTION),
        unknown_calls=sum(call.outcome is not None and call.outcome.end == "unknown" for call in calls),
        again=again,
        twice=twice,
        lost=sum(max(0, count - known[kind]) for kind, count in accepted.items()),
        open=sum(call.outcome is None for call in calls),
    )


def _kind(call: Call) -> str:
    """Return the kind the studio counts a call as: a review is asked of a text model."""
    return "text" if call.intent.kind == "review" else call.intent.kind


def _refused(call: Call) -> bool:
    return call.outcome is not None and call.outcome.end == "refused"


def _charged(call: Call) -> bool:
    return call.outcome is None or call.outcome.usd > 0


def paying(studio: Studio) -> dict[str, str]:
    """Return the environment in which flows take the local studio for Google."""
    camera = with_proxy(MODELS).video[ONE_CLIP.models.video]
    return {
        "ONEREEL_MODELS": json.dumps({"video": [camera.model_dump(mode="json")]}),
        "GOOGLE_API_KEY": "rehearsal",
        "GOOGLE_GENAI_USE_ENTERPRISE": "true",
        "GOOGLE_GEMINI_BASE_URL": studio.url,
        "ONEREEL_POLL_SHORTEST": "0.05",
        **{f"ONEREEL_{kind}_PER_MINUTE": "1000000" for kind in ("TEXT", "IMAGE", "VIDEO")},
    }


def make(vault: str, brief: Brief, line: Line) -> None:
    """Run the flow in this process and send how it ended: the work of a forked process."""
    from flows.produce import produce  # noqa: PLC0415 - imported before the fork, by name

    os.environ["ONEREEL_VAULT"] = vault
    shots = ""
    if brief.seconds == SIX_SHOTS.seconds:
        shots = keep(FolderVault(vault), SHOTS.model_dump_json().encode(), "json").key
    state = asyncio.run(produce(brief=brief, shots=shots, return_state=True))  # type: ignore[arg-type]
    line.send({"state": state.name, "message": state.message})


class Stage:
    """Where films are made over and over: one studio, one Prefect server, a process for each run."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self.studio, self._folder, self._made = studio, folder, 0
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["flows.produce", "deployments.local", "onereel.studio"])

    def fresh(self, *faults: str) -> Path:
        """Empty the studio's books, put faults in force, and return a vault nobody has used."""
        self.studio.reset()
        for fault in faults:
            self.studio.plan.add(parse_fault(fault))
        self._made += 1
        return self._folder / f"vault{self._made:04d}"

    def run(self, vault: Path, brief: Brief, when: Callable[[], bool] | None = None) -> dict[str, Any]:
        """Make a film; kill its process as soon as `when` says so, which is asked a thousand times a second.

        Returns:
            State and message of the run, and seconds; `killed` in place of the state.
        """
        ours, theirs = self._context.Pipe(duplex=False)
        began = time.monotonic()
        process = self._context.Process(target=make, args=(str(vault), brief, theirs))
        process.start()
        theirs.close()
        struck = when is not None and _strike(process, when)
        process.join()
        told = {"state": "killed", "message": ""}
        if ours.poll():
            try:
                told = ours.recv()
            except EOFError:
                told = {"state": "killed" if struck else "crashed", "message": f"exit code {process.exitcode}"}
        return {**told, "seconds": round(time.monotonic() - began, 3)}


def _strike(process: BaseProcess, when: Callable[[], bool]) -> bool:
    while process.is_alive():
        if when():
            assert process.pid is not None  # noqa: S101 - it was started
            os.kill(process.pid, signal.SIGKILL)
            return True
        time.sleep(0.001)
    return False


def instant(name: str, vault: Path, studio: Studio) -> Callable[[], bool]:
    """Return the question whether an instant of a production has come."""

    def intended() -> bool:
        return any(vault.glob(f"productions/{PRODUCTION}/brief.json"))

    def submitted() -> bool:
        return any(vault.glob("journal/*/*/submitted.json"))

    def filmed() -> bool:
        return submitted() and any(vault.glob("media/*/*.mp4"))

    if name == "review":
        return lambda: studio.tally().accepted[Kind.TEXT] > 1
    if name in ("text", "image", "video"):
        return lambda: studio.tally().accepted[Kind(name)] > 0
    return {"brief": intended, "submitted": submitted, "film": filmed}[name]


@dataclass(frozen=True)
class Result:
    """One cell as it went."""

    name: str
    first: str
    again: str
    delivered: tuple[bool, bool]
    audit: Audit
    as_expected: bool
    message: str = ""


def delivered(vault: Path) -> bool:
    """Return whether a film lies in a vault."""
    return latest_manifest(FolderVault(vault), PRODUCTION) is not None


def play(stage: Stage, cell: Cell) -> Result:
    """Make a film with a fault, make it again, and hold the books against each other."""
    vault = stage.fresh(*cell.faults)
    first = stage.run(vault, ONE_CLIP, instant(cell.kill, vault, stage.studio) if cell.kill else None)
    had = delivered(vault)
    again = stage.run(vault, ONE_CLIP)
    found = audit(vault, stage.studio.tally())
    film = (had, delivered(vault))
    return Result(
        name=cell.name,
        first=first["state"],
        again=again["state"],
        delivered=film,
        audit=found,
        as_expected=film == cell.film and wanted(cell, found),
        message=again["message"] or first["message"] or "",
    )


def wanted(cell: Cell, found: Audit) -> bool:
    """Return whether the books say what a cell expects."""
    accepted = {"text": cell.text + cell.reviews, "image": cell.image, "video": cell.video, "extension": 0}
    return (
        found.accepted == accepted
        and found.agree
        and (found.unknown_calls > 0) == cell.unknown
        and found.twice == found.lost == 0
    )


@dataclass
class Killed:
    """What many kills came to.

    Attributes:
        instants: Seconds into its run at which each was killed.
        states: How many journal entries were in which state when killed, over all kills.
        whole: Films of the same shots and frames as an undisturbed one, after the run that followed.
        slates: Shots held in them because nobody knows whether their clip was paid.
        third_runs: How often a finished production was run once more, every tenth time.
    """

    kills: int = 0
    finished_first: int = 0
    instants: list[float] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)
    whole: int = 0
    slates: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    billed: float = 0.0
    ledger: float = 0.0
    unknown: float = 0.0
    unknown_calls: int = 0
    disagree: int = 0
    again: int = 0
    twice: int = 0
    lost: int = 0
    third_runs: int = 0
    third_runs_paid: int = 0
    odd: list[str] = field(default_factory=list)


def kill_many(stage: Stage, kills: int, seed: int, seconds: float, told: Callable[[str], None]) -> Killed:
    """Kill a production of six shots at random instants, each time run again to its end.

    Args:
        stage: Where.
        kills: How many.
        seed: Of the instants.
        seconds: How long it may take at most; fewer kills then.
        told: Hears how it goes.
    """
    dice, total = random.Random(seed), Killed()  # noqa: S311 - no secret
    vault = stage.fresh()
    stage.run(vault, SIX_SHOTS)
    vault = stage.fresh()
    length = stage.run(vault, SIX_SHOTS)["seconds"]
    plan, needed = recipe(vault), stage.studio.tally().accepted
    told(f"undisturbed: {length:.2f} s, accepted {dict(needed)}")
    until = time.monotonic() + seconds
    while total.kills < kills and time.monotonic() < until:
        vault, at = stage.fresh(), dice.uniform(0, length)
        deadline = time.monotonic() + at
        first = stage.run(vault, SIX_SHOTS, lambda deadline=deadline: time.monotonic() >= deadline)
        if first["state"] != "killed":
            total.finished_first += 1
            continue
        total.kills += 1
        total.instants.append(round(at, 3))
        total.states.update(_states(vault))
        again = stage.run(vault, SIX_SHOTS)
        found, made = audit(vault, stage.studio.tally()), recipe(vault)
        if total.kills % 10 == 1:
            total.third_runs += 1
            stage.run(vault, SIX_SHOTS)
            total.third_runs_paid += audit(vault, stage.studio.tally()) != found
        _add(total, found)
        total.whole += made is not None and plan is not None and made[0] == plan[0]
        total.slates += made[1] if made else 0
        if made is None or made[0] != (plan or ())[0] or found.twice or found.lost or not found.agree:
            total.odd.append(f"{total.kills}: killed at {at:.3f} s: {again['state']}: {again['message']}; {found}")
        if total.kills % 5 == 0:
            told(f"{total.kills} kills: twice {total.twice}, lost {total.lost}, whole {total.whole}")
    return total


def _add(total: Killed, found: Audit) -> None:
    total.accepted.update(found.accepted)
    total.billed = round(total.billed + found.billed, 4)
    total.ledger = round(total.ledger + found.ledger, 4)
    total.unknown = round(total.unknown + found.unknown, 4)
    total.unknown_calls += found.unknown_calls
    total.disagree += not found.agree
    total.again += found.again
    total.twice += found.twice
    total.lost += found.lost


def _states(vault: Path) -> Counter[str]:
    return Counter(
        f"{call.intent.kind} {call.outcome.end if call.outcome else 'submitted' if call.operation else 'intended'}"
        for call in calls_of(FolderVault(vault), PRODUCTION)
    )


def recipe(vault: Path) -> tuple[tuple[tuple[str, int], ...], int] | None:
    """Return shots and frames of the newest film, and how many shots are slates; None if there is no film."""
    manifest = latest_manifest(FolderVault(vault), PRODUCTION)
    if manifest is None:
        return None
    clips = tuple((clip.shot, clip.frames) for clip in manifest.cut.clips)
    return clips, sum(not papers.takes for papers in manifest.shots)


@contextmanager
def staged() -> Iterator[Stage]:
    """Open a studio and a Prefect server with its limits; until the block ends, the environment leads to them."""
    with ExitStack() as stack:
        stack.callback(_restore, dict(os.environ))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onereel-chaos-")))
        latency = Latency(text=0.05, image=0.15, video=0.3, extension=0.3)
        studio = stack.enter_context(running(StudioOptions(latency=latency, footage="same")))
        here = stack.enter_context(server(folder / "prefect", log=folder / "server.log"))
        # A killed run keeps its places until their lease ends, minutes later; after a few kills none would be left.
        here.run("deployments.setup", **{f"ONEREEL_{kind}_IN_FLIGHT": "1000" for kind in ("TEXT", "IMAGE", "VIDEO")})
        os.environ.update(
            {
                **paying(studio),
                "PREFECT_API_URL": here.api,
                "PREFECT_HOME": str(folder / "prefect"),
                "PREFECT_LOGGING_LEVEL": "CRITICAL",
                "PREFECT_LOGGING_TO_API_ENABLED": "false",
            }
        )
        yield Stage(studio, folder)


def _restore(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def print_head() -> None:
    """Print what the columns of `print_result` are."""
    print(
        f"{'fault':33}{'film: first':>12}{'again':>7}{'accepted t/i/v':>16}{'billed':>9}{'ledger':>9}{'unknown':>9}"
        f"{'agree':>7}{'again':>7}{'twice':>7}{'lost':>6}"
    )


def print_result(result: Result) -> None:
    """Print one line of the matrix."""
    found = result.audit
    calls = "/".join(str(found.accepted[kind]) for kind in ("text", "image", "video"))
    film = ["yes" if one else "no" for one in result.delivered]
    print(
        f"{result.name:33}{film[0]:>12}{film[1]:>7}{calls:>16}{found.billed:9.4f}{found.ledger:9.4f}"
        f"{found.unknown:9.4f}{'yes' if found.agree else 'NO':>7}{found.again:7}{found.twice:7}{found.lost:6}"
        f"{'' if result.as_expected else f'  NOT AS EXPECTED: {result.first}, {result.again}: {result.message!r}'}",
        flush=True,
    )


def main() -> None:
    """Measure, print, write; fails where something was paid twice or lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=3600, help="stop killing after this long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-matrix", action="store_true")
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "chaos.json")
    args = parser.parse_args()
    found: dict[str, Any] = json.loads(args.json.read_text()) if args.json.exists() else {}
    with staged() as stage:
        if not args.no_matrix:
            results = []
            print_head()
            for cell in (*MATRIX, *KILLS):
                results.append(play(stage, cell))
                print_result(results[-1])
            found["matrix"] = [asdict(result) | {"agree": result.audit.agree} for result in results]
            write(args.json, found)
        if args.kills:
            killed = kill_many(stage, args.kills, args.seed, args.seconds, lambda line: print(line, flush=True))
            found["kills"] = vars(killed)  # asdict would spoil its Counters
            write(args.json, found)
            print(json.dumps({**vars(killed), "instants": len(killed.instants)}, indent=1))


def write(path: Path, found: dict[str, Any]) -> None:
    """Write what was found."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
