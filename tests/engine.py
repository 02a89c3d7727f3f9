"""Pytest plugin: prepares the environment before Django reads its settings.

A private data folder always; with ``GLYKOS_TEST_ENGINE=postgresql`` also a private PostgreSQL
cluster in a temporary folder, reached through a socket and removed at the end.
"""

import os
import shutil
import tempfile
from pathlib import Path

from tests.postgres import PostgresCluster

_cluster: PostgresCluster | None = None
_folder = Path(tempfile.mkdtemp(prefix="glykos-test-"))
os.environ["GLYKOS_DATA_DIR"] = str(_folder)
os.environ["GLYKOS_ENVIRONMENT"] = "test"
os.environ.pop("GLYKOS_DATABASE", None)
if os.environ.get("GLYKOS_TEST_ENGINE") == "postgresql":
    # Workers of one run share the cluster of the process that started them.
    if "GLYKOS_TEST_POSTGRES" not in os.environ:
        _cluster = PostgresCluster()
        os.environ["GLYKOS_TEST_POSTGRES"] = _cluster.url
    os.environ["GLYKOS_DATABASE"] = os.environ["GLYKOS_TEST_POSTGRES"]


def pytest_unconfigure() -> None:
    shutil.rmtree(_folder, ignore_errors=True)
    if _cluster is not None:
        _cluster.stop()
