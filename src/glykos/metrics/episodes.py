"""Low and high glucose episodes of the 2023 consensus, on the interpolated grid."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from glykos.metrics._analysis import NO_SENSOR, Analysis, Floats, once
from glykos.metrics._metric import Compute, Metric, NotEnoughData, Result, Value
from glykos.metrics._resample import Grid, grid, limits_mgdl, runs
from glykos.therapy.targets import HIGH, LOW, VERY_HIGH, VERY_LOW, Limit

START_MIN = 15
END_MIN = 15
EXTENDED_MIN = 120
_CONSENSUS = "Battelino 2023, doi 10.1016/S2213-8587(22)00319-9"
NO_EPISODE = NotEnoughData("there was no such episode")
_ROUNDING = 1e-6  # interpolation leaves noise in the last digits [mg/dL]


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """Episodes of one kind; all arrays have shape (k,), in time order.

    ``start_s`` is a wall second, ``minutes`` the duration, ``extreme`` the lowest (for low
    glucose) or highest value [mg/dL], ``mean`` the mean glucose [mg/dL]; ``first`` and ``end``
    are grid indices (end exclusive). ``recorded_days`` is the time with values [days].
    """

    start_s: npt.NDArray[np.int64]
    minutes: Floats
    extreme: Floats
    mean: Floats
    first: npt.NDArray[np.intp]
    end: npt.NDArray[np.intp]
    recorded_days: float

    def __len__(self) -> int:
        return len(self.start_s)

    @property
    def per_day(self) -> float:
        """Episodes per recorded day."""
        return len(self) / self.recorded_days

    @property
    def mean_minutes(self) -> float:
        """Mean duration [min]; 0 when there was no episode."""
        return float(self.minutes.mean()) if len(self) else 0.0


def find_episodes(
    analysis: Analysis, limit: Limit, *, above: bool, start_min: float = START_MIN
) -> Episodes:
    """Episodes beyond a limit.

    An episode starts with the first point of a stretch beyond the limit that lasts at least
    ``start_min`` and ends before the first point of a stretch of at least 15 min back inside.
    n points last n sample intervals, so three 5-minute readings are 15 min. Shorter recoveries
    stay inside. A pause of more than 45 min in the readings ends it, and so does the end of the
    data; an episode open there counts.

    Args:
        analysis: the prepared window.
        limit: the limit itself is not beyond.
        above: look above the limit instead of below.
        start_min: least duration of the starting stretch [min].

    Source: Battelino 2023, doi 10.1016/S2213-8587(22)00319-9.
    """
    series = grid(analysis)
    at = limits_mgdl(analysis, limit, series)
    # Comparisons with missing points are False: a gap is never beyond a limit.
    flags = series.glucose > at + _ROUNDING if above else series.glucose < at - _ROUNDING
    first, end = _events(flags, series, start_min)
    return _describe(series, first, end, above=above)


def _events(
    flags: npt.NDArray[np.bool_], series: Grid, start_min: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    starts, ends = runs(flags)
    if len(starts) == 0:
        return starts, ends
    to_start = -(-start_min // series.step_min)
    to_end = -(-END_MIN // series.step_min)
    segment_end = series.segment_ends
    stops = segment_end[np.searchsorted(segment_end, starts, side="right")]
    # A stretch joins the one before unless a full recovery or a pause lies between.
    breaks = np.flatnonzero((starts[1:] - ends[:-1] >= to_end) | (stops[1:] != stops[:-1]))
    heads = np.concatenate(([0], breaks + 1))
    tails = np.append(breaks, len(starts) - 1)
    # The first stretch of each group that is long enough opens the episode, if there is one.
    long_rows = np.flatnonzero(ends - starts >= to_start)
    place = np.searchsorted(long_rows, heads)
    opened = place < len(long_rows)
    opener = long_rows[np.minimum(place, len(long_rows) - 1)] if len(long_rows) else heads
    opened &= opener <= tails
    last = tails[opened]
    # Not recovered before the readings stop: the episode lasts until they do.
    left = stops[last] - ends[last]
    return starts[opener[opened]], np.where(left < to_end, stops[last], ends[last])


def _describe(
    series: Grid, first: npt.NDArray[np.intp], end: npt.NDArray[np.intp], *, above: bool
) -> Episodes:
    extreme, mean = np.empty(len(first)), np.empty(len(first))
    if len(first):
        # reduceat takes every second pair: [first, end) of each episode, then the rest.
        edges = np.column_stack((first, end)).ravel()
        padded = np.append(series.glucose, 0.0)
        extreme = (np.maximum if above else np.minimum).reduceat(padded, edges)[::2]
        mean = np.add.reduceat(padded, edges)[::2] / (end - first)
    return Episodes(
        start_s=series.start_s + first.astype(np.int64) * series.step_min * 60,
        minutes=np.multiply(end - first, series.step_min, dtype=np.float64),
        extreme=extreme,
        mean=mean,
        first=first,
        end=end,
        recorded_days=series.recorded_days,
    )


def _without(level_1: Episodes, level_2: Episodes) -> Episodes:
    """Level 1 episodes in which no level 2 episode lies (judged by overlap, not by start)."""
    place = np.searchsorted(level_2.first, level_1.end)
    before = np.concatenate(([-1], level_2.end))[place]  # end of the last one starting before
    alone = before <= level_1.first
    return Episodes(
        start_s=level_1.start_s[alone],
        minutes=level_1.minutes[alone],
        extreme=level_1.extreme[alone],
        mean=level_1.mean[alone],
        first=level_1.first[alone],
        end=level_1.end[alone],
        recorded_days=level_1.recorded_days,
    )


@once
def hypo_lv1(analysis: Analysis) -> Episodes:
    """Below 70 mg/dL (3.9 mmol/L) for at least 15 min; level 2 episodes included."""
    return find_episodes(analysis, LOW, above=False)


@once
def hypo_lv2(analysis: Analysis) -> Episodes:
    """Below 54 mg/dL (3.0 mmol/L) for at least 15 min."""
    return find_episodes(analysis, VERY_LOW, above=False)


@once
def hypo_extended(analysis: Analysis) -> Episodes:
    """Below 70 mg/dL (3.9 mmol/L) for more than 120 min without a break."""
    step = grid(analysis).step_min
    return find_episodes(analysis, LOW, above=False, start_min=(EXTENDED_MIN // step + 1) * step)


@once
def hyper_lv1(analysis: Analysis) -> Episodes:
    """Above 180 mg/dL (10.0 mmol/L) for at least 15 min; level 2 episodes included."""
    return find_episodes(analysis, HIGH, above=True)


@once
def hyper_lv2(analysis: Analysis) -> Episodes:
    """Above 250 mg/dL (13.9 mmol/L) for at least 15 min."""
    return find_episodes(analysis, VERY_HIGH, above=True)


@once
def hypo_lv1_excl(analysis: Analysis) -> Episodes:
    """Low episodes that never became level 2 episodes."""
    return _without(hypo_lv1(analysis), hypo_lv2(analysis))


@once
def hyper_lv1_excl(analysis: Analysis) -> Episodes:
    """High episodes that never became level 2 episodes."""
    return _without(hyper_lv1(analysis), hyper_lv2(analysis))


_KINDS = {
    "hypo_lv1": (hypo_lv1, "Low glucose episodes", "below 70 mg/dL (3.9 mmol/L)", "at least 15"),
    "hypo_lv2": (
        hypo_lv2,
        "Very low glucose episodes",
        "below 54 mg/dL (3.0 mmol/L)",
        "at least 15",
    ),
    "hypo_extended": (
        hypo_extended,
        "Extended low glucose episodes",
        "below 70 mg/dL (3.9 mmol/L)",
        "more than 120",
    ),
    "hypo_lv1_excl": (
        hypo_lv1_excl,
        "Low episodes without very low",
        "below 70 mg/dL (3.9 mmol/L), with no very low episode inside,",
        "at least 15",
    ),
    "hyper_lv1": (
        hyper_lv1,
        "High glucose episodes",
        "above 180 mg/dL (10.0 mmol/L)",
        "at least 15",
    ),
    "hyper_lv2": (
        hyper_lv2,
        "Very high glucose episodes",
        "above 250 mg/dL (13.9 mmol/L)",
        "at least 15",
    ),
    "hyper_lv1_excl": (
        hyper_lv1_excl,
        "High episodes without very high",
        "above 180 mg/dL (10.0 mmol/L), with no very high episode inside,",
        "at least 15",
    ),
}


def _number(analysis: Analysis, kind: str, what: str) -> Result:
    found = _KINDS[kind][0](analysis)
    if found.recorded_days == 0:
        return NO_SENSOR
    k = len(found)
    if what == "n":
        return Value(float(k), "episodes", k)
    if what == "perday":
        return Value(found.per_day, "episodes/day", k)
    if what == "perweek":
        return Value(7 * found.per_day, "episodes/week", k)
    if what == "dur":
        return Value(found.mean_minutes, "min", k)
    if k == 0:
        return NO_EPISODE
    if what == "gl":
        points = found.end - found.first
        return Value(float((found.mean * points).sum() / points.sum()), "mg/dL", k)
    extreme = found.extreme.min() if kind.startswith("hypo") else found.extreme.max()
    return Value(float(extreme), "mg/dL", k)


def _metrics_of(kind: str) -> tuple[Metric, ...]:
    _, name, where, least = _KINDS[kind]
    rule = (
        f"An episode is glucose {where} for {least} min; it ends with 15 min back inside, or where"
        " readings pause for more than 45 min."
    )
    extreme = "nadir" if kind.startswith("hypo") else "peak"
    forms = (
        ("n", name, "episodes", "How many there were. "),
        ("perday", f"{name} per day", "episodes/day", "Per day of recorded time, gaps left out. "),
        (
            "perweek",
            f"{name} per week",
            "episodes/week",
            "Per 7 days of recorded time, gaps left out. ",
        ),
        ("dur", f"{name}: mean duration", "min", "The mean duration; 0 when there was none. "),
        ("gl", f"{name}: mean glucose", "mg/dL", "The mean glucose within all episodes. "),
        (
            extreme,
            f"{name}: {'lowest' if extreme == 'nadir' else 'highest'} value",
            "mg/dL",
            "The most extreme value within all episodes. ",
        ),
    )
    return tuple(
        Metric(
            key=f"ep_{kind}_{what}",
            name=title,
            unit=unit,
            definition=meaning + rule,
            source=_CONSENSUS,
            least_data="1 sensor reading" if what in {"n", "dur"} else "1 episode or recorded day",
            version=1,
            compute=_compute(kind, what),
        )
        for what, title, unit, meaning in forms
    )


def _compute(kind: str, what: str) -> Compute:
    return partial(_number, kind=kind, what=what)


METRICS: tuple[Metric, ...] = tuple(metric for kind in _KINDS for metric in _metrics_of(kind))
