"""How much of the time the sensor gave readings, and whether that is enough.

Two percentages are in use: over the whole window, and from the first reading to the last. Both
are metrics of their own; sufficiency is judged on the window.
"""

from dataclasses import dataclass

from glykos.metrics._analysis import NO_SENSOR, Analysis, once
from glykos.metrics._metric import Metric, Result, Value

ENOUGH_DAYS = 14
ENOUGH_PERCENT = 70.0
_CONSENSUS = "Battelino 2019, doi 10.2337/dci19-0028"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """How long the sensor was worn.

    ``span_percent`` counts from the first reading to the last, ``window_percent`` over the
    window's real minutes; ``minutes`` is the time readings stand for; ``days`` the distance
    between the first and last reading [days]; ``days_with_readings`` whole dates touched.
    """

    span_percent: float
    window_percent: float
    minutes: float
    days: float
    days_with_readings: int
    window_days: int
    n: int

    @property
    def is_sufficient(self) -> bool:
        """Whether 14 days with 70 % of readings are there (Battelino 2019)."""
        enough_min = ENOUGH_DAYS * 1440 * ENOUGH_PERCENT / 100
        return self.window_percent >= ENOUGH_PERCENT and self.minutes >= enough_min

    @property
    def shortage(self) -> str:
        """Why it is not sufficient, in plain words; "" when it is."""
        if self.is_sufficient:
            return ""
        if self.window_percent < ENOUGH_PERCENT:
            return f"the sensor was active {self.window_percent:.0f} % of the time; 70 % is needed"
        return (
            f"readings cover {self.minutes / 1440:.1f} days;"
            " at least 9.8 days of readings within 14 days are needed"
        )


@once
def wear(analysis: Analysis) -> Wear | None:
    """Wear over the window and over the span of the data, or None without readings.

    Possible readings of the span are round((last - first) / interval) + 1; of the window, its
    real minutes (days of 23 or 25 hours as lived) divided by the interval. Both stop at 100.
    Source: Battelino 2019; the span form is the "time CGM active" of glucose profiles.
    """
    levels = analysis.levels
    if levels.n == 0:
        return None
    interval = analysis.interval_min
    minutes = levels.total * (1 if analysis.weight_min is not None else interval)
    lived = analysis.elapsed_s
    order = analysis.in_lived_order
    first, last = (0, -1) if order is None else (order[0], order[-1])
    span_min = (int(lived[last]) - int(lived[first])) / 60
    possible = (round(span_min / interval) + 1) * interval
    days = analysis.sensor.at_s // 86_400
    return Wear(
        span_percent=min(100.0, 100 * minutes / possible),
        window_percent=min(100.0, 100 * minutes / analysis.window_min),
        minutes=float(minutes),
        days=span_min / 1440,
        days_with_readings=int((days[1:] != days[:-1]).sum()) + 1,
        window_days=analysis.window.days,
        n=levels.n,
    )


def _field(analysis: Analysis, name: str, unit: str) -> Result:
    found = wear(analysis)
    return NO_SENSOR if found is None else Value(float(getattr(found, name)), unit, found.n)


METRICS: tuple[Metric, ...] = (
    Metric(
        key="wear",
        name="Sensor active, first to last reading",
        unit="%",
        definition="Readings present as a share of the readings possible from the first to the"
        " last reading of the period.",
        source=_CONSENSUS,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _field(analysis, "span_percent", "%"),
    ),
    Metric(
        key="wear_window",
        name="Sensor active, whole period",
        unit="%",
        definition="The time that readings stand for as a share of the whole chosen period; days"
        " without readings count as not worn. 70 % of 14 days is needed for dependable numbers.",
        source=_CONSENSUS,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _field(analysis, "window_percent", "%"),
    ),
    Metric(
        key="ndays",
        name="Days from first to last reading",
        unit="d",
        definition="The time between the first and the last sensor reading of the period.",
        source=_CONSENSUS,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _field(analysis, "days", "d"),
    ),
    Metric(
        key="days_worn",
        name="Days with sensor readings",
        unit="d",
        definition="How many local days of the period have at least one sensor reading.",
        source=_CONSENSUS,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _field(analysis, "days_with_readings", "d"),
    ),
    Metric(
        key="sensor_minutes",
        name="Sensor time",
        unit="min",
        definition="The time that all sensor readings of the period stand for, each for its"
        " sensor's own interval.",
        source=_CONSENSUS,
        least_data="1 sensor reading",
        version=1,
        compute=lambda analysis: _field(analysis, "minutes", "min"),
    ),
)
