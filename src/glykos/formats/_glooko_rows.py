"""What one row of a Glooko export tells, by the part it stands in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from glykos.formats._alerts import class_of_text, readable
from glykos.formats._harvest import GlucoseCells, Harvest, Trace
from glykos.formats._header import Header
from glykos.formats._text import NotANumber, amount, number
from glykos.therapy.clock import DAY_S, from_wall_seconds
from glykos.therapy.diary import (
    CarbEntry,
    Exercise,
    Injection,
    InsulinKind,
    Medication,
    Note,
)
from glykos.therapy.insulins import INSULINS
from glykos.therapy.records import (
    Alarm,
    AlarmClass,
    BasalRate,
    Bolus,
    BolusEstimate,
    BolusKind,
    BolusSource,
    DailyTotal,
    Device,
    MeterGlucose,
    MeterOrigin,
    Record,
    Resume,
    StopReason,
    Suspend,
    TempBasal,
    TotalScope,
)

APP = Device(id="app:glooko", kind="app", model="Glooko")
_MODELS = {"cgm": "Sensor", "pump": "Pump", "meter": "Meter"}
_RATIO = re.compile(r"1\s*:\s*(\d+(?:[.,]\d+)?)")
_DOSE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(\D*)")
#: Parts that miss less than this of the whole were rounded.
_ROUNDING_U = 0.02
#: A longer stop is damage; its end stays unknown.
_LONGEST_STOP_MIN = 31 * 1440
_YES = frozenset(("true", "yes", "1", "ja", "wahr", "manual"))
_OF_SENSORS = frozenset((AlarmClass.SENSOR, AlarmClass.GLUCOSE_LOW, AlarmClass.GLUCOSE_HIGH))
_SPEEDS = (
    ("long", InsulinKind.LONG),
    ("basal", InsulinKind.LONG),
    ("langwirk", InsulinKind.LONG),
    ("rapid", InsulinKind.RAPID),
    ("fast", InsulinKind.RAPID),
    ("schnell", InsulinKind.RAPID),
    ("short", InsulinKind.SHORT),
    ("kurzwirk", InsulinKind.SHORT),
    ("intermediate", InsulinKind.INTERMEDIATE),
    ("mix", InsulinKind.PREMIX),
)


class LeftOut(ValueError):
    """A row that tells nothing we keep; the text is the rule."""


@dataclass(slots=True)
class Row:
    """One row: its filled cells by our names, and its number among the rows of all parts."""

    key: int
    at_s: int
    filled: dict[str, str]
    header: Header
    amounts: dict[str, float]  # those read before, by their spelling

    def text(self, column: str) -> str:
        """A trimmed cell; empty where there is none."""
        return self.filled.get(column, "")

    def amount(self, column: str) -> float | None:
        """A number that cannot be below zero, or None. Raises NotANumber."""
        text = self.filled.get(column)
        if not text:
            return None
        known = self.amounts.get(text)
        if known is None:
            known = self.amounts[text] = amount(text)
        return known

    def head(self, device: Device) -> dict[str, Any]:
        """The envelope of a record."""
        return {"at_local": from_wall_seconds(self.at_s), "device_id": device.id}


class Rows:
    """Turns rows into records of the right device."""

    def __init__(self, harvest: Harvest) -> None:
        self.harvest = harvest
        self._sensors: dict[str, Trace] = {}
        self.tell: dict[str, Callable[[Row], None]] = {
            "alarms": self._alarm,
            "totals": self._totals,
            "basal": self._basal,
            "bolus": self._bolus,
            "doses": self._dose,
            "medication": self._medication,
            "exercise": self._exercise,
            "food": self._food,
            "notes": self._note,
        }

    # --- glucose -------------------------------------------------------------------------------

    def sensor(self, row: Row, glucose: GlucoseCells) -> None:
        """A sensor reading."""
        trace = self.trace_of(row.text("serial") or row.text("transmitter"))
        trace.add(row.key, row.at_s, glucose.read(row.text("sensor") or row.text("glucose")))

    def trace_of(self, serial: str) -> Trace:
        """Where the readings of a sensor go."""
        trace = self._sensors.get(serial)
        if trace is None:
            trace = self._sensors[serial] = self.harvest.trace(_device("cgm", serial))
        return trace

    def meter(self, row: Row, glucose: GlucoseCells) -> None:
        """A finger-stick, read by a meter or typed; and what was said beside it."""
        model = row.text("device")
        device = _device("meter", row.text("serial"), model)
        is_typed = row.text("manual").casefold() in _YES
        value = glucose.read(row.text("glucose"))
        told: list[Record] = [
            MeterGlucose(
                **row.head(device),
                source_id=self._name(row, "bg") if is_typed else "",
                glucose=value,
                origin=MeterOrigin.TYPED if is_typed else MeterOrigin.METER_UPLOAD,
                meter_id=row.text("serial"),
            )
        ]
        self.harvest.tell(row.key, device, told)
        self._said_beside(row)

    # --- pump ----------------------------------------------------------------------------------

    def _bolus(self, row: Row) -> None:
        device = _device("pump", row.text("serial"))
        head = row.head(device) | {"source_id": self._name(row, "bolus")}
        now, extended = _parts(row)
        if now is None and extended is None:
            raise NotANumber("")
        estimate = self._estimate(row, head)
        told: list[Record] = [
            Bolus(
                **head,
                bolus_kind=_kind(now, extended),
                delivered_now_u=now if now or not extended else None,
                delivered_extended_u=extended or None,
                source=BolusSource.ESTIMATE if estimate else BolusSource.UNKNOWN,
                estimate_id=head["source_id"] if estimate else "",
            ),
            *estimate,
        ]
        self.harvest.tell(row.key, device, told)
        self._said_beside(row)

    def _estimate(self, row: Row, head: dict[str, Any]) -> list[Record]:
        """What the calculator was told; zeros mean that nothing was entered."""
        carbs, typed = row.amount("carbs"), row.amount("glucose_input")
        if not carbs and not typed:
            return []
        ratio = _RATIO.fullmatch(row.text("ratio"))
        unit = row.header.unit_of("glucose_input")
        glucose = None
        if typed and unit:
            glucose = GlucoseCells(unit).read(row.text("glucose_input"))
        return [
            BolusEstimate(
                **head,
                glucose_input=glucose,
                carbs_g=carbs,
                carb_ratio_g_per_u=amount(ratio[1]) if ratio else None,
                was_delivered=True,
            )
        ]

    def _basal(self, row: Row) -> None:
        """A rate, which holds until the next row; a temporary one for its own time."""
        device = _device("pump", row.text("serial"))
        head, kind = row.head(device), row.text("type").casefold()
        rate, percent = row.amount("rate"), row.amount("percent")
        minutes = row.amount("duration")
        told: list[Record]
        if "suspen" in kind:
            told = [Suspend(**head, reason=StopReason.UNKNOWN)]
            if minutes is not None and minutes < _LONGEST_STOP_MIN:
                ends = {**head, "at_local": from_wall_seconds(row.at_s + round(minutes * 60))}
                told.append(Resume(**ends))
        elif "temp" in kind:
            fraction = percent / 100 if rate is None and percent is not None else None
            told = [TempBasal(**head, rate_u_per_h=rate, fraction=fraction, duration_min=minutes)]
        elif rate is None:
            raise LeftOut("basal rows without a rate")
        else:
            told = [BasalRate(**head, rate_u_per_h=rate)]
        self.harvest.tell(row.key, device, told)

    def _totals(self, row: Row) -> None:
        device = _device("pump", row.text("serial"))
        head = row.head(device) | {"at_local": from_wall_seconds(row.at_s - row.at_s % DAY_S)}
        scopes = (
            ("total", TotalScope.ALL),
            ("total_bolus", TotalScope.BOLUS),
            ("total_basal", TotalScope.BASAL),
        )
        told = [
            DailyTotal(**head, scope=scope, amount_u=total)
            for column, scope in scopes
            if (total := row.amount(column)) is not None
        ]
        if not told:
            raise LeftOut("days without a total")
        self.harvest.tell(row.key, device, told)

    def _alarm(self, row: Row) -> None:
        text = readable(row.text("event"))
        if not text:
            raise LeftOut("alarms without a text")
        group = class_of_text(text)
        device = _device("cgm" if group in _OF_SENSORS else "pump", row.text("serial"))
        self.harvest.tell(
            row.key, device, [Alarm(**row.head(device), text=text, alarm_class=group)]
        )

    # --- people --------------------------------------------------------------------------------

    def _dose(self, row: Row) -> None:
        """Insulin by pen; or by a pump, where the row says so."""
        dose = row.amount("delivered")
        if dose is None:
            dose = amount(row.text("value"))
        speed = row.text("type")
        if row.text("method") and "pump" in row.text("device").casefold():
            if "basal" in f"{speed} {row.text('method')}".casefold():
                raise LeftOut("basal insulin told as an amount without a duration")
            device = _device("pump", "")
            bolus = Bolus(
                **row.head(device),
                source_id=self._name(row, "bolus"),
                bolus_kind=BolusKind.NORMAL,
                delivered_now_u=dose,
            )
            self.harvest.tell(row.key, device, [bolus])
            return
        brand, kind = _insulin(f"{row.text('name')} {speed}")
        self._tell(
            row, Injection(**self._said(row, "dose"), dose_u=dose, insulin=kind, brand=brand)
        )
        self._said_beside(row)

    def _food(self, row: Row) -> None:
        carbs = row.amount("carbs")
        label = _joined(row.text("name"), row.text("meal_type"), row.text("notes"))
        head = self._said(row, "food")
        if carbs is not None:
            meal = CarbEntry(
                **head,
                carbs_g=carbs,
                label=label,
                fat_g=row.amount("fat"),
                protein_g=row.amount("protein"),
            )
            self._tell(row, meal)
        elif label:
            self._tell(row, Note(**head, text=label))
        else:
            raise LeftOut("meals without carbohydrate or name")

    def _exercise(self, row: Row) -> None:
        self._tell(
            row,
            Exercise(
                **self._said(row, "exercise"),
                duration_min=row.amount("duration"),
                intensity=row.text("intensity").casefold(),
                label=_joined(row.text("activity") or row.text("name"), row.text("notes")),
            ),
        )

    def _medication(self, row: Row) -> None:
        name = row.text("medicine") or row.text("name")
        if not name:
            raise LeftOut("medicines without a name")
        told = row.text("dosage") or row.text("value")
        match = _DOSE.fullmatch(told)
        medicine = Medication(
            **self._said(row, "medication"),
            name=name,
            dose=number(match[1]) if match else None,
            unit=match[2].strip() if match else told,
        )
        self._tell(row, medicine)
        self._said_beside(row)

    def _note(self, row: Row) -> None:
        text = row.text("notes") or row.text("value")
        if not text:
            raise LeftOut("notes without a text")
        self._tell(row, Note(**self._said(row, "note"), text=text))

    def _said_beside(self, row: Row) -> None:
        """The note in a row about something else."""
        if text := _joined(row.text("context"), row.text("notes")):
            self._tell(row, Note(**self._said(row, "beside"), text=text))

    def _tell(self, row: Row, record: Record) -> None:
        self.harvest.tell(row.key, APP, [record])

    def _said(self, row: Row, what: str) -> dict[str, Any]:
        """The envelope of what a person told, who may edit it later."""
        return row.head(APP) | {"source_id": self._name(row, what)}

    def _name(self, row: Row, what: str) -> str:
        return self.harvest.row_id(APP, what, row.at_s, tuple(row.filled.items()))


@lru_cache(maxsize=256)
def _device(kind: str, serial: str, model: str = "") -> Device:
    """A device by its serial number, else by its model; Glooko names no maker."""
    shown = model or _MODELS[kind]
    if serial:
        return Device(id=f"{kind}:{serial}", kind=kind, model=shown, serial=serial)
    return Device(id=f"glooko:{model or kind}", kind=kind, model=shown)


def _parts(row: Row) -> tuple[float | None, float | None]:
    """What was given at once and what over time.

    A part nobody filled is what the other leaves of the whole. Where neither says anything (empty,
    or two zeros beside an amount) the whole was given at once, unless it is called extended.
    """
    now, extended, whole = (row.amount(name) for name in ("now", "extended", "delivered"))
    if not whole:
        return now, extended
    if not now and not extended:
        kind = row.text("type").casefold()
        is_extended = any(word in kind for word in ("extended", "square", "verzögert"))
        return (None, whole) if is_extended else (whole, None)
    rest = round(whole - (now or 0.0) - (extended or 0.0), 3)
    if rest > _ROUNDING_U and (now is None or extended is None):
        return (rest, extended) if now is None else (now, rest)
    return now, extended


def _kind(now: float | None, extended: float | None) -> BolusKind:
    if not extended:
        return BolusKind.NORMAL
    return BolusKind.COMBINATION if now else BolusKind.EXTENDED


def _insulin(words: str) -> tuple[str, InsulinKind]:
    """Brand and speed of an insulin by the words about it."""
    folded = words.casefold()
    known = [insulin for insulin in INSULINS if insulin.brand.casefold() in folded]
    if known:
        longest = max(known, key=lambda insulin: len(insulin.brand))
        return longest.brand, longest.kind
    kind = next((kind for word, kind in _SPEEDS if word in folded), InsulinKind.UNKNOWN)
    return "", kind


def _joined(*texts: str) -> str:
    return " · ".join(text for text in texts if text)
