"""People, their settings and their keys."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from glykos.errors import SealError
from glykos.server.audit.models import Event
from glykos.server.patients.actions import (
    change_settings,
    create_first_person,
    create_person,
    rewrap_keys,
)
from glykos.server.patients.models import PatientKey, Person
from glykos.server.patients.queries import options_for, people_of, seal_for
from glykos.server.sealing import Item, Kind, MasterKeys, new_master_entry
from glykos.therapy.clock import DaySpan
from glykos.therapy.targets import TARGET_PRESETS
from glykos.therapy.units import GlucoseUnit
from tests.server.cast import make_person, make_user

pytestmark = pytest.mark.django_db
PLACE = Item(id=UUID(int=5))


def test_a_parent_may_have_two_children() -> None:
    ben = make_user("Ben")
    first, second = (create_person(owner=ben, name=name) for name in ("Ada", "Max"))
    assert people_of(ben) == [first, second]
    assert first.patient_id != second.patient_id
    assert first.public_id != second.public_id
    assert Event.objects.filter(action="person.created").count() == 2


def test_first_record_is_made_once() -> None:
    alice = make_user("Alice")
    assert create_first_person(owner=alice) is not None
    assert create_first_person(owner=alice) is None
    assert len(people_of(alice)) == 1


def test_each_person_has_an_own_seal() -> None:
    alice, ben = make_person("Alice"), make_person("Ben")
    sealed = seal_for(alice.patient_id).seal(Kind.UPLOAD, PLACE, b"file")
    assert seal_for(alice.patient_id).open(Kind.UPLOAD, PLACE, sealed) == b"file"
    with pytest.raises(SealError):
        seal_for(ben.patient_id).open(Kind.UPLOAD, PLACE, sealed)


def test_without_its_key_a_record_stays_shut() -> None:
    alice = make_person("Alice")
    PatientKey.objects.filter(patient_id=alice.patient_id).delete()
    with pytest.raises(SealError):
        seal_for(alice.patient_id)


def test_a_key_row_moved_to_another_person_does_not_open() -> None:
    alice, ben = make_person("Alice"), make_person("Ben")
    wrapped = PatientKey.objects.get(patient_id=alice.patient_id).wrapped
    PatientKey.objects.filter(patient_id=ben.patient_id).update(wrapped=bytes(wrapped))
    with pytest.raises(SealError):
        seal_for(ben.patient_id)


def test_rotation_rewraps_every_key_and_data_stay_readable(settings) -> None:  # type: ignore[no-untyped-def]
    first = new_master_entry()
    settings.GLYKOS_MASTER_KEY = first
    alice = make_person("Alice")
    sealed = seal_for(alice.patient_id).seal(Kind.UPLOAD, PLACE, b"file")
    settings.GLYKOS_MASTER_KEY = f"{first} {new_master_entry(2)}"
    assert rewrap_keys() == 1
    assert rewrap_keys() == 0
    assert set(PatientKey.objects.values_list("master_id", flat=True)) == {"m2"}
    assert seal_for(alice.patient_id).open(Kind.UPLOAD, PLACE, sealed) == b"file"
    assert MasterKeys.load().current == "m2"


def test_settings_change_and_the_log_names_fields_but_no_values() -> None:
    alice = make_person("Alice")
    change_settings(
        actor_id=alice.owner.pk,
        person=alice,
        changes={"name": "Alice Q", "unit": "mmol/L", "zone": "Europe/Berlin"},
    )
    alice.refresh_from_db()
    assert (alice.name, alice.glucose_unit) == ("Alice Q", GlucoseUnit.MMOLL)
    assert alice.zone_info == ZoneInfo("Europe/Berlin")
    event = Event.objects.get(action="person.changed")
    assert event.detail == '{"fields":"name,unit,zone"}'


def test_saving_without_a_change_writes_nothing() -> None:
    alice = make_person("Alice")
    change_settings(actor_id=alice.owner.pk, person=alice, changes={"name": "Alice"})
    assert not Event.objects.filter(action="person.changed").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"zone": "Mars/Olympus"},
        {"unit": "g"},
        {"paper": "A3"},
        {"target_preset": "custom"},
        {"target_preset": "custom", "target_low_mgdl": 180, "target_high_mgdl": 70},
        {"breakfast_start_min": 1440},
        {"lunch_end_min": 1441},
        {"dinner_start_min": 600, "dinner_end_min": 600},
    ],
)
def test_impossible_settings_are_refused_whatever_way_they_come(
    changes: dict[str, object],
) -> None:
    alice = make_person("Alice")
    with pytest.raises(ValidationError):
        change_settings(actor_id=alice.owner.pk, person=alice, changes=changes)
    if not {"zone", "unit", "paper"} & set(changes):
        with pytest.raises(IntegrityError), transaction.atomic():
            Person.objects.filter(pk=alice.pk).update(**changes)


@pytest.mark.parametrize("field", ["owner", "patient_id", "public_id", "created_at"])
def test_what_makes_a_record_is_not_a_setting(field: str) -> None:
    alice = make_person("Alice")
    with pytest.raises(TypeError, match=field):
        change_settings(actor_id=alice.owner.pk, person=alice, changes={field: 1})


def test_reports_are_set_up_as_the_person_reads_them() -> None:
    person = Person(
        name="Alice",
        birth_date=date(1990, 5, 1),
        unit="mmol/L",
        target_preset="custom",
        target_low_mgdl=70,
        target_high_mgdl=160,
        clock_24h=False,
        lunch_start_min=720,
        lunch_end_min=840,
    )
    options = options_for(person)
    assert options.unit is GlucoseUnit.MMOLL
    assert (options.targets.low.mmoll, options.targets.high.mgdl) == (3.9, 160)
    assert options.plan.lunch == DaySpan(720, 840)
    assert not options.clock_24h
    assert (options.person.name, options.person.birth_date) == ("Alice", date(1990, 5, 1))


@pytest.mark.parametrize("preset", TARGET_PRESETS, ids=lambda preset: preset.key)
def test_every_preset_can_be_chosen(preset: object) -> None:
    assert Person(target_preset=preset.key).targets is preset  # type: ignore[attr-defined]
