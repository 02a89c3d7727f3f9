"""Excursions and AUC beyond the person's own range."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.metrics import Analysis, Value, compute
from glykos.metrics.excursions import excursions
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_history, whole


@pytest.mark.parametrize(
    ("values", "high", "low"),
    [
        ([100] * 6, 0, 0),
        ([100, 181, 100], 1, 0),  # a single reading is an excursion
        ([100, 180, 70, 100], 0, 0),  # the limits belong to the range
        ([200, 100, 200], 1, 0),  # 10 min apart: one
        ([200, 100, 100, 200], 2, 0),  # 15 min apart: two
        ([60, 60, 100, 100, 200], 1, 1),
    ],
)
def test_excursions_are_counted(values: list[float], high: int, low: int) -> None:
    history = sensor_history(values)
    found = compute(history, whole(history))
    assert found["excursions_high"] == Value(high, "excursions", len(values))
    assert found["excursions_low"] == Value(low, "excursions", len(values))
    assert found["excursions"] == Value(high + low, "excursions", len(values))


@pytest.mark.parametrize(("pause_min", "expected"), [(20, 1), (21, 2)])
def test_a_pause_of_more_than_20_min_ends_an_excursion(pause_min: int, expected: int) -> None:
    series = SensorSeries.build(
        [0, 300, 300 + pause_min * 60],
        [200] * 3,
        scale=GlucoseScale.MGDL,
        device_id="cgm:1",
    )
    history = History.build(sensor=series, records=())
    found = excursions(Analysis(history, whole(history)))
    assert found is not None
    assert found.high == expected


@pytest.mark.parametrize(
    ("scale", "values", "above", "below"),
    [
        (GlucoseScale.MGDL, [180, 200, 220, 100], (0 + 20 + 40 + 0) / 4, 0),
        (GlucoseScale.MGDL, [70, 60, 50, 100], 0, (0 + 10 + 20 + 0) / 4),
        (GlucoseScale.MMOLL_TENTHS, [10.0, 11.0, 5.0, 5.0], 18.01559 / 4, 0),
    ],
)
def test_auc_is_the_mean_excess_over_all_sensor_time(
    scale: GlucoseScale, values: list[float], above: float, below: float
) -> None:
    history = sensor_history(values, scale=scale)
    found = compute(history, whole(history))
    assert found["auc_above"] == Value(pytest.approx(above), "mg/dL", 4)
    assert found["auc_below"] == Value(pytest.approx(below), "mg/dL", 4)


@given(rows=st.lists(st.tuples(st.integers(1, 30), st.integers(40, 260)), min_size=1, max_size=60))
def test_excursions_and_auc_are_those_of_a_plain_loop(rows: list[tuple[int, int]]) -> None:
    at = np.cumsum([minutes * 60 for minutes, _ in rows])
    values = [value for _, value in rows]
    series = SensorSeries.build(at, values, scale=GlucoseScale.MGDL, device_id="cgm:1")
    history = History.build(sensor=series, records=())
    found = compute(history, whole(history))
    last, count, normal_since = None, 0, False
    for when, value in zip(at.tolist(), values, strict=True):
        if value <= 180:
            normal_since = True
            continue
        is_new = last is None or when - last > 1200 or (normal_since and when - last >= 900)
        count += is_new
        last, normal_since = when, False
    assert found["excursions_high"] == Value(count, "excursions", len(rows))
    excess = sum(max(0, value - 180) for value in values) / len(values)
    assert found["auc_above"] == Value(pytest.approx(excess), "mg/dL", len(rows))
