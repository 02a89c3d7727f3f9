"""The pages of the logbook: adding, asking, repeating, changing, deleting, bringing back."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse

from glykos.formats._reader import Reading
from glykos.server.audit.models import Event as AuditEvent
from glykos.server.patients.models import Person
from glykos.server.sharing import Access, Purpose, authorise
from glykos.server.store import actions, decisions, entries, models, queries
from glykos.server.store.decisions import Favourite
from glykos.server.web import clock
from glykos.therapy import diary as d
from glykos.therapy.clock import Window, from_wall_seconds, local_time, wall_seconds
from glykos.therapy.records import (
    Bolus,
    BolusEstimate,
    BolusKind,
    Device,
    MeterGlucose,
    Record,
    StopReason,
    Suspend,
)
from glykos.therapy.sensor import SensorSeries
from glykos.therapy.units import Glucose, GlucoseScale
from tests.server.cast import logged_in, make_person, make_user
from tests.server.store.test_sealed import stored_values

pytestmark = pytest.mark.django_db
#: 14:30 on 5 March in Berlin.
MOMENT = datetime(2026, 3, 5, 13, 30, tzinfo=UTC)
DAY = Window(date(2026, 3, 5), date(2026, 3, 5))
JUICE = {"kind": "carbs", "carbs_g": "15", "label": "Juice"}


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks: Iterator[int] = iter(range(10_000))
    monkeypatch.setattr(clock, "now", lambda: MOMENT + timedelta(seconds=next(ticks) // 50))


@pytest.fixture
def person() -> Person:
    made = make_person("Alice")
    made.zone, made.unit = "Europe/Berlin", "mmol/L"
    made.save()
    return made


@pytest.fixture
def client(person: Person) -> Client:
    return logged_in(person.owner)


@pytest.fixture
def access(person: Person) -> Access:
    return authorise(person.owner, person, Purpose.WRITE)


def url(person: Person, name: str, *args: object) -> str:
    return reverse(f"logbook:{name}", args=[person.public_id, *args])


def send(client: Client, person: Person, **answers: Any) -> Any:
    return client.post(url(person, "add"), answers, follow=True)


def kept(access: Access) -> list[Record]:
    year = Window(date(2025, 3, 1), date(2026, 12, 31))
    return [one.record for one in entries.entries(access, year)]


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


# --- adding ------------------------------------------------------------------------------------


def test_what_happened_is_saved_and_shown_with_an_undo(
    client: Client, person: Person, access: Access
) -> None:
    answer = send(
        client,
        person,
        kind="together",
        carbs_g="30",
        glucose="7,2",
        glucose_unit="mmol/L",
        dose_u="3",
        own_brand="Fiasp",
        text="toast",
    )
    assert "Saved:" in text(answer)
    assert "30 g carbs + 7.2 mmol/L + 3 U Fiasp + toast, at 14:30" in text(answer)
    assert len(kept(access)) == 4
    [meter] = queries.read(access, DAY).of(MeterGlucose)
    assert meter.glucose == Glucose(72, GlucoseScale.MMOLL_TENTHS)
    ids = [str(one.id) for one in entries.entries(access, DAY)]
    undone = client.post(url(person, "remove"), {"entry": ids}, follow=True)
    assert "Removed:" in text(undone)
    assert kept(access) == []
    back = client.post(url(person, "bring_back"), {"entry": ids}, follow=True)
    assert "Saved:" in text(back)
    assert len(kept(access)) == 4


def test_nothing_of_it_is_in_the_address_or_the_session(client: Client, person: Person) -> None:
    answer = send(client, person, **JUICE)
    address = answer.redirect_chain[-1][0]
    query = parse_qs(address.partition("?")[2])
    assert set(query) == {"day", "saved"}
    assert UUID(query["saved"][0])
    client.post(url(person, "favourites"), {"entry": query["saved"]})
    assert "uice" not in repr(dict(client.session.items()))


def test_the_same_page_sent_twice_is_saved_once(
    client: Client, person: Person, access: Access
) -> None:
    once = str(uuid4())
    send(client, person, once=once, **JUICE)
    assert "Saved:" in text(send(client, person, once=once, **JUICE))
    assert len(kept(access)) == 1
    send(client, person, once=once, **{**JUICE, "carbs_g": "20"})
    assert len(kept(access)) == 2


def test_a_wrong_number_keeps_what_was_typed(
    client: Client, person: Person, access: Access
) -> None:
    answer = send(client, person, **{**JUICE, "carbs_g": "fifteen"})
    assert answer.status_code == 400
    assert 'value="fifteen"' in text(answer)
    assert 'value="Juice"' in text(answer)
    assert kept(access) == []


def test_a_slip_of_the_unit_is_asked_about_and_mended_with_one_button(
    client: Client, person: Person, access: Access
) -> None:
    sent = {"kind": "glucose", "glucose": "120", "glucose_unit": "mmol/L"}
    asked = send(client, person, **sent)
    assert "Glucose of 120 mmol/L is unusual" in text(asked)
    assert kept(access) == []
    send(client, person, **sent, instead="glucose_unit=mg%2FdL")
    [meter] = queries.read(access, DAY).of(MeterGlucose)
    assert meter.glucose == Glucose(120, GlucoseScale.MGDL)


def test_the_unlikely_is_saved_when_it_is_confirmed(
    client: Client, person: Person, access: Access
) -> None:
    sent = {"kind": "carbs", "carbs_g": "400"}
    asked = send(client, person, **sent)
    assert asked.context["question"].key == "carbs_g=400 g"
    assert 'value="carbs_g=400 g"' in text(asked)
    send(client, person, **sent, confirm="carbs_g=400 g")
    assert len(kept(access)) == 1


def test_several_questions_come_one_after_the_other(
    client: Client, person: Person, access: Access
) -> None:
    sent = {"kind": "together", "carbs_g": "400", "glucose": "120", "glucose_unit": "mmol/L"}
    first = send(client, person, **sent).context["question"]
    second = send(client, person, **sent, confirm=first.key).context
    assert second["question"].key != first.key
    assert second["confirmed"] == [first.key]
    send(client, person, **sent, confirmed=[first.key], confirm=second["question"].key)
    assert len(kept(access)) == 2


def test_after_midnight_a_late_time_may_be_yesterdays(
    client: Client, person: Person, access: Access
) -> None:
    send(client, person, **JUICE, time="23:45", instead="day=2026-03-04")
    [only] = kept(access)
    assert only.at_local == local_time(2026, 3, 4, 23, 45)


@pytest.mark.parametrize("kind", ["nonsense", ""])
def test_an_unknown_kind_is_not_there(client: Client, person: Person, kind: str) -> None:
    assert client.get(url(person, "add"), {"kind": kind}).status_code == 404
    assert client.post(url(person, "add"), {"kind": kind}).status_code == 404


# --- favourites --------------------------------------------------------------------------------


def favourite(client: Client, person: Person, access: Access, **answers: str) -> UUID:
    send(client, person, **answers)
    ids = [str(one.id) for one in entries.entries(access, DAY)]
    client.post(url(person, "favourites"), {"entry": ids})
    client.post(url(person, "remove"), {"entry": ids})
    [made] = decisions.made(access, Favourite)
    return made.id


def test_a_favourite_is_repeated_with_the_time_now_and_can_be_undone(
    client: Client, person: Person, access: Access
) -> None:
    known = favourite(
        client, person, access, kind="together", carbs_g="30", dose_u="3", own_brand="Fiasp"
    )
    assert "30 g carbs + 3 U Fiasp" in text(client.get(url(person, "day")))
    answer = client.post(url(person, "repeat", known), {"once": str(uuid4())}, follow=True)
    assert "Saved:" in text(answer)
    carbs, insulin = kept(access)
    assert isinstance(carbs, d.CarbEntry)
    assert isinstance(insulin, d.Injection)
    assert (carbs.carbs_g, insulin.dose_u, insulin.insulin) == (30.0, 3.0, d.InsulinKind.RAPID)
    assert f"{carbs.at_local:%Y-%m-%d %H:%M}" == "2026-03-05 14:30"


def test_two_taps_on_one_page_are_one_meal(client: Client, person: Person, access: Access) -> None:
    known, once = favourite(client, person, access, **JUICE), str(uuid4())
    for _ in range(2):
        client.post(url(person, "repeat", known), {"once": once})
    assert len(kept(access)) == 1
    client.post(url(person, "repeat", known), {"once": str(uuid4())})
    assert len(kept(access)) == 2


def test_what_was_measured_is_never_repeated(
    client: Client, person: Person, access: Access
) -> None:
    favourite(
        client,
        person,
        access,
        kind="together",
        carbs_g="30",
        glucose="7.2",
        glucose_unit="mmol/L",
    )
    [made] = decisions.in_force(access, Favourite)
    assert made.fields == {"carb_entry": {"carbs_g": 30.0}}
    send(client, person, kind="ketones", mmol_per_l="0.4")
    ids = [str(one.id) for one in entries.entries(access, DAY)]
    answer = client.post(url(person, "favourites"), {"entry": ids}, follow=True)
    assert "Measured values cannot be repeated" in text(answer)


def test_a_favourite_is_kept_once_renamed_filled_in_and_removed(
    client: Client, person: Person, access: Access
) -> None:
    known = favourite(client, person, access, **JUICE)
    answer = send(client, person, **JUICE)
    assert "Keep as a favourite" not in text(answer)
    change = url(person, "change_favourite", known)
    client.post(change, {"title": "Morning juice"})
    [made] = decisions.made(access, Favourite)
    assert made.what.title == "Morning juice"
    assert "Morning juice" in text(client.get(url(person, "favourites")))
    filled = client.get(url(person, "add"), {"favourite": str(made.id)})
    assert 'value="Juice"' in text(filled)
    assert 'value="15"' in text(filled)
    client.post(url(person, "change_favourite", made.id), {"remove": "1"})
    assert decisions.in_force(access, Favourite) == ()
    assert len(kept(access)) == 1


def test_looking_at_the_favourites_is_written_down(
    client: Client, person: Person, access: Access
) -> None:
    favourite(client, person, access, **JUICE)
    reads = AuditEvent.objects.filter(patient=access.patient_id, action="history.read")
    before = reads.count()
    client.get(url(person, "favourites"))
    assert reads.count() == before + 1


def test_the_overview_has_the_favourites_and_the_way_in(
    client: Client, person: Person, access: Access
) -> None:
    overview = reverse("viewing:person", args=[person.public_id])
    assert "Write into the logbook" in text(client.get(overview))
    known = favourite(client, person, access, **JUICE)
    send(client, person, **JUICE)
    shown = text(client.get(overview))
    assert url(person, "repeat", known) in shown
    assert "Write something down" in shown


# --- changing ----------------------------------------------------------------------------------


def test_an_entry_is_changed_and_its_history_shown(
    client: Client, person: Person, access: Access
) -> None:
    id_ = entries.write(access, d.Note(at_local=local_time(2026, 3, 5, 9), device_id="", text="a"))
    page = url(person, "entry", id_)
    sent = {"text": "b", "day": "2026-03-05", "time": "09:00", "rev": "1"}
    answer = client.post(page, sent, follow=True)
    assert "Changed:" in text(answer)
    shown = text(client.get(page))
    assert "Note: b" in shown
    assert "Note: a" in shown


def test_a_change_is_checked_and_asked_about_like_a_new_entry(
    client: Client, person: Person, access: Access
) -> None:
    at = local_time(2026, 3, 5, 9)
    id_ = entries.write(access, d.CarbEntry(at_local=at, device_id="", carbs_g=30))
    page = url(person, "entry", id_)
    sent = {"day": "2026-03-05", "time": "09:00", "rev": "1"}
    assert client.post(page, {**sent, "carbs_g": "x"}).status_code == 400
    asked = client.post(page, {**sent, "carbs_g": "300"})
    assert asked.context["question"].text == "Carbs of 300 g is unusual. Is that right?"
    assert len(entries.revisions(access, id_)) == 1
    client.post(page, {**sent, "carbs_g": "300", "confirm": asked.context["question"].key})
    assert len(entries.revisions(access, id_)) == 2


def test_a_change_of_something_already_changed_loses_nothing(
    client: Client, person: Person, access: Access
) -> None:
    note = d.Note(at_local=local_time(2026, 3, 5, 9), device_id="", text="first")
    id_ = entries.write(access, note)
    entries.change(access, id_, d.Note(at_local=note.at_local, device_id="", text="theirs"), rev=1)
    page = url(person, "entry", id_)
    sent = {"text": "mine", "day": "2026-03-05", "time": "09:00", "rev": "1"}
    answer = client.post(page, sent)
    assert answer.status_code == 409
    assert "changed in the meantime" in text(answer)
    assert "theirs" in text(answer)
    assert ">mine</textarea>" in answer.content.decode().replace("\n", "")
    [now] = kept(access)
    assert isinstance(now, d.Note)
    assert now.text == "theirs"
    client.post(page, {**sent, "rev": str(answer.context["rev"])})
    [now] = kept(access)
    assert isinstance(now, d.Note)
    assert now.text == "mine"


def test_a_change_of_something_deleted_can_be_saved_as_a_new_entry(
    client: Client, person: Person, access: Access
) -> None:
    id_ = entries.write(access, d.Note(at_local=local_time(2026, 3, 5, 9), device_id="", text="a"))
    entries.delete(access, id_)
    sent = {"text": "mine", "day": "2026-03-05", "time": "09:00", "rev": "1"}
    answer = client.post(url(person, "entry", id_), sent)
    assert answer.status_code == 409
    assert "deleted in the meantime" in text(answer)
    assert f'action="{url(person, "add")}"' in text(answer)
    assert "Bring it back" in text(answer)


# --- the day -----------------------------------------------------------------------------------


def upload(access: Access) -> None:
    pump = "medtronic:1"
    at = local_time(2026, 3, 5, 8)
    start = wall_seconds(at)
    reading = Reading(
        format_key="test",
        format_version=1,
        devices=(Device(id=pump, kind="pump", model="MiniMed 640G"),),
        sensor=SensorSeries.build(
            [start + n * 300 for n in range(12)],
            [100 + n for n in range(12)],
            scale=GlucoseScale.MGDL,
            device_id=pump,
        ),
        records=(
            Bolus(at_local=at, device_id=pump, bolus_kind=BolusKind.NORMAL, delivered_now_u=2.5),
            BolusEstimate(at_local=at, device_id=pump, carbs_g=33, source_id="e"),
            Suspend(
                at_local=from_wall_seconds(start + 900),
                device_id=pump,
                reason=StopReason.BEFORE_LOW,
            ),
        ),
    )
    received = datetime(2026, 4, 1, tzinfo=UTC)
    actions.apply_upload(access, reading, b"x", file_name="x", received_at=received)


def test_the_day_shows_what_was_written_beside_what_devices_told(
    client: Client, person: Person, access: Access
) -> None:
    upload(access)
    entries.write(
        access, d.CarbEntry(at_local=local_time(2026, 3, 5, 8, 7), device_id="", carbs_g=33)
    )
    lines = client.get(url(person, "day")).context["page"].lines
    assert [(line.time, line.said.title) for line in lines] == [
        ("08:15", "Pump paused"),
        ("08:07", "Food"),
        ("08:00", "Bolus"),
        ("08:00", "Bolus calculator"),
    ]
    food = lines[1]
    assert food.entry is not None
    assert food.sensor == "5.6 mmol/L"
    assert {line.source for line in lines if line.entry is None} == {"MiniMed 640G"}


@pytest.mark.parametrize("asked", ["nonsense", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_day_that_is_none_is_today(client: Client, person: Person, asked: str) -> None:
    answer = client.get(url(person, "day"), {"day": asked})
    assert answer.context["page"].is_today


def test_another_day_asks_for_the_time_and_starts_with_its_date(
    client: Client, person: Person
) -> None:
    answer = client.get(url(person, "day"), {"day": "2026-03-01"})
    assert 'value="2026-03-01"' in text(answer)
    assert "Empty: now" not in text(answer)


def test_the_twelve_hour_clock_is_the_persons(
    client: Client, person: Person, access: Access
) -> None:
    person.clock_24h = False
    person.save()
    send(client, person, **JUICE)
    assert "2:30 pm" in text(client.get(url(person, "day")))


def test_what_this_version_has_no_form_for_is_shown_but_not_changed(
    client: Client, person: Person, access: Access
) -> None:
    told = Suspend(at_local=local_time(2026, 3, 5, 9), device_id="", reason=StopReason.USER)
    id_ = entries.write(access, told)
    assert client.get(url(person, "entry", id_)).status_code == 404
    [line] = client.get(url(person, "day")).context["page"].lines
    assert (line.said.title, line.entry) == ("Pump paused", None)


def test_a_favourite_of_a_newer_version_waits(
    client: Client, person: Person, access: Access
) -> None:
    decisions.make(access, Favourite(title="x", kind="hologram", fields={"hologram": {}}))
    assert client.get(url(person, "day")).context["favourites"] == []
    assert client.get(url(person, "favourites")).status_code == 200


# --- others ------------------------------------------------------------------------------------


def test_nobody_else_can_write_change_or_take_away(
    client: Client, person: Person, access: Access
) -> None:
    known = favourite(client, person, access, **JUICE)
    id_ = entries.write(access, d.Note(at_local=local_time(2026, 3, 5, 9), device_id="", text="a"))
    before = models.Entry.objects.count(), models.Decision.objects.count()
    eve = logged_in(make_user("Eve"))
    attempts: list[tuple[str, dict[str, str]]] = [
        (url(person, "add"), JUICE),
        (url(person, "entry", id_), {"text": "b", "rev": "1"}),
        (url(person, "remove"), {"entry": str(id_)}),
        (url(person, "bring_back"), {"entry": str(id_)}),
        (url(person, "favourites"), {"entry": str(id_)}),
        (url(person, "repeat", known), {}),
        (url(person, "change_favourite", known), {"remove": "1"}),
    ]
    for address, sent in attempts:
        assert eve.post(address, sent).status_code == 404
    assert (models.Entry.objects.count(), models.Decision.objects.count()) == before
    assert entries.revisions(access, id_)[0].is_current


def test_an_entry_of_another_record_is_not_there(client: Client, person: Person) -> None:
    ben = make_person("Ben")
    theirs = authorise(ben.owner, ben, Purpose.WRITE)
    id_ = entries.write(theirs, d.Note(at_local=local_time(2026, 3, 5, 9), device_id="", text="a"))
    assert client.get(url(person, "entry", id_)).status_code == 404
    assert client.post(url(person, "remove"), {"entry": str(id_)}).status_code == 404
    assert client.get(url(person, "day"), {"saved": str(id_)}).status_code == 404
    assert client.post(url(person, "repeat", uuid4()), {}).status_code == 404


def test_favourites_and_entries_are_sealed(client: Client, person: Person, access: Access) -> None:
    favourite(client, person, access, kind="carbs", carbs_g="15", label="plantedjuice")
    assert b"plantedjuice" not in b"".join(stored_values())
