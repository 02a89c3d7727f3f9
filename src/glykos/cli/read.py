"""``glykos read``: what is in exported files, row by row accounted for."""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glykos.cli._input import Loaded, load
from glykos.cli._options import reading_options
from glykos.formats._reader import Hints, Issue, Reading
from glykos.formats._summary import Totals, totals

if TYPE_CHECKING:
    from rich.console import Console

_LABELS = {
    "cgm_readings": ("Sensor readings", ""),
    "mean_sensor_glucose_mgdl": ("Mean sensor glucose", "mg/dL"),
    "fingersticks": ("Finger-sticks", ""),
    "bolus_deliveries": ("Bolus deliveries", ""),
    "bolus_units": ("Bolus insulin delivered", "U"),
    "interrupted_boluses": ("Interrupted boluses", ""),
    "carbs_g": ("Carbohydrate", "g"),
    "marked_carbs_g": ("Meals marked without calculator", "g"),
    "estimates": ("Bolus estimates", ""),
    "auto_insulin_units": ("Automatic insulin", "U"),
    "injected_units": ("Injected insulin", "U"),
}


@click.command()
@reading_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def read(paths: tuple[Path, ...], hints: Hints, as_json: bool) -> None:
    """Show what is in exported files: devices, days, totals, and what was left out and why.

    Totals are over all FILEs, with what several of them tell counted once. Every row of a file is
    imported, duplicate, ignored by a rule, or rejected with a reason.
    """
    loaded = load(paths, hints)
    found = totals(loaded.history)
    if as_json:
        click.echo(json.dumps(_as_dict(loaded, found), ensure_ascii=False, indent=2))
    else:
        _print(loaded, found)
    if loaded.different_people:
        click.echo("Warning: these files name different people.", err=True)


def _as_dict(loaded: Loaded, found: Totals) -> dict[str, object]:
    first, last = _covered(reading for _, reading in loaded.files)
    return {
        "files": [
            {
                "file": path.name,
                "format": reading.format_key,
                "rows": {
                    "read": reading.counts.read,
                    "imported": reading.counts.imported,
                    "duplicate": reading.counts.duplicate,
                    "ignored": reading.counts.ignored,
                    "rejected": reading.counts.rejected,
                },
                "issues": [_issue(issue) for issue in reading.issues],
            }
            for path, reading in loaded.files
        ],
        "devices": [
            {"kind": device.kind, "model": device.model, "serial": device.serial}
            for device in loaded.history.devices
        ],
        "first": first.isoformat() if first else None,
        "last": last.isoformat() if last else None,
        "duplicates_across_files": loaded.duplicates,
        "totals": found.as_dict(),
    }


def _issue(issue: Issue) -> dict[str, object]:
    shown: dict[str, object] = {
        "kind": issue.kind.value,
        "reason": issue.reason,
        "rows": issue.rows,
    }
    if issue.line is not None:
        shown["line"] = issue.line
    if issue.shown_value:
        shown["value"] = issue.shown_value
    return shown


def _covered(readings: Iterable[Reading]) -> tuple[datetime | None, datetime | None]:
    """First and last wall-clock time that any file tells of."""
    spans = [reading.covers for reading in readings if reading.covers]
    if not spans:
        return None, None
    return min(first for first, _ in spans), max(last for _, last in spans)


def _print(loaded: Loaded, found: Totals) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    files = Table(title="Files", title_justify="left")
    for column in ("File", "Format"):
        files.add_column(column, overflow="fold")
    for column in ("Read", "Imported", "Duplicate", "Ignored", "Rejected"):
        files.add_column(column, justify="right")
    for path, reading in loaded.files:
        counts = reading.counts
        files.add_row(
            escape(path.name),
            reading.format_key,
            *(
                f"{n:,}"
                for n in (
                    counts.read,
                    counts.imported,
                    counts.duplicate,
                    counts.ignored,
                    counts.rejected,
                )
            ),
        )
    console.print(files)
    _print_issues(console, loaded)
    first, last = _covered(reading for _, reading in loaded.files)
    facts = Table(title="Together", title_justify="left", show_header=False)
    facts.add_column(justify="left")
    facts.add_column(justify="right")
    for device in loaded.history.devices:
        facts.add_row(device.kind.capitalize(), escape(f"{device.model} {device.serial}".strip()))
    if first and last:
        facts.add_row("First", f"{first:%Y-%m-%d %H:%M}")
        facts.add_row("Last", f"{last:%Y-%m-%d %H:%M}")
    for name, value in found.as_dict().items():
        label, unit = _LABELS[name]
        facts.add_row(label, "–" if value is None else f"{value:,} {unit}".strip())  # noqa: RUF001
    console.print(facts)


def _print_issues(console: "Console", loaded: Loaded) -> None:
    from rich.markup import escape
    from rich.table import Table

    issues = [(path, issue) for path, reading in loaded.files for issue in reading.issues]
    if not issues:
        return
    table = Table(title="What was left out, and remarks", title_justify="left")
    for column in ("File", "Line", "Rows", "What"):
        table.add_column(column, justify="right" if column in ("Line", "Rows") else "left")
    for path, issue in issues:
        table.add_row(
            escape(path.name),
            "" if issue.line is None else str(issue.line),
            str(issue.rows or ""),
            escape(f"{issue.kind.value}: {issue.reason}"),
        )
    console.print(table)
