"""Every kind of record survives storing, and the same thing always meets in the same row."""

from dataclasses import fields, replace
from hashlib import blake2b

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.errors import SealError
from glykos.server.store.mapping import from_payload, to_event, to_payload
from glykos.therapy.clock import local_time
from glykos.therapy.diary import Note
from glykos.therapy.identity import identity
from glykos.therapy.records import (
    BasalSchedule,
    Bolus,
    BolusKind,
    MeterGlucose,
    Record,
    ScheduleSegment,
)
from glykos.therapy.units import Glucose
from glykos.therapy.vocabulary import RECORD_TYPES
from tests.strategies import any_record


def digest(data: bytes) -> bytes:
    return blake2b(data, key=b"test", digest_size=16).digest()


@given(any_record())
def test_every_kind_of_record_comes_back(record: Record) -> None:
    event = to_event(record, digest)
    back = from_payload(event.kind, event.at_s, event.device_id, event.payload)
    assert back == record
    assert repr(to_event(back, digest)) == repr(event)
    assert repr(back).count("fold=1") == repr(record).count("fold=1")


def test_the_builders_know_every_kind_of_record() -> None:
    seen: set[type[Record]] = set()

    @given(st.data())
    def collect(data: st.DataObject) -> None:
        for record_type in RECORD_TYPES:
            seen.add(type(data.draw(any_record(record_type))))

    collect()
    assert seen == set(RECORD_TYPES)


@given(any_record(), any_record())
def test_the_key_says_what_identity_says(a: Record, b: Record) -> None:
    assert (identity(a) == identity(b)) == (to_event(a, digest).key == to_event(b, digest).key)


@given(any_record(Bolus))
def test_a_version_is_another_only_where_something_differs(bolus: Bolus) -> None:
    changed = replace(bolus, interruption=bolus.interruption + "x")
    assert to_event(bolus, digest).version != to_event(changed, digest).version


def test_whole_numbers_are_the_same_as_decimal_ones() -> None:
    at = local_time(2026, 3, 1)
    bolus = Bolus(at_local=at, device_id="p", bolus_kind=BolusKind.NORMAL, programmed_now_u=5)
    assert to_event(bolus, digest).key == to_event(replace(bolus, programmed_now_u=5.0), digest).key

    def schedule(value: float) -> BasalSchedule:
        segments = (ScheduleSegment(0, value),)
        return BasalSchedule(at_local=at, device_id="p", pattern="A", segments=segments)

    assert to_event(schedule(1), digest).version == to_event(schedule(1.0), digest).version


def test_a_repeated_hour_is_another_thing() -> None:
    note = Note(at_local=local_time(2026, 10, 25, 2, 30), device_id="p", text="woke up")
    second = replace(note, at_local=note.at_local.replace(fold=1))
    assert to_event(note, digest).key != to_event(second, digest).key
    event = to_event(second, digest)
    back = from_payload(event.kind, event.at_s, event.device_id, event.payload)
    assert back.at_local.fold == 1


def test_a_field_of_a_newer_version_is_passed_over() -> None:
    note = Note(at_local=local_time(2026, 3, 1), device_id="p", text="woke up")
    payload = msgspec.json.decode(to_payload(note)) | {"mood": "tired", "words": [1, 2]}
    assert from_payload("note", note.at_s, "p", msgspec.json.encode(payload)) == note


def test_a_field_of_a_newer_version_reads_as_its_default_in_old_events() -> None:
    back = from_payload("meter_glucose", 0, "p", b'{"glucose":{"count":120,"scale":1}}')
    assert isinstance(back, MeterGlucose)
    assert back.glucose == Glucose.mgdl_value(120)
    assert back.meter_id == ""


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("dream", b"{}"), ("note", b"{}"), ("note", b"[]"), ("note", b"\xff"), ("bolus", b'{"a":1}')],
)
def test_what_this_version_cannot_read_is_a_named_error(kind: str, payload: bytes) -> None:
    with pytest.raises(SealError):
        from_payload(kind, 0, "p", payload)


def test_the_payload_holds_only_what_is_known() -> None:
    note = Note(at_local=local_time(2026, 3, 1), device_id="p", text="woke up")
    assert to_payload(note) == b'{"text":"woke up"}'
    assert {field.name for field in fields(Note)} > {"text"}
