"""The Daily Summary against a day worked out by hand (see days.py)."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from glykos.charts import DayChart
from glykos.errors import NotEnoughForReport
from glykos.reports import Options, daily_summary
from glykos.reports._blocks import Document, Figure, Note, PageBreak, Stat, Stats, Table
from glykos.therapy import diary
from glykos.therapy import records as r
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.history import History
from glykos.therapy.sensor import FOLD, SensorSeries
from glykos.therapy.units import GlucoseScale, GlucoseUnit
from tests.reports.days import (
    DAY,
    PUMP,
    at,
    empty,
    meter_only,
    people_records,
    pump_records,
    sensor,
    the_day,
)

WINDOW = Window(DAY, DAY)


def build(history: History, options: Options | None = None) -> Document:
    return daily_summary.build(history, WINDOW, options or Options())


def stat(document: Document, group: str, label: str) -> Stat:
    stats = next(b for b in document.blocks if isinstance(b, Stats) and b.key == group)
    return next(item for item in stats.items if item.label == label)


def table(document: Document, key: str) -> Table:
    return next(b for b in document.blocks if isinstance(b, Table) and b.key == key)


def chart(document: Document) -> DayChart:
    figure = next(b for b in document.blocks if isinstance(b, Figure) and b.key == "day")
    assert isinstance(figure.chart, DayChart)
    return figure.chart


def rows(found: Table) -> list[dict[str, str]]:
    keys = [column.key for column in found.columns]
    return [dict(zip(keys, (c.text for c in row), strict=True)) for row in found.rows]


def test_glucose_statistics() -> None:
    document = build(the_day())
    # 276 readings: 12 at 200, 6 at 60, 258 at 120; (2400 + 360 + 30960) / 276 = 122.17
    assert stat(document, "glucose", "Sensor average").text == "122"
    assert stat(document, "glucose", "Sensor average").n == 276
    assert stat(document, "glucose", "Above target").text == "4"  # 12 / 276 = 4.3 %
    assert stat(document, "glucose", "Below target").text == "2"  # 6 / 276 = 2.2 %
    assert stat(document, "glucose", "AUC above the limit").text == "0.9"  # 12 * 20 / 276 = 0.87
    assert stat(document, "glucose", "AUC below the limit").text == "0.2"  # 6 * 10 / 276 = 0.22
    assert stat(document, "glucose", "Sensor time").text == "23 h 00 min"
    assert stat(document, "glucose", "Meter average").text == "137"  # 410 / 3


def test_insulin_is_what_was_delivered() -> None:
    document = build(the_day())
    # Basal 24 U, minus 0.5 h stopped, minus half of 2 h: 22.5 U. Bolus 6 + 1.2 + 2 + 1 = 10.2 U.
    assert stat(document, "insulin", "Basal").text == "22.5"
    assert stat(document, "insulin", "Bolus").text == "10.2"
    assert stat(document, "insulin", "Total insulin").text == "32.7"
    assert stat(document, "insulin", "Delivery stopped: low glucose").text == "0:30"
    assert stat(document, "insulin", "Temporary basal rates").text == "2:00"
    assert stat(document, "insulin", "Carbohydrate").text == "70"
    assert stat(document, "insulin", "Exercise").text == "45"


def test_boluses_are_counted_by_how_they_were_decided() -> None:
    document = build(the_day())
    assert stat(document, "insulin", "Boluses").text == "3"
    assert stat(document, "insulin", "With the bolus calculator").text == "2"
    assert stat(document, "insulin", "Without the calculator").text == "1"
    assert stat(document, "insulin", "Set higher than recommended").text == "1"
    assert stat(document, "insulin", "Set lower than recommended").text == "0"


def test_bolus_table_shows_estimate_and_delivery() -> None:
    first, second, third = rows(table(build(the_day()), "boluses"))
    assert first == {
        "time": "08:00",
        "type": "Normal",
        "delivered": "6",
        "recommended": "5",
        "difference": "+1",
        "carbs": "40",
        "ratio": "10",
        "food": "4",
        "glucose": "200",
        "target": "100-120",
        "sensitivity": "50",
        "correction": "1.6",
        "active": "0.6",
        "override": "more",
    }
    assert second["type"] == "Normal, manual, stopped at 1.2 of 2 U"
    assert (second["delivered"], second["recommended"], second["override"]) == ("1.2", "—", "")
    assert third["type"] == "Combination, over 2:00 h"
    assert (third["delivered"], third["difference"], third["override"]) == ("3", "0", "")


def test_bolus_table_in_mmol() -> None:
    options = Options(unit=GlucoseUnit.MMOLL, clock_24h=False)
    first = rows(table(build(the_day(), options), "boluses"))[0]
    assert first["time"] == "8:00 am"
    assert first["glucose"] == "11.1"  # 200 / 18.016
    assert first["target"] == "5.6-6.7"
    assert first["sensitivity"] == "2.8"


def test_every_dash_has_a_reason() -> None:
    for history in (the_day(), meter_only()):
        for block in build(history).blocks:
            if isinstance(block, Stats):
                assert all(item.reason for item in block.items if item.text == "—")
            if isinstance(block, Table):
                cells = [cell for row in block.rows for cell in row]
                assert all(cell.reason for cell in cells if cell.text == "—")


def notes(document: Document, kind: str) -> list[str]:
    return [b.text for b in document.blocks if isinstance(b, Note) and b.kind == kind]


def test_insulin_agrees_with_the_pump() -> None:
    (note,) = notes(build(the_day()), "info")
    assert "32.70 U from single deliveries, 32.70 U in the pump's own daily total" in note
    assert note.endswith("They agree.")


def test_a_difference_above_half_a_unit_and_3_percent_is_a_warning() -> None:
    others = [one for one in pump_records() if not isinstance(one, r.DailyTotal)]
    total = r.DailyTotal(at_local=at(23, 59), device_id=PUMP, scope=r.TotalScope.ALL, amount_u=34.0)
    history = History.build(sensor=sensor(), records=[*others, total])
    (note,) = notes(build(history), "warning")
    assert "difference \u22121.30 U" in note


def test_automatic_mode_without_a_total_prints_no_daily_dose() -> None:
    bolus = r.Bolus(
        at_local=at(9),
        device_id=PUMP,
        bolus_kind=r.BolusKind.NORMAL,
        delivered_now_u=0.4,
        source=r.BolusSource.AUTO_CORRECTION,
    )
    document = build(History.build(sensor=sensor(), records=[bolus]))
    total = stat(document, "insulin", "Total insulin")
    assert total.text == "—"
    assert "automatic mode" in total.reason
    assert total.value is None


def test_chart_shows_what_happened() -> None:
    drawn = chart(build(the_day()))
    assert len(drawn.sensor.minutes) == 276
    assert [dot.shape for dot in drawn.meter] == ["filled", "hollow", "filled"]
    assert [(pill.minute, pill.grams) for pill in drawn.carbs] == [(480, 40), (1140, 30)]
    first, second, third = drawn.doses
    assert (first.now_u, first.advised_u, first.override) == (6.0, 5.0, "plus")
    # Correction 1.6 minus 0.6 active is 1 of 5 U, so a fifth of the 6 U.
    assert first.correction_u == pytest.approx(1.2)
    assert (second.now_u, second.advised_u, second.override) == (1.2, None, "")
    assert (third.extended_u, third.end_minute) == (1.0, 1260)
    assert [(s.kind, s.start, s.end, s.text) for s in drawn.spans] == [
        ("suspend", 720, 750, "Stopped: low glucose"),
        ("exercise", 1020, 1065, "cycling"),
        ("temp", 1080, 1200, "Temp 50 %"),
    ]
    rates = [(s.start, s.end, s.rate_u_per_h, s.scheduled_u_per_h) for s in drawn.basal]
    assert rates == [
        (0, 720, 1.0, 1.0),
        (720, 750, 0.0, 1.0),
        (750, 1080, 1.0, 1.0),
        (1080, 1200, 0.5, 1.0),
        (1200, 1440, 1.0, 1.0),
    ]


def test_marks_carry_the_number_of_their_row() -> None:
    document = build(the_day())
    listed = rows(table(document, "events"))
    for mark in chart(document).marks:
        assert listed[mark.ref - 1]["event"] == mark.text
    assert [m.text for m in chart(document).marks] == ["Low glucose", "Felt <shaky> & tired"]
    assert [row["time"] for row in listed] == sorted(row["time"] for row in listed)


def test_a_state_that_the_sensor_repeats_is_one_row() -> None:
    def state(hour: int, minute: int) -> r.Record:
        return r.SensorState(
            at_local=at(hour, minute), device_id=PUMP, condition=r.SensorCondition.WARM_UP
        )

    warm_up = [state(9, minute) for minute in range(0, 60, 5)] + [state(15, 0)]
    note = diary.Note(at_local=at(9, 20), device_id=r.LOGBOOK, text="New sensor")
    history = History.build(sensor=sensor(), records=[*warm_up, note])
    listed = rows(table(build(history), "events"))
    told = [(row["time"], row["value"]) for row in listed if row["event"] == "Sensor warming up"]
    assert told == [("09:00", "until 09:55"), ("15:00", "")]
    assert "New sensor" in [row["event"] for row in listed]


def test_meter_only_day_says_what_is_missing() -> None:
    document = build(meter_only())
    assert notes(document, "missing") == [
        "There are no sensor readings on this day, so only meter readings are shown."
    ]
    assert stat(document, "glucose", "Meter readings").text == "3"
    labels = {i.label for b in document.blocks if isinstance(b, Stats) for i in b.items}
    assert not any(label.startswith("Sensor") for label in labels)
    drawn = chart(document)
    assert not drawn.has_basal
    assert not drawn.has_doses


def test_a_day_without_the_pump_has_dashes_and_not_zeros() -> None:
    pump = r.Device(id=PUMP, kind="pump", model="Pump")
    elsewhere = [replace(one, at_local=one.at_local + timedelta(days=9)) for one in pump_records()]
    document = build(History.build(sensor=sensor(), records=elsewhere, devices=[pump]))
    for label in ("Total insulin", "Basal", "Bolus", "Boluses"):
        told = stat(document, "insulin", label)
        assert (told.text, told.reason) == ("—", "no pump data on this day")
    assert not chart(document).has_basal


def test_pen_user_sees_injections_and_no_pump_lines() -> None:
    pen = diary.Injection(
        at_local=at(8), device_id=r.LOGBOOK, dose_u=12, insulin=diary.InsulinKind.LONG
    )
    document = build(History.build(sensor=sensor(), records=[pen, *people_records()]))
    assert stat(document, "insulin", "Injected insulin").text == "12.0"
    labels = {i.label for b in document.blocks if isinstance(b, Stats) for i in b.items}
    assert "Total insulin" not in labels
    assert [dose.source for dose in chart(document).doses] == ["injection-long"]


def test_insulin_in_use_that_was_not_logged_is_said_and_is_no_zero() -> None:
    kinds = diary.InsulinKind
    evening, breakfast = (
        diary.Injection(at_local=when, device_id=r.LOGBOOK, dose_u=units, insulin=kind)
        for when, units, kind in (
            (at(22) - timedelta(days=1), 18, kinds.LONG),
            (at(8), 5, kinds.RAPID),
        )
    )
    document = build(History.build(sensor=sensor(), records=[evening, breakfast]))
    told = stat(document, "insulin", "Long-acting")
    assert (told.text, told.reason) == ("—", "none logged on this day")
    assert stat(document, "insulin", "Rapid-acting").text == "5.0"


def test_nothing_at_all_is_an_error_with_a_next_step() -> None:
    with pytest.raises(NotEnoughForReport) as caught:
        daily_summary.build(
            the_day(), Window(DAY.replace(year=2020), DAY.replace(year=2020)), Options()
        )
    assert "2 Mar 2026 to 4 Mar 2026" in caught.value.hint
    with pytest.raises(NotEnoughForReport) as caught:
        build(empty())
    assert caught.value.hint == "Add a file from your pump, sensor or meter first."


def test_several_days_become_several_pages() -> None:
    wide = Window(DAY - timedelta(days=9), DAY)
    document = daily_summary.build(the_day(), wide, Options())
    figures = [b for b in document.blocks if isinstance(b, Figure) and b.key == "day"]
    assert len(figures) == 2  # 2 March has a basal rate at 23:00
    assert sum(isinstance(b, PageBreak) for b in document.blocks) == 1


def autumn() -> History:
    """Sun 25 Oct 2026 in Berlin: 02:00-03:00 is lived twice."""
    midnight = wall_seconds(local_time(2026, 10, 25))
    wall = [*range(0, 180, 5), *range(120, 1440, 5)]
    fold = [0] * 36 + [FOLD] * 12 + [0] * 252
    series = SensorSeries.build(
        [midnight + minute * 60 for minute in wall],
        [120] * len(wall),
        scale=GlucoseScale.MGDL,
        device_id="cgm",
        flag=fold,
    )
    return History.build(sensor=series, records=[], zone=ZoneInfo("Europe/Berlin"))


def test_a_day_of_25_hours_is_drawn_as_lived() -> None:
    day = local_time(2026, 10, 25).date()
    document = daily_summary.build(autumn(), Window(day, day), Options())
    drawn = chart(document)
    assert drawn.length_min == 1500
    assert list(drawn.sensor.minutes) == [float(m) for m in range(0, 1500, 5)]
    assert len(list(drawn.sensor.runs())) == 1
    labels = [tick.text for tick in drawn.ticks]
    assert labels.count("02:00") == 2
    assert drawn.clock == ((0.0, 0.0), (180.0, 120.0))
    assert "25 hours" in notes(document, "info")[0]


def test_a_day_of_23_hours_leaves_the_skipped_hour_out() -> None:
    day = local_time(2026, 3, 29).date()
    midnight = wall_seconds(local_time(2026, 3, 29))
    wall = [*range(0, 120, 5), *range(180, 1440, 5)]
    series = SensorSeries.build(
        [midnight + minute * 60 for minute in wall],
        [120] * len(wall),
        scale=GlucoseScale.MGDL,
        device_id="cgm",
    )
    history = History.build(sensor=series, records=[], zone=ZoneInfo("Europe/Berlin"))
    drawn = chart(daily_summary.build(history, Window(day, day), Options()))
    assert drawn.length_min == 1380
    assert len(list(drawn.sensor.runs())) == 1
    assert "02:00" not in [tick.text for tick in drawn.ticks]


def test_a_device_that_ignored_summer_time_has_an_ordinary_day() -> None:
    day = local_time(2026, 3, 29).date()
    history = History.build(sensor=sensor(day), records=[], zone=ZoneInfo("Europe/Berlin"))
    assert chart(daily_summary.build(history, Window(day, day), Options())).length_min == 1440


def test_a_clock_change_of_the_pump_stretches_the_day() -> None:
    change = r.TimeChange(at_local=at(10), device_id=PUMP, to_local=at(9))
    reading = r.MeterGlucose(
        at_local=at(11), device_id=PUMP, glucose=the_day().of(r.MeterGlucose)[0].glucose
    )
    document = build(History.build(sensor=SensorSeries.empty(), records=[change, reading]))
    drawn = chart(document)
    assert drawn.length_min == 1500
    assert [dot.minute for dot in drawn.meter] == [720]  # 11:00 comes 12 hours into the day
    assert "changed once" in document.time_basis


def test_the_same_history_gives_the_same_document() -> None:
    assert build(the_day()) == build(the_day())
