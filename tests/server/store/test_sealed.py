"""Stored health data say nothing without the keys, and refuse to be moved or altered."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection

from glykos.errors import SealError
from glykos.formats._reader import Issue, IssueKind, Owner, Reading
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions, models, queries
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.diary import Note
from glykos.therapy.records import Device
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import GlucoseScale
from tests.server.cast import make_person

WINDOW = Window(date(2026, 3, 1), date(2026, 3, 31))
PLANTED = ("PLANTED-SERIAL", "planted note", "planted owner", "planted-name.csv", "planted value")
ROW = b"2026-03-05;08:00;planted csv row;104"


def upload(access: Access) -> None:
    serial, note, owner, file_name, shown = PLANTED
    start = wall_seconds(local_time(2026, 3, 5))
    reading = Reading(
        format_key="test",
        format_version=1,
        devices=(Device(id=f"pump:{serial}", kind="pump", model="M", serial=serial),),
        sensor=SensorSeries.build(
            [start, start + 86_400], [104, 105], scale=GlucoseScale.MGDL, device_id=f"pump:{serial}"
        ),
        records=(Note(at_local=local_time(2026, 3, 5), device_id=f"pump:{serial}", text=note),),
        issues=(Issue(kind=IssueKind.REJECTED, reason="no", shown_value=shown),),
        owner=Owner(name=owner),
    )
    received = datetime(2026, 4, 1, tzinfo=UTC)
    actions.apply_upload(access, reading, ROW, file_name=file_name, received_at=received)


@pytest.fixture
def access() -> Access:
    person = make_person("Alice")
    entered = authorise(person.owner, person, Purpose.UPLOAD)
    upload(entered)
    return entered


def stored_values() -> list[bytes]:
    """Every value of every table of the data plane, as the database would give it to a thief."""
    values: list[bytes] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("store_", "audit_")):
                cursor.execute(f'SELECT * FROM "{table}"')
                for row in cursor.fetchall():
                    values += [
                        v
                        if isinstance(v, bytes)
                        else bytes(v)
                        if isinstance(v, memoryview)
                        else str(v).encode()
                        for v in row
                    ]
    return values


@pytest.mark.django_db
def test_no_table_holds_what_was_planted(access: Access) -> None:
    everything = b"\x00".join(stored_values())
    for text in (*(word.encode() for word in PLANTED), ROW, b"planted csv"):
        assert text not in everything
    assert queries.uploads(access)[0].issues[0].shown_value == "planted value"


def database_files() -> list[Path]:
    """What a thief of the disk would find; on PostgreSQL the server's own files are not ours."""
    if connection.vendor != "sqlite":
        return []
    path = Path(str(connection.settings_dict["NAME"]))
    return [file for file in (path, Path(f"{path}-wal")) if file.exists()]


@pytest.mark.django_db(transaction=True)
def test_the_database_files_hold_nothing_that_was_planted() -> None:
    person = make_person("Alice")
    upload(authorise(person.owner, person, Purpose.UPLOAD))
    raw = b"".join(file.read_bytes() for file in database_files())
    for text in (*(word.encode() for word in PLANTED), b"planted csv"):
        assert text not in raw


@pytest.mark.django_db
def test_a_moved_chunk_does_not_open(access: Access) -> None:
    first, second = models.Chunk.objects.order_by("day")
    models.Chunk.objects.filter(day=first.day).update(body=second.body)
    with pytest.raises(SealError):
        queries.read(access, WINDOW)


@pytest.mark.django_db
def test_a_chunk_of_another_person_does_not_open(access: Access) -> None:
    eve = make_person("Eve")
    others = authorise(eve.owner, eve, Purpose.UPLOAD)
    upload(others)
    theirs = models.Chunk.objects.filter(patient_id=others.patient_id).order_by("day")
    for chunk in theirs:
        mine = models.Chunk.objects.filter(patient_id=access.patient_id, day=chunk.day)
        mine.update(body=chunk.body, digest=chunk.digest)
    with pytest.raises(SealError):
        queries.read(access, WINDOW)


@pytest.mark.django_db
@pytest.mark.parametrize("place", [0, 1, 5, 20, -1])
def test_an_altered_chunk_does_not_open(access: Access, place: int) -> None:
    chunk = models.Chunk.objects.order_by("day")[0]
    body = bytearray(chunk.body)
    body[place] ^= 1
    models.Chunk.objects.filter(day=chunk.day).update(body=bytes(body))
    with pytest.raises(SealError):
        queries.read(access, WINDOW)


@pytest.mark.django_db
def test_an_event_moved_in_time_does_not_open(access: Access) -> None:
    models.Event.objects.update(at_s=wall_seconds(local_time(2026, 3, 6)))
    with pytest.raises(SealError):
        queries.read(access, WINDOW)


@pytest.mark.django_db
def test_a_failed_upload_leaves_nothing(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    before = [model.objects.count() for model in (models.Chunk, models.Event, models.SourceFile)]

    def broken(**_: object) -> None:
        raise RuntimeError("no log, no data")

    monkeypatch.setattr(actions, "audit", broken)
    reading = Reading(
        format_key="test",
        format_version=1,
        records=(Note(at_local=local_time(2026, 3, 9), device_id="p", text="x"),),
    )
    with pytest.raises(RuntimeError):
        actions.apply_upload(
            access, reading, b"x", file_name="x", received_at=datetime(2026, 4, 1, tzinfo=UTC)
        )
    after = [model.objects.count() for model in (models.Chunk, models.Event, models.SourceFile)]
    assert after == before


@pytest.mark.django_db
def test_a_read_that_cannot_be_logged_gives_nothing(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("no log, no data")

    monkeypatch.setattr(queries, "audit", broken)
    for ask in (lambda: queries.read(access, WINDOW), lambda: queries.uploads(access)):
        with pytest.raises(RuntimeError):
            ask()
