"""Tidepool: every number of the table comes out, and every rule of the rows holds."""

import json
from collections import Counter
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from glykos.errors import DamagedFile
from glykos.formats import combine
from glykos.formats._content import Content
from glykos.formats._reader import Hints, IssueKind, Reading
from glykos.formats.tidepool import Tidepool
from glykos.therapy.basal import basal_units, delivered_basal
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Ketone
from glykos.therapy.records import (
    Alarm,
    AlarmClass,
    BasalRate,
    BasalSchedule,
    Bolus,
    BolusEstimate,
    BolusKind,
    BolusSource,
    Calibration,
    MeterGlucose,
    MeterOrigin,
    Prime,
    PrimeKind,
    Resume,
    Rewind,
    SettingsSnapshot,
    StopReason,
    Suspend,
    TempBasal,
    TimeChange,
)
from glykos.therapy.sensor import FOLD, HIGH, LOW
from glykos.therapy.units import MGDL_PER_MMOLL, GlucoseScale, GlucoseUnit
from tests.conftest import shared_data

_FOLDER = shared_data()
_TABLE = (
    json.loads((_FOLDER / "exports" / "expected.json").read_text(encoding="utf-8"))["expected"]
    if _FOLDER
    else {}
)
_MINE = {n: e for n, e in _TABLE.items() if e["format"].startswith("tidepool")}
_NOT_A_FACT = {"format", "recommended_split"}
_SHAPES = {
    BolusKind.NORMAL: "normal",
    BolusKind.EXTENDED: "square",
    BolusKind.COMBINATION: "dual/square",
}


def parse(data: bytes, hints: Hints = Hints()) -> Reading:  # noqa: B008 - frozen
    content = Content(data)
    assert Tidepool().sniff(content) > 0.9
    return Tidepool().read(content, hints)


_PUMP = {"deviceId": "Pump-1", "uploadId": "up1", "timezoneOffset": 60}


def row(type_: str, local: str, **fields: Any) -> dict[str, Any]:
    """A row of a device whose clock is an hour ahead of UTC."""
    at = datetime.fromisoformat(f"2024-03-{local}")
    utc = at - timedelta(minutes=fields.get("timezoneOffset", 60))
    base = {"type": type_, "id": f"{type_} {local}", "deviceTime": at.isoformat()}
    return base | _PUMP | {"time": f"{utc.isoformat()}Z"} | fields


def export(*rows: dict[str, Any]) -> bytes:
    return json.dumps(list(rows)).encode()


def of(reading: Reading, kind: type) -> list[Any]:
    return [record for record in reading.records if isinstance(record, kind)]


# --- the shared files ----------------------------------------------------------------------------


def facts(reading: Reading, raw: list[dict[str, Any]]) -> dict[str, object]:
    """The facts of the table; times are printed there in UTC, which the rows give."""
    boluses, sensor = of(reading, Bolus), reading.sensor
    meters = of(reading, MeterGlucose)
    (offset_min,) = {one["timezoneOffset"] for one in raw}
    assert reading.covers is not None
    assert reading.as_of is not None

    def utc(local: datetime) -> str:
        return f"{(local - timedelta(minutes=offset_min)).isoformat()}.000Z"

    return {
        "records": reading.counts.read,
        "by_type": {section.part: section.rows for section in reading.sections},
        "distinct_ids": len(reading.row_ids),
        "cbg_with_value": len(sensor),
        "cbg_mean_mmol": float(sensor.mgdl.mean()) / MGDL_PER_MMOLL,
        "smbg_with_value": len(meters),
        "smbg_mean_mmol": (
            sum(m.glucose.value_in(GlucoseUnit.MMOLL) for m in meters) / len(meters)
            if meters
            else None
        ),
        "bolus_by_subtype": dict(Counter(_SHAPES[one.bolus_kind] for one in boluses)),
        "bolus_with_normal": sum(one.delivered_now_u is not None for one in boluses),
        "bolus_units": sum(one.delivered_u for one in boluses),
        "wizard_carbs_g": sum(one.carbs_g or 0 for one in of(reading, BolusEstimate)),
        "first": utc(reading.covers[0]),
        "last": utc(reading.as_of),
    }


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(_MINE))
def test_every_number_of_the_table_comes_out(name: str, data_folder: Path) -> None:
    data = (data_folder / "exports" / name).read_bytes()
    reading = parse(data)
    found, wanted = facts(reading, json.loads(data)), _MINE[name]
    assert set(wanted) - _NOT_A_FACT <= set(found)
    for fact in set(wanted) - _NOT_A_FACT:
        expected = wanted[fact]
        if isinstance(expected, float):
            expected = pytest.approx(expected, abs=5e-4)
        assert found[fact] == expected, fact


@pytest.mark.shared_data
def test_every_row_ends_in_one_bucket(data_folder: Path) -> None:
    for path in sorted((data_folder / "exports" / "tidepool").iterdir()):
        reading = parse(path.read_bytes())
        counts = reading.counts
        parts = (counts.imported, counts.duplicate, counts.ignored, counts.rejected)
        assert sum(parts) == counts.read
        told = Counter[str]()
        for issue in reading.issues:
            told[issue.kind] += issue.rows
        assert told["rejected"] == counts.rejected
        assert told["ignored"] == counts.ignored


@pytest.mark.shared_data
def test_the_whole_account_has_the_totals_of_the_reference(data_folder: Path) -> None:
    """The same account as CSV lost no column: 1,282 cbg, 722.05 U, 1,118 g (formats.md §8)."""
    paths = sorted((data_folder / "exports" / "tidepool").glob("*.csv"))
    assert paths
    for path in paths:
        reading = parse(path.read_bytes())
        assert len(reading.sensor) == 1282
        assert sum(one.delivered_u for one in of(reading, Bolus)) == pytest.approx(722.05)
        assert sum(one.carbs_g or 0 for one in of(reading, BolusEstimate)) == 1118
        assert reading.counts.rejected == 0
        # A Libre and an Omnipod set to mg/dL report whole numbers, whatever Tidepool keeps.
        assert set(reading.sensor.scale) == {GlucoseScale.MGDL}
        assert {m.glucose.scale for m in of(reading, MeterGlucose)} == {GlucoseScale.MGDL}


@pytest.mark.shared_data
def test_delivered_basal_is_the_sum_of_rate_times_duration(data_folder: Path) -> None:
    for path in sorted((data_folder / "exports" / "tidepool").glob("*.json")):
        history, _ = combine([parse(path.read_bytes())])
        span = history.span
        assert span is not None
        intervals = delivered_basal(history, span)
        start_s = next(one.start_s for one in intervals if one.kind != "unknown")
        end_s = max(one.end_s for one in intervals)
        told = 0.0
        for one in json.loads(path.read_bytes()):
            if one["type"] == "basal" and one["deliveryType"] != "suspend":
                begin = wall_seconds(datetime.fromisoformat(one["deviceTime"]))
                length_s = min(begin + one["duration"] / 1000, end_s) - begin
                told += (one.get("rate") or 0) * max(0, length_s) / 3600
        assert basal_units(intervals, start_s, end_s) == pytest.approx(told)


@pytest.mark.shared_data
def test_json_and_csv_of_one_account_are_one_history(data_folder: Path) -> None:
    readings = [
        parse(path.read_bytes())
        for path in sorted((data_folder / "exports" / "tidepool").iterdir())
    ]
    fullest = max(readings, key=lambda reading: reading.counts.imported)
    both, _ = combine(readings)
    alone, _ = combine([fullest])
    assert both.records == alone.records
    assert len(both.sensor) == len(alone.sensor)


# --- glucose -------------------------------------------------------------------------------------


def test_glucose_keeps_the_unit_of_the_device() -> None:
    reading = parse(
        export(
            row("cbg", "01T08:00:00", value=71 / MGDL_PER_MMOLL, units="mmol/L"),
            row("cbg", "01T08:05:00", value=round(195 / 18.0156, 5), units="mmol/L"),
            row("cbg", "01T08:10:00", value=5.6, units="mmol/L"),
            row("cbg", "01T08:15:00", value=5.6378, units="mmol/L"),
            row("cbg", "01T08:20:00", value=110, units="mg/dL"),
        )
    )
    assert reading.sensor.count.tolist() == [71, 195, 56, round(5.6378 * MGDL_PER_MMOLL * 64), 110]
    assert reading.sensor.scale.tolist() == [
        GlucoseScale.MGDL,
        GlucoseScale.MGDL,
        GlucoseScale.MMOLL_TENTHS,
        GlucoseScale.MGDL_64THS,
        GlucoseScale.MGDL,
    ]


def test_readings_without_a_value_are_rejected_and_never_zero() -> None:
    reading = parse(
        export(
            row("cbg", "01T08:00:00", value=None, units=None),
            row("smbg", "01T08:01:00"),
            row("bolus", "01T08:02:00", subType="normal"),
            row("wizard", "01T08:03:00", bolus="x"),
            row("deviceEvent", "01T08:04:00"),
            row("cbg", "01T08:05:00", value=5.5, units="mg/dL"),
            row("cbg", "01T08:06:00", value=500),
            row("cbg", "01T08:07:00", value="much"),
            row("cbg", "01T08:08:00", value=-1),
            row("basal", "01T08:09:00", deliveryType="scheduled", duration=60_000),
            row("basal", "01T08:10:00", deliveryType="temp", duration=60_000),
            row("basal", "01T08:11:00", deliveryType="else", rate=1),
            row("bolus", "01T08:12:00", subType="round", normal=1),
            row("pumpSettings", "01T08:13:00"),
            row("surprise", "01T08:14:00"),
        )
    )
    assert (reading.counts.read, reading.counts.rejected) == (15, 15)
    assert reading.records == ()
    assert len(reading.sensor) == 0


def test_the_ends_of_the_sensors_range_are_limits() -> None:
    low = [{"code": "bg/out-of-range", "threshold": 41, "value": "low"}]
    reading = parse(
        export(
            row("cbg", "01T08:00:00", value=40 / MGDL_PER_MMOLL, annotations=low),
            row("cbg", "01T08:05:00", value=501 / MGDL_PER_MMOLL,
                annotations="[{'code': 'bg/out-of-range', 'threshold': 500, 'value': 'high'}]"),
        )
    )  # fmt: skip
    assert reading.sensor.flag.tolist() == [LOW, HIGH]


def test_finger_sticks_say_where_they_came_from() -> None:
    reading = parse(
        export(
            row("smbg", "01T08:00:00", value=5.5, subType="manual"),
            row("smbg", "01T09:00:00", value=5.5, subType="linked"),
            row("smbg", "01T10:00:00", value=5.5, deviceId="Meter-9"),
        )
    )
    origins = [one.origin for one in of(reading, MeterGlucose)]
    assert origins == [MeterOrigin.TYPED, MeterOrigin.LINKED_METER, MeterOrigin.METER_UPLOAD]


# --- insulin -------------------------------------------------------------------------------------


def test_interrupted_and_extended_boluses() -> None:
    reading = parse(
        export(
            row("bolus", "01T08:00:00", subType="normal", normal=3.2, expectedNormal=7.1),
            row("bolus", "01T09:00:00", subType="square", extended=1.0, expectedExtended=2.0,
                duration=1_800_000, expectedDuration=3_600_000),
            row("bolus", "01T10:00:00", subType="dual/square", normal=0.1, extended=2.4,
                duration=9_000_000),
            row("bolus", "01T11:00:00", subType="automated", normal=0.3),
        )
    )  # fmt: skip
    cut, square, dual, automatic = of(reading, Bolus)
    assert (cut.programmed_u, cut.delivered_u, cut.interrupted_parts) == (7.1, 3.2, 1)
    assert square.bolus_kind is BolusKind.EXTENDED
    assert (square.programmed_extended_u, square.delivered_extended_u) == (2.0, 1.0)
    assert (square.programmed_duration_min, square.delivered_duration_min) == (60, 30)
    assert dual.bolus_kind is BolusKind.COMBINATION
    assert dual.delivered_parts == (0.1, 2.4)
    assert dual.interrupted_parts == 0
    assert dual.delivered_duration_min == 150
    assert automatic.source is BolusSource.AUTO_CORRECTION


def test_a_calculator_entry_is_linked_with_its_bolus() -> None:
    reading = parse(
        export(
            row("bolus", "01T08:00:00", id="b1", subType="normal", normal=5.45),
            row(
                "wizard", "01T08:00:00", id="w1", bolus="b1", units="mmol/L",
                bgInput=168 / MGDL_PER_MMOLL, carbInput=50, insulinCarbRatio=12,
                insulinSensitivity=40 / MGDL_PER_MMOLL, insulinOnBoard=0.5,
                bgTarget={"target": 115 / MGDL_PER_MMOLL, "high": 165 / MGDL_PER_MMOLL},
                recommended={"carb": 4.15, "correction": 1.3, "net": 5.45},
            ),
            row("wizard", "01T09:00:00", id="w2", carbInput=2, carbUnits="exchanges",
                bgTarget={"target": 6.0, "range": 0.5}, insulinCarbRatio=1.5,
                bolus={"id": "b2", "type": "bolus", "subType": "normal", "normal": 3.0}),
        )
    )  # fmt: skip
    first, second = of(reading, BolusEstimate)
    bolus, inside = of(reading, Bolus)
    assert (bolus.estimate_id, bolus.source) == ("w1", BolusSource.ESTIMATE)
    assert first.was_delivered is True
    assert first.glucose_input.mgdl == 168
    assert (first.carbs_g, first.carb_ratio_g_per_u) == (50, 12)
    assert first.sensitivity_mgdl_per_u == 40
    assert (first.target_low.mgdl, first.target_high.mgdl) == (115, 165)
    assert (first.food_u, first.correction_u, first.estimate_u) == (4.15, 1.3, 5.45)
    assert (second.carbs_g, second.carbs_exchanges) == (None, 2)
    assert (second.target_low.count, second.target_high.count) == (55, 65)
    assert (inside.delivered_u, inside.estimate_id) == (3.0, "w2")
    assert reading.counts.read == 3


def test_basal_intervals_become_changes_with_the_right_amount() -> None:
    """1 h at 1.0, 30 min at 0.5 (50 %), 30 min stopped in two pieces, 1 h at 1.2, 5 min at 2.4."""
    suppressed = {"type": "basal", "deliveryType": "scheduled", "rate": 1.0, "scheduleName": "A"}
    reading = parse(
        export(
            row("basal", "01T08:00:00", deliveryType="scheduled", rate=1.0, duration=3_600_000,
                scheduleName="A"),
            row("basal", "01T09:00:00", deliveryType="temp", rate=0.5, percent=0.5,
                duration=1_800_000, suppressed=suppressed),
            row("basal", "01T09:30:00", deliveryType="suspend", duration=600_000),
            row("basal", "01T09:40:00", deliveryType="suspend", duration=1_200_000),
            row("deviceEvent", "01T09:30:00", subType="status", status="suspended",
                duration=1_800_000, reason={"suspended": "manual", "resumed": "manual"}),
            row("basal", "01T10:00:00", deliveryType="scheduled", rate=1.2, duration=3_600_000),
            row("basal", "01T11:00:00", deliveryType="automated", rate=2.4, duration=300_000),
            row("basal", "01T11:05:00", deliveryType="scheduled", rate=1.2, duration=300_000),
        )
    )  # fmt: skip
    (stop,) = of(reading, Suspend)
    (end,) = of(reading, Resume)
    assert (stop.at_local, end.at_local) == (
        local_time(2024, 3, 1, 9, 30),
        local_time(2024, 3, 1, 10),
    )
    assert stop.reason is StopReason.USER
    assert [one.rate_u_per_h for one in of(reading, BasalRate)] == [1.0, 1.0, 1.2, 1.2]
    temp, automatic = of(reading, TempBasal)
    assert (temp.fraction, temp.duration_min) == (0.5, 30)
    assert (automatic.rate_u_per_h, automatic.preset) == (2.4, "automatic")
    assert reading.counts.duplicate == 1  # the status row tells the stop again
    history, _ = combine([reading])
    day = Window(local_time(2024, 3, 1).date(), local_time(2024, 3, 1).date())
    intervals = delivered_basal(history, day)
    start_s = wall_seconds(local_time(2024, 3, 1, 8))
    assert basal_units(intervals, start_s, start_s + 3 * 3600 + 300) == pytest.approx(
        1.0 + 0.25 + 0 + 1.2 + 0.2
    )


def test_a_stop_without_basal_intervals_is_taken_from_its_status() -> None:
    reading = parse(
        export(
            row("deviceEvent", "01T09:30:00", subType="status", status="suspended",
                duration=600_000, reason="{'suspended': 'manual'}"),
            row("deviceEvent", "01T12:00:00", subType="status", status="suspended"),
            row("deviceEvent", "01T12:10:00", subType="status", status="resumed"),
        )
    )  # fmt: skip
    assert [one.at_local.hour for one in of(reading, Suspend)] == [9, 12]
    assert [one.at_local.minute for one in of(reading, Resume)] == [40, 10]


# --- everything else -----------------------------------------------------------------------------


def test_device_events() -> None:
    change = {"from": "2024-03-01T10:00:00", "to": "2024-03-01T09:00:00", "agent": "manual"}
    newer = {"from": {"time": "2024-03-02T10:00:00"}, "to": {"time": "2024-03-02T11:00:00"}}
    reading = parse(
        export(
            row("deviceEvent", "01T08:00:00", subType="alarm", alarmType="low_insulin"),
            row("deviceEvent", "01T08:01:00", subType="alarm", alarmType="occlusion"),
            row("deviceEvent", "01T08:02:00", subType="prime", primeTarget="cannula", volume=0.3),
            row("deviceEvent", "01T08:03:00", subType="reservoirChange"),
            row("deviceEvent", "01T08:04:00", subType="calibration", value=6.0, units="mmol/L"),
            row("deviceEvent", "01T10:00:00", subType="timeChange", change=change),
            row("deviceEvent", "02T10:00:00", subType="timeChange", change=newer),
            row("deviceEvent", "02T12:00:00", subType="timeChange", change={}),
            row("deviceEvent", "02T13:00:00", subType="pumpSettingsOverride"),
        )
    )
    low, blocked = of(reading, Alarm)
    assert (low.text, low.alarm_class) == ("Low reservoir", AlarmClass.RESERVOIR)
    assert blocked.alarm_class is AlarmClass.DELIVERY
    (prime,) = of(reading, Prime)
    assert (prime.prime_kind, prime.volume_u) == (PrimeKind.CANNULA, 0.3)
    assert len(of(reading, Rewind)) == 1
    (calibration,) = of(reading, Calibration)
    assert calibration.glucose.count == 60
    assert [one.shift.minutes for one in of(reading, TimeChange)] == [-60, 60]
    assert (reading.counts.rejected, reading.counts.ignored) == (1, 1)


def test_settings_and_patterns() -> None:
    schedules = {
        "work": [{"start": 0, "rate": 1.0}, {"start": 21_600_000, "rate": 0.5}],
        "rest": [{"start": 3_600_000, "rate": 1.0}],
    }
    reading = parse(
        export(
            row(
                "pumpSettings", "01T08:00:00", activeSchedule="work", basalSchedules=schedules,
                carbRatio=[{"amount": 12, "start": 0}],
                insulinSensitivities={"work": [{"amount": 50 / MGDL_PER_MMOLL, "start": 0}]},
                bgTarget="[{'high': 8.8811967857, 'start': 0, 'target': 7.2159723884}]",
                units={"bg": "mg/dL", "carb": "grams"},
            )
        )
    )  # fmt: skip
    (schedule,) = of(reading, BasalSchedule)  # a pattern that does not begin at midnight is none
    assert (schedule.pattern, schedule.is_active, schedule.total_u) == ("work", True, 15.0)
    (snapshot,) = of(reading, SettingsSnapshot)
    values = {s.name: (s.unit, [seg.value for seg in s.segments]) for s in snapshot.settings}
    assert values["Carb ratio"] == ("g/U", [12])
    assert values["Insulin sensitivity work"] == ("mg/dL per U", [50])
    assert values["Glucose target"] == ("mg/dL", [130])
    assert values["Glucose target high"] == ("mg/dL", [160])
    assert reading.covers is None  # settings are no event


def test_what_people_tell() -> None:
    nutrition = {"carbohydrate": {"net": 40, "units": "grams"}, "fat": {"total": 10}}
    formulation = {"simple": {"actingType": "long", "brand": "Some"}}
    reading = parse(
        export(
            row("food", "01T08:00:00", name="Bread", nutrition=nutrition),
            row("food", "01T08:30:00", name="Air", nutrition={}),
            row("physicalActivity", "01T09:00:00", duration={"units": "hours", "value": 1.5},
                reportedIntensity="high", name="Run"),
            row("physicalActivity", "01T10:00:00", duration=1_800_000),
            row("insulin", "01T11:00:00", dose={"total": 12, "units": "Units"},
                formulation=formulation),
            row("bloodKetone", "01T12:00:00", value=0.6),
            row("water", "01T13:00:00"),
        )
    )  # fmt: skip
    (meal,) = of(reading, CarbEntry)
    assert (meal.carbs_g, meal.fat_g, meal.protein_g, meal.label) == (40, 10, None, "Bread")
    assert [one.duration_min for one in of(reading, Exercise)] == [90, 30]
    (dose,) = of(reading, Injection)
    assert (dose.dose_u, dose.insulin, dose.brand) == (12, InsulinKind.LONG, "Some")
    assert of(reading, Ketone)[0].mmol_per_l == 0.6
    assert (reading.counts.rejected, reading.counts.ignored) == (1, 1)


def test_a_row_told_twice_counts_once() -> None:
    one = row("bolus", "01T08:00:00", subType="normal", normal=1)
    twin = row("bolus", "01T08:00:00", id="other", subType="normal", normal=1)
    reading = parse(export(one, one, twin))
    assert len(of(reading, Bolus)) == 2  # two real boluses in one second both survive
    assert reading.counts.duplicate == 1


# --- devices and time ----------------------------------------------------------------------------


def test_a_medtronic_pump_is_the_same_device_as_in_carelink() -> None:
    upload = {
        "type": "upload", "id": "u", "time": "2024-03-02T00:00:00Z", "timezoneOffset": 60,
        "deviceManufacturers": ["Medtronic"], "deviceModel": "1780",
        "deviceSerialNumber": "NG1234567H", "deviceTags": ["insulin-pump", "cgm"],
    }  # fmt: skip
    reading = parse(export(_PUMP | upload, row("bolus", "01T08:00:00", subType="normal", normal=1)))
    (device,) = reading.devices
    assert (device.id, device.kind, device.model) == ("medtronic:NG1234567H", "pump", "1780")
    assert reading.as_of == local_time(2024, 3, 2, 1)
    assert reading.covers == (local_time(2024, 3, 1, 8), local_time(2024, 3, 1, 8))


def test_an_unknown_device_keeps_its_own_name() -> None:
    reading = parse(export(row("cbg", "01T08:00:00", value=5.5)))
    assert [device.id for device in reading.devices] == ["tidepool:Pump-1"]
    assert reading.sensor.device_ids == ("tidepool:Pump-1",)


def test_rows_without_device_time_take_the_zone_of_their_phone() -> None:
    base = {"type": "cbg", "value": 5.5, "deviceId": "Phone", "uploadId": "u"}
    reading = parse(
        export(
            base | {"id": "1", "time": "2024-03-01T08:00:00Z", "timezone": "Asia/Kathmandu"},
            base | {"id": "2", "time": "2024-03-01T09:00:00Z", "timezoneOffset": -210},
        )
    )
    hours = [(one.at_local.hour, one.at_local.minute) for one in reading.sensor.rows()]
    assert hours == [(5, 30), (13, 45)]


def test_rows_that_only_know_utc_take_the_persons_zone_or_say_so() -> None:
    base = {"type": "cbg", "value": 5.5, "deviceId": "Phone", "uploadId": "u", "id": "1"}
    data = export(base | {"time": "2024-07-01T08:00:00Z"})
    there = parse(data, Hints(zone="Europe/Berlin"))
    assert there.sensor.rows()[0].at_local == local_time(2024, 7, 1, 10)
    assert not there.issues
    nowhere = parse(data)
    assert nowhere.sensor.rows()[0].at_local == local_time(2024, 7, 1, 8)
    assert [issue.kind for issue in nowhere.issues] == [IssueKind.WARNING]


def test_the_second_pass_of_an_hour_is_kept_apart() -> None:
    """The clock of the pump is set back from 03:00 to 02:00: five minutes past two come twice."""
    reading = parse(
        export(
            row("cbg", "01T02:05:00", id="1", value=5.5, timezoneOffset=120),
            row("cbg", "01T02:55:00", id="2", value=5.6, timezoneOffset=120),
            row("cbg", "01T02:05:00", id="3", value=5.7, timezoneOffset=60),
            row("bolus", "01T02:05:00", id="4", subType="normal", normal=1, timezoneOffset=60),
            row("cbg", "01T03:05:00", id="5", value=5.8, timezoneOffset=60),
        )
    )
    assert reading.sensor.flag.tolist() == [0, FOLD, 0, 0]
    assert reading.sensor.count.tolist() == [55, 57, 56, 58]
    assert of(reading, Bolus)[0].at_local.fold == 1


def test_rows_of_the_future_and_broken_times() -> None:
    data = export(
        row("cbg", "01T08:00:00", value=5.5),
        row("cbg", "09T08:00:00", value=5.5),
        row("cbg", "01T09:00:00", value=5.5, time="soon"),
        row("cbg", "01T09:00:00", id="x", value=5.5, deviceTime="soon"),
    )
    reading = parse(data, Hints(now=local_time(2024, 3, 2)))
    assert len(reading.sensor) == 1
    assert (reading.counts.ignored, reading.counts.rejected) == (1, 2)


# --- containers ----------------------------------------------------------------------------------


def test_a_workbook_with_one_sheet_per_type() -> None:
    book = Workbook()
    book.remove(book.active)
    sheet = book.create_sheet("cbg")
    sheet.append(["id", "deviceId", "uploadId", "time", "deviceTime", "timezoneOffset", "value"])
    sheet.append(["1", "Pump-1", "u", "2024-03-01T07:00:00.000Z", "2024-03-01T08:00:00", 60, 5.6])
    sheet = book.create_sheet("bolus")
    sheet.append(["id", "deviceId", "uploadId", "time", "deviceTime", "type", "subType", "normal"])
    when = datetime(2024, 3, 1, 8)
    sheet.append(["2", "Pump-1", "u", "2024-03-01T07:00:00Z", when, "bolus", "normal", 2])
    book.create_sheet("notes").append(["nothing of Tidepool"])
    file = BytesIO()
    book.save(file)
    reading = parse(file.getvalue())
    assert reading.sensor.count.tolist() == [56]
    (bolus,) = of(reading, Bolus)
    assert (bolus.at_local, bolus.delivered_u) == (local_time(2024, 3, 1, 8), 2)
    assert reading.counts.imported == 2


def test_a_table_with_short_rows_and_python_objects() -> None:
    text = (
        "jsonRowIndex,id,type,deviceId,uploadId,time,deviceTime,subType,normal,annotations\n"
        "1,a,bolus,P,u,2024-03-01T07:00:00Z,2024-03-01T08:00:00,normal,2.5,\"[{'code': 'x'}]\"\n"
        "2,b,bolus,P,u,2024-03-01T07:00:00Z\n"
    )
    reading = parse(text.encode())
    assert [one.delivered_u for one in of(reading, Bolus)] == [2.5]
    assert (reading.counts.imported, reading.counts.rejected) == (1, 1)


def test_other_json_is_not_taken() -> None:
    assert Tidepool().sniff(Content(b'[{"sgv": 100, "type": "sgv"}]')) == 0
    with pytest.raises(DamagedFile):
        Tidepool().read(Content(b'[{"uploadId": 1'), Hints())
    with pytest.raises(DamagedFile):
        Tidepool().read(Content(b"a,b\n1,2\n"), Hints())
