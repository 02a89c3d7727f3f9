"""What people come for: upload a file, see what came in, read the four reports, take it back."""

import re
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import Page, expect

from glykos.reports import REPORTS
from glykos.server.patients.models import Person
from tests.browser.conftest import PHONE, NewContext, log_in
from tests.browser.record import export, fill


def give(page: Page, name: str, data: bytes) -> None:
    """Choose a file; the page's script sends it at once."""
    file = {"name": name, "mimeType": "text/csv", "buffer": data}
    page.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]


def test_upload_summary_reports_and_undo(new_browser: NewContext, record_of_alice: Person) -> None:
    browser = new_browser()
    page = log_in(browser)
    page.get_by_role("main").get_by_role("link", name="Upload a file").click()
    give(page, "export.csv", export())
    outcome = page.locator(".outcome")
    expect(outcome).to_have_attribute("data-state", "imported")
    expect(outcome).to_contain_text("MiniMed 640G")
    expect(outcome).to_contain_text("23 February 2026 to 15 March 2026")
    expect(page.locator("#upload-status")).to_have_text("The file is done: 1 came in.")
    give(page, "copy of it.csv", export())
    expect(page.locator(".outcome").nth(1)).to_have_attribute("data-state", "repeated")

    for report in REPORTS:
        page.get_by_role("link", name="Reports", exact=True).click()
        page.locator(".report-tabs").get_by_role("link", name=report.title).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(report.title)
        expect(page.locator(".report svg:visible").first).to_be_visible()
        expect(page.locator(".r-why", has_text="No sensor")).to_have_count(0)

    page.get_by_role("link", name="Files").click()
    page.get_by_role("link", name="export.csv", exact=True).click()
    page.get_by_role("button", name="Take this upload back").click()
    expect(page.get_by_role("status")).to_contain_text("taken back")
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("first data")
    page.get_by_role("link", name="Files").click()
    page.get_by_role("link", name="export.csv", exact=True).click()
    page.get_by_role("button", name="Use this file again").click()
    expect(page.locator(".outcome")).to_have_attribute("data-state", "imported")


def test_several_dropped_files_are_told_apart(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    browser = new_browser(viewport=PHONE)
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/upload/")
    page.locator(".drop").evaluate(
        """(zone, text) => {
          const bag = new DataTransfer();
          bag.items.add(new File([text], "good.csv", { type: "text/csv" }));
          bag.items.add(new File(["\\u0000\\u0001 not a table"], "photo.jpg"));
          bag.items.add(new File([], "empty.csv"));
          zone.dispatchEvent(new DragEvent("drop", { dataTransfer: bag, bubbles: true }));
        }""",
        export().decode("utf-8-sig"),
    )
    expect(page.locator("#upload-status")).to_have_text("3 files are done: 1 came in, 2 not used.")
    states = page.locator(".outcome").evaluate_all("all => all.map(one => one.dataset.state)")
    assert states == ["imported", "refused", "refused"]
    expect(page.locator(".outcome").nth(1)).to_contain_text("photo.jpg")


def test_overlay_days_are_toggled_and_read_out(
    new_browser: NewContext, record_of_alice: Person
) -> None:
    fill(record_of_alice)
    browser = new_browser()
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/reports/sensor-overlay/")
    figure = page.locator(".r-figure").filter(has=page.locator(".r-days"))
    lines = figure.locator(".r-wide .g-day:visible")
    shown = lines.count()
    assert shown >= 7
    figure.locator(".r-days input").first.uncheck()
    assert 0 < lines.count() < shown
    figure.get_by_role("button", name="Weekend").click()
    assert figure.locator(".r-days input:checked").count() == 2
    figure.get_by_role("button", name="All").click()

    plot = figure.locator(".r-plot")
    plot.hover(position={"x": 400, "y": 200})
    readout = figure.locator(".r-readout")
    expect(readout).to_contain_text(re.compile(r"\d\d:\d\d"))
    assert readout.locator("strong").count() >= 7
    plot.focus()
    page.keyboard.press("Home")
    expect(readout).to_contain_text("00:00")
    page.keyboard.press("Shift+ArrowRight")
    expect(readout).to_contain_text("01:00")
    page.keyboard.press("ArrowLeft")
    expect(readout).to_contain_text("00:55")


def test_chosen_days_stand_in_the_address(new_browser: NewContext, record_of_alice: Person) -> None:
    fill(record_of_alice)
    browser = new_browser()
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/reports/sensor-overlay/")
    page.locator("summary", has_text="Choose single days").click()
    page.get_by_role("link", name="Weekend", exact=True).click()
    assert page.url.count("day=") == 4
    expect(page.locator(".r-days label")).to_have_count(4)


def test_steps_and_presets_of_the_picker(new_browser: NewContext, record_of_alice: Person) -> None:
    fill(record_of_alice)
    browser = new_browser()
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/reports/quick-view/")
    page.get_by_role("link", name="7 days").click()
    assert "from=2026-03-09&to=2026-03-15" in page.url
    page.get_by_role("link", name="Earlier").click()
    assert "from=2026-03-02&to=2026-03-08" in page.url
    page.get_by_role("link", name="Later").click()
    assert "to=2026-03-15" in page.url
    assert page.get_by_role("link", name="Later").count() == 0
    page.goto(page.url.replace("quick-view", "daily"))
    page.get_by_role("link", name="Earlier").click()
    assert page.url.endswith("day=2026-03-14")


@pytest.mark.parametrize("report", [report.key for report in REPORTS])
def test_pdf_downloads_open_tagged(
    new_browser: NewContext, record_of_alice: Person, tmp_path: Path, report: str
) -> None:
    fill(record_of_alice)
    browser = new_browser()
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/reports/{report}/")
    with page.expect_download() as started:
        page.get_by_role("link", name="PDF", exact=True).click()
    assert re.fullmatch(
        rf"glykos-{report}-2026-03-\d\d(-to-2026-03-\d\d)?\.pdf", started.value.suggested_filename
    )
    target = tmp_path / "report.pdf"
    started.value.save_as(target)
    with pikepdf.open(target) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.StructTreeRoot is not None
        assert len(pdf.pages) >= 1


def test_all_reports_come_as_one_pdf(
    new_browser: NewContext, record_of_alice: Person, tmp_path: Path
) -> None:
    fill(record_of_alice)
    browser = new_browser()
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/reports/quick-view/")
    with page.expect_download() as started:
        page.get_by_role("link", name="All as one PDF").click()
    target = tmp_path / "all.pdf"
    started.value.save_as(target)
    with pikepdf.open(target) as pdf:
        assert len(pdf.pages) >= 3 + 7


def test_settings_change_every_report(new_browser: NewContext, record_of_alice: Person) -> None:
    fill(record_of_alice)
    browser = new_browser()
    log_in(browser)
    page = browser.open(f"/people/{record_of_alice.public_id}/settings/")
    page.get_by_label("Glucose unit").select_option("mmol/L")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("saved")
    page.get_by_role("link", name="Reports", exact=True).click()
    expect(page.locator("main header")).to_contain_text("mmol/L, target 3.9 to 10.0")
    expect(page.locator(".report")).to_contain_text("mmol/L")
