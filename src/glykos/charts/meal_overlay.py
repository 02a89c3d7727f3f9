"""Sensor glucose around meals, laid over each other at the carb entry, and the nights."""

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
from glykos.charts._marks import Panel, series
from glykos.charts._svg import Scale, Scene, Size
from glykos.charts._theme import Skin
from glykos.charts._traces import GAP_MIN, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayPanel:
    """One small chart: traces over ``[start, end]`` minutes and their average.

    ``spans`` are the stretches that the numbers analyse (an hour before, one to three hours
    after); target limits are drawn only over them. ``marker`` is the minute of the carb entry.
    """

    title: str
    subtitle: str
    start: float
    end: float
    ticks: tuple[ClockTick, ...]
    traces: tuple[tuple[str, Trace], ...] = ()  # label (date), readings
    average: Trace = field(default_factory=Trace)
    spans: tuple[tuple[float, float], ...] = ()
    marker: float | None = None
    empty_text: str = "Nothing to show"


@dataclass(frozen=True, slots=True, kw_only=True)
class MealOverlay:
    """Sensor Overlay by Meal's picture: up to four panels, two in a row (one on a phone).

    ``data()`` is ``{"kind": "meal-overlay", "unit", "clock_24h", "panels": [{"title", "x": [start, end],
    "plot": {"wide": [left, right, top, bottom], "compact": [...]}, "average": {"minutes",
    "values"}, "traces": [{"label", "minutes", "values"}]}]}``; minutes count from the carb
    entry, and in the panel of the night from the midnight before it.
    """

    title: str
    description: str
    axis: GlucoseAxis
    panels: tuple[OverlayPanel, ...]
    gap_min: float = GAP_MIN

    def _panel(self, frame: Frame, index: int) -> Panel:
        columns = 1 if frame.is_compact else 2
        row, column = divmod(index, columns)
        height = 150 if frame.is_compact else frame.width * 0.21
        gutter = frame.left + 6
        width = (frame.width - frame.right - frame.left - gutter * (columns - 1)) / columns
        left = frame.left + column * (width + gutter)
        top = frame.line * 2.4 + row * self._pitch(frame)
        return left, left + width, top, top + height

    @staticmethod
    def _pitch(frame: Frame) -> float:
        """Distance of two rows of panels."""
        return (150 if frame.is_compact else frame.width * 0.21) + frame.line * 4.4

    def svg(self, *, skin: Skin, size: Size, uid: str) -> str:
        """The chart as an ``<svg>`` element."""
        frame = Frame.of(skin, size)
        rows = len(self.panels) if frame.is_compact else -(-len(self.panels) // 2)
        height = max(rows, 1) * self._pitch(frame) - frame.line * 0.4
        scene = Scene(skin, frame.width, height, frame.font, uid)
        for index, panel in enumerate(self.panels):
            self._draw(scene, panel, self._panel(frame, index))
        return scene.finish(self.title, self.description)

    def _draw(self, scene: Scene, panel: OverlayPanel, edges: Panel) -> None:
        left, right, top, bottom = edges
        size = scene.font
        x, y = Scale(panel.start, panel.end, left, right), self.axis.scale(top, bottom)
        high, low = y(self.axis.targets.high.mgdl), y(self.axis.targets.low.mgdl)
        scene.text((left, top - size * 1.75), panel.title, "strong", scale=1.08)
        scene.text((left, top - size * 0.5), panel.subtitle, "text", scale=0.92)
        for start, end in panel.spans:
            scene.rect((x(start), high), (x(end) - x(start), low - high), "target")
        draw_glucose_grid(scene, self.axis, (left, right), y)
        draw_hours(scene, panel.ticks, x, [(top, bottom)])
        for height in (high, low):
            for start, end in panel.spans:
                scene.line((x(start), height), (x(end), height), "limit")
        if panel.marker is not None:
            scene.line((x(panel.marker), top), (x(panel.marker), bottom), "marker")
        for _, trace in panel.traces:
            scene.path(trace.path(x, y, self.gap_min), "trace")
        scene.path(panel.average.path(x, y), "average")
        if not panel.traces:
            draw_words(scene, ((left + right) / 2, (top + bottom) / 2), panel.empty_text)
        label_glucose(scene, self.axis, left, y)
        label_clock(scene, panel.ticks, x, bottom + size * 1.3)

    def data(self) -> dict[str, object]:
        """What the reader under the pointer needs (see the class)."""
        wide, compact = Frame.of("web", "wide"), Frame.of("web", "compact")
        return {
            "kind": "meal-overlay",
            "unit": str(self.axis.unit),
            "clock_24h": self.axis.clock_24h,
            "panels": [
                {
                    "title": panel.title,
                    "x": [panel.start, panel.end],
                    "plot": {
                        "wide": [round(edge, 1) for edge in self._panel(wide, index)],
                        "compact": [round(edge, 1) for edge in self._panel(compact, index)],
                    },
                    "average": series(panel.average, self.axis),
                    "traces": [
                        {"label": label, **series(trace, self.axis)}
                        for label, trace in panel.traces
                    ],
                }
                for index, panel in enumerate(self.panels)
            ],
        }
