"""Nightscout: entries, treatments, profiles and states as JSON, and its table without header.

Read: sensor glucose (always mg/dL there), finger-sticks, calibrations, boluses (also automatic,
extended and combination ones), temporary basal rates, stops, site and reservoir changes, sensor
starts, carbohydrate, exercise, notes, temporary targets (as notes), profiles with their basal
patterns, and the pump history of openaps. Left out and counted: values 1 to 12, which are codes of
a sensor's errors; states of pumps and loops (battery, reservoir, active insulin); sensor starts
told again within an hour; deleted entries; extended boluses that stand for a temporary rate.
Refused: the settings file of oref0, which has no date.
Known from a genuine site of 2026 (iAPS, mmol/L) and a Dexcom table of 2014; other apps from their
documents as published (reference formats.md §8, interop/nightscout.md).
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from glykos.errors import UnknownFormat
from glykos.formats._content import Content
from glykos.formats._dates import NotADate
from glykos.formats._ledger import Ledger
from glykos.formats._loose import amount_in, text_in
from glykos.formats._nightscout_rows import (
    Document,
    Numbered,
    Shape,
    documents_of,
    is_table_row,
    shape_of,
)
from glykos.formats._nightscout_times import WallClocks, happened_s, zones_of
from glykos.formats._nightscout_treatments import (
    APP,
    CGM,
    PUMP,
    Placed,
    Treatments,
    glucose_of,
    segments_of,
)
from glykos.formats._openaps_pump import PumpHistory
from glykos.formats._plausible import warn_of_implausible
from glykos.formats._reader import Hints, Reading, Section
from glykos.formats._row_problems import Ignored, Missing, settle
from glykos.formats._sensor_columns import MAX_DEVICES, series_of
from glykos.therapy.clock import from_wall_seconds, wall_seconds
from glykos.therapy.identity import merge
from glykos.therapy.records import (
    BasalSchedule,
    Calibration,
    Device,
    MeterGlucose,
    Record,
    Setting,
    SettingsSnapshot,
)
from glykos.therapy.sensor import FOLD, HIGH, LOW, SensorSeries

#: Codes of Dexcom's errors are 1 to 12 (reference interop/nightscout.md §5). What lies between them
#: and 39 are readings: some sensors go lower, and a low that is dropped would be the worst loss.
_LARGEST_CODE = 12
#: What Dexcom reports beyond its range; plain values for sensors that go further, which shows in
#: the file.
_BELOW_MGDL, _BEYOND_MGDL = 39.0, 401.0
_MOST_MGDL = 2000.0

#: Fields that documents of a site have and no other export of ours has, by collection.
_MARKS = (
    ('"sgv"', '"date"'),
    ('"mbg"', '"date"'),
    ('"eventType"', '"created_at"'),
    ('"defaultProfile"', '"store"'),
    ('"created_at"', '"openaps"'),
    ('"openaps"', '"mmtune"'),
    ('"created_at"', '"loop"'),
    ('"created_at"', '"carbs"'),
    ('"created_at"', '"uploader'),
    ('"_type"', '"timestamp"'),
)
_OREF0_SETTINGS = ('"basalprofile"', '"isfProfile"')
_STATES = "states of pumps and loops: battery, reservoir, active insulin"
_SCHEDULES = (
    ("carbratio", "Carb ratio", "g/U"),
    ("sens", "Insulin sensitivity", "per U"),
    ("target_low", "Glucose target low", ""),
    ("target_high", "Glucose target high", ""),
)


class Nightscout:
    """Reader of what a Nightscout site gives."""

    key = "nightscout"
    title = "Nightscout (entries, treatments, profile)"
    version = 1
    source = "Nightscout"
    how_to_get = (
        "Open the address of your site and add /api/v1/entries.json?count=100000 to it.",
        "Save the page as a file.",
        "Do the same with /api/v1/treatments.json?count=100000 and /api/v1/profile.json.",
        "Where the site asks for it, add &token= and your access token.",
    )
    proof = "a genuine site of 2026 (iAPS); Loop, AAPS, xDrip from published documents"

    def sniff(self, content: Content) -> float:
        """Sure when documents have the fields of a site's collections."""
        if content.looks_like_json:
            head = content.head
            known = any(all(mark in head for mark in marks) for marks in _MARKS)
            return 0.9 if known or all(mark in head for mark in _OREF0_SETTINGS) else 0.0
        if not content.is_text:
            return 0.0
        rows = content.tables[0].head
        fit = sum(is_table_row(cells) for _, cells in rows)
        return 0.9 if fit and fit >= 0.8 * len(rows) else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file.

        Raises:
            FormatError: broken, too large, no document of a site, or settings without a date.
        """
        if content.looks_like_json and all(mark in content.head for mark in _OREF0_SETTINGS):
            raise UnknownFormat(
                "This file holds the settings of a loop without any date.",
                "Download profile.json from the Nightscout site instead.",
            )
        return _File(documents_of(content), hints).reading()


class _File:
    """One file on its way from documents to records."""

    def __init__(self, documents: list[Numbered], hints: Hints) -> None:
        self.documents = documents
        self.hints = hints
        self.ledger = Ledger()
        self.sensor = SensorSeries.empty()
        self.records: list[Record] = []
        self.ids: set[str] = set()
        self.models: dict[str, Device] = {}

    def reading(self) -> Reading:
        """Place every document in time, then read collection by collection."""
        shapes = self._placed()
        entries = shapes.get(Shape.ENTRY, [])
        self._read_entries(entries)
        treatments = shapes.get(Shape.TREATMENT, [])
        reader = Treatments(treatments)
        for placed in treatments:
            self._take(placed, reader.records)
        for placed in shapes.get(Shape.PROFILE, []):
            self._take(placed, _profile)
        history = shapes.get(Shape.PUMP_HISTORY, [])
        pump = PumpHistory(history)
        for placed in history:
            self._take(placed, pump.records)
        sensor = self.sensor.distinct()
        self.ledger.moved_to_duplicate(len(self.sensor) - len(sensor))
        records, _ = merge(self.records)
        warn_of_implausible(records, self.ledger)
        events = [
            placed.wall_s
            for shape, rows in shapes.items()
            if shape is not Shape.PROFILE
            for placed in rows
        ]
        newest = [placed.wall_s for rows in shapes.values() for placed in rows]
        return Reading(
            format_key=Nightscout.key,
            format_version=Nightscout.version,
            devices=self._devices(sensor, records),
            sensor=sensor,
            records=tuple(records),
            issues=self.ledger.issues,
            counts=self.ledger.counts,
            covers=(
                (from_wall_seconds(min(events)), from_wall_seconds(max(events))) if events else None
            ),
            sections=self._sections(),
            row_ids=frozenset(self.ids),
            as_of=from_wall_seconds(max(newest)) if newest else None,
        )

    def _sections(self) -> tuple[Section, ...]:
        """How many documents of each kind, as the site names them."""
        kinds = Counter(
            text_in(document.event_type) or text_in(document.type) or shape_of(document).value
            for _, document in self.documents
        )
        return tuple(
            Section(model="", part=part, serial="", rows=rows) for part, rows in kinds.items()
        )

    # --- time and identity ---------------------------------------------------------------------

    def _placed(self) -> dict[Shape, list[Placed]]:
        """Every document that can be placed in time and was not told before, oldest first."""
        found: list[tuple[int, Document, Shape, int]] = []
        for line, document in self.documents:
            shape = shape_of(document)
            if shape is Shape.UNKNOWN:
                self.ledger.rejected("no document of a Nightscout site", line)
            elif shape is Shape.STATUS:
                self.ledger.ignored(_STATES, line)
            elif self._is_known(document, shape):
                self.ledger.duplicate()
            else:
                try:
                    found.append((line, document, shape, happened_s(document, shape)))
                except NotADate as problem:
                    self.ledger.rejected("a date or time that cannot be read", line, str(problem))
        zones = zones_of(
            (document, at_s) for _, document, shape, at_s in found if shape is Shape.PROFILE
        )
        clocks = WallClocks([row[1:] for row in found], zones, self.hints.zone)
        if clocks.in_utc:
            self.ledger.warning(
                "This file only knows universal time, and it is shown in it. Set the time zone of"
                " the person and read the file again.",
                rows=clocks.in_utc,
            )
        now = self.hints.now
        latest_s = wall_seconds(now + timedelta(days=1)) if now is not None else 1 << 60
        shapes: dict[Shape, list[Placed]] = {}
        for (line, document, shape, at_s), wall_s, again in zip(
            found, clocks.wall_s, clocks.is_second_pass, strict=True
        ):
            if wall_s > latest_s:
                self.ledger.ignored("rows dated in the future", line)
                continue
            placed = Placed(
                line=line, document=document, at_s=at_s, wall_s=wall_s, is_second_pass=again
            )
            shapes.setdefault(shape, []).append(placed)
        for rows in shapes.values():
            rows.sort(key=lambda placed: placed.at_s)
        return shapes

    def _is_known(self, document: Document, shape: Shape) -> bool:
        """Whether another document of this file has an id of this one.

        The site's id, the app's ids, the pump's own number; without any: kind, second, insulin and
        carbohydrate (reference formats.md §8). Entries without an id are told apart by their time.
        """
        told = (document.id_, document.identifier, document.sync_identifier, document.uuid)
        ids = [one for one in told if one and isinstance(one, str)]
        if document.pump_id is not None and document.pump_serial is not None:
            event = text_in(document.event_type)
            ids.append(f"{document.pump_serial} {document.pump_id} {event}")
        if not ids and shape is Shape.TREATMENT:
            second = text_in(document.created_at)[:19]
            what = (document.event_type, document.insulin, document.carbs, document.notes)
            ids = [f"{second} {what}"]
        if any(one in self.ids for one in ids):
            return True
        self.ids.update(ids)
        return False

    # --- documents -----------------------------------------------------------------------------

    def _take(self, placed: Placed, read: Callable[[Placed], list[Record]]) -> None:
        try:
            found = read(placed)
        except ValueError as problem:
            settle(self.ledger, problem, placed.line)
            return
        self.records += found
        self.ledger.imported()

    def _read_entries(self, entries: list[Placed]) -> None:
        plain: list[tuple[Placed, float]] = []
        for placed in entries:
            document = placed.document
            if document.sgv is None:
                self._take(placed, self._other_entry)
                continue
            try:
                value = amount_in(document.sgv)
                if value is None or value >= _MOST_MGDL:
                    raise Missing("a glucose reading without a value")
            except ValueError as problem:
                settle(self.ledger, problem, placed.line)
                continue
            if value <= _LARGEST_CODE:
                self.ledger.ignored("values 1 to 12, which are codes of errors", placed.line)
                continue
            plain.append((placed, value))
        self._keep_readings(plain)
        self.ledger.imported(len(plain))

    def _keep_readings(self, readings: list[tuple[Placed, float]]) -> None:
        lowest = min((value for _, value in readings), default=0.0)
        highest = max((value for _, value in readings), default=0.0)
        limits = {_BELOW_MGDL: LOW} if lowest == _BELOW_MGDL else {}
        if highest == _BEYOND_MGDL:
            limits[_BEYOND_MGDL] = HIGH
        by_device: dict[str, list[tuple[int, float, int]]] = {}
        for placed, value in readings:
            flag = limits.get(value, 0) | (FOLD if placed.is_second_pass else 0)
            told = (placed.wall_s, value, flag)
            by_device.setdefault(self._device_id(placed.document), []).append(told)
        self.sensor = SensorSeries.concat(
            [series_of(name, *zip(*told, strict=True)) for name, told in by_device.items()]
        )

    def _other_entry(self, placed: Placed) -> list[Record]:
        document = placed.document
        head = placed.head(self._device_id(document))
        if document.mbg is not None:
            glucose = glucose_of(document.mbg, "mg/dl")
            if glucose is None:
                raise Missing("a finger-stick without a value")
            return [MeterGlucose(**head, glucose=glucose)]
        if document.type == "cal":
            return [Calibration(**head)]
        raise Ignored("entries that are neither glucose nor calibration")

    def _device_id(self, document: Document) -> str:
        name = text_in(document.device)[:60]
        device_id = f"nightscout:{name}" if name else CGM
        known = self.models.get(device_id)
        if known is None:
            if len(self.models) >= MAX_DEVICES:
                return CGM
            self.models[device_id] = Device(id=device_id, kind="cgm", model=name or "Sensor")
        return device_id

    def _devices(self, sensor: SensorSeries, records: list[Record]) -> tuple[Device, ...]:
        used = {*sensor.device_ids, *(record.device_id for record in records)}
        named = self.models | {
            PUMP: Device(id=PUMP, kind="pump", model="Pump of the Nightscout site"),
            APP: Device(id=APP, kind="app", model="Nightscout"),
            CGM: Device(id=CGM, kind="cgm", model="Sensor of the Nightscout site"),
        }
        return tuple(named[device_id] for device_id in sorted(used))


def _profile(placed: Placed) -> list[Record]:
    """The basal patterns of a profile document, and everything else of the active one."""
    document = placed.document
    store = document.store if isinstance(document.store, dict) else {}
    active = text_in(document.default_profile)
    records: list[Record] = []
    for name, content in store.items():
        if not isinstance(content, dict):
            continue
        head = placed.head(PUMP)
        head["source_id"] = f"{head['source_id']} {name}".strip()
        segments = segments_of(content.get("basal"))
        if segments:
            records.append(
                BasalSchedule(**head, pattern=name, segments=segments, is_active=name == active)
            )
        settings = _settings(content, text_in(document.units))
        if settings and (name == active or len(store) == 1):
            records.append(SettingsSnapshot(**head, settings=settings))
    if not records:
        raise Missing("a profile without content")
    return records


def _settings(content: dict[str, object], units: str) -> tuple[Setting, ...]:
    told = text_in(content.get("units")) or units
    unit = "mmol/L" if told.casefold().startswith("mmol") else "mg/dL"
    found = []
    for key, name, per in _SCHEDULES:
        segments = segments_of(content.get(key))
        if segments:
            words = per if per == "g/U" else f"{unit} {per}".strip()
            found.append(Setting(name, "", words, segments))
    hours = amount_in(content.get("dia"))
    if hours is not None:
        found.append(Setting("Active insulin time", f"{hours:g}", "h"))
    if zone := text_in(content.get("timezone")):
        found.append(Setting("Time zone", zone))
    return tuple(found)
