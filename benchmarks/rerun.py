"""What an unchanged production costs: made once, then made again, as a person would who is not sure it went through.

A film of 100 shots is made against a local studio that answers at once, then produced again, embedded and on a running
Prefect server. The second run must ask the studio for nothing; its time a shot is what looking everything up takes,
from the flow's first step to its final state. Starting Prefect and Python is reported apart.

    python benchmarks/rerun.py [--json PATH] [--shots 100] [--database postgresql+asyncpg://...]
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.makespan import places, studio
from onereel.studio import Latency

SCRIPT = Path(__file__).with_name("makespan.py")


@dataclass(frozen=True)
class Row:
    """One film made again.

    Attributes:
        where: The database of the server it ran on, or embedded.
        requests: What the second run asked the studio for.
        start: From calling the flow to its first step, in seconds.
        again: From there to the end of the second run.
        first: The same of the first.
        cpu: Processor seconds of the second run's process.
    """

    shots: int
    where: str
    first: float
    start: float
    again: float
    cpu: float
    requests: int

    @property
    def per_shot(self) -> float:
        """Milliseconds a shot."""
        return 1000 * self.again / self.shots


def make(shots: int, environment: dict[str, str], vault: str) -> dict[str, Any]:
    """Make a film in a process of its own."""
    done = subprocess.run(
        [sys.executable, SCRIPT, "--make", str(shots)],
        env={**environment, "ONEREEL_VAULT": vault},
        stdout=subprocess.PIPE,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if told["state"] != "complete":
        raise SystemExit(f"{shots} shots: the film is not complete")
    return told


def measured(shots: int, where: str, environment: dict[str, str]) -> Row:
    """Make a film twice."""
    with tempfile.TemporaryDirectory() as vault:
        first = make(shots, environment, vault)
        again = make(shots, environment, vault)
    return Row(shots, where, first["makespan"], again["start"], again["makespan"], again["cpu"], again["calls"])


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "rerun.json")
    parser.add_argument("--shots", type=int, default=100)
    parser.add_argument("--database", default="", help="Of the Prefect server; default: SQLite.")
    args = parser.parse_args()
    with studio(Latency(text=0, image=0, video=0, extension=0)) as there, places(there.url, args.database) as found:
        rows = [measured(args.shots, where, environment) for where, environment in found]
    heads = f"{'first run':>11}{'engine start':>14}{'again':>9}{'a shot':>10}{'CPU':>8}{'requests':>10}"
    print(f"{'shots':>5} {'server':11}{heads}")
    for row in rows:
        print(
            f"{row.shots:5} {row.where:11}{row.first:9.1f} s{row.start:12.2f} s{row.again:7.2f} s"
            f"{row.per_shot:7.1f} ms{row.cpu:6.1f} s{row.requests:10}"
        )
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps([{**asdict(row), "ms_per_shot": row.per_shot} for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()
