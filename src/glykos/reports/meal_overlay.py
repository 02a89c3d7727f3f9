"""Sensor Overlay by Meal: what happens around breakfast, lunch and dinner, and at night?

Traces aligned to the carb entry with their average, the nights on the clock, and what was left
out and why. Without sensor readings it shows meter readings by meal window.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np

from glykos.charts import MealOverlay
from glykos.charts._axes import ClockTick
from glykos.charts._traces import Trace
from glykos.charts.meal_overlay import OverlayPanel
from glykos.metrics._analysis import Analysis, Floats
from glykos.metrics._intake import intakes
from glykos.metrics.meals import MealOverlay as MealNumbers
from glykos.metrics.meals import Meals, NightOverlay, Shares, meals
from glykos.metrics.meter import meter_values
from glykos.reports._blocks import (
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Note,
    Stat,
    Stats,
    Table,
)
from glykos.reports._document import document, gap_minutes
from glykos.reports._format import (
    NONE,
    Formatter,
    counted,
    day_label,
    decimal,
    duration,
    percent,
)
from glykos.reports._glucose import axis, formatter, need_data
from glykos.reports._profiles import modal_day
from glykos.reports._report import Options, Report
from glykos.reports._sources import source_names
from glykos.reports._stats import glucose_cell
from glykos.reports._told_tables import meal_sticks_table, meter_table
from glykos.therapy.clock import DAY_MIN, Window, from_wall_seconds
from glykos.therapy.diary import CarbEntry
from glykos.therapy.history import History

_AFTER = ((60.0, 180.0),)
_BEFORE = ((-60.0, 0.0),)
_NO_NIGHT = "no sensor readings at night"
_NO_MEALS = "no meal in this window"
_NO_READINGS = "no sensor readings around these meals"


def build(history: History, window: Window, options: Options) -> Document:
    """The report; raises NotEnoughForReport when nothing at all is known about the window."""
    need_data(history, window)
    analysis = Analysis(history, window, options.targets, options.plan)
    blocks = (
        _sensor_form(analysis, options) if len(analysis.sensor) else _meter_form(analysis, options)
    )
    return document(
        key=REPORT.key,
        title=REPORT.title,
        history=history,
        window=window,
        options=options,
        blocks=blocks,
    )


def _sensor_form(analysis: Analysis, options: Options) -> list[Block]:
    text = formatter(options)
    found = meals(analysis)
    blocks: list[Block] = [_figure(analysis, found, options)]
    if not any(overlay.meals for overlay in found.overlays):
        words = (
            "No meal was found: no carbohydrate of at least 10 g was entered within your meal"
            " windows in this period."
        )
        blocks.append(Note(kind="missing", text=words))
    blocks += [_meal_table(found, text), _night_stats(found.night, options)]
    blocks += [*_told_by(found, analysis), *_left_out(found, analysis, text)]
    return blocks


def _told_by(found: Meals, analysis: Analysis) -> list[Block]:
    """Where the meals come from, as soon as it is not one bolus calculator."""
    told = Counter(meal.device_id for overlay in found.overlays for meal in overlay.meals)
    entries = analysis.history.of(CarbEntry)
    if not told or not any(entry.device_id in told for entry in entries):
        return []
    names = source_names(analysis.whole)
    parts = [f"{names.get(key, key)} {number}" for key, number in told.most_common()]
    return [Note(kind="info", text=f"Where the meals were entered: {', '.join(parts)}.")]


def _figure(analysis: Analysis, found: Meals, options: Options) -> Figure:
    text = formatter(options)
    panels = (
        *(_meal_panel(overlay, text) for overlay in found.overlays),
        _night_panel(found.night, options),
    )
    finding = " ".join(_meal_finding(overlay, text) for overlay in found.overlays)
    title = "Glucose around meals and at night"
    return Figure(
        key="meal-overlay",
        title=title,
        finding=finding,
        chart=MealOverlay(
            title=title,
            description=finding,
            axis=axis(options),
            panels=panels,
            gap_min=gap_minutes(analysis.interval_min),
        ),
        table=_average_table(found, text),
    )


def _meal_finding(overlay: MealNumbers, text: Formatter) -> str:
    if overlay.before is None or overlay.after is None:
        return f"{overlay.name}: {counted(len(overlay.meals), 'meal')}, not enough readings."
    before, after = text.glucose(overlay.before.mean), text.glucose(overlay.after.mean)
    return (
        f"{overlay.name}: {counted(len(overlay.meals), 'meal')}, average {before} before and"
        f" {after} {text.unit} after."
    )


def _meal_panel(overlay: MealNumbers, text: Formatter) -> OverlayPanel:
    amounts = [counted(len(overlay.meals), "meal")]
    if overlay.carbs_g is not None:
        amounts.append(f"average {decimal(overlay.carbs_g)} g")
    if overlay.bolus_u is not None:
        amounts.append(f"{decimal(overlay.bolus_u, 1)} U")
    ticks = (
        ClockTick(-60, "\u22121 h"),
        ClockTick(0, "meal"),
        ClockTick(60, "+1 h"),
        ClockTick(120, "+2 h"),
        ClockTick(180, "+3 h"),
    )
    return OverlayPanel(
        title=overlay.name,
        subtitle=", ".join(amounts),
        start=-60,
        end=180,
        ticks=ticks,
        traces=tuple(
            (
                f"{day_label(meal.day)} {text.time(from_wall_seconds(meal.at_s))}",
                _trace(overlay.minute, row),
            )
            for meal, row in zip(overlay.meals, overlay.traces, strict=True)
        ),
        average=_trace(overlay.minute, overlay.mean),
        spans=_BEFORE + _AFTER,
        marker=0,
        empty_text="No meals in this window",
    )


def _night_panel(night: NightOverlay, options: Options) -> OverlayPanel:
    text = formatter(options)
    plan = options.plan
    start = float(plan.bedtime.start_min)
    end = float(night.minute[-1]) if len(night.minute) else start + 60
    bedtime_end = start + ((plan.bedtime.end_min - plan.bedtime.start_min) % DAY_MIN or DAY_MIN)
    wake_start = end - ((plan.wake_up.end_min - plan.wake_up.start_min) % DAY_MIN or DAY_MIN)
    hours = range(int(-(-start // 120)) * 120, int(end) + 1, 120)
    return OverlayPanel(
        title="Night",
        subtitle=f"{counted(len(night.nights), 'night')}, bedtime to wake-up",
        start=start,
        end=end,
        ticks=tuple(ClockTick(m, text.short_clock(m % DAY_MIN)) for m in hours),
        traces=tuple(
            (f"Night after {day_label(day)}", _trace(night.minute, row))
            for day, row in zip(night.nights, night.traces, strict=True)
        ),
        average=_trace(night.minute, night.mean),
        spans=((start, min(bedtime_end, end)), (max(wake_start, start), end)),
        empty_text="No nights with sensor readings",
    )


def _trace(minute: "np.ndarray[tuple[int], np.dtype[np.int64]]", values: Floats) -> Trace:
    known = np.flatnonzero(~np.isnan(values))
    return Trace(tuple(minute[known].astype(float).tolist()), tuple(values[known].tolist()))


def _average_table(found: Meals, text: Formatter) -> Table:
    """The average lines every half hour around the meal."""
    unit = str(text.unit)
    minutes = range(-60, 181, 30)

    def at(overlay: MealNumbers, minute: int) -> Cell:
        value = float(overlay.mean[int(np.flatnonzero(overlay.minute == minute)[0])])
        return glucose_cell(value, text, "fewer than two meals with a reading")

    return Table(
        key="meal-average",
        title="Average glucose around meals",
        columns=(
            Column(key="minute", label="Minutes from the meal", align="start"),
            *(Column(key=o.name.lower(), label=o.name, unit=unit) for o in found.overlays),
        ),
        rows=tuple(
            (Cell(text=decimal(minute), value=minute), *(at(o, minute) for o in found.overlays))
            for minute in minutes
        ),
    )


_Row = tuple[str, Callable[[MealNumbers], Cell]]


def _meal_table(found: Meals, text: Formatter) -> Table:
    unit = str(text.unit)
    rows: list[_Row] = [
        ("Meals", lambda o: Cell(text=str(len(o.meals)), value=len(o.meals))),
        ("Average carbohydrate (g)", lambda o: _number(o.carbs_g, decimal, _NO_MEALS)),
        (
            "Average insulin with the meal (U)",
            lambda o: _number(o.bolus_u, lambda v: decimal(v, 1), "no dose with these meals"),
        ),
        *_share_rows("Before", lambda o: o.before, text),
        *_share_rows("After", lambda o: o.after, text),
        (f"Highest within 3 h ({unit})", lambda o: glucose_cell(o.peak, text, _NO_READINGS)),
        (
            "Time until the highest (h:mm)",
            lambda o: _number(o.minutes_to_peak, duration, _NO_READINGS),
        ),
        (f"Rise ({unit})", lambda o: _difference(o.rise, text)),
        (
            f"After 3 h against the start ({unit})",
            lambda o: _difference(o.change_3h, text),
        ),
    ]
    return Table(
        key="meals",
        title="Before and after meals",
        columns=(
            Column(key="measure", label="Measure", align="start"),
            *(Column(key=o.name.lower(), label=o.name) for o in found.overlays),
        ),
        rows=tuple(
            (Cell(text=label), *(pick(overlay) for overlay in found.overlays))
            for label, pick in rows
        ),
        note="Before is the hour before the carbohydrate entry, after is one to three hours after"
        " it. Insulin with the meal is what the meal's entry led to and what was injected from 30 min"
        " before to 60 min after it. Rise is the highest reading minus the reading at the meal.",
    )


def _share_rows(
    when: str, pick: Callable[[MealNumbers], Shares | None], text: Formatter
) -> list[_Row]:
    def row(name: str, show: Callable[[float], str]) -> Callable[[MealNumbers], Cell]:
        def shown(overlay: MealNumbers) -> Cell:
            found = pick(overlay)
            return _number(None if found is None else getattr(found, name), show, _NO_READINGS)

        return shown

    def mean(overlay: MealNumbers) -> Cell:
        found = pick(overlay)
        return glucose_cell(found.mean if found else None, text, _NO_READINGS)

    return [
        (f"{when}: average ({text.unit})", mean),
        (f"{when}: above target (%)", row("above", percent)),
        (f"{when}: in target (%)", row("in_target", percent)),
        (f"{when}: below target (%)", row("below", percent)),
    ]


def _number(value: float | None, show: Callable[[float], str], reason: str) -> Cell:
    if value is None:
        return Cell(text=NONE, reason=reason)
    return Cell(text=show(value), value=value)


def _difference(mgdl: float | None, text: Formatter) -> Cell:
    if mgdl is None:
        return Cell(text=NONE, reason=_NO_READINGS)
    return Cell(text=text.difference(mgdl), value=text.in_unit(mgdl))


def _night_stats(night: NightOverlay, options: Options) -> Stats:
    text = formatter(options)
    why = _NO_NIGHT
    shares = night.shares
    items = (
        Stat(key="nights", label="Nights", text=str(len(night.nights)), value=len(night.nights)),
        _glucose_stat("bedtime", "Average at bedtime", night.bedtime, text),
        _glucose_stat("wake_up", "Average at wake-up", night.wake_up, text),
        _stat("lows", "Lows", night.lows if shares else None, decimal, "", why),
        _stat("above", "Above target", shares.above if shares else None, percent, "%", why),
        _stat("in_target", "In target", shares.in_target if shares else None, percent, "%", why),
        _stat("below", "Below target", shares.below if shares else None, percent, "%", why),
    )
    return Stats(key="night", title="Nights, from bedtime to wake-up", items=items)


def _stat(
    key: str,
    label: str,
    value: float | None,
    show: Callable[[float], str],
    unit: str,
    reason: str,
) -> Stat:
    if value is None:
        return Stat(key=key, label=label, text=NONE, reason=reason)
    return Stat(key=key, label=label, text=show(value), unit=unit, value=value)


def _glucose_stat(key: str, label: str, mgdl: float | None, text: Formatter) -> Stat:
    if mgdl is None:
        return Stat(key=key, label=label, text=NONE, reason=_NO_NIGHT)
    value = text.in_unit(mgdl)
    return Stat(key=key, label=label, text=text.glucose(mgdl), unit=str(text.unit), value=value)


def _left_out(found: Meals, analysis: Analysis, text: Formatter) -> list[Block]:
    """What the numbers do not contain, so that nothing silently disappears."""
    rows = [
        (
            Cell(text=f"{day_label(meal.day)}, {text.time(from_wall_seconds(meal.at_s))}"),
            Cell(text=overlay.name),
            Cell(
                text="Another meal followed within 3 h: drawn, but not in the numbers after meals."
            ),
        )
        for overlay in found.overlays
        for meal in overlay.meals
        if meal.cut_short
    ]
    reasons = [
        (
            found.other_entries,
            "carbohydrate entry",
            "outside the meal windows, below 10 g, or after the day's first meal of its window",
        ),
        (found.treatments, "carbohydrate entry", "taken to treat a low"),
        (intakes(analysis).merged, "logbook entry", "told to the bolus calculator as well"),
    ]
    rows += [
        (
            Cell(text="Whole period"),
            Cell(text=_entries(number, noun)),
            Cell(text=f"Left out: {why}."),
        )
        for number, noun, why in reasons
        if number
    ]
    if not rows:
        return [Note(kind="info", text="Every carbohydrate entry of this period is included.")]
    return [
        Table(
            key="left-out",
            title="What was left out, and why",
            columns=(
                Column(key="when", label="When", align="start"),
                Column(key="what", label="What", align="start"),
                Column(key="why", label="Why", align="start"),
            ),
            rows=tuple(rows),
        )
    ]


def _entries(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun[:-1]}ies"


def _meter_form(analysis: Analysis, options: Options) -> list[Block]:
    """Meter readings around meals and by meal window, where there is no sensor."""
    records = meter_values(analysis)
    words = (
        "There are no sensor readings in this period, so glucose cannot be followed around meals."
        " The report shows meter readings by the time of day of your meals instead."
    )
    if not records:
        words = "No glucose was measured in this period, so there is nothing to show around meals."
    finding = f"{counted(len(records), 'meter reading')} in this period."
    sticks = meal_sticks_table(analysis, formatter(options)) if records else None
    return [
        Note(kind="missing", text=words),
        modal_day("Meter readings on one clock", finding, options, meter=records),
        *([sticks] if sticks else []),
        *(_told_by(meals(analysis), analysis) if sticks else []),
        meter_table(analysis, options),
    ]


REPORT = Report(
    key="meal-overlay",
    title="Sensor Overlay by Meal",
    question="What happens around breakfast, lunch and dinner, and at night?",
    default_days=14,
    build=build,
)
