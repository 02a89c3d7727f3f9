"""A table of a person's own on its way from cells to a reading, with every row accounted for.

It works on columns: each distinct cell is understood once, and only rows that tell more than a
sensor value, or that cannot be used, are looked at one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

import numpy as np
import numpy.typing as npt

from glykos.formats._columns import MEASURES, find_layout, kind_of
from glykos.formats._content import Row, Table
from glykos.formats._ledger import Ledger
from glykos.formats._own_times import UNPLACED, OwnTimes, second_pass
from glykos.formats._own_values import (
    DEVICES,
    MOST,
    SENSOR,
    GlucoseColumn,
    Make,
    finger_stick_in,
    make_of,
    unit_of,
)
from glykos.formats._plausible import warn_of_implausible
from glykos.formats._reader import Hints, Reading
from glykos.formats._text import NotANumber
from glykos.therapy.clock import from_wall_seconds, wall_seconds
from glykos.therapy.identity import identity, ordered
from glykos.therapy.records import Device, Record
from glykos.therapy.sensor import SensorSeries

_FUTURE = "rows dated in the future"
_NOTHING = "rows without a value in the chosen columns"
_UNKNOWN_KIND = "rows of a kind that the mapping does not use"
_RULES = frozenset({_FUTURE, _NOTHING, _UNKNOWN_KIND})
_FORMULA = "a cell holds a spreadsheet formula"
#: What could not be read, in words.
WORDS = {
    "glucose": "a glucose value",
    "meter": "a meter value",
    "rapid": "a dose of rapid insulin",
    "long": "a dose of long-acting insulin",
    "bolus": "a bolus",
    "carbs": "an amount of carbohydrate",
    "ketones": "a ketone value",
    "weight": "a weight",
    "exercise": "a duration of exercise",
    "note": "a note",
}
_CHUNK = 4096

_Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Told:
    """What one row tells besides sensor glucose; ``unread`` are cells that hold something else."""

    records: list[Record] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)  # measure, cell


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row tells nothing, and what it shows."""

    reason: str
    shown: str = ""


class OwnTable:
    """All rows of one table, understood; ``reading`` is their account.

    Raises:
        FormatError: no such columns, an unknown unit, or dates that cannot be placed.
    """

    def __init__(self, tables: Sequence[Table], hints: Hints) -> None:
        self.layout = find_layout(tables, hints.columns)
        self.lines: list[int] = []
        self._ledger = Ledger()
        self._hints = hints
        self._times = OwnTimes()
        self._cells: dict[str, list[str]] = {
            key: [] for key in self.layout.place if key not in ("time", "date")
        }
        self._collect()
        self.at = self._times.place(hints.date_order)
        self._columns = self._by_measure()
        self.sensor = GlucoseColumn(self._columns.get("glucose", ()), len(self.lines))
        self.unit = unit_of(self.sensor.numbers, self._header("glucose"), hints.unit)
        self.sensor.refuse_above(MOST[self.unit])
        latest = 1 << 60 if hints.now is None else wall_seconds(hints.now + timedelta(days=1))
        self._is_placed = self.at != UNPLACED
        self._is_usable = self._is_placed & (self.at <= latest)
        self._told = self._read_others()

    def reading(self, format_key: str, version: int) -> Reading:
        """Every row in one bucket, what they tell in a series and records."""
        has_sensor = self._is_usable & self.sensor.is_read
        has_records = np.zeros(len(self.lines), np.bool_)
        has_records[[row for row, told in self._told.items() if told.records]] = True
        kept = has_sensor | has_records
        self._say_zones(kept)
        self._say_unread(kept)
        self._account(~kept)
        sensor, records = self._distinct(has_sensor, has_records)
        warn_of_implausible(records, self._ledger)
        at = self.at[kept]
        return Reading(
            format_key=format_key,
            format_version=version,
            devices=_devices(sensor, records),
            sensor=sensor,
            records=tuple(records),
            issues=self._ledger.issues,
            counts=self._ledger.counts,
            covers=(from_wall_seconds(at.min()), from_wall_seconds(at.max())) if len(at) else None,
        )

    def problem(self, row: int) -> Problem:
        """Why a row tells nothing; only for rows that do."""
        if not self._is_placed[row]:
            return Problem(self._times.problem(row), self._times.shown(row))
        if not self._is_usable[row]:
            return Problem(_FUTURE)
        unread = self.unread(row)
        if unread:
            measure, cell = unread[0]
            return Problem(f"{WORDS[measure]} that cannot be read", cell)
        if "kind" in self._cells and not kind_of(self._cells["kind"][row]):
            return Problem(_UNKNOWN_KIND)
        return Problem(_NOTHING)

    def at_local(self, row: int) -> datetime | None:
        """When a row was, where that can be read."""
        return from_wall_seconds(self.at[row]) if self._is_placed[row] else None

    def glucose(self, row: int) -> float | None:
        """The sensor value of a row that is used, in the unit of the table."""
        if not (self._is_usable[row] and self.sensor.is_read[row]):
            return None
        return self.sensor.shown(row, self.unit)

    def records(self, row: int) -> Sequence[Record]:
        """What a row tells besides sensor glucose."""
        told = self._told.get(row)
        return told.records if told else ()

    def unread(self, row: int) -> list[tuple[str, str]]:
        """Cells of a row that hold something else than they should: measure and cell."""
        told = self._told.get(row)
        others = told.unread if told else []
        if self.sensor.is_unread[row]:
            return [("glucose", self._columns["glucose"][row]), *others]
        return others

    # --- reading the cells ---------------------------------------------------------------------

    def _collect(self) -> None:
        """Take the cells of every row that has all of them."""
        rows = islice(self.layout.table, self.layout.skip, None)
        place = self.layout.place
        same: dict[str, str] = {}
        while chunk := list(islice(rows, _CHUNK)):
            whole = [row for row in chunk if self._is_whole(row)]
            self.lines += [line for line, _ in whole]
            times = [cells[place["time"]] for _, cells in whole]
            self._times.add(times, self._dates(times, whole))
            for key, column in self._cells.items():
                at = place[key]
                column += [
                    same.get(cells[at]) or same.setdefault(cells[at], cells[at].strip())
                    for _, cells in whole
                ]

    def _is_whole(self, row: Row) -> bool:
        line, cells = row
        width = len(self.layout.names)
        if len(cells) < width:
            self._ledger.rejected(f"{len(cells)} cells instead of {width}", line, " ".join(cells))
            return False
        for at in self.layout.place.values():
            if "=" in cells[at] and cells[at].lstrip()[0] == "=":
                self._ledger.rejected(_FORMULA, line, cells[at])
                return False
        return True

    def _dates(self, times: Sequence[str], rows: Sequence[Row]) -> list[str] | None:
        """The date cells that belong to times; a column nobody named counts beside bare times."""
        at = self.layout.place.get("date")
        if at is None:
            return None
        if "date" in self._hints.columns:
            return [cells[at] for _, cells in rows]
        return [
            cells[at] if 0 < time.strip().find(":") < 3 else ""
            for time, (_, cells) in zip(times, rows, strict=True)
        ]

    def _by_measure(self) -> dict[str, list[str]]:
        """One column per measure, also where each row names its own."""
        columns = {key: self._cells[key] for key in MEASURES if key in self._cells}
        if not {"kind", "value"} <= self._cells.keys():
            return columns
        kinds = {word: kind_of(word) for word in dict.fromkeys(self._cells["kind"])}
        for measure in sorted(set(kinds.values()) - {""}):
            columns[measure] = [
                cell if kinds[word] == measure else own
                for word, cell, own in zip(
                    self._cells["kind"],
                    self._cells["value"],
                    columns.get(measure) or ("",) * len(self.lines),
                    strict=True,
                )
            ]
        return columns

    def _header(self, measure: str) -> str:
        column = measure if measure in self.layout.place else "value"
        return self.layout.name(column) if column in self.layout.place else ""

    def _read_others(self) -> dict[int, Told]:
        """What rows tell besides sensor glucose, by row."""
        found: dict[int, Told] = {}
        for measure, column in self._columns.items():
            if measure == "glucose":
                continue
            make = self._make(measure, column)
            for row in [n for n, cell in enumerate(column) if cell]:
                if not self._is_usable[row]:
                    continue
                told = found.setdefault(row, Told())
                try:
                    record = make(from_wall_seconds(self.at[row]), column[row])
                except NotANumber:
                    told.unread.append((measure, column[row]))
                    continue
                if record is not None:
                    told.records.append(record)
        return found

    def _make(self, measure: str, column: Sequence[str]) -> Make:
        header = self._header(measure)
        if measure != "meter":
            return make_of(measure, header)
        numbers = GlucoseColumn(column, len(column)).numbers
        return finger_stick_in(unit_of(numbers, header, self._hints.unit))

    # --- the account ---------------------------------------------------------------------------

    def _account(self, unused: _Mask) -> None:
        for row in np.flatnonzero(unused).tolist():
            problem, line = self.problem(row), self.lines[row]
            if problem.reason in _RULES:
                self._ledger.ignored(problem.reason, line)
            else:
                self._ledger.rejected(problem.reason, line, problem.shown)

    def _distinct(self, has_sensor: _Mask, has_records: _Mask) -> tuple[SensorSeries, list[Record]]:
        """Each thing once; a row that tells nothing of its own is a duplicate."""
        is_second = np.zeros(len(self.lines), np.bool_)
        kept = has_sensor | has_records
        is_second[kept] = second_pass(self.at[kept], self._times.zones[kept])
        is_new = np.zeros(len(self.lines), np.bool_)
        rows = np.flatnonzero(has_sensor)
        _, first = np.unique(2 * self.at[rows] + is_second[rows], return_index=True)
        is_new[rows[first]] = True
        records: dict[object, Record] = {}
        for row in np.flatnonzero(has_records).tolist():
            for record in self._told[row].records:
                is_new[row] |= (mine := identity(record)) not in records
                records.setdefault(mine, record)
        self._ledger.imported(int(is_new.sum()))
        self._ledger.duplicate(int((kept & ~is_new).sum()))
        sensor = self.sensor.series(self.at, rows, self.unit, is_second)
        return sensor.distinct(), ordered(records.values())

    def _say_zones(self, kept: _Mask) -> None:
        names, rows = self._times.told_zones(kept)
        if names:
            self._ledger.warning(
                f"Times carry a time zone ({names}) and are kept as printed;"
                " check that they show the person's local time.",
                rows=rows,
            )

    def _say_unread(self, kept: _Mask) -> None:
        """Rows that are used although one of their cells is not."""
        found: dict[str, list[tuple[int, str]]] = {}
        doubtful = [row for row, told in self._told.items() if told.unread and kept[row]]
        doubtful += np.flatnonzero(kept & self.sensor.is_unread).tolist()
        for row in sorted(set(doubtful)):
            for measure, cell in self.unread(row):
                found.setdefault(measure, []).append((self.lines[row], cell))
        for measure, cells in found.items():
            self._ledger.warning(
                f"{WORDS[measure]} that cannot be read; the rest of the row was used",
                cells[0][0],
                rows=len(cells),
                shown_value=cells[0][1],
            )


def _devices(sensor: SensorSeries, records: Sequence[Record]) -> tuple[Device, ...]:
    ids = {record.device_id for record in records} | ({SENSOR.id} if len(sensor) else set())
    return tuple(DEVICES[device_id] for device_id in sorted(ids))
