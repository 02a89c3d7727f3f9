"""What a person left out, on the page and in every file of a report."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from glykos.server.patients.models import Person
from glykos.server.sharing import Purpose, authorise
from glykos.server.store import decisions
from glykos.therapy.clock import Window
from glykos.therapy.decisions import Exclusion, ExclusionReason
from tests.browser.record import LAST_DAY, fill
from tests.server.cast import logged_in, make_person

pytestmark = pytest.mark.django_db
DAY = Window(LAST_DAY, LAST_DAY)
LEFT_OUT = "left out of the statistics at your wish"
COUNTED = "that you left out are counted here"


@pytest.fixture
def alice() -> Person:
    person = make_person("Alice")
    fill(person)
    access = authorise(person.owner, person, Purpose.WRITE)
    night = Exclusion(
        from_s=DAY.start_s + 2 * 3600,
        to_s=DAY.start_s + 4 * 3600,
        reason=ExclusionReason.COMPRESSION,
    )
    decisions.make(access, night)
    return person


@pytest.fixture
def client(alice: Person) -> Client:
    return logged_in(alice.owner)


def page(client: Client, person: Person, key: str, query: str = "") -> str:
    address = reverse("viewing:report", args=[person.public_id, key])
    return client.get(address + query).content.decode()


def mean(client: Client, person: Person, query: str) -> float:
    address = reverse("viewing:download", args=[person.public_id, "daily", "json"])
    document = json.loads(client.get(address + query).content)
    stats = [one for block in document["blocks"] for one in block.get("items", ())]
    return float(next(one["value"] for one in stats if one["key"] == "mean"))


@pytest.mark.parametrize("key", ["quick-view", "sensor-overlay", "meal-overlay", "daily"])
def test_the_page_says_it_and_offers_to_show_with_them(
    client: Client, alice: Person, key: str
) -> None:
    html = page(client, alice, key)
    assert LEFT_OUT in html
    assert "Show with the readings you left out" in html
    counted = page(client, alice, key, "?with=excluded")
    assert LEFT_OUT not in counted
    assert COUNTED in counted
    assert "Leave out again" in counted


def test_the_choice_goes_along_to_files_and_other_days(client: Client, alice: Person) -> None:
    html = page(client, alice, "daily", f"?day={LAST_DAY}&with=excluded")
    assert f"daily.pdf?day={LAST_DAY}&amp;with=excluded" in html
    assert 'name="with" value="excluded"' in html


def test_the_files_follow_the_address(client: Client, alice: Person) -> None:
    query = f"?day={LAST_DAY}"
    assert mean(client, alice, query) != mean(client, alice, f"{query}&with=excluded")
    for kind in ("json", "csv"):
        address = reverse("viewing:download", args=[alice.public_id, "daily", kind])
        assert LEFT_OUT in client.get(address + query).content.decode()
        assert COUNTED in client.get(f"{address}{query}&with=excluded").content.decode()


def test_other_days_do_not_mention_it(client: Client, alice: Person) -> None:
    html = page(client, alice, "daily", "?day=2026-03-05")
    assert LEFT_OUT not in html
    assert "Show with the readings" not in html
    assert "left-out/?day=2026-03-05" in html
