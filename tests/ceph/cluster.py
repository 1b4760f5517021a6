"""A throwaway Ceph on loopback: one monitor, one disk in memory, one gateway that speaks S3."""

import secrets
import shutil
import socket
import subprocess
import time
import uuid
from pathlib import Path

from tests.ceph.packages import find_folder
from tests.certificate import write_certificate

_PATIENCE_SECONDS = 90

_CONF = """
[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon_port}]
ms bind msgr1 = false
ms bind ipv6 = false
ms mon client mode = crc
ms mon service mode = crc
ms mon cluster mode = crc
ms cluster mode = crc
ms service mode = crc
ms client mode = crc
auth cluster required = none
auth service required = none
auth client required = none
auth allow insecure global id reclaim = true
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = {folder}
admin socket = {folder}/$name.asok
pid file =
keyring = /dev/null
log file = {folder}/$name.log
log to stderr = false
mon cluster log file = {folder}/cluster.log
crash dir = {folder}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail crit = 1
mon data avail warn = 2
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 4294967296
osd class dir = {classes}
erasure code dir = {plugins}/erasure-code
plugin dir = {plugins}
compression dir = {plugins}/compressor
[mon]
mon data = {folder}/mon
mon initial members = a
[osd]
osd data = {folder}/osd
[client.rgw]
rgw frontends = beast tcp_nodelay=1 endpoint=127.0.0.1:{http} ssl_endpoint=127.0.0.1:{https} ssl_certificate={certificate} ssl_private_key={key}
rgw data = {folder}
rgw thread pool size = 32
rgw enable gc threads = false
rgw enable lc threads = false
rgw enable quota threads = false
rgw run sync thread = false
"""


class Cluster:
    """A running Ceph; ``stop`` ends every process it started, by its id."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._folder = folder
        self._env = env
        self._conf = folder / "ceph.conf"
        self._processes: list[subprocess.Popen[bytes]] = []
        self.certificate = folder / "certificate.pem"
        self.access_key, self.secret_key = secrets.token_hex(10), secrets.token_hex(20)
        self.http, self.https = "", ""

    def start(self) -> None:
        """Start it on free ports; returns when the gateway answers."""
        mon, http, https = _free_ports(3)
        self._write_conf(mon, http, https)
        self._start_monitor(mon)
        self._start_disk()
        self._make_user()
        self._spawn("radosgw", "--foreground", "--name", "client.rgw")
        self._wait_for(http)
        self.http, self.https = f"http://127.0.0.1:{http}", f"https://localhost:{https}"

    def stop(self) -> None:
        """End every process, the last one first."""
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _write_conf(self, mon: int, http: int, https: int) -> None:
        key = write_certificate(self.certificate)
        conf = _CONF.format(
            fsid=uuid.uuid4(),
            mon_port=mon,
            http=http,
            https=https,
            folder=self._folder,
            certificate=self.certificate,
            key=key,
            classes=find_folder("rados-classes"),
            plugins=find_folder("ceph"),
        )
        self._conf.write_text(conf)

    def _start_monitor(self, port: int) -> None:
        fsid = self._conf.read_text().split("fsid = ")[1].split()[0]
        monmap = self._folder / "monmap"
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", f"[v2:127.0.0.1:{port}]", str(monmap))
        self._run("ceph-mon", "--mkfs", "--id", "a", "--monmap", str(monmap), "--conf", str(self._conf))
        self._spawn("ceph-mon", "--foreground", "--id", "a")
        self._wait_for(port)

    def _start_disk(self) -> None:
        disk = str(uuid.uuid4())
        self._ceph("osd", "new", disk)
        (self._folder / "osd").mkdir()
        self._run("ceph-osd", "--mkfs", "--id", "0", "--osd-uuid", disk, "--conf", str(self._conf))
        self._spawn("ceph-osd", "--foreground", "--id", "0")

    def _make_user(self) -> None:
        """Make the user; this waits for the disk, and makes the gateway's pools."""
        self._run(
            "radosgw-admin", "--conf", str(self._conf), "--name", "client.rgw",
            "user", "create", "--uid", "onereel", "--display-name", "onereel",
            "--access-key", self.access_key, "--secret-key", self.secret_key,
        )  # fmt: skip

    def _ceph(self, *words: str) -> None:
        # By name: its first line wants /usr/bin/python3, which a clean machine has only among what we unpacked.
        python, ceph = (str(shutil.which(name, path=self._env["PATH"])) for name in ("python3", "ceph"))
        self._run(python, ceph, "--conf", str(self._conf), *words)

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, env=self._env, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed: {done.stderr[-1500:]}")
        return done.stdout

    def _spawn(self, *command: str) -> None:
        log = (self._folder / f"{command[0]}.out").open("wb")
        self._processes.append(
            subprocess.Popen([*command, "--conf", str(self._conf)], env=self._env, stdout=log, stderr=log)
        )

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if (code := self._processes[-1].poll()) is not None:
                raise RuntimeError(f"exit code {code}: {self._last_words()}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"nothing answers on port {port}: {self._last_words()}")

    def _last_words(self) -> str:
        """Return the end of every log: the folder goes with the cluster."""
        logs = [*self._folder.glob("*.out"), *self._folder.glob("*.log")]
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in sorted(logs))


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
