"""Run the vault's tests against a real Ceph gateway: ``python -m tests.ceph``.

Fetches Ceph from Debian once (70 MB into .cache/ceph), starts a throwaway cluster, runs ``pytest -m ceph`` with the
arguments given, and ends the cluster. Exit code: pytest's.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.ceph.cluster import Cluster
from tests.ceph.packages import fetch_packages


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that "finally" ends the cluster
    env = fetch_packages()
    with tempfile.TemporaryDirectory(prefix="ceph-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder), env)
        started = time.monotonic()
        try:
            cluster.start()
            sys.stderr.write(f"Ceph answers after {time.monotonic() - started:.0f} s\n")
            return _pytest(cluster)
        finally:
            cluster.stop()


def _pytest(cluster: Cluster) -> int:
    env = os.environ | {
        "ONEREEL_TEST_S3_CEPH": cluster.http,
        "ONEREEL_TEST_S3_CEPH_TLS": cluster.https,
        "AWS_ACCESS_KEY_ID": cluster.access_key,
        "AWS_SECRET_ACCESS_KEY": cluster.secret_key,
        "AWS_CA_BUNDLE": str(cluster.certificate),
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "ceph", *sys.argv[1:]], env=env, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
