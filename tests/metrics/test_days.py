"""A day's columns are the metrics of that day."""

from datetime import timedelta

import pytest

from glykos.metrics import Analysis, Value, compute
from glykos.metrics.days import day_numbers
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import CarbEntry, Exercise
from glykos.therapy.records import MeterGlucose
from glykos.therapy.units import Glucose
from tests.builders import sensor_history

START = local_time(2024, 3, 4)


def test_each_day_stands_alone() -> None:
    records = [
        MeterGlucose(
            at_local=START + timedelta(hours=3), device_id="m", glucose=Glucose.mgdl_value(100)
        ),
        CarbEntry(at_local=START + timedelta(hours=8), device_id="log", carbs_g=45),
        Exercise(at_local=START + timedelta(hours=9), device_id="log", duration_min=30),
    ]
    history = sensor_history([100] * 288 + [200] * 144, records=records)
    window = Window(START.date(), START.date() + timedelta(days=2))
    first, second, third = day_numbers(Analysis(history, window))
    assert (first.n, second.n, third.n) == (288, 144, 0)
    assert first.sensor is not None
    assert first.sensor.mean == 100
    assert (second.auc_above, second.highest) == (20, 200)
    assert (first.carbs_g, second.carbs_g) == (45, None)
    assert (first.exercise_min, first.exercises) == (30, 1)
    assert first.pairs.mard == 0
    assert first.meter is not None
    assert third.sensor is None
    assert third.lowest is None
    assert third.auc_above is None
    assert third.length_min == 1440


def test_a_day_alone_and_in_a_window_agree() -> None:
    history = sensor_history([60 + n % 200 for n in range(288 * 3)])
    window = Window(START.date(), START.date() + timedelta(days=2))
    for one in day_numbers(Analysis(history, window)):
        alone = compute(history, Window(one.day, one.day))
        assert one.sensor is not None
        assert alone["mean"] == Value(one.sensor.mean, "mg/dL", one.n)
        assert one.excursions is not None
        assert alone["excursions_high"] == Value(one.excursions.high, "excursions", one.n)
        assert alone["auc_above"] == Value(pytest.approx(one.auc_above), "mg/dL", one.n)
