"""The header row of a table: found by the names in it, never by its line number.

An export has the same columns under other words in every language, with or without a unit, below
a preamble of any length. A format says once which spellings it knows; everything else asks for
columns by our own names.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from glykos.formats._content import Row
from glykos.formats._text import name_of
from glykos.therapy.units import GlucoseUnit

_UNIT = re.compile(r"\s*(?:\([^()]*\)|\bmg/dl|\bmmol/l)$")
_UNIT_ENDS = (")", "mg/dl", "mmol/l")


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where each column stands. ``line`` is the line of the header row, ``width`` its cells.

    ``names`` are the names as the file spells them, made comparable (``name_of``); ``place`` leads
    from our own names to the columns.
    """

    line: int
    names: tuple[str, ...]
    place: Mapping[str, int]
    #: Our own name above each cell, "" where the column is not read.
    ours: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ours = [""] * max(len(self.names), 1 + max(self.place.values(), default=-1))
        for column, place in self.place.items():
            ours[place] = column
        object.__setattr__(self, "ours", tuple(ours))

    @property
    def width(self) -> int:
        """How many cells a whole row has."""
        return len(self.names)

    def __contains__(self, column: str) -> bool:
        return column in self.place

    def cell(self, cells: Sequence[str], column: str) -> str:
        """A row's trimmed cell; empty where the file has no such column or the row ends before."""
        place = self.place.get(column)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    def completed(self, layout: Sequence[str]) -> "Header":
        """With the columns that nobody could name taken by their position.

        Only where every column that was named stands where ``layout`` has it ("" is not read).
        """
        if any(tuple(layout[n : n + 1]) != (ours,) for ours, n in self.place.items()):
            return self
        return by_position((self.line, list(self.names)), layout)

    def filled(self, cells: Sequence[str]) -> dict[str, str]:
        """All trimmed cells of a row that hold something, by our own names."""
        return {
            column: text
            for column, cell in compress(zip(self.ours, cells, strict=False), cells)
            if column and (text := cell.strip())
        }

    def unit_of(self, column: str) -> GlucoseUnit | None:
        """The glucose unit that the name of a column states."""
        place = self.place.get(column)
        name = self.names[place] if place is not None and place < self.width else ""
        if "mmol" in name:
            return GlucoseUnit.MMOLL
        return GlucoseUnit.MGDL if "mg/d" in name else None


class Columns:
    """The columns a format knows: our name for each, and its spellings in all languages.

    A spelling is compared without capitals, and without the unit at its end unless the spelling
    itself has one ("carbohydrates (grams)" beside "carbohydrates (servings)").
    """

    def __init__(
        self, spellings: Mapping[str, Iterable[str]], *, needed: Collection[str] = ()
    ) -> None:
        self._ours = {
            name_of(text): ours for ours, texts in spellings.items() for text in (ours, *texts)
        }
        self._needed = frozenset(needed or spellings)

    def find(self, rows: Iterable[Row]) -> Header | None:
        """The first row with all needed columns (all that are known, where none is named)."""
        fewest = len(self._needed)
        return next(
            (
                Header(line=line, names=names, place=place)
                for line, cells in rows
                if len(cells) >= fewest
                and self._needed <= (place := self._places(names := _names(cells))).keys()
            ),
            None,
        )

    def in_row(self, row: Row) -> Header:
        """The columns known in one row, whether or not it is the header row."""
        line, cells = row
        names = _names(cells)
        return Header(line=line, names=names, place=self._places(names))

    def _places(self, names: Sequence[str]) -> dict[str, int]:
        place: dict[str, int] = {}
        for position, name in enumerate(names):
            ours = self._ours.get(name)
            if ours is None and name.endswith(_UNIT_ENDS):
                ours = self._ours.get(without_unit(name))
            if ours is not None:
                place.setdefault(ours, position)
        return place


def _names(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(name_of, cells))


def without_unit(name: str) -> str:
    """A comparable column name without the unit at its end, in brackets or bare."""
    return _UNIT.sub("", name)


def by_position(row: Row, layout: Sequence[str]) -> Header:
    """A header in a language nobody taught us, where the order of columns never changes.

    Args:
        row: the header row.
        layout: our names in the order of the columns; "" for columns that are not read.
    """
    line, cells = row
    names = _names(cells)
    place = {ours: n for n, ours in enumerate(layout[: len(names)]) if ours}
    return Header(line=line, names=names, place=place)
