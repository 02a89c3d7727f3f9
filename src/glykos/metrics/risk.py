"""Risk indices of sensor glucose: GRI, LBGI, HBGI, ADRR, GRADE, M-value, hypo and hyper index."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from glykos.metrics._analysis import NO_SENSOR, Analysis, Floats, level_table, once
from glykos.metrics._metric import Compute, Metric, NotEnoughData, Result, Value
from glykos.metrics.bands import bands
from glykos.therapy.clock import DAY_S

_KOVATCHEV = "Kovatchev 1997, doi 10.2337/diacare.20.11.1655; Kovatchev 2006, doi 10.2337/dc06-1085"
_KLONOFF = "Klonoff 2022, doi 10.1177/19322968221085273"
_HILL = "Hill 2007, doi 10.1111/j.1464-5491.2007.02119.x"
_RODBARD = "Rodbard 2009, doi 10.1089/dia.2009.0015"
_SCHLICHTKRULL = "Schlichtkrull 1965, doi 10.1111/j.0954-6820.1965.tb01810.x"
#: GRADE was fitted with this round factor, and its published scores are only met with it.
_GRADE_MGDL_PER_MMOLL = 18.0
_LEAST_READINGS_A_DAY = 3
RiskFunction = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gri:
    """The glycemia risk index (0-100) and its two components [%]."""

    value: float
    hypo: float
    hyper: float
    n: int

    @property
    def zone(self) -> str:
        """Zone A (0-20, least risk) to E (above 80)."""
        return "ABCDE"[min(4, max(0, -(-int(np.ceil(self.value)) // 20) - 1))]


@once
def gri(analysis: Analysis) -> Gri | None:
    """The glycemia risk index, or None without readings.

    3.0 x very low + 2.4 x low + 1.6 x very high + 0.8 x high, each the share [%] of a disjoint
    consensus band, at most 100. Source: Klonoff 2022, doi 10.1177/19322968221085273.
    """
    found = bands(analysis)
    if found is None:
        return None
    hypo = found.very_low + 0.8 * found.low
    hyper = found.very_high + 0.5 * found.high
    return Gri(value=min(100.0, 3.0 * hypo + 1.6 * hyper), hypo=hypo, hyper=hyper, n=found.n)


def _symmetric(mgdl: Floats) -> Floats:
    """Kovatchev's symmetric scale: 0 at 112.5 mg/dL, negative below."""
    scaled: Floats = 1.509 * (np.log(np.maximum(mgdl, 1.0)) ** 1.084 - 5.381)
    return scaled


def low_risk(mgdl: Floats) -> Floats:
    """Kovatchev's low risk of each reading: 10 f(g)^2 where f is negative, else 0."""
    return 10 * np.minimum(_symmetric(mgdl), 0.0) ** 2


def high_risk(mgdl: Floats) -> Floats:
    """Kovatchev's high risk of each reading: 10 f(g)^2 where f is positive, else 0."""
    return 10 * np.maximum(_symmetric(mgdl), 0.0) ** 2


def _grade(mgdl: Floats) -> Floats:
    # Below 1.1 mmol/L the double logarithm ends; the score is 50 there anyway.
    mmoll = np.maximum(mgdl / _GRADE_MGDL_PER_MMOLL, 1.0001)
    score: Floats = np.minimum(50.0, 425 * (np.log10(np.log10(mmoll)) + 0.16) ** 2)
    return score


def _grade_hypo(mgdl: Floats) -> Floats:
    return np.where(mgdl < 70, _grade(mgdl), 0.0)


def _grade_hyper(mgdl: Floats) -> Floats:
    return np.where(mgdl > 140, _grade(mgdl), 0.0)


def _m_value_90(mgdl: Floats) -> Floats:
    value: Floats = np.abs(10 * np.log10(mgdl / 90)) ** 3
    return value


def _m_value_100(mgdl: Floats) -> Floats:
    value: Floats = np.abs(10 * np.log10(mgdl / 100)) ** 3
    return value


def _hypo_index(mgdl: Floats) -> Floats:
    value: Floats = np.maximum(80 - mgdl, 0.0) ** 2 / 30
    return value


def _hyper_index(mgdl: Floats) -> Floats:
    value: Floats = np.maximum(mgdl - 140, 0.0) ** 1.1 / 30
    return value


@once
def adrr(analysis: Analysis) -> Result:
    """Average daily risk range: mean over local days of the day's highest low and high risk.

    Days with fewer than 3 readings are left out. Source: Kovatchev 2006, doi 10.2337/dc06-1085.
    """
    if analysis.levels.n == 0:
        return NO_SENSOR
    day = analysis.sensor.at_s // DAY_S
    edges = np.concatenate(([0], np.flatnonzero(day[1:] != day[:-1]) + 1))
    # Risk falls to 112.5 mg/dL and rises above it, so a day's extremes hold both maxima.
    lowest = _risk(analysis, low_risk, edges)
    highest = _risk(analysis, high_risk, edges)
    enough = np.diff(np.append(edges, len(day))) >= _LEAST_READINGS_A_DAY
    if not enough.any():
        return NotEnoughData("no day has 3 sensor readings")
    return Value(float((lowest + highest)[enough].mean()), "risk", int(enough.sum()))


def _risk(analysis: Analysis, risk: RiskFunction, edges: npt.NDArray[np.intp]) -> Floats:
    extreme = np.minimum if risk is low_risk else np.maximum
    scale = analysis.one_scale
    if scale is None:
        return risk(extreme.reduceat(analysis.mgdl, edges))
    counts = extreme.reduceat(analysis.sensor.count, edges)
    return level_table(risk, scale, len(analysis.levels.weight))[counts]


def _mean_of(analysis: Analysis, function: RiskFunction, unit: str) -> Result:
    levels = analysis.levels
    return Value(levels.mean_of(function), unit, levels.n) if levels.n else NO_SENSOR


def _gri(analysis: Analysis, name: str, unit: str) -> Result:
    found = gri(analysis)
    return NO_SENSOR if found is None else Value(getattr(found, name), unit, found.n)


def _bgri(analysis: Analysis) -> Result:
    levels = analysis.levels
    if levels.n == 0:
        return NO_SENSOR
    return Value(levels.mean_of(low_risk) + levels.mean_of(high_risk), "risk", levels.n)


def _igc(analysis: Analysis) -> Result:
    levels = analysis.levels
    if levels.n == 0:
        return NO_SENSOR
    return Value(levels.mean_of(_hypo_index) + levels.mean_of(_hyper_index), "index", levels.n)


def _grade_share(analysis: Analysis, part: str) -> Result:
    levels = analysis.levels
    if levels.n == 0:
        return NO_SENSOR
    total = levels.sum_of(_grade)
    if total == 0:
        return NotEnoughData("the GRADE score is 0")
    hypo, hyper = levels.sum_of(_grade_hypo) / total, levels.sum_of(_grade_hyper) / total
    share = {"hypo": hypo, "hyper": hyper, "eu": 1 - hypo - hyper}[part]
    return Value(100 * share, "%", levels.n)


def _metric(key: str, name: str, unit: str, definition: str, *, by: tuple[str, Compute]) -> Metric:
    source, compute = by
    return Metric(
        key=key,
        name=name,
        unit=unit,
        definition=definition,
        source=source,
        least_data="1 sensor reading",
        version=1,
        compute=compute,
    )


METRICS: tuple[Metric, ...] = (
    _metric(
        "gri",
        "Glycemia risk index",
        "index",
        "One number from 0 (best) to 100 for low and high glucose together: 3.0 x % below 54 +"
        " 2.4 x % 54-69 + 1.6 x % above 250 + 0.8 x % 181-250.",
        by=(_KLONOFF, partial(_gri, name="value", unit="index")),
    ),
    _metric(
        "gri_hypo",
        "GRI, low glucose component",
        "%",
        "% below 54 + 0.8 x % 54-69 mg/dL.",
        by=(_KLONOFF, partial(_gri, name="hypo", unit="%")),
    ),
    _metric(
        "gri_hyper",
        "GRI, high glucose component",
        "%",
        "% above 250 + 0.5 x % 181-250 mg/dL.",
        by=(_KLONOFF, partial(_gri, name="hyper", unit="%")),
    ),
    _metric(
        "lbgi",
        "Low blood glucose index",
        "risk",
        "Readings below 112.5 mg/dL weighted by how dangerous they are, averaged over all"
        " readings. Below 1.1 is minimal, above 5 high risk of severe lows.",
        by=(_KOVATCHEV, partial(_mean_of, function=low_risk, unit="risk")),
    ),
    _metric(
        "hbgi",
        "High blood glucose index",
        "risk",
        "Readings above 112.5 mg/dL weighted by how far they are, averaged over all readings.",
        by=(_KOVATCHEV, partial(_mean_of, function=high_risk, unit="risk")),
    ),
    _metric(
        "bgri",
        "Blood glucose risk index",
        "risk",
        "Low and high blood glucose index together.",
        by=(_KOVATCHEV, _bgri),
    ),
    _metric(
        "adrr",
        "Average daily risk range",
        "risk",
        "For each local day with at least 3 readings the highest low risk plus the highest high"
        " risk, averaged over days.",
        by=(_KOVATCHEV, adrr),
    ),
    _metric(
        "grade",
        "GRADE score",
        "score",
        "The mean of a score from 0 to 50 that clinicians gave to single glucose values; below 5"
        " is near normal.",
        by=(_HILL, partial(_mean_of, function=_grade, unit="score")),
    ),
    _metric(
        "grade_hypo70",
        "GRADE share below 70",
        "%",
        "The share of the GRADE score that comes from readings below 70 mg/dL.",
        by=(_HILL, partial(_grade_share, part="hypo")),
    ),
    _metric(
        "grade_eu70_140",
        "GRADE share 70-140",
        "%",
        "The share of the GRADE score that comes from readings from 70 to 140 mg/dL.",
        by=(_HILL, partial(_grade_share, part="eu")),
    ),
    _metric(
        "grade_hyper140",
        "GRADE share above 140",
        "%",
        "The share of the GRADE score that comes from readings above 140 mg/dL.",
        by=(_HILL, partial(_grade_share, part="hyper")),
    ),
    _metric(
        "m_value90",
        "M-value, reference 90",
        "index",
        "The mean of |10 x log10(glucose / 90)| cubed, without the correction for few readings.",
        by=(_SCHLICHTKRULL, partial(_mean_of, function=_m_value_90, unit="index")),
    ),
    _metric(
        "m_value100",
        "M-value, reference 100",
        "index",
        "The mean of |10 x log10(glucose / 100)| cubed, without the correction for few readings.",
        by=(_SCHLICHTKRULL, partial(_mean_of, function=_m_value_100, unit="index")),
    ),
    _metric(
        "hypo_index",
        "Hypoglycemia index",
        "index",
        "The mean of (80 - glucose) squared / 30 over all readings, those at 80 mg/dL or above"
        " adding 0.",
        by=(_RODBARD, partial(_mean_of, function=_hypo_index, unit="index")),
    ),
    _metric(
        "hyper_index",
        "Hyperglycemia index",
        "index",
        "The mean of (glucose - 140) to the power 1.1 / 30 over all readings, those at 140 mg/dL"
        " or below adding 0.",
        by=(_RODBARD, partial(_mean_of, function=_hyper_index, unit="index")),
    ),
    _metric(
        "igc",
        "Index of glycemic control",
        "index",
        "Hypoglycemia index plus hyperglycemia index.",
        by=(_RODBARD, _igc),
    ),
)
