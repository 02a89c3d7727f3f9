"""History: sorted, each thing once, days of the right length."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.therapy.clock import Window, date_of, local_time, wall_seconds
from glykos.therapy.diary import Note
from glykos.therapy.history import History
from glykos.therapy.records import (
    BasalSchedule,
    Bolus,
    BolusKind,
    Device,
    MeterGlucose,
    Record,
    ScheduleSegment,
    SettingsSnapshot,
    TimeChange,
)
from glykos.therapy.sensor import EXCLUDED, SensorSeries
from glykos.therapy.units import Glucose, GlucoseScale

START = local_time(2026, 5, 1)


def meter(minute: int, mgdl: int = 100) -> MeterGlucose:
    return MeterGlucose(
        at_local=START + timedelta(minutes=minute),
        device_id="pump:1",
        glucose=Glucose.mgdl_value(mgdl),
    )


def note(minute: int, device: str = "pump:1") -> Note:
    return Note(at_local=START + timedelta(minutes=minute), device_id=device, text="x")


def set_clock(minute: int, by_min: int, device: str = "pump:1") -> TimeChange:
    at_local = START + timedelta(minutes=minute)
    to_local = at_local + timedelta(minutes=by_min)
    return TimeChange(at_local=at_local, device_id=device, to_local=to_local)


def history(*records: Record, sensor: SensorSeries | None = None) -> History:
    return History.build(sensor=sensor or SensorSeries.empty(), records=records)


def readings(*minutes: int, flag: int = 0) -> SensorSeries:
    first = wall_seconds(START)
    return SensorSeries.build(
        [first + minute * 60 for minute in minutes],
        [100] * len(minutes),
        scale=GlucoseScale.MGDL,
        device_id="pump:1",
        flag=[flag] * len(minutes),
    )


somewhen = st.lists(st.integers(-100_000, 100_000), min_size=1, max_size=20)


@given(somewhen, somewhen)
def test_span_is_the_first_to_the_last_day_known(records: list[int], cgm: list[int]) -> None:
    found = history(*(meter(m) for m in records), sensor=readings(*cgm)).span
    first = wall_seconds(START)
    seconds = [first + m * 60 for m in (*records, *cgm)]
    assert found == Window(date_of(min(seconds) // 86_400), date_of(max(seconds) // 86_400))


def test_span_ignores_when_the_pump_was_read() -> None:
    later = START + timedelta(days=30)
    snapshot = SettingsSnapshot(at_local=later, device_id="pump:1", settings=())
    programme = BasalSchedule(
        at_local=later, device_id="pump:1", pattern="A", segments=(ScheduleSegment(0, 1.0),)
    )
    assert history(meter(0), snapshot, programme).span == Window(START.date(), START.date())
    assert history(snapshot).span is None
    assert history().span is None


@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(40, 400)), max_size=20))
def test_records_come_sorted_and_once(pairs: list[tuple[int, int]]) -> None:
    records = [meter(minute, mgdl) for minute, mgdl in pairs]
    found = history(*records, *records)
    assert len(found.of(MeterGlucose)) == len(set(pairs))
    assert (np.diff(found.times(MeterGlucose)) >= 0).all()


def test_columns_have_nan_for_unknown() -> None:
    rows = [
        Bolus(
            at_local=START + timedelta(minutes=n),
            device_id="pump:1",
            bolus_kind=BolusKind.NORMAL,
            delivered_now_u=units,
        )
        for n, units in enumerate((1.5, None, 0.0))
    ]
    column = history(*rows).column(Bolus, "delivered_now_u")
    assert column[0] == 1.5
    assert np.isnan(column[1])
    assert column[2] == 0.0


def test_a_kind_without_records_is_empty() -> None:
    assert history().of(Bolus) == ()
    assert len(history().times(Bolus)) == len(history().column(Bolus, "delivered_now_u")) == 0


@given(somewhen)
def test_days_of_a_window_share_out_everything(minutes: list[int]) -> None:
    whole = history(*(meter(m) for m in minutes), sensor=readings(*minutes))
    span = whole.span
    assert span is not None
    parts = [whole.within(Window(day, day)) for day in span]
    assert sum(len(part.of(MeterGlucose)) for part in parts) == len(whole.of(MeterGlucose))
    assert sum(len(part.sensor) for part in parts) == len(whole.sensor)


def test_glucose_leaves_out_what_the_person_excluded() -> None:
    both = SensorSeries.concat([readings(0, 5), readings(10, flag=EXCLUDED)])
    found = history(sensor=both)
    assert (len(found.sensor), len(found.glucose)) == (3, 2)


def test_same_device_twice_is_one_device() -> None:
    pump = Device(id="pump:1", kind="pump", model="640G")
    found = History.build(sensor=SensorSeries.empty(), records=(), devices=[pump, pump])
    assert found.devices == (pump,)


def test_day_length_follows_the_pump_that_was_set() -> None:
    found = history(set_clock(9 * 60, -60))
    assert found.day_minutes(START.date()) == 1500
    assert found.day_minutes(date(2026, 5, 2)) == 1440
    assert found.window_minutes(Window(START.date(), date(2026, 5, 2))) == 2940


def test_two_devices_set_on_one_day_repeat_the_hour_once() -> None:
    found = history(set_clock(540, -60), set_clock(555, -60, "pump:2"), note(600))
    assert found.day_minutes(START.date()) == 1500


def test_the_device_with_most_records_speaks_for_the_day() -> None:
    sure = [note(600 + n, "pump:2") for n in range(5)]
    found = history(set_clock(540, -60), set_clock(555, -45, "pump:2"), *sure)
    assert found.day_minutes(START.date()) == pytest.approx(1485)
