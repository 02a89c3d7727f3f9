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
from glykos.formats._header import Columns, Header, by_position
from glykos.formats._libre import is_masked
from glykos.formats._reader import Hints, Owner, Reading
from glykos.formats._text import NotANumber, amount, duration_min
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Note
from glykos.therapy.records import Device, MeterGlucose, MeterOrigin, Record

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

#: As every file spells them; in other letters they are found like a word nobody knows.
_SENSOR_WORDS = frozenset(("EGV", "EGW", "Niveles estimados de glucosa"))
_SENSOR_COLUMNS = (
    "timestamp", "glucose value", "source device id", "transmitter id", "transmitter time"
)  # fmt: skip
_CALIBRATION_WORDS = {"calibration", "kalibrierung", "calibración", "calibracion", "étalonnage"}
_ALERT_WORDS = {"alert", "warnung", "alarm", "alerta", "alerte"}
_NOTE_WORDS = {"note", "notes", "notiz", "notizen", "nota", "notas"}
#: What people enter has one source: the phones that an export names change from one to the next,
#: and a dose must stay the same dose.
_APP = Device(id="app:dexcom_clarity", kind="app", model="Dexcom")
_FIRST_NAME = {"firstname", "vorname", "nombre", "prénom"}
_LAST_NAME = {"lastname", "nachname", "apellido", "apellidos", "nom"}
_BIRTH_DATE = {"dateofbirth", "geburtsdatum", "fecha de nacimiento"}
_INSULIN_WORDS = (
    (InsulinKind.LONG, ("long", "lang", "larga", "lent", "prolong")),
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
    proof = (
        "genuine files of 2018 (G5) and 2023 (G6), a scrubbed one of G6 with insulin;"
        " carbohydrate, notes and languages from descriptions"
    )

    def sniff(self, content: Content) -> float:
        """Sure of the column names in a known language; nearly so of their order in another."""
        found = _find(content)
        if found is None:
            return 0.0
        return 0.95 if _is_named(*found) else 0.8

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
        events = _Events(table, header, Harvest(hints))
        evidence = Evidence(hint=hints.date_order, is_ascending=True)
        return events.read(WallClock(order_of(events.times(), evidence)), hints)


def _find(content: Content) -> tuple[Table, Header] | None:
    """The first table with our columns, by name or else by position."""
    if content.is_archive or content.looks_like_json:  # the files of an archive are read one by one
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


class _Events:
    """The rows below the header: sorted first, read when the order of their dates is proved.

    ``clock`` and ``sugar`` are known from :meth:`read` on.
    """

    clock: WallClock
    sugar: GlucoseCells

    def __init__(self, table: Table, header: Header, harvest: Harvest) -> None:
        self.header = header
        self.harvest = harvest
        self._sensor: dict[tuple[str, str], PlainRows] = {}
        self._others: list[Row] = []
        self._about: dict[str, str] = {}
        self._models: dict[str, str] = {}
        # A column that older files do not have stands after all cells, where a row is empty.
        self._places = tuple(header.place.get(column, header.width) for column in _SENSOR_COLUMNS)
        self._last = max(self._places)
        self._sort(table)
        if not self._sensor:
            self._find_sensor_word()

    def _sort(self, table: Table) -> None:
        """Nearly every row is a sensor reading."""
        header, place, words = self.header, self.header.place, _SENSOR_WORDS
        when, kind = place["timestamp"], place["event type"]
        last = max(when, kind, place["glucose value"])
        for line, cells in table:
            if line <= header.line:
                continue
            if len(cells) <= last:
                problem = f"{len(cells)} cells instead of {header.width}"
                self.harvest.ledger.rejected(problem, line)
            elif cells[kind] in words and cells[when]:
                self._plain(line, cells)
            else:
                self._others.append((line, cells))

    def _plain(self, line: int, cells: list[str]) -> None:
        when, sugar, source, transmitter, tick = self._places
        padded = cells if len(cells) > self._last else [*cells, *[""] * (self._last + 1)]
        key = (padded[transmitter], padded[source])
        plain = self._sensor.get(key)
        if plain is None:
            plain = self._sensor[key] = PlainRows()
        plain.lines.append(line)
        plain.when.append(cells[when])
        plain.glucose.append(cells[sugar])
        plain.ticks.append(padded[tick])

    def _find_sensor_word(self) -> None:
        """In another spelling, the event that most rows with glucose have."""
        found = Counter(
            self._event_of(cells)
            for _, cells in self._others
            if self._cell(cells, "timestamp") and self._cell(cells, "glucose value")
        )
        for word in (*_CALIBRATION_WORDS, *_ALERT_WORDS):
            del found[word]
        if not found:
            return
        word, rows = found.most_common(1)[0]
        if word not in {known.casefold() for known in _SENSOR_WORDS}:
            self.harvest.ledger.warning(
                "The word for sensor glucose is not one we know; the event that most glucose"
                " values have was taken for it.",
                rows=rows,
                shown_value=word,
            )
        others, self._others = self._others, []
        for line, cells in others:
            if self._event_of(cells) == word and self._cell(cells, "timestamp"):
                self._plain(line, cells)
            else:
                self._others.append((line, cells))

    def times(self) -> Iterator[str]:
        """The time of every event."""
        for plain in self._sensor.values():
            yield from plain.when
        for _, cells in self._others:
            if when := self._cell(cells, "timestamp"):
                yield when

    def read(self, clock: WallClock, hints: Hints) -> Reading:
        """Every row ends in a bucket.

        Raises:
            DamagedFile: a unit that nobody can tell.
        """
        self.clock = clock
        values = (cell for plain in self._sensor.values() for cell in plain.glucose)
        unit = self.header.unit_of("glucose value") or hints.unit or unit_of_values(values)
        self.sugar = GlucoseCells(unit)
        for line, cells in self._others:
            if not self._cell(cells, "timestamp"):
                self._about_row(line, cells)
        for source, plain in self._sensor.items():
            trace = self.harvest.trace(self._transmitter(*source))
            self.harvest.settle(trace, plain, clock, self.sugar)
        for line, cells in self._others:
            try:
                if when := self._cell(cells, "timestamp"):
                    self._event(line, clock.joint(when), cells)
            except NotADate as problem:
                self.harvest.ledger.rejected(NO_TIME, line, str(problem))
            except NotANumber as problem:
                self.harvest.ledger.rejected(NO_NUMBER, line, str(problem))
        return self.harvest.reading(DexcomClarity(), owner=self._owner())

    # --- what a row tells ----------------------------------------------------------------------

    def _about_row(self, line: int, cells: list[str]) -> None:
        event = self._event_of(cells)
        for key, words in (("first", _FIRST_NAME), ("last", _LAST_NAME), ("born", _BIRTH_DATE)):
            if event in words:
                self._about[key] = self._cell(cells, "patient info")
        if model := self._cell(cells, "device info"):
            self._models[self._cell(cells, "source device id")] = model
        self.harvest.ledger.ignored(_ABOUT, line)

    def _owner(self) -> Owner:
        parts = (self._about.get("first", ""), self._about.get("last", ""))
        name = " ".join(part for part in parts if not is_masked(part))
        born = self._about.get("born", "")
        return Owner(name=name, birth_date="" if is_masked(born) else born)

    def _event(self, line: int, at_s: int, cells: list[str]) -> None:
        if self.harvest.is_future(line, at_s):
            return
        event = self._event_of(cells)
        if event in _ALERT_WORDS:
            self.harvest.leave_out(_ALERT, line, at_s)
            return
        told = list(self._told(_APP, at_s, event, cells))
        if told:
            self.harvest.tell(line, _APP, told)
        else:
            self.harvest.leave_out(_UNTOLD, line, at_s)

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
        transmitter, source = transmitter.strip(), source.strip()
        model = self._model(source)
        if not is_masked(transmitter):
            return Device(id=f"dexcom:{transmitter}", kind="cgm", model=model, serial=transmitter)
        return Device(id=f"{DexcomClarity.key}:{model}", kind="cgm", model=model)

    def _model(self, source: str) -> str:
        """What the file calls the receiver or app of a row; the only one it names, if need be."""
        named = set(self._models.values())
        return self._models.get(source) or (named.pop() if len(named) == 1 else "Dexcom")

    def _event_of(self, cells: list[str]) -> str:
        return self._cell(cells, "event type").casefold()

    def _cell(self, cells: list[str], column: str) -> str:
        return self.header.cell(cells, column)


def _insulin(subtype: str) -> InsulinKind:
    text = subtype.casefold()
    for kind, parts in _INSULIN_WORDS:
        if any(part in text for part in parts):
            return kind
    return InsulinKind.UNKNOWN
