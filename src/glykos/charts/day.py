"""Daily Summary's picture: one day of glucose, food, insulin, stops and alarms on one clock."""

from dataclasses import dataclass, field

from glykos.charts._axes import (
    ClockTick,
    Frame,
    GlucoseAxis,
    draw_glucose_grid,
    draw_hours,
    draw_words,
    label_clock,
    label_glucose,
)
from glykos.charts._day_marks import BasalStep, CarbPill, Dose, MeterDot, Span
from glykos.charts._day_panels import draw_basal, draw_carbs, draw_doses, draw_washes
from glykos.charts._lanes import Mark, Placed, place
from glykos.charts._marks import Panel, draw_legend_rows, draw_typed, legend_rows, plots, series
from glykos.charts._svg import Scale, Scene, Size
from glykos.charts._theme import Skin
from glykos.charts._traces import GAP_MIN, Trace, beyond
from glykos.therapy.clock import DAY_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChart:
    """One local day; minutes count from its start, so a 25-hour day is 1,500 minutes long.

    ``data()`` is ``{"kind": "day", "unit", "clock_24h", "x": [0, length], "gap", "plot": {"wide": [left,
    right, top, bottom], "compact": [...]}, "clock": [[minute, wall minute], ...] (breakpoints:
    from each minute on the wall clock runs from that wall minute), "sensor": {"minutes",
    "values"}, "meter": {"minutes", "values"}, "basal": [[start, end, U/h or null], ...],
    "events": [{"minute", "text"}]}``. The crosshair may run from the plot's top to "foot".
    """

    title: str
    description: str
    axis: GlucoseAxis
    ticks: tuple[ClockTick, ...]
    length_min: float = DAY_MIN
    clock: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    sensor: Trace = field(default_factory=Trace)
    left_out: Trace = field(default_factory=Trace)  # readings that count for nothing, hollow
    gap_min: float = GAP_MIN
    meter: tuple[MeterDot, ...] = ()
    carbs: tuple[CarbPill, ...] = ()
    doses: tuple[Dose, ...] = ()
    basal: tuple[BasalStep, ...] = ()
    spans: tuple[Span, ...] = ()
    marks: tuple[Mark, ...] = ()
    has_doses: bool = True  # False leaves the whole panel out (no pump, pen or carbohydrate known)
    has_basal: bool = True
    basal_text: str = "Basal delivery is not known for this day"
    sensor_text: str = "No sensor readings on this day"

    def svg(self, *, skin: Skin, size: Size, uid: str) -> str:
        """The chart as an ``<svg>`` element."""
        frame = Frame.of(skin, size)
        layout = _Layout.of(frame, self)
        scene = Scene(skin, frame.width, layout.height, frame.font, uid)
        x = Scale(0, self.length_min, layout.left, layout.right)
        ticks = [tick for tick in self.ticks if tick.hour % frame.hours == 0]
        panels = [panel for panel in (layout.glucose, layout.doses, layout.basal) if panel]
        draw_washes(scene, self.spans, x, (layout.glucose[0], panels[-1][1]))
        self._draw_glucose(scene, x, layout.glucose)
        draw_hours(scene, ticks, x, panels)
        self._draw_readings(scene, x, layout.glucose)
        self._draw_marks(scene, x, layout.lane)
        if layout.doses:
            draw_carbs(scene, self.carbs, x, layout.doses[0])
            draw_doses(scene, self.doses, x, layout.doses)
        if layout.basal:
            draw_basal(scene, self.basal, x, layout.basal, self.basal_text)
            self._draw_temps(scene, x, layout.basal[0])
        label_clock(scene, ticks, x, panels[-1][1] + frame.line)
        rows = legend_rows(self.legend(), frame.width - layout.left, frame.font)
        draw_legend_rows(scene, rows, layout.left, panels[-1][1] + frame.line * 1.4)
        return scene.finish(self.title, self.description)

    def _draw_glucose(self, scene: Scene, x: Scale, panel: tuple[float, float]) -> None:
        top, bottom = panel
        y = self.axis.scale(top, bottom)
        targets = self.axis.targets
        high, low = y(targets.high.mgdl), y(targets.low.mgdl)
        scene.text((x.start, top - scene.font * 0.45), str(self.axis.unit), "strong")
        # The target is only tinted: stops and exercise stay visible through it.
        scene.rect((x.start, high), (x.end - x.start, low - high), "target-tint")
        draw_glucose_grid(scene, self.axis, (x.start, x.end), y)
        layers = [(float(targets.high.mgdl), "over-high", True)]
        if targets.very_high is not None:
            layers.append((float(targets.very_high.mgdl), "over-very-high", True))
        layers += [
            (float(targets.low.mgdl), "over-low", False),
            (float(targets.very_low.mgdl), "over-very-low", False),
        ]
        for limit, role, above in layers:
            for run in self.sensor.runs(self.gap_min):
                for polygon in beyond(run, limit, above=above):
                    scene.polygon([(x(minute), y(value)) for minute, value in polygon], role)
        for height in (high, low):
            scene.line((x.start, height), (x.end, height), "limit")
        label_glucose(scene, self.axis, x.start, y)

    def _draw_readings(self, scene: Scene, x: Scale, panel: tuple[float, float]) -> None:
        y = self.axis.scale(*panel)
        scene.path(self.sensor.path(x, y, self.gap_min), "sensor")
        if not self.sensor.minutes:
            draw_words(scene, ((x.start + x.end) / 2, panel[0] + scene.font * 3), self.sensor_text)
        for minute, value in zip(self.left_out.minutes, self.left_out.mgdl, strict=True):
            scene.circle((x(minute), y(value)), scene.font * 0.18, "sensor-left-out")
        radius = scene.font * 0.33
        for dot in self.meter:
            at = (x(dot.minute), y(dot.mgdl))
            if dot.shape == "triangle":
                scene.triangle(at, radius * 1.3, "meter")
            else:
                scene.circle(at, radius, "meter-hollow" if dot.shape == "hollow" else "meter")
            if dot.is_typed:
                draw_typed(scene, (at[0] + radius * 1.5, at[1] - radius * 1.2))
        names = [
            (x(span.start), Mark(span.start, span.text, role=f"{span.kind}-text"))
            for span in self.spans
            if span.kind != "temp"
        ]
        for placed in place(names, right=x.end, font=scene.font, most_rows=3):
            baseline = panel[0] + scene.font * (1.05 + placed.row * 1.2)
            _write(scene, placed, baseline, offset=0.25)

    def _draw_marks(self, scene: Scene, x: Scale, lane: tuple[float, float]) -> None:
        for placed in self.placed_marks(x, scene.font):
            baseline = lane[0] + scene.font * (1.0 + placed.row * 1.3)
            middle = (placed.x, baseline - scene.font * 0.33)
            if placed.role == "alarm":
                scene.triangle(middle, scene.font * 0.36, "alarm")
            elif placed.is_typed:
                draw_typed(scene, middle)
            else:
                side = scene.font * 0.6
                corner = (middle[0] - side / 2, middle[1] - side / 2)
                scene.rect(corner, (side, side), placed.role, radius=1.5)
            _write(scene, placed, baseline, offset=0.6)

    def placed_marks(self, x: Scale, font: float) -> list[Placed]:
        """Alarms and notes in their lane."""
        marks = [(x(mark.minute), mark) for mark in self.marks]
        return place(marks, right=x.end, font=font)

    def _draw_temps(self, scene: Scene, x: Scale, top: float) -> None:
        temps = [span for span in self.spans if span.kind == "temp"]
        for span in temps:
            scene.line((x(span.start), top + 1.5), (x(span.end), top + 1.5), "temp")
        names = [(x(span.start), Mark(span.start, span.text, role="temp-text")) for span in temps]
        for placed in place(names, right=x.end, font=scene.font, most_rows=1):
            _write(scene, placed, top + scene.font * 1.3, offset=0.1)

    def legend(self) -> list[tuple[str, str]]:
        """Only what is in the picture."""
        shapes = {dot.shape for dot in self.meter}
        sources = {dose.source for dose in self.doses}
        steps = self.basal
        entries = [
            ("sensor", "sensor", bool(self.sensor.minutes)),
            ("sensor-left-out", "left out", bool(self.left_out.minutes)),
            ("meter", "meter", "filled" in shapes),
            ("meter-hollow", "typed in", "hollow" in shapes),
            ("meter-triangle", "calibration", "triangle" in shapes),
            ("bolus", "bolus", "person" in sources),
            ("bolus-part", "of it correction", any(dose.correction_u > 0 for dose in self.doses)),
            ("bolus-auto", "automatic bolus", "auto" in sources),
            ("injection", "injection", "injection" in sources),
            ("injection-long", "long-acting injection", "injection-long" in sources),
            ("advised", "recommended", any(dose.advised_u is not None for dose in self.doses)),
            ("override", "changed by the person", any(dose.override for dose in self.doses)),
            ("basal", "basal delivered", any(s.rate_u_per_h and not s.is_automatic for s in steps)),
            (
                "basal-auto",
                "automatic basal",
                any(s.is_automatic and s.rate_u_per_h is not None for s in steps),
            ),
            (
                "scheduled",
                "programmed",
                any(s.scheduled_u_per_h is not None and not s.is_automatic for s in steps),
            ),
            ("hatched", "not known", any(s.rate_u_per_h is None for s in steps)),
            ("suspend", "delivery stopped", any(s.kind == "suspend" for s in self.spans)),
            ("logbook", "entered in the logbook", self._has_typed),
        ]
        return [(role, name) for role, name, is_drawn in entries if is_drawn]

    @property
    def _has_typed(self) -> bool:
        return (
            any(dot.is_typed for dot in self.meter)
            or any(pill.is_typed for pill in self.carbs)
            or any(dose.is_typed for dose in self.doses)
            or any(mark.is_typed for mark in self.marks)
        )

    def _plot(self, frame: Frame) -> Panel:
        layout = _Layout.of(frame, self)
        return layout.left, layout.right, layout.glucose[0], layout.glucose[1]

    def data(self) -> dict[str, object]:
        """What the reader under the pointer needs (see the class)."""
        dots = Trace(tuple(dot.minute for dot in self.meter), tuple(dot.mgdl for dot in self.meter))
        events = [(mark.minute, mark.text) for mark in self.marks]
        events += [(pill.minute, pill.text) for pill in self.carbs]
        events += [(dose.minute, dose.text) for dose in self.doses]
        events += [(span.start, span.text) for span in self.spans]
        return {
            "kind": "day",
            "unit": str(self.axis.unit),
            "clock_24h": self.axis.clock_24h,
            "x": [0, self.length_min],
            "gap": self.gap_min,
            "plot": plots(self._plot),
            "foot": {
                size: round(_Layout.of(Frame.of("web", size), self).foot, 1)
                for size in ("wide", "compact")
            },
            "clock": [list(pair) for pair in self.clock],
            "sensor": series(self.sensor, self.axis),
            "meter": series(dots, self.axis),
            "basal": [
                [round(step.start, 1), round(step.end, 1), _rounded(step.rate_u_per_h)]
                for step in self.basal
            ],
            "events": [
                {"minute": round(minute, 1), "text": text} for minute, text in sorted(events)
            ],
        }


@dataclass(frozen=True, slots=True)
class _Layout:
    """Heights of the stacked panels in one size; (top, bottom) each."""

    left: float
    right: float
    lane: tuple[float, float]
    glucose: tuple[float, float]
    doses: tuple[float, float] | None
    basal: tuple[float, float] | None
    height: float

    @property
    def foot(self) -> float:
        """Lower edge of the lowest panel."""
        return (self.basal or self.doses or self.glucose)[1]

    @classmethod
    def of(cls, frame: Frame, chart: DayChart) -> "_Layout":
        left, right = frame.left, frame.width - frame.right
        x = Scale(0, chart.length_min, left, right)
        rows = 1 + max((placed.row for placed in chart.placed_marks(x, frame.font)), default=-1)
        lane = (0.0, rows * frame.font * 1.3)
        gap = frame.font
        top = lane[1] + frame.font * 1.5
        glucose = (top, top + (210 if frame.is_compact else frame.width * 0.27))
        doses = basal = None
        at = glucose[1]
        if chart.has_doses:
            doses = (at + gap, at + gap + frame.font * 9.6)
            at = doses[1]
        if chart.has_basal:
            basal = (at + gap, at + gap + frame.font * 6)
            at = basal[1]
        legend = legend_rows(chart.legend(), frame.width - left, frame.font)
        height = at + frame.line * (1.5 + len(legend)) + frame.font * 0.6
        return cls(left, right, lane, glucose, doses, basal, height)


def _write(scene: Scene, placed: Placed, baseline: float, *, offset: float) -> None:
    """The name of a placed mark, right or left of it."""
    role = placed.role if placed.role.endswith("-text") else f"{placed.role}-text"
    shift = scene.font * offset
    if placed.is_left:
        at = (placed.x - shift, baseline)
        scene.text(at, placed.text, role, anchor="end", scale=0.92)
    else:
        scene.text((placed.x + shift, baseline), placed.text, role, scale=0.92)


def _rounded(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 3)
