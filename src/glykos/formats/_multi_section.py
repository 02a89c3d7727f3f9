"""One table of a CareLink multi-section file: lines to sensor columns and records.

Sensor rows, nine in ten, go straight into columns; only the others become objects.
"""

import re
from dataclasses import dataclass, field
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from glykos.formats._dates import NotADate, WallClock
from glykos.formats._ledger import Ledger
from glykos.formats._multi_bolus import join
from glykos.formats._multi_layout import FIRST_YEAR, SectionHead
from glykos.formats._multi_pump import Ignored, Pump, Repeated, Row
from glykos.formats._text import (
    MAX_CELL,
    BelowZero,
    NotANumber,
    amount,
    cells_of,
    holds_formula,
    number,
)
from glykos.therapy.clock import from_wall_seconds, local_time, wall_seconds
from glykos.therapy.records import DailyTotal, Record, TotalScope
from glykos.therapy.sensor import FOLD, HIGH, LOW, SensorSeries
from glykos.therapy.units import GlucoseScale, GlucoseUnit

_FIRST_S = wall_seconds(local_time(FIRST_YEAR, 1, 1))
_LARGEST_SHIFT_S = 26 * 3600
_SAME_PASS_S = 600
#: What sensors print when they can only say "below" or "above" [mg/dL, tenths of mmol/L].
_HIGH_LIMIT = {GlucoseUnit.MGDL: 400, GlucoseUnit.MMOLL: 222}
_LOW_LIMIT = {GlucoseUnit.MGDL: 40, GlucoseUnit.MMOLL: 22}
_LOW_LIMIT_780G = {GlucoseUnit.MGDL: 50, GlucoseUnit.MMOLL: 28}

_BEFORE = f"rows dated before {FIRST_YEAR}: the clock of the device was reset"
_FUTURE = "rows dated in the future: the clock of the device was wrong"
_BARE = "rows with only a date and time: the export does not show their content"
_SYNTHETIC = "the first basal row of an export, which repeats the rate at the cut-off time"
_UNFINISHED = "rows of a bolus whose delivery is not in this file"
_CANCELLED = "cancellations of a bolus of which the export shows no amount"
_OLD_ECHO = "repeats of a finger-stick that is not in this file"


class _BadRow(ValueError):
    """A row that cannot be read; the text is the reason."""


@dataclass(slots=True)
class SensorColumns:
    """Sensor readings as they come: whole lines at once, then those that stand in other rows.

    ``index`` holds the running numbers of both.
    """

    whole_at_s: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    whole_value: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    at_s: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    index: list[str] = field(default_factory=list)

    def add(self, at_s: int, cell: str, index: str) -> None:
        """One reading. Raises NotANumber."""
        is_plain = len(cell) < 5 and cell.isdigit() and cell.isascii()
        value = int(cell) if is_plain else number(cell)
        if not 0 < value < 2000:
            raise NotANumber(cell)
        self.at_s.append(at_s)
        self.value.append(value)
        self.index.append(index)

    def series(self, head: SectionHead, set_back: list[tuple[int, int]]) -> SensorSeries:
        """The columns as a series; ``set_back`` are clock changes (before, after) back in time."""
        at = np.concatenate([self.whole_at_s, np.array(self.at_s, np.int64)])
        values = np.concatenate([self.whole_value, np.array(self.value, np.float64)])
        scale = _scale_of(values, head.unit)
        per_unit = 1 if scale is GlucoseScale.MGDL else 10
        count = np.rint(values * per_unit)
        low = (_LOW_LIMIT_780G if "780G" in head.model else _LOW_LIMIT)[head.unit]
        tenths_of_mgdl = 10 if scale is GlucoseScale.MGDL_TENTHS else 1
        flag = np.zeros(len(at), np.uint8)
        flag[count <= low * tenths_of_mgdl] |= LOW
        flag[count >= _HIGH_LIMIT[head.unit] * tenths_of_mgdl] |= HIGH
        if set_back:
            self._mark_second_pass(at, flag, set_back)
        return SensorSeries.build(
            at, count.astype(np.int16), scale=scale, device_id=head.device_id, flag=flag
        )

    def _mark_second_pass(
        self,
        at: npt.NDArray[np.int64],
        flag: npt.NDArray[np.uint8],
        set_back: list[tuple[int, int]],
    ) -> None:
        """Flag the second pass of each hour that a clock repeated, where file order shows it."""
        for before, after in set_back:
            # Only the neighbourhood: file order costs a look at each running number.
            near = np.flatnonzero((at > after - _SAME_PASS_S) & (at < before + _SAME_PASS_S))
            order = near[np.argsort([-_index(self.index[n]) for n in near], kind="stable")]
            lived = at[order]
            inside = (lived >= after) & (lived < before)
            step = (
                (np.diff(lived) < 0)
                & inside[1:]
                & (lived[:-1] > after)
                & (lived[:-1] < before + _SAME_PASS_S)
            )
            if step.any():
                second = inside & (np.arange(len(lived)) > int(np.argmax(step)))
                flag[order[second]] |= FOLD


@dataclass(slots=True)
class SectionReader:
    """Reads the data lines of one section."""

    head: SectionHead
    delimiter: str
    clock: WallClock
    ledger: Ledger
    latest_s: int
    #: Clock changes back in time (before, after); a pump's hold for its sensor section too.
    set_back: list[tuple[int, int]] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    sensor: SensorSeries = field(default_factory=SensorSeries.empty)
    first_s: int = 1 << 60
    last_s: int = -(1 << 60)

    def read(self, body: str, first_line: int) -> None:
        """Take every line of the section; each ends in one bucket of the ledger."""
        sensor = SensorColumns()
        rest = self._take_sensor_lines(body, sensor)
        rows = self._rows(rest, first_line, sensor)
        if self.head.is_aggregated:
            self._read_totals(rows)
        else:
            self.set_back += self._lived(rows)
            self._read_rows(rows)
        if sensor.index:
            series = sensor.series(self.head, self.set_back)
            self._widen(int(series.at_s[0]))
            self._widen(int(series.at_s[-1]))
            self.sensor = series.distinct()
            repeated = len(series) - len(self.sensor)
            self.ledger.imported(len(series) - repeated - len(sensor.at_s))
            self.ledger.duplicate(repeated)

    # --- lines to rows -------------------------------------------------------------------------

    def _take_sensor_lines(self, body: str, sensor: SensorColumns) -> str:
        """Move lines that hold a sensor reading and nothing else into columns, all at once.

        Returns:
            The body with those lines emptied, so that line numbers stay. If any of them needs a
            closer look (an impossible time, a year before the product), nothing is moved.
        """
        pattern = _sensor_pattern(self.head, self.delimiter)
        if pattern is None:
            return body
        # One pass gives both: the four cells of each line found, and between them the other lines.
        pieces = pattern.split(f"\n{body}")
        index, dates, times, values = (pieces[n::5] for n in (1, 2, 3, 4))
        if not index:
            return body
        try:
            midnight = {cell: self.clock.day_s(cell) for cell in set(dates)}
        except NotADate:
            return body
        digits = np.frombuffer("".join(times).encode("ascii"), np.uint8).reshape(-1, 8) - 48
        hour, minute, second = (
            digits[:, n].astype(np.int64) * 10 + digits[:, n + 1] for n in (0, 3, 6)
        )
        at = np.array([midnight[cell] for cell in dates], np.int64)
        at += hour * 3600 + minute * 60 + second
        known = {cell: float(cell.replace(",", ".")) for cell in set(values)}
        value = np.array([known[cell] for cell in values])
        is_sound = (hour < 24) & (minute < 60) & (second < 60) & (value > 0) & (value < 2000)
        if not (is_sound & (at >= _FIRST_S) & (at <= self.latest_s)).all():
            return body
        sensor.whole_at_s, sensor.whole_value, sensor.index = at, value, index
        self.head.rows += len(index)
        return "\n".join(pieces[::5])[1:]

    def _rows(self, body: str, first_line: int, sensor: SensorColumns) -> list[Row]:
        """Every line that is more than a sensor reading, oldest first."""
        rows: list[Row] = []
        seen: set[str] = set()
        delimiter, empty = self.delimiter, self.delimiter + ' "'
        for line_number, line in enumerate(body.split("\n"), first_line):
            if not line or (line[0] in empty and not line.strip(empty)):
                continue
            self.head.rows += 1
            try:
                row = self._row(line_number, line, sensor)
                tail = line.partition(delimiter)[2]
                if tail in seen:
                    raise Repeated(tail)
                seen.add(tail)
                rows.append(row)
            except ValueError as problem:
                self._settle(problem, line_number, line)
        rows.sort(key=attrgetter("index"), reverse=True)
        return rows

    def _row(self, line_number: int, line: str, sensor: SensorColumns) -> Row:
        (index, day, time), first, cells = self._cells(line)
        if holds_formula(line, self.delimiter):
            raise _BadRow("a cell holds a spreadsheet formula")
        at_s = self.clock.seconds(day.strip(), time.strip())
        if at_s < _FIRST_S:
            raise Ignored(_BEFORE)
        if at_s > self.latest_s:
            raise Ignored(_FUTURE)
        names = self.head.columns[first : first + len(cells)]
        filled = {
            name: text
            for name, cell in zip(names, cells, strict=True)
            if cell and (text := cell.strip())
        }
        if not self.head.is_aggregated:  # a daily total stands at midnight, not at an event
            self._widen(at_s)
        if value := filled.pop("sensor glucose", ""):
            filled.pop("isig value", None)
            filled.setdefault("sensor state", "")
            sensor.add(at_s, value, index)
        return Row(line=line_number, index=_index(index), at_s=at_s, cells=filled)

    def _cells(self, line: str) -> tuple[list[str], int, list[str]]:
        """The first three cells; then the place of the next filled one and the cells from there.

        Empty cells around them are passed over: most rows fill a few neighbours of fifty columns.
        """
        mark, width = self.delimiter, len(self.head.columns)
        is_plain = '"' not in line and len(line) <= MAX_CELL and line.isprintable()
        if is_plain and line.count(mark) == width - 1 > 3:
            *key, rest = line.split(mark, 3)
            inside = rest.lstrip(mark)
            first = 3 + len(rest) - len(inside)
            return key, first, inside.rstrip(mark).split(mark) if inside else []
        cells = cells_of(line, mark)
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) != width:
            raise _BadRow(f"{len(cells)} cells instead of {width}")
        return cells[:3], 3, cells[3:]

    def _settle(self, problem: ValueError, line_number: int, line: str) -> None:
        """Put a row that gave no record into its bucket."""
        ledger = self.ledger
        match problem:
            case Ignored():
                ledger.ignored(str(problem), line_number)
            case Repeated():
                ledger.duplicate()
            case _BadRow():
                ledger.rejected(str(problem), line_number, line)
            case NotADate():
                ledger.rejected("a date or time that cannot be read", line_number, str(problem))
            case BelowZero():
                ledger.rejected("an amount below zero", line_number, str(problem))
            case NotANumber():
                ledger.rejected("a value that cannot be read", line_number, str(problem))
            case _:
                raise problem

    def _widen(self, at_s: int) -> None:
        if at_s < self.first_s:
            self.first_s = at_s
        if at_s > self.last_s:
            self.last_s = at_s

    # --- rows to records -----------------------------------------------------------------------

    def _lived(self, rows: list[Row]) -> list[tuple[int, int]]:
        """Number rows of one second and mark repeated hours; the clock changes back in time."""
        set_back = []
        before = after = 0
        last_s, seq = -1, 0
        for row in rows:
            seq = seq + 1 if row.at_s == last_s else 0
            last_s, row.seq = row.at_s, seq
            if after <= row.at_s < before:
                row.fold = 1
            elif row.at_s >= before:
                before = after = 0
            if change := row.cells.get("new device time"):
                try:
                    new_s = self.clock.joint(change)
                except NotADate:
                    continue  # the row itself is rejected when it is read
                if 0 < row.at_s - new_s <= _LARGEST_SHIFT_S:
                    before, after = row.at_s, new_s
                    set_back.append((before, after))
        return set_back

    def _read_rows(self, rows: list[Row]) -> None:
        pump = Pump(
            device_id=self.head.device_id,
            unit=self.head.unit,
            clock=self.clock,
            carbs_in_exchanges=self.head.carbs_in_exchanges,
            stop_seconds=frozenset(
                row.at_s
                for row in rows
                if row.cells.get("suspend", "NORMAL_PUMPING") != "NORMAL_PUMPING"
                or "rewind" in row.cells
            ),
        )
        taken = 0
        is_oldest = True
        for row in rows:
            try:
                if not row.cells:
                    raise Ignored(_BARE)
                if is_oldest and list(row.cells) == ["basal rate"] and row.at_s % 60:
                    raise Ignored(_SYNTHETIC)
                pump.read(row)
                taken += 1
            except ValueError as problem:
                self._settle(problem, row.line, "")
            is_oldest = is_oldest and not row.cells
        lost = pump.finish()
        joined = join(pump.boluses, pump.device_id, pump.estimates)
        for unfinished in joined.unfinished:
            rule = _CANCELLED if unfinished.cancelled else _UNFINISHED
            self.ledger.ignored(rule, unfinished.line)
        for line in lost:
            self.ledger.ignored(_OLD_ECHO, line)
        self.ledger.duplicate(len(pump.echoes) - len(lost))
        self.ledger.imported(taken - len(pump.echoes) - len(joined.unfinished))
        self.records += pump.records
        self.records += joined.boluses

    def _read_totals(self, rows: list[Row]) -> None:
        """Automatic insulin of whole days; never a bolus."""
        for row in rows:
            try:
                if not row.cells:
                    raise Ignored("days without automatic insulin")
                amount_u = amount(row.cells.get("bolus volume delivered", ""))
            except ValueError as problem:
                self._settle(problem, row.line, "")
                continue
            self.ledger.imported()
            self.records.append(
                DailyTotal(
                    at_local=from_wall_seconds(row.at_s),
                    device_id=self.head.device_id,
                    scope=TotalScope.AUTO,
                    amount_u=amount_u,
                )
            )


def _sensor_pattern(head: SectionHead, delimiter: str) -> re.Pattern[str] | None:
    """Matches a line end and a line with index, date, time, glucose, perhaps ISIG, nothing else.

    The line end stands first because a search for a fixed character is quick.
    """
    glucose_at = head.place.get("sensor glucose")
    if glucose_at is None:
        return None
    isig_at = head.place.get("isig value")
    mark = re.escape(delimiter)
    cell = f'[^{mark}"=\\n]*'
    after = len(head.columns) - glucose_at - 1
    isig = ""
    if isig_at == glucose_at + 1:
        isig, after = mark + cell, after - 1
    return re.compile(
        rf"\n({cell}){mark}([\d/.-]+){mark}(\d\d:\d\d:\d\d){mark}{{{glucose_at - 2}}}"
        rf"(\d+(?:[.{'' if delimiter == ',' else ','}]\d+)?){isig}{mark}{{{after}}}(?=\n|\Z)",
        re.ASCII,
    )


def _scale_of(values: npt.NDArray[np.float64], unit: GlucoseUnit) -> GlucoseScale:
    if unit is GlucoseUnit.MMOLL:
        return GlucoseScale.MMOLL_TENTHS
    is_whole = bool((values == np.rint(values)).all())
    return GlucoseScale.MGDL if is_whole else GlucoseScale.MGDL_TENTHS


def _index(cell: str) -> float:
    """The running number of a row (``12,00000``), larger is older; 0 where it is damaged."""
    try:
        return number(cell)
    except NotANumber:
        return 0.0
