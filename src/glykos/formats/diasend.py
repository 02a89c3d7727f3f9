"""diasend export: the old Excel file (.xls) with its sheets, XLSX, or one sheet saved as CSV.

Read: finger-sticks, sensor glucose, calibrations of the sensor, boluses, carbohydrate, basal
rates, daily totals where they are, alarms, stops, settings of pump and meter, and the basal
programmes in use. A calibration is no finger-stick: in the genuine file 15 of 20 have one of the
meter within five minutes, never with the same value, and counting both would count them twice.
A sheet is known by its columns, whatever file it came in; each sheet has its own unit. Dates are
day/month/year in every country (reference formats.md §6), unless the file itself proves otherwise.
Settings carry no date and get that of the newest row; a settings sheet alone is refused. A
combination bolus whose division diasend does not know is kept whole at its start, and said. Basal
programmes nobody filled are left out of the schedules.
Known from a genuine Animas Vibe file of 2014 (XLS, mmol/L) and genuine sheets of a OneTouch Ping of
2013 (CSV, mg/dL); meter settings, daily totals, manual marks and serial numbers of meters from
descriptions. Column names in English only.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Any

from glykos.errors import DamagedFile
from glykos.formats._alerts import class_of_text, readable
from glykos.formats._content import Content, Row, Table
from glykos.formats._dates import Evidence, NotADate, Order, WallClock, prove_order
from glykos.formats._diasend_settings import SettingsSheet, is_settings, pump
from glykos.formats._harvest import GlucoseCells, Harvest
from glykos.formats._header import Columns, Header
from glykos.formats._reader import Hints, Owner, Reading
from glykos.formats._text import NotANumber, amount
from glykos.therapy.clock import DAY_S, from_wall_seconds
from glykos.therapy.diary import CarbEntry
from glykos.therapy.records import (
    Alarm,
    BasalRate,
    Bolus,
    BolusKind,
    Calibration,
    DailyTotal,
    Device,
    MeterGlucose,
    MeterOrigin,
    Record,
    Resume,
    StopReason,
    Suspend,
    TotalScope,
)
from glykos.therapy.units import GlucoseUnit

_GLUCOSE = Columns(
    {"time": (), "value": ("mmol/l", "mg/dl"), "serial": ("serial number",)},
    needed=("time", "value"),
)
_INSULIN = Columns(
    {
        "time": (),
        "basal": ("basal amount",),
        "type": ("bolus type",),
        "volume": ("bolus volume",),
        "now": ("immediate volume",),
        "extended": ("extended volume",),
        "duration": (),
        "carbs": (),
        "notes": (),
        "total": ("total daily dose",),
        "total_basal": ("total daily basal",),
        "serial": ("serial number",),
    },
    needed=("time", "basal", "type", "volume"),
)
_ALARMS = Columns({"time": (), "event": ("alarm/event",)})
_PERIOD = re.compile(r"\S+ to \S+")
_KINDS = {
    "normal": BolusKind.NORMAL,
    "extended": BolusKind.EXTENDED,
    "combination": BolusKind.COMBINATION,
}
_CALIBRATION = "calibration"
#: Sensors report every 5 or 15 minutes; nobody pricks a finger that often.
_SENSOR_SPACING_S = 20 * 60
#: Rows of several sheets are told apart by numbers this far apart; no sheet is as long.
_SHEET_ROWS = 10_000_000
_CGM = Device(id="diasend:cgm", kind="cgm", model="Sensor")
_METER = Device(id="diasend:meter", kind="meter", model="Meter")
_METER_SETTINGS = "meter settings"
_EMPTY = "rows with nothing but a time"
_FOREIGN = "sheets without any of diasend's tables"


_NO_DATE = DamagedFile(
    "A sheet of settings alone does not say when the device was read.",
    "Upload the whole diasend file, with the sheets that have times.",
)
_NO_ROWS = DamagedFile(
    "No rows of a diasend export were found in this file.",
    "Upload the file exactly as diasend made it.",
)


class Diasend:
    """Reader of the diasend workbook and of its sheets."""

    key = "diasend"
    title = "diasend Excel file (XLS or XLSX), or one of its sheets as CSV"
    version = 1
    source = "diasend"
    how_to_get = (
        "diasend was replaced by Glooko; use the Excel files you have kept.",
        "Upload the file as diasend made it (.xls), with all its sheets.",
    )
    proof = "genuine files of 2013 and 2014 (Animas Vibe, OneTouch Ping)"

    def sniff(self, content: Content) -> float:
        """Sure of a sheet with diasend's columns; of glucose only below diasend's own head."""
        if content.is_archive or content.looks_like_json:
            return 0.0
        return 0.95 if any(_is_ours(table) for table in content.tables) else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file.

        Raises:
            FormatError: no sheet of diasend, settings without any date, unreadable dates.
        """
        return _File(content, hints).reading()


def _is_ours(table: Table) -> bool:
    if is_settings(table) or _INSULIN.find(table.head) or _ALARMS.find(table.head):
        return True
    header = _GLUCOSE.find(table.head)
    return header is not None and any(_PERIOD.fullmatch(text) for text in _facts(table).values())


def _facts(table: Table) -> dict[str, str]:
    """The lines above a header: name and value."""
    return {
        cells[0].strip().casefold(): cells[1].strip() for _, cells in table.head if len(cells) > 1
    }


@dataclass(slots=True, kw_only=True)
class _Line:
    """One row of a sheet; ``key`` is its number among the rows of all sheets."""

    key: int
    line: int
    at_s: int
    cells: list[str]
    filled: dict[str, str]

    def text(self, column: str) -> str:
        return self.filled.get(column, "")

    def amount(self, column: str) -> float | None:
        text = self.filled.get(column)
        return amount(text) if text else None

    def head(self, device: Device) -> dict[str, Any]:
        return {"at_local": from_wall_seconds(self.at_s), "device_id": device.id}


class _File:
    """One file on its way from sheets to records."""

    def __init__(self, content: Content, hints: Hints) -> None:
        self.harvest = Harvest(hints)
        self.owner = Owner()
        self.undivided: list[int] = []
        self.newest_s: int | None = None
        self.tables = [
            Table(table.name, partial(iter, list(table))) for table in content.tables
        ]  # each is walked several times
        self.settings = {
            number: SettingsSheet(table, pump() if is_settings(table) else _METER)
            for number, table in enumerate(self.tables)
            if is_settings(table) or table.name.strip().casefold() == _METER_SETTINGS
        }
        named = [sheet.device for sheet in self.settings.values() if sheet.device.kind == "pump"]
        self.pump = named[0] if named else pump()
        self.clock = WallClock(self._order(hints))

    def reading(self) -> Reading:
        """Every row of every sheet in one bucket."""
        for number, table in enumerate(self.tables):
            if number not in self.settings:
                self._sheet(number, table)
        if self.newest_s is None:
            raise _NO_DATE if self.settings else _NO_ROWS
        for number, sheet in self.settings.items():
            # Every line of such a sheet is part of one snapshot.
            records = sheet.records(from_wall_seconds(self.newest_s))
            for line in sheet.lines:
                self.harvest.tell(number * _SHEET_ROWS + line, sheet.device, records)
        if self.undivided:
            self.harvest.ledger.warning(
                "diasend does not know how these combination boluses were divided:"
                " the whole amount is shown at the start.",
                line=self.undivided[0],
                rows=len(self.undivided),
            )
        # Nobody edits these rows, so no export replaces another.
        return replace(self.harvest.reading(Diasend(), owner=self.owner), as_of=None)

    def _order(self, hints: Hints) -> Order:
        """Day first in every country, unless the dates of the file cannot be read like that."""
        days = (
            cells[0].strip().partition(" ")[0]
            for table in self.tables
            if not is_settings(table)
            for _, cells in table
        )
        return prove_order(days, Evidence(hint=hints.date_order or Order.DMY))

    # --- sheets --------------------------------------------------------------------------------

    def _sheet(self, number: int, table: Table) -> None:
        """One sheet with times, known by its columns."""
        if header := _INSULIN.find(table.head):
            self._each(number, table, header, self._insulin)
        elif header := _ALARMS.find(table.head):
            # The newest stands first; rows of one minute are numbered as they happened.
            in_minute = Counter[int]()
            self._each(number, reversed(list(table)), header, lambda r: self._alarm(r, in_minute))
        elif header := _GLUCOSE.find(table.head):
            self.owner = Owner(name=_facts(table).get("name", "") or self.owner.name)
            cells = GlucoseCells(header.unit_of("value") or GlucoseUnit.MGDL)
            if self._is_sensor(table, header):
                left = self._plain_readings(number, table, header, cells)
                self._each(number, left, header, lambda r: self._sensor(r, cells))
            else:
                self._each(number, table, header, lambda r: self._meter(r, cells))
        elif rows := list(table):
            self.harvest.ledger.ignored(_FOREIGN, rows[0][0], len(rows))

    def _each(
        self, number: int, table: Iterable[Row], header: Header, tell: Callable[[_Line], None]
    ) -> None:
        """Every row below the header, told or rejected."""
        ledger = self.harvest.ledger
        for line, cells in table:
            if line <= header.line:
                continue
            try:
                filled = header.filled(cells)
                at_s = self.clock.joint(filled.get("time", ""))
                if self.harvest.is_future(line, at_s):
                    continue
                key = number * _SHEET_ROWS + line
                tell(_Line(key=key, line=line, at_s=at_s, cells=cells, filled=filled))
                self.newest_s = max(self.newest_s or at_s, at_s)
            except NotADate as problem:
                ledger.rejected("a date or time that cannot be read", line, str(problem))
            except NotANumber as problem:
                ledger.rejected("a number that cannot be read", line, str(problem))

    def _plain_readings(
        self, number: int, table: Table, header: Header, glucose: GlucoseCells
    ) -> list[Row]:
        """Take all sensor readings by columns; what is left has to be looked at row by row."""
        time, value = header.place["time"], header.place["value"]
        rows = [row for row in table if row[0] > header.line]
        plain = [
            (line, cells)
            for line, cells in rows
            if len(cells) > max(time, value, 2) and _CALIBRATION not in cells[2].casefold()
        ]
        at_s = self.clock.column([cells[time] for _, cells in plain])
        told = [at for at in at_s if at is not None]
        is_whole = bool(told) and self.harvest.add_whole(
            self.harvest.trace(_CGM),
            [number * _SHEET_ROWS + line for line, _ in plain],
            at_s,
            glucose.column([cells[value] for _, cells in plain]),
        )
        if not is_whole:
            return rows
        self.newest_s = max(told) if self.newest_s is None else max(self.newest_s, *told)
        taken = {line for line, _ in plain}
        return [row for row in rows if row[0] not in taken]

    def _is_sensor(self, table: Table, header: Header) -> bool:
        """Sensor or meter: by the sheet's name; a sheet saved alone has none, but its spacing."""
        if table.name:
            return table.name.strip().casefold() == "cgm"
        at = []
        for line, cells in table:
            try:
                if line > header.line:
                    at.append(self.clock.joint(header.cell(cells, "time")))
            except NotADate:
                continue
        return len(at) > 1 and median(b - a for a, b in pairwise(sorted(at))) < _SENSOR_SPACING_S

    # --- rows ----------------------------------------------------------------------------------

    def _sensor(self, row: _Line, glucose: GlucoseCells) -> None:
        value = glucose.read(row.text("value"))
        if _CALIBRATION not in _third(row):
            self.harvest.trace(_CGM).add(row.key, row.at_s, value)
            return
        # The finger-stick itself stands in the meter's sheet minutes later, with a value of its own.
        self.harvest.tell(row.key, _CGM, [Calibration(**row.head(_CGM), glucose=value)])

    def _meter(self, row: _Line, glucose: GlucoseCells) -> None:
        device = _METER
        if serial := row.text("serial"):
            device = Device(id=f"meter:{serial}", kind="meter", model="Meter", serial=serial)
        told = MeterGlucose(
            **row.head(device),
            glucose=glucose.read(row.text("value")),
            origin=MeterOrigin.TYPED if _third(row) == "m" else MeterOrigin.METER_UPLOAD,
            meter_id=serial,
        )
        self.harvest.tell(row.key, device, [told])

    def _insulin(self, row: _Line) -> None:
        device = self.pump
        if not device.serial and (serial := row.text("serial")):
            device = pump(serial=serial)
        head = row.head(device)
        found: list[Record] = []
        if (rate := row.amount("basal")) is not None:
            found.append(BasalRate(**head, rate_u_per_h=rate))
        if row.text("type") or row.text("volume"):
            found.append(self._bolus(row, head))
        if (carbs := row.amount("carbs")) is not None:
            found.append(CarbEntry(**head, carbs_g=carbs))
        midnight = {**head, "at_local": from_wall_seconds(row.at_s - row.at_s % DAY_S)}
        for column, scope in (("total", TotalScope.ALL), ("total_basal", TotalScope.BASAL)):
            if (total := row.amount(column)) is not None:
                found.append(DailyTotal(**midnight, scope=scope, amount_u=total))
        if found:
            self.harvest.tell(row.key, device, found)
        else:
            self.harvest.ledger.ignored(_EMPTY, row.line)

    def _bolus(self, row: _Line, head: dict[str, Any]) -> Bolus:
        """A bolus; where its parts are not told, the whole amount stands for the first part."""
        kind = _KINDS.get(row.text("type").casefold(), BolusKind.NORMAL)
        whole, now, extended = (row.amount(name) for name in ("volume", "now", "extended"))
        if now is None and extended is None:
            if kind is BolusKind.EXTENDED:
                extended = whole
            else:
                now = whole
            if kind is BolusKind.COMBINATION:
                self.undivided.append(row.line)
        return Bolus(
            **head,
            bolus_kind=kind,
            delivered_now_u=now,
            delivered_extended_u=extended,
            programmed_duration_min=row.amount("duration"),
        )

    def _alarm(self, row: _Line, in_minute: Counter[int]) -> None:
        text = row.text("event")
        if not text:
            self.harvest.ledger.ignored(_EMPTY, row.line)
            return
        head = row.head(self.pump) | {"seq": in_minute[row.at_s]}
        in_minute[row.at_s] += 1
        record: Record
        if text.casefold() == "suspended":
            record = Suspend(**head, reason=StopReason.UNKNOWN)
        elif text.casefold() == "resumed":
            record = Resume(**head)
        else:
            text = readable(text.replace("_", " "))
            record = Alarm(**head, text=text, alarm_class=class_of_text(text))
        self.harvest.tell(row.key, self.pump, [record])


def _third(row: _Line) -> str:
    """The column without a name: how a value came about."""
    return row.cells[2].strip().casefold() if len(row.cells) > 2 else ""
