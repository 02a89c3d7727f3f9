"""Who told which reading: seen on a page, taken apart, and put together again."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from glykos.formats._reader import Reading
from glykos.server.audit.models import Event as AuditEvent
from glykos.server.patients.models import Person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions, queries
from glykos.server.web import clock
from glykos.therapy.clock import Window, local_time
from glykos.therapy.diary import CarbEntry
from glykos.therapy.records import (
    Bolus,
    BolusEstimate,
    BolusKind,
    Device,
    MeterGlucose,
    MeterOrigin,
    Record,
)
from glykos.therapy.units import Glucose
from tests.server.cast import logged_in, make_person, make_user

pytestmark = pytest.mark.django_db

NOON = local_time(2026, 5, 4, 12)
DAY = NOON.date()
VALUE = Glucose.mgdl_value(141)


@pytest.fixture
def alice() -> Person:
    return make_person("Alice")


def bring(person: Person, name: str, device: Device, *records: Record) -> None:
    access = authorise(person.owner, person, Purpose.UPLOAD)
    reading = Reading(format_key="test", format_version=1, devices=(device,), records=records)
    actions.apply_upload(access, reading, name.encode(), file_name=name, received_at=clock.now())


def bring_both(person: Person) -> None:
    """One finger-stick as the meter and the pump tell it, with the calculator that used it."""
    own = MeterGlucose(
        at_local=NOON, device_id="meter:9", glucose=VALUE, origin=MeterOrigin.METER_UPLOAD
    )
    heard = MeterGlucose(
        at_local=NOON + timedelta(minutes=1),
        device_id="pump:1",
        glucose=VALUE,
        origin=MeterOrigin.LINKED_METER,
    )
    used = BolusEstimate(
        at_local=NOON + timedelta(minutes=2),
        device_id="pump:1",
        glucose_input=VALUE,
        carbs_g=45.0,
        source_id="e",
    )
    bolus = Bolus(
        at_local=NOON + timedelta(minutes=2),
        device_id="pump:1",
        bolus_kind=BolusKind.NORMAL,
        delivered_now_u=4.5,
        estimate_id="e",
    )
    meal = CarbEntry(at_local=NOON, device_id="app:x", carbs_g=45.0, label="soup")
    bring(person, "meter.csv", Device(id="meter:9", kind="meter", model="Meter nine"), own)
    bring(
        person, "pump.csv", Device(id="pump:1", kind="pump", model="Pump one"), heard, used, bolus
    )
    bring(person, "app.csv", Device(id="app:x", kind="app", model="An app"), meal)


def page(client: Client, person: Person, day: str = str(DAY)) -> str:
    answer = client.get(reverse("correcting:readings", args=[person.public_id]), {"day": day})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def send(client: Client, person: Person, what: str, **data: str) -> str:
    address = reverse(f"correcting:{what}", args=[person.public_id])
    answer = client.post(address, {"day": str(DAY), **data}, follow=True)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def names(text: str) -> list[str]:
    return re.findall(r'name="name" value="([0-9a-f]+)"', text)


def sticks(person: Person) -> int:
    access: Access = authorise(person.owner, person, Purpose.VIEW)
    return len(queries.read(access, Window(DAY, DAY)).of(MeterGlucose))


def test_a_reading_names_its_witnesses_devices_and_files(alice: Person) -> None:
    bring_both(alice)
    text = page(logged_in(alice.owner), alice)
    assert text.count("<strong>12:00 Finger-stick 141 mg/dL</strong>") == 1
    assert "Known from the bolus calculator, the meter, the pump." in text
    assert "Finger-stick 141 mg/dL, told by Meter nine in <a" in text
    assert "Finger-stick 141 mg/dL, told by Pump one in <a" in text
    assert {"meter.csv", "pump.csv", "app.csv"} <= set(re.findall(r">(\w+\.csv)<", text))
    assert "12:02 Bolus calculator with 141 mg/dL, told by Pump one" in text
    assert "told 3 times, counts once" in text
    assert "Carbs 45 g (soup), told by An app" in text
    assert "Bolus 4.5 U" in text


def test_two_things_are_told_apart_and_put_together_again(alice: Person) -> None:
    bring_both(alice)
    client = logged_in(alice.owner)
    assert sticks(alice) == 1
    before = names(page(client, alice))
    assert len(before) == 2, "the pump's finger-stick, and the meal in the app"
    for name in before:
        text = send(client, alice, "take_apart", name=name)
    assert sticks(alice) == 2
    assert names(text) == []
    assert "You said that this and Finger-stick 141 mg/dL of Meter nine are two things." in text
    for decision in re.findall(r'name="decision" value="([0-9a-f-]+)"', text):
        text = send(client, alice, "undo_apart", decision=decision)
    assert sticks(alice) == 1
    assert sorted(names(text)) == sorted(before)
    done = AuditEvent.objects.filter(action__startswith="decision.").values_list(
        "action", flat=True
    )
    assert set(done) == {"decision.made", "decision.withdrawn"}


def test_a_second_press_or_an_unknown_name_changes_nothing(alice: Person) -> None:
    bring_both(alice)
    client = logged_in(alice.owner)
    for name in ("", "0" * 24):
        assert "two things already" in send(client, alice, "take_apart", name=name)
    assert "Undone" in send(client, alice, "undo_apart", decision="nonsense")
    assert sticks(alice) == 1


def test_a_day_that_makes_no_sense_is_the_newest_one(alice: Person) -> None:
    client = logged_in(alice.owner)
    assert "There are no readings yet" in page(client, alice, "")
    bring_both(alice)
    for day in ("soon", "9999-12-31", "0001-01-01", ""):
        assert "Monday, 4 May 2026" in page(client, alice, day)
    for day in ("1950-01-01", "2150-12-31"):
        assert "are known of this day" in page(client, alice, day)
    for what in ("take_apart", "undo_apart"):
        answer = client.post(reverse(f"correcting:{what}", args=[alice.public_id]))
        assert answer.status_code == 404


def test_nobody_else_takes_anything_apart(alice: Person) -> None:
    bring_both(alice)
    (name, *_) = names(page(logged_in(alice.owner), alice))
    eve = logged_in(make_user("Eve"))
    for action in ("take_apart", "undo_apart"):
        address = reverse(f"correcting:{action}", args=[alice.public_id])
        assert eve.post(address, {"day": str(DAY), "name": name}).status_code == 404
    assert sticks(alice) == 1


def test_the_report_of_a_day_leads_to_its_readings(alice: Person) -> None:
    bring_both(alice)
    client = logged_in(alice.owner)
    address = reverse("viewing:report", args=[alice.public_id, "daily"])
    text = client.get(address, {"day": str(DAY)}).content.decode()
    assert f"{reverse('correcting:readings', args=[alice.public_id])}?day={DAY}" in text
