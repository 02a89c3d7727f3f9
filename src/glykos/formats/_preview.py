"""The first rows of a person's own table as they are understood under a chosen mapping."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from glykos.formats._columns import BY_KEY
from glykos.formats._content import Content
from glykos.formats._own_table import WORDS, OwnTable
from glykos.formats._reader import Counts, Hints
from glykos.therapy.diary import CarbEntry, Exercise, Injection, InsulinKind, Ketone, Note, Weight
from glykos.therapy.records import Bolus, MeterGlucose, Record

_ROWS = 8

_SHOWN: dict[type[Record], Callable[[Any], tuple[str, str]]] = {
    MeterGlucose: lambda r: (
        "meter",
        f"{r.glucose.value_in(r.glucose.scale.unit):g} {r.glucose.scale.unit}",
    ),
    Injection: lambda r: (
        "rapid" if r.insulin is InsulinKind.RAPID else "long",
        f"{r.dose_u:g} U",
    ),
    Bolus: lambda r: ("bolus", f"{r.delivered_u:g} U"),
    CarbEntry: lambda r: ("carbs", f"{r.carbs_g:g} g"),
    Ketone: lambda r: ("ketones", f"{r.mmol_per_l:g} mmol/L"),
    Weight: lambda r: ("weight", f"{r.kilograms:g} kg"),
    Exercise: lambda r: ("exercise", f"{r.duration_min:g} min"),
    Note: lambda r: ("note", r.text),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """One row: when it was and what it tells, or why it tells nothing."""

    line: int
    at: datetime | None = None
    told: tuple[tuple[str, str], ...] = ()  # what, how much
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows, and what the whole table would give."""

    rows: tuple[PreviewRow, ...]
    counts: Counts
    first: date | None
    last: date | None


def preview(data: bytes, hints: Hints) -> Preview:
    """How a table would be read. Holds health data: show it to the person, never log it.

    Raises:
        FormatError: as reading it would.
    """
    table = OwnTable(Content(data).tables, hints)
    rows = tuple(_row(table, row) for row in range(min(_ROWS, len(table.lines))))
    reading = table.reading("", 0)
    first, last = reading.covers or (None, None)
    return Preview(
        rows=rows,
        counts=reading.counts,
        first=first.date() if first else None,
        last=last.date() if last else None,
    )


def _row(table: OwnTable, row: int) -> PreviewRow:
    line, at = table.lines[row], table.at_local(row)
    told = [_named(*_SHOWN[type(record)](record)) for record in table.records(row)]
    if (glucose := table.glucose(row)) is not None:
        told.insert(0, _named("glucose", f"{glucose:g} {table.unit}"))
    if not told:
        return PreviewRow(line=line, at=at, problem=table.problem(row).reason)
    unread = "; ".join(f"{WORDS[measure]} cannot be read" for measure, _ in table.unread(row))
    return PreviewRow(line=line, at=at, told=tuple(told), problem=unread)


def _named(key: str, amount: str) -> tuple[str, str]:
    return BY_KEY[key].title, amount
