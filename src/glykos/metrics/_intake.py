"""Carbohydrate a person told a device, each intake once."""

from dataclasses import dataclass
from datetime import date, datetime

from glykos.metrics._analysis import Analysis, once
from glykos.therapy.diary import CarbEntry
from glykos.therapy.records import Bolus, BolusEstimate

SAME_WITHIN_S = 15 * 60
_SAME_G = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One carb entry: grams, who was told, and the bolus it led to [U].

    ``was_estimated`` says that it was a bolus calculator.
    """

    at_local: datetime
    at_s: int
    carbs_g: float
    was_estimated: bool
    bolus_u: float | None
    device_id: str = ""

    @property
    def day(self) -> date:
        """Local day of the entry."""
        return self.at_local.date()


@dataclass(frozen=True, slots=True)
class Intakes:
    """All intakes in time order, and how many entries were the same one told twice."""

    entries: tuple[Intake, ...]
    merged: int


@once
def intakes(analysis: Analysis) -> Intakes:
    """Carbs of bolus estimates and of markers or logbook entries, each intake once.

    A marker with the same grams within 15 min of an estimate is the same intake told twice; one
    estimate explains at most one marker. Two markers, or two estimates, of one device are never
    merged. What different sources told is linked in the history (``therapy.links``), where a
    person can tell it apart; here it is only counted.
    """
    history = analysis.history
    boluses: dict[tuple[str, str], list[Bolus]] = {}
    for bolus in history.of(Bolus):
        if bolus.estimate_id:
            boluses.setdefault((bolus.device_id, bolus.estimate_id), []).append(bolus)
    told: list[Intake] = []
    free: dict[str, list[Intake]] = {}
    for estimate in history.of(BolusEstimate):
        if estimate.carbs_g is not None and estimate.carbs_g > 0:
            mine = boluses.get((estimate.device_id, estimate.source_id), [])
            told.append(_intake(estimate, mine))
            free.setdefault(estimate.device_id, []).append(told[-1])
    markers: list[Intake] = []
    merged = sum(isinstance(one, CarbEntry) for link in history.links for one in link.hidden)
    for entry in history.of(CarbEntry):
        if entry.carbs_g <= 0:
            continue
        twins = [
            one
            for one in free.get(entry.device_id, ())
            if abs(one.at_s - entry.at_s) <= SAME_WITHIN_S
            and abs(one.carbs_g - entry.carbs_g) < _SAME_G
        ]
        if twins:
            free[entry.device_id].remove(min(twins, key=lambda one: abs(one.at_s - entry.at_s)))
            merged += 1
        else:
            markers.append(
                Intake(
                    at_local=entry.at_local,
                    at_s=entry.at_s,
                    carbs_g=entry.carbs_g,
                    was_estimated=False,
                    bolus_u=None,
                    device_id=entry.device_id,
                )
            )
    return Intakes(tuple(sorted(told + markers, key=lambda one: one.at_s)), merged)


def _intake(estimate: BolusEstimate, boluses: list[Bolus]) -> Intake:
    return Intake(
        at_local=estimate.at_local,
        at_s=estimate.at_s,
        carbs_g=estimate.carbs_g or 0.0,
        was_estimated=True,
        bolus_u=sum(bolus.delivered_u for bolus in boluses) if boluses else None,
        device_id=estimate.device_id,
    )
