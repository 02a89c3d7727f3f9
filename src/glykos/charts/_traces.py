"""Lines of readings: splitting at gaps, and cutting areas exactly where a limit is crossed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glykos.charts._svg import Point, Scale, polyline

#: A line is never drawn across a longer time without a reading [min].
GAP_MIN = 15.0


@dataclass(frozen=True, slots=True)
class Trace:
    """Readings in order of time: ``minutes`` after the start of the axis, ``mgdl`` true values."""

    minutes: tuple[float, ...] = ()
    mgdl: tuple[float, ...] = ()

    def runs(self, gap_min: float = GAP_MIN) -> Iterator[list[tuple[float, float]]]:
        """Stretches of (minute, mg/dL) without a gap longer than ``gap_min`` or a step back."""
        run: list[tuple[float, float]] = []
        for minute, value in zip(self.minutes, self.mgdl, strict=True):
            if run and not 0 <= minute - run[-1][0] <= gap_min:
                yield run
                run = []
            run.append((minute, value))
        if run:
            yield run

    def path(self, x: Scale, y: Scale, gap_min: float = GAP_MIN) -> str:
        """Path data of the whole trace, one move for each run."""
        return "".join(
            polyline([(x(minute), y(value)) for minute, value in run]) for run in self.runs(gap_min)
        )


def beyond(
    run: Sequence[tuple[float, float]], limit: float, *, above: bool
) -> Iterator[list[tuple[float, float]]]:
    """Polygons (minute, value) between ``limit`` and the part of a run beyond it.

    Each polygon starts and ends on the limit, at the crossing itself: nothing is clipped, so no
    false hairline of colour appears along a limit that was never crossed.
    """
    sign = 1 if above else -1
    polygon: list[tuple[float, float]] = []
    previous: tuple[float, float] | None = None
    for minute, value in run:
        is_out = sign * (value - limit) > 0
        if previous is not None and is_out != (sign * (previous[1] - limit) > 0):
            share = (limit - previous[1]) / (value - previous[1])
            polygon.append((previous[0] + share * (minute - previous[0]), limit))
            if not is_out:
                yield polygon
                polygon = []
        if is_out:
            if not polygon:
                polygon.append((minute, limit))
            polygon.append((minute, value))
        previous = (minute, value)
    if polygon and previous is not None:
        polygon.append((previous[0], limit))
        yield polygon


def ribbon(
    minutes: Sequence[float], lower: Sequence[float], upper: Sequence[float], x: Scale, y: Scale
) -> list[Point]:
    """The outline of an area between two curves over the same minutes."""
    outward = [(x(minute), y(value)) for minute, value in zip(minutes, upper, strict=True)]
    back = [(x(minute), y(value)) for minute, value in zip(minutes, lower, strict=True)]
    return outward + back[::-1]
