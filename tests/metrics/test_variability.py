"""Sequence metrics on small series, and least data."""

from math import sqrt

import pytest

from glykos.metrics import Analysis, NotEnoughData, Value, compute
from glykos.metrics._resample import grid
from glykos.therapy.clock import local_time
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_history, whole

KEYS = ("modd", "conga1", "mag5", "gvp", "mage_avg", "sdw", "sddm")


@pytest.mark.parametrize("scale", [GlucoseScale.MGDL, GlucoseScale.MMOLL_TENTHS])
def test_a_steady_rise_has_known_differences(scale: GlucoseScale) -> None:
    """One unit per 5 min: 12 units per hour, and every line piece has the same slope."""
    unit = 1.0 if scale is GlucoseScale.MGDL else 18.01559 / 10
    values = [100 + n for n in range(200)]
    history = sensor_history(
        values if scale is GlucoseScale.MGDL else [value / 10 for value in values], scale=scale
    )
    found = compute(history, whole(history))
    assert found["mag5"] == Value(pytest.approx(12 * unit), "mg/dL/h", 198)
    assert found["conga1"] == Value(pytest.approx(0, abs=1e-9), "mg/dL", 199 - 12)
    slope = 100 * (sqrt(25 + unit**2) / 5 - 1)
    assert found["gvp"] == Value(pytest.approx(slope), "%", 198)


def test_modd_compares_with_the_same_time_of_the_day_before() -> None:
    history = sensor_history([100] * 288 + [130] * 288)
    got = compute(history, whole(history))["modd"]
    assert got == Value(pytest.approx(30), "mg/dL", 287)


@pytest.mark.parametrize("key", KEYS)
def test_no_readings_are_a_reason(key: str) -> None:
    history = History.build(sensor=SensorSeries.empty(), records=())
    window = whole(sensor_history([100]))
    assert isinstance(compute(history, window)[key], NotEnoughData)


def test_flat_glucose_has_no_mage() -> None:
    history = sensor_history([120] * 600)
    assert isinstance(compute(history, whole(history))["mage_avg"], NotEnoughData)


def test_mage_of_a_saw_is_its_height() -> None:
    """Up 100 and down 100 in 4 h each: every swing is 100 mg/dL."""
    saw = [100 + 100 * min(n % 96, 96 - n % 96) / 48 for n in range(96 * 12)]
    history = sensor_history(saw, scale=GlucoseScale.MGDL_64THS)
    got = compute(history, whole(history))["mage_avg"]
    assert isinstance(got, Value)
    assert got.value == pytest.approx(100, rel=0.02)


def test_one_day_is_too_short_for_daily_comparisons() -> None:
    history = sensor_history([100, 110] * 100)
    found = compute(history, whole(history))
    reason = NotEnoughData("at least 2 days with readings are needed")
    assert found["modd"] == reason
    assert found["sddm"] == reason


@pytest.mark.parametrize(("pause_min", "points"), [(45, 2 + 8), (50, 2)])
def test_the_grid_bridges_45_minutes_and_not_more(pause_min: int, points: int) -> None:
    start = 12 * 3600
    at = [start, start + 300, start + 300 + pause_min * 60]
    series = SensorSeries.build(at, [100] * 3, scale=GlucoseScale.MGDL, device_id="cgm:1")
    history = History.build(sensor=series, records=())
    # The interval of three readings is unclear; a quiet hour before makes it 5 min.
    quiet = sensor_history([100] * 12, start=local_time(1970, 1, 1, 11))
    both = History.build(sensor=SensorSeries.concat([quiet.sensor, history.sensor]), records=())
    found = grid(Analysis(both, whole(both)))
    assert found.step_min == 5
    assert found.present == 12 + points + 1
