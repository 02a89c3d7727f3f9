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
from dataclasses import dataclass

from glykos.errors import DamagedFile
from glykos.formats._content import Content, Row, Table
from glykos.formats._dates import Evidence, NotADate, WallClock
from glykos.formats._harvest import GlucoseCells, Harvest, order_of, unit_of_values
from glykos.formats._header import Columns, Header
from glykos.formats._reader import Hints, Reading
from glykos.formats._text import NotANumber, optional_amount
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.diary import CarbEntry, Injection, InsulinKind, Note
from glykos.therapy.records import Device, MeterGlucose, MeterOrigin, Record

_NAMES = ("day", "time", "udt_cgms", "bg_level", "ch_gr", "bolus", "remark")
_DAY, _TIME, _SENSOR_GLUCOSE, _BLOOD_GLUCOSE, _CARBS, _INSULIN, _REMARK = range(len(_NAMES))
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
        rows = [row for table, header in tables for row in _rows(table, header)]
        clock = WallClock(
            order_of(
                (cells[_DAY] for _, cells in rows),
                Evidence(hint=hints.date_order, is_ascending=True),
            )
        )
        unit = hints.unit or unit_of_values(
            cells[place] for _, cells in rows for place in (_SENSOR_GLUCOSE, _BLOOD_GLUCOSE)
        )
        harvest = Harvest(hints)
        events = _Events(clock=clock, sugar=GlucoseCells(unit), harvest=harvest)
        for row in rows:
            events.read(*row)
        return harvest.reading(self)


def _find(content: Content) -> list[tuple[Table, Header]]:
    if content.looks_like_json or content.is_workbook:
        return []
    return [(table, header) for table in content.tables if (header := _COLUMNS.find(table.head))]


def _rows(table: Table, header: Header) -> Iterator[Row]:
    """Rows in our order of columns; lines that a line feed in a remark cut off are put back."""
    places = [header.place[name] for name in _NAMES]
    is_ours, width = places == list(range(len(_NAMES))), 1 + max(places)
    current: Row | None = None
    for line, cells in table:
        if line <= header.line:
            continue
        if current is not None and not cells[places[_DAY]][:1].isdigit():
            rest = " ".join(cell.strip() for cell in cells if cell.strip())
            current[1][_REMARK] += f" {rest}"
            continue
        if current is not None:
            yield current
        if len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]  # noqa: PLW2901 - the same row, whole
        current = (line, cells if is_ours else [cells[place] for place in places])
    if current is not None:
        yield current


@dataclass(slots=True, kw_only=True)
class _Events:
    """Reads rows into a harvest."""

    clock: WallClock
    sugar: GlucoseCells
    harvest: Harvest

    def read(self, line: int, cells: list[str]) -> None:
        """One row ends in a bucket."""
        ledger = self.harvest.ledger
        try:
            at_s = self.clock.seconds(cells[_DAY].strip(), cells[_TIME].strip())
            sensor = cells[_SENSOR_GLUCOSE].strip()
            glucose = self.sugar.read(sensor) if sensor else None
            told = list(self._told(at_s, cells)) if any(cells[_BLOOD_GLUCOSE:]) else []
        except NotADate as problem:
            ledger.rejected("a date or time that cannot be read", line, str(problem))
            return
        except NotANumber as problem:
            ledger.rejected("a number that cannot be read", line, str(problem))
            return
        if self.harvest.is_future(line, at_s):
            return
        if glucose is not None:
            self.harvest.trace(_SENSOR, by_minute=True).add(line, at_s, glucose)
        if told:
            self.harvest.tell(line, _APP, told)
        elif glucose is None:
            ledger.ignored(_EMPTY, line)

    def _told(self, at_s: int, cells: list[str]) -> Iterator[Record]:
        at = from_wall_seconds(at_s)
        if meter := cells[_BLOOD_GLUCOSE].strip():
            yield MeterGlucose(
                at_local=at,
                device_id=_APP.id,
                glucose=self.sugar.read(meter),
                origin=MeterOrigin.UNKNOWN,
            )
        if carbs_g := optional_amount(cells[_CARBS]):
            row_id = self.harvest.row_id(_APP, "food", at_s, carbs_g)
            yield CarbEntry(at_local=at, device_id=_APP.id, source_id=row_id, carbs_g=carbs_g)
        if dose_u := optional_amount(cells[_INSULIN]):
            row_id = self.harvest.row_id(_APP, "insulin", at_s, dose_u)
            yield Injection(
                at_local=at,
                device_id=_APP.id,
                source_id=row_id,
                dose_u=dose_u,
                insulin=InsulinKind.RAPID,
            )
        if text := " ".join(cells[_REMARK].replace("||", " / ").split()):
            row_id = self.harvest.row_id(_APP, "note", at_s, text)
            yield Note(at_local=at, device_id=_APP.id, source_id=row_id, text=text)
