"""Quick View Summary: how have my last two weeks been?

All days on one clock, a strip with a column for each day, shares as bars, and statistics beside
those of the equally long period before. Meter-only data get the same page without the sensor.
"""

from collections.abc import Mapping

from glykos.charts import DailyStrip
from glykos.charts.band_bar import Part
from glykos.charts.daily_strip import StripDay
from glykos.metrics import compute_from
from glykos.metrics._analysis import Analysis
from glykos.metrics._coverage import complete_days
from glykos.metrics._metric import Result
from glykos.metrics.behaviour import set_changes
from glykos.metrics.days import DayNumbers, day_numbers
from glykos.metrics.meter import meter_values
from glykos.metrics.profile import profile
from glykos.reports._blocks import Block, Cell, Column, Document, Figure, Note, Stats, Table
from glykos.reports._document import document
from glykos.reports._format import (
    NONE,
    Formatter,
    counted,
    day_label,
    decimal,
    duration,
    percent,
    period_text,
)
from glykos.reports._glucose import (
    NO_SENSOR_TEXT,
    axis,
    bar_figure,
    formatter,
    meter_bar,
    need_data,
    phrase,
    sensor_bar,
    sentence,
    wear_note,
)
from glykos.reports._profiles import modal_day
from glykos.reports._report import Options, Report
from glykos.reports._stats import Line, glucose_cell, number_of, stats
from glykos.therapy.clock import DAY_S, Window, date_of
from glykos.therapy.history import History

_TILES = (
    Line("mean", "Average glucose"),
    Line("target_in", "In target"),
    Line("gmi", "GMI", 1),
    Line("cv", "Variation (CV)"),
)
_METER_TILES = (
    Line("bg_mean", "Average meter reading"),
    Line("bg_in", "In target"),
    Line("bg_per_day", "Meter readings a day"),
)
_GROUPS: tuple[tuple[str, str, tuple[Line, ...]], ...] = (
    (
        "sensor",
        "Sensor glucose",
        (
            Line("mean", "Average"),
            Line("sd", "Standard deviation"),
            Line("cv", "Variation (CV)"),
            Line("gmi", "GMI", 1),
            Line("target_above", "Above target"),
            Line("target_in", "In target"),
            Line("target_below", "Below target"),
            Line("tbr54", "Very low (level 2)"),
            Line("wear_window", "Sensor active, whole period"),
            Line("sensor_minutes", "Sensor time", style="long time"),
        ),
    ),
    (
        "meter",
        "Meter glucose",
        (
            Line("bg_mean", "Average"),
            Line("bg_sd", "Standard deviation"),
            Line("bg_n", "Readings"),
            Line("bg_per_day", "Readings a day", 1),
            Line("bg_lowest", "Lowest"),
            Line("bg_highest", "Highest"),
            Line("bg_above", "Above target"),
            Line("bg_in", "In target"),
            Line("bg_below", "Below target"),
        ),
    ),
    (
        "insulin",
        "Insulin",
        (
            Line("tdd", "Total a day", 1),
            Line("tdd_sd", "Total a day, standard deviation", 1),
            Line("basal", "Basal a day", 1),
            Line("basal_percent", "Basal share"),
            Line("bolus", "Bolus a day", 1),
            Line("bolus_percent", "Bolus share"),
            Line("automatic_insulin", "Automatic insulin a day (in basal)", 1, optional=True),
            Line("boluses", "Boluses a day", 1),
            Line("boluses_estimated", "With the bolus calculator, a day", 1),
            Line("boluses_manual", "Without the calculator, a day", 1),
            Line("boluses_automatic", "Automatic boluses a day", 1, optional=True),
            Line("overrides_plus", "Set higher than recommended"),
            Line("overrides_minus", "Set lower than recommended"),
            Line("injected", "Injected insulin a day", 1, optional=True),
        ),
    ),
    (
        "daily-life",
        "Food, pump and activity",
        (
            Line("carbs", "Carbohydrate a day", 0),
            Line("carb_entries", "Carbohydrate entries a day", 1),
            Line("carbs_per_unit", "Carbohydrate for each unit of bolus", 1),
            Line("set_change_days", "Days between set changes", 1),
            Line("suspend_min", "Delivery stopped, a day", style="time"),
            Line("suspend_min_low", "of it on low glucose", style="time", optional=True),
            Line("suspend_min_before_low", "of it before low glucose", style="time", optional=True),
            Line("exercise_min", "Exercise a day", style="time"),
        ),
    ),
)
_KEYS = frozenset(
    line.metric
    for lines in (_TILES, _METER_TILES, *(group for _, _, group in _GROUPS))
    for line in lines
)


def build(history: History, window: Window, options: Options) -> Document:
    """The report; raises NotEnoughForReport when nothing at all is known about the window."""
    need_data(history, window)
    analysis = Analysis(history, window, options.targets, options.plan)
    text = formatter(options)
    now = compute_from(analysis, keys=_KEYS)
    before = None
    if history.within(window.previous).span is not None:
        earlier = Analysis(history, window.previous, options.targets, options.plan)
        before = compute_from(earlier, keys=_KEYS)
    has_sensor = len(analysis.sensor) > 0
    blocks: list[Block] = [
        Stats(
            key="overview",
            title="Overview",
            items=stats(_TILES if has_sensor else _METER_TILES, now, text),
            style="tiles",
        )
    ]
    if not has_sensor:
        blocks.append(Note(kind="missing", text=NO_SENSOR_TEXT))
    elif (note := wear_note(analysis)) is not None:
        blocks.append(note)
    blocks.append(_modal_day(analysis, options, now, text))
    blocks += [figure for figure in _bars(analysis, options, now) if figure is not None]
    blocks.append(_strip(analysis, options, text))
    blocks += _statistics(now, before, window, text)
    return document(
        key=REPORT.key,
        title=REPORT.title,
        history=history,
        window=window,
        options=options,
        blocks=blocks,
    )


def _modal_day(
    analysis: Analysis, options: Options, now: Mapping[str, Result], text: Formatter
) -> Figure:
    curves = profile(analysis)
    readings = sorted(
        (record.minute_of_day, record.glucose.mgdl) for record in meter_values(analysis)
    )
    finding = sentence(
        [
            phrase("sensor average", now["mean"], text),
            phrase("in target", now["target_in"], text),
            phrase("meter average", now["bg_mean"], text),
        ],
        "No glucose readings in this period.",
    )
    title = f"All days on one clock ({counted(analysis.window.days, 'day')})"
    table = _hours(analysis, text)
    return modal_day(title, finding, options, meter=readings, curves=curves, table=table)


def _hours(analysis: Analysis, text: Formatter) -> Table:
    """The profile at each full hour."""
    curves = profile(analysis)
    columns = [("p5", "5 %"), ("p25", "25 %"), ("p50", "Median"), ("p75", "75 %"), ("p95", "95 %")]
    names = [("mean", "Mean"), *columns]
    rows = []
    for slot, minute in enumerate(curves.minute.tolist()):
        if minute % 60:
            continue
        cells = [Cell(text=text.clock(minute))]
        cells += [
            glucose_cell(
                float(getattr(curves, name)[slot]), text, "too few readings at this time of day"
            )
            for name, _ in names
        ]
        rows.append(tuple(cells))
    return Table(
        key="profile",
        title="Sensor glucose by time of day",
        columns=(
            Column(key="time", label="Time", align="start"),
            *(Column(key=key, label=label, unit=str(text.unit)) for key, label in names),
        ),
        rows=tuple(rows),
    )


def _bars(
    analysis: Analysis, options: Options, now: Mapping[str, Result]
) -> tuple[Figure | None, ...]:
    insulin = None
    basal, bolus = number_of(now["basal_percent"]), number_of(now["bolus_percent"])
    if basal is not None and bolus is not None:
        amounts = [number_of(now[key]) or 0.0 for key in ("basal", "bolus")]
        finding = f"{percent(basal)} % of the insulin is basal and {percent(bolus)} % bolus."
        parts = (
            Part(
                label="basal",
                share=basal / 100,
                role="basal-bar",
                detail=f"({decimal(amounts[0], 1)} U a day)",
            ),
            Part(
                label="bolus",
                share=bolus / 100,
                role="bolus",
                detail=f"({decimal(amounts[1], 1)} U a day)",
            ),
        )
        insulin = bar_figure("insulin-shares", "Basal and bolus", finding, parts)
    return (
        sensor_bar(analysis, options, title="Time in ranges (sensor)"),
        meter_bar(analysis, title="Meter readings"),
        insulin,
    )


def _strip(analysis: Analysis, options: Options, text: Formatter) -> Figure:
    numbers = day_numbers(analysis)
    facts = _facts(analysis, numbers)
    names = tuple(name for name, texts in facts.items() if any(texts))
    days = tuple(
        _strip_day(one, tuple(facts[name][n] for name in names)) for n, one in enumerate(numbers)
    )
    title = "Day by day"
    known = sum(1 for day in days if day.has_glucose)
    finding = f"Glucose was measured on {known} of {counted(len(days), 'day')}."
    return Figure(
        key="daily-strip",
        title=title,
        finding=finding,
        chart=DailyStrip(
            title=title, description=finding, axis=axis(options), days=days, fact_names=names
        ),
        table=_days_table(numbers, text),
    )


def _strip_day(one: DayNumbers, facts: tuple[str, ...]) -> StripDay:
    insulin = one.insulin
    # A day whose basal is unknown must not look like a day with little insulin.
    known = insulin is not None and insulin.total_u is not None and insulin.total_u > 0
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
        basal_u=insulin.basal_u if insulin and known else None,
        bolus_u=insulin.bolus_u if insulin and known else None,
        carbs_g=one.carbs_g,
        facts=facts,
    )


def _facts(analysis: Analysis, numbers: tuple[DayNumbers, ...]) -> dict[str, list[str]]:
    """Rows under the strip: what happened on each day, "" for nothing."""
    changed = {date_of(at // DAY_S) for at in set_changes(analysis)}
    whole = set(complete_days(analysis))
    clock = {shift.before.date() for shift in analysis.clock_shifts}
    return {
        "Exercise": [_exercise_text(one) for one in numbers],
        "Injected U": [
            decimal(one.insulin.injected_u) if one.insulin and one.insulin.injected_u else ""
            for one in numbers
        ],
        "Set change": ["yes" if one.day in changed else "" for one in numbers],
        "Stopped": [duration(one.stopped_min) if one.stopped_min else "" for one in numbers],
        "Clock set": ["yes" if one.day in clock else "" for one in numbers],
        "Partial day": ["" if one.day in whole else "yes" for one in numbers],
    }


def _exercise_text(one: DayNumbers) -> str:
    if one.exercise_min is not None:
        return f"{decimal(one.exercise_min)} min"
    return "yes" if one.exercises else ""


def _days_table(numbers: tuple[DayNumbers, ...], text: Formatter) -> Table:
    unit = str(text.unit)

    def glucose(value: float | None) -> Cell:
        return glucose_cell(value, text, "no readings on this day")

    def amount(value: float | None, reason: str, places: int = 1) -> Cell:
        if value is None:
            return Cell(text=NONE, reason=reason)
        return Cell(text=decimal(value, places), value=value)

    rows = []
    for one in numbers:
        insulin = one.insulin
        why = (insulin.reason if insulin else "") or "no pump data on this day"
        is_known = insulin is not None and bool(insulin.total_u)
        rows.append(
            (
                Cell(text=day_label(one.day), value=one.day.isoformat()),
                glucose(one.sensor.mean if one.sensor else None),
                Cell(text=percent(one.bands.in_target), value=one.bands.in_target)
                if one.bands
                else Cell(text=NONE, reason="no sensor readings on this day"),
                amount(one.meter.n if one.meter else None, "no readings on this day", 0),
                glucose(one.meter.mean if one.meter else None),
                amount(insulin.basal_u if insulin and is_known else None, why),
                amount(insulin.bolus_u if insulin and is_known else None, why),
                amount(one.carbs_g, "no carbohydrate was entered", 0),
            )
        )
    return Table(
        key="days",
        title="Day by day",
        columns=(
            Column(key="day", label="Day", align="start"),
            Column(key="sensor_mean", label="Sensor mean", unit=unit),
            Column(key="in_target", label="In target", unit="%"),
            Column(key="meter_n", label="Meter readings"),
            Column(key="meter_mean", label="Meter mean", unit=unit),
            Column(key="basal", label="Basal", unit="U"),
            Column(key="bolus", label="Bolus", unit="U"),
            Column(key="carbs", label="Carbs", unit="g"),
        ),
        rows=tuple(rows),
    )


def _statistics(
    now: Mapping[str, Result],
    before: Mapping[str, Result] | None,
    window: Window,
    text: Formatter,
) -> list[Block]:
    label = "" if before is None else period_text(window.previous)
    blocks: list[Block] = [
        Stats(key=key, title=title, items=stats(lines, now, text, before), previous_label=label)
        for key, title, lines in _GROUPS
    ]
    if before is None:
        words = f"There are no data for the {counted(window.days, 'day')} before"
        blocks.append(Note(kind="info", text=f"{words}, so nothing is compared."))
    return blocks


REPORT = Report(
    key="quick-view",
    title="Quick View Summary",
    question="How have my last two weeks been?",
    default_days=14,
    build=build,
)
