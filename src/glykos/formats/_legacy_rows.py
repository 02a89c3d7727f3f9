"""Rows of CareLink's single-table export to therapy records, one function per row type.

Insulin and carbohydrate come from Raw-Values (the table rounds them), glucose from the table
(Raw-Values of accounts in mmol/L hold mg/dL). Boluses, estimates and settings take several
rows: they are collected here and joined by ``_legacy_insulin`` and ``_legacy_settings``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict

from glykos.formats._alerts import class_of_code
from glykos.formats._dates import NotADate, WallClock
from glykos.formats._legacy_layout import Layout
from glykos.formats._rawtype import (
    BY_UPLOAD,
    FOR_SENSOR,
    IGNORED,
    JOURNAL_ALARMS,
    ON_PUMP,
    RESUMED,
    SENSOR_STATES,
    STOPS,
    Values,
    is_settings,
)
from glykos.formats._text import NotANumber, optional
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.diary import CarbEntry, Exercise, Injection, Note
from glykos.therapy.records import (
    Alarm,
    BasalPatternSelected,
    BasalRate,
    Calibration,
    DailyTotal,
    MeterGlucose,
    MeterOrigin,
    Prime,
    PrimeKind,
    Record,
    Resume,
    Rewind,
    SensorCondition,
    SensorState,
    StopReason,
    Suspend,
    TempBasal,
    TimeChange,
    TotalScope,
)
from glykos.therapy.units import Glucose

#: A calibration value reaches the sensor within this time of its finger-stick.
_CALIBRATED_WITHIN_S = 300
_PRIMES = {"manual": PrimeKind.TUBING, "fixed": PrimeKind.CANNULA}


class Ignored(ValueError):
    """A row left out by a rule; the text is the rule."""


class Unknown(ValueError):
    """A row of a type we do not know; the text is the type."""


class Head(TypedDict):
    """What every record of a row starts with."""

    at_local: datetime
    device_id: str
    source_id: str
    seq: int


@dataclass(slots=True, kw_only=True)
class Row:
    """One row, placed in time; ``raw_seq`` counts down as time goes on."""

    line: int
    at_s: int
    cells: list[str]
    raw_type: str
    raw_id: str
    upload: str
    raw_seq: int
    device_id: str
    fold: int = 0

    @property
    def at_local(self) -> datetime:
        """When, on the device's clock."""
        return from_wall_seconds(self.at_s).replace(fold=self.fold)

    @property
    def head(self) -> Head:
        """The envelope of this row's record."""
        return {
            "at_local": self.at_local,
            "device_id": self.device_id,
            "source_id": self.raw_id,
            "seq": -self.raw_seq,
        }


@dataclass(slots=True)
class Collected:
    """What the rows of a file said."""

    layout: Layout
    clock: WallClock
    records: list[Record] = field(default_factory=list)
    meters: dict[tuple[str, int, int, Glucose], MeterGlucose] = field(default_factory=dict)
    insulin: list[tuple[Row, Values]] = field(default_factory=list)
    settings: list[tuple[Row, Values]] = field(default_factory=list)
    _is_twin: bool = False

    def read(self, row: Row) -> bool:
        """Take one row; False when it repeats another.

        Raises:
            Ignored, Unknown, NotANumber, NotADate: the row gave nothing.
        """
        handler = _handler(row.raw_type)
        if rule := IGNORED.get(row.raw_type):
            raise Ignored(rule)
        values = Values(self.cell(row, "raw-values"))
        if handler is not None:
            self._is_twin = False
            self.records += handler(self, row, values)
            return not self._is_twin
        if row.raw_type in _INSULIN:
            self._check_insulin(row, values)
            self.insulin.append((row, values))
        elif is_settings(row.raw_type):
            self.settings.append((row, values))
        else:
            raise Unknown(row.raw_type)
        return True

    def _check_insulin(self, row: Row, values: Values) -> None:
        """Refuse a row with a broken number now, so that joining cannot fail later."""
        if row.raw_type == "BolusWizardBolusEstimate":
            for key in _ESTIMATE_AMOUNTS:
                values.amount(key)
            values.number("CORRECTION_ESTIMATE")  # below zero where glucose is below the target
            for column in ("bwz bg input", "bwz target low bg", "bwz target high bg"):
                self.glucose(row, column)
            self.number(row, "bwz insulin sensitivity")
        else:
            values.required_amount("AMOUNT")
            values.amount("PROGRAMMED_AMOUNT")
            values.minutes("DURATION")

    def finish(self) -> None:
        """Add the finger-sticks, with those marked that calibrated the sensor."""
        by_value: dict[tuple[str, Glucose], list[int]] = {}
        for record in self.records:
            if isinstance(record, Calibration) and record.glucose is not None:
                key = (record.device_id, record.glucose)
                by_value.setdefault(key, []).append(record.at_s)
        for meter in self.meters.values():
            used = any(
                abs(at_s - meter.at_s) <= _CALIBRATED_WITHIN_S
                for at_s in by_value.get((meter.device_id, meter.glucose), ())
            )
            self.records.append(replace(meter, used_for_calibration=True) if used else meter)

    # --- cells ---------------------------------------------------------------------------------

    def cell(self, row: Row, name: str) -> str:
        """A cell by column name; "" where the file has no such column."""
        place = self.layout.place.get(name)
        return "" if place is None else row.cells[place].strip()

    def number(self, row: Row, name: str) -> float | None:
        """A number of the table, None where the cell is empty."""
        return optional(self.cell(row, name))

    def glucose(self, row: Row, name: str) -> Glucose | None:
        """A glucose cell in the unit of its header; 0 means none was entered."""
        value = optional(self.cell(row, name))
        if not value:
            return None
        if not 0 < value < 2000:
            raise NotANumber(self.cell(row, name))
        return Glucose.reported(value, self.layout.unit)

    def glucose_or_raw(self, row: Row, names: tuple[str, ...], values: Values) -> Glucose:
        """Glucose from the first filled column, else from AMOUNT, which is always mg/dL."""
        for name in names:
            if glucose := self.glucose(row, name):
                return glucose
        amount = values.required("AMOUNT")
        if not 0 < amount < 2000:
            raise NotANumber(str(amount))
        return Glucose.mgdl_value(amount)

    # --- glucose -------------------------------------------------------------------------------

    def meter(self, row: Row, values: Values) -> list[Record]:
        """A finger-stick; meter and pump tell of the same one in the same second."""
        on_pump = row.raw_type in ON_PUMP
        columns = ("bg reading", "sensor calibration bg")
        glucose = self.glucose_or_raw(row, columns[::-1] if on_pump else columns, values)
        typed = values.text("ACTION_REQUESTOR") in ("pump", "paradigm link modified")
        witness = "pump" if on_pump else "meter"
        key = (row.device_id, row.at_s, row.fold, glucose)
        twin = self.meters.get(key)
        meter_id = values.text("PARADIGM_LINK_ID") or self.cell(row, "linked bg meter id")
        origin = MeterOrigin.TYPED if on_pump and typed else MeterOrigin.LINKED_METER
        if not on_pump and row.raw_type != "BGReceived":
            origin = MeterOrigin.METER_UPLOAD
        if twin is not None:
            from_meter = meter_id or twin.meter_id
            origin = MeterOrigin.LINKED_METER if from_meter else twin.origin
        self.meters[key] = MeterGlucose(
            at_local=row.at_local,
            device_id=row.device_id,
            seq=-row.raw_seq if twin is None else max(-row.raw_seq, twin.seq or -row.raw_seq),
            glucose=glucose,
            origin=origin,
            meter_id=meter_id or (twin.meter_id if twin else ""),
            witnesses=tuple(sorted({*(twin.witnesses if twin else ()), witness})),
        )
        self._is_twin = twin is not None
        return []

    def calibration(self, row: Row, values: Values) -> list[Record]:
        return [Calibration(**row.head, glucose=self.glucose_or_raw(row, (), values))]

    def calibration_factor(self, row: Row, values: Values) -> list[Record]:
        return [Calibration(**row.head, accepted=True, factor=values.required("CAL_FACTOR"))]

    def sensor_state(self, row: Row, values: Values) -> list[Record]:
        key, meanings = SENSOR_STATES[row.raw_type]
        code = values.text(key)
        condition = meanings.get(code, SensorCondition.OTHER)
        return [SensorState(**row.head, condition=condition, code=code or row.raw_type)]

    # --- insulin -------------------------------------------------------------------------------

    def basal(self, row: Row, values: Values) -> list[Record]:
        index = values.number("PROFILE_INDEX")
        return [
            BasalRate(
                **row.head,
                rate_u_per_h=values.required_amount("RATE"),
                pattern=values.text("PATTERN_NAME"),
                index=None if index is None else int(index),
            )
        ]

    def pattern(self, row: Row, values: Values) -> list[Record]:
        return [
            BasalPatternSelected(
                **row.head,
                pattern=values.text("PATTERN_NAME"),
                previous=values.text("OLD_PATTERN_NAME"),
            )
        ]

    def temp_basal(self, row: Row, values: Values) -> list[Record]:
        percent = values.amount("PERCENT_OF_RATE")
        return [
            TempBasal(
                **row.head,
                rate_u_per_h=values.amount("RATE"),
                fraction=None if percent is None else percent / 100,
                duration_min=values.minutes("DURATION"),
            )
        ]

    def suspend(self, row: Row, values: Values) -> list[Record]:
        state = values.text("STATE") or values.text("ENABLE")
        requestor = values.text("ACTION_REQUESTOR")
        detail = state if requestor in ("", "pump") else f"{state} ({requestor})"
        if state in RESUMED:
            return [Resume(**row.head, detail=detail)]
        if not state:
            raise NotANumber(self.cell(row, "raw-values"))
        reason = STOPS.get(state, StopReason.UNKNOWN)
        if requestor == BY_UPLOAD:
            reason = StopReason.COMMUNICATION
        return [Suspend(**row.head, reason=reason, detail=detail)]

    def prime(self, row: Row, values: Values) -> list[Record]:
        return [
            Prime(
                **row.head,
                prime_kind=_PRIMES.get(values.text("PRIME_TYPE"), PrimeKind.UNKNOWN),
                volume_u=values.amount("AMOUNT"),
                programmed_u=values.amount("PROGRAMMED_AMOUNT"),
            )
        ]

    def rewind(self, row: Row, _values: Values) -> list[Record]:
        return [Rewind(**row.head)]

    def daily_total(self, row: Row, values: Values) -> list[Record]:
        amount_u = values.required_amount("AMOUNT")
        return [DailyTotal(**row.head, scope=TotalScope.ALL, amount_u=amount_u)]

    def injection(self, row: Row, values: Values) -> list[Record]:
        return [Injection(**row.head, dose_u=values.required_amount("AMOUNT"))]

    # --- device and person ---------------------------------------------------------------------

    def alarm(self, row: Row, values: Values) -> list[Record]:
        text, _, code = self.cell(row, "alarm").rstrip(")").rpartition(" (")
        if not text or not code.isdigit():
            code = values.text("ALARM_TYPE") or values.text("RAW_TYPE")
            text = self.cell(row, "alarm") or f"Alarm {code}".strip()
        amount = values.number("AMOUNT") if row.raw_type == "AlarmSensor" else None
        return [
            Alarm(
                **row.head,
                text=text,
                code=code,
                alarm_class=class_of_code(code, text),
                glucose=Glucose.mgdl_value(amount) if amount and 0 < amount < 2000 else None,
                is_cleared=row.raw_type == "ClearAlarm",
            )
        ]

    def journal_alarm(self, row: Row, _values: Values) -> list[Record]:
        text = JOURNAL_ALARMS[row.raw_type]
        return [Alarm(**row.head, text=text, alarm_class=class_of_code("", text))]

    def clock_change(self, row: Row, values: Values) -> list[Record]:
        new_ms = values.required("NEW_TIME")
        if not 0 <= new_ms < 4e12:
            raise NotADate(str(new_ms))
        # The number is the new wall clock itself, written as if it were UTC.
        return [TimeChange(**row.head, to_local=from_wall_seconds(int(new_ms // 1000)))]

    def clock_change_of_sensor(self, _row: Row, _values: Values) -> list[Record]:
        raise Ignored("clock changes repeated by the sensor's memory")

    def meal(self, row: Row, values: Values) -> list[Record]:
        carbs = values.required_amount("CARB_INPUT")
        if values.text("CARB_UNITS") not in ("", "grams"):
            return [Note(**row.head, text=f"Meal: {carbs:g} {values.text('CARB_UNITS')}")]
        return [CarbEntry(**row.head, carbs_g=carbs)]

    def exercise(self, row: Row, values: Values) -> list[Record]:
        return [Exercise(**row.head, duration_min=values.minutes("DURATION"))]

    def note(self, row: Row, _values: Values) -> list[Record]:
        return [Note(**row.head, text=_NOTES[row.raw_type])]


_NOTES = {"JournalEntryOtherMarker": "Other marker", "SelfTest": "Self test of the pump"}
_ESTIMATE_AMOUNTS = (
    "CARB_INPUT", "CARB_RATIO", "INSULIN_SENSITIVITY", "FOOD_ESTIMATE", "UNABSORBED_INSULIN_TOTAL",
    "BOLUS_ESTIMATE",
)  # fmt: skip
_INSULIN = frozenset({"BolusNormal", "BolusSquare", "BolusWizardBolusEstimate"})
_Handler = Callable[[Collected, Row, Values], list[Record]]
_HANDLERS: dict[str, _Handler] = {
    "BGReceived": Collected.meter,
    **dict.fromkeys(ON_PUMP, Collected.meter),
    **dict.fromkeys(FOR_SENSOR, Collected.calibration),
    "SensorCalFactor": Collected.calibration_factor,
    **dict.fromkeys(SENSOR_STATES, Collected.sensor_state),
    "BasalProfileStart": Collected.basal,
    "ChangeActiveBasalProfilePattern": Collected.pattern,
    "ChangeTempBasal": Collected.temp_basal,
    "ChangeTempBasalPercent": Collected.temp_basal,
    "ChangeTempBasalNoRate": Collected.temp_basal,
    "ChangeSuspendEnable": Collected.suspend,
    "ChangeSuspendState": Collected.suspend,
    "Prime": Collected.prime,
    "Rewind": Collected.rewind,
    "ResultDailyTotal": Collected.daily_total,
    "JournalEntryInsulinMarker": Collected.injection,
    "AlarmPump": Collected.alarm,
    "AlarmSensor": Collected.alarm,
    "ClearAlarm": Collected.alarm,
    **dict.fromkeys(JOURNAL_ALARMS, Collected.journal_alarm),
    "ChangeTime": Collected.clock_change,
    "ChangeTimeGH": Collected.clock_change_of_sensor,
    "JournalEntryMealMarker": Collected.meal,
    "JournalEntryExerciseMarker": Collected.exercise,
    **dict.fromkeys(_NOTES, Collected.note),
}


def _handler(raw_type: str) -> _Handler | None:
    """The function for a row type; every meter family has a type of its own, ``BG…``."""
    handler = _HANDLERS.get(raw_type)
    return Collected.meter if handler is None and raw_type.startswith("BG") else handler
