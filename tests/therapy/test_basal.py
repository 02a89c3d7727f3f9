"""Delivered basal: worked days by hand, and the invariants of therapy-events.md §3 as properties."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glykos.therapy.basal import (
    BasalInterval,
    basal_units,
    daily_basal,
    day_of,
    delivered_basal,
)
from glykos.therapy.clock import DAY_S, Window, day_number, local_time
from glykos.therapy.diary import Note
from glykos.therapy.history import History
from glykos.therapy.records import (
    Alarm,
    BasalPatternSelected,
    BasalRate,
    BasalSchedule,
    Bolus,
    BolusKind,
    DailyTotal,
    Prime,
    PrimeKind,
    Record,
    Resume,
    Rewind,
    ScheduleSegment,
    Setting,
    SettingsChange,
    StopReason,
    Suspend,
    TempBasal,
    TimeChange,
    TotalScope,
)
from glykos.therapy.sensor import SensorSeries

PUMP = "pump:1"
DAY = date(2026, 3, 2)
START_S = day_number(DAY) * DAY_S


def at(hour: float, day: int = 0) -> datetime:
    return local_time(2026, 3, 2) + timedelta(days=day, hours=hour)


def schedule(*segments: tuple[int, float], pattern: str = "A", **more: object) -> BasalSchedule:
    return BasalSchedule(
        at_local=more.pop("at_local", at(0)),  # type: ignore[arg-type]
        device_id=PUMP,
        pattern=pattern,
        segments=tuple(ScheduleSegment(minute, rate) for minute, rate in segments),
        **more,  # type: ignore[arg-type]
    )


def rate(hour: float, value: float, device: str = PUMP, seq: int | None = None) -> BasalRate:
    return BasalRate(at_local=at(hour), device_id=device, rate_u_per_h=value, seq=seq)


def percent(hour: float, fraction: float, minutes: float | None) -> TempBasal:
    return TempBasal(at_local=at(hour), device_id=PUMP, fraction=fraction, duration_min=minutes)


def absolute(hour: float, u_per_h: float, minutes: float | None) -> TempBasal:
    return TempBasal(at_local=at(hour), device_id=PUMP, rate_u_per_h=u_per_h, duration_min=minutes)


def stop(hour: float, reason: StopReason = StopReason.USER, device: str = PUMP) -> Suspend:
    return Suspend(at_local=at(hour), device_id=device, reason=reason)


def go(hour: float, device: str = PUMP) -> Resume:
    return Resume(at_local=at(hour), device_id=device)


def alive(hour: float, device: str = PUMP) -> Note:
    return Note(at_local=at(hour), device_id=device, text="")


def bolus(hour: float, device: str = PUMP) -> Bolus:
    return Bolus(
        at_local=at(hour), device_id=device, bolus_kind=BolusKind.NORMAL, delivered_now_u=1.0
    )


def history(*records: Record) -> History:
    return History.build(sensor=SensorSeries.empty(), records=records)


def intervals(*records: Record, days: int = 1) -> tuple[BasalInterval, ...]:
    return delivered_basal(history(*records), Window(DAY, DAY + timedelta(days=days - 1)))


def units(*records: Record) -> float | None:
    return basal_units(intervals(*records, days=3), START_S, START_S + DAY_S)


def shape(*records: Record) -> list[tuple[float, float, float | None, str]]:
    return [
        ((i.start_s - START_S) / 3600, (i.end_s - START_S) / 3600, i.rate_u_per_h, i.kind)
        for i in intervals(*records)
    ]


#: 0.5 U/h to 06:00, 1.0 U/h to 22:00, 0.8 U/h after: 3 + 16 + 1.6 = 20.6 U.
PLAIN = (schedule((0, 0.5), (360, 1.0), (1320, 0.8)), alive(12), alive(24))


# --- worked days -----------------------------------------------------------------------------


def test_a_plain_day_gives_the_pattern_total() -> None:
    assert units(*PLAIN) == pytest.approx(20.6)
    assert shape(*PLAIN) == [
        (0, 6, 0.5, "scheduled"),
        (6, 22, 1.0, "scheduled"),
        (22, 24, 0.8, "scheduled"),
    ]


def test_rate_rows_hold_until_the_next_one() -> None:
    assert units(rate(0, 0.5), rate(6, 1.0), rate(22, 0.8), alive(24)) == pytest.approx(20.6)


def test_percent_is_taken_of_each_segment_it_crosses() -> None:
    day = shape(*PLAIN, percent(5, 0.5, 120))
    assert day[1:3] == [(5, 6, 0.25, "temp"), (6, 7, 0.5, "temp")]
    assert units(*PLAIN, percent(5, 0.5, 120)) == pytest.approx(20.6 - 0.25 - 0.5)


def test_absolute_rate_replaces_the_schedule() -> None:
    assert units(*PLAIN, absolute(8, 2.0, 90)) == pytest.approx(20.6 + 1.5)


def test_cancellation_ends_the_temporary_rate() -> None:
    assert units(*PLAIN, percent(8, 0.0, 120), percent(9, 0.0, 0)) == pytest.approx(20.6 - 1.0)


def test_newer_temporary_rate_replaces_the_older() -> None:
    assert units(*PLAIN, percent(8, 0.0, 240), percent(9, 0.5, 60)) == pytest.approx(20.6 - 1.5)


def test_stop_is_zero_and_remembers_what_was_scheduled() -> None:
    found = [
        i for i in intervals(*PLAIN, stop(8, StopReason.BEFORE_LOW), go(9.5)) if i.rate_u_per_h == 0
    ]
    assert [(i.kind, i.reason, i.scheduled_u_per_h, i.hours) for i in found] == [
        ("suspended", StopReason.BEFORE_LOW, 1.0, 1.5)
    ]
    assert units(*PLAIN, stop(8), go(9.5)) == pytest.approx(20.6 - 1.5)


def test_stop_does_not_stop_the_clock_of_a_temporary_rate() -> None:
    day = shape(*PLAIN, percent(8, 0.5, 120), stop(8.5), go(9.5))
    assert day[2:5] == [(8, 8.5, 0.5, "temp"), (8.5, 9.5, 0.0, "suspended"), (9.5, 10, 0.5, "temp")]


def test_long_stop_with_its_end_is_believed() -> None:
    assert units(*PLAIN, stop(8), go(14)) == pytest.approx(20.6 - 6)


def test_stop_without_end_becomes_unknown_after_two_hours() -> None:
    assert shape(*PLAIN, stop(20))[-2:] == [(20, 22, 0.0, "suspended"), (22, 24, None, "unknown")]
    assert units(*PLAIN, stop(20)) is None


def test_a_bolus_shows_that_the_pump_runs_again() -> None:
    assert shape(*PLAIN, stop(8), bolus(11))[2:5] == [
        (8, 10, 0.0, "suspended"),
        (10, 11, None, "unknown"),
        (11, 22, 1.0, "scheduled"),
    ]


def test_end_of_a_stop_that_began_before_the_data_leaves_the_start_unknown() -> None:
    assert shape(*PLAIN, go(1))[0] == (0, 1, None, "unknown")


def rewind(hour: float) -> Rewind:
    return Rewind(at_local=at(hour), device_id=PUMP)


def fill(hour: float) -> Prime:
    return Prime(at_local=at(hour), device_id=PUMP, prime_kind=PrimeKind.TUBING)


def no_delivery(hour: float) -> Alarm:
    return Alarm(at_local=at(hour), device_id=PUMP, text="No Delivery", code="4")


def test_pump_stands_still_from_rewind_to_fill() -> None:
    assert shape(*PLAIN, rewind(8), fill(8.25), fill(8.5))[2] == (8, 8.25, 0.0, "suspended")


def test_fill_does_not_end_a_stop_that_the_pump_reported() -> None:
    day = shape(*PLAIN, stop(8, StopReason.SET_CHANGE), rewind(8.1), fill(8.2), go(8.5))
    assert day[2] == (8, 8.5, 0.0, "suspended")


def test_no_delivery_that_ends_in_a_rewind_was_a_stop() -> None:
    day = intervals(*PLAIN, no_delivery(8), rewind(9.5), fill(9.75))
    assert [(i.hours, i.reason) for i in day if i.kind == "suspended"] == [
        (1.5, StopReason.ALARM),
        (0.25, StopReason.SET_CHANGE),
    ]


def test_no_delivery_that_was_resumed_changes_nothing() -> None:
    assert units(*PLAIN, no_delivery(8), bolus(8.1), rewind(20), fill(20.1)) == pytest.approx(
        20.6 - 0.1
    )


def test_temporary_rate_without_end_is_unknown_until_the_next() -> None:
    day = shape(*PLAIN, percent(8, 0.5, None), percent(10, 1.0, 0))
    assert day[2:4] == [(8, 10, None, "unknown"), (10, 22, 1.0, "scheduled")]


def test_basal_ends_at_the_last_record_not_at_the_end_of_the_window() -> None:
    last = intervals(schedule((0, 1.0)), alive(15), days=2)[-1]
    assert (last.end_s - START_S) / 3600 == 15


def test_unknown_is_not_zero() -> None:
    assert units(schedule((0, 1.0)), alive(15)) is None
    assert basal_units((), START_S, START_S + DAY_S) is None


def test_a_long_silence_is_unknown() -> None:
    found = intervals(schedule((0, 1.0)), alive(12), alive(12 + 27), alive(48), days=2)
    assert [(i.kind, i.hours) for i in found] == [
        ("scheduled", 12),
        ("unknown", 27),
        ("scheduled", 9),
    ]


def test_a_rate_row_holds_for_26_hours_at_most() -> None:
    found = intervals(rate(0, 1.0), *(alive(h) for h in range(0, 48, 6)), alive(48), days=2)
    assert [(i.kind, i.hours) for i in found] == [("scheduled", 26), ("unknown", 22)]


def test_automatic_day_does_not_pretend_to_know_the_rate() -> None:
    auto = DailyTotal(at_local=at(0), device_id=PUMP, scope=TotalScope.AUTO, amount_u=12.0)
    assert shape(rate(0, 1.0), rate(12, 0.8), auto, alive(24)) == [
        (0, 12, None, "auto"),
        (12, 24, None, "auto"),
    ]
    assert units(rate(0, 1.0), auto, alive(24)) is None


def test_two_automatic_days_in_a_row() -> None:
    rows: list[Record] = [alive(72), *(rate(h, 1.0) for h in (0, 24, 48))]
    rows += [
        DailyTotal(at_local=at(0, day), device_id=PUMP, scope=TotalScope.AUTO, amount_u=12.0)
        for day in (0, 1)
    ]
    assert [(i.kind, i.hours) for i in intervals(*rows, days=3)] == [
        ("auto", 48),
        ("scheduled", 24),
    ]


# --- 600 series: two rows while something else is delivered ----------------------------------


def test_600_series_rows_of_a_percentage_are_not_the_programme() -> None:
    # As printed by a real pump: 50 % from 20:06:55 for 2 h; 0.85 U/h, from 22:00 on 0.8 U/h.
    start = 20 + 6 / 60 + 55 / 3600
    rows: list[Record] = [
        rate(0, 0.85),
        percent(start, 0.5, 120),
        rate(start, 0.425),
        rate(20 + 7 / 60, 0.85),
        rate(22, 0.4, seq=1),
        rate(22, 0.8, seq=2),
        rate(start + 2, 0.8),
        alive(24),
    ]
    given = 0.85 * start + 0.425 * (22 - start) + 0.4 * (start + 2 - 22) + 0.8 * (22 - start)
    assert units(*rows) == pytest.approx(given)
    assert {i.scheduled_u_per_h for i in intervals(*rows)} == {0.85, 0.8}


def test_600_series_stop_rows_are_not_the_programme() -> None:
    rows = [
        rate(0, 1.0),
        stop(8),
        rate(8, 0.0),
        rate(9, 0.6),  # the programme goes on while delivery is stopped
        go(10),
        rate(10, 0.6),
        alive(24),
    ]
    assert units(*rows) == pytest.approx(8 + 14 * 0.6)
    assert [i.scheduled_u_per_h for i in intervals(*rows)] == [1.0, 1.0, 0.6, 0.6]


def test_600_series_restart_inside_a_percentage() -> None:
    rows = [
        rate(0, 0.85),
        percent(18, 1.9, 90),
        rate(18, 1.615),
        stop(18.5),
        rate(18.5, 0.0),
        go(19),
        rate(19, 1.615),
        alive(24),
    ]
    assert units(*rows) == pytest.approx(0.85 * 22.5 + 1.615 * 1.0)


def test_a_single_row_during_a_percentage_is_the_programme() -> None:
    # Paradigm pumps print the programme alone, even where it halves during a 50 % rate.
    rows = [rate(0, 1.0), percent(5, 0.5, 180), rate(6, 0.5), alive(24)]
    assert units(*rows) == pytest.approx(5 + 0.5 + 2 * 0.25 + 16 * 0.5)


# --- patterns --------------------------------------------------------------------------------


def test_choosing_another_pattern_takes_effect_at_once() -> None:
    rows = [
        schedule((0, 1.0), pattern="A", at_local=at(30), is_active=False),
        schedule((0, 0.5), pattern="B", at_local=at(30), is_active=True),
        BasalPatternSelected(at_local=at(12), device_id=PUMP, pattern="B", previous="A"),
        alive(0),
    ]
    assert units(*rows) == pytest.approx(18)


def test_a_changed_pattern_does_not_tell_what_it_was_before() -> None:
    assert shape(alive(0), schedule((0, 1.0), at_local=at(12)), alive(24)) == [
        (0, 12, None, "unknown"),
        (12, 24, 1.0, "scheduled"),
    ]


def test_the_content_that_a_change_replaced_holds_back() -> None:
    change = SettingsChange(
        at_local=at(12),
        device_id=PUMP,
        name="Basal pattern A",
        old=Setting("Basal pattern A", segments=(ScheduleSegment(0, 0.5),)),
    )
    assert units(alive(0), change, schedule((0, 1.0), at_local=at(12)), alive(24)) == pytest.approx(
        18
    )


def test_two_patterns_and_no_word_which_is_active_is_unknown() -> None:
    rows = [schedule((0, 1.0), pattern="A"), schedule((0, 0.5), pattern="B"), alive(24)]
    assert units(*rows) is None


# --- clock changes ---------------------------------------------------------------------------


def change(hour: float, to_hour: float) -> TimeChange:
    return TimeChange(at_local=at(hour), device_id=PUMP, to_local=at(to_hour))


def test_clock_set_forward_skips_the_hour_and_reevaluates_the_segment() -> None:
    # 2 h at 0.5 from midnight, then it is 03:00; 3 h to 06:00: 23 lived hours.
    day = (*PLAIN, change(2, 3))
    assert units(*day) == pytest.approx(20.6 - 0.5)
    assert shape(*day)[:2] == [(0, 2, 0.5, "scheduled"), (3, 6, 0.5, "scheduled")]


def test_clock_set_across_a_segment_changes_the_rate_at_once() -> None:
    assert shape(*PLAIN, change(5, 7))[:2] == [(0, 5, 0.5, "scheduled"), (7, 22, 1.0, "scheduled")]


def test_clock_set_back_delivers_the_hour_twice() -> None:
    day = intervals(*PLAIN, change(3, 2))
    assert basal_units(day, START_S, START_S + DAY_S) == pytest.approx(20.6 + 0.5)
    assert [i.hours for i in day if i.fold] == [1]
    assert daily_basal(history(*PLAIN, change(3, 2)), Window(DAY, DAY))[0].known_min == 1500


def test_records_of_a_repeated_hour_follow_their_fold() -> None:
    second_pass = Suspend(at_local=at(2.5).replace(fold=1), device_id=PUMP, reason=StopReason.USER)
    day = intervals(*PLAIN, change(3, 2), second_pass, go(4))
    assert [(i.hours, i.fold) for i in day if i.kind == "suspended"] == [(0.5, 1), (1, 0)]


def test_temporary_rate_keeps_its_length_across_a_clock_change() -> None:
    day = intervals(*PLAIN, percent(1, 0.0, 120), change(2, 3))
    assert sum(i.hours for i in day if i.kind == "temp") == 2
    assert day[2].end_s == START_S + 4 * 3600


def test_wrong_month_put_right_keeps_everything_but_its_five_minutes() -> None:
    wrong = change(10, 10 + 24 * 200)
    right = TimeChange(
        at_local=wrong.to_local + timedelta(minutes=5), device_id=PUMP, to_local=at(10 + 5 / 60)
    )
    # Those five minutes stand on the wrong date, where the pump put them.
    assert units(*PLAIN, wrong, right) == pytest.approx(20.6 - 5 / 60)


# --- several pumps ---------------------------------------------------------------------------


def test_two_pumps_are_not_added_up() -> None:
    other = [rate(0, 5.0, "pump:2"), alive(24, "pump:2")]
    rows = [*PLAIN, alive(13), alive(14), *other]
    assert units(*rows) == pytest.approx(20.6)


def test_the_running_pump_counts_when_the_other_is_stopped() -> None:
    new = [rate(h, 0.5, "pump:2") for h in (12, 18)] + [alive(24, "pump:2")]
    old = [rate(h, 1.0) for h in range(12)] + [stop(12), go(24)]
    assert units(*old, *new) == pytest.approx(12 + 6)


# --- properties ------------------------------------------------------------------------------

quarter = st.integers(0, 95).map(lambda n: n / 4)
rates = st.integers(0, 120).map(lambda n: n / 40)
segments = st.dictionaries(st.integers(1, 47), rates, max_size=6).flatmap(
    lambda later: rates.map(
        lambda first: schedule((0, first), *((30 * n, r) for n, r in sorted(later.items())))
    )
)
temp = st.one_of(
    st.builds(percent, quarter, st.integers(0, 8).map(lambda n: n / 4), st.integers(0, 600)),
    st.builds(absolute, quarter, rates, st.integers(0, 600)),
)
pause = st.tuples(quarter, st.integers(1, 20)).map(
    lambda p: [stop(p[0]), go(min(24.0, p[0] + p[1] / 4))]
)
clock_change = st.tuples(st.integers(1, 22), st.sampled_from([-1.0, -0.5, 0.5, 1.0])).map(
    lambda p: [change(p[0] + 0.1, p[0] + 0.1 + p[1])]
)
days = st.builds(
    lambda programme, temps, pauses, clock: [
        programme,
        alive(24),
        *temps,
        *(record for pair in pauses for record in pair),
        *clock,
    ],
    segments,
    st.lists(temp, max_size=4),
    st.lists(pause, max_size=3),
    st.one_of(st.just([]), clock_change),
)


@given(days)
def test_intervals_never_overlap(records: list[Record]) -> None:
    found = intervals(*records)
    for fold in (0, 1):
        one_pass = [i for i in found if i.fold == fold]
        assert all(a.end_s <= b.start_s for a, b in pairwise(one_pass))


@given(days)
def test_intervals_cover_exactly_the_lived_time(records: list[Record]) -> None:
    shift_h = sum(r.shift.minutes / 60 for r in records if isinstance(r, TimeChange))
    found = intervals(*records)
    assert sum(i.hours for i in found) == pytest.approx(24 - shift_h)
    assert found[0].start_s == START_S
    assert max(i.end_s for i in found) == START_S + DAY_S


@given(days)
def test_rates_are_never_negative(records: list[Record]) -> None:
    assert all(i.rate_u_per_h is None or i.rate_u_per_h >= 0 for i in intervals(*records))


@given(days, st.integers(0, 24 * 3600))
def test_units_of_two_parts_add_up(records: list[Record], cut_s: int) -> None:
    found = intervals(*records)
    whole = basal_units(found, START_S, START_S + DAY_S)
    first = basal_units(found, START_S, START_S + cut_s) if cut_s else 0.0
    second = basal_units(found, START_S + cut_s, START_S + DAY_S) if cut_s < DAY_S else 0.0
    if whole is not None:
        assert first is not None
        assert second is not None
        assert first + second == pytest.approx(whole)


@given(days, quarter)
def test_a_zero_length_stop_changes_nothing(records: list[Record], hour: float) -> None:
    moment = hour + 0.011  # not the second of another event
    # In a stopped or unknown stretch a stop and its end would be news.
    running = [i for i in intervals(*records) if i.kind in ("scheduled", "temp")]
    second = START_S + moment * 3600
    inside = any(i.start_s <= second < i.end_s and i.fold == 0 for i in running)
    if inside and not any(isinstance(r, TimeChange) for r in records):
        assert intervals(*records, stop(moment), go(moment)) == intervals(*records)


@given(segments)
def test_a_plain_day_equals_its_pattern(programme: BasalSchedule) -> None:
    assert units(programme, alive(24)) == pytest.approx(programme.total_u)


@given(days, st.randoms(use_true_random=False))
def test_order_of_import_does_not_matter(records: list[Record], random: object) -> None:
    distinct_times = {(type(r), r.at_s) for r in records}
    if len(distinct_times) == len(records):
        mixed = list(records)
        random.shuffle(mixed)  # type: ignore[attr-defined]
        assert intervals(*mixed) == intervals(*records)


def test_day_of_reports_the_known_part() -> None:
    part = day_of(intervals(schedule((0, 1.0)), alive(15)), DAY)
    assert (part.known_u, part.known_min, part.units) == (pytest.approx(15), 900, None)
