"""What happened on one day besides glucose: alarms, notes and changes as marks and table rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from glykos.charts._lanes import Mark
from glykos.reports._blocks import Cell, Column, Table
from glykos.reports._clockface import DayClock
from glykos.reports._format import (
    Formatter,
    day_label,
    decimal,
    duration,
    insulin,
    long_duration,
)
from glykos.reports._sources import is_typed, source_of
from glykos.therapy import diary
from glykos.therapy import records as r
from glykos.therapy.clock import DAY_S, Window, day_number
from glykos.therapy.history import History
from glykos.therapy.identity import order
from glykos.therapy.units import KG_PER_POUND, hba1c_mmol_per_mol

#: States further apart than this are told as two rows.
_RUN_GAP_S = 30 * 60


@dataclass(frozen=True, slots=True)
class DayEvent:
    """One row of the events table; ``lane`` names the look of its mark ("" for table only)."""

    record: r.Record
    text: str
    value: str = ""
    lane: str = ""


def day_events(history: History, clock: DayClock, text: Formatter) -> tuple[DayEvent, ...]:
    """Everything of the day that has no place of its own in the report, in time order."""
    inside = history.within(Window(clock.day, clock.day))
    found = [
        event
        for kind, describe in _WORDS.items()
        for record in inside.of(kind)
        if (event := describe(record, text)) is not None
    ]
    found += _going_on(history, clock)
    return tuple(_runs(sorted(found, key=lambda event: order(event.record)), text))


def _going_on(history: History, clock: DayClock) -> list[DayEvent]:
    """Illness that began on an earlier day and still lasts."""
    start = day_number(clock.day) * DAY_S
    return [
        DayEvent(one, _illness_words(one), f"since {day_label(one.at_local.date())}", "note")
        for one in history.of(diary.Illness)
        if one.at_s < start < one.at_s + (one.duration_min or 0.0) * 60
    ]


def _runs(events: list[DayEvent], text: Formatter) -> Iterator[DayEvent]:
    """The events with each run of one sensor state as one row: sensors repeat it every 5 min."""
    rows: list[tuple[DayEvent, DayEvent]] = []  # the first and the last event of each row
    run = None  # the row that a sensor's next state may belong to
    for event in events:
        if isinstance(event.record, r.SensorState):
            if run is not None and _goes_on(rows[run][1], event):
                rows[run] = (rows[run][0], event)
                continue
            run = len(rows)
        rows.append((event, event))
    for first, last in rows:
        until = f"until {text.time(last.record.at_local)}"
        yield first if first is last else replace(first, value=until)


def _goes_on(before: DayEvent, event: DayEvent) -> bool:
    return before.text == event.text and event.record.at_s - before.record.at_s <= _RUN_GAP_S


def marks(events: tuple[DayEvent, ...], clock: DayClock) -> tuple[Mark, ...]:
    """Marks of the chart's lane, numbered as in the table."""
    return tuple(
        Mark(
            # What began before this day stands at its start.
            max(0.0, clock.lived(event.record.at_s, fold=event.record.at_local.fold)),
            event.text,
            number,
            event.lane,
            is_typed(event.record),
        )
        for number, event in enumerate(events, start=1)
        if event.lane
    )


def events_table(
    events: tuple[DayEvent, ...], clock: DayClock, names: dict[str, str], text: Formatter
) -> Table:
    """The numbered list that the marks of the chart refer to; ``names`` are those of devices."""
    return Table(
        key="events",
        title="Events",
        columns=(
            Column(key="number", label="No.", align="start"),
            Column(key="time", label="Time", align="start"),
            Column(key="event", label="Event", align="start"),
            Column(key="value", label="Value", align="start"),
            Column(key="source", label="From", align="start"),
        ),
        rows=tuple(
            (
                Cell(text=str(number), value=number),
                Cell(text=_time(event, clock, text)),
                Cell(text=event.text),
                Cell(text=event.value),
                Cell(text=source_of(event.record, names)),
            )
            for number, event in enumerate(events, start=1)
        ),
        note="The numbers are those of the marks above the glucose chart.",
    )


def _time(event: DayEvent, clock: DayClock, text: Formatter) -> str:
    is_earlier = event.record.at_local.date() < clock.day
    return "all day" if is_earlier else text.time(event.record.at_local)


STOP_WORDS = {
    r.StopReason.USER: "by the user",
    r.StopReason.LOW_GLUCOSE: "low glucose",
    r.StopReason.BEFORE_LOW: "before low",
    r.StopReason.ALARM: "alarm",
    r.StopReason.SET_CHANGE: "set change",
    r.StopReason.COMMUNICATION: "while being read",
    r.StopReason.UNKNOWN: "reason unknown",
}


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _alarm(record: r.Alarm, text: Formatter) -> DayEvent | None:
    if record.is_cleared:
        return None
    value = f"{text.glucose(record.glucose.mgdl)} {text.unit}" if record.glucose else ""
    name = record.text.strip() or (f"Alarm {record.code}" if record.code else "Alarm")
    return DayEvent(record, _sentence(name), value, "alarm")


def _note(record: diary.Note, _text: Formatter) -> DayEvent:
    return DayEvent(record, record.text.strip() or "Note", lane="note")


def _suspend(record: r.Suspend, _text: Formatter) -> DayEvent:
    return DayEvent(record, f"Delivery stopped: {STOP_WORDS[record.reason]}")


def _resume(record: r.Resume, _text: Formatter) -> DayEvent:
    return DayEvent(record, "Delivery resumed")


def _temp(record: r.TempBasal, _text: Formatter) -> DayEvent:
    if record.is_cancellation:
        return DayEvent(record, "Temporary basal rate cancelled")
    length = "" if record.duration_min is None else f", {duration(record.duration_min)} h"
    return DayEvent(record, "Temporary basal rate", f"{temp_rate(record)}{length}")


def temp_rate(record: r.TempBasal) -> str:
    """A temporary rate in words: "60 %" of the programme or "0.5 U/h"."""
    if record.fraction is not None:
        return f"{decimal(100 * record.fraction)} %"
    return "rate unknown" if record.rate_u_per_h is None else f"{insulin(record.rate_u_per_h)} U/h"


def _exercise(record: diary.Exercise, _text: Formatter) -> DayEvent:
    lasted = "" if record.duration_min is None else f"{decimal(record.duration_min)} min"
    lane = "note" if record.duration_min is None else ""
    value = ", ".join(part for part in (lasted, record.intensity) if part)
    return DayEvent(record, _sentence(record.label) or "Exercise", value, lane)


def _prime(record: r.Prime, _text: Formatter) -> DayEvent:
    what = {"tubing": "Tubing filled", "cannula": "Cannula filled (set change)"}
    value = "" if record.volume_u is None else f"{insulin(record.volume_u)} U, not counted"
    return DayEvent(record, what.get(record.prime_kind, "Filled"), value)


def _rewind(record: r.Rewind, _text: Formatter) -> DayEvent:
    return DayEvent(record, "Rewind (reservoir change)")


def _clock_change(record: r.TimeChange, text: Formatter) -> DayEvent:
    there = record.to_local
    same_day = there.date() == record.at_local.date()
    day = "" if same_day else f" on {there.date().isoformat()}"
    return DayEvent(record, "Clock changed", f"to {text.time(there)}{day}")


def _sensor_state(record: r.SensorState, _text: Formatter) -> DayEvent | None:
    words = {
        r.SensorCondition.STARTED: "New sensor started",
        r.SensorCondition.WARM_UP: "Sensor warming up",
        r.SensorCondition.CHANGE_SENSOR: "Sensor asked to be changed",
        r.SensorCondition.END_OF_LIFE: "Sensor ended",
        r.SensorCondition.SIGNAL_LOST: "Sensor signal lost",
    }
    name = words.get(record.condition)
    return DayEvent(record, name) if name else None


def _medication(record: diary.Medication, _text: Formatter) -> DayEvent:
    dose = "" if record.dose is None else f"{insulin(record.dose)} {record.unit}".strip()
    return DayEvent(record, record.name.strip() or "Medicine", dose, "note")


def _carbs(record: diary.CarbEntry, _text: Formatter) -> DayEvent | None:
    if record.carbs_g <= 0 and not record.label:
        return None
    parts = [f"{decimal(record.carbs_g)} g carbohydrate"]
    parts += [f"{decimal(g)} g fat" for g in (record.fat_g,) if g is not None]
    parts += [f"{decimal(g)} g protein" for g in (record.protein_g,) if g is not None]
    return DayEvent(record, _sentence(record.label.strip()) or "Food", ", ".join(parts))


_SPEED_WORDS = {
    diary.InsulinKind.RAPID: "rapid-acting",
    diary.InsulinKind.SHORT: "short-acting",
    diary.InsulinKind.INTERMEDIATE: "intermediate-acting",
    diary.InsulinKind.LONG: "long-acting",
    diary.InsulinKind.PREMIX: "premixed",
    diary.InsulinKind.UNKNOWN: "kind not told",
}


def insulin_words(record: diary.Injection) -> str:
    """Speed and name of an injected insulin: "long-acting, Tresiba U200"."""
    words = _SPEED_WORDS[record.insulin]
    strength = record.strength_u_per_ml
    unusual = f" U{strength}" if strength is not None and strength != 100 else ""
    return f"{words}, {record.brand}{unusual}" if record.brand else f"{words}{unusual}"


def _injection(record: diary.Injection, _text: Formatter) -> DayEvent:
    told = [(record.for_meal_u, "for the meal"), (record.for_correction_u, "to correct")]
    parts = [f"{insulin(units)} U {what}" for units, what in told if units]
    value = f"{insulin(record.dose_u)} U" + (f" ({', '.join(parts)})" if parts else "")
    return DayEvent(record, f"Insulin: {insulin_words(record)}", value)


def _weight(record: diary.Weight, _text: Formatter) -> DayEvent:
    if record.is_pounds:
        return DayEvent(record, "Weight", f"{decimal(record.kilograms / KG_PER_POUND, 1)} lb")
    return DayEvent(record, "Weight", f"{decimal(record.kilograms, 1)} kg")


def _pressure(record: diary.BloodPressure, _text: Formatter) -> DayEvent:
    value = f"{decimal(record.systolic_mmhg)}/{decimal(record.diastolic_mmhg)} mmHg"
    pulse = record.pulse_per_min
    more = "" if pulse is None else f", pulse {decimal(pulse)}"
    return DayEvent(record, "Blood pressure", f"{value}{more}")


def _illness_words(record: diary.Illness) -> str:
    name = record.label.strip()
    return f"Illness: {name}" if name else "Illness"


def _illness(record: diary.Illness, _text: Formatter) -> DayEvent:
    minutes = record.duration_min
    lasted = "" if minutes is None else long_duration(minutes)
    return DayEvent(record, _illness_words(record), lasted, "note")


def _stress(record: diary.Stress, _text: Formatter) -> DayEvent:
    name = record.label.strip()
    return DayEvent(record, f"Stress: {name}" if name else "Stress", record.level, "note")


_CYCLE_WORDS = {
    "period_start": "Cycle: first day of the period",
    "period_end": "Cycle: last day of the period",
    "ovulation": "Cycle: ovulation",
}


def _cycle(record: diary.Cycle, _text: Formatter) -> DayEvent:
    return DayEvent(record, _CYCLE_WORDS.get(record.mark, f"Cycle: {record.mark}"), lane="note")


def _alcohol(record: diary.Alcohol, _text: Formatter) -> DayEvent:
    parts = [counted_number(n, "drink") for n in (record.drinks,) if n is not None]
    parts += [f"{decimal(g)} g of alcohol" for g in (record.grams,) if g is not None]
    name = record.label.strip()
    return DayEvent(record, f"Alcohol: {name}" if name else "Alcohol", ", ".join(parts), "note")


def counted_number(number: float, noun: str) -> str:
    """A number that need not be whole with its noun: "1 drink", "1.5 drinks"."""
    return f"{insulin(number)} {noun}" if number == 1 else f"{insulin(number)} {noun}s"


def _steps(record: diary.Steps, _text: Formatter) -> DayEvent:
    return DayEvent(record, "Steps so far", decimal(record.count))


def _ketone(record: diary.Ketone, _text: Formatter) -> DayEvent:
    return DayEvent(record, "Ketones", f"{decimal(record.mmol_per_l, 1)} mmol/L", "note")


def _hba1c(record: diary.HbA1c, _text: Formatter) -> DayEvent:
    percent, ifcc = record.percent, hba1c_mmol_per_mol(record.percent)
    both = [f"{decimal(percent, 1)} %", f"{decimal(ifcc)} mmol/mol"]
    first, second = reversed(both) if record.is_ifcc else both
    return DayEvent(record, "HbA1c", f"{first} ({second})", "note")


def _pattern(record: r.BasalPatternSelected, _text: Formatter) -> DayEvent:
    return DayEvent(record, "Basal pattern selected", record.pattern)


def _setting(record: r.SettingsChange, _text: Formatter) -> DayEvent:
    old = record.old.value if record.old else ""
    new = record.new.value if record.new else ""
    arrow = f"{old} to {new}" if old and new else new or old
    return DayEvent(record, f"Setting changed: {record.name}", arrow)


def _calibration(record: r.Calibration, text: Formatter) -> DayEvent:
    words = {True: "Calibration accepted", False: "Calibration rejected", None: "Calibration"}
    value = f"{text.glucose(record.glucose.mgdl)} {text.unit}" if record.glucose else ""
    return DayEvent(record, words[record.accepted], value)


#: How each kind of record reads. A kind that is missing has a place of its own in the report.
_WORDS: dict[type[r.Record], Callable[[Any, Formatter], DayEvent | None]] = {
    r.Alarm: _alarm,
    diary.Note: _note,
    r.Suspend: _suspend,
    r.Resume: _resume,
    r.TempBasal: _temp,
    diary.Exercise: _exercise,
    r.Prime: _prime,
    r.Rewind: _rewind,
    r.TimeChange: _clock_change,
    r.SensorState: _sensor_state,
    diary.Medication: _medication,
    diary.CarbEntry: _carbs,
    diary.Injection: _injection,
    diary.Weight: _weight,
    diary.BloodPressure: _pressure,
    diary.Illness: _illness,
    diary.Stress: _stress,
    diary.Cycle: _cycle,
    diary.Alcohol: _alcohol,
    diary.Steps: _steps,
    diary.Ketone: _ketone,
    diary.HbA1c: _hba1c,
    r.BasalPatternSelected: _pattern,
    r.SettingsChange: _setting,
    r.Calibration: _calibration,
}


def described_kinds() -> Iterator[type[r.Record]]:
    """The kinds of record that the events table lists."""
    yield from _WORDS
