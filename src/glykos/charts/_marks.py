"""Marks that several charts share: percentile bands, legends, label spreading, hover data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from glykos.charts._axes import Frame, GlucoseAxis
from glykos.charts._svg import Scale, Scene, text_width
from glykos.charts._traces import Trace, ribbon

#: Percentiles are binned; a hole longer than this stays a hole [min].
BAND_GAP_MIN = 45.0

#: Edges of a plot: left, right, top, bottom in viewBox pixels.
Panel = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Percentiles of sensor glucose by minute of the day [mg/dL]; all columns are equally long."""

    minutes: tuple[float, ...] = ()
    p5: tuple[float, ...] = ()
    p25: tuple[float, ...] = ()
    p50: tuple[float, ...] = ()
    p75: tuple[float, ...] = ()
    p95: tuple[float, ...] = ()

    def pieces(self, gap_min: float = BAND_GAP_MIN) -> list[slice]:
        """Index ranges without a hole in time longer than ``gap_min``."""
        cuts = [
            index
            for index in range(1, len(self.minutes))
            if self.minutes[index] - self.minutes[index - 1] > gap_min
        ]
        edges = [0, *cuts, len(self.minutes)]
        return [slice(a, b) for a, b in pairwise(edges) if b > a]


def draw_bands(scene: Scene, bands: Bands, x: Scale, y: Scale) -> None:
    """Areas from the 5th to the 95th and from the 25th to the 75th percentile."""
    for part in bands.pieces():
        at = bands.minutes[part]
        scene.polygon(ribbon(at, bands.p5[part], bands.p95[part], x, y), "band-outer")
        scene.polygon(ribbon(at, bands.p25[part], bands.p75[part], x, y), "band-inner")


def draw_typed(scene: Scene, centre: tuple[float, float]) -> None:
    """The small diamond of what a person entered into the logbook."""
    (x, y), half = centre, scene.font * 0.3
    scene.polygon([(x, y - half), (x + half, y), (x, y + half), (x - half, y)], "logbook")


def draw_legend(
    scene: Scene, entries: Sequence[tuple[str, str]], right: float, baseline: float
) -> float:
    """Samples (role, name) set flush right on one line; returns where the line begins.

    Areas are shown as squares, dots as dots, everything else as a short line.
    """
    size = scene.font
    at = right
    for role, name in reversed(entries):
        at -= text_width(name, size * 0.92)
        scene.text((at, baseline), name, scale=0.92)
        at -= size * 0.4
        at -= _sample(scene, role, at, baseline - size * 0.35)
        at -= size * 0.9
    return at


def legend_rows(
    entries: Sequence[tuple[str, str]], width: float, font: float
) -> list[list[tuple[str, str]]]:
    """Legend entries broken into rows that fit ``width``."""
    rows: list[list[tuple[str, str]]] = [[]]
    used = 0.0
    for role, name in entries:
        need = text_width(name, font * 0.92) + font * 3.4
        if rows[-1] and used + need > width:
            rows.append([])
            used = 0.0
        rows[-1].append((role, name))
        used += need
    return rows if entries else []


def draw_legend_rows(
    scene: Scene, rows: Sequence[Sequence[tuple[str, str]]], left: float, top: float
) -> None:
    """Legend rows below a chart, set flush left."""
    size = scene.font
    for row, entries in enumerate(rows):
        baseline = top + (row + 0.9) * size * 1.35
        at = left
        for role, name in entries:
            width = size * 1.8 if _is_line(role) else size
            _sample(scene, role, at + width, baseline - size * 0.35)
            at += width + size * 0.4
            scene.text((at, baseline), name, scale=0.92)
            at += text_width(name, size * 0.92) + size * 1.2


def _is_line(role: str) -> bool:
    return not (role.startswith(("meter", "band-")) or role in _AREAS or role in _SENSOR_DOTS)


def _sample(scene: Scene, role: str, right: float, middle: float) -> float:
    """Draw one legend sample ending at ``right``; returns its width."""
    size = scene.font
    if role == "hatched":
        scene.hatched((right - size, middle - size * 0.4), (size, size * 0.8))
        scene.rect((right - size, middle - size * 0.4), (size, size * 0.8), "outline")
        return size
    if role == "override":
        scene.triangle((right - size * 0.5, middle), size * 0.3, role)
        return size
    if role == "logbook":
        draw_typed(scene, (right - size * 0.4, middle))
        return size * 0.8
    if role == "meter-triangle":
        scene.triangle((right - size * 0.4, middle), size * 0.34, "meter")
        return size * 0.8
    if role.startswith("meter") or role in _SENSOR_DOTS:
        scene.circle((right - size * 0.4, middle), size * 0.28, role)
        return size * 0.8
    if role == "advised":
        scene.rect((right - size, middle - size * 0.4), (size, size * 0.8), role)
        return size
    if not _is_line(role):
        scene.rect((right - size, middle - size * 0.4), (size, size * 0.8), role)
        return size
    scene.line((right - size * 1.8, middle), (right, middle), role)
    return size * 1.8


_SENSOR_DOTS = frozenset({"sensor-dot", "sensor-left-out"})
_AREAS = frozenset(
    {
        "range-sensor",
        "basal",
        "basal-auto",
        "basal-bar",
        "bolus",
        "bolus-part",
        "bolus-auto",
        "carbs",
        "suspend",
        "advised",
        "exercise",
        "injection",
        "injection-long",
        "logbook",
        "hatched",
        "override",
    }
)


def spread(wanted: Sequence[float], distance: float, lo: float, hi: float) -> list[float]:
    """Heights near ``wanted`` that keep ``distance`` apart inside ``[lo, hi]``, in wanted's order.

    Labels are pushed down from above, then back up from the lower edge; where they cannot all
    fit, they get equal shares of the room.
    """
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    if len(order) > 1:
        distance = min(distance, (hi - lo) / (len(order) - 1))
    placed = [0.0] * len(wanted)
    floor = lo
    for index in order:
        placed[index] = max(wanted[index], floor)
        floor = placed[index] + distance
    ceiling = hi
    for index in reversed(order):
        placed[index] = min(placed[index], ceiling)
        ceiling = placed[index] - distance
    return placed


def series(trace: Trace, axis: GlucoseAxis) -> dict[str, object]:
    """A trace as JSON: minutes, and values in the reader's unit rounded as printed."""
    return {
        "minutes": [round(minute) for minute in trace.minutes],
        "values": [axis.shown(value) for value in trace.mgdl],
    }


def plots(panel: Callable[[Frame], Panel]) -> dict[str, list[float]]:
    """Edges ``[left, right, top, bottom]`` of the plot in viewBox pixels for both web sizes."""
    return {
        "wide": [round(edge, 1) for edge in panel(Frame.of("web", "wide"))],
        "compact": [round(edge, 1) for edge in panel(Frame.of("web", "compact"))],
    }
