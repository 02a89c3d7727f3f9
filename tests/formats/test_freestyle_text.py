"""The text export of the FreeStyle Libre software: LibreView's rows, and clock changes."""

from glykos.formats import read
from glykos.therapy.clock import local_time
from glykos.therapy.diary import CarbEntry, Injection, Note
from glykos.therapy.records import TimeChange
from glykos.therapy.units import GlucoseScale
from tests.formats.samples import SAMPLES

_HEADER = (
    "ID", "Time", "Record Type", "Historic Glucose (mmol/L)", "Scan Glucose (mmol/L)",
    "Non-numeric Rapid-Acting Insulin", "Rapid-Acting Insulin (units)", "Non-numeric Food",
    "Carbohydrates (grams)", "Non-numeric Long-Acting Insulin", "Long-Acting Insulin (units)",
    "Notes", "Strip Glucose (mmol/L)", "Ketone (mmol/L)", "Meal Insulin (units)",
    "Correction Insulin (units)", "User Change Insulin (units)", "Previous Time", "Updated Time",
)  # fmt: skip


def export(*rows: dict[int, str], top: str = "Anonymous\n") -> bytes:
    lines = ["\t".join(_HEADER)]
    lines += ["\t".join(row.get(n, "") for n in range(len(_HEADER))) for row in rows]
    return (top + "\n".join(lines) + "\n").encode()


def test_readings_and_entries_below_the_name_of_the_person() -> None:
    reading = read(
        export(
            {0: "1", 1: "2016/03/01 08:00", 2: "0", 3: "5,5"},
            {0: "2", 1: "2016/03/01 08:07", 2: "1", 4: "6.1"},
            {0: "3", 1: "2016/03/01 08:08", 2: "4", 6: "4"},
            {0: "4", 1: "2016/03/01 08:09", 2: "5", 8: "30"},
            {0: "5", 1: "2016/03/01 08:10", 2: "6", 11: "Run"},
        )
    )
    assert reading.format_key == "freestyle_text"
    assert reading.owner.name == "Anonymous"
    assert reading.counts.imported == 5
    assert sorted(reading.sensor.count.tolist()) == [55, 61]
    assert set(reading.sensor.scale.tolist()) == {GlucoseScale.MMOLL_TENTHS}
    assert [type(record) for record in reading.records] == [Injection, CarbEntry, Note]


def test_a_change_of_the_clock_is_a_clock_change_and_no_day_of_data() -> None:
    reading = read(
        export(
            {0: "1", 1: "2016/03/01 08:00", 2: "0", 3: "5.5"},
            {0: "2", 1: "2016/03/02 09:00", 2: "6", 17: "2013/01/01 00:05", 18: "2016/03/02 09:00"},
            top="",
        )
    )
    (change,) = reading.records
    assert isinstance(change, TimeChange)
    assert change.at_local == local_time(2013, 1, 1, 0, 5)
    assert change.to_local == local_time(2016, 3, 2, 9)
    assert change.device_id == reading.sensor.device_ids[0]
    assert reading.covers == (local_time(2016, 3, 1, 8),) * 2
    assert reading.counts.imported == 2


def test_the_sample_is_read() -> None:
    assert read(SAMPLES["freestyle_text"]).counts.imported > 0


def test_a_row_that_ends_before_its_time_is_rejected() -> None:
    """A damaged header can put the time behind the glucose; found by fuzzing."""
    header = "ID\tRecord Type\tHistoric Glucose (mmol/L)\tScan Glucose (mmol/L)\tNotes\tTime"
    data = f"Anonymous\n{header}\n1\t0\t5,5\n2\t0\t5,6\t\t\t2016/03/01 08:00\n"
    counts = read(data.encode()).counts
    assert (counts.imported, counts.rejected) == (1, 1)
