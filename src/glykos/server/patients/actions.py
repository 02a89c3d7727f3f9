"""Starting a record, changing its settings, renewing its keys."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from glykos.server.accounts.models import User
from glykos.server.audit.actions import record
from glykos.server.audit.kinds import Action
from glykos.server.patients.models import PatientKey, Person
from glykos.server.sealing import MasterKeys, new_data_key

#: What a person may change about a record; everything else is fixed when it is made.
SETTINGS_FIELDS = (
    "name",
    "birth_date",
    "unit",
    "target_preset",
    "target_low_mgdl",
    "target_high_mgdl",
    "zone",
    "clock_24h",
    "paper",
    "breakfast_start_min",
    "breakfast_end_min",
    "lunch_start_min",
    "lunch_end_min",
    "dinner_start_min",
    "dinner_end_min",
    "bedtime_start_min",
    "bedtime_end_min",
    "wake_up_start_min",
    "wake_up_end_min",
)


@transaction.atomic
def create_person(*, owner: User, **fields: Any) -> Person:
    """A new record with its own key. ``fields`` are those of ``SETTINGS_FIELDS``."""
    _refuse_others(fields)
    person = Person(owner=owner, **fields)
    person.full_clean()
    person.save()
    _add_key(person.patient_id, version=1)
    record(actor_id=owner.pk, action=Action.PERSON_CREATED, patient_id=person.patient_id)
    return person


@transaction.atomic
def create_first_person(*, owner: User) -> Person | None:
    """The record of a new account; None when there already is one."""
    locked = User.objects.select_for_update().get(pk=owner.pk)
    if locked.people.exists():
        return None
    return create_person(owner=locked)


@transaction.atomic
def change_settings(*, actor_id: int | None, person: Person, changes: Mapping[str, Any]) -> Person:
    """Validate and store changed settings; the audit event names the fields, not their values."""
    _refuse_others(changes)
    stored = Person.objects.select_for_update().get(pk=person.pk)
    changed = sorted(name for name, value in changes.items() if getattr(stored, name) != value)
    for name in changed:
        setattr(stored, name, changes[name])
    if changed:
        stored.full_clean()
        stored.save(update_fields=changed)
        record(
            actor_id=actor_id,
            action=Action.PERSON_CHANGED,
            patient_id=stored.patient_id,
            detail={"fields": ",".join(changed)},
        )
    return stored


@transaction.atomic
def rewrap_keys() -> int:
    """Wrap every data key with the newest master key; returns how many were changed."""
    master = MasterKeys.load()
    stale = PatientKey.objects.filter(destroyed_at=None).exclude(master_id=master.current)
    count = 0
    for key in stale.select_for_update().order_by("patient_id", "version"):
        data_key = master.unwrap(
            bytes(key.wrapped),
            patient_id=key.patient_id,
            version=key.version,
            master_id=key.master_id,
        )
        key.master_id, key.wrapped = master.wrap(
            data_key, patient_id=key.patient_id, version=key.version
        )
        key.save(update_fields=["master_id", "wrapped"])
        count += 1
    if count:
        record(actor_id=None, action=Action.KEYS_ROTATED, detail={"keys": count})
    return count


def _add_key(patient_id: int, *, version: int) -> None:
    master_id, wrapped = MasterKeys.load().wrap(
        new_data_key(), patient_id=patient_id, version=version
    )
    PatientKey.objects.create(
        patient_id=patient_id, version=version, master_id=master_id, wrapped=wrapped
    )


def _refuse_others(fields: Mapping[str, Any]) -> None:
    unknown = set(fields) - set(SETTINGS_FIELDS)
    if unknown:
        raise TypeError(f"not a setting of a person: {', '.join(sorted(unknown))}")
