"""axe finds nothing on any page: light and dark, on a desk and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from glykos.server.accounts.models import User
from glykos.server.ingest.actions import receive
from glykos.server.patients.models import Person
from glykos.server.sharing import Purpose, authorise
from tests.browser.conftest import DESKTOP, PHONE, NewContext, log_in
from tests.browser.record import fill

OPEN_PAGES = (
    "/",
    "/help/",
    "/intended-use/",
    "/bring-your-data/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/no-such-page/",
)
ACCOUNT_PAGES = (
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/logout/",
    "/people/add/",
)
PERSON_PAGES = (
    "",
    "upload/",
    "uploads/",
    "settings/",
    "looks/",
    "devices/",
    "devices/correct/?device=1",
    "left-out/",
    "readings/",
    "reports/quick-view/",
    "reports/sensor-overlay/",
    "reports/meal-overlay/",
    "reports/daily/",
    "reports/daily/?day=1999-01-01",
    "reports/quick-view/?from=nonsense",
)


def faults(page: Page) -> list[str]:
    """Every rule that is broken, in both colour schemes and both sizes."""
    found = []
    for scheme in ("light", "dark"):
        for size in (DESKTOP, PHONE):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size(size)
            answer = Axe().run(page).response
            found += [
                f"{page.url} {scheme} {size['width']}: {rule['id']} {node['html'][:120]}"
                for rule in answer["violations"]
                for node in rule["nodes"]
            ]
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > size["width"]:
                found.append(f"{page.url} {scheme} {size['width']}: page is {wide} wide")
    return found


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_open_pages(new_browser: NewContext, transactional_db: None, path: str) -> None:
    browser = new_browser()
    browser.expected.append("404")
    assert faults(browser.open(path)) == []


def test_account_pages(new_browser: NewContext, alice: User) -> None:
    browser = new_browser()
    log_in(browser)
    assert [fault for path in ACCOUNT_PAGES for fault in faults(browser.open(path))] == []


def test_pages_of_an_empty_record(new_browser: NewContext, record_of_alice: Person) -> None:
    browser = new_browser()
    log_in(browser)
    base = f"/people/{record_of_alice.public_id}/"
    pages = [browser.open(base + path) for path in ("", "uploads/", "reports/quick-view/")]
    assert [fault for page in pages for fault in faults(page)] == []


@pytest.mark.parametrize("path", PERSON_PAGES)
def test_pages_of_a_full_record(
    new_browser: NewContext, record_of_alice: Person, path: str
) -> None:
    fill(record_of_alice)
    browser = new_browser()
    browser.expected.append("400")
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/{path}")
    page.evaluate("document.querySelectorAll('main details').forEach(one => (one.open = true))")
    assert faults(page) == []


def test_every_tab_and_field_is_in_sight_on_a_phone(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    browser = new_browser()
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/settings/")
    page.set_viewport_size(PHONE)
    for name, frame in ((".tabs a", "body"), (".card input", ".card")):
        beyond = page.evaluate(
            """([name, frame]) => [...document.querySelectorAll(name)].filter(
                one => one.getBoundingClientRect().right >
                    one.closest(frame).getBoundingClientRect().right
            ).length""",
            [name, frame],
        )
        assert (page.locator(name).count() > 6, beyond) == (True, 0), name


def test_the_check_sees_faults(new_browser: NewContext, transactional_db: None) -> None:
    page = new_browser().open("/help/")
    page.locator("main").evaluate(
        "main => main.append(document.createElement('button'), new Image())"
    )
    rules = {fault.split(": ")[1].split(" ")[0] for fault in faults(page)}
    assert {"image-alt", "button-name"} <= rules


def test_the_page_that_asks_which_column_is_what(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    access = authorise(record_of_alice.owner, record_of_alice, Purpose.UPLOAD)
    (held,) = receive(access, [("diary.csv", b"When;Sugar;KH\n2024-03-14 08:00;112;45\n")])
    browser = new_browser()
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/uploads/{held.upload_id}/columns/")
    page.get_by_label("When").select_option(label="Time")
    page.get_by_label("KH").select_option(label="Carbohydrate")
    page.get_by_text("Carbohydrate 45 g").wait_for()
    assert faults(page) == []
