"""The tables of the Sensor Daily Overlay: a row for each measure, a column for each day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from glykos.metrics._metric import Result
from glykos.metrics.days import DayNumbers
from glykos.reports._blocks import Cell, Column, Table
from glykos.reports._format import NONE, Formatter, day_label, decimal, duration, percent
from glykos.reports._report import Options
from glykos.reports._stats import Line, cell, number_of

_NO_READINGS = "no sensor readings on this day"
_NO_PAIR = "no meter reading is near a sensor reading"
_FEW_PAIRS = "fewer than 3 meter readings are near a sensor reading"


@dataclass(frozen=True, slots=True)
class _Measure:
    """One row: its label, a day's value with its text, and the value of all days together."""

    label: str
    of_day: Callable[[DayNumbers], float | None]
    show: Callable[[float], str]
    together: Cell
    reason: str = _NO_READINGS


def day_tables(
    chosen: Sequence[DayNumbers], total: Mapping[str, Result], options: Options
) -> tuple[Table, Table, Table]:
    """Readings, excursions and times in target of the chosen days and of all together.

    ``total`` are the metrics of the chosen days as one period.
    """
    text = Formatter(options.unit, options.clock_24h)
    limits = text.limit(options.targets.low), text.limit(options.targets.high)
    minutes = sum(one.bands.minutes for one in chosen if one.bands)
    return (
        _table("readings", "Readings by day", chosen, _readings(chosen, total, text)),
        _table(
            "excursions",
            "Excursions by day",
            chosen,
            _excursions(total, text, limits),
            "AUC is how far readings lie beyond the limit, averaged over all sensor time"
            f" ({duration(minutes)} h in these days).",
        ),
        _table(
            "times",
            "Time above, within and below target",
            chosen,
            _times(total, limits, minutes),
        ),
    )


def _readings(
    chosen: Sequence[DayNumbers], total: Mapping[str, Result], text: Formatter
) -> list[_Measure]:
    unit = str(text.unit)

    def whole(key: str, places: int | None = None) -> Cell:
        return cell(Line(key, "", places), total[key], text)

    def glucose(label: str, key: str, pick: Callable[[DayNumbers], float | None]) -> _Measure:
        def in_unit(one: DayNumbers) -> float | None:
            value = pick(one)
            return None if value is None else text.in_unit(value)

        show = partial(decimal, places=text.places)
        return _Measure(f"{label} ({unit})", in_unit, show, whole(key))

    return [
        _Measure("Sensor readings", lambda one: one.n, decimal, _sum([one.n for one in chosen])),
        glucose("Highest", "highest", lambda one: one.highest),
        glucose("Lowest", "lowest", lambda one: one.lowest),
        glucose("Average", "mean", lambda one: one.sensor.mean if one.sensor else None),
        glucose("Standard deviation", "sd", lambda one: one.sensor.sd if one.sensor else None),
        _Measure(
            "MARD (%)",
            lambda one: one.pairs.mard if len(one.pairs) else None,
            lambda value: decimal(value, 1),
            whole("mard", 1),
            _NO_PAIR,
        ),
        _Measure(
            "Correlation r",
            lambda one: one.pairs.r,
            lambda value: decimal(value, 2),
            whole("correlation", 2),
            _FEW_PAIRS,
        ),
        _Measure(
            "Calibrations",
            lambda one: one.calibrations,
            decimal,
            _sum([one.calibrations for one in chosen]),
        ),
    ]


def _excursions(
    total: Mapping[str, Result], text: Formatter, limits: tuple[str, str]
) -> list[_Measure]:
    unit = str(text.unit)
    low, high = limits

    def count(label: str, key: str, pick: Callable[[DayNumbers], float | None]) -> _Measure:
        return _Measure(label, pick, decimal, cell(Line(key, ""), total[key], text))

    def area(label: str, key: str, pick: Callable[[DayNumbers], float | None]) -> _Measure:
        def in_unit(one: DayNumbers) -> float | None:
            value = pick(one)
            return None if value is None else text.in_unit(value)

        # AUC is often below 1 and gets a decimal more than glucose.
        show = partial(decimal, places=text.places + 1)
        together = cell(Line(key, "", 1), total[key], text)
        return _Measure(f"{label} ({unit})", in_unit, show, together)

    return [
        count("Excursions", "excursions", _both),
        count(
            f"High, above {high}",
            "excursions_high",
            lambda one: one.excursions.high if one.excursions else None,
        ),
        count(
            f"Low, below {low}",
            "excursions_low",
            lambda one: one.excursions.low if one.excursions else None,
        ),
        area(f"AUC above {high}", "auc_above", lambda one: one.auc_above),
        area(f"AUC below {low}", "auc_below", lambda one: one.auc_below),
    ]


def _both(one: DayNumbers) -> float | None:
    return one.excursions.high + one.excursions.low if one.excursions else None


def _times(total: Mapping[str, Result], limits: tuple[str, str], minutes: float) -> list[_Measure]:
    low, high = limits
    rows: list[_Measure] = []
    for label, name, key in (
        (f"Above {high}", "above", "target_above"),
        (f"Within {low} to {high}", "in_target", "target_in"),
        (f"Below {low}", "below", "target_below"),
    ):
        rows += _share_and_time(label, name, number_of(total[key]), minutes)
    return rows


def _share_and_time(
    label: str, name: str, together: float | None, minutes: float
) -> list[_Measure]:
    """A share of the day, and the same as hours and minutes."""

    def share(one: DayNumbers) -> float | None:
        return getattr(one.bands, name) if one.bands else None

    def time(one: DayNumbers) -> float | None:
        return getattr(one.bands, name) / 100 * one.bands.minutes if one.bands else None

    lasted = None if together is None else together / 100 * minutes
    return [
        _Measure(f"{label} (%)", share, percent, _shown(together, percent)),
        _Measure(f"{label} (h:mm)", time, duration, _shown(lasted, duration)),
    ]


def _sum(values: Sequence[int]) -> Cell:
    return Cell(text=str(sum(values)), value=sum(values))


def _shown(value: float | None, show: Callable[[float], str], reason: str = _NO_READINGS) -> Cell:
    if value is None:
        return Cell(text=NONE, reason=reason)
    return Cell(text=show(value), value=value)


def _table(
    key: str, title: str, chosen: Sequence[DayNumbers], rows: list[_Measure], note: str = ""
) -> Table:
    return Table(
        key=key,
        title=title,
        columns=(
            Column(key="measure", label="Measure", align="start"),
            *(Column(key=one.day.isoformat(), label=day_label(one.day)) for one in chosen),
            Column(key="together", label="Average/Total"),
        ),
        rows=tuple(
            (
                Cell(text=row.label),
                *(_shown(row.of_day(one), row.show, row.reason) for one in chosen),
                row.together,
            )
            for row in rows
        ),
        note=note,
    )
