"""CareLink Personal single-table CSV, 2006 to 2018: Paradigm, Veo, Revel, 530G, early 640G.

Read: sensor glucose and sensor states, finger-sticks (twins merged), calibrations, boluses (dual
waves as one, interrupted ones with their real duration), bolus estimates linked to their bolus,
basal rates and schedules, temporary basal rates, suspends with their reason, primes, rewinds,
alarms, clock changes, daily totals, markers, settings and their changes. Left out and counted:
parts of the active insulin, control solution, position marks. Not read: ISIG, VCNTR.
Known from genuine exports of the 515, 522, 722, 523 and 723 in American English and mg/dL; Veo,
mmol/L and other languages from descriptions (reference formats.md §1).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from operator import itemgetter

import numpy as np

from glykos.errors import DamagedFile
from glykos.formats import _legacy_insulin, _legacy_settings
from glykos.formats._content import Content
from glykos.formats._dates import NotADate, Order, WallClock, prove_order
from glykos.formats._ledger import Ledger
from glykos.formats._legacy_layout import (
    Layout,
    Preamble,
    evidence_of,
    exported_s,
    find_layout,
    read_preamble,
)
from glykos.formats._legacy_rows import Collected, Ignored, Row, Unknown
from glykos.formats._plausible import warn_of_implausible
from glykos.formats._rawtype import GLUCOSE, in_sensor_stream
from glykos.formats._reader import Hints, Reading
from glykos.formats._text import (
    BelowZero,
    NotANumber,
    Text,
    cells_of_all,
    holds_formula,
    number,
)
from glykos.therapy.clock import from_wall_seconds, wall_seconds
from glykos.therapy.identity import merge
from glykos.therapy.records import Device, MeterGlucose, Record, TimeChange
from glykos.therapy.sensor import BACKFILLED, FOLD, HIGH, LOW, SensorSeries
from glykos.therapy.units import GlucoseScale, GlucoseUnit

#: The columns that place a row; those a file does not have are read as empty.
_OF_EVERY_ROW = (
    *("date", "time", "raw-id", "raw-type", "raw-upload id", "raw-seq num", "raw-device type"),
)
_LARGEST_SHIFT_S = 26 * 3600
_FUTURE = "rows dated in the future: the clock of the device was wrong"
_LIMIT_FLAG = {0: 0, 1: HIGH, -1: LOW}


class CareLinkLegacy:
    """Reader of the single-table export."""

    key = "carelink_legacy"
    title = "CareLink CSV with one table (Paradigm, Veo, Revel, 530G)"
    version = 1
    source = "CareLink Personal (2006 to 2018)"
    how_to_get = (
        "Use the file that you saved at the time: the old site is closed.",
        'Its name ends in .csv, and its first line begins with "Medtronic Diabetes CareLink".',
    )
    proof = "genuine files of the 515, 522, 722, 523 and 723; Veo from descriptions"

    def sniff(self, content: Content) -> float:
        """Sure when the Raw-Type columns or the title of the export stand in the head."""
        folded = content.head.casefold()
        if "raw-type" in folded and "raw-values" in folded:
            return 1.0
        return 0.9 if folded.lstrip('"').startswith("medtronic diabetes carelink personal") else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file.

        Raises:
            FormatError: not text, too large, no header, or day and month cannot be told apart.
        """
        return _File(content.text, hints).reading()


@dataclass(slots=True)
class _SensorColumns:
    """Readings of one device, in the order of the file."""

    at_s: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    flag: list[int] = field(default_factory=list)


class _ClockChanges:
    """Hours that a clock repeated; the pump and its sensor part number their rows apart."""

    def __init__(self, found: Iterable[tuple[Row, int]]) -> None:
        self._back: dict[tuple[str, str, bool], list[tuple[int, int, int]]] = {}
        for row, new_s in found:
            if 0 < row.at_s - new_s <= _LARGEST_SHIFT_S:
                key = (row.upload, row.device_id, row.raw_type.endswith("GH"))
                self._back.setdefault(key, []).append((row.raw_seq, new_s, row.at_s))

    def fold(self, row: Row) -> int:
        """1 when a row was written in the second pass of an hour."""
        if not self._back:
            return 0
        key = (row.upload, row.device_id, in_sensor_stream(row.raw_type))
        changes = self._back.get(key, ())
        return int(any(row.raw_seq < seq and a <= row.at_s < b for seq, a, b in changes))


class _File:
    """One file on its way from text to records."""

    def __init__(self, text: Text, hints: Hints) -> None:
        self.ledger = Ledger()
        for remark in text.remarks:
            self.ledger.warning(remark)
        self.lines = text.lines
        layout = find_layout(self.lines)
        if layout is None:
            raise DamagedFile(
                "The table of the CareLink export has no readable header.",
                "Export the file again; an edited or cut file cannot be read safely.",
            )
        self.layout: Layout = layout
        self.preamble: Preamble = read_preamble(self.lines, layout)
        self.cells = self._cells()
        self.has_formula = holds_formula(
            text.content.replace("\n", layout.delimiter), layout.delimiter
        )
        self.order = self._date_order(hints)
        self.clock = WallClock(self.order)
        self.latest_s = (
            wall_seconds(hints.now + timedelta(days=1)) if hints.now is not None else 1 << 60
        )
        self.devices = {device.model: device for device in self._named_pumps()}
        self.collected = Collected(layout, self.clock)
        self.sensors: dict[str, _SensorColumns] = {}
        self.raw_ids: set[str] = set()
        self.uploads: set[str] = set()
        self.first_s, self.last_s = 1 << 60, -(1 << 60)

    def reading(self) -> Reading:
        """Read all rows, join those that belong together, then settle what repeats."""
        rows = self._rows()
        changes = _ClockChanges(self._clock_changes(rows))
        for row in rows:
            row.fold = changes.fold(row)
            self._take(row)
        sensor = self._sensor()
        records = self._join()
        self._remark(records, rows)
        return Reading(
            format_key=CareLinkLegacy.key,
            format_version=CareLinkLegacy.version,
            devices=self._devices(records),
            sensor=sensor,
            records=tuple(records),
            issues=self.ledger.issues,
            counts=self.ledger.counts,
            owner=self.preamble.owner,
            exported_at=(
                None
                if (at_s := exported_s(self.preamble, self.order)) is None
                else from_wall_seconds(at_s)
            ),
            covers=(
                (from_wall_seconds(self.first_s), from_wall_seconds(self.last_s))
                if self.first_s <= self.last_s
                else None
            ),
            row_ids=frozenset(self.raw_ids),
            upload_ids=frozenset(self.uploads),
        )

    # --- lines to rows -------------------------------------------------------------------------

    def _date_order(self, hints: Hints) -> Order:
        place = self.layout.place["date"]
        spelled = dict.fromkeys(cells[place] for _, cells in self.cells if len(cells) > place + 1)
        dates = (date.strip('" ') for date in spelled)
        return prove_order(dates, evidence_of(self.preamble, hints.date_order))

    def _cells(self) -> list[tuple[int, list[str]]]:
        """Number and cells of every line of the table that is not blank."""
        blank = self.layout.delimiter + ' "'
        first = self.layout.first_row + 1
        numbered = [
            (number, line)
            for number, line in enumerate(self.lines[first - 1 :], first)
            if line.strip(blank)
        ]
        numbers, lines = [number for number, _ in numbered], [line for _, line in numbered]
        return list(zip(numbers, cells_of_all(lines, self.layout.delimiter), strict=True))

    def _rows(self) -> list[Row]:
        """Every line that can be placed in time and has not been told before."""
        rows = []
        places = self._places()
        for line_number, cells in self.cells:
            try:
                row = self._row(line_number, cells, places)
            except ValueError as problem:
                self._settle(problem, line_number, self.lines[line_number - 1])
                continue
            if row is not None:
                rows.append(row)
        return rows

    def _places(self) -> Callable[[list[str]], tuple[str, ...]]:
        """Takes from a row the cells that every row needs."""
        place = self.layout.place
        absent = self.layout.width  # where a row has one more cell, which is empty
        return itemgetter(*(place.get(name, absent) for name in _OF_EVERY_ROW))

    def _row(
        self, line_number: int, cells: list[str], places: Callable[[list[str]], tuple[str, ...]]
    ) -> Row | None:
        layout = self.layout
        if len(cells) != layout.width:
            raise NotANumber(f"{len(cells)} cells instead of {layout.width}")
        if self.has_formula and holds_formula(self.lines[line_number - 1], layout.delimiter):
            raise NotANumber("a cell holds a spreadsheet formula")
        cells.append("")
        day, time, raw_id, raw_type, upload, seq, model = map(str.strip, places(cells))
        at_s = self.clock.seconds(day, time)
        if raw_id:
            if raw_id in self.raw_ids:
                self.ledger.duplicate()
                return None
            self.raw_ids.add(raw_id)
        if at_s > self.latest_s and not raw_type.startswith("Current"):
            raise Ignored(_FUTURE)
        self.uploads.add(upload)
        return Row(
            line=line_number,
            at_s=at_s,
            cells=cells,
            raw_type=raw_type,
            raw_id=raw_id,
            upload=upload,
            raw_seq=int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 10 else 0,
            device_id=self._device_of(model).id,
        )

    def _clock_changes(self, rows: list[Row]) -> Iterable[tuple[Row, int]]:
        for row in rows:
            if row.raw_type in ("ChangeTime", "ChangeTimeGH"):
                _, _, digits = self.collected.cell(row, "raw-values").partition("NEW_TIME=")
                digits = digits.partition(",")[0]
                if digits.isascii() and digits.isdigit() and len(digits) < 14:
                    yield row, int(digits) // 1000

    def _take(self, row: Row) -> None:
        if not row.raw_type.startswith("Current"):
            self.first_s, self.last_s = min(self.first_s, row.at_s), max(self.last_s, row.at_s)
        try:
            if row.raw_type in GLUCOSE:
                self._take_glucose(row)
            elif self.collected.read(row):
                self.ledger.imported()
            else:
                self.ledger.duplicate()
        except ValueError as problem:
            self._settle(problem, row.line, "")

    def _take_glucose(self, row: Row) -> None:
        cells, place = row.cells, self.layout.place
        cell = cells[place["sensor glucose"]].strip() if "sensor glucose" in place else ""
        is_plain = len(cell) < 5 and cell.isdigit() and cell.isascii()
        value = int(cell) if is_plain else number(cell)
        if not 0 < value < 2000:
            raise NotANumber(cell)
        flag = _LIMIT_FLAG[GLUCOSE[row.raw_type]] | (FOLD if row.fold else 0)
        if "BACKFILL_INDICATOR=true" in cells[place["raw-values"]]:
            flag |= BACKFILLED
        columns = self.sensors.setdefault(row.device_id, _SensorColumns())
        columns.at_s.append(row.at_s)
        columns.value.append(value)
        columns.flag.append(flag)

    def _settle(self, problem: ValueError, line_number: int, line: str) -> None:
        """Put a row that gave no record into its bucket."""
        match problem:
            case Ignored():
                self.ledger.ignored(str(problem), line_number)
            case Unknown():
                self.ledger.rejected("a type of row that is not known", line_number, str(problem))
            case NotADate():
                self.ledger.rejected("a date or time that cannot be read", line_number, line)
            case BelowZero():
                self.ledger.rejected("an amount below zero", line_number, str(problem))
            case NotANumber():
                self.ledger.rejected("a value that cannot be read", line_number, str(problem))
            case _:
                raise problem

    # --- rows to records -----------------------------------------------------------------------

    def _sensor(self) -> SensorSeries:
        parts = []
        for device_id, columns in self.sensors.items():
            values = np.array(columns.value, np.float64)
            if self.layout.unit is GlucoseUnit.MMOLL:
                scale, count = GlucoseScale.MMOLL_TENTHS, np.rint(values * 10)
            elif (values == np.rint(values)).all():
                scale, count = GlucoseScale.MGDL, values
            else:
                scale, count = GlucoseScale.MGDL_TENTHS, np.rint(values * 10)
            parts.append(
                SensorSeries.build(
                    columns.at_s,
                    count.astype(np.int16),
                    scale=scale,
                    device_id=device_id,
                    flag=columns.flag,
                )
            )
        series = SensorSeries.concat(parts)
        distinct = series.distinct()
        self.ledger.imported(len(distinct))
        self.ledger.duplicate(len(series) - len(distinct))
        return distinct

    def _join(self) -> list[Record]:
        collected = self.collected
        collected.finish()
        settled = _legacy_settings.settle(collected.settings)
        for row in settled.orphans:
            self.ledger.counts.read -= 1
            self.ledger.counts.imported -= 1
            self.ledger.ignored("parts of a setting whose head is not in this file", row.line)
        for row in settled.broken:
            self.ledger.counts.read -= 1
            self.ledger.counts.imported -= 1
            self.ledger.rejected("a value that cannot be read", row.line, row.raw_type)
        told = [*collected.records, *_legacy_insulin.join(collected), *settled.records]
        records, _ = merge(told)
        return records

    def _remark(self, records: list[Record], rows: list[Row]) -> None:
        warn_of_implausible(records, self.ledger)
        announced = self.preamble.announced_rows
        found = self.ledger.counts.read
        if announced is not None and announced > found:
            self.ledger.warning(
                f"The file was cut: it announces {announced} records and holds {found}."
            )
        exported = exported_s(self.preamble, self.order)
        if exported is not None:
            oldest = from_wall_seconds(exported).year - 1
            old = [row for row in rows if from_wall_seconds(row.at_s).year < oldest]
            if old:
                self.ledger.warning(
                    "Rows dated long before the export: an old period, or the clock was not set.",
                    old[0].line,
                    len(old),
                )
        resets = [
            r for r in records if isinstance(r, TimeChange) and abs(r.shift.minutes) > 26 * 60
        ]
        if resets:
            self.ledger.warning(
                "The clock of the device was set by more than a day; days around that change"
                " may carry wrong dates.",
                rows=len(resets),
            )

    # --- devices -------------------------------------------------------------------------------

    def _named_pumps(self) -> list[Device]:
        """Pumps of the preamble whose model is unique; rows name their pump by model only."""
        pumps = [d for d in self.preamble.devices if d.kind == "pump"]
        models = [pump.model for pump in pumps]
        twice = {model for model in models if models.count(model) > 1}
        if twice:
            self.ledger.warning(
                "Two pumps of the same model are in this file; their rows cannot be told apart."
            )
        return [pump for pump in pumps if pump.model not in twice]

    def _device_of(self, model: str) -> Device:
        known = self.devices.get(model)
        if known is None:
            named = list(self.devices.values())
            if not model and len(named) == 1:
                return named[0]
            known = Device(id=f"medtronic:{model or 'unknown'}", kind="pump", model=model)
            self.devices[model] = known
        return known

    def _devices(self, records: list[Record]) -> tuple[Device, ...]:
        found = {device.id: device for device in self.preamble.devices}
        found |= {device.id: device for device in self.devices.values()}
        for record in records:
            if isinstance(record, MeterGlucose) and record.meter_id:
                meter = f"meter:{record.meter_id}"
                found.setdefault(
                    meter,
                    Device(id=meter, kind="meter", model="Linked meter", serial=record.meter_id),
                )
        return tuple(found.values())
