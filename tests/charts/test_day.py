"""One day: unknown is hatched, long days are long, overrides show their direction."""

import re
import xml.etree.ElementTree as ET

import pytest

from glykos.charts import (
    DayChart,
)
from glykos.charts._axes import ClockTick, day_ticks
from glykos.charts._day_marks import CarbPill, Dose, MeterDot
from glykos.charts._lanes import Mark
from glykos.charts._traces import Trace
from tests.charts.examples import AXIS, SVG, full_day, texts


def test_phone_shows_every_sixth_hour_and_paper_every_third() -> None:
    compact = texts(full_day().svg(skin="web", size="compact", uid="a"))
    wide = texts(full_day().svg(skin="print", size="wide", uid="a"))
    assert [t for t in compact if re.fullmatch(r"\d\d:00", t)] == [
        "00:00",
        "06:00",
        "12:00",
        "18:00",
        "00:00",
    ]
    assert "03:00" in wide


def test_unknown_basal_is_hatched_and_never_drawn_as_zero() -> None:
    svg = full_day().svg(skin="web", size="wide", uid="a")
    assert "url(#a-hatch)" in svg
    (area,) = [n for n in ET.fromstring(svg).iter(SVG + "path") if n.get("class") == "g-basal"]
    ends = [float(x) for x in re.findall(r"H([\d.]+)", area.get("d") or "")]
    assert max(ends) == pytest.approx(46 + 900 * 700 / 1440, abs=0.2)


def test_a_day_of_25_hours_is_drawn_with_25_hours() -> None:
    ticks = (*day_ticks(1, clock_24h=True)[:-1], ClockTick(1500, "00:00", 24))
    chart = DayChart(title="t", description="d", axis=AXIS, ticks=ticks, length_min=1500)
    plot = chart.data()["plot"]["wide"]  # type: ignore[index]
    svg = chart.svg(skin="web", size="wide", uid="a")
    noon = next(n for n in ET.fromstring(svg).iter(SVG + "text") if n.text == "12:00")
    expected = plot[0] + (plot[1] - plot[0]) * 720 / 1500
    assert float(noon.get("x") or 0) == pytest.approx(expected, abs=0.1)


def test_override_shows_its_direction() -> None:
    svg = full_day().svg(skin="web", size="wide", uid="a")
    assert "g-override" in svg
    assert "changed by the person" in texts(svg)
    assert "7.125" in texts(svg)


def test_left_out_readings_are_hollow_and_named() -> None:
    chart = DayChart(
        title="t",
        description="d",
        axis=AXIS,
        ticks=day_ticks(1, clock_24h=True),
        left_out=Trace((180.0, 185.0), (55.0, 50.0)),
    )
    svg = chart.svg(skin="web", size="wide", uid="a")
    dots = [
        n for n in ET.fromstring(svg).iter(SVG + "circle") if n.get("class") == "g-sensor-left-out"
    ]
    assert len(dots) == 3  # two readings and the legend's sample
    assert "left out" in texts(svg)


@pytest.mark.parametrize("is_typed", [True, False])
def test_what_was_typed_has_a_mark_and_its_legend(is_typed: bool) -> None:
    chart = DayChart(
        title="t",
        description="d",
        axis=AXIS,
        ticks=day_ticks(1, clock_24h=True),
        meter=(MeterDot(minute=400, mgdl=120, is_typed=is_typed),),
        carbs=(CarbPill(minute=400, grams=40, text="40 g", is_typed=is_typed),),
        doses=(
            Dose(minute=400, text="5 U", now_u=5, source="injection", is_typed=is_typed),
            Dose(minute=1320, text="20 U", now_u=20, source="injection-long", is_typed=is_typed),
        ),
        marks=(Mark(700, "Stress", 1, "note", is_typed),),
        has_basal=False,
    )
    svg = chart.svg(skin="web", size="wide", uid="a")
    marks = [n for n in ET.fromstring(svg).iter(SVG + "path") if n.get("class") == "g-logbook"]
    assert len(marks) == (6 if is_typed else 0)  # five things and the legend
    assert ("entered in the logbook" in texts(svg)) is is_typed
    assert {"injection", "long-acting injection"} <= set(texts(svg))
