"""Rows of a pump section of a CareLink multi-section file to therapy records.

One function per group of columns; a row may fill several groups. Source: reference formats.md
§2, alert texts as printed in genuine exports.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypedDict

from glykos.formats._alerts import class_of_text, readable
from glykos.formats._dates import WallClock
from glykos.formats._multi_bolus import BolusRow, is_known_type
from glykos.formats._text import (
    NotANumber,
    amount,
    duration_min,
    number,
    optional,
    optional_amount,
)
from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.diary import CarbEntry, Exercise, Injection, Note
from glykos.therapy.records import (
    Alarm,
    BasalRate,
    BolusEstimate,
    Calibration,
    MeterGlucose,
    MeterOrigin,
    Prime,
    PrimeKind,
    Record,
    Resume,
    Rewind,
    SensorCondition,
    SensorState,
    Setting,
    SettingsSnapshot,
    StopReason,
    Suspend,
    TempBasal,
    TimeChange,
)
from glykos.therapy.units import Glucose, GlucoseUnit, to_mgdl

#: BG rows that repeat a reading told by another row.
ECHOES = frozenset(
    {"USER_ACCEPTED_REMOTE_BG", "REMOTE_BG_ACCEPTANCE_SCREEN_TIMEOUT", "BG_SENT_FOR_CALIB"}
)
_FOR_CALIBRATION = "BG_SENT_FOR_CALIB"
#: An echo or a calibration follows its reading within this time.
ECHO_WITHIN_S = 900

_STOPS = {
    "USER_SUSPEND": StopReason.USER,
    "PLGM_PREDICTED_LOW_SG": StopReason.BEFORE_LOW,
    "LOWSG_SUSPEND": StopReason.LOW_GLUCOSE,
    "ALARM_SUSPEND": StopReason.ALARM,
    "NOTSEATED_SUSPEND": StopReason.SET_CHANGE,
}
_RESUMED = "NORMAL_PUMPING"
_CONDITIONS = {
    "SENSOR_INIT_CODE": SensorCondition.WARM_UP,
    "SENSOR_CAL_NEEDED_CODE": SensorCondition.CALIBRATION_NEEDED,
    "SENSOR_CAL_ERROR": SensorCondition.CALIBRATION_ERROR,
    "SENSOR_CHANGE_SENSOR_ERROR": SensorCondition.CHANGE_SENSOR,
    "SENSOR_END_OF_LIFE": SensorCondition.END_OF_LIFE,
    "SENSOR_ERROR": SensorCondition.ERROR,
    "SENSOR_TIME_UNKNOWN": SensorCondition.TIME_UNKNOWN,
}
_PRIMES = {"tubing fill": PrimeKind.TUBING, "cannula fill": PrimeKind.CANNULA}
_STEP = re.compile(r"STEP_(\d+)_POINT_(\d+)")
_MARKER = re.compile(r"(insulin|meal|exercise)\s*:?\s*([\d.,]*)\s*(\D*)", re.IGNORECASE)
_LASTED = re.compile(
    r"exercise(?:\s*:)?\s*(?:([\d.,]+)\s*min(?:ute)?s?|(\d{1,2}:[0-5]\d))", re.ASCII | re.IGNORECASE
)
_DAY_MARKS = frozenset({"start of the day", "end of the day"})
_NOTE_COLUMNS = (
    "ble network device", "device update event", "network device associated reason",
    "network device disassociated reason", "network device disconnected reason", "sensor state",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Row:
    """One row with its filled cells, its second and its place among rows of that second.

    ``index`` is the running number that the file prints, larger is older.
    """

    line: int
    index: float
    at_s: int
    cells: dict[str, str]
    fold: int = 0
    seq: int = 0

    @property
    def at_local(self) -> datetime:
        """When, on the device's clock."""
        at_local = from_wall_seconds(self.at_s)
        return at_local.replace(fold=1) if self.fold else at_local


class _Head(TypedDict):
    at_local: datetime
    device_id: str
    seq: int


class Ignored(ValueError):
    """A row left out by a rule; the text is the rule."""


class Repeated(ValueError):
    """A row that only repeats what another row tells."""


@dataclass(slots=True)
class Pump:
    """Collects what one section says; ``read`` takes its rows oldest first."""

    device_id: str
    unit: GlucoseUnit
    clock: WallClock
    carbs_in_exchanges: bool = False
    stop_seconds: frozenset[int] = frozenset()
    records: list[Record] = field(default_factory=list)
    boluses: list[BolusRow] = field(default_factory=list)
    estimates: list[BolusEstimate] = field(default_factory=list)
    meters: list[MeterGlucose] = field(default_factory=list)
    echoes: list[tuple[Row, str, Glucose]] = field(default_factory=list)
    tails: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)

    def read(self, row: Row) -> None:
        """Take one row. Raises Ignored, Repeated, NotANumber or NotADate and then took nothing."""
        handlers = _handlers_of(tuple(row.cells))
        if not handlers:
            raise Ignored("rows that carry only columns without meaning for us")
        if len(handlers) == 1:  # it takes all or nothing by itself
            self.records += handlers[0](self, row)
            return
        found: list[Record] = []
        collected: tuple[list[Any], ...] = (self.boluses, self.estimates, self.meters, self.echoes)
        sizes = [len(part) for part in collected]
        try:
            for handler in handlers:
                found += handler(self, row)
        except ValueError:
            for part, size in zip(collected, sizes, strict=True):
                del part[size:]
            raise
        self.records += found

    # --- columns that need more than one row ---------------------------------------------------

    def bolus(self, row: Row) -> list[Record]:
        cells = row.cells
        if not is_known_type(cells["bolus type"]):
            raise NotANumber(cells["bolus type"])
        bolus = BolusRow(
            at_s=row.at_s,
            fold=row.fold,
            seq=row.seq,
            line=row.line,
            type=cells["bolus type"].casefold(),
            number=cells.get("bolus number", ""),
            selected_u=optional_amount(cells.get("bolus volume selected", "")),
            delivered_u=optional_amount(cells.get("bolus volume delivered", "")),
            duration_min=duration_min(cells.get("bolus duration", "")),
            source="PRESET_BOLUS" if "preset bolus" in cells else cells.get("bolus source", ""),
            cancelled=cells.get("bolus cancellation reason", ""),
        )
        if bolus.selected_u is None and bolus.delivered_u is None and not bolus.cancelled:
            raise Ignored("bolus rows without an amount")
        self.boluses.append(bolus)
        return []

    def estimate(self, row: Row) -> list[Record]:
        cells = row.cells
        carbs = self._value(cells, "bwz carb input")
        ratio = self._value(cells, "bwz carb ratio")
        sensitivity = self._value(cells, "bwz insulin sensitivity")
        in_exchanges = self.carbs_in_exchanges
        self.estimates.append(
            BolusEstimate(
                at_local=row.at_local,
                device_id=self.device_id,
                source_id=f"estimate {row.at_s}.{row.fold}.{row.seq}",
                seq=row.seq,
                glucose_input=self._glucose(cells, "bwz bg input"),
                carbs_g=None if in_exchanges else carbs,
                carbs_exchanges=carbs if in_exchanges else None,
                carb_ratio_g_per_u=None if in_exchanges else ratio,
                carb_ratio_u_per_exchange=ratio if in_exchanges else None,
                sensitivity_mgdl_per_u=(
                    None if sensitivity is None else to_mgdl(sensitivity, self.unit)
                ),
                target_low=self._glucose(cells, "bwz target low bg"),
                target_high=self._glucose(cells, "bwz target high bg"),
                food_u=self._value(cells, "bwz food estimate"),
                correction_u=optional(cells.get("bwz correction estimate", "")),
                active_insulin_u=self._value(cells, "bwz active insulin"),
                estimate_u=self._value(cells, "bwz estimate"),
                was_delivered=_STATUS.get(cells.get("bwz status", "").casefold()),
            )
        )
        return []

    def estimate_tail(self, row: Row) -> list[Record]:
        for name in ("final bolus estimate", "bwz unabsorbed insulin total"):
            optional(row.cells.get(name, ""))  # a broken number rejects the row, not the estimate
        self.tails[row.at_s, row.fold] = row.cells
        return []

    def meter(self, row: Row) -> list[Record]:
        source = row.cells.get("bg source", "")
        glucose = self._glucose(row.cells, "bg reading")
        if glucose is None:
            raise Ignored("finger-stick rows without a value")
        if source in ECHOES:
            self.echoes.append((row, source, glucose))
            return []
        meter_id = row.cells.get("linked bg meter id", "")
        is_typed = source == "ENTERED_IN_BG_ENTRY" or (not source and not meter_id)
        self.meters.append(
            MeterGlucose(
                at_local=row.at_local,
                device_id=self.device_id,
                seq=row.seq,
                glucose=glucose,
                origin=MeterOrigin.TYPED if is_typed else MeterOrigin.LINKED_METER,
                meter_id=meter_id,
                witnesses=(source,) if source else (),
            )
        )
        return []

    # --- columns that stand for themselves -----------------------------------------------------

    def clock_change(self, row: Row) -> list[Record]:
        to_s = self.clock.joint(row.cells["new device time"])
        return [TimeChange(**self._head(row), to_local=from_wall_seconds(to_s))]

    def basal(self, row: Row) -> list[Record]:
        rate = amount(row.cells["basal rate"])
        if rate == 0 and row.at_s in self.stop_seconds:
            if len(row.cells) == 1:
                raise Repeated("the rate of 0 U/h of a stop, told by the stop itself")
            return []
        return [BasalRate(**self._head(row), rate_u_per_h=rate)]

    def temp_basal(self, row: Row) -> list[Record]:
        cells = row.cells
        told = self._value(cells, "temp basal amount")
        kind = cells.get("temp basal type", "").casefold()
        duration = duration_min(cells.get("temp basal duration", ""))
        preset = cells.get("preset temp basal name", "")
        if kind == "percent":
            fraction = None if told is None else told / 100
            return [
                TempBasal(
                    **self._head(row), fraction=fraction, duration_min=duration, preset=preset
                )
            ]
        if kind in ("insulin rate", "rate", "absolute", "units", ""):
            return [
                TempBasal(
                    **self._head(row), rate_u_per_h=told, duration_min=duration, preset=preset
                )
            ]
        raise NotANumber(cells["temp basal type"])

    def prime(self, row: Row) -> list[Record]:
        kind = _PRIMES.get(row.cells.get("prime type", "").casefold(), PrimeKind.UNKNOWN)
        return [
            Prime(
                **self._head(row),
                prime_kind=kind,
                volume_u=self._value(row.cells, "prime volume delivered"),
                reservoir_after_u=self._value(row.cells, "estimated reservoir volume after fill"),
            )
        ]

    def rewind(self, row: Row) -> list[Record]:
        return [Rewind(**self._head(row))]

    def suspend(self, row: Row) -> list[Record]:
        state = row.cells["suspend"]
        if state == _RESUMED:
            return [Resume(**self._head(row))]
        return [
            Suspend(**self._head(row), reason=_STOPS.get(state, StopReason.UNKNOWN), detail=state)
        ]

    def alert(self, row: Row) -> list[Record]:
        found: list[Record] = []
        for name in ("alert", "user cleared alerts"):
            if text := row.cells.get(name, ""):
                plain = text.partition(":")[0] if not text.startswith("Other Alarm") else text
                found.append(
                    Alarm(
                        **self._head(row),
                        text=readable(plain),
                        code=text.rpartition(": ")[2] if text.startswith("Other Alarm") else "",
                        alarm_class=class_of_text(plain),
                        is_cleared=name != "alert",
                    )
                )
        return found

    def calibration(self, row: Row) -> list[Record]:
        return [
            Calibration(
                **self._head(row), glucose=self._glucose(row.cells, "sensor calibration bg")
            )
        ]

    def rejected_calibration(self, row: Row) -> list[Record]:
        reason = row.cells["sensor calibration rejected reason"]
        return [Calibration(**self._head(row), accepted=False, reason=reason)]

    def sensor_exception(self, row: Row) -> list[Record]:
        code = row.cells["sensor exception"]
        condition = _CONDITIONS.get(code, SensorCondition.OTHER)
        return [SensorState(**self._head(row), condition=condition, code=code)]

    def action_curve(self, row: Row) -> list[Record]:
        minutes = number(row.cells["insulin action curve time"])
        setting = Setting("Active insulin time", f"{minutes / 60:g}", "h")
        return [SettingsSnapshot(**self._head(row), settings=(setting,))]

    def marker(self, row: Row) -> list[Record]:
        text = row.cells["event marker"]
        if text.casefold() in _DAY_MARKS:
            raise Ignored("marks of the start and end of a day")
        match = _MARKER.match(text)
        kind = match[1].casefold() if match else ""
        told = optional(match[2]) if match else None
        if kind == "insulin" and told is not None:
            return [Injection(**self._head(row), dose_u=told)]
        if kind == "meal" and told is not None:
            if match and match[3].casefold().startswith("ex"):
                return [Note(**self._head(row), text=text)]  # exchanges of unknown size
            return [CarbEntry(**self._head(row), carbs_g=told)]
        if kind == "exercise":
            lasted = _told_minutes(text)
            label = text if lasted is None else ""  # then nothing is left to tell
            return [Exercise(**self._head(row), duration_min=lasted, label=label)]
        return [Note(**self._head(row), text=text)]

    def note(self, row: Row) -> list[Record]:
        texts = [row.cells[name] for name in _NOTE_COLUMNS if name in row.cells]
        return [Note(**self._head(row), text="; ".join(texts))]

    # --- after the last row --------------------------------------------------------------------

    def finish(self) -> list[int]:
        """Join estimates with their second rows and readings with their echoes.

        Returns:
            The lines of echoes whose reading is not in this file.
        """
        self.estimates = [self._with_tail(estimate) for estimate in self.estimates]
        lost = self._merge_echoes()
        self.records += self.meters
        self.records += self.estimates
        return lost

    def _with_tail(self, estimate: BolusEstimate) -> BolusEstimate:
        for second in (estimate.at_s, estimate.at_s + 1, estimate.at_s - 1):
            tail = self.tails.get((second, estimate.at_local.fold))
            if tail:
                step = _STEP.fullmatch(tail.get("scroll step size", ""))
                return replace(
                    estimate,
                    final_estimate_u=optional(tail.get("final bolus estimate", "")),
                    step_u=float(f"{step[1]}.{step[2]}") if step else None,
                )
        return estimate

    def _merge_echoes(self) -> list[int]:
        by_value: dict[Glucose, list[int]] = {}
        for place, meter in enumerate(self.meters):
            by_value.setdefault(meter.glucose, []).append(place)
        told: list[tuple[int, int, str, Glucose]] = [
            (row.line, row.at_s, source, glucose) for row, source, glucose in self.echoes
        ]
        told += [
            (0, record.at_s, _FOR_CALIBRATION, record.glucose)
            for record in self.records
            if isinstance(record, Calibration) and record.glucose is not None
        ]
        lost = []
        for line, at_s, source, glucose in told:
            near = [
                place
                for place in by_value.get(glucose, ())
                if -60 <= at_s - self.meters[place].at_s <= ECHO_WITHIN_S
            ]
            if not near:
                if line:
                    lost.append(line)
                continue
            place = min(near, key=lambda p: abs(at_s - self.meters[p].at_s))
            meter = self.meters[place]
            self.meters[place] = replace(
                meter,
                used_for_calibration=meter.used_for_calibration or source == _FOR_CALIBRATION,
                witnesses=tuple(sorted({*meter.witnesses, source})) if line else meter.witnesses,
            )
        return lost

    # --- cells ---------------------------------------------------------------------------------

    def _head(self, row: Row) -> "_Head":
        return {
            "at_local": row.at_local,
            "device_id": self.device_id,
            "seq": row.seq,
        }

    def _value(self, cells: Mapping[str, str], name: str) -> float | None:
        return optional_amount(cells.get(name, ""))

    def _glucose(self, cells: Mapping[str, str], name: str) -> Glucose | None:
        value = optional(cells.get(name, ""))
        if not value:  # pumps print 0 for "no glucose entered"
            return None
        if not 0 < value < 2000:
            raise NotANumber(cells[name])
        return Glucose.reported(value, self.unit)


def _told_minutes(marker: str) -> float | None:
    """The duration of ``Exercise: 45min`` or ``Exercise: 0:45``; a bare number proves no unit."""
    match = _LASTED.fullmatch(marker)
    if match is None:
        return None
    return number(match[1]) if match[1] else duration_min(match[2])


_STATUS = {"delivered": True, "not delivered": False}
_HANDLERS: dict[str, Callable[[Pump, Row], list[Record]]] = {
    "new device time": Pump.clock_change,
    "bg reading": Pump.meter,
    "basal rate": Pump.basal,
    "temp basal amount": Pump.temp_basal,
    "temp basal type": Pump.temp_basal,
    "temp basal duration": Pump.temp_basal,
    "bolus type": Pump.bolus,
    "prime type": Pump.prime,
    "prime volume delivered": Pump.prime,
    "alert": Pump.alert,
    "user cleared alerts": Pump.alert,
    "suspend": Pump.suspend,
    "rewind": Pump.rewind,
    "bwz estimate": Pump.estimate,
    "final bolus estimate": Pump.estimate_tail,
    "bwz unabsorbed insulin total": Pump.estimate_tail,
    "sensor calibration bg": Pump.calibration,
    "sensor calibration rejected reason": Pump.rejected_calibration,
    "sensor exception": Pump.sensor_exception,
    "event marker": Pump.marker,
    "insulin action curve time": Pump.action_curve,
    **dict.fromkeys(_NOTE_COLUMNS, Pump.note),
}


@lru_cache(maxsize=512)
def _handlers_of(names: tuple[str, ...]) -> tuple[Callable[[Pump, Row], list[Record]], ...]:
    """Who reads a row with these filled columns, each once; a file has a few dozen such shapes."""
    handlers = (_HANDLERS.get(name) for name in names)
    return tuple(dict.fromkeys(handler for handler in handlers if handler is not None))
