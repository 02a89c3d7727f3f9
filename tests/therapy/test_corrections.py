"""Clocks put right and readings left out, as views: the cases of therapy-events.md §6.3.

Times on both sides are facts of the tz database (EU: last Sundays of March and October; US:
second Sunday of March, first of November; Nepal UTC+5:45; Chatham UTC+12:45, in summer +13:45).
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.therapy.basal import daily_basal, delivered_basal
from glykos.therapy.clock import (
    DAY_S,
    ClockShift,
    Window,
    day_number,
    from_wall_seconds,
    local_time,
    wall_seconds,
)
from glykos.therapy.clock_view import ClockView
from glykos.therapy.corrections import clock_views, corrected, excluded, readmitted
from glykos.therapy.decisions import ClockCorrection, Exclusion, ExclusionReason
from glykos.therapy.history import History
from glykos.therapy.reconciliation import reconcile
from glykos.therapy.records import (
    BasalSchedule,
    Bolus,
    BolusKind,
    DailyTotal,
    Record,
    Resume,
    ScheduleSegment,
    StopReason,
    Suspend,
    TimeChange,
    TotalScope,
)
from glykos.therapy.sensor import EXCLUDED, FOLD, SensorSeries
from tests.builders import sensor_series

PUMP = "pump:1"
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
ALWAYS = (local_time(2000, 1, 1), local_time(2100, 1, 1))


def correction(
    first: datetime = ALWAYS[0],
    end: datetime = ALWAYS[1],
    *,
    zone: str = "",
    ahead: timedelta | None = None,
    device: str = PUMP,
) -> ClockCorrection:
    return ClockCorrection(
        device_id=device,
        from_s=wall_seconds(first),
        to_s=wall_seconds(end),
        zone=zone,
        ahead_s=None if ahead is None else int(ahead.total_seconds()),
    )


def shown(at_local: datetime, *made: ClockCorrection, home: ZoneInfo = BERLIN) -> datetime:
    return ClockView.of(made, home).shown_local(at_local)


def note(*parts: int, fold: int = 0) -> Suspend:
    return Suspend(
        at_local=local_time(*parts).replace(fold=fold), device_id=PUMP, reason=StopReason.USER
    )


def history(
    *records: Record, sensor: SensorSeries | None = None, zone: ZoneInfo = BERLIN
) -> History:
    return History.build(sensor=sensor or SensorSeries.empty(), records=records, zone=zone)


def view(told: History, *made: ClockCorrection, home: ZoneInfo | None = None) -> History:
    zone = home or told.zone or BERLIN
    return corrected(told, clock_views(made, zone, told.of(TimeChange)))


# --- single times ----------------------------------------------------------------------------


def test_without_corrections_the_history_is_the_very_same() -> None:
    told = history(note(2026, 3, 2, 8))
    assert view(told) is told
    assert view(told, correction(zone="Europe/Berlin")) is told  # says nothing new


def test_pump_left_on_winter_time_in_europe() -> None:
    """Put forward on 31 March 2024 at 02:00 UTC+1, back on 27 October at 03:00 UTC+2."""
    winter = correction(zone="Etc/GMT-1")
    assert shown(local_time(2024, 3, 31, 1, 59), winter) == local_time(2024, 3, 31, 1, 59)
    assert shown(local_time(2024, 3, 31, 2, 30), winter) == local_time(2024, 3, 31, 3, 30)
    first = shown(local_time(2024, 10, 27, 1, 30), winter)
    second = shown(local_time(2024, 10, 27, 2, 30), winter)
    assert first == second == local_time(2024, 10, 27, 2, 30)
    assert (first.fold, second.fold) == (0, 1)
    assert shown(local_time(2024, 10, 27, 3, 30), winter) == local_time(2024, 10, 27, 3, 30)


def test_pump_left_on_summer_time_in_the_united_states() -> None:
    """Back on 3 November 2024 at 02:00 UTC-4, forward on 9 March 2025 at 02:00 UTC-5."""
    summer = correction(zone="Etc/GMT+4")
    first = shown(local_time(2024, 11, 3, 1, 30), summer, home=NEW_YORK)
    second = shown(local_time(2024, 11, 3, 2, 30), summer, home=NEW_YORK)
    assert first == second == local_time(2024, 11, 3, 1, 30)
    assert (first.fold, second.fold) == (0, 1)
    before = shown(local_time(2025, 3, 9, 2, 59), summer, home=NEW_YORK)
    assert before == local_time(2025, 3, 9, 1, 59)
    after = shown(local_time(2025, 3, 9, 3), summer, home=NEW_YORK)
    assert after == local_time(2025, 3, 9, 3)


@pytest.mark.parametrize(
    ("zone", "told", "home", "expected"),
    [
        ("Asia/Kathmandu", (2024, 7, 1, 12), BERLIN, (2024, 7, 1, 8, 15)),
        ("Europe/Berlin", (2024, 7, 1, 12), ZoneInfo("Asia/Kathmandu"), (2024, 7, 1, 15, 45)),
        ("Pacific/Chatham", (2024, 7, 2, 0, 45), ZoneInfo("UTC"), (2024, 7, 1, 12)),
        ("Pacific/Chatham", (2024, 1, 2, 1, 45), ZoneInfo("UTC"), (2024, 1, 1, 12)),
    ],
)
def test_zones_that_are_not_whole_hours(
    zone: str, told: tuple[int, ...], home: ZoneInfo, expected: tuple[int, ...]
) -> None:
    made = correction(zone=zone)
    assert shown(local_time(*told), made, home=home) == local_time(*expected)


def test_flight_over_the_date_line_lives_the_same_day_twice() -> None:
    """Auckland to Honolulu, 22 hours back: what the device tells later is shown later."""
    until = local_time(2024, 6, 2, 9)
    made = correction(end=until, zone="Pacific/Auckland")
    honolulu = ZoneInfo("Pacific/Honolulu")
    left = shown(local_time(2024, 6, 2, 8), made, home=honolulu)
    assert left == local_time(2024, 6, 1, 10)
    # From 09:00 on the device showed the time of Honolulu, where the day began anew.
    assert shown(local_time(2024, 6, 2, 9), made, home=honolulu) == local_time(2024, 6, 2, 9)


def test_morning_and_evening_mixed_up() -> None:
    made = correction(
        local_time(2026, 3, 2, 20), local_time(2026, 3, 4, 8), ahead=timedelta(hours=12)
    )
    assert shown(local_time(2026, 3, 3, 1), made) == local_time(2026, 3, 2, 13)
    assert shown(local_time(2026, 3, 2, 19, 59), made) == local_time(2026, 3, 2, 19, 59)
    assert shown(local_time(2026, 3, 4, 8), made) == local_time(2026, 3, 4, 8)


@pytest.mark.parametrize(
    ("told", "real"),
    [
        ((2025, 3, 1, 9, 30), (2024, 3, 1, 9, 30)),  # a wrong year; 2024 had a 29 February
        ((2007, 1, 1, 0, 5), (2024, 5, 5, 10, 5)),  # the date after a battery was out
        ((2034, 5, 5, 10), (2024, 5, 5, 10)),  # in the future
    ],
)
def test_wrong_dates_come_back_to_the_day_they_were(
    told: tuple[int, ...], real: tuple[int, ...]
) -> None:
    ahead = local_time(*told) - local_time(*real)
    first = local_time(*told[:3])
    made = correction(first, first + timedelta(days=1), ahead=ahead)
    assert shown(local_time(*told), made) == local_time(*real)


def test_the_correction_made_last_holds_where_two_overlap() -> None:
    early = correction(ahead=timedelta(hours=3))
    late = correction(local_time(2026, 3, 2), local_time(2026, 3, 3), ahead=timedelta(hours=1))
    assert shown(local_time(2026, 3, 2, 12), early, late) == local_time(2026, 3, 2, 11)
    assert shown(local_time(2026, 3, 3, 12), early, late) == local_time(2026, 3, 3, 9)


def test_only_the_pass_before_the_clock_was_set_back_is_corrected() -> None:
    """An hour ahead until 15:00, then set to 14:00: 14:30 was told twice and means two times."""
    set_back = ClockShift(local_time(2026, 3, 2, 15), local_time(2026, 3, 2, 14))
    made = correction(local_time(2026, 3, 2), local_time(2026, 3, 2, 15), ahead=timedelta(hours=1))
    clock = ClockView.of([made], BERLIN, [set_back])
    told = local_time(2026, 3, 2, 14, 30)
    assert clock.shown_local(told) == local_time(2026, 3, 2, 13, 30)
    assert clock.shown_local(told.replace(fold=1)) == told


def test_an_end_to_the_minute_means_the_clock_change_in_that_minute() -> None:
    change = TimeChange(
        at_local=local_time(2026, 3, 3, 15, 0, 37),
        device_id=PUMP,
        to_local=local_time(2026, 3, 3, 14, 0, 37),
    )
    late = note(2026, 3, 3, 15, 0, 20)
    told = history(change, late)
    moved = view(told, correction(end=local_time(2026, 3, 3, 15), ahead=timedelta(hours=1)))
    assert moved.of(Suspend)[0].at_local == local_time(2026, 3, 3, 14, 0, 20)
    assert moved.clock_shifts == ()


def test_only_the_pass_after_a_wrong_setting_is_corrected() -> None:
    set_back = ClockShift(local_time(2026, 3, 2, 15), local_time(2026, 3, 2, 14))
    made = correction(local_time(2026, 3, 2, 14), local_time(2026, 3, 5), ahead=timedelta(hours=-1))
    clock = ClockView.of([made], BERLIN, [set_back])
    told = local_time(2026, 3, 2, 14, 30)
    assert clock.shown_local(told) == told
    assert clock.shown_local(told.replace(fold=1)) == local_time(2026, 3, 2, 15, 30)


def test_a_constant_that_ends_with_summer_time_leaves_the_second_hour_second() -> None:
    made = correction(
        local_time(2024, 3, 31, 2), local_time(2024, 10, 27, 2), ahead=timedelta(hours=-1)
    )
    first = shown(local_time(2024, 10, 27, 1, 30), made)
    second = shown(local_time(2024, 10, 27, 2, 30), made)
    assert first == second == local_time(2024, 10, 27, 2, 30)
    assert (first.fold, second.fold) == (0, 1)
    assert shown(local_time(2024, 10, 27, 3, 30), made).fold == 0


instants = st.integers(wall_seconds(local_time(2019, 1, 1)), wall_seconds(local_time(2026, 1, 1)))
places = st.sampled_from(
    [
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Honolulu",
        "UTC",
    ]
)


@given(instants, places, places)
def test_every_instant_told_on_one_zone_is_shown_on_the_other(
    utc_s: int, zone: str, home: str
) -> None:
    instant = datetime.fromtimestamp(utc_s, UTC)
    told, expected = instant.astimezone(ZoneInfo(zone)), instant.astimezone(ZoneInfo(home))
    found = ClockView.of(
        [correction(local_time(2018, 1, 1), local_time(2027, 1, 1), zone=zone)], ZoneInfo(home)
    ).shown_local(told.replace(tzinfo=None))
    assert found == expected.replace(tzinfo=None)
    if zone != home:
        assert found.fold == expected.fold


stretches = st.lists(
    st.tuples(
        st.integers(0, 200), st.integers(1, 100), st.sampled_from([-48, -12, -1, 1, 5, 30]), places
    ),
    max_size=3,
)


@given(stretches, st.integers(-100, 400), st.integers(1, 100), st.lists(st.integers(-50, 400)))
def test_stored_spans_hold_exactly_what_is_shown_in_a_window(
    told: list[tuple[int, int, int, str]], start: int, length: int, hours: list[int]
) -> None:
    base = local_time(2024, 10, 20)
    made = [
        correction(
            base + timedelta(hours=first),
            base + timedelta(hours=first + long),
            zone=place if ahead == 30 else "",
            ahead=None if ahead == 30 else timedelta(hours=ahead),
        )
        for first, long, ahead, place in told
    ]
    clock = ClockView.of(made, BERLIN)
    zero = wall_seconds(base)
    lo, hi = zero + start * 3600, zero + (start + length) * 3600
    spans = clock.stored_spans(lo, hi)
    for hour in hours:
        at_s = zero + hour * 3600
        inside = any(first <= at_s < end for first, end in spans)
        shown_s = {
            wall_seconds(clock.shown_local(from_wall_seconds(at_s).replace(fold=fold)))
            for fold in (0, 1)
        }
        assert inside == any(lo <= one < hi for one in shown_s)


# --- a whole history -------------------------------------------------------------------------


def pump_days(*more: Record, days: int = 3) -> History:
    """A pump with three rates a day, from 2 March 2026 (no change of summer time near)."""
    schedule = BasalSchedule(
        at_local=local_time(2026, 3, 2),
        device_id=PUMP,
        pattern="A",
        is_active=True,
        segments=(ScheduleSegment(0, 0.6), ScheduleSegment(420, 1.2), ScheduleSegment(1320, 0.8)),
    )
    kept_alive = [
        Bolus(
            at_local=local_time(2026, 3, 2) + timedelta(hours=12 * n),
            device_id=PUMP,
            bolus_kind=BolusKind.NORMAL,
            delivered_now_u=1.0,
        )
        for n in range(2 * days + 1)
    ]
    return history(schedule, *kept_alive, *more)


WIDE = Window(date(2000, 1, 1), date(2050, 1, 1))
offsets = st.integers(-40 * 24 * 60, 40 * 24 * 60).filter(bool)


@given(offsets, st.lists(st.tuples(st.integers(60, 4000), st.integers(1, 200)), max_size=4))
def test_a_constant_shift_does_not_change_what_was_delivered(
    minutes: int, stops: list[tuple[int, int]]
) -> None:
    events: list[Record] = []
    for start, long in stops:
        at = local_time(2026, 3, 2) + timedelta(minutes=start)
        events.append(Suspend(at_local=at, device_id=PUMP, reason=StopReason.USER))
        events.append(Resume(at_local=at + timedelta(minutes=long), device_id=PUMP))
    told = pump_days(*events)
    moved = view(told, correction(ahead=timedelta(minutes=minutes)))
    before, after = delivered_basal(told, WIDE), delivered_basal(moved, WIDE)
    assert sum(i.units or 0 for i in after) == pytest.approx(sum(i.units or 0 for i in before))
    assert [(i.start_s + minutes * 60, i.end_s + minutes * 60, i.rate_u_per_h) for i in after] == [
        (i.start_s, i.end_s, i.rate_u_per_h) for i in before
    ]


def test_the_programme_runs_on_the_pumps_clock() -> None:
    """Five hours ahead of home: its 07:00 rate began at 02:00 where the person was."""
    moved = view(pump_days(), correction(ahead=timedelta(hours=5)))
    starts = [(from_wall_seconds(i.start_s), i.rate_u_per_h) for i in delivered_basal(moved, WIDE)]
    assert (local_time(2026, 3, 3, 2), 1.2) in starts
    assert (local_time(2026, 3, 3, 17), 0.8) in starts


def test_basal_of_a_day_with_25_hours_of_a_pump_that_ignored_it() -> None:
    """1 U/h all the time: 25 U on 27 October 2024 where the person was, 24 U on the pump's own."""
    schedule = BasalSchedule(
        at_local=local_time(2024, 10, 24),
        device_id=PUMP,
        pattern="A",
        is_active=True,
        segments=(ScheduleSegment(0, 1.0),),
    )
    alive = [
        Bolus(
            at_local=local_time(2024, 10, 25) + timedelta(hours=12 * n),
            device_id=PUMP,
            bolus_kind=BolusKind.NORMAL,
            delivered_now_u=1.0,
        )
        for n in range(12)
    ]
    told = history(schedule, *alive)
    moved = view(told, correction(zone="Etc/GMT-2"))
    day = Window(date(2024, 10, 27), date(2024, 10, 27))
    assert daily_basal(moved, day)[0].units == pytest.approx(25)
    assert daily_basal(told, day)[0].units == pytest.approx(24)
    assert moved.day_minutes(day.first) == 25 * 60


def test_day_lengths_where_the_person_was() -> None:
    moved = view(pump_days(), correction(zone="America/New_York"))
    assert moved.day_minutes(date(2024, 3, 31)) == 23 * 60
    assert moved.day_minutes(date(2024, 4, 1)) == 24 * 60
    assert moved.day_minutes(date(2024, 10, 27)) == 25 * 60


def test_a_clock_change_that_only_put_the_clock_right_is_none() -> None:
    change = TimeChange(
        at_local=local_time(2026, 3, 3, 15), device_id=PUMP, to_local=local_time(2026, 3, 3, 14)
    )
    told = pump_days(change)
    made = correction(end=change.at_local, ahead=timedelta(hours=1))
    moved = view(told, made)
    assert told.day_minutes(date(2026, 3, 3)) == 25 * 60
    assert moved.day_minutes(date(2026, 3, 3)) == 24 * 60
    assert moved.clock_shifts == ()
    [kept] = moved.of(TimeChange)
    assert kept.at_local == kept.to_local == local_time(2026, 3, 3, 14)
    units = [sum(i.units or 0 for i in delivered_basal(h, WIDE)) for h in (told, moved)]
    assert units[0] == pytest.approx(units[1])


def test_battery_out_is_one_line_of_time_once_corrected() -> None:
    """From 10:00 the clock showed 1 January 2007, 00:00, until it was set right two hours later."""
    out = TimeChange(
        at_local=local_time(2007, 1, 1, 2), device_id=PUMP, to_local=local_time(2026, 3, 3, 12)
    )
    stray = note(2007, 1, 1, 0, 30)
    told = pump_days(out, stray)
    made = correction(
        local_time(2007, 1, 1),
        out.at_local,
        ahead=local_time(2007, 1, 1) - local_time(2026, 3, 3, 10),
    )
    moved = view(told, made)
    assert moved.of(Suspend)[0].at_local == local_time(2026, 3, 3, 10, 30)
    assert moved.span == Window(date(2026, 3, 2), date(2026, 3, 5))
    assert moved.day_minutes(date(2026, 3, 3)) == 24 * 60


def test_a_pumps_daily_total_stays_with_its_day() -> None:
    total = DailyTotal(
        at_local=local_time(2026, 3, 3), device_id=PUMP, scope=TotalScope.ALL, amount_u=30.0
    )
    hour = view(history(total), correction(ahead=timedelta(hours=1)))
    assert hour.of(DailyTotal)[0].at_local == local_time(2026, 3, 3)
    year = view(history(total), correction(ahead=timedelta(days=365)))
    assert year.of(DailyTotal)[0].at_local == local_time(2025, 3, 3)


@pytest.mark.parametrize(("hours", "is_compared"), [(24, True), (5, False)])
def test_a_pumps_total_is_compared_with_its_own_day_only(hours: int, is_compared: bool) -> None:
    total = DailyTotal(
        at_local=local_time(2026, 3, 3), device_id=PUMP, scope=TotalScope.ALL, amount_u=24.4
    )
    moved = view(pump_days(total), correction(ahead=timedelta(hours=hours)))
    day = moved.of(DailyTotal)[0].at_local.date()
    found = reconcile(moved, day)
    assert (found.pump_total_u is not None) is is_compared
    assert ("clock was corrected" in found.reason) is not is_compared


def test_sensor_readings_move_and_a_repeated_hour_is_marked() -> None:
    series = sensor_series([100.0 + n for n in range(36)], start=datetime(2024, 10, 27, 1))
    told = history(sensor=series)
    moved = view(told, correction(device="cgm:1", zone="Etc/GMT-1"))
    # 01:00 to 03:55 on winter time: 02:00 to 02:55 twice, then 03:00 to 03:55.
    assert len(moved.sensor) == 36
    second = moved.sensor[(moved.sensor.flag & FOLD) != 0]
    assert from_wall_seconds(second.at_s[0]) == local_time(2024, 10, 27, 2)
    assert second.mgdl.tolist() == [112.0 + n for n in range(12)]
    assert (np.diff(moved.sensor.at_s) >= 0).all()


def test_readings_that_then_overlap_another_device_are_not_counted_twice() -> None:
    phone = sensor_series([100.0] * 24, start=datetime(2026, 3, 2, 8), device_id="cgm:phone")
    pump = sensor_series([150.0] * 12, start=datetime(2026, 3, 2, 14), device_id="cgm:pump")
    told = history(sensor=SensorSeries.concat([phone, pump]))
    assert len(told.glucose) == 36
    moved = view(told, correction(device="cgm:pump", ahead=timedelta(hours=6)))
    assert len(moved.sensor) == 36  # nothing is lost ...
    assert set(moved.glucose.mgdl.tolist()) == {100.0}  # ... and one device speaks per instant


@given(offsets)
def test_taking_it_back_restores_everything(minutes: int) -> None:
    told = pump_days(note(2026, 3, 3, 3))
    before = {kind: tuple(group) for kind, group in told.records.items()}
    view(told, correction(ahead=timedelta(minutes=minutes)))
    assert told.records == before
    assert view(told) is told


def test_other_devices_keep_their_clock() -> None:
    other = Resume(at_local=local_time(2026, 3, 3, 3), device_id="pump:2")
    moved = view(pump_days(other), correction(ahead=timedelta(hours=5)))
    assert moved.of(Resume) == (other,)


# --- left out --------------------------------------------------------------------------------


def left_out(first: datetime, end: datetime, device: str = "") -> Exclusion:
    return Exclusion(
        from_s=wall_seconds(first),
        to_s=wall_seconds(end),
        reason=ExclusionReason.COMPRESSION,
        device_id=device,
    )


def test_left_out_readings_keep_their_place_and_count_for_nothing() -> None:
    series = sensor_series([60.0] * 12 + [120.0] * 12, start=datetime(2026, 3, 2, 3))
    marked = excluded(series, [left_out(local_time(2026, 3, 2, 3), local_time(2026, 3, 2, 4))])
    told = history(sensor=marked)
    assert len(told.sensor) == 24
    assert set(told.glucose.mgdl.tolist()) == {120.0}
    assert set(readmitted(told).glucose.mgdl.tolist()) == {60.0, 120.0}


def test_the_end_of_a_stretch_does_not_belong_to_it() -> None:
    series = sensor_series([100.0] * 3, start=datetime(2026, 3, 2, 3))
    marked = excluded(series, [left_out(local_time(2026, 3, 2, 3), local_time(2026, 3, 2, 3, 10))])
    assert (marked.flag & EXCLUDED).astype(bool).tolist() == [True, True, False]


def test_one_device_is_left_out_and_the_other_speaks() -> None:
    bad = sensor_series([40.0] * 24, start=datetime(2026, 3, 2, 3), device_id="cgm:bad")
    good = sensor_series([110.0] * 12, start=datetime(2026, 3, 2, 3), device_id="cgm:good")
    marked = excluded(
        SensorSeries.concat([bad, good]),
        [left_out(local_time(2026, 3, 2), local_time(2026, 3, 3), "cgm:bad")],
    )
    assert set(marked.primary().mgdl.tolist()) == {110.0}


def test_nothing_to_leave_out_changes_nothing() -> None:
    series = sensor_series([100.0] * 3)
    assert excluded(series, []) is series
    assert excluded(series, [left_out(*ALWAYS, "cgm:unknown")]) is series
    told = history(sensor=series)
    assert readmitted(told) is told


def test_left_out_readings_stay_left_out_when_the_clock_is_corrected() -> None:
    series = sensor_series([60.0] * 12 + [120.0] * 12, start=datetime(2026, 3, 2, 3))
    marked = excluded(series, [left_out(local_time(2026, 3, 2, 3), local_time(2026, 3, 2, 4))])
    moved = view(history(sensor=marked), correction(device="cgm:1", ahead=timedelta(hours=2)))
    assert set(moved.glucose.mgdl.tolist()) == {120.0}
    assert day_number(date(2026, 3, 2)) == moved.sensor.at_s[0] // DAY_S
