"""One person's window prepared for metrics: sorted, classified and counted once, lazily.

Every metric gets an :class:`Analysis`. Readings are counted into one histogram per reported
scale, so that each statistic costs a pass over some hundred levels instead of thousands of
readings. It computes no metric itself and knows no report.
"""

from collections.abc import Callable
from functools import cached_property, lru_cache, wraps
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from glykos.metrics._metric import NotEnoughData
from glykos.therapy.clock import DAY_S, ClockShift, Window, from_wall_seconds, wall_seconds
from glykos.therapy.history import History
from glykos.therapy.sensor import FOLD, HIGH, LOW, SensorSeries
from glykos.therapy.targets import STANDARD, DayPlan, Limit, Targets
from glykos.therapy.units import GlucoseScale

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
T = TypeVar("T")

NO_SENSOR = NotEnoughData("no sensor readings in this period")
_LARGEST_SHIFT_MIN = 26 * 60  # a larger clock change is a corrected date, not time lived


class Analysis:
    """A lazily prepared view of (history, window, targets, plan), shared by all metrics.

    Args:
        history: everything known about the person.
        window: whole local days to look at.
        targets: the person's own range, used by the ``target_*`` metrics, excursions and AUC.
        plan: meal windows, bedtime and wake-up.
    """

    def __init__(
        self,
        history: History,
        window: Window,
        targets: Targets = STANDARD,
        plan: DayPlan | None = None,
    ) -> None:
        self.whole = history
        self.window = window
        self.targets = targets
        self.plan = DayPlan() if plan is None else plan
        self.memo: dict[Callable[..., object], object] = {}

    @cached_property
    def history(self) -> History:
        """The records inside the window."""
        return self.whole.within(self.window)

    @cached_property
    def sensor(self) -> SensorSeries:
        """Sensor readings of the window, one per instant, without excluded ones."""
        return self.whole.glucose.within(self.window)

    @cached_property
    def mgdl(self) -> Floats:
        """Sensor readings, shape (n,) [mg/dL]."""
        scale = self.one_scale
        if scale is None:
            return self.sensor.mgdl
        return np.multiply(self.sensor.count, scale.mgdl_per_count, dtype=np.float64)

    @cached_property
    def one_scale(self) -> GlucoseScale | None:
        """The scale all readings share, or None when devices of several scales are mixed."""
        scale = self.sensor.scale
        if len(scale) == 0 or scale[0] != scale[-1] or np.count_nonzero(scale != scale[0]):
            return None
        return GlucoseScale(int(scale[0]))

    @cached_property
    def interval_min(self) -> int:
        """Minutes one reading stands for (the sample interval; the main one when mixed)."""
        return _interval_min(self.spacing_s)

    @cached_property
    def spacing_s(self) -> Ints:
        """Seconds from each reading to the next on the wall clock, shape (n - 1,)."""
        at = self.sensor.at_s
        return at[1:] - at[:-1]

    @cached_property
    def weight_min(self) -> Ints | None:
        """Minutes each reading stands for, shape (n,), or None when it is the same for all.

        Each device's readings stand for that device's own sample interval, so that a 15-minute
        sensor counts three times a 5-minute one (metrics/definitions.md §0.6).
        """
        device = self.sensor.device
        if len(device) == 0 or not np.count_nonzero(device != device[0]):
            return None
        weight = np.empty(len(device), np.int64)
        for number in np.unique(device):
            mine = device == number
            weight[mine] = _interval_min(np.diff(self.sensor.at_s[mine]))
        return None if (weight == weight[0]).all() else weight

    @cached_property
    def levels(self) -> "Levels":
        """How often each glucose level was reported."""
        return Levels.count(self)

    @cached_property
    def elapsed_s(self) -> Ints:
        """Wall seconds without the jumps of the clock, shape (n,), ascending: time as lived.

        A repeated hour is moved behind its first pass and a skipped hour is closed, so that a
        change to summer time is neither a gap nor an overlap.
        """
        at = self.sensor.at_s
        shifts = self.clock_shifts
        if not shifts:
            return at
        lived = at.copy()
        for shift in shifts:
            after = wall_seconds(shift.after)
            if shift.minutes > 0:
                later = at >= after
            else:
                fold = (self.sensor.flag & FOLD) != 0
                later = (at >= wall_seconds(shift.before)) | (fold & (at >= after))
            lived[later] -= round(shift.minutes * 60)
        return lived

    @cached_property
    def in_lived_order(self) -> "npt.NDArray[np.intp] | None":
        """Order of the readings by time lived, or None when the wall clock already has it."""
        if not self.clock_shifts:
            return None
        return np.argsort(self.elapsed_s, kind="stable")

    @cached_property
    def clock_shifts(self) -> tuple[ClockShift, ...]:
        """Clock changes inside the window: a device's own, else those of the person's zone."""
        own = tuple(
            shift
            for shift in self.whole.shifts_within(self.window)
            if abs(shift.minutes) <= _LARGEST_SHIFT_MIN
        )
        return own or self._zone_shifts()

    def _zone_shifts(self) -> tuple[ClockShift, ...]:
        zone = self.whole.zone
        if zone is None:
            return ()
        start, end = self.window.start_s, self.window.end_s
        # Most windows have none, and four look-ups show it; zones change at most twice a year.
        marks = [start, *range(start + 28 * DAY_S, end, 28 * DAY_S), end]
        offsets = [from_wall_seconds(at).replace(tzinfo=zone).utcoffset() for at in marks]
        found: list[ClockShift] = []
        for n in range(len(marks) - 1):
            if offsets[n] == offsets[n + 1]:
                continue
            lo, hi = marks[n], marks[n + 1]
            while hi - lo > 60:  # bisection to the minute
                mid = (lo + hi) // 2 // 60 * 60
                same = from_wall_seconds(mid).replace(tzinfo=zone).utcoffset() == offsets[n]
                lo, hi = (mid, hi) if same else (lo, mid)
            first, second = offsets[n], offsets[n + 1]
            if first is None or second is None:  # a ZoneInfo always answers; the type says maybe
                continue
            moved = int((second - first).total_seconds())
            # With fold=0, Python answers the old offset inside a skipped and a repeated hour.
            before = hi - moved if moved > 0 else hi
            found.append(ClockShift(from_wall_seconds(before), from_wall_seconds(before + moved)))
        return tuple(found)

    @cached_property
    def window_min(self) -> float:
        """Real length of the window [min]; days of 23 or 25 hours count as lived."""
        return self.window.days * 1440 - sum(shift.minutes for shift in self.clock_shifts)


def once(make: Callable[[Analysis], T]) -> Callable[[Analysis], T]:
    """Compute ``make`` once per analysis; later calls get the same object."""

    @wraps(make)
    def shared(analysis: Analysis) -> T:
        try:
            return analysis.memo[shared]  # type: ignore[return-value]  # keyed by what made it
        except KeyError:
            made = analysis.memo[shared] = make(analysis)
            return made

    return shared


class Levels:
    """A histogram of readings: how many minutes-weights stand at each glucose level.

    Attributes:
        n: number of readings.
        n_limited: readings the device could only call LOW or HIGH; they stand at its limit.
        total: sum of all weights; equal to ``n`` when all readings stand for equal time.
        value_mgdl: ascending levels, shape (m,) [mg/dL].
        weight: weight of each level, shape (m,), integers.
        parts: the scales present, each with its weights by count.
    """

    __slots__ = ("_sums", "n", "n_limited", "parts", "total", "value_mgdl", "weight")

    def __init__(
        self, parts: tuple[tuple[GlucoseScale, Ints], ...], n: int, n_limited: int
    ) -> None:
        self.parts = parts
        self.n = n
        self.n_limited = n_limited
        # With cumulative weights, every band is two look-ups.
        self._sums: list[Ints] = [weight.cumsum() for _, weight in parts]
        self.total: int = sum(sums.item(-1) for sums in self._sums)
        if len(parts) == 1:
            scale, self.weight = parts[0]
            self.value_mgdl = level_table(_as_is, scale, len(self.weight))
        elif parts:
            value = np.concatenate([level_table(_as_is, s, len(w)) for s, w in parts])
            order = np.argsort(value, kind="stable")
            self.value_mgdl = value[order]
            self.weight = np.concatenate([weight for _, weight in parts])[order]
        else:
            self.value_mgdl = np.empty(0)
            self.weight = np.empty(0, np.int64)

    @classmethod
    def count(cls, analysis: Analysis) -> "Levels":
        """Count an analysis's readings."""
        series = analysis.sensor
        if len(series) == 0:
            return cls((), 0, 0)
        n_limited = int(np.count_nonzero(series.flag & (LOW | HIGH)))
        scale = analysis.one_scale
        if scale is not None:
            weight = _bincount(series.count, analysis.weight_min)
            return cls(((scale, weight),), len(series), n_limited)
        parts = []
        for number in np.unique(series.scale):
            mine = series.scale == number
            weights = None if analysis.weight_min is None else analysis.weight_min[mine]
            parts.append((GlucoseScale(int(number)), _bincount(series.count[mine], weights)))
        return cls(tuple(parts), len(series), n_limited)

    def below(self, limit: Limit) -> float:
        """Share of time below a limit, the limit itself not included [%]."""
        return 100 * self._at_most(limit, included=False) / self.total

    def above(self, limit: Limit) -> float:
        """Share of time above a limit, the limit itself not included [%]."""
        return 100 * (self.total - self._at_most(limit, included=True)) / self.total

    def _at_most(self, limit: Limit, *, included: bool) -> int:
        found = 0
        for (scale, _), sums in zip(self.parts, self._sums, strict=True):
            last = limit.in_counts(scale) - (not included)
            found += sums.item(min(last, len(sums) - 1)) if last >= 0 else 0
        return found

    def sum_of(self, function: Callable[[Floats], Floats]) -> float:
        """Weighted sum of a function of glucose [mg/dL]; the function's table is kept."""
        return float(
            sum(weight @ level_table(function, scale, len(weight)) for scale, weight in self.parts)
        )

    def mean_of(self, function: Callable[[Floats], Floats]) -> float:
        """Mean of a function of glucose over the time of all readings."""
        return self.sum_of(function) / self.total

    def beyond(self, limit: Limit, *, above: bool) -> float:
        """Mean excess beyond a limit over all sensor time [mg/dL]; readings inside add 0."""
        found = 0.0
        for scale, weight in self.parts:
            at = limit.in_counts(scale)
            counts = _counts(len(weight))
            if above:
                excess = weight[at:] @ counts[: len(weight) - at] if at < len(weight) else 0
            else:
                excess = weight[:at] @ (at - counts[: min(at, len(weight))])
            found += float(excess) * scale.mgdl_per_count
        return found / self.total

    def quantiles(self, shares: tuple[float, ...]) -> tuple[float, ...]:
        """Quantiles of all readings by linear interpolation (type 7) [mg/dL]."""
        sums = self._sums[0] if len(self.parts) == 1 else np.cumsum(self.weight)
        return _quantiles(self.value_mgdl, sums, shares)

    def span(self) -> tuple[float, float]:
        """Lowest and highest level reported [mg/dL]."""
        used = np.flatnonzero(self.weight)
        return float(self.value_mgdl[used[0]]), float(self.value_mgdl[used[-1]])

    def median_distance(self, center: float) -> float:
        """Median absolute distance to a level [mg/dL]."""
        used = np.flatnonzero(self.weight)
        distance = np.abs(self.value_mgdl[used] - center)
        order = np.argsort(distance, kind="stable")
        sums = np.cumsum(self.weight[used][order])
        return _quantiles(distance[order], sums, (0.5,))[0]


def _quantiles(
    value: Floats, sums: npt.NDArray[np.int64], shares: tuple[float, ...]
) -> tuple[float, ...]:
    last = sums.item(-1) - 1
    places = [last * share for share in shares]
    ranks = [rank for place in places for rank in (int(place), min(int(place) + 1, last))]
    levels = value[sums.searchsorted(ranks, side="right")].tolist()
    return tuple(
        first + (second - first) * (place - int(place))
        for place, first, second in zip(places, levels[::2], levels[1::2], strict=True)
    )


def _bincount(count: npt.NDArray[np.int16], weight: Ints | None) -> Ints:
    # Sizes are powers of two so that tables of functions are shared between people.
    size = 1 << max(9, int(count.max()).bit_length())
    if weight is None:
        return np.bincount(count, minlength=size)
    return np.bincount(count, weights=weight, minlength=size).astype(np.int64)


@lru_cache(maxsize=8)
def _counts(size: int) -> Ints:
    return np.arange(size)


@lru_cache(maxsize=256)
def level_table(function: Callable[[Floats], Floats], scale: GlucoseScale, size: int) -> Floats:
    """``function`` of every level of a scale, shape (size,); level 0 is treated as 1."""
    values = np.arange(size, dtype=np.float64)
    values *= scale.mgdl_per_count
    values[0] = values[1]  # logarithms of 0 do not exist, and no device reports 0
    table = function(values)
    table.setflags(write=False)
    return table


def _as_is(mgdl: Floats) -> Floats:
    return mgdl


def _interval_min(spacing: Ints) -> int:
    """The median positive spacing in whole minutes, 5 where unknown (as SensorSeries has it)."""
    if len(spacing) == 0:
        return 5
    # A regular series answers without sorting: more than half of its spacings are the same.
    usual = int(spacing[len(spacing) // 2])
    if usual <= 0 or 2 * np.count_nonzero(spacing == usual) <= len(spacing):
        spacing = spacing[spacing > 0]
        if len(spacing) == 0:
            return 5
        usual = int(np.partition(spacing, len(spacing) // 2)[len(spacing) // 2])
    return max(1, round(usual / 60))
