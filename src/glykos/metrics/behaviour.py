"""What a person and the devices did: overrides, changes, stops, alarms, tests, exercise."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import pairwise

from glykos.metrics._analysis import Analysis, once
from glykos.metrics._coverage import (
    COMPLETE,
    NO_DAY,
    NO_PUMP,
    PUMP_COMPLETE,
    amount_per_day,
    amount_per_pump_day,
    complete_days,
    per_day,
    per_pump_day,
)
from glykos.metrics._metric import Metric, NotEnoughData, Result, Value
from glykos.therapy.basal import BasalInterval, delivered_basal
from glykos.therapy.clock import DAY_S, date_of
from glykos.therapy.diary import Exercise
from glykos.therapy.records import (
    Alarm,
    AlarmClass,
    Bolus,
    BolusEstimate,
    Calibration,
    MeterGlucose,
    Prime,
    PrimeKind,
    Record,
    Rewind,
    StopReason,
    TempBasal,
)

#: Difference from the proposal that is an override where the pump does not tell its step [U].
USUAL_STEP_U = 0.1
_EPSILON_U = 1e-6
#: Two fillings within this time belong to one change.
SAME_CHANGE_S = 60 * 60
_OURS = "ours, after CareLink's Therapy Management Dashboard and Adherence reports"
NO_ESTIMATE = NotEnoughData("no bolus with the calculator in this period")


@dataclass(frozen=True, slots=True)
class Override:
    """A bolus that was programmed differently from the calculator's proposal [U]."""

    bolus: Bolus
    recommended_u: float

    @property
    def difference_u(self) -> float:
        """Programmed minus proposed [U]; positive is more than proposed."""
        return self.bolus.programmed_u - self.recommended_u


@once
def overrides(analysis: Analysis) -> tuple[tuple[Override, ...], int]:
    """Overrides of the window, and how many boluses with a known proposal were looked at.

    Programmed and proposed differ by at least one bolus step of the pump (0.1 U where it does
    not tell its step). What was delivered plays no part: an interrupted bolus is no override.
    """
    estimates = {(one.device_id, one.source_id): one for one in analysis.history.of(BolusEstimate)}
    found, looked_at = [], 0
    for bolus in analysis.history.of(Bolus):
        estimate = (
            estimates.get((bolus.device_id, bolus.estimate_id)) if bolus.estimate_id else None
        )
        if estimate is None or estimate.recommended_u is None or not _is_programmed(bolus):
            continue
        looked_at += 1
        one = Override(bolus, estimate.recommended_u)
        if abs(one.difference_u) >= (estimate.step_u or USUAL_STEP_U) - _EPSILON_U:
            found.append(one)
    return tuple(found), looked_at


def _is_programmed(bolus: Bolus) -> bool:
    return bolus.programmed_now_u is not None or bolus.programmed_extended_u is not None


@once
def set_changes(analysis: Analysis) -> tuple[int, ...]:
    """Wall seconds of infusion set changes: cannula fillings, else tubing fillings.

    Steel needles have no cannula to fill, so tubing fillings count where a window has no filling
    of a cannula. Fillings within an hour are one change.
    """
    primes = analysis.history.of(Prime)
    cannula = [one.at_s for one in primes if one.prime_kind is PrimeKind.CANNULA]
    return _changes(cannula or [one.at_s for one in primes])


@once
def reservoir_changes(analysis: Analysis) -> tuple[int, ...]:
    """Wall seconds of reservoir changes: rewinds, those within an hour being one."""
    return _changes([one.at_s for one in analysis.history.of(Rewind)])


def _changes(at_s: list[int]) -> tuple[int, ...]:
    kept: list[int] = []
    for at in at_s:
        if not kept or at - kept[-1] > SAME_CHANGE_S:
            kept.append(at)
    return tuple(kept)


@once
def stops(analysis: Analysis) -> tuple[BasalInterval, ...]:
    """Stretches with delivery stopped inside the window.

    A pump that a tool stopped while reading it (reason communication) was not stopped by anybody
    and is left out.
    """
    return tuple(
        one
        for one in delivered_basal(analysis.whole, analysis.window)
        if one.kind == "suspended" and one.reason is not StopReason.COMMUNICATION
    )


def stopped_minutes(analysis: Analysis) -> dict[tuple[date, StopReason], float]:
    """Minutes with delivery stopped, by local day and reason."""
    found: dict[tuple[date, StopReason], float] = {}
    for one in stops(analysis):
        at, reason = one.start_s, one.reason or StopReason.UNKNOWN
        while at < one.end_s:
            end = min(one.end_s, (at // DAY_S + 1) * DAY_S)
            key = (date_of(at // DAY_S), reason)
            found[key] = found.get(key, 0.0) + (end - at) / 60
            at = end
    return found


def _override_share(analysis: Analysis, sign: int) -> Result:
    found, looked_at = overrides(analysis)
    if looked_at == 0:
        return NO_ESTIMATE
    return Value(100 * _signed(found, sign) / looked_at, "%", looked_at)


def _override_count(analysis: Analysis, sign: int) -> Result:
    found, looked_at = overrides(analysis)
    return NO_ESTIMATE if looked_at == 0 else Value(_signed(found, sign), "boluses", looked_at)


def _signed(found: tuple[Override, ...], sign: int) -> float:
    return float(sum(1 for one in found if sign * one.difference_u > 0 or sign == 0))


def _interrupted(analysis: Analysis) -> Result:
    boluses = [one for one in analysis.history.of(Bolus) if _is_programmed(one)]
    if not boluses:
        return NotEnoughData("no bolus in this period")
    stopped = sum(1 for one in boluses if one.interrupted_parts)
    return Value(float(stopped), "boluses", len(boluses))


def _interval(analysis: Analysis, which: Callable[[Analysis], tuple[int, ...]]) -> Result:
    changes = which(analysis)
    if not changes:
        return NotEnoughData("no change was recorded in this period")
    if len(changes) < 2:
        return NotEnoughData("only one change was recorded in this period")
    gaps = [later - earlier for earlier, later in pairwise(changes)]
    return Value(sum(gaps) / len(gaps) / DAY_S, "d", len(gaps))


def _stopped(analysis: Analysis, reasons: frozenset[StopReason] | None) -> Result:
    if not delivered_basal_known(analysis):
        return NO_PUMP
    amounts = [
        (day, minutes)
        for (day, reason), minutes in stopped_minutes(analysis).items()
        if reasons is None or reason in reasons
    ]
    return amount_per_pump_day(analysis, amounts, "min/day")


@once
def delivered_basal_known(analysis: Analysis) -> bool:
    """Whether anything is known about basal delivery in the window."""
    found = delivered_basal(analysis.whole, analysis.window)
    return any(one.kind != "unknown" for one in found)


def _alarms(analysis: Analysis, classes: frozenset[AlarmClass] | None) -> Result:
    if not analysis.history.of(Alarm):
        return NotEnoughData("the devices reported no alarms in this period")
    raised = (
        one
        for one in analysis.history.of(Alarm)
        if not one.is_cleared and (classes is None or one.alarm_class in classes)
    )
    return per_day(analysis, raised, "alarms/day")


def _events(analysis: Analysis, kind: type[Record], unit: str, missing: str) -> Result:
    if not analysis.history.of(kind):
        return NotEnoughData(missing)
    return per_day(analysis, analysis.history.of(kind), unit)


@once
def calibrations(analysis: Analysis) -> tuple[Record, ...]:
    """Calibrations of the window that were not rejected, each once.

    Some pumps tell of one calibration twice: the glucose value and the factor that followed.
    Those with a value count; where there is none, those with a factor only; where the device
    names none at all, meter values used to calibrate.
    """
    told = [one for one in analysis.history.of(Calibration) if one.accepted is not False]
    values = [one for one in told if one.glucose is not None]
    if told:
        return tuple(values or told)
    return tuple(one for one in analysis.history.of(MeterGlucose) if one.used_for_calibration)


def _calibrations(analysis: Analysis) -> Result:
    told = calibrations(analysis)
    if not told:
        return NotEnoughData("no calibration in this period")
    return per_day(analysis, told, "calibrations/day")


def _temp_basals(analysis: Analysis) -> Result:
    if not delivered_basal_known(analysis):
        return NO_PUMP
    started = (
        one
        for one in analysis.history.of(TempBasal)
        if not one.is_cancellation and not one.is_automatic
    )
    return per_pump_day(analysis, started, "temporary rates/day")


def _exercise_minutes(analysis: Analysis) -> Result:
    entries = analysis.history.of(Exercise)
    known = [one for one in entries if one.duration_min is not None]
    if not entries:
        return NotEnoughData("no exercise was entered in this period")
    if not known:
        return NotEnoughData("exercise was entered without its duration")
    if not complete_days(analysis):
        return NO_DAY
    return amount_per_day(
        analysis, ((one.at_local.date(), one.duration_min or 0.0) for one in known), "min/day"
    )


def _metric(
    key: str, name: str, unit: str, definition: str, compute: Callable[[Analysis], Result]
) -> Metric:
    # Version 2: which days count as complete, and which calibrations count.
    return Metric(
        key=key,
        name=name,
        unit=unit,
        definition=definition,
        source=_OURS,
        least_data="2 changes" if unit == "d" else "1 record; numbers per day need a complete day",
        version=2 if unit.endswith("/day") else 1,
        compute=compute,
    )


_STOPS: tuple[tuple[str, str, frozenset[StopReason] | None], ...] = (
    ("suspend_min", "for any reason", None),
    ("suspend_min_user", "by the person", frozenset({StopReason.USER})),
    ("suspend_min_low", "on low glucose", frozenset({StopReason.LOW_GLUCOSE})),
    ("suspend_min_before_low", "before low glucose", frozenset({StopReason.BEFORE_LOW})),
    ("suspend_min_alarm", "by an alarm", frozenset({StopReason.ALARM})),
    ("suspend_min_set_change", "for a set change", frozenset({StopReason.SET_CHANGE})),
    ("suspend_min_unknown", "for an unknown reason", frozenset({StopReason.UNKNOWN})),
)

METRICS: tuple[Metric, ...] = (
    *(
        _metric(
            f"overrides{suffix}",
            f"Overrides{words}",
            "boluses",
            f"How often a bolus was programmed{meaning} what the calculator proposed, by at least"
            " one bolus step. An interrupted bolus is no override.",
            partial(_override_count, sign=sign),
        )
        for suffix, words, meaning, sign in (
            ("", "", " differently from", 0),
            ("_plus", ", more than proposed", " above", 1),
            ("_minus", ", less than proposed", " below", -1),
        )
    ),
    _metric(
        "overrides_percent",
        "Share of overrides",
        "%",
        "Overrides as a share of boluses with a known proposal of the calculator.",
        partial(_override_share, sign=0),
    ),
    _metric(
        "interrupted",
        "Interrupted boluses",
        "boluses",
        "Boluses that delivered another amount than was programmed.",
        _interrupted,
    ),
    _metric(
        "set_change_days",
        "Days between set changes",
        "d",
        "The mean time between infusion set changes (cannula fillings; tubing fillings where the"
        " pump records no cannula). Fillings within an hour are one change.",
        partial(_interval, which=set_changes),
    ),
    _metric(
        "reservoir_change_days",
        "Days between reservoir changes",
        "d",
        "The mean time between rewinds of the pump; rewinds within an hour are one change.",
        partial(_interval, which=reservoir_changes),
    ),
    *(
        _metric(
            key,
            f"Delivery stopped {words}",
            "min/day",
            f"Minutes per complete day of pump data with insulin delivery stopped {words}. Stops"
            f" made by a tool that read the pump are left out.{PUMP_COMPLETE}",
            partial(_stopped, reasons=reasons),
        )
        for key, words, reasons in _STOPS
    ),
    _metric(
        "alarms",
        "Alarms per day",
        "alarms/day",
        "Alarms and alerts raised per complete day; their clearing is not counted. Known only"
        f" where a device reported any alarm in the period.{COMPLETE}",
        partial(_alarms, classes=None),
    ),
    *(
        _metric(
            f"alarms_{one.value}",
            f"Alarms per day: {one.value.replace('_', ' ')}",
            "alarms/day",
            f"Alarms and alerts of the class {one.value.replace('_', ' ')} raised per complete"
            f" day. Known only where a device reported any alarm in the period.{COMPLETE}",
            partial(_alarms, classes=frozenset({one})),
        )
        for one in AlarmClass
    ),
    _metric(
        "calibrations",
        "Calibrations per day",
        "calibrations/day",
        "Sensor calibrations that were not rejected, per complete day: those with a glucose"
        " value, else those with a factor only, else meter values used to calibrate."
        f"{COMPLETE}",
        _calibrations,
    ),
    _metric(
        "temp_basals",
        "Temporary basal rates per day",
        "temporary rates/day",
        "Temporary basal rates that a person started, per complete day of pump data; those an"
        f" algorithm sets every few minutes are left out.{PUMP_COMPLETE}",
        _temp_basals,
    ),
    _metric(
        "exercise",
        "Exercise entries per day",
        "entries/day",
        "Entries of physical activity per complete day, where there is any entry in the period."
        f"{COMPLETE}",
        partial(
            _events,
            kind=Exercise,
            unit="entries/day",
            missing="no exercise was entered in this period",
        ),
    ),
    _metric(
        "exercise_min",
        "Exercise per day",
        "min/day",
        "Minutes of physical activity per complete day, over entries whose duration is known."
        f"{COMPLETE}",
        _exercise_minutes,
    ),
)
