"""The glucose profile: percentiles and mean of sensor glucose per time of day.

It holds arrays for charts and tables, no metric of its own. Nothing is smoothed: smoothing is
display only and never feeds a statistic.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from glykos.metrics._analysis import Analysis, Floats, Ints, once
from glykos.metrics._metric import Metric
from glykos.therapy.clock import DAY_S, day_number

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
    width = slot_minutes(analysis)
    slots = 1440 // width
    day_slot = (analysis.sensor.at_s[rows] - analysis.window.start_s) // (width * 60)
    slot = day_slot - day_slot // slots * slots
    pairs = np.bincount(day_slot, minlength=slots * analysis.window.days).reshape(-1, slots)
    n = pairs.sum(axis=0)
    days = (pairs > 0).sum(axis=0)
    value, sums = _sorted_by_slot(analysis, rows, slot, n)
    mean = np.divide(sums, n, out=np.full(slots, np.nan), where=days >= LEAST_DAYS)
    curves = _quantiles(value, n)
    curves[n < _LEAST[:, None]] = np.nan
    p5, p25, p50, p75, p95 = curves
    return Profile(np.arange(slots) * width, p5, p25, p50, p75, p95, mean, n, days)


def _sorted_by_slot(
    analysis: Analysis, rows: "slice | npt.NDArray[np.bool_]", slot: Ints, n: Ints
) -> tuple[Floats, Floats]:
    """All values ordered by (slot, value), and the sum of each slot."""
    scale = analysis.one_scale
    if scale is None:
        mgdl = analysis.mgdl[rows]
        totals: Floats = np.bincount(slot, weights=mgdl, minlength=len(n)).astype(np.float64)
        return mgdl[np.lexsort((mgdl, slot))], totals
    # One integer key per reading sorts several times faster than two columns.
    count = analysis.sensor.count[rows]
    key = (slot << 16).astype(np.int32)
    key += count
    key.sort()
    key &= 0xFFFF
    per_count = scale.mgdl_per_count
    # A slot without readings gets some other reading as its sum; it has no mean anyway.
    first = np.minimum(n.cumsum() - n, len(key) - 1)
    sums = np.add.reduceat(key, first, dtype=np.int64) if len(key) else np.zeros(len(n))
    return key.astype(np.float64) * per_count, sums * per_count


def _quantiles(value: Floats, n: Ints) -> Floats:
    """Type 7 quantiles of each slot, shape (5, slots), from values sorted by slot."""
    # No share reaches the last reading of a slot, so its upper neighbour is in the slot too;
    # the padding is for slots with one reading or none, where nothing is added of the neighbour.
    value = np.concatenate((value, (0.0, 0.0)))
    place = _SHARES[:, None] * np.maximum(n - 1, 0)
    at = place.astype(np.int64)
    place -= at
    at += n.cumsum() - n
    curves: Floats = value[at]
    at += 1
    curves += (value[at] - curves) * place
    return curves
