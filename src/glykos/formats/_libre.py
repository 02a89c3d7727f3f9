"""What LibreView and the older FreeStyle Libre software have in common: columns and rows.

Source: reference formats.md §5. A row is read by its filled columns, never by its record type:
a clinic's file of 2018 numbers the automatic readings 1. The order of columns is the same in
every language, so that a language nobody taught us is read by position.

The automatic readings ("historic") are the sensor's series. Readings that somebody asked for
("scans") are a series of their own, ``<device>#scan``: they are as true, but lie more densely
where somebody worried, so that statistics use them only in gaps (docs/decisions/0050).
Doses and carbohydrates marked without a number become notes.
Insulin of a calculator in parts (meal, correction, change by the user) counts only where the
rapid-acting column is empty; whether the parts ever stand alone is not known from a file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from glykos.formats._content import Row, Table
from glykos.formats._dates import NotADate, WallClock
from glykos.formats._harvest import (
    NO_NUMBER,
    NO_TIME,
    GlucoseCells,
    Harvest,
    PlainRows,
    Trace,
    unit_of_values,
)
from glykos.formats._header import Header
from glykos.formats._reader import Hints
from glykos.formats._text import NotANumber, optional, optional_amount
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.diary import CarbEntry, Injection, InsulinKind, Ketone, Note
from glykos.therapy.records import Device, MeterGlucose, MeterOrigin, Record, TimeChange
from glykos.therapy.sensor import SCAN_SUFFIX
from glykos.therapy.units import GlucoseUnit

#: Our names of the columns in the order of every export.
LAYOUT = (
    "device", "serial number", "device timestamp", "record type", "historic glucose",
    "scan glucose", "non-numeric rapid-acting insulin", "rapid-acting insulin",
    "non-numeric food", "carbohydrates (grams)", "carbohydrates (servings)",
    "non-numeric long-acting insulin", "long-acting insulin", "notes", "strip glucose", "ketone",
    "meal insulin", "correction insulin", "user change insulin",
)  # fmt: skip
_OTHER_LANGUAGES = (
    (
        "Gerät", "Seriennummer", "Gerätezeitstempel", "Aufzeichnungstyp", "Glukosewert-Verlauf",
        "Glukose-Scan", "Nicht numerisches schnellwirkendes Insulin",
        "Schnellwirkendes Insulin (Einheiten)", "Nicht numerische Nahrungsdaten",
        "Kohlenhydrate (Gramm)", "Kohlenhydrate (Portionen)", "Nicht numerisches Depotinsulin",
        "Depotinsulin (Einheiten)", "Notizen", "Glukose-Teststreifen", "Keton",
        "Mahlzeiteninsulin (Einheiten)", "Korrekturinsulin (Einheiten)",
        "Insulin-Änderung durch Anwender (Einheiten)",
    ),
    (
        "Appareil", "Numéro de série", "Horodatage de l'appareil", "Type d'enregistrement",
        "Historique de la glycémie", "Numérisation de la glycémie",
        "Insuline à action rapide sans valeur numérique", "Insuline à action rapide (unités)",
        "Alimentation sans valeur numérique", "Glucides (grammes)", "Glucides (portions)",
        "Insuline à action longue sans valeur numérique", "Insuline à action longue (unités)",
        "Commentaires", "Glycémie test", "Cétone", "Insuline repas (unités)",
        "Insuline de correction (unités)", "Modification insuline (unités)",
    ),
    (
        "Dispositivo", "Número de serie", "Sello de tiempo del dispositivo", "Tipo de registro",
        "Historial de glucosa", "Escaneo de glucosa",
        "Insulina de acción rápida sin valor numérico", "Insulina de acción rápida (unidades)",
        "Alimentos sin valor numérico", "Carbohidratos (gramos)", "Carbohidratos (raciones)",
        "Insulina de acción larga sin valor numérico", "Insulina de acción larga (unidades)",
        "Notas", "Tira reactiva para glucosa", "Cetonas", "Insulina de comida (unidades)",
        "Insulina de corrección (unidades)", "Insulina cambiada por el usuario (unidades)",
    ),
)  # fmt: skip
_VARIANTS = {
    "device timestamp": ("Meter Timestamp", "Marca de hora del dispositivo"),
    "scan glucose": ("Escanear glucosa",),
    "long-acting insulin": ("Long-Acting Insulin Value",),
    "grams per serving": ("Grams of Carbs per Serving",),
}
#: Every spelling of every column.
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    ours: (*(language[n] for language in _OTHER_LANGUAGES), *_VARIANTS.get(ours, ()))
    for n, ours in enumerate(LAYOUT)
} | {"grams per serving": _VARIANTS["grams per serving"]}

_GLUCOSE = ("historic glucose", "scan glucose", "strip glucose")
_EMPTY = "rows without a value (marks of the clock and of the app)"
#: Where the reader and the app stop giving numbers.
_RANGE_MGDL = (40, 500)
_MASK = frozenset("x*- ")
_UNNAMED = "Libre (not named in the file)"


def is_masked(cell: str) -> bool:
    """Whether a name or number was blotted out ("xxxx"), or is not there."""
    return set(cell.strip().casefold()) <= _MASK


def device_of(model: str, serial: str, *, format_key: str) -> Device:
    """The reader or phone of a row; by its model where the serial number is masked."""
    if not is_masked(serial):
        return Device(id=f"abbott:{serial}", kind="cgm", model=model or _UNNAMED, serial=serial)
    return Device(id=f"{format_key}:{model or 'unnamed'}", kind="cgm", model=model or _UNNAMED)


def scans_of(device: Device) -> Device:
    """The same sensor as a source of readings that somebody asked for."""
    return Device(
        id=device.id + SCAN_SUFFIX, kind="cgm", model=f"{device.model}, scans", serial=device.serial
    )


@dataclass(slots=True)
class _Source:
    """A device of the file and where its readings go."""

    device: Device
    historic: Trace
    scans: Trace


class LibreRows:
    """The rows below a header: sorted first, read when the order of their dates is proved.

    ``clock`` and ``sugar`` are known from :meth:`read` on.
    """

    clock: WallClock
    sugar: GlucoseCells

    def __init__(self, table: Table, header: Header, harvest: Harvest, format_key: str) -> None:
        self.header = header
        self.harvest = harvest
        self.format_key = format_key
        columns = ("device", "serial number")
        self._named_before = 1 + max(header.place.get(column, -1) for column in columns)
        self._plain: dict[tuple[str, ...], PlainRows] = {}
        self._events: list[Row] = []
        self._sources: dict[tuple[str, ...], _Source] = {}
        self._sort(table)

    def _sort(self, table: Table) -> None:
        """Nearly every row is an automatic reading and nothing else."""
        header, ledger, named_before = self.header, self.harvest.ledger, self._named_before
        when, historic = header.place["device timestamp"], header.place["historic glucose"]
        needed = historic + 1
        for line, cells in table:
            if line <= header.line:
                continue
            if len(cells) < needed or len(cells) <= when:
                ledger.rejected(f"{len(cells)} cells instead of {header.width}", line)
            elif cells[historic] and not any(cells[needed:]):
                key = tuple(cells[:named_before])
                plain = self._plain.get(key)
                if plain is None:
                    plain = self._plain[key] = PlainRows()
                plain.lines.append(line)
                plain.when.append(cells[when])
                plain.glucose.append(cells[historic])
            elif any(cells[historic:]):
                self._events.append((line, cells))
            else:
                ledger.ignored(_EMPTY, line)

    def times(self) -> Iterator[str]:
        """The time of every row that tells something, in the order of the file as far as known."""
        for plain in self._plain.values():
            yield from plain.when
        for _, cells in self._events:
            yield self._cell(cells, "device timestamp")

    def read(self, clock: WallClock, hints: Hints) -> None:
        """Every row ends in a bucket.

        Raises:
            DamagedFile: a unit that nobody can tell.
        """
        lowest, highest = _RANGE_MGDL
        self.clock = clock
        self.sugar = GlucoseCells(
            self._unit() or hints.unit or unit_of_values(self._values()),
            lowest_mgdl=lowest,
            highest_mgdl=highest,
        )
        for key, plain in self._plain.items():
            self.harvest.settle(self._source(key).historic, plain, clock, self.sugar)
        for line, cells in self._events:
            try:
                self._event(line, cells)
            except NotADate as problem:
                self.harvest.ledger.rejected(NO_TIME, line, str(problem))
            except NotANumber as problem:
                self.harvest.ledger.rejected(NO_NUMBER, line, str(problem))

    def _unit(self) -> GlucoseUnit | None:
        return next((unit for name in _GLUCOSE if (unit := self.header.unit_of(name))), None)

    def _values(self) -> Iterator[str]:
        for plain in self._plain.values():
            yield from plain.glucose
        for _, cells in self._events:
            yield from (self._cell(cells, name) for name in _GLUCOSE)

    # --- rows that are more than a reading -----------------------------------------------------

    def _event(self, line: int, cells: list[str]) -> None:
        at_s = self.clock.joint(self._cell(cells, "device timestamp"))
        if self.harvest.is_future(line, at_s):
            return
        source = self._source(tuple(cells[: self._named_before]))
        readings = [
            (trace, self.sugar.read(cell))
            for trace, column in (
                (source.historic, "historic glucose"),
                (source.scans, "scan glucose"),
            )
            if (cell := self._cell(cells, column))
        ]
        told = _RowOf(self, source.device, cells, at_s).records()
        if shift := self._clock_change(source.device, cells):
            self.harvest.tell(line, source.device, [shift], widens=False)
            return
        for trace, glucose in readings:
            trace.add(line, at_s, glucose)
        if told:
            self.harvest.tell(line, source.device, told)
        elif not readings:
            self.harvest.ledger.ignored(_EMPTY, line)

    def _clock_change(self, device: Device, cells: list[str]) -> TimeChange | None:
        before, after = (self._cell(cells, name) for name in ("previous time", "updated time"))
        if not (before and after):
            return None
        return TimeChange(
            at_local=from_wall_seconds(self.clock.joint(before)),
            device_id=device.id,
            to_local=from_wall_seconds(self.clock.joint(after)),
        )

    def _cell(self, cells: list[str], column: str) -> str:
        return self.header.cell(cells, column)

    def _source(self, key: tuple[str, ...]) -> _Source:
        source = self._sources.get(key)
        if source is None:
            cells = list(key)
            device = device_of(
                self._cell(cells, "device"),
                self._cell(cells, "serial number"),
                format_key=self.format_key,
            )
            source = self._sources[key] = _Source(
                device,
                self.harvest.trace(device, by_minute=True),
                self.harvest.trace(scans_of(device), by_minute=True),
            )
        return source


@dataclass(frozen=True, slots=True)
class _RowOf:
    """One row with insulin, food, notes or strips."""

    rows: LibreRows
    device: Device
    cells: list[str]
    at_s: int

    def records(self) -> list[Record]:
        """Everything besides sensor glucose. Raises NotANumber."""
        return [*self._measured(), *self._insulin(), *self._food(), *self._words()]

    def _measured(self) -> Iterator[Record]:
        if strip := self._cell("strip glucose"):
            yield MeterGlucose(
                at_local=self._at,
                device_id=self.device.id,
                glucose=self.rows.sugar.read(strip),
                origin=MeterOrigin.METER_UPLOAD,
                meter_id=self.device.serial,
            )
        if (ketone := optional_amount(self._cell("ketone"))) is not None:
            yield Ketone(at_local=self._at, device_id=self.device.id, mmol_per_l=ketone)

    def _insulin(self) -> Iterator[Record]:
        rapid_u = optional_amount(self._cell("rapid-acting insulin"))
        meal_u = optional_amount(self._cell("meal insulin"))
        correction_u = optional(self._cell("correction insulin"))
        parts = [meal_u, correction_u, optional(self._cell("user change insulin"))]
        told = [part for part in parts if part is not None]
        if rapid_u is None and told:
            rapid_u = max(0.0, sum(told))
        if rapid_u is not None:
            yield Injection(
                at_local=self._at,
                device_id=self.device.id,
                source_id=self._id(InsulinKind.RAPID, rapid_u),
                dose_u=rapid_u,
                insulin=InsulinKind.RAPID,
                for_meal_u=meal_u,
                for_correction_u=correction_u,
            )
        long_u = optional_amount(self._cell("long-acting insulin"))
        if long_u is not None:
            yield Injection(
                at_local=self._at,
                device_id=self.device.id,
                source_id=self._id(InsulinKind.LONG, long_u),
                dose_u=long_u,
                insulin=InsulinKind.LONG,
            )

    def _food(self) -> Iterator[Record]:
        grams = optional_amount(self._cell("carbohydrates (grams)"))
        servings = optional_amount(self._cell("carbohydrates (servings)"))
        per_serving = optional_amount(self._cell("grams per serving"))
        if grams is None and servings is not None and per_serving is not None:
            grams = servings * per_serving
        if grams is not None:
            yield CarbEntry(
                at_local=self._at,
                device_id=self.device.id,
                source_id=self._id("food", grams),
                carbs_g=grams,
                label=self._cell("non-numeric food"),
            )
        elif servings is not None:
            yield self._note(f"Food: {servings:g} servings")
        elif food := self._cell("non-numeric food"):
            yield self._note(f"Food, amount not given: {food}")

    def _words(self) -> Iterator[Record]:
        for column in ("rapid-acting insulin", "long-acting insulin"):
            if (mark := self._cell(f"non-numeric {column}")) and not self._cell(column):
                yield self._note(f"{column.capitalize()}, amount not given: {mark}")
        if note := self._cell("notes"):
            yield self._note(note)

    def _note(self, text: str) -> Note:
        return Note(
            at_local=self._at,
            device_id=self.device.id,
            source_id=self._id("note", text),
            text=text,
        )

    def _id(self, what: str, value: object) -> str:
        return self.rows.harvest.row_id(self.device, what, self.at_s, value)

    def _cell(self, column: str) -> str:
        return self.rows.header.cell(self.cells, column)

    @property
    def _at(self) -> datetime:
        return from_wall_seconds(self.at_s)
