"""Plain tables: columns, units and dates."""

import pytest

from glykos.errors import AmbiguousDates, DamagedFile, UnknownFormat
from glykos.formats import read
from glykos.formats._reader import Hints, IssueKind
from glykos.therapy.clock import local_time
from glykos.therapy.sensor import FOLD, HIGH, LOW
from glykos.therapy.units import GlucoseScale, GlucoseUnit


def table(*rows: str, header: str = "time,glucose") -> bytes:
    return "\n".join((header, *rows)).encode()


def test_common_names_need_no_hint() -> None:
    reading = read(table("2024-03-01 08:00:00,100", "2024-03-01T08:05,101.5"))
    assert reading.format_key == "plain_csv"
    assert reading.sensor.mgdl.tolist() == pytest.approx([100, 101.5])
    assert reading.covers == (local_time(2024, 3, 1, 8), local_time(2024, 3, 1, 8, 5))


def test_named_columns_semicolons_and_decimal_commas() -> None:
    data = table("a;01.03.2024;08:00;5,6", header="x;Datum;Zeit;Wert")
    hints = Hints(columns={"date": "Datum", "time": "Zeit", "glucose": "Wert"})
    reading = read(data, hints)
    assert reading.sensor.count.tolist() == [56]
    assert reading.sensor.scale.tolist() == [GlucoseScale.MMOLL_TENTHS]


def test_low_and_high_words_are_limits() -> None:
    reading = read(table("2024-03-01 08:00,Low", "2024-03-01 08:05,HIGH", "2024-03-01 08:10,120"))
    assert reading.sensor.flag.tolist() == [LOW, HIGH, 0]
    assert reading.sensor.count.tolist() == [40, 400, 120]


def test_values_of_both_units_are_refused_unless_the_caller_knows() -> None:
    data = table("2024-03-01 08:00,5.5", "2024-03-01 08:05,120")
    with pytest.raises(DamagedFile, match="unit"):
        read(data)
    assert len(read(data, Hints(unit=GlucoseUnit.MGDL)).sensor) == 2


def test_unreadable_rows_are_shown_and_the_rest_is_used() -> None:
    reading = read(
        table(
            "2024-03-01 08:00,100",
            "yesterday,101",
            "2024-03-01 08:10,much",
            "2024-03-01 08:15,=1+1",
            "x",
        )
    )
    assert (reading.counts.imported, reading.counts.rejected) == (1, 4)
    assert sorted(issue.line or 0 for issue in reading.issues) == [3, 4, 5, 6]


def test_ambiguous_dates_and_missing_columns_are_named() -> None:
    with pytest.raises(AmbiguousDates):
        read(table("03/04/2024 08:00,100"))
    with pytest.raises(DamagedFile, match="columns"):
        read(table("2024-03-01,1"), Hints(columns={"time": "when", "glucose": "glucose"}))
    with pytest.raises(UnknownFormat):
        read(b"name,age\nA,3\n")


def test_a_date_column_beside_a_time_column_needs_no_hint() -> None:
    rows = [
        f"2024-03-01,{hour:02d}:{minute:02d},1{hour:02d}" for hour in range(5) for minute in (0, 30)
    ]
    reading = read(table(*rows, header="date,time,glucose"))
    assert (reading.counts.imported, reading.counts.rejected) == (10, 0)
    assert reading.covers == (local_time(2024, 3, 1), local_time(2024, 3, 1, 4, 30))


def test_a_date_column_beside_whole_times_is_left_alone() -> None:
    reading = read(table("2024-02-29,2024-03-01 08:00,100", header="date,time,glucose"))
    assert reading.covers == (local_time(2024, 3, 1, 8), local_time(2024, 3, 1, 8))


def test_one_time_zone_throughout_is_said_and_times_stay_as_printed() -> None:
    reading = read(table("2024-03-01T08:00:00+02:00,100", "2024-03-01T08:05:00+0200,101"))
    assert reading.covers == (local_time(2024, 3, 1, 8), local_time(2024, 3, 1, 8, 5))
    (issue,) = reading.issues
    assert issue.kind is IssueKind.WARNING
    assert "+02:00" in issue.reason


def test_both_halves_of_a_year_may_stand_in_one_table() -> None:
    reading = read(table("2024-10-26T08:00+02:00,100", "2024-10-28T08:00+01:00,101"))
    assert (reading.counts.imported, reading.counts.rejected) == (2, 0)
    assert "+01:00 and +02:00" in reading.issues[0].reason


def test_times_of_another_zone_are_rejected_rather_than_mixed() -> None:
    reading = read(
        table(
            "2024-05-13T23:00:00+02:00,100",
            "2024-05-13T21:05:00Z,110",
            "2024-05-13T23:10:00+02:00,120",
            "2024-05-13 23:15,130",
        )
    )
    assert reading.sensor.count.tolist() == [100, 120]
    reasons = {issue.line: issue.reason for issue in reading.issues if issue.line}
    assert reasons == dict.fromkeys((3, 5), "a time zone other than the table's +02:00")


def test_the_repeated_hour_of_autumn_is_told_apart_by_its_time_zone() -> None:
    reading = read(table("2024-10-27T02:30+02:00,100", "2024-10-27T02:30+01:00,101"))
    assert reading.sensor.flag.tolist() == [0, FOLD]
