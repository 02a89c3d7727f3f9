"""Lanes of small marks with names that never overlap: alarms, notes, names of shaded spans."""

from collections.abc import Sequence
from dataclasses import dataclass

from glykos.charts._svg import text_width


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a moment; ``ref`` is its number in the table beside the chart."""

    minute: float
    text: str
    ref: int = 0
    role: str = "alarm"
    is_typed: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A mark, or several that fell together, with the text that fits ("" where none does)."""

    x: float
    row: int
    text: str
    role: str
    is_left: bool = False  # the text stands left of the mark
    is_typed: bool = False


@dataclass(frozen=True, slots=True)
class _Cluster:
    x: float
    marks: tuple[Mark, ...]

    def texts(self) -> tuple[str, ...]:
        """What to print, best first."""
        distinct = {mark.text for mark in self.marks}
        full = self.marks[0].text if len(distinct) == 1 else ""
        if full and len(self.marks) > 1:
            full = f"{len(self.marks)} x {full}"
        numbers = [mark.ref for mark in self.marks if mark.ref]
        short = ""
        if numbers:
            first, last = min(numbers), max(numbers)
            short = str(first) if first == last else f"{first}-{last}"
        return tuple(text for text in (full, short) if text)


def place(
    marks: Sequence[tuple[float, Mark]], *, right: float, font: float, most_rows: int = 2
) -> list[Placed]:
    """Rows and texts for marks at pixel positions, so that nothing covers anything else.

    Marks closer than a glyph become one. A name is printed where it fits before the next mark of
    its row, else its table number, else only the mark stays. One row is used when it shows every
    name, otherwise neighbours take turns on ``most_rows`` rows.
    """
    clusters = _clusters(marks, font)
    one_row = _fill(clusters, rows=1, right=right, font=font)
    if most_rows == 1 or all(
        placed.text == cluster.texts()[0] if cluster.texts() else True
        for placed, cluster in zip(one_row, clusters, strict=True)
    ):
        return one_row
    return _fill(clusters, rows=most_rows, right=right, font=font)


def _clusters(marks: Sequence[tuple[float, Mark]], font: float) -> list[_Cluster]:
    clusters: list[_Cluster] = []
    for x, mark in sorted(marks, key=lambda item: item[0]):
        if clusters and x - clusters[-1].x < font * 0.9:
            last = clusters[-1]
            clusters[-1] = _Cluster(last.x, (*last.marks, mark))
        else:
            clusters.append(_Cluster(x, (mark,)))
    return clusters


def _fill(clusters: Sequence[_Cluster], *, rows: int, right: float, font: float) -> list[Placed]:
    free_from = [float("-inf")] * rows
    placed: list[Placed] = []
    for index, cluster in enumerate(clusters):
        row = index % rows
        following = clusters[index + rows].x - font * 0.8 if index + rows < len(clusters) else right
        room = min(following, right) - (cluster.x + font * 0.7)
        left_room = cluster.x - font * 0.7 - free_from[row]
        text, is_left = "", False
        for candidate in cluster.texts():
            width = text_width(candidate, font * 0.92)
            if width <= room:
                text = candidate
                break
            if cluster.x + width > right - font and width <= left_room:
                text, is_left = candidate, True
                break
        end = 0.0 if is_left else text_width(text, font * 0.92)
        free_from[row] = cluster.x + font * 0.7 + end
        is_typed = all(mark.is_typed for mark in cluster.marks)
        placed.append(Placed(cluster.x, row, text, cluster.marks[0].role, is_left, is_typed))
    return placed
