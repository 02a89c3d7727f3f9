"""A record in a few words, for the day's list: what was written down and what devices told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from glykos.reports._format import duration, insulin
from glykos.server.logbook.fields import Pen, plain_number
from glykos.therapy import diary
from glykos.therapy import records as r
from glykos.therapy.records import Record
from glykos.therapy.units import KG_PER_POUND, Glucose, GlucoseUnit, hba1c_mmol_per_mol

_DAY_MIN = 1440
_EFFORTS = {"low": "light", "medium": "medium", "high": "hard"}
_MARKS = {
    "period_start": "Period starts",
    "period_end": "Period ends",
    "ovulation": "Ovulation",
}
_STOPS = {
    r.StopReason.LOW_GLUCOSE: "on low glucose",
    r.StopReason.BEFORE_LOW: "before low glucose",
    r.StopReason.SET_CHANGE: "to change the set",
    r.StopReason.ALARM: "after an alarm",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A record in words: its sort, and what matters about it."""

    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.title}: {self.text}" if self.text else self.title


def said(record: Record, unit: GlucoseUnit) -> Said | None:
    """The record in words; None for kinds that say nothing by themselves."""
    words = _WORDS.get(type(record))
    return words(record, unit) if words is not None else None


def glucose_text(glucose: Glucose, unit: GlucoseUnit) -> str:
    """A reading with its unit, in the person's unit; below and above a device's range as such."""
    value = glucose.value_in(unit)
    shown = f"{value:.1f}" if unit is GlucoseUnit.MMOLL else f"{value:.0f}"
    sign = {"low": "below ", "high": "above "}.get(glucose.limit or "", "")
    return f"{sign}{shown} {unit}"


def _joined(parts: Iterable[str], by: str = ", ") -> str:
    return by.join(part for part in parts if part)


def _amount(value: float | None, unit: str) -> str:
    return "" if value is None else f"{plain_number(value)} {unit}"


def _carbs(one: diary.CarbEntry, _unit: GlucoseUnit) -> Said:
    more = [(one.fat_g, "g fat"), (one.protein_g, "g protein")]
    amounts = _joined(_amount(value, name) for value, name in more)
    return Said("Food", _joined([f"{plain_number(one.carbs_g)} g carbs", one.label, amounts]))


def _injection(one: diary.Injection, _unit: GlucoseUnit) -> Said:
    pen = Pen(one.brand, one.insulin, one.strength_u_per_ml)
    is_known = bool(one.brand) or one.insulin is not diary.InsulinKind.UNKNOWN
    return Said("Insulin", _joined([f"{insulin(one.dose_u)} U", pen.name if is_known else ""], " "))


def _meter(one: r.MeterGlucose, unit: GlucoseUnit) -> Said:
    return Said("Glucose", glucose_text(one.glucose, unit))


def _exercise(one: diary.Exercise, _unit: GlucoseUnit) -> Said:
    effort = _EFFORTS.get(one.intensity, one.intensity)
    return Said("Exercise", _joined([one.label, _amount(one.duration_min, "min"), effort]))


def _medicine(one: diary.Medication, _unit: GlucoseUnit) -> Said:
    return Said("Medicine", _joined([one.name, _amount(one.dose, one.unit).strip()]))


def _ketones(one: diary.Ketone, _unit: GlucoseUnit) -> Said:
    return Said("Ketones", f"{plain_number(one.mmol_per_l)} mmol/L")


def _hba1c(one: diary.HbA1c, _unit: GlucoseUnit) -> Said:
    if one.is_ifcc:
        return Said("HbA1c", f"{hba1c_mmol_per_mol(one.percent):.0f} mmol/mol")
    return Said("HbA1c", f"{plain_number(one.percent, 1)} %")


def _weight(one: diary.Weight, _unit: GlucoseUnit) -> Said:
    if one.is_pounds:
        return Said("Weight", f"{plain_number(one.kilograms / KG_PER_POUND, 1)} lb")
    return Said("Weight", f"{plain_number(one.kilograms, 1)} kg")


def _pressure(one: diary.BloodPressure, _unit: GlucoseUnit) -> Said:
    values = f"{one.systolic_mmhg:.0f} over {one.diastolic_mmhg:.0f} mmHg"
    pulse = "" if one.pulse_per_min is None else f"pulse {one.pulse_per_min:.0f}"
    return Said("Blood pressure", _joined([values, pulse]))


def _illness(one: diary.Illness, _unit: GlucoseUnit) -> Said:
    days = None if one.duration_min is None else one.duration_min / _DAY_MIN
    return Said("Illness", _joined([one.label, _amount(days, "day" if days == 1 else "days")]))


def _stress(one: diary.Stress, _unit: GlucoseUnit) -> Said:
    return Said("Stress", _joined([one.level, one.label]))


def _cycle(one: diary.Cycle, _unit: GlucoseUnit) -> Said:
    return Said("Cycle", _MARKS.get(one.mark, one.mark))


def _alcohol(one: diary.Alcohol, _unit: GlucoseUnit) -> Said:
    drinks = _amount(one.drinks, "drink" if one.drinks == 1 else "drinks")
    return Said("Alcohol", _joined([drinks, one.label, _amount(one.grams, "g of alcohol")]))


def _steps(one: diary.Steps, _unit: GlucoseUnit) -> Said:
    return Said("Steps", f"{one.count:,.0f}".replace(",", "\u202f"))


def _note(one: diary.Note, _unit: GlucoseUnit) -> Said:
    return Said("Note", one.text)


def _bolus(one: r.Bolus, _unit: GlucoseUnit) -> Said:
    if not one.delivered_parts:
        return Said("Bolus", f"{insulin(one.programmed_u)} U asked for, delivery not known")
    over = one.delivered_duration_min or one.programmed_duration_min
    slow = f"part of it over {duration(over)} h" if over and one.delivered_extended_u else ""
    own = "given by the pump itself" if one.is_automatic else ""
    return Said("Bolus", _joined([f"{insulin(one.delivered_u)} U", slow, own]))


def _estimate(one: r.BolusEstimate, unit: GlucoseUnit) -> Said | None:
    glucose = glucose_text(one.glucose_input, unit) if one.glucose_input else ""
    carbs = _amount(one.carbs_g, "g carbs") if one.carbs_g else ""
    told = _joined([carbs, glucose])
    return Said("Bolus calculator", told) if told else None


def _suspend(one: r.Suspend, _unit: GlucoseUnit) -> Said:
    return Said("Pump paused", _STOPS.get(one.reason, ""))


def _resume(_one: r.Resume, _unit: GlucoseUnit) -> Said:
    return Said("Pump goes on", "")


def _prime(one: r.Prime, _unit: GlucoseUnit) -> Said:
    return Said("Filled", "" if one.prime_kind is r.PrimeKind.UNKNOWN else one.prime_kind.value)


def _rewind(_one: r.Rewind, _unit: GlucoseUnit) -> Said:
    return Said("Reservoir changed", "")


_WORDS: dict[type[Record], Callable[[Any, GlucoseUnit], Said | None]] = {
    diary.CarbEntry: _carbs,
    diary.Injection: _injection,
    r.MeterGlucose: _meter,
    diary.Exercise: _exercise,
    diary.Medication: _medicine,
    diary.Ketone: _ketones,
    diary.HbA1c: _hba1c,
    diary.Weight: _weight,
    diary.BloodPressure: _pressure,
    diary.Illness: _illness,
    diary.Stress: _stress,
    diary.Cycle: _cycle,
    diary.Alcohol: _alcohol,
    diary.Steps: _steps,
    diary.Note: _note,
    r.Bolus: _bolus,
    r.BolusEstimate: _estimate,
    r.Suspend: _suspend,
    r.Resume: _resume,
    r.Prime: _prime,
    r.Rewind: _rewind,
}
