"""What a report is made of: seven kinds of things that page, PDF, JSON and CSV all know.

Blocks carry both what is printed (``text``) and the number behind it (``value``), so that every
output shows the same thing. A new kind of block needs an ADR.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol


class Chart(Protocol):
    """A picture that can draw itself as SVG in two skins and two sizes (``charts/``)."""

    def svg(
        self, *, skin: Literal["web", "print"], size: Literal["wide", "compact"], uid: str
    ) -> str:
        """An ``<svg>`` element; ``uid`` prefixes every id inside it.

        ``web`` uses class names coloured by CSS custom properties; ``print`` literal colours.
        """
        ...

    def data(self) -> dict[str, object]:
        """What the reader under the pointer needs (JSON-serialisable); {} for a still picture."""
        ...


@dataclass(frozen=True, slots=True)
class Heading:
    """A title inside the document; level 2 to 4 (1 is the document's own)."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Stat:
    """One number with its name. Without a value, ``text`` is a dash and ``reason`` says why.

    ``metric`` is the key of the metric whose card explains it ("" where the label says it all);
    ``previous`` and ``difference`` are printed texts for the period before.
    """

    key: str
    label: str
    text: str
    unit: str = ""
    value: float | None = None
    n: int | None = None
    reason: str = ""
    metric: str = ""
    previous: str = ""
    difference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """A group of statistics; ``style`` "tiles" for a few big ones, "list" for many."""

    key: str
    title: str
    items: tuple[Stat, ...]
    style: Literal["tiles", "list"] = "list"
    previous_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One table cell: printed text, the value behind it, and a reason where it is empty."""

    text: str
    value: float | str | None = None
    reason: str = ""
    mark: Literal["", "low", "high", "note"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A table column; ``key`` names it in JSON and CSV."""

    key: str
    label: str
    unit: str = ""
    align: Literal["start", "end"] = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first column heads its row."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture with its text alternative (the finding in words) and its data as a table."""

    key: str
    title: str
    finding: str
    chart: Chart
    table: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A paragraph: information, a warning, or why something is missing."""

    kind: Literal["info", "warning", "missing"]
    text: str


@dataclass(frozen=True, slots=True)
class PageBreak:
    """Print only: start a new page."""


Block = Heading | Stats | Table | Figure | Note | PageBreak


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who the report is about, as printed in its header; empty for anonymous files."""

    name: str = ""
    birth_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A finished report: header facts, blocks, and what is needed to make it again.

    ``data_hash`` covers the readings and records used; with ``version`` and ``settings`` the
    same input gives the same bytes.
    """

    key: str
    title: str
    person: Person
    first_day: date
    last_day: date
    time_basis: str  # which clock the days and times are on
    devices: tuple[str, ...]
    settings: tuple[str, ...]
    data_hash: str
    version: str
    blocks: tuple[Block, ...]
