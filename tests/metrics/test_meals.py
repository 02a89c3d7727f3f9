"""Meals aligned to the carb entry, and nights on the clock."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from glykos.metrics import Analysis
from glykos.metrics.meals import MealOverlay, Meals, meals
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import CarbEntry
from glykos.therapy.history import History
from tests.builders import sensor_history

START = local_time(2024, 3, 4)


def found(values: list[float], *entries: tuple[datetime, float], days: int = 1) -> Meals:
    records = [CarbEntry(at_local=at, device_id="log", carbs_g=grams) for at, grams in entries]
    history: History = sensor_history(values, records=records)
    last = START.date() + timedelta(days=days - 1)
    return meals(Analysis(history, Window(START.date(), last)))


def at(hour: float, day: int = 0) -> datetime:
    return START + timedelta(days=day, hours=hour)


def breakfast(result: Meals) -> MealOverlay:
    return result.overlays[0]


def test_a_meal_is_the_first_entry_of_10_g_in_its_window() -> None:
    result = found([100] * 288, (at(6.5), 9), (at(8), 40), (at(9.5), 60), (at(15.5), 30))
    (meal,) = breakfast(result).meals
    assert (meal.at_s % 86_400 / 3600, meal.carbs_g, meal.cut_short) == (8, 40, True)
    assert result.other_entries == 3


@pytest.mark.parametrize(("minutes", "grams"), [(30, 60), (31, 40)])
def test_entries_at_most_30_minutes_apart_are_one_meal(minutes: int, grams: float) -> None:
    result = found([100] * 288, (at(7), 40), (at(7) + timedelta(minutes=minutes), 20))
    assert breakfast(result).carbs_g == grams


def test_carbs_for_a_low_are_not_a_meal() -> None:
    result = found([60] * 288, (at(7), 20))
    assert breakfast(result).meals == ()
    assert result.treatments == 1


def test_numbers_before_and_after_a_meal() -> None:
    """100 before 08:00, a rise to 220 at 09:30, back to 130 from 10:30 on."""
    values = [100.0] * 97
    values += np.linspace(100, 220, 19)[1:].tolist()
    values += np.linspace(220, 130, 13)[1:].tolist()
    values += [130.0] * (288 - len(values))
    one = breakfast(found([round(value) for value in values], (at(8), 50)))
    assert one.before is not None
    assert (one.before.mean, one.before.n, one.before.in_target) == (100, 12, 100)
    assert one.after is not None
    assert one.after.n == 25  # 60 to 180 min, both ends
    assert (one.peak, one.minutes_to_peak, one.rise, one.change_3h) == (220, 90, 120, 30)
    assert one.traces.shape == (1, 49)
    assert one.traces[0, 12] == 100
    assert np.isnan(one.mean).all()  # a mean line needs two meals


def test_a_meal_followed_by_another_keeps_its_trace_only() -> None:
    one = breakfast(found([100] * 288, (at(7), 40), (at(9), 40)))
    assert len(one.traces) == 1
    assert one.after is None
    assert one.peak is None


def test_nights_belong_to_their_evening() -> None:
    values = [150] * 288 + [100] * 288
    result = found(values, days=2)
    night = result.night
    assert night.nights == (START.date(),)
    assert night.bedtime == 150
    assert night.wake_up == 100
    assert night.minute[0] == 20 * 60
    assert night.minute[-1] == 1440 + 9 * 60


def test_no_data_gives_empty_overlays() -> None:
    result = found([100])
    assert [one.meals for one in result.overlays] == [(), (), ()]
    assert result.night.nights == ()
    assert result.night.shares is None
