"""Exact sums of a day that add up to any window, and the numbers of the windows.

Sums are integers in the device's own counts, one row per scale, so that adding days loses
nothing. Bands compare counts with the limit of the reported unit (metrics/definitions.md §0.2);
LOW and HIGH readings enter at the limit the device gave.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from glykos.therapy.clock import DAY_MIN, DAY_S
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.targets import HIGH, LOW, TIGHT_HIGH, VERY_HIGH, VERY_LOW
from glykos.therapy.units import GlucoseScale

#: Raised when the same readings would give other sums; rows with a lower number are rebuilt.
ALGORITHM = 1

#: Windows kept for lists of many people [days].
WINDOW_DAYS = (7, 14, 30, 90)
#: Names of the bands, as the columns that keep their counts.
BANDS = ("below_54", "below_70", "to_140", "to_180", "to_250", "above_250")


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySums:
    """One local day's readings in one scale: counts per band, Σx and Σx² of the counts."""

    day: int
    scale: int
    n: int
    bands: tuple[int, ...]  # readings in each of BANDS
    total: int
    squares: int
    lowest: int
    highest: int
    interval_min: int


def day_sums(series: SensorSeries) -> list[DaySums]:
    """The sums of each local day and scale, over every device's readings of whole days.

    Where several sensors overlap, each day counts its main one (``SensorSeries.primary``).
    """
    one = series.primary()
    return [sums for scale in np.unique(one.scale) for sums in _of_scale(one, int(scale))]


def _of_scale(series: SensorSeries, scale: int) -> Iterable[DaySums]:
    mine = series[series.scale == scale]
    day = mine.at_s // DAY_S
    starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    count = mine.count.astype(np.int64)
    band = _band(mine.count, GlucoseScale(scale))
    place = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(day))))
    bands = np.bincount(place * len(BANDS) + band, minlength=len(starts) * len(BANDS))
    columns = zip(
        day[starts].tolist(),
        bands.reshape(-1, len(BANDS)).tolist(),
        np.add.reduceat(count, starts).tolist(),
        np.add.reduceat(count * count, starts).tolist(),
        np.minimum.reduceat(count, starts).tolist(),
        np.maximum.reduceat(count, starts).tolist(),
        _intervals(mine.at_s, place, len(starts)).tolist(),
        strict=True,
    )
    for number, in_band, total, squares, lowest, highest, interval in columns:
        yield DaySums(
            day=number,
            scale=scale,
            n=sum(in_band),
            bands=tuple(in_band),
            total=total,
            squares=squares,
            lowest=lowest,
            highest=highest,
            interval_min=interval,
        )


def _band(count: npt.NDArray[np.int16], scale: GlucoseScale) -> npt.NDArray[np.int64]:
    very_low, low, tight, high, very_high = (
        limit.in_counts(scale) for limit in (VERY_LOW, LOW, TIGHT_HIGH, HIGH, VERY_HIGH)
    )
    # Lower limits belong to the band above them, upper limits to the band below: 70 and 180 are in.
    edges = np.array([very_low, low, tight + 1, high + 1, very_high + 1])
    return np.searchsorted(edges, count, side="right")


def _intervals(
    at_s: npt.NDArray[np.int64], place: npt.NDArray[np.intp], days: int
) -> npt.NDArray[np.int64]:
    """Median spacing of each day [min], 5 where one reading does not tell."""
    spacing = np.diff(at_s)
    tells = (place[1:] == place[:-1]) & (spacing > 0)
    of_day = place[1:][tells]
    # One sort for all days: a spacing within a day is shorter than a day.
    ordered = np.sort(of_day * DAY_S + spacing[tells]) % DAY_S
    sizes = np.bincount(of_day, minlength=days)
    median_s = np.full(days, 300)
    known = sizes > 0
    median_s[known] = ordered[(np.cumsum(sizes) - sizes + sizes // 2)[known]]
    return np.maximum(1, np.rint(median_s / 60).astype(np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowNumbers:
    """The glucose numbers of one person over the last ``days`` days up to ``end_day``."""

    days: int
    end_day: int
    n: int
    mean_mgdl: float
    sd_mgdl: float | None
    cv_percent: float | None
    gmi_percent: float
    gri: float
    in_range_percent: float
    below_54_percent: float
    below_70_percent: float
    above_180_percent: float
    above_250_percent: float
    wear_percent: float


def window_numbers(sums: Sequence[DaySums]) -> list[WindowNumbers]:
    """The windows that end on the last day with readings; empty without readings.

    ``below_70_percent`` includes what is below 54, ``above_180_percent`` what is above 250. Wear
    counts each reading for its day's interval, over whole days, 100 % at most. GMI: Bergenstal
    2018 (doi 10.2337/dc18-1581). GRI: Klonoff 2022 (doi 10.1177/19322968221085273), 100 at most.
    """
    if not sums:
        return []
    end_day = max(one.day for one in sums)
    return [
        _numbers([one for one in sums if one.day > end_day - days], days, end_day)
        for days in WINDOW_DAYS
    ]


def _numbers(sums: Sequence[DaySums], days: int, end_day: int) -> WindowNumbers:
    n = sum(one.n for one in sums)
    factor = {one.scale: GlucoseScale(one.scale).mgdl_per_count for one in sums}
    mean = sum(one.total * factor[one.scale] for one in sums) / n
    sd = _deviation(sums, n)
    share = [100 * sum(one.bands[band] for one in sums) / n for band in range(len(BANDS))]
    very_low, low, tight, high, over, far_over = share
    return WindowNumbers(
        days=days,
        end_day=end_day,
        n=n,
        mean_mgdl=mean,
        sd_mgdl=sd,
        cv_percent=None if sd is None or mean == 0 else 100 * sd / mean,
        gmi_percent=3.31 + 0.02392 * mean,
        gri=min(100.0, 3.0 * very_low + 2.4 * low + 1.6 * far_over + 0.8 * over),
        in_range_percent=tight + high,
        below_54_percent=very_low,
        below_70_percent=very_low + low,
        above_180_percent=over + far_over,
        above_250_percent=far_over,
        wear_percent=min(100.0, 100 * sum(s.n * s.interval_min for s in sums) / (days * DAY_MIN)),
    )


def _deviation(sums: Sequence[DaySums], n: int) -> float | None:
    """Sample standard deviation [mg/dL]; exact integers until the last step within one scale."""
    if n < 2:
        return None
    scales = {one.scale for one in sums}
    if len(scales) == 1:
        total = sum(one.total for one in sums)
        squares = sum(one.squares for one in sums)
        variance = (n * squares - total * total) / (n * (n - 1))
        return sqrt(variance) * GlucoseScale(scales.pop()).mgdl_per_count
    factor = {scale: GlucoseScale(scale).mgdl_per_count for scale in scales}
    total_mgdl = sum(one.total * factor[one.scale] for one in sums)
    squares_mgdl = sum(one.squares * factor[one.scale] ** 2 for one in sums)
    return sqrt(max(0.0, (squares_mgdl - total_mgdl**2 / n) / (n - 1)))
