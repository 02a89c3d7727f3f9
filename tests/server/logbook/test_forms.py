"""The forms: what is typed becomes the record, and what looks like a slip is asked about."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from glykos.server.logbook.controls import Frame, Instead
from glykos.server.logbook.fields import NumberField, Pen, pen_of, plain_number
from glykos.server.logbook.forms import EntryForm
from glykos.server.logbook.kinds import BY_RECORD, KINDS, TOGETHER, alone, sheet
from glykos.server.logbook.plausible import PLAUSIBLE
from glykos.therapy import diary as d
from glykos.therapy.records import LOGBOOK, MeterGlucose, MeterOrigin, Record
from glykos.therapy.units import Glucose, GlucoseScale, GlucoseUnit

NOW = datetime(2026, 3, 5, 3, 12, 40)
BERLIN = ZoneInfo("Europe/Berlin")
NOVORAPID = Pen("NovoRapid", d.InsulinKind.RAPID, 100)
TOUJEO = Pen("Toujeo", d.InsulinKind.LONG, 300)


def frame(unit: GlucoseUnit = GlucoseUnit.MMOLL, *pens: Pen, now: datetime = NOW) -> Frame:
    return Frame(unit=unit, now=now, zone=BERLIN, pens=pens)


def form(kind: str, unit: GlucoseUnit = GlucoseUnit.MMOLL, /, **answers: str) -> EntryForm:
    found = sheet(kind)
    assert found is not None
    return EntryForm(found, frame(unit), data=answers)


def records(kind: str, unit: GlucoseUnit = GlucoseUnit.MMOLL, /, **answers: str) -> list[Record]:
    filled = form(kind, unit, **answers)
    assert filled.is_valid(), filled.errors
    return filled.records()


def at_now(record_type: type[Record], **fields: Any) -> Record:
    return record_type(at_local=NOW, device_id=LOGBOOK, **fields)


MGDL = {"glucose_unit": "mg/dL"}
MMOLL = {"glucose_unit": "mmol/L"}
#: What is typed, and the record that it is. Conversions by hand: NGSP % = 0.09148 * IFCC + 2.152.
TYPED: list[tuple[str, dict[str, str], Record]] = [
    (
        "carbs",
        {"carbs_g": "45,5", "label": "Porridge", "fat_g": "12", "protein_g": "7.5"},
        at_now(d.CarbEntry, carbs_g=45.5, label="Porridge", fat_g=12.0, protein_g=7.5),
    ),
    ("carbs", {"carbs_g": "45.5"}, at_now(d.CarbEntry, carbs_g=45.5)),
    (
        "insulin",
        {"dose_u": "4,5", "pen": NOVORAPID.value},
        at_now(
            d.Injection,
            dose_u=4.5,
            brand="NovoRapid",
            insulin=d.InsulinKind.RAPID,
            strength_u_per_ml=100,
        ),
    ),
    (
        "insulin",
        {"dose_u": "18", "pen": TOUJEO.value},
        at_now(
            d.Injection,
            dose_u=18.0,
            brand="Toujeo",
            insulin=d.InsulinKind.LONG,
            strength_u_per_ml=300,
        ),
    ),
    (
        "insulin",
        {"dose_u": "6", "pen": "other", "own_brand": "Newulin", "own_kind": "premix"},
        at_now(d.Injection, dose_u=6.0, brand="Newulin", insulin=d.InsulinKind.PREMIX),
    ),
    (
        "insulin",
        {"dose_u": "6", "own_brand": "tresiba", "own_strength": "200"},
        at_now(
            d.Injection,
            dose_u=6.0,
            brand="Tresiba",
            insulin=d.InsulinKind.LONG,
            strength_u_per_ml=200,
        ),
    ),
    (
        "insulin",
        {"dose_u": "2", "pen": "other"},
        at_now(d.Injection, dose_u=2.0),
    ),
    (
        "glucose",
        {"glucose": "7,2", **MMOLL},
        at_now(
            MeterGlucose,
            glucose=Glucose(72, GlucoseScale.MMOLL_TENTHS),
            origin=MeterOrigin.TYPED,
        ),
    ),
    (
        "glucose",
        {"glucose": "130", **MGDL},
        at_now(MeterGlucose, glucose=Glucose(130, GlucoseScale.MGDL), origin=MeterOrigin.TYPED),
    ),
    (
        "exercise",
        {"label": "Cycling", "duration_min": "45", "intensity": "high"},
        at_now(d.Exercise, label="Cycling", duration_min=45.0, intensity="high"),
    ),
    (
        "medicine",
        {"name": "Ozempic", "dose": "0,25", "unit": "mg"},
        at_now(d.Medication, name="Ozempic", dose=0.25, unit="mg"),
    ),
    ("medicine", {"name": "Metformin"}, at_now(d.Medication, name="Metformin")),
    ("ketones", {"mmol_per_l": "0,6"}, at_now(d.Ketone, mmol_per_l=0.6)),
    ("hba1c", {"hba1c": "6.9", "hba1c_unit": "%"}, at_now(d.HbA1c, percent=6.9)),
    (
        "hba1c",
        {"hba1c": "50", "hba1c_unit": "mmol/mol"},
        at_now(d.HbA1c, percent=0.09148 * 50 + 2.152, is_ifcc=True),
    ),
    ("weight", {"weight": "71,4", "weight_unit": "kg"}, at_now(d.Weight, kilograms=71.4)),
    (
        "weight",
        {"weight": "150", "weight_unit": "lb"},
        at_now(d.Weight, kilograms=150 * 0.45359237, is_pounds=True),
    ),
    (
        "blood-pressure",
        {"systolic_mmhg": "128", "diastolic_mmhg": "82", "pulse_per_min": "64"},
        at_now(d.BloodPressure, systolic_mmhg=128.0, diastolic_mmhg=82.0, pulse_per_min=64.0),
    ),
    (
        "illness",
        {"label": "Fever", "duration_days": "2"},
        at_now(d.Illness, label="Fever", duration_min=2880.0),
    ),
    ("stress", {"level": "high", "label": "Exam"}, at_now(d.Stress, level="high", label="Exam")),
    ("cycle", {"mark": "period_start"}, at_now(d.Cycle, mark="period_start")),
    (
        "alcohol",
        {"drinks": "1,5", "label": "Wine", "grams": "18"},
        at_now(d.Alcohol, drinks=1.5, label="Wine", grams=18.0),
    ),
    ("steps", {"count": "8342"}, at_now(d.Steps, count=8342.0)),
    ("note", {"text": "Slept badly"}, at_now(d.Note, text="Slept badly")),
]


@pytest.mark.parametrize(("kind", "answers", "record"), TYPED)
def test_what_is_typed_is_the_record(kind: str, answers: dict[str, str], record: Record) -> None:
    assert records(kind, **answers) == [record]


@pytest.mark.parametrize(("kind", "answers", "record"), TYPED)
def test_an_entry_opened_and_saved_again_is_the_same(
    kind: str, answers: dict[str, str], record: Record
) -> None:
    opened = EntryForm(alone(BY_RECORD[type(record)]), frame(), record=record)
    shown = {name: opened[name].value() for name in opened.fields}
    sent = {name: str(value) for name, value in shown.items() if value not in (None, "")}
    sent["time"] = f"{record.at_local:%H:%M}"
    again = EntryForm(alone(BY_RECORD[type(record)]), frame(), data=sent, record=record)
    assert again.is_valid(), again.errors
    assert again.records() == [record]


def test_every_kind_of_entry_is_tried() -> None:
    assert {kind for kind, _, _ in TYPED} == {kind.key for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_an_empty_form_says_what_is_missing(kind: Any) -> None:
    empty = form(kind.key)
    assert not empty.is_valid()
    assert kind.missing in str(empty.errors)


# --- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("7.5", 7.5), ("7,5", 7.5), (" 7 ", 7), (",5", 0.5), ("0,125", 0.125), ("0", 0)],
)
def test_comma_and_dot_are_both_the_decimal_point(text: str, value: float) -> None:
    assert NumberField().clean(text) == value


@pytest.mark.parametrize("text", ["seven", "-3", "1e5", "7.5.1", "1 200", "١٢", "nan", "12345678"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="write a number"):
        NumberField().clean(text)


@pytest.mark.parametrize("text", ["1,200", "1.200", "12,500"])
def test_a_thousands_separator_is_asked_back(text: str) -> None:
    with pytest.raises(ValidationError, match="without a separator"):
        NumberField().clean(text)


@given(st.integers(0, 99_999).map(lambda tenths: tenths / 10))
def test_numbers_are_shown_as_they_can_be_typed(value: float) -> None:
    assert NumberField().clean(plain_number(value)) == value


# --- slips -------------------------------------------------------------------------------------


def question(kind: str, unit: GlucoseUnit = GlucoseUnit.MMOLL, /, **answers: str) -> Any:
    filled = form(kind, unit, **answers)
    assert filled.is_valid(), filled.errors
    asked = filled.questions(())
    return asked[0] if asked else None


@pytest.mark.parametrize("text", ["2.2", "3,4", "7.2", "13.9", "27.8"])
def test_every_ordinary_mmoll_value_in_mgdl_is_asked_about(text: str) -> None:
    asked = question("glucose", glucose=text, **MGDL)
    shown = text.replace(",", ".")
    assert f"{shown} mg/dL" in asked.text
    assert asked.instead == (Instead(f"It is {shown} mmol/L", (("glucose_unit", "mmol/L"),)),)
    assert question("glucose", glucose=text, **MMOLL) is None


@pytest.mark.parametrize("text", ["40", "70", "120", "250", "500"])
def test_every_ordinary_mgdl_value_in_mmoll_is_asked_about(text: str) -> None:
    asked = question("glucose", glucose=text, **MMOLL)
    assert asked.instead == (Instead(f"It is {text} mg/dL", (("glucose_unit", "mg/dL"),)),)
    assert question("glucose", glucose=text, **MGDL) is None


def test_the_units_of_glucose_and_hba1c_cannot_be_mistaken() -> None:
    for lower, upper in (
        ("glucose_mmoll", "glucose_mgdl"),
        ("hba1c_percent", "hba1c_mmol_per_mol"),
    ):
        assert PLAUSIBLE[lower].highest < PLAUSIBLE[upper].lowest


def test_an_hba1c_in_the_other_unit_is_asked_about() -> None:
    asked = question("hba1c", hba1c="48", hba1c_unit="%")
    assert asked.instead[0].label == "It is 48 mmol/mol"


def test_glucose_has_one_decimal_at_most_in_either_unit() -> None:
    assert not form("glucose", glucose="7.25", **MMOLL).is_valid()
    assert not form("glucose", glucose="120.55", **MGDL).is_valid()


def test_swapped_blood_pressure_is_offered_the_right_way_round() -> None:
    asked = question("blood-pressure", systolic_mmhg="80", diastolic_mmhg="125")
    assert asked.instead[0].label == "It is 125 over 80"
    assert dict(asked.instead[0].answers) == {"systolic_mmhg": "125", "diastolic_mmhg": "80"}


def test_ordinary_values_are_not_asked_about() -> None:
    for kind, answers, _ in TYPED:
        filled = form(kind, **answers)
        assert filled.is_valid()
        assert filled.questions(()) == [], kind


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        ("blood-pressure", {"systolic_mmhg": "120", "diastolic_mmhg": "20"}),
        ("blood-pressure", {"systolic_mmhg": "300", "diastolic_mmhg": "80"}),
        ("illness", {"duration_days": "90"}),
        ("medicine", {"name": "Metformin", "dose": "8500"}),
        ("alcohol", {"drinks": "45"}),
        ("carbs", {"carbs_g": "450"}),
        ("carbs", {"carbs_g": "0"}),
        ("insulin", {"dose_u": "80", "pen": NOVORAPID.value}),
        ("insulin", {"dose_u": "0", "pen": NOVORAPID.value}),
        ("ketones", {"mmol_per_l": "15"}),
        ("weight", {"weight": "710", "weight_unit": "kg"}),
        ("steps", {"count": "500000"}),
        ("exercise", {"duration_min": "4000"}),
    ],
)
def test_the_implausible_is_asked_about_once_and_then_believed(
    kind: str, answers: dict[str, str]
) -> None:
    filled = form(kind, **answers)
    assert filled.is_valid(), filled.errors
    [asked] = filled.questions(())
    assert filled.questions([asked.key]) == []
    assert filled.records()


def test_a_confirmation_holds_for_the_number_it_was_given_for() -> None:
    first = form("carbs", carbs_g="450")
    assert first.is_valid()
    confirmed = [one.key for one in first.questions(())]
    other = form("carbs", carbs_g="4500")
    assert other.is_valid()
    assert other.questions(confirmed)


def test_a_dose_without_a_name_is_asked_which_insulin_it_was() -> None:
    filled = EntryForm(
        alone(BY_RECORD[d.Injection]),
        frame(GlucoseUnit.MGDL, NOVORAPID, TOUJEO),
        data={"dose_u": "4"},
    )
    assert filled.is_valid()
    [asked] = filled.questions(())
    assert [one.label for one in asked.instead] == ["NovoRapid", "Toujeo U300"]


def test_only_one_insulin_for_meals_is_chosen_beforehand() -> None:
    def chosen(*pens: Pen) -> str:
        return str(EntryForm(TOGETHER, frame(GlucoseUnit.MGDL, *pens))["pen"].value() or "")

    assert chosen(NOVORAPID, TOUJEO) == NOVORAPID.value
    assert chosen(TOUJEO) == ""
    assert chosen(NOVORAPID, Pen("Fiasp", d.InsulinKind.RAPID, 100)) == ""


@pytest.mark.parametrize("value", ["rapid|77|X", "swift|100|X", "x", f"rapid|100|{'x' * 61}"])
def test_only_insulins_are_insulins(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of any sort
        pen_of(value)
    assert not form("insulin", dose_u="4", pen=value).is_valid()


# --- together ----------------------------------------------------------------------------------


def test_what_happened_together_is_several_records_of_one_time() -> None:
    told = records(
        "together",
        carbs_g="30",
        label="Toast",
        dose_u="3",
        pen=NOVORAPID.value,
        glucose="6,1",
        glucose_unit="mmol/L",
        text="late",
    )
    assert [type(one) for one in told] == [d.CarbEntry, MeterGlucose, d.Injection, d.Note]
    assert {one.at_local for one in told} == {NOW}


def test_what_is_left_empty_is_not_there_at_all() -> None:
    [only] = records("together", glucose="6.1", glucose_unit="mmol/L", pen=NOVORAPID.value)
    assert isinstance(only, MeterGlucose)


def test_a_meal_without_its_grams_is_not_lost_silently() -> None:
    filled = form("together", label="Toast", glucose="6.1", glucose_unit="mmol/L")
    assert not filled.is_valid()
    assert list(filled.errors) == ["carbs_g"]


def test_nothing_at_all_is_said_so() -> None:
    filled = form("together", pen=NOVORAPID.value)
    assert not filled.is_valid()
    assert filled.non_field_errors() == ["Nothing is filled in yet."]


# --- time --------------------------------------------------------------------------------------


def timed(now: datetime = NOW, **answers: str) -> EntryForm:
    filled = EntryForm(TOGETHER, frame(now=now), data={"text": "x", **answers})
    filled.is_valid()
    return filled


def test_an_empty_time_is_now_and_a_time_alone_is_today() -> None:
    assert timed().at_local == NOW
    assert timed(day="2026-03-05").at_local == NOW
    assert timed(time="01:30").at_local == datetime(2026, 3, 5, 1, 30)
    assert timed(day="2026-03-01", time="22:00").at_local == datetime(2026, 3, 1, 22)


def test_another_day_needs_a_time() -> None:
    assert timed(day="2026-03-01").errors["time"] == ["Please say at what time of that day."]


def test_a_time_still_to_come_is_asked_about_and_may_have_been_yesterday() -> None:
    filled = timed(time="23:45")
    [asked] = filled.questions(())
    assert [one.label for one in asked.instead] == ["It was yesterday", "It is now"]
    assert dict(asked.instead[0].answers) == {"day": "2026-03-04"}
    assert timed(time="03:16").questions(()) == []  # clocks differ by minutes
    assert timed(day="2027-03-05", time="03:00").questions(())


def test_a_wrong_year_is_asked_about_and_an_impossible_one_refused() -> None:
    assert "year" in timed(day="2025-01-05", time="12:00").questions(())[0].text
    assert timed(day="2026-01-05", time="12:00").questions(()) == []
    assert "day" in timed(day="0026-03-05", time="12:00").errors


def test_a_time_that_the_clocks_skipped_is_asked_about() -> None:
    """In Berlin clocks went from 2:00 to 3:00 on 29 March 2026."""
    late = datetime(2026, 3, 29, 12)
    assert "put forward" in timed(now=late, time="02:30").questions(())[0].text
    assert timed(now=late, time="03:00").questions(()) == []


def test_seconds_and_the_second_pass_of_an_hour_survive_a_change() -> None:
    stood = d.Note(
        at_local=datetime(2025, 10, 26, 2, 30, 17, fold=1), device_id=LOGBOOK, text="old"
    )
    changed = EntryForm(
        alone(BY_RECORD[d.Note]),
        frame(now=datetime(2025, 10, 26, 12)),
        data={"text": "new", "day": "2025-10-26", "time": "02:30"},
        record=stood,
    )
    assert changed.is_valid()
    assert changed.at_local == stood.at_local
    assert changed.at_local.fold == 1


def test_the_same_page_sent_twice_has_one_name_and_another_answer_another() -> None:
    opened = EntryForm(TOGETHER, frame())
    once = str(opened["once"].value())

    def name(**answers: Any) -> object:
        return timed(once=once, **answers).telling

    assert name() == name()
    assert name() != name(carbs_g="5")
    assert timed().telling is None


def test_a_day_far_back_is_typed_in_for_that_day() -> None:
    opened = EntryForm(TOGETHER, frame(), day=date(2026, 3, 5) - timedelta(days=9))
    assert str(opened["day"].value()) == "2026-02-24"
