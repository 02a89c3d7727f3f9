"""Saving everything of a record and bringing it into another one."""

from pathlib import Path

from playwright.sync_api import expect

from glykos.server.patients.actions import create_person
from glykos.server.patients.models import Person
from tests.browser.conftest import NewContext, log_in
from tests.browser.record import fill
from tests.server.cast import PASSWORD


def test_a_whole_record_moves_into_another(
    new_browser: NewContext, record_of_alice: Person, tmp_path: Path
) -> None:
    fill(record_of_alice)
    child = create_person(owner=record_of_alice.owner, name="Kim")
    browser = new_browser()
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/settings/")
    page.get_by_role("link", name="take everything with you").click()
    page.get_by_role("link", name="Save everything").click()
    page.get_by_label("Password").fill(PASSWORD)
    with page.expect_download() as download:
        page.get_by_role("button", name="Confirm").click()
    saved = tmp_path / "all.zip"
    download.value.save_as(saved)

    page = browser.open(f"/people/{child.public_id}/everything/")
    page.get_by_label("The zip file that you saved").set_input_files(saved)
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_role("status")).to_contain_text("Everything is in")
    page.get_by_role("link", name="Files", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("export.csv")
