"""What every chart promises, whatever it shows: valid, small, unique ids, no inline style."""

import gzip
import json
import math
import re
import xml.etree.ElementTree as ET
from datetime import date, timedelta

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
from glykos.charts._axes import ClockTick, GlucoseAxis, clock_text, day_ticks
from glykos.charts._day_marks import BasalStep, CarbPill, Dose, MeterDot, Span
from glykos.charts._lanes import Mark
from glykos.charts._marks import Bands
from glykos.charts._traces import Trace
from glykos.charts.band_bar import Part, percent_texts, whole_percents
from glykos.charts.daily_strip import StripDay
from glykos.charts.meal_overlay import OverlayPanel
from glykos.charts.sensor_overlay import DayLine
from glykos.reports._blocks import Chart
from glykos.therapy.units import GlucoseUnit

AXIS = GlucoseAxis()
FIRST = date(2026, 3, 1)
SVG = "{http://www.w3.org/2000/svg}"
NASTY = '</text><script>alert("&")</script>'


def wave(seed: int, step: int = 5) -> Trace:
    minutes = tuple(float(m) for m in range(0, 1440, step))
    return Trace(minutes, tuple(150 + 90 * math.sin(m / 130 + seed) for m in minutes))


def bands() -> Bands:
    line = wave(1, 5)
    shift = {"p5": -60, "p25": -25, "p50": 0, "p75": 25, "p95": 60}
    curves = {name: tuple(v + by for v in line.mgdl) for name, by in shift.items()}
    return Bands(minutes=line.minutes, **curves)


def overlay(days: int = 7) -> SensorOverlay:
    lines = tuple(
        DayLine(day=FIRST + timedelta(n), label=f"Day {n}", trace=wave(n)) for n in range(days)
    )
    return SensorOverlay(
        title="Overlay", description="x", axis=AXIS, days=lines, average=wave(0), bands=bands()
    )


def full_day() -> DayChart:
    return DayChart(
        title="Sun 1 Mar",
        description=NASTY,
        axis=AXIS,
        ticks=day_ticks(1, clock_24h=True),
        sensor=wave(2),
        meter=(
            MeterDot(minute=420, mgdl=150),
            MeterDot(minute=500, mgdl=500, shape="hollow"),
            MeterDot(minute=600, mgdl=30, shape="triangle"),
        ),
        carbs=(CarbPill(minute=440, grams=62, text="62 g"),),
        doses=(
            Dose(minute=440, text="a", now_u=7.125, correction_u=1, advised_u=6, override="plus"),
            Dose(minute=700, text="b", extended_u=2, end_minute=820),
        ),
        basal=(
            BasalStep(start=0, end=700, rate_u_per_h=0.8, scheduled_u_per_h=0.8),
            BasalStep(start=700, end=1440, rate_u_per_h=None),
        ),
        spans=(Span(start=300, end=345, text="Stopped: low glucose", kind="suspend"),),
        marks=(Mark(300, NASTY, 1), Mark(900, "Felt shaky", 2, "note")),
    )


def meals() -> MealOverlay:
    ticks = (ClockTick(-60, "-1 h"), ClockTick(0, "meal"), ClockTick(180, "+3 h"))
    line = Trace(tuple(range(-60, 181, 5)), tuple(150.0 + n for n in range(49)))
    panel = OverlayPanel(
        title="Breakfast",
        subtitle="14 meals",
        start=-60,
        end=180,
        ticks=ticks,
        traces=tuple((f"{n} Mar", line) for n in range(14)),
        average=line,
        spans=((-60, 0), (60, 180)),
        marker=0,
    )
    return MealOverlay(title="Meals", description="x", axis=AXIS, panels=(panel,) * 4)


def strip(days: int = 14) -> DailyStrip:
    return DailyStrip(
        title="Days",
        description="x",
        axis=AXIS,
        days=tuple(
            StripDay(
                day=FIRST + timedelta(n),
                label=f"Sun {n + 1}",
                short_label=str(n + 1),
                sensor_low=60,
                sensor_high=250,
                sensor_mean=150,
                basal_u=20,
                bolus_u=12,
                carbs_g=150,
                facts=("45 min", ""),
            )
            for n in range(days)
        ),
        fact_names=("Exercise", "Set change"),
    )


def bar() -> BandBar:
    parts = (("<54", 0.0, "very-low"), ("54-69", 0.03, "low"), ("70-180", 0.97, "in-range"))
    return BandBar(
        title="Bands",
        description="x",
        parts=tuple(Part(label=a, share=b, role=f"band-{c}") for a, b, c in parts),
    )


def modal() -> ModalDay:
    return ModalDay(
        title="All days", description="x", axis=AXIS, meter=wave(3, 20), bands=bands(), mean=wave(1)
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


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter() if "text" in node.tag]


def test_each_day_can_be_toggled_by_its_date() -> None:
    svg = overlay().svg(skin="web", size="wide", uid="a")
    groups = [g for g in ET.fromstring(svg).iter(SVG + "g") if g.get("data-day")]
    assert [g.get("data-day") for g in groups] == [f"2026-03-0{n}" for n in range(1, 8)]
    assert [g.get("data-n") for g in groups] == list("1234567")
    for number, group in enumerate(groups, start=1):
        assert len(group.findall(f"{{*}}path[@class='g-day-{number}']")) == 2  # line and sample
        assert group.findtext("{*}text") == f"Day {number - 1}"


def test_an_eighth_day_starts_the_colours_again() -> None:
    data = overlay(8).data()
    assert [day["n"] for day in data["days"]] == [1, 2, 3, 4, 5, 6, 7, 1]  # type: ignore[index, attr-defined]


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


def test_unknown_basal_is_hatched_and_never_drawn_as_zero() -> None:
    svg = full_day().svg(skin="web", size="wide", uid="a")
    assert "url(#a-hatch)" in svg
    (area,) = [n for n in ET.fromstring(svg).iter(SVG + "path") if n.get("class") == "g-basal"]
    ends = [float(x) for x in re.findall(r"H([\d.]+)", area.get("d") or "")]
    assert max(ends) == pytest.approx(46 + 900 * 700 / 1440, abs=0.2)


def test_a_day_without_anything_known_is_hatched_in_the_strip() -> None:
    blank = StripDay(day=FIRST, label="Sun 1", short_label="1")
    chart = DailyStrip(title="t", description="d", axis=AXIS, days=(blank,))
    svg = chart.svg(skin="web", size="wide", uid="a")
    assert "url(#a-hatch)" in svg
    assert "g-range-sensor" not in svg


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
