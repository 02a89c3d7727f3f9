"""Records in words, as a person reads them in the day's list."""

from typing import Any

import pytest

from glykos.server.logbook.queries import in_words
from glykos.server.logbook.words import said
from glykos.therapy import diary as d
from glykos.therapy import records as r
from glykos.therapy.clock import local_time
from glykos.therapy.records import Record
from glykos.therapy.units import Glucose, GlucoseUnit

AT: dict[str, Any] = {"at_local": local_time(2026, 3, 5, 12), "device_id": "x"}


def of(record_type: type[Record], **fields: Any) -> Record:
    return record_type(**AT, **fields)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (of(d.CarbEntry, carbs_g=40.0), "Food: 40 g carbs"),
        (
            of(d.CarbEntry, carbs_g=40.5, label="Pizza", fat_g=20.0, protein_g=12.5),
            "Food: 40.5 g carbs, Pizza, 20 g fat, 12.5 g protein",
        ),
        (of(d.Injection, dose_u=4.5), "Insulin: 4.5 U"),
        (
            of(d.Injection, dose_u=12, insulin=d.InsulinKind.LONG),
            "Insulin: 12 U Long-acting insulin",
        ),
        (
            of(
                d.Injection,
                dose_u=20,
                brand="Toujeo",
                insulin=d.InsulinKind.LONG,
                strength_u_per_ml=300,
            ),
            "Insulin: 20 U Toujeo U300",
        ),
        (of(r.MeterGlucose, glucose=Glucose.mmoll_value(7.2)), "Glucose: 7.2 mmol/L"),
        (of(r.MeterGlucose, glucose=Glucose.mgdl_value(130)), "Glucose: 7.2 mmol/L"),
        (
            of(r.MeterGlucose, glucose=Glucose.mgdl_value(600, "high")),
            "Glucose: above 33.3 mmol/L",
        ),
        (of(d.Exercise, duration_min=40.0, intensity="low"), "Exercise: 40 min, light"),
        (of(d.Exercise), "Exercise"),
        (of(d.Medication, name="Ozempic", dose=0.25, unit="mg"), "Medicine: Ozempic, 0.25 mg"),
        (of(d.Medication, name="Metformin", dose=2.0), "Medicine: Metformin, 2"),
        (of(d.Ketone, mmol_per_l=0.6), "Ketones: 0.6 mmol/L"),
        (of(d.HbA1c, percent=6.9), "HbA1c: 6.9 %"),
        (of(d.HbA1c, percent=6.726, is_ifcc=True), "HbA1c: 50 mmol/mol"),
        (of(d.Weight, kilograms=71.4), "Weight: 71.4 kg"),
        (of(d.Weight, kilograms=68.0388555, is_pounds=True), "Weight: 150 lb"),
        (
            of(d.BloodPressure, systolic_mmhg=128, diastolic_mmhg=82, pulse_per_min=64),
            "Blood pressure: 128 over 82 mmHg, pulse 64",
        ),
        (of(d.Illness, label="Fever", duration_min=1440), "Illness: Fever, 1 day"),
        (of(d.Stress, level="high"), "Stress: high"),
        (of(d.Cycle, mark="period_start"), "Cycle: Period starts"),
        (
            of(d.Alcohol, drinks=1.0, label="Wine", grams=12.0),
            "Alcohol: 1 drink, Wine, 12 g of alcohol",
        ),
        (of(d.Steps, count=8342), "Steps: 8\u202f342"),
        (of(d.Note, text="Slept badly"), "Note: Slept badly"),
        (
            of(r.Bolus, bolus_kind=r.BolusKind.NORMAL, delivered_now_u=2.55),
            "Bolus: 2.55 U",
        ),
        (
            of(
                r.Bolus,
                bolus_kind=r.BolusKind.COMBINATION,
                delivered_now_u=2,
                delivered_extended_u=1,
                delivered_duration_min=90,
            ),
            "Bolus: 3 U, part of it over 1:30 h",
        ),
        (
            of(r.Bolus, bolus_kind=r.BolusKind.NORMAL, programmed_now_u=2),
            "Bolus: 2 U asked for, delivery not known",
        ),
        (
            of(
                r.Bolus,
                bolus_kind=r.BolusKind.NORMAL,
                delivered_now_u=0.3,
                source=r.BolusSource.AUTO_CORRECTION,
            ),
            "Bolus: 0.3 U, given by the pump itself",
        ),
        (
            of(r.BolusEstimate, carbs_g=33, glucose_input=Glucose.mmoll_value(8)),
            "Bolus calculator: 33 g carbs, 8.0 mmol/L",
        ),
        (of(r.Suspend, reason=r.StopReason.BEFORE_LOW), "Pump paused: before low glucose"),
        (of(r.Suspend, reason=r.StopReason.USER), "Pump paused"),
        (of(r.Resume), "Pump goes on"),
        (of(r.Prime, prime_kind=r.PrimeKind.CANNULA), "Filled: cannula"),
        (of(r.Rewind), "Reservoir changed"),
    ],
)
def test_a_record_in_words(record: Record, words: str) -> None:
    assert str(said(record, GlucoseUnit.MMOLL)) == words


@pytest.mark.parametrize("record", [of(r.BasalRate, rate_u_per_h=1.0), of(r.BolusEstimate)])
def test_what_says_nothing_by_itself_is_left_out(record: Record) -> None:
    assert said(record, GlucoseUnit.MGDL) is None


def test_several_records_are_one_text() -> None:
    told = [of(d.CarbEntry, carbs_g=40), of(d.Injection, dose_u=4), of(d.Exercise)]
    assert in_words(told, GlucoseUnit.MGDL) == "40 g carbs + 4 U + Exercise"
