"""Every CareLink file of the data folder ends in the right summary."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from glykos.server.accounts.models import User
from glykos.server.patients.actions import create_person
from tests.browser.conftest import NewContext, log_in

pytestmark = pytest.mark.shared_data
_ALLOWED_MS = 60_000


def carelink_files(data_folder: Path) -> dict[Path, dict[str, Any]]:
    """Every single CareLink file that has expected numbers, found by what the list says of it."""
    folder = data_folder / "exports"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["expected"]
    return {
        folder / name: facts
        for name, facts in expected.items()
        if facts.get("format") in {"carelink_legacy", "carelink_multi"}
        and (folder / name).is_file()
    }


def new_of(page: Page, kind: str) -> int:
    """How many new things of a kind the summary names."""
    cell = page.locator(f".outcome tr[data-kind={kind}] td").first
    return int((cell.text_content() or "").replace(",", "")) if cell.count() else 0


def delivered_rows(facts: dict[str, Any]) -> tuple[int, int]:
    """Rows of delivered boluses, and how many of them may be the second half of a dual wave."""
    if facts["format"] == "carelink_legacy":
        rows = facts["bolus_normal_rows"] + facts["bolus_square_rows"]
        return rows, facts["dual_normal_parts"]
    return facts["bolus_delivered_rows"], facts["bolus_dual_square_rows"]


def test_every_file_ends_in_the_right_summary(
    new_browser: NewContext, alice: User, data_folder: Path
) -> None:
    browser = new_browser()
    log_in(browser)
    files = carelink_files(data_folder)
    assert len(files) > 10
    for path, facts in files.items():
        person = create_person(owner=alice, name="Alice Example")
        page = browser.open(f"/people/{person.public_id}/upload/")
        page.set_default_timeout(_ALLOWED_MS)
        page.locator("input[type=file]").set_input_files(path)
        outcome = page.locator(".outcome")
        outcome.wait_for()
        if outcome.get_attribute("data-state") == "question":  # the same pump, in another record
            outcome.get_by_role("button", name="Yes, it belongs to").click()
        expect(outcome).to_have_attribute("data-state", "imported")
        assert new_of(page, "sensor_glucose") == facts["cgm_readings"]
        rows, halves = delivered_rows(facts)
        assert rows - halves <= new_of(page, "bolus") <= rows
        last = facts["last_event"][:10]
        link = outcome.locator("a[href*='/reports/']").first.get_attribute("href")
        assert link is not None
        assert link.endswith(f"to={last}")
        page.close()
