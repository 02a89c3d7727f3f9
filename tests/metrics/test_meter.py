"""Finger-sticks: counting, statistics and shares."""

from datetime import timedelta

import pytest

from glykos.metrics import NotEnoughData, Value, compute
from glykos.therapy.clock import Window, local_time
from glykos.therapy.history import History
from glykos.therapy.records import MeterGlucose
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose
from tests.builders import whole

START = local_time(2024, 3, 4, 8)


def history(*values: tuple[float, float], mmol: bool = False) -> History:
    """Finger-sticks as (minutes after 08:00, value)."""
    make = Glucose.mmoll_value if mmol else Glucose.mgdl_value
    return History.build(
        sensor=SensorSeries.empty(),
        records=[
            MeterGlucose(
                at_local=START + timedelta(minutes=at), device_id=f"m{n}", glucose=make(value)
            )
            for n, (at, value) in enumerate(values)
        ],
    )


def test_statistics_of_three_finger_sticks() -> None:
    one = history((0, 60), (60, 100), (120, 200))
    found = compute(one, whole(one))
    assert found["bg_n"] == Value(3, "readings", 3)
    assert found["bg_mean"] == Value(120, "mg/dL", 3)
    assert found["bg_sd"] == Value(pytest.approx(72.111, abs=0.001), "mg/dL", 3)
    for key in ("bg_below", "bg_in", "bg_above"):
        assert found[key] == Value(pytest.approx(100 / 3), "%", 3)


@pytest.mark.parametrize(("minutes", "expected"), [(5, 1), (6, 2)])
def test_the_same_value_within_5_minutes_is_one_finger_stick(minutes: int, expected: int) -> None:
    one = history((0, 100), (minutes, 100))
    assert compute(one, whole(one))["bg_n"] == Value(expected, "readings", expected)


def test_meter_values_in_mmol_are_compared_in_mmol() -> None:
    one = history((0, 3.9), (60, 10.0), mmol=True)
    assert compute(one, whole(one))["bg_in"] == Value(100, "%", 2)


def test_partial_days_do_not_count_per_day() -> None:
    """First day from 08:00, three whole days, last day until 09:00: the last is left out."""
    one = history(*((day * 1440 + hour * 60, 90 + hour) for day in range(4) for hour in range(3)))
    found = compute(one, whole(one))
    assert found["bg_per_day"] == Value(3, "tests/day", 3)
    assert found["bg_n"] == Value(12, "readings", 12)


def test_no_finger_sticks_are_a_reason() -> None:
    nothing = History.build(sensor=SensorSeries.empty(), records=())
    window = whole(history((0, 100)))
    assert compute(nothing, window)["bg_mean"] == NotEnoughData("no meter readings in this period")


def test_finger_sticks_are_counted_by_day_and_by_time_of_day() -> None:
    start = local_time(2024, 3, 4)
    told = [
        MeterGlucose(
            at_local=start + timedelta(days=day, hours=hour),
            device_id="m",
            glucose=Glucose.mgdl_value(value),
        )
        for day, hour, value in ((0, 7, 110), (0, 21, 53), (2, 8, 130), (2, 13, 54))
    ]
    history = History.build(sensor=SensorSeries.empty(), records=told)
    found = compute(history, Window(start.date(), start.date() + timedelta(days=6)))
    assert found["bg_days"] == Value(2, "d", 7)
    assert found["bg_wake_up"] == Value(120, "mg/dL", 2)
    assert found["bg_bedtime"] == Value(53, "mg/dL", 1)
    assert found["bg_very_low"] == Value(25, "%", 4)  # 54 itself is not very low
