"""LibreView CSV: what Abbott's site exports for Libre sensors of all generations and Libre Pro.

Read: automatic readings, scans, strips, ketones, insulin, food and notes, in every language and
with every preference for dates, from the person's own account or a clinic's, also after a
spreadsheet program saved it again. Left out: rows without a value (type 6: marks of the clock and
of the app), which reach back years before the first reading and must not widen the period.
Known from genuine files of Libre Pro (2018, 2021) and a scrubbed one of Libre 3; German, French
and Spanish headers, comma decimals and rows with insulin, food and notes from descriptions.
Source: reference formats.md §5; rows and columns are those of ``_libre``.
"""

import re

from glykos.errors import DamagedFile
from glykos.formats._content import Content, Row, Table
from glykos.formats._dates import Evidence, WallClock
from glykos.formats._harvest import Harvest, order_of, time_of_export
from glykos.formats._header import Columns, Header, by_position
from glykos.formats._libre import LAYOUT, SPELLINGS, LibreRows, is_masked
from glykos.formats._reader import Hints, Owner, Reading

_COLUMNS = Columns(SPELLINGS, needed=("device timestamp", "record type", "historic glucose"))
_KETONE, _HISTORIC = LAYOUT.index("ketone"), LAYOUT.index("historic glucose")
_DATE_TIME = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}\b")


class LibreView:
    """Reader of the glucose data that LibreView exports."""

    key = "libreview"
    title = "LibreView (FreeStyle Libre)"
    version = 1
    source = "LibreView"
    how_to_get = (
        "Sign in at libreview.com and open Glucose History.",
        "Choose Download Glucose Data at the top right and confirm; the file is a CSV.",
        "Upload it without opening it in a spreadsheet program first.",
    )
    proof = (
        "genuine files of 2018 and 2021 (Libre Pro), a scrubbed one of Libre 3;"
        " insulin, food and languages from descriptions"
    )

    def sniff(self, content: Content) -> float:
        """Sure of the column names in a known language; nearly so of their order in another."""
        found = _find(content)
        if found is None:
            return 0.0
        return 0.95 if "record type" in _COLUMNS.in_row(_row_of(*found)) else 0.8

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file.

        Raises:
            FormatError: no header, a unit nobody can tell, or dates that cannot be placed.
        """
        found = _find(content)
        if found is None:
            raise DamagedFile(
                "This LibreView file has no line of column names.",
                "Export it again and upload it unchanged.",
            )
        table, header = found
        preamble = [cells for line, cells in table.head if line < header.line]
        exported = _exported(preamble)
        harvest = Harvest(hints)
        rows = LibreRows(table, header, harvest, self.key)
        evidence = Evidence(exported=exported, hint=hints.date_order, is_ascending=True)
        clock = WallClock(order_of(rows.times(), evidence))
        rows.read(clock, hints)
        return harvest.reading(
            self, owner=_owner(preamble), exported_at=time_of_export(clock, exported)
        )


def _find(content: Content) -> tuple[Table, Header] | None:
    """The first table with our columns, by name or else by position."""
    if content.is_archive or content.looks_like_json:  # the files of an archive are read one by one
        return None
    for table in content.tables:
        if header := _COLUMNS.find(table.head):
            return table, header
        for row in table.head:
            if _stands_like_ours(row):
                return table, by_position(row, LAYOUT)
    return None


def _stands_like_ours(row: Row) -> bool:
    """Glucose, strips and ketones are where they always are, with their units in every language."""
    cells = [cell.casefold() for cell in row[1]]
    if len(cells) != len(LAYOUT) or "mmol/l" not in cells[_KETONE]:
        return False
    units = ("mg/dl", "mmol/l")
    return all(any(unit in cells[n] for unit in units) for n in (_HISTORIC, _HISTORIC + 1))


def _row_of(table: Table, header: Header) -> Row:
    return next(row for row in table.head if row[0] == header.line)


def _exported(preamble: list[list[str]]) -> str:
    """The time of export in the first line, in the same spelling as the rows; UTC."""
    first = preamble[0] if preamble else []
    text = next((cell for cell in first if _DATE_TIME.match(cell)), "")
    return text.replace("UTC", "").strip()


def _owner(preamble: list[list[str]]) -> Owner:
    """A clinic's export has a line with name and birth date; one's own was made by its owner."""
    if len(preamble) > 1:
        name, birth_date = [*preamble[1], "", ""][:2]
        return Owner(name=_unmasked(name), birth_date=_unmasked(birth_date))
    maker = preamble[0][4] if preamble and len(preamble[0]) > 4 else ""
    return Owner(name=_unmasked(maker))


def _unmasked(cell: str) -> str:
    return "" if is_masked(cell) else cell.strip()
