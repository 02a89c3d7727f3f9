"""Sensor columns: nothing depends on the order of import, nothing is averaged."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.therapy.clock import Window, date_of, local_time, wall_seconds
from glykos.therapy.sensor import BACKFILLED, EXCLUDED, FOLD, HIGH, LOW, SensorSeries
from glykos.therapy.units import GlucoseScale, GlucoseUnit

START = wall_seconds(local_time(2026, 5, 1))


def series(
    *readings: tuple[float, int], device: str = "cgm:1", flag: int = 0, scale: int = 1
) -> SensorSeries:
    return SensorSeries.build(
        [START + round(minute * 60) for minute, _ in readings],
        [count for _, count in readings],
        scale=GlucoseScale(scale),
        device_id=device,
        flag=[flag] * len(readings),
    )


def table(found: SensorSeries) -> list[tuple[float, int, str, int]]:
    return [
        ((wall_seconds(r.at_local) - START) / 60, r.glucose.count, r.device_id, r.flag)
        for r in found.rows()
    ]


parts = st.lists(
    st.builds(
        lambda readings, device, flag: series(*readings, device=device, flag=flag),
        st.lists(
            st.tuples(st.integers(0, 600).map(lambda n: n * 2.5), st.integers(40, 400)), max_size=12
        ),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([0, FOLD, BACKFILLED, EXCLUDED]),
    ),
    max_size=4,
)


@given(parts, st.randoms(use_true_random=False))
def test_order_of_import_decides_nothing(found: list[SensorSeries], random: object) -> None:
    mixed = list(found)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = SensorSeries.concat(found).distinct(), SensorSeries.concat(mixed).distinct()
    assert table(one) == table(other)
    assert table(one.primary()) == table(other.primary())


@given(parts)
def test_importing_twice_changes_nothing(found: list[SensorSeries]) -> None:
    once = SensorSeries.concat(found).distinct()
    assert table(SensorSeries.concat([once, once]).distinct()) == table(once)
    assert table(SensorSeries.concat([*found, *found]).distinct()) == table(once)


@given(parts)
def test_series_are_sorted_and_distinct(found: list[SensorSeries]) -> None:
    rows = SensorSeries.concat(found).distinct()
    keys = [(r.at_local, r.flag & FOLD, r.device_id) for r in rows.rows()]
    assert len(set(keys)) == len(keys)
    assert (np.diff(rows.at_s) >= 0).all()


@given(parts)
def test_primary_is_a_part_without_excluded_readings(found: list[SensorSeries]) -> None:
    everything = SensorSeries.concat(found).distinct()
    primary = everything.primary()
    assert set(table(primary)) <= set(table(everything))
    assert not (primary.flag & EXCLUDED).any()


def test_primary_takes_the_main_device_and_fills_its_gaps() -> None:
    main = series(*((m, 100) for m in range(0, 300, 5)), *((m, 100) for m in range(400, 900, 5)))
    other = series(*((m + 1, 200) for m in range(0, 900, 15)), device="cgm:2")
    found = SensorSeries.concat([other, main]).primary()
    filled = [minute for minute, count, _, _ in table(found) if count == 200]
    assert filled == [316, 331, 346, 361, 376, 391][: len(filled)]
    assert filled[0] - 295 > 7.5
    assert 400 - filled[-1] > 7.5
    assert sum(count == 100 for _, count, _, _ in table(found)) == len(main)


@given(parts)
def test_of_five_minutes_one_source_speaks(found: list[SensorSeries]) -> None:
    primary = SensorSeries.concat(found).distinct().primary()
    slots: dict[int, set[int]] = {}
    for at_s, device in zip(primary.at_s.tolist(), primary.device.tolist(), strict=True):
        slots.setdefault(at_s // 300, set()).add(device)
    assert all(len(devices) == 1 for devices in slots.values())


@given(parts, st.integers(0, 3))
def test_the_answer_of_a_day_depends_on_that_day_alone(
    found: list[SensorSeries], shift_days: int
) -> None:
    moved = [
        part.at_other_times(part.at_s + n * 86_400 * shift_days, part.flag)
        for n, part in enumerate(found)
    ]
    everything = SensorSeries.concat(moved).distinct()
    days = sorted(set((everything.at_s // 86_400).tolist()))
    alone = [everything.between(d * 86_400, (d + 1) * 86_400).primary() for d in days]
    assert table(SensorSeries.concat(alone)) == table(everything.primary())


def test_the_same_sensor_through_two_services_is_one_series() -> None:
    """One minute-by-minute rounding apart, as two real services of one sensor are."""
    own = series(*((15 * n, 55 + n) for n in range(90)), device="abbott:1", scale=2)
    again = series(*((15 * n, 55 + n - n % 2) for n in range(80)), device="diasend:x", scale=2)
    for order in permutations([own, again]):
        assert table(SensorSeries.concat(list(order)).primary()) == table(own)


def test_scans_only_fill_what_the_sensor_did_not_keep() -> None:
    kept = series(*((15 * n, 100) for n in range(10)), device="abbott:1")
    scans = series(*((n * 7 + 1, 120) for n in range(60)), device="abbott:1#scan")
    found = SensorSeries.concat([kept, scans]).primary()
    scanned = [minute for minute, count, _, _ in table(found) if count == 120]
    assert len([1 for _, count, _, _ in table(found) if count == 100]) == len(kept)
    assert scanned
    assert min(scanned) > 135 + 22.5


def test_sources_that_share_no_day_keep_all_their_readings() -> None:
    first = series(*((5 * n, 100) for n in range(50)), device="b")
    second = series(*((1440 + 5 * n, 100) for n in range(20)), device="a")
    assert len(SensorSeries.concat([first, second]).primary()) == 70


def test_two_devices_with_as_many_readings_choose_the_same_in_any_order() -> None:
    devices = [series((0, 100), (5, 101), device="b"), series((1, 200), (6, 201), device="a")]
    results = [table(SensorSeries.concat(list(p)).primary()) for p in permutations(devices)]
    assert results[0] == results[1]


def test_repeated_hour_keeps_both_passes() -> None:
    both = SensorSeries.concat([series((60, 100)), series((60, 140), flag=FOLD)]).distinct()
    assert [count for _, count, _, _ in table(both)] == [100, 140]


def test_conflicting_readings_of_one_instant_leave_the_larger() -> None:
    for pair in permutations([series((0, 100)), series((0, 120))]):
        assert table(SensorSeries.concat(list(pair)).distinct())[0][1] == 120


def test_scales_are_read_as_reported() -> None:
    mixed = SensorSeries.concat(
        [series((0, 100)), series((5, 55), scale=2), series((10, 1005), scale=3)]
    )
    assert mixed.mgdl == pytest.approx([100, 5.5 * 18.01559, 100.5])
    assert mixed.rows()[1].glucose.value_in(GlucoseUnit.MMOLL) == 5.5


def test_limits_are_kept() -> None:
    rows = SensorSeries.concat([series((0, 40), flag=LOW), series((5, 400), flag=HIGH)]).rows()
    assert [row.glucose.limit for row in rows] == ["low", "high"]


def test_parts_by_time() -> None:
    day = series(*((m, 100) for m in range(0, 2880, 5)))
    assert len(day.between(START, START + 3600)) == 12
    first = Window(date_of(START // 86_400), date_of(START // 86_400))
    assert len(day.within(first)) == 288
    assert len(day[day.at_s < START + 600]) == 2


@pytest.mark.parametrize(("step", "expected"), [(1, 1), (3, 3), (5, 5), (15, 15)])
def test_interval_is_the_usual_spacing(step: int, expected: int) -> None:
    assert (
        series(*((m, 100) for m in range(0, 60 * step, step)), (9999, 100)).interval_min()
        == expected
    )


def test_empty_series() -> None:
    empty = SensorSeries.empty()
    assert len(empty) == len(empty.primary()) == len(empty.distinct()) == len(empty.mgdl) == 0
    assert SensorSeries.concat([]).rows() == []
    assert empty.interval_min() == 5
