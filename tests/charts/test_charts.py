"""What every chart promises, whatever it shows: valid, small, unique ids, no inline style."""

import gzip
import json
import re
import xml.etree.ElementTree as ET

import pytest

from glykos.charts import (
    CHARTS,
    BandBar,
    DailyStrip,
    DayChart,
    MealOverlay,
    ModalDay,
    SensorOverlay,
)
from glykos.charts._axes import clock_text
from glykos.reports._blocks import Chart
from tests.charts.examples import (
    AXIS,
    bar,
    full_day,
    meals,
    modal,
    overlay,
    strip,
    texts,
)

FULL: dict[str, Chart] = {
    "modal": modal(),
    "strip": strip(),
    "bar": bar(),
    "overlay": overlay(),
    "meals": meals(),
    "day": full_day(),
}


EMPTY: dict[str, Chart] = {
    "modal": ModalDay(title="t", description="d", axis=AXIS),
    "strip": DailyStrip(title="t", description="d", axis=AXIS, days=()),
    "bar": BandBar(title="t", description="d", parts=()),
    "overlay": SensorOverlay(title="t", description="d", axis=AXIS),
    "meals": MealOverlay(title="t", description="d", axis=AXIS, panels=()),
    "day": DayChart(title="t", description="d", axis=AXIS, ticks=()),
}


SKINS = [("web", "wide"), ("web", "compact"), ("print", "wide")]


ALL = [*FULL.items(), *((f"empty {key}", chart) for key, chart in EMPTY.items())]


def test_every_chart_is_tried_here() -> None:
    assert {type(chart) for chart in FULL.values()} == set(CHARTS)


@pytest.mark.parametrize(("skin", "size"), SKINS)
@pytest.mark.parametrize(("key", "chart"), ALL, ids=[key for key, _ in ALL])
def test_svg_is_valid_and_tells_what_it_shows(key: str, chart: Chart, skin: str, size: str) -> None:
    svg = chart.svg(skin=skin, size=size, uid="a7")  # type: ignore[arg-type]
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.findtext("{*}title")
    assert root.find("{*}desc") is not None
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids))
    assert all(name.startswith("a7-") for name in ids if name)
    assert root.get("aria-labelledby") == "a7-t a7-d"
    assert "nan" not in svg
    assert "None" not in svg
    assert "inf" not in re.sub(r"<(title|desc|text).*?</\1>", "", svg)


@pytest.mark.parametrize(("key", "chart"), ALL, ids=[key for key, _ in ALL])
def test_web_skin_has_no_inline_style_and_no_colour(key: str, chart: Chart) -> None:
    for size in ("wide", "compact"):
        svg = chart.svg(skin="web", size=size, uid="a")  # type: ignore[arg-type]
        assert "style=" not in svg
        assert "<style" not in svg
        assert not re.search(r'"#[0-9a-f]{3,6}"', svg)


@pytest.mark.parametrize(("key", "chart"), ALL, ids=[key for key, _ in ALL])
def test_print_skin_needs_no_style_sheet(key: str, chart: Chart) -> None:
    svg = chart.svg(skin="print", size="wide", uid="a")
    assert 'class="g-' not in svg.replace('class="g-day"', "")
    assert "var(" not in svg
    assert ET.fromstring(svg).get("width") == "680"


@pytest.mark.parametrize(("key", "chart"), FULL.items(), ids=FULL)
def test_charts_stay_small(key: str, chart: Chart) -> None:
    wide = chart.svg(skin="web", size="wide", uid="a").encode()
    compact = chart.svg(skin="web", size="compact", uid="a").encode()
    assert len(gzip.compress(wide)) < 30_000
    assert len(gzip.compress(compact)) < 8_000


@pytest.mark.parametrize(("key", "chart"), ALL, ids=[key for key, _ in ALL])
def test_hover_data_is_json(key: str, chart: Chart) -> None:
    assert json.loads(json.dumps(chart.data(), allow_nan=False)) == json.loads(
        json.dumps(chart.data())
    )


@pytest.mark.parametrize(("key", "chart"), FULL.items(), ids=FULL)
def test_everything_stays_inside_the_picture(key: str, chart: Chart) -> None:
    for skin, size in SKINS:
        root = ET.fromstring(chart.svg(skin=skin, size=size, uid="a"))  # type: ignore[arg-type]
        _, _, width, height = (float(v) for v in (root.get("viewBox") or "").split())
        for node in root.iter():
            for name, limit in (("x", width), ("cx", width), ("y", height), ("cy", height)):
                if node.get(name):
                    assert -1 <= float(node.get(name) or 0) <= limit + 1, (key, node.attrib)


@pytest.mark.parametrize(
    ("minute", "clock_24h", "short", "text"),
    [
        (0, True, False, "00:00"),
        (845, True, False, "14:05"),
        (845, False, False, "2:05 pm"),
        (0, False, True, "12 am"),
        (720, False, True, "12 pm"),
        (1439, False, False, "11:59 pm"),
        (1440, True, False, "24:00"),
    ],
)
def test_clock_times(minute: int, clock_24h: bool, short: bool, text: str) -> None:
    assert clock_text(minute, clock_24h=clock_24h, short=short) == text


def test_empty_pictures_say_so_in_words() -> None:
    assert "No sensor readings in these days" in texts(
        EMPTY["overlay"].svg(skin="web", size="wide", uid="a")
    )
    day = texts(EMPTY["day"].svg(skin="web", size="wide", uid="a"))
    assert "No sensor readings on this day" in day
    assert "Basal delivery is not known for this day" in day
