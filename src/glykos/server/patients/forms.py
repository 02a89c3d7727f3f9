"""The form of a record's settings, in the person's own units and clock."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError

from glykos.server.patients.actions import SETTINGS_FIELDS
from glykos.server.patients.models import (
    CUSTOM,
    TARGET_HIGHEST_MGDL,
    TARGET_LOWEST_MGDL,
    Person,
)
from glykos.server.web import clock
from glykos.therapy.clock import DAY_MIN
from glykos.therapy.targets import TARGET_PRESETS, custom_target
from glykos.therapy.units import GlucoseUnit, to_mgdl

_SPANS = (
    ("breakfast", "Breakfast"),
    ("lunch", "Lunch"),
    ("dinner", "Dinner"),
    ("bedtime", "Bedtime"),
    ("wake_up", "Wake-up"),
)
_FIRST_YEAR = 1900
#: The limits that have a fixed partner in the other unit, so that 3.9 and 70 are the same limit.
_KNOWN_MMOLL = {
    limit.mmoll: limit.mgdl
    for preset in TARGET_PRESETS
    for limit in (preset.low, preset.high, preset.very_low, preset.very_high)
    if limit is not None
}


def zone_choices() -> list[tuple[str, str]]:
    """Zones by place, as the IANA list names them; UTC first."""
    places = sorted(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))
    )
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places)]


class MinuteField(forms.TimeField):
    """A time of day, kept as minutes after midnight; as an end, 00:00 is the day's end."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def __init__(self, *, is_end: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._is_end = is_end

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, int):
            return time(value // 60 % 24, value % 60)
        return value

    def clean(self, value: Any) -> Any:
        at = super().clean(value)
        if at is None:
            return None
        minute = at.hour * 60 + at.minute
        return DAY_MIN if self._is_end and minute == 0 else minute

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class SettingsForm(forms.Form):
    """Everything a person may change about a record. ``changes`` is what the action takes."""

    name = forms.CharField(max_length=100, label="Name", help_text="As printed on reports.")
    birth_date = forms.DateField(
        required=False,
        label="Date of birth",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    unit = forms.ChoiceField(
        label="Glucose unit", choices=[(unit.value, unit.value) for unit in GlucoseUnit]
    )
    target_preset = forms.ChoiceField(
        label="Target range",
        choices=[*((preset.key, preset.name) for preset in TARGET_PRESETS), (CUSTOM, "Own range")],
    )
    target_low = forms.DecimalField(
        required=False, label="From", help_text="In the unit above; only for an own range."
    )
    target_high = forms.DecimalField(required=False, label="To")
    zone = forms.ChoiceField(label="Time zone", choices=zone_choices)
    clock_24h = forms.TypedChoiceField(
        label="Clock",
        choices=[("1", "24 hours (18:30)"), ("0", "12 hours (6:30 PM)")],
        coerce=lambda value: value == "1",
    )
    paper = forms.ChoiceField(label="Paper", choices=Person.Paper.choices)
    breakfast_start_min = MinuteField(label="Breakfast from")
    breakfast_end_min = MinuteField(label="Breakfast to", is_end=True)
    lunch_start_min = MinuteField(label="Lunch from")
    lunch_end_min = MinuteField(label="Lunch to", is_end=True)
    dinner_start_min = MinuteField(label="Dinner from")
    dinner_end_min = MinuteField(label="Dinner to", is_end=True)
    bedtime_start_min = MinuteField(label="Bedtime from")
    bedtime_end_min = MinuteField(label="Bedtime to", is_end=True)
    wake_up_start_min = MinuteField(label="Wake-up from")
    wake_up_end_min = MinuteField(label="Wake-up to", is_end=True)

    @classmethod
    def of(cls, person: Person, data: Mapping[str, Any] | None = None) -> "SettingsForm":
        """The form filled with a record's present settings, or with what was sent."""
        initial = {name: getattr(person, name) for name in SETTINGS_FIELDS}
        initial["clock_24h"] = "1" if person.clock_24h else "0"
        if person.target_preset == CUSTOM:
            unit = person.glucose_unit
            for end, limit in (("low", person.targets.low), ("high", person.targets.high)):
                initial[f"target_{end}"] = limit.mmoll if unit is GlucoseUnit.MMOLL else limit.mgdl
        return cls(data, initial=initial)

    def clean_birth_date(self) -> date | None:
        born: date | None = self.cleaned_data["birth_date"]
        if born is not None and not _FIRST_YEAR <= born.year <= clock.now().year:
            raise ValidationError("Please check the year of birth.", code="birth_year")
        if born is not None and born > clock.now().date():
            raise ValidationError("This date is in the future.", code="birth_future")
        return born

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        for key, label in _SPANS:
            start, end = values.get(f"{key}_start_min"), values.get(f"{key}_end_min")
            if start is not None and end is not None and start % DAY_MIN == end % DAY_MIN:
                self.add_error(
                    f"{key}_end_min", f"{label} needs an end that differs from its start."
                )
        if values.get("target_preset") == CUSTOM and "unit" in values:
            self._clean_own_range(values)
        return values

    def _clean_own_range(self, values: dict[str, Any]) -> None:
        unit = GlucoseUnit(values["unit"])
        for end in ("low", "high"):
            value = values.get(f"target_{end}")
            if value is None:
                if f"target_{end}" not in self.errors:
                    self.add_error(f"target_{end}", "An own range needs both limits.")
                continue
            mgdl = limit_mgdl(float(value), unit)
            if not TARGET_LOWEST_MGDL <= mgdl <= TARGET_HIGHEST_MGDL:
                self.add_error(f"target_{end}", _range_words(unit))
            values[f"target_{end}_mgdl"] = mgdl
        low, high = values.get("target_low_mgdl"), values.get("target_high_mgdl")
        if low is not None and high is not None and low >= high:
            self.add_error("target_high", "The upper limit must be above the lower one.")

    def changes(self) -> dict[str, Any]:
        """The valid values, named as ``actions.change_settings`` wants them."""
        return {name: self.cleaned_data.get(name) for name in SETTINGS_FIELDS}


def limit_mgdl(value: float, unit: GlucoseUnit) -> int:
    """A target limit as whole mg/dL; 3.9 mmol/L is 70, not the 70.26 of plain conversion."""
    if unit is GlucoseUnit.MGDL:
        return round(value)
    known = _KNOWN_MMOLL.get(round(value, 1))
    if known is not None:
        return known
    exact = round(to_mgdl(value, unit))
    # Several mg/dL round to one mmol/L tenth; keep the one that reads back as what was typed.
    nearest = sorted(range(exact - 2, exact + 3), key=lambda mgdl: abs(mgdl - exact))
    reads_back = [mgdl for mgdl in nearest if custom_target(mgdl, 300).low.mmoll == round(value, 1)]
    return reads_back[0] if reads_back else exact


def _range_words(unit: GlucoseUnit) -> str:
    if unit is GlucoseUnit.MMOLL:
        return "Choose limits between 3.0 and 16.7 mmol/L."
    return f"Choose limits between {TARGET_LOWEST_MGDL} and {TARGET_HIGHEST_MGDL} mg/dL."
