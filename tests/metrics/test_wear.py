"""Wear over the window and over the span, on days of 23, 24 and 25 hours."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from glykos.metrics import Analysis, Value, compute
from glykos.metrics.wear import wear
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.history import History
from glykos.therapy.records import TimeChange
from glykos.therapy.sensor import FOLD, SensorSeries
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_history, whole

VIENNA = ZoneInfo("Europe/Vienna")


def number(history: History, window: Window, key: str) -> float:
    found = compute(history, window, keys=[key])[key]
    assert isinstance(found, Value)
    return found.value


def test_a_day_without_readings_counts_as_not_worn_in_the_window_only() -> None:
    history = sensor_history([100] * 288)
    two_days = Window(date(2024, 3, 4), date(2024, 3, 5))
    assert number(history, two_days, "wear") == 100
    assert number(history, two_days, "wear_window") == 50
    assert number(history, two_days, "days_worn") == 1


def test_a_missing_hour_lowers_both() -> None:
    history = sensor_history([100] * 144)
    later = sensor_history([100] * 132, start=local_time(2024, 3, 4, 13))
    both = History.build(sensor=SensorSeries.concat([history.sensor, later.sensor]), records=())
    assert number(both, whole(both), "wear") == pytest.approx(100 * 276 / 288)
    assert number(both, whole(both), "wear_window") == pytest.approx(100 * 276 / 288)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 3, 30), 24), (date(2024, 10, 27), 25)]
)
def test_a_day_of_summer_time_change_is_worn_fully_when_every_hour_has_readings(
    day: date, hours: int
) -> None:
    """A sensor on the zone's clock: 23 h skip 02:00-03:00, 25 h live 02:00-03:00 twice."""
    at, flag = [], []
    for n in range(hours * 12):
        lived = local_time(day.year, day.month, day.day) + timedelta(minutes=5 * n)
        in_second_pass = hours == 25 and 36 <= n < 48
        if hours == 25 and n >= 36:
            lived -= timedelta(hours=1)
        if hours == 23 and n >= 24:
            lived += timedelta(hours=1)
        at.append(wall_seconds(lived))
        flag.append(FOLD if in_second_pass else 0)
    series = SensorSeries.build(
        at, [100] * len(at), scale=GlucoseScale.MGDL, device_id="cgm:1", flag=flag
    )
    history = History.build(sensor=series, records=(), zone=VIENNA)
    window = Window(day, day)
    assert number(history, window, "wear_window") == pytest.approx(100)
    assert number(history, window, "wear") == pytest.approx(100)
    analysis = Analysis(history, window)
    assert analysis.window_min == hours * 60
    order = analysis.in_lived_order
    lived_s = analysis.elapsed_s if order is None else analysis.elapsed_s[order]
    assert set((lived_s[1:] - lived_s[:-1]).tolist()) == {300}


def test_the_devices_own_clock_change_counts_before_the_zone() -> None:
    change = TimeChange(
        at_local=local_time(2024, 3, 4, 10), to_local=local_time(2024, 3, 4, 12), device_id="cgm:1"
    )
    history = sensor_history([100] * 12, records=[change], zone=VIENNA)
    assert Analysis(history, whole(history)).window_min == 22 * 60


@pytest.mark.parametrize(
    ("days", "per_day", "is_sufficient"),
    [(14, 288, True), (14, 202, True), (14, 201, False), (10, 288, True), (9, 288, False)],
)
def test_sufficient_is_70_percent_of_14_days(days: int, per_day: int, is_sufficient: bool) -> None:
    parts = [
        sensor_history([100] * per_day, start=local_time(2024, 3, 4) + timedelta(days=n)).sensor
        for n in range(days)
    ]
    history = History.build(sensor=SensorSeries.concat(parts), records=())
    first = date(2024, 3, 4)
    found = wear(Analysis(history, Window(first, first + timedelta(days=13))))
    assert found is not None
    assert found.is_sufficient is is_sufficient
    assert bool(found.shortage) is not is_sufficient


def test_an_hour_that_two_devices_repeat_is_lived_twice_once() -> None:
    changes = [
        TimeChange(
            at_local=local_time(2024, 10, 27, 3, minute),
            device_id=device,
            to_local=local_time(2024, 10, 27, 2, minute),
        )
        for device, minute in (("p", 0), ("m", 5))
    ]
    history = sensor_history([100] * 288, start=local_time(2024, 10, 27), records=changes)
    assert Analysis(history, Window(date(2024, 10, 27), date(2024, 10, 27))).window_min == 1500
