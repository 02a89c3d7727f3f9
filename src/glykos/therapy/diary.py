"""What people tell: meals, injections, activity, medicines, how they were.

The same classes serve what somebody typed into the logbook (``device_id`` is ``records.LOGBOOK``),
what an app exported, and what a pump's event marker says.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from glykos.therapy.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbEntry(Record):
    """Carbohydrate entered outside the bolus calculator, and what else is known of the meal."""

    kind: ClassVar[str] = "carb_entry"
    carbs_g: float
    label: str = ""
    fat_g: float | None = None
    protein_g: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise(Record):
    """Physical activity."""

    kind: ClassVar[str] = "exercise"
    duration_min: float | None = None
    intensity: str = ""
    label: str = ""


class InsulinKind(StrEnum):
    """Speed of an injected insulin."""

    RAPID = "rapid"
    SHORT = "short"
    INTERMEDIATE = "intermediate"
    LONG = "long"
    PREMIX = "premix"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection(Record):
    """Insulin by pen or syringe [U]."""

    kind: ClassVar[str] = "injection"
    identity_fields: ClassVar[tuple[str, ...]] = (
        "dose_u",
        "insulin",
        "brand",
        "strength_u_per_ml",
    )
    dose_u: float  # units of insulin, whatever the strength
    insulin: InsulinKind = InsulinKind.UNKNOWN
    brand: str = ""
    strength_u_per_ml: int | None = None  # 40, 100, 200, 300, 500, 700
    for_meal_u: float | None = None  # what part of the dose was for, where the person said so
    for_correction_u: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Medication(Record):
    """A medicine other than insulin."""

    kind: ClassVar[str] = "medication"
    name: str
    dose: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HbA1c(Record):
    """Glycated haemoglobin in NGSP % (``units.hba1c_mmol_per_mol`` converts).

    ``is_ifcc`` says that it was reported in mmol/mol, so that it is shown as it was reported.
    """

    kind: ClassVar[str] = "hba1c"
    percent: float
    is_ifcc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ketone(Record):
    """Blood ketones [mmol/L]."""

    kind: ClassVar[str] = "ketone"
    mmol_per_l: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Record):
    """Free text, or a device's marker without further content."""

    kind: ClassVar[str] = "note"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight(Record):
    """Body weight [kg].

    ``is_pounds`` says that it was reported in pounds, so that it is shown as it was reported.
    """

    kind: ClassVar[str] = "weight"
    kilograms: float
    is_pounds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BloodPressure(Record):
    """Blood pressure [mmHg] and, where measured, pulse [1/min]."""

    kind: ClassVar[str] = "blood_pressure"
    systolic_mmhg: float
    diastolic_mmhg: float
    pulse_per_min: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Illness(Record):
    """An illness, from this time on for as long as said."""

    kind: ClassVar[str] = "illness"
    label: str = ""
    duration_min: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress(Record):
    """Stress as felt: "low", "medium" or "high"."""

    kind: ClassVar[str] = "stress"
    level: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle(Record):
    """A mark of the menstrual cycle: "period_start", "period_end", "ovulation", or other words."""

    kind: ClassVar[str] = "cycle"
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alcohol(Record):
    """Alcoholic drinks; ``grams`` of pure alcohol where known."""

    kind: ClassVar[str] = "alcohol"
    drinks: float | None = None
    grams: float | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps(Record):
    """Steps counted up to this time of the day."""

    kind: ClassVar[str] = "steps"
    count: float
