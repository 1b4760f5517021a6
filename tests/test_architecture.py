"""Who may know whom: the contracts in pyproject.toml are kept, and would notice if they were not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("flows", "tasks", "onereel")


def linted(root):
    """Check the contracts of a checkout; return what import-linter says, on one line."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    ran = subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, check=False)  # fmt: skip
    return ran.returncode, " ".join((ran.stdout + ran.stderr).split())


def test_every_contract_is_kept():
    code, told = linted(ROOT)

    assert code == 0, told
    assert " 0 broken" in told


OFFENCES = {
    "onereel/journal.py": ("import prefect", "The core does not know Prefect BROKEN"),
    "onereel/coverage.py": ("from onereel.prompts import End", "rules -> nouns BROKEN"),
    "onereel/filming.py": ("import av", "servers BROKEN"),
    "onereel/adapters/veo.py": ("from onereel.studio import running", "know the studio BROKEN"),
    "tasks/clips.py": ("from tasks.assembly import deliver", "Stages do not import each other BROKEN"),
    "tasks/assembly.py": ("from flows.produce import produce", "flows -> tasks -> onereel BROKEN"),
}


@pytest.fixture(scope="module")
def told_of_offences(tmp_path_factory):
    """A checkout where every contract is broken once, and what is said of it."""
    root = tmp_path_factory.mktemp("checkout")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    for name, (offence, _) in OFFENCES.items():
        path = root / name
        path.write_text(f"{path.read_text()}\n{offence}\n")
    return linted(root)


@pytest.mark.parametrize("name", OFFENCES)
def test_an_import_that_points_the_wrong_way_is_noticed(told_of_offences, name):
    code, told = told_of_offences

    assert code != 0
    assert OFFENCES[name][1] in told


def test_a_module_nobody_has_placed_is_noticed(tmp_path):
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "onereel/helpers.py").touch()

    assert "helpers" in linted(tmp_path)[1]


def test_the_core_can_be_imported_without_prefect_or_a_vendor():
    nouns = "brief storyboard slate footage cut coverage prompts plan models orders prices takes papers"
    code = (
        f"import sys\nfor name in {nouns.split()!r}:\n    __import__(f'onereel.{{name}}')\n"
        "loaded = {'prefect', 'av', 'boto3', 'google.genai', 'uvicorn'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(loaded)) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
