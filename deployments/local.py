"""A Prefect server and a worker on this machine: to try the deployments, to test them, to measure on them.

python -m deployments.local [--port 4200]

One command for what docs/prefect.md does step by step: server, setup, deploy, worker; it ends with Ctrl-C. The server
keeps its database in PREFECT_HOME; a worker's films go to ONEREEL_VAULT.
"""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

CHECKOUT = Path(__file__).parents[1]
BOOT_SECONDS = 180.0
"""A first start creates the database; on a busy machine that is a minute."""
STOP_SECONDS = 30.0


class NotReady(Exception):
    """A process ended, or did not answer in time; says which and what it last said."""


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        api: Address of its API.
        environment: What makes a process talk to it.
        process: Its process id, and its group's.
    """

    api: str
    environment: Mapping[str, str]
    process: int

    @property
    def port(self) -> int:
        """Where it listens."""
        return httpx.URL(self.api).port or 0

    @property
    def ui(self) -> str:
        """Address of its pages."""
        return self.api.removesuffix("/api")

    def run(self, *command: str, **environment: str) -> str:
        """Run a Python module against the server, from the checkout, and return what it printed.

        Raises:
            NotReady: It failed; says how.
        """
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", *command],
            cwd=CHECKOUT,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NotReady(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def deploy(self, **environment: str) -> None:
        """Create pool, limits and automations, and deploy all flows."""
        self.run("deployments.setup", **environment)
        self.run("prefect", "--no-prompt", "deploy", "--all", **environment)

    @contextlib.contextmanager
    def worker(
        self, folder: Path, log: Path | None = None, *, name: str = "local", **environment: str
    ) -> Iterator[int]:
        """Run a worker in a folder until the block ends; yields its process id."""
        command = ["prefect", "worker", "start", "--pool", "onereel", "--name", name]
        quick = {"PREFECT_WORKER_QUERY_SECONDS": "2", **environment}
        with _process(command, folder, {**self.environment, **quick}, log) as process:
            yield process.pid


RECOMMENDED = {
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
}
"""Of a server, see docs/prefect.md: places survive a restart, and what tasks tell is written by the hundred."""


@contextlib.contextmanager
def server(home: Path | None = None, port: int = 0, log: Path | None = None, **environment: str) -> Iterator[Server]:
    """Run a server on 127.0.0.1 until the block ends.

    Args:
        home: Its PREFECT_HOME; None: the user's.
        port: 0: any free one.
        log: Where its output goes; None: to ours.
        **environment: More variables for it and for everything started through it.

    Raises:
        NotReady: It does not answer.
    """
    port = port or _free_port()
    api = f"http://127.0.0.1:{port}/api"
    ours = {
        **os.environ,
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        **RECOMMENDED,
        **({"PREFECT_HOME": str(home)} if home else {}),
        **environment,
    }
    command = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with _process(command, home or Path.cwd(), ours, log) as process:
        _await_health(api, process, log)
        yield Server(api, ours, process.pid)


@contextlib.contextmanager
def _process(
    command: list[str], folder: Path, environment: Mapping[str, str], log: Path | None
) -> Iterator[subprocess.Popen[bytes]]:
    folder.mkdir(parents=True, exist_ok=True)
    out = log.open("ab") if log else None
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", *command], cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True
    )
    try:
        yield process
    finally:
        _stop(process)
        if out:
            out.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, and whatever of its group outlives it: a worker leaves its runs behind."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _await_health(api: str, process: subprocess.Popen[bytes], log: Path | None) -> None:
    until = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            told = log.read_text()[-2000:] if log else ""
            raise NotReady(f"the Prefect server ended with {process.returncode}\n{told}")
        try:
            if httpx.get(f"{api}/health", timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise NotReady(f"the Prefect server does not answer at {api} after {BOOT_SECONDS:.0f} s")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port: int = door.getsockname()[1]
        return port


def main() -> None:
    """Run server and worker until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m deployments.local", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--port", type=int, default=4200)
    port = parser.parse_args().port
    # Also when started in the background of a script, where SIGINT is ignored, by us and by all we start.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    with server(port=port) as here:
        here.deploy()
        with here.worker(Path.cwd()):
            print(f"\nfilms are ordered at {here.ui}/v2/deployments; Ctrl-C ends server and worker\n")
            try:
                signal.pause()
            except KeyboardInterrupt:
                print("stopping")


if __name__ == "__main__":
    main()
