"""Report pages and their files: what is answered, to whom, under which name."""

import json
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from glykos.reports import REPORTS
from glykos.server.audit.models import Event
from glykos.server.patients.models import Person
from glykos.server.sharing import Purpose, authorise
from glykos.server.store import entries
from glykos.server.viewing import looks
from glykos.therapy.clock import local_time
from glykos.therapy.diary import Note
from tests.browser.record import LAST_DAY, fill
from tests.server.cast import logged_in, make_person

pytestmark = pytest.mark.django_db
KEYS = [report.key for report in REPORTS]


@pytest.fixture
def alice() -> Person:
    person = make_person("Alice")
    fill(person)
    return person


@pytest.fixture
def client(alice: Person) -> Client:
    return logged_in(alice.owner)


def page(person: Person, key: str, **query: str) -> tuple[str, dict[str, str]]:
    return reverse("viewing:report", args=[person.public_id, key]), query


def test_overview_offers_every_report_and_says_how_new_the_data_are(
    client: Client, alice: Person
) -> None:
    html = client.get(reverse("viewing:person", args=[alice.public_id])).content.decode()
    for report in REPORTS:
        assert report.title in html
    assert f"{LAST_DAY.day} March {LAST_DAY.year}" in html
    assert "Not available" not in html


@pytest.mark.parametrize("key", KEYS)
def test_every_report_shows_a_chart_and_the_way_to_its_files(
    client: Client, alice: Person, key: str
) -> None:
    html = client.get(*page(alice, key)).content.decode()
    assert "<svg" in html
    for kind in ("pdf", "json", "csv"):
        assert f"reports/{key}.{kind}?" in html


@pytest.mark.parametrize("query", ["nonsense", "2026-02-30", "0001-01-01", "-", "2026-03-15' OR 1"])
def test_dates_that_make_no_sense_are_answered_kindly(
    client: Client, alice: Person, query: str
) -> None:
    answer = client.get(*page(alice, "quick-view", **{"from": query}))
    assert answer.status_code == 400
    assert b"Choose the days" in answer.content
    assert b'name="from"' in answer.content


def test_days_without_data_lead_to_days_that_have_some(client: Client, alice: Person) -> None:
    answer = client.get(*page(alice, "daily", day="1999-01-01"))
    assert answer.status_code == 200
    assert b"Nothing to show" in answer.content
    assert b"?day=2026-0" in answer.content


def test_an_unknown_report_and_an_unknown_kind_of_file_are_not_there(
    client: Client, alice: Person
) -> None:
    assert client.get(*page(alice, "horoscope")).status_code == 404
    address = reverse("viewing:download", args=[alice.public_id, "quick-view", "exe"])
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("kind", ["pdf", "json", "csv"])
def test_file_names_say_what_and_when_but_never_who(
    client: Client, alice: Person, kind: str
) -> None:
    address = reverse("viewing:download", args=[alice.public_id, "quick-view", kind])
    answer = client.get(address, {"from": "2026-03-02", "to": "2026-03-15"})
    assert answer.status_code == 200
    expected = f'attachment; filename="glykos-quick-view-2026-03-02-to-2026-03-15.{kind}"'
    assert answer["Content-Disposition"] == expected
    assert answer["Cache-Control"] == "no-store"
    assert alice.name not in answer["Content-Disposition"]


def test_page_and_file_show_the_same_number(client: Client, alice: Person) -> None:
    html = client.get(*page(alice, "quick-view")).content.decode()
    address = reverse("viewing:download", args=[alice.public_id, "quick-view", "json"])
    data = json.loads(client.get(address).content)
    text = json.dumps(data)
    tile = html.split('data-key="')[1]
    key = tile.split('"')[0]
    shown = tile.split('class="r-value">')[1].split("<")[0]
    assert key in text
    assert f'"{shown}"' in text


def test_handing_out_a_file_is_written_down(client: Client, alice: Person) -> None:
    address = reverse("viewing:download", args=[alice.public_id, "quick-view", "csv"])
    client.get(address)
    exported = Event.objects.get(action="report.exported")
    assert (exported.patient, exported.obj) == (str(alice.patient_id), "quick-view")
    listed = client.get(reverse("viewing:looks", args=[alice.public_id])).content.decode()
    assert "saved a report as a file" in listed


def test_nothing_that_was_done_is_left_out_of_the_list(
    client: Client, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks, "_PER_PAGE", 2)
    access = authorise(alice.owner, alice, Purpose.VIEW)
    for key in KEYS:
        client.get(reverse("viewing:download", args=[alice.public_id, key, "csv"]))
    known = Event.objects.filter(patient=str(alice.patient_id)).count()
    address = reverse("viewing:looks", args=[alice.public_id])
    times, query, pages = 0, "", 0
    while query is not None and pages <= known:
        pages += 1
        times += sum(look.times for look in looks.looks(access, pages)[0])
        html = client.get(address + query).content.decode()
        query = f"?page={pages + 1}" if ">Older<" in html else None
        assert (">Newer<" in html) is (pages > 1)
    assert (times, pages) == (known, -(-known // 2))
    assert "Nothing older" in client.get(address, {"page": "99999"}).content.decode()
    assert client.get(address, {"page": "-1"}).status_code == 200


def test_bad_dates_give_no_file_and_empty_days_lead_back_to_the_page(
    client: Client, alice: Person
) -> None:
    address = reverse("viewing:download", args=[alice.public_id, "daily", "pdf"])
    assert client.get(address, {"day": "x"}).status_code == 404
    answer = client.get(address, {"day": "1999-01-01"})
    assert answer.status_code == 302
    assert answer["Location"] == f"{page(alice, 'daily')[0]}?{_one_day(date(1999, 1, 1))}"


def _one_day(day: date) -> str:
    return f"from={day}&to={day}"


def test_report_pages_are_compressed_and_never_kept(client: Client, alice: Person) -> None:
    answer = client.get(*page(alice, "quick-view"), headers={"accept-encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert answer["Cache-Control"] == "no-store"


def test_a_new_record_is_led_to_its_first_upload() -> None:
    person = make_person("Eve")
    visitor = logged_in(person.owner)
    for address in (
        reverse("viewing:person", args=[person.public_id]),
        page(person, "quick-view")[0],
    ):
        answer = visitor.get(address)
        assert reverse("ingest:upload", args=[person.public_id]).encode() in answer.content


def test_one_entry_of_today_does_not_empty_the_newest_days(client: Client, alice: Person) -> None:
    access = authorise(alice.owner, alice, Purpose.WRITE)
    late = local_time(LAST_DAY.year + 1, 1, 1, 8)
    entries.write(access, Note(at_local=late, device_id="", text="back again"))
    html = client.get(reverse("viewing:person", args=[alice.public_id])).content.decode()
    assert f"to={LAST_DAY.isoformat()}" in html
    assert f"1 January {late.year}" in html  # the logbook is known to be newer
    html = client.get(*page(alice, KEYS[0])).content.decode()
    assert f"to={LAST_DAY.isoformat()}" in html
    assert 'rel="next"' in html
