"""Many people at once: the work on sequences of readings done for a group in one go.

The readings of a group are laid one behind the other, far enough apart that nothing reaches from
one person to the next, and go through the very functions that a single person's readings go
through. What they find is put into each person's :class:`Analysis`, where metrics take it as if
they had worked it out themselves: no definition exists twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

import numpy as np

from glykos.metrics._analysis import Analysis
from glykos.metrics._resample import Grid, grid, laid_out, limits_mgdl, native_step
from glykos.metrics.episodes import STANDARD, Episodes, places_of, standard_episodes
from glykos.metrics.excursions import Excursions, beyond, excursions, stretches
from glykos.metrics.profile import profile, profiles, slot_minutes
from glykos.therapy.targets import Targets
from glykos.therapy.units import GlucoseScale

#: Few enough that the arrays of a group stay in the processor's cache.
TOGETHER = 16
_FAR_S = 1 << 40  # seconds between two people: no rule about pauses reaches so far
_Group = tuple[GlucoseScale, int, Targets, int]


def prepared(analyses: Iterable[Analysis], *, with_profile: bool = False) -> Iterator[Analysis]:
    """The analyses in the order given, with grids, episodes and excursions already found.

    People whose clock changed, who mix sensors of different kinds or who have no readings are
    left alone: their analyses work out everything themselves, as always.

    Args:
        analyses: one per person; only a group at a time is held.
        with_profile: find the glucose profiles too.
    """
    rest = iter(analyses)
    while some := list(islice(rest, TOGETHER)):
        groups: dict[_Group, list[Analysis]] = {}
        for one in some:
            scale = one.one_scale
            if scale is not None and one.weight_min is None and not one.clock_shifts:
                key = (scale, one.interval_min, one.targets, one.window.days)
                groups.setdefault(key, []).append(one)
        for people in groups.values():
            _share_grids(people)
            _share_excursions(people)
            if with_profile:
                _share_profiles(people)
        yield from some


def _share_grids(people: Sequence[Analysis]) -> None:
    step = native_step(people[0])
    glucose = np.concatenate([one.mgdl for one in people])
    whole, edges = laid_out([one.sensor.at_s for one in people], glucose, step)
    limits = [limits_mgdl(people[0], kind.limit, whole) for kind in STANDARD]
    found = places_of(whole, STANDARD, limits, edges[:-1])
    cuts = whole.segment_starts.searchsorted(edges).tolist()
    days_s = [one.sensor.at_s.item(0) // 86_400 * 86_400 for one in people]
    for row, (one, (first, end)) in enumerate(zip(people, pairwise(edges.tolist()), strict=True)):
        starts = whole.segment_starts[cuts[row] : cuts[row + 1]] - first
        ends = whole.segment_ends[cuts[row] : cuts[row + 1]] - first
        present = int((ends - starts).sum())
        start_s = days_s[row] + step * 60
        own = Grid(whole.glucose[first : end - 1], step, start_s, starts, ends, present)
        one.memo[grid] = own
        one.memo[standard_episodes] = tuple(
            Episodes(own, *places[row], kind.above)
            for kind, places in zip(STANDARD, found, strict=True)
        )


def _share_excursions(people: Sequence[Analysis]) -> None:
    wall = np.concatenate([one.sensor.at_s for one in people])
    lived = np.concatenate([one.sensor.at_s + n * _FAR_S for n, one in enumerate(people)])
    edges = np.cumsum([0] + [len(one.sensor) for one in people])
    targets = people[0].targets
    columns = []
    for limit, above in ((targets.high, True), (targets.low, False)):
        flags = np.concatenate([beyond(one, limit, above=above) for one in people])
        first, last = stretches(lived, flags)
        cuts = first.searchsorted(edges).tolist()
        columns.append((wall[first], wall[last], cuts))
    (high_start, high_end, high), (low_start, low_end, low) = columns
    for row, one in enumerate(people):
        a, b, c, d = high[row], high[row + 1], low[row], low[row + 1]
        one.memo[excursions] = Excursions(
            high_start[a:b], high_end[a:b], low_start[c:d], low_end[c:d], n=len(one.sensor)
        )


def _share_profiles(people: Sequence[Analysis]) -> None:
    seconds = [one.sensor.at_s - one.window.start_s for one in people]
    counts = np.concatenate([one.sensor.count for one in people])
    size = slot_minutes(people[0]), people[0].window.days
    found = profiles(seconds, counts, people[0].one_scale, size)
    for one, own in zip(people, found, strict=True):
        one.memo[profile] = own
