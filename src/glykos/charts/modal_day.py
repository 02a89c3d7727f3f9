"""All days of a period on one 24-hour clock: meter dots, percentile bands, the mean line."""

from dataclasses import dataclass, field

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
)
from glykos.charts._svg import Scale, Scene, Size
from glykos.charts._theme import Skin
from glykos.charts._traces import Trace
from glykos.therapy.clock import DAY_MIN


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalDay:
    """Quick View's first picture.

    ``meter`` holds the finger-sticks of devices and apps by minute of the day, ``typed`` those of
    the logbook, ``mean`` the mean of the sensor by time of day. ``data()`` is ``{"kind": "modal-day", "unit", "clock_24h", "x": [0, 1440],
    "plot": {"wide": [left, right, top, bottom], "compact": [...]}, "mean": {"minutes", "values"},
    "meter": {"minutes", "values"}}`` with values rounded as printed.
    """

    title: str
    description: str
    axis: GlucoseAxis
    meter: Trace = field(default_factory=Trace)
    typed: Trace = field(default_factory=Trace)  # the finger-sticks entered into the logbook
    bands: Bands = field(default_factory=Bands)
    mean: Trace = field(default_factory=Trace)
    empty_text: str = "No glucose readings in these days"

    @staticmethod
    def _panel(frame: Frame) -> Panel:
        height = 250 if frame.is_compact else frame.width * 0.32
        top = frame.line * 1.7
        return frame.left, frame.width - frame.right, top, top + height

    def svg(self, *, skin: Skin, size: Size, uid: str) -> str:
        """The chart as an ``<svg>`` element."""
        frame = Frame.of(skin, size)
        left, right, top, bottom = self._panel(frame)
        scene = Scene(skin, frame.width, bottom + frame.line * 1.5, frame.font, uid)
        x, y = Scale(0, DAY_MIN, left, right), self.axis.scale(top, bottom)
        ticks = day_ticks(frame.hours, clock_24h=self.axis.clock_24h)
        draw_limits(scene, self.axis, (left, right), y)
        draw_bands(scene, self.bands, x, y)
        draw_glucose_grid(scene, self.axis, (left, right), y)
        draw_hours(scene, ticks, x, [(top, bottom)])
        self._draw_readings(scene, x, y)
        if not (
            self.meter.minutes or self.typed.minutes or self.mean.minutes or self.bands.minutes
        ):
            draw_words(scene, ((left + right) / 2, (top + bottom) / 2), self.empty_text)
        label_glucose(scene, self.axis, left, y)
        label_clock(scene, ticks, x, bottom + frame.line)
        self._draw_legend(scene, left, right)
        return scene.finish(self.title, self.description)

    def _draw_readings(self, scene: Scene, x: Scale, y: Scale) -> None:
        for limit in (self.axis.targets.high, self.axis.targets.low):
            scene.line((x.start, y(limit.mgdl)), (x.end, y(limit.mgdl)), "limit")
        scene.path(self.mean.path(x, y, BAND_GAP_MIN), "average")
        radius = scene.font * (0.2 if len(self.meter.minutes) > 150 else 0.27)
        for minute, value in zip(self.meter.minutes, self.meter.mgdl, strict=True):
            scene.circle((x(minute), y(value)), radius, "meter-cloud")
        for minute, value in zip(self.typed.minutes, self.typed.mgdl, strict=True):
            scene.circle((x(minute), y(value)), radius, "meter-hollow")

    def _draw_legend(self, scene: Scene, left: float, right: float) -> None:
        baseline = scene.font * 1.15
        scene.text((left, baseline), str(self.axis.unit), "strong")
        entries = []
        if self.bands.minutes:
            entries += [("band-outer", "5-95 %"), ("band-inner", "25-75 %")]
        if self.mean.minutes:
            entries.append(("average", "sensor mean"))
        if self.meter.minutes:
            entries.append(("meter-cloud", "meter"))
        if self.typed.minutes:
            entries.append(("meter-hollow", "logbook"))
        draw_legend(scene, entries, right, baseline)

    @property
    def _all_readings(self) -> Trace:
        pairs = [*zip(self.meter.minutes, self.meter.mgdl, strict=True)]
        pairs += zip(self.typed.minutes, self.typed.mgdl, strict=True)
        pairs.sort()
        return Trace(tuple(at for at, _ in pairs), tuple(value for _, value in pairs))

    def data(self) -> dict[str, object]:
        """What the reader under the pointer needs (see the class)."""
        return {
            "kind": "modal-day",
            "unit": str(self.axis.unit),
            "clock_24h": self.axis.clock_24h,
            "x": [0, DAY_MIN],
            "plot": plots(self._panel),
            "mean": series(self.mean, self.axis),
            "meter": series(self._all_readings, self.axis),
        }
