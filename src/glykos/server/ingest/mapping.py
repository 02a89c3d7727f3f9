"""Which column of a person's own table is what: asked once, kept under a name, used again."""

from collections.abc import Mapping
from dataclasses import replace

from glykos.errors import FormatError, UnclearTable, UnknownFormat
from glykos.formats._columns import SHEET, TableHead, heads_of
from glykos.formats._content import Content
from glykos.formats._reader import Hints
from glykos.server.sharing import Access
from glykos.server.store import decisions
from glykos.server.store.decisions import SavedMapping
from glykos.therapy.units import GlucoseUnit

#: What a table that needs a mapping fails with.
ASKS = (UnknownFormat, UnclearTable)


def heads(data: bytes) -> tuple[TableHead, ...]:
    """The tables of a file as people see them, none where it is no table."""
    try:
        return heads_of(Content(data))
    except FormatError:
        return ()


def onto(hints: Hints, table: Hints) -> Hints:
    """What is known of a file, with what somebody said of its table."""
    return replace(hints, columns=table.columns, unit=table.unit, date_order=table.date_order)


def hints_of(saved: SavedMapping, hints: Hints) -> Hints:
    """What is known of a file, with a saved mapping."""
    unit = GlucoseUnit(saved.unit) if saved.unit else None
    said = Hints(columns=saved.columns, unit=unit, date_order=saved.date_order)
    return onto(hints, said)


def saved_for(access: Access, data: bytes) -> SavedMapping | None:
    """The newest saved mapping that was made for a table with this header."""
    headers = {head.signature for head in heads(data)}
    saved = decisions.in_force(access, SavedMapping)
    return next((one for one in reversed(saved) if one.header in headers), None)


def save(access: Access, name: str, head: TableHead, table: Hints) -> None:
    """Keep a mapping under a name; an older one for the same header, or of that name, goes."""
    for known in decisions.made(access, SavedMapping):
        if known.what.name == name or known.what.header == head.signature:
            decisions.withdraw(access, known.id)
    unit = table.unit.value if table.unit else ""
    what = SavedMapping(
        name=name,
        columns=dict(table.columns),
        unit=unit,
        date_order=table.date_order,
        header=head.signature,
    )
    decisions.make(access, what)


def as_columns(head: TableHead, chosen: Mapping[int, str], *, with_sheet: bool) -> dict[str, str]:
    """Choices by number of column as ``Hints.columns``."""
    columns = {ours: head.columns[n] for n, ours in chosen.items()}
    return columns | {SHEET: head.sheet} if with_sheet else columns
