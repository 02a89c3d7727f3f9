"""Daily Summary: what caused this low or high on this day?

One day of glucose, food, insulin, stops and alarms on one clock, the bolus table, statistics,
and the day's insulin compared with the pump's own total. A window of several days becomes one
page for each day that has data.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from glykos.charts import DayChart
from glykos.metrics import compute_from
from glykos.metrics._analysis import Analysis
from glykos.metrics._doses import SPEEDS, days_of_injections, speeds_of_the_week
from glykos.metrics._metric import Result
from glykos.metrics.behaviour import overrides, stopped_minutes
from glykos.metrics.days import DayNumbers, day_numbers
from glykos.reports._blocks import (
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Heading,
    Note,
    PageBreak,
    Stat,
    Stats,
    Table,
)
from glykos.reports._boluses import GivenBolus, bolus_table, given_boluses
from glykos.reports._clockface import DayClock
from glykos.reports._day_chart import (
    basal_steps,
    carb_pills,
    doses,
    left_out_trace,
    meter_dots,
    sensor_trace,
    spans,
)
from glykos.reports._day_events import STOP_WORDS, DayEvent, day_events, events_table, marks
from glykos.reports._document import document, gap_minutes
from glykos.reports._format import (
    NONE,
    Formatter,
    day_text,
    decimal,
    duration,
    signed,
)
from glykos.reports._glucose import axis, formatter, need_data, phrase, sensor_bar, sentence
from glykos.reports._report import Options, Report
from glykos.reports._sources import source_names, source_of
from glykos.reports._stats import Line, stats
from glykos.reports._ways import is_on_pens, is_on_pump, may_have_sensor, owns_pump
from glykos.therapy import records as r
from glykos.therapy.basal import BasalInterval, delivered_basal
from glykos.therapy.clock import DAY_MIN, Window
from glykos.therapy.history import History
from glykos.therapy.reconciliation import reconcile

_SENSOR = (
    Line("mean", "Sensor average"),
    Line("sd", "Sensor standard deviation"),
    Line("highest", "Sensor highest"),
    Line("lowest", "Sensor lowest"),
    Line("target_above", "Above target"),
    Line("target_in", "In target"),
    Line("target_below", "Below target"),
    Line("auc_above", "AUC above the limit", 1),
    Line("auc_below", "AUC below the limit", 1),
    Line("sensor_minutes", "Sensor time", style="long time"),
)
_METER = (
    Line("bg_n", "Meter readings"),
    Line("bg_mean", "Meter average"),
    Line("bg_sd", "Meter standard deviation"),
    Line("bg_highest", "Meter highest"),
    Line("bg_lowest", "Meter lowest"),
    Line("bg_above", "Meter above target"),
    Line("bg_in", "Meter in target"),
    Line("bg_below", "Meter below target"),
)
_OF_PUMP = (
    ("tdd", "Total insulin"),
    ("basal", "Basal"),
    ("bolus", "Bolus"),
    ("boluses", "Boluses"),
)
_KEYS = tuple(line.metric for line in _SENSOR + _METER)


def build(history: History, window: Window, options: Options) -> Document:
    """The report; raises NotEnoughForReport when nothing at all is known about the window."""
    need_data(history, window)
    blocks: list[Block] = []
    for day in window:
        if history.within(Window(day, day)).span is None:
            continue
        if blocks:
            blocks.append(PageBreak())
        blocks += _one_day(history, day, options)
    return document(
        key=REPORT.key,
        title=REPORT.title,
        history=history,
        window=window,
        options=options,
        blocks=blocks,
    )


def _one_day(history: History, day: date, options: Options) -> list[Block]:
    text = formatter(options)
    analysis = Analysis(history, Window(day, day), options.targets, options.plan)
    clock = DayClock.of(history, day)
    given = given_boluses(analysis, day)
    events = day_events(history, clock, text)
    results = compute_from(analysis, keys=_KEYS)
    (numbers,) = day_numbers(analysis)
    blocks: list[Block] = [Heading(day_text(day))]
    if clock.length_min != DAY_MIN:
        hours = decimal(clock.length_min / 60, 0 if clock.length_min % 60 == 0 else 1)
        words = f"The clock was changed on this day, so it is drawn with {hours} hours."
        blocks.append(Note(kind="info", text=words))
    blocks.append(_figure(analysis, clock, options, (given, events), results))
    if not len(analysis.sensor):
        words = "There are no sensor readings on this day, so only meter readings are shown."
        if not numbers.meter:
            words = "No glucose was measured on this day."
        blocks.append(Note(kind="missing", text=words))
    bar = sensor_bar(analysis, options, title="Time in ranges")
    if bar is not None:
        blocks.append(bar)
    # One line says that there was no sensor or meter; ten dashes would say no more.
    lines = (
        *(_SENSOR if len(analysis.sensor) else _SENSOR[:1] if may_have_sensor(analysis) else ()),
        *(_METER if numbers.meter else _METER[:1]),
    )
    blocks.append(Stats(key="glucose", title="Glucose", items=stats(lines, results, text)))
    blocks += _insulin(analysis, numbers, given)
    if any(item.bolus.at_local.date() == day for item in given):
        blocks.append(bolus_table(given, day, text))
    if events:
        blocks.append(events_table(events, clock, source_names(history), text))
    return blocks


def _figure(
    analysis: Analysis,
    clock: DayClock,
    options: Options,
    told: tuple[tuple[GivenBolus, ...], tuple[DayEvent, ...]],
    results: Mapping[str, Result],
) -> Figure:
    given, events = told
    history, text = analysis.whole, formatter(options)
    intervals = delivered_basal(history, analysis.window)
    has_insulin = is_on_pump(analysis) or is_on_pens(analysis)
    what = "glucose, food and insulin" if has_insulin else "glucose and events"
    title = f"{day_text(clock.day)}: {what}"
    finding = sentence(
        [
            phrase("sensor average", results["mean"], text),
            phrase("in target", results["target_in"], text),
            phrase("below", results["target_below"], text),
            phrase("above", results["target_above"], text),
            phrase("meter average", results["bg_mean"], text),
        ],
        "No glucose readings on this day.",
    )
    carbs, bars = carb_pills(analysis, clock), doses(history, clock, given)
    return Figure(
        key="day",
        title=title,
        finding=finding,
        chart=DayChart(
            title=title,
            description=finding,
            axis=axis(options),
            ticks=clock.ticks(clock_24h=options.clock_24h),
            length_min=clock.length_min,
            clock=clock.breaks,
            sensor=sensor_trace(history, clock),
            left_out=left_out_trace(history, clock),
            gap_min=gap_minutes(analysis.interval_min),
            meter=meter_dots(history, clock),
            carbs=carbs,
            doses=bars,
            basal=basal_steps(intervals, clock),
            spans=spans(history, clock, intervals),
            marks=marks(events, clock),
            has_doses=bool(carbs or bars),
            # Whoever has no sensor need not be told so in every picture.
            sensor_text="No sensor readings on this day" if may_have_sensor(analysis) else "",
            has_basal=is_on_pump(analysis),
        ),
        table=_readings(analysis, text),
    )


def _readings(analysis: Analysis, text: Formatter) -> Table:
    """Sensor readings every half hour (the first of each), and every meter reading."""
    rows: list[tuple[int, str, float]] = []
    last = None
    series = analysis.sensor
    for at, value in zip(series.at_s.tolist(), series.mgdl.tolist(), strict=True):
        if at // 1800 != last:
            last = at // 1800
            rows.append((at, "Sensor", value))
    names = source_names(analysis.whole)
    rows += [
        (one.at_s, f"Meter ({source_of(one, names)})", one.glucose.mgdl)
        for one in analysis.history.of(r.MeterGlucose)
    ]
    return Table(
        key="readings",
        title="Glucose readings",
        columns=(
            Column(key="time", label="Time", align="start"),
            Column(key="source", label="From", align="start"),
            Column(key="glucose", label="Glucose", unit=str(text.unit)),
        ),
        rows=tuple(
            (
                Cell(text=text.clock(at % 86_400 / 60)),
                Cell(text=source),
                Cell(text=text.glucose(value), value=text.in_unit(value)),
            )
            for at, source, value in sorted(rows)
        ),
        note="Sensor: the first reading of each half hour.",
    )


def _insulin(analysis: Analysis, numbers: DayNumbers, given: tuple[GivenBolus, ...]) -> list[Block]:
    """Insulin, food and activity of the day, and the comparison with the pump's own total."""
    history, day = analysis.whole, numbers.day
    on_pump, on_pens = is_on_pump(analysis), is_on_pens(analysis)
    items: list[Stat] = []
    if on_pump:
        items += _pump_items(analysis, numbers, given)
    elif owns_pump(history) and not on_pens:
        items += (_nothing(key, label, "no pump data on this day") for key, label in _OF_PUMP)
    if on_pens:
        items += _pen_items(analysis, is_only=not on_pump)
    if numbers.carbs_g is not None:
        carbs = _amount("carbs", "Carbohydrate", numbers.carbs_g, "g", places=0)
        # The card of the other carbohydrate metric speaks of the pump's calculator.
        items.append(carbs if on_pump else replace(carbs, metric="carbs_entry_days"))
    elif on_pump or on_pens or owns_pump(history):
        nothing = _nothing("carbs", "Carbohydrate", "no carbohydrate was entered")
        items.append(nothing if on_pump else replace(nothing, metric="carbs_entry_days"))
    if numbers.exercises:
        items.append(
            _amount("exercise_min", "Exercise", numbers.exercise_min, "min", places=0)
            if numbers.exercise_min is not None
            else _nothing("exercise_min", "Exercise", "its duration was not entered")
        )
    title = "Insulin, food and activity" if on_pump or on_pens else "Food and activity"
    blocks: list[Block] = [Stats(key="insulin", title=title, items=tuple(items))] if items else []
    if on_pump:
        blocks.append(_reconciliation(history, day, numbers))
    return blocks


def _pen_items(analysis: Analysis, *, is_only: bool) -> list[Stat]:
    """Injections of the day by speed; for somebody without a pump also that none was logged."""
    found = days_of_injections(analysis)
    if not found:
        if not is_only:
            return []
        return [_nothing("injected", "Injected insulin", "none logged on this day")]
    (doses,) = found
    items = [_amount("injected", "Injected insulin", doses.total_u, "U")]
    for key, words, _ in SPEEDS:
        units = getattr(doses, f"{key}_u")
        metric = f"injected_{key}" if key != "other" else ""
        label = f"of it {words}" if doses.injections > 1 else words.capitalize()
        if units is not None:
            one = _amount(f"injected_{key}", label, units, "U")
            items.append(replace(one, metric=metric))
        elif is_only and key in speeds_of_the_week(analysis):
            items.append(_nothing(f"injected_{key}", label, "none logged on this day"))
    return [*items, _count("injections", "Injections", doses.injections)]


def _pump_items(
    analysis: Analysis, numbers: DayNumbers, given: tuple[GivenBolus, ...]
) -> list[Stat]:
    insulin = numbers.insulin
    reason = (insulin.reason if insulin else "") or "no pump data on this day"
    total, basal = (insulin.total_u, insulin.basal_u) if insulin else (None, None)
    # Days with the pump's own automatic total say themselves what is missing.
    told = insulin is not None and insulin.automatic_u is not None
    if total is None and not told and _is_automatic(analysis, given):
        reason = "not available in automatic mode: the file does not say what the pump gave"
    items = [
        _amount("tdd", "Total insulin", total, "U", why=reason),
        _amount("basal", "Basal", basal, "U", why=reason),
    ]
    if insulin and insulin.automatic_u is not None:
        label = "of it automatic insulin"
        items.append(_amount("automatic_insulin", label, insulin.automatic_u, "U"))
    items.append(_amount("bolus", "Bolus", insulin.bolus_u if insulin else None, "U", why=reason))
    today = [item for item in given if item.bolus.at_local.date() == numbers.day]
    by_hand = [item for item in today if not item.bolus.is_automatic]
    with_estimate = sum(1 for item in by_hand if item.estimate is not None)
    changed, _ = overrides(analysis)
    items += [
        _count("boluses", "Boluses", len(today)),
        _count("boluses_estimated", "With the bolus calculator", with_estimate),
        _count("boluses_manual", "Without the calculator", len(by_hand) - with_estimate),
        _count("boluses_automatic", "Automatic boluses", len(today) - len(by_hand)),
        _count(
            "overrides_plus",
            "Set higher than recommended",
            sum(1 for one in changed if one.difference_u > 0),
        ),
        _count(
            "overrides_minus",
            "Set lower than recommended",
            sum(1 for one in changed if one.difference_u < 0),
        ),
    ]
    stopped = stopped_minutes(analysis)
    if not stopped:
        items.append(_time("suspend_min", "Delivery stopped", 0.0))
    for (_, why), minutes in sorted(stopped.items(), key=lambda item: item[0][1]):
        items.append(_time("suspend_min", f"Delivery stopped: {STOP_WORDS[why]}", minutes))
    temps = [one for one in delivered_basal(analysis.whole, analysis.window) if one.kind == "temp"]
    if temps:
        items.append(_time("temp_basals", "Temporary basal rates", _minutes(temps)))
    return items


def _is_automatic(analysis: Analysis, given: tuple[GivenBolus, ...]) -> bool:
    """Whether the pump's algorithm was at work on this day."""
    if any(item.bolus.is_automatic for item in given):
        return True
    if any(one.kind == "auto" for one in delivered_basal(analysis.whole, analysis.window)):
        return True
    return any(one.scope is r.TotalScope.AUTO for one in analysis.history.of(r.DailyTotal))


def _minutes(intervals: list[BasalInterval]) -> float:
    return sum(one.hours for one in intervals) * 60


def _amount(
    key: str, label: str, value: float | None, unit: str, *, places: int = 1, why: str = ""
) -> Stat:
    if value is None:
        return _nothing(key, label, why)
    return Stat(
        key=key, label=label, text=decimal(value, places), unit=unit, value=value, metric=key
    )


def _count(key: str, label: str, number: int) -> Stat:
    return Stat(key=key, label=label, text=str(number), value=float(number), metric=key)


def _time(key: str, label: str, minutes: float) -> Stat:
    return Stat(
        key=key, label=label, text=duration(minutes), unit="h:mm", value=minutes, metric=key
    )


def _nothing(key: str, label: str, reason: str) -> Stat:
    return Stat(key=key, label=label, text=NONE, reason=reason, metric=key)


def _reconciliation(history: History, day: date, numbers: DayNumbers) -> Note:
    """Delivered insulin from events against the pump's own total of the day."""
    found = reconcile(history, day)
    insulin = numbers.insulin
    if insulin is not None and insulin.automatic_u is not None and insulin.basal_u is None:
        return Note(kind="info", text=f"Insulin check: {insulin.reason}.")
    if insulin is not None and insulin.automatic_u is not None:
        own = decimal(insulin.automatic_u, 1)
        words = f"In automatic mode basal is the pump's own total of automatic insulin ({own} U)."
        return Note(kind="info", text=f"{words} It cannot be checked against single deliveries.")
    if found.delta_u is None or found.pump_total_u is None:
        return Note(kind="info", text=f"Insulin check: {_small(found.reason)}")
    ours = found.pump_total_u + found.delta_u
    words = (
        f"Insulin check: {decimal(ours, 2)} U from single deliveries,"
        f" {decimal(found.pump_total_u, 2)} U in the pump's own daily total"
        f" (difference {signed(found.delta_u, 2)} U)."
    )
    if found.agrees:
        return Note(kind="info", text=f"{words} They agree.")
    return Note(kind="warning", text=f"{words} {found.reason}")


def _small(sentence_text: str) -> str:
    return sentence_text[:1].lower() + sentence_text[1:]


REPORT = Report(
    key="daily",
    title="Daily Summary",
    question="What caused this low or high on this day?",
    default_days=1,
    chooses="day",
    build=build,
)
