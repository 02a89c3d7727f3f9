"""iPro2: a clinic's recorder, as workbook or as UTF-16 text."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from glykos.errors import AmbiguousDates
from glykos.formats import read
from glykos.formats._reader import Hints
from glykos.therapy.clock import local_time
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Medication, Note
from glykos.therapy.records import MeterGlucose, MeterOrigin
from glykos.therapy.sensor import EXCLUDED
from tests.formats.samples import SAMPLES

_HEADER = (
    "Index", "Date", "Time", "Timestamp", "Source", "Excluded", "BG Reading (mg/dL)",
    "Used in Calibration", "ISIG Value", "Sensor Glucose (mg/dL)", "Sensor Event", "Meal Size",
    "Carb Amount (grams)", "Insulin Type", "Insulin Units", "Medication", "Exercise Level",
    "Sleep Start Time", "Sleep Wake-up Time", "Notes",
)  # fmt: skip


def lines(
    *rows: dict[str, str], day: str = "13/08/2018", period: tuple[str, str] = ("", "")
) -> list[list[str]]:
    top = [
        ["Medtronic Diabetes iPro Data Export File (v1.1.0)"],
        ["PATIENT INFO"],
        ["Name", "Test Testerson (1)"],
        ["Glucose Sensor Recorder", "Medtronic iPro2 Recorder", "s/n: 123"],
        ["Meter", "LifeScan OneTouch", "s/n: ABC"],
        ["Data Exported on", day],
        ["Data Time Range", period[0], "to", period[1]],
        list(_HEADER),
    ]
    names = [name.partition(" (")[0] for name in _HEADER]
    for number, row in enumerate(rows, start=1):
        known = {"Index": str(number), "Date": day, "Time": f"08:{number:02d}:00", "Source": "GSR"}
        top.append([(known | row).get(name, "") for name in names])
    return top


def text(table: list[list[str]]) -> bytes:
    return "\r\n".join("\t".join(cells) for cells in table).encode("utf-16")


def workbook(table: list[list[str]]) -> bytes:
    book, saved = Workbook(), BytesIO()
    sheet = book.active
    assert sheet is not None
    for cells in table:
        sheet.append(cells)
    book.save(saved)
    return saved.getvalue()


@pytest.mark.shared_data
def test_the_shared_files_are_read_whole(data_folder: Path) -> None:
    """Counts by hand from the sheet: 1,969 rows with glucose, 27 of the meter, 2,051 together."""
    files = list((data_folder / "exports" / "ipro").iterdir())
    assert files
    for path in files:
        reading = read(path.read_bytes())
        assert reading.format_key == "ipro"
        counts = reading.counts
        assert (counts.read, counts.imported, counts.ignored) == (2051, 1996, 55)
        assert len(reading.sensor) == 1969
        sticks = [record for record in reading.records if isinstance(record, MeterGlucose)]
        assert len(sticks) == len(reading.records) == 27
        assert sum(stick.used_for_calibration for stick in sticks) == 25
        assert reading.exported_at == local_time(2018, 8, 22, 12)
        assert sorted(device.kind for device in reading.devices) == ["cgm", "meter"]


@pytest.mark.parametrize("container", [text, workbook])
def test_text_and_workbook_are_one_format(container: object) -> None:
    table = lines(
        {"Sensor Glucose": "100", "ISIG Value": "20"},
        {"ISIG Value": "20"},
        {"Source": "Meter", "BG Reading": "114", "Used in Calibration": "true"},
        {"Sensor Event": "iPro2: Recorder Docked", "Sensor Glucose": " "},
    )
    assert callable(container)
    reading = read(container(table))
    assert reading.format_key == "ipro"
    assert (reading.counts.imported, reading.counts.ignored) == (2, 2)
    assert reading.sensor.device_ids == ("medtronic:123",)
    (stick,) = reading.records
    assert isinstance(stick, MeterGlucose)
    assert stick.origin is MeterOrigin.METER_UPLOAD
    assert (stick.device_id, stick.meter_id) == ("meter:ABC", "ABC")
    assert reading.owner.name == "Test Testerson (1)"


def test_what_was_written_down_is_read() -> None:
    reading = read(
        text(
            lines(
                {"Meal Size": "Large", "Carb Amount": "60"},
                {"Meal Size": "Small"},
                {"Insulin Type": "Rapid Acting", "Insulin Units": "4"},
                {"Medication": "Metformin", "Exercise Level": "Medium"},
                {"Sleep Start Time": "22:30", "Notes": "Felt fine"},
                {"Insulin Type": "Long Acting"},
            )
        )
    )
    meal, small, dose, *rest = reading.records
    assert isinstance(meal, CarbEntry)
    assert (meal.carbs_g, meal.label) == (60, "Large")
    assert isinstance(small, Note)
    assert isinstance(dose, Injection)
    assert (dose.dose_u, dose.insulin) == (4, InsulinKind.RAPID)
    assert {type(record) for record in rest} == {Medication, Exercise, Note}
    assert reading.counts.imported == 6


def test_what_the_clinic_excluded_stays_out_of_statistics() -> None:
    reading = read(
        text(
            lines(
                {"Sensor Glucose": "100", "Excluded": "true"},
                {"BG Reading": "98", "Excluded": "true"},
            )
        )
    )
    assert reading.sensor.flag.tolist() == [EXCLUDED]
    assert (reading.counts.imported, reading.counts.ignored) == (1, 1)


def test_the_stated_period_proves_the_order_of_day_and_month() -> None:
    rows = ({"Sensor Glucose": "100"}, {"Sensor Glucose": "101"})
    with pytest.raises(AmbiguousDates):
        read(text(lines(*rows, day="01/08/2018")))
    proved = read(text(lines(*rows, day="01/08/2018", period=("01/08/2018", "20/08/2018"))))
    assert proved.covers == (local_time(2018, 8, 1, 8, 1), local_time(2018, 8, 1, 8, 2))
    told = read(text(lines(*rows, day="01/08/2018")), Hints(date_order="mdy"))
    assert told.covers is not None
    assert told.covers[0] == local_time(2018, 1, 8, 8, 1)


def test_bad_rows_are_shown() -> None:
    table = lines({"Sensor Glucose": "100"}, {"Sensor Glucose": "x"}, {"Time": "25:00:00"})
    assert read(text(table)).counts.rejected == 2


def test_the_sample_is_read() -> None:
    assert read(SAMPLES["ipro"]).counts.imported > 0
