"""Insulin by pen or syringe: amounts by speed, number, and how regular its times are.

Doses are known only when somebody or something noted them. A day without an entry is unknown and
never a day of 0 U, so amounts are means over days with entries, and say over how many. Times of
doses describe habits; they judge nobody and advise nothing.
"""

from collections.abc import Callable, Iterable
from functools import partial

from glykos.metrics._analysis import Analysis
from glykos.metrics._coverage import COMPLETE, has_pump
from glykos.metrics._doses import (
    LEAST_DOSES,
    days_of_injections,
    dose_days,
    has_weekly,
    long_times,
    speeds_in_use,
    whole_days,
)
from glykos.metrics._metric import Metric, NotEnoughData, Result, Value
from glykos.metrics.insulin import NO_WHOLE_DAY, days_of_insulin
from glykos.metrics.meals import Meal, doses_with, meals

NO_INJECTION = NotEnoughData("no injected insulin was logged in this period")
NO_LONG = NotEnoughData("no long-acting insulin was logged in this period")
WEEKLY = NotEnoughData("insulin for a whole week was logged, and its dose is not that of a day")
#: A dose for a week is no amount of one day, and the other days miss nothing.
_DAILY = frozenset({"injected", "injected_long", "injected_long_percent", "total_insulin"})
_LONG_TIMES = frozenset({"long_time", "long_time_spread", "long_on_time", "long_days_without"})
_FEW = NotEnoughData(f"fewer than {LEAST_DOSES} doses of long-acting insulin were logged")
_OURS = "ours; amounts after therapy-events.md §4, days without an entry are unknown"
_LONG_KINDS = (
    " Long- and intermediate-acting insulin count as long-acting; a late dose after midnight counts"
    " for its evening."
)
_USUAL = (
    " A usual time is the median of doses that lie together on the clock (less than 4 h from one"
    " to the next), with at least 3 doses and a fifth of all."
)


def _mean(values: Iterable[float], unit: str, missing: NotEnoughData) -> Result:
    known = list(values)
    return Value(sum(known) / len(known), unit, len(known)) if known else missing


def _injected(analysis: Analysis) -> Result:
    if not days_of_injections(analysis):
        return NO_INJECTION
    missing = NotEnoughData("on no day was every insulin in use logged")
    return _mean((one.total_u for one in whole_days(analysis)), "U/day", missing)


def _of_speed(analysis: Analysis, key: str, words: str) -> Result:
    amounts = (getattr(one, f"{key}_u") for one in dose_days(analysis))
    missing = NotEnoughData(f"no {words} insulin was logged in this period")
    return _mean((one for one in amounts if one is not None), "U/day", missing)


def _long_percent(analysis: Analysis) -> Result:
    if not days_of_injections(analysis):
        return NO_INJECTION
    known = [one for one in whole_days(analysis) if one.long_u is not None and one.total_u > 0]
    if not known or len(speeds_in_use(analysis)) < 2:
        return NotEnoughData("long-acting and other insulin were not both logged")
    long_u = sum(one.long_u or 0.0 for one in known)
    return Value(100 * long_u / sum(one.total_u for one in known), "%", len(known))


def _total(analysis: Analysis) -> Result:
    """Pump and pen together: pump days where a pump was worn, else whole days of injections."""
    if not has_pump(analysis):
        return _injected(analysis)
    injected = {one.day: one.total_u for one in days_of_injections(analysis)}
    totals = (
        one.total_u + injected.get(one.day, 0.0)
        for one in days_of_insulin(analysis)
        if one.total_u is not None and one.total_u > 0
    )
    return _mean(totals, "U/day", NO_WHOLE_DAY)


def _injections(analysis: Analysis) -> Result:
    numbers = (float(one.injections) for one in days_of_injections(analysis))
    return _mean(numbers, "injections/day", NO_INJECTION)


def _days(analysis: Analysis) -> Result:
    found = days_of_injections(analysis)
    return Value(float(len(found)), "d", analysis.window.days) if found else NO_INJECTION


def _long_time(analysis: Analysis) -> Result:
    times = long_times(analysis)
    if not times:
        return NO_LONG
    if len(times) > 1:
        return NotEnoughData(f"there are {len(times)} usual times a day: see the table of doses")
    return _FEW if times[0].spread_min is None else Value(times[0].usual_min, "min", times[0].doses)


def _long_spread(analysis: Analysis) -> Result:
    times = long_times(analysis)
    if not times:
        return NO_LONG
    known = [one for one in times if one.spread_min is not None]
    if not known:
        return _FEW
    doses = sum(one.doses for one in known)
    # One number for two times a day: each time's own spread, by its number of doses.
    spread = sum((one.spread_min or 0.0) * one.doses for one in known) / doses
    return Value(spread, "min", doses)


def _long_on_time(analysis: Analysis) -> Result:
    times = long_times(analysis)
    doses = sum(one.doses for one in times)
    if not times:
        return NO_LONG
    if doses < LEAST_DOSES:
        return _FEW
    return Value(100 * sum(one.on_time for one in times) / doses, "%", doses)


def _long_without(analysis: Analysis) -> Result:
    times = long_times(analysis)
    if not times:
        return NO_LONG
    if not times[0].days:
        return NotEnoughData("no complete day of data in this period")
    taken = max(times, key=lambda one: one.doses)
    return Value(float(taken.without), "d", taken.days)


def _meals_with_dose(analysis: Analysis) -> Result:
    found: list[Meal] = [meal for one in meals(analysis).overlays for meal in one.meals]
    if not found:
        return NotEnoughData("no meal was logged in this period")
    if not days_of_injections(analysis):
        return NO_INJECTION
    with_dose = sum(1 for meal in found if doses_with(analysis, meal.at_s))
    return Value(100 * with_dose / len(found), "%", len(found))


def _unless_weekly(compute: Callable[[Analysis], Result]) -> Callable[[Analysis], Result]:
    return lambda analysis: WEEKLY if has_weekly(analysis) else compute(analysis)


def _metric(
    key: str,
    name: str,
    unit: str,
    definition: str,
    compute: Callable[[Analysis], Result],
    least: str = "1 injection",
) -> Metric:
    by_day = key in _DAILY | _LONG_TIMES
    return Metric(
        key=key,
        name=name,
        unit=unit,
        definition=f"{definition} Not known with insulin of which one dose is for a week."
        if by_day
        else definition,
        source=_OURS,
        least_data=least,
        # 3: days without an entry are unknown and leave the mean, instead of counting as 0 U.
        version=3 if key == "injected" else 1,
        compute=_unless_weekly(compute) if by_day else compute,
    )


METRICS: tuple[Metric, ...] = (
    _metric(
        "injected",
        "Injected insulin per day",
        "U/day",
        "Insulin by pen or syringe as logged, per day on which every insulin in use in the period"
        " (long-acting, rapid-acting, premixed) was logged. Other days are unknown, not zero.",
        _injected,
    ),
    *(
        _metric(
            f"injected_{key}",
            f"{words.capitalize()} insulin per day",
            "U/day",
            f"Injected insulin that is {words}, per day on which any was logged.{more}",
            partial(_of_speed, key=key, words=words),
        )
        for key, words, more in (
            ("long", "long-acting", _LONG_KINDS),
            ("rapid", "rapid-acting", " Rapid- and short-acting insulin count as rapid-acting."),
            ("premix", "premixed", ""),
        )
    ),
    _metric(
        "injected_long_percent",
        "Long-acting share of injected insulin",
        "%",
        "Long-acting insulin as a share of all injected insulin, over days on which every insulin"
        f" in use was logged.{_LONG_KINDS}",
        _long_percent,
    ),
    _metric(
        "total_insulin",
        "All insulin per day",
        "U/day",
        "Basal, bolus and injected insulin together: over days with complete basal insulin where"
        " basal is delivered by a device, with what was logged as injected on them; otherwise"
        " over days on which every insulin in use was logged.",
        _total,
        "1 complete day",
    ),
    _metric(
        "injections",
        "Injections per day",
        "injections/day",
        "Doses of insulin by pen or syringe, per day on which at least one was logged.",
        _injections,
    ),
    _metric(
        "injection_days",
        "Days with logged insulin",
        "d",
        "Local days of the period on which at least one injection was logged.",
        _days,
    ),
    _metric(
        "long_time",
        "Usual time of long-acting insulin",
        "min",
        "The time of day of long-acting insulin, in minutes after midnight, where there is one"
        f" usual time.{_USUAL}",
        _long_time,
        "3 doses",
    ),
    _metric(
        "long_time_spread",
        "Long-acting insulin, distance from its usual time",
        "min",
        "Half of the doses of long-acting insulin were taken closer than this to their usual time"
        f" (median absolute distance on the 24-hour clock).{_USUAL}",
        _long_spread,
        "3 doses",
    ),
    _metric(
        "long_on_time",
        "Long-acting insulin within an hour",
        "%",
        f"The share of doses of long-acting insulin at most 60 min from their usual time.{_USUAL}",
        _long_on_time,
        "3 doses",
    ),
    _metric(
        "long_days_without",
        "Days without an entry of long-acting insulin",
        "d",
        "Complete days, from the first to the last logged injection, without an entry at the"
        " usual time of long-acting insulin. Whether a dose was left out or only not written down"
        f" is not known.{COMPLETE}",
        _long_without,
        "1 dose and 1 complete day",
    ),
    _metric(
        "meals_with_dose",
        "Meals with a dose",
        "%",
        "The share of logged meals in the meal windows with rapid-acting, premixed or unspecified"
        " insulin logged from 30 min before to 60 min after.",
        _meals_with_dose,
        "1 meal and 1 injection",
    ),
)
