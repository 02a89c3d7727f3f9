"""Carbohydrate a person told a device, each intake once."""

from dataclasses import dataclass
from datetime import date, datetime

from glykos.metrics._analysis import Analysis, once
from glykos.therapy.diary import CarbEntry
from glykos.therapy.records import Bolus, BolusEstimate


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

    What was told twice is linked in the history (``therapy.links``), where a person can tell it
    apart; here it is only counted.
    """
    history = analysis.history
    boluses: dict[tuple[str, str], list[Bolus]] = {}
    for bolus in history.of(Bolus):
        if bolus.estimate_id:
            boluses.setdefault((bolus.device_id, bolus.estimate_id), []).append(bolus)
    told = [
        _intake(one, boluses.get((one.device_id, one.source_id), []))
        for one in history.of(BolusEstimate)
        if one.carbs_g is not None and one.carbs_g > 0
    ]
    told += [
        Intake(
            at_local=one.at_local,
            at_s=one.at_s,
            carbs_g=one.carbs_g,
            was_estimated=False,
            bolus_u=None,
            device_id=one.device_id,
        )
        for one in history.of(CarbEntry)
        if one.carbs_g > 0
    ]
    merged = sum(isinstance(one, CarbEntry) for link in history.links for one in link.hidden)
    return Intakes(tuple(sorted(told, key=lambda one: one.at_s)), merged)


def _intake(estimate: BolusEstimate, boluses: list[Bolus]) -> Intake:
    return Intake(
        at_local=estimate.at_local,
        at_s=estimate.at_s,
        carbs_g=estimate.carbs_g or 0.0,
        was_estimated=True,
        bolus_u=sum(bolus.delivered_u for bolus in boluses) if boluses else None,
        device_id=estimate.device_id,
    )
