"""diasend: sheets known by their columns, in a workbook of either kind or saved alone."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from glykos.errors import DamagedFile, FormatError
from glykos.formats._content import Content
from glykos.formats._reader import Hints, Reading
from glykos.formats.diasend import Diasend
from glykos.therapy.basal import delivered_basal
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import CarbEntry
from glykos.therapy.history import History
from glykos.therapy.records import (
    Alarm,
    AlarmClass,
    BasalRate,
    BasalSchedule,
    Bolus,
    BolusKind,
    Calibration,
    DailyTotal,
    MeterGlucose,
    MeterOrigin,
    Resume,
    SettingsSnapshot,
    Suspend,
    TotalScope,
)
from glykos.therapy.units import GlucoseScale
from tests.conftest import shared_data

_FOLDER = shared_data()
_TABLE = (
    json.loads((_FOLDER / "exports" / "expected.json").read_text(encoding="utf-8"))["expected"]
    if _FOLDER
    else {}
)
CASES = {name: entry for name, entry in _TABLE.items() if entry["format"] == "diasend_xls"}
_NO_NUMBER = {"format", "recommended_split"}

Rows = Sequence[Sequence[object]]
PERIOD = ("Date", "05/11/2013 to 03/02/2014")
GLUCOSE: Rows = (
    ("Patient ID", ""),
    ("Name", "Jo Doe"),
    ("", ""),
    PERIOD,
    ("Time", "mmol/L", "", "Serial number"),
    ("05/11/2013 00:17", 6.8, "m", "M77"),
    ("05/11/2013 03:59", 17.1, "", "M77"),
)
CGM: Rows = (
    PERIOD,
    ("Time", "mmol/L", ""),
    ("05/11/2013 00:00", 14.3, ""),
    ("05/11/2013 00:05", 14.7, ""),
    ("05/11/2013 00:10", 12.0, "CGM calibration"),
    ("05/11/2013 00:10", 14.2, ""),
    ("05/11/2013 00:15", 15, ""),
)
INSULIN: Rows = (
    (
        *("Time", "Basal Amount (U/h)", "Bolus Type", "Bolus Volume (U)", "Immediate Volume (U)"),
        *("Extended Volume (U)", "Duration (min)", "Carbs(g)", "Notes"),
        *("Total daily dose", "Total daily basal", "Serial number"),
    ),
    ("05/11/2013 00:00", 0.8),
    ("05/11/2013 06:00", 1.2),
    ("05/11/2013 08:07", "", "", "", "", "", "", 30),
    ("05/11/2013 08:07", "", "Normal", 2.5),
    ("05/11/2013 12:23", "", "Combination", 4, "", "", 60, "", "Combination unknown"),
    ("05/11/2013 18:00", "", "Combination", 5, 3, 2, 90),
    ("05/11/2013 22:00", 0.8, "", "", "", "", "", "", "", 40.5, 22.5),
)
SETTINGS: Rows = (
    ("Insulin pump settings for serial number:", "13-47165-16 (Animas Vibe)", "", ""),
    ("Bolus", "", "", ""),
    ("Max Bolus", "32 U", "", ""),
    ("Sick days", " BG over limit", "13.3 mmol/L", ""),
    ("Active basal program", "2", "", ""),
    ("Basal profiles", "", "", ""),
    ("Program: 1", "", "", ""),
    ("Interval", "Start", "Rate", ""),
    (1, "00:00:00", 0, ""),
    ("Sum: 0.000 U", "", "", ""),
    ("Program: 2", "", "", ""),
    ("Interval", "Start", "Rate", ""),
    (1, "00:00:00", 0.8, ""),
    (2, "06:00:00", 1.2, ""),
    ("Sum: 26.400 U", "", "", ""),
    ("ISF programs", "", "", ""),
    ("Interval", "Start", "ISF [mmol/L]", ""),
    (1, "00:00:00", 1.5, ""),
    ("BG target range settings", "", "", ""),
    ("Interval", "Start", "Target [mmol/L]", "Range [mmol/L]"),
    (1, "00:00:00", 8, "+/- 2"),
)
ALARMS: Rows = (
    ("Time", "Alarm/Event"),
    ("05/11/2013 10:54", "ALARM_CARTRIDGE_REPLACE"),
    ("05/11/2013 09:00", "Resumed"),
    ("05/11/2013 09:00", "Suspended"),
    ("05/11/2013 08:59", "Glucose Level Above High Glucose Alert Limit"),
)
SHEETS = {
    "Name and glucose": GLUCOSE,
    "CGM": CGM,
    "Insulin use and carbs": INSULIN,
    "Insulin pump settings": SETTINGS,
    " Meter settings": (("BG unit", "mmol/L"), ("Time format", "24 h")),
    "Alarms and events": ALARMS,
}


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    held = BytesIO()
    book.save(held)
    return held.getvalue()


def sheet_alone(rows: Rows) -> bytes:
    """A sheet as people save it: CSV with every row as wide as the widest, nothing quoted."""
    width = max(len(row) for row in rows)
    lines = [",".join(str(cell) for cell in [*row, *[""] * (width - len(row))]) for row in rows]
    return "\n".join(lines).encode()


def read(data: bytes, hints: Hints = Hints()) -> Reading:  # noqa: B008 - frozen
    content = Content(data)
    assert Diasend().sniff(content) > 0.9
    return Diasend().read(content, hints)


def history(reading: Reading) -> History:
    return History.build(sensor=reading.sensor, records=reading.records, devices=reading.devices)


@pytest.fixture(name="whole", scope="module")
def fixture_whole() -> History:
    return history(read(workbook(SHEETS)))


# --- genuine files -------------------------------------------------------------------------------


def facts(reading: Reading) -> dict[str, object]:
    """What the table tells of a diasend file, out of what was read."""
    found = history(reading)
    meters, calibrations = found.of(MeterGlucose), found.of(Calibration)
    boluses, carbs = found.of(Bolus), [meal.carbs_g for meal in found.of(CarbEntry)]
    sensor = found.sensor.rows()
    names = {GlucoseScale.MMOLL_TENTHS: "mmol/L", GlucoseScale.MGDL: "mg/dl"}
    return {
        "bg": len(meters),
        "bg_mean": sum(m.glucose.count for m in meters) / len(meters) / 10,
        "bg_first": str(meters[0].at_local),
        "bg_last": str(meters[-1].at_local),
        "bg_unit": names[meters[0].glucose.scale],
        "cgm": len(sensor),
        "cgm_mean": sum(r.glucose.count for r in sensor) / len(sensor) / 10,
        "cgm_first": str(sensor[0].at_local),
        "cgm_last": str(sensor[-1].at_local),
        "cgm_unit": names[sensor[0].glucose.scale],
        "cgm_calibration_rows": len(calibrations),
        "bolus_rows": len(boluses),
        "bolus_by_type": dict(Counter(b.bolus_kind.capitalize() for b in boluses)),
        "bolus_units": sum(b.delivered_u for b in boluses),
        "carb_rows": len(carbs),
        "carbs_g": sum(carbs),
        "basal_change_rows": len(found.of(BasalRate)),
    }


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(CASES))
def test_every_number_of_a_genuine_file_comes_out(name: str, data_folder: Path) -> None:
    reading = read((data_folder / "exports" / name).read_bytes())
    found = facts(reading)
    wanted = {fact: value for fact, value in CASES[name].items() if fact not in _NO_NUMBER}
    assert set(wanted) == set(found)
    for fact, value in wanted.items():
        assert found[fact] == (
            pytest.approx(value, abs=5.1e-4) if isinstance(value, float) else value
        ), fact
    assert reading.counts.rejected == reading.counts.ignored == 0


@pytest.mark.shared_data
def test_the_rates_of_a_genuine_pump_agree_with_its_programme(data_folder: Path) -> None:
    """Whenever the pump was not stopped, it printed a rate of its active programme."""
    for name in CASES:
        found = history(read((data_folder / "exports" / name).read_bytes()))
        (programme,) = found.of(BasalSchedule)
        assert programme.total_u == pytest.approx(28.75)  # the sheet's own sum
        rates = {segment.value for segment in programme.segments}
        printed = [rate.rate_u_per_h for rate in found.of(BasalRate) if rate.rate_u_per_h]
        assert sum(rate in rates for rate in printed) > 0.9 * len(printed)


@pytest.mark.shared_data
def test_genuine_sheets_saved_alone_are_read_or_refused_for_a_reason(data_folder: Path) -> None:
    read_rows: dict[str, int] = {}
    refused = []
    for path in (data_folder / "exports").rglob("*.csv"):
        content = Content(path.read_bytes())
        if Diasend().sniff(content) < 0.5:
            continue
        try:
            reading = Diasend().read(content, Hints())
        except FormatError as error:
            refused.append(error.message)
            continue
        assert reading.counts.imported == reading.counts.read
        for kind, n in Counter(type(record).__name__ for record in reading.records).items():
            read_rows[kind] = read_rows.get(kind, 0) + n
    # Counted in the sheets themselves with another program.
    assert read_rows == {"MeterGlucose": 228, "BasalRate": 295, "Bolus": 252, "CarbEntry": 197}
    assert len(refused) == 1
    assert "settings" in refused[0]


# --- sheets --------------------------------------------------------------------------------------


def test_finger_sticks_keep_meter_and_manual_mark(whole: History) -> None:
    meters = whole.of(MeterGlucose)
    assert [(m.glucose.count, m.origin, m.device_id) for m in meters] == [
        (68, MeterOrigin.TYPED, "meter:M77"),
        (171, MeterOrigin.METER_UPLOAD, "meter:M77"),
    ]


def test_calibrations_are_neither_finger_sticks_nor_sensor_readings(whole: History) -> None:
    assert [row.glucose.count for row in whole.sensor.rows()] == [143, 147, 142, 150]
    (calibration,) = whole.of(Calibration)
    assert calibration.glucose is not None
    assert calibration.glucose.count == 120


def test_each_sheet_has_its_own_unit() -> None:
    in_mgdl = [("Time", "mg/dl") if row[0] == "Time" else row for row in GLUCOSE[:5]]
    sheets = {"Name and glucose": [*in_mgdl, ("05/11/2013 00:17", 122)], "CGM": CGM}
    found = history(read(workbook(sheets)))
    (meter,) = found.of(MeterGlucose)
    assert meter.glucose.mgdl == 122
    assert found.sensor.rows()[0].glucose.scale is GlucoseScale.MMOLL_TENTHS


def test_boluses_keep_their_parts_and_an_unknown_division_is_said() -> None:
    reading = read(workbook(SHEETS))
    normal, unknown, divided = history(reading).of(Bolus)
    assert (normal.bolus_kind, normal.delivered_u) == (BolusKind.NORMAL, 2.5)
    assert unknown.bolus_kind is BolusKind.COMBINATION
    assert (unknown.delivered_u, unknown.delivered_extended_u) == (4, None)
    assert unknown.programmed_duration_min == 60
    assert (divided.delivered_now_u, divided.delivered_extended_u) == (3, 2)
    (warning,) = (i for i in reading.issues if i.kind == "warning")
    assert warning.rows == 1
    assert "divided" in warning.reason


def test_carbs_of_the_same_minute_stay_a_record_of_their_own(whole: History) -> None:
    (meal,) = whole.of(CarbEntry)
    assert (meal.carbs_g, meal.at_local) == (30, datetime(2013, 11, 5, 8, 7))


def test_rates_hold_until_the_next_and_a_stop_counts_as_a_stop() -> None:
    """0.8 U/h for 6 h and 1.2 U/h from then to 22:00, one hour of it stopped: 22.8 U."""
    stops = (
        ("Time", "Alarm/Event"),
        ("05/11/2013 11:00", "Resumed"),
        ("05/11/2013 10:00", "Suspended"),
    )
    found = history(read(workbook({"Insulin use and carbs": INSULIN, "Alarms": stops})))
    day = date(2013, 11, 5)
    intervals = delivered_basal(found, Window(day, day))
    assert sum(i.units or 0 for i in intervals) == pytest.approx(6 * 0.8 + 15 * 1.2)


def test_totals_are_of_the_day(whole: History) -> None:
    assert {(t.scope, t.amount_u, t.at_local) for t in whole.of(DailyTotal)} == {
        (TotalScope.ALL, 40.5, datetime(2013, 11, 5)),
        (TotalScope.BASAL, 22.5, datetime(2013, 11, 5)),
    }


def test_events_of_one_minute_stand_in_the_order_in_which_they_happened(whole: History) -> None:
    (stop,), (go,) = whole.of(Suspend), whole.of(Resume)
    assert stop.at_local == go.at_local
    assert (stop.seq, go.seq) == (0, 1)
    assert [(a.text, a.alarm_class) for a in whole.of(Alarm)] == [
        ("Glucose Level Above High Glucose Alert Limit", AlarmClass.GLUCOSE_HIGH),
        ("Alarm cartridge replace", AlarmClass.RESERVOIR),
    ]


def test_settings_belong_to_the_pump_and_to_the_newest_row(whole: History) -> None:
    by_device = {s.device_id: s for s in whole.of(SettingsSnapshot)}
    pump = by_device["animas:13-47165-16"]
    assert pump.at_local == datetime(2013, 11, 5, 22)
    told = {s.name: s.value or [seg.value for seg in s.segments] for s in pump.settings}
    assert told == {
        "Max Bolus": "32 U",
        "Sick days, BG over limit": "13.3 mmol/L",
        "Active basal program": "2",
        "Basal pattern 2": [0.8, 1.2],
        "Insulin sensitivity": [1.5],
        "Glucose target low": [6],
        "Glucose target high": [10],
    }
    assert [s.name for s in by_device["diasend:meter"].settings] == ["BG unit", "Time format"]
    (programme,) = whole.of(BasalSchedule)
    assert (programme.pattern, programme.is_active) == ("2", True)
    assert programme.total_u == pytest.approx(26.4)  # the sheet's own sum
    assert {b.device_id for b in whole.of(Bolus)} == {"animas:13-47165-16"}


# --- containers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Name and glucose", "CGM", "Insulin use and carbs", "Alarms and events"]
)
def test_a_sheet_saved_alone_gives_what_it_gave_in_the_workbook(name: str) -> None:
    together, alone = read(workbook({name: SHEETS[name]})), read(sheet_alone(SHEETS[name]))
    assert alone.records == together.records
    assert alone.sensor.mgdl.tolist() == together.sensor.mgdl.tolist()
    assert alone.counts == together.counts


def test_settings_alone_are_refused_because_they_have_no_date() -> None:
    with pytest.raises(DamagedFile, match="when the device was read"):
        read(sheet_alone(SETTINGS))


def test_day_stands_first_unless_the_file_shows_otherwise() -> None:
    assert read(sheet_alone(ALARMS)).covers == (
        datetime(2013, 11, 5, 8, 59),
        datetime(2013, 11, 5, 10, 54),
    )
    other = [("Time", "Alarm/Event"), ("11/25/2013 10:00", "Suspended")]
    covers = read(sheet_alone(other)).covers
    assert covers is not None
    assert covers[0] == datetime(2013, 11, 25, 10)


def test_every_row_ends_in_one_bucket() -> None:
    rows = [
        *INSULIN,
        ("05/11/2013 08:07", "", "Normal", 2.5),  # told before
        ("05/11/2013 23:00",),
        ("someday", 1),
        ("05/11/2013 23:10", "much"),
        ("05/11/2099 23:10", 1),
    ]
    reading = read(
        workbook({"Insulin use and carbs": rows, "Own notes": [("buy", "bread")]}),
        Hints(now=local_time(2026, 1, 1)),
    )
    counts = reading.counts
    assert (counts.read, counts.imported, counts.duplicate) == (13, 7, 1)
    assert (counts.ignored, counts.rejected) == (3, 2)
