"""Excursions beyond the person's own range, and how far beyond (area under the curve)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glykos.metrics._analysis import NO_SENSOR, Analysis, Ints, once
from glykos.metrics._metric import Metric, Result, Value
from glykos.therapy.targets import Limit
from glykos.therapy.units import GlucoseScale

#: Runs that begin less than this after the last reading of the one before are one excursion.
MERGE_S = 15 * 60
#: A pause in the readings longer than this ends an excursion.
GAP_S = 20 * 60
Places = npt.NDArray[np.intp]
_CARELINK = "ours, after CareLink's Sensor Daily Overlay (its manual does not print the exact rule)"


@dataclass(frozen=True, slots=True, eq=False)
class Excursions:
    """High and low excursions: wall seconds of the first and last reading, each shape (k,)."""

    high_start_s: npt.NDArray[np.int64]
    high_end_s: npt.NDArray[np.int64]
    low_start_s: npt.NDArray[np.int64]
    low_end_s: npt.NDArray[np.int64]
    n: int

    @property
    def high(self) -> int:
        """How many went above the range."""
        return len(self.high_start_s)

    @property
    def low(self) -> int:
        """How many went below the range."""
        return len(self.low_start_s)


@once
def excursions(analysis: Analysis) -> Excursions | None:
    """Excursions beyond the person's own range, or None without readings.

    An excursion is a stretch of readings above (below) the range. Two stretches are one when the
    second begins less than 15 min after the last reading of the first; a pause in the readings
    of more than 20 min ends it. A single reading beyond the range is one.
    """
    if analysis.levels.n == 0:
        return None
    high = _times(analysis, beyond(analysis, analysis.targets.high, above=True))
    low = _times(analysis, beyond(analysis, analysis.targets.low, above=False))
    return Excursions(*high, *low, n=analysis.levels.n)


def _times(analysis: Analysis, flags: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    wall, lived, order = analysis.sensor.at_s, analysis.elapsed_s, analysis.in_lived_order
    if order is not None:
        wall, lived, flags = wall[order], lived[order], flags[order]
    first, last = stretches(lived, flags)
    return wall[first], wall[last]


def beyond(analysis: Analysis, limit: Limit, *, above: bool) -> npt.NDArray[np.bool_]:
    """Which readings lie beyond a limit, in the unit each was reported in; shape (n,)."""
    count = analysis.sensor.count
    scale = analysis.one_scale
    at: int | npt.NDArray[np.int64]
    if scale is not None:
        at = limit.in_counts(scale)
    else:
        at = np.array([0] + [limit.in_counts(s) for s in GlucoseScale])[analysis.sensor.scale]
    found: npt.NDArray[np.bool_] = count > at if above else count < at
    return found


def stretches(lived: Ints, flags: npt.NDArray[np.bool_]) -> tuple[Places, Places]:
    """First and last row of each excursion, from ascending seconds and what lies beyond."""
    rows = flags.nonzero()[0]
    if len(rows) == 0:
        return rows, rows
    at = lived[rows]
    spacing = at[1:] - at[:-1]
    head = np.ones(len(rows) + 1, np.bool_)
    np.greater_equal(spacing, MERGE_S, out=head[1:-1])
    head[1:-1] &= rows[1:] - rows[:-1] > 1  # a reading inside the range lies between
    head[1:-1] |= spacing > GAP_S
    return rows[head[:-1]], rows[head[1:]]


def _count(analysis: Analysis, pick: str) -> Result:
    found = excursions(analysis)
    if found is None:
        return NO_SENSOR
    number = {"high": found.high, "low": found.low, "all": found.high + found.low}[pick]
    return Value(float(number), "excursions", found.n)


def _auc(analysis: Analysis, *, above: bool) -> Result:
    levels = analysis.levels
    if levels.n == 0:
        return NO_SENSOR
    limit = analysis.targets.high if above else analysis.targets.low
    return Value(levels.beyond(limit, above=above), "mg/dL", levels.n)


METRICS: tuple[Metric, ...] = (
    Metric(
        key="excursions",
        name="Excursions",
        unit="excursions",
        definition="High and low excursions together.",
        source=_CARELINK,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _count(analysis, "all"),
    ),
    Metric(
        key="excursions_high",
        name="High excursions",
        unit="excursions",
        definition="How often glucose went above the person's own range. Two rises less than 15"
        " min apart are one; a pause in the readings of more than 20 min ends one.",
        source=_CARELINK,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _count(analysis, "high"),
    ),
    Metric(
        key="excursions_low",
        name="Low excursions",
        unit="excursions",
        definition="How often glucose went below the person's own range. Two falls less than 15"
        " min apart are one; a pause in the readings of more than 20 min ends one.",
        source=_CARELINK,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _count(analysis, "low"),
    ),
    Metric(
        key="auc_above",
        name="AUC above the limit",
        unit="mg/dL",
        definition="How far readings lie above the person's upper limit, averaged over all sensor"
        " time; readings at or below the limit add 0.",
        source=_CARELINK,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _auc(analysis, above=True),
    ),
    Metric(
        key="auc_below",
        name="AUC below the limit",
        unit="mg/dL",
        definition="How far readings lie below the person's lower limit, averaged over all sensor"
        " time; readings at or above the limit add 0.",
        source=_CARELINK,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _auc(analysis, above=False),
    ),
)
