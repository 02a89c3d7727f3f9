"""CareLink Connect: the JSON that followers of a Medtronic pump see, the last 24 hours.

Read: sensor glucose and sensor states, boluses (by hand, recommended, automatic corrections and
the small automatic boluses that replace basal), meals, finger-sticks, calibrations, alerts.
Times are the pump's own clock, whatever offset the older layout prints behind them. Left out and
counted: marks that say only that a state is on. Not read: battery, reservoir, active insulin.
Known from one realistic sample of a 780G in the newer layout; the older flat layout and
calibrations from descriptions in public code.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypedDict

import msgspec

from glykos.errors import DamagedFile
from glykos.formats._alerts import class_of_text
from glykos.formats._content import Content
from glykos.formats._dates import NotADate
from glykos.formats._instants import local_of
from glykos.formats._ledger import Ledger
from glykos.formats._loose import amount_in, mapping_in, text_in
from glykos.formats._plausible import warn_of_implausible
from glykos.formats._reader import Hints, Owner, Reading, Section
from glykos.formats._sensor_columns import SensorColumns
from glykos.formats._text import BelowZero, NotANumber
from glykos.therapy.clock import from_wall_seconds, wall_seconds
from glykos.therapy.diary import CarbEntry
from glykos.therapy.identity import merge
from glykos.therapy.records import (
    Alarm,
    Bolus,
    BolusKind,
    BolusSource,
    Calibration,
    Device,
    MeterGlucose,
    MeterOrigin,
    Record,
    Resume,
    SensorCondition,
    SensorState,
    StopReason,
    Suspend,
)
from glykos.therapy.sensor import BACKFILLED, HIGH, LOW, SensorSeries
from glykos.therapy.units import Glucose, GlucoseScale

_MOST_MGDL = 600.0
#: No sensor value in mg/dL is below, none in mmol/L above this.
_MMOLL_BELOW = 36.0
#: Where the file does not name the limits of the sensor's range.
_RANGE_MGDL = (40.0, 400.0)

_SHAPES = {
    "FAST": BolusKind.NORMAL,
    "NORMAL": BolusKind.NORMAL,
    "SQUARE": BolusKind.EXTENDED,
    "DUAL": BolusKind.COMBINATION,
}
_SOURCES = {
    "AUTOCORRECTION": BolusSource.AUTO_CORRECTION,
    "RECOMMENDED": BolusSource.ESTIMATE,
    "MANUAL": BolusSource.MANUAL,
}
_CONDITIONS = {
    "WARM_UP": SensorCondition.WARM_UP,
    "CALIBRATION_REQUIRED": SensorCondition.CALIBRATION_NEEDED,
    "CHANGE_SENSOR": SensorCondition.CHANGE_SENSOR,
    "NO_SENSOR_SIGNAL": SensorCondition.SIGNAL_LOST,
    "SENSOR_DISCONNECTED": SensorCondition.SIGNAL_LOST,
    "SEARCHING_FOR_SENSOR_SIGNAL": SensorCondition.SIGNAL_LOST,
}
_BEYOND = {"SG_BELOW_40_MGDL": LOW, "SG_ABOVE_400_MGDL": HIGH}
#: Numbers of alerts in words (reference reports/therapy-events.md §2.6, 600 series).
_ALERTS = {
    "103": "BG check reminder", "104": "Low battery", "105": "Low reservoir",
    "106": "Low reservoir", "107": "Missed meal bolus", "109": "Set change reminder",
    "113": "Reservoir empty", "775": "Calibrate now", "776": "Calibration not accepted",
    "777": "Change sensor", "780": "Lost sensor signal", "781": "Possible signal interference",
    "784": "Rise alert", "794": "Sensor expired", "802": "Alert on low", "805": "Alert before low",
    "809": "Suspend on low", "810": "Suspend before low", "816": "Alert on high",
    "817": "Alert before high", "869": "Calibrate by", "870": "Low transmitter battery",
}  # fmt: skip


class _Sample(msgspec.Struct, rename="camel"):
    """One sensor value, in the newer or the older layout."""

    sg: Any = None
    sensor_state: Any = None
    timestamp: Any = None
    datetime: Any = None
    is_backfill: Any = None

    @property
    def when(self) -> object:
        return self.timestamp or self.datetime


class _Marker(msgspec.Struct, rename="camel"):
    """One mark on the time line; the newer layout nests its values in ``data.dataValues``."""

    type: Any = None
    timestamp: Any = None
    date_time: Any = None
    data: Any = None
    amount: Any = None
    value: Any = None
    calibration_success: Any = None
    bolus_amount: Any = None
    bolus_type: Any = None
    activation_type: Any = None
    programmed_fast_amount: Any = None
    delivered_fast_amount: Any = None
    programmed_extended_amount: Any = None
    delivered_extended_amount: Any = None
    programmed_duration: Any = None
    effective_duration: Any = None
    delivery_suspended: Any = None

    @property
    def when(self) -> object:
        return self.timestamp or self.date_time

    def values(self) -> dict[str, Any]:
        """The values by their names, from whichever layout."""
        nested = mapping_in(mapping_in(self.data).get("dataValues"))
        plain = {name: told for ours, name in _NAMES if (told := getattr(self, ours)) is not None}
        return plain | nested


_NAMES = [(field.name, field.encode_name) for field in msgspec.structs.fields(_Marker)]


class _Notification(msgspec.Struct, rename="camel"):
    fault_id: Any = None
    date_time: Any = None
    triggered_date_time: Any = None
    type: Any = None
    reference_guid: Any = msgspec.field(default=None, name="referenceGUID")
    additional_info: Any = None


class _History(msgspec.Struct, rename="camel"):
    active_notifications: list[_Notification | None] | None = None
    cleared_notifications: list[_Notification | None] | None = None


class _Day(msgspec.Struct, rename="camel"):
    """What a follower sees."""

    sgs: list[_Sample] | None = None
    markers: list[_Marker] | None = None
    notification_history: _History | None = None
    first_name: Any = None
    last_name: Any = None
    medical_device_information: Any = None
    medical_device_serial_number: Any = None
    last_conduit_date_time: Any = None
    sg_below_limit: Any = None


class _Wrapped(msgspec.Struct, rename="camel"):
    patient_data: _Day | None = None


class Head(TypedDict):
    """What every record begins with."""

    at_local: datetime
    device_id: str
    source_id: str


class CareLinkConnect:
    """Reader of the followers' JSON."""

    key = "carelink_connect"
    title = "CareLink Connect JSON (followers, last 24 hours)"
    version = 1
    source = "CareLink Connect"
    how_to_get = (
        "CareLink Connect has no export: use the JSON that a helper program for followers saves.",
        "It holds 24 hours; the CSV export of CareLink holds more and is the better choice.",
    )
    proof = "one realistic sample of a 780G; the older layout from descriptions"

    def sniff(self, content: Content) -> float:
        """Sure when the pump's and the follower's fields stand in the head."""
        if not content.looks_like_json:
            return 0.0
        head = content.head
        marks = ('"medicalDeviceFamily"', '"conduitSerialNumber"', '"lastConduitDateTime"')
        if any(mark in head for mark in marks):
            return 1.0
        return 0.9 if '"sgs"' in head and '"sensorState"' in head else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:  # noqa: ARG002 - it knows its clock
        """All records of the file.

        Raises:
            FormatError: broken, or without readings and marks.
        """
        day: _Day = content.json_as(_Day)
        if day.sgs is None and day.markers is None:
            wrapped: _Wrapped = content.json_as(_Wrapped)
            day = wrapped.patient_data or day
        if day.sgs is None and day.markers is None:
            raise DamagedFile(
                "This file holds neither sensor values nor marks of CareLink Connect.",
                "Save it again while the follower's view shows data.",
            )
        return _File(day).reading()


class _File:
    """One file on its way to records."""

    def __init__(self, day: _Day) -> None:
        self.day = day
        self.ledger = Ledger()
        self.device = _device(day)
        self.sensor = SensorColumns()
        self.records: list[Record] = []
        self.walls: list[int] = []
        self.is_stopped = False  # delivery, by the marks told so far
        self.line = 0

    def reading(self) -> Reading:
        """Sensor values, marks and notifications, each with its place in the account."""
        day = self.day
        samples, markers = day.sgs or [], day.markers or []
        history = day.notification_history or _History()
        told = [*(history.cleared_notifications or ()), *(history.active_notifications or ())]
        notifications = [one for one in told if one is not None]
        self.is_mmoll = _in_mmoll(samples)
        for sample in samples:
            self._take(sample, sample.when, self._sample)
        for marker in markers:
            self._take(marker, marker.when, self._marker)
        for one in notifications:
            self._take(one, one.triggered_date_time or one.date_time, self._notification)
        series = self.sensor.series()
        sensor = series.distinct()
        records, repeated = merge(self.records)
        self.ledger.moved_to_duplicate(repeated + len(series) - len(sensor))
        warn_of_implausible(records, self.ledger)
        return self._told(sensor, records, len(samples), len(markers), len(notifications))

    def _told(self, sensor: SensorSeries, records: list[Record], *rows: int) -> Reading:
        day, names = self.day, ("sgs", "markers", "notificationHistory")
        seconds = self.walls
        exported = text_in(day.last_conduit_date_time)
        exported_at = _local(exported) if exported else None
        return Reading(
            format_key=CareLinkConnect.key,
            format_version=CareLinkConnect.version,
            devices=(self.device,),
            sensor=sensor,
            records=tuple(records),
            issues=self.ledger.issues,
            counts=self.ledger.counts,
            owner=Owner(name=f"{text_in(day.first_name)} {text_in(day.last_name)}".strip()),
            exported_at=exported_at,
            as_of=exported_at or (from_wall_seconds(max(seconds)) if seconds else None),
            covers=(
                (from_wall_seconds(min(seconds)), from_wall_seconds(max(seconds)))
                if seconds
                else None
            ),
            sections=tuple(
                Section(model=self.device.model, part=name, serial=self.device.serial, rows=count)
                for name, count in zip(names, rows, strict=True)
            ),
        )

    def _take(
        self,
        told: Any,
        when: object,
        read: Callable[[Any, datetime], list[Record]],
    ) -> None:
        self.line += 1
        try:
            if not isinstance(when, str):
                raise NotADate("no time")
            at_local = local_of(when)
            wall_s = wall_seconds(at_local)
            found = read(told, at_local)
        except NotADate as problem:
            self.ledger.rejected("a date or time that cannot be read", self.line, str(problem))
        except BelowZero as problem:
            self.ledger.rejected("an amount below zero", self.line, str(problem))
        except NotANumber as problem:
            self.ledger.rejected("a value that cannot be read", self.line, str(problem))
        except _Ignored as problem:
            self.walls.append(wall_s)
            self.ledger.ignored(str(problem), self.line)
        else:
            self.walls.append(wall_s)
            self.records += found
            self.ledger.imported()

    def _head(self, at_local: datetime, source_id: str = "") -> Head:
        return Head(at_local=at_local, device_id=self.device.id, source_id=source_id)

    # --- sensor --------------------------------------------------------------------------------

    def _sample(self, sample: _Sample, at_local: datetime) -> list[Record]:
        state = text_in(sample.sensor_state)
        value = amount_in(sample.sg)
        flag = _BEYOND.get(state, 0)
        if not value and not flag:
            condition = _CONDITIONS.get(state, SensorCondition.OTHER)
            return [SensorState(**self._head(at_local), condition=condition, code=state)]
        if not value:
            low_mgdl = amount_in(self.day.sg_below_limit) or _RANGE_MGDL[0]
            glucose = Glucose.mgdl_value(low_mgdl if flag & LOW else _RANGE_MGDL[1])
        else:
            glucose = self._glucose(value)
        if sample.is_backfill is True:
            flag |= BACKFILLED
        self.sensor.add(self.device.id, wall_seconds(at_local), glucose, flag)
        return []

    def _glucose(self, value: float) -> Glucose:
        if self.is_mmoll:
            if value >= _MMOLL_BELOW:
                raise NotANumber(f"{value:g}")
            return Glucose.mmoll_value(value)
        if value >= _MOST_MGDL:
            raise NotANumber(f"{value:g}")
        return Glucose.mgdl_value(value)

    # --- marks ---------------------------------------------------------------------------------

    def _marker(self, marker: _Marker, at_local: datetime) -> list[Record]:
        values = marker.values()
        head = self._head(at_local)
        match text_in(marker.type):
            case "INSULIN":
                # Named, so that a bolus on its way is the same one when it has ended.
                started = f"{text_in(values.get('activationType'))}:{wall_seconds(at_local)}"
                return [self._bolus(values, self._head(at_local, f"bolus:{started}"))]
            case "AUTO_BASAL_DELIVERY":
                given = amount_in(values.get("bolusAmount"))
                if given is None:
                    raise NotANumber("no amount")
                return [
                    Bolus(
                        **head,
                        bolus_kind=BolusKind.NORMAL,
                        delivered_now_u=round(given, 4),  # it passed through single precision
                        source=BolusSource.AUTO_BASAL,
                    )
                ]
            case "MEAL":
                carbs = amount_in(values.get("amount"))
                if carbs is None:
                    raise NotANumber("no amount")
                return [CarbEntry(**head, carbs_g=carbs)]
            case "BG_READING" | "BG":
                return [
                    MeterGlucose(
                        **head, glucose=self._told_glucose(values), origin=MeterOrigin.UNKNOWN
                    )
                ]
            case "CALIBRATION":
                accepted = values.get("calibrationSuccess")
                return [
                    Calibration(
                        **head,
                        glucose=self._told_glucose(values),
                        accepted=accepted if isinstance(accepted, bool) else None,
                    )
                ]
            case "LOW_GLUCOSE_SUSPENDED" if values.get("deliverySuspended") is True:
                self.is_stopped = True
                return [Suspend(**head, reason=StopReason.LOW_GLUCOSE)]
            case "LOW_GLUCOSE_SUSPENDED" if (
                values.get("deliverySuspended") is False and self.is_stopped
            ):
                self.is_stopped = False
                return [Resume(**head)]
        raise _Ignored("marks that say only that a state is on")

    def _told_glucose(self, values: dict[str, Any]) -> Glucose:
        for name in ("unitValue", "value"):
            value = amount_in(values.get(name))
            if value:
                if value < _MMOLL_BELOW:
                    return Glucose.mmoll_value(value)
                return Glucose(round(value), GlucoseScale.MGDL)
        raise NotANumber("no value")

    def _bolus(self, values: dict[str, Any], head: Head) -> Bolus:
        kind = _SHAPES.get(text_in(values.get("bolusType")))
        if kind is None:
            raise NotANumber(text_in(values.get("bolusType")) or "no type of bolus")
        has_now = kind is not BolusKind.EXTENDED
        has_extended = kind is not BolusKind.NORMAL
        given_now = amount_in(values.get("deliveredFastAmount"))
        given_later = amount_in(values.get("deliveredExtendedAmount"))
        if given_now is None and given_later is None:
            raise NotANumber("no amount")
        return Bolus(
            **head,
            bolus_kind=kind,
            programmed_now_u=amount_in(values.get("programmedFastAmount")) if has_now else None,
            delivered_now_u=given_now if has_now else None,
            programmed_extended_u=(
                amount_in(values.get("programmedExtendedAmount")) if has_extended else None
            ),
            delivered_extended_u=given_later if has_extended else None,
            programmed_duration_min=(
                amount_in(values.get("programmedDuration")) if has_extended else None
            ),
            delivered_duration_min=(
                amount_in(values.get("effectiveDuration")) if has_extended else None
            ),
            source=_SOURCES.get(text_in(values.get("activationType")), BolusSource.UNKNOWN),
        )

    def _notification(self, one: _Notification, at_local: datetime) -> list[Record]:
        code = text_in(one.fault_id) or str(one.fault_id or "")[:12]
        text = _ALERTS.get(code) or f"{text_in(one.type).capitalize() or 'Alert'} {code}".strip()
        value = amount_in(mapping_in(one.additional_info).get("sg"))
        return [
            Alarm(
                **self._head(at_local, text_in(one.reference_guid)),
                text=text,
                code=code,
                alarm_class=class_of_text(text),
                glucose=self._glucose(value) if value else None,
            )
        ]


class _Ignored(ValueError):
    """A row left out by a rule; the text is the rule."""


def _in_mmoll(samples: list[_Sample]) -> bool:
    """Whether the sensor values are mmol/L: then all of them are small."""
    values = [one.sg for one in samples if isinstance(one.sg, int | float) and one.sg]
    return bool(values) and max(values) < _MMOLL_BELOW


def _local(text: str) -> datetime | None:
    try:
        return local_of(text)
    except NotADate:
        return None


def _device(day: _Day) -> Device:
    told = mapping_in(day.medical_device_information)
    serial = text_in(told.get("deviceSerialNumber")) or text_in(day.medical_device_serial_number)
    model = text_in(told.get("modelNumber")) or "Pump with CareLink Connect"
    return Device(id=f"medtronic:{serial or 'connect'}", kind="pump", model=model, serial=serial)
