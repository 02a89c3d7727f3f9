"""Doses by pen or syringe, day by day and by time of day; ``injections`` makes numbers of them.

A day without an entry is unknown. A late dose of long-acting insulin belongs to its evening where
doses are averaged or compared with their usual time, and to its calendar day everywhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import pairwise
from statistics import median

from glykos.metrics._analysis import Analysis, once
from glykos.metrics._coverage import complete_days
from glykos.therapy.clock import DAY_MIN, DaySpan, Window
from glykos.therapy.diary import Injection, InsulinKind
from glykos.therapy.insulins import is_weekly

#: Speeds as people tell them apart: key, words, kinds. What is not known is never guessed.
SPEEDS: tuple[tuple[str, str, frozenset[InsulinKind]], ...] = (
    ("long", "long-acting", frozenset({InsulinKind.LONG, InsulinKind.INTERMEDIATE})),
    ("rapid", "rapid-acting", frozenset({InsulinKind.RAPID, InsulinKind.SHORT})),
    ("premix", "premixed", frozenset({InsulinKind.PREMIX})),
    ("other", "of unknown kind", frozenset({InsulinKind.UNKNOWN})),
)
#: Doses further apart on the clock than this belong to two usual times [min].
APART_MIN = 240.0
#: A usual time has at least so many doses, and this share of all.
LEAST_DOSES, LEAST_SHARE = 3, 0.2
ON_TIME_MIN = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDoses:
    """What was injected on one local day [U], by speed; None for a speed without an entry."""

    day: date
    injections: int
    long_u: float | None
    rapid_u: float | None
    premix_u: float | None
    other_u: float | None

    @property
    def total_u(self) -> float:
        """Everything entered for the day [U]."""
        return sum(getattr(self, f"{key}_u") or 0.0 for key, _, _ in SPEEDS)


@once
def days_of_injections(analysis: Analysis) -> tuple[DayDoses, ...]:
    """Every local day of the window with at least one injection entered, in order."""
    by_day: dict[date, list[Injection]] = {}
    for dose in analysis.history.of(Injection):
        by_day.setdefault(dose.at_local.date(), []).append(dose)
    return tuple(_day(day, doses) for day, doses in sorted(by_day.items()))


def _day(day: date, doses: Sequence[Injection]) -> DayDoses:
    amounts = {
        f"{key}_u": sum(mine) if (mine := [d.dose_u for d in doses if d.insulin in kinds]) else None
        for key, _, kinds in SPEEDS
    }
    return DayDoses(day=day, injections=len(doses), **amounts)


def speeds_in_use(analysis: Analysis) -> tuple[str, ...]:
    """Keys of the speeds entered at least once in the window, in the order of ``SPEEDS``."""
    days = days_of_injections(analysis)
    return tuple(
        key for key, _, _ in SPEEDS if any(getattr(one, f"{key}_u") is not None for one in days)
    )


@once
def dose_days(analysis: Analysis) -> tuple[DayDoses, ...]:
    """As :func:`days_of_injections`, but a late dose of long-acting insulin stays with its evening.

    A dose at 00:30 instead of 22:00 would otherwise leave one day with nothing and the next with
    twice as much, and a mean over days with entries would be too high.
    """
    by_day: dict[date, list[Injection]] = {}
    moved = {id(dose): day for _, dated in _long_doses(analysis) for day, dose in dated}
    long_kinds = SPEEDS[0][2]
    for dose in analysis.history.of(Injection):
        if dose.insulin not in long_kinds:
            by_day.setdefault(dose.at_local.date(), []).append(dose)
    for dose in analysis.whole.of(Injection):
        if id(dose) in moved:
            by_day.setdefault(moved[id(dose)], []).append(dose)
    return tuple(_day(day, doses) for day, doses in sorted(by_day.items()))


@once
def whole_days(analysis: Analysis) -> tuple[DayDoses, ...]:
    """Days of :func:`dose_days` on which every speed in use (but unknown ones) has an entry."""
    needed = [key for key in speeds_in_use(analysis) if key != "other"]
    return tuple(
        one
        for one in dose_days(analysis)
        if all(getattr(one, f"{key}_u") is not None for key in needed)
    )


@once
def speeds_of_the_week(analysis: Analysis) -> tuple[str, ...]:
    """Keys of the speeds entered in the six days before the last day or on it.

    A speed that somebody takes every few days at least; not unknown ones, nor doses for a week.
    """
    last = analysis.window.last
    week = Window(last - timedelta(days=6), last)
    used = {
        one.insulin
        for one in analysis.whole.of(Injection)
        if one.at_local in week and not is_weekly(one.brand)
    }
    return tuple(key for key, _, kinds in SPEEDS if key != "other" and kinds & used)


@once
def has_weekly(analysis: Analysis) -> bool:
    """Whether insulin for a whole week was entered in the window or the six days before."""
    window = analysis.window
    near = Window(window.first - timedelta(days=6), window.last)
    return any(
        is_weekly(one.brand) and one.at_local in near for one in analysis.whole.of(Injection)
    )


# --- times of doses --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseTime:
    """A usual time of a dose: minutes after midnight, and how regular it is.

    Half of the doses lie within ``spread_min`` of ``usual_min`` (None below 3 doses);
    ``on_time`` counts those within an hour. ``without`` are days without an entry among ``days``
    complete ones, ``usual_u`` is the median dose [U].
    """

    name: str
    usual_min: float
    spread_min: float | None
    doses: int
    on_time: int
    days: int
    without: int
    usual_u: float


@once
def long_times(analysis: Analysis) -> tuple[DoseTime, ...]:
    """The usual times of long-acting insulin, in the order of the day.

    A dose after midnight belongs to the evening before where that is nearer to its usual time.
    """
    days = _logged_days(analysis)
    return tuple(
        _dose_time("Long-acting", minute, dated, days) for minute, dated in _long_doses(analysis)
    )


@once
def _long_doses(
    analysis: Analysis,
) -> tuple[tuple[float, tuple[tuple[date, Injection], ...]], ...]:
    """Each usual time with its doses and the days of the window that they are for."""
    window = analysis.window
    near = _near(window)
    doses = [
        one
        for one in analysis.whole.of(Injection)
        if one.insulin in SPEEDS[0][2] and one.at_local in near and not is_weekly(one.brand)
    ]
    usual = usual_times([one.minute_of_day for one in doses if one.at_local in window])
    days = set(window)
    found = []
    for minute in usual:
        mine = [
            one for one in doses if min(usual, key=partial(_apart, one.minute_of_day)) == minute
        ]
        dated = tuple((day, one) for one in mine if (day := _day_of(one, minute)) in days)
        if dated:
            found.append((minute, dated))
    return tuple(found)


@once
def meal_times(analysis: Analysis) -> tuple[DoseTime, ...]:
    """Each meal window's first dose of rapid-acting or premixed insulin, day by day."""
    kinds = SPEEDS[1][2] | SPEEDS[2][2]
    doses = [one for one in analysis.history.of(Injection) if one.insulin in kinds]
    found = []
    for name, span in analysis.plan.meals:
        first: dict[date, Injection] = {}
        for one in doses:
            if one.minute_of_day in span:
                first.setdefault(one.at_local.date(), one)
        if first:
            usual = median(_after(one.minute_of_day, span) for one in first.values())
            minute = (span.start_min + usual) % DAY_MIN
            found.append(_dose_time(name, minute, list(first.items()), _logged_days(analysis)))
    return tuple(found)


def usual_times(minutes: Sequence[float]) -> tuple[float, ...]:
    """Medians of the groups in which times lie on the 24-hour clock [min after midnight].

    The clock is cut at every gap of 4 h or more (at the widest gap where there is none). Groups
    with fewer than 3 doses or a fifth of all are no habit; without any group, all are one.
    """
    if not minutes:
        return ()
    times = sorted(minutes)
    gaps = [later - earlier for earlier, later in pairwise([*times, times[0] + DAY_MIN])]
    cuts = [place for place, gap in enumerate(gaps) if gap >= APART_MIN]
    cuts = cuts or [max(range(len(gaps)), key=gaps.__getitem__)]
    start = cuts[-1] + 1 - len(times)  # the group that reaches over midnight comes first
    groups = []
    for cut in cuts:
        groups.append([times[n] - (DAY_MIN if n < 0 else 0) for n in range(start, cut + 1)])
        start = cut + 1
    least = max(LEAST_DOSES, LEAST_SHARE * len(times))
    habits = [group for group in groups if len(group) >= least] or [max(groups, key=len)]
    return tuple(sorted(median(group) % DAY_MIN for group in habits))


def _apart(one: float, other: float) -> float:
    """Distance of two times on the clock [min], at most 720."""
    distance = abs(one - other) % DAY_MIN
    return min(distance, DAY_MIN - distance)


def _after(minute: float, span: DaySpan) -> float:
    return (minute - span.start_min) % DAY_MIN


def _day_of(dose: Injection, usual_min: float) -> date:
    """The day whose usual time is nearest to a dose."""
    late = dose.minute_of_day - usual_min
    day = dose.at_local.date()
    if late > DAY_MIN / 2:
        return day + timedelta(days=1)
    return day - timedelta(days=1) if late < -DAY_MIN / 2 else day


def _near(window: Window) -> Window:
    """The window with a day on either side."""
    return Window(window.first - timedelta(days=1), window.last + timedelta(days=1))


def _logged_days(analysis: Analysis) -> tuple[date, ...]:
    """Complete days of the window from the first to the last injection of it.

    The days next to the window decide with it, so that a slice of the data answers as the whole.
    """
    near = _near(analysis.window)
    doses = [one for one in analysis.whole.of(Injection) if one.at_local in near]
    if not doses:
        return ()
    first, last = doses[0].at_local.date(), doses[-1].at_local.date()
    return tuple(day for day in complete_days(analysis) if first <= day <= last)


def _dose_time(
    name: str,
    usual_min: float,
    dated: Sequence[tuple[date, Injection]],
    days: Sequence[date],
) -> DoseTime:
    off = [_apart(one.minute_of_day, usual_min) for _, one in dated]
    taken = {day for day, _ in dated}
    return DoseTime(
        name=name,
        usual_min=usual_min,
        spread_min=median(off) if len(off) >= LEAST_DOSES else None,
        doses=len(off),
        on_time=sum(1 for minutes in off if minutes <= ON_TIME_MIN),
        days=len(days),
        without=sum(1 for day in days if day not in taken),
        usual_u=median(one.dose_u for _, one in dated),
    )
