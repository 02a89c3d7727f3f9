"""The settings form speaks the person's units and refuses what cannot be."""

from datetime import UTC, datetime

import pytest
import time_machine

from glykos.server.patients.forms import SettingsForm, limit_mgdl, zone_choices
from glykos.server.patients.models import Person
from glykos.therapy.targets import custom_target
from glykos.therapy.units import GlucoseUnit

GOOD = {
    "name": "Alice",
    "birth_date": "1990-05-01",
    "unit": "mg/dL",
    "target_preset": "standard",
    "zone": "Europe/Berlin",
    "clock_24h": "1",
    "paper": "A4",
    "breakfast_start_min": "06:00",
    "breakfast_end_min": "10:00",
    "lunch_start_min": "11:00",
    "lunch_end_min": "15:00",
    "dinner_start_min": "16:00",
    "dinner_end_min": "22:00",
    "bedtime_start_min": "20:00",
    "bedtime_end_min": "00:00",
    "wake_up_start_min": "05:00",
    "wake_up_end_min": "09:00",
}


def form(**changed: str) -> SettingsForm:
    return SettingsForm(GOOD | changed)


def test_a_good_form_gives_what_the_action_takes() -> None:
    sent = form()
    assert sent.is_valid(), sent.errors
    changes = sent.changes()
    assert changes["clock_24h"] is True
    assert (changes["bedtime_start_min"], changes["bedtime_end_min"]) == (1200, 1440)
    assert changes["target_low_mgdl"] is None


def test_the_form_shows_what_is_stored() -> None:
    person = Person(
        name="A", unit="mmol/L", target_preset="custom", target_low_mgdl=70, target_high_mgdl=144
    )
    shown = SettingsForm.of(person)
    assert (shown["target_low"].value(), shown["target_high"].value()) == (3.9, 8.0)
    assert 'value="00:00"' in str(shown["bedtime_end_min"])
    assert 'value="06:00"' in str(shown["breakfast_start_min"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("birth_date", "1850-01-01"),
        ("birth_date", "2026-11-23"),
        ("birth_date", "yesterday"),
        ("unit", "g"),
        ("zone", "Mars/Olympus"),
        ("paper", "A3"),
        ("clock_24h", "maybe"),
        ("lunch_start_min", "25:00"),
        ("lunch_end_min", "11:00"),
    ],
)
def test_a_wrong_entry_is_named_at_its_field(field: str, value: str) -> None:
    with time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False):
        sent = form(**{field: value})
        assert not sent.is_valid()
    assert field in sent.errors


@pytest.mark.parametrize(
    ("unit", "low", "high", "stored"),
    [
        ("mg/dL", "70", "160", (70, 160)),
        ("mmol/L", "3.9", "10.0", (70, 180)),
        ("mmol/L", "4.0", "8.0", (72, 144)),
        ("mmol/L", "3.5", "7.8", (63, 140)),
    ],
)
def test_an_own_range_is_read_in_the_chosen_unit(
    unit: str, low: str, high: str, stored: tuple[int, int]
) -> None:
    sent = form(target_preset="custom", unit=unit, target_low=low, target_high=high)
    assert sent.is_valid(), sent.errors
    changes = sent.changes()
    assert (changes["target_low_mgdl"], changes["target_high_mgdl"]) == stored


@pytest.mark.parametrize(
    ("unit", "low", "high", "field"),
    [
        ("mg/dL", "", "180", "target_low"),
        ("mg/dL", "180", "70", "target_high"),
        ("mg/dL", "100", "100", "target_high"),
        ("mg/dL", "3.9", "10", "target_low"),
        ("mg/dL", "70", "400", "target_high"),
        ("mmol/L", "70", "180", "target_low"),
        ("mmol/L", "x", "10", "target_low"),
    ],
)
def test_an_impossible_range_is_refused(unit: str, low: str, high: str, field: str) -> None:
    sent = form(target_preset="custom", unit=unit, target_low=low, target_high=high)
    assert not sent.is_valid()
    assert field in sent.errors


def test_every_tenth_in_mmol_reads_back_as_typed() -> None:
    for tenths in range(30, 167):
        mgdl = limit_mgdl(tenths / 10, GlucoseUnit.MMOLL)
        assert custom_target(mgdl, 300).low.mmoll == tenths / 10


def test_zones_are_places() -> None:
    names = [name for name, _ in zone_choices()]
    assert names[0] == "UTC"
    assert {"Europe/Berlin", "America/New_York"} <= set(names)
    assert not any(name.startswith("Etc/") for name in names)
