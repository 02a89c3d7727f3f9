"""A report as CSV in long form: one printed number, cell or sentence to a line.

Columns: ``block`` (key of the group or table), ``row``, ``column``, ``value`` (unrounded),
``unit``, ``text`` (as printed, or the reason why there is none). UTF-8 with a byte order mark and
CRLF, because that is what spreadsheets open correctly.
"""

import csv as _csv
import io
import re
from collections.abc import Iterator

from glykos.publish._layout import person_text, provenance
from glykos.reports._blocks import Block, Cell, Document, Figure, Heading, Note, Stat, Stats, Table

HEADER = ("block", "row", "column", "value", "unit", "text")

#: A spreadsheet takes a cell that starts like this for a formula (full-width forms included).
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d[\d.,:\u202f]*(?: ?%)?")

Line = tuple[str, str, str, str, str, str]


def csv(document: Document) -> bytes:
    """The document as CSV; text that a spreadsheet would run as a formula starts with ``'``."""
    out = io.StringIO()
    writer = _csv.writer(out)
    writer.writerow(HEADER)
    for line in _lines(document):
        writer.writerow([neutral(field) for field in line])
    return out.getvalue().encode("utf-8-sig")


def neutral(text: str) -> str:
    """The text with an apostrophe before it where it would be run as a formula; numbers stay."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _lines(document: Document) -> Iterator[Line]:
    yield _fact("title", document.title)
    yield _fact("person", person_text(document.person))
    yield _fact("first_day", document.first_day.isoformat())
    yield _fact("last_day", document.last_day.isoformat())
    for label, text in provenance(document):
        yield _fact(label.lower().replace(" ", "_"), text)
    for block in document.blocks:
        yield from _block_lines(block)


def _fact(name: str, text: str) -> Line:
    return ("document", name, "", "", "", text)


def _block_lines(block: Block) -> Iterator[Line]:
    match block:
        case Heading():
            yield ("heading", "", "", "", "", block.text)
        case Note():
            yield ("note", block.kind, "", "", "", block.text)
        case Stats():
            for stat in block.items:
                yield from _stat_lines(block, stat)
        case Table():
            yield from _table_lines(block)
        case Figure():
            yield (block.key, "", "finding", "", "", block.finding)
            if block.table is not None:
                yield from _table_lines(block.table)
        case _:
            return


def _stat_lines(group: Stats, stat: Stat) -> Iterator[Line]:
    yield (group.key, stat.key, "now", _number(stat.value), stat.unit, stat.text)
    if stat.n is not None:
        yield (group.key, stat.key, "n", str(stat.n), "", str(stat.n))
    for column, text in (
        ("previous", stat.previous),
        ("difference", stat.difference),
        ("reason", stat.reason),
    ):
        if text:
            yield (group.key, stat.key, column, "", stat.unit if column != "reason" else "", text)


def _table_lines(table: Table) -> Iterator[Line]:
    for row in table.rows:
        head = row[0].text if row else ""
        for column, cell in list(zip(table.columns, row, strict=True))[1:]:
            yield (table.key, head, column.key, _cell_value(cell), column.unit, _cell_text(cell))
    if table.note:
        yield (table.key, "", "note", "", "", table.note)


def _cell_value(cell: Cell) -> str:
    return cell.value if isinstance(cell.value, str) else _number(cell.value)


def _cell_text(cell: Cell) -> str:
    return f"{cell.text} ({cell.reason})" if cell.reason else cell.text


def _number(value: float | None) -> str:
    return "" if value is None else repr(float(value)).removesuffix(".0")
