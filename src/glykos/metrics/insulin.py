"""Insulin: total daily dose, basal and bolus, boluses per day and how they were decided.

Delivered amounts count, never programmed ones; priming is never therapy. In automatic mode
without a record of its small doses the pump's own total of automatic insulin is used.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt

from glykos.metrics._analysis import Analysis, once
from glykos.metrics._coverage import PUMP_COMPLETE, per_pump_day
from glykos.metrics._metric import Metric, NotEnoughData, Result, Value
from glykos.therapy.basal import BasalInterval, clip, day_of, delivered_basal
from glykos.therapy.clock import DAY_S, Window, day_number
from glykos.therapy.diary import Injection
from glykos.therapy.history import History
from glykos.therapy.reconciliation import bolus_units
from glykos.therapy.records import (
    Alarm,
    AlarmClass,
    Bolus,
    BolusSource,
    DailyTotal,
    StopReason,
    TotalScope,
)

#: A day with less basal delivery missing than this is complete (definitions.md §8) [min].
MOST_MISSING_MIN = 120.0
#: Less automatic insulin than this share of the programmed basal is no whole day of it (ours).
LEAST_AUTOMATIC = 0.25
#: In automatic mode the algorithm lowers delivery; these stops exist in manual mode only.
_MANUAL_STOPS = (StopReason.LOW_GLUCOSE, StopReason.BEFORE_LOW)
NO_BOLUS = NotEnoughData("no bolus in this period")
NO_WHOLE_DAY = NotEnoughData("no day with complete basal insulin in this period")
_DEFINITION = "ours, after CareLink's daily totals; basal from the delivered rate over time"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayInsulin:
    """Insulin of one local day [U]; None where unknown.

    ``automatic_u`` is what the pump's algorithm gave as its own total (automatic basal and
    automatic corrections); it counts as basal. ``basal_u`` is it where the day is complete. ``injected_u`` is
    insulin by pen as logged, which no percentage contains. ``reason`` says why ``total_u`` is unknown.
    """

    day: date
    basal_u: float | None
    bolus_u: float
    automatic_u: float | None
    injected_u: float | None
    reason: str = ""

    @property
    def total_u(self) -> float | None:
        """Basal and bolus together [U]."""
        return None if self.basal_u is None else self.basal_u + self.bolus_u


@once
def days_of_insulin(analysis: Analysis) -> tuple[DayInsulin, ...]:
    """Insulin of every local day of the window.

    A day's basal is known when less than 2 h of it are missing. On a day with a total of
    automatic insulin, basal is that total, automatic corrections are inside it, and pump data
    must cover the day in the same way. The total does not say when the algorithm was at work, so
    the basal of a day with any sign of manual mode is not available (therapy-events.md §3).
    Extended boluses are split at midnight by time. Source: metrics/definitions.md §8.
    """
    # The whole history: rates, stops and extended boluses reach over the window's edges.
    history = analysis.whole
    totals = _automatic_totals(history)
    injected: dict[date, float] = {}
    for injection in analysis.history.of(Injection):
        day = injection.at_local.date()
        injected[day] = injected.get(day, 0.0) + injection.dose_u
    boluses = history.of(Bolus)
    by_hand = [one for one in boluses if not one.is_automatic]
    window = analysis.window
    near = Window(window.first - timedelta(days=1), window.last + timedelta(days=1))
    intervals = delivered_basal(history, near)
    found = []
    for day in window:
        own = totals.get(day)
        start_s = day_number(day) * DAY_S
        basal = day_of(intervals, day)
        length = history.day_minutes(day)
        if own is None:
            amount, reason = basal.known_u, _missing(length - basal.known_min, length)
        else:
            amount, reason = own, _automatic_unknown(history, intervals, totals, day)
        found.append(
            DayInsulin(
                day=day,
                basal_u=None if reason else amount,
                bolus_u=bolus_units(boluses if own is None else by_hand, start_s, start_s + DAY_S),
                automatic_u=own,
                injected_u=injected.get(day),
                reason=reason,
            )
        )
    return tuple(found)


def _automatic_totals(history: History) -> dict[date, float]:
    found: dict[date, float] = {}
    for total in history.of(DailyTotal):
        if total.scope is TotalScope.AUTO and total.amount_u > 0:
            day = total.at_local.date()
            found[day] = found.get(day, 0.0) + total.amount_u
    return found


def _missing(minutes: float, length_min: float) -> str:
    """Why a day with so many minutes unknown is not complete; empty for a complete one."""
    if minutes < MOST_MISSING_MIN:
        return ""
    return f"basal insulin is unknown for {min(minutes, length_min):.0f} min"


def _automatic_unknown(
    history: History,
    intervals: Sequence[BasalInterval],
    totals: Mapping[date, float],
    day: date,
) -> str:
    """Why basal of a day with a total of automatic insulin is unknown; empty when it is known."""
    today = _on(intervals, day)
    length = history.day_minutes(day)
    covered = sum(one.hours for one in today if one.kind != "unknown") * 60
    if length - covered >= MOST_MISSING_MIN:
        return f"pump data are missing for {min(length - covered, length):.0f} min"
    programmed = sum((one.scheduled_u_per_h or 0.0) * one.hours for one in today)
    if (
        any(one.kind == "temp" or one.reason in _MANUAL_STOPS for one in today)
        or any(_is_exit(one) and one.at_local.date() == day for one in history.of(Alarm))
        or any(_is_manual(intervals, totals, day + timedelta(days=n)) for n in (-1, 1))
        or totals[day] < LEAST_AUTOMATIC * programmed
    ):
        return "not available in automatic mode: manual mode was on for part of this day"
    return ""


def _on(intervals: Sequence[BasalInterval], day: date) -> list[BasalInterval]:
    start_s = day_number(day) * DAY_S
    return [one for i in intervals if (one := clip(i, start_s, start_s + DAY_S))]


def _is_exit(alarm: Alarm) -> bool:
    return alarm.alarm_class is AlarmClass.MODE and "exit" in alarm.text.lower()


def _is_manual(intervals: Sequence[BasalInterval], totals: Mapping[date, float], day: date) -> bool:
    """Whether a pump ran for hours of a day and reported no automatic insulin for it."""
    if day in totals:
        return False
    ran = sum(one.hours for one in _on(intervals, day) if one.kind in ("scheduled", "temp"))
    return ran * 60 >= MOST_MISSING_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Insulin:
    """Means per complete day [U]; ``tdd_sd`` is the sample SD over days, None for one day."""

    days: int
    tdd: float
    tdd_sd: float | None
    basal: float
    bolus: float


@once
def insulin(analysis: Analysis) -> Insulin | None:
    """Mean total, basal and bolus insulin of complete days [U/day], or None without one."""
    whole = [
        (one.total_u, one.basal_u, one.bolus_u)
        for one in days_of_insulin(analysis)
        if one.total_u is not None and one.basal_u is not None and one.total_u > 0
    ]
    if not whole:
        return None
    n = len(whole)
    mean = sum(total for total, _, _ in whole) / n
    sd = sqrt(sum((total - mean) ** 2 for total, _, _ in whole) / (n - 1)) if n > 1 else None
    return Insulin(
        days=n,
        tdd=mean,
        tdd_sd=sd,
        basal=sum(basal for _, basal, _ in whole) / n,
        bolus=sum(bolus for _, _, bolus in whole) / n,
    )


@once
def boluses(analysis: Analysis) -> tuple[Bolus, ...]:
    """Boluses of the window with anything delivered; automatic basal is no bolus."""
    return tuple(
        one
        for one in analysis.history.of(Bolus)
        if one.source is not BolusSource.AUTO_BASAL and one.delivered_u > 0
    )


def used_estimate(bolus: Bolus) -> bool:
    """Whether the bolus calculator proposed it."""
    return bool(bolus.estimate_id) or bolus.source is BolusSource.ESTIMATE


def _of_insulin(pick: Callable[[Insulin], float | None], unit: str) -> Callable[[Analysis], Result]:
    def compute(analysis: Analysis) -> Result:
        found = insulin(analysis)
        if found is None:
            return NO_WHOLE_DAY
        value = pick(found)
        if value is None:
            return NotEnoughData("only one day with complete basal insulin")
        return Value(value, unit, found.days)

    return compute


def _per_day(
    choose: Callable[[Bolus], bool], unit: str = "boluses/day"
) -> Callable[[Analysis], Result]:
    def compute(analysis: Analysis) -> Result:
        every = boluses(analysis)
        return (
            per_pump_day(analysis, [one for one in every if choose(one)], unit)
            if every
            else NO_BOLUS
        )

    return compute


def _estimate_share(analysis: Analysis) -> Result:
    asked = [one for one in boluses(analysis) if not one.is_automatic]
    if not asked:
        return NO_BOLUS
    return Value(100 * sum(map(used_estimate, asked)) / len(asked), "%", len(asked))


def _automatic(analysis: Analysis) -> Result:
    amounts = [
        (one.day, one.automatic_u)
        for one in days_of_insulin(analysis)
        if one.automatic_u is not None
    ]
    if not amounts:
        return NotEnoughData("the pump reported no automatic insulin")
    return Value(sum(amount for _, amount in amounts) / len(amounts), "U/day", len(amounts))


def _metric(
    key: str, name: str, unit: str, definition: str, compute: Callable[[Analysis], Result]
) -> Metric:
    daily = key in {"tdd", "tdd_sd", "basal", "bolus", "basal_percent", "bolus_percent"}
    return Metric(
        key=key,
        name=name,
        unit=unit,
        definition=definition,
        source=_DEFINITION,
        least_data="1 day with complete basal insulin" if daily else "1 record in a complete day",
        # 2: automatic mode only where it lasted all day; numbers per day over days of pump data.
        version=1 if key == "estimate_share" else 2,
        compute=compute,
    )


METRICS: tuple[Metric, ...] = (
    _metric(
        "tdd",
        "Total daily insulin",
        "U/day",
        "Delivered basal and bolus insulin per day, over days with less than 2 h of basal"
        " unknown. On days with the pump's own total of automatic insulin that total is the basal;"
        " such a day counts only when pump data cover it but for less than 2 h and nothing shows"
        " manual mode (temporary rate, stop on or before low, message that automatic mode ended,"
        " a day before or after without automatic insulin, or less automatic insulin than a"
        " quarter of the programmed basal). Priming does not count; injected insulin is listed"
        " apart.",
        _of_insulin(lambda found: found.tdd, "U/day"),
    ),
    _metric(
        "tdd_sd",
        "Total daily insulin, standard deviation",
        "U/day",
        "The sample standard deviation (n - 1) of total daily insulin over complete days.",
        _of_insulin(lambda found: found.tdd_sd, "U/day"),
    ),
    _metric(
        "basal",
        "Basal insulin per day",
        "U/day",
        "Delivered basal insulin per complete day: the rate over time with temporary rates and"
        " stops; on days of automatic mode the pump's own total of automatic insulin. Days are"
        " those of total daily insulin: days with automatic and manual mode are left out.",
        _of_insulin(lambda found: found.basal, "U/day"),
    ),
    _metric(
        "basal_percent",
        "Basal share",
        "%",
        "Basal insulin as a share of basal and bolus insulin on complete days.",
        _of_insulin(lambda found: 100 * found.basal / found.tdd, "%"),
    ),
    _metric(
        "bolus",
        "Bolus insulin per day",
        "U/day",
        "Delivered bolus insulin per complete day; extended boluses are split at midnight.",
        _of_insulin(lambda found: found.bolus, "U/day"),
    ),
    _metric(
        "bolus_percent",
        "Bolus share",
        "%",
        "Bolus insulin as a share of basal and bolus insulin on complete days.",
        _of_insulin(lambda found: 100 * found.bolus / found.tdd, "%"),
    ),
    _metric(
        "boluses",
        "Boluses per day",
        "boluses/day",
        "Boluses with insulin delivered per complete day of pump data; a combination bolus is one."
        f"{PUMP_COMPLETE}",
        _per_day(lambda _: True),
    ),
    _metric(
        "boluses_estimated",
        "Boluses with the calculator per day",
        "boluses/day",
        f"Boluses that the bolus calculator proposed, per complete day of pump data.{PUMP_COMPLETE}",
        _per_day(used_estimate),
    ),
    _metric(
        "boluses_manual",
        "Boluses without the calculator per day",
        "boluses/day",
        "Boluses that a person gave without the bolus calculator, per complete day of pump data."
        f"{PUMP_COMPLETE}",
        _per_day(lambda one: not used_estimate(one) and not one.is_automatic),
    ),
    _metric(
        "boluses_automatic",
        "Automatic boluses per day",
        "boluses/day",
        "Corrections that the pump's own algorithm gave, per complete day of pump data."
        f"{PUMP_COMPLETE}",
        _per_day(lambda one: one.is_automatic),
    ),
    _metric(
        "estimate_share",
        "Boluses with the calculator",
        "%",
        "The share of boluses asked for by a person that the bolus calculator proposed.",
        _estimate_share,
    ),
    _metric(
        "automatic_insulin",
        "Automatic insulin per day",
        "U/day",
        "The pump's own total of automatic insulin, per day with such a total, partial days"
        " included.",
        _automatic,
    ),
)
