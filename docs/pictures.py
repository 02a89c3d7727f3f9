"""Takes the pictures of the documentation from the demo person's pages.

    .venv/bin/python docs/pictures.py

Starts the demo on a free port with a folder of its own, opens it in Chromium, and stops it.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

GUIDE = Path(__file__).parent / "guide"
#: Debian's Chromium; the driver's own download is not used.
CHROMIUM = os.environ.get("GLYKOS_CHROMIUM", "/usr/bin/chromium")
WAIT_S = 120


def main() -> None:
    """Write every picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder)) as (address, password),
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 1190}, locale="en-GB")
        person = log_in(page, address, password)
        page.goto(f"{address}{person}reports/daily/")
        page.get_by_role("link", name="Earlier").click()
        page.screenshot(path=GUIDE / "daily-summary.png")
        browser.close()


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, str]]:
    """Address and password of a demo server that lives as long as the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://localhost:{port}"
    glykos = Path(sys.executable).with_name("glykos")
    server = subprocess.Popen(  # noqa: S603 - our own command
        [glykos, "demo", "--port", str(port)],
        env={**os.environ, "GLYKOS_DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(address)
        yield address, (folder / "keys" / "demo-log-in").read_text().strip()
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(address: str) -> None:
    """Return when the server answers."""
    for _ in range(WAIT_S * 2):
        try:
            urllib.request.urlopen(address, timeout=5)  # noqa: S310 - loopback, http
        except urllib.error.URLError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the demo did not start")


def log_in(page: Page, address: str, password: str) -> str:
    """Log in; the path of the demo person's pages."""
    page.goto(f"{address}/accounts/login/")
    page.fill("input[name=login]", "demo@glykos.example")
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.get_by_role("link", name="Alex Demo").click()
    page.wait_for_url("**/people/**")
    found = re.search(r"/people/[0-9a-f-]+/", page.url)
    return found.group(0) if found else "/"


if __name__ == "__main__":
    main()
