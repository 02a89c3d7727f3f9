"""Worked examples: which band a single reading falls in."""

import pytest

from glykos.metrics import Analysis, Value, compute
from glykos.metrics.bands import bands, largest_remainder
from glykos.therapy.targets import custom_target
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_history, whole

MGDL, MMOLL, TENTHS = GlucoseScale.MGDL, GlucoseScale.MMOLL_TENTHS, GlucoseScale.MGDL_TENTHS


@pytest.mark.parametrize(
    ("scale", "reading", "band"),
    [
        (MGDL, 53, "very_low"),
        (MGDL, 54, "low"),
        (MGDL, 69, "low"),
        (MGDL, 70, "in_range"),
        (MGDL, 180, "in_range"),
        (MGDL, 181, "high"),
        (MGDL, 250, "high"),
        (MGDL, 251, "very_high"),
        (TENTHS, 69.9, "low"),
        (TENTHS, 180.1, "high"),
        (MMOLL, 2.9, "very_low"),
        (MMOLL, 3.0, "low"),
        (MMOLL, 3.8, "low"),
        (MMOLL, 3.9, "in_range"),  # 70.26 mg/dL
        (MMOLL, 10.0, "in_range"),  # 180.16 mg/dL
        (MMOLL, 10.1, "high"),
        (MMOLL, 13.9, "high"),  # 250.42 mg/dL
        (MMOLL, 14.0, "very_high"),
    ],
)
def test_a_reading_falls_in_one_band(scale: GlucoseScale, reading: float, band: str) -> None:
    history = sensor_history([reading], scale=scale)
    found = bands(Analysis(history, whole(history)))
    assert found is not None
    shares = {
        name: getattr(found, name) for name in ("very_low", "low", "in_range", "high", "very_high")
    }
    assert shares == {name: 100.0 if name == band else 0.0 for name in shares}


@pytest.mark.parametrize(
    ("reading", "expected"), [(79, "below"), (80, "in"), (160, "in"), (161, "above")]
)
def test_both_ends_of_the_persons_own_range_belong_to_it(reading: float, expected: str) -> None:
    history = sensor_history([reading])
    found = compute(history, whole(history), custom_target(80, 160))
    for part in ("below", "in", "above"):
        assert found[f"target_{part}"] == Value(100.0 if part == expected else 0.0, "%", 1)


@pytest.mark.parametrize(
    ("shares", "whole_numbers"),
    [
        ((1.5, 2.5, 70.4, 20.2, 5.4), (2, 3, 70, 20, 5)),
        ((33.3, 33.3, 33.4), (33, 33, 34)),
        ((100.0, 0.0), (100, 0)),
        ((0.4, 99.6), (0, 100)),
    ],
)
def test_parts_of_a_stacked_bar_add_up_to_100(
    shares: tuple[float, ...], whole_numbers: tuple[int, ...]
) -> None:
    assert largest_remainder(shares) == whole_numbers
