"""The layers of delivered basal of one pump as step functions of elapsed time.

Programme, temporary rates, stops, automatic insulin and what is known at all; ``basal`` puts
them over each other.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Generic, Literal, NamedTuple, TypeVar

from glykos.therapy._basal_schedule import CLOSE_U_PER_H, Piece, Programme, programmed_by_schedule
from glykos.therapy.clock import DAY_S
from glykos.therapy.pump_clock import PumpClock
from glykos.therapy.records import (
    Alarm,
    BasalPatternSelected,
    BasalRate,
    BasalSchedule,
    Bolus,
    DailyTotal,
    Prime,
    Record,
    Resume,
    Rewind,
    SettingsChange,
    StopReason,
    Suspend,
    TempBasal,
    TotalScope,
)

Kind = Literal["scheduled", "temp", "suspended", "auto", "unknown"]
Mine = dict[type[Record], list[Record]]  # the records of one pump by class
T = TypeVar("T")
R = TypeVar("R", bound=Record)

#: A pump prints something every day (segments, daily total). A longer silence is a stretch we
#: know nothing about; 26 h leaves room for a 25-hour day and a late midnight.
SILENCE_S = 26 * 3600
#: A stop without its end is believed for two hours, the longest automatic stop (600 series).
OPEN_STOP_S = 2 * 3600
#: Code of the alarm "No Delivery" of Paradigm pumps (reference formats.md §1).
NO_DELIVERY = "4"


class InForce(NamedTuple):
    """What the pump does at one instant; a rate of None is unknown."""

    rate_u_per_h: float | None
    scheduled_u_per_h: float | None
    kind: Kind
    reason: StopReason | None


class _Steps(Generic[T]):
    """A step function of elapsed time; the value given last for an instant holds from there."""

    __slots__ = ("times", "values")

    def __init__(self, *, before: T, steps: Iterable[tuple[int, T]] = ()) -> None:
        self.times: list[int] = []
        self.values: list[T] = [before]
        for at_s, value in steps:
            if self.times and self.times[-1] == at_s:
                self.values[-1] = value
            else:
                self.times.append(at_s)
                self.values.append(value)

    def at(self, at_s: int) -> T:
        return self.values[bisect_right(self.times, at_s)]


@dataclass(frozen=True, slots=True)
class _Stop:
    """Delivery is stopped; ``is_sure`` turns false when the end of the stop is missing."""

    reason: StopReason
    is_sure: bool = True


@dataclass(frozen=True, slots=True)
class Layers:
    """Everything that decides what a pump delivers, over elapsed time."""

    known: _Steps[bool]
    scheduled: _Steps[float | None]
    temp: _Steps[TempBasal | None]
    stop: _Steps[_Stop | None]
    auto: _Steps[bool]

    def edges(self, clock: PumpClock, first_s: int, last_s: int) -> list[int]:
        """Every elapsed second at which a layer changes, and the ends of the known span."""
        edges = {first_s, last_s}
        for layer in (self.known, self.scheduled, self.temp, self.stop, self.auto):
            edges.update(at_s for at_s in layer.times if first_s < at_s < last_s)
        edges.update(s.from_s + s.offset_s for s in clock.stretches[1:])
        return sorted(edge for edge in edges if first_s <= edge <= last_s)

    def at(self, at_s: int) -> InForce:
        """What is in force at an elapsed second."""
        if not self.known.at(at_s):
            return InForce(None, None, "unknown", None)
        scheduled, stop, temp = self.scheduled.at(at_s), self.stop.at(at_s), self.temp.at(at_s)
        if stop is not None:
            if stop.is_sure:
                return InForce(0.0, scheduled, "suspended", stop.reason)
            return InForce(None, scheduled, "unknown", None)
        if temp is not None:
            rate = _temp_rate(temp, scheduled)
            return InForce(rate, scheduled, "unknown" if rate is None else "temp", None)
        if self.auto.at(at_s):
            return InForce(None, scheduled, "auto", None)
        return InForce(scheduled, scheduled, "unknown" if scheduled is None else "scheduled", None)


def layers_of(mine: Mine, clock: PumpClock, alive: list[int]) -> Layers:
    """All layers from one pump's records; ``alive`` are their sorted elapsed seconds."""
    pieces = _known_pieces(alive)
    temps = _temp_steps(_timed(clock, of_kind(mine, TempBasal)))
    stops = _stop_steps(_stop_events(mine, clock), alive)
    if mine.get(BasalRate):
        rates = _timed(clock, of_kind(mine, BasalRate))
        scheduled = _Steps[float | None](
            before=None, steps=_programmed_by_rates(rates, mine, clock, temps, stops)
        )
    else:
        programme = Programme.of(
            _timed(clock, of_kind(mine, BasalSchedule)),
            _timed(clock, of_kind(mine, BasalPatternSelected)),
            _timed(clock, of_kind(mine, SettingsChange)),
        )
        scheduled = _Steps[float | None](
            before=None, steps=programmed_by_schedule(programme, clock, pieces)
        )
    return Layers(
        known=_Steps(before=False, steps=[s for a, b in pieces for s in ((a, True), (b, False))]),
        scheduled=scheduled,
        temp=temps,
        stop=stops,
        auto=_auto_steps(of_kind(mine, DailyTotal), clock),
    )


def _known_pieces(alive: list[int]) -> list[Piece]:
    """The pump's time line without its long silences."""
    pieces = [(alive[0], alive[0])]
    for before_s, at_s in pairwise(alive):
        if at_s - before_s > SILENCE_S:
            pieces.append((at_s, at_s))
        else:
            pieces[-1] = (pieces[-1][0], at_s)
    return [piece for piece in pieces if piece[0] < piece[1]]


def _programmed_by_rates(
    rates: list[tuple[int, BasalRate]],
    mine: Mine,
    clock: PumpClock,
    temps: _Steps[TempBasal | None],
    stops: _Steps[_Stop | None],
) -> list[tuple[int, float | None]]:
    """The schedule from rows that say "the rate is now ...".

    The 600 and 700 series print two rows while a temporary rate or a stop is on: what is
    delivered and what is programmed. A row that only repeats the stop (0) or the temporary rate
    is not the programme; Paradigm pumps print the programme alone. A rate holds for 26 h at most.
    """
    restarts = {
        at_s for at_s, _ in _timed(clock, [*of_kind(mine, TempBasal), *of_kind(mine, Resume)])
    }
    by_second: dict[int, list[float]] = {}
    for at_s, record in rates:
        by_second.setdefault(at_s, []).append(record.rate_u_per_h)
    steps: list[tuple[int, float | None]] = []
    programmed: float | None = None
    for at_s, printed in by_second.items():
        told = [rate for rate in printed if rate > 0 or stops.at(at_s) is None]
        others = [*told, programmed] if at_s in restarts else told
        temp = temps.at(at_s)
        if temp is not None:
            told = [rate for rate in told if not _is_temp_echo(rate, temp, others)]
        if told:
            programmed = told[-1] if told[-1] >= 0 else None
        if steps and steps[-1][1] is None and steps[-1][0] >= at_s:
            steps.pop()  # the rate was confirmed before it expired
        steps += [(at_s, programmed), (at_s + SILENCE_S, None)]
    return steps


def _is_temp_echo(rate: float, temp: TempBasal, others: Sequence[float | None]) -> bool:
    """Whether a printed rate is the temporary rate of one of the other rates."""
    if temp.fraction is None:
        given = temp.rate_u_per_h
        alone = len(others) == 1
        return not alone and given is not None and abs(rate - given) < CLOSE_U_PER_H
    if abs(temp.fraction - 1) < 1e-9:
        return False
    return any(
        other is not None and abs(rate - temp.fraction * other) < CLOSE_U_PER_H
        for other in others
        if other != rate or rate == 0
    )


def _temp_steps(temps: list[tuple[int, TempBasal]]) -> _Steps[TempBasal | None]:
    """The temporary rate in force: a newer one or a cancellation ends the one before.

    Without a duration its end is unknown: it has no rate until the next temporary-rate record.
    """
    steps: list[tuple[int, TempBasal | None]] = []
    for place, (at_s, temp) in enumerate(temps):
        next_s = temps[place + 1][0] if place + 1 < len(temps) else None
        if temp.is_cancellation:
            steps.append((at_s, None))
            continue
        if temp.duration_min is None:
            steps.append((at_s, replace(temp, rate_u_per_h=None, fraction=None)))
            continue
        end_s = at_s + round(temp.duration_min * 60)
        steps.append((at_s, temp))
        if next_s is None or end_s < next_s:
            steps.append((end_s, None))
    return _Steps(before=None, steps=steps)


def _temp_rate(temp: TempBasal, scheduled: float | None) -> float | None:
    if temp.rate_u_per_h is not None:
        return max(0.0, temp.rate_u_per_h)
    if temp.fraction is None or scheduled is None:
        return 0.0 if temp.fraction == 0 else None
    return max(0.0, temp.fraction * scheduled)


def _stop_events(mine: Mine, clock: PumpClock) -> list[tuple[int, Record]]:
    """Stops, their ends, and what proves that the pump was delivering."""
    proofs = [b for b in of_kind(mine, Bolus) if b.delivered_u > 0 and not b.is_automatic]
    temps = [t for t in of_kind(mine, TempBasal) if not t.is_cancellation]
    told: list[Record] = [*of_kind(mine, Suspend), *of_kind(mine, Resume), *proofs, *temps]
    told += of_kind(mine, Rewind)
    told += of_kind(mine, Prime)
    told += [a for a in of_kind(mine, Alarm) if a.code == NO_DELIVERY and not a.is_cleared]
    events = _timed(clock, told)
    answers = (Suspend, Resume, Bolus, TempBasal, Rewind)
    kept: list[tuple[int, Record]] = []
    next_answer: Record | None = None
    for at_s, event in reversed(events):
        if isinstance(event, answers):
            next_answer = event
        # After "no delivery" a person resumes or rewinds; only then was it stopped all along.
        if not isinstance(event, Alarm) or isinstance(next_answer, Rewind):
            kept.append((at_s, event))
    return kept[::-1]


def _stop_steps(events: list[tuple[int, Record]], alive: list[int]) -> _Steps[_Stop | None]:
    """When delivery was stopped.

    A stop lasts until its end is reported. Where the end is missing, the next bolus or temporary
    rate shows that the pump runs again; from two hours after the stop until then, or until the
    last record, the state is unknown. Before an end whose stop is missing it is unknown too.
    Pumps that report no stop for it stand still from a rewind, or from the "no delivery" alarm
    that led to it, until the next fill.
    """
    unsure = _Stop(StopReason.UNKNOWN, is_sure=False)
    steps: list[tuple[int, _Stop | None]] = []
    stop: _Stop | None = None
    since_s = alive[0]
    is_reported = False
    if isinstance(next((e for _, e in events if isinstance(e, Suspend | Resume)), None), Resume):
        stop, is_reported = unsure, True
        steps.append((since_s, unsure))
    for at_s, event in events:
        new = _stop_of(event)
        if is_reported and stop is not None and isinstance(event, Rewind | Prime | Alarm):
            continue  # part of a stop that the pump reported as such
        if stop is None and new is None:
            continue
        if stop is not None and not isinstance(event, Resume) and at_s > since_s + OPEN_STOP_S:
            steps.append((since_s + OPEN_STOP_S, unsure))
        if new is None and at_s == since_s and not isinstance(event, Resume):
            continue  # started in the same second, hence before the stop
        steps.append((at_s, new))
        stop, since_s, is_reported = new, at_s, isinstance(event, Suspend)
    if stop is not None and alive[-1] > since_s + OPEN_STOP_S:
        steps.append((since_s + OPEN_STOP_S, unsure))
    return _Steps(before=None, steps=steps)


def _stop_of(event: Record) -> _Stop | None:
    """The stop that an event begins, or None for an event that ends one."""
    match event:
        case Suspend():
            return _Stop(event.reason)
        case Rewind():
            return _Stop(StopReason.SET_CHANGE)
        case Alarm():
            return _Stop(StopReason.ALARM)
    return None


def _auto_steps(totals: Iterable[DailyTotal], clock: PumpClock) -> _Steps[bool]:
    """Local days with automatic insulin: the printed rates are only the fallback programme."""
    days = {
        total.at_s // DAY_S
        for total in totals
        if total.scope is TotalScope.AUTO and total.amount_u > 0
    }
    spans = [span for day in days for span in clock.elapsed_spans(day * DAY_S, (day + 1) * DAY_S)]
    steps: list[tuple[int, bool]] = []
    for start_s, end_s in sorted(spans):
        if steps and steps[-1][0] >= start_s:
            steps.pop()  # the next day follows at once
        else:
            steps.append((start_s, True))
        steps.append((end_s, False))
    return _Steps(before=False, steps=steps)


def of_kind(mine: Mine, kind: type[R]) -> list[R]:
    """The pump's records of one class."""
    return mine.get(kind, [])  # type: ignore[return-value]  # the dict is keyed by class


def _timed(clock: PumpClock, records: Iterable[R]) -> list[tuple[int, R]]:
    """Records with their elapsed second, in the order in which they happened."""
    timed = [(clock.elapsed_s(record), record) for record in records]
    return sorted(timed, key=lambda pair: (pair[0], pair[1].seq or 0))
