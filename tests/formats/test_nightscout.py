"""Nightscout: every number of the table comes out, and every rule of the documents holds."""

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from glykos.errors import DamagedFile, UnknownFormat
from glykos.formats import combine
from glykos.formats._content import Content
from glykos.formats._reader import Hints, IssueKind, Reading
from glykos.formats.nightscout import Nightscout
from glykos.therapy.basal import basal_units, delivered_basal
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Note
from glykos.therapy.records import (
    BasalPatternSelected,
    BasalSchedule,
    Bolus,
    BolusKind,
    BolusSource,
    Calibration,
    MeterGlucose,
    Prime,
    PrimeKind,
    Resume,
    Rewind,
    SensorState,
    SettingsSnapshot,
    Suspend,
    TempBasal,
)
from glykos.therapy.sensor import FOLD, HIGH, LOW
from glykos.therapy.units import GlucoseScale
from tests.conftest import shared_data

_FOLDER = shared_data()
_TABLE = (
    json.loads((_FOLDER / "exports" / "expected.json").read_text(encoding="utf-8"))["expected"]
    if _FOLDER
    else {}
)
_ENTRIES = {n: e for n, e in _TABLE.items() if e["format"].startswith("nightscout_entries")}
_TREATMENTS = {n: e for n, e in _TABLE.items() if e["format"].startswith("nightscout_treatments")}
_NOT_A_FACT = {"format", "recommended_split"}


def parse(data: Any, hints: Hints = Hints()) -> Reading:  # noqa: B008 - frozen
    content = Content(data if isinstance(data, bytes) else json.dumps(data).encode())
    assert Nightscout().sniff(content) >= 0.9
    return Nightscout().read(content, hints)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def sgv(at: str, value: Any, **fields: Any) -> dict[str, Any]:
    return {"type": "sgv", "date": ms(f"2024-03-01T{at}"), "sgv": value} | fields


def treatment(event: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"eventType": event, "created_at": f"2024-03-01T{at}:00.000Z"} | fields


def profile(**fields: Any) -> dict[str, Any]:
    content = {"timezone": "UTC", "basal": [{"time": "00:00", "value": "1.0"}]} | fields
    return {
        "_id": "p1", "defaultProfile": "A", "store": {"A": content},
        "startDate": "2024-02-01T00:00:00.000Z",
    }  # fmt: skip


def of(reading: Reading, kind: type) -> list[Any]:
    return [record for record in reading.records if isinstance(record, kind)]


def texts(reading: Reading) -> list[str]:
    return [one.text for one in of(reading, Note)]


def same(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    facts = set(wanted) - _NOT_A_FACT
    assert facts <= set(found)
    for fact in facts:
        expected = wanted[fact]
        if isinstance(expected, float):
            expected = pytest.approx(expected, abs=5e-4)
        assert found[fact] == expected, fact


# --- the shared files ----------------------------------------------------------------------------


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(_ENTRIES))
def test_every_number_of_the_entries_comes_out(name: str, data_folder: Path) -> None:
    reading = parse((data_folder / "exports" / name).read_bytes())
    sensor = reading.sensor
    assert reading.covers is not None
    found = {
        "n": reading.counts.read,
        "sgv": len(sensor),
        "mean": float(sensor.mgdl.mean()),
        "first": f"{reading.covers[0].isoformat()}.000Z",
        "last": f"{reading.covers[1].isoformat()}.000Z",
        "distinct_dates": len(set(sensor.at_s)),
    }
    same(found, _ENTRIES[name])


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(_TREATMENTS))
def test_every_number_of_the_treatments_comes_out(name: str, data_folder: Path) -> None:
    reading = parse((data_folder / "exports" / name).read_bytes())
    boluses = of(reading, Bolus)
    meals = of(reading, CarbEntry)
    doses = [one.delivered_u for one in boluses] + [one.dose_u for one in of(reading, Injection)]
    assert reading.covers is not None
    wanted = dict(_TREATMENTS[name])
    found = {
        "n": reading.counts.read,
        "by_event": {section.part: section.rows for section in reading.sections},
        "insulin_units": sum(doses),
        "insulin_entries": sum(dose > 0 for dose in doses),
        "carbs_g": sum(one.carbs_g for one in meals),
        "first": reading.covers[0].isoformat(),
        "last": reading.covers[1].isoformat(),
    }
    for end in ("first", "last"):  # the wall clock has whole seconds
        wanted[end] = wanted[end].partition(".")[0]
    same(found, wanted)
    automatic = [one for one in boluses if one.is_automatic]
    assert len(automatic) == wanted["by_event"]["SMB"]
    assert len(of(reading, TempBasal)) == wanted["by_event"]["Temp Basal"]
    assert len(of(reading, SensorState)) == 1  # of hundreds of repetitions of one start


@pytest.mark.shared_data
def test_every_shared_file_is_read_or_refused_with_a_reason(data_folder: Path) -> None:
    refused = []
    for folder in ("nightscout", "openaps"):
        for path in sorted((data_folder / "exports" / folder).iterdir()):
            content = Content(path.read_bytes())
            assert Nightscout().sniff(content) >= 0.9, path.name
            try:
                reading = Nightscout().read(content, Hints())
            except (UnknownFormat, DamagedFile) as error:
                refused.append(error.message)
                continue
            counts = reading.counts
            parts = (counts.imported, counts.duplicate, counts.ignored, counts.rejected)
            assert sum(parts) == counts.read > 0
            assert counts.rejected == 0, path.name
            told = Counter[str]()
            for issue in reading.issues:
                told[issue.kind] += issue.rows
            assert told["ignored"] == counts.ignored
    assert len(refused) == 2  # fixtures of a test, and settings without a date


@pytest.mark.shared_data
def test_the_site_and_its_table_agree(data_folder: Path) -> None:
    """The same readings as JSON and as the table without header are one history."""
    folder = data_folder / "exports" / "nightscout"
    (table,) = folder.glob("*.tsv")
    twin = table.with_suffix(".json")
    readings = [parse(path.read_bytes()) for path in (table, twin)]
    assert not any(issue.kind is IssueKind.WARNING for one in readings for issue in one.issues)
    both, repeated = combine(readings)
    assert repeated >= len(readings[0].sensor) - 1
    assert len(both.sensor) <= len(readings[1].sensor) + 1


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(_TREATMENTS))
def test_profile_and_treatments_of_one_site_give_delivered_basal(
    name: str, data_folder: Path
) -> None:
    """Temporary rates run until the next one; what they gave is the sum of rate times duration."""
    path = data_folder / "exports" / name
    raw = json.loads(path.read_bytes())
    profiles = [one for one in sorted(path.parent.glob("*.json")) if _is_profile_of(one, raw)]
    assert profiles
    readings = [parse(one.read_bytes(), Hints(zone="Europe/Moscow")) for one in (path, profiles[0])]
    history, _ = combine(readings)
    span = history.span
    assert span is not None
    intervals = delivered_basal(history, span)
    temps = sorted(
        (datetime.fromisoformat(one["created_at"]).timestamp(), one["absolute"], one["duration"])
        for one in raw
        if one["eventType"] == "Temp Basal"
    )
    told = sum(
        rate * min(minutes * 60, following[0] - at_s) / 3600
        for (at_s, rate, minutes), following in pairwise(temps)
    )
    given = [one for one in intervals if one.kind == "temp"]
    # A reservoir was changed once: the pump stood still for minutes.
    assert sum(one.units or 0 for one in given) == pytest.approx(told, abs=0.1)
    unknown = [one for one in intervals if one.rate_u_per_h is None]
    assert not [one for one in unknown if one.start_s > given[0].start_s]


def _is_profile_of(path: Path, treatments: list[dict[str, Any]]) -> bool:
    documents = json.loads(path.read_bytes())
    first = documents[0] if isinstance(documents, list) else documents
    month = treatments[0]["created_at"][:7]
    return "store" in first and str(first.get("created_at")).startswith(month)


# --- entries -------------------------------------------------------------------------------------


def test_readings_codes_and_limits() -> None:
    reading = parse(
        [
            sgv("08:00", 120), sgv("08:05", "121"), sgv("08:10", 39), sgv("08:15", 401),
            sgv("08:20", 12), sgv("08:25", 1), sgv("08:30", 100.5), sgv("08:35", None, mbg=None),
            sgv("08:40", 9999), sgv("08:45", "high"), sgv("08:50", -5),
        ]
    )  # fmt: skip
    assert reading.sensor.mgdl.tolist() == [120, 121, 39, 401, 100.5]
    assert reading.sensor.flag.tolist() == [0, 0, LOW, HIGH, 0]
    assert (reading.counts.ignored, reading.counts.rejected) == (2 + 1, 3)


def test_real_lows_below_39_are_kept() -> None:
    """Some sensors go below 40: there 39 is a value like any other."""
    reading = parse([sgv("08:00", 39), sgv("08:05", 32), sgv("08:10", 401), sgv("08:15", 450)])
    assert reading.sensor.count.tolist() == [39, 32, 401, 450]
    assert reading.sensor.flag.tolist() == [0, 0, 0, 0]


def test_finger_sticks_calibrations_and_other_entries() -> None:
    reading = parse(
        [
            {"type": "mbg", "mbg": 110, "date": ms("2024-03-01T08:00"), "device": "xDrip"},
            {"type": "mbg", "mbg": "0", "date": ms("2024-03-01T08:01")},
            {"type": "cal", "slope": 900, "date": ms("2024-03-01T08:02")},
            {"type": "sensor", "date": ms("2024-03-01T08:03")},
            {"hello": "world"},
            sgv("08:10", 100, device="share2"),
        ]
    )
    assert [one.glucose.mgdl for one in of(reading, MeterGlucose)] == [110]
    assert len(of(reading, Calibration)) == 1
    assert (reading.counts.ignored, reading.counts.rejected) == (1, 2)
    assert reading.sensor.device_ids == ("nightscout:share2",)
    assert {device.id for device in reading.devices} == {
        "nightscout:cgm", "nightscout:share2", "nightscout:xDrip",
    }  # fmt: skip


def test_hundreds_of_devices_are_no_danger() -> None:
    reading = parse(
        [sgv(f"{n // 60:02d}:{n % 60:02d}", 100, device=f"sensor {n}") for n in range(400)]
    )
    assert len(reading.sensor) == 400
    assert len(reading.sensor.device_ids) <= 201


def test_a_reading_told_twice_counts_once() -> None:
    reading = parse(
        [sgv("08:00", 100, _id="a"), sgv("08:00", 100, _id="a"), sgv("08:00", 100, _id="b")]
    )
    assert len(reading.sensor) == 1
    assert (reading.counts.imported, reading.counts.duplicate) == (1, 2)


# --- the clock -----------------------------------------------------------------------------------


def hours(reading: Reading) -> list[str]:
    return [f"{one.at_local:%d %H:%M}" for one in reading.sensor.rows()]


def test_without_a_zone_times_are_universal_and_it_says_so() -> None:
    reading = parse([sgv("23:30", 100, utcOffset=0, dateString="2024-03-01T23:30:00Z")])
    assert hours(reading) == ["01 23:30"]
    (issue,) = reading.issues
    assert issue.kind is IssueKind.WARNING
    assert "time zone" in issue.reason


@pytest.mark.parametrize(
    ("zone", "local"),
    [("Asia/Kathmandu", "02 05:15"), ("Pacific/Kiritimati", "02 13:30"),
     ("Pacific/Pago_Pago", "01 12:30"), ("America/St_Johns", "01 20:00")],
)  # fmt: skip
def test_the_zone_of_the_caller_is_used(zone: str, local: str) -> None:
    reading = parse([sgv("23:30", 100)], Hints(zone=zone))
    assert hours(reading) == [local]
    assert not reading.issues


def test_the_zone_of_the_profile_in_force_comes_first() -> None:
    late = profile(timezone="Europe/Berlin")
    early = profile(timezone="ETC/GMT+5") | {"_id": "p0", "startDate": "2024-01-01T00:00:00Z"}
    readings = [sgv("23:30", 100), {"type": "sgv", "sgv": 90, "date": ms("2024-01-15T12:00")}]
    reading = parse(
        {"entries": readings, "profile": [late, early], "treatments": []},
        Hints(zone="Asia/Tokyo"),
    )
    assert hours(reading) == ["15 07:00", "02 00:30"]


@pytest.mark.parametrize(
    "told",
    [{"utcOffset": 345}, {"dateString": "2024-03-02T05:15:00.000+0545"},
     {"dateString": "Sat Mar 02 05:15:00 NPT 2024"}, {"dateString": "03/02/2024 05:15:00 AM"}],
)  # fmt: skip
def test_an_offset_that_a_row_tells_is_believed(told: dict[str, Any]) -> None:
    reading = parse([sgv("23:30", 100, **told)], Hints(zone="Asia/Tokyo"))
    assert hours(reading) == ["02 05:15"]


def test_rows_without_an_offset_take_the_nearest_one() -> None:
    reading = parse(
        [
            sgv("08:00", 100, device="a", utcOffset=120),
            sgv("08:05", 101, device="b", utcOffset=0),
            {"type": "sgv", "sgv": 102, "date": ms("2024-06-01T08:00"), "device": "a",
             "utcOffset": 180},
            {"type": "sgv", "sgv": 103, "date": ms("2024-06-01T08:05"), "device": "b"},
        ]
    )  # fmt: skip
    assert hours(reading) == ["01 10:00", "01 10:05", "01 11:00", "01 11:05"]
    assert not reading.issues


def test_an_app_in_london_has_an_offset_of_zero_in_winter() -> None:
    reading = parse(
        [
            sgv("08:00", 100, device="a", utcOffset=0),
            {"type": "sgv", "sgv": 102, "date": ms("2024-06-01T08:00"), "device": "a",
             "utcOffset": 60},
        ]
    )  # fmt: skip
    assert hours(reading) == ["01 08:00", "01 09:00"]


def test_the_hour_that_comes_twice_is_kept_twice() -> None:
    first = datetime(2024, 10, 27, 0, 0, tzinfo=UTC).timestamp() * 1000
    readings = [{"type": "sgv", "sgv": 100 + n, "date": first + n * 600_000} for n in range(12)]
    reading = parse(readings, Hints(zone="Europe/Berlin"))
    assert len(reading.sensor) == 12
    assert [one.at_local.hour for one in reading.sensor.rows()] == [2] * 12
    assert sum(bool(flag & FOLD) for flag in reading.sensor.flag.tolist()) == 6


def test_times_come_as_fractions_or_text_and_broken_ones_are_shown() -> None:
    reading = parse(
        [
            {"type": "sgv", "sgv": 100, "date": ms("2024-03-01T08:00") + 0.75},
            {"type": "sgv", "sgv": 101, "date": str(ms("2024-03-01T08:05"))},
            {"type": "sgv", "sgv": 102, "date": None, "dateString": "2024-03-01T08:10:00Z"},
            {"type": "sgv", "sgv": 103, "date": "soon"},
            {"type": "sgv", "sgv": 104},
            {"type": "sgv", "sgv": 105, "date": ms("2044-03-01T08:00")},
        ],
        Hints(now=local_time(2024, 4, 1)),
    )
    assert hours(reading) == ["01 08:00", "01 08:05", "01 08:10"]
    assert (reading.counts.rejected, reading.counts.ignored) == (2, 1)


# --- treatments ----------------------------------------------------------------------------------


def test_one_treatment_may_tell_several_things() -> None:
    reading = parse(
        [
            treatment("Meal Bolus", "08:00", _id="a", insulin="4.5", carbs="45", protein=10,
                      glucose=7.8, glucoseType="Finger", units="mmol", notes="pasta"),
            treatment("", "09:00", carbs=30, notes="untyped", uuid="u"),
            treatment("<none>", "10:00", insulin=None, carbs=None),
            treatment("BG Check", "11:00", glucose="110", units="mg/dl"),
            treatment("BG Check", "11:30", glucose=110, glucoseType="Sensor"),
            treatment("BG Check", "12:00", glucose=5.5),
        ]
    )  # fmt: skip
    (bolus,) = of(reading, Bolus)
    assert (bolus.delivered_u, bolus.programmed_now_u) == (4.5, None)
    assert [(one.carbs_g, one.protein_g) for one in of(reading, CarbEntry)] == [
        (45, 10),
        (30, None),
    ]
    values = [(one.glucose.count, one.glucose.scale) for one in of(reading, MeterGlucose)]
    assert values == [
        (78, GlucoseScale.MMOLL_TENTHS), (110, GlucoseScale.MGDL), (55, GlucoseScale.MMOLL_TENTHS)
    ]  # fmt: skip
    assert texts(reading) == ["pasta", "untyped"]
    assert reading.counts.ignored == 2


def test_automatic_boluses_of_three_apps() -> None:
    reading = parse(
        [
            treatment("SMB", "08:00", insulin=0.1),
            treatment("Correction Bolus", "08:05", insulin=0.3, type="SMB"),
            treatment("Correction Bolus", "08:10", insulin=0.45, programmed=0.5, automatic=True),
            treatment("Correction Bolus", "08:15", insulin=0.25, isSMB=True),
            treatment("Bolus", "08:20", insulin=0.2, bolus={"isSMB": True}),
            treatment("Bolus", "08:25", insulin=3, bolus={"isSMB": False}),
            treatment("Bolus", "08:30", insulin=2, bolus={"isExternal": True}),
            treatment("Meal Bolus", "08:35", insulin=20, isBasalInsulin=True),
            treatment("Meal Bolus", "08:40", insulin=5, insulinInjections='[{"units": 5}]'),
        ]
    )
    boluses = of(reading, Bolus)
    assert [one.source is BolusSource.AUTO_CORRECTION for one in boluses] == [True] * 5 + [False]
    assert boluses[2].interrupted_parts == 1
    doses = [(one.dose_u, one.insulin) for one in of(reading, Injection)]
    assert doses == [
        (2, InsulinKind.UNKNOWN), (20, InsulinKind.LONG), (5, InsulinKind.UNKNOWN)
    ]  # fmt: skip


def test_combination_boluses() -> None:
    """6 U, a third at once, two thirds over two hours (2 U/h); AAPS cut the last after 30 min."""
    reading = parse(
        [
            treatment("Combo Bolus", "08:00", insulin=2, enteredinsulin=6, splitNow="33.3333333",
                      splitExt="66.6666667", duration=120, relative=2),
            treatment("Combo Bolus", "12:00", enteredinsulin=3, splitNow=0, splitExt=100,
                      duration=30, relative=1.5),
            treatment("Combo Bolus", "13:00", insulin=4),
            treatment("Combo Bolus", "14:00"),
            treatment("Correction Bolus", "15:00", insulin=1, programmed=2, type="square",
                      duration=60),
        ]
    )  # fmt: skip
    dual, cut, plain, square = of(reading, Bolus)
    assert dual.bolus_kind is BolusKind.COMBINATION
    assert dual.delivered_parts == (pytest.approx(2), pytest.approx(4))
    assert dual.delivered_duration_min == 120
    assert (cut.bolus_kind, cut.delivered_u) == (BolusKind.EXTENDED, 0.75)
    assert cut.programmed_extended_u == 3
    assert (plain.bolus_kind, plain.delivered_u) == (BolusKind.NORMAL, 4)
    assert (square.bolus_kind, square.delivered_extended_u) == (BolusKind.EXTENDED, 1)
    assert reading.counts.rejected == 1


def test_an_extended_bolus_that_stands_for_a_temporary_rate_counts_once() -> None:
    inside = {"eventType": "Combo Bolus", "enteredinsulin": 0.11, "isEmulatingTempBasal": True}
    reading = parse(
        [
            treatment("Temp Basal", "08:00", absolute=2.44, rate=2.44, duration=3,
                      type="FAKE_EXTENDED", extendedEmulated=inside),
            treatment("Combo Bolus", "08:00", **(inside | {"splitExt": 100, "duration": 3})),
            treatment("Combo Bolus", "10:00", **(inside | {"splitExt": 100, "duration": 3})),
        ]
    )  # fmt: skip
    assert [one.at_local.hour for one in of(reading, Bolus)] == [10]
    assert [one.rate_u_per_h for one in of(reading, TempBasal)] == [2.44]
    assert reading.counts.ignored == 1


def test_a_calculators_row_does_not_double_its_bolus() -> None:
    reading = parse(
        [
            treatment("Bolus Wizard", "08:00", insulin=8.1, carbs=45),
            {"eventType": "Meal Bolus", "insulin": 8.1, "created_at": "2024-03-01T08:00:12Z"},
            treatment("Carb Correction", "08:00", carbs=45),
            treatment("Bolus Wizard", "12:00", insulin=3, carbs=30),
        ]
    )
    assert sum(one.delivered_u for one in of(reading, Bolus)) == pytest.approx(11.1)
    assert sum(one.carbs_g for one in of(reading, CarbEntry)) == 75
    assert of(reading, Bolus)[-1].source is BolusSource.ESTIMATE


def test_a_finger_stick_without_unit_is_read_only_where_one_unit_fits() -> None:
    told = [treatment("BG Check", f"08:0{n}", glucose=g) for n, g in enumerate((5.5, 38, 30, 120))]
    reading = parse(told)
    assert [(stick.glucose.count, stick.glucose.scale) for stick in of(reading, MeterGlucose)] == [
        (55, GlucoseScale.MMOLL_TENTHS),
        (38, GlucoseScale.MGDL),
        (120, GlucoseScale.MGDL),
    ]
    assert reading.counts.rejected == 1


def test_temporary_rates() -> None:
    reading = parse(
        [
            treatment("Temp Basal", "08:00", absolute="0", rate=0, duration="30"),
            treatment("Temp Basal", "08:30", percent=-50, duration=60),
            treatment("Temp Basal", "09:00", percent=20, durationInMilliseconds=90_000, duration=1),
            treatment("Temp Basal", "09:10", rate=1.5, duration=30),
            treatment("Temp Basal", "09:20", duration=0),
            treatment("Temp Basal End", "09:30"),
            treatment("Temp Basal", "09:40", duration=30),
        ]
    )
    told = [(t.rate_u_per_h, t.fraction, t.duration_min) for t in of(reading, TempBasal)]
    assert told == [
        (0, None, 30), (None, 0.5, 60), (None, 1.2, 1.5), (1.5, None, 30), (None, None, 0),
        (None, None, 0),
    ]  # fmt: skip
    assert reading.counts.rejected == 1


@pytest.mark.parametrize(
    ("told", "is_automatic"),
    [
        ({}, False),
        ({"enteredBy": "Anna"}, False),
        ({"enteredBy": "iAPS"}, True),
        ({"enteredBy": "openaps://AndroidAPS"}, True),
        ({"enteredBy": "loop://iPhone", "automatic": False}, False),
        ({"automatic": True}, True),
    ],
)
def test_a_rate_of_an_algorithm_is_told_apart(told: dict[str, Any], is_automatic: bool) -> None:
    (temp,) = of(
        parse([treatment("Temp Basal", "08:00", absolute=1, duration=30, **told)]), TempBasal
    )
    assert temp.is_automatic is is_automatic


def test_profile_temporary_rate_and_stop_give_delivered_basal() -> None:
    """1.0 U/h, from 06:00 2.0 U/h; 30 min at 50 % from 06:00; stopped from 07:00 to 07:30."""
    schedule = [
        {"time": "00:00", "value": "1.0", "timeAsSeconds": "0"},
        {"time": "06:00", "value": "2.0", "timeAsSeconds": "21600"},
    ]
    history, _ = combine(
        [
            parse(
                {
                    "profile": [profile(basal=schedule)],
                    "treatments": [
                        treatment("Note", "05:00", notes="awake"),
                        treatment("Temp Basal", "06:00", percent=-50, duration=30),
                        treatment("Suspend Pump", "07:00"),
                        treatment("Resume Pump", "07:30"),
                        treatment("Bolus", "08:00", insulin=1),
                    ],
                    "entries": [],
                }
            )
        ]
    )
    intervals = delivered_basal(history, Window(*[local_time(2024, 3, 1).date()] * 2))
    start_s = wall_seconds(local_time(2024, 3, 1, 6))
    assert basal_units(intervals, start_s, start_s + 7200) == pytest.approx(0.5 + 1.0 + 0 + 1.0)


def test_sensor_site_and_insulin_changes() -> None:
    reading = parse(
        [
            treatment("Sensor Start", "08:00"),
            treatment("Sensor Start", "08:01", enteredBy="x"),
            treatment("Sensor Change", "12:00"),
            treatment("Insulin Change", "13:00"),
            treatment("Site Change", "13:10", notes="left"),
            treatment("Insulin Change", "18:00"),
            treatment("Suspend Pump", "19:00"),
            treatment("Resume Pump", "19:30"),
        ]
    )
    assert [one.at_local.hour for one in of(reading, SensorState)] == [8, 12]
    assert [one.at_local.hour for one in of(reading, Rewind)] == [13]
    assert [one.prime_kind for one in of(reading, Prime)] == [PrimeKind.CANNULA]
    assert texts(reading) == ["left", "Insulin changed"]
    assert (len(of(reading, Suspend)), len(of(reading, Resume))) == (1, 1)
    assert reading.counts.ignored == 1


def test_exercise_targets_and_profile_switches() -> None:
    content = json.dumps({"basal": [{"time": "00:00", "value": 0.8}]})
    reading = parse(
        [
            treatment("Exercise", "08:00", duration=45, notes="Swim"),
            treatment("Temporary Target", "09:00", targetTop=144, targetBottom=144, duration=60,
                      reason="Activity"),
            treatment("Temporary Target", "10:00", duration=0),
            treatment("Temporary Target", "10:30", targetTop=9, targetBottom=8, duration=30),
            treatment("Profile Switch", "11:00", profile="Day"),
            treatment("Profile Switch", "12:00", profile="Day", profileJson=content,
                      percentage=150),
            treatment("Profile Switch", "13:00"),
        ]
    )  # fmt: skip
    (swim,) = of(reading, Exercise)
    assert (swim.duration_min, swim.label) == (45, "Swim")
    assert texts(reading) == [
        "Temporary target 144 mg/dL for 60 min: Activity",
        "Temporary target cancelled",
        "Temporary target 8 to 9 mmol/L for 30 min",
    ]
    assert [one.pattern for one in of(reading, BasalPatternSelected)] == ["Day"]
    (scaled,) = of(reading, BasalSchedule)
    assert (scaled.pattern, scaled.total_u) == ("Day at 150 %", pytest.approx(28.8))
    assert reading.counts.rejected == 1


def test_identities() -> None:
    """The site's id, the app's id, the pump's number; then kind, second, insulin, carbohydrate."""
    pump = {"pumpId": 4148, "pumpSerial": "S1", "insulin": 0.5}
    reading = parse(
        [
            treatment("Bolus", "08:00", _id="a", insulin=1),
            treatment("Bolus", "08:00", _id="a", insulin=1),
            treatment("Bolus", "08:00", _id="b", insulin=1),  # another one in the same second
            treatment("Bolus", "09:00", _id="c", identifier="i", insulin=1),
            treatment("Bolus", "09:00", identifier="i", insulin=1),
            treatment("Bolus", "10:00", syncIdentifier="s", insulin=1),
            treatment("Bolus", "10:00", syncIdentifier="s", insulin=1),
            treatment("Bolus", "11:00", _id="d", **pump),
            treatment("Bolus", "11:00", _id="e", **pump),
            treatment("Bolus", "12:00", insulin=1),
            treatment("Bolus", "12:00", insulin=1),
            treatment("Bolus", "12:00", insulin=2),
            treatment("Bolus", "13:00", _id="f", insulin=1, isValid=False),
        ]
    )
    assert len(of(reading, Bolus)) == 7
    assert (reading.counts.duplicate, reading.counts.ignored) == (5, 1)


def test_an_edited_treatment_keeps_its_identity() -> None:
    before = parse([treatment("Carb Correction", "08:00", _id="a", carbs=10)])
    after = parse(
        [
            treatment("Carb Correction", "08:00", _id="a", carbs=20),
            treatment("Note", "09:00", _id="b", notes="later"),
        ]
    )
    assert of(before, CarbEntry)[0].source_id == of(after, CarbEntry)[0].source_id == "a"
    assert before.as_of is not None
    assert after.as_of is not None
    assert before.as_of < after.as_of


# --- profiles, states, containers ----------------------------------------------------------------


def test_a_profile_gives_patterns_and_settings() -> None:
    document = profile(
        units="mmol", dia="5", carbratio=[{"time": "00:00", "value": 10}],
        sens=[{"time": "00:00", "value": 2.5}, {"time": "07:30", "value": 3}],
        basal=[{"time": "00:00", "value": 1, "timeAsSeconds": 0},
               {"time": "12:30", "value": 0.5, "timeAsSeconds": 45000}],
    )  # fmt: skip
    document["store"]["B"] = {"basal": [{"time": "01:00", "value": 1}]}
    document["store"]["C"] = {"basal": [{"time": "00:00", "value": 2}]}
    reading = parse([document])
    first, other = sorted(of(reading, BasalSchedule), key=lambda one: one.pattern)
    assert (first.pattern, first.is_active, first.total_u) == ("A", True, 12.5 + 5.75)
    assert (other.pattern, other.is_active) == ("C", False)
    (snapshot,) = of(reading, SettingsSnapshot)
    told = {one.name: (one.value, one.unit) for one in snapshot.settings}
    assert told["Insulin sensitivity"] == ("", "mmol/L per U")
    assert told["Carb ratio"] == ("", "g/U")
    assert told["Active insulin time"] == ("5", "h")
    assert reading.covers is None


@pytest.mark.parametrize(
    "store", [{}, {"A": None}, {"A": {"basal": [{"time": "x:y", "value": 1}]}},
              {"A": {"basal": [{"time": "00:00", "value": "much"}]}}, [1]],
)  # fmt: skip
def test_a_profile_without_content_is_shown(store: Any) -> None:
    reading = parse([profile() | {"store": store}])
    assert reading.counts.rejected == 1


def test_states_of_loops_are_left_out() -> None:
    reading = parse(
        [
            {"device": "loop://iPhone", "created_at": "2024-03-01T08:00:00Z", "loop": {"iob": {}}},
            {"device": "openaps://x", "created_at": "2024-03-01T08:00:00Z", "openaps": {},
             "pump": {"battery": {}}, "uploaderBattery": 50},
        ]
    )  # fmt: skip
    assert reading.counts.ignored == 2
    assert [issue.kind for issue in reading.issues] == [IssueKind.IGNORED]


def test_the_envelope_of_version_3_and_single_documents() -> None:
    inside = [sgv("08:00", 100, identifier="i"), sgv("08:05", 101, identifier="j")]
    assert len(parse({"status": 200, "result": inside}).sensor) == 2
    assert len(parse({"status": 200, "result": inside[0]}).sensor) == 1
    assert len(parse(inside[0]).sensor) == 1


def test_the_history_of_a_pump_as_openaps_keeps_it() -> None:
    at = "2018-06-02T00:{}:00-07:00"
    reading = parse(
        [
            {"timestamp": at.format("20"), "_type": "Bolus", "amount": 0.4, "duration": 0},
            {"timestamp": at.format("15"), "_type": "Bolus", "amount": 1, "programmed": 2,
             "duration": 60},
            {"timestamp": at.format("10"), "_type": "TempBasalDuration", "duration (min)": 30},
            {"timestamp": at.format("10"), "_type": "TempBasal", "temp": "percent", "rate": 50},
            {"timestamp": at.format("08"), "_type": "PumpSuspend"},
            {"timestamp": at.format("09"), "_type": "PumpResume"},
            {"timestamp": at.format("06"), "_type": "Rewind"},
            {"timestamp": at.format("07"), "_type": "Prime", "amount": 5},
            {"timestamp": at.format("05"), "_type": "BatteryChange"},
            {"timestamp": at.format("04"), "_type": "Bolus"},
            {"timestamp": at.format("03"), "_type": "TempBasal"},
        ]
    )  # fmt: skip
    square, plain = of(reading, Bolus)
    assert (plain.delivered_u, plain.at_local) == (0.4, local_time(2018, 6, 2, 0, 20))
    assert (square.bolus_kind, square.interrupted_parts) == (BolusKind.EXTENDED, 1)
    (temp,) = of(reading, TempBasal)
    assert (temp.fraction, temp.duration_min) == (0.5, 30)
    assert (len(of(reading, Rewind)), len(of(reading, Prime))) == (1, 1)
    assert (reading.counts.ignored, reading.counts.rejected) == (1, 2)


def test_the_table_without_header() -> None:
    epoch = ms("2024-03-01T08:00")
    lines = [
        f'"2024-03-01T08:{5 * n:02d}:00.000Z"\t{epoch + n * 300_000}\t{100 + n}\t"Flat"\t"share2"'
        for n in range(6)
    ]
    for text in ("\r\n".join(lines), "\n".join(lines).replace("\t", ",")):
        reading = parse(text.encode())
        assert reading.sensor.count.tolist() == [100, 101, 102, 103, 104, 105]
        assert reading.sensor.device_ids == ("nightscout:share2",)
    broken = parse("\n".join([*lines, "something else"]).encode())
    assert (broken.counts.imported, broken.counts.rejected) == (6, 1)


def test_files_that_are_not_of_a_site_are_refused() -> None:
    with pytest.raises(UnknownFormat):
        parse({"basalprofile": [], "isfProfile": {}})
    with pytest.raises(DamagedFile):
        parse(b'[{"sgv": 100, "date": 1')
    with pytest.raises(DamagedFile):
        parse({"note": {"sgv": 1, "date": 2}})
    assert Nightscout().sniff(Content(b"time,glucose\n2024-03-01 08:00,100\n")) == 0
