"""A report as JSON: a documented, stable shape with the number and the printed text of everything.

:class:`ReportFile` is the shape; ``kind`` tells blocks apart. ``shape`` rises when a reader
written for the old shape would misread the new one; new optional fields do not raise it.
"""

from datetime import date

import msgspec

from glykos.errors import DamagedFile
from glykos.reports._blocks import (
    Block,
    Document,
    Figure,
    Heading,
    Note,
    PageBreak,
    Stats,
    Table,
)

SHAPE = 1


class PersonPart(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who the report is about; empty for anonymous files."""

    name: str = ""
    birth_date: date | None = None


class StatPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One number: ``value`` unrounded in ``unit``, ``text`` as printed, or ``reason`` why not."""

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


class ColumnPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A column of a table."""

    key: str
    label: str
    unit: str = ""


class CellPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cell: ``text`` as printed, ``value`` behind it, ``mark`` low, high or note."""

    text: str
    value: float | str | None = None
    reason: str = ""
    mark: str = ""


class HeadingPart(msgspec.Struct, frozen=True, tag_field="kind", tag="heading"):
    """A title inside the document."""

    text: str
    level: int


class StatsPart(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="stats", omit_defaults=True
):
    """A group of statistics; ``previous_label`` names the period before."""

    key: str
    title: str
    items: list[StatPart]
    previous_label: str = ""


class TablePart(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="table", omit_defaults=True
):
    """A table; the first column heads its row."""

    key: str
    title: str
    columns: list[ColumnPart]
    rows: list[list[CellPart]]
    note: str = ""


class FigurePart(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="figure"):
    """A picture: its finding in words, its data as a table and as drawn (``chart``)."""

    key: str
    title: str
    finding: str
    table: TablePart | None
    chart: dict[str, object]


class NotePart(msgspec.Struct, frozen=True, tag_field="kind", tag="note"):
    """A paragraph; ``about`` is info, warning or missing."""

    about: str
    text: str


Part = HeadingPart | StatsPart | TablePart | FigurePart | NotePart


class ReportFile(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file. Page breaks are left out: they are about paper."""

    shape: int
    report: str
    title: str
    person: PersonPart
    first_day: date
    last_day: date
    time_basis: str
    devices: list[str]
    settings: list[str]
    data_hash: str
    version: str
    blocks: list[Part]


def json(document: Document) -> bytes:
    """The document as indented UTF-8 JSON in the shape of :class:`ReportFile`."""
    file = ReportFile(
        shape=SHAPE,
        report=document.key,
        title=document.title,
        person=PersonPart(document.person.name, document.person.birth_date),
        first_day=document.first_day,
        last_day=document.last_day,
        time_basis=document.time_basis,
        devices=list(document.devices),
        settings=list(document.settings),
        data_hash=document.data_hash,
        version=document.version,
        blocks=[part for block in document.blocks if (part := _part(block)) is not None],
    )
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"


def read(data: bytes) -> ReportFile:
    """What :func:`json` wrote. Raises DamagedFile when it is something else."""
    try:
        return msgspec.json.decode(data, type=ReportFile)
    except msgspec.DecodeError as error:
        raise DamagedFile(
            "This is not a report file in JSON.", "Make it again with `glykos report`."
        ) from error


def _part(block: Block) -> Part | None:
    match block:
        case Heading():
            return HeadingPart(block.text, block.level)
        case Stats():
            return StatsPart(
                key=block.key,
                title=block.title,
                items=[msgspec.convert(s, StatPart, from_attributes=True) for s in block.items],
                previous_label=block.previous_label,
            )
        case Table():
            return _table(block)
        case Figure():
            return FigurePart(
                key=block.key,
                title=block.title,
                finding=block.finding,
                table=None if block.table is None else _table(block.table),
                chart=block.chart.data(),
            )
        case Note():
            return NotePart(block.kind, block.text)
        case PageBreak():
            return None


def _table(table: Table) -> TablePart:
    return TablePart(
        key=table.key,
        title=table.title,
        columns=[ColumnPart(key=c.key, label=c.label, unit=c.unit) for c in table.columns],
        rows=[
            [CellPart(text=c.text, value=c.value, reason=c.reason, mark=c.mark) for c in row]
            for row in table.rows
        ],
        note=table.note,
    )
