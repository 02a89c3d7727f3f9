"""Dates, times and time zones of a person's own table, a column at a time.

A time zone behind a time is said and the time kept as printed; rows of another zone cannot be
placed, except in the hour by which summer and winter time differ.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from glykos.formats._dates import Evidence, NotADate, WallClock, parse_time, prove_order

_ZONED = re.compile(r"(\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s?(Z|[+-]\d{2}:?\d{2})?", re.ASCII)
#: Summer and winter time of one place are this far apart.
_SAME_PLACE_MIN = 60
#: In columns of numbers: no such day or time, and a time without a zone.
UNPLACED = -(1 << 60)
_NO_ZONE = 1 << 20

_Ints = npt.NDArray[np.int64]


class OwnTimes:
    """Date and time cells as they come; each distinct text is worked out once, at the end."""

    def __init__(self) -> None:
        self._days: list[str] = []
        self._clocks: list[str] = []
        self._same: dict[str, str] = {}

    def add(self, times: Sequence[str], dates: Sequence[str] | None) -> None:
        """Take cells of many rows; ``dates`` where a column of dates stands beside the times.

        A date column whose use nobody asked for is left alone beside whole times; the caller
        passes an empty cell for it then.
        """
        same = self._same
        for time, date in zip(times, dates or ("",) * len(times), strict=True):
            if date:
                day, clock = _day_of(date), time
            elif len(time) > 10 and time[10] in " T" and time[0] != " ":
                day, clock = time[:10], time[11:]
            else:
                day, _, clock = time.strip().replace("T", " ").partition(" ")
            self._days.append(same.setdefault(day, day))
            self._clocks.append(same.setdefault(clock, clock))

    def place(self, date_order: str) -> _Ints:
        """Wall seconds of every row, ``UNPLACED`` where :meth:`problem` says why.

        Raises:
            AmbiguousDates: the order of day and month cannot be proved.
        """
        days = dict.fromkeys(self._days)
        clock = WallClock(prove_order(days, Evidence(hint=date_order)))
        midnight = {day: _day_s(clock, day) for day in days}
        times = {text: _time_of_day(text.strip()) for text in dict.fromkeys(self._clocks)}
        count = len(self._days)
        day_s = np.fromiter(map(midnight.__getitem__, self._days), np.int64, count)
        seconds = {text: time[0] for text, time in times.items()}
        time_s = np.fromiter(map(seconds.__getitem__, self._clocks), np.int64, count)
        self._is_read = (day_s != UNPLACED) & (time_s != UNPLACED)
        zones = {text: time[1] for text, time in times.items()}
        self.zones = np.fromiter(map(zones.__getitem__, self._clocks), np.int64, count)
        found = Counter(self.zones[time_s != UNPLACED].tolist())
        self._zone_min = found.most_common(1)[0][0] if found else _NO_ZONE
        near = [zone for zone in found if abs(zone - self._zone_min) <= _SAME_PLACE_MIN]
        is_here = self._is_read & np.isin(self.zones, near)
        return np.where(is_here, day_s + time_s, UNPLACED)

    def problem(self, row: int) -> str:
        """Why a row cannot be placed in time."""
        if not self._is_read[row]:
            return "a date or time that cannot be read"
        if self._zone_min == _NO_ZONE:
            return "a time zone, where most times of the table have none"
        return f"a time zone other than the table's {_zone_text(self._zone_min)}"

    def shown(self, row: int) -> str:
        """Date and time of a row as the table has them."""
        return f"{self._days[row]} {self._clocks[row]}".strip()

    def told_zones(self, rows: npt.NDArray[np.bool_]) -> tuple[str, int]:
        """The zones printed in these rows in words, and in how many; empty where in none."""
        zones = self.zones[rows]
        zones = zones[zones != _NO_ZONE]
        names = " and ".join(_zone_text(zone) for zone in sorted(set(zones.tolist())))
        return names, len(zones)


def _day_of(date_cell: str) -> str:
    return date_cell.strip().replace("T", " ").partition(" ")[0]


def _day_s(clock: WallClock, day: str) -> int:
    try:
        return clock.day_s(day)
    except NotADate:
        return UNPLACED


def _time_of_day(text: str) -> tuple[int, int]:
    """Seconds after midnight, and the time zone [min] if one is printed."""
    try:
        if match := _ZONED.fullmatch(text):
            return parse_time(match[1]), _zone_min(match[2])
        return parse_time(text or "00:00"), _NO_ZONE
    except NotADate:
        return UNPLACED, _NO_ZONE


def _zone_min(text: str | None) -> int:
    """``Z`` or ``+02:00`` in minutes east of Greenwich."""
    if text is None:
        return _NO_ZONE
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return -minutes if text[0] == "-" else minutes


def _zone_text(zone_min: int) -> str:
    sign = "-" if zone_min < 0 else "+"
    return f"{sign}{abs(zone_min) // 60:02d}:{abs(zone_min) % 60:02d}"


def second_pass(at: _Ints, zones: _Ints) -> npt.NDArray[np.bool_]:
    """Which rows lie in the second pass of an hour that the clock repeated.

    Their zone is the western one, and the eastern one was still in use at the same wall time.
    """
    found = np.zeros(len(at), np.bool_)
    for east, west in pairwise(sorted(set(zones[zones != _NO_ZONE].tolist()), reverse=True)):
        earlier = np.sort(at[zones == east])
        here = np.flatnonzero(zones == west)
        next_one = np.searchsorted(earlier, at[here]).clip(max=len(earlier) - 1)
        ahead_s = earlier[next_one] - at[here]
        found[here] |= (ahead_s >= 0) & (ahead_s < (east - west) * 60)
    return found
