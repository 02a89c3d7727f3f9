"""How much glucose moves: J-index, MODD, CONGA, MAGE, MAG, GVP and the SD family.

All but the J-index need a sequence and use the regular grid of ``_resample``.
"""

from dataclasses import dataclass
from functools import partial
from math import sqrt

import numpy as np

from glykos.metrics._analysis import NO_SENSOR, Analysis, Floats, once
from glykos.metrics._metric import Compute, Metric, NotEnoughData, Result, Value
from glykos.metrics._resample import grid, grid_5min
from glykos.metrics._turning import LONG, Swings, swings
from glykos.metrics.average import average

_WOJCICKI = "Wojcicki 1995, doi 10.1055/s-2007-979906"
_MOLNAR = "Molnar 1972, doi 10.1007/BF01218495"
_MCDONNELL = "McDonnell 2005, doi 10.1089/dia.2005.7.253"
_FERNANDES = "Fernandes 2022, doi 10.1177/19322968211061165"
_HERMANIDES = "Hermanides 2010, doi 10.1097/CCM.0b013e3181cc4be9"
_PEYSER = "Peyser 2018, doi 10.1089/dia.2017.0187"
_RODBARD = "Rodbard 2009, doi 10.1089/dia.2009.0015"
_LONGEST_PAUSE_MIN = 180

_NO_PAIRS = NotEnoughData("no two readings are far enough apart without a gap")
_ONE_DAY = NotEnoughData("at least 2 days with readings are needed")


def _differences(analysis: Analysis, hours: int) -> Floats:
    """Glucose now minus glucose ``hours`` earlier, wherever both are known [mg/dL]."""
    series = grid(analysis)
    lag = round(hours * 60 / series.step_min)
    if not 0 < lag < len(series.glucose):
        return np.empty(0)
    change = series.glucose[lag:] - series.glucose[:-lag]
    known: Floats = change[~np.isnan(change)]
    return known


@once
def _daily(analysis: Analysis) -> Floats:
    """Differences to the same time of the day before; MODD and CONGA(24) share them."""
    return _differences(analysis, 24)


@once
def _steps(analysis: Analysis) -> Floats:
    """Size of each step on the grid [mg/dL]; MAG and GVP share them."""
    series = grid(analysis)
    change = np.abs(series.glucose[1:] - series.glucose[:-1])
    known: Floats = change[~np.isnan(change)]
    return known


@once
def modd(analysis: Analysis) -> Result:
    """Mean of daily differences: mean |g(t) - g(t - 24 h)| [mg/dL] where both are known.

    Source: Molnar 1972, doi 10.1007/BF01218495.
    """
    if analysis.levels.n == 0:
        return NO_SENSOR
    change = _daily(analysis)
    if len(change) == 0:
        return _ONE_DAY
    return Value(float(np.abs(change).sum()) / len(change), "mg/dL", len(change))


def conga(analysis: Analysis, hours: int) -> Result:
    """Sample SD of g(t) - g(t - n hours) [mg/dL]. Source: McDonnell 2005."""
    if analysis.levels.n == 0:
        return NO_SENSOR
    change = _daily(analysis) if hours == 24 else _differences(analysis, hours)
    n = len(change)
    if n < 2:
        return _NO_PAIRS
    away = change - change.sum() / n
    return Value(sqrt(float(away @ away) / (n - 1)), "mg/dL", n)


@once
def mage_swings(analysis: Analysis) -> tuple[Swings, ...]:
    """Mean swings of each stretch of 5-minute values without a pause above 180 min."""
    series = grid_5min(analysis)
    found: list[Swings] = []
    starts, ends = series.segment_starts, series.segment_ends
    if len(starts) == 0:
        return ()
    wide = np.flatnonzero(starts[1:] - ends[:-1] + 1 > _LONGEST_PAUSE_MIN // 5)
    firsts = starts[np.concatenate(([0], wide + 1))].tolist()
    lasts = ends[np.append(wide, len(ends) - 1)].tolist()
    for first, last in zip(firsts, lasts, strict=True):
        if last - first >= LONG:
            one = swings(series.glucose[first:last])
            if one is not None:
                found.append(one)
    return tuple(found)


def _mage(analysis: Analysis, direction: str) -> Result:
    """Mean amplitude of glycemic excursions, stretches weighted by their length [mg/dL]."""
    if analysis.levels.n == 0:
        return NO_SENSOR
    total = weights = 0.0
    for stretch in mage_swings(analysis):
        rise = None if direction == "minus" else stretch.rise
        fall = None if direction == "plus" else stretch.fall
        for height in (rise, fall):
            if height is not None:
                total += height * stretch.weight
                weights += stretch.weight
    if weights == 0:
        return NotEnoughData("no swing of glucose exceeds one standard deviation")
    return Value(total / weights, "mg/dL", len(mage_swings(analysis)))


@once
def mag(analysis: Analysis) -> Result:
    """Mean absolute glucose change per hour [mg/dL/h] on the sensor's own grid.

    Source: Hermanides 2010, doi 10.1097/CCM.0b013e3181cc4be9.
    """
    if analysis.levels.n == 0:
        return NO_SENSOR
    change = _steps(analysis)
    if len(change) == 0:
        return _NO_PAIRS
    hours = len(change) * grid(analysis).step_min / 60
    return Value(float(change.sum()) / hours, "mg/dL/h", len(change))


@once
def gvp(analysis: Analysis) -> Result:
    """Glycemic variability percentage: length of the trace over a flat one, minus 1 [%].

    (sum of sqrt(dt^2 + dg^2) / sum of dt - 1) x 100 with minutes and mg/dL.
    Source: Peyser 2018, doi 10.1089/dia.2017.0187.
    """
    if analysis.levels.n == 0:
        return NO_SENSOR
    change = _steps(analysis)
    if len(change) == 0:
        return _NO_PAIRS
    step = grid(analysis).step_min
    length = float(np.sqrt(change * change + step * step).sum())
    return Value((length / (len(change) * step) - 1) * 100, "%", len(change))


@dataclass(frozen=True, slots=True, eq=False)
class DailySpread:
    """Mean and sample SD of each local day with grid values, each shape (days,) [mg/dL]."""

    mean: Floats
    sd: Floats


@once
def daily_spread(analysis: Analysis) -> DailySpread:
    """Mean and sample SD of each local day on the grid; partial days count like full ones."""
    by_day = grid(analysis).by_day
    known = ~np.isnan(by_day)
    n = known.sum(axis=1)
    values = np.where(known, by_day, 0.0)[n > 0]
    known, n = known[n > 0], n[n > 0]
    mean = values.sum(axis=1) / n
    away = np.where(known, values - mean[:, None], 0.0)
    squares = np.einsum("ij,ij->i", away, away)
    sd = np.sqrt(np.divide(squares, n - 1, out=np.full(len(n), np.nan), where=n > 1))
    return DailySpread(mean, sd)


def _sdw(analysis: Analysis) -> Result:
    if analysis.levels.n == 0:
        return NO_SENSOR
    sd = daily_spread(analysis).sd
    sd = sd[~np.isnan(sd)]
    if len(sd) == 0:
        return NotEnoughData("no day has 2 sensor readings")
    return Value(float(sd.mean()), "mg/dL", len(sd))


def _sddm(analysis: Analysis) -> Result:
    if analysis.levels.n == 0:
        return NO_SENSOR
    mean = daily_spread(analysis).mean
    return Value(float(mean.std(ddof=1)), "mg/dL", len(mean)) if len(mean) > 1 else _ONE_DAY


def _j_index(analysis: Analysis) -> Result:
    found = average(analysis)
    if found is None:
        return NO_SENSOR
    if found.sd is None:
        return NotEnoughData("only one sensor reading")
    return Value(0.001 * (found.mean + found.sd) ** 2, "index", found.n)


def _metric(
    key: str, name: str, definition: str, *, by: tuple[str, Compute], **other: str
) -> Metric:
    source, compute = by
    return Metric(
        key=key,
        name=name,
        unit=other.get("unit", "mg/dL"),
        definition=definition,
        source=source,
        least_data=other.get("least", "2 sensor readings"),
        version=1,
        compute=compute,
    )


def _conga_metric(hours: int) -> Metric:
    return _metric(
        f"conga{hours}",
        f"CONGA({hours} h)",
        f"The sample standard deviation of the change of glucose over {hours} h, wherever both"
        " ends are known.",
        by=(_MCDONNELL, partial(conga, hours=hours)),
        least=f"2 pairs of values {hours} h apart",
    )


def _mage_metric(direction: str, name: str, what: str) -> Metric:
    return _metric(
        f"mage_{direction}",
        name,
        f"The mean height of {what} larger than one standard deviation. Turning points lie between"
        " crossings of a 25-minute and a 160-minute moving average. Small changes of the data can"
        " change it by some percent.",
        by=(_FERNANDES, partial(_mage, direction=direction)),
        least="160 min of readings without a long gap",
    )


METRICS: tuple[Metric, ...] = (
    _metric(
        "j_index",
        "J-index",
        "0.001 x (mean + standard deviation) squared, both in mg/dL.",
        by=(_WOJCICKI, _j_index),
        unit="index",
    ),
    _metric(
        "modd",
        "Mean of daily differences",
        "How far glucose is on average from the value 24 hours earlier; gaps are left out.",
        by=(_MOLNAR, modd),
        least="2 days with readings at the same times",
    ),
    _conga_metric(1),
    _conga_metric(2),
    _conga_metric(4),
    _conga_metric(24),
    _mage_metric("avg", "MAGE", "rises and falls"),
    _mage_metric("plus", "MAGE, rises", "rises"),
    _mage_metric("minus", "MAGE, falls", "falls"),
    _metric(
        "mag5",
        "Mean absolute glucose change",
        "All rises and falls between neighbouring readings added up, per hour.",
        by=(_HERMANIDES, mag),
        unit="mg/dL/h",
    ),
    _metric(
        "gvp",
        "Glycemic variability percentage",
        "How much longer the line through the readings is than a flat line.",
        by=(_PEYSER, gvp),
        unit="%",
    ),
    _metric(
        "sdw",
        "SD within days",
        "The mean of the standard deviations of each local day.",
        by=(_RODBARD, _sdw),
    ),
    _metric(
        "sddm",
        "SD of daily means",
        "The standard deviation of the mean glucose of each local day.",
        by=(_RODBARD, _sddm),
        least="2 days with readings",
    ),
)
