"""Insulin by pen: amounts by speed, usual times, and days that nobody logged."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.metrics import Analysis, NotEnoughData, Value, compute
from glykos.metrics._doses import (
    days_of_injections,
    long_times,
    meal_times,
    speeds_in_use,
    usual_times,
)
from glykos.metrics.meals import meals
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import CarbEntry, Injection, InsulinKind
from glykos.therapy.history import History
from glykos.therapy.records import BasalRate, Record
from glykos.therapy.sensor import SensorSeries

START = local_time(2026, 3, 2)
LONG, RAPID = InsulinKind.LONG, InsulinKind.RAPID


def pen(day: int, hour: float, units: float, kind: InsulinKind = RAPID) -> Injection:
    at = START + timedelta(days=day, hours=hour)
    return Injection(at_local=at, device_id="logbook", dose_u=units, insulin=kind)


def meal(day: int, hour: float, grams: float = 40) -> CarbEntry:
    at = START + timedelta(days=day, hours=hour)
    return CarbEntry(at_local=at, device_id="logbook", carbs_g=grams)


def analysis(*records: Record, days: int = 7) -> Analysis:
    history = History.build(sensor=SensorSeries.empty(), records=records)
    return Analysis(history, Window(START.date(), START.date() + timedelta(days=days - 1)))


def numbers(*records: Record, days: int = 7) -> dict[str, object]:
    one = analysis(*records, days=days)
    return dict(compute(one.whole, one.window))


def test_a_day_without_an_entry_is_unknown_and_not_zero() -> None:
    found = numbers(pen(0, 8, 6), pen(0, 22, 20, LONG), pen(3, 8, 8), pen(3, 22, 20, LONG))
    assert found["injected"] == Value(27, "U/day", 2)  # (26 + 28) / 2, not / 7
    assert found["injected_rapid"] == Value(7, "U/day", 2)
    assert found["injection_days"] == Value(2, "d", 7)


def test_a_day_with_one_of_two_insulins_is_not_a_whole_day() -> None:
    found = numbers(pen(0, 8, 6), pen(0, 22, 20, LONG), pen(1, 8, 4))
    assert found["injected"] == Value(26, "U/day", 1)
    assert found["injected_rapid"] == Value(5, "U/day", 2)
    assert found["injected_long_percent"] == Value(pytest.approx(100 * 20 / 26), "%", 1)


def test_insulin_of_unknown_kind_is_not_guessed() -> None:
    one = analysis(pen(0, 8, 6, InsulinKind.UNKNOWN), pen(0, 22, 20, LONG))
    assert speeds_in_use(one) == ("long", "other")
    (day,) = days_of_injections(one)
    assert (day.long_u, day.rapid_u, day.other_u, day.total_u) == (20, None, 6, 26)


def test_without_an_injection_every_number_says_so() -> None:
    found = numbers(meal(0, 8))
    assert found["injected"] == NotEnoughData("no injected insulin was logged in this period")
    assert isinstance(found["long_time"], NotEnoughData)


def test_all_insulin_adds_the_pen_to_the_pump() -> None:
    rates = [
        BasalRate(at_local=START + timedelta(hours=n), device_id="p", rate_u_per_h=1.0)
        for n in range(25)
    ]
    found = numbers(*rates, pen(0, 13, 5), days=1)
    assert found["tdd"] == Value(pytest.approx(24), "U/day", 1)
    assert found["total_insulin"] == Value(pytest.approx(29), "U/day", 1)


@pytest.mark.parametrize(
    ("hours", "usual"),
    [
        ([22, 22.5, 21.5], [22]),
        ([23.5, 0.5, 0.0], [0]),  # midnight is not an edge
        ([7, 7.5, 8, 21, 22, 23], [7.5, 22]),
        ([22, 22, 22, 22, 22, 8], [22]),  # one late dose is no second habit
        ([8, 22], [8]),  # too few for a habit: the first group stands for all
    ],
)
def test_usual_times_lie_together_on_the_clock(hours: list[float], usual: list[float]) -> None:
    found = usual_times([hour * 60 for hour in hours])
    assert [minute / 60 for minute in found] == usual


@given(st.lists(st.integers(0, 1439), min_size=1, max_size=40), st.integers(0, 1439))
def test_usual_times_turn_with_the_clock(minutes: list[int], turn: int) -> None:
    plain = usual_times([float(minute) for minute in minutes])
    turned = usual_times([float((minute + turn) % 1440) for minute in minutes])
    assert 1 <= len(plain) <= 5
    if len(set(minutes)) == 1:
        assert turned == ((minutes[0] + turn) % 1440,)


def test_a_late_dose_after_midnight_belongs_to_the_evening_before() -> None:
    doses = [pen(n, 22, 20, LONG) for n in (0, 1, 3, 4)] + [pen(3, 0.25, 20, LONG)]
    (found,) = long_times(analysis(*doses, days=5))
    assert (found.usual_min, found.doses, found.without) == (22 * 60, 5, 0)
    assert found.on_time == 4


def test_a_late_dose_does_not_make_one_day_twice_as_much() -> None:
    doses = [pen(n, 22, 20, LONG) for n in (0, 1, 3, 4)] + [pen(3, 0.25, 20, LONG)]
    one = analysis(*doses, days=5)
    assert compute(one.whole, one.window)["injected_long"] == Value(20, "U/day", 5)
    assert [day.long_u for day in days_of_injections(one)] == [20, 20, 40, 20]  # by the calendar


def test_spread_and_days_without_an_entry() -> None:
    hours = {0: 21, 1: 22, 2: 22, 4: 22.5, 5: 23}  # no entry on day 3
    others = [pen(n, 8, 5) for n in range(7)]
    one = analysis(*others, *(pen(n, hour, 20, LONG) for n, hour in hours.items()))
    found = dict(compute(one.whole, one.window))
    assert found["long_time"] == Value(22 * 60, "min", 5)
    assert found["long_time_spread"] == Value(30, "min", 5)  # 60, 0, 0, 30, 60
    assert found["long_on_time"] == Value(100, "%", 5)
    # Day 6 ends at 08:00 with nothing after it: it is not complete and tells nothing.
    assert found["long_days_without"] == Value(1, "d", 6)


def test_two_doses_a_day_have_two_usual_times() -> None:
    doses = [pen(n, hour, 10, LONG) for n in range(4) for hour in (8, 20)]
    one = analysis(*doses, days=4)
    assert [(t.usual_min, t.doses) for t in long_times(one)] == [(480, 4), (1200, 4)]
    assert isinstance(compute(one.whole, one.window)["long_time"], NotEnoughData)


def test_the_first_dose_of_each_meal_window_counts() -> None:
    doses = [pen(0, 7, 5), pen(0, 9, 1), pen(1, 7.5, 6), pen(2, 8, 7), pen(2, 12.5, 4)]
    breakfast, lunch = meal_times(analysis(*doses, days=3))
    assert (breakfast.name, breakfast.usual_min, breakfast.doses) == ("Breakfast", 450, 3)
    assert (breakfast.spread_min, breakfast.usual_u) == (30, 6)
    assert (lunch.doses, lunch.spread_min) == (1, None)


def test_a_dose_near_a_meal_is_that_meals_dose() -> None:
    records = [meal(0, 8), pen(0, 7.75, 5), meal(1, 8), pen(1, 8.9, 3), meal(2, 8), pen(2, 9.5, 4)]
    one = analysis(*records, pen(0, 8, 20, LONG), days=3)
    found = meals(one).overlays[0].meals
    assert [m.bolus_u for m in found] == [5, 3, None]
    assert compute(one.whole, one.window)["meals_with_dose"] == Value(
        pytest.approx(200 / 3), "%", 3
    )


@pytest.mark.parametrize("first", [0, 4])
def test_a_dose_for_a_week_is_no_dose_of_a_day(first: int) -> None:
    weekly = [replace(pen(n, 9, 140, LONG), brand="awiqli ") for n in (0, 7)]
    rapid = [pen(n, 8, 5) for n in range(14)]
    history = History.build(sensor=SensorSeries.empty(), records=[*weekly, *rapid])
    start = START.date() + timedelta(days=first)
    told = Analysis(history, Window(start, start + timedelta(days=2)))
    found = dict(compute(told.whole, told.window))
    for key in ("injected", "injected_long", "total_insulin", "long_days_without", "long_time"):
        assert isinstance(found[key], NotEnoughData), key
    assert found["injected_rapid"] == Value(5.0, "U/day", 3)
    assert not long_times(told)
