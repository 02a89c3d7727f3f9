"""Who may do what with whose record. Today: the owner, everything; nobody else, anything.

``Access`` is the only key to ``store``: a function that takes one cannot be called without
having asked. Whoever may not see a record gets the same answer as for a record that does not
exist, and the refusal is logged. The event about data that were read is written by ``store``,
before it returns them.
"""

from dataclasses import InitVar, dataclass, field
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from glykos.errors import AccessDenied, UsageError
from glykos.server.accounts.models import User
from glykos.server.audit.actions import record
from glykos.server.audit.kinds import Action
from glykos.server.patients.models import Person
from glykos.server.patients.queries import person_by_public_id, seal_for
from glykos.server.sealing import PatientSeal

_DOOR = object()


class Purpose(StrEnum):
    """Why somebody wants in; a grant will name the purposes it covers."""

    VIEW = "view"
    EXPORT = "export"
    UPLOAD = "upload"
    UNDO = "undo"
    SETTINGS = "settings"
    WRITE = "write"  # logbook entries, and decisions about the data
    MAINTENANCE = "maintenance"  # the installation itself; no person ever gets it


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Proof that the door opened: for this actor, this person, this purpose, this request.

    ``actor_id`` is None for the installation itself (:func:`for_maintenance`).
    """

    actor_id: int | None
    person: Person
    patient_id: int  # the record's number in the data plane
    purpose: Purpose
    seal: PatientSeal = field(repr=False)
    door: InitVar[object]

    def __post_init__(self, door: object) -> None:
        if door is not _DOOR:
            raise UsageError("Access is given by sharing.authorise, never made.")


def authorise(actor: User | AnonymousUser, target: UUID | Person, purpose: Purpose) -> Access:
    """Access for ``actor`` to the record ``target``. Raises AccessDenied (answered with 404).

    Call it outside a transaction, so that a refusal stays logged.
    """
    public_id = target.public_id if isinstance(target, Person) else target
    # Looked up again even for a Person: what the caller holds may be stale or made up.
    person = person_by_public_id(public_id)
    if person is None or not isinstance(actor, User) or not _may(actor, person, purpose):
        with transaction.atomic():
            record(
                actor_id=actor.pk,
                action=Action.ACCESS_REFUSED,
                patient_id=person.patient_id if person else None,
                detail={"purpose": str(purpose)},
            )
        raise AccessDenied("This record does not exist, or it is not yours to see.")
    return Access(
        actor_id=actor.pk,
        person=person,
        patient_id=person.patient_id,
        purpose=purpose,
        seal=seal_for(person.patient_id),
        door=_DOOR,
    )


def for_maintenance(target: Person) -> Access:
    """Access for the installation itself, to work that treats every record alike (ADR 0060).

    Only for management commands, which whoever runs the server starts: no page reaches it. What
    is read and written through it is in the person's log, with nobody as the actor.
    """
    person = person_by_public_id(target.public_id)
    if person is None:
        raise AccessDenied("This record does not exist.")
    return Access(
        actor_id=None,
        person=person,
        patient_id=person.patient_id,
        purpose=Purpose.MAINTENANCE,
        seal=seal_for(person.patient_id),
        door=_DOOR,
    )


def _may(actor: User, person: Person, purpose: Purpose) -> bool:
    if purpose is Purpose.MAINTENANCE:
        return False
    return actor.is_active and person.owner_id == actor.pk
