"""Two process workers on a real Prefect server: one production ordered twice at once, and one cancelled half-way.

Six shots of 180p; the local studio is Google to the workers, and counts what it accepts.

* at once: two runs of the same production, one on each worker. Everything is ordered once; both deliver.
* cancelled: a run is cancelled as Prefect's page does it, while its clips are being filmed, and ordered again. What was
  under way is collected, not ordered anew.

    python -m benchmarks.workers [--json PATH]

Fails where the studio accepted more clips than there are shots, or a film is missing.
"""

import argparse
import json
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.chaos import PRODUCTION, SHOTS, SIX_SHOTS, Audit, audit, delivered, paying
from deployments.local import Server, server
from onereel.adapters.folder import FolderVault
from onereel.calls import calls_of
from onereel.media import keep
from onereel.studio import Kind, Latency, Studio, StudioOptions, running

FILMING = 8.0
"""Seconds a clip takes: long enough that a run is found filming."""
RUN_SECONDS = 300.0
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


@dataclass(frozen=True)
class Result:
    """What became of a production.

    Attributes:
        states: How its runs ended, in the order they were started.
        under_way: Clips whose operation was known and whose film was not, when the first run had ended.
    """

    name: str
    states: list[str]
    seconds: float
    delivered: bool
    under_way: int
    polls: int
    audit: Audit

    @property
    def good(self) -> bool:
        """Whether everything was ordered once and the film is there."""
        once = self.audit.accepted["video"] == len(SHOTS.shots)
        return once and self.delivered and self.states[-1] == "Completed" and not (self.audit.twice or self.audit.lost)


class Desk:
    """Where runs are ordered, watched and cancelled: the server's API, as its pages use it."""

    def __init__(self, here: Server) -> None:
        transport = httpx.HTTPTransport(retries=3)
        self._api = httpx.Client(base_url=here.api, timeout=60, transport=transport)
        self._deployment = self._ask("GET", "/deployments/name/produce/onereel")["id"]

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask the server, again where its database is busy."""
        while True:
            answer = self._api.request(method, path, json=body)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer.raise_for_status().json()
            time.sleep(0.5)

    def order(self, vault: Path) -> str:
        """Order the production and return the run's id."""
        shots = keep(FolderVault(vault), SHOTS.model_dump_json().encode(), "json").key
        said = {"brief": SIX_SHOTS.model_dump(mode="json"), "shots": shots, "vault": str(vault)}
        run: str = self._ask("POST", f"/deployments/{self._deployment}/create_flow_run", {"parameters": said})["id"]
        return run

    def cancel(self, run: str) -> None:
        """Cancel a run as the page does."""
        self._ask("POST", f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}})

    def ended(self, run: str) -> str:
        """Wait until a run has ended and return the name of its state."""
        until = time.monotonic() + RUN_SECONDS
        while time.monotonic() < until:
            state = self._ask("GET", f"/flow_runs/{run}")["state"]
            if state["type"] in ENDED:
                return f"{state['name']}"
            time.sleep(0.5)
        raise TimeoutError(f"{run} is still {state['name']}")


def at_once(desk: Desk, studio: Studio, vault: Path) -> Result:
    """Order a production twice at the same time."""
    studio.reset()
    began = time.monotonic()
    runs = [desk.order(vault), desk.order(vault)]
    return _result("at once", desk, studio, vault, began, runs, under_way=0)


def cancelled(desk: Desk, studio: Studio, vault: Path) -> Result:
    """Cancel a run while its clips are being filmed, and order it again."""
    studio.reset()
    began = time.monotonic()
    first = desk.order(vault)
    while studio.tally().accepted[Kind.VIDEO] < len(SHOTS.shots) and time.monotonic() - began < RUN_SECONDS:
        time.sleep(0.05)
    desk.cancel(first)
    desk.ended(first)
    under_way = sum(call.outcome is None for call in calls_of(FolderVault(vault), PRODUCTION))
    return _result("cancelled", desk, studio, vault, began, [first, desk.order(vault)], under_way)


def _result(
    name: str, desk: Desk, studio: Studio, vault: Path, began: float, runs: list[str], under_way: int
) -> Result:
    states = [desk.ended(run) for run in runs]
    seconds, tally = round(time.monotonic() - began, 1), studio.tally()
    return Result(name, states, seconds, delivered(vault), under_way, tally.polls, audit(vault, tally))


def print_result(result: Result) -> None:
    """Print what became of a production."""
    found, shots = result.audit, len(SHOTS.shots)
    print(
        f"{result.name:10} runs ended {', '.join(result.states)}: {found.accepted['video']} clips and "
        f"{found.accepted['image']} pictures accepted for {shots} shots, {result.under_way} clips under way when the "
        f"first had ended; billed ${found.billed:.2f}, ledger ${found.ledger:.2f}, twice {found.twice}, lost "
        f"{found.lost}; {result.polls} polls, {result.seconds} s{'' if result.good else '  NOT AS IT SHOULD BE'}"
    )


def main() -> None:
    """Measure, print, write; fails where something was ordered twice, or a film is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "workers.json")
    args = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onereel-workers-")))
        latency = Latency(text=0.1, image=0.5, video=FILMING, extension=FILMING)
        studio = stack.enter_context(running(StudioOptions(latency=latency, footage="same")))
        environment = {**paying(studio), "ONEREEL_POLL_SHORTEST": "0.5", "PREFECT_LOGGING_LEVEL": "WARNING"}
        here = stack.enter_context(server(folder / "prefect", log=folder / "server.log", **environment))
        here.deploy()
        for name in ("first", "second"):
            stack.enter_context(here.worker(folder / name, folder / f"{name}.log", name=name))
        desk = Desk(here)
        results = [act(desk, studio, folder / act.__name__) for act in (at_once, cancelled)]
    for each in results:
        print_result(each)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps([asdict(each) for each in results], indent=2) + "\n")
    if not all(each.good for each in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
