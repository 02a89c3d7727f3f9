"""Our insulin arithmetic against the pump's own daily total.

The pump's total is the independent witness: it is compared with, and never used as, the sum of
what we know. It does not correct anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from glykos.therapy.basal import day_of, of_pump, pump_ids
from glykos.therapy.clock import DAY_S, day_number
from glykos.therapy.history import History
from glykos.therapy.records import Bolus, BolusSource, DailyTotal, TotalScope

#: Difference that calls for an explanation: the larger of 0.5 U and 3 % (therapy-events.md §4).
TOLERANCE_U = 0.5
TOLERANCE_FRACTION = 0.03
_OTHER_DAY = (
    "The pump's own total is of other hours than this day, because its clock was corrected."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """One local day: reconstructed basal + bolus beside the pump's own total, all in U.

    ``None`` means unknown; ``reason`` says in words what the comparison gave.
    """

    day: date
    basal_u: float | None
    bolus_u: float
    pump_total_u: float | None
    reason: str

    @property
    def delta_u(self) -> float | None:
        """Reconstructed minus printed [U]."""
        if self.basal_u is None or self.pump_total_u is None:
            return None
        return self.basal_u + self.bolus_u - self.pump_total_u

    @property
    def tolerance_u(self) -> float | None:
        """Largest difference that needs no explanation [U]."""
        return None if self.pump_total_u is None else tolerance_u(self.pump_total_u)

    @property
    def agrees(self) -> bool | None:
        """Whether the two agree; None when they cannot be compared."""
        delta, tolerance = self.delta_u, self.tolerance_u
        return None if delta is None or tolerance is None else abs(delta) <= tolerance


def tolerance_u(total_u: float) -> float:
    """Difference accepted for a daily total: max(0.5 U, 3 %). Source: therapy-events.md §4."""
    return max(TOLERANCE_U, TOLERANCE_FRACTION * total_u)


def bolus_units(boluses: Iterable[Bolus], start_s: int, end_s: int) -> float:
    """Bolus insulin delivered between two wall-clock times [U].

    The now-part counts when it was started; the extended part runs evenly over its delivered
    duration and is split at the ends. Automatic basal is not a bolus.
    """
    total = 0.0
    for bolus in boluses:
        if bolus.source is BolusSource.AUTO_BASAL:
            continue
        if start_s <= bolus.at_s < end_s:
            total += bolus.delivered_now_u or 0.0
        if bolus.delivered_extended_u:
            length_s = extended_minutes(bolus) * 60
            lo, hi = max(bolus.at_s, start_s), min(bolus.at_s + length_s, end_s)
            if length_s > 0:
                total += bolus.delivered_extended_u * max(0.0, hi - lo) / length_s
            elif start_s <= bolus.at_s < end_s:
                total += bolus.delivered_extended_u
    return total


def extended_minutes(bolus: Bolus) -> float:
    """How long the extended part ran [min]; shortened pro rata when only that is known."""
    if bolus.delivered_duration_min is not None:
        return bolus.delivered_duration_min
    planned = bolus.programmed_duration_min or 0.0
    if bolus.programmed_extended_u and bolus.delivered_extended_u is not None:
        return planned * min(1.0, bolus.delivered_extended_u / bolus.programmed_extended_u)
    return planned


def reconcile(history: History, day: date) -> Reconciliation:
    """Compare one local day with the pump's own total of basal and bolus.

    With several pumps each is compared with its own total, and the sums are returned. A pump whose
    corrected clock was some hours off added up other hours than this day's: nothing to compare.
    """
    start_s, end_s = day_number(day) * DAY_S, (day_number(day) + 1) * DAY_S
    totals = {
        total.device_id: total.amount_u
        for total in history.of(DailyTotal)
        if total.scope is TotalScope.ALL and start_s <= total.at_s < end_s
    }
    others_day = {one for one in totals if _counts_other_days(history, one, start_s, end_s)}
    by_pump = {one: day_of(of_pump(history, one), day) for one in sorted(_pumps(history, totals))}
    # Without totals, the pumps that were at work on this day; others of other times play no part.
    worn = {one for one, part in by_pump.items() if part.known_min or part.unknown_min}
    devices = set(totals) or worn
    parts = [part for one, part in by_pump.items() if one in devices]
    known = all(part.units is not None for part in parts) and bool(parts)
    answer = Reconciliation(
        day=day,
        basal_u=sum(part.known_u for part in parts) if known else None,
        bolus_u=bolus_units(
            (b for b in history.of(Bolus) if b.device_id in devices), start_s, end_s
        ),
        pump_total_u=sum(totals.values()) if totals and not others_day else None,
        reason="",
    )
    unknown_min = sum(part.unknown_min for part in parts)
    return Reconciliation(
        day=answer.day,
        basal_u=answer.basal_u,
        bolus_u=answer.bolus_u,
        pump_total_u=answer.pump_total_u,
        reason=_OTHER_DAY if others_day else _reason(answer, unknown_min),
    )


def _pumps(history: History, totals: Iterable[str]) -> set[str]:
    return set(totals) or set(pump_ids(history))


def _counts_other_days(history: History, device_id: str, start_s: int, end_s: int) -> bool:
    own = history.own_clocks.get(device_id)
    return own is not None and any(s % DAY_S for s in own.view.ahead_within(start_s, end_s))


def _reason(answer: Reconciliation, unknown_min: float) -> str:
    if answer.pump_total_u is None:
        return "The pump reported no total for this day."
    if answer.basal_u is None:
        if unknown_min:
            return f"Basal delivery is unknown for {unknown_min:.0f} min of this day."
        return "The pump's record does not cover the whole day."
    if answer.agrees:
        return "Agrees with the pump's own total."
    return "Differs from the pump's own total by more than 0.5 U and 3 %."
