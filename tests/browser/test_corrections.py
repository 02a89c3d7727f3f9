"""Putting a clock right and leaving readings out, without a script, as people do it."""

import re

from playwright.sync_api import Page, expect

from glykos.server.patients.models import Person
from tests.browser.conftest import PHONE, NewContext, log_in
from tests.browser.record import LAST_DAY, fill


def in_target(page: Page) -> str:
    return page.locator(".report").inner_text()


def test_a_pump_on_winter_time_is_put_right_and_back(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    fill(record_of_alice)
    browser = new_browser(java_script_enabled=False)
    page = log_in(browser)
    page.get_by_role("link", name="Devices", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Devices and their clocks")
    page.get_by_role("link", name=re.compile("^Correct its clock")).first.click()
    form = page.get_by_role("form", name="It was on the time of another place")
    form.get_by_label("It was on the time of").select_option("America/New_York")
    form.get_by_label("From day").fill("2026-03-01")
    form.get_by_label("From time").fill("00:00")
    form.get_by_label("Until day").fill("2026-03-16")
    form.get_by_label("Until time").fill("00:00")
    form.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What would change")
    expect(page.get_by_role("main")).to_contain_text("America/New York")
    expect(page.get_by_role("main")).to_contain_text("becomes")
    page.get_by_role("button", name="Correct the clock").click()
    expect(page.get_by_role("status")).to_contain_text("The clock is corrected")
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.locator(".report")).to_contain_text("Days and times are those of Europe/Berlin.")
    page.get_by_role("link", name="Devices", exact=True).click()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back")
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.locator(".report")).not_to_contain_text("Europe/Berlin")


def test_a_night_on_the_sensor_is_left_out_from_the_day_and_counted_again(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    fill(record_of_alice)
    browser = new_browser(viewport=PHONE)
    log_in(browser)
    base = f"/people/{record_of_alice.public_id}/"
    page = browser.open(f"{base}reports/daily/?day={LAST_DAY}")
    before = in_target(page)
    page.get_by_role("link", name="Leave readings out").click()
    expect(page.get_by_label("From day")).to_have_value(str(LAST_DAY))
    page.get_by_label("From time").fill("02:00")
    page.get_by_label("Until time").fill("04:00")
    page.get_by_label("Why").select_option("compression")
    page.get_by_role("button", name="Leave out", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Left out")
    expect(page.get_by_role("row", name=re.compile("With all readings"))).to_be_visible()
    page.get_by_role("link", name="Look at the day").click()
    expect(page.locator(".report")).to_contain_text("left out of the statistics at your wish")
    page.get_by_role("link", name="Show with the readings you left out").click()
    expect(page.locator(".report")).to_contain_text("that you left out are counted here")
    assert "with=excluded" in page.url
    page.get_by_role("link", name="Leave readings out").click()
    page.get_by_role("button", name=re.compile("^Take back")).click()
    expect(page.get_by_role("main")).not_to_contain_text("What is left out now")
    page.goto(f"{browser.base}{base}reports/daily/?day={LAST_DAY}")
    assert in_target(page) == before
