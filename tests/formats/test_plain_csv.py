"""Plain tables: columns, units and dates."""

import pytest

from glykos.errors import AmbiguousDates, DamagedFile, UnknownFormat
from glykos.formats import read
from glykos.formats._reader import Hints
from glykos.therapy.clock import local_time
from glykos.therapy.sensor import HIGH, LOW
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
