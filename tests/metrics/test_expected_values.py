"""Every published expectation for real and synthetic data, discovered from the shared folder."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glykos.metrics import METRICS, Result, Value, compute
from glykos.therapy.clock import wall_seconds
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose
from tests.builders import whole
from tests.conftest import shared_data

KEYS = {metric.key for metric in METRICS}


def subjects() -> list[tuple[str, str]]:
    folder = shared_data()
    if folder is None:
        return [("", "")]
    told = json.loads((folder / "metrics" / "real_subjects.json").read_text(encoding="utf-8"))
    return [(key, variant) for key, one in told["subjects"].items() for variant in one["variants"]]


def history_of(path: Path) -> History:
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [(row["time"], float(row["gl"])) for row in csv.DictReader(lines)]
    at = np.array([wall_seconds(datetime.fromisoformat(when)) for when, _ in rows])
    glucose = [Glucose.mgdl_value(value) for _, value in rows]
    scales = np.array([one.scale for one in glucose])
    counts = np.array([one.count for one in glucose])
    parts = [
        SensorSeries.build(
            at[scales == scale], counts[scales == scale], scale=scale, device_id="cgm:1"
        )
        for scale in {one.scale for one in glucose}
    ]
    return History.build(sensor=SensorSeries.concat(parts), records=())


def disagreements(expected: dict[str, Any], found: dict[str, Result]) -> list[str]:
    wrong = []
    for key, entry in expected.items():
        if entry["tier"] != "A":
            continue
        got = found.get(key)
        # MAGE is ill-conditioned: rounding noise moves turning points (5 % as agreed).
        allowed = 0.05 * abs(entry["value"]) if key.startswith("mage") else entry["tol"]
        if not isinstance(got, Value) or abs(got.value - entry["value"]) > allowed:
            wrong.append(f"{key}: expected {entry['value']}, got {got}")
    return wrong


@pytest.mark.shared_data
@pytest.mark.parametrize(("subject", "variant"), subjects())
def test_every_agreed_value_of_a_real_subject_comes_out(
    data_folder: Path, subject: str, variant: str
) -> None:
    folder = data_folder / "metrics"
    told = json.loads((folder / "real_subjects.json").read_text(encoding="utf-8"))
    expected = told["subjects"][subject]["variants"][variant]
    history = history_of(folder / "data" / f"{subject}.{variant}.csv")
    found = compute(history, whole(history))
    assert {key for key, entry in expected.items() if entry["tier"] == "A"} <= KEYS
    assert disagreements(expected, found) == []
