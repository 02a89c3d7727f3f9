"""Stacked bars: honest widths and honest percents."""

import xml.etree.ElementTree as ET

import pytest

from glykos.charts.band_bar import percent_texts, whole_percents
from tests.charts.examples import SVG, bar, texts


def test_a_part_of_nothing_has_no_width_but_keeps_its_legend() -> None:
    svg = bar().svg(skin="web", size="wide", uid="a")
    rects = [
        n for n in ET.fromstring(svg).iter(SVG + "rect") if n.get("class") == "g-band-very-low"
    ]
    assert len(rects) == 1  # the legend's sample only
    assert any("<54 0 %" in text for text in texts(svg))


def test_bar_parts_fill_the_bar_in_order() -> None:
    root = ET.fromstring(bar().svg(skin="web", size="wide", uid="a"))
    low, inside = (
        next(n for n in root.iter(SVG + "rect") if n.get("class") == f"g-band-{band}")
        for band in ("low", "in-range")
    )
    assert float(low.get("x") or 0) == 1
    assert float(low.get("width") or 0) == pytest.approx(0.03 * 958, abs=0.1)
    assert float(inside.get("x") or 0) == pytest.approx(1 + 0.03 * 958, abs=0.1)


def test_whole_percents_add_up_to_100() -> None:
    assert whole_percents([0.005, 0.255, 0.74]) == [1, 25, 74]
    assert sum(whole_percents([1 / 7] * 7)) == 100
    assert whole_percents([0, 0]) == [0, 0]


def test_something_is_never_printed_as_nothing() -> None:
    assert percent_texts([0.001, 0.0, 0.999]) == ["<1 %", "0 %", "100 %"]


def test_bar_shows_tenths_where_whole_percents_would_contradict_plain_rounding() -> None:
    # 67.4 rounds to 67 anywhere else, but largest remainder would print 68.
    assert percent_texts([0.674, 0.3226, 0.0034]) == ["67.4 %", "32.3 %", "0.3 %"]
    assert percent_texts([0.67, 0.32, 0.01]) == ["67 %", "32 %", "1 %"]
