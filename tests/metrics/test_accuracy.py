"""MARD and correlation of sensor and meter."""

from datetime import timedelta

import pytest

from glykos.metrics import NotEnoughData, Value, compute
from glykos.therapy.clock import local_time
from glykos.therapy.history import History
from glykos.therapy.records import MeterGlucose
from glykos.therapy.sensor import LOW
from glykos.therapy.units import Glucose
from tests.builders import sensor_history, whole

START = local_time(2024, 3, 4)


def with_meter(
    sensor: list[float], meter: list[tuple[float, float]], flag: list[int] | None = None
) -> History:
    records = [
        MeterGlucose(
            at_local=START + timedelta(minutes=at), device_id="m", glucose=Glucose.mgdl_value(value)
        )
        for at, value in meter
    ]
    return sensor_history(sensor, records=records, flag=flag)


def test_mard_is_the_mean_relative_distance_to_the_meter() -> None:
    one = with_meter([100] * 30, [(0, 80), (60, 100), (120, 125)])
    found = compute(one, whole(one))
    assert found["mard"] == Value(pytest.approx((25 + 0 + 20) / 3), "%", 3)
    assert found["correlation"] == NotEnoughData("all paired readings are the same")


def test_correlation_of_readings_that_rise_together_is_1() -> None:
    one = with_meter([100 + 10 * n for n in range(20)], [(0, 50), (30, 80), (60, 110)])
    assert compute(one, whole(one))["correlation"] == Value(pytest.approx(1), "r", 3)


@pytest.mark.parametrize(("minutes", "expected"), [(5, 1), (6, 0)])
def test_a_pair_is_at_most_5_minutes_apart(minutes: int, expected: int) -> None:
    one = with_meter([100], [(minutes, 100)])
    got = compute(one, whole(one))["pairs"]
    assert got == (
        Value(1, "pairs", 1)
        if expected
        else NotEnoughData("no meter reading is near a sensor reading")
    )


def test_readings_shown_as_low_are_not_paired() -> None:
    one = with_meter([40, 100], [(0, 30)], flag=[LOW, 0])
    assert compute(one, whole(one))["mard"] == Value(pytest.approx(700 / 3), "%", 1)
