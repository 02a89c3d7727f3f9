"""Tables for people without a pump: times of doses, medicines, finger-sticks by time of day."""

from collections.abc import Mapping
from dataclasses import replace

from glykos.metrics._analysis import Analysis
from glykos.metrics._doses import DoseTime, long_times, meal_times
from glykos.metrics._meal_sticks import MealSticks, meal_sticks
from glykos.metrics._metric import Result
from glykos.metrics.health import medicines, newest_hba1c
from glykos.metrics.meter import Meter, meter_values, statistics_of
from glykos.reports._blocks import Cell, Column, Stat, Table
from glykos.reports._format import (
    NONE,
    Formatter,
    date_text,
    day_label,
    decimal,
    duration,
    insulin,
)
from glykos.reports._report import Options
from glykos.reports._sources import source_names
from glykos.reports._stats import Line, glucose_cell, stat
from glykos.therapy.units import hba1c_mmol_per_mol

_FEW = "fewer than 3 doses"


def dose_table(analysis: Analysis, text: Formatter) -> Table | None:
    """How regular doses are by time of day, or None without injections at usual times."""
    found = (*long_times(analysis), *meal_times(analysis))
    if not found:
        return None
    return Table(
        key="dose-times",
        title="Doses by time of day",
        columns=(
            Column(key="dose", label="Dose", align="start"),
            Column(key="usual", label="Usual time"),
            Column(key="spread", label="Half within", unit="h:mm"),
            Column(key="amount", label="Usual dose", unit="U"),
            Column(key="doses", label="Doses"),
            Column(key="without", label="Days without an entry"),
        ),
        rows=tuple(_dose_row(one, text) for one in found),
        note="Usual times and doses are medians; half of the doses were taken closer to the usual"
        " time than “half within” says. At meals the first dose of the window counts. A day"
        " without an entry may be a day on which a dose was not written down.",
    )


def _dose_row(one: DoseTime, text: Formatter) -> tuple[Cell, ...]:
    spread = (
        Cell(text=NONE, reason=_FEW)
        if one.spread_min is None
        else Cell(text=duration(one.spread_min), value=one.spread_min)
    )
    without = (
        Cell(text=f"{one.without} of {one.days}", value=one.without)
        if one.days
        else Cell(text=NONE, reason="no complete day")
    )
    return (
        Cell(text=one.name),
        Cell(text=text.clock(one.usual_min), value=one.usual_min),
        spread,
        Cell(text=insulin(one.usual_u), value=one.usual_u),
        Cell(text=str(one.doses), value=one.doses),
        without,
    )


def medicine_table(analysis: Analysis) -> Table | None:
    """Medicines other than insulin, or None without any."""
    found = medicines(analysis)
    if not found:
        return None
    names = source_names(analysis.whole)
    return Table(
        key="medicines",
        title="Medicines",
        columns=(
            Column(key="medicine", label="Medicine", align="start"),
            Column(key="dose", label="Newest dose"),
            Column(key="entries", label="Entries"),
            Column(key="days", label="Days with an entry"),
            Column(key="every", label="Days between"),
            Column(key="last", label="Last entry"),
            Column(key="source", label="From", align="start"),
        ),
        rows=tuple(
            (
                Cell(text=one.name),
                Cell(text=NONE, reason="no dose was entered")
                if one.dose is None
                else Cell(text=f"{insulin(one.dose)} {one.unit}".strip(), value=one.dose),
                Cell(text=str(one.entries), value=one.entries),
                Cell(text=f"{one.days} of {analysis.window.days}", value=one.days),
                Cell(text=NONE, reason="only one day with an entry")
                if one.every_days is None
                else Cell(text=insulin(one.every_days), value=one.every_days),
                Cell(text=day_label(one.last), value=one.last.isoformat()),
                Cell(text=", ".join(names.get(key, key) for key in one.device_ids)),
            )
            for one in found
        ),
        note="Days between is the median distance of days with an entry.",
    )


HEALTH = (
    Line("hba1c", "HbA1c", 1, optional=True),
    Line("weight", "Weight", 1, optional=True),
    Line("weight_change", "Change of weight", 1, style="signed", optional=True),
    Line("systolic", "Blood pressure, systolic", 0, optional=True),
    Line("diastolic", "Blood pressure, diastolic", 0, optional=True),
    Line("ketones_highest", "Highest ketones", 1, optional=True),
)


def health_stats(
    analysis: Analysis,
    now: Mapping[str, Result],
    before: Mapping[str, Result] | None,
    text: Formatter,
) -> tuple[Stat, ...]:
    """Laboratory and body, only what is known; HbA1c names its day and its IFCC value."""
    items = []
    for line in HEALTH:
        earlier = None if before is None else before[line.metric]
        one = stat(line, now[line.metric], text, earlier)
        if one.value is None and one.previous in ("", NONE):
            continue
        newest = newest_hba1c(analysis) if line.metric == "hba1c" else None
        if newest is not None:
            ifcc = decimal(hba1c_mmol_per_mol(newest.percent))
            label = f"HbA1c ({ifcc} mmol/mol), {date_text(newest.at_local.date())}"
            one = replace(one, label=label)
        items.append(one)
    return tuple(items)


def meal_sticks_table(analysis: Analysis, text: Formatter) -> Table | None:
    """Finger-sticks around logged meals, or None where no meal was logged."""
    found = meal_sticks(analysis)
    if not any(one.meals for one in found):
        return None
    unit = str(text.unit)

    def rise(one: MealSticks) -> Cell:
        if one.rise is None:
            return Cell(text=NONE, reason="no meal with both readings")
        return Cell(text=text.difference(one.rise), value=text.in_unit(one.rise))

    return Table(
        key="meal-sticks",
        title="Finger-sticks before and after meals",
        columns=(
            Column(key="meal", label="Meal", align="start"),
            Column(key="meals", label="Meals"),
            Column(key="n_before", label="Before"),
            Column(key="before", label="Average before", unit=unit),
            Column(key="n_after", label="After"),
            Column(key="after", label="Average after", unit=unit),
            Column(key="pairs", label="Both"),
            Column(key="rise", label="Rise", unit=unit),
        ),
        rows=tuple(
            (
                Cell(text=one.name),
                *(Cell(text=str(n), value=n) for n in (one.meals, one.n_before)),
                glucose_cell(one.before, text, "no reading before these meals"),
                Cell(text=str(one.n_after), value=one.n_after),
                glucose_cell(one.after, text, "no reading 1 to 3 hours after these meals"),
                Cell(text=str(one.pairs), value=one.pairs),
                rise(one),
            )
            for one in found
        ),
        note="Before: the reading nearest to the meal, from an hour before to 10 min after its"
        " entry. After: the one nearest to 2 hours, from 1 to 3 hours after, where no other meal"
        " followed. Rise is the mean over meals with both.",
    )


def meter_table(analysis: Analysis, options: Options) -> Table:
    """Finger-sticks in the person's own windows of the day."""
    text = Formatter(options.unit, options.clock_24h)
    records, plan, rows = meter_values(analysis), options.plan, []
    for name, span in (("Wake-up", plan.wake_up), *plan.meals, ("Bedtime", plan.bedtime)):
        found = statistics_of(
            tuple(one for one in records if one.minute_of_day in span), options.targets
        )
        rows.append((Cell(text=f"{name}, {text.span(span)}"), *_meter_cells(found, text)))
    return Table(
        key="meter-by-meal",
        title="Meter readings by time of day",
        columns=(
            Column(key="window", label="Time of day", align="start"),
            Column(key="n", label="Readings"),
            Column(key="mean", label="Average", unit=str(text.unit)),
            Column(key="above", label="Above target"),
            Column(key="in_target", label="In target"),
            Column(key="below", label="Below target"),
        ),
        rows=tuple(rows),
        note="Numbers of finger-sticks. Windows of the day may overlap.",
    )


def _meter_cells(found: Meter | None, text: Formatter) -> tuple[Cell, ...]:
    if found is None:
        empty = Cell(text=NONE, reason="no meter readings at this time of day")
        return (Cell(text="0", value=0), *(empty for _ in range(4)))
    counts = (found.above, found.in_target, found.below)
    return (
        Cell(text=str(found.n), value=found.n),
        glucose_cell(found.mean, text, ""),
        *(Cell(text=str(count), value=count) for count in counts),
    )
