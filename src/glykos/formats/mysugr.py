"""mySugr logbook, CSV or XLSX: what a person on pens, a pump or tablets wrote down.

Read: blood glucose, insulin by pen (rapid and basal) and by pump, carbohydrate in grams whatever
the unit of the account, meals in words, activity, steps, temporary basal rates, blood pressure,
weight, HbA1c, ketones, medicines, tags and notes. One row gives several records; all of them are
named after its date and time, so that an edited row of a later export replaces the old one. A dose
and its parts for meal and correction are never added up (docs/decisions/0054).
Not read: place, latitude, longitude and time zone, which tell where a person was.
Known from genuine Danish files of 2021 (pens, mmol/L); English and German column names, exchanges
and mg/dL from descriptions (reference formats.md §9). Other languages are read by position, since
the order of columns is the same. Durations in spreadsheets whose column names no unit are left open.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from glykos.errors import DamagedFile
from glykos.formats._content import Content, Row, Table
from glykos.formats._dates import Evidence, NotADate, WallClock, prove_order
from glykos.formats._harvest import GlucoseCells, Harvest
from glykos.formats._header import Header
from glykos.formats._mysugr_layout import find_header
from glykos.formats._reader import Hints, Reading
from glykos.formats._text import NotANumber, amount, duration_min, optional_amount
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.diary import (
    BloodPressure,
    CarbEntry,
    Exercise,
    HbA1c,
    Injection,
    InsulinKind,
    Ketone,
    Medication,
    Note,
    Steps,
    Weight,
)
from glykos.therapy.records import (
    Bolus,
    BolusKind,
    BolusSource,
    Device,
    MeterGlucose,
    Record,
    TempBasal,
)
from glykos.therapy.units import GlucoseUnit, hba1c_percent

_FACTOR = re.compile(r"(\d+)\)?$")
_PRESSURE = re.compile(r"(\d{2,3})\s*/\s*(\d{2,3})")
_IN_WORDS = re.compile(r"(?:(\d{1,2})\.?\s+)?([^\W\d_]{3})[^\W\d_]*\.?(?:\s+(\d{1,2}),)?\s+(\d{4})")
_MONTHS = (
    *(
        ("jan",),
        ("feb",),
        ("mar", "mär", "mrz"),
        ("apr",),
        ("may", "mai", "maj"),
        ("jun",),
        ("jul",),
    ),
    *(("aug",), ("sep",), ("oct", "okt"), ("nov",), ("dec", "dez")),
)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T](.+)")
_LEVELS = {"1": "light", "2": "moderate", "3": "vigorous"}
_KG_PER_LB = 0.45359237
_LOWEST_PRESSURE_MMHG = 20
_DEVICE = Device(id="app:mysugr", kind="app", model="mySugr")
_NOTHING = "rows with nothing but a date, or a place"


class MySugr:
    """Reader of the logbook export."""

    key = "mysugr"
    title = "mySugr logbook (CSV or XLSX)"
    version = 1
    source = "mySugr"
    how_to_get = (
        "Open the mySugr app, then More and Reports.",
        "Choose the period and CSV (or Excel) as the kind of file, then export.",
        "Save the file, or send it to yourself, unchanged.",
    )
    proof = "genuine Danish files of 2021 (pens); pumps, English and German from descriptions"

    def sniff(self, content: Content) -> float:
        """Sure of a header with the columns of the logbook, in whatever language."""
        if content.is_archive or content.looks_like_json:
            return 0.0
        return 0.95 if any(find_header(table) for table in content.tables[:1]) else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the logbook.

        Raises:
            FormatError: no such table, an unknown unit, or dates that cannot be placed.
        """
        for table in content.tables[:1]:
            if header := find_header(table):
                return _Logbook(table, header, hints).reading()
        raise DamagedFile(
            "The columns of a mySugr logbook were not found.",
            "Export it again from the app and upload the file unchanged.",
        )


class _Logbook:
    """One logbook on its way from rows to records."""

    def __init__(self, table: Table, header: Header, hints: Hints) -> None:
        self.table = table
        self.header = header
        self.hints = hints
        self.harvest = Harvest(hints)
        self.glucose = GlucoseCells(self._unit())
        self.grams_per_unit = self._grams_per_unit()
        self.rows: list[Row] = [row for row in table if row[0] > header.line]
        self.tellers: dict[tuple[str, ...], list[_Teller]] = {}
        days = [_day(header.cell(cells, "date")) for _, cells in self.rows]
        # The newest row stands first.
        evidence = Evidence(hint=hints.date_order, is_ascending=True)
        self.clock = WallClock(prove_order(reversed(days), evidence))

    def reading(self) -> Reading:
        """Every row in one bucket."""
        ledger = self.harvest.ledger
        for line, cells in self.rows:
            try:
                self._take(line, cells)
            except NotADate as problem:
                ledger.rejected("a date or time that cannot be read", line, str(problem))
            except NotANumber as problem:
                ledger.rejected("a number that cannot be read", line, str(problem))
        return self.harvest.reading(MySugr())

    # --- the file as a whole -------------------------------------------------------------------

    def _unit(self) -> GlucoseUnit:
        unit = self.header.unit_of("glucose") or self.hints.unit
        if unit is None:
            raise DamagedFile(
                "The column of blood glucose names no unit.",
                "Say whether it is mg/dL or mmol/L (on the command line: --file-unit).",
            )
        return unit

    def _grams_per_unit(self) -> float:
        """The "factor" in the column's name: grams of carbohydrate in one unit of the account."""
        match = _FACTOR.search(self.title("carbs"))
        if match is None or not int(match[1]):
            raise DamagedFile(
                "The column of carbohydrate does not say how many grams one unit has.",
                "Export the logbook again from the app and upload it unchanged.",
            )
        return float(match[1])

    def title(self, column: str) -> str:
        """The name of a column as the file spells it."""
        place = self.header.place.get(column)
        return "" if place is None else self.header.names[place]

    def tellers_of(self, columns: tuple[str, ...]) -> list["_Teller"]:
        """What to do with a row that has something in these columns; few patterns occur."""
        known = self.tellers.get(columns)
        if known is None:
            known = [tell for needed, tell in _TELLERS if not needed.isdisjoint(columns)]
            self.tellers[columns] = known
        return known

    # --- one row -------------------------------------------------------------------------------

    def _take(self, line: int, cells: list[str]) -> None:
        filled = self.header.filled(cells)
        at_s = self.clock.seconds(_day(filled.get("date", "")), _time(filled.get("time", "")))
        if self.harvest.is_future(line, at_s):
            return
        name = self.harvest.row_id(_DEVICE, "row", at_s, tuple(filled.items()))
        records = _Entry(self, filled, from_wall_seconds(at_s), name).records()
        if records:
            self.harvest.tell(line, _DEVICE, records)
        else:
            self.harvest.ledger.ignored(_NOTHING, line)


class _Entry:
    """What one row of the logbook tells."""

    def __init__(
        self, book: _Logbook, filled: dict[str, str], at_local: datetime, name: str
    ) -> None:
        self.book = book
        self.filled = filled
        self.head: dict[str, Any] = {
            "at_local": at_local,
            "device_id": _DEVICE.id,
            "source_id": name,
        }

    def records(self) -> list[Record]:
        """All records of the row; empty cells give none."""
        found: list[Record] = []
        for tell in self.book.tellers_of(tuple(self.filled)):
            found += tell(self)
        return found

    def _text(self, column: str) -> str:
        return self.filled.get(column, "")

    def _amount(self, column: str) -> float | None:
        text = self.filled.get(column)
        return amount(text) if text else None

    def glucose(self) -> Iterator[Record]:
        if text := self._text("glucose"):
            yield MeterGlucose(**self.head, glucose=self.book.glucose.read(text))

    def doses(self) -> Iterator[Record]:
        """Insulin: the dose by pen or pump, or where neither stands its parts (ADR 0054)."""
        pen, pump = self._amount("pen"), self._amount("pump")
        meal, correction = self._amount("meal"), self._amount("correction")
        if pump is not None:
            yield Bolus(
                **self.head,
                bolus_kind=BolusKind.NORMAL,
                delivered_now_u=pump,
                source=BolusSource.UNKNOWN,
            )
        parts = [part for part in (meal, correction) if part is not None]
        if pen is None and pump is None and parts:
            pen = sum(parts)
        if pen is not None:
            yield Injection(
                **self.head,
                dose_u=pen,
                insulin=InsulinKind.RAPID,
                for_meal_u=meal,
                for_correction_u=correction,
            )
        if (basal := self._amount("basal")) is not None:
            named = self.head | {"source_id": f"{self.head['source_id']}/basal"}
            yield Injection(**named, dose_u=basal, insulin=InsulinKind.LONG)

    def carbs(self) -> Iterator[Record]:
        label = _joined(self._text("meal_text"), _listed(self._text("food_type")))
        carbs = self._amount("carbs")
        if carbs is not None:
            grams = round(carbs * self.book.grams_per_unit, 3)
            yield CarbEntry(**self.head, carbs_g=grams, label=label)
        elif label:
            named = self.head | {"source_id": f"{self.head['source_id']}/meal"}
            yield Note(**named, text=label)

    def activity(self) -> Iterator[Record]:
        level, label = self._text("activity_level"), self._text("activity_text")
        if level or label or self._text("activity_duration"):
            yield Exercise(
                **self.head,
                duration_min=self._minutes("activity_duration"),
                intensity=_LEVELS.get(level, level),
                label=label,
            )
        if (steps := self._amount("steps")) is not None:
            yield Steps(**self.head, count=steps)

    def temporary_basal(self) -> Iterator[Record]:
        percent, duration = self._text("temp_percent"), self._minutes("temp_duration")
        if percent or duration is not None:
            fraction = optional_amount(percent.removesuffix("%").strip())
            yield TempBasal(
                **self.head,
                fraction=None if fraction is None else fraction / 100,
                duration_min=duration,
            )

    def body(self) -> Iterator[Record]:
        if text := self._text("blood_pressure"):
            match = _PRESSURE.fullmatch(text)
            if match is None or min(int(match[1]), int(match[2])) < _LOWEST_PRESSURE_MMHG:
                raise NotANumber(text)
            yield BloodPressure(
                **self.head, systolic_mmhg=float(match[1]), diastolic_mmhg=float(match[2])
            )
        if (weight := self._amount("weight")) is not None:
            is_lb = "(lb" in self.book.title("weight")
            yield Weight(**self.head, kilograms=round(weight * _KG_PER_LB, 2) if is_lb else weight)
        if (hba1c := self._amount("hba1c")) is not None:
            is_ifcc = "mmol" in self.book.title("hba1c")
            percent = hba1c_percent(hba1c) if is_ifcc else hba1c
            yield HbA1c(**self.head, percent=percent, is_ifcc=is_ifcc)
        if text := self._text("ketones"):
            yield Ketone(**self.head, mmol_per_l=amount(text))

    def words(self) -> Iterator[Record]:
        if medicine := self._text("medication"):
            yield Medication(**self.head, name=_listed(medicine))
        if text := _joined(_listed(self._text("tags")), self._text("note")):
            yield Note(**self.head, text=text)

    def _minutes(self, column: str) -> float | None:
        """A duration; without colons its unit is in the column's name, or nobody knows it."""
        text = self._text(column)
        if ":" in text:
            return duration_min(text)
        minutes = optional_amount(text)
        return minutes if "min" in self.book.title(column) else None


_Teller = Callable[[_Entry], Iterator[Record]]
_TELLERS: tuple[tuple[frozenset[str], _Teller], ...] = (
    (frozenset(("glucose",)), _Entry.glucose),
    (frozenset(("pen", "pump", "basal", "meal", "correction")), _Entry.doses),
    (frozenset(("carbs", "meal_text", "food_type")), _Entry.carbs),
    (
        frozenset(("activity_level", "activity_text", "activity_duration", "steps")),
        _Entry.activity,
    ),
    (frozenset(("temp_percent", "temp_duration")), _Entry.temporary_basal),
    (frozenset(("blood_pressure", "weight", "hba1c", "ketones")), _Entry.body),
    (frozenset(("medication", "tags", "note")), _Entry.words),
)


@lru_cache(maxsize=4096)
def _day(cell: str) -> str:
    """The numbers of a date: an English file has the month in words, a spreadsheet the time too."""
    text = unicodedata.normalize("NFKC", cell)
    if match := _IN_WORDS.fullmatch(text):
        word = match[2].casefold()
        month = next((n for n, words in enumerate(_MONTHS, start=1) if word in words), 0)
        return f"{match[4]}-{month:02d}-{int(match[1] or match[3] or 0):02d}"
    return text.partition(" ")[0]


def _time(cell: str) -> str:
    """The time of day: a spreadsheet has the date in the cell too."""
    if len(cell) == 8 and cell.isascii():
        return cell
    text = unicodedata.normalize("NFKC", cell)
    match = _MOMENT.fullmatch(text)
    return match[1] if match else text


def _listed(text: str) -> str:
    """A list with commas, spelled alike in text and spreadsheet."""
    return ", ".join(part for part in (word.strip() for word in text.split(",")) if part)


def _joined(*texts: str) -> str:
    return " · ".join(text for text in texts if text)
