"""The controls of the forms: numbers with comma or dot, insulins by name, times of day."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from glykos.therapy.diary import InsulinKind
from glykos.therapy.insulins import INSULINS, STRENGTHS_U_PER_ML, Insulin

_NUMBER = re.compile(r"\d{1,6}(?:[.,]\d{0,4})?|[.,]\d{1,4}", re.ASCII)
#: "1,200" and "1.200" are a thousand to some and one to others.
_THOUSANDS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
KIND_NAMES = {
    InsulinKind.RAPID: "Rapid-acting",
    InsulinKind.SHORT: "Short-acting",
    InsulinKind.INTERMEDIATE: "Intermediate",
    InsulinKind.LONG: "Long-acting",
    InsulinKind.PREMIX: "Premixed",
    InsulinKind.UNKNOWN: "Not known",
}
OTHER = "other"
_SEPARATOR = "|"


class NumberField(forms.Field):
    """A number of zero or more, typed with comma or dot; ``decimals`` at most that many digits."""

    def __init__(self, *, unit: str = "", decimals: int = 3, **options: Any) -> None:
        words = {"inputmode": "decimal" if decimals else "numeric", "autocomplete": "off"}
        options.setdefault("widget", forms.TextInput(attrs={**words, "size": "7"}))
        super().__init__(**options)
        self.unit = unit
        self._decimals = decimals

    def to_python(self, value: Any) -> float | None:
        text = str(value or "").strip().replace("\u00a0", "")
        if not text:
            return None
        if _THOUSANDS.fullmatch(text):
            whole = text.replace(",", "").replace(".", "")
            raise ValidationError(f"Is this {whole}? Please write it without a separator.")
        if not _NUMBER.fullmatch(text):
            raise ValidationError("Please write a number, for example 7.5 or 7,5.")
        text = text.replace(",", ".")
        if len(text.partition(".")[2]) > self._decimals:
            raise ValidationError(_digits(self._decimals))
        return float(text)

    def prepare_value(self, value: Any) -> Any:
        return plain_number(value) if isinstance(value, float) else value


def plain_number(value: float, decimals: int = 4) -> str:
    """A number without needless zeros: "7", "7.5"."""
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _digits(number: int) -> str:
    if number == 0:
        return "Please write a whole number."
    return f"Please write at most {number} digit{'s' if number > 1 else ''} after the point."


@dataclass(frozen=True, slots=True)
class Pen:
    """An insulin as it stands in a record: name, speed, strength."""

    brand: str
    kind: InsulinKind
    strength_u_per_ml: int | None

    @property
    def value(self) -> str:
        """As the value of an option."""
        strength = "" if self.strength_u_per_ml is None else str(self.strength_u_per_ml)
        return _SEPARATOR.join((self.kind.value, strength, self.brand))

    @property
    def name(self) -> str:
        """The name on the pen; the strength where it is not the usual one."""
        shown = self.brand or f"{KIND_NAMES[self.kind]} insulin"
        is_usual = self.strength_u_per_ml in (None, 100)
        return shown if is_usual else f"{shown} U{self.strength_u_per_ml}"

    @property
    def is_fast(self) -> bool:
        """Whether it is taken with meals."""
        return self.kind in (InsulinKind.RAPID, InsulinKind.SHORT, InsulinKind.PREMIX)


def pen_of(value: str) -> Pen:
    """The insulin of an option's value. Raises ValueError for anything else."""
    kind, strength, brand = value.split(_SEPARATOR, 2)
    if len(brand) > 60 or (strength and int(strength) not in STRENGTHS_U_PER_ML):
        raise ValueError("not an insulin")
    return Pen(brand, InsulinKind(kind), int(strength) if strength else None)


def pens_of(insulin: Insulin) -> list[Pen]:
    """A product in each of its strengths."""
    return [Pen(insulin.brand, insulin.kind, strength) for strength in insulin.strengths]


class PenField(forms.ChoiceField):
    """Which insulin: the person's own first, then the list by speed, then any other."""

    def __init__(self, *, own: Iterable[Pen] = (), **options: Any) -> None:
        mine = list(dict.fromkeys(own))
        choices: list[Any] = [("", "Choose …")]
        if mine:
            choices.append(("Yours", [(pen.value, pen.name) for pen in mine]))
        for kind in InsulinKind:
            pens = [pen for one in INSULINS if one.kind is kind for pen in pens_of(one)]
            if pens:
                choices.append((KIND_NAMES[kind], [(pen.value, pen.name) for pen in pens]))
        choices.append((OTHER, "Another insulin"))
        super().__init__(choices=choices, **options)

    def valid_value(self, value: Any) -> bool:
        """An own insulin stays valid when its last entry is deleted meanwhile."""
        if value == OTHER:
            return True
        try:
            pen_of(str(value))
        except ValueError:
            return False
        return True
