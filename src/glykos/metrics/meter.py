"""Meter glucose (finger-sticks): number, mean, spread, and shares of the person's own range."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import sqrt

from glykos.metrics._analysis import Analysis, once
from glykos.metrics._coverage import COMPLETE, per_day
from glykos.metrics._metric import Metric, NotEnoughData, Result, Value
from glykos.therapy.clock import DaySpan
from glykos.therapy.records import MeterGlucose
from glykos.therapy.targets import Targets

SAME_WITHIN_S = 5 * 60
NO_METER = NotEnoughData("no meter readings in this period")
_CARELINK = "ours, after CareLink's Quick View and Daily Summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """Statistics of meter values: mg/dL, counts beyond the person's own range; ``sd`` needs 2."""

    n: int
    mean: float
    sd: float | None
    low: float
    high: float
    below: int
    in_target: int
    above: int


@once
def meter_values(analysis: Analysis) -> tuple[MeterGlucose, ...]:
    """Finger-sticks of the window; the same value again within 5 min is the same finger-stick."""
    kept: list[MeterGlucose] = []
    for record in analysis.history.of(MeterGlucose):
        again = any(
            record.at_s - one.at_s <= SAME_WITHIN_S and one.glucose == record.glucose
            for one in kept[-5:]
        )
        if not again:
            kept.append(record)
    return tuple(kept)


@once
def meter(analysis: Analysis) -> Meter | None:
    """Statistics of meter glucose, or None without meter values."""
    return statistics_of(meter_values(analysis), analysis.targets)


def statistics_of(records: tuple[MeterGlucose, ...], targets: Targets) -> Meter | None:
    """Mean, sample SD (n - 1), extremes and counts beyond the range of some finger-sticks.

    Values are compared in the unit the meter reported; both ends of the range belong to it.
    """
    if not records:
        return None
    values = [record.glucose.mgdl for record in records]
    n, mean = len(values), sum(values) / len(values)
    glucose = [record.glucose for record in records]
    below = sum(one.count < targets.low.in_counts(one.scale) for one in glucose)
    above = sum(one.count > targets.high.in_counts(one.scale) for one in glucose)
    sd = sqrt(sum((value - mean) ** 2 for value in values) / (n - 1)) if n > 1 else None
    return Meter(
        n=n,
        mean=mean,
        sd=sd,
        low=min(values),
        high=max(values),
        below=below,
        in_target=n - below - above,
        above=above,
    )


def _value(pick: Callable[[Meter], float | None], unit: str) -> Callable[[Analysis], Result]:
    def compute(analysis: Analysis) -> Result:
        found = meter(analysis)
        if found is None:
            return NO_METER
        value = pick(found)
        if value is None:
            return NotEnoughData("only one meter reading")
        return Value(float(value), unit, found.n)

    return compute


def _per_day(analysis: Analysis) -> Result:
    told = meter_values(analysis)
    return per_day(analysis, told, "tests/day") if told else NO_METER


def _days(analysis: Analysis) -> Result:
    days = {one.at_local.date() for one in meter_values(analysis)}
    return Value(float(len(days)), "d", analysis.window.days) if days else NO_METER


def _very_low(analysis: Analysis) -> Result:
    told = [one.glucose for one in meter_values(analysis)]
    if not told:
        return NO_METER
    limit = analysis.targets.very_low
    below = sum(one.count < limit.in_counts(one.scale) for one in told)
    return Value(100 * below / len(told), "%", len(told))


def _mean_in(analysis: Analysis, span: str, words: str) -> Result:
    window: DaySpan = getattr(analysis.plan, span)
    told = [o.glucose.mgdl for o in meter_values(analysis) if o.minute_of_day in window]
    if not told:
        return NotEnoughData(f"no meter readings {words}")
    return Value(sum(told) / len(told), "mg/dL", len(told))


def _metric(
    key: str, name: str, unit: str, definition: str, compute: Callable[[Analysis], Result]
) -> Metric:
    return Metric(
        key=key,
        name=name,
        unit=unit,
        definition=definition,
        source=_CARELINK,
        least_data="2 meter readings" if key == "bg_sd" else "1 meter reading",
        version=2 if key == "bg_per_day" else 1,
        compute=compute,
    )


METRICS: tuple[Metric, ...] = (
    _metric(
        "bg_n",
        "Meter readings",
        "readings",
        "How many finger-sticks; the same value again within 5 min counts once.",
        _value(lambda found: found.n, "readings"),
    ),
    _metric(
        "bg_mean",
        "Mean meter glucose",
        "mg/dL",
        "The average of all finger-sticks.",
        _value(lambda found: found.mean, "mg/dL"),
    ),
    _metric(
        "bg_sd",
        "Standard deviation of meter glucose",
        "mg/dL",
        "The sample standard deviation (n - 1) of all finger-sticks.",
        _value(lambda found: found.sd, "mg/dL"),
    ),
    _metric(
        "bg_lowest",
        "Lowest meter reading",
        "mg/dL",
        "The lowest finger-stick of the period.",
        _value(lambda found: found.low, "mg/dL"),
    ),
    _metric(
        "bg_highest",
        "Highest meter reading",
        "mg/dL",
        "The highest finger-stick of the period.",
        _value(lambda found: found.high, "mg/dL"),
    ),
    _metric(
        "bg_below",
        "Meter readings below your target",
        "%",
        "The share of finger-sticks below the lower limit of the person's own range.",
        _value(lambda found: 100 * found.below / found.n, "%"),
    ),
    _metric(
        "bg_in",
        "Meter readings in your target",
        "%",
        "The share of finger-sticks in the person's own range, both ends included.",
        _value(lambda found: 100 * found.in_target / found.n, "%"),
    ),
    _metric(
        "bg_above",
        "Meter readings above your target",
        "%",
        "The share of finger-sticks above the upper limit of the person's own range.",
        _value(lambda found: 100 * found.above / found.n, "%"),
    ),
    _metric(
        "bg_per_day",
        "Meter readings per day",
        "tests/day",
        f"Finger-sticks per complete day, days without one included, where there is any in the period.{COMPLETE}",
        _per_day,
    ),
    _metric(
        "bg_days",
        "Days with a meter reading",
        "d",
        "Local days of the period with at least one finger-stick.",
        _days,
    ),
    _metric(
        "bg_very_low",
        "Meter readings below the very low limit",
        "%",
        "The share of finger-sticks below 54 mg/dL (3.0 mmol/L).",
        _very_low,
    ),
    *(
        _metric(
            f"bg_{span}",
            f"Mean meter glucose {words}",
            "mg/dL",
            f"The average of finger-sticks in the person's own window of the day {words}.",
            partial(_mean_in, span=span, words=words),
        )
        for span, words in (("wake_up", "after waking up"), ("bedtime", "at bedtime"))
    ),
)
