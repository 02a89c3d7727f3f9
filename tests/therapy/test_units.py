"""Units against published conversions: no number here comes from our own output."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.therapy.units import (
    Glucose,
    GlucoseScale,
    GlucoseUnit,
    format_glucose,
    from_mgdl,
    hba1c_mmol_per_mol,
    hba1c_percent,
    to_mgdl,
)

MGDL, MMOLL = GlucoseUnit.MGDL, GlucoseUnit.MMOLL


@pytest.mark.parametrize(
    ("mgdl", "mmoll"),
    [(54, "3.0"), (63, "3.5"), (70, "3.9"), (140, "7.8"), (180, "10.0"), (250, "13.9")],
)
def test_consensus_limits_in_both_units(mgdl: int, mmoll: str) -> None:
    assert format_glucose(mgdl, MMOLL) == mmoll
    assert format_glucose(mgdl, MGDL) == str(mgdl)


@pytest.mark.parametrize(
    ("percent", "ifcc"), [(5.0, 31), (6.5, 48), (7.0, 53), (8.0, 64), (10.0, 86)]
)
def test_hba1c_table_of_the_ngsp(percent: float, ifcc: int) -> None:
    assert round(hba1c_mmol_per_mol(percent)) == ifcc
    assert hba1c_percent(hba1c_mmol_per_mol(percent)) == pytest.approx(percent)


@given(st.floats(1, 600), st.sampled_from(GlucoseUnit))
def test_conversion_round_trips(value: float, unit: GlucoseUnit) -> None:
    assert from_mgdl(to_mgdl(value, unit), unit) == pytest.approx(value)


@given(st.integers(20, 600))
def test_whole_mgdl_stay_whole(value: int) -> None:
    glucose = Glucose.reported(value, MGDL)
    assert (glucose.count, glucose.scale, glucose.mgdl) == (value, GlucoseScale.MGDL, value)


@given(st.integers(10, 333))
def test_tenths_of_mmol_come_back_as_reported(tenths: int) -> None:
    glucose = Glucose.reported(tenths / 10, MMOLL)
    assert glucose.value_in(MMOLL) == tenths / 10
    assert glucose.scale.unit is MMOLL
    assert glucose.mgdl == pytest.approx(tenths * 1.801559)


@given(st.floats(20, 600, allow_nan=False))
def test_computed_values_keep_enough_decimals(value: float) -> None:
    assert Glucose.mgdl_value(value).mgdl == pytest.approx(value, abs=0.051)
    if value <= 511:
        assert Glucose.mgdl_value(value).mgdl == pytest.approx(value, abs=1 / 128 + 1e-6)


def test_limit_is_carried() -> None:
    assert Glucose.reported(40, MGDL, "low").limit == "low"
    assert Glucose.reported(22.2, MMOLL, "high").limit == "high"
