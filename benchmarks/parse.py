"""Reading exports, against the least that any reader of the same container must do, in the same run.

Claims: for the largest file of each format in the data folder, typed, linked and de-duplicated
records cost at most five times the bare reader of its container (``csv.reader`` over the text,
``json.loads``, calamine's cells, ``csv.reader`` over unpacked members); the largest CareLink file
no more than ``pandas.read_csv(dtype=str)`` and at most 12 times its size in memory.
Where the folder has only a small file of a format, its last rows are repeated.
``python benchmarks/parse.py`` prints the table; without the data folder a file is generated.
"""

import csv
import io
import json
import os
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from python_calamine import CalamineWorkbook

from benchmarks.row import Row, interleaved
from glykos.errors import FormatError
from glykos.formats import read
from glykos.formats._content import Content
from glykos.formats._multi_layout import COLUMNS
from glykos.formats._reader import Hints
from glykos.therapy.clock import local_time

_ROUNDS = 9
_MANY_ROUNDS = 41
_LARGE = 300_000
_HINTS = Hints(zone="Europe/Berlin", date_order="dmy")


def exports() -> dict[str, bytes]:
    """The largest file of each format in the data folder, or one generated CareLink file."""
    given = os.environ.get("GLYKOS_TEST_DATA")
    root = Path(__file__).parents[1].parent / "shared" / "data"
    folder = (Path(given) if given else root) / "exports"
    found: dict[str, bytes] = {}
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda path: path.stat().st_size, reverse=True):
        data = path.read_bytes()
        try:
            key = read(data, _HINTS).format_key
        except FormatError:
            continue
        found.setdefault(key, data)
    return found or {"carelink_multi": generated()}


def generated(days: int = 90) -> bytes:
    """A sectioned export with a sensor reading every five minutes and a basal row every hour."""
    names = ";".join(
        f"{name.title()} (mg/dL)" if name == "sensor glucose" else name for name in COLUMNS
    )
    empty = [""] * len(COLUMNS)
    sections = []
    number = 0
    for part, step_min, column, text in (
        ("Pump", 60, "basal rate", "0,8"),
        ("Sensor", 5, "sensor glucose", "142"),
    ):
        lines = [f"-------;MiniMed 780G MMT-1886;{part};NG0000001H;-------", names]
        at = local_time(2025, 3, 31, 23, 55)
        for _ in range(days * 1440 // step_min):
            cells = empty.copy()
            cells[0], cells[1], cells[2] = f"{number},00000", f"{at:%Y/%m/%d}", f"{at:%H:%M:%S}"
            cells[COLUMNS.index(column)] = text
            lines.append(";".join(cells))
            at -= timedelta(minutes=step_min)
            number += 1
        sections.append("\r\n".join(lines))
    return ("Last Name;First Name;Patient ID\r\n" + "\r\n\r\n".join(sections) + "\r\n").encode()


def bare_loop(text: str) -> int:
    """The least any reader of a table in text must do."""
    delimiter = max(";\t,", key=text.count)
    return sum(1 for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def bare(data: bytes) -> tuple[str, Callable[[], object]]:
    """The bare reader of a file's container, with its name."""
    content = Content(data)
    if content.is_workbook:
        return "calamine", lambda: _cells(data)
    if content.is_archive:
        return "zipfile and csv.reader", lambda: _members(data)
    if content.looks_like_json:
        return "json.loads", lambda: json.loads(data)
    text = content.text.content
    return "csv.reader", lambda: bare_loop(text)


def _cells(data: bytes) -> int:
    book = CalamineWorkbook.from_object(io.BytesIO(data))
    sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    return sum(len(sheet.to_python(skip_empty_area=False)) for sheet in sheets)


def _members(data: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return sum(bare_loop(archive.read(name).decode("utf-8-sig")) for name in archive.namelist())


def peak_memory(data: bytes) -> int:
    """Bytes that reading needs at most, the records it returns included."""
    tracemalloc.start()
    try:
        read(data, _HINTS)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def with_pandas(data: bytes) -> Callable[[], object]:
    """``pandas.read_csv(dtype=str)``; names only because rows of the preamble are shorter."""
    import pandas as pd

    text = data.decode("utf-8-sig")
    delimiter = ";" if text.count(";") > text.count(",") else ","
    width = max(line.count(delimiter) + 1 for line in text.splitlines())
    return lambda: pd.read_csv(
        io.BytesIO(data),
        sep=delimiter,
        dtype=str,
        header=None,
        names=range(width),
    )


def measure() -> list[Row]:
    """Ratios of median times, all taken in turn in this run."""
    files = exports()
    rows = [_against_bare(key, data) for key, data in sorted(files.items())]
    carelink = max((files[key] for key in files if key.startswith("carelink_")), key=len)
    rows.append(
        Row(
            claim=f"memory to read the largest CareLink file ({len(carelink) / 1e6:.1f} MB) / its size",
            measured=peak_memory(carelink) / len(carelink),
            limit=12,
            sense="<=",
        )
    )
    try:
        pandas = with_pandas(carelink)
    except ImportError:
        print("pandas is not here: that comparison is left out", file=sys.stderr)
        return rows
    ours, theirs = interleaved([lambda: read(carelink), pandas], rounds=_ROUNDS)
    rows.append(
        Row(
            claim="full parse of the largest CareLink file / pandas.read_csv(dtype=str)",
            measured=ours / theirs,
            limit=1,
            sense="<=",
        )
    )
    return rows


def _grown(data: bytes) -> bytes:
    """A small text with its last rows repeated: a few kilobytes tell nothing about cost per row."""
    content = Content(data)
    if len(data) >= _LARGE or not content.is_text or content.looks_like_json:
        return data
    lines = content.text.lines
    tail = lines[len(lines) // 2 :]
    times = _LARGE // max(1, sum(map(len, tail)))
    return "\n".join([*lines, *(tail * times)]).encode()


def _against_bare(key: str, data: bytes) -> Row:
    data = _grown(data)
    name, call = bare(data)
    rounds = _ROUNDS if len(data) > _LARGE else _MANY_ROUNDS
    ours, theirs = interleaved([lambda: read(data, _HINTS), call], rounds=rounds)
    size = f"{len(data) / 1e3:.0f} kB"
    return Row(
        claim=f"full parse, {key} ({size}) / bare {name}",
        measured=ours / theirs,
        limit=5,
        sense="<=",
    )


if __name__ == "__main__":
    for row in measure():
        print(
            f"{row.claim}: {row.measured:.2f} (limit {row.sense} {row.limit:g}) {'ok' if row.holds else 'MISSED'}"
        )
