"""Episodes: the published edge cases, and the same answer as a point-by-point loop."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.metrics import Analysis, NotEnoughData, Value, compute
from glykos.metrics._resample import grid
from glykos.metrics.episodes import find_episodes, hypo_lv1
from glykos.therapy.clock import local_time
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.targets import LOW
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_history, whole
from tests.conftest import shared_data

NOON = local_time(2024, 3, 4, 12)


def cases() -> list[dict[str, object]]:
    folder = shared_data()
    if folder is None:
        return [{"name": ""}]
    told = json.loads((folder / "metrics" / "synthetic.json").read_text(encoding="utf-8"))
    return list(told["episodes"]["cases"])


@pytest.mark.shared_data
@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_published_edge_cases(data_folder: Path, case: dict[str, object]) -> None:
    values = [float(value) for value, count in case["runs"] for _ in range(count)]  # type: ignore[attr-defined]
    history = sensor_history(values, start=NOON)
    analysis = Analysis(history, whole(history))
    found = compute(history, whole(history))
    at_least_120 = len(find_episodes(analysis, LOW, above=False, start_min=120))
    results = {
        "hypo_lv1": found["ep_hypo_lv1_n"],
        "hypo_lv2": found["ep_hypo_lv2_n"],
        "hypo_lv1_excl": found["ep_hypo_lv1_excl_n"],
        "minutes": found["ep_hypo_lv1_dur"],
        "extended_gt120": found["ep_hypo_extended_n"],
        "extended_ge120": Value(at_least_120, "episodes", at_least_120),
    }
    for name, expected in case["expect"].items():  # type: ignore[attr-defined]
        got = results[name]
        assert isinstance(got, Value)
        assert got.value == expected, name


@pytest.mark.parametrize(("pause_min", "expected"), [(45, 1), (46, 2)])
def test_a_pause_of_more_than_45_min_ends_an_episode(pause_min: int, expected: int) -> None:
    start = 12 * 3600
    at = [start + n * 300 for n in range(4)]
    at += [at[-1] + pause_min * 60 + n * 300 for n in range(4)]
    series = SensorSeries.build(at, [60] * 8, scale=GlucoseScale.MGDL, device_id="cgm:1")
    history = History.build(sensor=series, records=())
    assert len(hypo_lv1(Analysis(history, whole(history)))) == expected


def test_nadir_and_mean_of_an_episode() -> None:
    history = sensor_history([100] * 6 + [65, 60, 55] + [100] * 6, start=NOON)
    found = compute(history, whole(history))
    assert found["ep_hypo_lv1_nadir"] == Value(55, "mg/dL", 1)
    assert found["ep_hypo_lv1_gl"] == Value(pytest.approx(60), "mg/dL", 1)
    assert found["ep_hyper_lv1_peak"] == NotEnoughData("there was no such episode")
    assert found["ep_hyper_lv1_dur"] == Value(0.0, "min", 0)


def test_rates_leave_gaps_out_of_the_time() -> None:
    """One episode within half a recorded day is two per day and fourteen per week."""
    history = sensor_history([100] * 100 + [60] * 4 + [100] * 40, start=NOON)
    found = compute(history, whole(history))
    recorded = grid(Analysis(history, whole(history))).recorded_days
    assert recorded == pytest.approx(0.5, abs=0.01)
    assert found["ep_hypo_lv1_perday"] == Value(pytest.approx(1 / recorded), "episodes/day", 1)
    assert found["ep_hypo_lv1_perweek"] == Value(pytest.approx(7 / recorded), "episodes/week", 1)


def test_a_mmol_reading_of_3_9_is_not_low() -> None:
    history = sensor_history([3.9] * 12, scale=GlucoseScale.MMOLL_TENTHS, start=NOON)
    assert compute(history, whole(history))["ep_hypo_lv1_n"] == Value(0, "episodes", 0)


def plain_loop(glucose: list[float], to_start: int, to_end: int) -> list[tuple[int, int]]:
    """Episodes below 70 as (first, end) by walking; None-like NaN ends a stretch."""
    found: list[tuple[int, int]] = []
    n = 0
    while n < len(glucose):
        run = 0
        while n + run < len(glucose) and glucose[n + run] < 70:
            run += 1
        if run < to_start:
            n += max(run, 1)
            continue
        first, end = n, n + run
        back = 0
        while end + back < len(glucose) and not np.isnan(glucose[end + back]) and back < to_end:
            if glucose[end + back] < 70:
                end, back = end + back + 1, 0
            else:
                back += 1
        found.append((first, end if back == to_end else end + back))
        n = end + back
    return found


@pytest.mark.parametrize("step_min", [3, 5, 15])
@given(data=st.data())
def test_episodes_are_those_of_a_plain_loop(step_min: int, data: st.DataObject) -> None:
    runs = data.draw(
        st.lists(
            st.tuples(st.sampled_from([50, 69, 70, 71, 100, 0]), st.integers(1, 8)), max_size=25
        )
    )
    values = [value for value, count in runs for _ in range(count)]
    rows = [(n * step_min * 60 + 600 * 60, value) for n, value in enumerate(values) if value]
    # Two quiet readings before everything fix the sample interval.
    rows = [(600 * 60 - k * step_min * 60, 100) for k in (3, 2, 1)] + rows
    series = SensorSeries.build(
        [at for at, _ in rows],
        [value for _, value in rows],
        scale=GlucoseScale.MGDL,
        device_id="cgm:1",
    )
    history = History.build(sensor=series, records=())
    analysis = Analysis(history, whole(history))
    series_on_grid = grid(analysis)
    # Interpolated values can lie just beside the limit; judge as the metric does.
    glucose = [value + 1e-6 for value in series_on_grid.glucose.tolist()]
    found = hypo_lv1(analysis)
    to = -(-15 // series_on_grid.step_min)
    assert list(zip(found.first.tolist(), found.end.tolist(), strict=True)) == plain_loop(
        glucose, to, to
    )
