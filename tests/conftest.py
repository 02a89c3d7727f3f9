"""What every test stands on: the shared exports and the Hypothesis profiles."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent
IN_CI = os.environ.get("CI") == "true"

settings.register_profile("dev", max_examples=30, deadline=None)
settings.register_profile(
    "ci",
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if IN_CI else "dev")


def shared_data() -> Path | None:
    """The folder with real exports and expected values, or None on a machine without it."""
    given = os.environ.get("GLYKOS_TEST_DATA")
    folder = Path(given) if given else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shared_data() is not None:
        return
    for item in items:
        if item.get_closest_marker("shared_data"):
            if IN_CI:
                pytest.exit(
                    "GLYKOS_TEST_DATA is missing, and in CI nothing is skipped", returncode=1
                )
            item.add_marker(pytest.mark.skip(reason="real exports not here: set GLYKOS_TEST_DATA"))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    folder = shared_data()
    assert folder is not None
    return folder
