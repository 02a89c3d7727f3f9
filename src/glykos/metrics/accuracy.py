"""How well sensor and meter agree: MARD and correlation of paired readings."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from glykos.metrics._analysis import NO_SENSOR, Analysis, Floats, once
from glykos.metrics._metric import Metric, NotEnoughData, Result, Value
from glykos.metrics.meter import NO_METER, meter_values
from glykos.therapy.records import MeterGlucose
from glykos.therapy.sensor import HIGH, LOW

#: Farthest sensor reading that may be paired with a meter value.
PAIR_WITHIN_S = 5 * 60
LEAST_FOR_R = 3
_CARELINK = "ours, after CareLink's Sensor Daily Overlay (MAD %, correlation)"


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Meter values and the sensor readings next to them, each shape (k,) [mg/dL]."""

    meter: Floats
    sensor: Floats

    def __len__(self) -> int:
        return len(self.meter)

    @property
    def mard(self) -> float:
        """Mean of |sensor - meter| / meter [%]; needs at least one pair."""
        return float(100 * np.mean(np.abs(self.sensor - self.meter) / self.meter))

    @property
    def r(self) -> float | None:
        """Pearson's correlation; None below 3 pairs or where one side never changes."""
        if len(self) < LEAST_FOR_R:
            return None
        x, y = self.meter - self.meter.mean(), self.sensor - self.sensor.mean()
        spread = sqrt(float(x @ x) * float(y @ y))
        return float(x @ y) / spread if spread > 0 else None


@once
def pairs(analysis: Analysis) -> Pairs:
    """Each finger-stick with the nearest sensor reading within 5 min before or after it.

    Values that a device could only call LOW or HIGH are not paired: their distance is unknown.
    Nor are values of 0 or less, which no meter reports.
    """
    return pairs_of(analysis, meter_values(analysis))


def pairs_of(analysis: Analysis, records: tuple[MeterGlucose, ...]) -> Pairs:
    """:func:`pairs` for some finger-sticks only."""
    series = analysis.sensor
    known = [one for one in records if one.glucose.limit is None and one.glucose.count > 0]
    usable = (series.flag & (LOW | HIGH)) == 0
    at, glucose = series.at_s[usable], analysis.mgdl[usable]
    if not known or len(at) == 0:
        return Pairs(np.empty(0), np.empty(0))
    when = np.array([record.at_s for record in known])
    after = np.clip(np.searchsorted(at, when), 0, len(at) - 1)
    before = np.clip(after - 1, 0, None)
    # Equally near: the reading after the finger-stick, since sensor glucose lags behind blood.
    nearest = np.where(np.abs(at[before] - when) < np.abs(at[after] - when), before, after)
    close = np.abs(at[nearest] - when) <= PAIR_WITHIN_S
    values = np.array([record.glucose.mgdl for record in known])
    return Pairs(values[close], glucose[nearest[close]])


def _pairs_or_why(analysis: Analysis) -> Pairs | NotEnoughData:
    if len(analysis.sensor) == 0:
        return NO_SENSOR
    if not meter_values(analysis):
        return NO_METER
    found = pairs(analysis)
    return found if len(found) else NotEnoughData("no meter reading is near a sensor reading")


def _mard(analysis: Analysis) -> Result:
    found = _pairs_or_why(analysis)
    return found if isinstance(found, NotEnoughData) else Value(found.mard, "%", len(found))


def _correlation(analysis: Analysis) -> Result:
    found = _pairs_or_why(analysis)
    if isinstance(found, NotEnoughData):
        return found
    if len(found) < LEAST_FOR_R:
        return NotEnoughData("fewer than 3 meter readings are near a sensor reading")
    r = found.r
    if r is None:
        return NotEnoughData("all paired readings are the same")
    return Value(r, "r", len(found))


def _number(analysis: Analysis) -> Result:
    found = _pairs_or_why(analysis)
    if isinstance(found, NotEnoughData):
        return found
    return Value(float(len(found)), "pairs", len(found))


METRICS: tuple[Metric, ...] = (
    Metric(
        key="mard",
        name="Mean difference of sensor and meter (MARD)",
        unit="%",
        definition="How far the sensor is from the meter on average, as a percentage of the meter"
        " value. Each finger-stick is compared with the nearest sensor reading within 5 min.",
        source=_CARELINK,
        least_data="1 pair of meter and sensor reading",
        version=1,
        compute=_mard,
    ),
    Metric(
        key="correlation",
        name="Correlation of sensor and meter",
        unit="r",
        definition="Pearson's correlation of the pairs of meter and sensor readings: 1 means that"
        " they rise and fall together.",
        source=_CARELINK,
        least_data="3 pairs of meter and sensor readings",
        version=1,
        compute=_correlation,
    ),
    Metric(
        key="pairs",
        name="Pairs of meter and sensor readings",
        unit="pairs",
        definition="How many finger-sticks have a sensor reading within 5 min.",
        source=_CARELINK,
        least_data="1 pair of meter and sensor reading",
        version=1,
        compute=_number,
    ),
)
