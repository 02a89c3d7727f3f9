"""The store against the same readings as plain ORM rows, on SQLite and on PostgreSQL.

Claims, each for one person's 90 days of readings every five minutes with 6 % missing:

- Reading them into a ``History`` is at least 5 times faster than the rows. Ours is
  ``queries.history``: devices, chunks and events asked for, opened and decoded. The rows come as
  tuples (``values_list``, quicker than model objects), become columns, and end in a ``History``
  too. Neither side writes an audit event; ``queries.read``, which commits one first, is a row of
  its own with the same rows beside it.
- A first upload is at least 20 times faster. Ours is the whole ``apply_upload`` of a reading:
  lock, original deflated and sealed, sealed days, effect, summaries, windows, clocks, audit
  event, commit. The rows are one ``bulk_create(update_conflicts=True)`` of model objects in a
  transaction, unsealed and with nothing else.
- An identical upload writes no chunk row.
- A real sensor reading takes at most 2.2 bytes on SQLite, with indexes, seals and summaries.

``python benchmarks/store.py`` prints the table.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from benchmarks.row import Row, interleaved

ROOT = Path(__file__).parent.parent
DAYS = 90
ROUNDS = 7
FIRST = date(2026, 3, 1)
NOW = datetime(2026, 7, 1, tzinfo=UTC)
COPIES = 10
LOGGED_LIMIT = 2  # an audit event is a commit of its own; the rows write none


def measure() -> list[Row]:
    """Each engine in a process of its own, with a database that is thrown away."""
    from tests.postgres import PostgresCluster

    rows = _in_process("SQLite", "")
    cluster = PostgresCluster()
    try:
        rows += _in_process("PostgreSQL", cluster.url)
    finally:
        cluster.stop()
    return rows


def _in_process(engine: str, url: str) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="glykos-bench-") as folder:
        env = {**os.environ, "GLYKOS_DATA_DIR": folder, "GLYKOS_ENVIRONMENT": "test"}
        env |= {"DJANGO_SETTINGS_MODULE": "glykos.server.settings", "GLYKOS_DATABASE": url}
        command = [sys.executable, str(Path(__file__)), "--inside", engine]
        done = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return [Row(**row) for row in json.loads(done.stdout.splitlines()[-1])]


def inside(engine: str) -> list[Row]:
    """All measurements on the engine that the environment names."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.server.cast import make_user

    owner = make_user("Bench")
    rows = _speed(engine, owner)
    return rows + (_size(owner) if engine == "SQLite" else [])


def _speed(engine: str, owner: Any) -> list[Row]:
    from django.db import transaction

    from glykos.server.store import actions, models, queries
    from glykos.therapy.clock import Window
    from glykos.therapy.history import History
    from glykos.therapy.sensor import SensorSeries
    from glykos.therapy.units import GlucoseScale

    plain = _plain_model()
    reading, data = _ninety_days()
    people = [_enter(owner) for _ in range(ROUNDS + 1)]
    turn, number = iter(people), count(1)

    def upload() -> None:
        actions.apply_upload(next(turn), reading, data, file_name="a.csv", received_at=NOW)

    def rows_upload() -> None:
        patient = next(number)
        columns = (reading.sensor.at_s.tolist(), reading.sensor.count.tolist())
        with transaction.atomic():
            plain.objects.bulk_create(
                [
                    plain(patient=patient, at_s=at, value=v, flag=0)
                    for at, v in zip(*columns, strict=True)
                ],
                update_conflicts=True,
                unique_fields=["patient", "at_s"],
                update_fields=["value", "flag"],
            )

    ours, rows = interleaved([upload, rows_upload], rounds=ROUNDS)
    window = Window(FIRST, FIRST + timedelta(days=DAYS - 1))

    def read() -> History:
        return queries.history(people[0], window.first, window.last)

    def read_and_log() -> History:
        return queries.read(people[0], window)

    def rows_read() -> History:
        found = plain.objects.filter(patient=1, at_s__gte=window.start_s, at_s__lt=window.end_s)
        table = np.array(list(found.order_by("at_s").values_list("at_s", "value", "flag")))
        series = SensorSeries.build(
            table[:, 0], table[:, 1], scale=GlucoseScale.MGDL, device_id="cgm:1", flag=table[:, 2]
        )
        return History.build(sensor=series, records=())

    assert len(read().sensor) == len(rows_read().sensor) == len(reading.sensor)
    ours_read, ours_logged, rows_read_s = interleaved(
        [read, read_and_log, rows_read], rounds=3 * ROUNDS
    )
    before = list(
        models.Chunk.objects.order_by("pk").values_list("patient_id", "day", "rev", "body")
    )
    actions.apply_upload(people[0], reading, data, file_name="again.csv", received_at=NOW)
    actions.apply_upload(people[0], reading, data + b"\n", file_name="b.csv", received_at=NOW)
    after = list(
        models.Chunk.objects.order_by("pk").values_list("patient_id", "day", "rev", "body")
    )
    written = sum(bytes(a[3]) != bytes(b[3]) for a, b in zip(before, after, strict=True))
    return [
        Row(
            claim=f"{engine}: first upload of 90 days, ORM rows / store",
            measured=rows / ours,
            limit=20,
            sense=">=",
        ),
        Row(
            claim=f"{engine}: reading 90 days, ORM rows / store",
            measured=rows_read_s / ours_read,
            limit=5,
            sense=">=",
        ),
        Row(
            claim=f"{engine}: reading 90 days with our audit event, ORM rows without / store",
            measured=rows_read_s / ours_logged,
            limit=LOGGED_LIMIT,
            sense=">=",
        ),
        Row(
            claim=f"{engine}: chunk rows written by an identical upload",
            measured=written,
            limit=0,
            sense="<=",
            unit="rows",
        ),
    ]


def _plain_model() -> Any:
    """The readings as anybody would model them first; the table lives as long as the benchmark."""
    from django.db import connection, models

    class PlainReading(models.Model):  # noqa: DJ008 - never shown
        patient = models.BigIntegerField()
        at_s = models.BigIntegerField()
        value = models.SmallIntegerField()
        flag = models.SmallIntegerField()

        class Meta:
            app_label = "store"
            constraints = [models.UniqueConstraint(fields=["patient", "at_s"], name="plain_once")]

    with connection.schema_editor() as editor:
        editor.create_model(PlainReading)
    return PlainReading


def _ninety_days() -> tuple[Any, bytes]:
    from glykos.formats._reader import Reading
    from glykos.therapy.clock import Window, from_wall_seconds
    from glykos.therapy.sensor import SensorSeries
    from glykos.therapy.units import GlucoseScale

    random = np.random.default_rng(7)
    start = Window(FIRST, FIRST).start_s
    at_s = start + np.arange(DAYS * 288) * 300 + random.integers(0, 3, DAYS * 288)
    at_s = at_s[random.random(len(at_s)) > 0.06]
    walk = 150 + np.convolve(random.normal(0, 9, len(at_s)).cumsum() % 120, np.ones(6) / 6, "same")
    sensor = SensorSeries.build(
        at_s, np.clip(walk, 40, 400).astype(np.int16), scale=GlucoseScale.MGDL, device_id="cgm:1"
    )
    lines = (f"{from_wall_seconds(at)},{v}" for at, v in zip(at_s, sensor.count, strict=True))
    data = "\n".join(["time,glucose", *lines]).encode()
    return Reading(format_key="bench", format_version=1, sensor=sensor), data


def _size(owner: Any) -> list[Row]:
    """Pages of the chunk and summary tables, for the export with most sensor readings."""
    from django.db import connection

    from glykos import formats
    from glykos.server.store import actions, models

    given = os.environ.get("GLYKOS_TEST_DATA")
    folder = (Path(given) if given else ROOT.parent / "shared" / "data") / "exports"
    files = [path.read_bytes() for path in sorted(folder.glob("carelink_*/*.csv"))]
    if not files:
        print("no real exports here: bytes per reading are not measured", file=sys.stderr)
        return []
    read = [formats.read(data) for data in files]
    models.Patient.objects.all().delete()
    reading, data = max(zip(read, files, strict=True), key=lambda pair: len(pair[0].sensor))
    for _ in range(COPIES):  # the same person several times, so that whole pages do not decide
        actions.apply_upload(_enter(owner), reading, data, file_name="a.csv", received_at=NOW)
    stored = sum(models.Chunk.objects.values_list("n", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute(
            "SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%store_chunk%'"
            " OR name LIKE '%store_daysummary%'"
        )
        (size,) = cursor.fetchone()
    claim = "SQLite: bytes per stored sensor reading of a real export"
    return [Row(claim=claim, measured=size / stored, limit=2.2, sense="<=", unit="B")]


def _enter(owner: Any) -> Any:
    from glykos.server.patients.actions import create_person
    from glykos.server.sharing import Purpose, authorise

    return authorise(owner, create_person(owner=owner), Purpose.UPLOAD)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        print(json.dumps([asdict(row) for row in inside(sys.argv[2])]))
    else:
        for row in measure():
            verdict = "ok" if row.holds else "MISSED"
            print(
                f"{row.claim}: {row.measured:.3g} {row.unit} (limit {row.sense} {row.limit:g}) {verdict}"
            )
