"""Plain CSV: a column of date-times and a column of glucose values, named by the caller.

Read: sensor glucose only, one reading per row, ``Low`` and ``High`` as limits. The caller names
the columns (``time``, ``glucose``, optionally ``date``); common names are tried otherwise. The
unit comes from the caller, the header, or the values when all of them allow only one.
A time zone behind a time is said and the time kept as printed; rows of another zone are rejected,
except the hour that summer and winter time differ. A column ``date`` beside times is used.
Known from research data sets and the tables people keep themselves.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from glykos.errors import DamagedFile
from glykos.formats._content import Content
from glykos.formats._dates import Evidence, NotADate, WallClock, prove_order
from glykos.formats._ledger import Ledger
from glykos.formats._reader import Hints, Reading
from glykos.formats._text import (
    NotANumber,
    cells_of,
    delimiter_of,
    holds_formula,
    name_of,
    number,
)
from glykos.therapy.clock import from_wall_seconds, wall_seconds
from glykos.therapy.records import Device
from glykos.therapy.sensor import FOLD, HIGH, LOW, SensorSeries
from glykos.therapy.units import GlucoseScale, GlucoseUnit, to_mgdl

_TIME_NAMES = ("time", "timestamp", "datetime", "date time", "date_time", "date-time")
_DATE_NAMES = ("date", "day", "datum")
_GLUCOSE_NAMES = ("glucose", "gl", "sg", "cgm", "sensor glucose", "glucose value", "sgv")
_LIMITS = {"low": LOW, "lo": LOW, "high": HIGH, "hi": HIGH}
_LIMIT_VALUES = {(LOW, GlucoseUnit.MGDL): 40.0, (HIGH, GlucoseUnit.MGDL): 400.0}
_LIMIT_VALUES |= {(LOW, GlucoseUnit.MMOLL): 2.2, (HIGH, GlucoseUnit.MMOLL): 22.2}
#: From here on a number can only be mg/dL (reference formats.md §0.5).
_UNIT_BORDER = 40
#: Among values in mg/dL a few stand below the border; none stands below what sensors report.
_LOWEST_MGDL = 20
_FUTURE = "rows dated in the future"
_ISO = re.compile(
    r"\s*(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?(Z|[+-]\d{2}:?\d{2})?\s*"
)
#: Summer and winter time of one place are this far apart.
_SAME_PLACE_MIN = 60
_DEVICE = Device(id="file:plain_csv", kind="cgm", model="Plain table")


class PlainCsv:
    """Reader of a table whose columns the caller names."""

    key = "plain_csv"
    title = "Plain CSV with a time and a glucose column"
    version = 1
    source = "Your own table"
    how_to_get = (
        "Save the table as CSV or XLSX, with one row per value and a line of column names.",
        "After the upload, say which column is what; the first rows show whether it is right.",
    )
    proof = "research data sets and tables people keep"

    def sniff(self, content: Content) -> float:
        """Weakly sure of a header with one of the common names; never surer than a real export."""
        header = next((line for line in content.head.split("\n") if line.strip()), "")
        names = [_bare(cell) for cell in cells_of(header.rstrip("\r"), delimiter_of(header))]
        has_time = any(name in _TIME_NAMES for name in names)
        has_glucose = any(name in _GLUCOSE_NAMES for name in names)
        return 0.6 if has_time and has_glucose else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All readings of the file.

        Raises:
            FormatError: no such columns, an unknown unit, or dates that cannot be placed.
        """
        return _Table(content.text.lines, hints).reading()


class _OtherZone(NotADate):
    """A time of another zone than most times of the table; the text is the time."""


class _Table:
    """One table on its way from lines to a series."""

    def __init__(self, lines: list[str], hints: Hints) -> None:
        self.hints = hints
        self.ledger = Ledger()
        self.lines = lines
        self.latest_s = (
            wall_seconds(hints.now + timedelta(days=1)) if hints.now is not None else 1 << 60
        )
        self._find_header()
        told = [self._when(cells) for _, cells in self._rows()]
        order = prove_order((day for day, *_ in told), Evidence(hint=hints.date_order))
        self.clock = WallClock(order)
        found = Counter(zone for *_, zone in told)
        self.zone_min = found.most_common(1)[0][0] if found else None

    def reading(self) -> Reading:
        """Every row in one bucket, the others in a series."""
        at: list[int] = []
        values: list[float] = []
        flags: list[int] = []
        zones: list[int | None] = []
        for line_number, cells in self._rows(is_counting=True):
            try:
                day, time, zone = self._when(cells)
                at_s = self.clock.seconds(day, time)
                if not self._is_same_place(zone):
                    raise _OtherZone(self._time_of(cells))
                if at_s > self.latest_s:
                    self.ledger.ignored(_FUTURE, line_number)
                    continue
                value, limit = self._value(cells)
            except (NotADate, NotANumber) as problem:
                self.ledger.rejected(self._reason(problem), line_number, str(problem))
                continue
            at.append(at_s)
            values.append(value)
            flags.append(limit)
            zones.append(zone)
        self._say_zones(zones)
        series = self._series(at, values, flags, _second_pass(at, zones))
        distinct = series.distinct()
        self.ledger.imported(len(distinct))
        self.ledger.duplicate(len(series) - len(distinct))
        return Reading(
            format_key=PlainCsv.key,
            format_version=PlainCsv.version,
            devices=(_DEVICE,) if len(distinct) else (),
            sensor=distinct,
            issues=self.ledger.issues,
            counts=self.ledger.counts,
            covers=(from_wall_seconds(min(at)), from_wall_seconds(max(at))) if at else None,
        )

    # --- columns -------------------------------------------------------------------------------

    def _find_header(self) -> None:
        wanted = {ours: name_of(theirs) for ours, theirs in self.hints.columns.items()}
        for number_of_line, line in enumerate(self.lines[:50]):
            if not line.strip():
                continue
            self.delimiter = delimiter_of(line)
            names = [name_of(cell) for cell in cells_of(line, self.delimiter)]
            self.time = _place(names, wanted.get("time", ""), _TIME_NAMES)
            self.date = _place(names, wanted.get("date", ""), _DATE_NAMES)
            self.is_date_named = "date" in wanted
            self.glucose = _place(names, wanted.get("glucose", ""), _GLUCOSE_NAMES)
            if self.time is not None and self.glucose is not None:
                if "date" in wanted and self.date is None:
                    continue
                self.header_name = names[self.glucose]
                self.first_row = number_of_line + 1
                self.width = len(names)
                return
        raise DamagedFile(
            "The table has no such columns.",
            "Name the columns exactly as in the file (on the command line: --map"
            " time=…,glucose=…).",
        )

    def _rows(self, *, is_counting: bool = False) -> list[tuple[int, list[str]]]:
        rows = []
        for index in range(self.first_row, len(self.lines)):
            line = self.lines[index]
            if not line.strip(self.delimiter + ' "'):
                continue
            cells = cells_of(line, self.delimiter)
            problem = ""
            if len(cells) < self.width:
                problem = f"{len(cells)} cells instead of {self.width}"
            elif holds_formula(line, self.delimiter):
                problem = "a cell holds a spreadsheet formula"
            if not problem:
                rows.append((index + 1, cells))
            elif is_counting:
                self.ledger.rejected(problem, index + 1, line)
        return rows

    def _time_of(self, cells: list[str]) -> str:
        assert self.time is not None  # noqa: S101 - the header was found
        return cells[self.time].strip()

    def _when(self, cells: list[str]) -> tuple[str, str, int | None]:
        """Date and time of a row, from one column or two, and its time zone [min] if printed."""
        text = self._time_of(cells)
        if self.date is not None and (self.is_date_named or 0 < text.find(":") < 3):
            return cells[self.date].strip(), text, None
        if match := _ISO.fullmatch(text):
            return match[1], match[2], _zone_min(match[3])
        date_part, _, time_part = text.replace("T", " ").partition(" ")
        return date_part, time_part.strip() or "00:00", None

    # --- time zones ----------------------------------------------------------------------------

    def _is_same_place(self, zone_min: int | None) -> bool:
        if zone_min is None or self.zone_min is None:
            return zone_min == self.zone_min
        return abs(zone_min - self.zone_min) <= _SAME_PLACE_MIN

    def _reason(self, problem: ValueError) -> str:
        if isinstance(problem, _OtherZone):
            if self.zone_min is None:
                return "a time zone, where most times of the table have none"
            return f"a time zone other than the table's {_zone_text(self.zone_min)}"
        what = "a date or time" if isinstance(problem, NotADate) else "a glucose value"
        return f"{what} that cannot be read"

    def _say_zones(self, zones: list[int | None]) -> None:
        found = sorted({zone for zone in zones if zone is not None})
        if found:
            names = " and ".join(_zone_text(zone) for zone in found)
            self.ledger.warning(
                f"Times carry a time zone ({names}) and are kept as printed;"
                " check that they show the person's local time.",
                rows=sum(zone is not None for zone in zones),
            )

    def _value(self, cells: list[str]) -> tuple[float, int]:
        assert self.glucose is not None  # noqa: S101 - the header was found
        text = cells[self.glucose].strip()
        if limit := _LIMITS.get(text.casefold(), 0):
            return 0.0, limit
        value = number(text)
        if not 0 < value < 2000:
            raise NotANumber(text)
        return value, 0

    # --- values --------------------------------------------------------------------------------

    def _series(
        self,
        at: list[int],
        values: list[float],
        limits: list[int],
        is_second: npt.NDArray[np.bool_],
    ) -> SensorSeries:
        value = np.array(values, np.float64)
        limit = np.array(limits, np.uint8)
        unit = self._unit(value[limit == 0])
        for (flag, its_unit), shown in _LIMIT_VALUES.items():
            if its_unit is unit:
                value[limit == flag] = shown
        if unit is GlucoseUnit.MMOLL:
            if np.allclose(value * 10, np.rint(value * 10), atol=1e-6):
                scale, count = GlucoseScale.MMOLL_TENTHS, np.rint(value * 10)
            else:  # converted by somebody: finer than any device reports
                scale = GlucoseScale.MGDL_TENTHS
                count = np.rint(to_mgdl(1.0, unit) * value * 10)
        elif (value == np.rint(value)).all():
            scale, count = GlucoseScale.MGDL, value
        else:
            scale, count = GlucoseScale.MGDL_TENTHS, np.rint(value * 10)
        limit[is_second] |= FOLD
        return SensorSeries.build(
            at, count.astype(np.int16), scale=scale, device_id=_DEVICE.id, flag=limit
        )

    def _unit(self, value: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> GlucoseUnit:
        if self.hints.unit is not None:
            return self.hints.unit
        if "mmol" in self.header_name:
            return GlucoseUnit.MMOLL
        if "mg" in self.header_name or (value >= _UNIT_BORDER).all():
            return GlucoseUnit.MGDL
        if (value < _UNIT_BORDER).all():
            return GlucoseUnit.MMOLL
        if (value >= _LOWEST_MGDL).all() and float(np.median(value)) >= _UNIT_BORDER:
            return GlucoseUnit.MGDL
        raise DamagedFile(
            "The unit of glucose cannot be told from this table.",
            "Say whether it is mg/dL or mmol/L (on the command line: --file-unit).",
        )


def _zone_min(text: str | None) -> int | None:
    """``Z`` or ``+02:00`` in minutes east of Greenwich."""
    if text is None:
        return None
    if text == "Z":
        return 0
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return -minutes if text[0] == "-" else minutes


def _zone_text(zone_min: int) -> str:
    sign = "-" if zone_min < 0 else "+"
    return f"{sign}{abs(zone_min) // 60:02d}:{abs(zone_min) % 60:02d}"


def _second_pass(at: Sequence[int], zones: Sequence[int | None]) -> npt.NDArray[np.bool_]:
    """Which readings lie in the second pass of an hour that the clock repeated.

    Their zone is the western one, and the eastern one was still in use at the same wall time.
    """
    wall = np.array(at, np.int64)
    found = np.zeros(len(wall), np.bool_)
    for east, west in pairwise(sorted({z for z in zones if z is not None}, reverse=True)):
        earlier = np.sort(wall[[zone == east for zone in zones]])
        here = np.flatnonzero([zone == west for zone in zones])
        next_one = np.searchsorted(earlier, wall[here]).clip(max=len(earlier) - 1)
        ahead_s = earlier[next_one] - wall[here]
        found[here] |= (ahead_s >= 0) & (ahead_s < (east - west) * 60)
    return found


def _bare(header_cell: str) -> str:
    return name_of(header_cell).partition(" (")[0]


def _place(names: list[str], wanted: str, common: tuple[str, ...]) -> int | None:
    """The column somebody named, else the first with a common name."""
    if wanted:
        return names.index(wanted) if wanted in names else None
    return next((n for n, name in enumerate(names) if name.partition(" (")[0] in common), None)
