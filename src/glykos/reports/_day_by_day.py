"""A column for each day: the strip of the Quick View and the table behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from glykos.charts import DailyStrip
from glykos.charts.daily_strip import StripDay
from glykos.metrics._analysis import Analysis
from glykos.metrics._coverage import complete_days
from glykos.metrics._doses import DayDoses, days_of_injections, speeds_in_use
from glykos.metrics.behaviour import set_changes
from glykos.metrics.days import DayNumbers, day_numbers
from glykos.reports._blocks import Cell, Column, Figure, Table
from glykos.reports._format import NONE, Formatter, counted, day_label, decimal, duration, percent
from glykos.reports._glucose import axis
from glykos.reports._report import Options
from glykos.reports._stats import glucose_cell
from glykos.reports._ways import Way
from glykos.therapy import diary
from glykos.therapy.clock import DAY_S, date_of

_NOT_LOGGED = "none logged on this day"
_NO_READINGS = "no readings on this day"


@dataclass(frozen=True, slots=True)
class _Day:
    """A day's numbers and its injections (None without an entry)."""

    one: DayNumbers
    doses: DayDoses | None


def day_by_day(analysis: Analysis, way: Way, options: Options, text: Formatter) -> Figure:
    """The strip with its table."""
    injected = {one.day: one for one in days_of_injections(analysis)}
    days = [_Day(one, injected.get(one.day)) for one in day_numbers(analysis)]
    facts = _facts(analysis, days, way)
    names = tuple(name for name, texts in facts.items() if any(texts))
    shown = tuple(
        _strip_day(day, way, tuple(facts[name][n] for name in names)) for n, day in enumerate(days)
    )
    title = "Day by day"
    known = sum(1 for day in shown if day.has_glucose)
    finding = f"Glucose was measured on {known} of {counted(len(days), 'day')}."
    if way.on_pens and not way.on_pump:
        finding += f" Injections were logged on {len(injected)}."
    return Figure(
        key="daily-strip",
        title=title,
        finding=finding,
        chart=DailyStrip(
            title=title,
            description=finding,
            axis=axis(options),
            days=shown,
            fact_names=names,
            insulin_names=("basal", "bolus") if way.on_pump else _speed_names(analysis),
        ),
        table=_table(analysis, days, way, text),
    )


def _speed_names(analysis: Analysis) -> tuple[str, str]:
    others = [key for key in speeds_in_use(analysis) if key != "long"]
    return ("long-acting", "rapid-acting" if others == ["rapid"] else "other injections")


def _strip_day(day: _Day, way: Way, facts: tuple[str, ...]) -> StripDay:
    one = day.one
    lower, upper = _insulin(day, way)
    return StripDay(
        day=one.day,
        label=f"{day_label(one.day)[:3]} {one.day.day}",
        short_label=str(one.day.day),
        meter_low=one.meter.low if one.meter else None,
        meter_high=one.meter.high if one.meter else None,
        meter_mean=one.meter.mean if one.meter else None,
        sensor_low=one.lowest,
        sensor_high=one.highest,
        sensor_mean=one.sensor.mean if one.sensor else None,
        basal_u=lower,
        bolus_u=upper,
        carbs_g=one.carbs_g,
        facts=facts,
    )


def _insulin(day: _Day, way: Way) -> tuple[float | None, float | None]:
    """The two parts of the day's bar: basal and bolus, or long-acting and everything else."""
    if not way.on_pump:
        doses = day.doses
        return (None, None) if doses is None else (doses.long_u, _other_u(doses))
    insulin = day.one.insulin
    # A day whose basal is unknown must not look like a day with little insulin.
    if insulin is None or not insulin.total_u:
        return None, None
    return insulin.basal_u, insulin.bolus_u


def _other_u(doses: DayDoses) -> float | None:
    parts = [u for u in (doses.rapid_u, doses.premix_u, doses.other_u) if u is not None]
    return sum(parts) if parts else None


def _facts(analysis: Analysis, days: Sequence[_Day], way: Way) -> dict[str, list[str]]:
    """Rows under the strip: what happened on each day, "" for nothing."""
    changed = {date_of(at // DAY_S) for at in set_changes(analysis)}
    whole = set(complete_days(analysis))
    clock = {shift.before.date() for shift in analysis.clock_shifts}
    medicines: dict[date, int] = {}
    for taken in analysis.history.of(diary.Medication):
        day = taken.at_local.date()
        medicines[day] = medicines.get(day, 0) + 1
    ill = _ill_days(analysis)
    rows = {
        "Exercise": [_exercise_text(day.one) for day in days],
        "Medicines": [str(medicines.get(day.one.day, "")) for day in days],
        "Illness": ["yes" if day.one.day in ill else "" for day in days],
    }
    if way.on_pump:
        injected = [day.doses.total_u if day.doses else 0.0 for day in days]
        rows["Injected U"] = [decimal(units) if units else "" for units in injected]
        rows["Set change"] = ["yes" if day.one.day in changed else "" for day in days]
        rows["Stopped"] = [
            duration(day.one.stopped_min) if day.one.stopped_min else "" for day in days
        ]
    rows["Clock set"] = ["yes" if day.one.day in clock else "" for day in days]
    # Without a device that records all day, no day is ever whole, and that is nothing to tell.
    if way.on_pump or way.has_sensor:
        rows["Partial day"] = ["" if day.one.day in whole else "yes" for day in days]
    return rows


def _ill_days(analysis: Analysis) -> set[date]:
    found = set()
    for one in analysis.whole.of(diary.Illness):
        last_s = one.at_s + max(0.0, (one.duration_min or 0.0) * 60 - 1)
        first, last = one.at_s // DAY_S, int(last_s // DAY_S)
        found |= {date_of(day) for day in range(first, last + 1)}
    return found


def _exercise_text(one: DayNumbers) -> str:
    if one.exercise_min is not None:
        return f"{decimal(one.exercise_min)} min"
    return "yes" if one.exercises else ""


def _table(analysis: Analysis, days: Sequence[_Day], way: Way, text: Formatter) -> Table:
    columns = [Column(key="day", label="Day", align="start"), *_columns(analysis, way, text)]
    return Table(
        key="days",
        title="Day by day",
        columns=tuple(columns),
        rows=tuple(
            (
                Cell(text=day_label(day.one.day), value=day.one.day.isoformat()),
                *(_cell(column.key, day, text) for column in columns[1:]),
            )
            for day in days
        ),
    )


def _columns(analysis: Analysis, way: Way, text: Formatter) -> list[Column]:
    """What a day of this way can tell."""
    unit = str(text.unit)
    found = []
    if way.has_sensor:
        found += [
            Column(key="sensor_mean", label="Sensor mean", unit=unit),
            Column(key="in_target", label="In target", unit="%"),
        ]
    found += [
        Column(key="meter_n", label="Meter readings"),
        Column(key="meter_mean", label="Meter mean", unit=unit),
    ]
    if way.on_pump:
        found += [
            Column(key="basal", label="Basal", unit="U"),
            Column(key="bolus", label="Bolus", unit="U"),
        ]
    if way.on_pens:
        words = {"long": "Long-acting", "rapid": "Rapid-acting", "premix": "Premixed"}
        words["other"] = "Insulin of unknown kind"
        found += [
            Column(key=f"{key}_u", label=words[key], unit="U") for key in speeds_in_use(analysis)
        ]
    if way.on_pump or way.on_pens or any(one.carbs_g is not None for one in day_numbers(analysis)):
        found.append(Column(key="carbs", label="Carbs", unit="g"))
    return found


def _cell(key: str, day: _Day, text: Formatter) -> Cell:
    one, insulin = day.one, day.one.insulin
    if key == "sensor_mean":
        return glucose_cell(one.sensor.mean if one.sensor else None, text, _NO_READINGS)
    if key == "in_target":
        if one.bands is None:
            return Cell(text=NONE, reason="no sensor readings on this day")
        return Cell(text=percent(one.bands.in_target), value=one.bands.in_target)
    if key == "meter_n":
        return _amount(one.meter.n if one.meter else None, _NO_READINGS, 0)
    if key == "meter_mean":
        return glucose_cell(one.meter.mean if one.meter else None, text, _NO_READINGS)
    if key == "carbs":
        return _amount(one.carbs_g, "no carbohydrate was entered", 0)
    if key in ("basal", "bolus"):
        why = (insulin.reason if insulin else "") or "no pump data on this day"
        is_known = insulin is not None and bool(insulin.total_u)
        return _amount(getattr(insulin, f"{key}_u") if is_known else None, why)
    return _amount(getattr(day.doses, key) if day.doses else None, _NOT_LOGGED)


def _amount(value: float | None, reason: str, places: int = 1) -> Cell:
    if value is None:
        return Cell(text=NONE, reason=reason)
    return Cell(text=decimal(value, places), value=value)
