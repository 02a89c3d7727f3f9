"""Quick View Summary: how have my last two weeks been?

All days on one clock, a strip with a column for each day, shares as bars, and statistics beside
those of the equally long period before. The page takes the form of the person's life: pump,
pens, finger-sticks only, tablets.
"""

from collections.abc import Mapping
from dataclasses import replace

from glykos.charts.band_bar import Part
from glykos.metrics import compute_from
from glykos.metrics._analysis import Analysis
from glykos.metrics._metric import Result
from glykos.metrics.health import newest_hba1c
from glykos.metrics.meter import meter_values
from glykos.metrics.profile import profile
from glykos.reports._blocks import Block, Cell, Column, Document, Figure, Note, Stat, Stats, Table
from glykos.reports._day_by_day import day_by_day
from glykos.reports._document import document
from glykos.reports._format import Formatter, counted, date_text, decimal, percent, period_text
from glykos.reports._glucose import (
    NO_GLUCOSE_TEXT,
    NO_SENSOR_TEXT,
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
from glykos.reports._quick_lines import KEYS, METER_TILES, SENSOR_TILES, groups
from glykos.reports._report import Options, Report
from glykos.reports._stats import Line, glucose_cell, number_of, stats
from glykos.reports._told_tables import dose_table, health_stats, medicine_table, meter_table
from glykos.reports._ways import Way
from glykos.therapy.clock import Window
from glykos.therapy.history import History


def build(history: History, window: Window, options: Options) -> Document:
    """The report; raises NotEnoughForReport when nothing at all is known about the window."""
    need_data(history, window)
    analysis = Analysis(history, window, options.targets, options.plan)
    text = formatter(options)
    now = compute_from(analysis, keys=KEYS)
    earlier, before = None, None
    if history.within(window.previous).span is not None:
        earlier = Analysis(history, window.previous, options.targets, options.plan)
        before = compute_from(earlier, keys=KEYS)
    way = Way.of(analysis)
    compared = Way.of(analysis, earlier) if earlier else way
    compared = replace(compared, has_meter=way.has_meter)
    blocks: list[Block] = [_tiles(analysis, way, now, text), *_notes(analysis, way)]
    blocks.append(_modal_day(analysis, options, now, text))
    blocks += [figure for figure in _bars(analysis, options, now) if figure is not None]
    blocks.append(day_by_day(analysis, way, options, text))
    blocks += _statistics(analysis, compared, now, before, text)
    return document(
        key=REPORT.key,
        title=REPORT.title,
        history=history,
        window=window,
        options=options,
        blocks=blocks,
    )


def _tiles(analysis: Analysis, way: Way, now: Mapping[str, Result], text: Formatter) -> Stats:
    """The big numbers; finger-sticks say how many they are, HbA1c says its day."""
    lines: tuple[Line, ...] = SENSOR_TILES
    if not way.has_sensor:
        with_insulin = way.on_pump or way.on_pens
        lines = tuple(one for one in METER_TILES if one.metric != "weight" or not with_insulin)
    items = tuple(_with_number(one) for one in stats(lines, now, text))
    newest = newest_hba1c(analysis)
    if newest is not None:
        label = f"HbA1c of {date_text(newest.at_local.date())}"
        items = tuple(replace(o, label=label) if o.metric == "hba1c" else o for o in items)
    return Stats(key="overview", title="Overview", items=items, style="tiles")


def _with_number(one: Stat) -> Stat:
    if one.n is None or one.metric not in ("bg_mean", "bg_in"):
        return one
    return replace(one, label=one.label.replace("inger-sticks", f"inger-sticks ({one.n})"))


def _notes(analysis: Analysis, way: Way) -> list[Block]:
    """What is missing or less certain, each in one sentence."""
    found: list[Block] = []
    if way.has_sensor:
        note = wear_note(analysis)
        found += [note] if note else []
    elif way.has_meter:
        words = "Finger-sticks are moments and no time in range: read them with their number."
        found.append(Note(kind="missing", text=f"{NO_SENSOR_TEXT} {words}"))
    else:
        found.append(Note(kind="missing", text=NO_GLUCOSE_TEXT))
    if not (way.on_pump or way.on_pens):
        words = "No insulin was logged in this period, so there are no insulin numbers."
        found.append(Note(kind="info", text=words))
    return found


def _modal_day(
    analysis: Analysis, options: Options, now: Mapping[str, Result], text: Formatter
) -> Figure:
    curves = profile(analysis)
    finding = sentence(
        [
            phrase("sensor average", now["mean"], text),
            phrase("in target", now["target_in"], text),
            phrase("meter average", now["bg_mean"], text),
        ],
        "No glucose readings in this period.",
    )
    title = f"All days on one clock ({counted(analysis.window.days, 'day')})"
    table = _hours(analysis, text) if len(analysis.sensor) else meter_table(analysis, options)
    return modal_day(
        title, finding, options, meter=meter_values(analysis), curves=curves, table=table
    )


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
    insulin = _pen_bar(now)
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


def _pen_bar(now: Mapping[str, Result]) -> Figure | None:
    """Long-acting beside other injected insulin, where both were logged."""
    share, total = (number_of(now[key]) for key in ("injected_long_percent", "injected"))
    if share is None or total is None:
        return None
    finding = f"{percent(share)} % of the injected insulin is long-acting."
    parts = tuple(
        Part(label=label, share=part / 100, role=role, detail=f"({decimal(units, 1)} U a day)")
        for label, part, role, units in (
            ("long-acting", share, "basal-bar", total * share / 100),
            ("other injections", 100 - share, "bolus", total * (100 - share) / 100),
        )
    )
    return bar_figure("injected-shares", "Long-acting and other injections", finding, parts)


def _statistics(
    analysis: Analysis,
    way: Way,
    now: Mapping[str, Result],
    before: Mapping[str, Result] | None,
    text: Formatter,
) -> list[Block]:
    window = analysis.window
    label = "" if before is None else period_text(window.previous)
    blocks: list[Block] = [
        Stats(key=key, title=title, items=stats(lines, now, text, before), previous_label=label)
        for key, title, lines in groups(way)
    ]
    health = health_stats(analysis, now, before, text)
    if health:
        title = "Laboratory and body"
        blocks.append(Stats(key="health", title=title, items=health, previous_label=label))
    doses = dose_table(analysis, text) if way.on_pens and not way.on_pump else None
    blocks += [table for table in (doses, medicine_table(analysis)) if table is not None]
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
