"""Five ways of living with diabetes and four reports: each has something to say, in its own form.

Each report is made once a person; page, paper, JSON and CSV say the same.
"""

import re
from datetime import timedelta
from functools import cache

import pytest

from glykos.publish import as_html
from glykos.reports import REPORTS, Options
from glykos.reports._blocks import Document, Figure, Note, Stats, Table
from glykos.therapy import diary
from glykos.therapy.clock import Window, local_time
from glykos.therapy.history import History
from tests.publish.parity import assert_parity
from tests.reports.documents import report_of, stats, texts
from tests.reports.people import KEYS, LAST, person

REPORT_KEYS = [report.key for report in REPORTS]
WITHOUT_PUMP = ("pens-sensor", "meter", "tablets")
PUMP_WORDS = ("pump", "basal", "bolus", "calculator", "reservoir", "set change", "delivery")


@cache
def document(key: str, report_key: str) -> Document:
    report = report_of(report_key)
    days = 1 if report_key == "daily" else report.default_days
    last = LAST - timedelta(days=6) if report_key == "daily" else LAST
    return report.build(person(key), Window.ending(last, days), Options())


def groups(found: Document) -> dict[str, Stats]:
    return {block.key: block for block in found.blocks if isinstance(block, Stats)}


def table(found: Document, key: str) -> Table:
    return next(b for b in found.blocks if isinstance(b, Table) and b.key == key)


def notes(found: Document) -> str:
    return " ".join(block.text for block in found.blocks if isinstance(block, Note))


@pytest.mark.parametrize("report_key", REPORT_KEYS)
@pytest.mark.parametrize("key", KEYS)
def test_page_paper_json_and_csv_say_the_same(key: str, report_key: str) -> None:
    assert_parity(document(key, report_key))


@pytest.mark.parametrize("report_key", REPORT_KEYS)
@pytest.mark.parametrize("key", KEYS)
def test_every_report_shows_numbers_or_says_why_not(key: str, report_key: str) -> None:
    found = document(key, report_key)
    assert any(isinstance(block, Figure) for block in found.blocks)
    assert any(stat.value is not None for stat in stats(found)) or notes(found)
    assert all(stat.reason for stat in stats(found) if stat.value is None)


@pytest.mark.parametrize("report_key", REPORT_KEYS)
@pytest.mark.parametrize("key", WITHOUT_PUMP)
def test_nobody_without_a_pump_reads_about_pumps(key: str, report_key: str) -> None:
    found = document(key, report_key)
    page = re.sub(r"<script.*?</script>|<[^>]+>", " ", as_html.fragment(found))
    read = " ".join(texts(found)) + page
    assert [word for word in PUMP_WORDS if word in read.casefold()] == []


@pytest.mark.parametrize("key", ["meter", "tablets", "pump-meter"])
def test_finger_sticks_say_of_how_many_they_are(key: str) -> None:
    found = document(key, "quick-view")
    tiles = {stat.metric: stat for stat in groups(found)["overview"].items}
    assert f"({tiles['bg_in'].n})" in tiles["bg_in"].label
    assert "no time in range" in notes(found)
    assert "time in range" not in " ".join(stat.label.casefold() for stat in stats(found))


def test_pens_have_sums_times_and_days_without_an_entry() -> None:
    found = document("pens-sensor", "quick-view")
    insulin = {stat.metric: stat for stat in groups(found)["insulin"].items}
    long_u, rapid_u = insulin["injected_long"].value, insulin["injected_rapid"].value
    assert long_u == pytest.approx(19)  # the pen is always set to 19 U
    assert rapid_u is not None
    assert 8 < rapid_u < 25
    assert insulin["long_time"].text.startswith(("21:", "22:"))
    rows = {row[0].text: row for row in table(found, "dose-times").rows}
    assert set(rows) == {"Long-acting", "Breakfast", "Lunch", "Dinner"}
    assert rows["Long-acting"][3].text == "19"


def test_tablets_have_hba1c_weight_and_medicines() -> None:
    found = document("tablets", "quick-view")
    health = {stat.metric: stat for stat in groups(found)["health"].items}
    assert (health["hba1c"].text, health["hba1c"].label) == (
        "7.1",
        "HbA1c (54 mmol/mol), 24 Mar 2026",
    )
    assert "weight" in health
    assert "systolic" in health
    medicines = {row[0].text: row for row in table(found, "medicines").rows}
    assert set(medicines) == {"Metformin", "Semaglutide"}
    assert medicines["Semaglutide"][4].text == "7"
    assert "insulin" not in groups(found)
    assert "No insulin was logged" in notes(found)


def test_a_day_of_pens_shows_doses_by_speed_with_their_source() -> None:
    found = document("pens-sensor", "daily")
    labels = [stat.label for stat in groups(found)["insulin"].items]
    assert labels[:3] == ["Injected insulin", "of it long-acting", "of it rapid-acting"]
    rows = [[cell.text for cell in row] for row in table(found, "events").rows]
    doses = [row for row in rows if row[2].startswith("Insulin:")]
    assert {row[-1] for row in doses} == {"FreeStyle LibreLink"}
    chart = next(b for b in found.blocks if isinstance(b, Figure) and b.key == "day").chart
    assert {dose.source for dose in chart.doses} == {"injection", "injection-long"}  # type: ignore[attr-defined]


def test_meals_of_an_app_feed_the_meal_overlay() -> None:
    found = document("pens-sensor", "meal-overlay")
    rows = {row[0].text: row for row in table(found, "meals").rows}
    assert all(int(cell.text) > 5 for cell in rows["Meals"][1:])
    assert "Where the meals were entered: FreeStyle LibreLink" in notes(found)


def with_entries(key: str, *entries: object) -> History:
    history = person(key)
    records = [record for group in history.records.values() for record in group]
    return History.build(
        sensor=history.sensor,
        records=[*records, *entries],  # type: ignore[list-item]
        devices=history.devices,
    )


def test_what_people_tell_is_visible_on_its_day() -> None:
    day = LAST - timedelta(days=18)  # of the infection that began the day before
    found = report_of("daily").build(person("tablets"), Window(day, day), Options())
    rows = [[cell.text for cell in row] for row in table(found, "events").rows]
    assert any(row[1:3] == ["all day", "Illness: Cold with fever"] for row in rows)
    stress = LAST - timedelta(days=3)
    found = report_of("daily").build(person("tablets"), Window(stress, stress), Options())
    (row,) = (r for r in table(found, "events").rows if r[2].text.startswith("Stress"))
    assert [cell.text for cell in row[2:]] == ["Stress: Presentation at work", "high", "Logbook"]
    chart = next(b for b in found.blocks if isinstance(b, Figure) and b.key == "day").chart
    assert ("logbook", "entered in the logbook") in chart.legend()  # type: ignore[attr-defined]
    assert any("Logbook" in device for device in found.devices)


def test_a_day_on_which_no_insulin_was_logged_is_unknown() -> None:
    silent = LAST + timedelta(days=1)
    at_local = person("meter").of(diary.CarbEntry)[-1].at_local
    at_local = at_local.replace(year=silent.year, month=silent.month, day=silent.day)
    lunch = diary.CarbEntry(at_local=at_local, device_id="logbook", carbs_g=40, label="soup")
    history = with_entries("meter", lunch)
    found = report_of("daily").build(history, Window(silent, silent), Options())
    injected = groups(found)["insulin"].items[0]
    assert (injected.text, injected.reason) == ("—", "none logged on this day")
    week = report_of("quick-view").build(history, Window.ending(silent, 7), Options())
    chart = next(b for b in week.blocks if isinstance(b, Figure) and b.key == "daily-strip").chart
    assert (chart.days[-1].basal_u, chart.days[-1].bolus_u) == (None, None)  # type: ignore[attr-defined]


def test_a_pen_beside_the_pump_is_listed_apart_and_added_up() -> None:
    noon = local_time(LAST.year, LAST.month, LAST.day - 2, 12)
    pen = diary.Injection(at_local=noon, device_id="logbook", dose_u=7)
    window = Window.ending(LAST, 14)
    found = report_of("quick-view").build(with_entries("pump-meter", pen), window, Options())
    assert {"insulin", "injections"} <= groups(found).keys()
    apart = {stat.metric: stat for stat in groups(found)["injections"].items}
    assert set(apart) == {"injected", "injection_days", "total_insulin"}
    pump = {stat.metric: stat for stat in groups(found)["insulin"].items}
    both, alone = apart["total_insulin"].value, pump["tdd"].value
    assert both is not None
    assert alone is not None
    # A pump's days are all complete here: 7 U on one of them.
    assert both - alone == pytest.approx(7 / (pump["tdd"].n or 0))
    columns = [column.key for column in table_of_days(found).columns]
    assert {"basal", "bolus"} <= set(columns)


def table_of_days(found: Document) -> Table:
    strip = next(b for b in found.blocks if isinstance(b, Figure) and b.key == "daily-strip")
    assert strip.table is not None
    return strip.table


def test_finger_sticks_stand_before_and_after_logged_meals() -> None:
    found = document("meter", "meal-overlay")
    rows = {row[0].text: row for row in table(found, "meal-sticks").rows}
    assert all(int(row[1].text) > 0 for row in rows.values())
    assert int(rows["Breakfast"][2].text) > 0
    assert "Where the meals were entered: mySugr" in notes(found)
    assert not any(
        isinstance(b, Table) and b.key == "meal-sticks"
        for b in document("tablets", "meal-overlay").blocks
    )
