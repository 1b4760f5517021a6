"""Whether a studio's limits are ever hit: several workers at once, at the rates that are configured.

Films of different productions are made at the same time, each in a process of its own, through a Prefect server whose
shared limits say what the studio takes: calls under way, and calls started in any minute. Beyond them the local studio
answers 429 and says when to come back, as Google does.

* kept: the limits are configured as they are. Nothing is refused.
* guessed: they are configured at twice of what the studio takes. It refuses, and nobody comes back too early.
* alone: one process without a server, its own limits as they are.

    python -m benchmarks.quotas [--json PATH]

Fails where a call was refused at the configured rates, one came back too early, or a film is not complete.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.chaos import paying
from benchmarks.makespan import brief_of, storyboard_of
from deployments.local import CHECKOUT, server
from onereel.adapters.folder import FolderVault
from onereel.media import keep
from onereel.progress import embedded
from onereel.studio import Kind, Latency, Limit, Limits, StudioOptions, Tally, running

IN_FLIGHT = {"IMAGE": 3, "VIDEO": 4}
PER_MINUTE = {"IMAGE": 24, "VIDEO": 20}
LATENCY = Latency(text=0, image=0.3, video=2.0, extension=2.0)
FILMS, SHOTS = 3, 10


@dataclass(frozen=True)
class Row:
    """What a studio saw of its limits.

    Attributes:
        refused: Calls answered 429.
        early: Calls that came back sooner than they were told to.
        most: Most drawings and clips under way at once.
        in_a_minute: Most of them accepted in any 60 s.
        complete: Films delivered without a slate.
    """

    name: str
    films: int
    shots: int
    seconds: float
    accepted: int
    refused: int
    early: int
    most: dict[str, int]
    in_a_minute: dict[str, int]
    complete: int

    @property
    def good(self) -> bool:
        """Whether the limits were kept, or, where they were not known, nobody pressed."""
        return self.complete == self.films and not self.early and (self.name == "guessed" or not self.refused)


def make(shots: int, name: str) -> None:
    """Make a film in this process and print how it ended."""
    from flows.produce import produce  # noqa: PLC0415 - Prefect takes a second to import

    vault = FolderVault(os.environ["ONEREEL_VAULT"])
    listed = keep(vault, storyboard_of(shots).model_dump_json().encode(), "json").key
    # Equal orders of several productions are bought once: these differ by their seeds.
    brief = brief_of(shots).model_copy(update={"production": name, "seed": 1000 * int(name.rpartition("-")[2])})
    state = asyncio.run(produce(brief=brief, shots=listed, return_state=True))  # type: ignore[arg-type]
    print(state.name)


def configured(factor: int) -> dict[str, str]:
    """Return the environment in which the studio's limits are configured, so many times over."""
    said = {f"ONEREEL_{kind}_IN_FLIGHT": str(factor * most) for kind, most in IN_FLIGHT.items()}
    return said | {f"ONEREEL_{kind}_PER_MINUTE": str(factor * most) for kind, most in PER_MINUTE.items()}


def measured(name: str, factor: int, films: int, *, served: bool) -> Row:
    """Make the films at once and return what the studio saw."""
    image, video = (Limit(in_flight=IN_FLIGHT[kind], per_minute=PER_MINUTE[kind]) for kind in ("IMAGE", "VIDEO"))
    options = StudioOptions(latency=LATENCY, limits=Limits(image=image, video=video), footage="same")
    with running(options) as studio, tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        environment = {**os.environ, **paying(studio), **configured(factor), "ONEREEL_VAULT": str(folder / "vault")}
        began = time.monotonic()
        if served:
            with server(folder / "prefect", log=folder / "server.log", **environment) as here:
                here.run("deployments.setup")
                began = time.monotonic()
                ended = _films(films, {**environment, **here.environment, "PREFECT_API_URL": here.api})
        else:
            ended = _films(films, {**environment, "PREFECT_HOME": str(folder / "embedded")}, "--alone")
        seconds = time.monotonic() - began
        tally, asked = studio.tally(), studio.books.requests()
    times = {kind: sorted(one.at for one in asked if one.kind is kind) for kind in (Kind.IMAGE, Kind.VIDEO)}
    return _row(name, films, seconds, tally, times, sum(one == "Delivered" for one in ended))


def _films(films: int, environment: Mapping[str, str], *more: str) -> list[str]:
    """Make films in processes of their own, and return how they ended."""
    command = [sys.executable, "-m", "benchmarks.quotas", *more, "--make"]
    runs = [
        subprocess.Popen([*command, f"quota-{n}"], cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True)
        for n in range(films)
    ]
    return [run.communicate()[0].strip().rpartition("\n")[2] for run in runs]


def _row(name: str, films: int, seconds: float, tally: Tally, times: Mapping[Kind, list[float]], complete: int) -> Row:
    kinds = (Kind.IMAGE, Kind.VIDEO)
    return Row(
        name=name,
        films=films,
        shots=SHOTS,
        seconds=round(seconds, 1),
        accepted=sum(tally.accepted[kind] for kind in kinds),
        refused=tally.refused,
        early=tally.early_retries,
        most={kind.value: tally.in_flight_max[kind] for kind in kinds},
        in_a_minute={kind.value: _most_in(times[kind], 60.0) for kind in kinds},
        complete=complete,
    )


def _most_in(times: list[float], seconds: float) -> int:
    """Return how many of these moments lie in the fullest stretch of so many seconds."""
    return max((sum(begin <= at < begin + seconds for at in times) for begin in times), default=0)


def main() -> None:
    """Measure, print, write; fails where a limit was hit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "quotas.json")
    parser.add_argument("--make", help=argparse.SUPPRESS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.make:
        if args.alone:
            embedded()
        make(SHOTS, args.make)
        return
    rows = [
        measured("kept", 1, FILMS, served=True),
        measured("guessed", 2, FILMS, served=True),
        measured("alone", 1, 1, served=False),
    ]
    print(f"the studio takes {IN_FLIGHT} at once and {PER_MINUTE} in a minute; {SHOTS} shots a film\n")
    print(
        f"{'limits':9}{'films':>6}{'seconds':>9}{'accepted':>10}{'429':>5}{'too early':>11}  most at once, in a minute"
    )
    for row in rows:
        most = ", ".join(f"{kind} {row.most[kind]}, {row.in_a_minute[kind]}" for kind in row.most)
        told = "" if row.good else "  NOT AS IT SHOULD BE"
        print(
            f"{row.name:9}{row.complete:3}/{row.films}{row.seconds:9.1f}{row.accepted:10}{row.refused:5}"
            f"{row.early:11}  {most}{told}"
        )
    args.json.parent.mkdir(parents=True, exist_ok=True)
    found = {"in_flight": IN_FLIGHT, "per_minute": PER_MINUTE, "rows": [asdict(row) for row in rows]}
    args.json.write_text(json.dumps(found, indent=2) + "\n")
    if not all(row.good for row in rows):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
