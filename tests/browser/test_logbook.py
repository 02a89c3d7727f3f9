"""Writing down on a phone and on a desk: two taps for a favourite, no script, no mouse."""

import pytest
from playwright.sync_api import Page, expect

from glykos.server.patients.models import Person
from glykos.server.sharing import Purpose, authorise
from glykos.server.store import decisions, entries, favourites
from glykos.server.web import clock
from glykos.therapy.diary import CarbEntry, Injection, InsulinKind, Note
from tests.browser.conftest import PHONE, NewContext, Watched, log_in
from tests.browser.record import fill
from tests.browser.test_accessibility import faults

PAGES = (
    "logbook/",
    "logbook/?day=2026-03-05",
    "logbook/favourites/",
    "logbook/add/?kind=together",
    "logbook/add/?kind=carbs",
    "logbook/add/?kind=insulin",
    "logbook/add/?kind=exercise",
    "logbook/add/?kind=medicine",
    "logbook/add/?kind=weight",
    "logbook/add/?kind=blood-pressure",
    "",
)


def book(watched: Watched, person: Person, path: str = "logbook/") -> Page:
    log_in(watched)
    return watched.open(f"/people/{person.public_id}/{path}")


def expect_lines(page: Page, *lines: str) -> None:
    """Waits until the day shows exactly these lines, in this order."""
    expect(page.locator(".log-line__said")).to_have_text(list(lines), use_inner_text=True)


def with_favourite(person: Person) -> None:
    """A breakfast as a favourite, and some entries with a history."""
    access = authorise(person.owner, person, Purpose.WRITE)
    now = clock.now().astimezone(person.zone_info).replace(tzinfo=None, microsecond=0)
    told = [
        CarbEntry(at_local=now, device_id="", carbs_g=40, label="Porridge"),
        Injection(
            at_local=now, device_id="", dose_u=4, insulin=InsulinKind.RAPID, brand="NovoRapid"
        ),
    ]
    decisions.make(access, favourites.favourite_of("Breakfast", told))
    id_ = entries.write(access, Note(at_local=now, device_id="", text="a first version"))
    changed = Note(at_local=now, device_id="", text="a second version")
    entries.change(access, id_, changed, rev=1)


def test_meal_insulin_and_glucose_in_one_form(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    page = book(new_browser(viewport=PHONE), record_of_alice)
    page.get_by_label("Carbs (g)").fill("30")
    page.get_by_label("Glucose", exact=True).fill("132")
    page.get_by_label("Insulin (U)").fill("2,5")
    page.get_by_label("Which insulin").select_option(label="NovoRapid")
    page.get_by_label("What was it").fill("Toast")
    page.get_by_role("button", name="Save").click()
    done = page.get_by_role("status")
    expect(done).to_contain_text("Saved: 30 g carbs, Toast + 132 mg/dL + 2.5 U NovoRapid")
    for line in ("Food 30 g carbs, Toast", "Glucose 132 mg/dL", "Insulin 2.5 U NovoRapid"):
        expect(page.locator(".log-line", has_text=line)).to_have_count(1)
    expect(page.get_by_label("Which insulin")).to_have_value("rapid|100|NovoRapid")
    done.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Removed:")
    expect_lines(page)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.locator(".log-line--own")).to_have_count(3)


@pytest.mark.parametrize("script", [True, False])
def test_a_favourite_is_two_taps_from_the_overview(
    new_browser: NewContext, record_of_alice: Person, script: bool
) -> None:
    with_favourite(record_of_alice)
    watched = new_browser(viewport=PHONE, has_touch=True, java_script_enabled=script)
    page = book(watched, record_of_alice, "")
    page.get_by_role("link", name="Logbook", exact=True).tap()
    page.get_by_role("button", name="Breakfast").tap()
    expect(page.get_by_role("status")).to_contain_text("40 g carbs, Porridge + 4 U NovoRapid")
    expect(page.get_by_role("status").get_by_role("button", name="Undo")).to_be_visible()
    expect(page.locator(".log-line", has_text="40 g carbs, Porridge")).to_have_count(1)


def test_a_slip_of_the_unit_is_one_more_tap(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    page = book(new_browser(viewport=PHONE), record_of_alice)
    page.get_by_label("Glucose", exact=True).fill("7,2")
    page.get_by_role("button", name="Save").click()
    asked = page.get_by_role("alert")
    expect(asked).to_contain_text("Glucose of 7.2 mg/dL is unusual")
    expect(asked).to_contain_text("Nothing is saved yet")
    asked.get_by_role("button", name="It is 7.2 mmol/L").click()
    expect(page.get_by_role("status")).to_contain_text("Saved: 130 mg/dL")


def test_a_whole_entry_by_keyboard(new_browser: NewContext, record_of_alice: Person) -> None:
    page = book(new_browser(), record_of_alice)
    page.get_by_label("Carbs (g)").focus()
    for typed in ("25", "110", "", "3"):  # carbs, glucose, its unit, insulin
        if typed:
            page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.type("Lyumjev")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("25 g carbs + 110 mg/dL + 3 U Lyumjev")


def test_change_delete_and_bring_back(new_browser: NewContext, record_of_alice: Person) -> None:
    with_favourite(record_of_alice)
    page = book(new_browser(viewport=PHONE), record_of_alice)
    page.get_by_role("link", name="Change Note").click()
    page.get_by_label("Note", exact=True).fill("a third version")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Changed: a third version")
    page.get_by_role("link", name="Change Note").click()
    versions = page.locator(".log-history")
    for version in ("first", "second", "third"):
        expect(versions).to_contain_text(f"a {version} version")
    page.get_by_role("button", name="Delete").click()
    expect_lines(page)
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect_lines(page, "Note a third version")


def test_kept_as_a_favourite_and_removed(new_browser: NewContext, record_of_alice: Person) -> None:
    page = book(new_browser(viewport=PHONE), record_of_alice)
    page.get_by_role("link", name="Medicine").click()
    page.get_by_label("Which medicine").fill("Ozempic")
    page.get_by_label("Dose", exact=True).fill("0,25")
    page.get_by_label("Unit of the dose").fill("mg")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Keep as a favourite").click()
    page.get_by_role("button", name="Ozempic, 0.25 mg").click()
    expect_lines(page, *["Medicine Ozempic, 0.25 mg"] * 2)
    page.get_by_role("link", name="Favourites").click()
    page.get_by_text("Rename or remove").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("The favourite is removed")


def test_a_past_day_typed_in_from_paper(new_browser: NewContext, record_of_alice: Person) -> None:
    fill(record_of_alice)
    watched = new_browser()
    watched.expected.append("400")
    page = book(watched, record_of_alice, "logbook/?day=2026-03-05")
    expect(page.locator(".log-line").first).to_contain_text("MiniMed 640G")
    page.get_by_label("Carbs (g)").fill("12")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".field__error")).to_have_text("Please say at what time of that day.")
    page.get_by_label("Time").fill("16:00")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".log-line--own")).to_contain_text("12 g carbs")
    expect(page.locator(".log-line--own")).to_contain_text("Sensor:")


def test_axe_finds_nothing(new_browser: NewContext, record_of_alice: Person) -> None:
    fill(record_of_alice)
    with_favourite(record_of_alice)
    watched = new_browser()
    watched.expected.append("400")
    log_in(watched)
    base = f"/people/{record_of_alice.public_id}/"
    found = []
    for path in PAGES:
        page = watched.open(base + path)
        page.evaluate("document.querySelectorAll('main details').forEach(one => (one.open = true))")
        found += faults(page)
    page = watched.open(base + "logbook/")
    page.get_by_label("Glucose", exact=True).fill("7.2")
    page.get_by_role("button", name="Save").click()
    found += faults(page)
    page.get_by_label("Glucose", exact=True).fill("many")
    page.get_by_role("button", name="Save").click()
    found += faults(page)
    page = watched.open(base + "logbook/")
    page.get_by_role("button", name="Breakfast").click()
    found += faults(page)
    page.get_by_role("link", name="Change Note").click()
    found += faults(page)
    assert found == []


def test_everything_to_tap_is_large_enough(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    """44 px, the size of a thumb (WCAG 2.5.5); links in running text are exempt."""
    with_favourite(record_of_alice)
    page = book(new_browser(viewport=PHONE), record_of_alice)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
             "main button, main a.button, main input:not([type=hidden]), main select,"
             + " main .log-line__change, main summary")]
           .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44)
           .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert small == []
