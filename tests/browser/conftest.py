"""Real headless Chromium against a live server on http://localhost.

Every page a test opens is watched: console errors, uncaught errors, breaches of the content
security policy and requests to another host fail the test that caused them.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from glykos.server.accounts.models import User
from glykos.server.patients.actions import create_person
from glykos.server.patients.models import Person
from tests.conftest import IN_CI
from tests.server.cast import PASSWORD, make_user

# Playwright runs an event loop in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
CHROMIUM = os.environ.get("GLYKOS_CHROMIUM") or shutil.which("chromium") or ""
LAUNCH = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 412, "height": 915}
_LISTEN = """
window.breaches = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.breaches.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.slow)
        if not CHROMIUM:
            if IN_CI:
                pytest.exit("Chromium is missing, and in CI nothing is skipped", returncode=1)
            item.add_marker(pytest.mark.skip(reason="no Chromium: run `make setup-tests`"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": list(LAUNCH)}


class Watched:
    """A browser context whose pages are watched; ``check`` fails on anything that went wrong."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context = context
        self.base = base
        self.wrong: list[str] = []
        self.expected: list[str] = []
        context.set_default_timeout(10_000)
        context.add_init_script(_LISTEN)
        context.on("page", self._watch)

    def _watch(self, page: Page) -> None:
        page.on("console", lambda told: self._told(told.type, told.text))
        page.on("pageerror", lambda error: self.wrong.append(f"uncaught: {error}"))
        page.on("request", lambda request: self._requested(request.url))

    def _told(self, kind: str, text: str) -> None:
        if kind == "error" and not any(part in text for part in self.expected):
            self.wrong.append(f"console: {text}")

    def _requested(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != urlsplit(self.base).netloc:
            self.wrong.append(f"foreign request: {parts.scheme}://{parts.netloc}")

    def page(self) -> Page:
        return self.context.new_page()

    def open(self, path: str) -> Page:
        page = self.page()
        page.goto(self.base + path)
        return page

    def check(self) -> None:
        for page in self.context.pages:
            if page.url.startswith("http"):
                self.wrong += page.evaluate("window.breaches || []")
        assert not self.wrong


NewContext = Callable[..., Watched]


@pytest.fixture
def live(live_server: Any) -> str:
    """The address of the running site; ``localhost``, because passkeys need a name."""
    return str(live_server.url).replace("127.0.0.1", "localhost")


@pytest.fixture
def new_browser(browser: Browser, live: str) -> Iterator[NewContext]:
    """Makes watched contexts: ``new_browser(viewport=PHONE, color_scheme="dark")``."""
    made: list[Watched] = []

    def make(**options: Any) -> Watched:
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-GB", **options})
        made.append(Watched(context, live))
        return made[-1]

    yield make
    try:
        for watched in made:
            watched.check()
    finally:
        for watched in made:
            watched.context.close()


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user("Alice")


@pytest.fixture
def record_of_alice(alice: User) -> Person:
    return create_person(owner=alice, name="Alice Example", zone="Europe/Berlin")


def log_in(watched: Watched, email: str = "alice@example.org") -> Page:
    page = watched.open("/accounts/login/")
    page.get_by_label("E").first.wait_for()
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    return page
