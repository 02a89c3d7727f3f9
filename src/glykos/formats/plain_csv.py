"""Plain CSV: a column of date-times and a column of glucose values, named by the caller.

Read: sensor glucose only, one reading per row, ``Low`` and ``High`` as limits. The caller names
the columns (``time``, ``glucose``, optionally ``date``); common names are tried otherwise. The
unit comes from the caller, the header, or the values when all of them allow only one.
Known from research data sets and the tables people keep themselves.
"""

import re
from datetime import timedelta

import numpy as np

from glykos.errors import DamagedFile
from glykos.formats._dates import Evidence, NotADate, WallClock, prove_order
from glykos.formats._ledger import Ledger
from glykos.formats._reader import Hints, Reading
from glykos.formats._text import (
    NotANumber,
    cells_of,
    decode,
    delimiter_of,
    holds_formula,
    name_of,
    number,
)
from glykos.therapy.clock import from_wall_seconds, wall_seconds
from glykos.therapy.records import Device
from glykos.therapy.sensor import HIGH, LOW, SensorSeries
from glykos.therapy.units import GlucoseScale, GlucoseUnit, to_mgdl

_TIME_NAMES = ("time", "timestamp", "datetime", "date time", "date_time", "date-time")
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
_DEVICE = Device(id="file:plain_csv", kind="cgm", model="Plain table")


class PlainCsv:
    """Reader of a table whose columns the caller names."""

    key = "plain_csv"
    title = "Plain CSV with a time and a glucose column"
    version = 1

    def sniff(self, head: str) -> float:
        """Weakly sure of a header with one of the common names; never surer than a real export."""
        header = next((line for line in head.split("\n") if line.strip()), "")
        names = [_bare(cell) for cell in cells_of(header.rstrip("\r"), delimiter_of(header))]
        has_time = any(name in _TIME_NAMES for name in names)
        has_glucose = any(name in _GLUCOSE_NAMES for name in names)
        return 0.6 if has_time and has_glucose else 0.0

    def read(self, data: bytes, hints: Hints) -> Reading:
        """All readings of the file.

        Raises:
            FormatError: no such columns, an unknown unit, or dates that cannot be placed.
        """
        return _Table(decode(data).lines, hints).reading()


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
        order = prove_order(
            (self._when(cells)[0] for _, cells in self._rows()), Evidence(hint=hints.date_order)
        )
        self.clock = WallClock(order)

    def reading(self) -> Reading:
        """Every row in one bucket, the others in a series."""
        at: list[int] = []
        values: list[float] = []
        limits: list[int] = []
        for line_number, cells in self._rows(is_counting=True):
            try:
                at_s = self.clock.seconds(*self._when(cells))
                if at_s > self.latest_s:
                    self.ledger.ignored(_FUTURE, line_number)
                    continue
                value, limit = self._value(cells)
            except (NotADate, NotANumber) as problem:
                reason = "a date or time" if isinstance(problem, NotADate) else "a glucose value"
                self.ledger.rejected(f"{reason} that cannot be read", line_number, str(problem))
                continue
            at.append(at_s)
            values.append(value)
            limits.append(limit)
        series = self._series(at, values, limits)
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
            self.date = _place(names, wanted.get("date", ""), ())
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

    def _when(self, cells: list[str]) -> tuple[str, str]:
        """The date and the time cell of a row, whether they stand in one column or two."""
        assert self.time is not None  # noqa: S101 - the header was found
        text = cells[self.time].strip()
        if self.date is not None:
            return cells[self.date].strip(), text
        if match := _ISO.fullmatch(text):
            return match[1], match[2]
        date_part, _, time_part = text.replace("T", " ").partition(" ")
        return date_part, time_part.strip() or "00:00"

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

    def _series(self, at: list[int], values: list[float], limits: list[int]) -> SensorSeries:
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


def _bare(header_cell: str) -> str:
    return name_of(header_cell).partition(" (")[0]


def _place(names: list[str], wanted: str, common: tuple[str, ...]) -> int | None:
    """The column somebody named, else the first with a common name."""
    if wanted:
        return names.index(wanted) if wanted in names else None
    return next((n for n, name in enumerate(names) if name.partition(" (")[0] in common), None)
