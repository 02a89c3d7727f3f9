"""Worked examples: how far beyond the person's own range, and how often [mg/dL]."""

import pytest

from glykos.metrics import Value, compute
from glykos.therapy.targets import custom_target
from tests.builders import sensor_history, whole


@pytest.mark.parametrize(
    ("readings", "above", "below"),
    [
        ([100, 100, 100, 100], 0, 0),
        ([160, 160, 160, 160], 0, 0),  # the limits belong to the range
        ([180, 160, 160, 160], 5, 0),  # 20 above for a quarter of the time
        ([180, 200, 100, 100], 15, 0),  # (20 + 40 + 0 + 0) / 4
        ([60, 60, 180, 100], 5, 10),  # lows do not make up for highs
    ],
)
def test_area_beyond_a_range_of_80_to_160(
    readings: list[float], above: float, below: float
) -> None:
    history = sensor_history(readings)
    found = compute(
        history, whole(history), custom_target(80, 160), keys=["auc_above", "auc_below"]
    )
    assert found == {
        "auc_above": Value(above, "mg/dL", len(readings)),
        "auc_below": Value(below, "mg/dL", len(readings)),
    }


@pytest.mark.parametrize(
    ("readings", "high", "low"),
    [
        ([170], 1, 0),  # one reading is an excursion
        ([170, 150, 170], 1, 0),  # 10 min between two rises: one excursion
        ([170, 150, 150, 170], 2, 0),  # 15 min: two
        ([170, 70, 170], 1, 1),
    ],
)
def test_excursions_from_a_range_of_80_to_160(readings: list[float], high: int, low: int) -> None:
    history = sensor_history(readings)
    keys = ["excursions_high", "excursions_low"]
    found = compute(history, whole(history), custom_target(80, 160), keys=keys)
    assert [found[key].value for key in keys] == [high, low]  # type: ignore[union-attr]
