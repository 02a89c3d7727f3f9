"""Nobody reaches a record except through the door, and the door remembers who was refused."""

import copy
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser

import glykos.server
from glykos.errors import AccessDenied, UsageError
from glykos.server.audit.models import Event
from glykos.server.sharing import Access, Purpose, authorise, for_maintenance
from tests.server.cast import make_person, make_user

pytestmark = pytest.mark.django_db


def refusals() -> list[Event]:
    return list(Event.objects.filter(action="access.refused"))


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {Purpose.MAINTENANCE}))
def test_owner_gets_in_for_every_purpose(purpose: Purpose) -> None:
    alice = make_person("Alice")
    access = authorise(alice.owner, alice.public_id, purpose)
    assert access.person == alice
    assert access.patient_id == alice.patient_id == access.seal.patient_id
    assert access.actor_id == alice.owner.pk
    assert refusals() == []


def test_nobody_gets_in_as_the_installation_itself() -> None:
    alice = make_person("Alice")
    with pytest.raises(AccessDenied):
        authorise(alice.owner, alice, Purpose.MAINTENANCE)
    assert len(refusals()) == 1


def test_maintenance_has_nobody_as_its_actor() -> None:
    alice = make_person("Alice")
    access = for_maintenance(alice)
    assert (access.actor_id, access.purpose) == (None, Purpose.MAINTENANCE)
    assert access.patient_id == alice.patient_id == access.seal.patient_id


def test_only_management_commands_do_maintenance() -> None:
    """A page that opened records this way would let nobody say who looked."""
    folder = Path(glykos.server.__file__).parent
    named = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if "for_maintenance" in path.read_text(encoding="utf-8")
    }
    outside = {path for path in named if "/management/commands/" not in path}
    assert outside == {"sharing/__init__.py", "sharing/door.py"}


@pytest.mark.parametrize("name", ["Ben", "Cora", "Dora", "Eve"])
def test_everybody_else_is_refused_and_logged(name: str) -> None:
    alice = make_person("Alice")
    other = make_user(name)
    with pytest.raises(AccessDenied):
        authorise(other, alice.public_id, Purpose.VIEW)
    (event,) = refusals()
    assert event.actor == str(other.pk)
    assert event.patient == str(alice.patient_id)


def test_visitor_and_switched_off_owner_are_refused() -> None:
    alice = make_person("Alice")
    with pytest.raises(AccessDenied):
        authorise(AnonymousUser(), alice, Purpose.VIEW)
    alice.owner.is_active = False
    with pytest.raises(AccessDenied):
        authorise(alice.owner, alice, Purpose.VIEW)
    assert len(refusals()) == 2


def test_missing_record_is_refused_with_the_same_words() -> None:
    alice, eve = make_person("Alice"), make_user("Eve")
    with pytest.raises(AccessDenied) as missing:
        authorise(eve, uuid4(), Purpose.VIEW)
    with pytest.raises(AccessDenied) as foreign:
        authorise(eve, alice.public_id, Purpose.VIEW)
    assert missing.value.message == foreign.value.message


def test_claimed_owner_of_a_person_object_is_not_believed() -> None:
    alice, eve = make_person("Alice"), make_user("Eve")
    alice.owner = eve
    with pytest.raises(AccessDenied):
        authorise(eve, alice, Purpose.VIEW)


def test_access_cannot_be_made_changed_or_extended() -> None:
    alice, eve = make_person("Alice"), make_person("Eve")
    access = authorise(eve.owner, eve, Purpose.VIEW)
    with pytest.raises(UsageError):
        Access(
            actor_id=eve.owner.pk,
            person=alice,
            patient_id=alice.patient_id,
            purpose=Purpose.VIEW,
            seal=access.seal,
            door=object(),
        )
    with pytest.raises(ValueError, match="door"):
        replace(access, person=alice)
    with pytest.raises(FrozenInstanceError):
        access.person = alice  # type: ignore[misc]
    assert copy.copy(access).person == eve
    assert "seal" not in repr(access)
