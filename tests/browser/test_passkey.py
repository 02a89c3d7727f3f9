"""A passkey from a virtual authenticator: enrol, log in without a password, refuse without proof."""

from playwright.sync_api import CDPSession, Page

from glykos.server.accounts.models import User
from glykos.server.audit.models import Event
from tests.browser.conftest import NewContext, log_in
from tests.server.cast import PASSWORD


def authenticator(page: Page) -> tuple[CDPSession, str]:
    """A built-in authenticator with fingerprint, as a phone or laptop has."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


def verify_user(session: CDPSession, key: str, *, verified: bool) -> None:
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": verified})


def test_passkey_logs_in_without_password_and_only_with_user_verification(
    new_browser: NewContext, alice: User
) -> None:
    watched = new_browser()
    page = log_in(watched)
    session, key = authenticator(page)
    page.goto(watched.base + "/accounts/2fa/webauthn/add/")
    page.locator("input[name=password]").fill(PASSWORD)  # asks who is there, although logged in
    page.get_by_role("main").locator("button[type=submit]").first.click()
    page.wait_for_url("**/webauthn/add/**")
    page.locator("input[name=name]").fill("Laptop")
    page.locator("input[name=passwordless]").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(lambda url: "/webauthn/add/" not in url)
    assert Event.objects.filter(action="factor.added", actor=str(alice.pk)).exists()

    watched.context.clear_cookies()
    watched.expected.append("NotAllowedError")
    verify_user(session, key, verified=False)
    page.goto(watched.base + "/accounts/login/")
    with page.expect_console_message(lambda told: "NotAllowedError" in told.text):
        page.locator("#passkey_login").click()
    page.goto(watched.base + "/accounts/sessions/")
    assert "/accounts/login/" in page.url

    verify_user(session, key, verified=True)
    page.goto(watched.base + "/accounts/login/")
    page.locator("#passkey_login").click()
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    page.goto(watched.base + "/accounts/sessions/")
    assert page.url.endswith("/accounts/sessions/")
