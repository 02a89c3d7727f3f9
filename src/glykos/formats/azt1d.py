"""AZT1D: one table per person of a public data set (Tandem t:slim X2 with Dexcom).

Read: sensor glucose, boluses and their carbohydrate, basal rates where they change. One row stands
for five minutes, and a bolus carries the time of its row. Some rows are printed again and again in
the set (twenty-six times in one place): each counts once. Where a row without basal follows one
with a rate, the rate is taken to go on. Amounts are as printed, also where they can hardly be meant.
Known from one genuine table of the set (2023 to 2024), mg/dL, English.
"""

from collections.abc import Sequence

from glykos.errors import DamagedFile
from glykos.formats._content import Content, Row
from glykos.formats._dates import NotADate, Order, WallClock
from glykos.formats._header import Columns, Header
from glykos.formats._instants import wall_clock
from glykos.formats._ledger import Ledger
from glykos.formats._plausible import warn_of_implausible
from glykos.formats._reader import Hints, Reading
from glykos.formats._sensor_columns import series_of
from glykos.formats._text import BelowZero, NotANumber, optional_amount
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.diary import CarbEntry
from glykos.therapy.identity import merge
from glykos.therapy.records import (
    BasalRate,
    Bolus,
    BolusKind,
    BolusSource,
    Device,
    Record,
)

_COLUMNS = Columns(
    {
        "time": ("EventDateTime",),
        "mode": ("DeviceMode",),
        "type": ("BolusType",),
        "basal": ("Basal",),
        "correction": ("CorrectionDelivered",),
        "bolus": ("TotalBolusInsulinDelivered",),
        "food": ("FoodDelivered",),
        "carbs": ("CarbSize",),
        "glucose": ("CGM",),
    },
    needed=("time", "type", "basal", "bolus", "carbs", "glucose"),
)
_PUMP = Device(id="azt1d:pump", kind="pump", model="t:slim X2 (AZT1D)")
_CGM = Device(id="azt1d:cgm", kind="cgm", model="Dexcom (AZT1D)")
_MOST_MGDL = 600.0


class Azt1d:
    """Reader of one table of the data set."""

    key = "azt1d"
    title = "AZT1D research table"
    version = 1
    source = "AZT1D data set"
    how_to_get = (
        "Download the data set from Mendeley Data and unpack it.",
        "Choose the CSV table of one person.",
    )
    proof = "one genuine table of the data set"

    def sniff(self, content: Content) -> float:
        """Sure when the table has the data set's own columns."""
        if content.is_archive or content.looks_like_json:
            return 0.0
        return float(any(_COLUMNS.find(table.head) is not None for table in content.tables))

    def read(self, content: Content, hints: Hints) -> Reading:  # noqa: ARG002 - nothing is open
        """All records of the table.

        Raises:
            FormatError: broken, or without the data set's columns.
        """
        return rows_of(content).reading()


def rows_of(content: Content) -> "Rows":
    """Every row as it is told, repeated ones too. Raises FormatError."""
    for table in content.tables:
        header = _COLUMNS.find(table.head)
        if header is not None:
            rows = Rows(header)
            rows.take_all([row for row in table if row[0] > header.line])
            return rows
    raise DamagedFile(
        "No table of this file has the columns of AZT1D.", "Choose the table of one person."
    )


class Rows:
    """One table on its way from rows to records.

    Most rows hold a time, a glucose value and the basal rate of the row before: those are kept
    without looking at anything twice.
    """

    def __init__(self, header: Header) -> None:
        self.header = header
        self.when, self.glucose, self.basal, self.type = (
            header.place[name] for name in ("time", "glucose", "basal", "type")
        )
        self.width = 1 + max(self.when, self.glucose, self.basal, self.type)
        self.ledger = Ledger()
        self.clock = WallClock(Order.YMD)
        self.at_s: list[int] = []
        self.mgdl: list[float] = []
        self.records: list[Record] = []
        self.rate = ""  # the cell of the rate that was kept last
        self.known: dict[str, float] = {}
        self.told: dict[int, list[str]] = {}  # the first row of each second
        self.others: dict[int, list[list[str]]] = {}  # all different ones, where there are more

    def take_all(self, rows: Sequence[Row]) -> None:
        """Read rows, each into its bucket."""
        when = [cells[self.when] if len(cells) > self.when else "" for _, cells in rows]
        for (line, cells), at_s in zip(rows, self.clock.column(when), strict=True):
            self._take(line, cells, at_s)

    def _take(self, line: int, cells: list[str], at_s: int | None) -> None:
        if len(cells) < self.width:
            self.ledger.rejected(f"a row of {len(cells)} cells", line)
            return
        try:
            if at_s is None:
                at_s = self._at_s(cells[self.when])
            mgdl = self.known.get(cells[self.glucose]) or self._mgdl(cells[self.glucose])
            is_plain = cells[self.basal] == self.rate and not cells[self.type]
            found = [] if is_plain else self._records(at_s, cells)
        except NotADate as problem:
            self.ledger.rejected("a date or time that cannot be read", line, str(problem))
        except BelowZero as problem:
            self.ledger.rejected("an amount below zero", line, str(problem))
        except NotANumber as problem:
            self.ledger.rejected("a value that cannot be read", line, str(problem))
        else:
            if mgdl is None and not any(cell.strip() for cell in cells[self.when + 1 :]):
                self.ledger.ignored("rows without any value", line)
                return
            if self._is_repeated(at_s, cells):
                self.ledger.duplicate()
            else:
                self.ledger.imported()
            if mgdl is not None:
                self.at_s.append(at_s)
                self.mgdl.append(mgdl)
            self.records += found

    def _at_s(self, cell: str) -> int:
        if len(cell) == len("2024-03-01 08:00:00"):
            return self.clock.seconds(cell[:10], cell[11:])
        return self.clock.joint(cell)

    def _mgdl(self, cell: str) -> float | None:
        known = self.known.get(cell)
        if known is None:
            known = optional_amount(cell)
            if known is None:
                return None
            if not 0 < known < _MOST_MGDL:
                raise NotANumber(cell)
            self.known[cell] = known
        return known

    def _is_repeated(self, at_s: int, cells: list[str]) -> bool:
        """Whether a row tells nothing new: its like was there, or only another glucose value."""
        first = self.told.setdefault(at_s, cells)
        if first is cells:
            return False
        others = self.others.setdefault(at_s, [first])
        if cells in others or not cells[self.type].strip():
            return True
        others.append(cells)
        return False

    def _records(self, at_s: int, cells: list[str]) -> list[Record]:
        found: list[Record] = []
        rate = cells[self.basal]
        if rate and rate != self.rate:
            value = optional_amount(rate)
            if value is not None:
                found.append(
                    BasalRate(at_local=wall_clock(at_s), device_id=_PUMP.id, rate_u_per_h=value)
                )
            self.rate = rate
        return found + self._bolus(at_s, cells) if cells[self.type] else found

    def _bolus(self, at_s: int, cells: list[str]) -> list[Record]:
        """The bolus of a row and its carbohydrate."""
        kind = self.header.cell(cells, "type")
        given = optional_amount(self.header.cell(cells, "bolus"))
        carbs = optional_amount(self.header.cell(cells, "carbs"))
        at_local, is_automatic = wall_clock(at_s), kind.startswith("Automatic")
        found: list[Record] = []
        if given is not None:
            found.append(
                Bolus(
                    at_local=at_local,
                    device_id=_PUMP.id,
                    bolus_kind=BolusKind.NORMAL,
                    delivered_now_u=given,
                    source=BolusSource.AUTO_CORRECTION if is_automatic else BolusSource.UNKNOWN,
                )
            )
        if carbs:
            found.append(CarbEntry(at_local=at_local, device_id=_PUMP.id, carbs_g=carbs))
        return found

    def reading(self) -> Reading:
        """Everything that was taken, each thing once."""
        records, _ = merge(self.records)
        warn_of_implausible(records, self.ledger)
        sensor = series_of(_CGM.id, self.at_s, self.mgdl).distinct()
        used = {*sensor.device_ids, *(record.device_id for record in records)}
        return Reading(
            format_key=Azt1d.key,
            format_version=Azt1d.version,
            devices=tuple(device for device in (_CGM, _PUMP) if device.id in used),
            sensor=sensor,
            records=tuple(records),
            issues=self.ledger.issues,
            counts=self.ledger.counts,
            covers=(
                (from_wall_seconds(min(self.told)), from_wall_seconds(max(self.told)))
                if self.told
                else None
            ),
        )
