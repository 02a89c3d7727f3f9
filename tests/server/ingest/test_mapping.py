"""A table that Glykos does not know: asked about, shown, brought in, and remembered."""

import re
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from glykos.server.ingest import actions as ingest
from glykos.server.ingest.actions import OutcomeState, QuestionKind
from glykos.server.patients.models import Person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import decisions, queries
from glykos.server.store.decisions import Favourite, SavedMapping
from glykos.server.store.results import UploadStatus
from glykos.therapy.clock import Window
from glykos.therapy.diary import CarbEntry
from tests.server.cast import logged_in, make_person, make_user

pytestmark = pytest.mark.django_db
DIARY = b"Wann;Zucker (mmol/L);KH\n14.03.2024 08:00;5,6;45\n14.03.2024 12:30;6,1;\n"
NEXT_WEEK = b"Wann;Zucker (mmol/L);KH\n21.03.2024 08:00;7,2;30\n"
CHOICE = {"column_0": "time", "column_1": "meter", "column_2": "carbs"}


@pytest.fixture
def alice() -> Person:
    return make_person("Alice")


@pytest.fixture
def access(alice: Person) -> Access:
    return authorise(alice.owner, alice, Purpose.UPLOAD)


@pytest.fixture
def client(alice: Person) -> Client:
    return logged_in(alice.owner)


def held(access: Access, data: bytes = DIARY) -> UUID:
    (outcome,) = ingest.receive(access, [("diary.csv", data)])
    assert outcome.question is QuestionKind.COLUMNS
    assert outcome.upload_id is not None
    return outcome.upload_id


def page(person: Person, upload_id: UUID) -> str:
    return reverse("ingest:columns", args=[person.public_id, upload_id])


def carbs(access: Access) -> list[float]:
    span = queries.span(access)
    assert isinstance(span, Window)
    return [entry.carbs_g for entry in queries.read(access, span).of(CarbEntry)]


def test_an_unknown_table_is_kept_and_asked_about(access: Access) -> None:
    upload_id = held(access)
    assert queries.upload(access, upload_id).status is UploadStatus.WAITING
    assert queries.span(access) is None


def test_only_a_saved_mapping_is_forgotten_here(
    client: Client, alice: Person, access: Access
) -> None:
    other = decisions.make(access, Favourite(title="x", kind="note"))
    address = reverse("ingest:forget_mapping", args=[alice.public_id, other])
    assert client.post(address).status_code == 404
    assert decisions.made(access, Favourite)


def test_what_is_no_table_is_refused(access: Access) -> None:
    files = [("a.html", b"<html>a, b, c</html>"), ("b.json", b'{"a": 1, "b": 2}'), ("c", b"hello")]
    outcomes = ingest.receive(access, files)
    assert {outcome.state for outcome in outcomes} == {OutcomeState.REFUSED}
    assert all(outcome.message and outcome.hint for outcome in outcomes)


def test_the_page_shows_the_columns_and_their_first_values(
    client: Client, alice: Person, access: Access
) -> None:
    html = client.get(page(alice, held(access))).content.decode()
    for text in ("Zucker (mmol/L)", "14.03.2024 08:00", "5,6", "Sensor glucose", "Ketones"):
        assert text in html


def test_the_first_rows_are_shown_as_understood_and_nothing_is_used_yet(
    client: Client, alice: Person, access: Access
) -> None:
    upload_id = held(access)
    html = client.post(page(alice, upload_id), CHOICE | {"do": "show"}).content.decode()
    assert "14 Mar 2024, 08:00:00" in html
    assert "Meter glucose <strong>5.6 mmol/L</strong>" in html
    assert "Carbohydrate <strong>45 g</strong>" in html
    assert "2 would be used" in html
    assert queries.upload(access, upload_id).status is UploadStatus.WAITING


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"column_1": "meter"}, "column with the time"),
        ({"column_0": "time"}, "column with values"),
        ({"column_0": "time", "column_1": "meter", "column_2": "meter"}, "more than one column"),
        ({"column_0": "time", "column_1": "value"}, "only work together"),
        ({"column_0": "carbs", "column_1": "time", "do": "show"}, "No row of the table"),
    ],
)
def test_a_choice_that_cannot_work_is_answered_kindly(
    client: Client, alice: Person, access: Access, choice: dict[str, str], said: str
) -> None:
    upload_id = held(access)
    answer = client.post(page(alice, upload_id), {"do": "use"} | choice)
    assert said in answer.content.decode()
    assert queries.upload(access, upload_id).status is UploadStatus.WAITING


def test_bringing_it_in_uses_the_table_and_keeps_the_mapping(
    client: Client, alice: Person, access: Access
) -> None:
    sent = CHOICE | {"do": "use", "name": "My diary"}
    html = client.post(page(alice, held(access)), sent).content.decode()
    assert 'data-state="imported"' in html
    assert carbs(access) == [45]
    (saved,) = decisions.in_force(access, SavedMapping)
    assert saved.name == "My diary"
    assert saved.columns == {"time": "Wann", "meter": "Zucker (mmol/L)", "carbs": "KH"}


def test_the_next_table_with_the_same_header_is_read_without_asking(
    client: Client, alice: Person, access: Access
) -> None:
    client.post(page(alice, held(access)), CHOICE | {"do": "use", "name": "My diary"})
    (outcome,) = ingest.receive(access, [("next.csv", NEXT_WEEK)])
    assert outcome.state is OutcomeState.IMPORTED
    assert outcome.mapping == "My diary"
    assert carbs(access) == [45, 30]
    other_header = NEXT_WEEK.replace(b"KH", b"BE")
    (outcome,) = ingest.receive(access, [("other.csv", other_header)])
    assert outcome.question is QuestionKind.COLUMNS


def test_a_saved_mapping_is_offered_and_can_be_deleted(
    client: Client, alice: Person, access: Access
) -> None:
    client.post(page(alice, held(access)), CHOICE | {"do": "use", "name": "My diary"})
    (saved,) = decisions.made(access, SavedMapping)
    other = page(alice, held(access, b"Wann;KH\n14.03.2024 08:00;45\n"))
    assert "My diary" in client.get(other).content.decode()
    html = client.get(f"{other}?saved={saved.id}").content.decode()
    assert re.search(r'name="column_1".*?value="carbs" selected', html, re.DOTALL)
    upload = reverse("ingest:upload", args=[alice.public_id])
    assert "My diary" in client.get(upload).content.decode()
    client.post(reverse("ingest:forget_mapping", args=[alice.public_id, saved.id]))
    assert decisions.in_force(access, SavedMapping) == ()
    assert carbs(access) == [45]


def test_a_mapping_saved_again_replaces_the_older_one(
    client: Client, alice: Person, access: Access
) -> None:
    for data in (DIARY, DIARY.replace(b"2024", b"2023")):
        (outcome,) = ingest.receive(access, [("diary.csv", data)])
        for saved in decisions.made(access, SavedMapping):
            decisions.withdraw(access, saved.id)
            (outcome,) = ingest.receive(access, [("diary.csv", data + b"\n")])
        assert outcome.upload_id is not None
        client.post(page(alice, outcome.upload_id), CHOICE | {"do": "use", "name": "My diary"})
    assert len(decisions.in_force(access, SavedMapping)) == 1


def test_dates_that_can_be_read_two_ways_are_the_next_question(
    client: Client, alice: Person, access: Access
) -> None:
    upload_id = held(access, b"Wann,KH\n03/04/2024 08:00,45\n")
    choice = {"column_0": "time", "column_1": "carbs"}
    html = client.post(page(alice, upload_id), choice | {"do": "show"}).content.decode()
    assert "2024-04-03" in html
    assert "2024-03-04" in html
    html = client.post(page(alice, upload_id), choice | {"do": "use"}).content.decode()
    assert "3 April 2024" in html
    assert "4 March 2024" in html
    outcome = ingest.answer(access, upload_id, date_order="dmy")
    assert outcome.state is OutcomeState.IMPORTED
    assert carbs(access) == [45]


def test_a_unit_that_cannot_be_told_is_asked_for(
    client: Client, alice: Person, access: Access
) -> None:
    data = b"time,glucose\n2024-03-01 08:00,5.5\n2024-03-01 08:05,120\n"
    upload_id = held(access, data)
    sent = {"column_0": "time", "column_1": "glucose", "do": "use"}
    assert (
        "The unit of glucose cannot be told"
        in client.post(page(alice, upload_id), sent).content.decode()
    )
    html = client.post(page(alice, upload_id), sent | {"unit": "mg/dL"}).content.decode()
    assert 'data-state="imported"' in html


def test_a_sheet_of_a_workbook_is_chosen(client: Client, alice: Person, access: Access) -> None:
    book, data = Workbook(), BytesIO()
    for name, grams in (("May", 10), ("June", 20)):
        sheet = book.create_sheet(name)
        sheet.append(["When", "Eaten"])
        sheet.append(["2024-05-01 08:00", grams])
    book.save(data)
    address = page(alice, held(access, data.getvalue()))
    html = client.get(f"{address}?sheet=1").content.decode()
    assert "June" in html
    choice = {"column_0": "time", "column_1": "carbs", "sheet": "1", "do": "use"}
    assert 'data-state="imported"' in client.post(address, choice).content.decode()
    assert carbs(access) == [20]


def test_a_table_in_use_is_not_asked_about_again(
    client: Client, alice: Person, access: Access
) -> None:
    upload_id = held(access)
    client.post(page(alice, upload_id), CHOICE | {"do": "use"})
    assert client.get(page(alice, upload_id)).status_code == 302


def test_nobody_else_sees_the_table(alice: Person, access: Access) -> None:
    eve = logged_in(make_user("Eve"))
    address = page(alice, held(access))
    assert eve.get(address).status_code == 404
    assert eve.post(address, CHOICE | {"do": "use"}).status_code == 404


def test_the_files_of_an_archive_count_one_by_one(client: Client, alice: Person) -> None:
    bag = BytesIO()
    with ZipFile(bag, "w") as archive:
        archive.writestr("mail/good.csv", "time,glucose\n2024-03-01 08:00,100\n")
        archive.writestr("mail/photo.jpg", b"\x89PNG\x00\x01")
        archive.writestr("diary.csv", DIARY)
    sent = {"files": [SimpleUploadedFile("all.zip", bag.getvalue())]}
    html = client.post(reverse("ingest:upload", args=[alice.public_id]), sent).content.decode()
    states = re.findall(r'data-state="(\w+)"', html)
    assert states == ["imported", "refused", "question"]
    assert "good.csv (all.zip)" in html


def test_a_broken_archive_is_refused_with_a_reason(access: Access) -> None:
    (outcome,) = ingest.receive(access, [("broken.zip", b"PK\x03\x04 and then nothing")])
    assert outcome.state is OutcomeState.REFUSED
    assert "archive is broken" in outcome.message
