"""Dates of a whole file: the order of day and month is proved, never guessed.

One function for every format (reference formats.md §10). It never looks at the language of the
server, and a date it cannot place is an error that shows the person both readings.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from itertools import pairwise

from glykos.errors import AmbiguousDates
from glykos.therapy.clock import day_number

_DATE = re.compile(r"\s*(\d{1,4})([/.\-])(\d{1,2})\2(\d{1,4})\.?\s*", re.ASCII)
_TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?:\s*([ap])\.?(?:m\.?)?)?",
    re.ASCII | re.IGNORECASE,
)
#: A longer cell holds no time of day, whatever it begins with.
_LONGEST_TIME = 32
#: An export is read within about a year of being made (reference formats.md §10).
_LONGEST_REACH = timedelta(days=370)
#: One damaged date among this many sound ones does not make a file ambiguous.
_OUTVOTED = 20


class Order(StrEnum):
    """How the three parts of a date are to be read."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


class NotADate(ValueError):
    """A cell that should hold a date or time holds something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What besides the rows may tell the order: a stated period, the time of export."""

    period: tuple[str, str] | None = None
    exported: str = ""
    hint: str = ""
    is_ascending: bool = False  # the format lists rows by time


def parse_date(text: str, order: Order) -> date:
    """A date in a known order; two-digit years are 2000 to 2099.

    Raises:
        NotADate: not three numbers, or no such day.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise NotADate(text)
    first, _, second, third = match.groups()
    if len(first) == 4:
        year, month, day = first, second, third
    elif order is Order.YMD:
        raise NotADate(text)
    elif order is Order.DMY:
        day, month, year = first, second, third
    else:
        month, day, year = first, second, third
    if len(year) not in (2, 4) or max(len(month), len(day)) > 2:
        raise NotADate(text)
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        raise NotADate(text) from None


def parse_time(text: str) -> int:
    """Seconds after midnight of ``HH:MM[:SS]``, 24 h or with AM/PM.

    Raises:
        NotADate: no time of day.
    """
    match = _TIME.fullmatch(text.strip()) if len(text) <= _LONGEST_TIME else None
    if match is None:
        raise NotADate(text)
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        if not 1 <= hour <= 12:
            raise NotADate(text)
        hour = hour % 12 + (12 if match[4] in "pP" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise NotADate(text)
    return hour * 3600 + minute * 60 + second


class WallClock:
    """Reads many date and time cells of one order quickly: each is worked out once."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._days: dict[str, int] = {}
        self._times: dict[str, int] = {}

    def day_s(self, cell: str) -> int:
        """Wall seconds of the midnight that begins a date. Raises NotADate."""
        known = self._days.get(cell)
        if known is None:
            known = self._days[cell] = day_number(parse_date(cell, self.order)) * 86_400
        return known

    def seconds(self, date_cell: str, time_cell: str) -> int:
        """Wall seconds of a date cell and a time cell. Raises NotADate."""
        in_day_s = self._times.get(time_cell)
        if in_day_s is None:
            in_day_s = self._times[time_cell] = time_s(time_cell)
        return (self._days.get(date_cell) or self.day_s(date_cell)) + in_day_s

    def joint(self, cell: str) -> int:
        """Wall seconds of a cell that holds date and time. Raises NotADate."""
        date_part, _, time_part = cell.partition(" ")
        day_s, in_day_s = self._days.get(date_part), self._times.get(time_part)
        if day_s is not None and in_day_s is not None:
            return day_s + in_day_s
        date_part, _, time_part = cell.strip().replace("T", " ").partition(" ")
        return self.seconds(date_part, time_part)

    def column(self, cells: Sequence[str]) -> list[int | None]:
        """Wall seconds of many cells that hold date and time; None for those that do not."""
        mark = "T" if cells and "T" in cells[0] else " "
        days, times = self._days, self._times
        found: list[int | None] = []
        for cell in cells:
            date_part, _, time_part = cell.partition(mark)
            try:
                found.append(days[date_part] + times[time_part])
            except KeyError:
                found.append(self._worked_out(cell, date_part, time_part))
        return found

    def _worked_out(self, cell: str, date_part: str, time_part: str) -> int | None:
        with suppress(NotADate):
            return self.seconds(date_part, time_part)
        with suppress(NotADate):
            return self.joint(cell)
        return None

    def two_columns(self, dates: Sequence[str], times: Sequence[str]) -> list[int | None]:
        """Wall seconds of many date cells beside time cells; None where they hold none."""
        for column, known, work_out in (
            (dates, self._days, self.day_s),
            (times, self._times, time_s),
        ):
            for cell in set(column) - known.keys():
                with suppress(NotADate):
                    known[cell] = work_out(cell)
        day, time = self._days.get, self._times.get
        found = zip(map(day, dates), map(time, times), strict=True)
        return [None if a is None or b is None else a + b for a, b in found]


def time_s(cell: str) -> int:
    """Seconds after midnight; the usual ``HH:MM:SS`` without a pattern match. Raises NotADate."""
    if len(cell) == 8 and cell[2] == cell[5] == ":":  # only then do ISO and the devices agree
        try:
            known = time.fromisoformat(cell)
        except ValueError:
            return parse_time(cell)
        return known.hour * 3600 + known.minute * 60 + known.second
    return parse_time(cell)


# --- the proof -------------------------------------------------------------------------------


def prove_order(cells: Iterable[str], evidence: Evidence) -> Order:
    """The order of day and month that the file itself shows.

    Evidence in order: the year stands first; a part above 12 in the rows, in the stated period
    or in the time of export; dots (no country writes month.day.year); rows inside the stated
    period under one reading only; the caller's hint, who is asked only where the file does not
    tell; rows not after the time of export, in time order, or on consecutive days under one
    reading only.

    Raises:
        AmbiguousDates: both readings are possible; the message shows first and last day of both.
    """
    distinct = [cell for cell in dict.fromkeys(cells) if _DATE.fullmatch(cell)]
    told = [*distinct, *(evidence.period or ()), evidence.exported.partition(" ")[0]]
    parts = [match.groups() for cell in told if (match := _DATE.fullmatch(cell))]
    if not distinct or all(len(first) == 4 for first, *_ in parts):
        return Order.YMD
    day_first = sum(1 for a, _, b, _ in parts if len(a) < 3 and int(a) > 12 >= int(b))
    month_first = sum(1 for a, _, b, _ in parts if len(a) < 3 and int(b) > 12 >= int(a))
    if day_first > _OUTVOTED * month_first:
        return Order.DMY
    if month_first > _OUTVOTED * day_first:
        return Order.MDY
    if all(mark == "." for _, mark, *_ in parts):
        return Order.DMY
    readable = [order for order in (Order.DMY, Order.MDY) if _read_all(distinct, order)]
    if len(readable) < 2:  # then no row, or every readable row, decides
        return readable[0] if readable else Order.YMD
    if _read_all(distinct, Order.DMY) == _read_all(distinct, Order.MDY):
        return Order.DMY  # 1/1 is the same day either way
    if evidence.period and (stated := _only_one(lambda o: _fits_period(distinct, o, evidence))):
        return stated
    if evidence.hint in (Order.DMY, Order.MDY):
        return Order(evidence.hint)
    return _order_that_fits(distinct, evidence)


def _order_that_fits(cells: Sequence[str], evidence: Evidence) -> Order:
    """The one order under which the rows look like a diary. Raises AmbiguousDates."""
    tests: list[Callable[[list[date]], bool]] = [_consecutive]
    if evidence.is_ascending:
        tests.insert(0, _ascending)
    for fits in (
        lambda order: _fits_period(cells, order, evidence),
        *map(_of_rows(cells), tests),
    ):
        if found := _only_one(fits):
            return found
    raise _ambiguous(cells)


def _only_one(fits: Callable[[Order], bool]) -> Order | None:
    """The one order that fits; None where both do, or neither."""
    is_day_first, is_month_first = fits(Order.DMY), fits(Order.MDY)
    if is_day_first == is_month_first:
        return None
    return Order.DMY if is_day_first else Order.MDY


def _of_rows(
    cells: Sequence[str],
) -> Callable[[Callable[[list[date]], bool]], Callable[[Order], bool]]:
    return lambda test: lambda order: test(_read_all(cells, order))


def _read_all(cells: Sequence[str], order: Order) -> list[date]:
    days = []
    for cell in cells:
        try:
            days.append(parse_date(cell, order))
        except NotADate:
            continue
    return days


def _fits_period(cells: Sequence[str], order: Order, evidence: Evidence) -> bool:
    days = _read_all(cells, order)
    stated = _read_all(evidence.period or (), order)
    exported = _read_all([evidence.exported.partition(" ")[0]], order)
    if len(stated) == 2 and stated[0] <= stated[1]:
        slack = timedelta(days=1)
        inside = sum(stated[0] - slack <= day <= stated[1] + slack for day in days)
        if inside < 0.9 * len(days):
            return False
        if stated[1] - stated[0] > 2 * _LONGEST_REACH:
            return False
    return not exported or max(days) <= exported[0]


def _ascending(days: list[date]) -> bool:
    steps = len(days) - 1
    upward = sum(b >= a for a, b in pairwise(days))
    return steps >= 2 and upward >= 0.99 * steps


def _consecutive(days: list[date]) -> bool:
    ordered = sorted(set(days))
    one_day = sum((b - a).days == 1 for a, b in pairwise(ordered))
    return len(ordered) >= 3 and one_day >= 0.8 * (len(ordered) - 1)


def _ambiguous(cells: Sequence[str]) -> AmbiguousDates:
    spans = []
    for order, words in ((Order.DMY, "day first"), (Order.MDY, "month first")):
        days = _read_all(cells, order)
        spans.append(f"{words}: {min(days).isoformat()} to {max(days).isoformat()}")
    return AmbiguousDates(
        f"Day and month cannot be told apart in this file ({'; '.join(spans)}).",
        "Say which one is right (on the command line: --date-order dmy or mdy).",
    )
