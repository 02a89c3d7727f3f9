"""Reading the largest CareLink export, against two yardsticks on the same file in the same run.

Claims: typed, linked and de-duplicated records cost no more than ``pandas.read_csv(dtype=str)``
needs to load the file, and at most five times a bare ``csv.reader`` loop over its text.
``python benchmarks/parse.py`` prints the table; without the data folder a file is generated.
"""

import csv
import io
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.row import Row, interleaved
from glykos.formats import read
from glykos.formats._multi_layout import COLUMNS
from glykos.therapy.clock import local_time

_ROUNDS = 21


def largest_export() -> bytes:
    """The largest CareLink CSV of the data folder, or a generated one of the same shape."""
    given = os.environ.get("GLYKOS_TEST_DATA")
    root = Path(__file__).parents[1].parent / "shared" / "data"
    folder = (Path(given) if given else root) / "exports"
    files = [
        path
        for name in ("carelink_legacy", "carelink_multi")
        for path in (folder / name).glob("*.csv")
    ]
    if not files:
        return generated()
    return max(files, key=lambda path: path.stat().st_size).read_bytes()


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
    """The least any reader of the file must do."""
    delimiter = ";" if text.count(";") > text.count(",") else ","
    return sum(1 for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


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
    data = largest_export()
    text = data.decode("utf-8-sig")
    calls: list[Callable[[], object]] = [lambda: read(data), lambda: bare_loop(text)]
    try:
        calls.append(with_pandas(data))
    except ImportError:
        print("pandas is not here: only the comparison with csv.reader is made", file=sys.stderr)
    ours, loop, *pandas = interleaved(calls, rounds=_ROUNDS)
    rows = [
        Row(
            claim="full parse of the largest CareLink file / bare csv.reader loop",
            measured=ours / loop,
            limit=5,
            sense="<=",
        )
    ]
    if pandas:
        rows.append(
            Row(
                claim="full parse of the largest CareLink file / pandas.read_csv(dtype=str)",
                measured=ours / pandas[0],
                limit=1,
                sense="<=",
            )
        )
    return rows


if __name__ == "__main__":
    for row in measure():
        print(
            f"{row.claim}: {row.measured:.2f} (limit {row.sense} {row.limit:g}) {'ok' if row.holds else 'MISSED'}"
        )
