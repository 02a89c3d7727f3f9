"""What a form asks for and how it becomes a field of a record: one class per sort of answer.

A control makes form fields, reads the answers as fields of a record, fills itself from a record
when that is edited, and asks about what is implausible.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django import forms

from glykos.server.logbook.fields import (
    KIND_NAMES,
    OTHER,
    NumberField,
    Pen,
    PenField,
    pen_of,
    pens_of,
    plain_number,
)
from glykos.server.logbook.plausible import PLAUSIBLE
from glykos.therapy.diary import HbA1c, Illness, Injection, InsulinKind, Weight
from glykos.therapy.insulins import INSULINS, STRENGTHS_U_PER_ML
from glykos.therapy.records import MeterGlucose, MeterOrigin, Record
from glykos.therapy.units import (
    KG_PER_POUND,
    Glucose,
    GlucoseUnit,
    hba1c_mmol_per_mol,
    hba1c_percent,
)

Answers = Mapping[str, Any]
_DAY_MIN = 1440
_TEXT_LENGTH = 200
_NOTE_LENGTH = 2000
_OFFERED_PENS = 4
_BY_BRAND = {one.brand.casefold(): pens_of(one)[0] for one in INSULINS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a form has to know: the person's unit, zone and insulins of late, and what time it is.

    ``now`` is the wall clock where the person is.
    """

    unit: GlucoseUnit
    now: datetime
    zone: ZoneInfo
    pens: tuple[Pen, ...] = ()


@dataclass(frozen=True, slots=True)
class Instead:
    """Another reading of an answer: what the button says, and the answers it gives."""

    label: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to be asked before saving. ``key`` holds the answer it is about."""

    key: str
    text: str
    yes: str = "Yes, that is right"
    instead: tuple[Instead, ...] = ()


class Control(Protocol):
    """One question of a form."""

    def fields(self, frame: Frame) -> dict[str, forms.Field]:
        """The form fields by name."""

    def read(self, answers: Answers) -> dict[str, Any]:
        """The fields of the record; {} where nothing was answered."""

    def fill(self, record: Any) -> dict[str, Any]:
        """The answers that make this record."""

    def questions(self, answers: Answers, frame: Frame) -> Iterator[Question]:
        """What is implausible about the answers, or missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number in one unit. ``quantity`` is its row in the table of plausible values."""

    name: str
    label: str
    unit: str
    quantity: str
    decimals: int = 1

    def fields(self, frame: Frame) -> dict[str, forms.Field]:  # noqa: ARG002 - a contract
        label = f"{self.label} ({self.unit})" if self.unit else self.label
        return {self.name: NumberField(label=label, required=False, decimals=self.decimals)}

    def read(self, answers: Answers) -> dict[str, Any]:
        value = answers.get(self.name)
        return {} if value is None else {self.name: value}

    def fill(self, record: Any) -> dict[str, Any]:
        return {self.name: getattr(record, self.name)}

    def questions(self, answers: Answers, frame: Frame) -> Iterator[Question]:  # noqa: ARG002 - a contract
        value = answers.get(self.name)
        if value is not None and value not in PLAUSIBLE[self.quantity]:
            yield _unusual(self.name, self.label, value, self.unit)


class Diastolic(Number):
    """The lower blood pressure, which is below the upper one."""

    __slots__ = ()

    def questions(self, answers: Answers, frame: Frame) -> Iterator[Question]:
        upper, lower = answers.get("systolic_mmhg"), answers.get(self.name)
        if upper is None or lower is None or lower < upper:
            yield from super().questions(answers, frame)
            return
        high, low = plain_number(lower), plain_number(upper)
        yield Question(
            key=f"{self.name}={low}/{high}",
            text=f"{low} over {high}: the upper value is usually the larger one.",
            yes=f"Yes, {low} over {high}",
            instead=(
                Instead(f"It is {high} over {low}", (("systolic_mmhg", high), (self.name, low))),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Free words; ``known`` are offered while typing."""

    name: str
    label: str
    known: tuple[str, ...] = ()
    is_long: bool = False

    def fields(self, frame: Frame) -> dict[str, forms.Field]:  # noqa: ARG002 - a contract
        widget: forms.Widget = forms.TextInput()
        if self.is_long:
            widget = forms.Textarea(attrs={"rows": 3})
        elif self.known:
            widget = forms.TextInput(attrs={"list": f"known-{self.name}", "autocomplete": "off"})
        most = _NOTE_LENGTH if self.is_long else _TEXT_LENGTH
        made = forms.CharField(label=self.label, required=False, max_length=most, widget=widget)
        return {self.name: made}

    def read(self, answers: Answers) -> dict[str, Any]:
        value = answers.get(self.name)
        return {self.name: value} if value else {}

    def fill(self, record: Any) -> dict[str, Any]:
        return {self.name: getattr(record, self.name)}

    def questions(self, answers: Answers, frame: Frame) -> Iterator[Question]:  # noqa: ARG002 - a contract
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of a few words, as buttons; an unknown stored word stays choosable."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]

    def fields(self, frame: Frame) -> dict[str, forms.Field]:  # noqa: ARG002 - a contract
        choices = [*self.options, ("", "Not said")]
        widget = forms.RadioSelect()
        return {
            self.name: forms.ChoiceField(
                label=self.label, required=False, choices=choices, widget=widget
            )
        }

    def read(self, answers: Answers) -> dict[str, Any]:
        value = answers.get(self.name)
        return {self.name: value} if value else {}

    def fill(self, record: Any) -> dict[str, Any]:
        return {self.name: getattr(record, self.name)}

    def questions(self, answers: Answers, frame: Frame) -> Iterator[Question]:  # noqa: ARG002 - a contract
        yield from ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """One of the units a quantity is known in."""

    value: str
    quantity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InEitherUnit:
    """A number in one of two units; asked about, with the other unit as an offer, when unlikely."""

    name: str
    label: str
    units: tuple[_Unit, _Unit]
    decimals: int = 2

    @property
    def unit_name(self) -> str:
        return f"{self.name}_unit"

    def fields(self, frame: Frame) -> dict[str, forms.Field]:
        choices = [(unit.value, unit.value) for unit in self.units]
        return {
            self.name: NumberField(label=self.label, required=False, decimals=self.decimals),
            self.unit_name: forms.ChoiceField(
                label=f"Unit of {self.label.lower()}",
                required=False,
                choices=choices,
                initial=self.usual(frame),
            ),
        }

    def usual(self, frame: Frame) -> str:
        """The unit that goes with how this person reads glucose."""
        return self.units[1 if frame.unit is GlucoseUnit.MMOLL else 0].value

    def chosen(self, answers: Answers) -> _Unit:
        """The unit that was answered."""
        asked = answers.get(self.unit_name)
        return next((unit for unit in self.units if unit.value == asked), self.units[0])

    def questions(self, answers: Answers, frame: Frame) -> Iterator[Question]:  # noqa: ARG002 - a contract
        value, unit = answers.get(self.name), self.chosen(answers)
        if value is None or value in PLAUSIBLE[unit.quantity]:
            return
        other = self.units[1 - self.units.index(unit)]
        instead: tuple[Instead, ...] = ()
        if value in PLAUSIBLE[other.quantity]:
            label = f"It is {plain_number(value)} {other.value}"
            instead = (Instead(label, ((self.unit_name, other.value),)),)
        yield _unusual(self.name, self.label, value, unit.value, instead)


class GlucoseValue(InEitherUnit):
    """A meter reading, kept in the unit it was read in."""

    __slots__ = ()

    def read(self, answers: Answers) -> dict[str, Any]:
        value = answers.get(self.name)
        if value is None:
            return {}
        unit = GlucoseUnit(self.chosen(answers).value)
        return {"glucose": Glucose.reported(value, unit), "origin": MeterOrigin.TYPED}

    def fill(self, record: MeterGlucose) -> dict[str, Any]:
        unit = record.glucose.scale.unit
        return {self.name: record.glucose.value_in(unit), self.unit_name: unit.value}


class HbA1cValue(InEitherUnit):
    """A laboratory HbA1c in NGSP % or IFCC mmol/mol."""

    __slots__ = ()

    def read(self, answers: Answers) -> dict[str, Any]:
        value = answers.get(self.name)
        if value is None:
            return {}
        is_ifcc = self.chosen(answers) is self.units[1]
        return {"percent": hba1c_percent(value) if is_ifcc else value, "is_ifcc": is_ifcc}

    def fill(self, record: HbA1c) -> dict[str, Any]:
        value = hba1c_mmol_per_mol(record.percent) if record.is_ifcc else record.percent
        return {self.name: round(value, 2), self.unit_name: self.units[record.is_ifcc].value}


class WeightValue(InEitherUnit):
    """Body weight in kilograms or pounds."""

    __slots__ = ()

    def usual(self, frame: Frame) -> str:  # noqa: ARG002 - a contract
        return self.units[0].value

    def read(self, answers: Answers) -> dict[str, Any]:
        value = answers.get(self.name)
        if value is None:
            return {}
        is_pounds = self.chosen(answers) is self.units[1]
        return {"kilograms": value * KG_PER_POUND if is_pounds else value, "is_pounds": is_pounds}

    def fill(self, record: Weight) -> dict[str, Any]:
        value = record.kilograms / KG_PER_POUND if record.is_pounds else record.kilograms
        return {self.name: round(value, 2), self.unit_name: self.units[record.is_pounds].value}


GLUCOSE = GlucoseValue(
    name="glucose",
    label="Glucose",
    decimals=1,  # as meters show it
    units=(
        _Unit(value=GlucoseUnit.MGDL.value, quantity="glucose_mgdl"),
        _Unit(value=GlucoseUnit.MMOLL.value, quantity="glucose_mmoll"),
    ),
)
HBA1C = HbA1cValue(
    name="hba1c",
    label="HbA1c",
    units=(
        _Unit(value="%", quantity="hba1c_percent"),
        _Unit(value="mmol/mol", quantity="hba1c_mmol_per_mol"),
    ),
)
WEIGHT = WeightValue(
    name="weight",
    label="Weight",
    units=(
        _Unit(value="kg", quantity="weight_kg"),
        _Unit(value="lb", quantity="weight_lb"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A number of days, kept as minutes."""

    name: str = "duration_days"
    label: str = "For how many days"
    quantity: str = "illness_days"

    def fields(self, frame: Frame) -> dict[str, forms.Field]:  # noqa: ARG002 - a contract
        return {self.name: NumberField(label=self.label, required=False, decimals=1)}

    def read(self, answers: Answers) -> dict[str, Any]:
        days = answers.get(self.name)
        return {} if days is None else {"duration_min": days * _DAY_MIN}

    def fill(self, record: Illness) -> dict[str, Any]:
        known = record.duration_min
        return {self.name: None if known is None else known / _DAY_MIN}

    def questions(self, answers: Answers, frame: Frame) -> Iterator[Question]:  # noqa: ARG002 - a contract
        days = answers.get(self.name)
        if days is not None and days not in PLAUSIBLE[self.quantity]:
            yield _unusual(self.name, "Duration", days, "days")


@dataclass(frozen=True, slots=True, kw_only=True)
class PenChoice:
    """Which insulin. ``only_fast`` preselects the one that goes with meals, if there is just one."""

    only_fast: bool = False
    name: str = field(default="pen", init=False)

    def fields(self, frame: Frame) -> dict[str, forms.Field]:
        strengths = [("", "Not known"), *((str(s), f"U{s}") for s in STRENGTHS_U_PER_ML)]
        likely = [pen for pen in frame.pens if pen.is_fast or not self.only_fast]
        return {
            "pen": PenField(
                label="Which insulin",
                required=False,
                own=frame.pens,
                initial=likely[0].value if len(likely) == 1 else "",
            ),
            "own_brand": forms.CharField(
                label="Name of the insulin", required=False, max_length=60
            ),
            "own_kind": forms.ChoiceField(
                label="Its speed",
                required=False,
                choices=[(kind.value, name) for kind, name in KIND_NAMES.items()],
                initial=InsulinKind.UNKNOWN.value,
            ),
            "own_strength": forms.ChoiceField(
                label="Its strength", required=False, choices=strengths
            ),
        }

    def pen(self, answers: Answers) -> Pen | None:
        """The insulin that was answered; None where none was. A typed name beats a chosen one."""
        brand, kind = answers.get("own_brand") or "", answers.get("own_kind") or "unknown"
        chosen, strength = answers.get("pen") or "", answers.get("own_strength") or ""
        if brand or (chosen == OTHER and kind != InsulinKind.UNKNOWN):
            known = _BY_BRAND.get(brand.casefold())
            if known is not None and kind == InsulinKind.UNKNOWN:
                return replace(
                    known, strength_u_per_ml=int(strength or known.strength_u_per_ml or 0)
                )
            return Pen(brand, InsulinKind(kind), int(strength) if strength else None)
        return pen_of(chosen) if chosen and chosen != OTHER else None

    def read(self, answers: Answers) -> dict[str, Any]:
        pen = self.pen(answers)
        if pen is None:
            return {}
        return {
            "brand": pen.brand,
            "insulin": pen.kind,
            "strength_u_per_ml": pen.strength_u_per_ml,
        }

    def fill(self, record: Injection) -> dict[str, Any]:
        pen = Pen(record.brand, record.insulin, record.strength_u_per_ml)
        is_known = bool(pen.brand) or pen.kind is not InsulinKind.UNKNOWN
        return {"pen": pen.value if is_known else OTHER}

    def questions(self, answers: Answers, frame: Frame) -> Iterator[Question]:
        """Rapid and long are the mistake that matters, so a missing name is asked for."""
        if self.pen(answers) is None and answers.get("pen") != OTHER:
            yield Question(
                key="pen=",
                text="Which insulin was it?",
                yes="I do not know",
                instead=tuple(
                    Instead(pen.name, (("pen", pen.value),)) for pen in frame.pens[:_OFFERED_PENS]
                ),
            )


def pens_in(records: Iterable[Record]) -> tuple[Pen, ...]:
    """The insulins of some injections, the one used last first."""
    found = [
        Pen(one.brand, one.insulin, one.strength_u_per_ml)
        for one in records
        if isinstance(one, Injection) and (one.brand or one.insulin is not InsulinKind.UNKNOWN)
    ]
    return tuple(dict.fromkeys(reversed(found)))


def _unusual(
    name: str, label: str, value: float, unit: str, instead: tuple[Instead, ...] = ()
) -> Question:
    shown = f"{plain_number(value)} {unit}".strip()
    text = f"{label} of {shown} is unusual. Is that right?"
    return Question(key=f"{name}={shown}", text=text, yes=f"Yes, {shown}", instead=instead)
