"""Sensor glucose as columns: thousands of readings without thousands of objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from glykos.therapy.clock import Window, from_wall_seconds
from glykos.therapy.units import Glucose, GlucoseScale

#: Bits of ``SensorSeries.flag``. The numbers are stored: never renumber.
LOW = 1  # the device said "below its range"; the count is the range's limit
HIGH = 2  # the device said "above its range"; the count is the range's limit
FOLD = 4  # second pass of a local hour that the device's clock repeated
BACKFILLED = 8  # reached the pump late
EXCLUDED = 16  # the person asked to leave it out of statistics

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

    def interval_min(self) -> int:
        """Sample interval in minutes: the median positive spacing, rounded (5 where unknown)."""
        if len(self) < 2:
            return 5
        spacing = np.diff(self.at_s)
        spacing = spacing[spacing > 0]
        return max(1, round(float(np.median(spacing)) / 60)) if len(spacing) else 5

    def primary(self) -> "SensorSeries":
        """One series per instant: different sensors are never averaged (definitions.md §0.5).

        Each day's main device is the one with most readings; another device's reading is used
        only where the main one has none within 1.5 of its intervals. Excluded readings are left out.
        """
        kept = self[(self.flag & EXCLUDED) == 0] if (self.flag & EXCLUDED).any() else self
        if len(kept) == 0 or (kept.device == kept.device[0]).all():
            return kept
        days = kept.at_s // 86_400
        keep = np.zeros(len(kept), bool)
        for day in np.unique(days):
            rows = np.flatnonzero(days == day)
            ranks = np.bincount(kept.device[rows])
            main = kept[rows[kept.device[rows] == np.argmax(ranks)]]
            reach_s = GAP_FACTOR * main.interval_min() * 60
            taken: npt.NDArray[np.int64] = np.empty(0, np.int64)
            for device in np.argsort(-ranks, kind="stable"):
                mine = rows[kept.device[rows] == device]
                if len(taken):
                    mine = mine[_distance_s(taken, kept.at_s[mine]) > reach_s]
                keep[mine] = True
                taken = np.sort(np.append(taken, kept.at_s[mine]))
        return kept[keep]

    def _sorted(self) -> "SensorSeries":
        if (self.at_s[1:] > self.at_s[:-1]).all():
            return self
        fold = self.flag & FOLD
        order = np.lexsort((self.scale, self.flag, self.count, self.device, fold, self.at_s))
        if (order[1:] > order[:-1]).all():
            return self
        return self[order]


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
