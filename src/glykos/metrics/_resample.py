"""The shared grid rules: equally spaced glucose for metrics that need a sequence.

Grid points are multiples of the sample interval from local midnight; each stands for the
interval that ends with it, so that a day runs from 00:05 to 24:00 (ADR 0015). Between two readings at
most 45 minutes apart values are joined by a straight line; longer pauses stay missing
(metrics/definitions.md §0.7). Bands and means never use the grid, only raw readings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from glykos.metrics._analysis import Analysis, Floats, Ints, once
from glykos.therapy.clock import DAY_S
from glykos.therapy.targets import Limit
from glykos.therapy.units import GlucoseScale

LONGEST_BRIDGE_S = 45 * 60


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Glucose on a regular grid of whole local days.

    ``glucose`` has shape (days * per_day,) [mg/dL], NaN where missing; ``step_min`` is the
    spacing; ``start_s`` the wall second of the first point, one step after a midnight. ``segment_starts`` and
    ``segment_ends`` (exclusive) bound the stretches of points with a value.
    """

    glucose: Floats
    step_min: int
    start_s: int
    segment_starts: npt.NDArray[np.intp]
    segment_ends: npt.NDArray[np.intp]
    present: int

    @property
    def per_day(self) -> int:
        """Points per day."""
        return 1440 // self.step_min

    @property
    def by_day(self) -> Floats:
        """The same values, shape (days, per_day)."""
        return self.glucose.reshape(-1, self.per_day)

    @property
    def recorded_days(self) -> float:
        """Days that the points with a value stand for; the denominator of "per day"."""
        return self.present * self.step_min / 1440


@once
def grid(analysis: Analysis) -> Grid:
    """The window's readings on the grid of their own sample interval."""
    return resampled(analysis, native_step(analysis))


def native_step(analysis: Analysis) -> int:
    """The sample interval, or the next shorter one with a point on every midnight [min]."""
    step = analysis.interval_min
    while 1440 % step:
        step -= 1
    return step


@once
def grid_5min(analysis: Analysis) -> Grid:
    """The window's readings every 5 minutes, whatever the sensor's interval."""
    native = grid(analysis)
    return native if native.step_min == 5 else resampled(analysis, 5)


def resampled(analysis: Analysis, step_min: int) -> Grid:
    """Readings joined by straight lines and read off every ``step_min`` minutes."""
    at, glucose = analysis.elapsed_s, analysis.mgdl
    order = analysis.in_lived_order
    if order is not None:
        at, glucose = at[order], glucose[order]
    if len(at) == 0:
        nothing = np.empty(0, np.intp)
        return Grid(
            np.empty(0), step_min, analysis.window.start_s + step_min * 60, nothing, nothing, 0
        )
    return laid_out([at], glucose, step_min)[0]


def laid_out(
    people: Sequence[Ints], glucose: Floats, step_min: int
) -> tuple[Grid, npt.NDArray[np.intp]]:
    """One grid of several people's days, one person behind the other.

    A missing point separates two people, so that no stretch of values reaches from one to the
    next; ``start_s`` is the first person's.

    Args:
        people: ascending seconds of each person's readings, none empty.
        glucose: all readings in the same order [mg/dL].
        step_min: spacing of the grid [min].

    Returns:
        The grid, and the index of each person's first point with the end of the last one's.
    """
    step_s = step_min * 60
    starts_s, bases, shifted = [], [0], []
    for at in people:
        # A reading at the first midnight itself would end a day before the data; no point.
        midnight_s = at.item(0) // DAY_S * DAY_S
        days = max(1, -(-(at.item(-1) - midnight_s) // DAY_S))
        starts_s.append(midnight_s + step_s)
        shifted.append(at - (starts_s[-1] - bases[-1] * step_s))
        bases.append(bases[-1] + days * (DAY_S // step_s) + 1)
    seconds = shifted[0] if len(shifted) == 1 else np.concatenate(shifted)
    size = bases[-1] - 1
    values = np.interp(_points(size, step_s), seconds, glucose, left=np.nan, right=np.nan)
    wide = seconds[1:] - seconds[:-1] > LONGEST_BRIDGE_S
    wide[np.cumsum([len(at) for at in people[:-1]], dtype=np.intp) - 1] = True
    pauses = wide.nonzero()[0]
    # Points strictly between the readings around a pause are missing.
    ends = np.append(seconds[pauses], seconds[-1]) // step_s + 1
    starts = -(-np.concatenate((seconds[:1], seconds[pauses + 1])) // step_s)
    edges = np.array(bases)
    first = starts.searchsorted(edges[:-1] - 1)
    starts[first] = np.maximum(starts[first], edges[:-1])
    for end, start in zip(ends[:-1].tolist(), starts[1:].tolist(), strict=True):
        values[end:start] = np.nan
    used = ends > starts  # a single reading between two grid points reaches none
    starts, ends = starts[used], ends[used]
    return Grid(values, step_min, starts_s[0], starts, ends, int((ends - starts).sum())), edges


@lru_cache(maxsize=32)
def _points(size: int, step_s: int) -> Floats:
    points: Floats = np.arange(0, size * step_s, step_s, dtype=np.float64)
    points.setflags(write=False)
    return points


def limits_mgdl(analysis: Analysis, limit: Limit, resampled_to: Grid) -> float | Floats:
    """A limit in mg/dL as it applies to grid values.

    3.9 mmol/L means 70.26 mg/dL for a sensor that reports mmol/L and 70 for one that reports
    mg/dL. Where sensors of several scales are mixed, each grid point uses the scale of the last
    reading before it; the result then has the grid's shape.
    """
    scale = analysis.one_scale
    if scale is not None:
        return limit.in_counts(scale) * scale.mgdl_per_count
    at, scales = analysis.elapsed_s, analysis.sensor.scale
    order = analysis.in_lived_order
    if order is not None:
        at, scales = at[order], scales[order]
    points = resampled_to.start_s + _points(len(resampled_to.glucose), resampled_to.step_min * 60)
    last = np.clip(np.searchsorted(at, points, side="right") - 1, 0, None)
    return _in_mgdl(limit)[scales[last]]


def _in_mgdl(limit: Limit) -> Floats:
    return np.array([np.nan] + [limit.in_counts(s) * s.mgdl_per_count for s in GlucoseScale])


def runs(flags: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Start and end (exclusive) of every stretch of True, each shape (k,)."""
    change = np.empty(len(flags) + 1, np.bool_)
    change[:1], change[-1:] = flags[:1], flags[-1:]
    np.not_equal(flags[1:], flags[:-1], out=change[1:-1])
    edges = change.nonzero()[0]
    return edges[::2], edges[1::2]
