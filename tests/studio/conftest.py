import pytest

from tests.studio.clients import gemini, platform, studio_with


@pytest.fixture(scope="session")
def studio():
    """One studio without faults, for everything that does not count calls."""
    with studio_with() as open_studio:
        yield open_studio


@pytest.fixture(scope="session")
def google(studio):
    return gemini(studio)


@pytest.fixture(scope="session")
def agent(studio):
    return platform(studio)
