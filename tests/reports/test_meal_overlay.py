"""The Sensor Overlay by Meal by hand (see days.py), and what it leaves out."""

from glykos.reports import Options
from glykos.reports._blocks import Note, Table
from tests.reports.days import the_day
from tests.reports.documents import WEEK, report_of


def test_meal_overlay_by_hand() -> None:
    document = report_of("meal-overlay").build(the_day(), WEEK, Options())
    meals = next(b for b in document.blocks if isinstance(b, Table) and b.key == "meals")
    shown = {row[0].text: [cell.text for cell in row[1:]] for row in meals.rows}
    assert shown["Meals"] == ["1", "0", "1"]
    assert shown["Average carbohydrate (g)"] == ["40", "—", "30"]
    assert shown["Average insulin with the meal (U)"] == ["6.0", "—", "3.0"]
    assert shown["Before: average (mg/dL)"] == ["120", "—", "120"]
    # Breakfast at 08:00: 200 until 08:55, so the hour from 09:00 on is at 120 again.
    assert shown["After: average (mg/dL)"] == ["120", "—", "120"]
    assert shown["Highest within 3 h (mg/dL)"] == ["200", "—", "120"]
    assert shown["After 3 h against the start (mg/dL)"] == ["\u221280", "—", "0"]


def test_meal_overlay_lists_what_was_left_out() -> None:
    document = report_of("meal-overlay").build(the_day(), WEEK, Options())
    notes = [b.text for b in document.blocks if isinstance(b, Note)]
    assert "Every carbohydrate entry of this period is included." in notes
