"""Laboratory, body and medicines: HbA1c, weight, blood pressure, ketones, tablets.

They are told in the logbook or by an app. A value stands for its own moment; nothing is
interpolated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from glykos.metrics._analysis import Analysis, once
from glykos.metrics._metric import Metric, NotEnoughData, Result, Value
from glykos.therapy.clock import local_time
from glykos.therapy.diary import BloodPressure, HbA1c, Ketone, Medication, Weight

#: HbA1c tells of months, so the newest of a year counts for a period of weeks.
HBA1C_DAYS = 366
_OURS = "ours; as reported by the laboratory or the person"


@once
def newest_hba1c(analysis: Analysis) -> HbA1c | None:
    """The newest HbA1c up to the last day of the window, at most a year old."""
    last = analysis.window.last
    end = local_time(last.year, last.month, last.day) + timedelta(days=1)
    known = [
        one
        for one in analysis.whole.of(HbA1c)
        if end - timedelta(days=HBA1C_DAYS) <= one.at_local < end
    ]
    return known[-1] if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """One medicine of a window: entries, days with one, the newest dose, days between doses.

    ``every_days`` is the median distance of days with an entry, None below 2 days.
    """

    name: str
    dose: float | None
    unit: str
    entries: int
    days: int
    every_days: float | None
    last: date
    device_ids: tuple[str, ...]


@once
def medicines(analysis: Analysis) -> tuple[Medicine, ...]:
    """Medicines other than insulin of the window, by name; capitals make no other medicine."""
    by_name: dict[str, list[Medication]] = {}
    for one in analysis.history.of(Medication):
        by_name.setdefault(one.name.strip().casefold(), []).append(one)
    return tuple(_medicine(found) for _, found in sorted(by_name.items()))


def _medicine(found: list[Medication]) -> Medicine:
    newest = found[-1]
    days = sorted({one.at_local.date() for one in found})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return Medicine(
        name=newest.name.strip() or "Medicine",
        dose=newest.dose,
        unit=newest.unit,
        entries=len(found),
        days=len(days),
        every_days=float(median(gaps)) if gaps else None,
        last=days[-1],
        device_ids=tuple(sorted({one.device_id for one in found})),
    )


def _hba1c(analysis: Analysis) -> Result:
    newest = newest_hba1c(analysis)
    if newest is None:
        return NotEnoughData("no HbA1c was entered in the last year")
    return Value(newest.percent, "%", 1)


def _weight(analysis: Analysis) -> Result:
    found = analysis.history.of(Weight)
    if not found:
        return NotEnoughData("no weight was entered in this period")
    return Value(found[-1].kilograms, "kg", len(found))


def _weight_change(analysis: Analysis) -> Result:
    found = analysis.history.of(Weight)
    if len(found) < 2:
        return NotEnoughData("fewer than 2 weights were entered in this period")
    return Value(found[-1].kilograms - found[0].kilograms, "kg", len(found))


def _pressure(pick: Callable[[BloodPressure], float]) -> Callable[[Analysis], Result]:
    def compute(analysis: Analysis) -> Result:
        found = analysis.history.of(BloodPressure)
        if not found:
            return NotEnoughData("no blood pressure was entered in this period")
        return Value(sum(map(pick, found)) / len(found), "mmHg", len(found))

    return compute


def _ketones(analysis: Analysis) -> Result:
    found = analysis.history.of(Ketone)
    if not found:
        return NotEnoughData("no ketones were entered in this period")
    return Value(max(one.mmol_per_l for one in found), "mmol/L", len(found))


def _medicine_days(analysis: Analysis) -> Result:
    days = {one.at_local.date() for one in analysis.history.of(Medication)}
    if not days:
        return NotEnoughData("no medicine was entered in this period")
    return Value(float(len(days)), "d", analysis.window.days)


def _metric(
    key: str,
    name: str,
    unit: str,
    definition: str,
    compute: Callable[[Analysis], Result],
    least: str = "1 entry",
) -> Metric:
    return Metric(
        key=key,
        name=name,
        unit=unit,
        definition=definition,
        source=_OURS,
        least_data=least,
        version=1,
        compute=compute,
    )


METRICS: tuple[Metric, ...] = (
    _metric(
        "hba1c",
        "HbA1c",
        "%",
        "The newest measured HbA1c (NGSP) up to the last day of the period, at most a year old."
        " It is measured in blood and is not the GMI, which is computed from sensor glucose.",
        _hba1c,
    ),
    _metric("weight", "Weight", "kg", "The newest body weight of the period.", _weight),
    _metric(
        "weight_change",
        "Change of weight",
        "kg",
        "The newest minus the oldest body weight of the period.",
        _weight_change,
        "2 entries",
    ),
    _metric(
        "systolic",
        "Systolic blood pressure",
        "mmHg",
        "The mean of all systolic blood pressures of the period.",
        _pressure(lambda one: one.systolic_mmhg),
    ),
    _metric(
        "diastolic",
        "Diastolic blood pressure",
        "mmHg",
        "The mean of all diastolic blood pressures of the period.",
        _pressure(lambda one: one.diastolic_mmhg),
    ),
    _metric(
        "ketones_highest",
        "Highest ketones",
        "mmol/L",
        "The highest blood ketones of the period.",
        _ketones,
    ),
    _metric(
        "medicine_days",
        "Days with medicines",
        "d",
        "Local days of the period on which a medicine other than insulin was entered. A day"
        " without an entry is not known to be a day without the medicine.",
        _medicine_days,
    ),
)
