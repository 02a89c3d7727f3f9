"""Plain tables: columns, units and dates."""

from datetime import date, time
from io import BytesIO

import pytest
from openpyxl import Workbook

from glykos.errors import AmbiguousDates, DamagedFile, UnknownFormat
from glykos.formats import read
from glykos.formats._reader import Counts, Hints, IssueKind, Reading
from glykos.therapy.clock import local_time
from glykos.therapy.diary import CarbEntry, Exercise, Injection, Ketone, Note, Weight
from glykos.therapy.records import Bolus, MeterGlucose
from glykos.therapy.sensor import FOLD, HIGH, LOW
from glykos.therapy.units import Glucose, GlucoseScale, GlucoseUnit


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


# --- which column is what ----------------------------------------------------------------------

EVERYTHING = {
    "time": "Zeit", "date": "Datum", "glucose": "Sensor", "meter": "Blut", "rapid": "Bolus Pen",
    "long": "Basal Pen", "bolus": "Pumpe", "carbs": "KH", "ketones": "Keton", "weight": "kg",
    "exercise": "Sport", "note": "Text",
}  # fmt: skip
DAY = "14.03.2024"


def everything(*rows: str) -> Reading:
    header = "Datum;Zeit;Sensor;Blut;Bolus Pen;Basal Pen;Pumpe;KH;Keton;kg;Sport;Text"
    return read(table(*rows, header=header), Hints(columns=EVERYTHING))


def test_every_kind_of_column_becomes_its_record() -> None:
    reading = everything(f"{DAY};08:00;5,6;6,1;4,5;18;2,5;45;0,4;71,5;0:45;Zug verpasst")
    at = local_time(2024, 3, 14, 8)
    assert reading.sensor.count.tolist() == [56]
    told = {type(record): record for record in reading.records}
    assert {record.at_local for record in reading.records} == {at}
    assert told[MeterGlucose].glucose == Glucose.mmoll_value(6.1)  # type: ignore[attr-defined]
    injections = [r for r in reading.records if isinstance(r, Injection)]
    assert sorted((i.insulin, i.dose_u) for i in injections) == [("long", 18), ("rapid", 4.5)]
    assert told[Bolus].delivered_u == 2.5  # type: ignore[attr-defined]
    assert told[CarbEntry].carbs_g == 45  # type: ignore[attr-defined]
    assert told[Ketone].mmol_per_l == 0.4  # type: ignore[attr-defined]
    assert told[Weight].kilograms == 71.5  # type: ignore[attr-defined]
    assert told[Exercise].duration_min == 45  # type: ignore[attr-defined]
    assert told[Note].text == "Zug verpasst"  # type: ignore[attr-defined]
    assert (reading.counts.read, reading.counts.imported) == (1, 1)
    assert [device.kind for device in reading.devices] == ["app", "cgm", "meter", "pump"]


def test_zero_amounts_are_no_events_and_empty_rows_are_left_out_by_rule() -> None:
    reading = everything(
        f"{DAY};08:00;5,6;;0;0;0;0;;;0;",
        f"{DAY};08:05;;;0;;;;;;;",
        f"{DAY};08:10;;;;;;;0,0;;;",
    )
    assert [type(record) for record in reading.records] == [Ketone]
    assert (reading.counts.imported, reading.counts.ignored) == (2, 1)


def test_a_row_with_one_unreadable_cell_is_used_and_said() -> None:
    reading = everything(f"{DAY};08:00;5,6;;viel;;;45;;;;", f"{DAY};08:05;;;viel;;;;;;;")
    assert (reading.counts.imported, reading.counts.rejected) == (1, 1)
    kinds = [(issue.kind, issue.line, issue.shown_value) for issue in reading.issues]
    assert kinds == [(IssueKind.WARNING, 2, "viel"), (IssueKind.REJECTED, 3, "viel")]


def test_a_row_that_tells_nothing_new_is_a_duplicate() -> None:
    row = f"{DAY};08:00;5,6;;;;;45;;;;"
    more = f"{DAY};08:00;5,6;;;;;45;;;;Kuchen"
    assert everything(row, row, more).counts == Counts(read=3, imported=2, duplicate=1)


def test_doses_below_zero_are_not_read() -> None:
    assert everything(f"{DAY};08:00;;;-4;;;;;;;").counts.rejected == 1


def test_a_column_may_name_the_kind_of_each_row() -> None:
    data = table(
        "2024-03-01 08:00,Glucose,120",
        "2024-03-01 08:00,carbs,30",
        "2024-03-01 08:10,BG,131",
        "2024-03-01 08:20,Rapid insulin,4",
        "2024-03-01 08:30,steps,900",
        header="when,what,number",
    )
    columns = {"time": "when", "kind": "what", "value": "number"}
    reading = read(data, Hints(columns=columns))
    assert reading.sensor.count.tolist() == [120]
    assert [type(r) for r in reading.records] == [CarbEntry, MeterGlucose, Injection]
    assert (reading.counts.imported, reading.counts.ignored) == (4, 1)


def test_only_the_named_columns_are_used() -> None:
    data = table("2024-03-01 08:00,120,45", header="time,glucose,carbs")
    assert len(read(data).records) == 1
    only_carbs = read(data, Hints(columns={"time": "time", "carbs": "carbs"}))
    assert len(only_carbs.sensor) == 0
    assert len(only_carbs.records) == 1
    assert not read(data, Hints(columns={"time": "time", "glucose": "glucose"})).records


def test_columns_may_be_numbered_with_and_without_a_header() -> None:
    columns = {"time": "#1", "carbs": "#2"}
    rows = ("2024-03-01 08:00,45", "2024-03-01 09:00,30")
    with_header = read(table(*rows, header="a,a"), Hints(columns=columns))
    without = read("\n".join(rows).encode(), Hints(columns=columns))
    assert with_header.records == without.records
    assert with_header.counts == without.counts == Counts(read=2, imported=2)


def test_a_table_of_days_has_its_date_as_time() -> None:
    data = table("2024-03-01,71.5", "2024-03-02,71.2", header="day,body")
    reading = read(data, Hints(columns={"date": "day", "weight": "body"}))
    assert [record.at_local for record in reading.records] == [
        local_time(2024, 3, 1),
        local_time(2024, 3, 2),
    ]


def test_pounds_in_the_header_become_kilograms() -> None:
    data = table("2024-03-01,158", header="date,weight (lb)")
    reading = read(data, Hints(columns={"time": "date", "weight": "weight (lb)"}))
    (weight,) = reading.records
    assert isinstance(weight, Weight)
    assert weight.kilograms == pytest.approx(71.67, abs=0.005)  # 158 x 0.45359237


def test_a_sheet_of_a_workbook_is_found_by_its_columns_or_its_name() -> None:
    book = Workbook()
    book.active.title = "Cover"  # type: ignore[union-attr]
    book.active.append(["Diary of", "A. Person"])  # type: ignore[union-attr]
    for name, value in (("May", 100), ("June", 200)):
        sheet = book.create_sheet(name)
        sheet.append(["My own list"])
        sheet.append(["Taken", "Sugar", "Time of day"])
        sheet.append([date(2024, 5, 1), value, time(8, 30)])
    data = BytesIO()
    book.save(data)
    columns = {"date": "Taken", "time": "Time of day", "meter": "Sugar"}
    first = read(data.getvalue(), Hints(columns=columns))
    june = read(data.getvalue(), Hints(columns=columns | {"sheet": "June"}))
    assert [r.at_local for r in first.records] == [local_time(2024, 5, 1, 8, 30)]
    assert [r.glucose.mgdl for r in first.records + june.records] == [100, 200]  # type: ignore[attr-defined]
    with pytest.raises(DamagedFile, match="columns"):
        read(data.getvalue(), Hints(columns=columns | {"sheet": "Cover"}))


def test_tab_text_and_preambles_are_found() -> None:
    data = b"Export of my app\r\nmade today\r\n\r\nWhen\tSugar\r\n2024-03-01 08:00\t5.5\r\n"
    reading = read(data, Hints(columns={"time": "When", "meter": "Sugar"}))
    assert [r.glucose for r in reading.records] == [Glucose.mmoll_value(5.5)]  # type: ignore[attr-defined]


def test_meter_values_converted_by_somebody_keep_their_decimals() -> None:
    data = table("2024-03-01 08:00,5.55", header="time,bg (mmol/L)")
    reading = read(data, Hints(columns={"time": "time", "meter": "bg (mmol/L)"}))
    (meter,) = reading.records
    assert isinstance(meter, MeterGlucose)
    assert meter.glucose.mgdl == pytest.approx(5.55 * 18.01559, abs=0.01)


def test_lows_alone_are_never_taken_for_mmol() -> None:
    with pytest.raises(DamagedFile, match="unit"):
        read(b"time,glucose\n2024-03-01 08:00,38\n2024-03-01 08:05,36\n")
