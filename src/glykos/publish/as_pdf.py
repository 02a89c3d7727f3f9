"""Reports as one tagged PDF (PDF/UA-1 and PDF/A-2a) for paper and archives, set by Typst.

The layout is ``report.typ``; the data reach it as JSON, never as Typst source. No file with
health data is written. The date inside is the last day of the reports and the fonts come with
the package, so the same documents give the same bytes on every machine.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import as_file, files
from threading import Lock
from typing import Any, Literal

import typst

from glykos.errors import RenderError, UsageError
from glykos.publish._layout import Footnotes, document_period, person_text, provenance, with_levels
from glykos.reports._blocks import (
    Block,
    Column,
    Document,
    Figure,
    Heading,
    Note,
    PageBreak,
    Stats,
    Table,
)
from glykos.reports._format import NONE

Paper = Literal["A4", "Letter"]
_PAPERS = {"A4": "a4", "Letter": "us-letter"}
_STANDARDS = ["ua-1", "a-2a"]
_NOTE_WORDS = {"info": "Note", "warning": "Attention", "missing": "Not shown"}

#: Columns of words get room for this many characters before they wrap; fewer in crowded tables.
_WORDS_WRAP_FROM, _CROWDED_WRAP_FROM, _CROWDED = 22, 12, 10
#: Letters of a bold head are this much wider than digits below it.
_BOLD = 1.15
#: Lines of a heading that are kept together have at most so many characters.
_SHORT_LINE = 7

#: Control characters, halves of characters and private ones: no font draws them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\uf8ff\ufffe\uffff]")
#: What is outside Latin, Greek, Cyrillic, punctuation, arrows and the signs our own texts use.
_BEYOND_FONTS = re.compile(
    "[^\t\n -~\u00a0-\u052f\u1e00-\u1fff\u2010-\u205f\u2070-\u22ff\u25a0-\u25ff]"
)

#: One compiler for the whole process keeps the fonts; it must not be entered twice at a time.
_LOCK = Lock()


def pdf(documents: Sequence[Document], *, paper: Paper = "A4") -> bytes:
    """The documents one after another as one PDF; each begins a page and an outline entry.

    Raises:
        RenderError: Typst refused, for example because a picture has no text alternative.
    """
    if not documents:
        raise UsageError("a PDF needs at least one document")
    data = _data(documents, paper)
    try:
        return _compiled(_replaced(data, _UNPRINTABLE))
    except typst.TypstError:
        # An accessible PDF may not hold a character that no font of ours can draw, for example
        # in a name written in Chinese: better a PDF with a sign in its place than none.
        pass
    try:
        return _compiled(_replaced(data, _BEYOND_FONTS))
    except typst.TypstError as error:
        raise RenderError(
            "The PDF could not be made.",
            "Try the report as HTML, and report this as a bug.",
            context={"documents": len(documents)},
        ) from error


def _compiled(data: object) -> bytes:
    with _LOCK:
        made = _compiler().compile(
            input=_template(),
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            format="pdf",
            pdf_standards=_STANDARDS,
        )
    assert isinstance(made, bytes)  # noqa: S101 - one output file was asked for
    return made


def _replaced(data: object, beyond: re.Pattern[str]) -> object:
    """The same data with every character in ``beyond`` as a question mark."""
    match data:
        case str():
            return beyond.sub("?", data)
        case dict():
            return {key: _replaced(value, beyond) for key, value in data.items()}
        case list() | tuple():
            return [_replaced(value, beyond) for value in data]
        case _:
            return data


@cache
def _template() -> bytes:
    return (files("glykos.publish") / "report.typ").read_bytes()


@cache
def _compiler() -> Any:
    with as_file(files("fontpkg_inter") / "files") as folder:
        return typst.Compiler(font_paths=[str(folder)], ignore_system_fonts=True)


# --- what the template reads -----------------------------------------------------------------


def _data(documents: Sequence[Document], paper: Paper) -> dict[str, object]:
    last = max(document.last_day for document in documents)
    titles = dict.fromkeys(document.title for document in documents)
    return {
        "title": ", ".join(titles),
        "paper": _PAPERS[paper],
        "last": [last.year, last.month, last.day],
        "reports": [_report(document, n) for n, document in enumerate(documents)],
    }


def _report(document: Document, number: int) -> dict[str, object]:
    blocks = [
        _block(block, level, f"p{number}-{index}")
        for index, (level, block) in enumerate(with_levels(document))
    ]
    facts = dict(provenance(document))
    return {
        "title": document.title,
        "person": person_text(document.person),
        "period": document_period(document),
        "devices": facts.get("Devices", ""),
        "made": f"Data {document.data_hash} · Glykos {document.version}",
        "provenance": [pair for pair in provenance(document) if pair[0] in ("Clock", "Settings")],
        "blocks": blocks,
    }


def _block(block: Block, level: int, uid: str) -> dict[str, object]:
    below = level + 1
    match block:
        case Heading():
            return {"kind": "heading", "text": block.text, "level": level}
        case Stats():
            return _stats(block, below)
        case Table():
            return _table(block, below)
        case Figure():
            return {
                "kind": "figure",
                "title": block.title,
                "finding": block.finding,
                "alt": f"{block.title}. {block.finding}",
                "level": below,
                "svg": block.chart.svg(skin="print", size="wide", uid=uid),
            }
        case Note():
            return {
                "kind": "note",
                "about": block.kind,
                "word": _NOTE_WORDS[block.kind],
                "text": block.text,
            }
        case PageBreak():
            return {"kind": "page-break"}


def _stats(block: Stats, level: int) -> dict[str, object]:
    count = len(block.items)
    return {
        "kind": "stats",
        "title": block.title,
        "level": level,
        "style": block.style,
        "previous": block.previous_label,
        # Rows of equal length where possible: 6 tiles are 3 + 3, 8 are 4 + 4.
        "per-row": next((n for n in (4, 3, 5) if count % n == 0), 4),
        "items": [
            {
                "label": stat.label,
                "text": stat.text,
                "unit": stat.unit,
                "reason": stat.reason,
                "previous": stat.previous or (NONE if block.previous_label else ""),
                "difference": stat.difference or (NONE if block.previous_label else ""),
            }
            for stat in block.items
        ],
    }


def _table(table: Table, level: int) -> dict[str, object]:
    notes = Footnotes.of(table)
    size, gap = _type_size(table)
    return {
        "kind": "table",
        "title": table.title,
        "level": level,
        "size": size,
        "gap": gap,
        "columns": [
            {
                "label": column.label,
                "unit": column.unit,
                "align": column.align,
                "weight": _weight(table, index, column),
            }
            for index, column in enumerate(table.columns)
        ],
        "rows": [
            [
                {"text": cell.text, "mark": cell.mark, "note": notes.mark(cell.reason)}
                for cell in row
            ]
            for row in table.rows
        ],
        "note": table.note,
        "reasons": [(notes.mark(reason), reason) for reason in notes.reasons],
    }


def _type_size(table: Table) -> tuple[float, float]:
    """Type size and side padding [pt] with which a table fits the width of the page."""
    columns = len(table.columns)
    if columns <= 6:
        return 9.0, 5.0
    if columns <= 9:
        return 8.0, 3.5
    return (7.0, 2.5) if columns <= 13 else (6.5, 2.0)


def _lines(label: str) -> list[str]:
    """Where a heading may break: a short one, as "Sun 29 Mar", into two lines and not into three."""
    words = label.split()
    halves = [[" ".join(words[:n]), " ".join(words[n:])] for n in range(1, len(words))]
    best = min(halves, key=lambda lines: max(map(len, lines)), default=words)
    return best if max(map(len, best), default=0) <= _SHORT_LINE else words


def _weight(table: Table, index: int, column: Column) -> float:
    """Share of the width: the longest text that should stay on one line, within reason."""
    heads = [len(word) * _BOLD for word in (*_lines(column.label), column.unit)]
    longest = max(*heads, *(len(row[index].text) for row in table.rows), 0.0)
    if column.align == "start" or index == 0:
        is_crowded = len(table.columns) >= _CROWDED
        longest = min(longest, _CROWDED_WRAP_FROM if is_crowded else _WORDS_WRAP_FROM)
    return max(longest, 3) + 1
