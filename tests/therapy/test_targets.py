"""Targets in both units' own conventions (Battelino 2019, fig. 1)."""

import pytest

from glykos.therapy.targets import (
    HIGH,
    LOW,
    STANDARD,
    TARGET_PRESETS,
    VERY_HIGH,
    VERY_LOW,
    DayPlan,
    Limit,
    custom_target,
)
from glykos.therapy.units import GlucoseScale


@pytest.mark.parametrize(
    ("limit", "mgdl", "mmoll_tenths"),
    [(VERY_LOW, 54, 30), (LOW, 70, 39), (HIGH, 180, 100), (VERY_HIGH, 250, 139)],
)
def test_limits_are_whole_counts_of_each_scale(limit: Limit, mgdl: int, mmoll_tenths: int) -> None:
    assert limit.in_counts(GlucoseScale.MGDL) == mgdl
    assert limit.in_counts(GlucoseScale.MGDL_TENTHS) == mgdl * 10
    assert limit.in_counts(GlucoseScale.MMOLL_TENTHS) == mmoll_tenths


def test_every_scale_has_a_limit_at_the_same_glucose() -> None:
    for scale in GlucoseScale:
        assert LOW.in_counts(scale) * scale.mgdl_per_count == pytest.approx(70, abs=0.3)


def test_presets_have_their_own_keys_and_sensible_ranges() -> None:
    assert len({preset.key for preset in TARGET_PRESETS}) == len(TARGET_PRESETS)
    for preset in TARGET_PRESETS:
        assert preset.very_low.mgdl < preset.low.mgdl < preset.high.mgdl
    assert (STANDARD.low.mgdl, STANDARD.high.mgdl) == (70, 180)
    pregnancy = next(p for p in TARGET_PRESETS if p.key == "pregnancy")
    assert (pregnancy.low.mgdl, pregnancy.high.mgdl, pregnancy.very_high) == (63, 140, None)


def test_own_target_uses_the_conventional_rounding() -> None:
    own = custom_target(80, 160)
    assert (own.low.mmoll, own.high.mmoll) == (4.4, 8.9)
    assert custom_target(70, 180).low == LOW


def test_usual_meals_come_in_the_order_of_the_day() -> None:
    names = [name for name, _ in DayPlan().meals]
    assert names == ["Breakfast", "Lunch", "Dinner"]
    assert 7 * 60 in DayPlan().breakfast
    assert 23 * 60 + 59 in DayPlan().bedtime
