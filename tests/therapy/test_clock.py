"""Wall clocks of devices: days of 23, 24 and 25 hours, zones, wrong dates.

Offsets and dates of summer time are facts of the tz database (EU: last Sundays of March and
October; US: second Sunday of March, first of November).
"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.therapy.clock import (
    ClockShift,
    DaySpan,
    Window,
    date_of,
    day_minutes,
    day_number,
    from_wall_seconds,
    local_time,
    segments_from_changes,
    wall_seconds,
)

BERLIN = ZoneInfo("Europe/Berlin")
dates = st.dates(date(1999, 1, 1), date(2100, 1, 1))


def shift(before: datetime, **moved: float) -> ClockShift:
    return ClockShift(before, before + timedelta(**moved))


# --- counts ----------------------------------------------------------------------------------


@given(st.datetimes(datetime(1999, 1, 1), datetime(2100, 1, 1)))
def test_wall_seconds_round_trip_to_the_second(at_local: datetime) -> None:
    assert from_wall_seconds(wall_seconds(at_local)) == at_local.replace(microsecond=0)


def test_wall_seconds_ignore_the_zone() -> None:
    assert wall_seconds(local_time(1970, 1, 2, 0, 0, 1)) == 86_401


@given(dates)
def test_day_numbers_round_trip(day: date) -> None:
    assert date_of(day_number(day)) == day
    assert day_number(day) * 86_400 == wall_seconds(local_time(day.year, day.month, day.day))


def test_impossible_wall_time_is_refused() -> None:
    with pytest.raises(ValueError, match="day"):
        local_time(2026, 2, 29)


# --- windows ---------------------------------------------------------------------------------


@given(dates, st.integers(1, 400))
def test_window_holds_its_days_and_no_others(last: date, days: int) -> None:
    window = Window.ending(last, days)
    assert window.days == days == len(list(window))
    assert (window.end_s - window.start_s) == days * 86_400
    assert from_wall_seconds(window.start_s) in window
    assert from_wall_seconds(window.end_s - 1) in window
    assert from_wall_seconds(window.end_s) not in window
    assert window.previous.days == days
    assert window.previous.end_s == window.start_s


def test_window_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="first day"):
        Window(date(2026, 3, 2), date(2026, 3, 1))


def test_span_of_the_day_is_half_open_and_may_wrap_midnight() -> None:
    breakfast, night = DaySpan(360, 600), DaySpan(22 * 60, 6 * 60)
    assert 360 in breakfast
    assert 600 not in breakfast
    assert all(minute in night for minute in (22 * 60, 0, 359.9))
    assert all(minute not in night for minute in (360, 12 * 60, 22 * 60 - 0.1))


# --- length of a day -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2026, 6, 1), 24),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("America/Phoenix", date(2026, 3, 8), 24),
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Pacific/Chatham", date(2026, 4, 5), 25),
    ],
)
def test_day_length_in_a_zone(zone: str, day: date, hours: float) -> None:
    assert day_minutes(day, zone=ZoneInfo(zone)) == hours * 60


def test_day_without_zone_and_changes_has_24_hours() -> None:
    assert day_minutes(date(2026, 3, 29)) == 1440


def test_a_device_change_decides_over_the_zone() -> None:
    monday = date(2026, 10, 26)  # set on the day after
    set_back = shift(local_time(2026, 10, 26, 9, 30, 52), hours=-1)
    assert day_minutes(monday, zone=BERLIN, shifts=[set_back]) == 1500
    set_forward = shift(local_time(2026, 3, 29, 7, 15), hours=1)
    assert day_minutes(date(2026, 3, 29), zone=BERLIN, shifts=[set_forward]) == 1380


def test_am_pm_error_and_its_correction_cancel_out() -> None:
    wrong = shift(local_time(2026, 5, 1, 20), hours=-12)
    right = shift(local_time(2026, 5, 1, 8, 5), hours=12)
    assert day_minutes(date(2026, 5, 1), shifts=[wrong]) == 36 * 60
    assert day_minutes(date(2026, 5, 1), shifts=[wrong, right]) == 1440


def test_change_across_midnight_counts_on_both_days() -> None:
    set_back = [shift(local_time(2026, 5, 2, 0, 10), hours=-1)]
    assert day_minutes(date(2026, 5, 1), shifts=set_back) == 1490
    assert day_minutes(date(2026, 5, 2), shifts=set_back) == 1450


def test_a_corrected_year_is_not_time_lived() -> None:
    wrong_year = ClockShift(local_time(2025, 5, 1, 9), local_time(2026, 5, 1, 9))
    assert day_minutes(date(2025, 5, 1), shifts=[wrong_year]) == 1440
    assert day_minutes(date(2026, 5, 1), shifts=[wrong_year]) == 1440


@given(st.lists(st.tuples(st.integers(0, 2879), st.integers(-1400, 1400)), max_size=4))
def test_changes_of_two_days_add_up_to_the_time_lived(moves: list[tuple[int, int]]) -> None:
    start = local_time(2026, 5, 1)
    shifts = [shift(start + timedelta(minutes=minute), minutes=by) for minute, by in moves]
    inside = [s for s in shifts if start <= s.after <= start + timedelta(days=2)]
    lived = sum(day_minutes(date(2026, 5, n), shifts=inside) for n in (1, 2))
    assert lived == pytest.approx(2880 - sum(s.minutes for s in inside))


# --- segments --------------------------------------------------------------------------------


def offsets_min(*shifts: ClockShift, newest: datetime, zone: str) -> list[float]:
    found = segments_from_changes(newest, ZoneInfo(zone), shifts)
    return [segment.utc_offset_s / 60 for segment in found]


def test_no_change_uses_the_zone_of_the_newest_record() -> None:
    (segment,) = segments_from_changes(local_time(2026, 7, 1), BERLIN, ())
    assert (segment.utc_offset_s, segment.origin, segment.from_s) == (7200, "zone", 0)


def test_end_of_summer_time_is_walked_back() -> None:
    change = shift(local_time(2024, 10, 27, 9, 30, 52), hours=-1)
    before, after = segments_from_changes(local_time(2024, 11, 1), BERLIN, (change,))
    assert (before.utc_offset_s, after.utc_offset_s) == (7200, 3600)
    assert after.from_s == wall_seconds(local_time(2024, 10, 27, 8, 30, 52))
    at_utc = change.before.replace(tzinfo=BERLIN, fold=0)  # summer time as the pump still showed
    assert (
        wall_seconds(change.before) - before.utc_offset_s
        == wall_seconds(change.after) - after.utc_offset_s
    )
    assert at_utc.astimezone(UTC).hour == 8  # the zone itself had left summer time at 03:00


@pytest.mark.parametrize(
    ("zone", "newest", "moved_min", "expected_min"),
    [
        ("Asia/Kathmandu", local_time(2026, 5, 1), 225, [120, 345]),  # Berlin to Kathmandu
        ("Pacific/Chatham", local_time(2026, 6, 1), 45 + 60, [645, 765]),  # 105 rounds to 120
        ("Pacific/Kiritimati", local_time(2026, 5, 1), 24 * 60, [-600, 840]),  # over the date line
        ("America/New_York", local_time(2026, 3, 20), 60, [-300, -240]),
        ("Europe/Berlin", local_time(2026, 5, 1), 12 * 60, [-600, 120]),  # AM for PM, put right
    ],
)
def test_travel_and_slips(
    zone: str, newest: datetime, moved_min: int, expected_min: list[float]
) -> None:
    change = shift(newest - timedelta(days=3), minutes=moved_min)
    rounded = round(moved_min / 30) * 30
    found = offsets_min(change, newest=newest, zone=zone)
    assert found[1] == expected_min[1]
    assert found[0] == expected_min[1] - rounded


def test_drift_does_not_start_a_segment() -> None:
    drift = shift(local_time(2026, 5, 1), minutes=9)
    assert offsets_min(drift, newest=local_time(2026, 5, 2), zone="Europe/Berlin") == [120]


def test_wrong_date_does_not_move_the_zone() -> None:
    wrong_year = shift(local_time(2025, 4, 30), days=365)
    found = offsets_min(wrong_year, newest=local_time(2026, 5, 2), zone="Europe/Berlin")
    assert found == [120, 120]


@given(st.lists(st.integers(-1500, 1500), max_size=5))
def test_offsets_follow_the_changes_one_by_one(moves: list[int]) -> None:
    shifts = [
        shift(local_time(2026, 5, 1) + timedelta(days=n), minutes=by) for n, by in enumerate(moves)
    ]
    found = offsets_min(*shifts, newest=local_time(2026, 6, 1), zone="Europe/Berlin")
    steps = [rounded for by in moves if (rounded := round(by / 30) * 30)]
    assert [b - a for a, b in pairwise(found)] == steps
    assert found[-1] == 120
