"""Our arithmetic against the pump's own totals, by hand; real files are in test_real_totals.py."""

from datetime import date, timedelta

import pytest

from glykos.therapy.clock import DAY_S, day_number, local_time
from glykos.therapy.diary import Note
from glykos.therapy.history import History
from glykos.therapy.reconciliation import bolus_units, extended_minutes, reconcile, tolerance_u
from glykos.therapy.records import (
    BasalSchedule,
    Bolus,
    BolusKind,
    BolusSource,
    DailyTotal,
    Record,
    ScheduleSegment,
    TotalScope,
)
from glykos.therapy.sensor import SensorSeries

PUMP = "pump:1"
DAY = date(2026, 3, 2)
START_S = day_number(DAY) * DAY_S
MIDNIGHT = local_time(2026, 3, 2)


def bolus(hour: float, **parts: object) -> Bolus:
    return Bolus(
        at_local=MIDNIGHT + timedelta(hours=hour),
        device_id=PUMP,
        bolus_kind=BolusKind.NORMAL,
        **parts,  # type: ignore[arg-type]
    )


def total(amount_u: float, scope: TotalScope = TotalScope.ALL) -> DailyTotal:
    return DailyTotal(at_local=MIDNIGHT, device_id=PUMP, scope=scope, amount_u=amount_u)


def history(*records: Record, until_hour: float = 24) -> History:
    programme = BasalSchedule(
        at_local=MIDNIGHT, device_id=PUMP, pattern="A", segments=(ScheduleSegment(0, 1.0),)
    )
    last = Note(at_local=MIDNIGHT + timedelta(hours=until_hour), device_id=PUMP, text="")
    return History.build(sensor=SensorSeries.empty(), records=[programme, last, *records])


def test_day_that_agrees() -> None:
    answer = reconcile(history(bolus(8, delivered_now_u=6.0), total(30.25)), DAY)
    assert answer.delta_u == pytest.approx(-0.25)
    assert answer.agrees is True


def test_difference_above_both_limits_is_told() -> None:
    answer = reconcile(history(total(25.0)), DAY)
    assert (answer.agrees, answer.tolerance_u) == (False, 0.75)
    assert "Differs" in answer.reason


def test_day_without_a_total_cannot_be_compared() -> None:
    answer = reconcile(history(), DAY)
    assert (answer.agrees, answer.pump_total_u) == (None, None)
    assert "no total" in answer.reason


def test_total_of_another_kind_is_not_compared() -> None:
    assert reconcile(history(total(6.0, TotalScope.BOLUS)), DAY).pump_total_u is None


def test_partly_known_day_is_not_compared() -> None:
    answer = reconcile(history(total(20.0), until_hour=20), DAY)
    assert (answer.basal_u, answer.agrees) == (None, None)
    assert "whole day" in answer.reason


@pytest.mark.parametrize(("total_u", "allowed_u"), [(10.0, 0.5), (50 / 3, 0.5), (50.0, 1.5)])
def test_tolerance(total_u: float, allowed_u: float) -> None:
    assert tolerance_u(total_u) == pytest.approx(allowed_u)


def test_extended_bolus_is_split_at_midnight() -> None:
    late = bolus(
        23,
        delivered_now_u=1.0,
        programmed_extended_u=4.0,
        delivered_extended_u=4.0,
        programmed_duration_min=120.0,
    )
    assert bolus_units([late], START_S, START_S + DAY_S) == pytest.approx(3.0)
    assert bolus_units([late], START_S + DAY_S, START_S + 2 * DAY_S) == pytest.approx(2.0)


def test_stopped_extended_bolus_ran_shorter() -> None:
    stopped = bolus(
        8, programmed_extended_u=4.0, delivered_extended_u=1.0, programmed_duration_min=120.0
    )
    assert extended_minutes(stopped) == 30


def test_automatic_basal_is_no_bolus() -> None:
    auto = bolus(8, delivered_now_u=5.0, source=BolusSource.AUTO_BASAL)
    assert bolus_units([auto], START_S, START_S + DAY_S) == 0
