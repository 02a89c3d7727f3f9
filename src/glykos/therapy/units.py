"""Units of glucose, HbA1c and weight; the only place with conversion factors.

Values are kept as reported and converted once, when shown. It does no rounding except in
the ``format_*`` functions.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Literal

#: 1 mmol/L of glucose in mg/dL. Molar mass of D-glucose 180.1559 g/mol; the factor Tidepool uses.
#: 18, 18.0156 and 18.018 are in use elsewhere (docs/decisions/0001).
MGDL_PER_MMOLL = 18.01559
#: The international avoirdupois pound in kilograms, exact by definition.
KG_PER_POUND = 0.45359237


class GlucoseUnit(StrEnum):
    """Unit in which a person reads glucose."""

    MGDL = "mg/dL"
    MMOLL = "mmol/L"


class GlucoseScale(IntEnum):
    """How a stored integer count is to be read. The numbers are stored: never renumber."""

    MGDL = 1
    MMOLL_TENTHS = 2
    MGDL_TENTHS = 3
    MGDL_64THS = 4  # computed values with more decimals; exact in binary, up to 511 in 16 bits

    @property
    def mgdl_per_count(self) -> float:
        """mg/dL that one count stands for."""
        return _MGDL_PER_COUNT[self]

    @property
    def unit(self) -> GlucoseUnit:
        """Unit of the device's own report."""
        return GlucoseUnit.MMOLL if self is GlucoseScale.MMOLL_TENTHS else GlucoseUnit.MGDL


_MGDL_PER_COUNT = {
    GlucoseScale.MGDL: 1.0,
    GlucoseScale.MMOLL_TENTHS: MGDL_PER_MMOLL / 10,
    GlucoseScale.MGDL_TENTHS: 0.1,
    GlucoseScale.MGDL_64THS: 1 / 64,
}


_LARGEST_64THS_MGDL = 511.0  # a count has 16 bits


@dataclass(frozen=True, slots=True, order=True)
class Glucose:
    """One glucose value exactly as a device or person reported it.

    ``limit`` is set when the device could only say "below" or "above" its range; ``count`` is
    then the limit itself (for example 40 mg/dL), and means use it at that value.
    """

    count: int
    scale: GlucoseScale
    limit: Literal["low", "high"] | None = None

    @classmethod
    def mgdl_value(cls, value: float, limit: Literal["low", "high"] | None = None) -> "Glucose":
        """A reading given in mg/dL; whole numbers and tenths are kept exactly.

        Values with more decimals were computed by somebody; they are kept to 1/64 mg/dL, so
        that a value just beyond a limit is not rounded onto it. Above every sensor's range
        tenths are fine enough.
        """
        if float(value).is_integer():
            return cls(int(value), GlucoseScale.MGDL, limit)
        tenths = round(value * 10)
        if abs(value * 10 - tenths) < 1e-6 or value > _LARGEST_64THS_MGDL:
            return cls(tenths, GlucoseScale.MGDL_TENTHS, limit)
        return cls(round(value * 64), GlucoseScale.MGDL_64THS, limit)

    @classmethod
    def mmoll_value(cls, value: float, limit: Literal["low", "high"] | None = None) -> "Glucose":
        """A reading given in mmol/L with one decimal, as every meter and sensor reports it."""
        return cls(round(value * 10), GlucoseScale.MMOLL_TENTHS, limit)

    @classmethod
    def reported(
        cls, value: float, unit: GlucoseUnit, limit: Literal["low", "high"] | None = None
    ) -> "Glucose":
        """A reading in the unit the source states."""
        make = cls.mmoll_value if unit is GlucoseUnit.MMOLL else cls.mgdl_value
        return make(value, limit)

    @property
    def mgdl(self) -> float:
        """The value in mg/dL, unrounded."""
        return self.count * self.scale.mgdl_per_count

    def value_in(self, unit: GlucoseUnit) -> float:
        """The value in ``unit``, unrounded; the reported number itself when units agree."""
        if self.scale is GlucoseScale.MMOLL_TENTHS and unit is GlucoseUnit.MMOLL:
            return self.count / 10
        return from_mgdl(self.mgdl, unit)


def from_mgdl(value_mgdl: float, unit: GlucoseUnit) -> float:
    """A glucose concentration, or a difference of two, converted from mg/dL to ``unit``."""
    return value_mgdl / MGDL_PER_MMOLL if unit is GlucoseUnit.MMOLL else value_mgdl


def to_mgdl(value: float, unit: GlucoseUnit) -> float:
    """A glucose concentration in ``unit`` converted to mg/dL, unrounded."""
    return value * MGDL_PER_MMOLL if unit is GlucoseUnit.MMOLL else value


def format_glucose(value_mgdl: float, unit: GlucoseUnit) -> str:
    """A glucose value for people: whole mg/dL, one decimal in mmol/L.

    Example:
        >>> format_glucose(100.0, GlucoseUnit.MMOLL)
        '5.6'
    """
    value = from_mgdl(value_mgdl, unit)
    return f"{value:.1f}" if unit is GlucoseUnit.MMOLL else f"{value:.0f}"


def hba1c_mmol_per_mol(percent_ngsp: float) -> float:
    """HbA1c in IFCC mmol/mol from NGSP %. Source: NGSP master equation (Hoelzel 2004)."""
    return (percent_ngsp - 2.152) / 0.09148


def hba1c_percent(mmol_per_mol_ifcc: float) -> float:
    """HbA1c in NGSP % from IFCC mmol/mol. Source: NGSP master equation (Hoelzel 2004)."""
    return 0.09148 * mmol_per_mol_ifcc + 2.152
