"""Pytest plugin: prepares the environment before Django reads its settings.

A private data folder always; with ``GLYKOS_TEST_ENGINE=postgresql`` also a private PostgreSQL
cluster in a temporary folder, reached through a socket and removed at the end.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


class PostgresCluster:
    """A private PostgreSQL in a temporary folder, reached only through a socket in that folder."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="glykos-pg-"))
        self.binaries = self._find_binaries()
        # PostgreSQL refuses to run as root, so root hands the folder to the postgres user.
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.as_user:
            shutil.chown(self.folder, "postgres")
        data = self.folder / "data"
        self._run(
            "initdb",
            "-D",
            str(data),
            "-U",
            "glykos",
            "-A",
            "trust",
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
        )
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off"
        self._run(
            "pg_ctl", "-D", str(data), "-l", str(self.folder / "log"), "-w", "-o", options, "start"
        )

    @staticmethod
    def _find_binaries() -> Path:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if found:
            return found[-1].parent
        on_path = shutil.which("initdb")
        if on_path is None:
            pytest.exit("PostgreSQL is missing: run `make setup-tests`", returncode=1)
        return Path(on_path).parent

    def _run(self, program: str, *args: str) -> None:
        command = [*self.as_user, str(self.binaries / program), *args]
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd="/"
        )

    @property
    def url(self) -> str:
        return f"postgresql://glykos@/postgres?host={self.folder}"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


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
