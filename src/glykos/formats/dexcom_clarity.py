"""Dexcom Clarity: the export of Dexcom's site, as CSV, tab separated text or workbook.

Read: sensor glucose (also "Low" and "High" in words), calibrations as finger-sticks, insulin,
carbohydrates, exercise, health events and notes, in mg/dL and mmol/L. Left out: the rows without a
time before the first event, however many (the person, devices and the alerts set on them).
A row is read by its filled columns, so that only calibrations, alerts, health events and notes
need a word for the event; where no row has a known word for sensor glucose, the event that most
glucose rows have is taken for it and said.
Known from genuine files of G5 (2018, tab text) and G6 (2023, workbook, mmol/L) and a scrubbed one
of G6; German and Spanish columns and the words EGW, Niedrig, Hoch and "Niveles estimados de
glucosa" from descriptions; other localised words for events are translations nobody proved.
Source: reference formats.md §4.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from glykos.errors import DamagedFile
from glykos.formats._content import Content, Row, Table
from glykos.formats._dates import Evidence, NotADate, WallClock
from glykos.formats._harvest import GlucoseCells, Harvest, Trace, order_of, unit_of_values
from glykos.formats._header import Columns, Header, by_position
from glykos.formats._libre import is_masked
from glykos.formats._reader import Hints, Owner, Reading
from glykos.formats._text import NotANumber, amount, duration_min, number
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Note
from glykos.therapy.records import Device, MeterGlucose, MeterOrigin, Record
from glykos.therapy.units import GlucoseUnit

#: Our names of the columns in the order of every export; older ones end before the last two.
_LAYOUT = (
    "index", "timestamp", "event type", "event subtype", "patient info", "device info",
    "source device id", "glucose value", "insulin value", "carb value", "duration",
    "glucose rate of change", "transmitter time", "transmitter id",
)  # fmt: skip
_COLUMNS = Columns(
    {
        "timestamp": ("Zeitstempel", "Marca temporal"),
        "event type": ("Ereignistyp", "Tipo de evento"),
        "event subtype": ("Ereignisuntertyp", "Subtipo de evento"),
        "patient info": ("Patienteninfo", "Información del paciente"),
        "device info": ("Geräteinfo", "Información del dispositivo"),
        "source device id": ("Quellgeräte-ID",),
        "glucose value": ("Glukosewert", "Nivel de glucosa"),
        "insulin value": ("Insulinwert", "Nivel de insulina"),
        "carb value": ("Kohlenhydratwert", "Nivel de carbohidratos"),
        "duration": ("Dauer", "Duración"),
        "glucose rate of change": (),
        "transmitter time": (),
        "transmitter id": (),
    },
    needed=("timestamp", "event type", "glucose value"),
)
_TIME, _GLUCOSE = _LAYOUT.index("timestamp"), _LAYOUT.index("glucose value")
_FEWEST_COLUMNS = 10

_SENSOR_WORDS = {"egv", "egw", "niveles estimados de glucosa"}
_CALIBRATION_WORDS = {"calibration", "kalibrierung", "calibración", "calibracion", "étalonnage"}
_ALERT_WORDS = {"alert", "warnung", "alarm", "alerta", "alerte"}
_NOTE_WORDS = {"note", "notes", "notiz", "notizen", "nota", "notas"}
_FIRST_NAME = {"firstname", "vorname", "nombre", "prénom"}
_LAST_NAME = {"lastname", "nachname", "apellido", "apellidos", "nom"}
_BIRTH_DATE = {"dateofbirth", "geburtsdatum", "fecha de nacimiento"}
_INSULIN_WORDS = (
    (InsulinKind.LONG, ("long", "lang", "larg", "lent", "prolong")),
    (InsulinKind.RAPID, ("fast", "rapid", "rápid", "schnell", "kurz")),
)
_ABOUT = "rows about the person, the devices and the alerts set on them"
_ALERT = "alerts of the receiver or app"
_UNTOLD = "events without any value"


class DexcomClarity:
    """Reader of what Dexcom Clarity exports."""

    key = "dexcom_clarity"
    title = "Dexcom Clarity"
    version = 1
    source = "Dexcom Clarity"
    how_to_get = (
        "Sign in at clarity.dexcom.com (clarity.dexcom.eu in Europe).",
        "Choose the export symbol at the top right, the period, and Export; the file is a CSV.",
    )
    proof = "genuine files of 2018 (G5) and 2023 (G6), a scrubbed one of G6; languages described"

    def sniff(self, content: Content) -> float:
        """Sure of the column names in a known language; nearly so of their order in another."""
        found = _find(content)
        if found is None:
            return 0.0
        return 0.95 if found[1].names[_TIME : _TIME + 1] and _is_named(*found) else 0.8

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file.

        Raises:
            FormatError: no header, a unit nobody can tell, or dates that cannot be placed.
        """
        found = _find(content)
        if found is None:
            raise DamagedFile(
                "This Clarity file has no line of column names.",
                "Export it again and upload it unchanged.",
            )
        table, header = found
        rows = _below(table, header)
        unit = header.unit_of("glucose value") or hints.unit
        if unit is None:
            unit = unit_of_values(
                header.cell(cells, "glucose value")
                for _, cells in rows
                if header.cell(cells, "timestamp")
            )
        order = order_of(
            (when for _, cells in rows if (when := header.cell(cells, "timestamp"))),
            Evidence(hint=hints.date_order, is_ascending=True),
        )
        events = _Events(header=header, clock=WallClock(order), unit=unit, harvest=Harvest(hints))
        return events.read(rows)


def _find(content: Content) -> tuple[Table, Header] | None:
    """The first table with our columns, by name or else by position."""
    if content.looks_like_json:
        return None
    for table in content.tables:
        if header := _COLUMNS.find(table.head):
            return table, header.completed(_LAYOUT)
        for row in table.head:
            if _stands_like_ours(row):
                return table, by_position(row, _LAYOUT)
    return None


def _stands_like_ours(row: Row) -> bool:
    """An ISO date in letters and glucose with its unit are where they always are."""
    cells = [cell.casefold() for cell in row[1]]
    if not _FEWEST_COLUMNS <= len(cells) <= len(_LAYOUT):
        return False
    is_time = "-mm-" in cells[_TIME] and ":mm:ss" in cells[_TIME]
    return is_time and any(unit in cells[_GLUCOSE] for unit in ("mg/dl", "mmol/l"))


def _is_named(table: Table, header: Header) -> bool:
    row = next(row for row in table.head if row[0] == header.line)
    return "glucose value" in _COLUMNS.in_row(row)


def _below(table: Table, header: Header) -> list[Row]:
    return [row for row in table if row[0] > header.line]


@dataclass(slots=True, kw_only=True)
class _Events:
    """Reads the rows below the header."""

    header: Header
    clock: WallClock
    unit: GlucoseUnit
    harvest: Harvest
    sugar: GlucoseCells = field(init=False)
    sensor_word: str = ""
    _about: dict[str, str] = field(default_factory=dict)
    _models: dict[str, str] = field(default_factory=dict)
    _traces: dict[tuple[str, str], Trace] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sugar = GlucoseCells(self.unit)

    def read(self, rows: list[Row]) -> Reading:
        """Every row ends in a bucket."""
        self._find_sensor_word(rows)
        ledger, header = self.harvest.ledger, self.header
        when, kind, sugar = (
            header.place[column] for column in ("timestamp", "event type", "glucose value")
        )
        for line, cells in rows:
            if len(cells) <= sugar:
                ledger.rejected(f"{len(cells)} cells instead of {header.width}", line)
                continue
            try:
                if not cells[when].strip():
                    self._about_row(line, cells)
                    continue
                at_s = self.clock.joint(cells[when])
                if self.harvest.is_future(line, at_s):
                    continue
                event = cells[kind].strip().casefold()
                if event == self.sensor_word:
                    self._sensor(line, at_s, cells)
                else:
                    self._event(line, at_s, event, cells)
            except NotADate as problem:
                ledger.rejected("a date or time that cannot be read", line, str(problem))
            except NotANumber as problem:
                ledger.rejected("a number that cannot be read", line, str(problem))
        parts = (self._about.get("first", ""), self._about.get("last", ""))
        name = " ".join(part for part in parts if not is_masked(part))
        born = self._about.get("born", "")
        return self.harvest.reading(
            DexcomClarity(), owner=Owner(name=name, birth_date="" if is_masked(born) else born)
        )

    def _find_sensor_word(self, rows: list[Row]) -> None:
        found: Counter[str] = Counter()
        for _, cells in rows:
            if self._cell(cells, "timestamp") and self._cell(cells, "glucose value"):
                found[self._cell(cells, "event type").casefold()] += 1
        known = [word for word in found if word in _SENSOR_WORDS]
        rest = [word for word, _ in found.most_common() if word not in _CALIBRATION_WORDS]
        self.sensor_word = (known or rest or ["egv"])[0]
        if rest and not known:
            self.harvest.ledger.warning(
                "The word for sensor glucose is not one we know; the event that most glucose"
                " values have was taken for it.",
                rows=found[self.sensor_word],
                shown_value=self.sensor_word,
            )

    # --- what a row tells ----------------------------------------------------------------------

    def _about_row(self, line: int, cells: list[str]) -> None:
        event = self._cell(cells, "event type").casefold()
        for key, words in (("first", _FIRST_NAME), ("last", _LAST_NAME), ("born", _BIRTH_DATE)):
            if event in words:
                self._about[key] = self._cell(cells, "patient info")
        if model := self._cell(cells, "device info"):
            self._models[self._cell(cells, "source device id")] = model
        self.harvest.ledger.ignored(_ABOUT, line)

    def _sensor(self, line: int, at_s: int, cells: list[str]) -> None:
        glucose = self.sugar.read(self._cell(cells, "glucose value"))
        source = (self._cell(cells, "transmitter id"), self._cell(cells, "source device id"))
        trace = self._traces.get(source)
        if trace is None:
            trace = self._traces[source] = self.harvest.trace(self._transmitter(*source))
        trace.add(line, at_s, glucose)
        if tick := self._cell(cells, "transmitter time"):
            trace.tick(number(tick))

    def _event(self, line: int, at_s: int, event: str, cells: list[str]) -> None:
        if event in _ALERT_WORDS:
            self.harvest.ledger.ignored(_ALERT, line)
            return
        app = self._app(self._cell(cells, "source device id"))
        told = list(self._told(app, at_s, event, cells))
        if told:
            self.harvest.tell(line, app, told)
        else:
            self.harvest.ledger.ignored(_UNTOLD, line)

    def _told(self, app: Device, at_s: int, event: str, cells: list[str]) -> Iterator[Record]:
        at, subtype = from_wall_seconds(at_s), self._cell(cells, "event subtype")
        if glucose := self._cell(cells, "glucose value"):
            yield MeterGlucose(
                at_local=at,
                device_id=app.id,
                glucose=self.sugar.read(glucose),
                origin=MeterOrigin.TYPED,
                used_for_calibration=event in _CALIBRATION_WORDS,
            )
        if insulin := self._cell(cells, "insulin value"):
            dose_u, kind = amount(insulin), _insulin(subtype)
            row_id = self.harvest.row_id(app, kind, at_s, dose_u)
            yield Injection(
                at_local=at, device_id=app.id, source_id=row_id, dose_u=dose_u, insulin=kind
            )
        if carbs := self._cell(cells, "carb value"):
            carbs_g = amount(carbs)
            row_id = self.harvest.row_id(app, "food", at_s, carbs_g)
            yield CarbEntry(at_local=at, device_id=app.id, source_id=row_id, carbs_g=carbs_g)
        if duration := self._cell(cells, "duration"):
            minutes = duration_min(duration)
            row_id = self.harvest.row_id(app, "exercise", at_s, minutes)
            yield Exercise(
                at_local=at,
                device_id=app.id,
                source_id=row_id,
                duration_min=minutes,
                intensity=subtype.casefold(),
            )
        if not (glucose or insulin or carbs or duration) and (
            text := self._words(event, subtype, cells)
        ):
            row_id = self.harvest.row_id(app, "note", at_s, text)
            yield Note(at_local=at, device_id=app.id, source_id=row_id, text=text)

    def _words(self, event: str, subtype: str, cells: list[str]) -> str:
        """A note's text, or the name of a health event ("Health: Illness")."""
        info = self._cell(cells, "patient info")
        if event in _NOTE_WORDS:
            return info or subtype
        label = self._cell(cells, "event type")
        what = ", ".join(part for part in (subtype, info) if part)
        return f"{label}: {what}" if label and what else label

    # --- devices -------------------------------------------------------------------------------

    def _transmitter(self, transmitter: str, source: str) -> Device:
        model = self._model(source)
        if not is_masked(transmitter):
            return Device(id=f"dexcom:{transmitter}", kind="cgm", model=model, serial=transmitter)
        return Device(id=f"{DexcomClarity.key}:{model}", kind="cgm", model=model)

    def _app(self, source: str) -> Device:
        model = self._model(source)
        return Device(id=f"app:{model}", kind="app", model=model)

    def _model(self, source: str) -> str:
        """What the file calls the receiver or app of a row; the only one it names, if need be."""
        named = set(self._models.values())
        return self._models.get(source) or (named.pop() if len(named) == 1 else "Dexcom")

    def _cell(self, cells: list[str], column: str) -> str:
        return self.header.cell(cells, column)


def _insulin(subtype: str) -> InsulinKind:
    text = subtype.casefold()
    for kind, parts in _INSULIN_WORDS:
        if any(part in text for part in parts):
            return kind
    return InsulinKind.UNKNOWN
