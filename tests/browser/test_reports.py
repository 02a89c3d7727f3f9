"""Report pages: complete without JavaScript, and light."""

import gzip
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from glykos.reports import REPORTS
from glykos.server.patients.models import Person
from tests.browser.conftest import PHONE, NewContext, log_in
from tests.browser.record import export, fill

MOST_BYTES = 60_000
KEYS = [report.key for report in REPORTS]


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_charts_and_uploads_work_without_javascript(
    new_browser: NewContext, record_of_alice: Person, size: str
) -> None:
    options = {"viewport": PHONE} if size == "phone" else {}
    browser = new_browser(java_script_enabled=False, **options)
    log_in(browser)
    base = f"/people/{record_of_alice.public_id}/"
    page = browser.open(base + "upload/")
    file = {"name": "export.csv", "mimeType": "text/csv", "buffer": export()}
    page.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator(".outcome")).to_have_attribute("data-state", "imported")
    for key in KEYS:
        page = browser.open(f"{base}reports/{key}/")
        expect(page.locator(".report svg.g:visible").first).to_be_visible()
        assert page.locator(".report svg.g:visible").count() >= 1


@pytest.mark.parametrize("key", KEYS)
def test_first_load_weighs_at_most_60_kb(
    new_browser: NewContext, record_of_alice: Person, key: str
) -> None:
    """Everything a browser fetches for the page, as it travels compressed."""
    fill(record_of_alice)
    browser = new_browser()
    log_in(browser)
    page = browser.page()
    bodies: dict[str, bytes] = {}

    def keep(answer: object) -> None:
        bodies[answer.url] = answer.body()  # type: ignore[attr-defined]

    page.on("response", keep)
    page.goto(f"{browser.base}/people/{record_of_alice.public_id}/reports/{key}/")
    page.wait_for_load_state("networkidle")
    weights = {urlsplit(url).path: len(gzip.compress(body)) for url, body in bodies.items()}
    assert any(re.search(r"report.*\.js$", path) for path in weights)
    assert sum(weights.values()) <= MOST_BYTES, weights


def test_report_pages_travel_compressed(new_browser: NewContext, record_of_alice: Person) -> None:
    fill(record_of_alice)
    browser = new_browser()
    log_in(browser)
    page = browser.page()
    answer = page.goto(f"{browser.base}/people/{record_of_alice.public_id}/reports/quick-view/")
    assert answer is not None
    assert answer.header_value("content-encoding") == "gzip"
