"""Looking up people, their keys and what reports need to know about them."""

from uuid import UUID

from glykos.errors import SealError
from glykos.reports._blocks import Person as DocumentPerson
from glykos.reports._report import Options
from glykos.server.accounts.models import User
from glykos.server.patients.models import PatientKey, Person
from glykos.server.sealing import MasterKeys, PatientSeal


def people_of(user: User) -> list[Person]:
    """The records of this user, oldest first."""
    return list(Person.objects.filter(owner=user))


def person_by_public_id(public_id: UUID) -> Person | None:
    """The record with this id, whoever owns it. For the door in ``sharing`` only."""
    return Person.objects.select_related("owner").filter(public_id=public_id).first()


def everybody() -> list[Person]:
    """Every record of this installation, oldest first. For management commands only."""
    return list(Person.objects.select_related("owner").order_by("patient_id"))


def seal_for(patient_id: int) -> PatientSeal:
    """The seal that opens this patient's values. Raises SealError when the key is gone."""
    master = MasterKeys.load()
    keys = {
        key.version: master.unwrap(
            bytes(key.wrapped),
            patient_id=patient_id,
            version=key.version,
            master_id=key.master_id,
        )
        for key in PatientKey.objects.filter(patient_id=patient_id, destroyed_at=None)
    }
    if not keys:
        raise SealError(
            "There is no key for this record.", "It was erased, or the key table was not restored."
        )
    return PatientSeal(keys, patient_id=patient_id)


def options_for(person: Person) -> Options:
    """How this person wants reports: unit, range, day, clock, and the header's name."""
    return Options(
        unit=person.glucose_unit,
        targets=person.targets,
        plan=person.plan,
        clock_24h=person.clock_24h,
        person=DocumentPerson(name=person.name, birth_date=person.birth_date),
    )
