"""The glucose profile: percentiles per slot as a plain loop gives them, and least readings."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.metrics import Analysis
from glykos.metrics.profile import profile, profile_of_days, slot_minutes
from glykos.therapy.clock import local_time
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_history, sensor_series, whole


@pytest.mark.parametrize("scale", [GlucoseScale.MGDL, GlucoseScale.MMOLL_TENTHS])
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 14), st.integers(0, 3), st.integers(20, 400)),
        min_size=1,
        max_size=80,
    )
)
def test_percentiles_are_those_of_a_plain_loop(
    scale: GlucoseScale, rows: list[tuple[int, int, int]]
) -> None:
    at = {day * 86_400 + slot * 300: count for day, slot, count in rows}
    series = SensorSeries.build(
        sorted(at), [at[key] for key in sorted(at)], scale=scale, device_id="cgm:1"
    )
    history = History.build(sensor=series, records=())
    analysis = Analysis(history, whole(history))
    width = slot_minutes(analysis)
    found = profile(analysis)
    minute = series.at_s % 86_400 // 60
    for place, start in enumerate(found.minute.tolist()):
        mine = (minute >= start) & (minute < start + width)
        values = series.mgdl[mine]
        days = len(set((series.at_s[mine] // 86_400).tolist()))
        assert (found.n[place], found.days[place]) == (len(values), days)
        for curve, share, least in (
            (found.p5, 5, 10),
            (found.p25, 25, 5),
            (found.p50, 50, 3),
            (found.p75, 75, 5),
            (found.p95, 95, 10),
        ):
            expected = np.percentile(values, share) if len(values) >= least else np.nan
            assert curve[place] == pytest.approx(expected, nan_ok=True)
        mean = values.mean() if days >= 2 else np.nan
        assert found.mean[place] == pytest.approx(mean, nan_ok=True)


def test_mixed_scales_share_one_profile() -> None:
    parts = [
        sensor_series([100.0], start=local_time(2024, 3, day), device_id="a") for day in (4, 5)
    ]
    parts += [
        sensor_series(
            [10.0],
            start=local_time(2024, 3, day),
            scale=GlucoseScale.MMOLL_TENTHS,
            device_id="b",
        )
        for day in (6, 7)
    ]
    history = History.build(sensor=SensorSeries.concat(parts), records=())
    found = profile(Analysis(history, whole(history)))
    assert found.mean[0] == pytest.approx((100 + 180.1559) / 2)
    assert found.p50[0] == pytest.approx((100 + 180.1559) / 2)


def test_a_profile_of_chosen_days_uses_only_these() -> None:
    parts = [
        sensor_history([100 + day] * 288, start=local_time(2024, 3, 4) + timedelta(days=day)).sensor
        for day in range(4)
    ]
    history = History.build(sensor=SensorSeries.concat(parts), records=())
    analysis = Analysis(history, whole(history))
    found = profile_of_days(analysis, [date(2024, 3, 5), date(2024, 3, 6)])
    assert set(found.mean.tolist()) == {101.5}
    assert found.n.tolist() == [2] * 288


def test_nothing_gives_an_empty_profile_of_full_length() -> None:
    history = sensor_history([100])
    nothing = History.build(sensor=SensorSeries.empty(), records=())
    found = profile(Analysis(nothing, whole(history)))
    assert found.n.sum() == 0
    assert np.isnan(found.p50).all()
    assert len(found.minute) == 288


def test_slots_are_at_least_5_minutes_wide() -> None:
    history = sensor_history([100] * 12, step_min=1)
    assert slot_minutes(Analysis(history, whole(history))) == 5
    slow = sensor_history([100] * 12, step_min=15)
    assert slot_minutes(Analysis(slow, whole(slow))) == 15
