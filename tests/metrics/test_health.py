"""HbA1c, weight, blood pressure and medicines: what stands for which moment."""

from datetime import timedelta

from glykos.metrics import Analysis, NotEnoughData, Value, compute
from glykos.metrics.health import medicines
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import BloodPressure, HbA1c, Ketone, Medication, Weight
from glykos.therapy.history import History
from glykos.therapy.records import LOGBOOK, Record
from glykos.therapy.sensor import SensorSeries

START = local_time(2026, 3, 2)
WEEK = Window(START.date(), START.date() + timedelta(days=6))


def at(day: int) -> dict[str, object]:
    return {"at_local": START + timedelta(days=day, hours=8), "device_id": LOGBOOK}


def numbers(*records: Record) -> dict[str, object]:
    return dict(compute(History.build(sensor=SensorSeries.empty(), records=records), WEEK))


def test_the_newest_hba1c_before_the_end_counts() -> None:
    found = numbers(
        HbA1c(**at(-200), percent=8.1),  # type: ignore[arg-type]
        HbA1c(**at(-60), percent=7.4),  # type: ignore[arg-type]
        HbA1c(**at(9), percent=7.0),  # type: ignore[arg-type]
    )
    assert found["hba1c"] == Value(7.4, "%", 1)


def test_an_hba1c_of_more_than_a_year_ago_says_nothing_of_now() -> None:
    found = numbers(HbA1c(**at(-400), percent=8.1))  # type: ignore[arg-type]
    assert found["hba1c"] == NotEnoughData("no HbA1c was entered in the last year")


def test_weight_is_the_newest_and_its_change_newest_minus_oldest() -> None:
    weights = [Weight(**at(day), kilograms=kg) for day, kg in ((0, 92.0), (3, 91.0), (6, 91.5))]  # type: ignore[arg-type]
    found = numbers(*weights)
    assert found["weight"] == Value(91.5, "kg", 3)
    assert found["weight_change"] == Value(-0.5, "kg", 3)
    assert isinstance(numbers(weights[0])["weight_change"], NotEnoughData)


def test_blood_pressure_is_averaged_and_ketones_are_not() -> None:
    found = numbers(
        BloodPressure(**at(0), systolic_mmhg=120, diastolic_mmhg=80),  # type: ignore[arg-type]
        BloodPressure(**at(1), systolic_mmhg=140, diastolic_mmhg=90),  # type: ignore[arg-type]
        Ketone(**at(1), mmol_per_l=0.2),  # type: ignore[arg-type]
        Ketone(**at(2), mmol_per_l=1.4),  # type: ignore[arg-type]
    )
    assert (found["systolic"], found["diastolic"]) == (
        Value(130, "mmHg", 2),
        Value(85, "mmHg", 2),
    )
    assert found["ketones_highest"] == Value(1.4, "mmol/L", 2)


def test_medicines_are_listed_by_name_with_their_rhythm() -> None:
    weekly = [Medication(**at(day), name="Semaglutide", dose=0.5, unit="mg") for day in (-1, 0, 6)]  # type: ignore[arg-type]
    daily = [Medication(**at(day), name="metformin", dose=500, unit="mg") for day in range(3)]  # type: ignore[arg-type]
    newest = Medication(**at(3), name="Metformin ", dose=1000, unit="mg")  # type: ignore[arg-type]
    history = History.build(sensor=SensorSeries.empty(), records=[*weekly, *daily, newest])
    first, second = medicines(Analysis(history, WEEK))
    assert (first.name, first.dose, first.days, first.every_days) == ("Metformin", 1000, 4, 1)
    assert (second.name, second.days, second.every_days) == ("Semaglutide", 2, 6)
    assert compute(history, WEEK)["medicine_days"] == Value(5, "d", 7)
