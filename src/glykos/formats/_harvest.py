"""What a table of events gave: readings of several sensors, records, and where every row went.

For exports in which one row is one event of one kind or another (LibreView, Clarity, iPro,
xDrip). The reader of a format says what a row tells; a row counts as imported when anything of it
was new, as duplicate when all of it was told before.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from glykos.errors import DamagedFile
from glykos.formats._dates import Evidence, NotADate, Order, WallClock, prove_order
from glykos.formats._ledger import Ledger
from glykos.formats._passes import second_pass
from glykos.formats._plausible import warn_of_implausible
from glykos.formats._reader import Format, Hints, Owner, Reading
from glykos.formats._text import NotANumber, number
from glykos.therapy.clock import from_wall_seconds, wall_seconds
from glykos.therapy.identity import identity, ordered, prefer
from glykos.therapy.records import Device, Record
from glykos.therapy.sensor import EXCLUDED, FOLD, HIGH, LOW, SensorSeries
from glykos.therapy.units import Glucose, GlucoseUnit, from_mgdl, to_mgdl

_FUTURE = "rows dated in the future: the clock of the device was wrong"
NO_TIME = "a date or time that cannot be read"
NO_NUMBER = "a number that cannot be read"
#: No meter or sensor prints more in mmol/L, none less in mg/dL: what lies between may be either,
#: a low of 30 mg/dL or a high of 30 mmol/L (a narrower reading of reference formats.md §0.5).
_MOST_MMOLL, _LEAST_MGDL = 33.4, 20
_HIGHEST_MGDL = 2000

_NO_DIGIT = re.compile(r"\D")
#: Days spelled in another way than the rest: a damaged cell, not a spreadsheet program.
_TOLERATED = 0.05

_LOW_WORDS = frozenset(["low", "lo", "niedrig", "tief", "bajo", "bas", "faible", "basso", "laag"])
_HIGH_WORDS = frozenset(["high", "hi", "hoch", "alto", "haut", "élevé", "elevado", "hoog"])
_FLAGS = {None: 0, "low": LOW, "high": HIGH}


class GlucoseCells:
    """Glucose as the cells of one file spell it; each spelling is worked out once.

    ``lowest_mgdl`` and ``highest_mgdl`` are the ends of the device's range: what its words for
    "below" and "above" stand for.
    """

    def __init__(
        self, unit: GlucoseUnit, *, lowest_mgdl: float = 40, highest_mgdl: float = 400
    ) -> None:
        self.unit = unit
        self._low = Glucose.reported(from_mgdl(lowest_mgdl, unit), unit, "low")
        self._high = Glucose.reported(from_mgdl(highest_mgdl, unit), unit, "high")
        self._known: dict[str, Glucose] = {}

    def read(self, cell: str) -> Glucose:
        """A number or a word for "below" or "above the range", as reported.

        Raises:
            NotANumber: anything else, or no concentration that a person can have.
        """
        known = self._known.get(cell)
        if known is None:
            known = self._known[cell] = self._worked_out(cell)
        return known

    def column(self, cells: Sequence[str]) -> list[Glucose | None]:
        """Many cells at once; None for those that hold no glucose."""
        for cell in set(cells) - self._known.keys():
            with suppress(NotANumber):
                self.read(cell)
        return [self._known.get(cell) for cell in cells]

    def _worked_out(self, cell: str) -> Glucose:
        word = cell.strip().casefold()
        if word in _LOW_WORDS:
            return self._low
        if word in _HIGH_WORDS:
            return self._high
        value = number(cell)
        if not 0 < to_mgdl(value, self.unit) < _HIGHEST_MGDL:
            raise NotANumber(cell)
        return Glucose.reported(value, self.unit)


def unit_of_values(cells: Iterable[str]) -> GlucoseUnit:
    """The unit where neither a column name nor the person says it (reference formats.md §0.5).

    Raises:
        DamagedFile: values that exist in one unit only beside such of the other, or none of either.
    """
    values = []
    for cell in set(cells):
        with suppress(NotANumber):
            values.append(number(cell))
    is_mgdl = any(value > _MOST_MMOLL for value in values)
    is_mmoll = any(value < _LEAST_MGDL for value in values)
    if values and is_mgdl == is_mmoll:
        raise DamagedFile(
            "The unit of glucose cannot be told from this file.",
            "Say whether it is mg/dL or mmol/L (on the command line: --file-unit).",
        )
    return GlucoseUnit.MMOLL if is_mmoll else GlucoseUnit.MGDL


def order_of(cells: Iterable[str], evidence: Evidence) -> Order:
    """The proved order of day and month of a file whose cells begin with a date.

    Raises:
        AmbiguousDates: both orders are possible.
        DamagedFile: a spreadsheet program rewrote some of the dates. Those it took for its own
            have day and month swapped, and nothing in the file tells which.
    """
    spelled = dict.fromkeys(cell.partition(" ")[0] for cell in cells)
    days = list(dict.fromkeys(cell.strip().partition("T")[0] for cell in spelled))
    shapes = Counter(
        (day[:4].isdigit(), match[0])
        for day in days
        if day[:1].isdigit() and (match := _NO_DIGIT.search(day))
    )
    if shapes.total() - max(shapes.values(), default=0) > _TOLERATED * shapes.total():
        raise DamagedFile(
            "A spreadsheet program has rewritten some of the dates in this file.",
            "Export it again and upload it without opening it first.",
        )
    return prove_order(days, evidence)


def time_of_export(clock: WallClock, text: str) -> datetime | None:
    """When the file says it was made: date and time, or the date alone; None where it does not."""
    with suppress(NotADate):
        return from_wall_seconds(clock.joint(text))
    with suppress(NotADate):
        return from_wall_seconds(clock.day_s(text.strip()))
    return None


class PlainRows:
    """Rows that tell one reading and nothing else, as columns of cells: nearly every row is one.

    ``when`` holds date and time, or the date alone beside ``times``.
    """

    __slots__ = ("glucose", "lines", "ticks", "times", "when")

    def __init__(self) -> None:
        self.lines: list[int] = []
        self.when: list[str] = []
        self.times: list[str] = []
        self.glucose: list[str] = []
        self.ticks: list[str] = []


class Trace:
    """Readings of one sensor in the order of the file.

    Where the file tells only minutes (``by_minute``), different readings of one minute are all
    kept: they are set one second apart, the smaller first, whatever their order in the file.
    """

    __slots__ = ("_excluded", "_glucose", "_ticks", "at_s", "by_minute", "device_id", "lines")

    def __init__(self, device_id: str, *, by_minute: bool = False) -> None:
        self.device_id = device_id
        self.by_minute = by_minute
        self.lines: list[int] = []
        self.at_s: list[int] = []
        self._glucose: list[Glucose] = []
        self._ticks: list[float] = []
        self._excluded: list[int] = []

    def add(self, line: int, at_s: int, glucose: Glucose) -> None:
        """One reading."""
        self.lines.append(line)
        self.at_s.append(at_s)
        self._glucose.append(glucose)

    def add_column(self, lines: list[int], at_s: list[int], glucose: list[Glucose]) -> None:
        """Many readings."""
        self.lines += lines
        self.at_s += at_s
        self._glucose += glucose

    def add_ticks(self, ticks: list[float]) -> None:
        """The sensor's own clock, which never goes back, at the readings just added."""
        self._ticks += ticks

    def exclude(self) -> None:
        """The reading just added was left out by somebody before the export."""
        self._excluded.append(len(self.at_s) - 1)

    def series(self) -> tuple[SensorSeries, npt.NDArray[np.int64]]:
        """The readings, one for each instant, and the lines of those that stayed."""
        at = np.array(self.at_s, np.int64)
        ticks = np.array(self._ticks, np.float64) if len(self._ticks) == len(at) else None
        count = np.array([glucose.count for glucose in self._glucose], np.int16)
        scale = np.array([glucose.scale for glucose in self._glucose], np.uint8)
        flag = np.array([_FLAGS[glucose.limit] for glucose in self._glucose], np.uint8)
        flag[self._excluded] |= EXCLUDED
        kept = np.arange(len(at))
        if not (np.diff(at) > 0).all():
            flag[second_pass(at, ticks)] |= FOLD
            fold = (flag & FOLD).astype(np.uint8)
            if self.by_minute:
                at += _place_in_minute(at, fold, flag, count)
            # The same choice as SensorSeries.distinct(), which does not tell what it dropped.
            order = np.lexsort((scale, flag, count, fold, at))
            is_last = np.append((np.diff(at[order]) != 0) | (np.diff(fold[order]) != 0), True)
            kept = order[is_last]
        series = SensorSeries(
            at_s=at[kept],
            count=count[kept],
            scale=scale[kept],
            flag=flag[kept],
            device=np.zeros(len(kept), np.uint8),
            device_ids=(self.device_id,),
        )
        return series, np.array(self.lines, np.int64)[kept]


def _place_in_minute(
    at_s: npt.NDArray[np.int64],
    fold: npt.NDArray[np.uint8],
    flag: npt.NDArray[np.uint8],
    count: npt.NDArray[np.int16],
) -> npt.NDArray[np.int64]:
    """Seconds that part different readings of one instant; equal ones stay together."""
    order = np.lexsort((count, flag, fold, at_s))
    is_new_instant = np.append(True, (np.diff(at_s[order]) != 0) | (np.diff(fold[order]) != 0))
    is_new_value = np.append(True, (np.diff(count[order]) != 0) | (np.diff(flag[order]) != 0))
    rank = np.cumsum(is_new_value | is_new_instant)
    first = np.maximum.accumulate(np.where(is_new_instant, rank, 0))
    places = np.empty(len(at_s), np.int64)
    places[order] = rank - first
    return places


def _ticks(cells: list[str]) -> list[float]:
    """A sensor's own clock; none at all where one cell does not show it."""
    try:
        return [float(cell) for cell in cells]
    except ValueError:
        return []


class Harvest:
    """Everything one file told so far."""

    def __init__(self, hints: Hints) -> None:
        self.ledger = Ledger()
        self._latest_s = (
            1 << 60 if hints.now is None else wall_seconds(hints.now + timedelta(days=1))
        )
        self._devices: dict[str, Device] = {}
        self._traces: dict[str, Trace] = {}
        self._records: dict[tuple[object, ...], Record] = {}
        self._told_at: list[int] = []
        self._told_local: list[datetime] = []
        self._record_lines: list[int] = []
        self._new_lines: list[int] = []  # once for each record of a row
        self._values: dict[tuple[str, str, int], dict[Hashable, int]] = {}

    # --- what a row tells ----------------------------------------------------------------------

    def is_future(self, line: int, at_s: int) -> bool:
        """Whether a row is dated in the future; it is then left out."""
        if at_s <= self._latest_s:
            return False
        self.ledger.ignored(_FUTURE, line)
        return True

    def leave_out(self, rule: str, line: int, at_s: int) -> None:
        """A row that tells of an event, left out by a stated rule."""
        self._told_at.append(at_s)
        self.ledger.ignored(rule, line)

    def trace(self, device: Device, *, by_minute: bool = False) -> Trace:
        """Where the readings of a sensor go."""
        trace = self._traces.get(device.id)
        if trace is None:
            self._devices[device.id] = device
            trace = self._traces[device.id] = Trace(device.id, by_minute=by_minute)
        return trace

    def settle(self, trace: Trace, rows: PlainRows, clock: WallClock, sugar: GlucoseCells) -> None:
        """Plain rows of one sensor, once the order of day and month is proved."""
        at_s = clock.two_columns(rows.when, rows.times) if rows.times else clock.column(rows.when)
        glucose = sugar.column(rows.glucose)
        ticks = _ticks(rows.ticks)
        if self.add_whole(trace, rows.lines, at_s, glucose):
            trace.add_ticks(ticks)
            return
        for place, line in enumerate(rows.lines):
            at, value = at_s[place], glucose[place]
            if at is None:
                self.ledger.rejected(NO_TIME, line, rows.when[place])
            elif value is None:
                self.ledger.rejected(NO_NUMBER, line, rows.glucose[place])
            elif not self.is_future(line, at):
                trace.add(line, at, value)
                trace.add_ticks(ticks[place : place + 1])

    def add_whole(
        self,
        trace: Trace,
        lines: list[int],
        at_s: Sequence[int | None],
        glucose: Sequence[Glucose | None],
    ) -> bool:
        """Many readings of one sensor, if nothing is wrong with any of them; else none."""
        whole_at_s = [at for at in at_s if at is not None]
        whole_glucose = [value for value in glucose if value is not None]
        is_whole = len(whole_at_s) == len(whole_glucose) == len(lines)
        if not is_whole or max(whole_at_s, default=0) > self._latest_s:
            return False
        trace.add_column(lines, whole_at_s, whole_glucose)
        return True

    def tell(
        self, line: int, device: Device, records: Sequence[Record], *, widens: bool = True
    ) -> None:
        """The records of one row; ``widens`` unless its time says nothing of the file's period."""
        self._devices.setdefault(device.id, device)
        self._record_lines.append(line)
        if widens and records:
            self._told_local += [record.at_local for record in records]
        for record in records:
            key = identity(record)
            known = self._records.setdefault(key, record)
            if known is record:
                self._new_lines.append(line)
            elif known != record:
                self._records[key] = prefer(known, record)

    def row_id(self, device: Device, what: str, at_s: int, value: Hashable) -> str:
        """An identity for a row that people may edit and to which the source gives none.

        It is the kind, the minute, and the place among different values of that minute, so that
        a changed amount is the same row; the same amount told twice is one row.
        """
        values = self._values.setdefault((device.id, what, at_s), {})
        return f"{what}:{at_s}:{values.setdefault(value, len(values) + 1)}"

    # --- the result ----------------------------------------------------------------------------

    def reading(
        self,
        made_by: Format,
        *,
        owner: Owner = Owner(),  # noqa: B008 - frozen
        exported_at: datetime | None = None,
    ) -> Reading:
        """The file as a Reading.

        ``as_of`` is the time of the export, or that of the newest row where the file does not say.
        """
        parts = []
        kept_lines = [np.array(self._new_lines, np.int64)]
        all_lines = [np.array(self._record_lines, np.int64)]
        for trace in self._traces.values():
            if trace.at_s:
                part, lines = trace.series()
                parts.append(part)
                kept_lines.append(lines)
                all_lines.append(np.array(trace.lines, np.int64))
                self._told_at += (int(part.at_s[0]), int(part.at_s[-1]))
        imported = len(np.unique(np.concatenate(kept_lines)))
        self.ledger.imported(imported)
        self.ledger.duplicate(len(np.unique(np.concatenate(all_lines))) - imported)
        records = tuple(ordered(self._records.values()))
        warn_of_implausible(records, self.ledger)
        covers = None
        if self._told_local:
            told = min(self._told_local), max(self._told_local)
            self._told_at += map(wall_seconds, told)
        if self._told_at:
            covers = (from_wall_seconds(min(self._told_at)), from_wall_seconds(max(self._told_at)))
        used = {trace.device_id for trace in self._traces.values() if trace.at_s}
        used |= {record.device_id for record in records}
        return Reading(
            format_key=made_by.key,
            format_version=made_by.version,
            devices=tuple(device for key, device in self._devices.items() if key in used),
            sensor=SensorSeries.concat(parts),
            records=records,
            issues=self.ledger.issues,
            counts=self.ledger.counts,
            owner=owner,
            exported_at=exported_at,
            covers=covers,
            as_of=exported_at or (covers[1] if covers else None),
        )
