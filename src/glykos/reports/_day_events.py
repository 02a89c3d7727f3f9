"""What happened on one day besides glucose: alarms, notes and changes as marks and table rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from glykos.charts._lanes import Mark
from glykos.reports._blocks import Cell, Column, Table
from glykos.reports._clockface import DayClock
from glykos.reports._format import Formatter, decimal, duration, insulin
from glykos.therapy import diary
from glykos.therapy import records as r
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from glykos.therapy.identity import order

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
    return tuple(_runs(sorted(found, key=lambda event: order(event.record)), text))


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
            clock.lived(event.record.at_s, fold=event.record.at_local.fold),
            event.text,
            number,
            event.lane,
        )
        for number, event in enumerate(events, start=1)
        if event.lane
    )


def events_table(events: tuple[DayEvent, ...], text: Formatter) -> Table:
    """The numbered list that the marks of the chart refer to."""
    return Table(
        key="events",
        title="Events",
        columns=(
            Column(key="number", label="No.", align="start"),
            Column(key="time", label="Time", align="start"),
            Column(key="event", label="Event", align="start"),
            Column(key="value", label="Value", align="start"),
        ),
        rows=tuple(
            (
                Cell(text=str(number), value=number),
                Cell(text=text.time(event.record.at_local)),
                Cell(text=event.text),
                Cell(text=event.value),
            )
            for number, event in enumerate(events, start=1)
        ),
        note="The numbers are those of the marks above the glucose chart.",
    )


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


def _note(record: diary.Note, text: Formatter) -> DayEvent:  # noqa: ARG001 - same shape for every kind
    return DayEvent(record, record.text.strip() or "Note", lane="note")


def _suspend(record: r.Suspend, text: Formatter) -> DayEvent:  # noqa: ARG001
    return DayEvent(record, f"Delivery stopped: {STOP_WORDS[record.reason]}")


def _resume(record: r.Resume, text: Formatter) -> DayEvent:  # noqa: ARG001
    return DayEvent(record, "Delivery resumed")


def _temp(record: r.TempBasal, text: Formatter) -> DayEvent:  # noqa: ARG001
    if record.is_cancellation:
        return DayEvent(record, "Temporary basal rate cancelled")
    length = "" if record.duration_min is None else f", {duration(record.duration_min)} h"
    return DayEvent(record, "Temporary basal rate", f"{temp_rate(record)}{length}")


def temp_rate(record: r.TempBasal) -> str:
    """A temporary rate in words: "60 %" of the programme or "0.5 U/h"."""
    if record.fraction is not None:
        return f"{decimal(100 * record.fraction)} %"
    return "rate unknown" if record.rate_u_per_h is None else f"{insulin(record.rate_u_per_h)} U/h"


def _exercise(record: diary.Exercise, text: Formatter) -> DayEvent:  # noqa: ARG001
    lasted = "" if record.duration_min is None else f"{decimal(record.duration_min)} min"
    lane = "note" if record.duration_min is None else ""
    value = ", ".join(part for part in (lasted, record.intensity) if part)
    return DayEvent(record, _sentence(record.label) or "Exercise", value, lane)


def _prime(record: r.Prime, text: Formatter) -> DayEvent:  # noqa: ARG001
    what = {"tubing": "Tubing filled", "cannula": "Cannula filled (set change)"}
    value = "" if record.volume_u is None else f"{insulin(record.volume_u)} U, not counted"
    return DayEvent(record, what.get(record.prime_kind, "Filled"), value)


def _rewind(record: r.Rewind, text: Formatter) -> DayEvent:  # noqa: ARG001
    return DayEvent(record, "Rewind (reservoir change)")


def _clock_change(record: r.TimeChange, text: Formatter) -> DayEvent:
    there = record.to_local
    same_day = there.date() == record.at_local.date()
    day = "" if same_day else f" on {there.date().isoformat()}"
    return DayEvent(record, "Clock changed", f"to {text.time(there)}{day}")


def _sensor_state(record: r.SensorState, text: Formatter) -> DayEvent | None:  # noqa: ARG001
    words = {
        r.SensorCondition.STARTED: "New sensor started",
        r.SensorCondition.WARM_UP: "Sensor warming up",
        r.SensorCondition.CHANGE_SENSOR: "Sensor asked to be changed",
        r.SensorCondition.END_OF_LIFE: "Sensor ended",
        r.SensorCondition.SIGNAL_LOST: "Sensor signal lost",
    }
    name = words.get(record.condition)
    return DayEvent(record, name) if name else None


def _medication(record: diary.Medication, text: Formatter) -> DayEvent:  # noqa: ARG001
    dose = "" if record.dose is None else f"{insulin(record.dose)} {record.unit}".strip()
    return DayEvent(record, record.name.strip() or "Medicine", dose, "note")


def _ketone(record: diary.Ketone, text: Formatter) -> DayEvent:  # noqa: ARG001
    return DayEvent(record, "Ketones", f"{decimal(record.mmol_per_l, 1)} mmol/L", "note")


def _hba1c(record: diary.HbA1c, text: Formatter) -> DayEvent:  # noqa: ARG001
    return DayEvent(record, "HbA1c", f"{decimal(record.percent, 1)} %")


def _pattern(record: r.BasalPatternSelected, text: Formatter) -> DayEvent:  # noqa: ARG001
    return DayEvent(record, "Basal pattern selected", record.pattern)


def _setting(record: r.SettingsChange, text: Formatter) -> DayEvent:  # noqa: ARG001
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
    diary.Ketone: _ketone,
    diary.HbA1c: _hba1c,
    r.BasalPatternSelected: _pattern,
    r.SettingsChange: _setting,
    r.Calibration: _calibration,
}


def described_kinds() -> Iterator[type[r.Record]]:
    """The kinds of record that the events table lists."""
    yield from _WORDS
