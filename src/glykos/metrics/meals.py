"""Meals and nights: traces aligned to the carb entry, and their statistics.

Rules of the meal overlay: the first carb entry of at least 10 g in a meal window is the day's
meal; entries at most 30 min apart are one meal. Carbs that treat a low are not a meal. It
describes what happened and advises nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from glykos.metrics._analysis import Analysis, Floats, once
from glykos.metrics._intake import Intake, intakes
from glykos.metrics._metric import Metric
from glykos.metrics.excursions import beyond, excursions
from glykos.therapy.clock import DAY_S, DaySpan, day_number
from glykos.therapy.diary import Injection, InsulinKind
from glykos.therapy.records import Bolus

LEAST_CARBS_G = 10.0
ONE_MEAL_S = 30 * 60
BEFORE_S = 60 * 60
AFTER_FROM_S, AFTER_TO_S = 60 * 60, 180 * 60
TREATMENT_G, TREATMENT_S = 20.0, 15 * 60
NEAR_S = 15 * 60
STEP_S = 5 * 60
#: Injections so long before and after a meal's entry are the dose of that meal.
DOSE_BEFORE_S, DOSE_AFTER_S = 30 * 60, 60 * 60
_NOT_FOR_MEALS = frozenset({InsulinKind.LONG, InsulinKind.INTERMEDIATE})

#: The overlay is a picture's data, not a single number.
METRICS: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Meal:
    """One meal: when, how much, the insulin with it [U], and whether another followed within 3 h.

    ``bolus_u`` is the calculator's bolus and injections near the meal (see :func:`doses_with`);
    None when no dose is known to belong to it. A meal that is ``cut_short``
    keeps its trace but leaves the statistics after the meal.
    """

    name: str
    day: date
    at_s: int
    carbs_g: float
    bolus_u: float | None
    cut_short: bool
    device_id: str = ""  # who told of its first entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Mean [mg/dL] and shares below, in and above the person's own range [%] of ``n`` readings."""

    n: int
    mean: float
    below: float
    in_target: float
    above: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MealOverlay:
    """One meal window over all days.

    ``minute`` has shape (49,), -60 to 180 min around the meal; ``traces`` shape (meals, 49)
    [mg/dL], NaN where no reading is within 2.5 min; ``mean`` shape (49,), NaN below 2 traces.
    ``before`` covers the hour before, ``after`` 60-180 min after meals that are not cut short.
    The remaining numbers are means over meals [mg/dL, min, g, U], None where nothing is known;
    ``rise`` is peak minus the reading at the meal, ``change_3h`` the reading after 3 h minus it.
    """

    name: str
    meals: tuple[Meal, ...]
    minute: npt.NDArray[np.int64]
    traces: Floats
    mean: Floats
    carbs_g: float | None
    bolus_u: float | None
    before: Shares | None
    after: Shares | None
    peak: float | None
    minutes_to_peak: float | None
    rise: float | None
    change_3h: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NightOverlay:
    """Nights from bedtime to waking up, on the clock.

    ``minute`` counts from midnight before the first bedtime minute, shape (k,), beyond 1440 on
    the next morning; ``traces`` shape (nights, k) [mg/dL]; ``nights`` the evening's dates.
    ``bedtime`` and ``wake_up`` are the mean readings in their windows [mg/dL]; ``lows`` counts
    excursions below the person's range between bedtime's start and waking up.
    """

    nights: tuple[date, ...]
    minute: npt.NDArray[np.int64]
    traces: Floats
    mean: Floats
    bedtime: float | None
    wake_up: float | None
    lows: int
    shares: Shares | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meals:
    """All meal overlays in the order of the day, the night, and carb entries in no window."""

    overlays: tuple[MealOverlay, ...]
    night: NightOverlay
    other_entries: int
    treatments: int


@once
def meals(analysis: Analysis) -> Meals:
    """Meal-aligned and night statistics of the window; see the module's rules."""
    entries = intakes(analysis).entries
    treated = [one for one in entries if _treats_a_low(analysis, one)]
    grouped = _grouped([one for one in entries if one not in treated])
    chosen = [_meals_in(analysis, name, span, grouped) for name, span in analysis.plan.meals]
    used = {meal.at_s for group in chosen for meal in group}
    return Meals(
        overlays=tuple(
            _overlay(analysis, name, tuple(group))
            for (name, _), group in zip(analysis.plan.meals, chosen, strict=True)
        ),
        night=_night(analysis),
        other_entries=sum(1 for group in grouped if group[0].at_s not in used),
        treatments=len(treated),
    )


def _grouped(entries: Sequence[Intake]) -> list[list[Intake]]:
    """Entries at most 30 min after the one before, together."""
    groups: list[list[Intake]] = []
    for one in entries:
        if groups and one.at_s - groups[-1][-1].at_s <= ONE_MEAL_S:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _treats_a_low(analysis: Analysis, entry: Intake) -> bool:
    if entry.carbs_g > TREATMENT_G or entry.bolus_u:
        return False
    series = analysis.sensor
    near = np.abs(series.at_s - entry.at_s) <= TREATMENT_S
    if not (near & beyond(analysis, analysis.targets.low, above=False)).any():
        return False
    boluses = [bolus for bolus in analysis.history.of(Bolus) if not bolus.is_automatic]
    doses = [dose for dose in analysis.history.of(Injection) if dose.insulin not in _NOT_FOR_MEALS]
    return not any(abs(one.at_s - entry.at_s) <= TREATMENT_S for one in (*boluses, *doses))


def doses_with(analysis: Analysis, at_s: int) -> list[Injection]:
    """Injections from 30 min before to 60 min after a meal, but not of long-acting insulin."""
    return [
        dose
        for dose in analysis.history.of(Injection)
        if -DOSE_BEFORE_S <= dose.at_s - at_s <= DOSE_AFTER_S and dose.insulin not in _NOT_FOR_MEALS
    ]


def _meals_in(
    analysis: Analysis, name: str, span: DaySpan, groups: list[list[Intake]]
) -> list[Meal]:
    found: list[Meal] = []
    for place, group in enumerate(groups):
        first = group[0]
        carbs = sum(one.carbs_g for one in group)
        minute = first.at_s % DAY_S / 60
        if minute not in span or carbs < LEAST_CARBS_G:
            continue
        if any(meal.day == first.day for meal in found):
            continue
        boluses = [one.bolus_u for one in group if one.bolus_u is not None]
        boluses += [dose.dose_u for dose in doses_with(analysis, first.at_s)]
        following = groups[place + 1 :]
        found.append(
            Meal(
                name=name,
                day=first.day,
                at_s=first.at_s,
                carbs_g=carbs,
                bolus_u=sum(boluses) if boluses else None,
                device_id=first.device_id,
                cut_short=any(
                    later[0].at_s - first.at_s < AFTER_TO_S
                    and sum(one.carbs_g for one in later) >= LEAST_CARBS_G
                    for later in following
                ),
            )
        )
    return found


def _overlay(analysis: Analysis, name: str, found: tuple[Meal, ...]) -> MealOverlay:
    minute = np.arange(-BEFORE_S, AFTER_TO_S + 1, STEP_S) // 60
    traces = _traces(analysis, [meal.at_s for meal in found], minute)
    whole = [meal for meal in found if not meal.cut_short]
    peaks = [_peak(analysis, meal) for meal in whole]
    known = [one for one in peaks if one is not None]
    starts = {meal.at_s: _near(analysis, meal.at_s) for meal in whole}
    ends = {meal.at_s: _near(analysis, meal.at_s + AFTER_TO_S) for meal in whole}
    rises = [value - start for at, value, _ in known if (start := starts[at]) is not None]
    changes = [
        end - start
        for at, end in ends.items()
        if end is not None and (start := starts[at]) is not None
    ]
    return MealOverlay(
        name=name,
        meals=found,
        minute=minute,
        traces=traces,
        mean=_mean_trace(traces),
        carbs_g=_mean([meal.carbs_g for meal in found]),
        bolus_u=_mean([meal.bolus_u for meal in found if meal.bolus_u is not None]),
        before=_shares(analysis, [(meal.at_s - BEFORE_S, meal.at_s) for meal in found]),
        after=_shares(
            analysis, [(meal.at_s + AFTER_FROM_S, meal.at_s + AFTER_TO_S + 1) for meal in whole]
        ),
        peak=_mean([value for _, value, _ in known]),
        minutes_to_peak=_mean([minutes for _, _, minutes in known]),
        rise=_mean(rises),
        change_3h=_mean(changes),
    )


def _traces(analysis: Analysis, starts: Sequence[int], minute: npt.NDArray[np.int64]) -> Floats:
    """Readings nearest to each minute after each start, shape (starts, minutes) [mg/dL]."""
    at, glucose = analysis.sensor.at_s, analysis.mgdl
    if len(at) == 0 or not starts:
        return np.full((len(starts), len(minute)), np.nan)
    wanted = np.asarray(starts)[:, None] + minute * 60
    after = np.clip(np.searchsorted(at, wanted), 0, len(at) - 1)
    before = np.clip(after - 1, 0, None)
    nearest = np.where(wanted - at[before] <= at[after] - wanted, before, after)
    reach_s = max(STEP_S, analysis.interval_min * 60) / 2
    near = np.abs(at[nearest] - wanted) <= reach_s
    traces: Floats = np.where(near, glucose[nearest], np.nan)
    return traces


def _mean_trace(traces: Floats) -> Floats:
    n = (~np.isnan(traces)).sum(axis=0)
    total = np.nansum(traces, axis=0)
    mean: Floats = np.divide(total, n, out=np.full(traces.shape[1], np.nan), where=n >= 2)
    return mean


def _peak(analysis: Analysis, meal: Meal) -> tuple[int, float, float] | None:
    """The meal's start, its highest reading within 3 h [mg/dL] and the minutes until then."""
    lo, hi = np.searchsorted(analysis.sensor.at_s, (meal.at_s, meal.at_s + AFTER_TO_S + 1))
    if lo == hi:
        return None
    top = int(lo) + int(analysis.mgdl[lo:hi].argmax())
    minutes = (int(analysis.sensor.at_s[top]) - meal.at_s) / 60
    return meal.at_s, float(analysis.mgdl[top]), minutes


def _near(analysis: Analysis, at_s: int) -> float | None:
    """The reading nearest to a time, at most 15 min away [mg/dL]."""
    at = analysis.sensor.at_s
    if len(at) == 0:
        return None
    after = min(int(np.searchsorted(at, at_s)), len(at) - 1)
    place = min((max(after - 1, 0), after), key=lambda n: abs(int(at[n]) - at_s))
    return float(analysis.mgdl[place]) if abs(int(at[place]) - at_s) <= NEAR_S else None


def _shares(analysis: Analysis, spans: Sequence[tuple[int, int]]) -> Shares | None:
    """Statistics of all readings in half-open spans of wall seconds."""
    at = analysis.sensor.at_s
    chosen = np.zeros(len(at), bool)
    for start, end in spans:
        lo, hi = np.searchsorted(at, (start, end))
        chosen[lo:hi] = True
    n = int(chosen.sum())
    if n == 0:
        return None
    targets = analysis.targets
    below = int((beyond(analysis, targets.low, above=False) & chosen).sum())
    above = int((beyond(analysis, targets.high, above=True) & chosen).sum())
    return Shares(
        n=n,
        mean=float(analysis.mgdl[chosen].mean()),
        below=100 * below / n,
        in_target=100 * (n - below - above) / n,
        above=100 * above / n,
    )


def _night(analysis: Analysis) -> NightOverlay:
    """Evening to morning; the night belongs to the date of its evening."""
    plan = analysis.plan
    bed = plan.bedtime.start_min
    wake = plan.wake_up.end_min + (0 if plan.wake_up.end_min > bed else 1440)
    minute = np.arange(bed, wake + 1, STEP_S // 60)
    window = analysis.window
    # The last evening's morning lies outside the window, and so does the first morning's evening.
    evenings = tuple(window.first + timedelta(days=n) for n in range(window.days - 1))
    midnights = {evening: day_number(evening) * DAY_S for evening in evenings}
    traces = _traces(analysis, list(midnights.values()), minute)
    used = np.asarray((~np.isnan(traces)).any(axis=1))
    nights = tuple(evening for evening, keep in zip(evenings, used.tolist(), strict=True) if keep)
    spans = [(midnights[one] + bed * 60, midnights[one] + wake * 60) for one in nights]
    bedtime = [_span_on(midnights[one], plan.bedtime, bed) for one in nights]
    wake_up = [_span_on(midnights[one], plan.wake_up, bed) for one in nights]
    at_bed, at_wake = _shares(analysis, bedtime), _shares(analysis, wake_up)
    return NightOverlay(
        nights=nights,
        minute=minute,
        traces=traces[used],
        mean=_mean_trace(traces[used]),
        bedtime=at_bed.mean if at_bed else None,
        wake_up=at_wake.mean if at_wake else None,
        lows=_lows(analysis, spans),
        shares=_shares(analysis, spans),
    )


def _span_on(midnight_s: int, span: DaySpan, bed_min: int) -> tuple[int, int]:
    """A span of the clock on the night that begins at ``bed_min`` of the day of midnight."""
    start = span.start_min + (0 if span.start_min >= bed_min else 1440)
    length = (span.end_min - span.start_min) % 1440 or 1440
    return midnight_s + start * 60, midnight_s + (start + length) * 60


def _lows(analysis: Analysis, spans: Sequence[tuple[int, int]]) -> int:

    found = excursions(analysis)
    if found is None:
        return 0
    return sum(
        int(((found.low_start_s < end) & (found.low_end_s >= start)).sum()) for start, end in spans
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
