"""Many files at once, and a table that nobody knows: with script, on a phone, and without script."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from glykos.server.patients.models import Person
from tests.browser.conftest import PHONE, NewContext, log_in
from tests.browser.record import export
from tests.formats.samples import SAMPLES

DIARY = "Wann;Zucker (mmol/L);KH\n14.03.2024 08:00;5,6;45\n14.03.2024 12:30;6,1;\n"


def payload(name: str, data: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def twenty() -> list[FilePayload]:
    """Exports of every format, days of a plain table, a diary nobody knows, and what is no data."""
    files = [payload("export.csv", export()), payload("again.csv", export())]
    files += [payload(f"{key}.data", data) for key, data in sorted(SAMPLES.items())][:8]
    files += [
        payload("photo.jpg", b"\x89PNG\x00\x01"),
        payload("letter.txt", b"Dear doctor"),
        payload("diary.csv", DIARY.encode()),
    ]
    day = 1
    while len(files) < 20:
        rows = "".join(f"2025-01-{day:02d} 08:{minute:02d},100\n" for minute in range(60))
        files.append(payload(f"day {day}.csv", f"time,glucose\n{rows}".encode()))
        day += 1
    return files


def test_twenty_files_at_once_each_end_in_words(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    browser = new_browser(viewport=PHONE)
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/upload/")
    files = twenty()
    page.locator("input[type=file]").set_input_files(files)
    expect(page.locator("#upload-progress li").last).to_be_visible()
    # The page goes on working while files are read.
    page.get_by_role("link", name="Skip to the content").focus()
    status = page.locator("#upload-status")
    expect(status).to_contain_text("20 files are done", timeout=60_000)
    for words in ("came in", "1 known before", "waiting for your answer", "not used"):
        expect(status).to_contain_text(words)
    names = page.locator(".outcome h2").all_inner_texts()
    assert names == [file["name"] for file in files]
    expect(page.locator("#upload-progress li")).to_have_count(0)
    refused = page.locator(".outcome[data-state=refused]")
    assert refused.locator("h2").all_inner_texts() == ["photo.jpg", "letter.txt"]


def choose(page: Page) -> None:
    page.get_by_label("Wann").select_option(label="Time")
    page.get_by_label("Zucker (mmol/L)").select_option(label="Meter glucose")
    page.get_by_label("KH").select_option(label="Carbohydrate")


@pytest.mark.parametrize("has_script", [True, False])
def test_a_table_is_mapped_seen_brought_in_and_remembered(
    new_browser: NewContext, record_of_alice: Person, tmp_path: Path, has_script: bool
) -> None:
    browser = new_browser(java_script_enabled=has_script)
    log_in(browser)
    upload = f"/people/{record_of_alice.public_id}/upload/"
    page = browser.open(upload)

    def send(name: str, text: str) -> None:
        page.locator("input[type=file]").set_input_files([payload(name, text.encode())])
        if not has_script:
            page.get_by_role("button", name="Upload", exact=True).click()

    send("diary.csv", DIARY)
    expect(page.locator(".outcome")).to_contain_text("does not know")
    page.get_by_role("link", name="Say which column is what").click()
    choose(page)
    if not has_script:
        page.get_by_role("button", name="Show the first rows").click()
    expect(page.locator("#preview")).to_contain_text("Meter glucose 5.6 mmol/L")
    expect(page.locator("#preview")).to_contain_text("Carbohydrate 45 g")
    expect(page.locator("#preview")).to_contain_text("2 would be used")
    page.get_by_label("Keep this under a name").fill("My diary")
    page.get_by_role("button", name="Bring it in").click()
    expect(page.locator(".outcome")).to_have_attribute("data-state", "imported")

    page.goto(browser.base + upload)
    expect(page.get_by_role("region", name="Your own tables")).to_contain_text("My diary")
    send("next week.csv", DIARY.replace("14.03", "21.03"))
    expect(page.locator(".outcome")).to_contain_text("Read as you said for My diary")
    page.goto(browser.base + upload)
    page.get_by_role("button", name="Delete My diary").click()
    expect(page.get_by_role("status").first).to_contain_text("deleted")
    expect(page.get_by_role("region", name="Your own tables")).to_have_count(0)
