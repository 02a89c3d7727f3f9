"""How the stored wall clock of one device is read where somebody corrected it.

A correction says on which zone the device was, or how far its clock was ahead, during a stretch
of its own wall clock. From that follows a step function: each stored second, in each pass of a
repeated hour, belongs to one second of the clock where the person was. It changes nothing that
is stored, and it knows no records; ``corrections`` applies it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from glykos.therapy.clock import ClockSegment, ClockShift, from_wall_seconds, wall_seconds
from glykos.therapy.decisions import ClockCorrection

_WEEK_S = 7 * 86_400
_MINUTE_S = 60
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER = 1 << 50

Ints = npt.NDArray[np.int64]


class Piece(NamedTuple):
    """Stored seconds ``[from_s, to_s)`` of one pass; the clock was ``ahead_s`` ahead of home.

    ``fold`` is the pass of the shown time: 1 where the same time was already shown before.
    """

    from_s: int
    to_s: int
    ahead_s: int
    fold: int


@dataclass(frozen=True, slots=True, eq=False)
class ClockView:
    """Stored wall seconds to wall seconds where the person was, for one device.

    ``edges`` has shape (k,), ascending; ``ahead_s`` and ``fold`` have shape (2, k + 1): by pass of
    the stored time (0 or 1) and place between the edges.
    """

    edges: Ints
    ahead_s: Ints
    fold: npt.NDArray[np.uint8]

    @classmethod
    def of(
        cls,
        corrections: Sequence[ClockCorrection],
        home: ZoneInfo,
        shifts: Sequence[ClockShift] = (),
    ) -> "ClockView":
        """The view of one device; where corrections overlap, the one made last holds.

        ``shifts`` are the device's own clock changes. A correction that begins or ends with one
        (to the minute) means that change: of a wall-clock time shown twice because of it, only
        the pass on the correction's side is corrected.
        """
        corrections = [_to_the_second(one, shifts) for one in corrections]
        edges = _edges(corrections, home, shifts)
        table = [[_shown(at, fold, corrections, home, shifts) for at in edges] for fold in (0, 1)]
        repeats = _repeats(edges, table[0])
        cut = sorted({*edges, *(at for repeat in repeats for at in repeat)})
        ahead = np.zeros((2, len(cut) + 1), np.int64)
        passes = np.zeros((2, len(cut) + 1), np.uint8)
        passes[1] = 1
        for place, at in enumerate(cut, 1):
            again = any(start <= at < end for start, end in repeats)
            for fold in (0, 1):
                found = _shown(at, fold, corrections, home, shifts)
                ahead[fold, place] = found.ahead_s
                passes[fold, place] = found.fold or (fold == 0 and again)
        return cls(np.array(cut, np.int64), ahead, passes)

    def __bool__(self) -> bool:
        return bool(self.ahead_s.any() or (self.fold[0] != 0).any() or (self.fold[1] != 1).any())

    def shown(self, at_s: Ints, fold: npt.NDArray[np.uint8]) -> tuple[Ints, npt.NDArray[np.uint8]]:
        """Shown seconds and passes of stored ones, shape (n,) each."""
        place = np.searchsorted(self.edges, at_s, side="right")
        return at_s - self.ahead_s[fold, place], self.fold[fold, place]

    def shown_local(self, at_local: datetime, *, closes: bool = False) -> datetime:
        """The shown time of a stored one; with ``closes`` as the end of the stretch before it."""
        place = int(
            np.searchsorted(self.edges, wall_seconds(at_local), side="left" if closes else "right")
        )
        ahead = timedelta(seconds=int(self.ahead_s[at_local.fold, place]))
        return (at_local - ahead).replace(fold=int(self.fold[at_local.fold, place]))

    def ahead_at(self, at_s: int) -> int:
        """How far the stored clock was ahead of home at a stored second (first pass)."""
        return int(self.ahead_s[0, np.searchsorted(self.edges, at_s, side="right")])

    def pieces(self, start_s: int, end_s: int, fold: int = 0) -> Iterator[Piece]:
        """The stored span ``[start_s, end_s)`` of one pass, cut where the reading changes."""
        cuts = [start_s, *(e for e in self.edges.tolist() if start_s < e < end_s), end_s]
        for lo, hi in pairwise(cuts):
            place = np.searchsorted(self.edges, lo, side="right")
            yield Piece(lo, hi, int(self.ahead_s[fold, place]), int(self.fold[fold, place]))

    def stored_spans(self, start_s: int, end_s: int) -> list[tuple[int, int]]:
        """Every stored span that is shown within ``[start_s, end_s)``, ascending and joined."""
        found = sorted(
            (lo, hi)
            for fold in (0, 1)
            for piece in self.pieces(-_FOREVER, _FOREVER, fold)
            if (lo := max(piece.from_s, start_s + piece.ahead_s))
            < (hi := min(piece.to_s, end_s + piece.ahead_s))
        )
        joined: list[tuple[int, int]] = []
        for lo, hi in found:
            if joined and lo <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], hi))
            else:
                joined.append((lo, hi))
        return joined

    def ahead_within(self, start_s: int, end_s: int) -> set[int]:
        """By how much the stored clock was ahead of what is shown within ``[start_s, end_s)``."""
        return {
            piece.ahead_s
            for piece in self.pieces(-_FOREVER, _FOREVER)
            if piece.from_s - piece.ahead_s < end_s and piece.to_s - piece.ahead_s > start_s
        }


def _to_the_second(one: ClockCorrection, shifts: Sequence[ClockShift]) -> ClockCorrection:
    """People give minutes; an end that means a clock change is at its second."""
    ends = [wall_seconds(shift.before) for shift in shifts]
    starts = [wall_seconds(shift.after) for shift in shifts]
    return replace(
        one,
        from_s=next((s for s in starts if abs(s - one.from_s) < _MINUTE_S), one.from_s),
        to_s=next((s for s in ends if abs(s - one.to_s) < _MINUTE_S), one.to_s),
    )


class _Shown(NamedTuple):
    ahead_s: int
    fold: int
    is_by_zone: bool


def _shown(
    at_s: int,
    fold: int,
    corrections: Sequence[ClockCorrection],
    home: ZoneInfo,
    shifts: Sequence[ClockShift],
) -> _Shown:
    """What a stored second means; valid up to the next edge."""
    for one in reversed(corrections):
        if one.from_s <= at_s < one.to_s and not _is_other_pass(one, at_s, fold, shifts):
            if not one.zone or one.zone == home.key:
                return _Shown(one.ahead_s or 0, fold, is_by_zone=False)
            told = from_wall_seconds(at_s).replace(tzinfo=ZoneInfo(one.zone), fold=fold)
            there = told.astimezone(UTC).astimezone(home)
            ahead_s = at_s - wall_seconds(there.replace(tzinfo=None))
            return _Shown(ahead_s, there.fold, is_by_zone=True)
    return _Shown(0, fold, is_by_zone=False)


def _is_other_pass(
    one: ClockCorrection, at_s: int, fold: int, shifts: Sequence[ClockShift]
) -> bool:
    """Whether this pass of a time shown twice lies on the far side of the correction's own end."""
    for before_s, after_s in _set_back(shifts):
        if after_s <= at_s < before_s:
            if fold and abs(before_s - one.to_s) < _MINUTE_S:
                return True
            if not fold and abs(after_s - one.from_s) < _MINUTE_S:
                return True
    return False


def _set_back(shifts: Sequence[ClockShift]) -> Iterator[tuple[int, int]]:
    for shift in shifts:
        if shift.after < shift.before:
            yield wall_seconds(shift.before), wall_seconds(shift.after)


def _edges(
    corrections: Sequence[ClockCorrection], home: ZoneInfo, shifts: Sequence[ClockShift]
) -> list[int]:
    """Every stored second at which the reading may change."""
    edges: set[int] = set()
    for one in corrections:
        edges |= {one.from_s, one.to_s}
        for before_s, after_s in _set_back(shifts):
            if min(abs(before_s - one.to_s), abs(after_s - one.from_s)) < _MINUTE_S:
                edges |= {before_s, after_s}
        if one.zone:
            found = _zone_edges(ZoneInfo(one.zone), home, one.from_s, one.to_s)
            edges |= {at for at in found if one.from_s < at < one.to_s}
    return sorted(edges)


def _zone_edges(zone: ZoneInfo, home: ZoneInfo, from_s: int, to_s: int) -> set[int]:
    """Wall seconds in ``zone`` around each change of its own offset and of home's."""
    lo, hi = from_s - 2 * 86_400, to_s + 2 * 86_400
    own = list(_transitions(zone, lo, hi))
    instants = {at for at, _, _ in own}
    for at, before, after in _transitions(home, lo, hi):
        instants |= {at, at - abs(after - before), at + abs(after - before)}
    offsets = {_offset_s(zone, lo), *(offset for _, *pair in own for offset in pair)}
    return {at + offset for at in instants for offset in offsets}


def _transitions(zone: ZoneInfo, lo: int, hi: int) -> Iterator[tuple[int, int, int]]:
    """Changes of a zone's offset between two UTC seconds: when, offset before, offset after."""
    marks = [*range(lo, hi, _WEEK_S), hi]
    offsets = [_offset_s(zone, at) for at in marks]
    for (start, end), (before, after) in zip(pairwise(marks), pairwise(offsets), strict=True):
        if before == after:
            continue
        first, last = start, end
        while last - first > 1:
            middle = (first + last) // 2
            first, last = (middle, last) if _offset_s(zone, middle) == before else (first, middle)
        yield last, before, after


def _offset_s(zone: ZoneInfo, utc_s: int) -> int:
    offset = (_EPOCH_UTC + timedelta(seconds=utc_s)).astimezone(zone).utcoffset()
    return int((offset or timedelta()).total_seconds())


def _repeats(edges: Sequence[int], shown: Iterable[_Shown]) -> list[tuple[int, int]]:
    """Stored spans whose shown time was shown just before already: a second pass.

    Where a pump that ignored summer time is put right by a constant, its hour after the change in
    autumn is the second of that name. Zones say so themselves.
    """
    pieces: list[tuple[int, int, _Shown]] = [(-_FOREVER, 0, _Shown(0, 0, is_by_zone=False))]
    for at, now in zip(edges, shown, strict=True):
        if pieces[-1][2] == now:
            continue
        pieces[-1] = (pieces[-1][0], at, pieces[-1][2])
        pieces.append((at, _FOREVER, now))
    found = []
    for (_, end, before), (start, until, now) in pairwise(pieces):
        again_to = min(until, end - before.ahead_s + now.ahead_s)
        if not now.is_by_zone and start < again_to:
            found.append((start, again_to))
    return found


def corrected_segments(
    segments: Sequence[ClockSegment],
    corrections: Sequence[ClockCorrection],
    home: ZoneInfo,
    shifts: Sequence[ClockShift] = (),
) -> tuple[ClockSegment, ...]:
    """How a device's clock reads as UTC once it is corrected, oldest first.

    ``segments`` are the interpretation without corrections; it holds where none reaches. A clock
    that was ahead by a constant runs on that offset from UTC until the correction ends.
    """
    if not corrections:
        return tuple(segments)

    def is_inside(at_s: int) -> bool:
        return any(one.from_s <= at_s < one.to_s for one in corrections)

    found = {one.from_s: one for one in segments if not is_inside(one.from_s)}
    view = ClockView.of(corrections, home, shifts)
    for one in corrections:
        for piece in view.pieces(one.from_s, one.to_s):
            at = from_wall_seconds(piece.from_s - piece.ahead_s)
            offset = at.replace(tzinfo=home, fold=piece.fold).utcoffset() or timedelta()
            offset_s = piece.ahead_s + int(offset.total_seconds())
            found[piece.from_s] = ClockSegment(piece.from_s, offset_s, "correction")
        before = [segment for segment in segments if segment.from_s <= one.to_s]
        if before and one.to_s not in found and not is_inside(one.to_s):
            found[one.to_s] = replace(before[-1], from_s=one.to_s)
    ordered = sorted(found.values(), key=lambda segment: segment.from_s)
    return tuple(
        segment
        for place, segment in enumerate(ordered)
        if place == 0 or replace(segment, from_s=ordered[place - 1].from_s) != ordered[place - 1]
    )
