"""Each local day on its own: the columns of day tables and daily strips."""

from dataclasses import dataclass
from datetime import date

from glykos.metrics._analysis import Analysis, once
from glykos.metrics._intake import Intakes, intakes
from glykos.metrics._metric import Metric
from glykos.metrics.accuracy import Pairs, pairs
from glykos.metrics.average import Average, average
from glykos.metrics.bands import OwnBands, own_bands
from glykos.metrics.behaviour import calibrations, stopped_minutes
from glykos.metrics.excursions import Excursions, excursions
from glykos.metrics.insulin import DayInsulin, days_of_insulin
from glykos.metrics.meter import Meter, meter
from glykos.therapy.clock import Window
from glykos.therapy.diary import Exercise

#: A day's columns are made of other metrics; there is none of its own.
METRICS: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayNumbers:
    """One local day; None where the day has nothing to compute from.

    Glucose in mg/dL, shares in %, AUC in mg/dL over the day's sensor time, ``length_min`` the
    day's real length. ``carbs_g`` is None without an entry, ``exercise_min`` without a known
    duration; ``exercises`` counts entries. ``stopped_min`` is delivery stopped for any reason.
    """

    day: date
    length_min: float
    sensor: Average | None
    lowest: float | None
    highest: float | None
    bands: OwnBands | None
    excursions: Excursions | None
    auc_above: float | None
    auc_below: float | None
    pairs: Pairs
    meter: Meter | None
    calibrations: int
    insulin: DayInsulin | None
    carbs_g: float | None
    exercises: int
    exercise_min: float | None
    stopped_min: float

    @property
    def n(self) -> int:
        """Sensor readings."""
        return 0 if self.sensor is None else self.sensor.n


@once
def day_numbers(analysis: Analysis) -> tuple[DayNumbers, ...]:
    """The numbers of every local day of the window, in order."""
    insulin = {one.day: one for one in days_of_insulin(analysis)}
    stopped: dict[date, float] = {}
    for (day, _), minutes in stopped_minutes(analysis).items():
        stopped[day] = stopped.get(day, 0.0) + minutes
    carbs = _carbs(intakes(analysis))
    return tuple(
        _one_day(analysis, day, insulin.get(day), carbs.get(day), stopped.get(day, 0.0))
        for day in analysis.window
    )


def _carbs(found: Intakes) -> dict[date, float]:
    grams: dict[date, float] = {}
    for entry in found.entries:
        grams[entry.day] = grams.get(entry.day, 0.0) + entry.carbs_g
    return grams


def _one_day(
    analysis: Analysis,
    day: date,
    insulin: DayInsulin | None,
    carbs_g: float | None,
    stopped_min: float,
) -> DayNumbers:
    alone = Analysis(analysis.whole, Window(day, day), analysis.targets, analysis.plan)
    levels, targets = alone.levels, analysis.targets
    lowest, highest = levels.span() if levels.n else (None, None)
    exercises = alone.history.of(Exercise)
    known = [one.duration_min for one in exercises if one.duration_min is not None]
    return DayNumbers(
        day=day,
        length_min=analysis.whole.day_minutes(day),
        sensor=average(alone),
        lowest=lowest,
        highest=highest,
        bands=own_bands(alone),
        excursions=excursions(alone),
        auc_above=levels.beyond(targets.high, above=True) if levels.n else None,
        auc_below=levels.beyond(targets.low, above=False) if levels.n else None,
        pairs=pairs(alone),
        meter=meter(alone),
        calibrations=len(calibrations(alone)),
        insulin=insulin,
        carbs_g=carbs_g,
        exercises=len(exercises),
        exercise_min=sum(known) if known else None,
        stopped_min=stopped_min,
    )
