"""Carbs: the same intake told twice counts once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from glykos.metrics import NotEnoughData, Value, compute
from glykos.metrics._analysis import Analysis
from glykos.metrics.carbs import carbs_by_day
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import CarbEntry
from glykos.therapy.history import History
from glykos.therapy.records import Bolus, BolusEstimate, BolusKind, Record
from glykos.therapy.sensor import SensorSeries
from tests.builders import whole

START = local_time(2024, 3, 4, 8)


def estimate(minutes: float, grams: float) -> BolusEstimate:
    return BolusEstimate(
        at_local=START + timedelta(minutes=minutes),
        device_id="p",
        source_id=f"e{minutes}",
        carbs_g=grams,
    )


def marker(minutes: float, grams: float) -> CarbEntry:
    return CarbEntry(at_local=START + timedelta(minutes=minutes), device_id="log", carbs_g=grams)


def numbers(*records: Record) -> dict[str, object]:
    history = History.build(sensor=SensorSeries.empty(), records=records)
    return dict(compute(history, whole(history)))


@pytest.mark.parametrize(
    ("minutes", "grams", "total"), [(15, 40, 40), (16, 40, 80), (-15, 40, 40), (5, 41, 81)]
)
def test_the_same_grams_within_15_minutes_are_one_intake(
    minutes: float, grams: float, total: float
) -> None:
    found = numbers(estimate(0, 40), marker(minutes, grams))
    assert found["carbs_entry_days"] == Value(total, "g/day", 1)


def test_one_estimate_explains_one_marker() -> None:
    found = numbers(estimate(0, 20), marker(2, 20), marker(4, 20))
    assert found["carbs_entry_days"] == Value(40, "g/day", 1)
    assert found["carbs_merged"] == Value(1, "entries", 2)


def test_carbs_per_day_are_over_all_and_over_entry_days() -> None:
    bolus = Bolus(
        at_local=START + timedelta(days=1, hours=13),
        device_id="p",
        bolus_kind=BolusKind.NORMAL,
        delivered_now_u=5,
    )
    found = numbers(estimate(0, 50), bolus)
    assert found["carbs"] == Value(25, "g/day", 2)
    assert found["carbs_entry_days"] == Value(50, "g/day", 1)
    assert found["carbs_per_unit"] == Value(10, "g/U", 1)


def test_no_entry_is_unknown_not_zero() -> None:
    bolus = Bolus(at_local=START, device_id="p", bolus_kind=BolusKind.NORMAL, delivered_now_u=5)
    assert numbers(bolus)["carbs"] == NotEnoughData("no carbohydrate was entered in this period")


def test_a_meal_told_twice_around_midnight_is_one_on_whichever_days_are_looked_at() -> None:
    told = [estimate(16 * 60 - 1, 40), replace(marker(16 * 60 + 5, 40), device_id="p")]
    history = History.build(sensor=SensorSeries.empty(), records=told)
    evening, night = (local_time(2024, 3, day).date() for day in (4, 5))
    on = [carbs_by_day(Analysis(history, Window(day, day))) for day in (evening, night)]
    assert on == [{evening: 40}, {}]
