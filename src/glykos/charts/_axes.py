"""What charts of glucose over time share: page frames, the glucose axis, the clock axis."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from glykos.charts._svg import Anchor, Scale, Scene, Size, num, text_width
from glykos.charts._theme import Skin
from glykos.therapy.clock import DAY_MIN
from glykos.therapy.targets import STANDARD, Limit, Targets
from glykos.therapy.units import GlucoseUnit, format_glucose, to_mgdl

#: Drawing range of every glucose axis [mg/dL]; values outside are drawn at the edge.
GLUCOSE_LO, GLUCOSE_HI = 40.0, 400.0

_TICKS = {
    GlucoseUnit.MGDL: (250.0, 300.0, 350.0, 400.0),
    GlucoseUnit.MMOLL: (14.0, 17.0, 20.0),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """Outer measures of a chart in one size: a wide page, a phone, or paper (180 mm)."""

    width: float
    font: float
    left: float
    right: float
    hours: int  # between labels of the clock axis
    is_compact: bool = False

    @classmethod
    def of(cls, skin: Skin, size: Size) -> "Frame":
        """Paper has one size; the two web sizes differ so that text is legible on a phone."""
        if skin == "print":
            return cls(680, 9.5, 36, 10, 3)
        if size == "compact":
            return cls(400, 12, 36, 12, 6, is_compact=True)
        return cls(960, 12.5, 46, 14, 3)

    @property
    def line(self) -> float:
        """Height of one line of text."""
        return self.font * 1.35


@dataclass(frozen=True, slots=True, kw_only=True)
class GlucoseAxis:
    """Unit, limits and clock of a chart, as the reader chose them."""

    unit: GlucoseUnit = GlucoseUnit.MGDL
    targets: Targets = STANDARD
    clock_24h: bool = True

    def limit_text(self, limit: Limit) -> str:
        """A limit in the reader's unit: 70 or 3.9, never a converted 3.89."""
        return f"{limit.mmoll:.1f}" if self.unit is GlucoseUnit.MMOLL else str(limit.mgdl)

    def value_text(self, mgdl: float) -> str:
        """A reading in the reader's unit."""
        return format_glucose(mgdl, self.unit)

    def shown(self, mgdl: float) -> float:
        """A reading as a number in the reader's unit, rounded as it is printed."""
        return float(self.value_text(mgdl))

    def scale(self, top: float, bottom: float) -> Scale:
        """Vertical position of a glucose value [mg/dL] between two heights."""
        return Scale(GLUCOSE_LO, GLUCOSE_HI, bottom, top)


@dataclass(frozen=True, slots=True)
class ClockTick:
    """A label of the time axis at ``minute`` from its start; ``hour`` is the clock's own hour."""

    minute: float
    text: str
    hour: int = 0


def clock_text(minute: float, *, clock_24h: bool, short: bool = False) -> str:
    """A time of day for people: "14:05", or "2:05 pm"; ``short`` leaves out ":00" of "2 pm".

    Example:
        >>> clock_text(845, clock_24h=False)
        '2:05 pm'
    """
    hour, rest = divmod(round(minute), 60)
    if clock_24h:
        return f"{hour % 24:02d}:{rest:02d}" if hour != 24 else f"24:{rest:02d}"
    half = "am" if hour % 24 < 12 else "pm"
    shown = hour % 12 or 12
    return f"{shown} {half}" if short and rest == 0 else f"{shown}:{rest:02d} {half}"


def day_ticks(hours: int, *, clock_24h: bool) -> tuple[ClockTick, ...]:
    """Labels of an ordinary wall-clock day every ``hours`` hours, both midnights included."""
    return tuple(
        ClockTick(
            minute, clock_text(minute % DAY_MIN, clock_24h=clock_24h, short=True), minute // 60
        )
        for minute in range(0, DAY_MIN + 1, hours * 60)
    )


def draw_limits(scene: Scene, axis: GlucoseAxis, x: tuple[float, float], y: Scale) -> None:
    """The target band with its two limit lines across a panel."""
    left, right = x
    top, bottom = y(axis.targets.high.mgdl), y(axis.targets.low.mgdl)
    scene.rect((left, top), (right - left, bottom - top), "target")
    for height in (top, bottom):
        scene.line((left, height), (right, height), "limit")


def draw_glucose_grid(scene: Scene, axis: GlucoseAxis, x: tuple[float, float], y: Scale) -> None:
    """Horizontal lines of the glucose axis; limits are drawn by :func:`draw_limits`."""
    for value in _TICKS[axis.unit]:
        height = y(to_mgdl(value, axis.unit))
        scene.line((x[0], height), (x[1], height), "grid")


def label_glucose(scene: Scene, axis: GlucoseAxis, left: float, y: Scale) -> None:
    """Numbers of the glucose axis: target limits bold, others only where they do not collide."""
    size = scene.font
    bold = [
        (y(limit.mgdl), axis.limit_text(limit)) for limit in (axis.targets.low, axis.targets.high)
    ]
    taken = [height for height, _ in bold]
    for height, text in bold:
        scene.text((left - 6, height + size * 0.35), text, "strong", anchor="end")
    plain = [(y(to_mgdl(value, axis.unit)), f"{value:.0f}") for value in _TICKS[axis.unit]]
    plain.append((y(axis.targets.very_low.mgdl), axis.limit_text(axis.targets.very_low)))
    for height, text in plain:
        if all(abs(height - other) >= size * 1.05 for other in taken):
            scene.text((left - 6, height + size * 0.35), text, anchor="end")
            taken.append(height)


def draw_hours(
    scene: Scene, ticks: Iterable[ClockTick], x: Scale, heights: Sequence[tuple[float, float]]
) -> None:
    """Vertical lines at the labelled times through one or several panels."""
    scene.path(
        "".join(
            f"M{num(x(tick.minute))} {num(top)}V{num(bottom)}"
            for top, bottom in heights
            for tick in ticks
        ),
        "grid",
    )


def label_clock(scene: Scene, ticks: Sequence[ClockTick], x: Scale, baseline: float) -> None:
    """Time labels under a panel; the outermost stay inside the panel, colliding ones are left out."""
    free_from = float("-inf")
    for tick in ticks:
        anchor: Anchor = "middle"
        if tick.minute in (x.lo, x.hi):
            anchor = "start" if tick.minute == x.lo else "end"
        width = text_width(tick.text, scene.font)
        start = x(tick.minute) - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        if start < free_from:
            continue
        scene.text((x(tick.minute), baseline), tick.text, anchor=anchor)
        free_from = start + width + scene.font * 0.4


def draw_words(scene: Scene, middle: tuple[float, float], text: str) -> None:
    """A sentence in the middle of a panel: why there is nothing to draw."""
    scene.text(middle, text, "text", anchor="middle")
