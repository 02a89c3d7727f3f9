"""Risk indices at published points; the real and synthetic subjects check the rest."""

import numpy as np
import pytest

from glykos.metrics import Analysis, NotEnoughData, Value, compute
from glykos.metrics.risk import Gri, gri, high_risk, low_risk
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_history, whole


def test_risk_is_zero_at_112_5_and_rises_both_ways() -> None:
    assert low_risk(np.array([112.5, 113.0]))[1] == 0
    assert high_risk(np.array([112.0]))[0] == 0
    assert low_risk(np.array([20.0]))[0] == pytest.approx(100, abs=3)
    assert high_risk(np.array([600.0]))[0] == pytest.approx(100, abs=3)


@pytest.mark.parametrize(
    ("value", "zone"),
    [(0, "A"), (20, "A"), (20.5, "B"), (40, "B"), (60, "C"), (80, "D"), (80.1, "E"), (100, "E")],
)
def test_zones_of_the_glycemia_risk_index(value: float, zone: str) -> None:
    assert Gri(value=value, hypo=0, hyper=0, n=1).zone == zone


def test_gri_weights_the_four_bands() -> None:
    history = sensor_history([50] * 1 + [60] * 2 + [100] * 90 + [200] * 4 + [300] * 3)
    found = gri(Analysis(history, whole(history)))
    assert found is not None
    assert found.value == pytest.approx(3.0 * 1 + 2.4 * 2 + 0.8 * 4 + 1.6 * 3)


def test_adrr_needs_a_day_with_three_readings() -> None:
    history = sensor_history([100, 200])
    assert compute(history, whole(history))["adrr"] == NotEnoughData("no day has 3 sensor readings")


@pytest.mark.parametrize("scale", [GlucoseScale.MGDL, GlucoseScale.MMOLL_TENTHS])
def test_adrr_is_the_mean_of_the_days_extremes(scale: GlucoseScale) -> None:
    readings = [60, 100, 250] if scale is GlucoseScale.MGDL else [3.3, 5.6, 13.9]
    history = sensor_history(readings * 2, step_min=8 * 60, scale=scale)
    mgdl = history.sensor.mgdl
    expected = low_risk(mgdl[:1])[0] + high_risk(mgdl[2:3])[0]
    assert compute(history, whole(history))["adrr"] == Value(pytest.approx(expected), "risk", 2)


def test_grade_shares_add_up_to_100() -> None:
    history = sensor_history([50, 90, 120, 200, 300])
    found = compute(history, whole(history))
    parts = [found[key] for key in ("grade_hypo70", "grade_eu70_140", "grade_hyper140")]
    assert sum(part.value for part in parts if isinstance(part, Value)) == pytest.approx(100)
