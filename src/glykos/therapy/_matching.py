"""Which records of different sources tell of one thing: nearest first, each at most once.

A *slot* is what may tell of a thing only once (a device, or one part of it), a *cell* a whole
number that equal values share or neighbour. Looking up cells and nearest times keeps the work at
n log n for each pair of slots, however many equal values stand close together.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from glykos.therapy.records import Record

#: Equal values are looked for in so many cells on either side; the exact comparison decides.
_NEAR_CELLS = 2
#: Of so many neighbours in time, on either side, the nearest free one is taken.
_NEAR_RECORDS = 3


@dataclass(frozen=True, slots=True)
class Told:
    """A record with what has to be known to match it; ``at_s`` in wall seconds."""

    record: Record
    at_s: int
    slot: str
    cell: int


#: Whether two records of different slots may be one thing, apart from standing close together.
Alike = Callable[[Told, Told], bool]


class Groups:
    """Records grouped so that no group has two of one slot, and all of a group are alike."""

    def __init__(self, told: Sequence[Told], alike: Alike) -> None:
        self._told = told
        self._alike = alike
        self._of = [[place] for place in range(len(told))]  # every member holds its group

    def join(self, first: int, second: int) -> bool:
        """Make one group of two, where every pair across them fits."""
        mine, theirs = self._of[first], self._of[second]
        if mine is theirs:
            return False
        slots = {self._told[place].slot for place in mine}
        if any(self._told[place].slot in slots for place in theirs):
            return False
        if not all(self._alike(self._told[a], self._told[b]) for a in mine for b in theirs):
            return False
        mine.extend(theirs)
        for place in theirs:
            self._of[place] = mine
        return True

    def found(self) -> list[list[Told]]:
        """The groups of two or more, each in the order of ``told``, sorted by their first."""
        firsts = [group for place, group in enumerate(self._of) if min(group) == place]
        return [[self._told[p] for p in sorted(group)] for group in firsts if len(group) > 1]


def matched(told: Sequence[Told], alike: Alike, reach_s: int) -> list[list[Told]]:
    """Groups of what is alike within ``reach_s``; ``told`` comes in its own stable order."""
    groups = Groups(told, alike)
    for first, second in close_pairs(told, reach_s):
        groups.join(first, second)
    return groups.found()


def close_pairs(told: Sequence[Told], reach_s: int) -> list[tuple[int, int]]:
    """Places of records of different slots with near values, the closest in time first."""
    at: dict[int, dict[str, list[tuple[int, int]]]] = {}
    for place, one in enumerate(told):
        at.setdefault(one.cell, {}).setdefault(one.slot, []).append((one.at_s, place))
    for slots in at.values():
        for times in slots.values():
            times.sort()
    pairs = {
        (abs(other_s - one.at_s), min(place, other), max(place, other))
        for place, one in enumerate(told)
        for cell in range(one.cell - _NEAR_CELLS, one.cell + _NEAR_CELLS + 1)
        for slot, times in at.get(cell, {}).items()
        if slot != one.slot
        for other_s, other in _nearest(times, one.at_s)
        if abs(other_s - one.at_s) <= reach_s
    }
    return [(first, second) for _, first, second in sorted(pairs)]


def _nearest(times: Sequence[tuple[int, int]], at_s: int) -> Iterable[tuple[int, int]]:
    middle = bisect_left(times, (at_s, -1))
    return times[max(0, middle - _NEAR_RECORDS) : middle + _NEAR_RECORDS]
