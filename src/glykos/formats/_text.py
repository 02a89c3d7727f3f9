"""From bytes to clean lines of cells: encodings, byte-order marks, delimiters, numbers.

It knows no format. Nothing is dropped here: what cannot be decoded becomes a visible
replacement character and a remark.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from glykos.errors import DamagedFile, UnknownFormat

#: Years of pump data are below 20 MB; anything larger is a mistake or an attack.
MAX_BYTES = 64 * 1024 * 1024
#: A cell longer than this is damage: the longest genuine cell has about 500 characters.
MAX_CELL = 10_000
#: How much of a file the sniffers look at.
HEAD_CHARS = 16_000
HEAD_BYTES = 64_000

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
#: What no cell may carry on: control characters, and marks that turn the direction of text.
_CONTROL = re.compile("[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")
_NOT_TEXT = re.compile("[\\x00-\\x08\\x0e-\\x1f\\ufffd]")
#: A byte-order mark that was decoded as cp1252 and encoded again; seen in genuine files.
_DOUBLE_BOM = "\u00ef\u00bb\u00bf"
_KNOWN_BINARIES = (
    (b"PK\x03\x04", "a zip archive or a spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a compressed file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3", "a database"),
)


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a file with plain line ends, and remarks about its decoding for the person."""

    content: str
    encoding: str
    remarks: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Physical lines without their ends."""
        return self.content.split("\n")


def decode(data: bytes) -> Text:
    """The text of a file.

    Order: byte-order mark, strict UTF-8, UTF-16 when every second byte is zero, Windows-1252.

    Raises:
        DamagedFile: empty, or larger than any export.
        UnknownFormat: not text.
    """
    if len(data) > MAX_BYTES:
        raise DamagedFile(
            f"The file is too large ({len(data) / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB).",
            "Export a shorter period and try again.",
            context={"bytes": len(data)},
        )
    if not data.strip(b"\x00 \t\r\n"):
        raise DamagedFile("The file is empty.", "Export it again and check its size.")
    for magic, name in _KNOWN_BINARIES:
        if data.startswith(magic):
            raise UnknownFormat(
                f"This is {name}, not a text table.",
                "Choose the CSV file of the export; unpack an archive first.",
            )
    text = _decode(data)
    content = text.content.removeprefix("\ufeff")
    if content.startswith(_DOUBLE_BOM):
        content = content[len(_DOUBLE_BOM) :]
    if "\r" in content:
        # Not splitlines: that also cuts at characters that may stand inside a cell.
        content = content.replace("\r\n", "\n")
        if "\r" in content:
            content = content.replace("\r", "\n")
    if _looks_binary(content):
        raise UnknownFormat(
            "The file is not text.", "Choose the CSV file that the export made, unchanged."
        )
    return Text(content, text.encoding, text.remarks)


def _decode(data: bytes) -> Text:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _lenient(data[len(mark) :], encoding)
    if encoding := _utf16_without_mark(data):
        return _lenient(data, encoding)
    try:
        return Text(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3 and error.start > 0:
            remark = "The file ends in the middle of a character: it was probably cut."
            return Text(data[: error.start].decode("utf-8", "replace"), "utf-8", (remark,))
    return _lenient(data, "cp1252")


def _lenient(data: bytes, encoding: str) -> Text:
    content = data.decode(encoding, "replace")
    bad = content.count("\ufffd")
    remarks = (f"{bad} characters could not be read ({encoding}).",) if bad else ()
    return Text(content, encoding, remarks)


def _utf16_without_mark(data: bytes) -> str:
    sample = data[:4000]
    even, odd = sample[0::2], sample[1::2]
    if odd and odd.count(0) > 0.9 * len(odd) and even.count(0) < 0.1 * len(even):
        return "utf-16-le"
    if even and even.count(0) > 0.9 * len(even) and odd.count(0) < 0.1 * len(odd):
        return "utf-16-be"
    return ""


def _looks_binary(content: str) -> bool:
    sample = content[:HEAD_CHARS]
    return len(_NOT_TEXT.findall(sample)) > 0.05 * len(sample)


# --- cells -----------------------------------------------------------------------------------


def delimiter_of(header: str) -> str:
    """The delimiter of a table, decided from its header line alone: ``;``, tab or ``,``."""
    outside = "".join(header.split('"')[0::2])  # a delimiter inside quotes is part of a name
    counts = {mark: outside.count(mark) for mark in (";", "\t", ",")}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def cells_of(line: str, delimiter: str) -> list[str]:
    """The cells of one physical line.

    Each line is read by itself, so that one stray quotation mark can never swallow the rows
    after it: such a row merely has the wrong number of cells. So has one with a cell longer than
    ``MAX_CELL``. Control characters are dropped: nothing shows them and a PDF refuses them.
    """
    if not line.isprintable():
        line = _CONTROL.sub("", line)
    if '"' not in line:
        cells = line.split(delimiter)
    else:
        try:
            cells = next(csv.reader((line,), delimiter=delimiter))
        except (csv.Error, StopIteration):
            return [line]
    if len(line) > MAX_CELL and max(map(len, cells)) > MAX_CELL:
        return [line]
    return cells


def cells_of_all(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """``cells_of`` for each of many lines.

    One ``csv.reader`` goes over all of them where they allow it, which is twice as fast; where a
    stray quotation mark makes it take two lines for one row, the rest is read line by line.
    """
    done = 0
    if all(
        line.count('"') % 2 == 0 and len(line) <= MAX_CELL and line.isprintable() for line in lines
    ):
        reader = csv.reader(lines, delimiter=delimiter)
        with suppress(csv.Error):
            for cells in reader:
                if reader.line_num != done + 1:
                    break
                yield cells or [""]  # as cells_of says of an empty line
                done += 1
    for line in lines[done:]:
        yield cells_of(line, delimiter)


def name_of(header_cell: str) -> str:
    """A column name as compared: NFKC, case folded, white space trimmed and single."""
    if header_cell.isascii():  # then NFKC changes nothing
        return " ".join(header_cell.casefold().split())
    return " ".join(unicodedata.normalize("NFKC", header_cell).casefold().split())


def holds_formula(line: str, delimiter: str) -> bool:
    """Whether a cell of the line is a spreadsheet formula rather than a value."""
    return "=" in line and (
        line.startswith(("=", '"=')) or f"{delimiter}=" in line or f'{delimiter}"=' in line
    )


class NotANumber(ValueError):
    """A cell that should hold a number holds something else."""


def number(cell: str) -> float:
    """A finite number with a decimal dot or comma; thousands separators are never guessed.

    Raises:
        NotANumber: anything else.
    """
    text = cell.strip().replace(",", ".")  # float() refuses a second dot
    # float() also knows "nan", "inf" and "1_000", which no device prints.
    if not text or text[-1] not in "0123456789." or "_" in text:
        raise NotANumber(cell)
    try:
        value = float(text)
    except ValueError:
        raise NotANumber(cell) from None
    if not -1e15 < value < 1e15:
        raise NotANumber(cell)
    return value


class BelowZero(NotANumber):
    """A dose, an amount or a duration below zero."""


def amount(cell: str) -> float:
    """A number that cannot be below zero.

    Raises:
        NotANumber: no number, or below zero (then BelowZero).
    """
    value = number(cell)
    if value < 0:
        raise BelowZero(cell)
    return value


def optional_amount(cell: str) -> float | None:
    """A number that cannot be below zero, or ``None`` for an empty cell. Raises as amount()."""
    return amount(cell) if cell and not cell.isspace() else None


def optional(cell: str) -> float | None:
    """A number, or ``None`` for an empty cell."""
    return number(cell) if cell and not cell.isspace() else None


def duration_min(cell: str) -> float | None:
    """A duration ``h:mm:ss`` or ``h:mm`` in minutes; ``None`` for an empty cell.

    Raises:
        NotANumber: anything else.
    """
    if not cell.strip():
        return None
    parts = cell.strip().split(":")
    if len(parts) not in (2, 3) or not all(
        p.isascii() and p.isdigit() and len(p) < 5 for p in parts
    ):
        raise NotANumber(cell)
    hours, minutes, seconds = ([int(p) for p in parts] + [0])[:3]
    return hours * 60 + minutes + seconds / 60
