"""Tidepool: its JSON export, and the same rows as CSV or as a workbook with one sheet per type.

Read: sensor and meter glucose (kept in the unit of the device, not in Tidepool's mmol/L), boluses
linked with their calculator entry, basal intervals (scheduled, temporary, stopped, automated),
alarms, primes, reservoir changes, calibrations, clock changes, settings and basal patterns, blood
ketones, injections, food, activity. The wall clock is the device's own (``deviceTime``). Left out
and counted: states of loops and phones, water. Rejected: rows without the value they exist for.
A gap between two basal intervals is not told apart from the rate going on.
Known from one genuine account (Omnipod and Libre, 2018) as JSON and CSV; workbooks, automated
basal, clock changes, injections, food and activity from descriptions (reference formats.md §8,
interop/tidepool.md).
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from glykos.formats import _tidepool_people as people
from glykos.formats import _tidepool_pump as pump
from glykos.formats._content import Content
from glykos.formats._dates import NotADate
from glykos.formats._instants import Zones, instant_of, local_of, second_pass, zone_named
from glykos.formats._ledger import Ledger
from glykos.formats._loose import amount_in, list_in, number_in, text_in
from glykos.formats._plausible import warn_of_implausible
from glykos.formats._reader import Hints, Reading, Section
from glykos.formats._row_problems import Ignored, Missing, settle
from glykos.formats._sensor_columns import SensorColumns
from glykos.formats._text import NotANumber
from glykos.formats._tidepool_pump import Placed
from glykos.formats._tidepool_rows import (
    Numbered,
    TidepoolRow,
    glucose_in,
    is_tidepool,
    limit_flag,
    rows_of,
)
from glykos.therapy.clock import from_wall_seconds, wall_seconds
from glykos.therapy.identity import merge
from glykos.therapy.records import (
    Bolus,
    Device,
    MeterGlucose,
    MeterOrigin,
    Record,
    StopReason,
    Suspend,
)
from glykos.therapy.sensor import FOLD, SensorSeries

#: Beginnings of Tidepool's device ids, where no upload row names maker and serial number.
_MAKERS_BY_ID = (("InsOmn-", "insulet"), ("AbbottFreeStyleLibre-", "abbott"))
_KINDS_BY_TAG = (("insulin-pump", "pump"), ("cgm", "cgm"), ("bgm", "meter"))
_KINDS_BY_TYPE = {"bolus": "pump", "basal": "pump", "cbg": "cgm", "smbg": "meter"}
_ORIGINS = {"manual": MeterOrigin.TYPED, "linked": MeterOrigin.LINKED_METER}
#: Types that hold no event of the person's therapy.
_STATES = frozenset(
    {
        "alert", "cgmSettings", "controllerSettings", "controllerStatus", "deviceStatus",
        "dosingDecision", "pumpStatus", "reportedState", "water",
    }
)  # fmt: skip
#: Rows that describe settings or the upload; they do not widen the period of the file.
_NO_EVENT = frozenset({"upload", "pumpSettings"})


class Tidepool:
    """Reader of Tidepool's exports."""

    key = "tidepool"
    title = "Tidepool export (JSON, CSV, XLSX)"
    version = 1
    source = "Tidepool"
    how_to_get = (
        "Log in to Tidepool on a computer and open your own data.",
        "Open the account menu and choose Export My Data.",
        "Choose the period and JSON (or Excel), then download the file.",
    )
    proof = "a genuine account of 2018 (Omnipod, Libre); other devices from descriptions"

    def sniff(self, content: Content) -> float:
        """Sure when rows have Tidepool's upload, device and time fields."""
        if content.looks_like_json:
            head = content.head
            return float('"uploadId"' in head and '"deviceId"' in head and '"type"' in head)
        if content.is_archive:
            return 0.0
        return float(any(is_tidepool(table) for table in content.tables))

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file.

        Raises:
            FormatError: broken, too large, or not rows of Tidepool.
        """
        return _File(rows_of(content), hints).reading()


class _File:
    """One file on its way from rows to records."""

    def __init__(self, rows: list[Numbered], hints: Hints) -> None:
        self.rows = rows
        self.ledger = Ledger()
        self.latest_s = (
            wall_seconds(hints.now + timedelta(days=1)) if hints.now is not None else 1 << 60
        )
        self.devices = _devices(rows)
        zone = zone_named(hints.zone) if hints.zone else None
        self.zones = Zones([(0, zone)] if zone is not None else [])
        self.zones_by_name: dict[str, Zones] = {}
        self.utc_only = 0
        self.sensor = SensorColumns()
        self.records: list[Record] = []
        self.ids: set[str] = set()

    def reading(self) -> Reading:
        """Place every row in time, then read them type by type."""
        placed = self._placed()
        by_type: dict[str, list[Placed]] = {}
        for one in placed:
            by_type.setdefault(one.row.type, []).append(one)
        self._read_insulin(by_type)
        for type_, rows in by_type.items():
            read = self._reader_of(type_)
            if read is not None:
                for one in rows:
                    self._take(one, read)
        series = self.sensor.series()
        sensor = series.distinct()
        records, _ = merge(self.records)
        self.ledger.moved_to_duplicate(len(series) - len(sensor))
        if self.utc_only:
            self.ledger.warning(
                "Some rows only know universal time; they are shown in it. Set the time zone of the"
                " person and read the file again.",
                rows=self.utc_only,
            )
        warn_of_implausible(records, self.ledger)
        return self._told(placed, sensor, records)

    def _told(self, placed: list[Placed], sensor: SensorSeries, records: list[Record]) -> Reading:
        events = [one.wall_s for one in placed if one.row.type not in _NO_EVENT]
        types = Counter(row.type for _, row in self.rows)
        return Reading(
            format_key=Tidepool.key,
            format_version=Tidepool.version,
            devices=self._used_devices(sensor, records),
            sensor=sensor,
            records=tuple(records),
            issues=self.ledger.issues,
            counts=self.ledger.counts,
            covers=(
                (from_wall_seconds(min(events)), from_wall_seconds(max(events))) if events else None
            ),
            sections=tuple(
                Section(model="", part=part, serial="", rows=rows) for part, rows in types.items()
            ),
            row_ids=frozenset(self.ids),
            upload_ids=frozenset(upload for _, row in self.rows if (upload := row.upload_id)),
            as_of=(from_wall_seconds(max(one.wall_s for one in placed)) if placed else None),
        )

    # --- time --------------------------------------------------------------------------------

    def _placed(self) -> list[Placed]:
        """Every row that can be placed in time and has not been told before."""
        found: list[Placed] = []
        for line, row in self.rows:
            source_id = row.id
            if source_id and source_id in self.ids:
                self.ledger.duplicate()
                continue
            try:
                at_s = instant_of(row.time or row.device_time)
                wall_s = self._wall_s(row, at_s)
            except NotADate as problem:
                self.ledger.rejected("a date or time that cannot be read", line, str(problem))
                continue
            if source_id:
                self.ids.add(source_id)
            if wall_s > self.latest_s:
                self.ledger.ignored(
                    "rows dated in the future: the clock of the device was wrong", line
                )
                continue
            device_id = self.devices[row.device_id].id
            found.append(Placed(line=line, row=row, at_s=at_s, wall_s=wall_s, device_id=device_id))
        self._mark_second_passes(found)
        return found

    def _wall_s(self, row: TidepoolRow, at_s: int) -> int:
        """The device's own clock, else the clock of the place."""
        if isinstance(row.device_time, str) and row.device_time:
            return wall_seconds(local_of(row.device_time))
        name = text_in(row.timezone)
        if name:
            if name not in self.zones_by_name:
                zone = zone_named(name)
                self.zones_by_name[name] = Zones([(0, zone)] if zone is not None else [])
            if zones := self.zones_by_name[name]:
                return zones.wall_of(at_s)
        try:
            offset_min = number_in(row.timezone_offset)
        except NotANumber:
            offset_min = None
        if offset_min is not None and abs(offset_min) <= 14 * 60:
            return at_s + round(offset_min * 60)
        if self.zones:
            return self.zones.wall_of(at_s)
        self.utc_only += 1
        return at_s

    @staticmethod
    def _mark_second_passes(rows: list[Placed]) -> None:
        by_device: dict[str, list[Placed]] = {}
        for one in rows:
            if one.row.type != "upload":
                by_device.setdefault(one.device_id, []).append(one)
        for mine in by_device.values():
            repeated = second_pass([one.at_s for one in mine], [one.wall_s for one in mine])
            for place in repeated.nonzero()[0]:
                mine[place].is_second_pass = True

    # --- rows --------------------------------------------------------------------------------

    def _take(self, placed: Placed, read: Callable[[Placed], list[Record]]) -> None:
        try:
            found = read(placed)
        except ValueError as problem:
            settle(self.ledger, problem, placed.line)
            return
        self.records += found
        self.ledger.imported()

    def _reader_of(self, type_: str) -> Callable[[Placed], list[Record]] | None:
        """How rows of a type are read; None for those that belong together and are read first."""
        if type_ in ("bolus", "wizard", "basal", "deviceEvent"):
            return None
        simple: dict[str, Callable[[Placed], list[Record]]] = {
            "cbg": self._cbg,
            "smbg": self._smbg,
            "bloodKetone": people.ketone,
            "insulin": people.injection,
            "food": people.food,
            "physicalActivity": people.activity,
            "pumpSettings": pump.pump_settings,
            "upload": _nothing,
        }
        return simple.get(type_, _state if type_ in _STATES else _unknown)

    def _cbg(self, placed: Placed) -> list[Record]:
        row = placed.row
        glucose = glucose_in(amount_in(row.value), text_in(row.units))
        if glucose is None:
            raise Missing("a glucose reading without a value")
        flag = limit_flag(row.annotations) if row.annotations is not None else 0
        device_id = self.sensor.device(placed.device_id, "tidepool:sensors")
        self.sensor.add(
            device_id, placed.wall_s, glucose, flag | (FOLD if placed.is_second_pass else 0)
        )
        return []

    def _smbg(self, placed: Placed) -> list[Record]:
        row = placed.row
        glucose = glucose_in(amount_in(row.value), text_in(row.units))
        if glucose is None:
            raise Missing("a finger-stick without a value")
        is_meter = self.devices[row.device_id].kind == "meter"
        plain = MeterOrigin.METER_UPLOAD if is_meter else MeterOrigin.UNKNOWN
        origin = _ORIGINS.get(text_in(row.sub_type), plain)
        return [MeterGlucose(**placed.head, glucose=glucose, origin=origin)]

    # --- rows that belong together -----------------------------------------------------------

    def _read_insulin(self, by_type: dict[str, list[Placed]]) -> None:
        wizards, boluses = by_type.get("wizard", []), by_type.get("bolus", [])
        estimates = {pump.bolus_of(one.row): one.row.id for one in wizards}
        told = {one.row.id for one in boluses}
        for one in boluses:
            estimate_id = estimates.get(one.row.id, "")
            self._take(one, partial(pump.bolus, estimate_id=estimate_id))
        for one in wizards:
            inside = pump.embedded_bolus(one)
            if inside is not None and inside.row.id not in told:
                # part of the calculator's row, which is counted as one
                with suppress(ValueError):
                    self.records += pump.bolus(inside, estimate_id=one.row.id)
        given = {r.source_id: r.delivered_u > 0 for r in self.records if isinstance(r, Bolus)}
        for one in wizards:
            was_delivered = given.get(pump.bolus_of(one.row))
            self._take(one, partial(pump.estimate, was_delivered=was_delivered))
        self._read_basal(by_type)

    def _read_basal(self, by_type: dict[str, list[Placed]]) -> None:
        events = by_type.get("deviceEvent", [])
        reasons = {
            (one.device_id, one.at_s): pump.reason_of(one.row)
            for one in events
            if one.row.sub_type == "status" and one.row.status == "suspended"
        }
        by_device: dict[str, list[Placed]] = {}
        for one in by_type.get("basal", []):
            by_device.setdefault(one.device_id, []).append(one)
        stops: set[tuple[str, int]] = set()
        for intervals in by_device.values():
            intervals.sort(key=lambda one: one.at_s)
            for placed, found in pump.basal(intervals):
                if isinstance(found, ValueError):
                    settle(self.ledger, found, placed.line)
                    continue
                key = (placed.device_id, placed.at_s)
                if any(isinstance(record, Suspend) for record in found):
                    stops.add(key)
                self.records += [_with_reason(record, reasons.get(key)) for record in found]
                self.ledger.imported()
        for one in events:
            self._take(one, partial(pump.device_event, stops_told=stops))

    # --- devices -----------------------------------------------------------------------------

    def _used_devices(self, sensor: SensorSeries, records: list[Record]) -> tuple[Device, ...]:
        used = {*sensor.device_ids, *(record.device_id for record in records)}
        named = {device.id: device for device in self.devices.values()}
        return tuple(named[device_id] for device_id in sorted(used & named.keys()))


def _with_reason(record: Record, reason: StopReason | None) -> Record:
    """A stop with the reason that a status row gives for it."""
    if isinstance(record, Suspend) and record.reason is StopReason.UNKNOWN and reason is not None:
        return replace(record, reason=reason)
    return record


def _nothing(_placed: Placed) -> list[Record]:  # an upload row names its device
    return []


def _state(_placed: Placed) -> list[Record]:
    raise Ignored("states of a loop or a phone, and drinks without carbohydrate")


def _unknown(placed: Placed) -> list[Record]:
    raise Missing(f"a type of row that is not known: {placed.row.type[:40] or 'none'}")


def _devices(rows: list[Numbered]) -> dict[str, Device]:
    """Tidepool's device ids and the devices they stand for."""
    types: dict[str, set[str]] = {}
    uploads: dict[str, TidepoolRow] = {}
    for _, row in rows:
        theirs = row.device_id
        types.setdefault(theirs, set()).add(row.type)
        if row.type == "upload" and (theirs not in uploads or text_in(row.device_serial_number)):
            uploads[theirs] = row
    return {
        theirs: _device(theirs, uploads.get(theirs, TidepoolRow()), seen)
        for theirs, seen in types.items()
    }


def _device(theirs: str, upload: TidepoolRow, types: set[str]) -> Device:
    tags = list_in(upload.device_tags)
    kinds = [kind for tag, kind in _KINDS_BY_TAG if tag in tags]
    kinds += [kind for type_, kind in _KINDS_BY_TYPE.items() if type_ in types]
    makers = [text_in(maker) for maker in list_in(upload.device_manufacturers)]
    serial, model = text_in(upload.device_serial_number), text_in(upload.device_model)
    maker = makers[0].casefold() if makers else ""
    if not (maker and serial):
        for beginning, known in _MAKERS_BY_ID:
            if theirs.startswith(beginning):
                maker, serial = known, theirs.removeprefix(beginning)
    kind = kinds[0] if kinds else "app"
    if not (maker and serial):
        return Device(id=f"tidepool:{theirs or 'unknown'}", kind=kind, model=model or theirs)
    return Device(
        id=f"{maker}:{serial}", kind=kind, model=model or maker.capitalize(), serial=serial
    )
