"""The upload pages: what is taken, what is answered, and to whom."""

from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from glykos.server.ingest.views import PER_PAGE
from glykos.server.patients.models import Person
from glykos.server.sharing import Purpose, authorise
from glykos.server.store import queries
from glykos.server.store.actions import hold_upload
from glykos.server.store.results import UploadResult, UploadStatus
from glykos.server.web import clock
from tests.browser.record import export, fill
from tests.server.cast import came_in, logged_in, make_person, make_user, prove_again

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Person:
    return make_person("Alice")


@pytest.fixture
def client(alice: Person) -> Client:
    return logged_in(alice.owner)


def send(client: Client, person: Person, *files: tuple[str, bytes], **headers: str) -> str:
    address = reverse("ingest:upload", args=[person.public_id])
    given = [SimpleUploadedFile(name, data) for name, data in files]
    answer = client.post(address, {"files": given}, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def only_upload(person: Person) -> UploadResult:
    (one,) = queries.uploads(authorise(person.owner, person, Purpose.VIEW))
    return one


def test_a_file_and_a_photo_are_told_apart(client: Client, alice: Person) -> None:
    html = send(client, alice, ("export.csv", export()), ("photo.jpg", b"\x00\x01\xff"))
    assert 'data-state="imported"' in html
    assert 'data-state="refused"' in html
    assert "Nothing of this file was used" in html


def test_the_script_gets_the_same_words_without_the_frame(client: Client, alice: Person) -> None:
    html = send(client, alice, ("export.csv", export()), **{"x-fragment": "1"})
    assert html.lstrip().startswith("<article")
    assert "<html" not in html


def test_names_of_files_are_shown_as_text(client: Client, alice: Person) -> None:
    html = send(client, alice, ("<b>bold<b>.csv", b"\x00"))
    assert "<b>bold" not in html
    assert "&lt;b&gt;bold" in html


def test_sending_nothing_is_answered_kindly(client: Client, alice: Person) -> None:
    answer = client.post(reverse("ingest:upload", args=[alice.public_id]))
    assert answer.status_code == 400
    assert b"choose a file" in answer.content


def test_undo_and_use_again(client: Client, alice: Person) -> None:
    fill(alice)
    args = [alice.public_id, only_upload(alice).upload_id]
    client.post(reverse("ingest:undo", args=args))
    assert only_upload(alice).status is UploadStatus.UNDONE
    assert b"Use this file again" in client.get(reverse("ingest:upload_detail", args=args)).content
    client.post(reverse("ingest:answer", args=args))
    assert only_upload(alice).status is UploadStatus.ACTIVE


def test_the_original_comes_back_byte_for_byte_under_a_plain_name(
    alice: Person,
) -> None:
    client = came_in(alice.owner)
    send(client, alice, ("Alice's pump.csv", export()))
    args = [alice.public_id, only_upload(alice).upload_id]
    asked = client.get(reverse("ingest:original", args=args))
    assert asked.status_code == 302
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    prove_again(client)
    answer = client.get(reverse("ingest:original", args=args))
    assert answer.content == export()
    assert answer["Content-Type"] == "application/octet-stream"
    assert "Alice" not in answer["Content-Disposition"]
    assert answer["Content-Disposition"].endswith('.csv"')


def test_dates_in_doubt_are_asked_for_and_the_answer_is_used(client: Client, alice: Person) -> None:
    table = b"time,glucose\n05/03/2026 08:00,100\n06/03/2026 08:05,110\n"
    html = send(client, alice, ("table.csv", table))
    assert 'data-state="question"' in html
    assert "day before month" in html
    waiting = only_upload(alice)
    assert waiting.status is UploadStatus.WAITING
    args = [alice.public_id, waiting.upload_id]
    assert b"Show the question" in client.get(reverse("ingest:upload_detail", args=args)).content
    assert client.post(reverse("ingest:answer", args=args), {"date_order": "x"}).status_code == 400
    answered = client.post(reverse("ingest:answer", args=args), {"date_order": "dmy"})
    assert 'data-state="imported"' in answered.content.decode()


@pytest.mark.parametrize("name", ["ingest:undo", "ingest:answer"])
def test_nobody_else_may_send(alice: Person, name: str) -> None:
    fill(alice)
    one = only_upload(alice)
    eve = make_user("Eve")
    answer = logged_in(eve).post(reverse(name, args=[alice.public_id, one.upload_id]))
    assert answer.status_code == 404
    assert only_upload(alice).status is UploadStatus.ACTIVE


def test_an_upload_of_another_record_is_not_there(alice: Person) -> None:
    client = came_in(alice.owner)
    ben = make_person("Ben")
    fill(ben)
    args = [alice.public_id, only_upload(ben).upload_id]
    prove_again(client)
    assert client.get(reverse("ingest:upload_detail", args=args)).status_code == 404
    assert client.get(reverse("ingest:original", args=args)).status_code == 404
    assert client.post(reverse("ingest:undo", args=args)).status_code == 404
    assert client.post(reverse("ingest:answer", args=[args[0], UUID(int=7)])).status_code == 404


def test_a_request_above_the_limit_is_answered_with_413(
    client: Client, alice: Person, settings: object
) -> None:
    settings.MAX_UPLOAD_BYTES = 1000  # type: ignore[attr-defined]
    address = reverse("ingest:upload", args=[alice.public_id])
    answer = client.post(address, {"files": SimpleUploadedFile("big.csv", b"x" * 5_000_000)})
    assert answer.status_code == 413


# --- the list of files -----------------------------------------------------------------------


def test_each_file_says_what_it_brought_and_what_became_of_its_rows(
    client: Client, alice: Person
) -> None:
    fill(alice)
    one = only_upload(alice)
    html = client.get(reverse("ingest:uploads", args=[alice.public_id])).content.decode()
    assert f"{one.new:,} new, {one.known:,} already there" in html
    assert f"{one.counts.imported:,} used, {one.counts.duplicate:,} repeated" in html
    assert f"{one.counts.rejected:,} not readable" in html
    assert reverse("ingest:undo", args=[alice.public_id, one.upload_id]) in html
    assert reverse("ingest:original", args=[alice.public_id, one.upload_id]) in html
    assert "Use again" not in html
    detail = reverse("ingest:upload_detail", args=[alice.public_id, one.upload_id])
    shown = client.get(detail).content.decode()
    assert f"This file added {one.new:,} things that no other file had told" in shown
    for kind in one.kinds:
        assert kind.title in shown


def test_two_hundred_files_come_in_pages(client: Client, alice: Person) -> None:
    access = authorise(alice.owner, alice, Purpose.UPLOAD)
    for number in range(PER_PAGE + 1):
        hold_upload(access, b"%d" % number, file_name=f"{number}.csv", received_at=clock.now())
    address = reverse("ingest:uploads", args=[alice.public_id])
    first = client.get(address).content.decode()
    assert first.count("Needs your answer") == PER_PAGE
    assert f"{PER_PAGE + 1} files, newest first" in first
    assert "Older" in first
    last = client.get(f"{address}?page=2").content.decode()
    assert last.count("Needs your answer") == 1
    assert "Newer" in last
    assert "Older" not in last
    assert "Nothing older" in client.get(f"{address}?page=7").content.decode()
    assert client.get(f"{address}?page=-1").content.decode().count("Needs your answer") == PER_PAGE
