"""Ceph from Debian's own packages, unpacked into a folder: nothing is installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache" / "ceph"
_PACKAGES = ["ceph-mon", "ceph-osd", "radosgw", "ceph-common"]
_PROGRAMS = ["ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "monmaptool", "ceph", "python3"]


def fetch_packages() -> dict[str, str]:
    """Return the environment Ceph's programs run in; from the cache when they run from there."""
    if not _runs():
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            sys.exit("the Ceph tests fetch Ceph by apt: run them as root on Debian 12, or install ceph and radosgw")
        sys.stderr.write("fetching Ceph's packages (70 MB)\n")
        _unpack(_download())
    if not _runs():
        sys.exit(f"Ceph's programs do not run from {CACHE}: remove that folder and try again on Debian 12")
    return environment()


def environment() -> dict[str, str]:
    """Return this process's environment with the unpacked programs and libraries before the system's."""
    root = CACHE / "root"
    libraries = [str(found) for found in root.glob("usr/lib/*-linux-gnu")]
    folders = [*libraries, *(f"{found}/ceph" for found in libraries), f"{root}/lib/x86_64-linux-gnu"]
    programs = [f"{root}/usr/bin", f"{root}/usr/sbin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
    return os.environ | {
        "LD_LIBRARY_PATH": ":".join(folders),
        "PATH": ":".join(programs),
        "PYTHONPATH": f"{root}/usr/lib/python3/dist-packages",
        "PYTHONHOME": "",
    }


def find_folder(name: str) -> Path:
    """Return a folder of plug-ins (rados-classes, ceph), unpacked or installed."""
    places = [*(CACHE / "root").glob("usr/lib/*-linux-gnu"), *Path("/usr/lib").glob("*-linux-gnu")]
    return next(place / name for place in places if (place / name).is_dir())


def _runs() -> bool:
    env = environment()
    if not all(shutil.which(program, path=env["PATH"]) for program in _PROGRAMS):
        return False
    tried = [
        subprocess.run([name, "--version"], env=env, capture_output=True, check=False)
        for name in ("ceph-osd", "radosgw")
    ]
    return all(run.returncode == 0 for run in tried)


def _download() -> Path:
    """Download what this machine lacks, by apt and its own sources; apt installs nothing."""
    folder = CACHE / "debs"
    (folder / "partial").mkdir(parents=True, exist_ok=True)
    (CACHE / ".gitignore").write_text("*\n")
    download = ["apt-get", "install", "--yes", "--no-install-recommends", "--download-only"]
    options = ["Debug::NoLocking=1", "APT::Sandbox::User=root", f"Dir::Cache::archives={folder}"]
    command = [*download, *(f"-o{option}" for option in options), *_PACKAGES]
    if _apt(command).returncode:  # the lists are missing or old
        _apt(["apt-get", "update"])
        if told := _apt(command).stderr:
            sys.exit(f"apt-get cannot fetch Ceph: {told[-800:]}")
    return folder


def _apt(command: list[str]) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def _unpack(folder: Path) -> None:
    root = CACHE / "root"
    root.mkdir(exist_ok=True)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg", "-x", package, root], check=True)
        package.unlink()
