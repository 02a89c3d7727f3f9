"""One local day as it was lived: wall-clock times laid out along 23, 24 or 25 hours."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from glykos.charts._axes import ClockTick, clock_text
from glykos.therapy.clock import DAY_MIN, DAY_S, ClockShift, Window, day_number
from glykos.therapy.history import History
from glykos.therapy.sensor import FOLD

_LEAST_SHIFT_MIN = 15  # smaller changes are drift, not another hour
_LARGEST_SHIFT_MIN = 26 * 60


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Wall minutes ``[wall_from, wall_to)`` that began ``lived_from`` minutes into the day."""

    lived_from: float
    wall_from: float
    wall_to: float


@dataclass(frozen=True, slots=True)
class DayClock:
    """Maps wall-clock times of one day to minutes lived since its start, and back for labels."""

    day: date
    stretches: tuple[_Stretch, ...]

    @classmethod
    def of(cls, history: History, day: date) -> "DayClock":
        """The clock of a day: the devices' own clock changes, else the zone's where data show it.

        A device that ignored the change of summer time lived an ordinary 24-hour day: in autumn
        the extra hour is drawn only if some reading lies in it, in spring an hour is left out
        only if no reading lies in it.
        """
        inside = history.within(Window(day, day))
        shifts = [
            shift
            for shift in history.clock_shifts
            if shift.before.date() == shift.after.date() == day
            and _LEAST_SHIFT_MIN <= abs(shift.minutes) <= _LARGEST_SHIFT_MIN
        ]
        if not shifts and history.zone is not None:
            shifts = [s for s in _zone_shifts(day, history.zone) if _was_followed(inside, s)]
        return cls(day, _stretches(shifts))

    @property
    def length_min(self) -> float:
        """How long the day was [min]."""
        last = self.stretches[-1]
        return last.lived_from + last.wall_to - last.wall_from

    @property
    def breaks(self) -> tuple[tuple[float, float], ...]:
        """Where the wall clock jumps: (minutes lived, wall minute from there on)."""
        return tuple((stretch.lived_from, stretch.wall_from) for stretch in self.stretches)

    def lived(self, at_s: float, *, fold: int = 0) -> float:
        """Minutes since the start of the day at a wall time; outside the day it runs on evenly."""
        minute = (at_s - day_number(self.day) * DAY_S) / 60
        if minute < 0:
            return minute
        passes = [s for s in self.stretches if s.wall_from <= minute < s.wall_to]
        if passes:
            chosen = passes[-1] if fold else passes[0]
        else:
            before = [s for s in self.stretches if s.wall_from <= minute]
            chosen = before[-1] if before else self.stretches[0]
        return chosen.lived_from + minute - chosen.wall_from

    def ticks(self, *, clock_24h: bool) -> tuple[ClockTick, ...]:
        """Full hours of the wall clock along the day, a repeated hour twice, midnight at the end."""
        label = _labeller(clock_24h=clock_24h)
        found = [
            ClockTick(stretch.lived_from + hour * 60 - stretch.wall_from, label(hour), hour)
            for stretch in self.stretches
            for hour in range(24)
            if stretch.wall_from <= hour * 60 < stretch.wall_to
        ]
        return (*found, ClockTick(self.length_min, label(24), 24))


def _labeller(*, clock_24h: bool) -> Callable[[int], str]:
    return lambda hour: clock_text(hour % 24 * 60, clock_24h=clock_24h, short=True)


def _stretches(shifts: list[ClockShift]) -> tuple[_Stretch, ...]:
    lived = wall = 0.0
    found = []
    for shift in sorted(shifts, key=lambda s: (s.before, s.after)):
        before = _minute(shift.before)
        if before < wall:  # set twice within the same stretch of time: only the first is drawn
            continue
        found.append(_Stretch(lived, wall, before))
        lived, wall = lived + before - wall, _minute(shift.after)
    found.append(_Stretch(lived, wall, DAY_MIN))
    return tuple(found)


def _minute(at_local: datetime) -> float:
    return at_local.hour * 60 + at_local.minute + at_local.second / 60


def _zone_shifts(day: date, zone: ZoneInfo) -> list[ClockShift]:
    """The zone's change of offset on a day, as a clock on the wall would show it."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock is naive
    for minute in range(0, DAY_MIN, 15):
        wall = midnight + timedelta(minutes=minute)
        first = wall.replace(tzinfo=zone).utcoffset()
        second = wall.replace(tzinfo=zone, fold=1).utcoffset()
        if first is None or second is None or first == second:
            continue
        if second > first:  # skipped: the clock jumps here
            return [ClockShift(wall, wall + (second - first))]
        return [ClockShift(wall + (first - second), wall)]
    return []


def _was_followed(inside: History, shift: ClockShift) -> bool:
    """Whether the data of the day show that the devices' clocks went along with the zone."""
    groups = inside.records.values()
    if shift.minutes < 0:
        return bool((inside.sensor.flag & FOLD).any()) or any(
            record.at_local.fold for group in groups for record in group
        )
    start, end = _minute(shift.before), _minute(shift.after)
    minutes = (inside.sensor.at_s % DAY_S) / 60
    skipped = ((minutes >= start) & (minutes < end)).any()
    return not skipped and not any(
        start <= record.minute_of_day < end for group in groups for record in group
    )
