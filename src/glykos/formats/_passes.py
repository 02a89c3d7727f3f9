"""Hours that a device's clock repeated: which readings belong to the second pass.

Between two and three o'clock of an autumn night local time occurs twice, and after a flight to the
west even more of it. Both passes were lived, so both are kept; the second is marked.
Source: reference formats.md §4 (transmitter time) and §10 (a step back of about an hour).
"""

import numpy as np
import numpy.typing as npt

#: A step back of one hour less the spacing of the readings, and no more than one hour.
_SMALLEST_STEP_S, _LARGEST_STEP_S = 40 * 60, 65 * 60
#: Clocks change at night, on Sundays from September to November and in March and April.
_NIGHT_ENDS_S = 4 * 3600
_MONTHS = frozenset((3, 4, 9, 10, 11))
#: A sensor's own clock that hardly ever moves is no clock (a column filled by anonymisers).
_MOVING = 0.9
_DAY_S = 86_400
_LONGEST_JOURNEY_S = 26 * 3600


def second_pass(
    at_s: npt.NDArray[np.int64], ticks: npt.NDArray[np.float64] | None = None
) -> npt.NDArray[np.bool_]:
    """Which readings of one device lie in the second pass of a repeated stretch of wall time.

    Args:
        at_s: wall seconds in the order of the file.
        ticks: the sensor's own clock for each reading, which only moves forward, where known.
            With it any step back of the wall clock is believed; without it only one that looks
            like the end of summer time.
    """
    found = np.zeros(len(at_s), np.bool_)
    if len(at_s) < 2:
        return found
    if ticks is not None and _is_clock(ticks):
        lived = np.argsort(ticks, kind="stable")
        is_step = _is_journey
    else:
        lived = np.arange(len(at_s))
        if (np.diff(at_s) < 0).mean() > 0.5:  # the newest row stands first
            lived = lived[::-1]
        is_step = _is_summers_end
    wall = at_s[lived]
    for place in np.flatnonzero(np.diff(wall) < 0):
        before, after = int(wall[place]), int(wall[place + 1])
        if is_step(before, after):
            again = place + 1 + int(np.argmax(np.append(wall[place + 1 :] > before, True)))
            found[lived[place + 1 : again]] = True
    return found


def _is_clock(ticks: npt.NDArray[np.float64]) -> bool:
    return bool(np.isfinite(ticks).all()) and len(np.unique(ticks)) >= _MOVING * len(ticks)


def _is_journey(before_s: int, after_s: int) -> bool:
    return _SMALLEST_STEP_S / 2 <= before_s - after_s <= _LONGEST_JOURNEY_S


def _is_summers_end(before_s: int, after_s: int) -> bool:
    if not _SMALLEST_STEP_S <= before_s - after_s <= _LARGEST_STEP_S:
        return False
    day = np.datetime64(before_s // _DAY_S, "D")
    is_sunday = (before_s // _DAY_S + 3) % 7 == 6  # 1970-01-01 was a Thursday
    month = int(day.astype("datetime64[M]").astype(int)) % 12 + 1
    return is_sunday and month in _MONTHS and before_s % _DAY_S < _NIGHT_ENDS_S
