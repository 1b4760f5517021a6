"""What a film survives around it: a disk that fills up, a bucket that dies, a Prefect server that is lost.

Six shots of 180p, as `benchmarks.workers`; every run is a process of its own. Something fails while clips are ordered,
and comes back soon; or while they are filmed, and comes back once the run has ended. Then the production is run again.

    python -m benchmarks.outages [ROW…] [--json PATH]

Columns as `benchmarks.chaos`. Fails where something was paid twice or lost, or the second run has no film. The rows of
the disk need root, for a small file system of their own.
"""

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.chaos import PRODUCTION, SHOTS, SIX_SHOTS, Audit, audit, paying
from deployments.local import CHECKOUT, server
from onereel.adapters.vaults import open_vault
from onereel.delivering import latest_manifest
from onereel.media import keep
from onereel.report import Report
from onereel.studio import Kind, Latency, Studio, StudioOptions, running
from tests.storage import rclone

FILMING = 4.0
RUN_SECONDS = 240.0
OUTAGE = 20.0
DISK = "48m"


@dataclass(frozen=True)
class Result:
    """What became of a production.

    Attributes:
        first: How its first run ended, the one something happened to.
        again: How the next one did.
        seconds: From what happened to the end of the first run.
        takes: Shots with a take in the film.
    """

    name: str
    first: str
    again: str
    seconds: float
    delivered: bool
    takes: int
    audit: Audit

    @property
    def good(self) -> bool:
        """Whether nothing was paid twice or lost, and the film is there."""
        found = self.audit
        return self.delivered and found.agree and found.twice == found.lost == 0


class Scene:
    """Where it happens: the studio, and what makes a process talk to it and to the server."""

    def __init__(self, studio: Studio, environment: Mapping[str, str], folder: Path) -> None:
        self.studio, self.environment, self.folder = studio, environment, folder

    def start(self, vault: str, **more: str) -> subprocess.Popen[str]:
        """Start a run of the production."""
        command = [sys.executable, "-m", "benchmarks.outages", "--make", vault]
        environment = {**self.environment, **more}
        return subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True)

    def filming(self, run: subprocess.Popen[str], clips: int) -> None:
        """Wait until the studio has accepted so many clips."""
        until = time.monotonic() + RUN_SECONDS
        while self.studio.tally().accepted[Kind.VIDEO] < clips and run.poll() is None and time.monotonic() < until:
            time.sleep(0.02)

    def ordered(self, run: subprocess.Popen[str], vault: Path) -> None:
        """Wait until all clips are ordered, and their names written down."""
        self.filming(run, len(SHOTS.shots))
        while len(list(vault.glob("journal/*/*/submitted.json"))) < len(SHOTS.shots) and run.poll() is None:
            time.sleep(0.02)


def ended(run: subprocess.Popen[str]) -> str:
    """Wait until a run has ended, and return how."""
    try:
        told, _ = run.communicate(timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        run.kill()
        told, _ = run.communicate()
        return f"still running after {RUN_SECONDS:.0f} s"
    lines = told.strip().splitlines()
    return lines[-1] if lines else f"exit code {run.returncode}"


def result(scene: Scene, name: str, vault: str, first: str, seconds: float, again: str) -> Result:
    """Hold the books against each other."""
    place = open_vault(vault)
    manifest = latest_manifest(place, PRODUCTION)
    takes = 0 if manifest is None else len(manifest.shots) - manifest.slates
    found = audit(place, scene.studio.tally())
    said = (told.replace(f"{scene.folder}/", "") for told in (first, again))
    return Result(name, *said, round(seconds, 1), manifest is not None, takes, found)


@contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """Mount a small file system."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "onereel", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def filled(folder: Path) -> Path:
    """Fill a file system to its last byte; return the file to remove."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(bytes(block))
            except OSError:
                continue
    return filler


def full_disk(scene: Scene, name: str, come: Callable[[subprocess.Popen[str], Path], None], lasts: float) -> Result:
    """Fill the vault's disk once the time has come, and make room after a while; 0: once the run has ended."""
    with disk(scene.folder / name.replace(" ", "-")) as folder:
        vault = folder / "vault"
        run = scene.start(str(vault))
        come(run, vault)
        began, filler = time.monotonic(), filled(folder)
        if lasts:
            time.sleep(lasts)
            filler.unlink()
        first = ended(run)
        seconds = time.monotonic() - began
        filler.unlink(missing_ok=True)
        return result(scene, name, str(vault), first, seconds, ended(scene.start(str(vault))))


def disk_full_while_ordering(scene: Scene) -> Result:
    """The disk is full once the first clip is accepted, and for twenty seconds."""
    return full_disk(scene, "disk full 20 s, ordering", lambda run, _: scene.filming(run, 1), OUTAGE)


def disk_full_while_filming(scene: Scene) -> Result:
    """The disk is full once all clips are ordered, until the run has ended."""
    return full_disk(scene, "disk full, filming", scene.ordered, 0)


def bucket_dead_while_ordering(scene: Scene) -> Result:
    """The bucket's server is killed once the first clip is accepted, and comes back after twenty seconds."""
    return dead_bucket(scene, "bucket dead 20 s, ordering", lambda run, _: scene.filming(run, 1), OUTAGE)


def bucket_dead_while_filming(scene: Scene) -> Result:
    """The bucket's server is killed once all clips are ordered, until the run has ended."""
    return dead_bucket(scene, "bucket dead, filming", scene.ordered, 0)


def dead_bucket(scene: Scene, name: str, come: Callable[[subprocess.Popen[str], Path], None], lasts: float) -> Result:
    """Kill the vault's server once the time has come, and start it again after a while; 0: once the run has ended."""
    vault, folder = "s3://films/outage", scene.folder / name.replace(" ", "-")
    (folder / "served" / "films").mkdir(parents=True)
    with ExitStack() as alive:
        storage = alive.enter_context(rclone(folder))
        run = scene.start(vault, **storage.environment())
        come(run, folder / "served" / "films" / "outage")
        began = time.monotonic()
        alive.close()
    first = "" if lasts else ended(run)
    time.sleep(lasts)
    with rclone(folder, like=storage) as storage:
        first = first or ended(run)
        seconds = time.monotonic() - began
        again = ended(scene.start(vault, **storage.environment()))
        os.environ.update(storage.environment())
        return result(scene, name, vault, first, seconds, again)


def server_lost(scene: Scene) -> Result:
    """The Prefect server is killed once all clips are ordered; it comes back on the same address for the next run."""
    home, vault = scene.folder / "lost", scene.folder / "films"
    with server(home, log=home.with_suffix(".log")) as here:
        address = {"PREFECT_API_URL": here.api, "PREFECT_HOME": str(home)}
        here.run("deployments.setup")
        run = scene.start(str(vault), **address)
        scene.ordered(run, vault)
        began = time.monotonic()
        os.killpg(here.process, signal.SIGKILL)
        first = ended(run)
        seconds = time.monotonic() - began
    with server(home, port=here.port, log=home.with_suffix(".log")):
        return result(scene, "server killed", str(vault), first, seconds, ended(scene.start(str(vault), **address)))


ROWS: dict[str, Callable[[Scene], Result]] = {
    "disk-ordering": disk_full_while_ordering,
    "disk-filming": disk_full_while_filming,
    "bucket-ordering": bucket_dead_while_ordering,
    "bucket-filming": bucket_dead_while_filming,
    "server": server_lost,
}


def make(vault: str) -> None:
    """Run the flow in this process and print how it ended."""
    from flows.produce import produce  # noqa: PLC0415 - only in the process that makes a film

    os.environ["ONEREEL_VAULT"] = vault
    shots = keep(open_vault(vault), SHOTS.model_dump_json().encode(), "json").key
    state = asyncio.run(produce(brief=SIX_SHOTS, shots=shots, return_state=True))  # type: ignore[arg-type]
    report = state.data if isinstance(state.data, Report) else None
    print(f"{state.name}: {(report.message if report else state.message) or ''}".replace("\n", " ")[:300])


def main() -> None:
    """Measure, print, write; fails where something was paid twice or lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", choices=[*ROWS, []])
    parser.add_argument("--make", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "outages.json")
    args = parser.parse_args()
    if args.make:
        make(args.make)
        return
    results = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onereel-outages-")))
        latency = Latency(text=0.1, image=0.3, video=FILMING, extension=FILMING)
        studio = stack.enter_context(running(StudioOptions(latency=latency, footage="same")))
        here = stack.enter_context(server(folder / "prefect", log=folder / "server.log", **paying(studio)))
        here.run("deployments.setup")
        quiet = {"PREFECT_LOGGING_LEVEL": "CRITICAL", "PREFECT_LOGGING_TO_API_ENABLED": "false"}
        scene = Scene(studio, {**here.environment, **quiet}, folder)
        for name in args.rows or ROWS:
            studio.reset()
            results.append(ROWS[name](scene))
            print_result(results[-1])
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps([asdict(each) for each in results], indent=2) + "\n")
    if not all(each.good for each in results):
        raise SystemExit(1)


def print_result(result: Result) -> None:
    """Print what became of a production."""
    found = result.audit
    print(
        f"{result.name}: {found.accepted['video']} clips accepted for {len(SHOTS.shots)} shots; billed "
        f"${found.billed:.2f}, ledger ${found.ledger:.2f} (unknown ${found.unknown:.2f}), twice {found.twice}, lost "
        f"{found.lost}; {result.takes} takes in the film{'' if result.good else '  NOT AS IT SHOULD BE'}\n"
        f"    first run, {result.seconds} s later: {result.first}\n    next run: {result.again}",
        flush=True,
    )


if __name__ == "__main__":
    main()
