"""Sensor Daily Overlay: at which times of day does the same thing happen on many days?

Chosen days over each other with their average, and tables with a column for each day. Without
sensor readings it shows the meter readings of all days on one clock and says why.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from glykos.charts import SensorOverlay
from glykos.charts._traces import Trace
from glykos.charts.sensor_overlay import DayLine
from glykos.metrics import compute_from
from glykos.metrics._analysis import Analysis
from glykos.metrics._metric import Result
from glykos.metrics.accuracy import Pairs
from glykos.metrics.days import DayNumbers, day_numbers
from glykos.metrics.meter import meter_values
from glykos.metrics.profile import profile, profile_of_days
from glykos.reports._blocks import Block, Cell, Column, Document, Figure, Note, Stats, Table
from glykos.reports._document import document, gap_minutes
from glykos.reports._format import (
    NONE,
    Formatter,
    counted,
    day_label,
    is_weekend,
)
from glykos.reports._glucose import (
    NO_GLUCOSE_TEXT,
    NO_SENSOR_TEXT,
    axis,
    formatter,
    meter_bar,
    need_data,
    phrase,
    sensor_bar,
    sentence,
)
from glykos.reports._overlay_tables import day_tables
from glykos.reports._profiles import bands_of, mean_of, modal_day, only_days
from glykos.reports._report import Options, Report
from glykos.reports._stats import Line, glucose_cell, stat
from glykos.therapy.clock import DAY_S, Window, day_number
from glykos.therapy.history import History

#: Days drawn when the reader has not chosen, and the most a reader can choose.
USUAL_DAYS, MOST_DAYS = 7, 14
_KEYS = (
    *("mean", "sd", "cv", "highest", "lowest", "mard", "correlation"),
    *("excursions", "excursions_high", "excursions_low", "auc_above", "auc_below"),
    *("target_above", "target_in", "target_below"),
)


def build(history: History, window: Window, options: Options) -> Document:
    """The report; raises NotEnoughForReport when nothing at all is known about the window."""
    need_data(history, window)
    analysis = Analysis(history, window, options.targets, options.plan)
    text = formatter(options)
    measured = tuple(one for one in day_numbers(analysis) if one.n)
    blocks: list[Block]
    if not measured:
        blocks = _meter_form(analysis, options, text)
    else:
        chosen = _chosen(measured, options)
        part = Analysis(
            only_days(history, window, {one.day for one in chosen}),
            window,
            options.targets,
            options.plan,
        )
        blocks = _sensor_form(analysis, part, chosen, measured, options)
    return document(
        key=REPORT.key,
        title=REPORT.title,
        history=history,
        window=window,
        options=options,
        blocks=blocks,
    )


def _chosen(measured: Sequence[DayNumbers], options: Options) -> tuple[DayNumbers, ...]:
    """The reader's days that have readings, else the last seven that have."""
    wanted = tuple(one for one in measured if one.day in options.days)[-MOST_DAYS:]
    return wanted or tuple(measured)[-USUAL_DAYS:]


def _sensor_form(
    analysis: Analysis,
    part: Analysis,
    chosen: tuple[DayNumbers, ...],
    measured: tuple[DayNumbers, ...],
    options: Options,
) -> list[Block]:
    text = formatter(options)
    total = compute_from(part, keys=_KEYS)
    blocks: list[Block] = [
        _tiles(total, text),
        _overlay(analysis, part, chosen, measured, options),
    ]
    bar = sensor_bar(part, options, title="Time in ranges, chosen days")
    if bar is not None:
        blocks.append(bar)
    if options.days and not any(one.day in options.days for one in measured):
        words = "The chosen days have no sensor readings; the last days with readings are shown."
        blocks.append(Note(kind="info", text=words))
    blocks += day_tables(chosen, total, options)
    blocks.append(_weekdays(analysis, chosen, options))
    blocks.append(Note(kind="info", text=_accuracy_text(chosen)))
    return blocks


def _tiles(total: dict[str, Result], text: Formatter) -> Stats:
    lines = (
        Line("mean", "Average glucose"),
        Line("target_in", "In target"),
        Line("cv", "Variation (CV)"),
        Line("excursions", "Excursions"),
    )
    return Stats(
        key="overview",
        title="Chosen days together",
        items=tuple(stat(line, total[line.metric], text) for line in lines),
        style="tiles",
    )


def _overlay(
    analysis: Analysis,
    part: Analysis,
    chosen: tuple[DayNumbers, ...],
    measured: tuple[DayNumbers, ...],
    options: Options,
) -> Figure:
    text = formatter(options)
    lines = tuple(_line(analysis, one.day) for one in chosen)
    total = compute_from(part, keys=("mean", "target_in", "target_below", "target_above"))
    finding = sentence(
        [
            f"{counted(len(chosen), 'day')} over each other",
            phrase("average", total["mean"], text),
            phrase("in target", total["target_in"], text),
            phrase("below", total["target_below"], text),
            phrase("above", total["target_above"], text),
        ],
        "No sensor readings.",
    )
    average = mean_of(profile_of_days(analysis, [one.day for one in chosen]))
    title = "Sensor glucose, day over day"
    return Figure(
        key="sensor-overlay",
        title=title,
        finding=finding,
        chart=SensorOverlay(
            title=title,
            description=finding,
            axis=axis(options),
            days=lines,
            average=average,
            bands=bands_of(profile(analysis)),
            available=tuple((one.day, day_label(one.day), is_weekend(one.day)) for one in measured),
            gap_min=gap_minutes(analysis.interval_min),
        ),
        table=_hourly(lines, average, text),
    )


def _line(analysis: Analysis, day: date) -> DayLine:
    series = analysis.sensor.within(Window(day, day))
    midnight = day_number(day) * DAY_S
    minutes = tuple(((series.at_s - midnight) / 60).tolist())
    return DayLine(
        day=day,
        label=day_label(day),
        trace=Trace(minutes, tuple(series.mgdl.tolist())),
        is_weekend=is_weekend(day),
    )


def _hourly(lines: tuple[DayLine, ...], average: Trace, text: Formatter) -> Table:
    """The first reading within a quarter of an hour after each full hour."""
    traces = [*((line.label, line.trace) for line in lines), ("Average", average)]

    def reading(trace: Trace, minute: int) -> Cell:
        for at, value in zip(trace.minutes, trace.mgdl, strict=True):
            if minute <= at < minute + 15:
                return glucose_cell(value, text, "")
        return Cell(text=NONE, reason="no reading at this time")

    columns = [
        Column(key=f"day_{n}", label=label, unit=str(text.unit))
        for n, (label, _) in enumerate(traces, start=1)
    ]
    return Table(
        key="overlay",
        title="Sensor glucose at each full hour",
        columns=(Column(key="time", label="Time", align="start"), *columns),
        rows=tuple(
            (Cell(text=text.clock(minute)), *(reading(trace, minute) for _, trace in traces))
            for minute in range(0, 1440, 60)
        ),
    )


def _weekdays(analysis: Analysis, chosen: tuple[DayNumbers, ...], options: Options) -> Stats:
    """Working days beside the weekend, over the chosen days."""
    text = formatter(options)
    items = []
    for name, wanted in (("Weekdays", False), ("Weekend", True)):
        days = {one.day for one in chosen if is_weekend(one.day) is wanted}
        part = Analysis(
            only_days(analysis.whole, analysis.window, days), analysis.window, options.targets
        )
        results = compute_from(part, keys=("mean", "target_in", "target_below"))
        for key, words in (
            ("mean", "average"),
            ("target_in", "in target"),
            ("target_below", "below target"),
        ):
            line = Line(key, f"{name} ({counted(len(days), 'day')}), {words}")
            one = stat(line, results[key], text)
            items.append(replace(one, key=f"{name.lower()}_{key}"))
    return Stats(key="weekdays", title="Weekdays and weekend", items=tuple(items))


def _accuracy_text(chosen: tuple[DayNumbers, ...]) -> str:
    """Which days have enough agreement with the meter; information, not a verdict.

    The limits are those recalled for CareLink's iPro reports (carelink-reports.md §3.2): three
    pairs, MARD up to 28 % (18 % where the day's meter values span less than 100 mg/dL), r from
    0.79.
    """
    without = [one for one in chosen if not _agrees(one.pairs)]
    if not without:
        return "Sensor and meter agree on all of these days."
    if not any(len(one.pairs) for one in chosen):
        return (
            "No meter reading is near a sensor reading on these days, so the two are not compared."
        )
    if len(without) == len(chosen):
        return (
            "On none of these days are there 3 meter readings near a sensor reading that agree"
            " with it well. Read the sensor glucose with your own judgement."
        )
    days = ", ".join(day_label(one.day) for one in without)
    return (
        "On these days there are fewer than 3 meter readings near a sensor reading, or the two"
        f" differ much: {days}. Read those days with your own judgement."
    )


def _agrees(pairs: Pairs) -> bool:
    if len(pairs) < 3 or pairs.r is None:
        return False
    span = float(pairs.meter.max() - pairs.meter.min())
    return pairs.mard <= (28 if span >= 100 else 18) and pairs.r >= 0.79


def _meter_form(analysis: Analysis, options: Options, text: Formatter) -> list[Block]:
    """Meter readings of all days on one clock, where there is no sensor."""
    results = compute_from(analysis, keys=("bg_n", "bg_mean", "bg_in", "bg_below", "bg_above"))
    finding = sentence(
        [phrase("meter average", results["bg_mean"], text)], "No glucose readings in this period."
    )
    title = "Meter readings, day over day"
    lines = (
        Line("bg_n", "Meter readings"),
        Line("bg_mean", "Average"),
        Line("bg_above", "Above target"),
        Line("bg_in", "In target"),
        Line("bg_below", "Below target"),
    )
    blocks: list[Block] = [
        Note(kind="missing", text=NO_SENSOR_TEXT if meter_values(analysis) else NO_GLUCOSE_TEXT),
        modal_day(title, finding, options, meter=meter_values(analysis)),
        Stats(
            key="meter",
            title="Meter glucose",
            items=tuple(stat(line, results[line.metric], text) for line in lines),
        ),
    ]
    bar = meter_bar(analysis, title="Meter readings and your target")
    return [*blocks, bar] if bar else blocks


REPORT = Report(
    key="sensor-overlay",
    title="Sensor Daily Overlay",
    question="At which times of day does the same thing happen on many days?",
    default_days=14,
    chooses="days",
    build=build,
)
