"""Records to numbers: one metric family, one file. ``METRICS`` is the whole list.

``compute`` answers every metric of a window, each as a number with its unit or as a reason why
there is none. Results that are more than a number (profile, meals, days) are functions of an
``Analysis`` in their own module.
"""

from collections.abc import Collection, Sequence

from glykos.errors import UsageError
from glykos.metrics import (
    accuracy,
    average,
    bands,
    behaviour,
    carbs,
    days,
    episodes,
    excursions,
    health,
    injections,
    insulin,
    meals,
    meter,
    profile,
    risk,
    variability,
    wear,
)
from glykos.metrics._analysis import Analysis
from glykos.metrics._batch import prepared
from glykos.metrics._metric import Metric, NotEnoughData, Result, Value
from glykos.therapy.clock import Window
from glykos.therapy.history import History
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.targets import STANDARD, DayPlan, Targets

__all__ = [
    "CORE",
    "METRICS",
    "SENSOR_METRICS",
    "Analysis",
    "Metric",
    "NotEnoughData",
    "Result",
    "Value",
    "compute",
    "compute_from",
    "compute_many",
    "prepared",
]

#: Families that need nothing but sensor readings.
SENSOR_METRICS: tuple[Metric, ...] = (
    *average.METRICS,
    *bands.METRICS,
    *wear.METRICS,
    *excursions.METRICS,
    *episodes.METRICS,
    *risk.METRICS,
    *variability.METRICS,
)
METRICS: tuple[Metric, ...] = (
    *SENSOR_METRICS,
    *profile.METRICS,
    *accuracy.METRICS,
    *meter.METRICS,
    *meals.METRICS,
    *carbs.METRICS,
    *insulin.METRICS,
    *injections.METRICS,
    *health.METRICS,
    *behaviour.METRICS,
    *days.METRICS,
)
#: Keys of the consensus core set: what is computed for everybody, for example in lists.
CORE: tuple[str, ...] = (
    *("mean", "sd", "cv", "gmi", "median", "wear", "wear_window", "ndays"),
    *("tir", "titr", "tbr70", "tbr54", "tar180", "tar250", "tbr54_69", "tar181_250"),
    *("target_below", "target_in", "target_above", "gri", "lbgi", "hbgi", "j_index"),
    *("modd", "mage_avg", "excursions_high", "excursions_low", "auc_above", "auc_below"),
    *(
        f"ep_{kind}_{what}"
        for kind in ("hypo_lv1", "hypo_lv2", "hypo_extended", "hyper_lv1", "hyper_lv2")
        for what in ("n", "perday", "dur")
    ),
)
_BY_KEY = {metric.key: metric for metric in METRICS}


def compute(
    history: History,
    window: Window,
    targets: Targets = STANDARD,
    plan: DayPlan | None = None,
    *,
    keys: Collection[str] | None = None,
) -> dict[str, Result]:
    """Every metric of a window in the order of ``METRICS``, or those named in the order given.

    Raises:
        UsageError: a key names no metric.
    """
    return compute_from(Analysis(history, window, targets, plan), keys=keys)


def compute_many(
    people: Sequence[SensorSeries],
    window: Window,
    targets: Targets = STANDARD,
    *,
    keys: Collection[str] = CORE,
) -> dict[str, tuple[Result, ...]]:
    """Sensor metrics of many people: for each key, everybody's result in the order given.

    The results are those of :func:`compute`, only sooner.

    Raises:
        UsageError: a key names no metric.
    """
    histories = (History.build(sensor=series, records=()) for series in people)
    analyses = prepared(Analysis(history, window, targets) for history in histories)
    rows = [compute_from(analysis, keys=keys) for analysis in analyses]
    return {key: tuple(row[key] for row in rows) for key in keys}


def compute_from(analysis: Analysis, *, keys: Collection[str] | None = None) -> dict[str, Result]:
    """:func:`compute` for an analysis that is already prepared."""
    if keys is None:
        return {metric.key: metric.compute(analysis) for metric in METRICS}
    unknown = set(keys) - _BY_KEY.keys()
    if unknown:
        raise UsageError(f"There is no metric called {', '.join(sorted(unknown))}.")
    return {key: _BY_KEY[key].compute(analysis) for key in keys}
