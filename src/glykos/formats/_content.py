"""What a file is before any format is chosen: text, a workbook, an archive, and its tables.

One reader serves a CSV file, a sheet of a workbook and a member of an archive alike, because all
three are tables of text cells. Numbers, dates and times of a workbook become the text in which a
CSV export would print them (ISO dates, decimal dot), so nothing else knows where a cell came from.
Limits against hostile files are here (reference formats.md §13).
"""

import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from io import BytesIO
from itertools import islice
from typing import Any

import msgspec
from python_calamine import CalamineError, CalamineWorkbook

from glykos.errors import DamagedFile, UnknownFormat
from glykos.formats._text import (
    HEAD_BYTES,
    HEAD_CHARS,
    MAX_BYTES,
    MAX_CELL,
    Text,
    cells_of,
    cells_of_all,
    decode,
    delimiter_of,
)

#: Members of an archive, their size together, and how far they may blow up.
MAX_MEMBERS = 200
MAX_INFLATED = 200_000_000
MAX_RATIO = 200
#: A sheet of a year of readings has three million cells; a few bytes can ask for billions.
MAX_CELLS = 20_000_000
#: How many rows of each table a sniffer sees.
HEAD_ROWS = 40
#: A quoted cell of several lines: no note anybody typed is longer.
_MAX_JOINED = 50

#: What ``zipfile`` raises while it reads something broken, or packed in a way it does not know.
BROKEN_ZIP = (
    zipfile.BadZipFile,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
)
_MEMBER_HEAD = 400

_ZIP = b"PK\x03\x04"
_CFB = b"\xd0\xcf\x11\xe0"
_REFERENCE = re.compile(rb'<c [^>]*?r="([A-Z]{1,3})(\d{1,7})"')
_DAMAGED_SHEET = DamagedFile(
    "This spreadsheet cannot be read.", "Open it, save it again as XLSX or CSV, and upload that."
)

#: One row: its 1-based line in the file and its cells.
Row = tuple[int, list[str]]


class Table:
    """Rows of text cells under a name: a CSV file (no name), a sheet, or a member of an archive.

    It can be walked again and again; rows come one by one, so a large table is never held whole.
    """

    def __init__(
        self,
        name: str,
        rows: Callable[[], Iterator[Row]],
        first_rows: Callable[[], list[Row]] | None = None,
    ) -> None:
        self.name = name
        self._rows = rows
        self._first_rows = first_rows

    def __iter__(self) -> Iterator[Row]:
        return self._rows()

    def named(self, name: str) -> "Table":
        """The same rows under another name."""
        return Table(name, self._rows, self._first_rows)

    @cached_property
    def head(self) -> Sequence[Row]:
        """The first rows, for finding the header; fewer where lines are very long."""
        return self._first_rows() if self._first_rows else list(islice(self, HEAD_ROWS))


class Content:
    """The bytes of one file, looked at as whatever they are; everything is worked out once.

    Raises on construction:
        DamagedFile: empty, or larger than any export.
    """

    def __init__(self, data: bytes, name: str = "") -> None:
        self.data = data
        self.name = name
        if len(data) > MAX_BYTES or not data.strip(b"\x00 \t\r\n"):
            decode(data)  # says what is wrong

    # --- what it is ----------------------------------------------------------------------------

    @cached_property
    def is_archive(self) -> bool:
        """A zip file that is no workbook."""
        return self.data.startswith(_ZIP) and not self.is_workbook

    @cached_property
    def is_workbook(self) -> bool:
        """An Excel file, old (.xls) or new (.xlsx)."""
        if self.data.startswith(_CFB):
            return True
        return self.data.startswith(_ZIP) and "xl/workbook.xml" in self._zip.namelist()

    @property
    def is_text(self) -> bool:
        """Neither of the two."""
        return not (self.is_workbook or self.is_archive)

    # --- text ----------------------------------------------------------------------------------

    @cached_property
    def text(self) -> Text:
        """The decoded text. Raises UnknownFormat where it is none."""
        return decode(self.data)

    @cached_property
    def head(self) -> str:
        """The first characters of a text, for sniffing; empty for anything else."""
        if not self.is_text:
            return ""
        return decode(self.data[:HEAD_BYTES]).content[:HEAD_CHARS]

    @property
    def looks_like_json(self) -> bool:
        """Whether the text begins like a JSON array or object."""
        return self.head.lstrip()[:1] in ("[", "{")

    @cached_property
    def json(self) -> Any:
        """The text as JSON. Raises DamagedFile for a broken one."""
        return self.json_as(Any)

    def json_as(self, shape: Any) -> Any:
        """The text as JSON of a declared shape (``msgspec`` checks it while reading).

        Raises:
            DamagedFile: broken JSON, or not that shape.
        """
        try:
            return msgspec.json.decode(self.text.content.encode(), type=shape)
        except (msgspec.DecodeError, RecursionError) as error:
            raise DamagedFile(
                "This JSON file is broken or was cut.", "Export it again and upload it unchanged."
            ) from error

    # --- tables --------------------------------------------------------------------------------

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Every table in it: one for a text, one per sheet, those of every member; never none.

        Raises:
            DamagedFile: a broken or monstrous workbook or archive.
        """
        if self.is_workbook:
            return tuple(self._sheets())
        if self.is_archive:
            parts = [(part, part.tables) for part in self.members if part.holds_text]
            found = [table.named(part.name) for part, all_ in parts for table in all_]
            return tuple(found or [Table("", lambda: iter(()))])
        return (Table("", self._text_rows, self._first_rows),)

    @cached_property
    def members(self) -> tuple["Content", ...]:
        """The files of an archive, empty ones and folders left out.

        Raises:
            DamagedFile: broken, locked with a password, or larger than any export.
        """
        return tuple(Content(data, name) for name, data in self._inflated() if data.strip())

    def head_of(self, name: str) -> bytes:
        """The first bytes of an archive's member; empty where there is none or it is broken."""
        try:
            if not self.is_archive or name not in self._zip.namelist():
                return b""
            with self._zip.open(name) as member:
                return member.read(_MEMBER_HEAD)
        except (DamagedFile, RuntimeError, *BROKEN_ZIP):
            return b""

    @cached_property
    def holds_text(self) -> bool:
        """Whether it can be decoded; an archive may hold pictures as well."""
        try:
            return self.is_text and bool(self.text.content)
        except UnknownFormat:
            return False

    @cached_property
    def _is_clean(self) -> bool:
        """A text without control characters and endless lines: most of them."""
        if not self.text.content.replace("\n", "").replace("\t", "").isprintable():
            return False
        return max(map(len, self.text.lines)) <= MAX_CELL

    # --- how -----------------------------------------------------------------------------------

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(BytesIO(self.data))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise DamagedFile(
                "This archive is broken or was cut.", "Export it again and upload it unchanged."
            ) from error

    def _inflated(self) -> Iterator[tuple[str, bytes]]:
        """Names and bytes of the members; what the directory claims about sizes is not believed."""
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        if len(infos) > MAX_MEMBERS:
            raise DamagedFile(
                f"This archive holds {len(infos)} files; an export holds at most {MAX_MEMBERS}.",
                "Upload the archive exactly as the export made it.",
            )
        left = min(MAX_INFLATED, MAX_RATIO * len(self.data))
        for info in infos:
            try:
                with self._zip.open(info) as member:
                    data = member.read(left + 1)
            except BROKEN_ZIP as error:
                raise DamagedFile(
                    "This archive is broken or was cut.", "Export it again and upload it unchanged."
                ) from error
            except RuntimeError as error:  # zipfile's word for a password
                raise DamagedFile(
                    "This archive is locked with a password.", "Unpack it and upload the files."
                ) from error
            left -= len(data)
            if left < 0:
                raise DamagedFile(
                    "This archive becomes far too large when it is unpacked, so it was not read.",
                    "Upload the archive exactly as the export made it.",
                )
            yield info.filename, data

    def _text_rows(self) -> Iterator[Row]:
        lines, delimiter = self.text.lines, self._delimiter
        if not self._is_clean:
            yield from _rows_of(lines, delimiter)
        elif '"' not in self.text.content:
            blank = delimiter + " \t"
            for number, line in enumerate(lines, start=1):
                if line.strip(blank):
                    yield number, line.split(delimiter)
        elif any(line.count('"') % 2 for line in lines):
            yield from _rows_of(lines, delimiter)
        else:
            blank = delimiter + ' "\t'
            told = zip(lines, cells_of_all(lines, delimiter), strict=True)
            for number, (line, cells) in enumerate(told, start=1):
                if line.strip(blank):
                    yield number, cells

    @cached_property
    def _head_lines(self) -> list[str]:
        """The first lines; the last one may be cut and does not count if there are others."""
        lines = self.head.split("\n")
        return lines[:-1] if len(lines) > 1 and len(self.head) == HEAD_CHARS else lines

    @cached_property
    def _delimiter(self) -> str:
        return widest_delimiter(self._head_lines[:HEAD_ROWS])

    def _first_rows(self) -> list[Row]:
        """The first rows of a text, without looking at the rest."""
        _ = self.text  # what cannot be read at all is refused here as well
        return list(islice(_rows_of(self._head_lines, self._delimiter), HEAD_ROWS))

    def _sheets(self) -> Iterator[Table]:
        if self.data.startswith(_ZIP):
            self._check_sheets()
        try:
            book = CalamineWorkbook.from_object(BytesIO(self.data))
            for name in book.sheet_names:
                rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                yield Table(name, _sheet_rows(rows))
        except (CalamineError, OSError, ValueError) as error:
            raise _DAMAGED_SHEET from error
        except BaseException as error:
            # The library is compiled; a broken file can make it panic, which is no Exception.
            if type(error).__name__ != "PanicException":
                raise
            raise _DAMAGED_SHEET from error

    def _check_sheets(self) -> None:
        """Refuse what would need gigabytes: the library makes every cell up to the last one."""
        for name, data in self._inflated():
            if not name.startswith("xl/worksheets/"):
                continue
            found = _REFERENCE.findall(data)
            height = max(map(int, {row for _, row in found}), default=0)
            width = max(map(_column_number, {column for column, _ in found}), default=0)
            if height * width > MAX_CELLS:
                raise _DAMAGED_SHEET


def widest_delimiter(lines: Sequence[str]) -> str:
    """The delimiter of a table whose header may stand below other lines: that of the widest line."""
    return delimiter_of(max(lines, key=_delimiters, default=""))


def _rows_of(lines: list[str], delimiter: str) -> Iterator[Row]:
    blank = delimiter + ' "\t'
    place = 0
    while place < len(lines):
        first, line = place, lines[place]
        place += 1
        if line.count('"') % 2:
            line, place = _joined(lines, first)
        if line.strip(blank):
            yield first + 1, cells_of(line, delimiter)


def _delimiters(line: str) -> int:
    return max(line.count(mark) for mark in ";\t,")


def _joined(lines: list[str], first: int) -> tuple[str, int]:
    """A row whose quoted cell goes over several lines, and the place after it.

    Only where the quotation closes within reach: a stray mark must not swallow the rows after it.
    """
    line = lines[first]
    for place in range(first + 1, min(first + _MAX_JOINED, len(lines))):
        line += "\n" + lines[place]
        if line.count('"') % 2 == 0:
            return line.replace("\n", " "), place + 1
        if len(line) > MAX_CELL:
            break
    return lines[first], first + 1


def _sheet_rows(rows: list[list[Any]]) -> Callable[[], Iterator[Row]]:
    def walk() -> Iterator[Row]:
        for number, cells in enumerate(rows, start=1):
            shown = [_shown(cell) for cell in cells]
            if any(shown):
                yield number, shown

    return walk


def _shown(cell: Any) -> str:
    """A workbook's cell as a CSV export would print it."""
    if isinstance(cell, str):
        if cell.isprintable() and len(cell) <= MAX_CELL:  # of one line then
            return cell
        return " ".join(cell.splitlines())[: MAX_CELL + 1]
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return str(cell)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def unpacked(data: bytes) -> list[tuple[str, bytes]]:
    """Names and bytes of an archive's files. Raises DamagedFile, or UnknownFormat for no archive."""
    content = Content(data)
    if not content.is_archive:
        raise UnknownFormat("This is no archive.", "Upload the files of the export as they are.")
    return [(member.name, member.data) for member in content.members]
