"""Days laid over each other on one 24-hour clock, with their average and the period's bands."""

from dataclasses import dataclass, field
from datetime import date

from glykos.charts._axes import (
    Frame,
    GlucoseAxis,
    day_ticks,
    draw_glucose_grid,
    draw_hours,
    draw_limits,
    draw_words,
    label_clock,
    label_glucose,
)
from glykos.charts._marks import (
    BAND_GAP_MIN,
    Bands,
    Panel,
    draw_bands,
    draw_legend,
    plots,
    series,
    spread,
)
from glykos.charts._svg import Scale, Scene, Size
from glykos.charts._theme import DAY_COLOURS, Skin
from glykos.charts._traces import GAP_MIN, Trace
from glykos.therapy.clock import DAY_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """One day of sensor glucose. ``label`` names it directly beside its line ("Sun 1 Mar")."""

    day: date
    label: str
    trace: Trace
    is_weekend: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorOverlay:
    """Sensor Daily Overlay's picture: a line for each chosen day, bold dashes for their average.

    Every line and its label stand in ``<g class="g-day" data-day="2026-03-01" data-n="1">``, so
    that a page can show and hide days by attribute alone. ``data()`` is ``{"kind":
    "sensor-overlay", "unit", "clock_24h", "x": [0, 1440], "gap": 15, "plot": {"wide": [left, right, top,
    bottom], "compact": [...]}, "days": [{"day", "label", "n": 1..7 (colour and dash), "weekend":
    bool, "minutes", "values"}], "average": {"minutes", "values"}, "available": [{"day", "label",
    "weekend", "drawn": bool}]}``; ``available`` lists every day of the period with readings, so
    that a page can offer the others (they need a request with ``day=``).
    """

    title: str
    description: str
    axis: GlucoseAxis
    days: tuple[DayLine, ...] = ()
    average: Trace = field(default_factory=Trace)
    bands: Bands = field(default_factory=Bands)
    available: tuple[tuple[date, str, bool], ...] = ()  # day, label, is_weekend
    gap_min: float = GAP_MIN
    empty_text: str = "No sensor readings in these days"

    @staticmethod
    def _panel(frame: Frame) -> Panel:
        height = 260 if frame.is_compact else frame.width * 0.4
        top = frame.line * 1.7
        # On wide pages the names of the days stand right of the plot, on a phone below it.
        margin = frame.right if frame.is_compact else frame.font * 8.8
        return frame.left, frame.width - margin, top, top + height

    def svg(self, *, skin: Skin, size: Size, uid: str) -> str:
        """The chart as an ``<svg>`` element."""
        frame = Frame.of(skin, size)
        left, right, top, bottom = self._panel(frame)
        below = frame.line * (1.6 + (self._rows() if frame.is_compact else 0))
        scene = Scene(skin, frame.width, bottom + below, frame.font, uid)
        x, y = Scale(0, DAY_MIN, left, right), self.axis.scale(top, bottom)
        ticks = day_ticks(frame.hours, clock_24h=self.axis.clock_24h)
        draw_limits(scene, self.axis, (left, right), y)
        draw_bands(scene, self.bands, x, y)
        draw_glucose_grid(scene, self.axis, (left, right), y)
        draw_hours(scene, ticks, x, [(top, bottom)])
        for limit in (self.axis.targets.high, self.axis.targets.low):
            scene.line((left, y(limit.mgdl)), (right, y(limit.mgdl)), "limit-dashed")
        labels = self._label_places(frame, y)
        for number, (line, place) in enumerate(zip(self.days, labels, strict=True)):
            self._draw_day(scene, number, line, x, y, place)
        scene.path(self.average.path(x, y, BAND_GAP_MIN), "mean")
        if not self.days:
            draw_words(scene, ((left + right) / 2, (top + bottom) / 2), self.empty_text)
        label_glucose(scene, self.axis, left, y)
        label_clock(scene, ticks, x, bottom + frame.line)
        self._draw_legend(scene, left, right)
        return scene.finish(self.title, self.description)

    def _rows(self) -> int:
        """Rows of day names below a phone's plot, three in a row."""
        return -(-len(self.days) // 3)

    def _label_places(self, frame: Frame, y: Scale) -> list[tuple[float, float]]:
        """Where each day's sample and name begin (x, middle of the line)."""
        left, right, top, bottom = self._panel(frame)
        if frame.is_compact:
            column = (right - left + frame.left) / 3
            first = bottom + frame.line * 1.95
            return [
                (8 + (index % 3) * column, first + (index // 3) * frame.line)
                for index in range(len(self.days))
            ]
        wanted = [y(line.trace.mgdl[-1]) if line.trace.mgdl else bottom for line in self.days]
        heights = spread(wanted, frame.line, top + frame.font / 2, bottom - frame.font / 2)
        return [(right + frame.font * 0.6, height) for height in heights]

    def _draw_day(
        self,
        scene: Scene,
        number: int,
        line: DayLine,
        x: Scale,
        y: Scale,
        place: tuple[float, float],
    ) -> None:
        index = number % DAY_COLOURS + 1
        scene.open(f'class="g-day" data-day="{line.day.isoformat()}" data-n="{index}"')
        scene.path(line.trace.path(x, y, self.gap_min), f"day-{index}")
        at, middle = place
        scene.line((at, middle), (at + scene.font * 1.9, middle), f"day-{index}")
        label = (at + scene.font * 2.4, middle + scene.font * 0.35)
        scene.text(label, line.label, "ink", scale=0.92)
        scene.close()

    def _draw_legend(self, scene: Scene, left: float, right: float) -> None:
        baseline = scene.font * 1.15
        scene.text((left, baseline), str(self.axis.unit), "strong")
        entries = []
        if self.bands.minutes:
            entries += [("band-outer", "5-95 %"), ("band-inner", "25-75 %")]
        if self.average.minutes:
            entries.append(("mean", "average"))
        draw_legend(scene, entries, right, baseline)

    def data(self) -> dict[str, object]:
        """What the reader under the pointer needs (see the class)."""
        drawn = {line.day for line in self.days}
        return {
            "kind": "sensor-overlay",
            "unit": str(self.axis.unit),
            "clock_24h": self.axis.clock_24h,
            "x": [0, DAY_MIN],
            "gap": self.gap_min,
            "plot": plots(self._panel),
            "days": [
                {
                    "day": line.day.isoformat(),
                    "label": line.label,
                    "n": number % DAY_COLOURS + 1,
                    "weekend": line.is_weekend,
                    **series(line.trace, self.axis),
                }
                for number, line in enumerate(self.days)
            ],
            "average": series(self.average, self.axis),
            "available": [
                {"day": day.isoformat(), "label": label, "weekend": weekend, "drawn": day in drawn}
                for day, label, weekend in self.available
            ],
        }
