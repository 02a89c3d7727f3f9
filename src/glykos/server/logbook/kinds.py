"""What can be written into the logbook: one entry of the list per kind of record."""

from dataclasses import dataclass
from typing import Any

from glykos.server.logbook.controls import (
    GLUCOSE,
    HBA1C,
    WEIGHT,
    Answers,
    Choice,
    Control,
    Diastolic,
    Duration,
    Number,
    PenChoice,
    Text,
)
from glykos.therapy import diary
from glykos.therapy.records import MeterGlucose, Record

#: Names offered while typing; general knowledge, and anything else can be typed.
_MEDICINES = (
    *("Metformin", "Ozempic", "Wegovy", "Rybelsus", "Mounjaro", "Trulicity", "Victoza", "Saxenda"),
    *("Byetta", "Bydureon", "Lyxumia", "Jardiance", "Forxiga", "Invokana", "Steglatro", "Januvia"),
    *("Tradjenta", "Galvus", "Onglyza", "Amaryl", "Gliclazide", "Glimepiride", "Glipizide"),
    *("Glibenclamide", "Pioglitazone", "Acarbose", "Repaglinide", "Symlin", "Glucagon", "Baqsimi"),
    *("Prednisolone", "Dexamethasone", "Levothyroxine"),
)
_DOSE_UNITS = ("mg", "µg", "g", "mL", "tablet", "tablets", "units", "puffs", "drops")
_LEVELS = (("low", "Low"), ("medium", "Medium"), ("high", "High"))
_EFFORTS = (("low", "Light"), ("medium", "Medium"), ("high", "Hard"))
_SPORTS = ("Walking", "Running", "Cycling", "Swimming", "Gym", "Football", "Dancing", "Gardening")
_ILLNESSES = ("Cold", "Fever", "Stomach bug", "Flu", "Infection")
_MARKS = (
    ("period_start", "Period starts"),
    ("period_end", "Period ends"),
    ("ovulation", "Ovulation"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of entry. All of ``required`` must be answered, and one of ``any_of``.

    Measured values are never favourites: repeating them would make data up.
    """

    key: str
    title: str
    record_type: type[Record]
    controls: tuple[Control, ...]
    required: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    missing: str = "Please fill this in."
    is_repeatable: bool = False

    def read(self, answers: Answers) -> dict[str, Any]:
        """The fields of the record that were told; {} where nothing was."""
        if not any(_is_told(answers.get(name)) for name in (*self.required, *self.any_of)):
            return {}
        told: dict[str, Any] = {}
        for control in self.controls:
            told |= control.read(answers)
        return told

    def fill(self, record: Record) -> dict[str, Any]:
        """The answers that make this record."""
        answers: dict[str, Any] = {}
        for control in self.controls:
            answers |= control.fill(record)
        return answers


def _is_told(value: object) -> bool:
    return value not in (None, "")


CARBS = Kind(
    key="carbs",
    title="Food",
    record_type=diary.CarbEntry,
    controls=(
        Number(name="carbs_g", label="Carbs", unit="g", quantity="carbs_g"),
        Text(name="label", label="What was it"),
        Number(name="fat_g", label="Fat", unit="g", quantity="fat_g"),
        Number(name="protein_g", label="Protein", unit="g", quantity="protein_g"),
    ),
    required=("carbs_g",),
    missing="Please say how many grams, or put the meal into the note.",
    is_repeatable=True,
)
INSULIN = Kind(
    key="insulin",
    title="Insulin",
    record_type=diary.Injection,
    controls=(Number(name="dose_u", label="Insulin", unit="U", quantity="dose_u"), PenChoice()),
    required=("dose_u",),
    missing="Please say how many units.",
    is_repeatable=True,
)
METER = Kind(
    key="glucose",
    title="Glucose",
    record_type=MeterGlucose,
    controls=(GLUCOSE,),
    required=("glucose",),
    missing="Please type the reading.",
)
NOTE = Kind(
    key="note",
    title="Note",
    record_type=diary.Note,
    controls=(Text(name="text", label="Note", is_long=True),),
    required=("text",),
    missing="Please write something.",
    is_repeatable=True,
)
#: Every kind, in the order people are likely to need them.
KINDS: tuple[Kind, ...] = (
    CARBS,
    INSULIN,
    METER,
    Kind(
        key="exercise",
        title="Exercise",
        record_type=diary.Exercise,
        controls=(
            Text(name="label", label="What", known=_SPORTS),
            Number(name="duration_min", label="How long", unit="min", quantity="exercise_min"),
            Choice(name="intensity", label="How hard", options=_EFFORTS),
        ),
        any_of=("label", "duration_min", "intensity"),
        missing="Please say what, how long or how hard.",
        is_repeatable=True,
    ),
    Kind(
        key="medicine",
        title="Medicine",
        record_type=diary.Medication,
        controls=(
            Text(name="name", label="Which medicine", known=_MEDICINES),
            Number(name="dose", label="Dose", unit="", quantity="medicine_dose", decimals=4),
            Text(name="unit", label="Unit of the dose", known=_DOSE_UNITS),
        ),
        required=("name",),
        missing="Please say which medicine.",
        is_repeatable=True,
    ),
    Kind(
        key="ketones",
        title="Ketones",
        record_type=diary.Ketone,
        controls=(
            Number(
                name="mmol_per_l", label="Blood ketones", unit="mmol/L", quantity="ketone_mmoll"
            ),
        ),
        required=("mmol_per_l",),
        missing="Please type the reading.",
    ),
    NOTE,
    Kind(
        key="illness",
        title="Illness",
        record_type=diary.Illness,
        controls=(Text(name="label", label="What is it", known=_ILLNESSES), Duration()),
        any_of=("label", "duration_days"),
        missing="Please say what it is.",
        is_repeatable=True,
    ),
    Kind(
        key="stress",
        title="Stress",
        record_type=diary.Stress,
        controls=(
            Choice(name="level", label="How much", options=_LEVELS),
            Text(name="label", label="Why, if you like"),
        ),
        any_of=("level", "label"),
        missing="Please say how much.",
        is_repeatable=True,
    ),
    Kind(
        key="alcohol",
        title="Alcohol",
        record_type=diary.Alcohol,
        controls=(
            Number(name="drinks", label="Drinks", unit="", quantity="drinks"),
            Text(name="label", label="What", known=("Beer", "Wine", "Spirits", "Cocktail")),
            Number(name="grams", label="Pure alcohol", unit="g", quantity="alcohol_g"),
        ),
        any_of=("drinks", "label", "grams"),
        missing="Please say what or how much.",
        is_repeatable=True,
    ),
    Kind(
        key="cycle",
        title="Cycle",
        record_type=diary.Cycle,
        controls=(Choice(name="mark", label="What", options=_MARKS),),
        required=("mark",),
        missing="Please choose one.",
    ),
    Kind(
        key="weight",
        title="Weight",
        record_type=diary.Weight,
        controls=(WEIGHT,),
        required=("weight",),
        missing="Please type the weight.",
    ),
    Kind(
        key="blood-pressure",
        title="Blood pressure",
        record_type=diary.BloodPressure,
        controls=(
            Number(
                name="systolic_mmhg",
                label="Upper",
                unit="mmHg",
                quantity="systolic_mmhg",
                decimals=0,
            ),
            Diastolic(
                name="diastolic_mmhg",
                label="Lower",
                unit="mmHg",
                quantity="diastolic_mmhg",
                decimals=0,
            ),
            Number(
                name="pulse_per_min",
                label="Pulse",
                unit="per min",
                quantity="pulse_per_min",
                decimals=0,
            ),
        ),
        required=("systolic_mmhg", "diastolic_mmhg"),
        missing="Please type both values.",
    ),
    Kind(
        key="hba1c",
        title="HbA1c",
        record_type=diary.HbA1c,
        controls=(HBA1C,),
        required=("hba1c",),
        missing="Please type the result.",
    ),
    Kind(
        key="steps",
        title="Steps",
        record_type=diary.Steps,
        controls=(Number(name="count", label="Steps", unit="", quantity="steps", decimals=0),),
        required=("count",),
        missing="Please type the number.",
    ),
)
BY_KEY = {kind.key: kind for kind in KINDS}
BY_RECORD = {kind.record_type: kind for kind in KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One form: a kind alone, or what people write down together."""

    key: str
    title: str
    kinds: tuple[Kind, ...]
    first: tuple[str, ...] = ()  # names that come first, where the kinds' own order is not best
    more: tuple[str, ...] = ()  # names that fold away
    more_title: str = "Another insulin"


_MEAL_INSULIN = Kind(
    key="insulin",
    title="Insulin",
    record_type=diary.Injection,
    controls=(
        Number(name="dose_u", label="Insulin", unit="U", quantity="dose_u"),
        PenChoice(only_fast=True),
    ),
    required=("dose_u",),
    missing="Please say how many units.",
    is_repeatable=True,
)
_SHORT_NOTE = Kind(
    key="note",
    title="Note",
    record_type=diary.Note,
    controls=(Text(name="text", label="Note"),),
    required=("text",),
    is_repeatable=True,
)
OWN_INSULIN = ("own_brand", "own_kind", "own_strength")
TOGETHER = Sheet(
    key="together",
    title="What happened?",
    kinds=(CARBS, METER, _MEAL_INSULIN, _SHORT_NOTE),
    first=("carbs_g", "glucose", "dose_u", "pen"),
    more=("fat_g", "protein_g", *OWN_INSULIN),
    more_title="Fat, protein, another insulin",
)


def sheet(key: str) -> Sheet | None:
    """The form of this name."""
    if key == TOGETHER.key:
        return TOGETHER
    kind = BY_KEY.get(key)
    return None if kind is None else alone(kind)


def alone(kind: Kind) -> Sheet:
    """The form of one kind."""
    more = OWN_INSULIN if kind is INSULIN else ()
    return Sheet(key=kind.key, title=kind.title, kinds=(kind,), more=more)
