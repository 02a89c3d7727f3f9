"""Time in ranges: the five consensus bands, tight range, pregnancy range, the person's own.

Readings are compared in the unit the device reported, with that unit's limits (70 mg/dL goes
with 3.9 mmol/L), and both ends of a range belong to it.
"""

from dataclasses import dataclass

from glykos.metrics._analysis import NO_SENSOR, Analysis, once
from glykos.metrics._metric import Compute, Metric, Result, Value
from glykos.therapy.targets import (
    HIGH,
    LOW,
    PREGNANCY_LOW,
    TIGHT_HIGH,
    VERY_HIGH,
    VERY_LOW,
    Limit,
    Targets,
)

_CONSENSUS = "Battelino 2019, doi 10.2337/dci19-0028, tables 2 and 3"
_TIGHT = "Battelino 2023, doi 10.1016/S2213-8587(22)00319-9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Shares of sensor time in the five disjoint consensus bands [%]; they add up to 100.

    very_low: below 54 (3.0); low: 54-69 (3.0-3.8); in_range: 70-180 (3.9-10.0);
    high: 181-250 (10.1-13.9); very_high: above 250 (13.9).
    """

    very_low: float
    low: float
    in_range: float
    high: float
    very_high: float
    n: int


@once
def bands(analysis: Analysis) -> Bands | None:
    """The five consensus bands, or None without readings. Source: Battelino 2019, table 3."""
    levels = analysis.levels
    if levels.n == 0:
        return None
    below_54, below_70 = levels.below(VERY_LOW), levels.below(LOW)
    above_180, above_250 = levels.above(HIGH), levels.above(VERY_HIGH)
    return Bands(
        very_low=below_54,
        low=below_70 - below_54,
        in_range=100 - below_70 - above_180,
        high=above_180 - above_250,
        very_high=above_250,
        n=levels.n,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnBands:
    """Shares of sensor time below, in and above the person's own range [%], with minutes."""

    below: float
    in_target: float
    above: float
    minutes: float
    n: int


@once
def own_bands(analysis: Analysis) -> OwnBands | None:
    """Time below, in (both ends included) and above the person's own range, or None."""
    levels = analysis.levels
    if levels.n == 0:
        return None
    below, above = levels.below(analysis.targets.low), levels.above(analysis.targets.high)
    minutes = levels.total * (1 if analysis.weight_min is not None else analysis.interval_min)
    return OwnBands(
        below=below, in_target=100 - below - above, above=above, minutes=float(minutes), n=levels.n
    )


def target_bands(analysis: Analysis, targets: Targets) -> tuple[float, ...] | None:
    """Shares of time in the bands that a preset distinguishes, from low to high [%].

    very low, low, in range, high and very high; for targets without a very high level (as in
    pregnancy) the first four.
    """
    levels = analysis.levels
    if levels.n == 0:
        return None
    very_low, low = levels.below(targets.very_low), levels.below(targets.low)
    high = levels.above(targets.high)
    # A person's own range may reach beyond the very low or very high limit; no band is negative.
    first = min(very_low, low)
    if targets.very_high is None:
        return (first, low - first, 100 - low - high, high)
    last = min(levels.above(targets.very_high), high)
    return (first, low - first, 100 - low - high, high - last, last)


def largest_remainder(shares: tuple[float, ...], total: int = 100) -> tuple[int, ...]:
    """Whole percentages that add up to ``total``, for the parts of one stacked bar.

    Example:
        >>> largest_remainder((33.4, 33.3, 33.3))
        (34, 33, 33)
    """
    whole = [int(share) for share in shares]
    by_rest = sorted(range(len(shares)), key=lambda n: (whole[n] - shares[n], n))
    for n in by_rest[: max(0, total - sum(whole))]:
        whole[n] += 1
    return tuple(whole)


def _below(analysis: Analysis, limit: Limit) -> Result:
    levels = analysis.levels
    return Value(levels.below(limit), "%", levels.n) if levels.n else NO_SENSOR


def _above(analysis: Analysis, limit: Limit) -> Result:
    levels = analysis.levels
    return Value(levels.above(limit), "%", levels.n) if levels.n else NO_SENSOR


def _between(analysis: Analysis, low: Limit, high: Limit) -> Result:
    levels = analysis.levels
    if levels.n == 0:
        return NO_SENSOR
    return Value(100 - levels.below(low) - levels.above(high), "%", levels.n)


def _band(analysis: Analysis, name: str) -> Result:
    found = bands(analysis)
    return NO_SENSOR if found is None else Value(getattr(found, name), "%", found.n)


def _own(analysis: Analysis, name: str) -> Result:
    found = own_bands(analysis)
    return NO_SENSOR if found is None else Value(getattr(found, name), "%", found.n)


def _share(key: str, name: str, definition: str, compute: Compute, source: str) -> Metric:
    return Metric(
        key=key,
        name=name,
        unit="%",
        definition=definition,
        source=source,
        least_data="1 sensor reading",
        version=1,
        compute=compute,
    )


METRICS: tuple[Metric, ...] = (
    _share(
        "tir",
        "Time in range 70-180",
        "The share of sensor readings from 70 to 180 mg/dL (3.9-10.0 mmol/L), both ends included.",
        lambda analysis: _between(analysis, LOW, HIGH),
        _CONSENSUS,
    ),
    _share(
        "titr",
        "Time in tight range 70-140",
        "The share of sensor readings from 70 to 140 mg/dL (3.9-7.8 mmol/L), both ends included.",
        lambda analysis: _between(analysis, LOW, TIGHT_HIGH),
        _TIGHT,
    ),
    _share(
        "tir_preg",
        "Time in range 63-140 (pregnancy)",
        "The share of sensor readings from 63 to 140 mg/dL (3.5-7.8 mmol/L), both ends included.",
        lambda analysis: _between(analysis, PREGNANCY_LOW, TIGHT_HIGH),
        _CONSENSUS,
    ),
    _share(
        "tbr70",
        "Time below 70",
        "The share of sensor readings below 70 mg/dL (3.9 mmol/L), those below 54 included.",
        lambda analysis: _below(analysis, LOW),
        _CONSENSUS,
    ),
    _share(
        "tbr54",
        "Time below 54 (level 2)",
        "The share of sensor readings below 54 mg/dL (3.0 mmol/L).",
        lambda analysis: _below(analysis, VERY_LOW),
        _CONSENSUS,
    ),
    _share(
        "tbr54_69",
        "Time 54-69 (level 1)",
        "The share of sensor readings from 54 to below 70 mg/dL (3.0-3.8 mmol/L).",
        lambda analysis: _band(analysis, "low"),
        _CONSENSUS,
    ),
    _share(
        "tbr63",
        "Time below 63 (pregnancy)",
        "The share of sensor readings below 63 mg/dL (3.5 mmol/L).",
        lambda analysis: _below(analysis, PREGNANCY_LOW),
        _CONSENSUS,
    ),
    _share(
        "tar140",
        "Time above 140",
        "The share of sensor readings above 140 mg/dL (7.8 mmol/L).",
        lambda analysis: _above(analysis, TIGHT_HIGH),
        _CONSENSUS,
    ),
    _share(
        "tar180",
        "Time above 180",
        "The share of sensor readings above 180 mg/dL (10.0 mmol/L), those above 250 included.",
        lambda analysis: _above(analysis, HIGH),
        _CONSENSUS,
    ),
    _share(
        "tar181_250",
        "Time 181-250 (level 1)",
        "The share of sensor readings above 180 and up to 250 mg/dL (10.1-13.9 mmol/L).",
        lambda analysis: _band(analysis, "high"),
        _CONSENSUS,
    ),
    _share(
        "tar250",
        "Time above 250 (level 2)",
        "The share of sensor readings above 250 mg/dL (13.9 mmol/L).",
        lambda analysis: _above(analysis, VERY_HIGH),
        _CONSENSUS,
    ),
    _share(
        "target_below",
        "Time below your target",
        "The share of sensor readings below the lower limit of the person's own target range.",
        lambda analysis: _own(analysis, "below"),
        "ours: the target comes from the person's settings",
    ),
    _share(
        "target_in",
        "Time in your target",
        "The share of sensor readings in the person's own target range, both ends included.",
        lambda analysis: _own(analysis, "in_target"),
        "ours: the target comes from the person's settings",
    ),
    _share(
        "target_above",
        "Time above your target",
        "The share of sensor readings above the upper limit of the person's own target range.",
        lambda analysis: _own(analysis, "above"),
        "ours: the target comes from the person's settings",
    ),
)
