"""Low and high glucose episodes of the 2023 consensus, on the interpolated grid."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from glykos.metrics._analysis import NO_SENSOR, Analysis, Floats, Ints, once
from glykos.metrics._metric import Compute, Metric, NotEnoughData, Result, Value
from glykos.metrics._resample import Grid, grid, limits_mgdl, runs
from glykos.therapy.targets import HIGH, LOW, VERY_HIGH, VERY_LOW, Limit

START_MIN = 15
END_MIN = 15
EXTENDED_MIN = 120
_CONSENSUS = "Battelino 2023, doi 10.1016/S2213-8587(22)00319-9"
NO_EPISODE = NotEnoughData("there was no such episode")
Places = npt.NDArray[np.intp]
_ROUNDING = 1e-6  # interpolation leaves noise in the last digits [mg/dL]


@dataclass(frozen=True, slots=True)
class Kind:
    """What counts as one kind of episode: beyond ``limit`` for at least ``start_min``."""

    limit: Limit
    above: bool
    start_min: float = START_MIN


#: An extended episode lasts longer than 120 min: at least to the next minute.
STANDARD: tuple[Kind, ...] = (
    Kind(LOW, above=False),
    Kind(VERY_LOW, above=False),
    Kind(LOW, above=False, start_min=EXTENDED_MIN + 1),
    Kind(HIGH, above=True),
    Kind(VERY_HIGH, above=True),
)


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """Episodes of one kind in time order, as places on a grid.

    ``first`` and ``end`` (exclusive) are grid indices, each shape (k,); ``points`` counts the
    grid points of all episodes.
    """

    series: Grid
    first: Places
    end: Places
    points: int
    above: bool

    def __len__(self) -> int:
        return len(self.first)

    @property
    def start_s(self) -> Ints:
        """Wall second at which each begins, shape (k,)."""
        return self.series.start_s + self.first.astype(np.int64) * self.series.step_min * 60

    @property
    def minutes(self) -> Floats:
        """Duration of each, shape (k,) [min]."""
        return (self.end - self.first).astype(np.float64) * self.series.step_min

    @property
    def extreme(self) -> Floats:
        """Lowest (of low glucose) or highest value of each, shape (k,) [mg/dL]."""
        return self._reduced(np.maximum if self.above else np.minimum)

    @property
    def mean(self) -> Floats:
        """Mean glucose of each, shape (k,) [mg/dL]."""
        return self._reduced(np.add) / (self.end - self.first)

    def _reduced(self, function: np.ufunc) -> Floats:
        if len(self) == 0:
            return np.empty(0)
        # reduceat takes every second pair: [first, end) of each episode, then the rest.
        edges = np.column_stack((self.first, self.end)).ravel()
        reduced: Floats = function.reduceat(np.append(self.series.glucose, 0.0), edges)[::2]
        return reduced

    @property
    def recorded_days(self) -> float:
        """The time with values [days]."""
        return self.series.recorded_days

    @property
    def per_day(self) -> float:
        """Episodes per recorded day."""
        return len(self) / self.recorded_days

    @property
    def mean_minutes(self) -> float:
        """Mean duration [min]; 0 when there was no episode."""
        k = len(self)
        return self.points * self.series.step_min / k if k else 0.0


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
    kind = Kind(limit, above=above, start_min=start_min)
    return _of_kinds(analysis, (kind,))[0]


@once
def standard_episodes(analysis: Analysis) -> tuple[Episodes, ...]:
    """Episodes of every kind in ``STANDARD``, found in one pass."""
    return _of_kinds(analysis, STANDARD)


def _of_kinds(analysis: Analysis, kinds: tuple[Kind, ...]) -> tuple[Episodes, ...]:
    series = grid(analysis)
    limits = [limits_mgdl(analysis, kind.limit, series) for kind in kinds]
    found = places_of(series, kinds, limits, np.zeros(1, np.intp))
    return tuple(
        Episodes(series, *places, kind.above) for kind, (places,) in zip(kinds, found, strict=True)
    )


def places_of(
    series: Grid, kinds: Sequence[Kind], limits: Sequence[float | Floats], bases: Places
) -> list[list[tuple[Places, Places, int]]]:
    """First indices, end indices and number of points of episodes, by kind and person.

    The kinds are laid one behind the other, each with a place that is never beyond its limit,
    so that one pass over all of them finds everything; see :func:`find_episodes` for the rule.

    Args:
        series: one person's grid, or several people's laid one behind the other.
        kinds: what to look for.
        limits: each kind's limit as it applies to the grid [mg/dL].
        bases: index of each person's first point; indices count from there.
    """
    size = len(series.glucose) + 1
    flags = np.zeros((len(kinds), size), np.bool_)
    for row, kind, limit in zip(flags, kinds, limits, strict=True):
        # Comparisons with missing points are False: a gap is never beyond a limit.
        if kind.above:
            np.greater(series.glucose, limit + _ROUNDING, out=row[:-1])
        else:
            np.less(series.glucose, limit - _ROUNDING, out=row[:-1])
    starts, ends = runs(flags.ravel())
    offsets = np.arange(len(kinds) + 1) * size
    per_kind = np.diff(starts.searchsorted(offsets))
    to_start = np.repeat([-(-kind.start_min // series.step_min) for kind in kinds], per_kind)
    stops = (offsets[:-1, None] + series.segment_ends).ravel()
    first, end = _events((starts, ends), stops, to_start, -(-END_MIN // series.step_min))
    whose = (offsets[:-1, None] + bases).ravel()
    edges = [*first.searchsorted(whose).tolist(), len(first)]
    points = np.concatenate(([0], (end - first).cumsum()))[edges].tolist()
    places = [
        (first[a:b] - base, end[a:b] - base, points[n + 1] - points[n])
        for n, (base, (a, b)) in enumerate(zip(whose.tolist(), pairwise(edges), strict=True))
    ]
    return [places[n : n + len(bases)] for n in range(0, len(places), len(bases))]


def _events(
    stretches: tuple[Places, Places], segment_ends: Places, to_start: Floats, to_end: int
) -> tuple[Places, Places]:
    """Start and end of episodes from stretches beyond a limit; lengths in points."""
    starts, ends = stretches
    if len(starts) == 0:
        return starts, ends
    stops = segment_ends[segment_ends.searchsorted(starts, side="right")]
    # A stretch joins the one before unless a full recovery or a pause lies between.
    head = np.ones(len(starts) + 1, np.bool_)
    np.greater_equal(starts[1:] - ends[:-1], to_end, out=head[1:-1])
    head[1:-1] |= stops[1:] != stops[:-1]
    heads = head.nonzero()[0]
    tails = heads[1:] - 1
    # The first stretch of each group that is long enough opens the episode, if there is one.
    long_rows = (ends - starts >= to_start).nonzero()[0]
    if len(long_rows) == 0:
        return starts[:0], ends[:0]
    group = heads.searchsorted(long_rows, side="right")
    opens = np.ones(len(group), np.bool_)
    np.not_equal(group[1:], group[:-1], out=opens[1:])
    last = tails[group[opens] - 1]
    stop, end = stops[last], ends[last]
    # Not recovered before the readings stop: the episode lasts until they do.
    return starts[long_rows[opens]], np.where(stop - end < to_end, stop, end)


def _without(level_1: Episodes, level_2: Episodes) -> Episodes:
    """Level 1 episodes in which no level 2 episode lies (judged by overlap, not by start)."""
    place = np.searchsorted(level_2.first, level_1.end)
    before = np.concatenate(([-1], level_2.end))[place]  # end of the last one starting before
    alone = before <= level_1.first
    first, end = level_1.first[alone], level_1.end[alone]
    return Episodes(level_1.series, first, end, int((end - first).sum()), level_1.above)


def hypo_lv1(analysis: Analysis) -> Episodes:
    """Below 70 mg/dL (3.9 mmol/L) for at least 15 min; level 2 episodes included."""
    return standard_episodes(analysis)[0]


def hypo_lv2(analysis: Analysis) -> Episodes:
    """Below 54 mg/dL (3.0 mmol/L) for at least 15 min."""
    return standard_episodes(analysis)[1]


def hypo_extended(analysis: Analysis) -> Episodes:
    """Below 70 mg/dL (3.9 mmol/L) for more than 120 min without a break."""
    return standard_episodes(analysis)[2]


def hyper_lv1(analysis: Analysis) -> Episodes:
    """Above 180 mg/dL (10.0 mmol/L) for at least 15 min; level 2 episodes included."""
    return standard_episodes(analysis)[3]


def hyper_lv2(analysis: Analysis) -> Episodes:
    """Above 250 mg/dL (13.9 mmol/L) for at least 15 min."""
    return standard_episodes(analysis)[4]


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
    if found.series.present == 0:
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
