"""Averages and spread of sensor glucose: mean, SD, CV, GMI, estimated A1c, quantiles."""

from dataclasses import dataclass
from math import sqrt

from glykos.metrics._analysis import NO_SENSOR, Analysis, once
from glykos.metrics._metric import Metric, NotEnoughData, Result, Value

_CONSENSUS = "Danne 2017, doi 10.2337/dc17-1600; Battelino 2019, doi 10.2337/dci19-0028"
_QUANTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Average:
    """Mean and sample SD of all readings [mg/dL]; ``sd`` is None for a single reading."""

    mean: float
    sd: float | None
    n: int


@once
def average(analysis: Analysis) -> Average | None:
    """Mean and sample SD (n - 1) of sensor glucose [mg/dL], or None without readings.

    Each reading stands for its sensor's own interval; LOW and HIGH readings stand at the limit
    the device gave. No interpolation over gaps.
    Source: Danne 2017, doi 10.2337/dc17-1600.
    """
    levels = analysis.levels
    if levels.n == 0:
        return None
    mean = float(levels.weight @ levels.value_mgdl) / levels.total
    if levels.n == 1:
        return Average(mean, None, 1)
    away = levels.value_mgdl - mean
    variance = float(levels.weight @ (away * away)) / levels.total
    return Average(mean, sqrt(variance * levels.n / (levels.n - 1)), levels.n)


def gmi(mean_mgdl: float) -> float:
    """Glucose management indicator [%] from mean sensor glucose [mg/dL].

    3.31 + 0.02392 x mean. Source: Bergenstal 2018, doi 10.2337/dc18-1581.

    Example:
        >>> round(gmi(154), 2)
        6.99
    """
    return 3.31 + 0.02392 * mean_mgdl


def ea1c(mean_mgdl: float) -> float:
    """Estimated A1c of the ADAG study [%] from mean glucose [mg/dL].

    (mean + 46.7) / 28.7. Source: Nathan 2008, doi 10.2337/dc08-0545.

    Example:
        >>> round(ea1c(154), 2)
        6.99
    """
    return (mean_mgdl + 46.7) / 28.7


@once
def quartiles(analysis: Analysis) -> tuple[float, ...] | None:
    """25th, 50th and 75th percentile of all readings [mg/dL], linear interpolation (type 7)."""
    return analysis.levels.quantiles(_QUANTILES) if analysis.levels.n else None


_ONE_READING = NotEnoughData("only one sensor reading")


def _mean(analysis: Analysis) -> Result:
    found = average(analysis)
    return NO_SENSOR if found is None else Value(found.mean, "mg/dL", found.n)


def _sd(analysis: Analysis) -> Result:
    found = average(analysis)
    if found is None:
        return NO_SENSOR
    return _ONE_READING if found.sd is None else Value(found.sd, "mg/dL", found.n)


def _cv(analysis: Analysis) -> Result:
    found = average(analysis)
    if found is None:
        return NO_SENSOR
    return _ONE_READING if found.sd is None else Value(100 * found.sd / found.mean, "%", found.n)


def _gmi(analysis: Analysis) -> Result:
    found = average(analysis)
    return NO_SENSOR if found is None else Value(gmi(found.mean), "%", found.n)


def _ea1c(analysis: Analysis) -> Result:
    found = average(analysis)
    return NO_SENSOR if found is None else Value(ea1c(found.mean), "%", found.n)


def _quartile(analysis: Analysis, place: int) -> Result:
    found = quartiles(analysis)
    return NO_SENSOR if found is None else Value(found[place], "mg/dL", analysis.levels.n)


def _iqr(analysis: Analysis) -> Result:
    found = quartiles(analysis)
    return NO_SENSOR if found is None else Value(found[2] - found[0], "mg/dL", analysis.levels.n)


def _mad(analysis: Analysis) -> Result:
    found = quartiles(analysis)
    if found is None:
        return NO_SENSOR
    # 1.4826 makes it comparable with the SD of normally spread values.
    return Value(1.4826 * analysis.levels.median_distance(found[1]), "mg/dL", analysis.levels.n)


def _span(analysis: Analysis, *, pick: str) -> Result:
    if analysis.levels.n == 0:
        return NO_SENSOR
    low, high = analysis.levels.span()
    value = {"low": low, "high": high, "range": high - low}[pick]
    return Value(value, "mg/dL", analysis.levels.n)


def _limited(analysis: Analysis) -> Result:
    levels = analysis.levels
    return Value(float(levels.n_limited), "readings", levels.n) if levels.n else NO_SENSOR


METRICS: tuple[Metric, ...] = (
    Metric(
        key="mean",
        name="Mean sensor glucose",
        unit="mg/dL",
        definition="The average of all sensor readings. Readings shown as LOW or HIGH count at the"
        " limit of the sensor's range.",
        source=_CONSENSUS,
        least_data="1 sensor reading",
        version=1,
        compute=_mean,
    ),
    Metric(
        key="sd",
        name="Standard deviation",
        unit="mg/dL",
        definition="The sample standard deviation (n - 1) of all sensor readings: how far readings"
        " usually are from the mean.",
        source=_CONSENSUS,
        least_data="2 sensor readings",
        version=1,
        compute=_sd,
    ),
    Metric(
        key="cv",
        name="Coefficient of variation",
        unit="%",
        definition="The standard deviation as a percentage of the mean. 36 % or less is called"
        " stable glucose.",
        source=_CONSENSUS,
        least_data="2 sensor readings",
        version=1,
        compute=_cv,
    ),
    Metric(
        key="gmi",
        name="Glucose management indicator",
        unit="%",
        definition="The HbA1c that people with this mean sensor glucose have on average:"
        " 3.31 + 0.02392 x mean in mg/dL. The laboratory value may differ. Dependable from 14 days"
        " with 70 % of readings.",
        source="Bergenstal 2018, doi 10.2337/dc18-1581",
        least_data="1 sensor reading; dependable from 14 days and 70 % wear",
        version=1,
        compute=_gmi,
    ),
    Metric(
        key="ea1c",
        name="Estimated A1c (ADAG)",
        unit="%",
        definition="The older estimate of HbA1c: (mean in mg/dL + 46.7) / 28.7. It differs from"
        " the GMI away from 154 mg/dL; never read it alone.",
        source="Nathan 2008, doi 10.2337/dc08-0545",
        least_data="1 sensor reading",
        version=1,
        compute=_ea1c,
    ),
    Metric(
        key="median",
        name="Median sensor glucose",
        unit="mg/dL",
        definition="Half of all sensor readings are below this value and half above.",
        source=_CONSENSUS,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _quartile(analysis, 1),
    ),
    Metric(
        key="q25",
        name="25th percentile",
        unit="mg/dL",
        definition="A quarter of all sensor readings are below this value (linear interpolation"
        " between readings).",
        source="Hyndman 1996, doi 10.1080/00031305.1996.10473566 (type 7)",
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _quartile(analysis, 0),
    ),
    Metric(
        key="q50",
        name="50th percentile",
        unit="mg/dL",
        definition="The median: half of all sensor readings are below this value.",
        source="Hyndman 1996, doi 10.1080/00031305.1996.10473566 (type 7)",
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _quartile(analysis, 1),
    ),
    Metric(
        key="q75",
        name="75th percentile",
        unit="mg/dL",
        definition="Three quarters of all sensor readings are below this value (linear"
        " interpolation between readings).",
        source="Hyndman 1996, doi 10.1080/00031305.1996.10473566 (type 7)",
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _quartile(analysis, 2),
    ),
    Metric(
        key="iqr",
        name="Interquartile range",
        unit="mg/dL",
        definition="The distance between the 25th and the 75th percentile: the width of the"
        " middle half of all readings.",
        source=_CONSENSUS,
        least_data="1 sensor reading",
        version=1,
        compute=_iqr,
    ),
    Metric(
        key="mad",
        name="Median absolute deviation",
        unit="mg/dL",
        definition="The median distance of readings from their median, times 1.4826: a spread"
        " that single extreme readings do not move.",
        source="Rousseeuw 1993, doi 10.1080/01621459.1993.10476408",
        least_data="1 sensor reading",
        version=1,
        compute=_mad,
    ),
    Metric(
        key="range",
        name="Range",
        unit="mg/dL",
        definition="The highest sensor reading minus the lowest.",
        source=_CONSENSUS,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _span(analysis, pick="range"),
    ),
    Metric(
        key="lowest",
        name="Lowest sensor reading",
        unit="mg/dL",
        definition="The lowest sensor reading; a reading shown as LOW stands at the limit of the"
        " sensor's range.",
        source="ours: as printed in CareLink's sensor reports",
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _span(analysis, pick="low"),
    ),
    Metric(
        key="highest",
        name="Highest sensor reading",
        unit="mg/dL",
        definition="The highest sensor reading; a reading shown as HIGH stands at the limit of the"
        " sensor's range.",
        source="ours: as printed in CareLink's sensor reports",
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _span(analysis, pick="high"),
    ),
    Metric(
        key="limited",
        name="Readings shown as LOW or HIGH",
        unit="readings",
        definition="How many readings were outside the sensor's range. They are counted in every"
        " band and stand at the limit of the range in averages.",
        source="ours: says how far averages rest on limits",
        least_data="1 sensor reading",
        version=1,
        compute=_limited,
    ),
)
