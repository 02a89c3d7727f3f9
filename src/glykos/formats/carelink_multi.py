"""CareLink multi-section CSV: MiniMed 640G, 670G, 770G, 780G and Guardian Connect, since 2018.

Read: sensor glucose and sensor states, finger-sticks (echoes merged), calibrations, boluses
(request and delivery joined, dual waves, cancellations), bolus estimates, basal rates, temporary
basal rates, suspends with their reason, primes, rewinds, alerts, clock changes, daily automatic
insulin, and what people mark on Guardian Connect. Left out and counted: rows before 2018 (the
clock was reset), rows with only date and time, marks of day starts. Not read: ISIG.
Known from genuine exports of 2021 to 2025 with English headers, semicolons and decimal commas;
commas with decimal dots, mmol/L and other languages from descriptions (reference formats.md §2).
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from glykos.errors import DamagedFile
from glykos.formats._content import Content
from glykos.formats._dates import Evidence, Order, WallClock, prove_order
from glykos.formats._ledger import Ledger
from glykos.formats._multi_layout import (
    SEPARATOR,
    SectionHead,
    read_columns,
    read_owner,
    section_head,
)
from glykos.formats._multi_section import SectionReader
from glykos.formats._plausible import warn_of_implausible
from glykos.formats._reader import Hints, Reading, Section
from glykos.formats._text import Text, delimiter_of
from glykos.therapy.clock import from_wall_seconds, wall_seconds
from glykos.therapy.identity import merge
from glykos.therapy.records import Device, MeterGlucose, Record, TimeChange
from glykos.therapy.sensor import SensorSeries

_SEPARATOR_LINE = re.compile(rf"^{SEPARATOR}.*$", re.MULTILINE)


class CareLinkMulti:
    """Reader of the multi-section export."""

    key = "carelink_multi"
    title = "CareLink CSV with sections (MiniMed 600 and 700 series, Guardian Connect)"
    version = 1
    source = "CareLink"
    how_to_get = (
        "Bring the newest data of the pump into CareLink, with the app or the uploader.",
        "Log in to the CareLink website on a computer and open Reports.",
        "Choose the period (90 days at a time works well), then the export as CSV.",
        "Where your country has no CSV export, your clinic can make the same file.",
    )
    proof = "genuine files of the 640G, the 780G and Guardian Connect, 2021 to 2025"

    def sniff(self, content: Content) -> float:
        """Sure when a separator line for a device stands in the head."""
        for line in content.head.split("\n", 60)[:60]:
            if line.startswith(SEPARATOR) and line.strip("-;,\t \r"):
                return 1.0
        start = content.head[:200].lstrip('\ufeff"').casefold()
        return 0.9 if start.startswith("last name") and "patient id" in start else 0.0

    def read(self, content: Content, hints: Hints) -> Reading:
        """All records of the file.

        Raises:
            FormatError: not text, too large, no section, or dates that cannot be placed.
        """
        return _File(content.text, hints).reading()


class _File:
    """One file on its way from text to records."""

    def __init__(self, text: Text, hints: Hints) -> None:
        self.content = text.content
        self.ledger = Ledger()
        for remark in text.remarks:
            self.ledger.warning(remark)
        self.delimiter = self._delimiter()
        self.clock = WallClock(self._date_order(hints))
        self.latest_s = (
            wall_seconds(hints.now + timedelta(days=1)) if hints.now is not None else 1 << 60
        )

    def reading(self) -> Reading:
        """Read section by section, then settle what repeats."""
        tables = list(self._tables())
        if not tables:
            raise DamagedFile(
                "The file begins like a CareLink export but holds no data.",
                "Export it again: the file was probably cut.",
            )
        parts = []
        set_back: dict[str, list[tuple[int, int]]] = {}
        for head, body, first_line in tables:
            part = SectionReader(head, self.delimiter, self.clock, self.ledger, self.latest_s)
            part.set_back = set_back.setdefault(head.device_id, [])
            part.read(body, first_line)
            parts.append(part)
        series = SensorSeries.concat([part.sensor for part in parts])
        sensor = series.distinct()
        records, repeated = merge([record for part in parts for record in part.records])
        self.ledger.moved_to_duplicate(repeated + len(series) - len(sensor))
        self._remark(records)
        first_s, last_s = min(p.first_s for p in parts), max(p.last_s for p in parts)
        heads = [head for head, *_ in tables]
        return Reading(
            format_key=CareLinkMulti.key,
            format_version=CareLinkMulti.version,
            devices=_devices(heads, records),
            sensor=sensor,
            records=tuple(records),
            issues=self.ledger.issues,
            counts=self.ledger.counts,
            owner=read_owner(
                self.content.split("\n", heads[0].line)[: heads[0].line - 1], self.delimiter
            ),
            covers=(
                (from_wall_seconds(first_s), from_wall_seconds(last_s))
                if first_s <= last_s
                else None
            ),
            sections=tuple(_section(head) for head in heads),
        )

    def _delimiter(self) -> str:
        match = _SEPARATOR_LINE.search(self.content)
        if match and match[0].strip("- "):
            return delimiter_of(match[0])
        return delimiter_of(self.content.split("\n", 1)[0])

    def _date_order(self, hints: Hints) -> Order:
        """Rows print the year first in every known export; otherwise all dates are looked at."""
        mark = re.escape(self.delimiter)
        second_cell = re.compile(rf'^[^{mark}\n]*{mark}"?(\d[^{mark}"\n]*)', re.MULTILINE)
        first = _SEPARATOR_LINE.search(self.content)
        row = second_cell.search(self.content, first.end() if first else 0)
        if row is None or re.match(r"\d{4}[/.-]", row[1]):
            return Order.YMD
        cells = dict.fromkeys(second_cell.findall(self.content))
        return prove_order(list(cells)[::-1], Evidence(hint=hints.date_order, is_ascending=True))

    def _tables(self) -> Iterator[tuple[SectionHead, str, int]]:
        """Each section with its data lines and the number of the first of them."""
        tables = f"\n{self.content}".split(f"\n{SEPARATOR}")
        line_number = 0
        for before, table in pairwise(tables):
            line_number += before.count("\n") + 1
            rest_of_separator, _, body = table.partition("\n")
            head = section_head(SEPARATOR + rest_of_separator, self.delimiter, line_number)
            if head is None:
                raise _damaged(line_number, "a section does not name its device")
            below = line_number + 1
            while body and not head.columns:
                line, _, body = body.partition("\n")
                if line.strip(self.delimiter + ' "') and not read_columns(
                    head, line, self.delimiter
                ):
                    raise _damaged(below, "the column names of a section are missing")
                below += 1
            yield head, body, below

    def _remark(self, records: list[Record]) -> None:
        warn_of_implausible(records, self.ledger)
        resets = [
            record
            for record in records
            if isinstance(record, TimeChange) and abs(record.shift.minutes) > 26 * 60
        ]
        if resets:
            self.ledger.warning(
                "The clock of the device was set by more than a day; days around that change"
                " may carry wrong dates.",
                rows=len(resets),
            )


def _damaged(line_number: int, what: str) -> DamagedFile:
    return DamagedFile(
        f"Line {line_number}: {what}.",
        "Export the file again; an edited or cut file cannot be read safely.",
        context={"line": line_number},
    )


def _section(head: SectionHead) -> Section:
    return Section(
        model=head.model,
        part=head.part,
        serial=head.serial,
        rows=head.rows,
        is_aggregated=head.is_aggregated,
    )


def _devices(heads: list[SectionHead], records: list[Record]) -> tuple[Device, ...]:
    found: dict[str, Device] = {}
    for head in heads:
        kind = "cgm" if head.model.casefold().startswith("guardian") else "pump"
        device = Device(id=head.device_id, kind=kind, model=head.model, serial=head.serial)
        found.setdefault(device.id, device)
    for record in records:
        if isinstance(record, MeterGlucose) and record.meter_id:
            meter = f"meter:{record.meter_id}"
            found.setdefault(
                meter, Device(id=meter, kind="meter", model="Linked meter", serial=record.meter_id)
            )
    return tuple(found.values())
