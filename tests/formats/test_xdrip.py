"""xDrip+ for SiDiary: a file or a zip, remarks over several lines, local time."""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from glykos.formats import combine, read
from glykos.therapy.clock import local_time
from glykos.therapy.diary import CarbEntry, Injection, InsulinKind, Note
from glykos.therapy.records import MeterGlucose
from tests.formats.samples import SAMPLES

_HEADER = "DAY;TIME;UDT_CGMS;BG_LEVEL;CH_GR;BOLUS;REMARK"


def export(*lines: str) -> bytes:
    return "\r\n".join((_HEADER, *lines, "")).encode()


def zipped(data: bytes) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        archive.writestr("export20180713-010000.csv", data)
    return out.getvalue()


@pytest.mark.shared_data
def test_the_shared_files_are_read_whole(data_folder: Path) -> None:
    files = list((data_folder / "exports").rglob("xdrip_*.csv"))
    assert files
    for path in files:
        reading = read(path.read_bytes())
        assert reading.format_key == "xdrip"
        assert reading.counts.imported == reading.counts.read == 4
        assert reading.covers == (local_time(2018, 7, 12, 10, 2), local_time(2018, 7, 13, 1))
        history, _ = combine([reading])
        assert reading.sensor.mgdl.tolist() == [118]
        assert [meal.carbs_g for meal in history.of(CarbEntry)] == [40, 50]
        assert [dose.dose_u for dose in history.of(Injection)] == [3.6, 4.5]
        assert [note.text for note in history.of(Note)] == ["Normal bolus Calculated IOB: 6.554"]
        assert [stick.glucose.mgdl for stick in history.of(MeterGlucose)] == [131]


def test_a_zip_gives_the_same_as_the_file_in_it() -> None:
    data = export("12.07.2018;10:02;118;;;;", "12.07.2018;10:07;121;;;;")
    plain, packed = read(data), read(zipped(data))
    assert packed.format_key == "xdrip"
    assert (packed.counts, packed.covers) == (plain.counts, plain.covers)
    assert packed.sensor.count.tolist() == [118, 121]


def test_a_line_feed_in_a_remark_does_not_end_the_row() -> None:
    reading = read(
        export(
            "13.07.2018;10:02;;;40;3,6;Normal bolus",
            "IOB: 6",
            "second; line",
            "13.07.2018;10:07;121;;;;",
        )
    )
    (note,) = (record for record in reading.records if isinstance(record, Note))
    assert note.text == "Normal bolus IOB: 6 second line"
    assert (reading.counts.read, reading.counts.imported) == (2, 2)


def test_a_remark_that_begins_with_a_line_feed_stays_with_its_reading() -> None:
    reading = read(export("13.07.2018;10:02;118;;;;", "Felt low", "13.07.2018;10:07;121;;;;"))
    assert (reading.counts.read, reading.counts.imported) == (2, 2)
    (note,) = reading.records
    assert isinstance(note, Note)
    assert (note.text, note.at_local) == ("Felt low", local_time(2018, 7, 13, 10, 2))


def test_newer_versions_mark_line_feeds() -> None:
    (note,) = read(export("13.07.2018;10:02;;;;;Run||5 km")).records
    assert isinstance(note, Note)
    assert note.text == "Run / 5 km"


def test_days_stand_before_months() -> None:
    reading = read(export("01.02.2018;10:02;118;;;;"))
    assert reading.covers == (local_time(2018, 2, 1, 10, 2),) * 2


def test_values_that_can_only_be_mmoll_are() -> None:
    reading = read(export("13.07.2018;10:02;5.5;;;;", "13.07.2018;10:07;;6,1;;;"))
    assert reading.sensor.count.tolist() == [55]
    (stick,) = reading.records
    assert isinstance(stick, MeterGlucose)
    assert stick.glucose.count == 61


def test_zero_means_nothing_was_logged_and_bad_rows_are_shown() -> None:
    reading = read(
        export(
            "13.07.2018;10:02;;;0;0;",
            "13.07.2018;10:03;much;;;;",
            "32.07.2018;10:03;118;;;;",
            "13.07.2018;10:04;;;;2.5;",
            "13.07.2018;10:05",
        )
    )
    counts = reading.counts
    assert (counts.imported, counts.ignored, counts.rejected) == (1, 2, 2)
    (dose,) = reading.records
    assert isinstance(dose, Injection)
    assert (dose.dose_u, dose.insulin) == (2.5, InsulinKind.RAPID)


def test_the_sample_is_read() -> None:
    assert read(SAMPLES["xdrip"]).counts.imported > 0


def test_two_doses_of_one_amount_in_one_minute_both_count_and_a_repeated_row_does_not() -> None:
    rows = ("13.07.2018;10:08;;;;2;first pen", "13.07.2018;10:08;;;;2;again, it leaked")
    reading = read(export("13.07.2018;10:02;118;;;;", *rows, rows[0]))
    doses = [record for record in reading.records if isinstance(record, Injection)]
    assert [dose.dose_u for dose in doses] == [2, 2]
    assert reading.counts.duplicate == 1
