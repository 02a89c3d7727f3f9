"""One finger-stick from two devices: seen as one, told apart, and one again."""

import re

from playwright.sync_api import expect

from glykos.server.patients.models import Person
from tests.browser.conftest import NewContext, log_in
from tests.server.correcting.test_links import DAY, bring_both


def test_a_person_tells_two_readings_apart_and_undoes_it(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    bring_both(record_of_alice)
    browser = new_browser()
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/")
    page.get_by_role("link", name="Who told which reading").click()
    expect(page.get_by_label("Day", exact=True)).to_have_value(str(DAY))
    sticks = page.locator("strong", has_text="Finger-stick 141 mg/dL")
    expect(sticks).to_have_count(1)
    page.get_by_role("button", name=re.compile("two things.*Finger-stick")).click()
    expect(page.get_by_role("status")).to_contain_text("two things now")
    expect(sticks).to_have_count(2)
    page.get_by_role("button", name="Undo").first.click()
    expect(sticks).to_have_count(1)
