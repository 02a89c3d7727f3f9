"""Total daily insulin, its parts, and days on which it is unknown."""

from datetime import timedelta

import pytest

from glykos.metrics import Analysis, NotEnoughData, Result, Value, compute
from glykos.metrics.insulin import days_of_insulin
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import Injection
from glykos.therapy.history import History
from glykos.therapy.records import (
    Alarm,
    AlarmClass,
    BasalRate,
    Bolus,
    BolusKind,
    BolusSource,
    DailyTotal,
    Record,
    Resume,
    StopReason,
    Suspend,
    TempBasal,
    TotalScope,
)
from glykos.therapy.sensor import SensorSeries
from tests.builders import sensor_series

START = local_time(2024, 3, 4)


def rates(days: int, rate: float = 1.0) -> list[Record]:
    """A rate told every hour, so that everything between is known."""
    return [
        BasalRate(at_local=START + timedelta(hours=n), device_id="p", rate_u_per_h=rate)
        for n in range(days * 24 + 1)
    ]


def bolus(day: int, units: float, **other: object) -> Bolus:
    return Bolus(
        at_local=START + timedelta(days=day, hours=12),
        device_id="p",
        bolus_kind=BolusKind.NORMAL,
        programmed_now_u=units,
        delivered_now_u=units,
        **other,  # type: ignore[arg-type]
    )


def history(*records: Record) -> History:
    return History.build(sensor=SensorSeries.empty(), records=records)


def first_days(count: int) -> Window:
    return Window(START.date(), START.date() + timedelta(days=count - 1))


def numbers(count: int, *records: Record) -> dict[str, Result]:
    return compute(history(*records), first_days(count))


def test_total_basal_and_bolus_of_whole_days() -> None:
    found = numbers(2, *rates(2), bolus(0, 6), bolus(1, 10))
    assert found["tdd"] == Value(pytest.approx(32), "U/day", 2)
    assert found["tdd_sd"] == Value(pytest.approx(8**0.5), "U/day", 2)
    assert found["basal"] == Value(pytest.approx(24), "U/day", 2)
    assert found["bolus_percent"] == Value(pytest.approx(25), "%", 2)
    assert found["boluses"] == Value(1, "boluses/day", 2)


def test_unknown_basal_is_a_reason_not_zero() -> None:
    found = numbers(1, bolus(0, 6))
    assert found["tdd"] == NotEnoughData("no day with complete basal insulin in this period")


def test_a_day_with_two_hours_missing_is_not_complete() -> None:
    late = [one for one in rates(1) if one.at_local >= START + timedelta(hours=2)]
    assert isinstance(numbers(1, *late)["tdd"], NotEnoughData)
    nearly = [one for one in rates(1) if one.at_local >= START + timedelta(hours=1)]
    assert numbers(1, *nearly)["tdd"] == Value(pytest.approx(23), "U/day", 1)


def test_automatic_insulin_is_the_pumps_own_total_and_no_bolus() -> None:
    auto = DailyTotal(at_local=START, device_id="p", scope=TotalScope.AUTO, amount_u=20)
    correction = bolus(0, 2, source=BolusSource.AUTO_CORRECTION)
    found = numbers(1, auto, *rates(1), bolus(0, 6), correction)
    assert found["tdd"] == Value(pytest.approx(26), "U/day", 1)
    assert found["automatic_insulin"] == Value(20, "U/day", 1)


def automatic(day: int, units: float) -> DailyTotal:
    at = START + timedelta(days=day)
    return DailyTotal(at_local=at, device_id="p", scope=TotalScope.AUTO, amount_u=units)


def test_a_partial_day_of_automatic_mode_is_not_averaged() -> None:
    half = [one for one in rates(2) if one.at_local <= START + timedelta(hours=36)]
    records = [*half, automatic(0, 20), automatic(1, 8), bolus(0, 6), bolus(1, 2)]
    assert numbers(2, *records)["tdd"] == Value(pytest.approx(26), "U/day", 1)
    last = days_of_insulin(Analysis(history(*records), first_days(2)))[1]
    assert (last.total_u, last.automatic_u) == (None, 8)
    assert last.reason == "pump data are missing for 720 min"


def test_a_total_of_automatic_insulin_alone_is_no_day_of_pump_data() -> None:
    found = numbers(3, *(automatic(day, 20) for day in range(4)))
    assert isinstance(found["tdd"], NotEnoughData)
    assert found["automatic_insulin"] == Value(20, "U/day", 3)


@pytest.mark.parametrize(
    "sign",
    [
        TempBasal(
            at_local=START + timedelta(hours=30),
            device_id="p",
            fraction=0.5,
            duration_min=60,
        ),
        Suspend(at_local=START + timedelta(hours=30), device_id="p", reason=StopReason.BEFORE_LOW),
        Alarm(
            at_local=START + timedelta(hours=30),
            device_id="p",
            text="SmartGuard exit",
            alarm_class=AlarmClass.MODE,
        ),
    ],
)
def test_basal_is_unknown_on_a_day_with_a_sign_of_manual_mode(sign: Record) -> None:
    totals = [automatic(day, 20) for day in range(3)]
    told = [*rates(3), *totals, sign]
    if isinstance(sign, Suspend):
        told.append(Resume(at_local=sign.at_local + timedelta(hours=1), device_id="p"))
    found = days_of_insulin(Analysis(history(*told), first_days(3)))
    assert [one.basal_u for one in found] == [20, None, 20]
    assert found[1].reason.startswith("not available in automatic mode")


def test_the_days_on_which_automatic_mode_began_and_ended_are_unknown() -> None:
    totals = [automatic(day, 20) for day in (1, 2, 3)]
    found = days_of_insulin(Analysis(history(*rates(5), *totals), first_days(5)))
    assert [one.basal_u for one in found] == [pytest.approx(24), None, 20, None, pytest.approx(24)]


def test_little_automatic_insulin_is_no_whole_day_of_it() -> None:
    (found,) = days_of_insulin(Analysis(history(*rates(1), automatic(0, 0.5)), first_days(1)))
    assert found.basal_u is None


def test_numbers_per_day_are_over_days_of_pump_data() -> None:
    sensor = sensor_series([100] * 288 * 14, start=START)
    pump = [*rates(5), *(bolus(day, 5) for day in range(5))]
    window = first_days(14)
    found = compute(History.build(sensor=sensor, records=pump), window)
    assert found["boluses"] == Value(1, "boluses/day", 5)
    assert found["temp_basals"] == Value(0, "temporary rates/day", 5)


def test_temporary_rates_of_an_algorithm_are_not_counted_as_those_of_a_person() -> None:
    by_hand = TempBasal(
        at_local=START + timedelta(hours=9), device_id="p", fraction=0.5, duration_min=60
    )
    automatic = [
        TempBasal(
            at_local=START + timedelta(hours=12, minutes=5 * n),
            device_id="p",
            rate_u_per_h=0.1 * n,
            duration_min=5,
            preset=TempBasal.AUTOMATIC,
        )
        for n in range(12)
    ]
    found = numbers(1, *rates(1), by_hand, *automatic)
    assert found["temp_basals"] == Value(1, "temporary rates/day", 1)


def test_injections_are_listed_apart() -> None:
    pen = Injection(at_local=START + timedelta(hours=21), device_id="logbook", dose_u=12)
    found = numbers(1, *rates(1), pen)
    assert found["injected"] == Value(12, "U/day", 1)
    assert found["tdd"] == Value(pytest.approx(24), "U/day", 1)


def test_the_calculators_share_leaves_automatic_boluses_out() -> None:
    found = numbers(
        1,
        *rates(1),
        bolus(0, 1, estimate_id="e1"),
        bolus(0, 2, source=BolusSource.MANUAL),
        bolus(0, 3, source=BolusSource.AUTO_CORRECTION),
    )
    assert found["estimate_share"] == Value(50, "%", 2)
    assert found["boluses_automatic"] == Value(1, "boluses/day", 1)


def test_each_day_says_why_its_total_is_unknown() -> None:
    days = days_of_insulin(Analysis(history(*rates(1)), first_days(2)))
    assert days[0].total_u == pytest.approx(24)
    assert days[1].total_u is None
    assert days[1].reason == "basal insulin is unknown for 1440 min"
