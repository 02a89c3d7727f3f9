"""Meals over each other: limits only where the numbers look, panels in a grid."""

import xml.etree.ElementTree as ET

import pytest

from glykos.charts import MealOverlay
from tests.charts.examples import SVG, meals


def test_target_is_drawn_only_over_the_analysed_spans() -> None:
    svg = meals().svg(skin="web", size="wide", uid="a")
    left, right, _, _ = meals().data()["panels"][0]["plot"]["wide"]  # type: ignore[index]
    hour = (right - left) / 4
    bands = [n for n in ET.fromstring(svg).iter(SVG + "rect") if n.get("class") == "g-target"][:2]
    places = [(float(n.get("x") or 0), float(n.get("width") or 0)) for n in bands]
    expected = [(left, hour), (left + 2 * hour, 2 * hour)]
    for place, wanted in zip(places, expected, strict=True):
        assert place == pytest.approx(wanted, abs=0.15)


def test_panels_stand_two_in_a_row_and_below_each_other_on_a_phone() -> None:
    panels: list[dict[str, dict[str, list[float]]]] = meals().data()["panels"]  # type: ignore[assignment]
    wide = [panel["plot"]["wide"] for panel in panels]
    compact = [panel["plot"]["compact"] for panel in panels]
    assert wide[0][2] == wide[1][2] < wide[2][2]
    assert wide[0][0] == wide[2][0] < wide[1][0]
    assert len({plot[0] for plot in compact}) == 1
    assert [plot[2] for plot in compact] == sorted({plot[2] for plot in compact})


def test_a_meal_without_readings_says_so() -> None:
    chart = MealOverlay(
        title="t",
        description="d",
        axis=meals().axis,
        panels=(type(meals().panels[0])(title="Lunch", subtitle="", start=-60, end=180, ticks=()),),
    )
    assert "Nothing to show" in chart.svg(skin="web", size="wide", uid="a")
