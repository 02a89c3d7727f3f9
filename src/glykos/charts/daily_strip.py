"""Quick View's second picture: one column a day with glucose, insulin, food and what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from glykos.charts._axes import (
    Frame,
    GlucoseAxis,
    draw_glucose_grid,
    draw_limits,
    draw_words,
    label_glucose,
)
from glykos.charts._day_panels import nice_top, units_text
from glykos.charts._marks import draw_legend_rows, legend_rows
from glykos.charts._svg import Scale, Scene, Size, text_width
from glykos.charts._theme import Skin


@dataclass(frozen=True, slots=True, kw_only=True)
class StripDay:
    """One day's numbers; ``None`` is unknown and leaves its place empty, never zero.

    ``facts`` are short texts in the order of the strip's ``fact_names`` ("" for nothing).
    """

    day: date
    label: str
    short_label: str
    meter_low: float | None = None
    meter_high: float | None = None
    meter_mean: float | None = None
    sensor_low: float | None = None
    sensor_high: float | None = None
    sensor_mean: float | None = None
    basal_u: float | None = None
    bolus_u: float | None = None
    carbs_g: float | None = None
    facts: tuple[str, ...] = ()

    @property
    def has_glucose(self) -> bool:
        """Whether anything was measured."""
        return self.meter_mean is not None or self.sensor_mean is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyStrip:
    """Columns of days. ``data()`` is ``{}``: the figure's table holds every number."""

    title: str
    description: str
    axis: GlucoseAxis
    days: tuple[StripDay, ...]
    fact_names: tuple[str, ...] = ()
    insulin_names: tuple[str, str] = ("basal", "bolus")  # lower and upper part of the bars

    def svg(self, *, skin: Skin, size: Size, uid: str) -> str:
        """The chart as an ``<svg>`` element."""
        frame = Frame.of(skin, size)
        font = frame.font
        margin = font * (5.6 if self.fact_names else 3.2)
        left, right = max(frame.left, margin), frame.width - frame.right
        pitch = (right - left) / max(len(self.days), 1)
        glucose = (font * 1.6, font * 1.6 + (170 if frame.is_compact else frame.width * 0.2))
        insulin = self._below(glucose, font * 7) if self._has_insulin else None
        carbs = self._below(insulin or glucose, font * 4.2) if self._has_carbs else None
        foot = (carbs or insulin or glucose)[1]
        facts_top = foot + frame.line * 1.5
        legend = legend_rows(self._legend(), frame.width - 8, font)
        height = facts_top + frame.line * (len(self.fact_names) + len(legend) + 0.5)
        scene = Scene(skin, frame.width, height, font, uid)
        columns = Scale(0, max(len(self.days), 1), left, right)
        self._draw_glucose(scene, columns, pitch, glucose)
        if insulin:
            self._draw_insulin(scene, columns, pitch, insulin)
        if carbs:
            self._draw_carbs(scene, columns, pitch, carbs)
        self._label_days(scene, columns, pitch, foot + frame.line)
        self._draw_facts(scene, columns, pitch, facts_top)
        draw_legend_rows(scene, legend, 4, height - frame.line * (len(legend) + 0.3))
        return scene.finish(self.title, self.description)

    @staticmethod
    def _below(panel: tuple[float, float], height: float) -> tuple[float, float]:
        return panel[1] + 12, panel[1] + 12 + height

    @property
    def _has_insulin(self) -> bool:
        return any(day.basal_u is not None or day.bolus_u is not None for day in self.days)

    @property
    def _has_carbs(self) -> bool:
        return any(day.carbs_g is not None for day in self.days)

    def _draw_glucose(
        self, scene: Scene, columns: Scale, pitch: float, panel: tuple[float, float]
    ) -> None:
        y = self.axis.scale(*panel)
        edges = (columns.start, columns.end)
        scene.text((columns.start, panel[0] - scene.font * 0.5), str(self.axis.unit), "strong")
        draw_limits(scene, self.axis, edges, y)
        draw_glucose_grid(scene, self.axis, edges, y)
        for index, day in enumerate(self.days):
            middle = columns(index) + pitch / 2
            if not day.has_glucose:
                width = pitch * 0.8
                scene.hatched((middle - width / 2, panel[0]), (width, panel[1] - panel[0]))
                continue
            self._draw_ranges(scene, day, middle, y, pitch)
        if not any(day.has_glucose for day in self.days):
            centre = ((columns.start + columns.end) / 2, sum(panel) / 2)
            draw_words(scene, centre, "No glucose readings in these days")
        label_glucose(scene, self.axis, columns.start, y)

    def _draw_ranges(
        self, scene: Scene, day: StripDay, middle: float, y: Scale, pitch: float
    ) -> None:
        half = min(pitch * 0.28, 12)
        radius = min(scene.font * 0.3, pitch * 0.18)
        if day.sensor_low is not None and day.sensor_high is not None:
            top = y(day.sensor_high)
            size = (2 * half, max(y(day.sensor_low) - top, 1))
            scene.rect((middle - half, top), size, "range-sensor", radius=2)
        if day.sensor_mean is not None:
            height = y(day.sensor_mean)
            scene.line((middle - half, height), (middle + half, height), "median")
        if day.meter_low is not None and day.meter_high is not None:
            scene.line((middle, y(day.meter_low)), (middle, y(day.meter_high)), "range-meter")
        if day.meter_mean is not None:
            scene.circle((middle, y(day.meter_mean)), radius, "meter")

    def _draw_insulin(
        self, scene: Scene, columns: Scale, pitch: float, panel: tuple[float, float]
    ) -> None:
        totals = [(day.basal_u or 0) + (day.bolus_u or 0) for day in self.days]
        y = self._amounts(scene, columns, panel, max(totals), "U")
        half = pitch * 0.3
        for index, (day, total) in enumerate(zip(self.days, totals, strict=True)):
            middle = columns(index) + pitch / 2
            if day.basal_u is None and day.bolus_u is None:
                scene.hatched((middle - half, panel[0]), (2 * half, panel[1] - panel[0]))
                continue
            basal = y(day.basal_u or 0)
            scene.rect((middle - half, basal), (2 * half, panel[1] - basal), "basal-bar")
            scene.rect((middle - half, y(total)), (2 * half, basal - y(total)), "bolus")
            self._number(scene, (middle, y(total) - 3), f"{total:.0f}", pitch)

    def _draw_carbs(
        self, scene: Scene, columns: Scale, pitch: float, panel: tuple[float, float]
    ) -> None:
        y = self._amounts(scene, columns, panel, max(day.carbs_g or 0 for day in self.days), "g")
        half = pitch * 0.3
        for index, day in enumerate(self.days):
            if day.carbs_g is None:
                continue
            middle, top = columns(index) + pitch / 2, y(day.carbs_g)
            scene.rect((middle - half, top), (2 * half, panel[1] - top), "carbs")
            self._number(scene, (middle, top - 3), f"{day.carbs_g:.0f}", pitch)

    @staticmethod
    def _amounts(
        scene: Scene, columns: Scale, panel: tuple[float, float], highest: float, unit: str
    ) -> Scale:
        """The axis of a bar panel, with its top value and unit."""
        top = nice_top(highest)
        y = Scale(0, top, panel[1], panel[0] + scene.font * 1.1)
        scene.line((columns.start, panel[1]), (columns.end, panel[1]), "tick")
        at = columns.start - 6
        scene.text((at, y(top) + scene.font * 0.35), units_text(top), anchor="end")
        scene.text((at, (y(top) + panel[1]) / 2 + scene.font * 0.35), unit, "strong", anchor="end")
        return y

    @staticmethod
    def _number(scene: Scene, at: tuple[float, float], text: str, pitch: float) -> None:
        if text_width(text, scene.font * 0.8) < pitch:
            scene.text(at, text, "ink", anchor="middle", scale=0.8)

    def _label_days(self, scene: Scene, columns: Scale, pitch: float, baseline: float) -> None:
        """Names of days; the long ones where all fit, otherwise as many short ones as fit."""
        size = scene.font * 0.92
        longest = max((text_width(day.label, size) for day in self.days), default=0)
        is_long = longest + 4 < pitch
        need = max((text_width(day.short_label, size) for day in self.days), default=0) + 5
        step = 1 if is_long else max(1, -int(-need // pitch))
        for index in range(0, len(self.days), step):
            text = self.days[index].label if is_long else self.days[index].short_label
            at = (columns(index) + pitch / 2, baseline)
            scene.text(at, text, "text", anchor="middle", scale=0.92)

    def _draw_facts(self, scene: Scene, columns: Scale, pitch: float, top: float) -> None:
        """Rows of facts: the text where it fits, otherwise a dot."""
        size = scene.font
        for row, name in enumerate(self.fact_names):
            baseline = top + (row + 0.9) * size * 1.35
            scene.text((columns.start - 6, baseline), name, "text", anchor="end", scale=0.92)
            scene.line((columns.start, baseline + 3), (columns.end, baseline + 3), "grid")
            for index, day in enumerate(self.days):
                fact = day.facts[row] if row < len(day.facts) else ""
                middle = columns(index) + pitch / 2
                if fact and text_width(fact, size * 0.85) < pitch - 1:
                    scene.text((middle, baseline), fact, "ink", anchor="middle", scale=0.85)
                elif fact:
                    scene.circle((middle, baseline - size * 0.3), size * 0.24, "note")

    def _legend(self) -> Sequence[tuple[str, str]]:
        days = self.days
        entries = [
            ("range-sensor", "sensor low to high", any(d.sensor_low is not None for d in days)),
            ("median", "sensor mean", any(d.sensor_mean is not None for d in days)),
            ("range-meter", "meter low to high", any(d.meter_low is not None for d in days)),
            ("meter", "meter mean", any(d.meter_mean is not None for d in days)),
            ("basal-bar", self.insulin_names[0], any(d.basal_u is not None for d in days)),
            ("bolus", self.insulin_names[1], any(d.bolus_u is not None for d in days)),
            ("carbs", "carbohydrate", self._has_carbs),
            ("hatched", "nothing known", not all(d.has_glucose for d in days)),
        ]
        return [(role, name) for role, name, is_drawn in entries if is_drawn]

    def data(self) -> dict[str, object]:
        """Nothing: the table beside the picture holds every number."""
        return {}
