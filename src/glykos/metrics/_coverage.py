"""Which days of a window are complete enough to count events per day.

A day on which nothing was recorded is unknown, not a day without events; and a day on which
recording began late or stopped early is partial. Only the day itself and its two neighbours
decide, so that a slice of the data answers as the whole does.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np

from glykos.metrics._analysis import Analysis, once
from glykos.metrics._metric import NotEnoughData, Result, Value
from glykos.therapy.clock import DAY_S, date_of
from glykos.therapy.records import (
    LOGBOOK,
    BasalPatternSelected,
    BasalRate,
    Bolus,
    BolusEstimate,
    Prime,
    Record,
    Resume,
    Rewind,
    Suspend,
    TempBasal,
)

#: A day after one without records counts when something was recorded by 10:00, a day before one
#: without records when something was recorded from 20:00 on. Others count when anything was.
FIRST_BY_S = 10 * 3600
LAST_FROM_S = 20 * 3600
NO_DAY = NotEnoughData("no complete day of data in this period")
NO_PUMP = NotEnoughData("no pump data in this period")
NO_PUMP_DAY = NotEnoughData("no complete day of pump data in this period")
#: What the definitions of metrics say about their days.
COMPLETE = (
    " A day is complete when anything was recorded, by 10:00 where the day before has nothing and"
    " from 20:00 on where the day after has nothing."
)
PUMP_COMPLETE = (
    " A day of pump data is complete when the pump told of a bolus, basal rate, stop or filling,"
    " by 10:00 where the day before has none and from 20:00 on where the day after has none."
)
_NOT_EVENTS = frozenset({"settings_snapshot", "basal_schedule"})
#: What only a pump records as it happens. Daily totals are about a day and not an event of it.
_OF_PUMPS: tuple[type[Record], ...] = (
    Bolus,
    BolusEstimate,
    BasalRate,
    BasalPatternSelected,
    TempBasal,
    Suspend,
    Resume,
    Prime,
    Rewind,
)
_Span = tuple[int, int]


@once
def complete_days(analysis: Analysis) -> tuple[date, ...]:
    """Local days of the window that are complete enough for numbers per day, ascending."""
    spans = _spans(
        record.at_s
        for kind, group in analysis.whole.records.items()
        if kind.kind not in _NOT_EVENTS
        for record in group
    )
    at = analysis.whole.sensor.at_s
    if len(at):
        days, first = np.unique(at // DAY_S, return_index=True)
        last = np.append(first[1:], len(at)) - 1
        for day, start_s, end_s in zip(
            days.tolist(), at[first].tolist(), at[last].tolist(), strict=True
        ):
            known = spans.get(day, (start_s, end_s))
            spans[day] = (min(known[0], start_s), max(known[1], end_s))
    return _complete(analysis, spans)


@once
def pump_days(analysis: Analysis) -> tuple[date, ...]:
    """Local days of the window with complete data of a pump, ascending (definitions.md §8)."""
    return _complete(analysis, _spans(record.at_s for record in pump_records(analysis)))


@once
def has_pump(analysis: Analysis) -> bool:
    """Whether a pump recorded anything in the window."""
    return any(record.at_local in analysis.window for record in pump_records(analysis))


@once
def pump_records(analysis: Analysis) -> tuple[Record, ...]:
    """What pumps recorded as it happened, also around the window; class after class."""
    return tuple(
        record
        for kind in _OF_PUMPS
        for record in analysis.whole.of(kind)
        if record.device_id != LOGBOOK
    )


def logbook_days(analysis: Analysis) -> tuple[date, ...]:
    """Days for what people enter: those of a pump where one was worn, else all complete days."""
    return pump_days(analysis) if has_pump(analysis) else complete_days(analysis)


def _spans(at_s: Iterable[int]) -> dict[int, _Span]:
    """First and last wall second of each day number."""
    found: dict[int, _Span] = {}
    for at in at_s:
        first, last = found.get(at // DAY_S, (at, at))
        found[at // DAY_S] = (min(first, at), max(last, at))
    return found


def _complete(analysis: Analysis, spans: Mapping[int, _Span]) -> tuple[date, ...]:
    inside = range(analysis.window.start_s // DAY_S, analysis.window.end_s // DAY_S)
    return tuple(
        date_of(day)
        for day in inside
        if day in spans
        and (day - 1 in spans or spans[day][0] % DAY_S <= FIRST_BY_S)
        and (day + 1 in spans or spans[day][1] % DAY_S >= LAST_FROM_S)
    )


def per_day(analysis: Analysis, records: Iterable[Record], unit: str) -> Result:
    """Records per complete day; ``n`` is the number of days."""
    return _mean(complete_days(analysis), _ones(records), unit, NO_DAY)


def per_pump_day(analysis: Analysis, records: Iterable[Record], unit: str) -> Result:
    """Records per complete day of pump data; ``n`` is the number of days."""
    return amount_per_pump_day(analysis, _ones(records), unit)


def amount_per_day(analysis: Analysis, amounts: Iterable[tuple[date, float]], unit: str) -> Result:
    """A sum per complete day; ``n`` is the number of days."""
    return _mean(complete_days(analysis), amounts, unit, NO_DAY)


def amount_per_pump_day(
    analysis: Analysis, amounts: Iterable[tuple[date, float]], unit: str
) -> Result:
    """A sum per complete day of pump data; ``n`` is the number of days."""
    return _mean(pump_days(analysis), amounts, unit, NO_PUMP_DAY)


def amount_per_logbook_day(
    analysis: Analysis, amounts: Iterable[tuple[date, float]], unit: str
) -> Result:
    """A sum per day of :func:`logbook_days`; ``n`` is the number of days."""
    missing = NO_PUMP_DAY if has_pump(analysis) else NO_DAY
    return _mean(logbook_days(analysis), amounts, unit, missing)


def _ones(records: Iterable[Record]) -> Iterable[tuple[date, float]]:
    return ((record.at_local.date(), 1.0) for record in records)


def _mean(
    days: tuple[date, ...],
    amounts: Iterable[tuple[date, float]],
    unit: str,
    missing: NotEnoughData,
) -> Result:
    if not days:
        return missing
    counted = set(days)
    return Value(
        sum(value for day, value in amounts if day in counted) / len(days), unit, len(days)
    )
