"""From the front door to a confirmed account, and back in."""

import re

from django.core import mail
from playwright.sync_api import expect

from glykos.server.accounts.models import User
from tests.browser.conftest import PHONE, NewContext, log_in

ADDRESS = "new.person@example.org"
PASSWORD = "seven calm tortoises"


def test_register_confirm_and_log_in_again(new_browser: NewContext, transactional_db: None) -> None:
    page = new_browser(viewport=PHONE).open("/")
    page.get_by_role("main").get_by_role("link", name="Register").click()
    page.locator("input[name=email]").fill(ADDRESS)
    page.locator("input[name=password1]").fill(PASSWORD)
    page.locator("input[name=password2]").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm your address")
    code = re.search(r"^\s*([A-Z0-9-]{6,9})\s*$", mail.outbox[0].body, re.MULTILINE)
    assert code is not None
    page.locator("input[name=code]").fill(code[1])
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("first data")
    page.locator("summary", has_text="Account").click()
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_wrong_password_is_told_without_blame(new_browser: NewContext, alice: User) -> None:
    page = new_browser().open("/accounts/login/")
    page.locator("input[name=login]").fill(alice.email)
    page.locator("input[name=password]").fill("not the password")
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    expect(page.locator(".errorlist, .field__error").first).to_be_visible()


def test_appearance_can_be_chosen_and_stays(new_browser: NewContext, alice: User) -> None:
    page = log_in(new_browser())
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto(page.url)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
