"""The turning points behind MAGE: crossings of a short and a long moving average.

Fernandes 2022 (doi 10.1177/19322968211061165), with one addition: a difference of the averages
of exactly zero, or of rounding noise, keeps the sign it had, so that ties do not decide.
"""

from dataclasses import dataclass
from math import inf, sqrt

import numpy as np
import numpy.typing as npt

from glykos.metrics._analysis import Floats

SHORT, LONG = 5, 32
_TIE = 1e-6  # smaller differences of two averages are rounding noise [mg/dL]


@dataclass(frozen=True, slots=True)
class Swings:
    """Mean rise and fall of one stretch of data [mg/dL]; None where no swing exceeds its SD."""

    rise: float | None
    fall: float | None
    weight: float


def swings(glucose: Floats) -> Swings | None:
    """Mean swings above one SD of a stretch of 5-minute values, NaN inside short pauses.

    None when the stretch has fewer than 32 values or an SD below 1 mg/dL.
    """
    missing = np.isnan(glucose)
    has_pause = bool(missing.any())
    known = glucose[~missing] if has_pause else glucose
    if len(known) < LONG:
        return None
    away = known - known.sum() / len(known)
    sd = sqrt(float(away @ away) / (len(known) - 1))
    if sd < 1:
        return None
    points = _turning_points(glucose, missing if has_pause else None)
    rises = _excursions(points, sd)
    falls = _excursions([-point for point in points], sd)
    if not rises and not falls:
        return None
    return Swings(
        rise=sum(rises) / len(rises) if rises else None,
        fall=sum(falls) / len(falls) if falls else None,
        weight=float(len(glucose) - 1),
    )


def _turning_points(glucose: Floats, missing: npt.NDArray[np.bool_] | None) -> list[float]:
    delta = _difference(glucose, missing)
    above = delta > _TIE
    valid = above | (delta < -_TIE)
    if valid.all():
        changes = (above[1:] != above[:-1]).nonzero()[0] + 1
        crossings = changes.tolist()
        is_high = [bool(above[0]), *above[changes].tolist()]
    else:
        rows = valid.nonzero()[0]
        if len(rows) == 0:
            return []
        signs = above[rows]
        changes = (signs[1:] != signs[:-1]).nonzero()[0] + 1
        crossings = rows[changes].tolist()
        is_high = [bool(signs[0]), *signs[changes].tolist()]
    crossings.append(len(glucose) - 1)
    # Between two crossings the extreme may lie before the first of them, but never before the
    # turning point found last.
    low_fill = glucose if missing is None else np.where(missing, np.inf, glucose)
    high_fill = glucose if missing is None else np.where(missing, -np.inf, glucose)
    points: list[float] = []
    begin = 0
    for high, end in zip(is_high, crossings, strict=True):
        if high:
            begin += int(high_fill[begin : end + 1].argmax())
        else:
            begin += int(low_fill[begin : end + 1].argmin())
        points.append(glucose.item(begin))
    return points


def _difference(glucose: Floats, missing: npt.NDArray[np.bool_] | None) -> Floats:
    """Short minus long trailing average, shape of ``glucose``; NaN where unknown."""
    if missing is None:
        short, long = _trailing_sums(glucose)
        short, long = short / SHORT, long / LONG
    else:
        short, long = _trailing_sums(np.where(missing, 0.0, glucose))
        n_short, n_long = _trailing_sums((~missing).astype(np.float64))
        with np.errstate(invalid="ignore"):  # 0 / 0 is NaN: no value seen, no mean
            short, long = short / n_short, long / n_long
    # The head of each average has the first full window's mean.
    delta = np.empty(len(glucose))
    np.subtract(short[LONG - SHORT :], long, out=delta[LONG - 1 :])
    np.subtract(short[: LONG - SHORT], long[0], out=delta[SHORT - 1 : LONG - 1])
    delta[: SHORT - 1] = short[0] - long[0]
    return delta


def _trailing_sums(values: Floats) -> tuple[Floats, Floats]:
    """Sums of 5 and of 32 values in a row, wherever so many lie behind."""
    two = values[1:] + values[:-1]
    four = two[2:] + two[:-2]
    eight = four[4:] + four[:-4]
    sixteen = eight[8:] + eight[:-8]
    return four[1:] + values[:-4], sixteen[16:] + sixteen[:-16]


def _excursions(points: list[float], sd: float) -> list[float]:
    """Heights of rises above one SD, each followed to its summit before a fall of one SD."""
    heights: list[float] = []
    floor, top = inf, -inf  # top is -inf while no rise is under way
    for point in points:
        if top == -inf:
            floor = min(floor, point)
            if point - floor > sd:
                top = point
        elif point >= top:
            top = point
        elif top - point > sd:
            heights.append(top - floor)
            floor, top = point, -inf
    if top != -inf:
        heights.append(top - floor)
    return heights
