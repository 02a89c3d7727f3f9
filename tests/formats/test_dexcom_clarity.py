"""Dexcom Clarity: every number of the table comes out, and every rule of the rows holds."""

import json
from pathlib import Path

import pytest

from glykos.errors import DamagedFile
from glykos.formats import combine, read
from glykos.formats._reader import Hints, Reading
from glykos.therapy.clock import local_time
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Note
from glykos.therapy.records import MeterGlucose, MeterOrigin
from glykos.therapy.sensor import FOLD, HIGH, LOW
from glykos.therapy.units import GlucoseScale, GlucoseUnit
from tests.conftest import shared_data
from tests.formats.samples import SAMPLES

_FOLDER = shared_data()
_TABLE = (
    json.loads((_FOLDER / "exports" / "expected.json").read_text(encoding="utf-8"))["expected"]
    if _FOLDER
    else {}
)
_MINE = {name: entry for name, entry in _TABLE.items() if entry["format"] == "dexcom_clarity"}
_NOT_A_FACT = {"format", "recommended_split"}
_SUBTYPES = {InsulinKind.LONG: "Long-Acting", InsulinKind.RAPID: "Fast-Acting"}

_COLUMNS = (
    "Index", "Timestamp (YYYY-MM-DDThh:mm:ss)", "Event Type", "Event Subtype", "Patient Info",
    "Device Info", "Source Device ID", "Glucose Value (mg/dL)", "Insulin Value (u)",
    "Carb Value (grams)", "Duration (hh:mm:ss)", "Glucose Rate of Change (mg/dL/min)",
    "Transmitter Time (Long Integer)", "Transmitter ID",
)  # fmt: skip
_GERMAN = (
    "Index", "Zeitstempel (JJJJ-MM-TTThh:mm:ss)", "Ereignistyp", "Ereignisuntertyp",
    "Patienteninfo", "Geräteinfo", "Quellgeräte-ID", "Glukosewert (mmol/l)", "Insulinwert (IE)",
    "Kohlenhydratwert (Gramm)", "Dauer (hh:mm:ss)",
)  # fmt: skip
_SPANISH = (
    "Índice", "Marca temporal (AAAA-MM-DDThh:mm:ss)", "Tipo de evento", "Otra", "Otra", "Otra",
    "Otra", "Nivel de glucosa (mg/dl)", "Nivel de insulina (u)", "Nivel de carbohidratos (gramos)",
    "Otra",
)  # fmt: skip


def event(at: str, kind: str = "EGV", subtype: str = "", **cells: str) -> list[str]:
    """A row; cells by the first word of the column."""
    row = ["1", at, kind, subtype, *[""] * 10]
    place = {name.split(" ")[0].casefold(): n for n, name in enumerate(_COLUMNS)}
    place |= {"glucose": 7, "tick": 12, "transmitter": 13, "model": 5}
    for name, cell in cells.items():
        row[place[name]] = cell
    return row


def export(*rows: list[str], columns: tuple[str, ...] = _COLUMNS, mark: str = ",") -> bytes:
    about = event("", "Device", model="Dexcom G6 Mobile App", source="android G6")
    lines = [columns, *(row[: len(columns)] for row in (about, *rows))]
    return "\n".join(mark.join(cells) for cells in lines).encode()


def facts(reading: Reading) -> dict[str, object]:
    sensor = reading.sensor
    is_word = (sensor.flag & (LOW | HIGH)) > 0
    is_mmoll = set(sensor.scale.tolist()) == {GlucoseScale.MMOLL_TENTHS}
    numbers = sensor.count[~is_word] / (10 if is_mmoll else 1)  # as printed
    doses = [record for record in reading.records if isinstance(record, Injection)]
    meters = [record for record in reading.records if isinstance(record, MeterGlucose)]
    rows = sensor.rows()
    kinds = {_SUBTYPES[dose.insulin] for dose in doses}
    by_kind = {
        name: [dose.dose_u for dose in doses if _SUBTYPES[dose.insulin] == name] for name in kinds
    }
    return {
        "egv": len(sensor),
        "egv_low_text": int((sensor.flag & LOW > 0).sum()),
        "egv_high_text": int((sensor.flag & HIGH > 0).sum()),
        "egv_numeric": len(numbers),
        "mean_numeric": float(numbers.mean()),
        "first": str(rows[0].at_local),
        "last": str(rows[-1].at_local),
        "min": float(numbers.min()),
        "max": float(numbers.max()),
        "calibrations": sum(meter.used_for_calibration for meter in meters),
        "insulin_entries": {name: len(units) for name, units in by_kind.items()},
        "insulin_units": {name: sum(units) for name, units in by_kind.items()},
        "unit": f"Glucose Value ({'mmol/L' if is_mmoll else 'mg/dL'})",
    }


@pytest.mark.shared_data
@pytest.mark.parametrize("name", sorted(_MINE))
def test_every_number_of_a_file_comes_out(name: str, data_folder: Path) -> None:
    reading = read((data_folder / "exports" / name).read_bytes())
    assert reading.format_key == "dexcom_clarity"
    found = facts(reading)
    for fact, value in _MINE[name].items():
        if fact in _NOT_A_FACT:
            continue
        if isinstance(value, float):
            assert found[fact] == pytest.approx(value, abs=5.1e-4), fact
        else:
            assert found[fact] == value, fact
    counts = reading.counts
    assert counts.rejected == 0
    assert counts.imported + counts.duplicate + counts.ignored == counts.read
    history, repeated = combine([reading, reading])
    assert repeated == len(reading.sensor) + len(reading.records)
    assert len(history.sensor) == len(reading.sensor)


@pytest.mark.shared_data
def test_every_other_shared_file_is_read_whole(data_folder: Path) -> None:
    exports = data_folder / "exports"
    others = [
        path
        for path in (*(exports / "dexcom").iterdir(), *exports.rglob("clarity_*"))
        if str(path.relative_to(exports)) not in _MINE
    ]
    assert len(others) >= 2
    for path in others:
        reading = read(path.read_bytes())
        assert reading.format_key == "dexcom_clarity"
        assert reading.counts.rejected == 0
        assert len(reading.sensor) == reading.counts.imported >= 3


# --- the file ----------------------------------------------------------------------------------


def test_a_second_byte_order_mark_and_tabs_are_no_obstacle() -> None:
    text = export(event("2024-03-01T08:00:00", glucose="100"), mark="\t").decode()
    marked = text.replace("Index", '"\ufeff""Index"""', 1)
    for data in (text.encode(), ("\ufeff" + marked).encode(), text.encode("utf-16")):
        assert read(data).sensor.count.tolist() == [100]
    twice = b"\xef\xbb\xbf" + "ï»¿".encode() + text.encode()
    assert read(twice).sensor.count.tolist() == [100]


@pytest.mark.parametrize("extra", [0, 1, 7, 60])
def test_any_number_of_rows_about_person_and_devices_is_left_out(extra: int) -> None:
    about = [event("", "Alert", "High", glucose="200") for _ in range(extra)]
    named = [event("", "FirstName", patient="Test"), event("", "LastName", patient="Testerson")]
    born = event("", "DateOfBirth", patient="1990-01-01")
    reading = read(export(*named, born, *about, event("2024-03-01 08:00:00", glucose="100")))
    assert reading.counts.ignored == extra + 4
    assert reading.sensor.count.tolist() == [100]
    assert (reading.owner.name, reading.owner.birth_date) == ("Test Testerson", "1990-01-01")


def test_german_words_semicolons_and_decimal_commas() -> None:
    reading = read(
        export(
            event("", "Vorname", patient="Test"),
            event("2024-03-01T08:00:00", "EGW", glucose="5,8"),
            event("2024-03-01T08:05:00", "EGW", glucose="Niedrig"),
            event("2024-03-01T08:10:00", "EGW", glucose="Hoch"),
            event("2024-03-01T08:11:00", "Kalibrierung", glucose="6,1"),
            event("2024-03-01T08:12:00", "Insulin", "Schnell wirkend", insulin="4,5"),
            event("2024-03-01T08:13:00", "Kohlenhydrate", carb="30"),
            columns=_GERMAN,
            mark=";",
        )
    )
    assert reading.sensor.count.tolist() == [58, 22, 222]
    assert reading.sensor.flag.tolist() == [0, LOW, HIGH]
    stick, dose, meal = reading.records
    assert isinstance(stick, MeterGlucose)
    assert stick.used_for_calibration
    assert isinstance(dose, Injection)
    assert (dose.dose_u, dose.insulin) == (4.5, InsulinKind.RAPID)
    assert isinstance(meal, CarbEntry)
    assert meal.carbs_g == 30


def test_spanish_columns_and_the_unnamed_ones_by_position() -> None:
    reading = read(
        export(
            event("2024-03-01T08:00:00", "Niveles estimados de glucosa", glucose="100"),
            event("2024-03-01T08:05:00", "Niveles estimados de glucosa", glucose="Bajo"),
            event("2024-03-01T08:06:00", "Insulina", "Acción rápida", insulin="2"),
            event("2024-03-01T08:07:00", "Ejercicio", "Medio", duration="0:30:00"),
            columns=_SPANISH,
        )
    )
    assert reading.sensor.flag.tolist() == [0, LOW]
    dose, walk = reading.records
    assert isinstance(dose, Injection)
    assert dose.insulin is InsulinKind.RAPID
    assert isinstance(walk, Exercise)
    assert (walk.duration_min, walk.intensity) == (30, "medio")


def test_an_unknown_language_is_read_by_position_and_said() -> None:
    columns = [f"Sana {n}" for n in range(11)]
    columns[1], columns[7] = "Aika (YYYY-MM-DDThh:mm:ss)", "Arvo (mmol/L)"
    rows = [event(f"2024-03-01T08:{n:02d}:00", "Arvio", glucose="5.5") for n in range(3)]
    reading = read(export(*rows, columns=tuple(columns)))
    assert reading.sensor.count.tolist() == [55, 55, 55]
    assert [issue.shown_value for issue in reading.issues if issue.rows == 3] == ["arvio"]


def test_a_column_without_a_unit_is_read_by_its_values() -> None:
    columns = tuple(name.replace("Glucose Value (mg/dL)", "Glucose Value") for name in _COLUMNS)
    one = event("2024-03-01T08:00:00", glucose="5.5")
    other = event("2024-03-01T08:05:00", glucose="120")
    assert read(export(one, columns=columns)).sensor.count.tolist() == [55]
    with pytest.raises(DamagedFile, match="unit"):
        read(export(one, other, columns=columns))
    assert len(read(export(one, other, columns=columns), Hints(unit=GlucoseUnit.MGDL)).sensor) == 2


# --- the rows ----------------------------------------------------------------------------------


def test_a_row_is_what_its_filled_columns_say() -> None:
    reading = read(
        export(
            event("2024-03-01T08:00:00", glucose="100"),
            event("2024-03-01T08:01:00", "Calibration", glucose="104"),
            event("2024-03-01T08:02:00", "Insulin", "Fast-Acting", insulin="4.5"),
            event("2024-03-01T08:03:00", "Insulin", "Long-Acting", insulin="20"),
            event("2024-03-01T08:04:00", "Carbs", carb="45"),
            event("2024-03-01T08:05:00", "Exercise", "Heavy", duration="1:15:00"),
            event("2024-03-01T08:06:00", "Health", "Illness"),
            event("2024-03-01T08:07:00", "Notes", patient="Slept badly"),
            event("2024-03-01T08:08:00", "Alert", "Urgent Low"),
        )
    )
    assert (reading.counts.imported, reading.counts.ignored) == (8, 2)
    stick, rapid, long, meal, sport, health, note = reading.records
    assert isinstance(stick, MeterGlucose)
    assert (stick.origin, stick.used_for_calibration) == (MeterOrigin.TYPED, True)
    assert isinstance(rapid, Injection)
    assert isinstance(long, Injection)
    assert (rapid.insulin, long.insulin) == (InsulinKind.RAPID, InsulinKind.LONG)
    assert isinstance(meal, CarbEntry)
    assert meal.carbs_g == 45
    assert isinstance(sport, Exercise)
    assert (sport.duration_min, sport.intensity) == (75, "heavy")
    assert isinstance(health, Note)
    assert isinstance(note, Note)
    assert (health.text, note.text) == ("Health: Illness", "Slept badly")
    assert {record.device_id for record in reading.records} == {"app:dexcom_clarity"}


def test_a_transmitter_is_a_device_and_a_masked_one_is_not() -> None:
    rows = (
        event("2024-03-01T08:00:00", glucose="100", source="android G6", transmitter="8ABCDE"),
        event("2024-03-01T08:05:00", glucose="101", source="android G6", transmitter="xxx"),
    )
    reading = read(export(*rows))
    devices = {device.id: (device.model, device.serial) for device in reading.devices}
    assert devices == {
        "dexcom:8ABCDE": ("Dexcom G6 Mobile App", "8ABCDE"),
        "dexcom_clarity:Dexcom G6 Mobile App": ("Dexcom G6 Mobile App", ""),
    }


def test_transmitter_time_tells_a_repeated_hour_from_a_repeated_row() -> None:
    """A flight one hour to the west: 08:00 to 08:55 is lived twice."""
    clock = [*range(480, 540, 5), *range(480, 600, 5)]
    rows = [
        event(
            f"2024-03-05T{minute // 60:02d}:{minute % 60:02d}:00",
            glucose="100",
            tick=str(1000 + 300 * n),
            transmitter="8ABCDE",
        )
        for n, minute in enumerate(clock)
    ]
    reading = read(export(*rows, rows[0]))
    assert (reading.counts.imported, reading.counts.duplicate) == (36, 1)
    assert int((reading.sensor.flag == FOLD).sum()) == 12


def test_an_edited_entry_of_a_newer_export_replaces_the_old_one() -> None:
    meal, later = ("2024-03-01T08:00:00", "Carbs"), event("2024-03-02T08:00:00", glucose="100")
    old = read(export(event(*meal, carb="30")))
    new = read(export(event(*meal, carb="45"), later))
    for order in ([old, new], [new, old]):
        history, _ = combine(order)
        assert [entry.carbs_g for entry in history.of(CarbEntry)] == [45]


def test_a_dose_stays_one_dose_when_a_later_export_names_more_phones() -> None:
    dose = event("2024-03-01T08:00:00", "Insulin", "Fast-Acting", insulin="4")
    phone = event("", "Device", model="Dexcom G7", source="iPhone")
    history, _ = combine([read(export(dose)), read(export(phone, dose))])
    assert [entry.dose_u for entry in history.of(Injection)] == [4]


def test_bad_rows_are_shown_and_the_rest_is_used() -> None:
    reading = read(
        export(
            event("2024-03-01T08:00:00", glucose="100"),
            event("2024-13-01T08:00:00", glucose="100"),
            event("2024-03-01T08:05:00", glucose="much"),
            event("2024-03-01T08:06:00", "Insulin", insulin="-2"),
            ["9", "2024-03-01T08:10:00", "EGV"],
            event("2024-03-01T08:11:00", ""),
        )
    )
    counts = reading.counts
    assert (counts.imported, counts.rejected, counts.ignored) == (1, 4, 2)
    assert reading.covers == (local_time(2024, 3, 1, 8), local_time(2024, 3, 1, 8, 11))


def test_columns_in_another_order_are_read_by_name() -> None:
    order = (7, 0, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 1)
    row = event("2024-03-01T08:00:00", glucose="100", transmitter="8ABCDE")
    lines = [",".join(cells[n] for n in order) for cells in (list(_COLUMNS), row)]
    reading = read("\n".join([*lines, "101,3,EGV"]).encode())
    assert reading.sensor.device_ids == ("dexcom:8ABCDE",)
    assert (reading.counts.imported, reading.counts.rejected) == (1, 1)


def test_the_sample_is_read() -> None:
    assert read(SAMPLES["dexcom_clarity"]).counts.imported > 0
