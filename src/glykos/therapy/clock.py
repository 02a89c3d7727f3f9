"""Wall-clock time of devices: days, windows, segments of interpretation.

Devices know only a wall clock. It is kept for ever as naive local time; UTC is an
interpretation per device (``ClockSegment``) that may be corrected later. Only this module
builds days and periods. Intervals are half-open. It never asks what time it is now.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_S = 86_400
DAY_MIN = 1_440
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - device wall clocks are naive by nature
_EPOCH_DATE = _EPOCH.date()
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_LARGEST_SHIFT_MIN = 26 * 60  # therapy-events: a larger clock change is a wrong date, not a zone


def wall_seconds(at_local: datetime) -> int:
    """Seconds from 1970-01-01 00:00 to a wall-clock time, both on the same (device) clock."""
    delta = at_local - _EPOCH
    return delta.days * DAY_S + delta.seconds


def from_wall_seconds(seconds: int) -> datetime:
    """The naive wall-clock time for a count made by :func:`wall_seconds`."""
    return _EPOCH + timedelta(0, int(seconds))


def local_time(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> datetime:
    """A wall-clock time as a device shows it (naive). Raises ValueError for an impossible one."""
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001


def is_plausible(day: date) -> bool:
    """Whether people and their devices can mean this day: two centuries, with room to step beyond."""
    return _FIRST_YEAR <= day.year <= _LAST_YEAR


def is_plausible_s(at_s: int) -> bool:
    """:func:`is_plausible` of the day of a wall second, however far away."""
    first, end = local_time(_FIRST_YEAR, 1, 1), local_time(_LAST_YEAR + 1, 1, 1)
    return wall_seconds(first) <= at_s < wall_seconds(end)


def day_number(day: date) -> int:
    """Days from 1970-01-01 to ``day``; the number stored with day chunks."""
    return (day - _EPOCH_DATE).days


def date_of(number: int) -> date:
    """The date for a count made by :func:`day_number`."""
    return _EPOCH_DATE + timedelta(days=int(number))


@dataclass(frozen=True, slots=True)
class Window:
    """Whole local days ``[first, last]``, both included; the period of a report."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a window ends on or after its first day")

    @classmethod
    def ending(cls, last: date, days: int) -> "Window":
        """The ``days`` days up to and including ``last``."""
        return cls(last - timedelta(days=days - 1), last)

    @property
    def days(self) -> int:
        """Number of local days."""
        return (self.last - self.first).days + 1

    @property
    def start_s(self) -> int:
        """First wall second inside."""
        return day_number(self.first) * DAY_S

    @property
    def end_s(self) -> int:
        """First wall second after the window."""
        return (day_number(self.last) + 1) * DAY_S

    @property
    def previous(self) -> "Window":
        """The equally long window just before this one."""
        return Window.ending(self.first - timedelta(days=1), self.days)

    def __iter__(self) -> Iterator[date]:
        for n in range(self.days):
            yield self.first + timedelta(days=n)

    def __contains__(self, at_local: datetime) -> bool:
        return self.first <= at_local.date() <= self.last


@dataclass(frozen=True, slots=True)
class DaySpan:
    """A half-open span of the day in minutes after midnight; ``start > end`` wraps midnight."""

    start_min: int
    end_min: int

    def __contains__(self, minute: float) -> bool:
        if self.start_min <= self.end_min:
            return self.start_min <= minute < self.end_min
        return minute >= self.start_min or minute < self.end_min


@dataclass(frozen=True, slots=True)
class ClockShift:
    """The device's clock was set from ``before`` to ``after`` (both wall-clock times)."""

    before: datetime
    after: datetime

    @property
    def minutes(self) -> float:
        """How far the clock moved forward (negative: back)."""
        return (self.after - self.before).total_seconds() / 60


def day_minutes(
    day: date, *, zone: ZoneInfo | None = None, shifts: Iterable[ClockShift] = ()
) -> float:
    """Real length of a local day in minutes: 1,380, 1,440 or 1,500 around a change of summer time.

    Device clock changes (``shifts``, of one device) decide where there are any on that day, since
    the device may not follow the zone; otherwise the zone decides; with neither it is 1,440.
    Wall-clock time that a change skips is not lived, time that it repeats is lived twice; a
    change across midnight counts on each day for its part. Shifts larger than 26 h are corrected
    dates, not time lived, and are left out.
    """
    moved = [
        _minutes_inside(shift, day) for shift in shifts if abs(shift.minutes) <= _LARGEST_SHIFT_MIN
    ]
    if any(moved):
        return DAY_MIN - sum(moved)
    if zone is None:
        return float(DAY_MIN)
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / 60


def _minutes_inside(shift: ClockShift, day: date) -> float:
    """The part of a clock change that fell on one local day [min]; negative when set back."""
    start = local_time(day.year, day.month, day.day)
    lo, hi = sorted((shift.before, shift.after))
    inside = min(hi, start + timedelta(days=1)) - max(lo, start)
    minutes = max(0.0, inside.total_seconds() / 60)
    return minutes if shift.minutes > 0 else -minutes


@dataclass(frozen=True, slots=True)
class ClockSegment:
    """From ``from_s`` (device wall seconds) on, ``utc = wall - utc_offset_s``.

    ``origin`` says how we know: ``zone`` (the person's zone applied across the board),
    ``clock-change`` (walked back from the newest segment over the device's clock changes) or
    ``correction`` (somebody said so).
    """

    from_s: int
    utc_offset_s: int
    origin: str


def segments_from_changes(
    newest: datetime, zone: ZoneInfo, shifts: Sequence[ClockShift]
) -> tuple[ClockSegment, ...]:
    """Interpret a device clock backwards from its newest record, which was right in ``zone``.

    ``shifts`` are the device's clock changes in the order in which they happened. Each change
    is rounded to the nearest 30 min: changes below 15 min are drift and do not start a segment;
    changes above 26 h are wrong dates and do not move the zone. Segments are returned oldest
    first, in the order in which they were lived; their ``from_s`` may step back where the clock
    was set back. Source: reference "Bootstrapping to UTC" (Tidepool's method), own rounding.
    """
    offset_s = int(_utc_offset(newest, zone).total_seconds())
    segments: list[ClockSegment] = []
    for shift in reversed(shifts):
        rounded_min = round(shift.minutes / 30) * 30
        if rounded_min == 0:
            continue
        segments.append(ClockSegment(wall_seconds(shift.after), offset_s, "clock-change"))
        if abs(rounded_min) <= _LARGEST_SHIFT_MIN:
            offset_s -= rounded_min * 60
    segments.append(ClockSegment(0, offset_s, "clock-change" if segments else "zone"))
    return tuple(reversed(segments))


def _utc_offset(at_local: datetime, zone: ZoneInfo) -> timedelta:
    offset = at_local.replace(tzinfo=zone).utcoffset()
    return offset if offset is not None else timedelta()
