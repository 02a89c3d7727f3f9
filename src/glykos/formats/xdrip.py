"""xDrip+ export for SiDiary: the CSV file, alone or in the zip that the app shares.

Read: sensor glucose, blood glucose, carbohydrates, insulin and remarks; local time, mg/dL as the
app writes it (mmol/L where every value can only be that). Older versions wrote line feeds into
the remark: a line that does not begin with a date belongs to the row before. Newer ones write
``||`` for them. Amounts of the column BOLUS are taken
as injections of rapid insulin; the app does not say whether a pen or a pump gave them.
Amounts of zero are what the app writes for "none" and give no record.
Known from descriptions and a made file; no genuine one. Not read: the app's SQLite backup.
Source: reference formats.md §9.
"""

from collections.abc import Iterator

from glykos.errors import DamagedFile
from glykos.formats._content import Content, Row, Table
from glykos.formats._dates import Evidence, NotADate, WallClock
from glykos.formats._harvest import (
    NO_NUMBER,
    NO_TIME,
    GlucoseCells,
    Harvest,
    PlainRows,
    order_of,
    unit_of_values,
)
from glykos.formats._header import Columns, Header
from glykos.formats._reader import Hints, Reading
from glykos.formats._text import NotANumber, optional_amount
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.diary import CarbEntry, Injection, InsulinKind, Note
from glykos.therapy.records import Device, MeterGlucose, MeterOrigin, Record

_NAMES = ("day", "time", "udt_cgms", "bg_level", "ch_gr", "bolus", "remark")
_DAY, _TIME, _SENSOR_GLUCOSE, _BLOOD_GLUCOSE, _CARBS, _INSULIN, _REMARK = range(len(_NAMES))
_NOTHING = [""] * (len(_NAMES) - _BLOOD_GLUCOSE)  # behind the reading of a plain row
_COLUMNS = Columns(dict.fromkeys(_NAMES, ()))
_SENSOR = Device(id="xdrip:sensor", kind="cgm", model="Sensor through xDrip+")
_APP = Device(id="app:xDrip+", kind="app", model="xDrip+")
_EMPTY = "rows without a value"


class XDrip:
    """Reader of the SiDiary file of xDrip+."""

    key = "xdrip"
    title = "xDrip+ (SiDiary CSV)"
    version = 1
    source = "xDrip+"
    how_to_get = (
        "In xDrip+ open the menu and choose Import / Export Features.",
        "Choose Export CSV (SiDiary format); upload the zip or the CSV in it.",
    )
    proof = "descriptions only"

    def sniff(self, content: Content) -> float:
        """Sure of the column names, in a file or in a member of a zip."""
        return 0.95 if _find(content) else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of every such table.

        Raises:
            FormatError: no header, a unit nobody can tell, or dates that cannot be placed.
        """
        tables = _find(content)
        if not tables:
            raise DamagedFile(
                "This xDrip+ file has no line of column names.",
                "Export it again and upload it unchanged.",
            )
        events = _Events(tables, Harvest(hints))
        evidence = Evidence(hint=hints.date_order, is_ascending=True)
        return events.read(WallClock(order_of(events.times(), evidence)), hints)


def _find(content: Content) -> list[tuple[Table, Header]]:
    if content.looks_like_json or content.is_workbook:
        return []
    return [(table, header) for table in content.tables if (header := _COLUMNS.find(table.head))]


class _Events:
    """The rows of all tables: sorted first, read when the order of their dates is proved.

    ``clock`` and ``sugar`` are known from :meth:`read` on.
    """

    clock: WallClock
    sugar: GlucoseCells

    def __init__(self, tables: list[tuple[Table, Header]], harvest: Harvest) -> None:
        self.harvest = harvest
        self._sensor = PlainRows()
        self._others: list[Row] = []
        self._last_line = 0
        for table, header in tables:
            self._sort(table, header, after=self._last_line)

    def _sort(self, table: Table, header: Header, *, after: int) -> None:
        """Nearly every row is a sensor reading. Lines are counted on through all tables."""
        places = [header.place[name] for name in _NAMES]
        is_ours, width = places == list(range(len(_NAMES))), 1 + max(places)
        plain, nothing = self._sensor, _NOTHING
        last: list[str] | None = None
        for place, cells in table:
            if place <= header.line:
                continue
            if is_ours and cells[_BLOOD_GLUCOSE:] == nothing and cells[_SENSOR_GLUCOSE]:
                last, self._last_line = cells, after + place
                day, time, glucose, *_ = cells
                plain.lines.append(after + place)
                plain.when.append(day)
                plain.times.append(time)
                plain.glucose.append(glucose)
                continue
            day = cells[places[_DAY]] if len(cells) > places[_DAY] else ""
            if last is not None and not day[:1].isdigit():
                self._go_on(last, cells)
                continue
            self._last_line = after + place
            if len(cells) < width:
                cells = [*cells, *[""] * (width - len(cells))]  # noqa: PLW2901 - the whole row
            last = cells if is_ours else [cells[n] for n in places]
            self._others.append((self._last_line, last))

    def _go_on(self, last: list[str], cells: list[str]) -> None:
        """A line that a line feed in the remark of the row before cut off."""
        if not self._others or self._others[-1][0] != self._last_line:  # that was a plain reading
            only_words = [last[_DAY], last[_TIME], "", "", "", "", ""]
            self._others.append((self._last_line, only_words))
        rest = " ".join(cell.strip() for cell in cells if cell.strip())
        self._others[-1][1][_REMARK] += f" {rest}"

    def times(self) -> Iterator[str]:
        """The time of every row."""
        yield from self._sensor.when
        for _, cells in self._others:
            yield cells[_DAY]

    def read(self, clock: WallClock, hints: Hints) -> Reading:
        """Every row ends in a bucket.

        Raises:
            DamagedFile: a unit that nobody can tell.
        """
        self.clock = clock
        meter = [cells[_BLOOD_GLUCOSE] for _, cells in self._others]
        self.sugar = GlucoseCells(hints.unit or unit_of_values([*self._sensor.glucose, *meter]))
        trace = self.harvest.trace(_SENSOR, by_minute=True)
        self.harvest.settle(trace, self._sensor, clock, self.sugar)
        for line, cells in self._others:
            try:
                self._event(line, cells)
            except NotADate as problem:
                self.harvest.ledger.rejected(NO_TIME, line, str(problem))
            except NotANumber as problem:
                self.harvest.ledger.rejected(NO_NUMBER, line, str(problem))
        return self.harvest.reading(XDrip())

    def _event(self, line: int, cells: list[str]) -> None:
        at_s = self.clock.seconds(cells[_DAY].strip(), cells[_TIME].strip())
        if self.harvest.is_future(line, at_s):
            return
        sensor = cells[_SENSOR_GLUCOSE].strip()
        glucose = self.sugar.read(sensor) if sensor else None
        told = list(self._told(at_s, cells))
        if glucose is not None:
            self.harvest.trace(_SENSOR, by_minute=True).add(line, at_s, glucose)
        if told:
            self.harvest.tell(line, _APP, told)
        elif glucose is None:
            self.harvest.leave_out(_EMPTY, line, at_s)

    def _told(self, at_s: int, cells: list[str]) -> Iterator[Record]:
        # Two rows of one minute that differ in anything are two doses, also of the same amount.
        at, row = from_wall_seconds(at_s), tuple(cells)
        if meter := cells[_BLOOD_GLUCOSE].strip():
            yield MeterGlucose(
                at_local=at,
                device_id=_APP.id,
                glucose=self.sugar.read(meter),
                origin=MeterOrigin.UNKNOWN,
            )
        if carbs_g := optional_amount(cells[_CARBS]):
            row_id = self.harvest.row_id(_APP, "food", at_s, row)
            yield CarbEntry(at_local=at, device_id=_APP.id, source_id=row_id, carbs_g=carbs_g)
        if dose_u := optional_amount(cells[_INSULIN]):
            row_id = self.harvest.row_id(_APP, "insulin", at_s, row)
            yield Injection(
                at_local=at,
                device_id=_APP.id,
                source_id=row_id,
                dose_u=dose_u,
                insulin=InsulinKind.RAPID,
            )
        if text := " ".join(cells[_REMARK].replace("||", " / ").split()):
            row_id = self.harvest.row_id(_APP, "note", at_s, row)
            yield Note(at_local=at, device_id=_APP.id, source_id=row_id, text=text)
