"""Writers in processes of their own: they meet and nothing is lost; they die and nothing is half."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import ROOT
from tests.server.store.worker import DAYS, EDITS, NOTES, PER_UPLOAD, TURNS

pytestmark = pytest.mark.slow
KILLS = 3
IS_POSTGRESQL = os.environ.get("GLYKOS_TEST_ENGINE") == "postgresql"


class Installation:
    """A data folder and a database that only the processes of one test use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "GLYKOS_DATA_DIR": str(folder / "data")}
        self.env |= {"GLYKOS_ENVIRONMENT": "test", "PYTHONWARNINGS": "error"}
        self.env |= {"DJANGO_SETTINGS_MODULE": "glykos.server.settings"}
        self.database = ""
        if IS_POSTGRESQL:
            server = os.environ["GLYKOS_TEST_POSTGRES"]
            self.database = f"process_{uuid4().hex}"
            self._on_server(f"CREATE DATABASE {self.database}")
            self.env["GLYKOS_DATABASE"] = server.replace("/postgres?", f"/{self.database}?")
        else:
            self.env.pop("GLYKOS_DATABASE", None)
        self.person = str(self.run("prepare"))

    def start(self, command: str, *args: object) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "tests.server.store.worker", command, *map(str, args)]
        return subprocess.Popen(words, env=self.env, cwd=ROOT, stdout=subprocess.PIPE)

    def run(self, command: str, *args: object) -> object:
        process = self.start(command, *args)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        return json.loads(out)

    def remove(self) -> None:
        if self.database:
            self._on_server(f"DROP DATABASE {self.database} WITH (FORCE)")

    @staticmethod
    def _on_server(statement: str) -> None:
        with psycopg.connect(os.environ["GLYKOS_TEST_POSTGRES"], autocommit=True) as server:
            server.execute(statement.encode())


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.remove()


def interleave(installation: Installation, lock: str) -> tuple[int, int]:
    """Two processes upload interleaved readings of the same days: (expected, stored)."""
    expected = installation.run("seed", installation.person)
    assert expected == DAYS
    go = installation.folder / "go"
    writers = [
        installation.start("interleave", installation.person, part, 2, go, lock) for part in (0, 1)
    ]
    while not all(Path(f"{go}.{part}").exists() for part in (0, 1)):
        assert all(writer.poll() is None for writer in writers)
        time.sleep(0.01)
    go.touch()
    for writer in writers:
        out, _ = writer.communicate(timeout=60)
        assert writer.returncode == 0
        expected += json.loads(out)
    stored = installation.run("count", installation.person)
    assert isinstance(stored, int)
    return expected, stored


def test_two_uploads_at_once_lose_nothing(installation: Installation) -> None:
    expected, stored = interleave(installation, "with-lock")
    assert stored == expected == DAYS * (1 + 2 * TURNS)


if IS_POSTGRESQL:  # SQLite is safe even so: its transactions lock when they begin

    def test_without_the_row_lock_readings_are_lost(installation: Installation) -> None:
        """The test above can fail."""
        expected, stored = interleave(installation, "without-lock")
        assert stored < expected


def test_two_people_changing_one_entry_lose_no_word(installation: Installation) -> None:
    entry = installation.run("note", installation.person)
    go = installation.folder / "go"
    writers = [installation.start("edit", installation.person, entry, p, go) for p in (0, 1)]
    while not all(Path(f"{go}.{part}").exists() for part in (0, 1)):
        assert all(writer.poll() is None for writer in writers)
        time.sleep(0.01)
    go.touch()
    added = [json.loads(writer.communicate(timeout=60)[0]) for writer in writers]
    revisions, told = installation.run("words", installation.person, entry)  # type: ignore[misc]
    assert sorted(told) == sorted(["-", *added[0], *added[1]])
    assert revisions == 1 + 2 * EDITS


def test_a_killed_writer_leaves_whole_uploads_and_no_lost_ones(
    installation: Installation,
) -> None:
    ledger = installation.folder / "ledger"
    ledger.touch()
    chance = random.Random(20260301)
    for _ in range(KILLS):
        acknowledged = ledger.read_text().split("\n")[:-1]
        start = int(acknowledged[-1].split()[1]) + 1 if acknowledged else 0
        writer = installation.start("stream", installation.person, ledger, start)
        while len(ledger.read_text().split("\n")) - 1 <= len(acknowledged):
            assert writer.poll() is None
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.4))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    stored = installation.run("inspect", installation.person)
    assert isinstance(stored, dict)
    lines = ledger.read_text().split("\n")[:-1]
    assert {line.split()[0] for line in lines} <= set(stored["uploads"]), "nothing lost"
    assert set(stored["effects"]) == set(stored["uploads"]), "nothing half"
    assert {n for _, n in stored["chunks"]} == {PER_UPLOAD}
    assert {n for _, n in stored["events"]} == {NOTES}
    assert stored["sums"] == stored["chunks"]
    assert len(stored["chunks"]) == len(stored["events"]) == len(stored["uploads"])
    assert stored["readings"] == [PER_UPLOAD * len(stored["uploads"])]
    assert len(stored["uploads"]) - len(lines) <= KILLS, "only an answer may be lost"
