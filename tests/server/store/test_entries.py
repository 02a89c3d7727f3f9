"""The logbook as it is stored: revisions, lost updates, undoing, and nothing readable."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from glykos.errors import AccessDenied, ConflictError, SealError, UsageError
from glykos.formats._reader import Reading
from glykos.server.audit.models import Event as AuditEvent
from glykos.server.patients.actions import create_person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions, entries, models, queries
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import CarbEntry, HbA1c, Illness, Injection, InsulinKind, Note, Weight
from glykos.therapy.records import LOGBOOK, Device, MeterGlucose, MeterOrigin, Record
from glykos.therapy.units import Glucose
from tests.server.cast import make_person, make_user
from tests.server.store.test_sealed import database_files, stored_values
from tests.strategies import any_record

MARCH = Window(date(2026, 3, 1), date(2026, 3, 31))
AT = local_time(2026, 3, 5, 12, 30)


def carbs(grams: float = 40, label: str = "", at: datetime = AT) -> CarbEntry:
    return CarbEntry(at_local=at, device_id="", carbs_g=grams, label=label)


@pytest.fixture
def access(db: None) -> Access:
    owner = make_user("Ben")
    person = create_person(owner=owner, zone="Europe/Berlin")
    return authorise(owner, person, Purpose.WRITE)


@pytest.fixture
def other(db: None) -> Access:
    owner = make_user("Eve")
    return authorise(owner, create_person(owner=owner, zone="UTC"), Purpose.WRITE)


def test_an_entry_comes_back_in_the_history_as_an_ordinary_record(access: Access) -> None:
    written = entries.write(access, carbs(40, "Porridge"))
    history = queries.read(access, MARCH)
    [record] = history.of(CarbEntry)
    assert (record.carbs_g, record.label, record.at_local) == (40.0, "Porridge", AT)
    assert (record.device_id, record.source_id) == (LOGBOOK, str(written))
    assert [device.model for device in history.devices] == ["Logbook"]
    assert queries.span(access) == Window(AT.date(), AT.date())
    assert queries.known_days(access) == [AT.date()]


def test_an_hba1c_and_an_illness_are_known_on_other_days_whoever_told_of_them(
    access: Access, other: Access
) -> None:
    told: list[Record] = [
        replace(one, at_local=AT - timedelta(days=30 * months))
        for months in (1, 14)
        for one in (
            HbA1c(at_local=AT, device_id="app:x", percent=7.4),
            Illness(at_local=AT, device_id="app:x", duration_min=90 * 1440),
            Weight(at_local=AT, device_id="app:x", kilograms=70),
        )
    ]
    for one in told:
        entries.write(access, one)
    app = Device(id="app:x", kind="app", model="An app")
    reading = Reading(format_key="plain_csv", format_version=1, devices=(app,), records=tuple(told))
    actions.apply_upload(other, reading, b"x", file_name="x", received_at=datetime.now(UTC))
    for inside in (access, other):
        known = queries.read(inside, MARCH)
        times = [told[3].at_local, told[0].at_local]
        assert [one.at_local for one in known.of(HbA1c)] == times
        assert [one.at_local for one in known.of(Illness)] == times
        assert known.of(Weight) == ()
    assert entries.entries(access, MARCH) == []


def glucose(at: datetime) -> MeterGlucose:
    return MeterGlucose(at_local=at, device_id="", glucose=Glucose.mmoll_value(7.2))


def test_reports_end_with_the_devices_until_glucose_is_written_down_on_three_days(
    access: Access,
) -> None:
    assert queries.known(access) is None
    for days in (2, 1):
        entries.write(access, carbs(at=AT + timedelta(days=days)))
    assert queries.known(access) == queries.Known(
        span=Window(date(2026, 3, 6), date(2026, 3, 7)), newest=date(2026, 3, 7)
    )
    reading = Reading(format_key="plain_csv", format_version=1, records=(glucose(AT),))
    actions.apply_upload(access, reading, b"x", file_name="x", received_at=datetime.now(UTC))
    whole = Window(date(2026, 3, 5), date(2026, 3, 7))
    assert queries.known(access) == queries.Known(span=whole, newest=AT.date())
    for days in (0, 1, 1, 2):
        entries.write(access, glucose(AT + timedelta(days=days)))
        assert queries.known(access) == queries.Known(span=whole, newest=AT.date())
    entries.write(access, glucose(AT + timedelta(days=3)))
    whole = Window(date(2026, 3, 5), date(2026, 3, 8))
    assert queries.known(access) == queries.Known(span=whole, newest=date(2026, 3, 8))


def test_without_entries_the_logbook_is_no_device(access: Access) -> None:
    assert queries.read(access, MARCH).devices == ()
    assert queries.span(access) is None


@pytest.mark.django_db
@settings(max_examples=40)
@given(st.lists(any_record(), min_size=1, max_size=6))
def test_every_kind_of_record_survives(records: list[Record]) -> None:
    with transaction.atomic():
        person = make_person("Rosa")
        inside = authorise(person.owner, person, Purpose.WRITE)
        ids = entries.write_together(inside, records)
        window = Window(date(2026, 10, 20), date(2026, 10, 30))
        found = {one.id: one.record for one in entries.entries(inside, window)}
        for id_, record in zip(ids, records, strict=True):
            wanted = replace(record, device_id=LOGBOOK, source_id=str(id_), seq=None)
            assert found[id_] == wanted
            assert found[id_].at_local.fold == record.at_local.fold
        transaction.set_rollback(True)


def test_a_change_keeps_what_stood_before(access: Access) -> None:
    id_ = entries.write(access, carbs(40))
    assert entries.change(access, id_, carbs(45), rev=1) == 2
    assert entries.change(access, id_, carbs(50, at=AT + timedelta(hours=1)), rev=2) == 3
    told = entries.revisions(access, id_)
    assert [(one.rev, one.record.carbs_g, one.is_current) for one in told] == [  # type: ignore[attr-defined]
        (3, 50.0, True),
        (2, 45.0, False),
        (1, 40.0, False),
    ]
    [now] = queries.read(access, MARCH).of(CarbEntry)
    assert (now.carbs_g, now.at_local.hour) == (50.0, 13)


def test_saving_without_a_change_writes_nothing(access: Access) -> None:
    id_ = entries.write(access, carbs(40))
    assert entries.change(access, id_, carbs(40), rev=1) == 1
    assert len(entries.revisions(access, id_)) == 1


def test_an_update_that_would_be_lost_is_refused_and_loses_nothing(access: Access) -> None:
    id_ = entries.write(access, carbs(40))
    entries.change(access, id_, carbs(45, "by one"), rev=1)
    with pytest.raises(ConflictError, match="changed in the meantime"):
        entries.change(access, id_, carbs(60, "by the other"), rev=1)
    with pytest.raises(ConflictError):
        entries.delete(access, id_, rev=1)
    [now] = queries.read(access, MARCH).of(CarbEntry)
    assert now.label == "by one"
    assert entries.change(access, id_, carbs(60, "by the other"), rev=2) == 3


def test_a_deletion_can_be_taken_back_and_leaves_a_history(access: Access) -> None:
    id_ = entries.write(access, carbs(40))
    entries.delete(access, id_)
    entries.delete(access, id_)
    assert queries.read(access, MARCH).of(CarbEntry) == ()
    assert queries.span(access) is None
    with pytest.raises(ConflictError, match="deleted in the meantime"):
        entries.change(access, id_, carbs(50), rev=1)
    entries.restore(access, id_)
    entries.restore(access, id_)
    assert len(queries.read(access, MARCH).of(CarbEntry)) == 1
    told = [(one.rev, one.is_deletion, one.is_current) for one in entries.revisions(access, id_)]
    assert told == [(3, False, True), (2, True, False), (1, False, False)]


def test_the_same_telling_sent_twice_is_written_once(access: Access) -> None:
    once = uuid4()
    told = [carbs(40), Note(at_local=AT, device_id="", text="late")]
    first = entries.write_together(access, told, once=once)
    assert entries.write_together(access, told, once=once) == first
    assert models.Entry.objects.count() == 2
    entries.delete(access, first[0])
    assert entries.write_together(access, told, once=once) == first
    assert queries.read(access, MARCH).of(CarbEntry) == ()


def test_two_equal_entries_are_two(access: Access) -> None:
    entries.write(access, carbs(10))
    entries.write(access, carbs(10))
    assert len(queries.read(access, MARCH).of(CarbEntry)) == 2


def test_undoing_an_upload_leaves_the_logbook_alone(access: Access) -> None:
    pump = Note(at_local=AT, device_id="pump:1", text="from the pump")
    reading = Reading(format_key="test", format_version=1, records=(pump,))
    received = datetime(2026, 4, 1, tzinfo=UTC)
    upload = actions.apply_upload(access, reading, b"x", file_name="x", received_at=received)
    entries.write(access, Note(at_local=AT, device_id="", text="by hand"))
    assert [note.text for note in queries.read(access, MARCH).of(Note)] == [
        "by hand",
        "from the pump",
    ]
    actions.undo_upload(access, upload.upload_id)
    [left] = queries.read(access, MARCH).of(Note)
    assert left.text == "by hand"


def test_an_entry_keeps_its_kind(access: Access) -> None:
    id_ = entries.write(access, carbs(40))
    with pytest.raises(UsageError):
        entries.change(access, id_, Note(at_local=AT, device_id="", text="x"), rev=1)


def test_another_record_does_not_have_the_entry(access: Access, other: Access) -> None:
    id_ = entries.write(access, carbs(40))
    attempts = (
        lambda: entries.revisions(other, id_),
        lambda: entries.change(other, id_, carbs(1), rev=1),
        lambda: entries.delete(other, id_),
        lambda: entries.restore(other, id_),
    )
    for attempt in attempts:
        with pytest.raises(AccessDenied):
            attempt()
    assert entries.entries(other, MARCH) == []
    assert len(entries.entries(access, MARCH)) == 1


def test_each_step_and_each_look_is_logged_without_content(access: Access) -> None:
    id_ = entries.write(access, carbs(40, "Porridge"))
    entries.change(access, id_, carbs(41, "Porridge"), rev=1)
    entries.delete(access, id_)
    entries.restore(access, id_)
    entries.revisions(access, id_)
    told = AuditEvent.objects.filter(patient=access.patient_id, obj=str(id_)).order_by("seq")
    assert [event.action for event in told] == [
        "entry.written",
        "entry.written",
        "entry.deleted",
        "entry.written",
        "history.read",
    ]
    assert not any("Porridge" in event.detail or "41" in event.detail for event in told)


def planted() -> Iterator[Record]:
    yield carbs(40, "planted porridge")
    yield Note(at_local=AT, device_id="", text="planted words")
    yield Injection(
        at_local=AT, device_id="", dose_u=7, insulin=InsulinKind.RAPID, brand="plantedrapid"
    )
    yield MeterGlucose(
        at_local=AT, device_id="", glucose=Glucose.mmoll_value(7.2), origin=MeterOrigin.TYPED
    )
    yield HbA1c(at_local=AT, device_id="", percent=6.54321, is_ifcc=True)
    yield Weight(at_local=AT, device_id="", kilograms=71.23456, is_pounds=True)


def test_nothing_of_an_entry_is_readable_in_the_database(access: Access) -> None:
    ids = entries.write_together(access, list(planted()))
    entries.change(access, ids[0], carbs(41, "planted oats"), rev=1)
    entries.delete(access, ids[1])
    everything = b"\x00".join(stored_values())
    for text in (b"planted", b"plantedrapid", b"6.54321", b"71.23456", b"carbs_g", b"rapid"):
        assert text not in everything


@pytest.mark.django_db(transaction=True)
def test_nothing_of_an_entry_is_readable_on_the_disk() -> None:
    person = make_person("Alice")
    entries.write_together(authorise(person.owner, person, Purpose.WRITE), list(planted()))
    assert b"planted" not in b"".join(file.read_bytes() for file in database_files())


@pytest.mark.parametrize("moved", ["at_s", "rev"])
def test_a_moved_entry_does_not_open(access: Access, moved: str) -> None:
    entries.write(access, carbs(40))
    models.Entry.objects.update(
        **{moved: 5 if moved == "rev" else models.Entry.objects.get().at_s + 60}
    )
    with pytest.raises(SealError):
        entries.entries(access, MARCH)


def test_all_revisions_put_back_are_the_same(access: Access, other: Access) -> None:
    id_ = entries.write(access, carbs(40))
    entries.change(access, id_, carbs(41), rev=1)
    entries.delete(access, entries.write(access, Note(at_local=AT, device_id="", text="x")))
    kept = entries.all_revisions(access)
    assert len(kept) == 4
    actions.locked(other.patient_id, datetime(2026, 4, 1, tzinfo=UTC))
    entries.put_back(other, kept)
    assert entries.all_revisions(other) == kept
    assert entries.entries(other, MARCH) == entries.entries(access, MARCH)


def test_a_write_that_cannot_be_logged_leaves_nothing(
    access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("no log, no data")

    id_ = entries.write(access, carbs(40))
    monkeypatch.setattr(entries, "audit", broken)
    for attempt in (
        lambda: entries.write(access, carbs(1)),
        lambda: entries.change(access, id_, carbs(2), rev=1),
        lambda: entries.delete(access, id_),
        lambda: entries.entries(access, MARCH),
    ):
        with pytest.raises(RuntimeError):
            attempt()
    monkeypatch.undo()
    [only] = entries.entries(access, MARCH)
    assert (only.rev, only.is_current) == (1, True)
