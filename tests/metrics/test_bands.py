"""Bands by histogram are the bands by looking at each reading; windows add up."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.metrics import Analysis, Value, compute
from glykos.metrics.bands import bands, own_bands, target_bands
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.targets import STANDARD, TARGET_PRESETS, Limit
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_history, whole

SCALES = [GlucoseScale.MGDL, GlucoseScale.MMOLL_TENTHS, GlucoseScale.MGDL_TENTHS]
KEYS = {
    "tbr54": (0, Limit(54, 3.0)),
    "tbr70": (0, Limit(70, 3.9)),
    "tbr63": (0, Limit(63, 3.5)),
    "tar140": (1, Limit(140, 7.8)),
    "tar180": (1, Limit(180, 10.0)),
    "tar250": (1, Limit(250, 13.9)),
}


@pytest.mark.parametrize("scale", SCALES)
@given(counts=st.lists(st.integers(20, 320), min_size=1, max_size=50))
def test_shares_are_those_of_a_plain_loop(scale: GlucoseScale, counts: list[int]) -> None:
    factor = 10 if scale is GlucoseScale.MGDL_TENTHS else 1
    values = [count * factor for count in counts]
    series = SensorSeries.build(
        np.arange(len(values)) * 300, np.array(values), scale=scale, device_id="cgm:1"
    )
    history = History.build(sensor=series, records=())
    found = compute(history, whole(history))
    for key, (above, limit) in KEYS.items():
        at = limit.in_counts(scale)
        beyond = sum(value > at if above else value < at for value in values)
        assert found[key] == Value(pytest.approx(100 * beyond / len(values)), "%", len(values))


@given(counts=st.lists(st.integers(20, 400), min_size=1, max_size=50))
def test_the_five_bands_add_up(counts: list[int]) -> None:
    history = sensor_history(counts)
    analysis = Analysis(history, whole(history))
    found = bands(analysis)
    assert found is not None
    parts = (found.very_low, found.low, found.in_range, found.high, found.very_high)
    assert sum(parts) == pytest.approx(100)
    for preset in TARGET_PRESETS:
        shares = target_bands(analysis, preset)
        assert shares is not None
        assert sum(shares) == pytest.approx(100)
        assert min(shares) >= -1e-9


@given(
    counts=st.lists(st.integers(40, 400), min_size=4, max_size=60),
    order=st.randoms(use_true_random=False),
)
def test_the_order_of_records_plays_no_part(counts: list[int], order: object) -> None:
    rows = list(enumerate(counts))
    order.shuffle(rows)  # type: ignore[attr-defined]
    shuffled = SensorSeries.build(
        np.array([n * 3600 for n, _ in rows]),
        np.array([count for _, count in rows]),
        scale=GlucoseScale.MGDL,
        device_id="cgm:1",
    )
    straight = SensorSeries.build(
        np.arange(len(counts)) * 3600, np.array(counts), scale=GlucoseScale.MGDL, device_id="cgm:1"
    )
    one = History.build(sensor=shuffled, records=())
    other = History.build(sensor=straight, records=())
    assert compute(one, whole(one)) == compute(other, whole(other))


@given(counts=st.lists(st.integers(40, 400), min_size=30, max_size=80), cut=st.integers(1, 2))
def test_splitting_a_window_adds_up(counts: list[int], cut: int) -> None:
    history = sensor_history(counts, step_min=60)
    window = Window(whole(history).first, whole(history).first + timedelta(days=3))
    middle = window.first + timedelta(days=cut)
    first = Window(window.first, middle - timedelta(days=1))
    second = Window(middle, window.last)
    total = own_bands(Analysis(history, window, STANDARD))
    parts = [own_bands(Analysis(history, part, STANDARD)) for part in (first, second)]
    assert total is not None
    known = [part for part in parts if part is not None]
    assert sum(part.n for part in known) == total.n
    assert sum(part.below * part.n for part in known) == pytest.approx(total.below * total.n)
    assert sum(part.above * part.n for part in known) == pytest.approx(total.above * total.n)
