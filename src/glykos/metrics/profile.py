"""The glucose profile: percentiles and mean of sensor glucose per time of day.

It holds arrays for charts and tables, no metric of its own. Nothing is smoothed: smoothing is
display only and never feeds a statistic.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from glykos.metrics._analysis import Analysis, Floats, Ints, once
from glykos.metrics._metric import Metric
from glykos.therapy.clock import DAY_S, day_number
from glykos.therapy.units import GlucoseScale

#: Least readings in a slot for the outer percentiles, the quartiles, the median; least days for
#: the mean. No consensus text fixes them; fewer readings make a percentile the extreme reading.
LEAST_OUTER, LEAST_QUARTILE, LEAST_MEDIAN, LEAST_DAYS = 10, 5, 3, 2
_LEAST = np.array([LEAST_OUTER, LEAST_QUARTILE, LEAST_MEDIAN, LEAST_QUARTILE, LEAST_OUTER])
_SHARES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])

#: The profile is a picture's data, not a single number.
METRICS: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Glucose by time of day; every array has shape (slots,), slot k starts at ``minute[k]``.

    ``p5`` ... ``p95`` and ``mean`` are in mg/dL, NaN where a slot has too little data: the outer
    percentiles need 10 readings, the quartiles 5, the median 3, the mean 2 days. ``n`` counts
    readings, ``days`` different local days in the slot.
    """

    minute: Ints
    p5: Floats
    p25: Floats
    p50: Floats
    p75: Floats
    p95: Floats
    mean: Floats
    n: Ints
    days: Ints


@once
def profile(analysis: Analysis) -> Profile:
    """Percentiles per time of day of every reading in the window.

    The slot is the sensor's interval, 5 min or longer, counted from local midnight on the wall
    clock: a repeated hour counts twice, a skipped hour not at all. Quantiles interpolate
    linearly (type 7) between the readings of all days in the slot.
    Source: Battelino 2019, doi 10.2337/dci19-0028 (5, 25, 50, 75, 95 %).
    """
    return _profile(analysis, slice(None))


def profile_of_days(analysis: Analysis, days: Collection[date]) -> Profile:
    """The profile of chosen days of the window only; see :func:`profile`."""
    chosen = np.array([day_number(day) for day in days], np.int64)
    return _profile(analysis, np.isin(analysis.sensor.at_s // DAY_S, chosen))


def slot_minutes(analysis: Analysis) -> int:
    """Width of a profile slot: the sample interval, at least 5 min, dividing the day evenly."""
    width = min(1440, max(5, analysis.interval_min))
    while 1440 % width:
        width += 1
    return width


def _profile(analysis: Analysis, rows: "slice | npt.NDArray[np.bool_]") -> Profile:
    series, window = analysis.sensor, analysis.window
    seconds = series.at_s[rows] - window.start_s
    scale = analysis.one_scale
    values = analysis.mgdl[rows] if scale is None else series.count[rows]
    return profiles([seconds], values, scale, (slot_minutes(analysis), window.days))[0]


def profiles(
    people: Sequence[Ints],
    values: "Floats | npt.NDArray[np.int16]",
    scale: GlucoseScale | None,
    size: tuple[int, int],
) -> list[Profile]:
    """The profile of each person.

    Args:
        people: seconds of each person's readings since the start of the window.
        values: all readings in the same order, as counts of ``scale``, or in mg/dL without one.
        scale: how to read counts; None when ``values`` are in mg/dL.
        size: minutes of a slot, days of the window.
    """
    width, days = size
    slots = 1440 // width
    cells = slots * days
    place = people[0] if len(people) == 1 else np.concatenate(people)
    place = place.astype(np.int32) // np.int32(width * 60)  # shorter numbers divide faster
    ends = np.cumsum([len(at) for at in people])
    for person in range(1, len(people)):
        place[ends[person - 1] : ends[person]] += person * cells
    pairs = np.bincount(place, minlength=cells * len(people)).reshape(len(people), days, slots)
    n = pairs.sum(axis=1)
    days_seen = (pairs > 0).sum(axis=1)
    # From (person, day, slot) to (person, slot).
    slot = place - place // slots * slots
    for person in range(1, len(people)):
        slot[ends[person - 1] : ends[person]] += person * slots
    value, sums = _sorted_by_slot(values, scale, slot, n.ravel())
    mean = np.divide(
        sums.reshape(n.shape), n, out=np.full(n.shape, np.nan), where=days_seen >= LEAST_DAYS
    )
    curves = _quantiles(value, n.ravel()).reshape(len(_SHARES), *n.shape)
    curves[n < _LEAST[:, None, None]] = np.nan
    minute = np.arange(slots) * width
    found = []
    for row in range(len(people)):
        p5, p25, p50, p75, p95 = curves[:, row]
        found.append(Profile(minute, p5, p25, p50, p75, p95, mean[row], n[row], days_seen[row]))
    return found


def _sorted_by_slot(
    values: "Floats | npt.NDArray[np.int16]", scale: GlucoseScale | None, slot: Ints, n: Ints
) -> tuple[Floats, Floats]:
    """All values ordered by (slot, value) and two zeros, and the sum of each slot [mg/dL]."""
    padding = np.zeros(2, np.int32)
    if scale is None:
        totals: Floats = np.bincount(slot, weights=values, minlength=len(n)).astype(np.float64)
        return np.concatenate((values[np.lexsort((values, slot))], padding)), totals
    # One integer key per reading sorts several times faster than two columns.
    key = (slot.astype(np.int32) << 16) + values
    key.sort()
    key &= 0xFFFF
    key = np.concatenate((key, padding))
    # A slot without readings gets some other reading as its sum; it has no mean anyway.
    sums = np.add.reduceat(key, n.cumsum() - n, dtype=np.int64)
    per_count = scale.mgdl_per_count
    return key.astype(np.float64) * per_count, sums * per_count


def _quantiles(value: Floats, n: Ints) -> Floats:
    """Type 7 quantiles of each slot, shape (5, slots), from values sorted by slot."""
    # No share reaches the last reading of a slot, so its upper neighbour is in the slot too;
    # the padding is for slots with one reading or none, where nothing is added of the neighbour.
    place = _SHARES[:, None] * np.maximum(n - 1, 0)
    at = place.astype(np.int64)
    place -= at
    at += n.cumsum() - n
    curves: Floats = value[at]
    at += 1
    curves += (value[at] - curves) * place
    return curves
