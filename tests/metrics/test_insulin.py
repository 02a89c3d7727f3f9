"""Total daily insulin, its parts, and days on which it is unknown."""

from datetime import timedelta

import pytest

from glykos.metrics import Analysis, NotEnoughData, Result, Value, compute
from glykos.metrics.insulin import days_of_insulin
from glykos.therapy.clock import Window, local_time
from glykos.therapy.history import History
from glykos.therapy.records import (
    BasalRate,
    Bolus,
    BolusKind,
    BolusSource,
    DailyTotal,
    Injection,
    Record,
    TotalScope,
)
from glykos.therapy.sensor import SensorSeries

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
    found = numbers(1, auto, bolus(0, 6), correction)
    assert found["tdd"] == Value(pytest.approx(26), "U/day", 1)
    assert found["automatic_insulin"] == Value(20, "U/day", 1)


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
