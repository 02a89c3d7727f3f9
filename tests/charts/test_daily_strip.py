"""A column for each day; nothing known is hatched."""

from glykos.charts import (
    DailyStrip,
)
from glykos.charts.daily_strip import StripDay
from tests.charts.examples import AXIS, FIRST, texts


def test_a_day_without_anything_known_is_hatched_in_the_strip() -> None:
    blank = StripDay(day=FIRST, label="Sun 1", short_label="1")
    chart = DailyStrip(title="t", description="d", axis=AXIS, days=(blank,))
    svg = chart.svg(skin="web", size="wide", uid="a")
    assert "url(#a-hatch)" in svg
    assert "g-range-sensor" not in svg


def test_the_parts_of_a_bar_are_named_as_they_are_told() -> None:
    day = StripDay(day=FIRST, label="Sun 1", short_label="1", basal_u=20, bolus_u=12)
    names = ("long-acting", "rapid-acting")
    chart = DailyStrip(title="t", description="d", axis=AXIS, days=(day,), insulin_names=names)
    shown = texts(chart.svg(skin="web", size="wide", uid="a"))
    assert {*names, "32"} <= set(shown)
    assert not {"basal", "bolus"} & set(shown)
