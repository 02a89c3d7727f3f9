"""The turning points behind MAGE: crossings of a short and a long moving average.

Fernandes 2022 (doi 10.1177/19322968211061165), with one addition: a difference of the averages
of exactly zero, or of rounding noise, keeps the sign it had, so that ties do not decide.
"""

from dataclasses import dataclass

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
    sd = float(known.std(ddof=1))
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
    sign = np.sign(_difference(glucose, missing))
    valid = np.flatnonzero(sign)
    if len(valid) == 0:
        return []
    signs = sign[valid]
    changes = np.flatnonzero(signs[1:] != signs[:-1]) + 1
    crossings = [0, *valid[changes].tolist(), len(glucose) - 1]
    is_high = [bool(sign[0] > 0) if sign[0] else bool(signs[0] > 0)]
    is_high += (signs[changes] > 0).tolist()
    # Between two crossings the extreme may lie before the first of them, but never before the
    # turning point found last.
    low_fill = glucose if missing is None else np.where(missing, np.inf, glucose)
    high_fill = glucose if missing is None else np.where(missing, -np.inf, glucose)
    points: list[float] = []
    begin = 0
    for high, end in zip(is_high, crossings[1:], strict=True):
        if high:
            begin += int(high_fill[begin : end + 1].argmax())
        else:
            begin += int(low_fill[begin : end + 1].argmin())
        points.append(float(glucose[begin]))
    return points


def _difference(glucose: Floats, missing: npt.NDArray[np.bool_] | None) -> Floats:
    """Short minus long trailing average, shape of ``glucose``, 0 where tied or unknown."""
    delta = _trailing_mean(glucose, missing, SHORT) - _trailing_mean(glucose, missing, LONG)
    delta[~(np.abs(delta) > _TIE)] = 0  # the negation also catches NaN
    return delta


def _trailing_mean(glucose: Floats, missing: npt.NDArray[np.bool_] | None, width: int) -> Floats:
    """Mean of the last ``width`` values; the head has the first full window's mean."""
    total = np.empty(len(glucose) + 1)
    total[0] = 0
    np.cumsum(glucose if missing is None else np.where(missing, 0.0, glucose), out=total[1:])
    sums = total[width:] - total[:-width]
    if missing is None:
        sums /= width
    else:
        seen = np.concatenate(([0], np.cumsum(~missing)))
        n = seen[width:] - seen[:-width]
        sums = np.divide(sums, n, out=np.full(len(sums), np.nan), where=n > 0)
    return np.concatenate((np.full(width - 1, sums[0]), sums))


def _excursions(points: list[float], sd: float) -> list[float]:
    """Heights of rises above one SD, each followed to its summit before a fall of one SD."""
    heights: list[float] = []
    count = len(points)
    floor_from = at = 0
    while at < count:
        floor = min(points[floor_from : at + 1])
        if points[at] - floor <= sd:
            at += 1
            continue
        top = at
        for follow in range(at, count):
            if points[follow] >= points[top]:
                top = follow
            if points[top] - points[follow] > sd or follow == count - 1:
                heights.append(points[top] - floor)
                floor_from, at = follow, follow
                break
    return heights
