"""Hours that a clock repeated are told apart, and nothing else is."""

import numpy as np
import pytest

from glykos.formats._passes import second_pass
from glykos.therapy.clock import local_time, wall_seconds

#: The end of summer time in Europe, a Sunday.
_NIGHT = wall_seconds(local_time(2024, 10, 27))


def _walk(*spans: tuple[str, str], step_min: int = 5) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    at: list[int] = []
    for first, last in spans:
        lo, hi = (
            sum(int(p) * f for p, f in zip(s.split(":"), (3600, 60), strict=True))
            for s in (first, last)
        )
        at += range(_NIGHT + lo, _NIGHT + hi + 1, step_min * 60)
    return np.array(at, np.int64)


@pytest.mark.parametrize("step_min", [5, 15])
def test_the_second_pass_of_an_autumn_night_is_marked(step_min: int) -> None:
    last = 60 - step_min
    at = _walk(("1:00", f"2:{last}"), ("2:00", "4:00"), step_min=step_min)
    found = second_pass(at)
    repeated = 60 // step_min
    first = 2 * 60 // step_min
    assert np.flatnonzero(found).tolist() == list(range(first, first + repeated))


def test_a_file_with_the_newest_row_first_is_lived_backwards() -> None:
    at = _walk(("1:00", "2:55"), ("2:00", "4:00"))
    assert (second_pass(at[::-1]) == second_pass(at)[::-1]).all()


@pytest.mark.parametrize("days", [1, 60, 200])
def test_a_step_back_that_is_no_end_of_summer_time_is_left_alone(days: int) -> None:
    at = _walk(("1:00", "2:55"), ("2:00", "4:00")) + days * 86_400
    assert not second_pass(at).any()


def test_the_sensors_own_clock_proves_a_journey() -> None:
    day_s = 30 * 86_400
    at = np.concatenate([_walk(("8:00", "12:00")), _walk(("6:00", "14:00"))]) + day_s
    ticks = np.arange(len(at), dtype=np.float64) * 300
    assert not second_pass(at).any()
    assert second_pass(at, ticks).sum() == 73  # 06:00 to 12:00, both included
    shuffled = np.random.default_rng(1).permutation(len(at))
    assert (second_pass(at[shuffled], ticks[shuffled]) == second_pass(at, ticks)[shuffled]).all()


def test_a_clock_that_stands_still_proves_nothing() -> None:
    at = np.concatenate([_walk(("8:00", "12:00")), _walk(("6:00", "14:00"))])
    assert not second_pass(at, np.ones(len(at))).any()
    assert not second_pass(at[:1]).any()
