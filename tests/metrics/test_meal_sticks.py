"""Finger-sticks around meals, for people without a sensor."""

from datetime import timedelta

from glykos.metrics import Analysis
from glykos.metrics._meal_sticks import meal_sticks
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import CarbEntry
from glykos.therapy.history import History
from glykos.therapy.records import MeterGlucose, Record
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose

START = local_time(2026, 3, 2)


def stick(day: int, hour: float, mgdl: int) -> MeterGlucose:
    at = START + timedelta(days=day, hours=hour)
    return MeterGlucose(at_local=at, device_id="m", glucose=Glucose.mgdl_value(mgdl))


def meal(day: int, hour: float) -> CarbEntry:
    at = START + timedelta(days=day, hours=hour)
    return CarbEntry(at_local=at, device_id="logbook", carbs_g=50)


def found(*records: Record) -> tuple[object, ...]:
    history = History.build(sensor=SensorSeries.empty(), records=records)
    window = Window(START.date(), START.date() + timedelta(days=3))
    (breakfast, *_) = meal_sticks(Analysis(history, window))
    return (
        breakfast.meals,
        (breakfast.n_before, breakfast.before),
        (breakfast.n_after, breakfast.after),
        (breakfast.pairs, breakfast.rise),
    )


def test_before_and_after_by_hand() -> None:
    told = found(
        *(meal(0, 8), stick(0, 7.75, 110), stick(0, 9.25, 170), stick(0, 10.25, 150)),  # 1:15, 2:15
        *(meal(1, 8), stick(1, 8, 130)),
        *(meal(2, 8), stick(2, 10, 190)),
    )
    assert told == (3, (2, 120), (2, 170), (1, 40))


def test_readings_further_away_are_of_no_meal() -> None:
    told = found(meal(0, 8), stick(0, 6.9, 100), stick(0, 8.5, 160), stick(0, 11.1, 140))
    assert told == (1, (0, None), (0, None), (0, None))


def test_after_a_second_meal_nothing_is_after_the_first() -> None:
    told = found(meal(0, 8), stick(0, 8, 100), meal(0, 9.5), stick(0, 10, 180))
    assert told == (1, (1, 100), (0, None), (0, None))
