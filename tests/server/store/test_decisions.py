"""Decisions about data: kept sealed, listed in order, withdrawn without a trace in force."""

from uuid import uuid4

import pytest

from glykos.errors import AccessDenied
from glykos.server.audit.models import Event as AuditEvent
from glykos.server.patients.actions import create_person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import decisions, models
from glykos.server.store.decisions import Favourite, SavedMapping
from glykos.therapy.decisions import ClockCorrection, Exclusion, ExclusionReason
from tests.server.cast import make_user

pytestmark = pytest.mark.django_db
NIGHT = Exclusion(from_s=1_000, to_s=2_000, reason=ExclusionReason.COMPRESSION, note="lay on it")


@pytest.fixture
def access() -> Access:
    owner = make_user("Ben")
    person = create_person(owner=owner, zone="Europe/Berlin")
    return authorise(owner, person, Purpose.WRITE)


def test_a_decision_is_in_force_until_it_is_withdrawn(access: Access) -> None:
    made = decisions.make(access, NIGHT)
    assert decisions.in_force(access, Exclusion) == (NIGHT,)
    decisions.withdraw(access, made)
    decisions.withdraw(access, made)
    assert decisions.in_force(access, Exclusion) == ()
    [one] = decisions.made(access, Exclusion, with_withdrawn=True)
    assert one.withdrawn_at is not None
    assert one.what == NIGHT


def test_every_kind_comes_back_as_it_was_made_and_alone(access: Access) -> None:
    told = [
        NIGHT,
        ClockCorrection(device_id="medtronic:1", from_s=0, to_s=9, zone="Asia/Kathmandu"),
        Favourite(title="Porridge", kind="carb_entry", fields={"carb_entry": {"carbs_g": 40.0}}),
        SavedMapping(name="My table", columns={"time": "When"}, unit="mmol/L"),
    ]
    for one in told:
        decisions.make(access, one)
    for one in told:
        assert decisions.in_force(access, type(one)) == (one,)


def test_nothing_of_a_decision_is_readable_in_the_database(access: Access) -> None:
    decisions.make(access, NIGHT)
    row = models.Decision.objects.get(patient_id=access.patient_id)
    assert b"lay on it" not in bytes(row.body)


def test_another_record_does_not_have_it_and_both_steps_are_logged(access: Access) -> None:
    made = decisions.make(access, NIGHT)
    with pytest.raises(AccessDenied):
        decisions.withdraw(access, uuid4())
    other = authorise(
        user := make_user("Eve"), create_person(owner=user, zone="Europe/Berlin"), Purpose.WRITE
    )
    with pytest.raises(AccessDenied):
        decisions.withdraw(other, made)
    assert decisions.in_force(other, Exclusion) == ()
    decisions.withdraw(access, made)
    told = AuditEvent.objects.filter(patient=access.patient_id).values_list("action", flat=True)
    assert {"decision.made", "decision.withdrawn"} <= set(told)
