"""A vault in a temporary folder, a studio that runs all session, and a company composed as a run composes it."""

import sys
from contextlib import AsyncExitStack

import pytest

from onereel.adapters.connection import Connection
from onereel.adapters.folder import FolderVault
from onereel.casting import cast
from onereel.settings import Settings
from onereel.studio import StudioOptions, running
from tests.browser import MISSING, chromium
from tests.productions import AT_ONCE, brief

LONGEST = (
    *("test_deployment", "test_faults", "test_cli", "test_review", "test_produce", "test_policy", "test_takes"),
    *("test_gates", "test_reshoot"),
)
"""Files that take longest. They come first, so that of several processes none is left with one at the end."""


def _place(item):
    name = item.path.stem
    return LONGEST.index(name) if name in LONGEST else len(LONGEST) + (item.path.parent.name != "flows")


def pytest_collection_modifyitems(config, items):
    """Begin with the longest. Leave the report page's tests out where there is no browser, and say so."""
    items.sort(key=_place)
    if chromium():
        return
    left = [item for item in items if item.get_closest_marker("browser")]
    if left:
        items[:] = [item for item in items if item not in left]
        config.hook.pytest_deselected(items=left)
        sys.stderr.write(f"\n{len(left)} tests left out: {MISSING}\n")


@pytest.fixture
def vault(tmp_path):
    """A folder, as on a laptop."""
    return FolderVault(tmp_path / "vault")


@pytest.fixture(scope="session")
def open_house():
    """The local studio, open as long as the tests run."""
    with running(StudioOptions(latency=AT_ONCE)) as studio:
        yield studio


@pytest.fixture
def studio(open_house):
    """The local studio with empty books and nothing going wrong yet: `studio.plan.add(parse_fault(...))`."""
    open_house.reset()
    return open_house


@pytest.fixture
async def hire(studio, vault):
    """Compose a company: ``await hire(brief(...), deadline=5)``. A second one knows nothing of the first."""
    async with AsyncExitStack() as contracts:

        async def company(said=None, at=None, **settings):
            quick = Settings(**{"poll_shortest": 0.02, "poll_longest": 0.1, **settings})
            casting = cast(
                said or brief(), quick, Connection.rehearsal(at or studio.url), vault, rehearsal=True, share=None
            )
            return await contracts.enter_async_context(casting)

        yield company


@pytest.fixture
async def company(hire):
    """The company of the smallest production."""
    return await hire()
