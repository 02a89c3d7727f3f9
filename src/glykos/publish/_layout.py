"""What every output prints the same way: the person, period, provenance, reasons under tables."""

from collections.abc import Iterator
from dataclasses import dataclass

from glykos.reports._blocks import Block, Document, Figure, Heading, Person, Stat, Stats, Table
from glykos.reports._format import day_text, period_text
from glykos.therapy.clock import Window


def person_text(person: Person) -> str:
    """Name and birth date as far as they are known, or ""."""
    born = ""
    if person.birth_date:
        _weekday, birth_date = day_text(person.birth_date).split(" ", 1)
        born = f"born {birth_date}"
    return ", ".join(part for part in (person.name, born) if part)


def document_period(document: Document) -> str:
    """The days of the document for people."""
    return period_text(Window(document.first_day, document.last_day))


def provenance(document: Document) -> tuple[tuple[str, str], ...]:
    """What it takes to make the document again, as (label, text)."""
    facts = (
        ("Devices", "; ".join(document.devices)),
        ("Clock", document.time_basis),
        ("Settings", "; ".join(document.settings)),
        ("Data", document.data_hash),
        ("Made with", f"Glykos {document.version}"),
    )
    return tuple((label, text) for label, text in facts if text)


@dataclass(frozen=True, slots=True)
class Footnotes:
    """Reasons of a table's empty cells, each told once: ``mark(reason)`` is its letter."""

    reasons: tuple[str, ...]

    @classmethod
    def of(cls, table: Table) -> "Footnotes":
        """The distinct reasons in reading order."""
        found = (cell.reason for row in table.rows for cell in row if cell.reason)
        return cls(tuple(dict.fromkeys(found)))

    def mark(self, reason: str) -> str:
        """The letter of a reason ("a", "b", … "z", then "27", "28", …), "" for none."""
        if not reason:
            return ""
        index = self.reasons.index(reason)
        return chr(ord("a") + index) if index < 26 else str(index + 1)


def with_levels(document: Document) -> Iterator[tuple[int, Block]]:
    """Each block with the heading level it stands under (1 is the title); none is skipped."""
    level = 1
    for block in document.blocks:
        if isinstance(block, Heading):
            level = min(max(block.level, 2), level + 1, 4)
        yield level, block


def statistics(document: Document) -> Iterator[tuple[str, Stat]]:
    """Every statistic of a document with the key of its group, in reading order."""
    for block in document.blocks:
        if isinstance(block, Stats):
            for stat in block.items:
                yield block.key, stat


def tables(blocks: tuple[Block, ...]) -> Iterator[Table]:
    """Every table, those behind figures included, in reading order."""
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Figure) and block.table is not None:
            yield block.table
