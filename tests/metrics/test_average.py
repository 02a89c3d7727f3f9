"""Mean, spread and quantiles against hand calculation and NumPy on the plain readings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.metrics import Analysis, NotEnoughData, Result, Value, compute
from glykos.metrics.average import ea1c, gmi
from glykos.therapy.clock import local_time
from glykos.therapy.history import History
from glykos.therapy.sensor import EXCLUDED, HIGH, LOW, SensorSeries
from glykos.therapy.units import MGDL_PER_MMOLL, GlucoseScale
from tests.builders import sensor_history, sensor_series, whole


def value(result: Result) -> float:
    assert isinstance(result, Value)
    return result.value


def test_sample_sd_divides_by_n_minus_1() -> None:
    history = sensor_history([100, 110, 120])
    found = compute(history, whole(history))
    assert value(found["mean"]) == 110
    assert value(found["sd"]) == pytest.approx(10)
    assert value(found["cv"]) == pytest.approx(100 * 10 / 110)


@pytest.mark.parametrize(("mean", "expected"), [(100, 5.70), (154, 6.99), (250, 9.29)])
def test_gmi_of_published_means(mean: float, expected: float) -> None:
    assert gmi(mean) == pytest.approx(expected, abs=0.005)


@pytest.mark.parametrize(("mean", "expected"), [(100, 5.11), (154, 6.99), (250, 10.34)])
def test_ea1c_of_published_means(mean: float, expected: float) -> None:
    assert ea1c(mean) == pytest.approx(expected, abs=0.005)


def test_no_reading_and_one_reading_are_reasons_not_nan() -> None:
    history = sensor_history([100])
    assert compute(history, whole(history), keys=["sd"])["sd"] == NotEnoughData(
        "only one sensor reading"
    )
    nothing = History.build(sensor=SensorSeries.empty(), records=())
    found = compute(nothing, whole(history), keys=["mean"])
    assert found["mean"] == NotEnoughData("no sensor readings in this period")


def test_low_and_high_count_at_the_limit_and_are_reported() -> None:
    history = sensor_history([40, 100, 400], flag=[LOW, 0, HIGH])
    found = compute(history, whole(history))
    assert value(found["mean"]) == 180
    assert value(found["limited"]) == 2


def test_excluded_readings_are_left_out() -> None:
    history = sensor_history([100, 300, 100], flag=[0, EXCLUDED, 0])
    assert value(compute(history, whole(history))["mean"]) == 100


def test_readings_stand_for_their_own_sensors_interval() -> None:
    """12 readings of a 15-min sensor are 3 h, 12 of a 5-min sensor 1 h: the mean is 3:1."""
    slow = sensor_series([200] * 12, step_min=15, device_id="slow")

    quick = sensor_series([100] * 12, start=local_time(2024, 3, 5), device_id="quick")
    history = History.build(sensor=SensorSeries.concat([slow, quick]), records=())
    assert value(compute(history, whole(history))["mean"]) == pytest.approx(175)


@pytest.mark.parametrize("scale", [GlucoseScale.MGDL, GlucoseScale.MMOLL_TENTHS])
@given(counts=st.lists(st.integers(20, 400), min_size=2, max_size=60))
def test_the_histogram_gives_the_same_as_the_readings(
    scale: GlucoseScale, counts: list[int]
) -> None:
    series = SensorSeries.build(
        np.arange(len(counts)) * 300, np.array(counts), scale=scale, device_id="cgm:1"
    )
    history = History.build(sensor=series, records=())
    found = compute(history, whole(history))
    mgdl = np.array(counts) * (MGDL_PER_MMOLL / 10 if scale is GlucoseScale.MMOLL_TENTHS else 1)
    assert value(found["mean"]) == pytest.approx(mgdl.mean())
    assert value(found["sd"]) == pytest.approx(mgdl.std(ddof=1), abs=1e-9)
    for key, share in (("q25", 25), ("median", 50), ("q75", 75)):
        assert value(found[key]) == pytest.approx(np.percentile(mgdl, share))
    distance = np.median(np.abs(mgdl - np.median(mgdl)))
    assert value(found["mad"]) == pytest.approx(1.4826 * distance, abs=1e-9)
    assert value(found["range"]) == pytest.approx(np.ptp(mgdl))


def test_the_analysis_reads_mixed_scales_as_one_series() -> None:
    first = sensor_series([100.0] * 3)

    second = sensor_series(
        [10.0] * 3, scale=GlucoseScale.MMOLL_TENTHS, start=local_time(2024, 3, 4, 1)
    )
    history = History.build(sensor=SensorSeries.concat([first, second]), records=())
    analysis = Analysis(history, whole(history))
    assert analysis.one_scale is None
    assert analysis.mgdl.tolist() == pytest.approx([100] * 3 + [180.1559] * 3)
    assert value(compute(history, whole(history))["mean"]) == pytest.approx(140.07795)
