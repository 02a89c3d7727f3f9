"""A group gives exactly what each of its people gives alone."""

import csv
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.errors import UsageError
from glykos.metrics import CORE, SENSOR_METRICS, Analysis, NotEnoughData, compute, compute_many
from glykos.metrics._batch import TOGETHER, prepared
from glykos.metrics.episodes import standard_episodes
from glykos.metrics.excursions import excursions
from glykos.metrics.profile import profile
from glykos.therapy.clock import local_time, wall_seconds
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.targets import custom_target
from glykos.therapy.units import GlucoseScale
from tests.builders import sensor_series, whole

KEYS = tuple(metric.key for metric in SENSOR_METRICS)
MIDNIGHT_S = wall_seconds(local_time(2024, 3, 4))

#: Readings with short and long pauses, beginning at, near or far from midnight.
people = st.builds(
    lambda start, steps, scale: SensorSeries.build(
        MIDNIGHT_S + start + np.cumsum([0] + [gap for gap, _ in steps[1:]]),
        [count for _, count in steps],
        scale=scale,
        device_id="cgm:1",
    ),
    st.sampled_from([0, 1, 299, 300, 43_200, 86_399]),
    st.lists(
        st.tuples(
            st.sampled_from([300, 300, 300, 300, 290, 900, 901, 2700, 2701, 11_000, 90_000]),
            st.sampled_from([39, 53, 54, 69, 70, 100, 140, 180, 181, 250, 251, 400]),
        ),
        min_size=1,
        max_size=120,
    ),
    st.sampled_from([GlucoseScale.MGDL, GlucoseScale.MGDL_TENTHS, GlucoseScale.MMOLL_TENTHS]),
)


@given(st.lists(people, min_size=1, max_size=6))
def test_every_result_is_that_of_one_person_alone(group: list[SensorSeries]) -> None:
    histories = [History.build(sensor=series, records=()) for series in group]
    window = whole(History.build(sensor=SensorSeries.concat(group), records=()))
    alone = [compute(history, window, keys=KEYS) for history in histories]
    together = compute_many(group, window, keys=KEYS)
    assert together == {key: tuple(one[key] for one in alone) for key in KEYS}


@given(st.lists(people, min_size=2, max_size=4))
def test_places_and_profiles_are_those_of_one_person_alone(group: list[SensorSeries]) -> None:
    histories = [History.build(sensor=series, records=()) for series in group]
    window = whole(History.build(sensor=SensorSeries.concat(group), records=()))
    together = prepared((Analysis(one, window) for one in histories), with_profile=True)
    for history, one in zip(histories, together, strict=True):
        assert_same(one, Analysis(history, window))


def assert_same(one: Analysis, other: Analysis) -> None:
    for make in (profile, excursions):
        first, second = make(one), make(other)
        for name in second.__slots__:  # type: ignore[union-attr]
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    for mine, theirs in zip(standard_episodes(one), standard_episodes(other), strict=True):
        for name in ("start_s", "minutes", "extreme", "mean"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(theirs, name))


def test_more_people_than_fit_one_group_keep_their_order() -> None:
    group = [sensor_series([100 + n] * 12) for n in range(2 * TOGETHER + 1)]
    window = whole(History.build(sensor=group[0], records=()))
    means = compute_many(group, window, keys=["mean"])["mean"]
    assert [one.value for one in means if not isinstance(one, NotEnoughData)] == [
        100 + n for n in range(2 * TOGETHER + 1)
    ]


def test_somebody_without_readings_has_a_reason_and_disturbs_nobody() -> None:
    group = [sensor_series([60] * 6), SensorSeries.empty(), sensor_series([60] * 6)]
    window = whole(History.build(sensor=group[0], records=()))
    found = compute_many(group, window, custom_target(80, 160), keys=CORE)["excursions_low"]
    assert found[0] == found[2] != found[1]
    assert isinstance(found[1], NotEnoughData)


def test_a_key_that_names_no_metric_is_refused() -> None:
    group = [sensor_series([100] * 12)]
    window = whole(History.build(sensor=group[0], records=()))
    with pytest.raises(UsageError):
        compute_many(group, window, keys=["nonsense"])


@pytest.mark.shared_data
def test_real_people_together_are_the_same_as_alone(data_folder: Path) -> None:
    histories = []
    for path in sorted((data_folder / "metrics" / "data").glob("*.raw.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [(row["time"], float(row["gl"])) for row in csv.DictReader(lines)]
        at = [wall_seconds(datetime.fromisoformat(when)) for when, _ in rows]
        counts = [round(value) for _, value in rows]
        series = SensorSeries.build(at, counts, scale=GlucoseScale.MGDL, device_id="cgm:1")
        histories.append(History.build(sensor=series, records=()))
    assert histories
    window = whole(
        History.build(sensor=SensorSeries.concat([one.sensor for one in histories]), records=())
    )
    alone = [compute(history, window, keys=KEYS) for history in histories]
    together = compute_many([history.sensor for history in histories], window, keys=KEYS)
    assert together == {key: tuple(one[key] for one in alone) for key in KEYS}
