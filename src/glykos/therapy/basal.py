"""Delivered basal insulin: what a pump gave from minute to minute.

Layers, each over the one before (reference therapy-events.md §3): the programmed schedule on
the device's own clock, temporary rates, stops, automatic insulin. All of it happens in elapsed
time (``pump_clock``), so a changed clock neither loses nor invents insulin. What is not known
stays unknown: it is never zero. It does not estimate what a closed loop delivered.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from glykos.therapy._basal_layers import Kind, layers_of, of_kind
from glykos.therapy.clock import DAY_S, Window, day_number
from glykos.therapy.clock_view import ClockView
from glykos.therapy.history import History
from glykos.therapy.pump_clock import PumpClock
from glykos.therapy.records import (
    BasalRate,
    BasalSchedule,
    DailyTotal,
    Record,
    StopReason,
    TimeChange,
    TotalScope,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BasalInterval:
    """Constant basal delivery during ``[start_s, end_s)`` on the device's wall clock.

    ``rate_u_per_h`` is ``None`` when nobody knows; ``scheduled_u_per_h`` is what the pattern
    would have given. ``fold`` is 1 for the second pass of a repeated hour.
    """

    start_s: int
    end_s: int
    rate_u_per_h: float | None
    scheduled_u_per_h: float | None
    kind: Kind
    reason: StopReason | None = None
    device_id: str = ""
    fold: int = 0

    @property
    def hours(self) -> float:
        """Length [h]."""
        return (self.end_s - self.start_s) / 3600

    @property
    def units(self) -> float | None:
        """Insulin delivered [U], or None where the rate is unknown."""
        return None if self.rate_u_per_h is None else self.rate_u_per_h * self.hours


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBasal:
    """Basal insulin of one local day: the known part, and how much of the day it covers."""

    day: date
    known_u: float
    known_min: float
    unknown_min: float
    is_whole_day: bool

    @property
    def units(self) -> float | None:
        """Basal insulin of the whole day [U]; None unless every minute of it is known."""
        return self.known_u if self.is_whole_day and self.unknown_min == 0 else None


def delivered_basal(history: History, window: Window) -> tuple[BasalInterval, ...]:
    """Delivered basal in the window, sorted, without overlap.

    It covers exactly the known span: from a pump's first to its last record inside the window,
    never up to "now". Inside that span every lived second belongs to one interval; stretches
    nobody knows have kind ``unknown``, and wall-clock time that a change of the clock skipped
    has no interval. A repeated hour has two sets, told apart by ``fold``.

    Several pumps: at each instant a running pump counts rather than a stopped one, a stopped one
    rather than an unknown one; if two run, the one with more records that day.

    Source: reference therapy-events.md §3.
    """
    pumps = [of_pump(history, device_id) for device_id in pump_ids(history)]
    intervals = pumps[0] if len(pumps) == 1 else _one_pump_at_a_time(history, pumps)
    inside = [clipped for i in intervals if (clipped := clip(i, window.start_s, window.end_s))]
    return tuple(sorted(inside, key=lambda i: (i.start_s, i.fold)))


def basal_units(intervals: Sequence[BasalInterval], start_s: int, end_s: int) -> float | None:
    """Basal insulin between two wall-clock times [U].

    None when any part is unknown or lies outside the known span; a repeated hour counts twice,
    a skipped one not at all.
    """
    if not intervals or start_s >= end_s:
        return None
    if start_s < intervals[0].start_s or end_s > max(i.end_s for i in intervals):
        return None
    total = 0.0
    for interval in intervals:
        part = clip(interval, start_s, end_s)
        if part is not None:
            if part.units is None:
                return None
            total += part.units
    return total


def daily_basal(history: History, window: Window) -> tuple[DayBasal, ...]:
    """Basal insulin per local day of the window, days without any known span included."""
    intervals = delivered_basal(history, window)
    return tuple(day_of(intervals, day) for day in window)


def day_of(intervals: Sequence[BasalInterval], day: date) -> DayBasal:
    """The part of one local day of intervals made by :func:`delivered_basal`."""
    start_s, end_s = day_number(day) * DAY_S, (day_number(day) + 1) * DAY_S
    parts = [part for i in intervals if (part := clip(i, start_s, end_s))]
    known = [part for part in parts if part.rate_u_per_h is not None]
    unknown = [part for part in parts if part.rate_u_per_h is None]
    return DayBasal(
        day=day,
        known_u=sum(part.units or 0.0 for part in known),
        known_min=sum(part.hours for part in known) * 60,
        unknown_min=sum(part.hours for part in unknown) * 60,
        is_whole_day=bool(parts)
        and parts[0].start_s == start_s
        and max(part.end_s for part in parts) == end_s,
    )


def pump_ids(history: History) -> tuple[str, ...]:
    """Devices that say anything about a basal programme, and all known pumps, sorted."""
    told = (*history.of(BasalRate), *history.of(BasalSchedule))
    pumps = {device.id for device in history.devices if device.kind == "pump"}
    return tuple(sorted(pumps | {record.device_id for record in told}))


def of_pump(history: History, device_id: str) -> list[BasalInterval]:
    """Delivered basal of one pump over its whole known span, as lived.

    A programme runs on the pump's own clock. Where that clock is corrected, what was delivered is
    found from the records as told, and only then shown at the times where the person was.
    """
    own = history.own_clocks.get(device_id)
    if own is None:
        return _on_own_clock(history.records, device_id)
    return _shown(_on_own_clock(own.records, device_id), own.view)


def _shown(intervals: Iterable[BasalInterval], view: ClockView) -> list[BasalInterval]:
    found: list[BasalInterval] = []
    for interval in intervals:
        for part in view.pieces(interval.start_s, interval.end_s, interval.fold):
            piece = replace(
                interval,
                start_s=part.from_s - part.ahead_s,
                end_s=part.to_s - part.ahead_s,
                fold=part.fold,
            )
            if found and _continues(found[-1], piece):
                found[-1] = replace(found[-1], end_s=piece.end_s)
            else:
                found.append(piece)
    return found


def _on_own_clock(
    records: Mapping[type[Record], Sequence[Record]], device_id: str
) -> list[BasalInterval]:
    mine = {
        kind: [record for record in group if record.device_id == device_id]
        for kind, group in records.items()
    }
    clock = PumpClock.of(of_kind(mine, TimeChange))
    # A total of automatic insulin is dated at midnight of its day: it shows nothing about when
    # the pump was worn.
    told = (r for group in mine.values() for r in group if not _is_automatic_total(r))
    alive = sorted({clock.elapsed_s(record) for record in told})
    if len(alive) < 2:
        return []
    layers = layers_of(mine, clock, alive)
    intervals: list[BasalInterval] = []
    for start_s, end_s in pairwise(layers.edges(clock, alive[0], alive[-1])):
        now = layers.at(start_s)
        for span in clock.wall_spans(start_s, end_s):
            piece = BasalInterval(
                start_s=span.start_s,
                end_s=span.end_s,
                rate_u_per_h=now.rate_u_per_h,
                scheduled_u_per_h=now.scheduled_u_per_h,
                kind=now.kind,
                reason=now.reason,
                device_id=device_id,
                fold=span.fold,
            )
            if intervals and _continues(intervals[-1], piece):
                intervals[-1] = replace(intervals[-1], end_s=piece.end_s)
            else:
                intervals.append(piece)
    return intervals


def _is_automatic_total(record: Record) -> bool:
    return isinstance(record, DailyTotal) and record.scope is TotalScope.AUTO


# --- several pumps ---------------------------------------------------------------------------

_RANK: dict[Kind, int] = {"scheduled": 2, "temp": 2, "auto": 2, "suspended": 1, "unknown": 0}


def _one_pump_at_a_time(
    history: History, pumps: Sequence[Sequence[BasalInterval]]
) -> list[BasalInterval]:
    """Of overlapping intervals of different pumps, one per instant (rule: delivered_basal)."""
    records = Counter(
        (record.device_id, record.at_s // DAY_S)
        for group in history.records.values()
        for record in group
    )
    chosen: list[BasalInterval] = []
    for fold in (0, 1):
        everything = sorted(
            (i for pump in pumps for i in pump if i.fold == fold), key=lambda i: i.start_s
        )
        days = {at_s // DAY_S * DAY_S for i in everything for at_s in (i.start_s, i.end_s)}
        edges = sorted({at_s for i in everything for at_s in (i.start_s, i.end_s)} | days)
        running: list[BasalInterval] = []
        place = 0
        for start_s, end_s in pairwise(edges):
            while place < len(everything) and everything[place].start_s <= start_s:
                running.append(everything[place])
                place += 1
            running = [i for i in running if i.end_s > start_s]
            if not running:
                continue
            day = start_s // DAY_S
            best = max(
                running, key=lambda i: (_RANK[i.kind], records[i.device_id, day], i.device_id)
            )
            piece = replace(best, start_s=start_s, end_s=end_s)
            if chosen and _continues(chosen[-1], piece):
                chosen[-1] = replace(chosen[-1], end_s=end_s)
            else:
                chosen.append(piece)
    return chosen


def clip(interval: BasalInterval, start_s: int, end_s: int) -> BasalInterval | None:
    """The part of an interval between two wall-clock times, or None."""
    lo, hi = max(interval.start_s, start_s), min(interval.end_s, end_s)
    if lo >= hi:
        return None
    if lo == interval.start_s and hi == interval.end_s:
        return interval
    return replace(interval, start_s=lo, end_s=hi)


def _continues(before: BasalInterval, piece: BasalInterval) -> bool:
    return before == replace(piece, start_s=before.start_s, end_s=before.end_s) and (
        before.end_s == piece.start_s
    )
