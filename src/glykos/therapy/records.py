"""The event vocabulary: what devices and people can tell us, one class per kind.

Every record keeps the device's own wall clock (``at_local``, never rewritten), the device it
came from, and values as reported. A field is ``None`` when the source did not say; unknown is
never zero. Glucose sensor readings are columns (``sensor.SensorSeries``), not records.
Source of the vocabulary: CareLink exports, 600-series history records, Tidepool's data model.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from glykos.therapy.clock import ClockShift, wall_seconds
from glykos.therapy.units import Glucose

#: ``device_id`` of what a person typed into a logbook rather than a device.
LOGBOOK = "logbook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A pump, sensor, meter or app that produced data. ``id`` is stable across files."""

    id: str
    kind: str  # "pump", "cgm", "meter", "app"
    model: str
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every event has: when on the device's clock, which device, its place in the order.

    ``source_id`` is an identity given by the source itself (CareLink's Raw-ID, a bolus number);
    ``seq`` orders records of one device that share a second, larger is later.
    """

    kind: ClassVar[str]
    #: Fields besides device and time that make two records the same thing; () means "all".
    identity_fields: ClassVar[tuple[str, ...]] = ()

    at_local: datetime
    device_id: str
    source_id: str = ""
    seq: int | None = None

    @property
    def at_s(self) -> int:
        """Wall seconds on the device clock."""
        return wall_seconds(self.at_local)

    @property
    def minute_of_day(self) -> float:
        """Minutes since local midnight."""
        return self.at_local.hour * 60 + self.at_local.minute + self.at_local.second / 60


# --- glucose ---------------------------------------------------------------------------------


class MeterOrigin(StrEnum):
    """How a finger-stick reached us."""

    LINKED_METER = "linked_meter"
    TYPED = "typed"
    METER_UPLOAD = "meter_upload"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterGlucose(Record):
    """A finger-stick. One finger-stick seen by meter, pump and calculator is one record.

    ``witnesses`` names, sorted, every part of the system that told of it ("meter", "pump", or the
    source's own words).
    """

    kind: ClassVar[str] = "meter_glucose"
    identity_fields: ClassVar[tuple[str, ...]] = ("glucose",)
    glucose: Glucose
    origin: MeterOrigin = MeterOrigin.UNKNOWN
    meter_id: str = ""
    used_for_calibration: bool = False
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration(Record):
    """A sensor calibration: the value given to the sensor and what became of it."""

    kind: ClassVar[str] = "calibration"
    glucose: Glucose | None = None
    accepted: bool | None = None
    reason: str = ""
    factor: float | None = None


class SensorCondition(StrEnum):
    """Why a sensor gave no glucose."""

    WARM_UP = "warm_up"
    CALIBRATION_NEEDED = "calibration_needed"
    CALIBRATION_ERROR = "calibration_error"
    CHANGE_SENSOR = "change_sensor"
    END_OF_LIFE = "end_of_life"
    SIGNAL_LOST = "signal_lost"
    WEAK_SIGNAL = "weak_signal"
    ERROR = "error"
    TIME_UNKNOWN = "time_unknown"
    STARTED = "started"
    CONNECTED = "connected"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorState(Record):
    """The sensor reported a state instead of a glucose value."""

    kind: ClassVar[str] = "sensor_state"
    condition: SensorCondition
    code: str = ""


# --- insulin ---------------------------------------------------------------------------------


class BolusKind(StrEnum):
    """Shape of a bolus; makers say normal/square/dual or standard/extended/combo."""

    NORMAL = "normal"
    EXTENDED = "extended"
    COMBINATION = "combination"


class BolusSource(StrEnum):
    """Who or what asked for a bolus."""

    ESTIMATE = "estimate"  # the bolus calculator
    MANUAL = "manual"
    EASY = "easy"
    PRESET = "preset"
    REMOTE = "remote"
    AUTO_CORRECTION = "auto_correction"
    AUTO_BASAL = "auto_basal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bolus(Record):
    """A bolus, programmed and delivered, now-part and extended part.

    ``at_local`` is when it was started. Parts that this bolus does not have are ``None``.
    """

    kind: ClassVar[str] = "bolus"
    bolus_kind: BolusKind
    programmed_now_u: float | None = None
    delivered_now_u: float | None = None
    programmed_extended_u: float | None = None
    delivered_extended_u: float | None = None
    programmed_duration_min: float | None = None
    delivered_duration_min: float | None = None
    source: BolusSource = BolusSource.UNKNOWN
    estimate_id: str = ""  # ``source_id`` of the BolusEstimate of the same device
    ended_local: datetime | None = None
    interruption: str = ""

    @property
    def delivered_u(self) -> float:
        """Insulin that left the pump [U]; parts not yet known to be delivered add nothing."""
        return (self.delivered_now_u or 0.0) + (self.delivered_extended_u or 0.0)

    @property
    def programmed_u(self) -> float:
        """Insulin asked for [U]."""
        return (self.programmed_now_u or 0.0) + (self.programmed_extended_u or 0.0)

    @property
    def delivered_parts(self) -> tuple[float, ...]:
        """Each delivered part [U]; a combination bolus has two."""
        parts = (self.delivered_now_u, self.delivered_extended_u)
        return tuple(part for part in parts if part is not None)

    @property
    def interrupted_parts(self) -> int:
        """How many parts delivered another amount than was programmed."""
        pairs = (
            (self.programmed_now_u, self.delivered_now_u),
            (self.programmed_extended_u, self.delivered_extended_u),
        )
        return sum(
            1
            for programmed, delivered in pairs
            if programmed is not None
            and delivered is not None
            and abs(programmed - delivered) > 1e-9
        )

    @property
    def is_automatic(self) -> bool:
        """Whether the pump's own algorithm asked for it."""
        return self.source in (BolusSource.AUTO_CORRECTION, BolusSource.AUTO_BASAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class BolusEstimate(Record):
    """What the bolus calculator was told and what it proposed; apart from what was delivered."""

    kind: ClassVar[str] = "bolus_estimate"
    glucose_input: Glucose | None = None
    carbs_g: float | None = None
    carbs_exchanges: float | None = None
    carb_ratio_g_per_u: float | None = None
    carb_ratio_u_per_exchange: float | None = None
    sensitivity_mgdl_per_u: float | None = None
    target_low: Glucose | None = None
    target_high: Glucose | None = None
    food_u: float | None = None
    correction_u: float | None = None
    active_insulin_u: float | None = None
    estimate_u: float | None = None
    final_estimate_u: float | None = None  # after the person or the pump changed it
    step_u: float | None = None
    was_delivered: bool | None = None

    @property
    def recommended_u(self) -> float | None:
        """The pump's proposal [U]: its own estimate, else food + correction - active insulin."""
        if self.estimate_u is not None:
            return self.estimate_u
        if self.food_u is None and self.correction_u is None:
            return None
        # Active insulin reduces only a positive correction (therapy-events.md §2.2).
        correction = self.correction_u or 0.0
        if correction > 0:
            correction = max(0.0, correction - (self.active_insulin_u or 0.0))
        return max(0.0, (self.food_u or 0.0) + correction)


@dataclass(frozen=True, slots=True, kw_only=True)
class BasalRate(Record):
    """The pump's programmed basal rate changed to this; it holds until the next one."""

    kind: ClassVar[str] = "basal_rate"
    rate_u_per_h: float
    pattern: str = ""
    index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BasalPatternSelected(Record):
    """Another basal pattern became the active one."""

    kind: ClassVar[str] = "basal_pattern_selected"
    pattern: str
    previous: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleSegment:
    """From ``start_min`` after midnight, ``value`` holds until the next segment."""

    start_min: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BasalSchedule(Record):
    """The content of one basal pattern [U/h], as read or as changed at this time."""

    kind: ClassVar[str] = "basal_schedule"
    pattern: str
    segments: tuple[ScheduleSegment, ...]
    is_active: bool | None = None

    @property
    def total_u(self) -> float:
        """Insulin of a plain 24-hour day [U]."""
        ends = [segment.start_min for segment in self.segments[1:]] + [1440]
        return sum(
            segment.value * (end - segment.start_min) / 60
            for segment, end in zip(self.segments, ends, strict=True)
        )


class TempBasalEnd(StrEnum):
    """How a temporary basal rate ended."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class TempBasal(Record):
    """A temporary basal rate: absolute [U/h] or a fraction of the schedule (0.7 is 70 %).

    A duration of 0 min is the cancellation of the one running. ``preset`` is the name a person
    gave it, or ``AUTOMATIC`` where an algorithm set it.
    """

    kind: ClassVar[str] = "temp_basal"
    AUTOMATIC: ClassVar[str] = "automatic"
    rate_u_per_h: float | None = None
    fraction: float | None = None
    duration_min: float | None = None
    ended: TempBasalEnd | None = None
    preset: str = ""

    @property
    def is_cancellation(self) -> bool:
        """Whether this only stops the temporary rate that was running."""
        return self.duration_min == 0

    @property
    def is_automatic(self) -> bool:
        """Whether an algorithm set it, as it does every few minutes, and no person."""
        return self.preset == self.AUTOMATIC


class StopReason(StrEnum):
    """Why delivery stopped."""

    USER = "user"
    LOW_GLUCOSE = "low_glucose"
    BEFORE_LOW = "before_low"
    ALARM = "alarm"
    SET_CHANGE = "set_change"
    COMMUNICATION = "communication"  # an uploader stopped the pump while reading it
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend(Record):
    """Delivery stopped."""

    kind: ClassVar[str] = "suspend"
    reason: StopReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Record):
    """Delivery went on."""

    kind: ClassVar[str] = "resume"
    detail: str = ""


class PrimeKind(StrEnum):
    """What was filled."""

    TUBING = "tubing"
    CANNULA = "cannula"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prime(Record):
    """Tubing or cannula was filled; never therapy insulin."""

    kind: ClassVar[str] = "prime"
    prime_kind: PrimeKind
    volume_u: float | None = None
    programmed_u: float | None = None
    reservoir_after_u: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewind(Record):
    """The pump's piston was driven back: a reservoir change."""

    kind: ClassVar[str] = "rewind"


class TotalScope(StrEnum):
    """What a pump's own daily total adds up."""

    ALL = "all"  # basal + bolus
    BASAL = "basal"
    BOLUS = "bolus"
    AUTO = "auto"  # automatic basal and automatic corrections of a closed loop


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyTotal(Record):
    """The pump's own total for the local day of ``at_local``.

    It serves reconciliation, and what only exists as a total (automatic insulin); it is never
    the source of a time series.
    """

    kind: ClassVar[str] = "daily_total"
    identity_fields: ClassVar[tuple[str, ...]] = ("scope",)
    scope: TotalScope
    amount_u: float


# --- device ----------------------------------------------------------------------------------


class AlarmClass(StrEnum):
    """Groups of alarms, as people meet them."""

    DELIVERY = "delivery"
    POWER = "power"
    RESERVOIR = "reservoir"
    SENSOR = "sensor"
    GLUCOSE_LOW = "glucose_low"
    GLUCOSE_HIGH = "glucose_high"
    REMINDER = "reminder"
    MODE = "mode"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Record):
    """The device called for attention."""

    kind: ClassVar[str] = "alarm"
    text: str
    code: str = ""
    alarm_class: AlarmClass = AlarmClass.OTHER
    glucose: Glucose | None = None
    is_cleared: bool = False  # this row is the clearing, not the raising


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeChange(Record):
    """The device clock was set from ``at_local`` (old clock) to ``to_local`` (new clock)."""

    kind: ClassVar[str] = "time_change"
    to_local: datetime

    @property
    def shift(self) -> ClockShift:
        """The change as a pair of wall-clock times."""
        return ClockShift(self.at_local, self.to_local)


@dataclass(frozen=True, slots=True)
class Setting:
    """One named setting with its value in words and, where it is a day schedule, segments."""

    name: str
    value: str = ""
    unit: str = ""
    segments: tuple[ScheduleSegment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsSnapshot(Record):
    """The settings as they stood when the device was read."""

    kind: ClassVar[str] = "settings_snapshot"
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange(Record):
    """One setting was changed; old or new is ``None`` where the device did not say."""

    kind: ClassVar[str] = "settings_change"
    name: str
    old: Setting | None = None
    new: Setting | None = None
