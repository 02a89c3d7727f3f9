"""All days on one clock: drawn inside the axis, read out as measured."""

import xml.etree.ElementTree as ET

import pytest

from glykos.charts import (
    ModalDay,
)
from glykos.charts._axes import GlucoseAxis
from glykos.charts._traces import Trace
from glykos.therapy.units import GlucoseUnit
from tests.charts.examples import AXIS, SVG, texts


def test_hover_reads_true_values_while_the_drawing_is_clamped() -> None:
    chart = ModalDay(title="t", description="d", axis=AXIS, meter=Trace((600.0,), (612.0,)))
    assert chart.data()["meter"] == {"minutes": [600], "values": [612.0]}
    top = chart.data()["plot"]["wide"][2]  # type: ignore[index]
    svg = chart.svg(skin="web", size="wide", uid="a")
    (dot,) = [
        n for n in ET.fromstring(svg).iter(SVG + "circle") if n.get("class") == "g-meter-cloud"
    ][:1]
    assert float(dot.get("cy") or 0) == pytest.approx(top, abs=0.1)


def test_limits_are_those_of_the_unit() -> None:
    mmoll = GlucoseAxis(unit=GlucoseUnit.MMOLL)
    chart = ModalDay(title="t", description="d", axis=mmoll)
    shown = texts(chart.svg(skin="web", size="wide", uid="a"))
    assert {"3.9", "10.0", "mmol/L"} <= set(shown)
    assert "70" not in shown


def test_finger_sticks_of_the_logbook_are_hollow_and_read_out_with_the_others() -> None:
    chart = ModalDay(
        title="t",
        description="d",
        axis=AXIS,
        meter=Trace((600.0,), (150.0,)),
        typed=Trace((480.0,), (90.0,)),
    )
    svg = chart.svg(skin="web", size="wide", uid="a")
    hollow = [
        n for n in ET.fromstring(svg).iter(SVG + "circle") if n.get("class") == "g-meter-hollow"
    ]
    assert len(hollow) == 2  # the finger-stick and the legend
    assert chart.data()["meter"] == {"minutes": [480, 600], "values": [90.0, 150.0]}
