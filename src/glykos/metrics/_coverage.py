"""Which days of a window are complete enough to count events per day.

A day on which nothing was recorded is unknown, not a day without events; and the first and last
day of the data are partial where recording began late or stopped early.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date

import numpy as np

from glykos.metrics._analysis import Analysis, once
from glykos.metrics._metric import NotEnoughData, Result, Value
from glykos.therapy.clock import DAY_S, date_of
from glykos.therapy.records import Record

#: The first day of the data counts when something was recorded by 10:00, the last one when
#: something was recorded from 20:00 on. Days in between count when anything was recorded.
FIRST_BY_S = 10 * 3600
LAST_FROM_S = 20 * 3600
NO_DAY = NotEnoughData("no complete day of data in this period")
_NOT_EVENTS = frozenset({"settings_snapshot", "basal_schedule"})


@once
def complete_days(analysis: Analysis) -> tuple[date, ...]:
    """Local days of the window that are complete enough for numbers per day, ascending."""
    whole, window = analysis.whole, analysis.window
    inside = analysis.history
    at = [record.at_s for group in _events(inside.records) for record in group]
    recorded = set(np.unique(inside.sensor.at_s // DAY_S).tolist()) | {s // DAY_S for s in at}
    ends = [n for group in _events(whole.records) for n in (group[0].at_s, group[-1].at_s)]
    if len(whole.sensor):
        ends += [int(whole.sensor.at_s[0]), int(whole.sensor.at_s[-1])]
    if ends:
        first, last = min(ends), max(ends)
        if first % DAY_S > FIRST_BY_S:
            recorded.discard(first // DAY_S)
        if last % DAY_S < LAST_FROM_S:
            recorded.discard(last // DAY_S)
    return tuple(
        day for n in sorted(recorded) if window.first <= (day := date_of(n)) <= window.last
    )


def _events(records: dict[type[Record], tuple[Record, ...]]) -> Iterable[tuple[Record, ...]]:
    return (group for kind, group in records.items() if group and kind.kind not in _NOT_EVENTS)


def by_day(records: Iterable[Record]) -> Counter[date]:
    """How many records each local day has."""
    return Counter(record.at_local.date() for record in records)


def per_day(analysis: Analysis, records: Iterable[Record], unit: str) -> Result:
    """Records per complete day; ``n`` is the number of days."""
    days = complete_days(analysis)
    if not days:
        return NO_DAY
    counted = by_day(records)
    return Value(sum(counted[day] for day in days) / len(days), unit, len(days))


def amount_per_day(analysis: Analysis, amounts: Iterable[tuple[date, float]], unit: str) -> Result:
    """A sum per complete day; ``n`` is the number of days."""
    days = set(complete_days(analysis))
    if not days:
        return NO_DAY
    return Value(sum(value for day, value in amounts if day in days) / len(days), unit, len(days))
