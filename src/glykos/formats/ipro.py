"""CareLink iPro: what a clinic's software exports from a Medtronic iPro2 recorder.

Read: sensor glucose, the meter readings it was calibrated with, and what the person or the clinic
wrote down (food, insulin, medicine, exercise, sleep, notes); as workbook or as the tab separated
UTF-16 text that the software writes. Left out: raw current without glucose, docking and power
events of the recorder. Readings that the clinic excluded are kept and marked as excluded.
Known from one genuine file of 2018, saved again as a workbook; it holds no food, insulin or notes,
so those columns are known from their names only. Source: reference formats.md §3.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from glykos.errors import DamagedFile
from glykos.formats._content import Content, Row, Table
from glykos.formats._dates import Evidence, NotADate, WallClock
from glykos.formats._harvest import GlucoseCells, Harvest, order_of, time_of_export, unit_of_values
from glykos.formats._header import Columns, Header
from glykos.formats._libre import is_masked
from glykos.formats._reader import Hints, Owner, Reading
from glykos.formats._text import NotANumber, name_of, optional_amount
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Medication, Note
from glykos.therapy.records import Device, MeterGlucose, MeterOrigin, Record
from glykos.therapy.units import GlucoseUnit

_NAMES = (
    "index", "date", "time", "timestamp", "source", "bg reading", "used in calibration",
    "isig value", "sensor glucose", "sensor event", "meal size", "carb amount", "insulin type",
    "insulin units", "medication", "exercise level", "sleep start time", "sleep wake-up time",
    "notes", "excluded",
)  # fmt: skip
_DIARY = _NAMES[_NAMES.index("meal size") : _NAMES.index("excluded")]
_COLUMNS = Columns(
    dict.fromkeys(_NAMES, ()), needed=("date", "time", "isig value", "sensor glucose")
)
_TITLE = re.compile(r"medtronic diabetes ipro data", re.IGNORECASE)
_SERIAL = re.compile(r"s/n:?\s*(\S+)", re.IGNORECASE)
_RAW = "rows of the recorder without glucose (raw current, docking, power)"
_EXCLUDED = "meter readings that the clinic excluded"


class IPro:
    """Reader of the iPro2 export."""

    key = "ipro"
    title = "Medtronic CareLink iPro2"
    version = 1
    source = "CareLink iPro (clinic)"
    how_to_get = (
        "Ask the clinic that lent you the recorder for the data export of CareLink iPro.",
        "It is a text file or a workbook that begins with Medtronic Diabetes iPro Data.",
    )
    proof = "one genuine file of 2018 (sensor and meter); diary columns by their names only"

    def sniff(self, content: Content) -> float:
        """Sure of the title and the columns of the recorder."""
        return 0.95 if _find(content) else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file.

        Raises:
            FormatError: no header, a unit nobody can tell, or dates that cannot be placed.
        """
        found = _find(content)
        if found is None:
            raise DamagedFile(
                "This iPro file has no line of column names.",
                "Export it again and upload it unchanged.",
            )
        table, header = found
        about = _about(table, header)
        rows = [row for row in table if row[0] > header.line]
        columns = ("sensor glucose", "bg reading")
        unit = header.unit_of("sensor glucose") or hints.unit
        if unit is None:
            unit = unit_of_values(header.cell(cells, name) for _, cells in rows for name in columns)
        order = order_of(
            (header.cell(cells, "date") for _, cells in rows),
            Evidence(
                period=about.period,
                exported=about.exported,
                hint=hints.date_order,
                is_ascending=True,
            ),
        )
        clock = WallClock(order)
        table_rows = _Rows(
            header=header, clock=clock, unit=unit, about=about, harvest=Harvest(hints)
        )
        table_rows.read(rows)
        return table_rows.harvest.reading(
            self, owner=about.owner, exported_at=time_of_export(clock, about.exported)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What the lines before the header say."""

    owner: Owner
    recorder: Device
    meter: Device
    period: tuple[str, str] | None
    exported: str


@dataclass(slots=True, kw_only=True)
class _Rows:
    """Reads the rows below the header."""

    header: Header
    clock: WallClock
    unit: GlucoseUnit
    about: _About
    harvest: Harvest
    sugar: GlucoseCells = field(init=False)

    def __post_init__(self) -> None:
        self.sugar = GlucoseCells(self.unit)

    def read(self, rows: list[Row]) -> None:
        """Every row ends in a bucket."""
        ledger = self.harvest.ledger
        trace = self.harvest.trace(self.about.recorder)
        places = self.header.place
        diary_places = [places[name] for name in _DIARY if name in places]
        for line, cells in rows:
            try:
                at_s = self.clock.seconds(self._cell(cells, "date"), self._cell(cells, "time"))
                if self.harvest.is_future(line, at_s):
                    continue
                excluded = name_of(self._cell(cells, "excluded")) in ("true", "yes", "x", "1")
                sensor = self._cell(cells, "sensor glucose")
                glucose = self.sugar.read(sensor) if sensor else None
                meter = list(self._meter(at_s, cells))
                is_diary = any(len(cells) > n and cells[n] for n in diary_places)
                diary = list(self._diary(at_s, cells)) if is_diary else []
            except NotADate as problem:
                ledger.rejected("a date or time that cannot be read", line, str(problem))
                continue
            except NotANumber as problem:
                ledger.rejected("a number that cannot be read", line, str(problem))
                continue
            if glucose is not None:
                trace.add(line, at_s, glucose)
                if excluded:
                    trace.exclude()
            if meter and not excluded:
                self.harvest.tell(line, self.about.meter, meter)
            if diary:
                self.harvest.tell(line, self.about.recorder, diary)
            if not (glucose is not None or diary or (meter and not excluded)):
                self.harvest.leave_out(_EXCLUDED if meter else _RAW, line, at_s)

    def _meter(self, at_s: int, cells: list[str]) -> Iterator[Record]:
        if reading := self._cell(cells, "bg reading"):
            yield MeterGlucose(
                at_local=from_wall_seconds(at_s),
                device_id=self.about.meter.id,
                glucose=self.sugar.read(reading),
                origin=MeterOrigin.METER_UPLOAD,
                meter_id=self.about.meter.serial,
                used_for_calibration=name_of(self._cell(cells, "used in calibration")) == "true",
            )

    def _diary(self, at_s: int, cells: list[str]) -> Iterator[Record]:
        at, device_id = from_wall_seconds(at_s), self.about.recorder.id
        size = self._cell(cells, "meal size")
        carbs_g = optional_amount(self._cell(cells, "carb amount"))
        if carbs_g is not None:
            yield CarbEntry(at_local=at, device_id=device_id, carbs_g=carbs_g, label=size)
        elif size:
            yield Note(at_local=at, device_id=device_id, text=f"Meal: {size}")
        dose_u = optional_amount(self._cell(cells, "insulin units"))
        insulin = self._cell(cells, "insulin type")
        if dose_u is not None:
            yield Injection(
                at_local=at,
                device_id=device_id,
                dose_u=dose_u,
                insulin=_insulin(insulin),
                brand=insulin,
            )
        elif insulin:
            yield Note(at_local=at, device_id=device_id, text=f"Insulin: {insulin}")
        if medicine := self._cell(cells, "medication"):
            yield Medication(at_local=at, device_id=device_id, name=medicine)
        if level := self._cell(cells, "exercise level"):
            yield Exercise(at_local=at, device_id=device_id, intensity=level.casefold())
        for column, words in (("sleep start time", "Asleep"), ("sleep wake-up time", "Awake")):
            if time := self._cell(cells, column):
                yield Note(at_local=at, device_id=device_id, text=f"{words}: {time}")
        if note := self._cell(cells, "notes"):
            yield Note(at_local=at, device_id=device_id, text=note)

    def _cell(self, cells: list[str], column: str) -> str:
        return self.header.cell(cells, column)


def _find(content: Content) -> tuple[Table, Header] | None:
    if content.is_archive or content.looks_like_json:
        return None
    for table in content.tables:
        titled = any(_TITLE.search(cells[0]) for _, cells in table.head[:3])
        if titled and (header := _COLUMNS.find(table.head)):
            return table, header
    return None


def _about(table: Table, header: Header) -> _About:
    told = {name_of(cells[0]): cells[1:] for line, cells in table.head if line < header.line}
    name = (told.get("name") or [""])[0]
    times = [cell for cell in told.get("data time range", []) if cell[:1].isdigit()]
    return _About(
        owner=Owner(name="" if is_masked(name) else name),
        recorder=_device(told.get("glucose sensor recorder"), "medtronic", "Medtronic iPro2"),
        meter=_device(told.get("meter"), "meter", "Meter"),
        period=(times[0].split(" ")[0], times[1].split(" ")[0]) if len(times) == 2 else None,
        exported=(told.get("data exported on") or [""])[0],
    )


def _device(cells: list[str] | None, maker: str, unnamed: str) -> Device:
    model = (cells or [""])[0] or unnamed
    match = _SERIAL.search(" ".join(cells or []))
    serial = match[1] if match else ""
    kind = "cgm" if maker == "medtronic" else "meter"
    return Device(id=f"{maker}:{serial or model}", kind=kind, model=model, serial=serial)


def _insulin(kind: str) -> InsulinKind:
    text = kind.casefold()
    for word, found in (
        ("rapid", InsulinKind.RAPID),
        ("fast", InsulinKind.RAPID),
        ("short", InsulinKind.SHORT),
        ("intermediate", InsulinKind.INTERMEDIATE),
        ("long", InsulinKind.LONG),
        ("mix", InsulinKind.PREMIX),
    ):
        if word in text:
            return found
    return InsulinKind.UNKNOWN
