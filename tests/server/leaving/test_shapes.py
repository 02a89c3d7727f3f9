"""Records as JSON and as table rows: documented by a schema, and nothing lost on the way."""

import json
from dataclasses import fields

import jsonschema
import pytest
from hypothesis import given

from glykos.server.leaving import shapes
from glykos.server.patients.actions import SETTINGS_FIELDS
from glykos.therapy.clock import local_time
from glykos.therapy.diary import CarbEntry, Note
from glykos.therapy.records import LOGBOOK, Bolus, BolusKind, MeterGlucose, Record
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose, GlucoseScale
from tests.strategies import any_record, sensor_series

RECORDS = jsonschema.Draft202012Validator(shapes.schema_of_records())
READINGS = jsonschema.Draft202012Validator(shapes.schema_of_readings())
AT = local_time(2026, 10, 25, 2, 30)


@given(any_record())
def test_every_record_fits_the_schema_and_comes_back(record: Record) -> None:
    shown = json.loads(json.dumps(shapes.to_json(record)))
    RECORDS.validate([shown])
    back = shapes.from_json(shown)
    assert type(back) is type(record)
    assert json.loads(json.dumps(shapes.to_json(back))) == shown
    assert back.at_local == record.at_local
    assert back.at_local.fold == record.at_local.fold


def test_values_come_back_exactly_as_they_were_reported() -> None:
    told = [
        MeterGlucose(at_local=AT, device_id="meter:1", glucose=Glucose.mmoll_value(7.2)),
        MeterGlucose(at_local=AT, device_id="meter:1", glucose=Glucose.mgdl_value(101)),
        MeterGlucose(at_local=AT, device_id="meter:1", glucose=Glucose.mgdl_value(20, "low")),
        MeterGlucose(at_local=AT, device_id="meter:1", glucose=Glucose.mgdl_value(99.53125)),
        CarbEntry(at_local=AT.replace(fold=1), device_id=LOGBOOK, carbs_g=0.0, label="tea"),
    ]
    assert [shapes.from_json(shapes.to_json(record)) for record in told] == told


def test_glucose_is_written_as_people_know_it() -> None:
    low = MeterGlucose(at_local=AT, device_id="m", glucose=Glucose.mmoll_value(1.1, "low"))
    assert shapes.to_json(low)["glucose"] == {"value": 1.1, "unit": "mmol/L", "limit": "low"}
    named = dict(zip(shapes.columns(MeterGlucose), shapes.row(low), strict=True))
    assert (named["glucose"], named["glucose_unit"], named["glucose_limit"]) == (
        "1.1",
        "mmol/L",
        "low",
    )


def test_unknown_is_left_out_and_zero_is_written() -> None:
    bolus = Bolus(at_local=AT, device_id="p", bolus_kind=BolusKind.NORMAL, delivered_now_u=0.0)
    shown = shapes.to_json(bolus)
    assert shown["delivered_now_u"] == 0.0
    assert "programmed_now_u" not in shown
    named = dict(zip(shapes.columns(Bolus), shapes.row(bolus), strict=True))
    assert (named["delivered_now_u"], named["programmed_now_u"]) == ("0.0", "")


@given(any_record())
def test_a_row_has_a_cell_for_every_column(record: Record) -> None:
    assert len(shapes.row(record)) == len(shapes.columns(type(record)))


@given(sensor_series())
def test_readings_fit_their_schema_and_table(series: SensorSeries) -> None:
    shown = list(shapes.readings(series))
    READINGS.validate(shown)
    assert len(shown) == len(series)
    assert all(len(shapes.reading_row(one)) == len(shapes.SENSOR_COLUMNS) for one in shown)


def test_a_reading_says_what_the_sensor_said() -> None:
    series = SensorSeries.build(
        [0], [22], scale=GlucoseScale.MMOLL_TENTHS, device_id="cgm:1", flag=[1 | 4]
    )
    [shown] = shapes.readings(series)
    assert shown == {
        "at_local": "1970-01-01T00:00:00",
        "device_id": "cgm:1",
        "value": 2.2,
        "unit": "mmol/L",
        "flags": ["low", "second_pass"],
    }


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"kind": "mood"},
        {"kind": "note", "at_local": "2026-10-25T02:30:00", "device_id": "logbook"},
        {"kind": "note", "at_local": "yesterday", "device_id": "logbook", "text": "x"},
        {"kind": "note", "at_local": "2026-10-25T02:30:00", "device_id": "x", "text": "x", "z": 1},
        {
            "kind": "meter_glucose",
            "at_local": "2026-10-25T02:30:00",
            "device_id": "x",
            "glucose": {"value": "7"},
        },
    ],
)
def test_what_is_no_record_is_refused(shown: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - several kinds of it
        shapes.from_json(shown)


def test_the_settings_that_are_taken_along_are_those_there_are() -> None:
    assert tuple(field.name for field in fields(shapes.RecordSettings)) == SETTINGS_FIELDS


def test_a_note_with_a_line_break_stays_one_record() -> None:
    note = Note(at_local=AT, device_id=LOGBOOK, text="one\ntwo")
    assert shapes.from_json(shapes.to_json(note)) == note
