"""The invented lives look like lives: numbers in the range of real ones, and stories in them."""

import numpy as np
import pytest

from glykos.demo.events import Life
from tests.demo.stories import DAYS, Told, told


def readings(life: Life) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.array([point.mgdl for point in life.sensor], np.float64)


def total_daily_dose_u(life: Life) -> float:
    basal = sum(life.basal_units(day) for day in range(DAYS))
    return (basal + sum(bolus.delivered_u for bolus in life.boluses)) / DAYS


@pytest.mark.parametrize("story", ["autumn", "spring"])
def test_the_adult_is_plausible(story: str, request: pytest.FixtureRequest) -> None:
    told: Told = request.getfixturevalue(story)
    mgdl = readings(told.life)
    mean, sd = sum(mgdl) / len(mgdl), float(np.sqrt(((mgdl - mgdl.mean()) ** 2).mean()))
    assert 30 <= sd / mean * 100 <= 38
    assert 55 <= np.mean((mgdl >= 70) & (mgdl <= 180)) * 100 <= 75
    assert 2 <= np.mean(mgdl < 70) * 100 <= 5
    assert 0.5 <= total_daily_dose_u(told.life) / told.persona.weight_kg <= 0.8
    expected = told.life.clock.end_s / 300
    assert 3 <= (1 - len(mgdl) / expected) * 100 <= 8


def test_there_is_something_to_tell(autumn: Told) -> None:
    life = autumn.life
    stops = [code for _, code in life.stops]
    assert 1 <= stops.count("PLGM_PREDICTED_LOW_SG") / DAYS <= 3
    assert stops.count("USER_SUSPEND") >= 3
    assert stops.count("ALARM_SUSPEND") >= 1
    assert len(life.rewinds) == DAYS // 3
    assert 10 <= len(life.temps) <= 90
    assert any(b.source == "MANUAL" for b in life.boluses)
    assert any(text.startswith("Exercise") for _, text in life.markers)
    assert any(alert.text.startswith("ALERT ON LOW") for alert in life.alerts)
    assert 4 <= len(life.meter) / DAYS <= 9


def test_lows_follow_from_something(autumn: Told) -> None:
    """Most lows come within four hours of exercise or of a dose above the proposal."""
    life = autumn.life
    causes = [at_s for at_s, text in life.markers if text.startswith("Exercise")]
    causes += [use.at_s for use in life.estimates if use.final_u > use.estimate_u]
    causes += [b.at_s for b in life.boluses if b.source == "MANUAL"]
    low = [p.at_s for p in life.sensor if p.mgdl < 70]
    near = sum(any(0 <= at_s - cause <= 4 * 3600 for cause in causes) for at_s in low)
    share_of_time = len(causes) * 4 / (24 * DAYS)
    assert near / len(low) > 1.3 * min(share_of_time, 0.7)


def test_sensor_follows_blood_late_and_roughly(autumn: Told) -> None:
    blood = np.array(autumn.life.glucose_mgdl)
    pairs = np.array([(blood[p.at_s // 300], p.mgdl) for p in autumn.life.sensor])
    error = np.abs(pairs[:, 1] - pairs[:, 0]) / pairs[:, 0]
    assert 0.04 < float(error.mean()) < 0.16
    assert np.corrcoef(pairs.T)[0, 1] > 0.9


def test_teenager_misses_boluses(autumn: Told) -> None:
    teen = told("teen", 0)
    assert len(teen.life.estimates) < len(autumn.life.estimates)
    assert readings(teen.life).mean() > readings(autumn.life).mean()


def test_person_without_sensor_has_none() -> None:
    kim = told("meter", -3600)
    assert kim.life.sensor == []
    assert not any(code.startswith("PLGM") for _, code in kim.life.stops)
    assert len(kim.life.meter) / DAYS > 4
