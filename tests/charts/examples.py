"""One small example of each chart, and how tests read a picture."""

import math
import xml.etree.ElementTree as ET
from datetime import date, timedelta

from glykos.charts import (
    BandBar,
    DailyStrip,
    DayChart,
    MealOverlay,
    ModalDay,
    SensorOverlay,
)
from glykos.charts._axes import ClockTick, GlucoseAxis, day_ticks
from glykos.charts._day_marks import BasalStep, CarbPill, Dose, MeterDot, Span
from glykos.charts._lanes import Mark
from glykos.charts._marks import Bands
from glykos.charts._traces import Trace
from glykos.charts.band_bar import Part
from glykos.charts.daily_strip import StripDay
from glykos.charts.meal_overlay import OverlayPanel
from glykos.charts.sensor_overlay import DayLine

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


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter() if "text" in node.tag]
