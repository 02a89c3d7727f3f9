"""Elapsed time of one device whose clock was changed now and then.

Insulin runs in real time while records carry the wall clock. This module lays the stretches
between clock changes end to end, so that durations are right across a change, and maps back.
It knows nothing of time zones: a pump does not either.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from glykos.therapy.clock import wall_seconds
from glykos.therapy.records import Record, TimeChange

_FOREVER = 1 << 50


@dataclass(frozen=True, slots=True)
class Stretch:
    """Wall-clock time ``[from_s, to_s)`` without a clock change; ``elapsed = wall + offset_s``."""

    from_s: int
    to_s: int
    offset_s: int


@dataclass(frozen=True, slots=True)
class WallSpan:
    """A span of wall-clock time; ``fold`` is 1 where the clock shows the same time again."""

    start_s: int
    end_s: int
    fold: int


@dataclass(frozen=True, slots=True)
class PumpClock:
    """Wall clock and elapsed time of one device, as stretches in the order they were lived."""

    stretches: tuple[Stretch, ...]

    @classmethod
    def of(cls, changes: Iterable[TimeChange]) -> "PumpClock":
        """The clock of a device from its clock changes, in any order."""
        stretches: list[Stretch] = []
        start_s, offset_s = -_FOREVER, 0
        for change in _as_lived(changes):
            before_s, after_s = change.at_s, wall_seconds(change.to_local)
            stretches.append(Stretch(start_s, max(start_s, before_s), offset_s))
            start_s, offset_s = after_s, offset_s + before_s - after_s
        stretches.append(Stretch(start_s, _FOREVER, offset_s))
        return cls(tuple(stretches))

    def elapsed_s(self, record: Record) -> int:
        """When a record happened, on a clock that never jumps [s].

        In a repeated hour ``fold`` decides: 0 is the first pass, 1 the last.
        """
        at_s = record.at_s
        if len(self.stretches) == 1:
            return at_s
        passes = [s for s in self.stretches if s.from_s <= at_s < s.to_s]
        if isinstance(record, TimeChange):  # stands at the end of the stretch it closes
            passes = [s for s in self.stretches if s.to_s == at_s] or passes
        if passes:
            chosen = passes[-1] if record.at_local.fold else passes[0]
        else:
            chosen = next(s for s in reversed(self.stretches) if s.from_s <= at_s)
        return at_s + chosen.offset_s

    def wall_spans(self, start_s: int, end_s: int) -> list[WallSpan]:
        """The wall-clock times shown during the elapsed span ``[start_s, end_s)``, as lived."""
        spans: list[WallSpan] = []
        for place, stretch in enumerate(self.stretches):
            lo = max(start_s - stretch.offset_s, stretch.from_s)
            hi = min(end_s - stretch.offset_s, stretch.to_s)
            if lo < hi:
                spans += _mark_repeats(lo, hi, self.stretches[:place])
        return spans

    def elapsed_spans(self, start_s: int, end_s: int) -> list[tuple[int, int]]:
        """Every elapsed span during which the wall clock showed ``[start_s, end_s)``."""
        spans = []
        for stretch in self.stretches:
            lo, hi = max(start_s, stretch.from_s), min(end_s, stretch.to_s)
            if lo < hi:
                spans.append((lo + stretch.offset_s, hi + stretch.offset_s))
        return spans


def _as_lived(changes: Iterable[TimeChange]) -> list[TimeChange]:
    """Clock changes in the order in which they happened.

    Each change starts where an earlier one could have led: at or after the new time of the one
    before. So a wrong month that is put right five minutes later is undone at once, even though
    its wall-clock time sorts half a year later.
    """
    waiting = sorted(changes, key=lambda c: (c.at_s, c.at_local.fold, c.seq or 0))
    lived: list[TimeChange] = []
    now_s = -_FOREVER
    while waiting:
        place = next((n for n, change in enumerate(waiting) if change.at_s >= now_s), 0)
        change = waiting.pop(place)
        lived.append(change)
        now_s = wall_seconds(change.to_local)
    return lived


def _mark_repeats(lo: int, hi: int, earlier: Sequence[Stretch]) -> list[WallSpan]:
    """``[lo, hi)`` cut where an earlier stretch already showed the same wall-clock time."""
    cuts = {lo, hi}
    for stretch in earlier:
        cuts |= {edge for edge in (stretch.from_s, stretch.to_s) if lo < edge < hi}
    edges = sorted(cuts)
    return [
        WallSpan(a, b, int(any(s.from_s <= a < s.to_s for s in earlier)))
        for a, b in pairwise(edges)
    ]
