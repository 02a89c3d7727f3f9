"""What a history holds in ten numbers; shown by ``glykos read`` and after an upload.

The rules are those of the reference exports: each delivered part of a bolus counts, carbs of the
calculator count whether or not a bolus followed, automatic insulin is a daily total and never a
bolus.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from glykos.therapy.diary import CarbEntry, Injection
from glykos.therapy.history import History
from glykos.therapy.records import Bolus, BolusEstimate, DailyTotal, MeterGlucose, TotalScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts and sums over a history; an empty history has zeros and no mean."""

    cgm_readings: int
    mean_sensor_glucose_mgdl: float | None
    fingersticks: int
    bolus_deliveries: int  # a dual wave has two
    bolus_units: float  # delivered
    interrupted_boluses: int  # parts that delivered another amount than asked
    carbs_g: float  # see totals()
    marked_carbs_g: float  # meals marked outside the calculator
    estimates: int
    auto_insulin_units: float
    injected_units: float

    def as_dict(self) -> dict[str, int | float | None]:
        """All numbers by name, in order."""
        return {name: getattr(self, name) for name in self.__slots__}


def totals(history: History) -> Totals:
    """The totals of a history after removal of duplicates.

    The mean sensor glucose [mg/dL] is over every reading of every device, limits included at
    their value. Amounts are rounded to 0.001 U and 0.001 g, which is finer than any pump.
    """
    boluses = history.of(Bolus)
    estimates = history.of(BolusEstimate)
    glucose_mgdl = history.sensor.mgdl
    marked = history.of(CarbEntry)
    calculators = {estimate.device_id for estimate in estimates}
    carbs = [estimate.carbs_g for estimate in estimates if estimate.carbs_g is not None]
    carbs += [meal.carbs_g for meal in marked if meal.device_id not in calculators]
    automatic = [t.amount_u for t in history.of(DailyTotal) if t.scope is TotalScope.AUTO]
    return Totals(
        cgm_readings=len(glucose_mgdl),
        mean_sensor_glucose_mgdl=(
            round(float(glucose_mgdl.mean()), 3) if len(glucose_mgdl) else None
        ),
        fingersticks=len(history.of(MeterGlucose)),
        bolus_deliveries=sum(len(bolus.delivered_parts) for bolus in boluses),
        bolus_units=_sum(bolus.delivered_u for bolus in boluses),
        interrupted_boluses=sum(bolus.interrupted_parts for bolus in boluses),
        carbs_g=_sum(carbs),
        marked_carbs_g=_sum(meal.carbs_g for meal in marked),
        estimates=len(estimates),
        auto_insulin_units=_sum(automatic),
        injected_units=_sum(injection.dose_u for injection in history.of(Injection)),
    )


def _sum(amounts: Iterable[float]) -> float:
    return round(float(sum(amounts)), 3)
