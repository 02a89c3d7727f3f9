"""Every synthetic series with a closed-form answer, discovered from the shared folder."""

import json
from math import pi, sin, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glykos.metrics import Analysis, Result, Value, compute
from glykos.metrics.bands import target_bands
from glykos.metrics.episodes import hyper_lv1, hypo_lv1
from glykos.metrics.profile import profile
from glykos.metrics.risk import gri
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.targets import TARGET_PRESETS
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_history, whole

DAY = 288
PREGNANCY = next(one for one in TARGET_PRESETS if one.key == "pregnancy")
#: Values of one series in mg/dL; the sine is kept to 1/64 mg/dL, which bounds its precision.
SERIES: dict[str, History] = {
    "constant120": sensor_history([120] * 14 * DAY),
    "sine24h": sensor_history(
        [140 + 80 * sin(2 * pi * (n + 0.5) / DAY) for n in range(14 * DAY)],
        scale=GlucoseScale.MGDL_64THS,
    ),
    "steps_6h": sensor_history(([50] * 72 + [100] * 72 + [200] * 72 + [300] * 72) * 14),
    "thresholds": sensor_history([53, 54, 62, 63, 69, 70, 139, 140, 141, 180, 181, 250, 251]),
}
#: Names of the file that are not metric keys -> how they are asked here.
OTHER_NAMES = {
    "hypo_component": "gri_hypo",
    "hyper_component": "gri_hyper",
    "mage_classic": "mage_avg",
    "tbr_L1_54_69": "tbr54_69",
    "tir_70_180": "tir",
    "titr_70_140": "titr",
    "tar_L1_181_250": "tar181_250",
    "preg_tbr63": "tbr63",
    "preg_tir_63_140": "tir_preg",
    "preg_tar140": "tar140",
}

#: The closed forms want whole periods: a series has no 1-hour pairs after its end, and MAGE also
#: sees the half swings with which it begins and ends.
LOOSE = {"conga1_population": 2e-3, "mage_classic": 0.05}


def number(result: Result) -> float:
    assert isinstance(result, Value), result
    return result.value


def answer(name: str, history: History, found: dict[str, Result]) -> Any:
    analysis = Analysis(history, whole(history))
    if name in found or name in OTHER_NAMES:
        got = found[OTHER_NAMES.get(name, name)]
        return got.value if isinstance(got, Value) else None
    n = len(history.sensor)
    if name == "sd_population":
        return number(found["sd"]) * sqrt((n - 1) / n)
    if name == "conga1_population":
        got = found["conga1"]
        assert isinstance(got, Value)
        return got.value * sqrt((got.n - 1) / got.n)
    if name == "mage":
        return found["mage_avg"].value if isinstance(found["mage_avg"], Value) else None
    if name == "gri_uncapped":
        risk = gri(analysis)
        assert risk is not None
        return 3.0 * risk.hypo + 1.6 * risk.hyper
    if name == "ep_all":
        return sum(number(found[key]) for key in found if key.endswith("_n") and key[:3] == "ep_")
    if name.endswith("_minutes_each"):
        kind = hyper_lv1 if "hyper" in name else hypo_lv1
        (minutes,) = set(kind(analysis).minutes.tolist())
        return minutes
    curves = profile(analysis)
    levels = np.stack([curves.p5, curves.p25, curves.p50, curves.p75, curves.p95, curves.mean])
    if name == "agp_all":
        (level,) = set(levels.ravel().tolist())
        return level
    assert name == "agp_all_percentiles_equal_curve", name
    return bool(np.allclose(levels, history.sensor.mgdl[:DAY]))


@pytest.mark.shared_data
@pytest.mark.parametrize("series", SERIES)
def test_every_expected_number_comes_out(data_folder: Path, series: str) -> None:
    told = json.loads((data_folder / "metrics" / "synthetic.json").read_text(encoding="utf-8"))
    assert set(told) == {*SERIES, "episodes"}, "a new series needs its generator here"
    history = SERIES[series]
    found = compute(history, whole(history))
    precise = {"rel": 2e-5, "abs": 2e-4} if series == "sine24h" else {"rel": 1e-6, "abs": 1e-9}
    for name, expected in told[series]["expect"].items():
        if name.startswith("note") or name.endswith("_note"):
            continue
        got = answer(name, history, found)
        if expected is None or isinstance(expected, bool):
            assert got is expected, name
        else:
            near = {"rel": LOOSE[name]} if name in LOOSE else precise
            assert got == pytest.approx(expected, **near), name


def test_a_preset_without_a_very_high_level_has_four_bands() -> None:
    history = SERIES["thresholds"]
    shares = target_bands(Analysis(history, whole(history)), PREGNANCY)
    assert shares == pytest.approx([100 * k / 13 for k in (1, 2, 5, 5)])


def test_the_series_are_as_described() -> None:
    assert [len(one.sensor) for one in SERIES.values()] == [4032, 4032, 4032, 13]
    assert isinstance(SERIES["sine24h"].sensor, SensorSeries)
