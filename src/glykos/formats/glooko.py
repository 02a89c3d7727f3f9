"""Glooko export: a zip with one CSV per kind of data, in numbered parts; or one of them alone.

Read: sensor glucose, finger-sticks, boluses with what the calculator was told, basal rates and
temporary rates, daily totals, pen doses, carbohydrate and meals, activity, medicines, notes and
alarms; comma or tab, English or German columns, folders or none. A part is known by its columns.
Times are the device's own. Parts overlap: the same moment of the same sensor counts once, and so
does a row told twice. A basal rate holds until the next row, as on a pump. A note in a row of
something else is a note of its own. Left out and counted: basal insulin told as an amount without
a duration, and parts we do not know. Not read: trend arrows, severity of alarms, calories.
Known from synthetic samples only (English, German, mock files of a web app) and from the sources of
other readers (reference formats.md §7): there is no genuine Glooko export among our test files.
"""

from collections.abc import Callable
from dataclasses import replace

from glykos.errors import DamagedFile
from glykos.formats._content import Content
from glykos.formats._content import Row as Cells
from glykos.formats._dates import Evidence, NotADate, Order, WallClock
from glykos.formats._glooko_layout import Part, part_of
from glykos.formats._glooko_rows import LeftOut, Row, Rows
from glykos.formats._harvest import GlucoseCells, Harvest, order_of, unit_of_values
from glykos.formats._reader import Hints, Owner, Reading, Section
from glykos.formats._text import NotANumber
from glykos.therapy.units import GlucoseUnit

#: Rows of several parts are told apart by numbers this far apart; no part is as long.
_PART_ROWS = 10_000_000
_FOREIGN = "files of the archive that hold no part we know"


class Glooko:
    """Reader of the export and of its parts."""

    key = "glooko"
    title = "Glooko export (zip), or one of its CSV files"
    version = 1
    source = "Glooko"
    how_to_get = (
        "Log in to my.glooko.com on a computer and open Summary or Graphs.",
        "Choose the period and Export to CSV; a zip file comes down.",
        "Upload the zip file as it is.",
    )
    proof = "synthetic samples only; tell us when a genuine file reads differently"

    def sniff(self, content: Content) -> float:
        """Sure of a line with name and period above columns that begin with a time."""
        if content.is_workbook or content.looks_like_json:
            return 0.0
        return 0.95 if any(part_of(table) for table in content.tables) else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the export.

        Raises:
            FormatError: no part of a Glooko export, or dates that cannot be placed.
        """
        return _Export(content, hints).reading()


class _Export:
    """One export on its way from parts to records."""

    def __init__(self, content: Content, hints: Hints) -> None:
        self.hints = hints
        self.harvest = Harvest(hints)
        self.rows = Rows(self.harvest)
        self.parts: list[Part] = []
        self.cells: list[list[Cells]] = []  # of each part; they are walked more than once
        for table in content.tables:
            part = part_of(table)
            if part is not None and part.kind:
                self.parts.append(part)
                self.cells.append([row for row in table if row[0] > part.header.line])
            elif rows := list(table):
                self.harvest.ledger.ignored(_FOREIGN, rows[0][0], len(rows))
        if not self.parts:
            raise DamagedFile(
                "No part of a Glooko export was found in this file.",
                "Upload the zip file exactly as Glooko made it.",
            )
        self.clock = WallClock(self._order())

    def reading(self) -> Reading:
        """Every row of every part in one bucket."""
        sections = []
        for number, part in enumerate(self.parts):
            sections.append(self._part(number, part))
            self.cells[number].clear()  # a large export would otherwise stand in memory twice
        owner = next((part.owner for part in self.parts if part.owner), "")
        reading = self.harvest.reading(Glooko(), owner=Owner(name=owner))
        return replace(reading, sections=tuple(sections))

    def _order(self) -> Order:
        """One order of day and month for all parts; the stated period helps to prove it."""
        cells = (
            cells[place].strip()
            for part, rows in zip(self.parts, self.cells, strict=True)
            if (place := part.header.place["time"]) >= 0
            for _, cells in rows
            if place < len(cells)
        )
        period = next((part.period for part in self.parts if part.period), None)
        return order_of(cells, Evidence(period=period, hint=self.hints.date_order))

    def _part(self, number: int, part: Part) -> Section:
        """All rows of one part."""
        rows = self.cells[number]
        if part.kind == "cgm" and self._whole_readings(number, part):
            return Section(model="Glooko", part=part.kind, serial="", rows=len(rows))
        tell = self._teller(number, part)
        ledger, header = self.harvest.ledger, part.header
        first = number * _PART_ROWS
        amounts: dict[str, float] = {}
        for line, cells in rows:
            try:
                filled = header.filled(cells)
                at_s = self.clock.joint(filled.get("time", ""))
                if not self.harvest.is_future(line, at_s):
                    tell(Row(first + line, at_s, filled, header, amounts))
            except LeftOut as rule:
                ledger.ignored(str(rule), line)
            except NotADate as problem:
                ledger.rejected("a date or time that cannot be read", line, str(problem))
            except NotANumber as problem:
                ledger.rejected("a number that cannot be read", line, str(problem))
        return Section(model="Glooko", part=part.kind, serial="", rows=len(rows))

    def _whole_readings(self, number: int, part: Part) -> bool:
        """All readings of one sensor by columns; False where they are not as plain as that."""
        rows, place = self.cells[number], part.header.place
        serials = [place[name] for name in ("serial", "transmitter") if name in place]
        needed = [place["time"], place["sensor" if "sensor" in place else "glucose"], *serials]
        if not rows or min(len(cells) for _, cells in rows) <= max(needed):
            return False
        when, value, *told = ([cells[n] for _, cells in rows] for n in needed)
        distinct = {tuple(map(str.strip, row)) for row in set(zip(*told, strict=True))} or {("",)}
        if len(distinct) > 1:
            return False
        return self.harvest.add_whole(
            self.rows.trace_of(next((serial for serial in distinct.pop() if serial), "")),
            [number * _PART_ROWS + line for line, _ in rows],
            self.clock.column(when),
            GlucoseCells(self._unit(number, part)).column(value),
        )

    def _teller(self, number: int, part: Part) -> Callable[[Row], None]:
        """What a row of this part means."""
        if part.kind not in ("cgm", "bg"):
            return self.rows.tell[part.kind]
        glucose = GlucoseCells(self._unit(number, part))
        take = self.rows.sensor if part.kind == "cgm" else self.rows.meter
        return lambda row: take(row, glucose)

    def _unit(self, number: int, part: Part) -> GlucoseUnit:
        """The unit in the column's name, else the caller's, else that of the values."""
        column = "sensor" if "sensor" in part.header else "glucose"
        stated = part.header.unit_of(column) or self.hints.unit
        if stated is not None:
            return stated
        return unit_of_values(part.header.cell(cells, column) for _, cells in self.cells[number])
