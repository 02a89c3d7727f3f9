"""Runs every benchmark and writes RESULTS.md: ratios measured in one run, never milliseconds.

Each benchmark module has ``measure() -> list[Row]``. A row beyond its limit makes the exit
status 1, so a claim that stops being true is noticed.
"""

import importlib
import platform
import sys
from pathlib import Path

from benchmarks.row import Row

MODULES = ("parse", "metrics", "store", "pdf")
RESULTS = Path(__file__).parent / "RESULTS.md"


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| claim | measured | limit | |", "|---|--:|--:|---|"]
    lines += [
        f"| {row.claim} | {row.measured:.3g} {row.unit} | {row.sense} {row.limit:g} | {'ok' if row.holds else '**missed**'} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure the modules named on the command line, or all of them."""
    chosen = sys.argv[1:] or list(MODULES)
    rows: list[Row] = []
    for name in chosen:
        print(f"measuring {name} ...", flush=True)
        measured = importlib.import_module(f"benchmarks.{name}").measure()
        print(table(measured), flush=True)
        rows += measured
    if set(chosen) == set(MODULES):
        where = f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}"
        RESULTS.write_text(
            "# Measured claims\n\nWritten by `make bench`: each figure is a ratio (or size) from one run on one "
            f"machine ({where}), so figures of different runs are not compared.\n\n{table(rows)}\n",
            encoding="utf-8",
        )
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
