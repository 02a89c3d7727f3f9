"""Overrides, changes, stops, alarms and exercise."""

from datetime import timedelta

import pytest

from glykos.metrics import NotEnoughData, Result, Value, compute
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import Exercise
from glykos.therapy.history import History
from glykos.therapy.records import (
    Alarm,
    AlarmClass,
    BasalRate,
    Bolus,
    BolusEstimate,
    BolusKind,
    Calibration,
    Prime,
    PrimeKind,
    Record,
    Resume,
    Rewind,
    StopReason,
    Suspend,
)
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose

START = local_time(2024, 3, 4)


def numbers(days: int, *records: Record) -> dict[str, Result]:
    history = History.build(sensor=SensorSeries.empty(), records=records)
    return compute(history, Window(START.date(), START.date() + timedelta(days=days - 1)))


def proposed(
    programmed: float,
    recommended: float,
    *,
    delivered: float | None = None,
    step: float | None = None,
) -> list[Record]:
    at = START + timedelta(hours=12)
    return [
        BolusEstimate(
            at_local=at, device_id="p", source_id="e", estimate_u=recommended, step_u=step
        ),
        Bolus(
            at_local=at,
            device_id="p",
            bolus_kind=BolusKind.NORMAL,
            programmed_now_u=programmed,
            delivered_now_u=programmed if delivered is None else delivered,
            estimate_id="e",
        ),
    ]


@pytest.mark.parametrize(
    ("programmed", "recommended", "step", "plus", "minus"),
    [
        (5.0, 5.0, None, 0, 0),
        (5.05, 5.0, None, 0, 0),  # within the usual step of 0.1 U
        (5.1, 5.0, None, 1, 0),
        (4.9, 5.0, None, 0, 1),
        (5.025, 5.0, 0.025, 1, 0),
        (5.0, 5.0249, 0.05, 0, 0),
    ],
)
def test_an_override_differs_by_a_bolus_step(
    programmed: float, recommended: float, step: float | None, plus: int, minus: int
) -> None:
    found = numbers(1, *proposed(programmed, recommended, step=step))
    assert found["overrides_plus"] == Value(plus, "boluses", 1)
    assert found["overrides_minus"] == Value(minus, "boluses", 1)
    assert found["overrides_percent"] == Value(100.0 * (plus + minus), "%", 1)


def test_an_interrupted_bolus_is_no_override() -> None:
    found = numbers(1, *proposed(5, 5, delivered=2))
    assert found["overrides"] == Value(0, "boluses", 1)
    assert found["interrupted"] == Value(1, "boluses", 1)


def test_set_changes_count_cannula_fillings_an_hour_apart() -> None:
    primes = [
        Prime(at_local=START + timedelta(hours=hour), device_id="p", prime_kind=kind)
        for hour, kind in (
            (0, PrimeKind.TUBING),
            (1, PrimeKind.CANNULA),
            (1.5, PrimeKind.CANNULA),
            (73, PrimeKind.CANNULA),
        )
    ]
    assert numbers(4, *primes)["set_change_days"] == Value(3, "d", 1)


def test_tubing_counts_where_no_cannula_was_filled() -> None:
    primes = [
        Prime(at_local=START + timedelta(days=day), device_id="p", prime_kind=PrimeKind.TUBING)
        for day in (0, 2, 6)
    ]
    assert numbers(7, *primes)["set_change_days"] == Value(3, "d", 2)


def test_one_reservoir_change_gives_no_interval() -> None:
    found = numbers(1, Rewind(at_local=START, device_id="p"))
    assert found["reservoir_change_days"] == NotEnoughData(
        "only one change was recorded in this period"
    )


def test_stopped_minutes_are_told_by_reason_and_tools_do_not_count() -> None:
    rates: list[Record] = [
        BasalRate(at_local=START + timedelta(hours=n), device_id="p", rate_u_per_h=1.0)
        for n in range(25)
    ]
    stops: list[Record] = []
    for hour, minutes, reason in (
        (2, 30, StopReason.LOW_GLUCOSE),
        (9, 20, StopReason.USER),
        (15, 10, StopReason.COMMUNICATION),
    ):
        at = START + timedelta(hours=hour, minutes=5)
        stops.append(Suspend(at_local=at, device_id="p", reason=reason))
        stops.append(Resume(at_local=at + timedelta(minutes=minutes), device_id="p"))
    found = numbers(1, *rates, *stops)
    assert found["suspend_min_low"] == Value(pytest.approx(30), "min/day", 1)
    assert found["suspend_min_user"] == Value(pytest.approx(20), "min/day", 1)
    assert found["suspend_min"] == Value(pytest.approx(50), "min/day", 1)


def test_alarms_are_counted_when_raised_and_by_class() -> None:
    def alarm(hour: int, which: AlarmClass, *, cleared: bool = False) -> Alarm:
        return Alarm(
            at_local=START + timedelta(hours=hour),
            device_id="p",
            text="x",
            alarm_class=which,
            is_cleared=cleared,
        )

    found = numbers(
        1,
        alarm(8, AlarmClass.GLUCOSE_LOW),
        alarm(9, AlarmClass.GLUCOSE_LOW, cleared=True),
        alarm(21, AlarmClass.RESERVOIR),
    )
    assert found["alarms"] == Value(2, "alarms/day", 1)
    assert found["alarms_glucose_low"] == Value(1, "alarms/day", 1)
    assert found["alarms_power"] == Value(0, "alarms/day", 1)


def test_a_calibration_told_as_value_and_as_factor_counts_once() -> None:
    told: list[Record] = []
    for hour in (8, 21):
        at = START + timedelta(hours=hour)
        told.append(
            Calibration(at_local=at, device_id="p", glucose=Glucose.mgdl_value(120), accepted=True)
        )
        told.append(Calibration(at_local=at + timedelta(minutes=10), device_id="p", factor=4.5))
    assert numbers(1, *told)["calibrations"] == Value(2, "calibrations/day", 1)
    factors = [one for one in told if isinstance(one, Calibration) and one.glucose is None]
    assert numbers(1, *factors)["calibrations"] == Value(2, "calibrations/day", 1)


def test_a_day_cut_off_by_a_day_without_data_is_not_complete() -> None:
    at = [START + timedelta(days=day, hours=hour) for day, hour in ((0, 8), (1, 12), (3, 8))]
    at.append(START + timedelta(days=3, hours=21))
    entries = [Exercise(at_local=one, device_id="log", duration_min=30) for one in at]
    assert numbers(5, *entries)["exercise"] == Value(1.5, "entries/day", 2)


def test_exercise_without_duration_has_no_minutes() -> None:
    found = numbers(
        1,
        Exercise(at_local=START + timedelta(hours=8), device_id="log"),
        Exercise(at_local=START + timedelta(hours=21), device_id="log"),
    )
    assert found["exercise"] == Value(2, "entries/day", 1)
    assert found["exercise_min"] == NotEnoughData("exercise was entered without its duration")


def test_devices_without_alarms_or_pump_give_reasons() -> None:
    found = numbers(1, Exercise(at_local=START, device_id="log", duration_min=30))
    for key in ("alarms", "suspend_min", "temp_basals", "overrides", "calibrations"):
        assert isinstance(found[key], NotEnoughData), key
