"""Joins the rows of a bolus: request, delivery, cancellation, and the calculator's estimate.

A CareLink multi-section file prints each part of a bolus twice, when it was asked for and when
its delivery ended; the bolus number repeats within weeks. Source: reference formats.md §2.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from glykos.therapy.clock import from_wall_seconds
from glykos.therapy.records import Bolus, BolusEstimate, BolusKind, BolusSource

#: The longest extended bolus lasts 8 h; a little more for the rows being written.
LONGEST_S = 8 * 3600 + 600
#: An estimate precedes the request it led to by up to this time (6 to 12 s in genuine files).
_DIVIDED_WITHIN_S = 60
#: A cancellation and the delivery it cut short are printed within this time.
_CANCELLED_WITHIN_S = 5

_KINDS = {
    "normal": BolusKind.NORMAL,
    "square": BolusKind.EXTENDED,
    "dual (normal part)": BolusKind.COMBINATION,
    "dual (square part)": BolusKind.COMBINATION,
}
_EXTENDED = {"square", "dual (square part)"}
_SOURCES = {
    "bolus_wizard": BolusSource.ESTIMATE,
    "manual": BolusSource.MANUAL,
    "easy_bolus": BolusSource.EASY,
    "preset_bolus": BolusSource.PRESET,
    "remote_bolus": BolusSource.REMOTE,
    # In automatic mode the person enters glucose or food and confirms the pump's proposal.
    "closed_loop_food_bolus": BolusSource.ESTIMATE,
    "closed_loop_bg_correction_and_food_bolus": BolusSource.ESTIMATE,
    "closed_loop_bg_correction": BolusSource.ESTIMATE,
    "closed_loop_auto_bolus": BolusSource.AUTO_CORRECTION,
    "closed_loop_micro_bolus": BolusSource.AUTO_BASAL,
}


def is_known_type(text: str) -> bool:
    """Whether a Bolus Type cell is one we know."""
    return text.casefold() in _KINDS


@dataclass(slots=True, kw_only=True)
class BolusRow:
    """One printed row about a bolus."""

    at_s: int
    fold: int
    seq: int
    line: int
    type: str
    number: str
    selected_u: float | None
    delivered_u: float | None
    duration_min: float | None
    source: str
    cancelled: str


@dataclass(slots=True, kw_only=True)
class _Part:
    """One part of a bolus: what was asked for, and its delivery where it is known."""

    request: BolusRow | None
    delivery: BolusRow | None
    reason: str = ""

    @property
    def start(self) -> BolusRow:
        row = self.request or self.delivery
        assert row is not None  # noqa: S101 - a part is made from at least one of them
        return row


@dataclass(slots=True)
class Joined:
    """The boluses, and the rows that told of one not yet finished when the file was made."""

    boluses: list[Bolus]
    unfinished: list[BolusRow]


def join(rows: Sequence[BolusRow], device_id: str, estimates: Sequence[BolusEstimate]) -> Joined:
    """Boluses from their rows, oldest first; each linked to the estimate that led to it."""
    parts, unfinished = _pair(rows)
    groups: dict[tuple[str, int, int], list[_Part]] = {}
    for part in parts:
        start = part.start
        groups.setdefault((start.number, start.at_s, start.fold), []).append(part)
    finished = {key for key, group in groups.items() if any(p.delivery or p.reason for p in group)}
    links = _Links(estimates)
    boluses = []
    for key, group in groups.items():
        if key not in finished:
            unfinished += [part.start for part in group]
            continue
        boluses += [_bolus(one, device_id, links) for one in _separate(group)]
    return Joined(boluses, unfinished)


def _pair(rows: Iterable[BolusRow]) -> tuple[list[_Part], list[BolusRow]]:
    """Requests with their deliveries; a request replaced by another stays without one."""
    waiting: dict[tuple[str, str], _Part] = {}
    cancelled: dict[tuple[str, str], BolusRow] = {}
    parts: list[_Part] = []
    for row in rows:
        key = (row.number, row.type)
        if row.cancelled and row.delivered_u is None:
            cancelled[key] = row
            continue
        if row.delivered_u is None:
            waiting[key] = _Part(request=row, delivery=None)
            parts.append(waiting[key])
            continue
        part = waiting.pop(key, None)
        if part is None or not 0 <= row.at_s - part.start.at_s + 3600 * row.fold <= LONGEST_S:
            part = _Part(request=None, delivery=row)
            parts.append(part)
        part.delivery = row
        stop = cancelled.pop(key, None)
        if stop is not None and abs(stop.at_s - row.at_s) <= _CANCELLED_WITHIN_S:
            part.reason = stop.cancelled
        elif stop is not None:
            cancelled[key] = stop
    lonely = []
    for key, stop in cancelled.items():
        if key in waiting and stop.at_s >= waiting[key].start.at_s:
            waiting[key].reason = stop.cancelled
        else:
            lonely.append(stop)
    return parts, lonely


def _separate(group: list[_Part]) -> list[list[_Part]]:
    """Usually the group itself; boluses that only happen to share number and second apart."""
    kinds = [part.start.type for part in group]
    return [group] if len(set(kinds)) == len(kinds) else [[part] for part in group]


def _bolus(group: list[_Part], device_id: str, links: "_Links") -> Bolus:
    now = next((p for p in group if p.start.type not in _EXTENDED), None)
    extended = next((p for p in group if p.start.type in _EXTENDED), None)
    first = (now or extended or group[0]).start
    deliveries = [part.delivery for part in group if part.delivery]
    named = deliveries[0] if deliveries else first
    source = _SOURCES.get(next((r.source for r in (first, named) if r.source), "").casefold())
    estimate_id = links.take(first.at_s, first.fold)
    if estimate_id and source in (None, BolusSource.AUTO_CORRECTION):
        source = BolusSource.ESTIMATE
    return Bolus(
        at_local=from_wall_seconds(first.at_s).replace(fold=first.fold),
        device_id=device_id,
        source_id=f"bolus {first.number} ended {named.at_s}.{named.fold}" if first.number else "",
        seq=first.seq,
        bolus_kind=_KINDS[first.type],
        programmed_now_u=_asked(now),
        delivered_now_u=_given(now),
        programmed_extended_u=_asked(extended),
        delivered_extended_u=_given(extended),
        programmed_duration_min=_minutes(extended, "request"),
        delivered_duration_min=_minutes(extended, "delivery"),
        source=source or BolusSource.UNKNOWN,
        estimate_id=estimate_id,
        ended_local=max(
            (from_wall_seconds(row.at_s).replace(fold=row.fold) for row in deliveries), default=None
        ),
        interruption=next((part.reason for part in group if part.reason), ""),
    )


def _asked(part: _Part | None) -> float | None:
    if part is None:
        return None
    return next(
        (r.selected_u for r in (part.request, part.delivery) if r and r.selected_u is not None),
        None,
    )


def _given(part: _Part | None) -> float | None:
    return part.delivery.delivered_u if part and part.delivery else None


def _minutes(part: _Part | None, which: str) -> float | None:
    if part is None:
        return None
    row = part.request if which == "request" else part.delivery
    return row.duration_min if row else None


class _Links:
    """Estimates waiting for their bolus, by the second they were made."""

    def __init__(self, estimates: Sequence[BolusEstimate]) -> None:
        self._by_second: dict[tuple[int, int], list[str]] = {}
        for estimate in estimates:
            if estimate.was_delivered is not False:
                key = (estimate.at_s, estimate.at_local.fold)
                self._by_second.setdefault(key, []).append(estimate.source_id)

    def take(self, at_s: int, fold: int) -> str:
        """The estimate nearest to a request, used once; "" where there is none.

        Most requests share the second of their estimate; a dual wave follows it by the time the
        person needs to divide it.
        """
        distances = (0, -1, 1, -2, 2, *range(-3, -_DIVIDED_WITHIN_S - 1, -1))
        for distance in distances:
            if waiting := self._by_second.get((at_s + distance, fold)):
                return waiting.pop(0)
        return ""
