"""The pages about devices, clocks and readings left out."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from glykos.formats._reader import Counts, Reading
from glykos.server.patients.models import Person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import decisions, queries
from glykos.server.store.actions import apply_upload
from glykos.server.web import clock
from glykos.therapy.clock import Window, local_time, wall_seconds
from glykos.therapy.decisions import ClockCorrection, Exclusion
from glykos.therapy.records import Bolus, BolusKind, Device, TimeChange
from glykos.therapy.sensor import SensorSeries
from tests.browser.record import LAST_DAY, fill
from tests.server.cast import logged_in, make_person

pytestmark = pytest.mark.django_db
DAY = Window(LAST_DAY, LAST_DAY)


@pytest.fixture
def alice() -> Person:
    person = make_person("Alice")
    person.zone = "Europe/Berlin"
    person.save()
    fill(person)
    return person


@pytest.fixture
def client(alice: Person) -> Client:
    return logged_in(alice.owner)


def access_to(person: Person) -> Access:
    return authorise(person.owner, person, Purpose.WRITE)


def page(client: Client, person: Person, name: str, query: str = "") -> str:
    answer = client.get(reverse(f"correcting:{name}", args=[person.public_id]) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, person: Person, name: str, data: dict[str, str], status: int) -> str:
    answer = client.post(reverse(f"correcting:{name}", args=[person.public_id]), data)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def zone_form(**changed: str) -> dict[str, str]:
    told = {
        "kind": "zone",
        "device": "1",
        "zone": "America/New_York",
        "start_day": "2026-03-01",
        "start_time": "00:00",
        "end_day": "2026-03-16",
        "end_time": "00:00",
    }
    return {f"zone-{name}": value for name, value in (told | changed).items()}


def shown_form(**changed: str) -> dict[str, str]:
    told = {
        "kind": "shown",
        "device": "1",
        "start_day": "2026-03-10",
        "start_time": "20:00",
        "real_day": "2026-03-10",
        "real_time": "08:00",
        "end_day": "2026-03-12",
        "end_time": "00:00",
    }
    return {f"shown-{name}": value for name, value in (told | changed).items()}


def left_out_form(**changed: str) -> dict[str, str]:
    told = {
        "device": "0",
        "start_day": str(LAST_DAY),
        "start_time": "02:00",
        "end_day": str(LAST_DAY),
        "end_time": "04:00",
        "reason": "compression",
        "note": "",
    }
    return told | changed


# --- clocks ----------------------------------------------------------------------------------


def test_each_device_is_listed_with_its_days_and_files(client: Client, alice: Person) -> None:
    html = page(client, alice, "devices")
    for device in queries.device_list(access_to(alice)):
        assert device.device.model in html
        assert device.device.serial in html
    assert "15 Mar 2026" in html
    assert "export.csv" in html


def test_an_empty_record_has_a_way_to_its_first_file() -> None:
    person = make_person("Nina")
    html = page(logged_in(person.owner), person, "devices")
    assert "There are no devices yet" in html


def test_a_correction_is_shown_before_it_is_made(client: Client, alice: Person) -> None:
    html = post(client, alice, "correct", zone_form(), 200)
    assert "What would change" in html
    assert "America/New York" in html
    assert "becomes" in html
    assert "basal is still worked out" in html
    assert decisions.in_force(access_to(alice), ClockCorrection) == ()


@pytest.mark.parametrize("year", ["0001", "0206", "9999"])
@pytest.mark.parametrize("field", ["start_day", "end_day", "real_day"])
def test_a_year_that_nobody_means_is_asked_again(
    client: Client, alice: Person, field: str, year: str
) -> None:
    html = post(client, alice, "correct", shown_form(**{field: f"{year}-12-31"}), 400)
    assert "year" in html
    if field != "real_day":
        post(client, alice, "left_out", left_out_form(**{field: f"{year}-12-31"}), 400)


def test_only_a_correction_is_taken_back_here(client: Client, alice: Person) -> None:
    favourite = decisions.make(access_to(alice), decisions.Favourite(title="x", kind="note"))
    address = reverse("correcting:take_back", args=[alice.public_id, favourite])
    assert client.post(address, {"from": "left_out"}).status_code == 404
    assert decisions.made(access_to(alice), decisions.Favourite)


def test_a_confirmed_correction_moves_reports_and_can_be_taken_back(
    client: Client, alice: Person
) -> None:
    """New York was 5 hours behind Berlin until 8 March 2026, 4 hours from then on."""
    access = access_to(alice)
    before = [one.at_local for one in queries.read(access, DAY).within(DAY).of(Bolus)]
    post(client, alice, "correct", zone_form() | {"confirm": "on"}, 302)
    [made] = decisions.made(access, ClockCorrection)
    assert made.what.zone == "America/New_York"
    assert made.what.from_s == wall_seconds(local_time(2026, 3, 1))
    after = [one.at_local for one in queries.read(access, DAY).within(DAY).of(Bolus)]
    assert after != before
    assert "was on the time of America/New York" in page(client, alice, "devices")
    address = reverse("correcting:take_back", args=[alice.public_id, made.id])
    assert client.post(address, {"from": "devices"}).status_code == 302
    assert [one.at_local for one in queries.read(access, DAY).within(DAY).of(Bolus)] == before


def test_morning_and_evening_mixed_up(client: Client, alice: Person) -> None:
    html = post(client, alice, "correct", shown_form(), 200)
    assert "was 12 hours ahead" in html
    post(client, alice, "correct", shown_form() | {"confirm": "on"}, 302)
    [made] = decisions.in_force(access_to(alice), ClockCorrection)
    assert made.ahead_s == 12 * 3600


def test_winter_time_all_the_year_is_offered_where_there_is_summer_time(
    client: Client, alice: Person
) -> None:
    html = page(client, alice, "correct", "?device=1")
    assert 'value="Etc/GMT-1"' in html
    assert "winter time all the year (UTC+1)" in html
    post(client, alice, "correct", zone_form(zone="Etc/GMT-1") | {"confirm": "on"}, 302)


@pytest.mark.parametrize(
    "told",
    [
        zone_form(zone="GMT+4"),
        zone_form(zone="Etc/GMT+4"),
        zone_form(zone=""),
        zone_form(device="99"),
        zone_form(end_day="2026-02-01"),
        zone_form(start_time="25:00"),
        shown_form(real_day="2026-03-10", real_time="20:00"),
        shown_form(end_day=""),
        {"something": "else"},
    ],
)
def test_what_makes_no_sense_is_marked_and_changes_nothing(
    client: Client, alice: Person, told: dict[str, str]
) -> None:
    html = post(client, alice, "correct", told | {"confirm": "on"}, 400)
    assert "Nothing is changed yet" in html or "something" in told
    assert decisions.in_force(access_to(alice), ClockCorrection) == ()


def test_a_correction_that_says_nothing_new_says_so(client: Client, alice: Person) -> None:
    html = post(client, alice, "correct", zone_form(zone="Europe/Berlin"), 200)
    assert "nothing would change" in html


def test_the_form_knows_the_clock_change_one_came_from(client: Client, alice: Person) -> None:
    html = page(client, alice, "correct", "?device=1&until=2026-03-03T15:00")
    assert html.count('value="2026-03-03"') == 2
    assert html.count('value="15:00"') == 2


def test_strange_prefills_are_ignored(client: Client, alice: Person) -> None:
    for query in ("?device=x", "?device=-1", "?device=99999999999", "?device=77", "?until=x"):
        page(client, alice, "correct", query)
    page(client, alice, "left_out", "?day=nonsense&page=x")


# --- left out --------------------------------------------------------------------------------


def counted(person: Person) -> tuple[int, int]:
    history = queries.read(access_to(person), DAY)
    return len(history.sensor.within(DAY)), len(history.glucose.within(DAY))


def test_leaving_out_is_seen_in_the_numbers_and_taken_back(client: Client, alice: Person) -> None:
    everything, before = counted(alice)
    post(client, alice, "left_out", left_out_form(note="on my <left> arm"), 302)
    after = counted(alice)
    assert after[0] == everything
    assert after[1] < before
    html = page(client, alice, "left_out")
    assert "Lay on the sensor (compression low): on my &lt;left&gt; arm" in html
    assert f"{before - after[1]} readings of every sensor" in html
    assert f'<td class="number">{after[1]}</td>' in html
    assert f'<td class="number">{before}</td>' in html
    [made] = decisions.made(access_to(alice), Exclusion)
    address = reverse("correcting:take_back", args=[alice.public_id, made.id])
    assert client.post(address, {"from": "left_out"}).status_code == 302
    assert counted(alice) == (everything, before)


def test_the_form_knows_the_day_one_came_from(client: Client, alice: Person) -> None:
    html = page(client, alice, "left_out", f"?day={LAST_DAY}")
    assert html.count(f'value="{LAST_DAY}"') == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"end_time": "02:00"},
        {"end_day": "2026-05-15"},
        {"device": "99"},
        {"reason": "boredom"},
        {"start_time": ""},
        {"note": "x" * 201},
    ],
)
def test_a_wrong_stretch_is_marked_and_nothing_is_left_out(
    client: Client, alice: Person, changed: dict[str, str]
) -> None:
    html = post(client, alice, "left_out", left_out_form(**changed), 400)
    assert "Nothing is left out yet" in html
    assert decisions.in_force(access_to(alice), Exclusion) == ()


def test_times_are_those_of_the_reports_when_a_clock_is_corrected(
    client: Client, alice: Person
) -> None:
    """What is left out are the readings that were shown, wherever the device had them."""
    for number in (1, 2):
        sent = zone_form(device=str(number))
        if (
            client.post(
                reverse("correcting:correct", args=[alice.public_id]), sent | {"confirm": "on"}
            ).status_code
            != 302
        ):
            continue  # one device only
    history = queries.read(access_to(alice), DAY)
    lo, hi = wall_seconds(local_time(2026, 3, 15, 12)), wall_seconds(local_time(2026, 3, 15, 14))
    shown = len(history.glucose.between(lo, hi))
    assert shown
    told = left_out_form(start_time="12:00", end_time="14:00")
    post(client, alice, "left_out", told, 302)
    after = queries.read(access_to(alice), DAY)
    assert len(after.glucose.between(lo, hi)) == 0
    assert len(after.glucose) == len(history.glucose) - shown
    assert "15 Mar 2026, 12:00 to 14:00" in page(client, alice, "left_out")


def test_many_stretches_come_in_pages(client: Client, alice: Person) -> None:
    for hour in range(11):
        sent = left_out_form(start_time=f"{hour:02d}:00", end_time=f"{hour:02d}:30")
        post(client, alice, "left_out", sent, 302)
    first = page(client, alice, "left_out")
    assert "Older" in first
    assert first.count("Look at the day") == 10
    assert page(client, alice, "left_out", "?page=2").count("Look at the day") == 1


def test_a_decision_of_another_record_cannot_be_taken_back(client: Client, alice: Person) -> None:
    address = reverse("correcting:take_back", args=[alice.public_id, uuid4()])
    assert client.post(address, {"from": "left_out"}).status_code == 404
    assert client.post(address, {"from": "https://example.org"}).status_code == 400


def test_clock_changes_that_a_device_noted_are_listed_with_a_way_to_correct() -> None:
    person = make_person("Nina")
    pump = Device(id="pump:1", kind="pump", model="Pump & Co", serial="7")
    change = TimeChange(
        at_local=local_time(2026, 3, 3, 15, 4),
        device_id=pump.id,
        to_local=local_time(2026, 3, 3, 14, 4),
    )
    bolus = Bolus(
        at_local=local_time(2026, 3, 3, 12),
        device_id=pump.id,
        bolus_kind=BolusKind.NORMAL,
        delivered_now_u=1.0,
    )
    reading = Reading(
        format_key="test",
        format_version=1,
        records=(change, bolus),
        sensor=SensorSeries.empty(),
        devices=(pump,),
        counts=Counts(),
        issues=(),
    )
    access = authorise(person.owner, person, Purpose.UPLOAD)
    apply_upload(access, reading, b"x", file_name="x.csv", received_at=clock.now())
    html = page(logged_in(person.owner), person, "devices")
    assert "Its clock was set 1 time" in html
    assert "3 Mar 2026, 15:04 to 3 Mar 2026, 14:04" in html
    assert "?device=1&amp;until=2026-03-03T15:04" in html
    assert "Pump &amp; Co" in html
