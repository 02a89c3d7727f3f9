"""Glucose targets and the person's day: ranges, meal windows, bedtime and wake-up."""

from dataclasses import dataclass, field

from glykos.therapy.clock import DaySpan
from glykos.therapy.units import MGDL_PER_MMOLL, GlucoseScale

_COUNTS_PER_MGDL = {
    GlucoseScale.MGDL: 1,
    GlucoseScale.MGDL_TENTHS: 10,
    GlucoseScale.MGDL_64THS: 64,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """One glucose limit in both units' rounded conventions (70 mg/dL goes with 3.9 mmol/L).

    A reading is compared with the number of the unit in which the device reported it, because
    3.9 mmol/L is 70.26 mg/dL and must still be in range (metrics/definitions.md §0.2).
    """

    mgdl: int
    mmoll: float

    def in_counts(self, scale: GlucoseScale) -> int:
        """The limit as a stored count of ``scale``."""
        if scale is GlucoseScale.MGDL:  # nearly always, and asked for every band
            return self.mgdl
        if scale is GlucoseScale.MMOLL_TENTHS:
            return round(self.mmoll * 10)
        return self.mgdl * _COUNTS_PER_MGDL[scale]


VERY_LOW = Limit(54, 3.0)
LOW = Limit(70, 3.9)
TIGHT_HIGH = Limit(140, 7.8)
HIGH = Limit(180, 10.0)
VERY_HIGH = Limit(250, 13.9)
PREGNANCY_LOW = Limit(63, 3.5)


@dataclass(frozen=True, slots=True)
class Targets:
    """The range a person aims for, and the limits of the five consensus bands.

    ``low <= glucose <= high`` is in target, both ends included.
    """

    key: str
    name: str
    low: Limit
    high: Limit
    very_low: Limit = VERY_LOW
    very_high: Limit | None = VERY_HIGH


#: Presets. Source: Battelino 2019 (doi 10.2337/dci19-0028) fig. 1; the classic range is that of
#: CareLink Personal's reports.
TARGET_PRESETS: tuple[Targets, ...] = (
    Targets("standard", "Adult, type 1 or 2 (70-180)", LOW, HIGH),
    Targets("older", "Older or high risk (70-180)", LOW, HIGH),
    Targets("pregnancy", "Pregnancy (63-140)", PREGNANCY_LOW, TIGHT_HIGH, very_high=None),
    Targets("tight", "Tight range (70-140)", LOW, TIGHT_HIGH),
    Targets("classic", "CareLink classic (70-140)", LOW, TIGHT_HIGH),
)
STANDARD = TARGET_PRESETS[0]


def custom_target(low_mgdl: int, high_mgdl: int) -> Targets:
    """A person's own range; the mmol/L limits are the conventional roundings."""
    return Targets("custom", f"Own ({low_mgdl}-{high_mgdl})", _limit(low_mgdl), _limit(high_mgdl))


def _limit(mgdl: int) -> Limit:
    known = {
        limit.mgdl: limit for limit in (VERY_LOW, PREGNANCY_LOW, LOW, TIGHT_HIGH, HIGH, VERY_HIGH)
    }
    return known.get(mgdl) or Limit(mgdl, round(mgdl / MGDL_PER_MMOLL, 1))


@dataclass(frozen=True, slots=True)
class DayPlan:
    """When a person usually eats and sleeps; windows may overlap. Minutes of the local day."""

    breakfast: DaySpan = field(default=DaySpan(6 * 60, 10 * 60))
    lunch: DaySpan = field(default=DaySpan(11 * 60, 15 * 60))
    dinner: DaySpan = field(default=DaySpan(16 * 60, 22 * 60))
    bedtime: DaySpan = field(default=DaySpan(20 * 60, 24 * 60))
    wake_up: DaySpan = field(default=DaySpan(5 * 60, 9 * 60))

    @property
    def meals(self) -> tuple[tuple[str, DaySpan], ...]:
        """Name and window of each meal, in the order of the day."""
        return (("Breakfast", self.breakfast), ("Lunch", self.lunch), ("Dinner", self.dinner))
