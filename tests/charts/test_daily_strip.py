"""A column for each day; nothing known is hatched."""

from glykos.charts import (
    DailyStrip,
)
from glykos.charts.daily_strip import StripDay
from tests.charts.examples import AXIS, FIRST


def test_a_day_without_anything_known_is_hatched_in_the_strip() -> None:
    blank = StripDay(day=FIRST, label="Sun 1", short_label="1")
    chart = DailyStrip(title="t", description="d", axis=AXIS, days=(blank,))
    svg = chart.svg(skin="web", size="wide", uid="a")
    assert "url(#a-hatch)" in svg
    assert "g-range-sensor" not in svg
