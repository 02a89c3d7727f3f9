"""The mySugr logbook: one row, several records, each dose once; genuine files in full."""

import csv
import json
from collections.abc import Sequence
from datetime import datetime, time
from io import BytesIO, StringIO
from itertools import combinations
from pathlib import Path

import pytest
from openpyxl import Workbook

from glykos.errors import AmbiguousDates, DamagedFile
from glykos.formats import combine
from glykos.formats._content import Content
from glykos.formats._reader import Hints, Reading
from glykos.formats.mysugr import MySugr
from glykos.therapy.clock import local_time
from glykos.therapy.diary import (
    BloodPressure,
    CarbEntry,
    Exercise,
    HbA1c,
    Injection,
    InsulinKind,
    Ketone,
    Medication,
    Note,
    Steps,
    Weight,
)
from glykos.therapy.history import History
from glykos.therapy.identity import identity, merge
from glykos.therapy.records import Bolus, MeterGlucose, TempBasal
from glykos.therapy.sensor import SensorSeries
from tests.conftest import shared_data

_FOLDER = shared_data()
_TABLE = (
    json.loads((_FOLDER / "exports" / "expected.json").read_text(encoding="utf-8"))["expected"]
    if _FOLDER
    else {}
)
CASES = {name: entry for name, entry in _TABLE.items() if entry["format"] == "mysugr_csv"}
#: What the table says about the file itself rather than about what was read.
_NO_NUMBER = {"format", "recommended_split", "bg_column"}

ENGLISH = [
    *("Date", "Time", "Tags", "Blood Sugar Measurement (mg/dL)", "Insulin Injection Units (Pen)"),
    *("Basal Injection Units", "Insulin Injection Units (pump)", "Insulin (Meal)"),
    *("Insulin (Correction)", "Temporary Basal Percentage", "Temporary Basal Duration (Minutes)"),
    *("Meal Carbohydrates (Grams, Factor 1)", "Meal Descriptions", "Activity Duration (Minutes)"),
    *("Activity Intensity (1: Cosy, 2: Ordinary, 3: Demanding)", "Activity Description", "Steps"),
    *("Note", "Location", "Blood pressure", "Body weight (lbs)", "HbA1c (Percent)", "Ketones"),
    *("Food type", "Medication"),
]
GERMAN = [
    *("Datum", "Zeit", "Tags", "Blutzuckermessung (mg/dL)", "Bolusinjektionseinheiten (Pen)"),
    *("Basalinjektionseinheiten", "Bolusinjektionseinheiten (Pump)", "Bolus (Mahlzeit)"),
    *("Bolus (Korrektur)", "Temporäre Basalrate (%)", "Temporäre Basalrate (Minuten)"),
    *("Mahlzeitkohlenhydrate (Broteinheiten, Faktor 12)", "Mahlzeitbeschreibung"),
    *("Aktivitätsdauer (Minuten)", "Aktivitätsintensität (1: Bequem, 2: Normal, 3: Anstrengend)"),
    *("Aktivitätsbeschreibung", "Schritte", "Notiz", "Ort", "Blutdruck", "Körpergewicht (kg)"),
    *("HbA1c (mmol/mol)", "Ketone", "Art der Nahrung", "Medikamente"),
]


def row(header: Sequence[str] = ENGLISH, **cells: str) -> list[str]:
    """A row by the beginning of column names: ``row(date="Aug 7, 2017", steps="1200")``."""
    made = ["" for _ in header]
    for start, cell in cells.items():
        wanted = start.replace("_", " ")
        (place,) = [n for n, name in enumerate(header) if name.casefold().startswith(wanted)]
        made[place] = cell
    return made


def logbook(*rows: list[str], header: Sequence[str] = ENGLISH) -> bytes:
    """A file as the app writes it: every cell quoted."""
    text = StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def read(data: bytes, hints: Hints = Hints()) -> Reading:  # noqa: B008 - frozen
    content = Content(data)
    assert MySugr().sniff(content) > 0.9
    return MySugr().read(content, hints)


def history(reading: Reading) -> History:
    return History.build(sensor=SensorSeries.empty(), records=reading.records)


NOON = {"date": "Aug 7, 2017", "time": "12:00:00 PM"}


# --- genuine files -------------------------------------------------------------------------------


def facts(reading: Reading) -> dict[str, object]:
    """What the table tells of a logbook, out of what was read."""
    found = history(reading)
    bg = [meter.glucose.count / 10 for meter in found.of(MeterGlucose)]
    carbs = [meal.carbs_g for meal in found.of(CarbEntry)]
    rapid = [i for i in found.of(Injection) if i.insulin is InsulinKind.RAPID]
    columns = {
        "Bolusinjektion enheder (pen)": [
            i.dose_u for i in rapid if i.dose_u != (i.for_meal_u or 0) + (i.for_correction_u or 0)
        ],
        "Basalinjektion enheder": [
            i.dose_u for i in found.of(Injection) if i.insulin is InsulinKind.LONG
        ],
        "Bolusinjektion enheder (pumpe)": [b.delivered_u for b in found.of(Bolus)],
        "Bolus (måltid)": [i.for_meal_u for i in rapid if i.for_meal_u is not None],
        "Insulin (korrektion)": [
            i.for_correction_u for i in rapid if i.for_correction_u is not None
        ],
    }
    assert reading.covers is not None
    return {
        "rows": reading.counts.read,
        "bg": len(bg),
        "bg_mean": sum(bg) / len(bg),
        "carb_rows": len(carbs),
        "carbs": sum(carbs),
        "insulin_by_column": {name: [len(doses), sum(doses)] for name, doses in columns.items()},
        "first": str(reading.covers[0]),
        "last": str(reading.covers[1]),
        "distinct_times": len({record.at_local for record in reading.records}),
    }


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(CASES))
def test_every_number_of_a_genuine_file_comes_out(name: str, data_folder: Path) -> None:
    found = facts(read((data_folder / "exports" / name).read_bytes()))
    for fact, value in CASES[name].items():
        if fact in _NO_NUMBER:
            continue
        wanted = pytest.approx(value, abs=5.1e-4) if isinstance(value, float) else value
        assert found[fact] == wanted, fact


@pytest.mark.shared_data
def test_no_dose_of_a_genuine_file_is_counted_twice(data_folder: Path) -> None:
    """540 U basal, 978 U for meals and 33 U for corrections are all the insulin there is."""
    for name, entry in CASES.items():
        injected = history(read((data_folder / "exports" / name).read_bytes())).of(Injection)
        told = sum(units for _, units in entry["insulin_by_column"].values())
        assert sum(injection.dose_u for injection in injected) == told


@pytest.mark.shared_data
def test_exports_that_overlap_name_the_same_row_alike(data_folder: Path) -> None:
    """Text and spreadsheet of one logbook: every common moment has the same records."""
    found = []
    for path in sorted((data_folder / "exports").rglob("*")):
        if path.suffix in (".csv", ".xlsx"):
            content = Content(path.read_bytes())
            if MySugr().sniff(content) > 0.5:
                found.append(MySugr().read(content, Hints()))
    pairs = [
        (one, other)
        for one, other in combinations(found, 2)
        if {r.at_local for r in one.records} & {r.at_local for r in other.records}
    ]
    assert pairs
    for one, other in pairs:
        assert {identity(r) for r in one.records} == {identity(r) for r in other.records}
        merged, repeated = merge([*one.records, *other.records])
        assert repeated == len(one.records) == len(merged)


# --- doses (ADR 0054) ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "doses"),
    [
        ({"insulin_injection_units_(pen)": "8"}, [(8, None, None)]),
        (
            {
                "insulin_injection_units_(pen)": "8",
                "insulin_(meal)": "6",
                "insulin_(correction)": "2",
            },
            [(8, 6, 2)],
        ),
        ({"insulin_(meal)": "6", "insulin_(correction)": "2"}, [(8, 6, 2)]),
        ({"insulin_(meal)": "6"}, [(6, 6, None)]),
        ({"insulin_(correction)": "1,5"}, [(1.5, None, 1.5)]),
        ({"insulin_injection_units_(pump)": "4", "insulin_(meal)": "4"}, []),
        ({}, []),
    ],
)
def test_a_dose_and_its_parts_are_one_injection(
    cells: dict[str, str], doses: list[tuple[float | None, ...]]
) -> None:
    found = history(read(logbook(row(**NOON, blood_sugar="100", **cells)))).of(Injection)
    assert [(i.dose_u, i.for_meal_u, i.for_correction_u) for i in found] == doses
    assert all(i.insulin is InsulinKind.RAPID for i in found)


def test_pump_dose_and_basal_injection_are_told_apart() -> None:
    found = history(
        read(logbook(row(**NOON, **{"insulin_injection_units_(pump)": "4.25"}, basal="18")))
    )
    assert [b.delivered_u for b in found.of(Bolus)] == [4.25]
    assert [(i.dose_u, i.insulin) for i in found.of(Injection)] == [(18, InsulinKind.LONG)]


def test_rapid_and_basal_of_one_row_are_two_injections() -> None:
    found = history(read(logbook(row(**NOON, **{"insulin_(meal)": "5"}, basal="5"))))
    assert sorted(i.insulin for i in found.of(Injection)) == [InsulinKind.LONG, InsulinKind.RAPID]


# --- everything else a row may say ---------------------------------------------------------------


def test_an_english_row_gives_everything_it_says() -> None:
    reading = read(
        logbook(
            row(
                date="Aug 7, 2017", time="9:42:20 AM", tags="Before the meal,Breakfast",
                blood_sugar="112", temporary_basal_percentage="65%", temporary_basal_duration="90",
                meal_carb="45", meal_desc="Porridge", activity_duration="30",
                activity_intensity="3", activity_description="Running", steps="6021",
                note="Felt fine", location="Home", blood_pressure="120/80", body_weight="165.3",
                hba1c="7.1", ketones="0.4", food_type="Grains,Fruit", medication="Metformin 500",
            )
        )
    )  # fmt: skip
    found = history(reading)
    at = datetime(2017, 8, 7, 9, 42, 20)
    assert {record.at_local for record in reading.records} == {at}
    assert [m.glucose.mgdl for m in found.of(MeterGlucose)] == [112]
    assert [(t.fraction, t.duration_min) for t in found.of(TempBasal)] == [(0.65, 90)]
    assert [(c.carbs_g, c.label) for c in found.of(CarbEntry)] == [(45, "Porridge · Grains, Fruit")]
    assert [(e.duration_min, e.intensity, e.label) for e in found.of(Exercise)] == [
        (30, "vigorous", "Running")
    ]
    assert [s.count for s in found.of(Steps)] == [6021]
    assert [n.text for n in found.of(Note)] == ["Before the meal, Breakfast · Felt fine"]
    assert [(p.systolic_mmhg, p.diastolic_mmhg) for p in found.of(BloodPressure)] == [(120, 80)]
    assert [w.kilograms for w in found.of(Weight)] == [pytest.approx(74.98, abs=0.01)]
    assert [(h.percent, h.is_ifcc) for h in found.of(HbA1c)] == [(7.1, False)]
    assert [k.mmol_per_l for k in found.of(Ketone)] == [0.4]
    assert [m.name for m in found.of(Medication)] == ["Metformin 500"]
    assert "Home" not in repr(reading)


def test_german_exchanges_become_grams_and_ifcc_becomes_percent() -> None:
    cells = row(
        GERMAN, datum="31.12.23", zeit="08:05:00", blutzucker="5,5", mahlzeitk="3,5", hba1c="53",
        körpergewicht="70,5",
    )  # fmt: skip
    header = [name.replace("mg/dL", "mmol/L") for name in GERMAN]
    found = history(read(logbook(cells, header=header)))
    (meter,) = found.of(MeterGlucose)
    assert (meter.at_local, meter.glucose.count) == (datetime(2023, 12, 31, 8, 5), 55)
    assert [c.carbs_g for c in found.of(CarbEntry)] == [42]
    (hba1c,) = found.of(HbA1c)
    assert hba1c.is_ifcc
    assert hba1c.percent == pytest.approx(7.0, abs=0.01)  # 53 mmol/mol is 7.0 % (NGSP)
    assert [w.kilograms for w in found.of(Weight)] == [70.5]


def test_another_language_is_read_by_the_order_of_columns() -> None:
    french = [f"colonne {n}" for n in range(25)]
    french[3] = "Glycémie (mg/dL)"
    french[11] = "Glucides (Grammes, Facteur 1)"
    french[14] = "Intensité (1: Facile, 2: Moyenne, 3: Difficile)"
    french[20] = "Poids (kg)"
    cells = ["" for _ in french]
    cells[0], cells[1], cells[3], cells[5], cells[11] = "31/12/2023", "08:05:00", "99", "14", "30"
    found = history(read(logbook(cells, header=french)))
    assert [m.glucose.mgdl for m in found.of(MeterGlucose)] == [99]
    assert [i.dose_u for i in found.of(Injection)] == [14]
    assert [c.carbs_g for c in found.of(CarbEntry)] == [30]


def test_a_meal_without_carbs_is_a_note_and_never_zero() -> None:
    found = history(read(logbook(row(**NOON, meal_desc="Salad"))))
    assert not found.of(CarbEntry)
    assert [n.text for n in found.of(Note)] == ["Salad"]


def test_a_spreadsheet_gives_the_same_as_the_text() -> None:
    cells = row(**NOON, blood_sugar="112", meal_carb="45", **{"insulin_(meal)": "4.5"})
    book = Workbook()
    sheet = book.active
    sheet.append(ENGLISH)
    at = datetime(2017, 8, 7, 12)
    native = [float(cell) if n in (3, 7, 11) else cell for n, cell in enumerate(cells)]
    sheet.append([at, at, *native[2:]])
    held = BytesIO()
    book.save(held)
    assert read(held.getvalue()).records == read(logbook(cells)).records


def test_durations_of_a_spreadsheet_are_read_where_their_unit_is_sure() -> None:
    header = [name.removesuffix(" (Minutes)") for name in ENGLISH]
    book = Workbook()
    sheet = book.active
    sheet.append(header)
    at = datetime(2017, 8, 7, 12)
    for n, lasting in enumerate((time(0, 30), 1800)):
        cells: list[object] = list(row(header, activity_description="Walk"))
        cells[0] = cells[1] = at.replace(minute=n)
        cells[header.index("Activity Duration")] = lasting
        sheet.append(cells)
    held = BytesIO()
    book.save(held)
    walks = history(read(held.getvalue())).of(Exercise)
    assert [walk.duration_min for walk in walks] == [30, None]


# --- identity ------------------------------------------------------------------------------------


def test_an_edited_row_keeps_its_identity_and_the_export_its_time() -> None:
    before = read(logbook(row(**NOON, meal_carb="30", note="Guess")))
    after = read(
        logbook(
            row(date="Aug 9, 2017", time="8:00:00 AM", blood_sugar="90"),
            row(**NOON, meal_carb="42", note="Weighed"),
        )
    )
    old = {identity(record): record for record in before.records}
    edited = [record for record in after.records if identity(record) in old]
    assert len(edited) == len(before.records) == 2
    assert all(old[identity(record)] != record for record in edited)
    assert before.as_of == datetime(2017, 8, 7, 12)
    assert after.as_of == datetime(2017, 8, 9, 8)


def test_two_rows_of_one_second_stay_two_and_a_repeated_row_is_counted() -> None:
    one, other = row(**NOON, meal_carb="30"), row(**NOON, meal_carb="12")
    reading = read(logbook(one, other, one))
    assert [c.carbs_g for c in history(reading).of(CarbEntry)] == [30, 12]
    assert (reading.counts.imported, reading.counts.duplicate) == (2, 1)


# --- rows and files that cannot be read ----------------------------------------------------------


def test_every_row_ends_in_one_bucket() -> None:
    reading = read(
        logbook(
            row(date="Aug 9, 2099", time="8:00:00 AM", blood_sugar="90"),
            row(**NOON, blood_sugar="100"),
            row(**NOON, blood_sugar="much"),
            row(date="Someday", time="noon", blood_sugar="100"),
            row(**NOON, location="Home"),
            row(**NOON, blood_pressure="high"),
        ),
        Hints(now=local_time(2026, 1, 1)),
    )
    counts = reading.counts
    assert (counts.read, counts.imported, counts.ignored, counts.rejected) == (6, 1, 2, 3)


def test_a_unit_or_a_factor_that_is_not_there_is_asked_for() -> None:
    no_unit = [name.replace(" (mg/dL)", "") for name in ENGLISH]
    with pytest.raises(DamagedFile, match="unit"):
        MySugr().read(Content(logbook(row(**NOON), header=no_unit)), Hints())
    no_factor = [name.replace("(Grams, Factor 1)", "") for name in ENGLISH]
    with pytest.raises(DamagedFile, match="grams"):
        MySugr().read(Content(logbook(row(**NOON), header=no_factor)), Hints())


def test_day_and_month_are_not_guessed() -> None:
    cells = row(date="02-03-2021", time="08:00:00", blood_sugar="100")
    with pytest.raises(AmbiguousDates):
        read(logbook(cells))
    (record,) = read(logbook(cells), Hints(date_order="dmy")).records
    assert record.at_local == datetime(2021, 3, 2, 8)


def test_the_newer_export_wins_in_whatever_order_the_files_come() -> None:
    before = read(logbook(row(**NOON, meal_carb="30")))
    later = row(date="Aug 9, 2017", time="8:00:00 AM", blood_sugar="90")
    after = read(logbook(later, row(**NOON, meal_carb="42")))
    for files in ([before, after], [after, before], [after, before, after]):
        combined, _ = combine(files)
        assert [meal.carbs_g for meal in combined.of(CarbEntry)] == [42]
