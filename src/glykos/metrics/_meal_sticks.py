"""Finger-sticks around meals, for people without a sensor.

Before is the finger-stick nearest to the meal's entry from 60 min before to 10 min after it;
after is the one nearest to 2 h among those from 1 to 3 h after, where no other meal followed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from glykos.metrics._analysis import Analysis, once
from glykos.metrics.meals import AFTER_FROM_S, AFTER_TO_S, BEFORE_S, Meal, meals
from glykos.metrics.meter import meter_values
from glykos.therapy.records import MeterGlucose

_AT_MEAL_S = 10 * 60
_TWO_HOURS_S = 2 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class MealSticks:
    """Finger-sticks of one meal window: means [mg/dL] with their numbers, None where there is none.

    ``rise`` is the mean difference over the ``pairs`` meals that have both.
    """

    name: str
    meals: int
    n_before: int
    before: float | None
    n_after: int
    after: float | None
    pairs: int
    rise: float | None


@once
def meal_sticks(analysis: Analysis) -> tuple[MealSticks, ...]:
    """Finger-sticks before and after the meals of each window, in the order of the day."""
    sticks = meter_values(analysis)
    return tuple(_of_window(one.name, one.meals, sticks) for one in meals(analysis).overlays)


def _of_window(name: str, found: Sequence[Meal], sticks: Sequence[MeterGlucose]) -> MealSticks:
    before = [_nearest(sticks, meal.at_s, (-BEFORE_S, _AT_MEAL_S), 0) for meal in found]
    after = [
        None
        if meal.cut_short
        else _nearest(sticks, meal.at_s, (AFTER_FROM_S, AFTER_TO_S), _TWO_HOURS_S)
        for meal in found
    ]
    rises = [
        end - start
        for start, end in zip(before, after, strict=True)
        if start is not None and end is not None
    ]
    starts = [value for value in before if value is not None]
    ends = [value for value in after if value is not None]
    return MealSticks(
        name=name,
        meals=len(found),
        n_before=len(starts),
        before=_mean(starts),
        n_after=len(ends),
        after=_mean(ends),
        pairs=len(rises),
        rise=_mean(rises),
    )


def _nearest(
    sticks: Sequence[MeterGlucose], meal_s: int, span: tuple[int, int], wanted_s: int
) -> float | None:
    """The finger-stick within ``span`` seconds of a meal that is nearest to ``wanted_s`` [mg/dL]."""
    inside = [one for one in sticks if span[0] <= one.at_s - meal_s <= span[1]]
    if not inside:
        return None
    return min(inside, key=lambda one: abs(one.at_s - meal_s - wanted_s)).glucose.mgdl


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
