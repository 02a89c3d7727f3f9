"""Glooko: parts known by their columns, in a zip or alone, in two languages and two delimiters.

All samples, the shared ones too, are synthetic: there is no genuine Glooko export.
"""

import csv
import json
import zipfile
from collections import Counter
from datetime import date, datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from glykos.errors import AmbiguousDates, DamagedFile
from glykos.formats._content import Content
from glykos.formats._reader import Hints, Reading
from glykos.formats.glooko import Glooko
from glykos.therapy.basal import daily_basal, delivered_basal
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Medication, Note
from glykos.therapy.history import History
from glykos.therapy.identity import identity
from glykos.therapy.records import (
    Alarm,
    AlarmClass,
    BasalRate,
    Bolus,
    BolusEstimate,
    BolusKind,
    BolusSource,
    DailyTotal,
    MeterGlucose,
    MeterOrigin,
    Record,
    Suspend,
    TempBasal,
    TotalScope,
)
from glykos.therapy.units import GlucoseUnit
from tests.conftest import shared_data

_FOLDER = shared_data()
_TABLE = (
    json.loads((_FOLDER / "exports" / "expected.json").read_text(encoding="utf-8"))["expected"]
    if _FOLDER
    else {}
)
CASES = {name: entry for name, entry in _TABLE.items() if entry["format"] == "glooko_zip"}
_NO_NUMBER = {"format", "recommended_split", "bolus_header", "cgm_header"}
#: What the table adds up row by row although the rows repeat one another.
_OVER_ALL_ROWS = {"cgm_mean", "bolus_units", "carbs_g"}

HEAD = "Name:Jo Doe,Date Range:2026-01-01 - 2026-01-31"
DAY = date(2026, 1, 20)


def part(header: str, *rows: str, head: str = HEAD) -> bytes:
    """One member: name and period, columns, rows."""
    return "\n".join((head, header, *rows)).encode()


def archive(**members: bytes) -> bytes:
    """A zip of members; ``__`` in a name is the slash of a folder."""
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "/").replace("_in_", " ") + ".csv", data)
    return held.getvalue()


def read(data: bytes, hints: Hints = Hints()) -> Reading:  # noqa: B008 - frozen
    content = Content(data)
    assert Glooko().sniff(content) > 0.9
    return Glooko().read(content, hints)


def history(reading: Reading) -> History:
    return History.build(sensor=reading.sensor, records=reading.records, devices=reading.devices)


def of(data: bytes, kind: type[Record]) -> list[Record]:
    return [record for record in read(data).records if type(record) is kind]


# --- the shared archives -------------------------------------------------------------------------


def printed(data: bytes) -> dict[str, list[list[str]]]:
    """Rows of each kind of member as any CSV reader sees them."""
    found: dict[str, list[list[str]]] = {}
    with zipfile.ZipFile(BytesIO(data)) as members:
        for name in members.namelist():
            text = members.read(name).decode("utf-8-sig")
            rows = list(csv.reader(StringIO(text), delimiter="\t" if "\t" in text else ","))
            kind = name.rpartition("/")[2].rpartition("_data_")[0]
            found.setdefault(kind, []).extend(rows[2:])
    return found


def facts(reading: Reading) -> dict[str, object]:
    """What the table tells of an archive and does not add up over repeated rows."""
    found, sizes = history(reading), Counter[str]()
    for section in reading.sections:
        sizes[section.part] += section.rows
    sensor = found.sensor.rows()
    return {
        "cgm": sizes["cgm"],
        "cgm_distinct_times": len(sensor),
        "cgm_first": str(sensor[0].at_local),
        "cgm_last": str(sensor[-1].at_local),
        "bolus_rows": sizes["bolus"],
        "basal_rows": sizes["basal"],
    }


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(CASES))
def test_every_number_of_an_archive_comes_out(name: str, data_folder: Path) -> None:
    reading = read((data_folder / "exports" / name).read_bytes())
    found = facts(reading)
    wanted = {fact: value for fact, value in CASES[name].items() if fact not in _NO_NUMBER}
    assert set(wanted) == set(found) | _OVER_ALL_ROWS
    assert {fact: wanted[fact] for fact in found} == found
    assert reading.counts.rejected == reading.counts.ignored == 0


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(CASES))
def test_what_rows_repeat_counts_once_and_no_more_is_lost(name: str, data_folder: Path) -> None:
    """The table's sums over all rows are ours and those of rows told before, and nothing else."""
    data = (data_folder / "exports" / name).read_bytes()
    found, rows, entry = history(read(data)), printed(data), CASES[name]
    columns = entry["bolus_header"]
    dose = next(
        n for n, c in enumerate(columns) if c in ("Dose (units)", "Abgegebenes Insulin (E)")
    )
    carbs = next(n for n, c in enumerate(columns) if c.startswith(("Carbs", "Kohlenhydrataufn")))
    once = {tuple(row) for row in rows["bolus"]}
    assert len(found.of(Bolus)) == len(once)
    for place, ours, total in (
        (dose, [b.delivered_u for b in found.of(Bolus)], entry["bolus_units"]),
        (carbs, [e.carbs_g or 0 for e in found.of(BolusEstimate)], entry["carbs_g"]),
    ):
        assert sum(float(row[place] or 0) for row in rows["bolus"]) == pytest.approx(total)
        assert sum(ours) == pytest.approx(sum(float(row[place] or 0) for row in once))
    values = [float(row[1]) for row in rows["cgm"]]
    assert sum(values) / len(values) == pytest.approx(entry["cgm_mean"], abs=5.1e-4)
    told = {(row[0], float(row[1])) for row in rows["cgm"]}
    unit = GlucoseUnit.MMOLL if "mmol" in entry["cgm_header"][1] else GlucoseUnit.MGDL
    for reading in found.sensor.rows():
        assert (str(reading.at_local), reading.glucose.value_in(unit)) in told


@pytest.mark.shared_data
def test_rates_no_pump_can_give_are_kept_and_said(data_folder: Path) -> None:
    for name in CASES:
        reading = read((data_folder / "exports" / name).read_bytes())
        rates = [r.rate_u_per_h for r in reading.records if isinstance(r, BasalRate)]
        said = [issue for issue in reading.issues if "35 U/h" in issue.reason]
        assert bool(said) == (max(rates) > 35)


@pytest.mark.shared_data
def test_delivered_basal_agrees_with_the_column_of_delivered_insulin(data_folder: Path) -> None:
    """On whole days of rates a pump can give, to 0.1 U: the file adds up its own basal insulin."""
    compared = 0
    for name in CASES:
        data = (data_folder / "exports" / name).read_bytes()
        days: dict[date, set[tuple[str, ...]]] = {}
        for row in printed(data)["basal"]:
            if len(row) == 7:  # with a column of delivered insulin
                days.setdefault(date.fromisoformat(row[0][:10]), set()).add(tuple(row))
        calm = {day for day, rows in days.items() if all(float(row[4]) < 35 for row in rows)}
        calm = {day for day in calm if len(days[day]) == 288 and day - timedelta(days=1) in calm}
        if calm:
            window = Window(min(calm), max(calm))
            for ours in daily_basal(history(read(data)), window):
                if ours.day in calm:
                    told = sum(float(row[5]) for row in days[ours.day])
                    assert ours.known_u == pytest.approx(told, abs=0.1)
                    compared += 1
    assert compared > 5


@pytest.mark.shared_data
def test_members_uploaded_alone_are_read(data_folder: Path) -> None:
    """The folder has single members of a web app; each gives records of its own kind."""
    alone = Counter[str]()
    for path in (data_folder / "exports").rglob("*.csv"):
        content = Content(path.read_bytes())
        if Glooko().sniff(content) < 0.5:
            continue
        reading = Glooko().read(content, Hints())
        counts = reading.counts
        assert counts.imported + counts.ignored == counts.read
        alone.update(type(record).__name__ for record in reading.records)
        alone["readings"] += len(reading.sensor)
        assert all(record.at_local.month == 1 for record in reading.records)
    # Counted in the files with another program.
    assert alone == {
        "Alarm": 14, "MeterGlucose": 21, "Note": 21, "CarbEntry": 15, "Bolus": 11, "readings": 288,
    }  # fmt: skip


# --- parts ---------------------------------------------------------------------------------------


def test_parts_are_read_together_and_overlaps_count_once() -> None:
    header = "Timestamp,CGM Glucose Value (mg/dl),Serial Number"
    reading = read(
        archive(
            cgm_data_1=part(header, "2026-01-20 00:00,100,S1", "2026-01-20 00:05,110,S1"),
            cgm_data_2=part(header, "2026-01-20 00:05,110,S1", "2026-01-20 00:10,120,S1"),
        )
    )
    assert reading.sensor.mgdl.tolist() == [100, 110, 120]
    assert [device.id for device in reading.devices] == ["cgm:S1"]
    assert (reading.counts.imported, reading.counts.duplicate) == (3, 1)
    assert reading.owner.name == "Jo Doe"


BOLUS = (
    "Timestamp,Insulin Type,Blood Glucose Input (mg/dl),Carbs Input (g),Carbs Ratio,"
    "Insulin Delivered (U),Initial Delivery (U),Extended Delivery (U),Serial Number"
)
BOLUS_DE = (
    "Zeitstempel\tInsulin-Typ\tBlutzuckereingabe (mg/dl)\tKohlenhydrataufnahme (g)\t"
    "Kohlenhydratverhältnis\tAbgegebenes Insulin (E)\tAnfängliche Abgabe (E)\t"
    "Verzögerte Abgabe (E)\tSeriennummer"
)
BOLUSES = (
    "2026-01-20 07:46:58,Normal,110,20,1:10,2.9,2.9,0.0,P1",
    "2026-01-20 12:00:00,Combination,,45,,6,4,2,P1",
    "2026-01-20 15:00:00,Extended,,,,3,0,3,P1",
    "2026-01-20 16:00:00,Normal,0,0,,1,1,0,P1",
)


def test_a_bolus_is_told_apart_from_what_the_calculator_was_told() -> None:
    found = history(read(part(BOLUS, *BOLUSES)))
    boluses = found.of(Bolus)
    assert [(b.bolus_kind, b.delivered_now_u, b.delivered_extended_u) for b in boluses] == [
        (BolusKind.NORMAL, 2.9, None),
        (BolusKind.COMBINATION, 4, 2),
        (BolusKind.EXTENDED, None, 3),
        (BolusKind.NORMAL, 1, None),
    ]
    first, second = found.of(BolusEstimate)
    assert first.glucose_input is not None
    assert (first.glucose_input.mgdl, first.carbs_g, first.carb_ratio_g_per_u) == (110, 20, 10)
    assert (second.glucose_input, second.carbs_g) == (None, 45)
    assert [b.estimate_id for b in boluses] == [first.source_id, second.source_id, "", ""]
    assert [b.source for b in boluses] == [
        *[BolusSource.ESTIMATE] * 2,
        *[BolusSource.UNKNOWN] * 2,
    ]


def test_no_insulin_is_lost_where_the_parts_of_a_bolus_do_not_tell_the_whole() -> None:
    rows = (
        "2026-01-20 07:00:00,Normal,,30,,2.9,0,0,P1",
        "2026-01-20 08:00:00,Extended,,,,3,0,0,P1",
        "2026-01-20 09:00:00,Combination,,45,,6,,2,P1",
        "2026-01-20 10:00:00,Normal,,45,,4.05,4.05,,P1",
        "2026-01-20 11:00:00,Normal,,45,,0,0,0,P1",
    )
    boluses = history(read(part(BOLUS, *rows))).of(Bolus)
    assert [(b.delivered_now_u, b.delivered_extended_u) for b in boluses] == [
        (2.9, None),
        (None, 3),
        (4, 2),
        (4.05, None),
        (0, None),
    ]


def test_german_tabs_and_folders_give_the_same_as_english_commas() -> None:
    rows = (row.replace(",", "\t") for row in BOLUSES)
    german = part(BOLUS_DE, *rows, head=HEAD.replace(",", "\t"))
    assert (
        read(archive(Insulin_in_data__bolus_data_1=german)).records
        == read(archive(bolus_data_1=part(BOLUS, *BOLUSES))).records
    )


def test_two_boluses_of_one_second_stay_two() -> None:
    twin = BOLUSES[0].replace("2.9", "3.1")
    reading = read(part(BOLUS, BOLUSES[0], twin, BOLUSES[0]))
    assert [b.delivered_u for b in history(reading).of(Bolus)] == [2.9, 3.1]
    assert (reading.counts.imported, reading.counts.duplicate) == (2, 1)


def test_basal_rows_give_the_delivered_basal() -> None:
    """0.8 for 6 h, 1.2 for 4 h, 0.6 for 2 h, stopped for 1 h, 1.2 for 1 h: 12 U until 14:00."""
    header = "Timestamp,Insulin Type,Duration (minutes),Percentage (%),Rate,Insulin Delivered (U),Serial Number"
    found = history(
        read(
            part(
                header,
                "2026-01-20 00:00,Scheduled,360,100,0.8,4.8,P1",
                "2026-01-20 06:00,Scheduled,240,100,1.2,4.8,P1",
                "2026-01-20 10:00,Temporary,120,50,,1.2,P1",
                "2026-01-20 12:00,Suspend,60,0,0,0,P1",
                "2026-01-20 13:00,Scheduled,60,100,1.2,1.2,P1",
                "2026-01-20 14:00,Scheduled,60,100,1.2,1.2,P1",
            )
        )
    )
    (temporary,) = found.of(TempBasal)
    assert (temporary.fraction, temporary.duration_min) == (0.5, 120)
    intervals = delivered_basal(found, Window(DAY, DAY))
    assert sum(i.units or 0 for i in intervals) == pytest.approx(4.8 + 4.8 + 1.2 + 0 + 1.2)
    assert [i.kind for i in intervals] == [
        "scheduled",
        "scheduled",
        "temp",
        "suspended",
        "scheduled",
    ]


def test_daily_totals_are_never_a_time_series() -> None:
    header = "Timestamp,Total Bolus (U),Total Insulin (U),Total Basal (U),Serial Number"
    found = history(read(part(header, "2026-01-20 23:59,18.5,41,22.5,P1")))
    assert {(t.scope, t.amount_u, t.at_local) for t in found.of(DailyTotal)} == {
        (TotalScope.ALL, 41, datetime(2026, 1, 20)),
        (TotalScope.BOLUS, 18.5, datetime(2026, 1, 20)),
        (TotalScope.BASAL, 22.5, datetime(2026, 1, 20)),
    }
    assert not found.of(Bolus)


@pytest.mark.parametrize(
    ("words", "brand", "kind"),
    [
        ("Lantus (Long-acting)", "Lantus", InsulinKind.LONG),
        ("NovoRapid", "NovoRapid", InsulinKind.RAPID),
        ("Rapid-acting", "", InsulinKind.RAPID),
        ("Basal", "", InsulinKind.LONG),
        ("Something else", "", InsulinKind.UNKNOWN),
    ],
)
def test_pen_doses_are_injections_with_what_is_known_of_the_insulin(
    words: str, brand: str, kind: InsulinKind
) -> None:
    for header, row in (
        ("Timestamp,Insulin Type,Dose (units),Notes", f"2026-01-20 08:00,{words},16,"),
        ("Zeitstempel,Name,Wert,Insulin-Typ", f"2026-01-20 08:00,{words},16,"),
    ):
        (dose,) = of(part(header, row), Injection)
        assert isinstance(dose, Injection)
        assert (dose.dose_u, dose.brand, dose.insulin) == (16, brand, kind)


def test_finger_sticks_say_whether_they_were_typed() -> None:
    header = "Timestamp,Glucose Value (mmol/l),Manual Reading,Serial Number"
    rows = ("2026-01-20 08:00,5.5,true,M1", "2026-01-20 12:00,6.5,false,M1")
    found = [m for m in of(part(header, *rows), MeterGlucose) if isinstance(m, MeterGlucose)]
    assert [(m.glucose.count, m.origin) for m in found] == [
        (55, MeterOrigin.TYPED),
        (65, MeterOrigin.METER_UPLOAD),
    ]
    assert {m.device_id for m in found} == {"meter:M1"}


def test_meals_activity_medicines_and_notes_are_what_a_person_told() -> None:
    reading = read(
        archive(
            food_data_1=part(
                "Timestamp,Name,Carbs (g),Fat,Protein,Calories",
                "2026-01-20 08:00,Porridge,45,6,8,260",
                "2026-01-20 09:00,Tea,,,,",
            ),
            carbs_data_1=part("Timestamp,Carbs (g)", "2026-01-20 10:00,15"),
            exercise_data_1=part(
                "Timestamp,Name,Intensity,Duration (minutes),Calories Burned",
                "2026-01-20 17:00,Running,High,30,300",
            ),
            medication_data_1=part(
                "Timestamp,Name,Value,Medication Type", "2026-01-20 20:00,Metformin,500 mg,Tablet"
            ),
            notes_data_1=part("Timestamp,Value", "2026-01-20 21:00,Felt fine"),
        )
    )
    found = history(reading)
    assert [(c.carbs_g, c.label, c.fat_g, c.protein_g) for c in found.of(CarbEntry)] == [
        (45, "Porridge", 6, 8),
        (15, "", None, None),
    ]
    assert [(e.label, e.intensity, e.duration_min) for e in found.of(Exercise)] == [
        ("Running", "high", 30)
    ]
    assert [(m.name, m.dose, m.unit) for m in found.of(Medication)] == [("Metformin", 500, "mg")]
    assert [n.text for n in found.of(Note)] == ["Tea", "Felt fine"]
    assert {record.device_id for record in reading.records} == {"app:glooko"}


def test_alarms_are_sorted_into_groups() -> None:
    rows = ("2026-01-20 08:00,Low Glucose Alarm,S1", "2026-01-20 09:00,Insulin Cartridge Low,P1")
    found = of(part("Timestamp,Alarm/Event,Serial Number", *rows), Alarm)
    assert [(a.device_id, getattr(a, "alarm_class", None)) for a in found] == [
        ("cgm:S1", AlarmClass.GLUCOSE_LOW),
        ("pump:P1", AlarmClass.RESERVOIR),
    ]


# --- identity, dates, buckets --------------------------------------------------------------------


def test_an_edited_meal_keeps_its_identity() -> None:
    header = "Timestamp,Carbs (g)"
    (before,), (after,) = (
        read(part(header, f"2026-01-20 10:00,{grams}")).records for grams in (15, 25)
    )
    assert identity(before) == identity(after)
    assert before != after


def test_the_stated_period_proves_the_order_of_day_and_month() -> None:
    header, rows = "Timestamp,Carbs (g)", ("1/2/2026 10:00,15", "1/3/2026 10:00,15")
    assert {r.at_local.month for r in read(part(header, *rows)).records} == {1}
    head = "Name:Jo Doe,Date Range:2026-01-01 - 2026-06-30"
    with pytest.raises(AmbiguousDates):
        read(part(header, *rows, head=head))


def test_every_row_ends_in_one_bucket() -> None:
    reading = read(
        archive(
            notes_data_1=part("Timestamp,Value", "2026-01-20 21:00,Fine", "2026-01-20 22:00,"),
            carbs_data_1=part(
                "Timestamp,Carbs (g)", "someday,15", "2026-01-20 10:00,much", "2099-01-01 10:00,15"
            ),
            readme=b"Something,else\n1,2\n",
        ),
        Hints(now=local_time(2026, 6, 1)),
    )
    counts = reading.counts
    assert (counts.read, counts.imported, counts.ignored, counts.rejected) == (7, 1, 4, 2)


def test_an_archive_without_any_part_is_refused() -> None:
    with pytest.raises(DamagedFile):
        Glooko().read(Content(archive(readme=b"Something,else\n1,2\n")), Hints())


def test_a_stop_of_monstrous_length_has_no_end() -> None:
    header = "Timestamp,Insulin Type,Duration (minutes),Rate,Serial Number"
    reading = read(part(header, "2026-01-20 12:00,Suspend,99999999999999,0,P1"))
    assert [type(record) for record in reading.records] == [Suspend]
