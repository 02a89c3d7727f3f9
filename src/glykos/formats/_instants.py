"""Instants in UTC to the wall clock that a person saw, with the pass of a repeated hour.

Services on the web know when something happened; reports are about the clock on the wall. The zone
is the source's own where it has one, never the server's. A wall-clock time that was shown twice
(summer time ending, a flight to the west) carries ``fold`` 1 in its second pass, so that nothing
of the hour is lost.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from glykos.formats._dates import NotADate
from glykos.therapy.clock import from_wall_seconds, wall_seconds

_QUARTER_S = 900
#: Zones of the world reach from UTC-12 to UTC+14.
_WEST_S, _EAST_S = -12 * 3600, 14 * 3600
#: Epoch milliseconds of 1990 to 2100: no device of this kind is older.
_EARLIEST_MS, _LATEST_MS = 631_152_000_000, 4_102_444_800_000
#: A clock set back by more was wrong before, not somewhere else (therapy-events: 26 h).
_LARGEST_SHIFT_S = 26 * 3600
_LONGEST_TEXT = 64

_MONTHS = dict(
    zip(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        range(1, 13),
        strict=True,
    )
)
#: ``Tue Feb 13 00:50:20 AEDT 2018``, as Java prints a date.
_JAVA = re.compile(
    r"[A-Za-z]{3} ([A-Za-z]{3}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) \S+ (\d{4})", re.ASCII
)
#: ``07/19/2014 10:44:15 AM``; which part is the day shows when the instant is known.
_SLASHED = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})[ ,]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AP])M)?",
    re.ASCII | re.IGNORECASE,
)


def instant_of(told: object) -> int:
    """Whole seconds since 1970 UTC of epoch milliseconds (a number or its text) or an ISO time.

    An ISO time without an offset is taken for UTC. Raises NotADate for anything else.
    """
    if isinstance(told, str):
        if len(told) > _LONGEST_TEXT:
            raise NotADate(told[:_LONGEST_TEXT])
        try:
            return _iso(told)
        except NotADate:
            raise
        except ValueError:
            return _epoch(told)
    return _epoch(told)


def _iso(text: str) -> int:
    at = datetime.fromisoformat(text.strip())
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    seconds = at.timestamp() // 1
    if not _EARLIEST_MS <= seconds * 1000 <= _LATEST_MS:
        raise NotADate(text)
    return int(seconds)


def _epoch(told: object) -> int:
    try:
        milliseconds = float(told) if isinstance(told, int | float | str) else -1.0
    except (ValueError, OverflowError):
        milliseconds = -1.0
    if not _EARLIEST_MS <= milliseconds <= _LATEST_MS or isinstance(told, bool):
        raise NotADate(str(told)[:_LONGEST_TEXT])
    return int(milliseconds // 1000)


def local_of(text: str) -> datetime:
    """The wall clock that an ISO time prints, whatever offset stands behind it. Raises NotADate."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotADate(text[:_LONGEST_TEXT]) from None
    if at.tzinfo is not None or at.microsecond:
        at = at.replace(tzinfo=None, microsecond=0, fold=0)
    return at


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, capitals as some apps write them; None where there is none."""
    for spelled in (name, name.title().replace("Gmt", "GMT").replace("Utc", "UTC")):
        try:
            return ZoneInfo(spelled)
        except (KeyError, ValueError, OSError):
            continue
    return None


class Zones:
    """The zones a person lived in, from which instant on; before the first it is the first."""

    def __init__(self, since: Sequence[tuple[int, ZoneInfo]]) -> None:
        ordered = sorted(since, key=lambda pair: pair[0])
        self._from = [at_s for at_s, _ in ordered]
        self._zones = [zone for _, zone in ordered]
        self._known: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self._zones)

    def wall_of(self, at_s: int) -> int:
        """Wall seconds of an instant."""
        quarter = at_s // _QUARTER_S
        offset_s = self._known.get(quarter)
        if offset_s is None:
            # Offsets change on a quarter of an hour; a change of zone inside one is no worse.
            zone = self._zones[max(0, bisect_right(self._from, at_s) - 1)]
            told = datetime.fromtimestamp(quarter * _QUARTER_S, zone).utcoffset()
            offset_s = self._known[quarter] = 0 if told is None else int(told.total_seconds())
        return at_s + offset_s


def offset_told(text: str, at_s: int) -> int | None:
    """Seconds east of UTC of the local time that a text prints, by the instant it stands for.

    The text may say its offset (ISO) or only the wall clock, in the spellings of the reference
    (formats.md §8); None where it says neither, or no place on earth is that far off.
    """
    for local in _locals(text[:_LONGEST_TEXT].strip()):
        offset_s = round((wall_seconds(local) - at_s) / _QUARTER_S) * _QUARTER_S
        is_near = abs(wall_seconds(local) - at_s - offset_s) < 60
        if is_near and _WEST_S <= offset_s <= _EAST_S:
            return offset_s
    return None


def _locals(text: str) -> list[datetime]:
    try:
        return [datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0)]
    except ValueError:
        pass
    if match := _JAVA.fullmatch(text):
        month = _MONTHS.get(match[1].lower(), 0)
        return _possible([(match[6], month, match[2], match[3], match[4], match[5])])
    if match := _SLASHED.fullmatch(text):
        first, second, year, hour, minute = match.groups()[:5]
        if match[7]:
            hour = str(int(hour) % 12 + (12 if match[7] in "pP" else 0))
        rest = (hour, minute, match[6] or 0)
        return _possible([(year, first, second, *rest), (year, second, first, *rest)])
    return []


def _possible(parts: Sequence[tuple[str | int, ...]]) -> list[datetime]:
    found = []
    for year, month, day, hour, minute, second in parts:
        try:
            found.append(
                datetime(  # noqa: DTZ001 - a wall clock
                    int(year), int(month), int(day), int(hour), int(minute), int(second)
                )
            )
        except ValueError:
            continue
    return found


def second_pass(at_s: Sequence[int], wall_s: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Which wall-clock times the clock of one device had shown before, by their instants.

    A time counts as repeated when an earlier instant had a later wall clock. Drift below a quarter
    of an hour repeats nothing; a clock set back by more than 26 h was wrong before.
    """
    at, wall = np.asarray(at_s, np.int64), np.asarray(wall_s, np.int64)
    found = np.zeros(len(at), np.bool_)
    offset = np.rint((wall - at) / _QUARTER_S).astype(np.int64) * _QUARTER_S
    if len(at) < 2 or (offset == offset[0]).all():
        return found
    order = np.argsort(at, kind="stable")
    shown, offset = (at + offset)[order], offset[order]
    latest = np.maximum.accumulate(shown)
    is_new = np.append(True, shown[1:] > latest[:-1])
    set_at = np.maximum.accumulate(np.where(is_new, np.arange(len(at)), 0))
    behind_s = latest - shown
    # The last time before the change is shown again too, by a clock further to the west.
    is_again = (behind_s > 0) | (offset < offset[set_at])
    found[order] = is_again & (behind_s <= _LARGEST_SHIFT_S)
    return found


def wall_clock(wall_s: int, *, is_second_pass: bool = False) -> datetime:
    """Naive local time of wall seconds, with its pass of a repeated hour."""
    local = from_wall_seconds(wall_s)
    return local.replace(fold=1) if is_second_pass else local
