"""The page of leaving: who proves who they are gets the file, and an empty record takes one."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from glykos.server.ingest import actions as ingest
from glykos.server.patients.actions import create_person
from glykos.server.patients.models import Person
from glykos.server.sharing import Purpose, authorise
from glykos.server.store import everything
from tests.formats.samples import SAMPLES
from tests.server.cast import came_in, logged_in, make_person, make_user, prove_again

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Person:
    person = make_person("Alice")
    access = authorise(person.owner, person, Purpose.UPLOAD)
    ingest.receive(access, [("pump.csv", SAMPLES["carelink_multi"])])
    return person


def archive_of(client: Client, person: Person) -> bytes:
    prove_again(client)
    answer = client.get(reverse("leaving:save", args=[person.public_id]))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[arg-type, attr-defined]


def bring(client: Client, person: Person, data: bytes) -> object:
    file = SimpleUploadedFile("all.zip", data)
    where = reverse("leaving:bring_in", args=[person.public_id])
    return client.post(where, {"archive": file}, follow=True)


def test_the_file_is_given_after_a_second_look_under_a_plain_name(alice: Person) -> None:
    client = came_in(alice.owner)
    where = reverse("leaving:save", args=[alice.public_id])
    asked = client.get(where)
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    data = archive_of(client, alice)
    name = client.get(where)["Content-Disposition"]
    assert "Alice" not in name
    assert "README.txt" in zipfile.ZipFile(io.BytesIO(data)).namelist()


def test_another_empty_record_takes_it_and_a_full_one_does_not(alice: Person) -> None:
    client = came_in(alice.owner)
    data = archive_of(client, alice)
    child = create_person(owner=alice.owner, name="Kim")
    answer = bring(client, child, data)
    assert "Everything is in. Files: 1." in answer.content.decode()  # type: ignore[attr-defined]
    again = bring(client, child, data)
    assert again.status_code == 400  # type: ignore[attr-defined]
    assert "never mixed" in again.content.decode()  # type: ignore[attr-defined]


def test_a_wrong_or_missing_file_is_answered_kindly(alice: Person) -> None:
    client = came_in(alice.owner)
    child = create_person(owner=alice.owner, name="Kim")
    wrong = bring(client, child, SAMPLES["plain_csv"])
    assert "does not hold everything" in wrong.content.decode()  # type: ignore[attr-defined]
    where = reverse("leaving:bring_in", args=[child.public_id])
    missing = client.post(where)
    assert missing.status_code == 400
    assert "There is no file" in missing.content.decode()


def test_nobody_else_may_fill_a_record(alice: Person) -> None:
    data = archive_of(came_in(alice.owner), alice)
    child = create_person(owner=alice.owner, name="Kim")
    answer = bring(logged_in(make_user("Eve")), child, data)
    assert answer.status_code == 404  # type: ignore[attr-defined]
    access = authorise(alice.owner, child, Purpose.VIEW)
    assert everything.is_empty(access)
