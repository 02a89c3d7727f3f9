"""Sensor glucose as columns: thousands of readings without thousands of objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from glykos.therapy.clock import DAY_S, Window, from_wall_seconds
from glykos.therapy.units import Glucose, GlucoseScale

#: Bits of ``SensorSeries.flag``. The numbers are stored: never renumber.
LOW = 1  # the device said "below its range"; the count is the range's limit
HIGH = 2  # the device said "above its range"; the count is the range's limit
FOLD = 4  # second pass of a local hour that the device's clock repeated
BACKFILLED = 8  # reached the pump late
EXCLUDED = 16  # the person asked to leave it out of statistics
READMITTED = 32  # left out by the person, and counted after all because the reader asked; unstored

#: End of the id of a source that holds what somebody scanned, beside what the sensor kept itself.
SCAN_SUFFIX = "#scan"

#: Of so many seconds a series has readings of one source only.
SLOT_S = 5 * 60

#: A spacing above this many intervals is a gap (metrics/definitions.md §0.7).
GAP_FACTOR = 1.5

_MGDL_PER_COUNT = np.array([np.nan] + [scale.mgdl_per_count for scale in GlucoseScale])


class SensorReading(NamedTuple):
    """One row of a series, for places that show single readings."""

    at_local: datetime
    glucose: Glucose
    device_id: str
    flag: int


@dataclass(frozen=True, slots=True, eq=False)
class SensorSeries:
    """Sensor readings of one person, sorted by (wall second, fold, device).

    Columns all have shape (n,): ``at_s`` wall seconds on the device clock [s since 1970-01-01],
    ``count`` the reported integer, ``scale`` how to read it (``GlucoseScale``), ``flag`` the bits
    above, ``device`` an index into ``device_ids``.
    """

    at_s: npt.NDArray[np.int64]
    count: npt.NDArray[np.int16]
    scale: npt.NDArray[np.uint8]
    flag: npt.NDArray[np.uint8]
    device: npt.NDArray[np.uint8]
    device_ids: tuple[str, ...]

    @classmethod
    def empty(cls) -> "SensorSeries":
        """A series without readings."""
        return cls.build((), (), scale=GlucoseScale.MGDL, device_id="")

    @classmethod
    def build(
        cls,
        at_s: Sequence[int] | npt.NDArray[np.int64],
        count: Sequence[int] | npt.NDArray[np.int16],
        *,
        scale: GlucoseScale,
        device_id: str,
        flag: Sequence[int] | npt.NDArray[np.uint8] | None = None,
    ) -> "SensorSeries":
        """A sorted series of one device from plain columns of equal length."""
        at = np.asarray(at_s, dtype=np.int64)
        flags = np.zeros(len(at), np.uint8) if flag is None else np.asarray(flag, dtype=np.uint8)
        series = cls(
            at_s=at,
            count=np.asarray(count, dtype=np.int16),
            scale=np.full(len(at), int(scale), np.uint8),
            flag=flags,
            device=np.zeros(len(at), np.uint8),
            device_ids=(device_id,) if device_id else (),
        )
        return series._sorted()

    @classmethod
    def concat(cls, parts: Sequence["SensorSeries"]) -> "SensorSeries":
        """All parts as one sorted series; nothing is dropped (see :meth:`distinct`)."""
        parts = [part for part in parts if len(part)]
        if not parts:
            return cls.empty()
        if len(parts) == 1:
            return parts[0]
        # Sorted, so that the order of import decides nothing (ties in primary, equal seconds).
        ids = tuple(sorted({name for part in parts for name in part.device_ids}))
        place = {name: n for n, name in enumerate(ids)}
        renumbered = [
            np.array([place[name] for name in part.device_ids], np.uint8)[part.device]
            for part in parts
        ]
        joined = cls(
            at_s=np.concatenate([part.at_s for part in parts]),
            count=np.concatenate([part.count for part in parts]),
            scale=np.concatenate([part.scale for part in parts]),
            flag=np.concatenate([part.flag for part in parts]),
            device=np.concatenate(renumbered),
            device_ids=ids,
        )
        return joined._sorted()

    def __len__(self) -> int:
        return len(self.at_s)

    def __getitem__(
        self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice
    ) -> "SensorSeries":
        """The chosen rows as a series (order is kept, so choose ascending rows)."""
        return SensorSeries(
            self.at_s[rows],
            self.count[rows],
            self.scale[rows],
            self.flag[rows],
            self.device[rows],
            self.device_ids,
        )

    def rows(self) -> list[SensorReading]:
        """Every reading as an object; for tables, not for statistics."""
        return [
            SensorReading(
                from_wall_seconds(at),
                Glucose(int(count), GlucoseScale(scale), _limit(flag)),
                self.device_ids[device],
                int(flag),
            )
            for at, count, scale, flag, device in zip(
                self.at_s.tolist(),
                self.count,
                self.scale.tolist(),
                self.flag.tolist(),
                self.device,
                strict=True,
            )
        ]

    @property
    def mgdl(self) -> npt.NDArray[np.float64]:
        """Readings in mg/dL, shape (n,), unrounded."""
        values: npt.NDArray[np.float64] = self.count * _MGDL_PER_COUNT[self.scale]
        return values

    def within(self, window: Window) -> "SensorSeries":
        """Readings inside the window's wall-clock days."""
        return self.between(window.start_s, window.end_s)

    def between(self, start_s: int, end_s: int) -> "SensorSeries":
        """Readings with ``start_s <= at_s < end_s``."""
        lo, hi = np.searchsorted(self.at_s, (start_s, end_s))
        return self[slice(int(lo), int(hi))]

    def distinct(self) -> "SensorSeries":
        """One reading per (second, fold, device).

        Where two sources disagree on the same instant of the same device, the reading with the
        larger (count, flag, scale) stays: a rule that does not depend on the order of import.
        """
        if len(self) < 2:
            return self
        fold = self.flag & FOLD
        same = (
            (self.at_s[1:] == self.at_s[:-1])
            & (fold[1:] == fold[:-1])
            & (self.device[1:] == self.device[:-1])
        )
        return self[np.append(~same, True)] if same.any() else self

    def at_other_times(
        self, at_s: npt.NDArray[np.int64], flag: npt.NDArray[np.uint8]
    ) -> "SensorSeries":
        """The same readings at other wall seconds and flags (shape (n,) each), sorted anew."""
        moved = SensorSeries(at_s, self.count, self.scale, flag, self.device, self.device_ids)
        return moved._sorted()

    def interval_min(self) -> int:
        """Sample interval in minutes: the median positive spacing, rounded (5 where unknown)."""
        if len(self) < 2:
            return 5
        spacing = np.diff(self.at_s)
        spacing = spacing[spacing > 0]
        return max(1, round(float(np.median(spacing)) / 60)) if len(spacing) else 5

    def primary(self) -> "SensorSeries":
        """One series: of each 5 minutes one source, never an average (definitions.md §0.5).

        Of each local day the main source is the one with most readings (scans come after every
        continuous source; of equals, the first by id). Another source's reading is used only
        where no better one has any within 1.5 of the main one's intervals, at least 5 min. So the
        same sensor seen through two services is one series. A day's answer depends on that day
        alone. Excluded readings are left out.
        """
        kept = self[(self.flag & EXCLUDED) == 0] if (self.flag & EXCLUDED).any() else self
        if len(kept) == 0 or (kept.device == kept.device[0]).all():
            return kept
        day, place = np.unique(kept.at_s // DAY_S, return_inverse=True)
        ranks = _ranks(kept, place, len(day))[place, kept.device]
        reach_s = np.maximum(
            GAP_FACTOR * _intervals_s(kept.at_s, place, ranks == 0, len(day)), SLOT_S
        )
        # Days moved apart, so that the nearest reading is always one of the same day.
        at_s = kept.at_s + place * (2 * DAY_S)
        keep = ranks == 0
        for rank in range(1, int(ranks.max()) + 1):
            mine = np.flatnonzero(ranks == rank)
            keep[mine[_distance_s(at_s[keep], at_s[mine]) > reach_s[place[mine]]]] = True
        return kept[keep]

    def _sorted(self) -> "SensorSeries":
        if (self.at_s[1:] > self.at_s[:-1]).all():
            return self
        fold = self.flag & FOLD
        order = np.lexsort((self.scale, self.flag, self.count, self.device, fold, self.at_s))
        if (order[1:] > order[:-1]).all():
            return self
        return self[order]


def _ranks(series: SensorSeries, place: npt.NDArray[np.intp], days: int) -> npt.NDArray[np.intp]:
    """Which source comes first on each day, shape (days, sources); 0 is the main one."""
    sources = len(series.device_ids)
    told = np.bincount(place * sources + series.device, minlength=days * sources)
    told = told.reshape(days, sources)
    by_name = np.argsort(np.argsort(series.device_ids))
    is_scan = np.array([name.endswith(SCAN_SUFFIX) for name in series.device_ids])
    # A source without a reading that day stands last, whatever it is.
    after = np.where(told == 0, 2, is_scan.astype(int))
    best = np.lexsort((np.broadcast_to(by_name, told.shape), -told, after), axis=1)
    ranks: npt.NDArray[np.intp] = np.argsort(best, axis=1)
    return ranks


def _intervals_s(
    at_s: npt.NDArray[np.int64],
    place: npt.NDArray[np.intp],
    chosen: npt.NDArray[np.bool_],
    days: int,
) -> npt.NDArray[np.float64]:
    """Sample interval of the chosen readings of each day [s], as ``interval_min`` has it."""
    place, spacing = place[chosen], np.diff(at_s[chosen], append=0)
    within = np.append(place[1:] == place[:-1], False) & (spacing > 0)
    place, spacing = place[within], spacing[within]
    order = np.lexsort((spacing, place))
    spacing = spacing[order]
    counts = np.bincount(place, minlength=days)
    starts = np.cumsum(counts) - counts
    found = np.full(days, 5 * 60.0)
    known = counts > 0
    low, high = starts[known] + (counts[known] - 1) // 2, starts[known] + counts[known] // 2
    found[known] = np.maximum(1, np.rint((spacing[low] + spacing[high]) / 120)) * 60
    return found


def _distance_s(
    sorted_s: npt.NDArray[np.int64], at_s: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Distance of each ``at_s`` to its nearest neighbour in ``sorted_s`` [s]."""
    right = np.clip(np.searchsorted(sorted_s, at_s), 0, len(sorted_s) - 1)
    left = np.clip(right - 1, 0, None)
    distance: npt.NDArray[np.int64] = np.minimum(
        np.abs(sorted_s[right] - at_s), np.abs(sorted_s[left] - at_s)
    )
    return distance


def _limit(flag: int) -> Literal["low", "high"] | None:
    if flag & LOW:
        return "low"
    return "high" if flag & HIGH else None
